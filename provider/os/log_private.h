/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the log share: log.c makes lines, log_ring.c keeps them for a while, the platform writes
 * them. */
#ifndef RDSPROV_OS_LOG_PRIVATE_H
#define RDSPROV_OS_LOG_PRIVATE_H

#include "os/log.h"

#define LOG_TIME_LEN 24 /* "2026-01-31T12:00:00.123Z" */

/* Writes a line of at most LOG_LINE_MAX bytes, without an end, and returns its length. `cut`: the text has
 * lost its end already. */
size_t log_line(char *line, enum log_level level, const char *area, uint32_t id, const char *text,
                size_t text_len, bool cut);

/* To the sink or the file. Puts an end behind the line, so there is one byte more. */
void log_emit(enum log_level level, char *line, size_t len);

/* False when there is no ring: the caller writes the line itself. */
bool log_ring_put(enum log_level level, const char *line, size_t len);

/* UTC; `buf` takes LOG_TIME_LEN + 1 bytes. */
void log_platform_time(char *buf);

enum os_status log_platform_open(const char *path, os_handle *out);

/* `line` ends with a newline. No handle: standard error, on Windows also the debugger. Keeps errno and
 * GetLastError. */
void log_platform_write(os_handle file, const char *line, size_t len);

/* One sleeper, for the ring's thread. A wake-up before the sleep counts; waking never waits. */
enum os_status log_platform_sleeper_open(void);
void log_platform_sleeper_close(void);
void log_platform_sleep(void);
void log_platform_wake(void);

#endif
