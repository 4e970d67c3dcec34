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

/* The fourth byte of a pixel does not count. */
bool pixels_equal(const uint8_t *a, const uint8_t *b, uint32_t count);

bool tile_equal(const struct picture *now, const struct picture *before, const struct channel_rect *tile);

/* True when a colour inside `tile` differs; `changed` is then the smallest rectangle that holds all
 * differences. The fourth byte of a pixel does not count. Both pictures have the grid's size. */
bool tile_differs(const struct picture *now, const struct picture *before, const struct channel_rect *tile,
                  struct channel_rect *changed);

/* Which pixels of a tile differ: bit x of rows[y], from the tile's top left corner. */
struct tile_mask {
    uint64_t rows[TILE_SIDE];
};

/* Adds the pixels of `area` (inside `tile`) in which `now` differs from what lay (dx, dy) before it in
 * `before`; that place is inside the picture, too. False: none. */
bool tile_mask_compare(struct tile_mask *self, const struct channel_rect *tile,
                       const struct channel_rect *area, const struct picture *now,
                       const struct picture *before, int32_t dx, int32_t dy);
bool tile_mask_empty(const struct tile_mask *self);
uint32_t tile_mask_pixels(const struct tile_mask *self);
void tile_mask_add(struct tile_mask *self, const struct channel_rect *tile, const struct channel_rect *area);

/* Few tight rectangles that hold all set bits, in picture coordinates. A gap that is cheaper to send than to
 * leave out is sent. Returns how many. */
#define TILE_RECTS_MAX 8
unsigned tile_mask_rects(const struct tile_mask *self, const struct channel_rect *tile,
                         struct channel_rect rects[TILE_RECTS_MAX]);

#endif
