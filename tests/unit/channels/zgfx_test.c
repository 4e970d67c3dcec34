/* SPDX-License-Identifier: Apache-2.0 */
/* The transport's compressor against FreeRDP's decompressor, over everything that frames are made of. */
#include "channels/display/planar.h"
#include "channels/display/zgfx.h"

#include <freerdp/codec/progressive.h>
#include <freerdp/codec/region.h>
#include <freerdp/codec/zgfx.h>
#include <freerdp/settings.h>

#include "check.h"
#include "random.h"

#include <stdlib.h>

#define WIDTH 512
#define HEIGHT 256

struct line {
    struct zgfx_encoder *encoder;
    ZGFX_CONTEXT *decoder;
    uint64_t in, out;
};

static bool line_begin(struct line *self)
{
    *self = (struct line){zgfx_encoder_create(), zgfx_context_new(FALSE), 0, 0};
    return self->encoder && self->decoder;
}

static void line_finish(struct line *self)
{
    zgfx_encoder_destroy(self->encoder);
    zgfx_context_free(self->decoder);
}

/* Sends one message; true when exactly it arrives and nothing was written past the bound. */
static bool line_send(struct line *self, const uint8_t *data, size_t len)
{
    size_t bound = zgfx_bound(len), size;
    uint8_t *packet = malloc(bound + 8);
    BYTE *got = NULL;
    UINT32 got_len = 0;
    bool good = false;

    if (!packet)
        return false;
    memset(packet + bound, 0xa5, 8);
    size = zgfx_encoder_write(self->encoder, data, len, packet);
    for (unsigned i = 0; i < 8; i++)
        if (packet[bound + i] != 0xa5)
            size = 0;
    if (size > 0 && size <= bound &&
        zgfx_decompress(self->decoder, packet, (UINT32)size, &got, &got_len, 0) >= 0)
        good = got_len == len && memcmp(got, data, len) == 0;
    self->in += len;
    self->out += size;
    free(got);
    free(packet);
    return good;
}

static void fill_text(struct random *random, uint8_t *data, size_t len)
{
    static const char *const words[] = {"the ",     "picture", " of a",  "\n    ",
                                        "desktop ", "if (",    "self->", ");\n"};

    for (size_t i = 0; i < len;) {
        const char *word = words[random_below(random, 8)];

        while (*word && i < len)
            data[i++] = (uint8_t)*word++;
    }
}

static void fill_random(struct random *random, uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)random_next(random);
}

/* Runs, noise and repetitions of any length, from anywhere before. */
static void fill_mixed(struct random *random, uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t count = 1 + random_below(random, 1u << random_below(random, 14)), back;
        uint32_t kind = random_below(random, 3);
        uint8_t byte = (uint8_t)random_next(random);

        if (i + count > len)
            count = len - i;
        back = i ? 1 + random_below(random, (uint32_t)i) : 0;
        for (size_t n = 0; n < count; n++, i++)
            data[i] = kind == 0 ? byte : kind == 1 || !back ? (uint8_t)random_next(random) : data[i - back];
    }
}

static void fill_desktop(struct random *random, uint32_t *pixels, bool photo)
{
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            pixels[y * WIDTH + x] = photo ? ((x * 3 + y + random_below(random, 9)) & 0xff) * 0x010101
                                          : (random_below(random, 6) ? 0xffffff : 0x202020);
}

TEST(sizes)
{
    static uint8_t data[70000];
    struct random random = {5};
    struct line line;

    REQUIRE(line_begin(&line));
    fill_mixed(&random, data, sizeof(data));
    for (size_t len = 1; len <= 700; len++)
        CHECK(line_send(&line, data + len, len));
    for (size_t len = 701; len < sizeof(data); len += 997)
        CHECK(line_send(&line, data, len));
    for (size_t len = 65500; len<65600; len += len> 65530 && len < 65540 ? 1 : 7)
        CHECK(line_send(&line, data, len));
    CHECK(line_send(&line, data, sizeof(data)));
    line_finish(&line);
}

TEST(nothing_is_no_message)
{
    struct zgfx_encoder *encoder = zgfx_encoder_create();
    uint8_t out[64];

    REQUIRE(encoder && zgfx_bound(0) <= sizeof(out));
    CHECK_INT(zgfx_encoder_write(encoder, out, 0, out), 0);
    zgfx_encoder_destroy(encoder);
    zgfx_encoder_destroy(NULL);
}

