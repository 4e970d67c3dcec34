/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/progressive.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "channels/display/rlgr.h"
#include "wire/le.h"

#define SIDE 64
#define AREA (SIDE * SIDE)

/* Block types, [MS-RDPEGFX] 2.2.4.2.1. */
#define BLOCK_SYNC 0xccc0
#define BLOCK_FRAME_BEGIN 0xccc1
#define BLOCK_FRAME_END 0xccc2
#define BLOCK_CONTEXT 0xccc3
#define BLOCK_REGION 0xccc4
#define BLOCK_TILE_SIMPLE 0xccc5

#define SYNC_LEN 12
#define CONTEXT_LEN 10
#define FRAME_BEGIN_LEN 12
#define FRAME_END_LEN 6
#define REGION_LEN 18
#define RECT_LEN 8
#define QUANT_LEN 5
#define TILE_LEN 22

#define COMPONENT_MAX 8192
#define TILE_MAX (TILE_LEN + 3 * COMPONENT_MAX)

/* Bands in the order of the coefficients, each half the side of the one before. */
enum band { HL1, LH1, HH1, HL2, LH2, HH2, HL3, LH3, HH3, LL3, BANDS };

static const struct {
    uint16_t offset, count;
} bands[BANDS] = {{0, 1024},   {1024, 1024}, {2048, 1024}, {3072, 256}, {3328, 256},
                  {3584, 256}, {3840, 64},   {3904, 64},   {3968, 64},  {4032, 64}};

/* Steps as powers of two, 6 to 15, of luma and of both chroma; docs/display.md says what they were chosen by.
 */
static const uint8_t quants[2][BANDS] = {{[HL1] = 9,
                                          [LH1] = 9,
                                          [HH1] = 9,
                                          [HL2] = 7,
                                          [LH2] = 7,
                                          [HH2] = 7,
                                          [HL3] = 6,
                                          [LH3] = 6,
                                          [HH3] = 6,
                                          [LL3] = 6},
                                         {[HL1] = 9,
                                          [LH1] = 9,
                                          [HH1] = 10,
                                          [HL2] = 8,
                                          [LH2] = 8,
                                          [HH2] = 9,
                                          [HL3] = 7,
                                          [LH3] = 7,
                                          [HH3] = 7,
                                          [LL3] = 6}};

/* Added before a value is cut to whole steps, in eighths of one: a little less than half saves more bytes
 * than it costs exactness. */
#define ROUND_EIGHTHS 3

struct progressive {
    uint32_t cap;   /* tiles */
    uint32_t count; /* since begin */
    struct channel_rect *rects;
    uint8_t *data; /* tile blocks, behind room for what comes before them */
    size_t len, room;
    int16_t y[AREA], cb[AREA], cr[AREA], scratch[AREA];
};

static size_t head_len(uint32_t tiles)
{
    return SYNC_LEN + CONTEXT_LEN + FRAME_BEGIN_LEN + REGION_LEN + RECT_LEN * (size_t)tiles + 2 * QUANT_LEN;
}

struct progressive *progressive_create(uint32_t tiles)
{
    struct progressive *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->cap = tiles > UINT16_MAX ? UINT16_MAX : tiles;
    self->rects = malloc(self->cap * sizeof(self->rects[0]));
    if (!self->rects) {
        free(self);
        return NULL;
    }
    return self;
}

void progressive_destroy(struct progressive *self)
{
    if (!self)
        return;
    free(self->data);
    free(self->rects);
    free(self);
}

void progressive_begin(struct progressive *self)
{
    self->count = 0;
    self->len = head_len(self->cap);
}

/* --- pixels to components ------------------------------------------------------------------------------ */

/* Factors of blue, green and red in 1/32768; components have five fractional bits ([MS-RDPRFX] 3.1.8.1.3). */
static const int16_t factors[3][4] = {
    {3735, 19235, 9798, 0}, {16403, -10868, -5535, 0}, {-2663, -13714, 16377, 0}};

