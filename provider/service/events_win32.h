/* SPDX-License-Identifier: Apache-2.0 */
/* The service's source in the system's event log. */
#ifndef RDSPROV_SERVICE_EVENTS_WIN32_H
#define RDSPROV_SERVICE_EVENTS_WIN32_H

#include "service/launcher.h"

/* The registry key that names this program as the place of the messages. OS_*. */
enum os_status events_install(void);
enum os_status events_uninstall(void); /* one that is not there is fine */

void events_open(void);
void events_close(void);
/* Any thread, between open and close; lost when there is no event log. */
void events_write(enum launcher_event event, const char *text);

#endif
