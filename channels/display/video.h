/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a video plays: the rectangle of tiles that change as a photo many times in a row, and what is needed
 * to send it as H.264 (h264.h). One at a time. It decides and encodes; it sends nothing.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_VIDEO_H
#define RDSPROV_CHANNELS_DISPLAY_VIDEO_H

#include "channels/display/tiles.h"

struct video;

enum video_state {
    VIDEO_NONE,   /* no region, or no more: its surface may go */
    VIDEO_OPENED, /* a new region: its surface is to be made, its first picture stands alone */
    VIDEO_GOES_ON
};

/* NULL: out of memory. The grid outlives it. */
struct video *video_create(const struct tile_grid *grid);
void video_destroy(struct video *self);

/* Something in the tile changed at `now` (ms). */
void video_changed(struct video *self, uint32_t tile, uint64_t now);
/* What the tile is sent as: a photo, or anything else, which ends its run. */
void video_photo(struct video *self, uint32_t tile, bool photo);

/* Before a frame: may a region start, must it end? `budget`: bytes of the frame. */
enum video_state video_update(struct video *self, uint64_t now, uint32_t budget);
/* The tile is inside of the region, and the budget has room for the region's picture. */
bool video_takes(const struct video *self, uint32_t tile);
const struct channel_rect *video_region(const struct video *self); /* right 0: none */
void video_coded_size(const struct video *self, uint32_t *width, uint32_t *height);
uint32_t video_cost(const struct video *self); /* bytes of the picture before, or a guess */

/* The region's picture. Data is valid until the next call. False: the region has ended, and for ten
 * seconds there is none. */
bool video_encode(struct video *self, const struct picture *picture, uint64_t now, const uint8_t **data,
                  size_t *len);
/* Ends a region that has been quiet for `quiet` ms; true: there is none, as in VIDEO_NONE. */
bool video_rest(struct video *self, uint64_t now, uint64_t quiet);

#endif