#define LEVEL 4096 /* luma is centred */

static void convert_row(const uint8_t *row, int16_t *y, int16_t *cb, int16_t *cr)
{
#ifdef __SSE2__
    const __m128i zero = _mm_setzero_si128(), level = _mm_set1_epi16(LEVEL);
    int16_t *out[3] = {y, cb, cr};

    for (unsigned x = 0; x < SIDE; x += 8) {
        __m128i pixels[4];

        for (unsigned i = 0; i < 2; i++) {
            __m128i four = _mm_loadu_si128((const __m128i *)(row + 4 * (x + 4 * i)));

            pixels[2 * i] = _mm_unpacklo_epi8(four, zero);
            pixels[2 * i + 1] = _mm_unpackhi_epi8(four, zero);
        }
        for (unsigned c = 0; c < 3; c++) {
            __m128i factor = _mm_set_epi16(0, factors[c][2], factors[c][1], factors[c][0], 0, factors[c][2],
                                           factors[c][1], factors[c][0]);
            __m128i sums[2];

            for (unsigned i = 0; i < 2; i++) {
                __m128 a = _mm_castsi128_ps(_mm_madd_epi16(pixels[2 * i], factor));
                __m128 b = _mm_castsi128_ps(_mm_madd_epi16(pixels[2 * i + 1], factor));

                sums[i] = _mm_srai_epi32(
                    _mm_add_epi32(_mm_castps_si128(_mm_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0))),
                                  _mm_castps_si128(_mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1)))),
                    10);
            }
            sums[0] = _mm_packs_epi32(sums[0], sums[1]);
            if (c == 0)
                sums[0] = _mm_sub_epi16(sums[0], level);
            _mm_storeu_si128((__m128i *)(out[c] + x), sums[0]);
        }
    }
#else
    for (unsigned x = 0; x < SIDE; x++) {
        const uint8_t *p = row + 4 * x;
        int32_t sums[3];

        for (unsigned c = 0; c < 3; c++)
            sums[c] = (p[0] * factors[c][0] + p[1] * factors[c][1] + p[2] * factors[c][2]) >> 10;
        y[x] = (int16_t)(sums[0] - LEVEL);
        cb[x] = (int16_t)sums[1];
        cr[x] = (int16_t)sums[2];
    }
#endif
}

/* What lies outside of the picture repeats its edge. */
static void convert(struct progressive *self, const struct picture *picture, uint32_t left, uint32_t top)
{
    uint32_t width = picture->width - left < SIDE ? picture->width - left : SIDE;
    uint32_t height = picture->height - top < SIDE ? picture->height - top : SIDE;
    uint8_t edge[SIDE * 4];

    for (uint32_t row = 0; row < SIDE; row++) {
        const uint8_t *pixels;

        if (row >= height) {
            memcpy(self->y + row * SIDE, self->y + (row - 1) * SIDE, SIDE * sizeof(int16_t));
            memcpy(self->cb + row * SIDE, self->cb + (row - 1) * SIDE, SIDE * sizeof(int16_t));
            memcpy(self->cr + row * SIDE, self->cr + (row - 1) * SIDE, SIDE * sizeof(int16_t));
            continue;
        }
        pixels = picture_at(picture, left, top + row);
        if (width < SIDE) {
            memcpy(edge, pixels, 4 * (size_t)width);
            for (uint32_t x = width; x < SIDE; x++)
                memcpy(edge + 4 * (size_t)x, edge + 4 * ((size_t)width - 1), 4);
            pixels = edge;
        }
        convert_row(pixels, self->y + row * SIDE, self->cb + row * SIDE, self->cr + row * SIDE);
    }
}

/* --- wavelet ------------------------------------------------------------------------------------------- */

typedef int16_t eight __attribute__((vector_size(16)));

