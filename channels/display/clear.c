/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/clear.h"

#include <stdlib.h>
#include <string.h>

#include "wire/le.h"

#define COLOUR_MASK 0x00ffffffu

#define HEAD_LEN 14  /* flags, sequence number, three lengths */
#define BLOCK_LEN 13 /* place, size, length, which subcodec */
#define SUBCODEC_RLEX 2

#define TABLE_SIZE 512 /* of colours, a power of two well above CLEAR_COLOURS_MAX */

struct clear_encoder {
    uint32_t pixels;
    uint32_t generation; /* of table entries that count */
    struct {
        uint32_t colour, generation;
        uint8_t index;
    } table[TABLE_SIZE];
    uint32_t palette[CLEAR_COLOURS_MAX];
    unsigned count;
    uint8_t indices[];
};

struct clear_encoder *clear_create(uint32_t pixels)
{
    struct clear_encoder *self = malloc(sizeof(*self) + pixels);

    if (!self)
        return NULL;
    memset(self, 0, sizeof(*self));
    self->pixels = pixels;
    return self;
}

void clear_destroy(struct clear_encoder *self)
{
    free(self);
}

size_t clear_bound(uint32_t pixels)
{
    /* a segment has two bytes and a pixel at least; longer ones only for runs that pay for them */
    return HEAD_LEN + BLOCK_LEN + 1 + 3 * CLEAR_COLOURS_MAX + 2 * (size_t)pixels;
}

/* -1: no room for another colour. */
static int index_of(struct clear_encoder *self, uint32_t colour)
{
    uint32_t at = (colour * 2654435761u) >> 23;

    while (self->table[at].generation == self->generation) {
        if (self->table[at].colour == colour)
            return self->table[at].index;
        at = (at + 1) % TABLE_SIZE;
    }
    if (self->count == CLEAR_COLOURS_MAX)
        return -1;
    self->table[at].colour = colour;
    self->table[at].generation = self->generation;
    self->table[at].index = (uint8_t)self->count;
    self->palette[self->count] = colour;
    return (int)self->count++;
}

/* Pixels are read once, here: they may change under us. */
static bool take_indices(struct clear_encoder *self, const struct picture *picture,
                         const struct channel_rect *area)
{
    uint32_t width = (uint32_t)(area->right - area->left), last = UINT32_MAX;
    uint8_t *out = self->indices;
    int index = 0;

    self->count = 0;
    if (++self->generation == 0) {
        memset(self->table, 0, sizeof(self->table));
        self->generation = 1;
    }
    for (uint32_t y = area->top; y < area->bottom; y++) {
        const uint8_t *row = picture_at(picture, area->left, y);

        for (uint32_t x = 0; x < width; x++) {
            uint32_t colour;

            memcpy(&colour, row + 4 * (size_t)x, sizeof(colour));
            colour &= COLOUR_MASK;
            if (colour != last) {
                last = colour;
                index = index_of(self, colour);
                if (index < 0)
                    return false;
            }
            *out++ = (uint8_t)index;
        }
    }
    return true;
}

static uint8_t *put_length(uint8_t *p, uint32_t length)
{
    if (length < 0xff) {
        *p++ = (uint8_t)length;
        return p;
    }
    *p++ = 0xff;
    if (length < 0xffff)
        return le_put16(p, length);
    return le_put32(le_put16(p, 0xffff), length);
}

/* [MS-RDPEGFX] 2.2.4.1.1.3.1.3: a run of one colour, then a suite of one pixel each of it and of the colours
 * that follow it in the palette. */
static uint8_t *put_segments(const struct clear_encoder *self, uint8_t *p, uint32_t pixels)
{
    unsigned bits = 1, depth_max;
    uint32_t at = 0;

    while (1u << bits < self->count)
        bits++;
    depth_max = (1u << (8 - bits)) - 1;
    while (at < pixels) {
        uint8_t start = self->indices[at];
        uint32_t end = at + 1;
        unsigned depth = 0;

        while (end < pixels && self->indices[end] == start)
            end++;
        while (end + depth < pixels && depth < depth_max && self->indices[end + depth] == start + depth + 1)
            depth++;
        *p++ = (uint8_t)((start + depth) | depth << bits);
        p = put_length(p, end - at - 1); /* the run's last pixel is the suite's first */
        at = end + depth;
    }
    return p;
}

size_t clear_encode(struct clear_encoder *self, uint8_t *out, size_t cap, const struct picture *picture,
                    const struct channel_rect *area)
{
    uint32_t width = (uint32_t)(area->right - area->left), height = (uint32_t)(area->bottom - area->top);
    uint8_t *block = out + HEAD_LEN, *data = block + BLOCK_LEN, *p = data;

    if (width * height > self->pixels || cap < clear_bound(width * height) ||
        !take_indices(self, picture, area))
        return 0;
    *p++ = (uint8_t)self->count;
    for (unsigned i = 0; i < self->count; i++) {
        *p++ = (uint8_t)self->palette[i];
        *p++ = (uint8_t)(self->palette[i] >> 8);
        *p++ = (uint8_t)(self->palette[i] >> 16);
    }
    p = put_segments(self, p, width * height);
    out[0] = 0; /* no glyph, no reset of caches */
    out[1] = 0;
    le_put32(le_put32(le_put32(out + 2, 0), 0), (uint32_t)(p - block)); /* residual, bands, subcodecs */
    block = le_put16(le_put16(le_put16(le_put16(block, 0), 0), width), height);
    le_put32(block, (uint32_t)(p - data))[0] = SUBCODEC_RLEX;
    return (size_t)(p - out);
}
