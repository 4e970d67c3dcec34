/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void samples_add(struct samples *self, uint64_t value)
{
    if (!self->values)
        self->values = malloc(SAMPLES_MAX * sizeof(*self->values));
    if (self->values && self->count < SAMPLES_MAX)
        self->values[self->count++] = value;
}

void samples_finish(struct samples *self)
{
    free(self->values);
    memset(self, 0, sizeof(*self));
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

double samples_ms(struct samples *self, double part)
{
    size_t at;

    if (!self->count)
        return NAN;
    qsort(self->values, self->count, sizeof(*self->values), compare);
    at = (size_t)ceil(part * (double)self->count);
    return (double)self->values[at ? at - 1 : 0] / 1000.0;
}
