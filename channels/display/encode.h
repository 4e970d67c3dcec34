/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two encoders with one shape: take a picture, the one before (NULL: the client has nothing of it) and the
 * damage, and send what differs as one frame. encode_gfx.c speaks to the graphics pipeline and knows which
 * tiles the client has only approximately; encode_bitmap.c makes bitmap updates for clients without it.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_ENCODE_H
#define RDSPROV_CHANNELS_DISPLAY_ENCODE_H

#include <freerdp/freerdp.h>

#include "channels/display/gfx.h"
#include "channels/display/picture.h"

struct encode_result {
    uint64_t pixels; /* that differed */
    uint32_t bytes;  /* sent; 0: nothing differed, no frame was made */
};

struct encode_gfx;

/* NULL: out of memory. The pipeline outlives the encoder. */
struct encode_gfx *encode_gfx_create(struct gfx *gfx, uint32_t width, uint32_t height);
void encode_gfx_destroy(struct encode_gfx *self);

/* Sends about `budget` bytes at most, so that no frame blocks a slow line for long; tiles beyond that are
 * owed: they go first next time, from the picture that is newest then. With a small budget, tiles of which
 * little changed go before all others; with 0 they go alone. False: out of memory or the channel is broken.
 */
bool encode_gfx_frame(struct encode_gfx *self, uint32_t frame, const struct picture *now,
                      const struct picture *before, const struct damage *damage, uint32_t budget,
                      struct encode_result *result);
bool encode_gfx_owes(const struct encode_gfx *self);

/* When the next tile that was sent approximately should be made exact; 0: none. */
uint64_t encode_gfx_settle_due(const struct encode_gfx *self);
/* Sends such tiles exactly, from the picture that was encoded last. */
bool encode_gfx_settle(struct encode_gfx *self, uint32_t frame, const struct picture *picture,
                       uint32_t budget, struct encode_result *result);
/* Another program draws from now on: nothing that the client was told to keep by the one before is shown.
 * False: no randomness, do not go on with this encoder. */
bool encode_gfx_forget(struct encode_gfx *self);
/* Drops codec memory that an idle client does not need. */
void encode_gfx_relax(struct encode_gfx *self);

struct encode_bitmap;

/* Colour depth and limits are the client's, from the settings. NULL: out of memory, or a depth that is not
 * 15, 16, 24 or 32. */
struct encode_bitmap *encode_bitmap_create(rdpContext *context, uint32_t width, uint32_t height);
void encode_bitmap_destroy(struct encode_bitmap *self);
uint32_t encode_bitmap_depth(const struct encode_bitmap *self);
/* The client acknowledges frames (surface frame markers). */
bool encode_bitmap_acknowledged(const struct encode_bitmap *self);
bool encode_bitmap_frame(struct encode_bitmap *self, uint32_t frame, const struct picture *now,
                         const struct picture *before, const struct damage *damage,
                         struct encode_result *result);

#endif
