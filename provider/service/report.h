/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the display driver reports of itself (driver/control.h, WAIT), in words, and what follows from it.
 * Pure functions; the report comes from another process, so every value may be anything.
 */
#ifndef RDSPROV_SERVICE_REPORT_H
#define RDSPROV_SERVICE_REPORT_H

#include "driver/control.h"

/* One line: "adapter ready, layout shown, monitors 1, chains 1, attached, frames 9, sent 8, skipped 0"; a
 * status that is not 0 stands behind its word. */
void report_text(const struct control_report *self, char *buf, size_t cap);

/* More than the counters differs. */
bool report_differs(const struct control_report *a, const struct control_report *b);

/* Of a driver that was attached: does it show nothing any more? One line in `why` then. */
bool report_is_end(const struct control_report *self, char *why, size_t cap);

#endif
