/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that a peer writes and its connection reads: shared memory, freed with the last hold. */
#ifndef RDSPROV_CORE_COUNTERS_H
#define RDSPROV_CORE_COUNTERS_H

#include "link/link.h"
#include "os/shm.h"

struct counters {
    atomic_uint holds;
    struct os_shm shm;
};

struct counters *counters_create(void);                   /* NULL: out of memory or descriptors */
struct link_counters *counters_of(struct counters *self); /* never NULL for a non-NULL self */
void counters_hold(struct counters *self);
void counters_drop(struct counters *self); /* NULL is fine */

#endif
