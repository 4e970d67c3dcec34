/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds what moved between two pictures: a page that scrolled, a window that was dragged. What comes out are
 * copies that make the old picture more like the new one; they are a guess about benefit only. Whoever uses
 * them compares the new picture with what the copies leave (tiles.h) and sends the rest, so a copy that takes
 * something wrong along costs bytes, never exactness.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_MOTION_H
#define RDSPROV_CHANNELS_DISPLAY_MOTION_H

#include "channels/display/tiles.h"

#define MOTION_COPIES_MAX 4

/* `to` takes the pixels that lay (dx, dy) before it: to.left - dx, to.top - dy. */
struct motion_copy {
    struct channel_rect to;
    int32_t dx, dy;
};

struct motion;

/* NULL: out of memory. */
struct motion *motion_create(uint32_t width, uint32_t height);
void motion_destroy(struct motion *self);

/* Looks in the tiles that are marked (those that differ) and returns how many copies are worth their bytes.
 * Their targets do not overlap, and none reads what one before it has written. Costs about half a
 * millisecond for 1280x720; nothing when little differs. */
unsigned motion_find(struct motion *self, const struct tile_grid *grid, const uint8_t *marks,
                     const struct picture *now, const struct picture *before,
                     struct motion_copy copies[MOTION_COPIES_MAX]);

static inline struct channel_rect motion_source(const struct motion_copy *copy)
{
    return (struct channel_rect){(uint16_t)(copy->to.left - copy->dx), (uint16_t)(copy->to.top - copy->dy),
                                 (uint16_t)(copy->to.right - copy->dx),
                                 (uint16_t)(copy->to.bottom - copy->dy)};
}

#endif
