/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the scenes share. */
#ifndef RDPBENCH_SCENE_PRIVATE_H
#define RDPBENCH_SCENE_PRIVATE_H

#include "scene.h"

#define CELL_WIDTH 8
#define CELL_HEIGHT 16
#define MARK_BITS 16
#define MARK_CELL 8
#define MARK_WIDTH (MARK_BITS * MARK_CELL)
#define MARK_HEIGHT 16
#define PHOTOS 4

struct canvas {
    uint32_t width, height;
    uint32_t *pixels;
};

struct scene {
    enum scene_kind kind;
    struct canvas canvas;
    struct canvas back;           /* drag: what the window covers */
    struct canvas window;         /* drag: its content */
    struct canvas photos[PHOTOS]; /* photo; video: [0] is the texture that is panned over */
    uint8_t *grain;               /* video: noise of a frame and more */
    uint32_t frame;
};

static inline uint32_t scene_mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

/* scene_draw.c */
bool canvas_init(struct canvas *self, uint32_t width, uint32_t height);
void canvas_finish(struct canvas *self);
void canvas_fill(struct canvas *self, const struct scene_rect *rect, uint32_t color);
/* Inside both; may overlap within one canvas. */
void canvas_copy(struct canvas *to, uint32_t x, uint32_t y, const struct canvas *from,
                 const struct scene_rect *rect);
/* One cell of text. */
void canvas_glyph(struct canvas *self, uint32_t x, uint32_t y, char c, uint32_t ink, uint32_t paper);
/* A line of made-up program text that only `line` decides, `columns` cells wide. */
void canvas_text_line(struct canvas *self, uint32_t x, uint32_t y, uint32_t columns, uint32_t line);
void canvas_mark(struct canvas *self, uint32_t x, uint32_t y, uint32_t number);
bool mark_reads(const uint8_t *pixels, uint32_t stride, uint32_t x, uint32_t y, uint32_t number);
bool glyph_reads(const uint8_t *pixels, uint32_t stride, uint32_t x, uint32_t y, char c);
/* Fractal noise with discs and edges on it: what a photo costs a codec. Repeats without a seam when both
 * sides are multiples of 160. */
void canvas_photo(struct canvas *self, uint32_t seed);

/* scene_video.c */
bool video_init(struct scene *self);
void video_draw(struct scene *self);

#endif
