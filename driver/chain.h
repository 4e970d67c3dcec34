/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A swap chain of a monitor: one thread that owns the IDDCX_SWAPCHAIN, acquires every frame at once and tells
 * the system that it is done, so that the desktop never waits for a client. A frame's pixels stay readable
 * until the next one is acquired (iddcx.md 3.6): the chain keeps the newest, gathers what changed, and the
 * feed copies from it when the peer gives a credit. So pixels are copied once, from the swap chain into the
 * slot.
 */
#ifndef RDSPROV_DRIVER_CHAIN_H
#define RDSPROV_DRIVER_CHAIN_H

#include "channels/display/slots.h"
#include "driver/device.h"

struct chain;

struct surface { /* the newest frame, BGRX, top-down */
    const uint8_t *pixels;
    uint32_t pitch, width, height;
};

/* Takes the swap chain over when it succeeds: its thread deletes it. NULL: no memory or thread. With the
 * device's lock held. */
struct chain *chain_start(struct monitor *monitor, const IDARG_IN_SETSWAPCHAIN *in);
/* Ends the thread and returns when it has deleted the swap chain, also when somebody else ends it at the same
 * time. With the device's lock not held. NULL is fine. */
void chain_stop(struct chain *self);
/* False once the chain was lost or stopped. Any thread. */
bool chain_alive(const struct chain *self);

/* For the feed. A reference keeps the object, not the pixels. */
void chain_ref(struct chain *self);
void chain_unref(struct chain *self);
/* Between the two, `surface` (pixels NULL: none) and `damage` (since it was cleared; the caller's to clear)
 * hold still. */
void chain_lock(struct chain *self, struct surface *surface, struct damage **damage);
void chain_unlock(struct chain *self);

#endif
