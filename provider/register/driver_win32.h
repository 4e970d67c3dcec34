/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the display driver ready for a listener? It can be bound to a device only by a session that a listener
 * brought, so what can be asked before is: one package in the driver store, with a signature that this
 * machine trusts. To verify on Windows.
 */
#ifndef RDSPROV_REGISTER_DRIVER_WIN32_H
#define RDSPROV_REGISTER_DRIVER_WIN32_H

#include "os/os.h"

/* A plan_driver_check: OS_OK, or one line in `why`. */
enum os_status driver_verify(void *arg, char *why, size_t cap);

#endif
