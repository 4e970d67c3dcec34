/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The launcher's side of the display driver's control interface (driver/control.h). The driver runs in
 * WUDFHost as LOCAL SERVICE: it cannot open anybody, so the service asks it who its host is, looks whether
 * that is the system's WUDFHost, duplicates the section and the pipe into it, and hands the values over. What
 * Windows does is a table, so that a test can be the device. To verify on Windows.
 */
#ifndef RDSPROV_SERVICE_DRIVER_WIN32_H
#define RDSPROV_SERVICE_DRIVER_WIN32_H

#include "os/win32.h"

struct launcher_start;

struct driver_system {
    /* The n-th device with our interface that may be of that session, opened; NULL: no more. */
    HANDLE (*open)(uint32_t session, unsigned number, char *why, size_t cap);
    /* Windows' DeviceIoControl, but with a limit; *got: bytes of the answer. False: GetLastError. */
    bool (*control)(HANDLE device, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size, DWORD *got,
                    DWORD ms);
    /* Is that process one that drivers run in? */
    bool (*is_host)(HANDLE process, char *why, size_t cap);
};

extern const struct driver_system driver_system;

/* Waits, a few seconds at most where the device answers at all. `memory` and `pipe` stay the caller's;
 * closing *device takes them from the driver. OS_NOT_FOUND: the session has no device of ours. One line in
 * `why`. */
enum os_status driver_attach(const struct driver_system *system, const struct launcher_start *start,
                             HANDLE memory, HANDLE pipe, HANDLE *device, char *why, size_t cap);

#endif
