/* SPDX-License-Identifier: Apache-2.0 */
/* What log.c needs of a platform. */
#ifndef RDSPROV_OS_LOG_PRIVATE_H
#define RDSPROV_OS_LOG_PRIVATE_H

#include "os/os.h"

#define LOG_TIME_LEN 24 /* "2026-01-31T12:00:00.123Z" */

/* UTC; `buf` takes LOG_TIME_LEN + 1 bytes. */
void log_platform_time(char *buf);

enum os_status log_platform_open(const char *path, os_handle *out);

/* `line` ends with a newline. No handle: standard error, on Windows also the debugger. Keeps errno and
 * GetLastError. */
void log_platform_write(os_handle file, const char *line, size_t len);

#endif
