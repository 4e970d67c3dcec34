/* SPDX-License-Identifier: Apache-2.0 */
/* What our encoders make, FreeRDP's decoders of the client side must read: exactly for planar and interleaved
 * at full depth, within a named error for progressive. */
#include "channels/display/interleaved.h"
#include "channels/display/planar.h"
#include "channels/display/picture.h"

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

/* As encode_gfx.c uses it: a region of a larger picture, here not a multiple of the tile. */
TEST(progressive_close)
{
    enum { WIDTH = 200, HEIGHT = 150 };
    PROGRESSIVE_CONTEXT *encoder = progressive_context_new_ex(TRUE, THREADING_FLAGS_DISABLE_THREADS);
    PROGRESSIVE_CONTEXT *decoder = progressive_context_new_ex(FALSE, THREADING_FLAGS_DISABLE_THREADS);
    RECTANGLE_16 whole = {0, 0, WIDTH, HEIGHT};
    struct random random = {23};
    REGION16 region, invalid;
    BYTE *data = NULL;
    UINT32 len = 0;

    REQUIRE(encoder && decoder);
    region16_init(&region);
    region16_init(&invalid);
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            pixels[y * WIDTH + x] =
                (((x + y) & 0xff) + random_below(&random, 6)) * 0x000101 | ((x & 0x7f) << 16);
    CHECK(region16_union_rect(&region, &region, &whole));
    REQUIRE(progressive_create_surface_context(decoder, 1, WIDTH, HEIGHT) >= 0);
    REQUIRE(progressive_compress(encoder, (BYTE *)pixels, WIDTH * HEIGHT * 4, PIXEL_FORMAT_BGRX32, WIDTH,
                                 HEIGHT, WIDTH * 4, &region, &data, &len) >= 0);
    memset(decoded, 0, sizeof(decoded));
    REQUIRE(progressive_decompress(decoder, data, len, (BYTE *)decoded, PIXEL_FORMAT_BGRX32, WIDTH * 4, 0, 0,
                                   &invalid, 1, 1) >= 0);
    CHECK(len > 0 && len < WIDTH * HEIGHT * 3);
    CHECK(square_error(WIDTH, HEIGHT) < 65); /* a PSNR of 30 dB */
    region16_uninit(&region);
    region16_uninit(&invalid);
    progressive_context_free(encoder);
    progressive_context_free(decoder);
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
