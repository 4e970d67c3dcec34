/* SPDX-License-Identifier: Apache-2.0 */
/* Windows' way to display drivers: device interfaces, overlapped requests, handles for another process. To
 * verify on Windows: under Wine there are no such devices. */
#ifndef RDSPROV_SERVICE_DRIVER_WIN32_H
#define RDSPROV_SERVICE_DRIVER_WIN32_H

#include "os/win32.h"
#include "service/driver.h"

extern const struct driver_system driver_system_win32;

/* Is the device with that interface one of the session's? Windows says so (DEVPKEY_Device_SessionId); where
 * it does not, the name does, ...&SessionId_0002 (field.md 3.1). One that neither knows may be anybody's:
 * CLAIM tells. */
bool driver_may_be_of(const wchar_t *path, uint32_t session);

/* driver_system.give, with the look at the process to be chosen by a test: is it one that drivers run in? */
enum os_status driver_give(bool (*is_host)(HANDLE process, char *why, size_t cap), uint32_t id,
                           const os_handle handles[2], uint64_t values[2], void **host, char *why,
                           size_t cap);

#endif
