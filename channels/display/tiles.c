/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/tiles.h"

#include <string.h>

#define COLOUR_MASK 0x00ffffffu /* of a BGRX pixel read as little-endian */

void tile_grid_init(struct tile_grid *self, uint32_t width, uint32_t height)
{
    self->width = width;
    self->height = height;
    self->columns = (width + TILE_SIDE - 1) / TILE_SIDE;
    self->rows = (height + TILE_SIDE - 1) / TILE_SIDE;
}

uint32_t tile_grid_count(const struct tile_grid *self)
{
    return self->columns * self->rows;
}

struct channel_rect tile_grid_rect(const struct tile_grid *self, uint32_t index)
{
    uint32_t left = index % self->columns * TILE_SIDE, top = index / self->columns * TILE_SIDE;
    uint32_t right = left + TILE_SIDE, bottom = top + TILE_SIDE;

    if (right > self->width)
        right = self->width;
    if (bottom > self->height)
        bottom = self->height;
    return (struct channel_rect){(uint16_t)left, (uint16_t)top, (uint16_t)right, (uint16_t)bottom};
}

void tile_grid_mark(const struct tile_grid *self, const struct damage *damage, uint8_t *marks)
{
    memset(marks, 0, tile_grid_count(self));
    for (uint32_t i = 0; i < damage->count; i++) {
        const struct channel_rect *r = &damage->rects[i];
        uint32_t right = (r->right + TILE_SIDE - 1u) / TILE_SIDE,
                 bottom = (r->bottom + TILE_SIDE - 1u) / TILE_SIDE;

        if (right > self->columns)
            right = self->columns;
        if (bottom > self->rows)
            bottom = self->rows;
        for (uint32_t y = r->top / TILE_SIDE; y < bottom; y++)
            for (uint32_t x = r->left / TILE_SIDE; x < right; x++)
                marks[y * self->columns + x] = 1;
    }
}

static uint32_t pixel_at(const uint8_t *row, uint32_t x)
{
    uint32_t value;

    memcpy(&value, row + 4 * (size_t)x, sizeof(value));
    return value;
}

static bool pixel_differs(const uint8_t *a, const uint8_t *b, uint32_t x)
{
    return ((pixel_at(a, x) ^ pixel_at(b, x)) & COLOUR_MASK) != 0;
}

bool tile_differs(const struct picture *now, const struct picture *before, const struct channel_rect *tile,
                  struct channel_rect *changed)
{
    uint32_t first = UINT32_MAX, last = 0, left = tile->right, right = tile->left;
    size_t bytes = (size_t)(tile->right - tile->left) * 4;

    for (uint32_t y = tile->top; y < tile->bottom; y++) {
        const uint8_t *a = picture_at(now, 0, y), *b = picture_at(before, 0, y);
        uint32_t x = tile->left;

        if (memcmp(a + 4 * (size_t)tile->left, b + 4 * (size_t)tile->left, bytes) == 0)
            continue;
        while (x < tile->right && !pixel_differs(a, b, x))
            x++;
        if (x == tile->right)
            continue;
        if (first == UINT32_MAX)
            first = y;
        last = y;
        if (x < left)
            left = x;
        for (x = tile->right; x > right && !pixel_differs(a, b, x - 1); x--)
            ;
        if (x > right)
            right = x;
    }
    /* left >= right only if the pixels changed back while they were compared */
    if (first == UINT32_MAX || left >= right)
        return false;
    *changed = (struct channel_rect){(uint16_t)left, (uint16_t)first, (uint16_t)right, (uint16_t)(last + 1)};
    return true;
}
