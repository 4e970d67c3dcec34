/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/interleaved.h"

#include <stdbool.h>
#include <string.h>

/* The three orders that are used: their bits in the short form, and their long form. */
#define ORDER_BACKGROUND 0x00
#define ORDER_COLOUR 0x60
#define ORDER_IMAGE 0x80
#define LONG_BACKGROUND 0xf0
#define LONG_COLOUR 0xf3
#define LONG_IMAGE 0xf4

#define SHORT_MAX 31
#define BYTE_MAX (32 + 255)

/* Shorter runs cost more than they save, because the raw pixels around them need an order each. */
#define BACKGROUND_MIN 2
#define COLOUR_MIN 3

size_t interleaved_bound(uint32_t width, uint32_t height, uint32_t depth)
{
    size_t count = (size_t)width * height;

    return count * ((depth + 7) / 8) + count / 2 + 16;
}

static uint32_t convert(uint32_t bgrx, uint32_t depth)
{
    uint32_t blue = bgrx & 0xff, green = bgrx >> 8 & 0xff, red = bgrx >> 16 & 0xff;

    if (depth == 15)
        return red >> 3 << 10 | green >> 3 << 5 | blue >> 3;
    if (depth == 16)
        return red >> 3 << 11 | green >> 2 << 5 | blue >> 3;
    return bgrx & 0xffffff;
}

static uint8_t *put_order(uint8_t *out, uint8_t order, uint8_t long_order, uint32_t count)
{
    if (count <= SHORT_MAX) {
        *out++ = (uint8_t)(order | count);
    } else if (count <= BYTE_MAX) {
        *out++ = order;
        *out++ = (uint8_t)(count - 32);
    } else {
        *out++ = long_order;
        *out++ = (uint8_t)count;
        *out++ = (uint8_t)(count >> 8);
    }
    return out;
}

static uint8_t *put_pixel(uint8_t *out, uint32_t pixel, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        *out++ = (uint8_t)(pixel >> (8 * i));
    return out;
}

static uint8_t *put_raw(uint8_t *out, const uint32_t *pixels, uint32_t count, uint32_t bytes)
{
    if (count == 0)
        return out;
    out = put_order(out, ORDER_IMAGE, LONG_IMAGE, count);
    for (uint32_t i = 0; i < count; i++)
        out = put_pixel(out, pixels[i], bytes);
    return out;
}

/* Pixels from `at` on that equal the row before; in the first row, which has none, black ones. An order that
 * begins in the first row follows its rule to the end, so it must not leave it. */
static uint32_t background_run(const uint32_t *pixels, uint32_t at, uint32_t width, uint32_t count)
{
    uint32_t end = at < width ? width : count, i = at;

    while (i < end && pixels[i] == (i < width ? 0 : pixels[i - width]))
        i++;
    return i - at;
}

static uint32_t colour_run(const uint32_t *pixels, uint32_t at, uint32_t count)
{
    uint32_t i = at + 1;

    while (i < count && pixels[i] == pixels[at])
        i++;
    return i - at;
}

size_t interleaved_encode(uint8_t *out, size_t cap, const uint8_t *pixels, size_t stride, uint32_t width,
                          uint32_t height, uint32_t depth)
{
    uint32_t line[INTERLEAVED_PIXELS_MAX], count, raw = 0, at = 0, bytes = (depth + 7) / 8;
    uint8_t *begin = out;

    if (width == 0 || height == 0 || width > INTERLEAVED_PIXELS_MAX ||
        height > INTERLEAVED_PIXELS_MAX / width || (depth != 15 && depth != 16 && depth != 24) ||
        cap < interleaved_bound(width, height, depth))
        return 0;
    count = width * height;
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = pixels + (size_t)(height - 1 - y) * stride;

        for (uint32_t x = 0; x < width; x++) {
            uint32_t value;

            memcpy(&value, row + 4 * (size_t)x, sizeof(value));
            line[y * width + x] = convert(value, depth);
        }
    }
    /* Two background runs never follow each other within a row rule: a run ends where a pixel differs, or
     * with the first row, where a decoder forgets the run. So the foreground pixel that would come between
     * them is no concern here. */
    while (at < count) {
        uint32_t background = background_run(line, at, width, count), colour = colour_run(line, at, count);

        if (background >= BACKGROUND_MIN && background + 1 >= colour / 2) {
            out = put_raw(out, line + raw, at - raw, bytes);
            out = put_order(out, ORDER_BACKGROUND, LONG_BACKGROUND, background);
            at = raw = at + background;
        } else if (colour >= COLOUR_MIN) {
            out = put_raw(out, line + raw, at - raw, bytes);
            out = put_pixel(put_order(out, ORDER_COLOUR, LONG_COLOUR, colour), line[at], bytes);
            at = raw = at + colour;
        } else {
            at++;
        }
    }
    out = put_raw(out, line + raw, at - raw, bytes);
    return (size_t)(out - begin);
}
