/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rectangle of a picture is worth copying by one vector: the one with the largest sum of cells that the
 * copy makes right less those that it makes wrong. A cell is a piece of one row (of a few rows in pictures
 * higher than 1440).
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_MOTION_GAIN_H
#define RDSPROV_CHANNELS_DISPLAY_MOTION_GAIN_H

#include "channels/display/tiles.h"

struct motion_gain;

struct motion_vector {
    int32_t dx, dy;
};

struct motion_gain *motion_gain_create(uint32_t width, uint32_t height); /* NULL: out of memory */
void motion_gain_destroy(struct motion_gain *self);

/* Compares the pictures as they are; both stay until the next begin. Only marked tiles differ. */
void motion_gain_begin(struct motion_gain *self, const struct tile_grid *grid, const uint8_t *marks,
                       const struct picture *now, const struct picture *before);
/* Compares them shifted. */
void motion_gain_shift(struct motion_gain *self, const struct motion_vector *vector);
/* The best rectangle for the last shift, and how many pixels it saves; 0: none saves `least`. */
int64_t motion_gain_best(const struct motion_gain *self, int64_t least, struct channel_rect *rect);
/* Not to be looked at any more until the next begin. */
void motion_gain_take(struct motion_gain *self, const struct channel_rect *rect);

#endif
