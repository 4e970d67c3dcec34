/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A budget for what somebody else makes us do: so many at once, then so many a second. Starts full when
 * zeroed.
 */
#ifndef RDSPROV_CORE_BUDGET_H
#define RDSPROV_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    uint64_t spent; /* in thousandths */
    uint64_t at_ms;
};

/* Takes one; false: there is none left at `now_ms`. */
static inline bool budget_spend(struct budget *self, unsigned burst, unsigned per_s, uint64_t now_ms)
{
    uint64_t back = (now_ms - self->at_ms) * per_s;

    self->at_ms = now_ms;
    self->spent = self->spent > back ? self->spent - back : 0;
    if (self->spent + 1000 > (uint64_t)burst * 1000)
        return false;
    self->spent += 1000;
    return true;
}

#endif
