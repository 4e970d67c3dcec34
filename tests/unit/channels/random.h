/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that are the same in every run, so that a failure can be repeated. */
#ifndef RDSPROV_UNIT_CHANNELS_RANDOM_H
#define RDSPROV_UNIT_CHANNELS_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state; /* not 0 */
};

static inline uint32_t random_next(struct random *self)
{
    self->state ^= self->state << 13;
    self->state ^= self->state >> 7;
    self->state ^= self->state << 17;
    return (uint32_t)(self->state >> 16);
}

static inline uint32_t random_below(struct random *self, uint32_t limit)
{
    return limit ? random_next(self) % limit : 0;
}

#endif
