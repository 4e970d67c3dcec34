/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded set of measured times, and what is known of them: median, 99th percentile, largest. */
#ifndef RDPBENCH_SAMPLES_H
#define RDPBENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#define SAMPLES_MAX 65536 /* later ones are left out */

struct samples {
    uint64_t *values; /* microseconds */
    size_t count;
};

void samples_add(struct samples *self, uint64_t value);
void samples_finish(struct samples *self);
/* In milliseconds; `part` from 0 to 1. NaN without samples. Sorts. */
double samples_ms(struct samples *self, double part);

#endif
