/* SPDX-License-Identifier: Apache-2.0 */
/* What our encoders make, FreeRDP's decoders of the client side must read: exactly for planar and interleaved
 * at full depth, within a named error for progressive. */
#include "channels/display/clear.h"
#include "channels/display/interleaved.h"
#include "channels/display/planar.h"
#include "channels/display/progressive.h"
#include "channels/display/rlgr.h"
#include "channels/display/picture.h"

#include <freerdp/codec/clear.h>
#include <freerdp/codec/interleaved.h>
#include <freerdp/codec/planar.h>
#include <freerdp/codec/progressive.h>
#include <freerdp/settings.h>
#include <freerdp/version.h>

#include "check.h"
#include "random.h"

#include <stdlib.h>
#include <time.h>

#define SIDE_MAX 512

#if FREERDP_VERSION_MAJOR > 3 || FREERDP_VERSION_MINOR >= 17
#define decode_planar freerdp_bitmap_decompress_planar
#else
#define decode_planar planar_decompress
#endif

enum content { FLAT, TEXT, GRADIENT, NOISE, RUNS, CONTENTS };

static uint32_t pixels[SIDE_MAX * SIDE_MAX], decoded[SIDE_MAX * SIDE_MAX];
static uint8_t coded[SIDE_MAX * SIDE_MAX * 5];

static void fill(struct random *random, enum content content, uint32_t width, uint32_t height)
{
    uint32_t colour = random_next(random), run = 0;

    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint32_t *at = &pixels[y * width + x];

            switch (content) {
            case FLAT:
                *at = colour;
                break;
            case TEXT:
                *at = random_below(random, 5) || y % 16 < 4 ? 0xffffff : 0;
                break;
            case GRADIENT:
                *at = (x * 255 / width) << 16 | (y * 255 / height) << 8 | ((x + y) & 0xff);
                break;
            case NOISE:
                *at = random_next(random);
                break;
            default: /* runs of every length */
                if (run == 0) {
                    run = 1 + random_below(random, 100);
                    colour = random_next(random) & 0x00030303;
                }
                run--;
                *at = colour;
            }
        }
    }
}

static bool same(uint32_t width, uint32_t height, bool flipped)
{
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            if ((decoded[(flipped ? height - 1 - y : y) * width + x] ^ pixels[y * width + x]) & 0xffffff)
                return false;
    return true;
}

static bool planar_good(uint32_t width, uint32_t height, bool alpha, bool bottom_up)
{
    static BITMAP_PLANAR_CONTEXT *context; /* dear to make, kept for the process */
    const uint8_t *from = (const uint8_t *)(bottom_up ? &pixels[(height - 1) * width] : pixels);
    ptrdiff_t stride = bottom_up ? -(ptrdiff_t)width * 4 : (ptrdiff_t)width * 4;
    size_t bound = planar_bound(width, height, alpha), len;
    bool good;

    if (!context)
        context = freerdp_bitmap_planar_context_new(0, SIDE_MAX, SIDE_MAX);
    memset(coded + bound, 0x5a, 16);
    len = planar_encode(coded, bound, from, stride, width, height, alpha);
    good = len > 0 && len <= bound && coded[bound] == 0x5a && coded[bound + 15] == 0x5a;
    memset(decoded, 0x11, 4 * (size_t)width * height);
    good = good && decode_planar(context, coded, (UINT32)len, width, height, (BYTE *)decoded,
                                 PIXEL_FORMAT_BGRX32, width * 4, 0, 0, width, height, bottom_up);
    return good && same(width, height, false);
}

TEST(planar_exact)
{
    struct random random = {17};

    for (int round = 0; round < 600; round++) {
        uint32_t width = 1 + random_below(&random, round % 3 ? 70 : SIDE_MAX),
                 height = 1 + random_below(&random, 70);
        bool alpha = random_below(&random, 4) == 0, bottom_up = random_below(&random, 2);
        enum content content = (enum content)random_below(&random, CONTENTS);

        fill(&random, content, width, height);
        if (!CHECK(planar_good(width, height, alpha, bottom_up))) {
            fprintf(stderr, "%ux%u content %d alpha %d bottom-up %d\n", width, height, content, alpha,
                    bottom_up);
            return;
        }
    }
}

