/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as the frameworks know them: HANDLEs that are set, waited for, and shared with IddCx (its surface
 * event, our cursor event). Kernel events on Windows; on Linux, for tests, an eventfd dressed as a HANDLE.
 */
#ifndef RDSPROV_DRIVER_EVENT_H
#define RDSPROV_DRIVER_EVENT_H

#include "driver/abi/wintypes_um.h"
#include "os/os.h"

#define EVENT_WAIT_MAX 8
#define EVENT_NEVER UINT32_MAX

/* Not set. Auto-reset: a wait that returns for it takes it. NULL: no handle left. */
HANDLE event_create(bool manual_reset);
void event_close(HANDLE event); /* NULL is fine */
void event_set(HANDLE event);

/* Index of the first one that is set, -1 after `ms`, -2 when it cannot wait (a handle is no handle). NULLs
 * are skipped. */
int event_wait(const HANDLE *events, unsigned count, uint32_t ms);

/* For event_wait only; never closed. */
HANDLE event_from_waitable(os_waitable waitable);

#endif
