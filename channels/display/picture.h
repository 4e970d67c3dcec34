/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A picture to encode: BGRX pixels, top-down, in memory that may belong to another process and may change
 * while it is read. Whoever reads it takes sizes from here only, never from the pixels.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_PICTURE_H
#define RDSPROV_CHANNELS_DISPLAY_PICTURE_H

#include "channels/display/slots.h"

struct picture {
    const uint8_t *pixels;
    uint32_t stride; /* bytes */
    uint32_t width, height;
};

static inline const uint8_t *picture_at(const struct picture *self, uint32_t x, uint32_t y)
{
    return self->pixels + (size_t)y * self->stride + (size_t)x * 4;
}

#endif
