/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client made of FreeRDP's decoders, in place of gfx.c: the gfx_* functions that the pipeline's encoder
 * calls draw into client_pixels, and what the protocol does not allow makes the pipeline bad.
 */
#ifndef RDSPROV_UNIT_PICTURE_CLIENT_H
#define RDSPROV_UNIT_PICTURE_CLIENT_H

#include <freerdp/codec/clear.h>
#include <freerdp/codec/planar.h>
#include <freerdp/codec/progressive.h>

#include "channels/display/encode.h"

#define WIDTH 333
#define HEIGHT 210
#define CACHE_SLOTS 60

struct gfx {
    BITMAP_PLANAR_CONTEXT *planar;
    PROGRESSIVE_CONTEXT *progressive;
    CLEAR_CONTEXT *clear;
    uint8_t sequence;
    bool thin, avc;
    bool open, bad;
    uint32_t frame, bytes;
    uint32_t video_width, video_height; /* 0: there is none */
    bool video_fresh;                   /* its next picture must stand alone */
    unsigned videos, videos_opened, shown;
    unsigned fills, planars, clears, raws, photos, copies, stores, puts;
    struct gfx_cache_budget budget;
};

extern struct gfx pipeline;
extern uint32_t now_pixels[HEIGHT][WIDTH], old_pixels[HEIGHT][WIDTH], client_pixels[HEIGHT][WIDTH];
extern const struct picture now, old;

/* thin: without progressive and ClearCodec; avc: with H.264. NULL: out of memory. */
struct encode_gfx *picture_client_begin(bool thin, bool avc);
void picture_client_finish(struct encode_gfx *encoder);

/* Sends the picture of now_pixels to a client that has none. */
bool picture_client_first(struct encode_gfx *encoder, uint32_t *frame, uint32_t budget);
/* Goes on until nothing is owed and nothing approximate, without another change. */
bool picture_client_settle(struct encode_gfx *encoder, uint32_t *frame, uint32_t budget);
/* The client shows now_pixels, and nothing was wrong on the way. */
bool picture_client_exact(void);

#endif
