/* SPDX-License-Identifier: Apache-2.0 */
/* Films in front of the client of picture_client.h. What goes as H.264 is grey there, so whatever is shown of
 * the stream must be made good. */
#include "picture_client.h"

#include "channels/display/h264.h"
#include "os/os.h"

#include "check.h"
#include "random.h"

#define UNTIL_SEEN (h264_available() ? 1000u : 40u) /* pictures, at most */

static struct encode_gfx *encoder;
static struct random noise;
static uint32_t frame;

/* Nothing is there yet but a plain desktop. */
static bool begin(bool avc, uint32_t seed)
{
    frame = 0;
    noise = (struct random){seed};
    encoder = picture_client_begin(false, avc);
    return encoder && picture_client_first(encoder, &frame, UINT32_MAX);
}

static void end(uint32_t budget)
{
    CHECK(picture_client_settle(encoder, &frame, budget));
    CHECK(picture_client_exact());
    picture_client_finish(encoder);
}

/* Plays a film from `place` to the desktop's lower right corner, with text over it and beside it, until so
 * many of its pictures went as H.264, or `most` pictures were played. */
static void play(uint32_t place, unsigned wanted, unsigned most, uint32_t budget)
{
    unsigned before = pipeline.videos;
    struct encode_result result;
    struct damage damage;

    for (unsigned i = 0; i < most && pipeline.videos < before + wanted; i++) {
        memcpy(old_pixels, now_pixels, sizeof(now_pixels));
        damage_init(&damage, WIDTH, HEIGHT);
        for (uint32_t y = place; y < HEIGHT; y++)
            for (uint32_t x = place; x < WIDTH; x++)
                now_pixels[y][x] = (((x * 3 + y * 5) & 0x7f) + random_below(&noise, 90)) * 0x010101;
        damage_add(&damage, (int32_t)place, (int32_t)place, WIDTH, HEIGHT);
        for (uint32_t y = 80; y < 90; y++)
            for (uint32_t x = 0; x < 140; x++)
                now_pixels[y][x] = (x / 2 + y + i) % 5 ? 0xffffff : 0x101010;
        damage_add(&damage, 0, 80, 140, 90);
        REQUIRE(encode_gfx_frame(encoder, ++frame, &now, &old, &damage, budget, &result));
        os_sleep_ms(16);
    }
}

/* A film goes as H.264 to clients that have it, as a new stream where it plays at another place, and the
 * picture is exact when it stops, whatever the client made of the stream. */
TEST(as_h264)
{
    REQUIRE(begin(true, 11));
    for (uint32_t place = 0; place <= 64; place += 64) {
        play(place, 10, UNTIL_SEEN, UINT32_MAX);
        CHECK_INT(pipeline.videos, h264_available() ? 10 + place * 10 / 64 : 0);
        CHECK(h264_available() ? pipeline.videos_opened >= 1 + place / 64 : pipeline.videos_opened == 0);
        CHECK(!h264_available() || pipeline.shown > 0);
        CHECK(picture_client_settle(encoder, &frame, UINT32_MAX));
        CHECK(picture_client_exact());
        CHECK_INT(pipeline.video_width, 0);
    }
    end(UINT32_MAX);
}

/* OpenH264 gives up on noise: the desktop is as any other then. */
TEST(of_noise)
{
    struct encode_result result;
    struct damage damage;

    REQUIRE(begin(true, 14));
    play(0, 1, UNTIL_SEEN, UINT32_MAX);
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    for (unsigned i = 0; i < 10; i++) {
        memcpy(old_pixels, now_pixels, sizeof(now_pixels));
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH; x++)
                now_pixels[y][x] = random_next(&noise);
        CHECK(encode_gfx_frame(encoder, ++frame, &now, &old, &damage, UINT32_MAX, &result));
    }
    CHECK_INT(pipeline.video_width, 0);
    end(UINT32_MAX);
}

/* Nothing was left to settle when the encoder's memory went. */
TEST(forgotten_while_quiet)
{
    struct encode_result result;
    struct damage damage;

    REQUIRE(begin(true, 15));
    play(0, 3, UNTIL_SEEN, UINT32_MAX);
    encode_gfx_relax(encoder);
    damage_init(&damage, WIDTH, HEIGHT);
    CHECK(encode_gfx_frame(encoder, ++frame, &now, &now, &damage, UINT32_MAX, &result));
    CHECK_INT(pipeline.video_width, 0);
    end(UINT32_MAX);
}

TEST(on_a_short_line)
{
    REQUIRE(begin(true, 12));
    play(0, 3, UNTIL_SEEN, UINT32_MAX);
    /* the stream takes more than there is now: without it, a part at a time */
    play(0, UINT32_MAX, 10, 600);
    play(0, UINT32_MAX, 10, 0);
    encode_gfx_relax(encoder);
    play(0, 3, 20, UINT32_MAX);
    end(5000);
}

TEST(for_clients_without)
{
    REQUIRE(begin(false, 13));
    play(0, 1, 60, UINT32_MAX);
    CHECK(pipeline.videos == 0 && pipeline.videos_opened == 0 && pipeline.photos > 0);
    end(UINT32_MAX);
}
