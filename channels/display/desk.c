/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/desk.h"

#include <string.h>

void desk_init(struct desk *self, uint32_t width, uint32_t height)
{
    memset(self, 0, sizeof(*self));
    self->width = width;
    self->height = height;
    self->pending = self->reference = DESK_NO_SLOT;
    damage_init(&self->damage, width, height);
}

bool desk_credit(struct desk *self, uint32_t *slot)
{
    if (self->out >= SLOT_COUNT - 1)
        return false;
    for (uint32_t i = 0; i < SLOT_COUNT; i++) {
        if (self->owner[i] == DESK_FREE) {
            self->owner[i] = DESK_OUT;
            self->out++;
            *slot = i;
            return true;
        }
    }
    return false;
}

void desk_uncredit(struct desk *self, uint32_t slot)
{
    if (slot < SLOT_COUNT && self->owner[slot] == DESK_OUT) {
        self->owner[slot] = DESK_FREE;
        self->out--;
    }
}

bool desk_frame(struct desk *self, const struct channel_frame *frame)
{
    if (frame->slot >= SLOT_COUNT || self->owner[frame->slot] != DESK_OUT ||
        frame->rect_count > CHANNEL_RECTS_MAX)
        return false;
    for (uint32_t i = 0; i < frame->rect_count; i++) {
        const struct channel_rect *r = &frame->rects[i];

        if (r->left >= r->right || r->top >= r->bottom || r->right > self->width || r->bottom > self->height)
            return false;
    }
    /* damage is relative to the frame before: after a gap only everything is right */
    if (frame->sequence != self->sequence + 1)
        damage_add_all(&self->damage);
    for (uint32_t i = 0; i < frame->rect_count; i++) {
        const struct channel_rect *r = &frame->rects[i];

        damage_add(&self->damage, r->left, r->top, r->right, r->bottom);
    }
    self->sequence = frame->sequence;
    self->out--;
    if (self->pending != DESK_NO_SLOT)
        self->owner[self->pending] = DESK_FREE;
    self->owner[frame->slot] = DESK_PENDING;
    self->pending = frame->slot;
    return true;
}

bool desk_take(struct desk *self)
{
    if (self->pending == DESK_NO_SLOT)
        return false;
    if (self->reference != DESK_NO_SLOT)
        self->owner[self->reference] = DESK_FREE;
    self->owner[self->pending] = DESK_REFERENCE;
    self->reference = self->pending;
    self->pending = DESK_NO_SLOT;
    return true;
}