static eight load(const int16_t *from)
{
    eight value;

    memcpy(&value, from, sizeof(value));
    return value;
}

static void store(int16_t *to, eight value)
{
    memcpy(to, &value, sizeof(value));
}

/* [MS-RDPRFX] 3.1.8.1.4: high = (odd - (even + next even) / 2) / 2, low = even + (high before + high) / 2. */
static void lift_high(int16_t *high, const int16_t *odd, const int16_t *even, const int16_t *next,
                      unsigned count)
{
    for (unsigned i = 0; i < count; i += 8)
        store(high + i, (load(odd + i) - ((load(even + i) + load(next + i)) >> 1)) >> 1);
}

static void lift_low(int16_t *low, const int16_t *even, const int16_t *before, const int16_t *high,
                     unsigned count)
{
    for (unsigned i = 0; i < count; i += 8)
        store(low + i, load(even + i) + ((load(before + i) + load(high + i)) >> 1));
}

/* One row of 2 * half values into its low and high half. */
static void split_row(const int16_t *row, int16_t *low, int16_t *high, unsigned half)
{
    int16_t even[SIDE / 2 + 8], odd[SIDE / 2], shifted[SIDE / 2 + 8];

    for (unsigned i = 0; i < half; i++) {
        even[i] = row[2 * i];
        odd[i] = row[2 * i + 1];
    }
    even[half] = even[half - 1]; /* mirrored */
    lift_high(shifted + 1, odd, even, even + 1, half);
    shifted[0] = shifted[1];
    lift_low(low, even, shifted, shifted + 1, half);
    memcpy(high, shifted + 1, half * sizeof(high[0]));
}

/* One level: a square of side 2 * half becomes its bands HL, LH, HH and the square LL, in this order. */
static void split(int16_t *square, int16_t *scratch, unsigned half)
{
    unsigned side = 2 * half, quarter = half * half;
    int16_t *low = scratch, *high = scratch + half * side;

    for (unsigned n = 0; n < half; n++) {
        const int16_t *even = square + 2 * n * side;

        lift_high(high + n * side, even + side, even, n + 1 < half ? even + 2 * side : even, side);
        lift_low(low + n * side, even, high + (n ? n - 1 : 0) * side, high + n * side, side);
    }
    for (unsigned n = 0; n < half; n++) {
        split_row(low + n * side, square + 3 * quarter + n * half, square + n * half, half);
        split_row(high + n * side, square + quarter + n * half, square + 2 * quarter + n * half, half);
    }
}

static void quantise(int16_t *values, unsigned count, unsigned step)
{
    int16_t round = (int16_t)((1 << step) * ROUND_EIGHTHS / 8);

    for (unsigned i = 0; i < count; i += 8) {
        eight value = load(values + i), sign = value >> 15;

        value = ((value ^ sign) - sign + round) >> (int16_t)step;
        store(values + i, (value ^ sign) - sign);
    }
}

static size_t encode_component(struct progressive *self, int16_t *values, const uint8_t *quant, uint8_t *out)
{
    split(values, self->scratch, 32);
    split(values + bands[HL2].offset, self->scratch, 16);
    split(values + bands[HL3].offset, self->scratch, 8);
    /* a step is 2^(quant - 6), and the values have five fractional bits */
    for (unsigned band = 0; band < BANDS; band++)
        quantise(values + bands[band].offset, bands[band].count, quant[band] - 1u);
    for (unsigned i = bands[LL3].count - 1; i > 0; i--)
        values[bands[LL3].offset + i] -= values[bands[LL3].offset + i - 1];
    return rlgr_encode(values, out, COMPONENT_MAX);
}

/* --- blocks -------------------------------------------------------------------------------------------- */

static uint8_t *put_block(uint8_t *p, uint32_t type, size_t len)
{
    return le_put32(le_put16(p, type), (uint32_t)len);
}

