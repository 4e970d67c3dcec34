/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What xload shows, as a pure function: kind, size and number of a frame -> pixels. xload paints with it; a
 * client that knows which frame it sees can make the same frame again and tell how far its own picture is
 * off. Frames carry their number, as black and white bars that survive a lossy codec (type: the glyph
 * itself).
 */
#ifndef RDPBENCH_SCENE_H
#define RDPBENCH_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#define SCENE_SIDE_MIN 640 /* width; and 400 the height */
#define SCENE_SIDE_MAX 8192
#define SCENE_CHANGES 4
#define SCENE_BAR 32 /* rows at the bottom that only echo fields (echo.h) paint on; full-video has none */
#define SCENE_VIDEO_WIDTH 640
#define SCENE_VIDEO_HEIGHT 360

enum scene_kind {
    SCENE_IDLE,       /* a page of text that stays */
    SCENE_TYPE,       /* one glyph a frame */
    SCENE_SCROLL,     /* a page of text moves up by a line of 16 pixels, all of it, each frame */
    SCENE_DRAG,       /* a window of text moves over a background of photo and text */
    SCENE_VIDEO,      /* 640x360 of moving, grainy texture amid text */
    SCENE_FULL_VIDEO, /* the same over everything */
    SCENE_PHOTO,      /* a new photo-like picture, once a second */
    SCENE_KINDS
};

struct scene_rect {
    uint32_t x, y, width, height;
};

/* From one frame to the next: first a copy (if any), then new pixels in the rects. */
struct scene_change {
    bool copy;
    struct scene_rect from;
    uint32_t to_x, to_y;
    struct scene_rect rects[SCENE_CHANGES];
    unsigned count;
};

struct scene;

const char *scene_name(enum scene_kind kind);
/* SCENE_KINDS: no such name. */
enum scene_kind scene_of_name(const char *name);
/* Frames a second that it is meant for; 0: it does not move. */
unsigned scene_rate(enum scene_kind kind);

/* At frame 0. NULL: no memory, or a size out of bounds. */
struct scene *scene_create(enum scene_kind kind, uint32_t width, uint32_t height);
void scene_destroy(struct scene *self);
/* To the next frame. */
void scene_step(struct scene *self, struct scene_change *out);
uint32_t scene_frame(const struct scene *self);
/* 0x00RRGGBB, rows without gaps; changes with scene_step. */
const uint32_t *scene_pixels(const struct scene *self);
/* The part that frames paint on. */
struct scene_rect scene_area(const struct scene *self);
/* Whether a picture of the same size (B, G, R, ignored) shows frame `frame`; only its mark is looked at. */
bool scene_shows(const struct scene *self, uint32_t frame, const uint8_t *pixels, uint32_t stride);

#endif
