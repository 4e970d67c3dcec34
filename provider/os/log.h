/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one line per event, written whole (one write call), so lines of several threads and processes
 * never mix. A line is "2026-01-31T12:00:00.123Z LEVEL AREA[ID] text". Control characters in the text become
 * '?' (a client's name cannot forge a line). Nobody may log a password.
 */
#ifndef RDSPROV_OS_LOG_H
#define RDSPROV_OS_LOG_H

#include "os/os.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_LINE_MAX 1024 /* longer lines are cut, and say so with "..." */

/* Where lines go: a sink gets whole lines without newline, on the thread that logs (with a ring: on the
 * ring's). NULL restores standard error (on Windows also the debugger). Set it before threads start. */
typedef void (*log_sink)(enum log_level level, const char *line, size_t len, void *arg);
void log_set_sink(log_sink sink, void *arg);

/* Lines go to this file, appended; created with mode 0600. OS_* on failure, and the old place stays. NULL:
 * the file is closed, lines go where they went without one. Any thread. */
enum os_status log_set_file(const char *path);

#define LOG_RING_LINES 1024

/*
 * For a library in somebody else's process, whose threads must never wait for a disk: from start to stop
 * log_write only copies its line into a ring of LOG_RING_LINES and never waits; a thread of os/thread.h
 * writes them, in the order in which they came. A line that finds the ring full is dropped, and how many were
 * is logged. A process that dies takes with it what the thread has not written yet, commonly less than a
 * millisecond's worth.
 *
 * Starts are counted; the last stop lets the thread write what is there and leave (os_threads_alive() tells
 * when), and lines are written directly again. Both return at once, on any thread. When start fails, lines
 * stay direct, and there is nothing to stop.
 */
enum os_status log_ring_start(void);
void log_ring_stop(void);

void log_set_level(enum log_level level); /* default LOG_INFO */
bool log_enabled(enum log_level level);
bool log_level_parse(const char *text, enum log_level *level); /* error|warn|info|debug */

/* id 0 prints no [ID]. */
void log_write(enum log_level level, const char *area, uint32_t id, const char *fmt, ...)
#if defined(__MINGW32__)
    __attribute__((format(gnu_printf, 4, 5)))
#else
    __attribute__((format(printf, 4, 5)))
#endif
    ;

#define log_error(area, id, ...) log_write(LOG_ERROR, area, id, __VA_ARGS__)
#define log_warn(area, id, ...) log_write(LOG_WARN, area, id, __VA_ARGS__)
#define log_info(area, id, ...) log_write(LOG_INFO, area, id, __VA_ARGS__)
#define log_debug(area, id, ...)                                                                             \
    (log_enabled(LOG_DEBUG) ? log_write(LOG_DEBUG, area, id, __VA_ARGS__) : (void)0)

#endif
