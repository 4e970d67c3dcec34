/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing the service. Each writes lines to `out` and returns enum service_exit. */
#ifndef RDSPROV_SERVICE_INSTALL_WIN32_H
#define RDSPROV_SERVICE_INSTALL_WIN32_H

#include <stdio.h>

int service_install(FILE *out);   /* all or nothing; a service of this very program is left as it is */
int service_uninstall(FILE *out); /* stops it first; nothing there is fine */
int service_status(FILE *out);    /* SERVICE_DONE: installed for this program */

#endif
