/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/exact.h"

#include <stdlib.h>

#include "channels/display/areas.h"
#include "channels/display/clear.h"
#include "channels/display/planar.h"
#include "channels/display/rect.h"

/* A block this small is cheaper as it is than with the head of any codec. */
#define RAW_PIXELS_MAX 12
/* Blocks with too many colours for ClearCodec are halved down to this. */
#define SPLIT_WIDTH 128
/* Planar needs three bytes for one at its worst. */
#define BLOCK_PIXELS_MAX (AREAS_PLANAR_MAX / 3)

struct exact {
    struct clear_encoder *clear;
    uint8_t *block, *other; /* one encoded block each, when two codecs are tried */
};

struct exact *exact_create(void)
{
    struct exact *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->clear = clear_create(BLOCK_PIXELS_MAX);
    self->block = malloc(AREAS_PLANAR_MAX);
    self->other = malloc(clear_bound(BLOCK_PIXELS_MAX));
    if (!self->clear || !self->block || !self->other) {
        exact_destroy(self);
        return NULL;
    }
    return self;
}

void exact_destroy(struct exact *self)
{
    if (!self)
        return;
    clear_destroy(self->clear);
    free(self->block);
    free(self->other);
    free(self);
}

static size_t encode_planar(struct exact *self, const struct picture *picture,
                            const struct channel_rect *rect)
{
    return planar_encode(self->block, AREAS_PLANAR_MAX, picture_at(picture, rect->left, rect->top),
                         (ptrdiff_t)picture->stride, (uint32_t)(rect->right - rect->left),
                         (uint32_t)(rect->bottom - rect->top), false);
}

bool exact_send(struct exact *self, struct gfx *gfx, const struct picture *picture,
                const struct channel_rect *area)
{
    uint32_t pixels = rect_area(area);
    size_t clear, planar;

    if (!gfx_takes_progressive(gfx)) { /* a thin client: planar is what it surely has */
        planar = encode_planar(self, picture, area);
        return planar > 0 && gfx_planar(gfx, area, self->block, planar);
    }
    if (pixels <= RAW_PIXELS_MAX)
        return gfx_uncompressed(gfx, area, picture_at(picture, area->left, area->top), picture->stride);
    clear = clear_encode(self->clear, self->other, clear_bound(BLOCK_PIXELS_MAX), picture, area);
    if (!clear && area->right - area->left > SPLIT_WIDTH) {
        /* a photo in a part of a wide block does not spoil the rest */
        struct channel_rect left = *area, right = *area;

        left.right = right.left = (uint16_t)(area->left + (area->right - area->left) / 2);
        return exact_send(self, gfx, picture, &left) && exact_send(self, gfx, picture, &right);
    }
    if (clear && clear <= pixels)
        return gfx_clearcodec(gfx, area, self->other, clear);
    planar = encode_planar(self, picture, area);
    if (clear && clear < planar)
        return gfx_clearcodec(gfx, area, self->other, clear);
    return planar > 0 && gfx_planar(gfx, area, self->block, planar);
}
