/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/slots.h"

#include <string.h>

static uint32_t align_up(uint32_t value, uint32_t to)
{
    return (value + to - 1) / to * to;
}

bool slot_layout_init(struct slot_layout *self, uint32_t width, uint32_t height)
{
    memset(self, 0, sizeof(*self));
    if (width == 0 || height == 0 || width > SLOT_SIDE_MAX || height > SLOT_SIDE_MAX ||
        width * height > SLOT_AREA_MAX)
        return false;
    /* With these caps the three slots stay below 2^32 bytes: rounding a row up adds less than 64 bytes. */
    self->width = width;
    self->height = height;
    self->stride = align_up(width * 4, SLOT_ALIGN);
    self->slot_size = align_up(self->stride * height, 4096);
    self->memory_size = SLOT_COUNT * self->slot_size;
    return true;
}

void slot_history_init(struct slot_history *self, uint32_t width, uint32_t height)
{
    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        damage_init(&self->missing[i], width, height);
        damage_add_all(&self->missing[i]);
    }
}

void slot_history_damage(struct slot_history *self, const struct damage *damage)
{
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        damage_union(&self->missing[i], damage);
}

void slot_history_written(struct slot_history *self, uint32_t slot)
{
    if (slot < SLOT_COUNT)
        damage_clear(&self->missing[slot]);
}