static bool make_room(struct progressive *self)
{
    uint8_t *data;
    size_t room;

    if (self->room >= self->len + TILE_MAX)
        return true;
    room = self->len + TILE_MAX + self->len / 2;
    data = realloc(self->data, room);
    if (!data)
        return false;
    self->data = data;
    self->room = room;
    return true;
}

bool progressive_add(struct progressive *self, const struct picture *picture, const struct channel_rect *area)
{
    uint32_t left = area->left / SIDE * SIDE, top = area->top / SIDE * SIDE;
    size_t lens[3];
    uint8_t *tile, *p;

    if (self->count == self->cap || !make_room(self))
        return false;
    convert(self, picture, left, top);
    tile = self->data + self->len;
    p = tile + TILE_LEN;
    for (unsigned c = 0; c < 3; c++) {
        lens[c] = encode_component(self, c == 0 ? self->y : c == 1 ? self->cb : self->cr, quants[c > 0], p);
        if (lens[c] == 0)
            return false;
        p += lens[c];
    }
    self->len = (size_t)(p - self->data);
    self->rects[self->count++] = *area;
    p = put_block(tile, BLOCK_TILE_SIMPLE, TILE_LEN + lens[0] + lens[1] + lens[2]);
    *p++ = 0; /* which quantisation: Y, Cb, Cr */
    *p++ = 1;
    *p++ = 1;
    p = le_put16(le_put16(p, left / SIDE), top / SIDE);
    *p++ = 0; /* flags: not a difference */
    le_put16(le_put16(le_put16(le_put16(p, (uint32_t)lens[0]), (uint32_t)lens[1]), (uint32_t)lens[2]), 0);
    return true;
}

size_t progressive_len(const struct progressive *self)
{
    return self->len - head_len(self->cap);
}

static uint8_t *put_quants(uint8_t *p)
{
    static const uint8_t order[BANDS] = {LL3, HL3, LH3, HH3, HL2, LH2, HH2, HL1, LH1, HH1};

    for (unsigned i = 0; i < 2; i++)
        for (unsigned band = 0; band < BANDS; band += 2)
            *p++ = (uint8_t)(quants[i][order[band]] | quants[i][order[band + 1]] << 4);
    return p;
}

size_t progressive_end(struct progressive *self, const uint8_t **data)
{
    size_t head = head_len(self->count), tiles = progressive_len(self);
    uint8_t *p;

    if (self->count == 0 || self->room < self->len + FRAME_END_LEN)
        return 0;
    p = self->data + head_len(self->cap) - head;
    *data = p;
    p = le_put16(le_put32(put_block(p, BLOCK_SYNC, SYNC_LEN), 0xcaccacca), 0x0100);
    p = put_block(p, BLOCK_CONTEXT, CONTEXT_LEN);
    *p++ = 0;
    p = le_put16(p, SIDE);
    *p++ = 0; /* no subband differences */
    p = le_put16(le_put32(put_block(p, BLOCK_FRAME_BEGIN, FRAME_BEGIN_LEN), 0), 1);
    p = put_block(p, BLOCK_REGION, REGION_LEN + RECT_LEN * (size_t)self->count + 2 * QUANT_LEN + tiles);
    *p++ = SIDE;
    p = le_put16(p, self->count);
    *p++ = 2; /* quantisations */
    *p++ = 0; /* progressive ones */
    *p++ = 0; /* flags */
    p = le_put32(le_put16(p, self->count), (uint32_t)tiles);
    for (uint32_t i = 0; i < self->count; i++) {
        const struct channel_rect *r = &self->rects[i];

        p = le_put16(le_put16(p, r->left), r->top);
        p = le_put16(le_put16(p, (uint32_t)(r->right - r->left)), (uint32_t)(r->bottom - r->top));
    }
    put_quants(p);
    put_block(self->data + self->len, BLOCK_FRAME_END, FRAME_END_LEN);
    return head + tiles + FRAME_END_LEN;
}
