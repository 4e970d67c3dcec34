/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pointer_image.h"

#include <stddef.h>
#include <string.h>

uint32_t pointer_image_size(const struct pointer_image *self)
{
    return (uint32_t)self->width * self->height * 4;
}

void pointer_image_copy(struct pointer_image *self, const struct pointer_image *from)
{
    memcpy(self, from, offsetof(struct pointer_image, pixels) + pointer_image_size(from));
}

/* The mean of the pixels under one, each as much as it covers. */
static void average(const struct pointer_image *from, uint32_t left, uint32_t top, uint32_t scale,
                    uint8_t *out)
{
    uint32_t right = left + scale < from->width ? left + scale : from->width;
    uint32_t bottom = top + scale < from->height ? top + scale : from->height;
    uint32_t sum[3] = {0}, alpha = 0, count = (right - left) * (bottom - top);

    for (uint32_t y = top; y < bottom; y++) {
        for (uint32_t x = left; x < right; x++) {
            const uint8_t *p = from->pixels + ((size_t)y * from->width + x) * 4;

            for (unsigned i = 0; i < 3; i++)
                sum[i] += (uint32_t)p[i] * p[3];
            alpha += p[3];
        }
    }
    for (unsigned i = 0; i < 3; i++)
        out[i] = (uint8_t)(alpha ? sum[i] / alpha : 0);
    out[3] = (uint8_t)(alpha / count);
}

void pointer_image_shrink(struct pointer_image *self, const struct pointer_image *from, uint32_t side)
{
    uint32_t longer = from->width > from->height ? from->width : from->height;
    uint32_t scale = (longer + side - 1) / side;

    self->width = (uint16_t)((from->width + scale - 1) / scale);
    self->height = (uint16_t)((from->height + scale - 1) / scale);
    self->hot_x = (uint16_t)(from->hot_x / scale);
    self->hot_y = (uint16_t)(from->hot_y / scale);
    for (uint32_t y = 0; y < self->height; y++)
        for (uint32_t x = 0; x < self->width; x++)
            average(from, x * scale, y * scale, scale, self->pixels + ((size_t)y * self->width + x) * 4);
}

uint16_t pointer_image_part(const struct pointer_image *self, uint16_t top, struct channel_pointer *part)
{
    uint32_t step = (uint32_t)self->width * 4, rows = CHANNEL_POINTER_PART / step;

    if (rows > (uint32_t)(self->height - top))
        rows = (uint32_t)(self->height - top);
    part->width = self->width;
    part->height = self->height;
    part->hot_x = self->hot_x;
    part->hot_y = self->hot_y;
    part->top = top;
    part->size = rows * step;
    memcpy(part->pixels, self->pixels + (size_t)top * step, part->size);
    return (uint16_t)(top + rows);
}

enum pointer_part pointer_image_add(struct pointer_image *self, uint16_t *rows,
                                    const struct channel_pointer *part)
{
    uint32_t step = (uint32_t)part->width * 4, count;

    if (part->width == 0 || part->height == 0 || part->width > CHANNEL_POINTER_MAX ||
        part->height > CHANNEL_POINTER_MAX || part->hot_x >= part->width || part->hot_y >= part->height ||
        part->size == 0 || part->size > CHANNEL_POINTER_PART || part->size % step)
        return POINTER_MALFORMED;
    count = part->size / step;
    if (part->top + count > part->height)
        return POINTER_MALFORMED;
    if (part->top == 0) {
        self->width = part->width;
        self->height = part->height;
        self->hot_x = part->hot_x;
        self->hot_y = part->hot_y;
        *rows = 0;
    }
    if (part->top != *rows || part->width != self->width || part->height != self->height)
        return POINTER_MORE;
    memcpy(self->pixels + (size_t)part->top * step, part->pixels, part->size);
    *rows = (uint16_t)(part->top + count);
    if (*rows < self->height)
        return POINTER_MORE;
    *rows = 0;
    return POINTER_WHOLE;
}
