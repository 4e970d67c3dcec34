/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a driver must keep to, each rule with the place that says so (sections of docs/reference/iddcx.md).
 * Checks record; nothing stops at the first mistake. A rule that was never put to the test is said so: it is
 * not a pass.
 */
#ifndef IDDSIM_RULES_H
#define IDDSIM_RULES_H

#include <stdbool.h>

enum rule {
    RULE_BIND,
    RULE_SIZES,
    RULE_ORDER_INIT,
    RULE_ORDER_ADAPTER,
    RULE_ORDER_MONITOR,
    RULE_ORDER_CONFIG,
    RULE_ORDER_EXIT,
    RULE_CAPS,
    RULE_MONITOR_INFO,
    RULE_MODES_CALLS,
    RULE_MODES_MONITOR,
    RULE_MODES_TARGET,
    RULE_CONFIG,
    RULE_CONFIG_AGAIN,
    RULE_CHAIN_ASSIGN,
    RULE_CHAIN_DEVICE,
    RULE_CHAIN_ALTERNATE,
    RULE_CHAIN_MIX,
    RULE_CHAIN_SURFACE,
    RULE_CHAIN_DELETE,
    RULE_CHAIN_AFTER,
    RULE_CHAIN_UNASSIGN,
    RULE_CHAIN_ABANDON,
    RULE_TIME_CALLBACK,
    RULE_TIME_FRAME,
    RULE_REQUEST_ONCE,
    RULE_REQUEST_LEFT,
    RULE_REQUEST_LENGTH,
    RULE_REQUEST_UNKNOWN,
    RULE_OWNER,
    RULE_CALLER,
    RULE_CURSOR_SETUP,
    RULE_CURSOR_BUFFER,
    RULE_FRAME_PIXELS,
    RULE_FRAME_RECTS,
    RULE_FRAME_ARRIVES,
    RULE_PEER,
    RULE_POINTER,
    RULE_RENDER,
    RULE_HANDLES,
    RULE_OBJECTS,
    RULE_COM,
    RULE_LEFT_HANDLES,
    RULE_LEFT_THREADS,
    RULE_JOURNAL,
    RULE_COUNT
};

/* The rule was put to the test. */
void rule_checked(enum rule rule);
/* The rule was broken: says how. Counts as checked. Any thread. */
void rule_broken(enum rule rule, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Both in one: returns `good`. */
bool rule_check(enum rule rule, bool good, const char *what);

unsigned rules_broken(void);
bool rule_is_broken(enum rule rule);
enum rule rule_find(const char *name); /* RULE_COUNT: no such rule */
void rules_list(void);
/* Prints the verdicts; `all`: those never tested, too. */
void rules_print(bool all);

#endif
