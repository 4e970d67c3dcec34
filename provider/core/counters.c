/* SPDX-License-Identifier: Apache-2.0 */
#include "core/counters.h"

#include <stdlib.h>

struct link_counters *counters_of(struct counters *self)
{
    return self->shm.base;
}

void counters_hold(struct counters *self)
{
    atomic_fetch_add(&self->holds, 1);
}

void counters_drop(struct counters *self)
{
    if (!self || atomic_fetch_sub(&self->holds, 1) != 1)
        return;
    os_shm_finish(&self->shm);
    free(self);
}

struct counters *counters_create(void)
{
    struct counters *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    atomic_init(&self->holds, 1);
    if (os_shm_create(&self->shm, sizeof(struct link_counters)) != OS_OK) {
        free(self);
        return NULL;
    }
    return self;
}
