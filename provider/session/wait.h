/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for one of a few things, and for being asked to end (SIGTERM, SIGINT). */
#ifndef RDSPROV_SESSION_WAIT_H
#define RDSPROV_SESSION_WAIT_H

#include "os/os.h"

#define WAIT_MAX 8

/* Once, before anything else: signals that mean "end" are only taken inside wait_any from here on. */
void wait_init(void);

/* Until one is signalled, `ms` have passed (UINT32_MAX: no limit) or the program is to end. OS_NO_HANDLE
 * entries are skipped. False: something is broken, the program must not go on waiting. */
bool wait_any(const os_waitable *waitables, unsigned count, uint32_t ms);

/* From here on the end of the session counts as being asked to end, too. Windows: by a window that nobody
 * sees, so not in a thread that changes its desktop. False: it cannot be watched. Elsewhere a signal tells.
 */
bool wait_for_session(void);

/* Somebody asked the program to end. */
bool wait_ended(void);

#endif
