/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of rectangles in pixels: left and top are inside, right and bottom are not. */
#ifndef RDSPROV_CHANNELS_DISPLAY_RECT_H
#define RDSPROV_CHANNELS_DISPLAY_RECT_H

#include <stdbool.h>
#include <stdint.h>

#include "channels/messages.h"

static inline uint32_t rect_area(const struct channel_rect *r)
{
    return (uint32_t)(r->right - r->left) * (uint32_t)(r->bottom - r->top);
}

static inline bool rect_overlaps(const struct channel_rect *a, const struct channel_rect *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static inline bool rect_contains(const struct channel_rect *outer, const struct channel_rect *inner)
{
    return outer->left <= inner->left && outer->top <= inner->top && outer->right >= inner->right &&
           outer->bottom >= inner->bottom;
}

static inline struct channel_rect rect_hull(const struct channel_rect *a, const struct channel_rect *b)
{
    return (struct channel_rect){a->left < b->left ? a->left : b->left, a->top < b->top ? a->top : b->top,
                                 a->right > b->right ? a->right : b->right,
                                 a->bottom > b->bottom ? a->bottom : b->bottom};
}

/* They overlap. */
static inline void rect_clip(struct channel_rect *self, const struct channel_rect *bounds)
{
    if (self->left < bounds->left)
        self->left = bounds->left;
    if (self->top < bounds->top)
        self->top = bounds->top;
    if (self->right > bounds->right)
        self->right = bounds->right;
    if (self->bottom > bounds->bottom)
        self->bottom = bounds->bottom;
}

/* Takes away what lies in `hole`, as far as a rectangle remains; all 0 when nothing does. */
static inline void rect_cut(struct channel_rect *self, const struct channel_rect *hole)
{
    bool across = hole->left <= self->left && hole->right >= self->right;
    bool along = hole->top <= self->top && hole->bottom >= self->bottom;

    if (!rect_overlaps(self, hole))
        return;
    if (across && along)
        *self = (struct channel_rect){0};
    else if (across && hole->top <= self->top)
        self->top = hole->bottom;
    else if (across && hole->bottom >= self->bottom)
        self->bottom = hole->top;
    else if (along && hole->left <= self->left)
        self->left = hole->right;
    else if (along && hole->right >= self->right)
        self->right = hole->left;
}

#endif
