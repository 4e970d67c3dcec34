/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out-parameters with traps: filled with a pattern before the call and followed by a guard. After the call it
 * is known whether the provider wrote them, left them alone or wrote past them.
 */
#ifndef RDSIM_PROBE_H
#define RDSIM_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/wintypes.h"

#define PROBE_BYTE 0xA5
#define PROBE_GUARD 64

/* A variable of the type with its guard. */
#define PROBED(type)                                                                                         \
    struct {                                                                                                 \
        __typeof__(type) value;                                                                              \
        uint8_t guard[PROBE_GUARD];                                                                          \
    }

void probe_fill(void *p, size_t size);
#define PROBE(p) probe_fill((p), sizeof *(p))
bool probe_untouched(const void *p, size_t size);
bool probe_zero(const void *p, size_t size);

/* Judges a plain out-parameter (with its guard right behind it at `guard`) after `method` returned hr. */
void probe_value(uint32_t id, const char *method, HRESULT hr, const void *p, size_t size,
                 const uint8_t *guard);
#define PROBE_VALUE(id, method, hr, p)                                                                       \
    probe_value((id), (method), (hr), &(p)->value, sizeof(p)->value, (p)->guard)
/* The guard alone. */
void probe_guard(uint32_t id, const char *method, const uint8_t *guard);

/* Judges an object that a method gave; returns it when it may be used, else NULL. */
void *probe_object(uint32_t id, const char *method, HRESULT hr, void *object);

/* True when the text ends within `cap` units. */
bool probe_terminated(const WCHAR *text, size_t cap);

#endif
