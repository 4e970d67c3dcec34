/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's log: one line per callback, with what came in, the answer and how long it took. It lives in
 * WUDFHost as LOCAL SERVICE, which may write no file, so lines go to the debugger and into a ring that the
 * launcher service reads by IOCTL (control.h) and puts into its own log. One ring per process.
 */
#ifndef RDSPROV_DRIVER_JOURNAL_H
#define RDSPROV_DRIVER_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#define JOURNAL_LINE_MAX 200
#define JOURNAL_LINES 256

void journal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copies the lines after number `after` (0: from the oldest), each with a line feed, as many as fit in `cap`
 * with a NUL; *next: to be given as `after` next time. Returns bytes without the NUL. Lines that were
 * overwritten are skipped. */
size_t journal_read(uint64_t after, char *buf, size_t cap, uint64_t *next);

#endif
