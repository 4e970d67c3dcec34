/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/tiles.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define COLOUR_MASK 0x00ffffffu /* of a BGRX pixel read as little-endian */

/* A command costs about as much as this many free columns or rows of a tile. */
#define GAP_COLUMNS 16
#define GAP_ROWS 8

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

bool pixels_equal(const uint8_t *a, const uint8_t *b, uint32_t count)
{
    uint32_t differs = 0;

    if (memcmp(a, b, (size_t)count * 4) == 0)
        return true;
    for (uint32_t x = 0; x < count; x++)
        differs |= pixel_at(a, x) ^ pixel_at(b, x);
    return (differs & COLOUR_MASK) == 0;
}

bool tile_equal(const struct picture *now, const struct picture *before, const struct channel_rect *tile)
{
    for (uint32_t y = tile->top; y < tile->bottom; y++)
        if (!pixels_equal(picture_at(now, tile->left, y), picture_at(before, tile->left, y),
                          (uint32_t)(tile->right - tile->left)))
            return false;
    return true;
}

/* Bits of at most 64 pixels that differ. */
static uint64_t row_mask(const uint8_t *a, const uint8_t *b, uint32_t count)
{
    uint64_t mask = 0;
    uint32_t x = 0;

#ifdef __SSE2__
    const __m128i colours = _mm_set1_epi32(COLOUR_MASK), zero = _mm_setzero_si128();

    for (; x + 4 <= count; x += 4) {
        __m128i left = _mm_loadu_si128((const __m128i *)(a + 4 * (size_t)x));
        __m128i right = _mm_loadu_si128((const __m128i *)(b + 4 * (size_t)x));
        __m128i same = _mm_cmpeq_epi32(_mm_and_si128(_mm_xor_si128(left, right), colours), zero);

        mask |= (uint64_t)(~_mm_movemask_ps(_mm_castsi128_ps(same)) & 15) << x;
    }
#endif
    for (; x < count; x++)
        mask |= (uint64_t)(((pixel_at(a, x) ^ pixel_at(b, x)) & COLOUR_MASK) != 0) << x;
    return mask;
}

bool tile_mask_compare(struct tile_mask *self, const struct channel_rect *tile,
                       const struct channel_rect *area, const struct picture *now,
                       const struct picture *before, int32_t dx, int32_t dy)
{
    uint32_t count = (uint32_t)(area->right - area->left);
    uint64_t any = 0;

    for (uint32_t y = area->top; y < area->bottom; y++) {
        const uint8_t *a = picture_at(now, area->left, y);
        const uint8_t *b = picture_at(before, (uint32_t)(area->left - dx), (uint32_t)((int32_t)y - dy));
        uint64_t mask;

        if (memcmp(a, b, (size_t)count * 4) == 0)
            continue;
        mask = row_mask(a, b, count) << (area->left - tile->left);
        self->rows[y - tile->top] |= mask;
        any |= mask;
    }
    return any != 0;
}

bool tile_mask_empty(const struct tile_mask *self)
{
    uint64_t any = 0;

    for (unsigned y = 0; y < TILE_SIDE; y++)
        any |= self->rows[y];
    return any == 0;
}

uint32_t tile_mask_pixels(const struct tile_mask *self)
{
    uint32_t count = 0;

    for (unsigned y = 0; y < TILE_SIDE; y++)
        count += (uint32_t)__builtin_popcountll(self->rows[y]);
    return count;
}

void tile_mask_add(struct tile_mask *self, const struct channel_rect *tile, const struct channel_rect *area)
{
    uint64_t mask = ~0ull >> (TILE_SIDE - (area->right - area->left)) << (area->left - tile->left);

    for (uint32_t y = area->top; y < area->bottom; y++)
        self->rows[y - tile->top] |= mask;
}

/* Columns of a stretch of rows, split where at least GAP_COLUMNS are free. */
static unsigned split_columns(const struct channel_rect *tile, uint32_t top, uint32_t bottom, uint64_t any,
                              struct channel_rect *rects, unsigned room)
{
    unsigned n = 0;

    while (any) {
        uint32_t left = (uint32_t)__builtin_ctzll(any), right = left;

        while (right < TILE_SIDE && any >> right) {
            uint32_t gap = (uint32_t)__builtin_ctzll(any >> right);

            if (gap >= GAP_COLUMNS && right > left && n + 1 < room)
                break;
            right += gap;
            right += ~(any >> right) ? (uint32_t)__builtin_ctzll(~(any >> right)) : TILE_SIDE;
        }
        if (right > TILE_SIDE)
            right = TILE_SIDE;
        rects[n++] = (struct channel_rect){(uint16_t)(tile->left + left), (uint16_t)(tile->top + top),
                                           (uint16_t)(tile->left + right), (uint16_t)(tile->top + bottom)};
        any = right < TILE_SIDE ? any >> right << right : 0;
    }
    return n;
}

/* What a stretch of rows really needs after its columns are known. */
static void trim_rows(const struct tile_mask *self, const struct channel_rect *tile,
                      struct channel_rect *rect)
{
    uint64_t mask = ~0ull >> (TILE_SIDE - (rect->right - rect->left)) << (rect->left - tile->left);

    while (!(self->rows[rect->top - tile->top] & mask))
        rect->top++;
    while (!(self->rows[rect->bottom - 1 - tile->top] & mask))
        rect->bottom--;
}

unsigned tile_mask_rects(const struct tile_mask *self, const struct channel_rect *tile,
                         struct channel_rect rects[TILE_RECTS_MAX])
{
    uint32_t height = (uint32_t)(tile->bottom - tile->top), y = 0;
    unsigned n = 0;

    while (y < height) {
        uint32_t top, bottom, blank = 0;
        uint64_t any = 0;

        if (!self->rows[y]) {
            y++;
            continue;
        }
        top = bottom = y;
        for (; y < height && (blank < GAP_ROWS || n + 2 >= TILE_RECTS_MAX); y++) {
            any |= self->rows[y];
            blank = self->rows[y] ? 0 : blank + 1;
            if (self->rows[y])
                bottom = y + 1;
        }
        n += split_columns(tile, top, bottom, any, rects + n, n + 2 >= TILE_RECTS_MAX ? 1 : 2);
    }
    for (unsigned i = 0; i < n; i++)
        trim_rows(self, tile, &rects[i]);
    return n;
}
