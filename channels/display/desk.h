/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer's book of the three slots: who owns which, the frame that waits to be encoded and the slot that
 * was encoded last (the reference). A frame that comes while another waits replaces it, and their damage adds
 * up: a slow client sees the newest picture, never a queue. No I/O; what the producer says is checked here.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_DESK_H
#define RDSPROV_CHANNELS_DISPLAY_DESK_H

#include "channels/display/slots.h"

enum desk_owner { DESK_FREE, DESK_OUT /* the producer has it */, DESK_PENDING, DESK_REFERENCE };

#define DESK_NO_SLOT UINT32_MAX

struct desk {
    uint32_t width, height;
    enum desk_owner owner[SLOT_COUNT];
    uint32_t out;                /* credits that the producer holds */
    uint32_t pending, reference; /* or DESK_NO_SLOT */
    uint32_t sequence;           /* of the last frame; 0 before the first */
    struct damage damage;        /* since the reference */
};

void desk_init(struct desk *self, uint32_t width, uint32_t height);

/* A slot for a credit, now the producer's; false when none is free or SLOT_COUNT - 1 are out. */
bool desk_credit(struct desk *self, uint32_t *slot);
/* Gives a credit back that could not be sent. */
void desk_uncredit(struct desk *self, uint32_t slot);

/* A frame came. False: a slot that the producer does not own, or a rectangle that is empty or outside. */
bool desk_frame(struct desk *self, const struct channel_frame *frame);

/* The waiting frame becomes the reference and the old reference is free. False when none waits. The damage is
 * the caller's to clear after encoding. */
bool desk_take(struct desk *self);

#endif
