/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call into the provider goes through CALL: it is timed, logged at --verbose, and known to be running,
 * so that a call back into the service on the same thread is seen, and a call that never returns can be
 * named.
 */
#ifndef RDSIM_CALL_H
#define RDSIM_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "abi/wintypes.h"

enum call_kind { CALL_PLAIN, CALL_NOTIFY };

/* object and method must be string literals. Calls nest on a thread. */
void call_enter(uint32_t id, enum call_kind kind, const char *object, const char *method);
HRESULT call_leave(HRESULT hr);

#define CALL(id, object, method, ...) (call_enter(id, CALL_PLAIN, object, method), call_leave(__VA_ARGS__))
#define NOTIFY(id, object, method, ...) (call_enter(id, CALL_NOTIFY, object, method), call_leave(__VA_ARGS__))

/* Method of the provider that this thread is inside of, or NULL. */
const char *call_inside(void);

/* Judges calls that have been running too long and have not been judged yet; for a thread that looks now and
 * then. */
void call_watch(void);
/* Names calls that still run; false when there are none. */
bool call_running(char *buf, size_t cap);

/* Slowest call of each method. */
void call_print(FILE *out);
void call_reset(void);

#endif
