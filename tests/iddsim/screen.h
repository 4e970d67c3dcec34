/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Windows would draw on a monitor: a picture, what changed in it since it was presented last, and the
 * buffers of a swap chain, of which one belongs to the driver. A buffer that the driver gave back is filled
 * with rubbish, so that pixels read too late are seen at the other end.
 */
#ifndef IDDSIM_SCREEN_H
#define IDDSIM_SCREEN_H

#include "driver/layout.h"

#define SCREEN_RECTS_MAX 64
#define PICTURE_BUFFERS 3
#define PICTURE_NONE PICTURE_BUFFERS

struct screen {
    uint32_t width, height;
    uint32_t *pixels;
};

bool screen_resize(struct screen *self, uint32_t width, uint32_t height, uint32_t seed);
void screen_finish(struct screen *self);
/* Fills a rectangle with a pattern that no other seed and place has; returns it clipped (empty: nothing). */
RECT screen_draw(struct screen *self, uint32_t seed, int x, int y, int width, int height);

/* The same in one colour. */
RECT screen_plain(struct screen *self, uint32_t color, int x, int y, int width, int height);

struct picture_set {
    uint32_t width, height, pitch;
    uint8_t *buffers[PICTURE_BUFFERS];
    unsigned pending, held; /* presented and not acquired yet; the driver's */
    UINT number;            /* of the pending frame */
    RECT rects[SCREEN_RECTS_MAX];
    unsigned nrects; /* of the pending frame */
    RECT held_rects[SCREEN_RECTS_MAX];
    unsigned held_nrects;
    UINT held_number;
};

bool picture_set_init(struct picture_set *self, uint32_t width, uint32_t height);
void picture_set_finish(struct picture_set *self);
/* A new frame with these pixels; its changes add up with those of one that nobody took. */
void picture_present(struct picture_set *self, const struct screen *screen, const RECT *rect);
/* The pending frame becomes the held one; what was held is spoilt. False: there is none. */
bool picture_acquire(struct picture_set *self);

#endif
