/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frame slots: memory that the peer makes and a producer (session program, later the display driver) fills.
 * SLOT_COUNT pictures of BGRX, top-down, at the client's desktop size. A slot belongs to the producer from
 * the credit that names it until the frame that names it, and to the peer otherwise; the peer keeps the slot
 * it encoded last to find changes, so it always has at most SLOT_COUNT - 1 credits out. A slot that comes
 * back to the producer still shows the frame that was last written into it: bring it up to date with the
 * damage since then (slot_history does the bookkeeping). Pixels are shared with a process that is not
 * trusted: they may change while they are read.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_SLOTS_H
#define RDSPROV_CHANNELS_DISPLAY_SLOTS_H

#include "channels/messages.h"

#define SLOT_COUNT 3
#define SLOT_ALIGN 64      /* of a row's start, in bytes */
#define SLOT_SIDE_MAX 8192 /* pixels */
#define SLOT_AREA_MAX (8192u * 4096u)

struct slot_layout {
    uint32_t width, height;
    uint32_t stride;      /* bytes, multiple of SLOT_ALIGN */
    uint32_t slot_size;   /* bytes, multiple of 4096 */
    uint32_t memory_size; /* SLOT_COUNT * slot_size */
};

/* False when a side is 0 or over a cap. */
bool slot_layout_init(struct slot_layout *self, uint32_t width, uint32_t height);

static inline uint8_t *slot_pixels(const struct slot_layout *self, void *base, uint32_t slot)
{
    return (uint8_t *)base + (size_t)slot * self->slot_size;
}

/* Damage as at most CHANNEL_RECTS_MAX rectangles that do not overlap; adding merges when there is no more
 * room, so it always covers what was added and may cover more. Rectangles are clipped to the bounds given at
 * init. */
struct damage {
    uint16_t width, height;
    uint32_t count;
    struct channel_rect rects[CHANNEL_RECTS_MAX];
};

void damage_init(struct damage *self, uint32_t width, uint32_t height);
void damage_clear(struct damage *self);
void damage_add(struct damage *self, int32_t left, int32_t top, int32_t right, int32_t bottom);
void damage_add_all(struct damage *self);
void damage_union(struct damage *self, const struct damage *other);
bool damage_empty(const struct damage *self);
uint64_t damage_area(const struct damage *self);

/* Producer side: what each slot lacks. */
struct slot_history {
    struct damage missing[SLOT_COUNT];
};
void slot_history_init(struct slot_history *self, uint32_t width, uint32_t height);
/* New damage of the desktop: every slot lacks it. */
void slot_history_damage(struct slot_history *self, const struct damage *damage);
/* The slot is up to date now. */
void slot_history_written(struct slot_history *self, uint32_t slot);

#endif
