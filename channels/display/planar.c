/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/planar.h"

#include <string.h>

/* Format header bits. */
#define HEADER_RLE 0x10
#define HEADER_NO_ALPHA 0x20

#define RAW_MAX 15       /* raw bytes in one segment */
#define RUN_MIN 3        /* shorter run lengths are escapes: 1 is 16 + n, 2 is 32 + n */
#define RUN_SHORT_MAX 15 /* run that may follow raw bytes in the same segment */
#define RUN_LONG_MAX 47

size_t planar_bound(uint32_t width, uint32_t height, bool alpha)
{
    /* a row is at worst all raw: its bytes and a control byte for every 15 */
    size_t row = (size_t)width + width / RAW_MAX + 2;

    return 1 + row * height * (alpha ? 4 : 3);
}

/* Raw bytes and the run of their last value that follows. A run below RUN_MIN is never given unless there is
 * none. */
static uint8_t *put_segment(uint8_t *out, const uint8_t *raw, uint32_t nraw, uint32_t run)
{
    while (nraw > RAW_MAX) {
        *out++ = RAW_MAX << 4;
        memcpy(out, raw, RAW_MAX);
        out += RAW_MAX;
        raw += RAW_MAX;
        nraw -= RAW_MAX;
    }
    if (nraw > 0) {
        uint32_t take = run > RUN_SHORT_MAX ? RUN_SHORT_MAX : run;

        if (run > take && run - take < RUN_MIN)
            take -= RUN_MIN;
        *out++ = (uint8_t)(nraw << 4 | take);
        memcpy(out, raw, nraw);
        out += nraw;
        run -= take;
    }
    while (run > RUN_SHORT_MAX) {
        uint32_t take = run > RUN_LONG_MAX ? RUN_LONG_MAX : run;

        if (run > take && run - take < RUN_MIN)
            take -= RUN_MIN;
        *out++ = (uint8_t)(take >= 32 ? (take - 32) << 4 | 2 : (take - 16) << 4 | 1);
        run -= take;
    }
    if (run > 0)
        *out++ = (uint8_t)run;
    return out;
}

static uint8_t *put_row(uint8_t *out, const uint8_t *codes, uint32_t width)
{
    uint32_t start = 0, at = 0;
    uint8_t last = 0;

    while (at < width) {
        uint32_t run = 0;

        while (at + run < width && codes[at + run] == last)
            run++;
        if (run >= RUN_MIN) {
            out = put_segment(out, codes + start, at - start, run);
            at += run;
            start = at;
        } else {
            at += run;
            if (at < width)
                last = codes[at++];
        }
    }
    return put_segment(out, codes + start, width - start, 0);
}

/* One plane. The private copy of the row above keeps what the client will have, even if the source changes
 * under us. */
static uint8_t *put_plane(uint8_t *out, const uint8_t *pixels, ptrdiff_t stride, uint32_t width,
                          uint32_t height)
{
    uint8_t above[PLANAR_WIDTH_MAX], codes[PLANAR_WIDTH_MAX];

    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = pixels + (ptrdiff_t)y * stride;
        uint8_t any = 0;

        if (y == 0) {
            for (uint32_t x = 0; x < width; x++)
                codes[x] = above[x] = row[4 * (size_t)x];
            any = 1;
        } else {
            for (uint32_t x = 0; x < width; x++) {
                uint8_t value = row[4 * (size_t)x];
                int8_t delta = (int8_t)(uint8_t)(value - above[x]);

                above[x] = value;
                codes[x] = (uint8_t)(((uint8_t)delta << 1) ^ (delta >> 7)); /* sign in the lowest bit */
                any |= codes[x];
            }
        }
        out = any || width < RUN_MIN ? put_row(out, codes, width) : put_segment(out, codes, 0, width);
    }
    return out;
}

static uint8_t *put_opaque(uint8_t *out, uint32_t width, uint32_t height)
{
    uint8_t codes[PLANAR_WIDTH_MAX];

    memset(codes, 0xff, width);
    out = put_row(out, codes, width);
    memset(codes, 0, width);
    for (uint32_t y = 1; y < height; y++)
        out = put_row(out, codes, width);
    return out;
}

size_t planar_encode(uint8_t *out, size_t cap, const uint8_t *pixels, ptrdiff_t stride, uint32_t width,
                     uint32_t height, bool alpha)
{
    uint8_t *at = out;

    if (width == 0 || height == 0 || width > PLANAR_WIDTH_MAX || cap < planar_bound(width, height, alpha))
        return 0;
    *at++ = alpha ? HEADER_RLE : HEADER_RLE | HEADER_NO_ALPHA;
    if (alpha)
        at = put_opaque(at, width, height);
    for (int plane = 2; plane >= 0; plane--) /* red, green, blue */
        at = put_plane(at, pixels + plane, stride, width, height);
    return (size_t)(at - out);
}
