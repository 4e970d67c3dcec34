/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desktop as tiles of 64x64 pixels: which of them the damage touches, and what in them really differs
 * from the picture that was encoded last. A producer's damage is a hint (X reports whole windows, GDI none at
 * all); comparing costs a hundredth of encoding.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_TILES_H
#define RDSPROV_CHANNELS_DISPLAY_TILES_H

#include "channels/display/picture.h"

#define TILE_SIDE 64

struct tile_grid {
    uint32_t width, height; /* pixels */
    uint32_t columns, rows;
};

void tile_grid_init(struct tile_grid *self, uint32_t width, uint32_t height);
uint32_t tile_grid_count(const struct tile_grid *self);
struct channel_rect tile_grid_rect(const struct tile_grid *self, uint32_t index); /* clipped to the desktop */

/* Sets marks[index] (tile_grid_count bytes, cleared first) of every tile that the damage touches. */
void tile_grid_mark(const struct tile_grid *self, const struct damage *damage, uint8_t *marks);

/* True when a colour inside `tile` differs; `changed` is then the smallest rectangle that holds all
 * differences. The fourth byte of a pixel does not count. Both pictures have the grid's size. */
bool tile_differs(const struct picture *now, const struct picture *before, const struct channel_rect *tile,
                  struct channel_rect *changed);

#endif