TEST(planar_run_lengths)
{
    /* every split of a row into raw bytes, a run and raw bytes: the escapes at 15, 16, 31, 32, 47 and around
     */
    for (uint32_t raw = 0; raw < 40; raw++) {
        bool good = true;

        for (uint32_t run = 0; run < 120; run++) {
            uint32_t width = raw + run + 2;

            for (uint32_t x = 0; x < width; x++)
                pixels[x] = x < raw         ? (x + 1) * 0x010203
                            : x < raw + run ? (raw ? raw * 0x010203 : 0)
                                            : 0x808080 + x;
            good = good && planar_good(width, 1, false, false);
        }
        CHECK(good);
    }
}

TEST(planar_refuses)
{
    CHECK(planar_encode(coded, sizeof(coded), (uint8_t *)pixels, 4, 0, 1, false) == 0);
    CHECK(planar_encode(coded, sizeof(coded), (uint8_t *)pixels, 4, 1, 0, false) == 0);
    CHECK(planar_encode(coded, sizeof(coded), (uint8_t *)pixels, 4, PLANAR_WIDTH_MAX + 1, 1, false) == 0);
    CHECK(planar_encode(coded, planar_bound(64, 64, false) - 1, (uint8_t *)pixels, 256, 64, 64, false) == 0);
}

/* Every size of palette, which decides how many bits an index has; runs of every length of the length field.
 */
TEST(clear_exact)
{
    struct clear_encoder *encoder = clear_create(SIDE_MAX * SIDE_MAX);
    CLEAR_CONTEXT *decoder = clear_context_new(FALSE);
    struct random random = {37};
    uint8_t sequence = 0;

    REQUIRE(encoder && decoder);
    for (unsigned round = 0; round < 1500; round++) {
        uint32_t width = round % 50 == 0 ? 512 : 1 + random_below(&random, 100);
        uint32_t height = round % 50 == 0 ? 300 : 1 + random_below(&random, 70);
        uint32_t colours = round < 300 ? 1 + round % 140 : 1 + random_below(&random, 140), seen = 0;
        uint32_t run = 0, run_max = 1u << random_below(&random, 17), index = 0;
        struct picture picture = {(uint8_t *)pixels, width * 4, width, height};
        struct channel_rect all = {0, 0, (uint16_t)width, (uint16_t)height};
        bool used[140] = {false}, up = random_below(&random, 2), good;
        size_t bound = clear_bound(width * height), len;

        for (uint32_t i = 0; i < width * height; i++) {
            if (run == 0) {
                run = 1 + random_below(&random, run_max);
                index = up ? (index + 1) % colours : random_below(&random, colours);
            }
            run--;
            seen += !used[index];
            used[index] = true;
            pixels[i] = index * 0x01030507 ^ random_below(&random, 256) << 24; /* the last byte is nothing */
        }
        memset(decoded, 0x55, (size_t)width * height * 4);
        memset(coded + bound, 0x5a, 16);
        len = clear_encode(encoder, coded, bound, &picture, &all);
        good = seen > CLEAR_COLOURS_MAX ? len == 0 : len > 0 && len <= bound;
        if (len > 0) {
            coded[1] = sequence++;
            good = good && coded[bound] == 0x5a &&
                   clear_decompress(decoder, coded, (UINT32)len, width, height, (BYTE *)decoded,
                                    PIXEL_FORMAT_BGRX32, width * 4, 0, 0, width, height, NULL) == 0;
            for (uint32_t i = 0; good && i < width * height; i++)
                good = ((pixels[i] ^ decoded[i]) & 0xffffff) == 0;
        }
        if (!CHECK(good)) {
            fprintf(stderr, "%ux%u, %u colours, %zu bytes\n", width, height, seen, len);
            break;
        }
    }
    CHECK(clear_encode(encoder, coded, 100, &(struct picture){(uint8_t *)pixels, 256, 64, 64},
                       &(struct channel_rect){0, 0, 64, 64}) == 0);
    clear_destroy(encoder);
    clear_context_free(decoder);
}