/* Each kind on its own line, several times what the decompressor remembers. */
TEST(kinds_and_history)
{
    static void (*const fill[])(struct random *, uint8_t *, size_t) = {fill_text, fill_random, fill_mixed};
    static uint8_t data[300000];
    uint64_t sizes[3];

    for (unsigned kind = 0; kind < 3; kind++) {
        struct random random = {kind + 11};
        struct line line;

        REQUIRE(line_begin(&line));
        for (unsigned i = 0; i < 26; i++) {
            fill[kind](&random, data, sizeof(data));
            CHECK(line_send(&line, data, sizeof(data) - 1000 * i));
        }
        sizes[kind] = line.in * 100 / line.out;
        line_finish(&line);
    }
    CHECK(sizes[0] > 300);                    /* text shrinks */
    CHECK(sizes[1] == 99 || sizes[1] == 100); /* noise does not grow */
}

/* Found again just within what the decompressor remembers, and not beyond. */
TEST(far_matches)
{
    static uint8_t phrase[4000], noise[60000];
    struct random random = {3};

    fill_random(&random, phrase, sizeof(phrase));
    for (uint32_t distance = 2300000; distance <= 2700000; distance += 50000) {
        struct line line;
        uint32_t left = distance - sizeof(phrase);
        uint64_t before;

        REQUIRE(line_begin(&line));
        CHECK(line_send(&line, phrase, sizeof(phrase)));
        while (left > 0) {
            uint32_t part = left < sizeof(noise) ? left : sizeof(noise);

            fill_random(&random, noise, part);
            CHECK(line_send(&line, noise, part));
            left -= part;
        }
        before = line.out;
        CHECK(line_send(&line, phrase, sizeof(phrase)));
        /* noise may have taken the place of a hash or two */
        CHECK(distance <= 2500000 ? line.out - before < 200 : line.out - before >= sizeof(phrase));
        line_finish(&line);
    }
}

TEST(planar_and_progressive)
{
    static uint32_t pixels[WIDTH * HEIGHT];
    static uint8_t block[WIDTH * 64 * 4 + 4096];
    PROGRESSIVE_CONTEXT *codec = progressive_context_new_ex(TRUE, THREADING_FLAGS_DISABLE_THREADS);
    struct random random = {21};
    struct line line;
    uint64_t planar;

    REQUIRE(codec && line_begin(&line) && planar_bound(WIDTH, 64, false) <= sizeof(block));
    for (unsigned i = 0; i < 12; i++) {
        fill_desktop(&random, pixels, false);
        for (unsigned again = 0; again < 2; again++) {
            for (uint32_t y = 0; y < HEIGHT; y += 64) {
                size_t len = planar_encode(block, sizeof(block), (const uint8_t *)&pixels[y * WIDTH],
                                           WIDTH * 4, WIDTH, 64, false);

                CHECK(len > 0 && line_send(&line, block, len));
            }
        }
    }
    planar = line.in * 100 / line.out;
    CHECK(planar > 190); /* at least every second time it is known */
    for (unsigned i = 0; i < 4; i++) {
        RECTANGLE_16 all = {0, 0, WIDTH, HEIGHT};
        BYTE *data = NULL;
        UINT32 len = 0;
        REGION16 region;

        region16_init(&region);
        fill_desktop(&random, pixels, true);
        CHECK(region16_union_rect(&region, &region, &all) &&
              progressive_compress(codec, (const BYTE *)pixels, sizeof(pixels), PIXEL_FORMAT_BGRX32, WIDTH,
                                   HEIGHT, WIDTH * 4, &region, &data, &len) >= 0);
        CHECK(len > 0 && line_send(&line, data, len));
        region16_uninit(&region);
    }
    progressive_context_free(codec);
    line_finish(&line);
}

/* The other side need not know. */
TEST(forget)
{
    static uint8_t data[100000];
    struct random random = {17};
    struct line line;

    REQUIRE(line_begin(&line));
    fill_text(&random, data, sizeof(data));
    for (unsigned i = 0; i < 60; i++) {
        CHECK(line_send(&line, data + i, sizeof(data) - 100 * i));
        if (i % 3 == 0)
            zgfx_encoder_forget(line.encoder);
    }
    line_finish(&line);
}
