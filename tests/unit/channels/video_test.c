/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken for a video, when it starts, goes on and ends. Times are made up. */
#include "channels/display/h264.h"
#include "channels/display/video.h"

#include "check.h"

#include <stdlib.h>

#define WIDTH 640
#define HEIGHT 400
#define FRAME_MS 16
#define PLENTY UINT32_MAX

struct film {
    uint32_t left, top, right, bottom; /* tiles */
    bool photo;
    unsigned every; /* only every so many of its tiles change */
};

static struct tile_grid grid;
static uint64_t now;

static enum video_state frame(struct video *video, const struct film *film, uint32_t budget, uint64_t ms)
{
    enum video_state state;

    now += ms;
    state = video_update(video, now, budget);
    for (uint32_t y = film->top; y < film->bottom; y++) {
        for (uint32_t x = film->left; x < film->right; x++) {
            uint32_t tile = y * grid.columns + x;

            if (film->every > 1 && tile % film->every)
                continue;
            video_changed(video, tile, now);
            video_photo(video, tile, film->photo);
        }
    }
    return state;
}

/* Plays until the state is something else than none; after how many frames. */
static unsigned until(struct video *video, const struct film *film, uint32_t budget, uint64_t ms,
                      enum video_state wanted)
{
    for (unsigned i = 1; i <= 200; i++)
        if (frame(video, film, budget, ms) == wanted)
            return i;
    return 0;
}

static struct video *begin(void)
{
    now = 100000;
    tile_grid_init(&grid, WIDTH, HEIGHT);
    return video_create(&grid);
}

static bool region_is(const struct video *video, unsigned left, unsigned top, unsigned right, unsigned bottom)
{
    const struct channel_rect *r = video_region(video);

    return r->left == left && r->top == top && r->right == right && r->bottom == bottom;
}

TEST(what_is_no_video)
{
    static const struct {
        struct film film;
        uint32_t budget;
        uint64_t ms;
    } cases[] = {
        {{2, 1, 7, 5, false, 1}, PLENTY, FRAME_MS}, /* text that scrolls */
        {{2, 1, 7, 5, true, 1}, PLENTY, 200},       /* a slide show */
        {{2, 1, 4, 3, true, 1}, PLENTY, FRAME_MS},  /* a small picture */
        {{0, 0, 10, 6, true, 3}, PLENTY, FRAME_MS}, /* here and there */
        {{2, 1, 7, 5, true, 1}, 2000, FRAME_MS},    /* no room for the first picture */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct video *video = begin();

        REQUIRE(video);
        for (unsigned n = 0; n < 100; n++)
            CHECK_INT(frame(video, &cases[i].film, cases[i].budget, cases[i].ms), VIDEO_NONE);
        CHECK(!video_takes(video, grid.columns + 2) && video_region(video)->right == 0);
        video_destroy(video);
    }
}

TEST(start_and_end)
{
    struct film film = {2, 1, 7, 5, true, 1}, none = {0}, corner = {2, 1, 3, 2, true, 1};
    struct video *video = begin();
    uint32_t width, height;
    unsigned frames;

    REQUIRE(video);
    frames = until(video, &film, PLENTY, FRAME_MS, VIDEO_OPENED);
    if (!h264_available()) {
        CHECK_INT(frames, 0);
        video_destroy(video);
        return;
    }
    CHECK(frames > 8 && frames < 40);
    CHECK(region_is(video, 128, 64, 448, 320));
    video_coded_size(video, &width, &height);
    CHECK(width == 320 && height == 256);
    CHECK(video_takes(video, grid.columns + 2) && video_takes(video, 4 * grid.columns + 6));
    CHECK(!video_takes(video, grid.columns + 1) && !video_takes(video, 5 * grid.columns + 2));
    /* text in the middle of it is none */
    video_photo(video, 2 * grid.columns + 4, false);
    CHECK(!video_takes(video, 2 * grid.columns + 4));
    /* a frame without room goes without it */
    CHECK_INT(frame(video, &film, 10, FRAME_MS), VIDEO_GOES_ON);
    CHECK(!video_takes(video, grid.columns + 2));
    CHECK_INT(frame(video, &film, PLENTY, FRAME_MS), VIDEO_GOES_ON);
    CHECK(video_takes(video, grid.columns + 2));
    /* it stops; a corner that goes on does not hold it */
    CHECK_INT(frame(video, &none, PLENTY, FRAME_MS), VIDEO_GOES_ON);
    frames = until(video, &corner, PLENTY, FRAME_MS, VIDEO_NONE);
    CHECK(frames > 20 && frames < 60);
    CHECK(video_region(video)->right == 0);
    CHECK(video_rest(video, now, 0));
    video_destroy(video);
}

TEST(another_size)
{
    struct film film = {2, 1, 7, 5, true, 1}, larger = {1, 1, 8, 6, true, 1}, odd = {5, 2, 10, 7, true, 1};
    struct picture picture = {calloc(WIDTH * HEIGHT, 4), WIDTH * 4, WIDTH, HEIGHT};
    struct video *video = begin();
    const uint8_t *data;
    unsigned frames;
    size_t len;

    REQUIRE(video && picture.pixels);
    if (h264_available()) {
        CHECK(until(video, &film, PLENTY, FRAME_MS, VIDEO_OPENED) > 0);
        CHECK(video_encode(video, &picture, now, &data, &len) && len > 5 && (data[4] & 0x1f) == 7);
        CHECK(video_encode(video, &picture, now, &data, &len) && len > 5 && (data[4] & 0x1f) == 1);
        frames = until(video, &larger, PLENTY, FRAME_MS, VIDEO_OPENED);
        CHECK(frames >= 1000 / FRAME_MS); /* not at once: a start is dear */
        CHECK(region_is(video, 64, 64, 512, 384));
        CHECK(video_encode(video, &picture, now, &data, &len) && len > 5 && (data[4] & 0x1f) == 7);
        /* to the desktop's edge, which is not a whole tile */
        CHECK(until(video, &odd, PLENTY, FRAME_MS, VIDEO_OPENED) > 0);
        CHECK(region_is(video, 320, 128, 640, 400));
        CHECK(video_encode(video, &picture, now, &data, &len) && (data[4] & 0x1f) == 7);
        CHECK(!video_rest(video, now + 100, 150) && video_rest(video, now + 150, 150));
    } else {
        CHECK(!h264_create(64, 64));
    }
    video_destroy(video);
    free((void *)picture.pixels);
}