/* Encodes the part of `pixels` and decodes it with FreeRDP into `decoded`; both are width x height. */
static bool progressive_round(uint32_t width, uint32_t height, const struct channel_rect *part)
{
    PROGRESSIVE_CONTEXT *decoder = progressive_context_new_ex(FALSE, THREADING_FLAGS_DISABLE_THREADS);
    struct picture picture = {(uint8_t *)pixels, width * 4, width, height};
    struct progressive *encoder = progressive_create(200);
    const uint8_t *data = NULL;
    REGION16 invalid;
    size_t len;
    bool good = decoder && encoder && progressive_create_surface_context(decoder, 1, width, height) >= 0;

    region16_init(&invalid);
    /* twice: the second stream is for a decoder that has tiles already */
    for (unsigned round = 0; good && round < 2; round++) {
        progressive_begin(encoder);
        good = progressive_end(encoder, &data) == 0;
        for (uint32_t y = part->top / 64 * 64; good && y < part->bottom; y += 64) {
            for (uint32_t x = part->left / 64 * 64; good && x < part->right; x += 64) {
                struct channel_rect area = {(uint16_t)(x > part->left ? x : part->left),
                                            (uint16_t)(y > part->top ? y : part->top),
                                            (uint16_t)(x + 64 < part->right ? x + 64 : part->right),
                                            (uint16_t)(y + 64 < part->bottom ? y + 64 : part->bottom)};

                good = progressive_add(encoder, &picture, &area);
            }
        }
        len = progressive_end(encoder, &data);
        good = good && len > 0 &&
               progressive_decompress(decoder, data, (UINT32)len, (BYTE *)decoded, PIXEL_FORMAT_BGRX32,
                                      width * 4, 0, 0, &invalid, 1, round + 1) >= 0;
    }
    region16_uninit(&invalid);
    progressive_destroy(encoder);
    progressive_context_free(decoder);
    return good;
}

static double square_error(uint32_t width, uint32_t height)
{
    double sum = 0;

    for (uint32_t i = 0; i < width * height; i++) {
        for (unsigned shift = 0; shift < 24; shift += 8) {
            double d = (double)(pixels[i] >> shift & 0xff) - (double)(decoded[i] >> shift & 0xff);

            sum += d * d;
        }
    }
    return sum / (3.0 * width * height);
}

TEST(progressive_close)
{
    static const uint32_t sizes[][2] = {{200, 150}, {64, 64}, {65, 63}, {1, 1}, {130, 2}};
    struct random random = {23};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t width = sizes[i][0], height = sizes[i][1];
        struct channel_rect all = {0, 0, (uint16_t)width, (uint16_t)height};

        for (uint32_t y = 0; y < height; y++)
            for (uint32_t x = 0; x < width; x++)
                pixels[y * width + x] =
                    (((x + y) & 0x7f) + 40 + random_below(&random, 6)) * 0x000101 | ((x & 0x3f) + 80) << 16;
        memset(decoded, 0, sizeof(decoded));
        CHECK(progressive_round(width, height, &all));
        CHECK(square_error(width, height) < 12); /* a PSNR of 37 dB */
    }
}

/* What was not asked for stays as it was. */
TEST(progressive_part)
{
    struct channel_rect part = {10, 70, 140, 90};
    uint32_t outside = 0, inside = 0;

    for (uint32_t i = 0; i < 200 * 150; i++)
        pixels[i] = 0x808080;
    memset(decoded, 0x11, sizeof(decoded));
    REQUIRE(progressive_round(200, 150, &part));
    for (uint32_t y = 0; y < 150; y++) {
        for (uint32_t x = 0; x < 200; x++) {
            bool in = x >= part.left && x < part.right && y >= part.top && y < part.bottom;
            uint32_t blue = decoded[y * 200 + x] & 0xff;

            outside += !in && blue != 0x11;
            inside += in && blue > 0x7c && blue < 0x84;
        }
    }
    CHECK_INT(outside, 0);
    CHECK_INT(inside, (part.right - part.left) * (part.bottom - part.top));
}

/* The coder at its limits: long runs, values of every size, the largest steps. It may refuse, not fail. */
TEST(progressive_anything)
{
    struct channel_rect all = {0, 0, 128, 64};
    struct random random = {29};

    for (unsigned round = 0; round < 200; round++) {
        uint32_t every = 1 + random_below(&random, round % 3 ? 2000 : 4), depth = random_below(&random, 25);

        for (uint32_t i = 0; i < 128 * 64; i++)
            pixels[i] = random_below(&random, every) ? 0 : random_next(&random) & ((1u << depth) - 1);
        if (round % 7 == 0)
            for (uint32_t i = 0; i < 128 * 64; i++)
                pixels[i] = (i ^ i / 128) & 1 ? 0xffffff : 0;
        memset(decoded, 0, sizeof(decoded));
        CHECK(progressive_round(128, 64, &all));
        CHECK(square_error(128, 64) < 400);
    }
}

TEST(rlgr_has_limits)
{
    static int16_t values[RLGR_COUNT];
    static uint8_t room[64];

    for (unsigned i = 0; i < RLGR_COUNT; i++)
        values[i] = (int16_t)(i % 2 ? 4000 : -4000);
    memset(room, 0x5a, sizeof(room));
    CHECK_INT(rlgr_encode(values, room, sizeof(room) - 16), 0);
    for (unsigned i = sizeof(room) - 16; i < sizeof(room); i++)
        CHECK_INT(room[i], 0x5a);
    memset(values, 0, sizeof(values));
    CHECK(rlgr_encode(values, room, sizeof(room)) > 0);
}

/* A pixel at 15 or 16 bits. FreeRDP's way back to 8 bits a colour differs from format to format, so the
 * comparison is here. */
static uint32_t reduced(uint32_t colour, uint32_t depth)
{
    uint32_t red = colour >> 19 & 31, green = colour >> 8 & 255, blue = colour >> 3 & 31;

    return depth == 16 ? red << 11 | green >> 2 << 5 | blue : red << 10 | green >> 3 << 5 | blue;
}

static bool decoded_as(uint32_t index, uint32_t depth)
{
    uint16_t small;

    if (depth == 24)
        return ((decoded[index] ^ pixels[index]) & 0xffffff) == 0;
    memcpy(&small, (uint8_t *)decoded + 2 * (size_t)index, 2);
    return (small & (depth == 15 ? 0x7fff : 0xffff)) == reduced(pixels[index], depth);
}

/* As encode_bitmap.c uses it: blocks of up to 64x64. */
TEST(interleaved_exact)
{
    BITMAP_INTERLEAVED_CONTEXT *decoder = bitmap_interleaved_context_new(FALSE);
    struct random random = {29};

    REQUIRE(decoder);
    for (int round = 0; round < 3000; round++) {
        uint32_t width = 4 * (1 + random_below(&random, round % 2 ? 16 : 3));
        uint32_t height = 1 + random_below(&random, round % 2 ? 64 : 4);
        enum content content = (enum content)random_below(&random, CONTENTS);
        uint32_t depth = round % 3 == 0 ? 15 : round % 3 == 1 ? 16 : 24;
        UINT32 format = depth == 24   ? PIXEL_FORMAT_BGRX32
                        : depth == 16 ? PIXEL_FORMAT_RGB16
                                      : PIXEL_FORMAT_RGB15;
        size_t bound = interleaved_bound(width, height, depth), len;
        bool good = true;

        fill(&random, content, width, height);
        memset(coded + bound, 0x5a, 16);
        len = interleaved_encode(coded, bound, (uint8_t *)pixels, width * 4, width, height, depth);
        good = len > 0 && len <= bound && coded[bound] == 0x5a;
        good = good &&
               interleaved_decompress(decoder, coded, (UINT32)len, width, height, depth, (BYTE *)decoded,
                                      format, width * (depth == 24 ? 4u : 2u), 0, 0, width, height, NULL);
        for (uint32_t i = 0; i < width * height; i++)
            good = good && decoded_as(i, depth);
        if (!CHECK(good)) {
            fprintf(stderr, "%ux%u content %d depth %u\n", width, height, content, depth);
            break;
        }
    }
    bitmap_interleaved_context_free(decoder);
}

/* Speed depends on the machine and its load; what is checked is the order of magnitude, in processor time. */
TEST(planar_cost)
{
    struct random random = {31};
    clock_t begin;

    fill(&random, TEXT, SIDE_MAX, SIDE_MAX);
    begin = clock();
    for (unsigned i = 0; i < 8; i++)
        for (uint32_t y = 0; y < SIDE_MAX; y += 64)
            CHECK(planar_encode(coded, sizeof(coded), (uint8_t *)&pixels[y * SIDE_MAX], SIDE_MAX * 4,
                                SIDE_MAX, 64, false) > 0);
    begin = clock() - begin;
    printf("planar: %.0f million pixels/s\n",
           8.0 * SIDE_MAX * SIDE_MAX * CLOCKS_PER_SEC / 1e6 / (double)(begin + 1));
    CHECK(begin < 3 * CLOCKS_PER_SEC);
}
