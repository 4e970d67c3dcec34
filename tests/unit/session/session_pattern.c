/* SPDX-License-Identifier: Apache-2.0 */
/* The session program with its built-in desktop: frames, damage, input, credits, ends. */
#include <stdlib.h>

#include "../check.h"
#include "channels/display/pattern.h"
#include "channels/input/inject.h"
#include "host.h"
#include "link/launcher.h"

static const char *const still[] = {"--desktop", "pattern", "--pattern-static", NULL};
static const char *const moving[] = {"--desktop", "pattern", NULL};

/* Pixels of the rebuilt picture that differ from the state's. */
static unsigned wrong_pixels(const struct host *host, const struct pattern_state *state)
{
    struct pattern_picture picture;
    unsigned wrong = 0;

    pattern_picture_init(&picture, state, host->layout.width, host->layout.height);
    for (uint32_t y = 0; y < host->layout.height; y++)
        for (uint32_t x = 0; x < host->layout.width; x++)
            wrong += host->picture[y * host->layout.width + x] != pattern_pixel(&picture, x, y);
    return wrong;
}

TEST(first_frame_is_whole_and_nothing_follows)
{
    struct pattern_state state;
    struct host host;

    pattern_state_init(&state);
    REQUIRE(host_start(&host, 1023, 767, still));
    CHECK_INT(host.hello.width, 1023);
    CHECK_INT(host.hello.height, 767);
    CHECK_STR(host.hello.backend, "pattern");
    CHECK(host_until(&host, &host.frames, 0, 2000));
    CHECK_INT(host.frame.sequence, 1);
    CHECK_INT(host.frame.rect_count, 1);
    CHECK_INT(wrong_pixels(&host, &state), 0);
    CHECK_INT(host.pointers, 1);
    host_drain(&host, 400);
    CHECK_INT(host.frames, 1);
    CHECK(!host.bad);
    CHECK_INT(host_end(&host, 3000), 0);
}

TEST(input_is_shown_to_the_pixel)
{
    struct pattern_state state;
    struct host host;

    pattern_state_init(&state);
    REQUIRE(host_start(&host, 800, 600, still));
    CHECK(host_settle(&host, 100, 2000));

    host_type(&host, 0x23); /* h */
    host_key(&host, INPUT_KEY_EXTENDED, 0x5B);
    host_key(&host, INPUT_KEY_EXTENDED | INPUT_KEY_RELEASE, 0x5B);
    host_key(&host, INPUT_KEY_EXTENDED1, 0x1D); /* Pause, as clients send it */
    host_key(&host, 0, 0x45);
    host_key(&host, INPUT_KEY_EXTENDED1 | INPUT_KEY_RELEASE, 0x1D);
    host_key(&host, INPUT_KEY_RELEASE, 0x45);
    host_unicode(&host, 'i');
    host_unicode(&host, 0xE9);
    host_send(&host, CHANNEL_UNICODE, &(struct channel_key){0, 0xD83D});
    host_send(&host, CHANNEL_UNICODE, &(struct channel_key){0, 0xDE00});
    host_mouse(&host, INPUT_MOVE, 123, 45);
    host_mouse(&host, INPUT_BUTTON1 | INPUT_DOWN, 124, 46);
    host_send(&host, CHANNEL_MOUSE_EXTENDED, &(struct channel_mouse){INPUT_XBUTTON2 | INPUT_DOWN, 124, 46});
    host_mouse(&host, INPUT_WHEEL | 120, 0, 0);
    host_mouse(&host, INPUT_HWHEEL | INPUT_WHEEL_NEGATIVE | (0x100 - 120), 0, 0);
    host_value(&host, CHANNEL_LOCKS, INPUT_NUM_LOCK | INPUT_SCROLL_LOCK);
    host_type(&host, 0x3A); /* Caps Lock */
    host_type(&host, 0x1E); /* A */

    pattern_state_key(&state, 0x23, true);
    pattern_state_key(&state, 0x23, false);
    pattern_state_key(&state, INJECT_E0 | 0x5B, true);
    pattern_state_key(&state, INJECT_E0 | 0x5B, false);
    pattern_state_key(&state, INJECT_PAUSE, true);
    pattern_state_key(&state, INJECT_PAUSE, false);
    pattern_state_unicode(&state, 'i');
    pattern_state_unicode(&state, 0xE9);
    pattern_state_unicode(&state, 0x1F600);
    state.x = 124;
    state.y = 46;
    state.buttons = 1 << 1 | 1 << 5;
    state.wheel = 120;
    state.hwheel = -120;
    state.locks = INPUT_NUM_LOCK | INPUT_SCROLL_LOCK;
    pattern_state_key(&state, 0x3A, true);
    pattern_state_key(&state, 0x3A, false);
    pattern_state_key(&state, 0x1E, true);
    pattern_state_key(&state, 0x1E, false);
    CHECK_STR(state.text, "hi<E9><1F600>A");

    CHECK(host_settle(&host, 200, 2000));
    CHECK_INT(wrong_pixels(&host, &state), 0);
    CHECK_INT(host.indicators, INPUT_NUM_LOCK | INPUT_SCROLL_LOCK | INPUT_CAPS_LOCK);
    CHECK_INT(host.pointers, 2);

    /* only the lines that changed are sent */
    host.bytes = 0;
    host_mouse(&host, INPUT_WHEEL | 120, 0, 0);
    CHECK(host_until(&host, &host.frames, host.frames, 5000));
    CHECK(host.bytes > 0 && host.bytes < 4 * PATTERN_COLUMNS * PATTERN_CELL_WIDTH * PATTERN_CELL_HEIGHT);

    /* release lets go of the two buttons and of nothing else */
    host_value(&host, CHANNEL_RELEASE, 0);
    state.buttons = 0;
    state.wheel = 240;
    CHECK(host_settle(&host, 200, 2000));
    CHECK_INT(wrong_pixels(&host, &state), 0);
    CHECK_INT(host_end(&host, 3000), 0);
}

TEST(key_is_answered_at_once)
{
    struct host host;
    uint64_t worst = 0;

    REQUIRE(host_start(&host, 1280, 720, still));
    CHECK(host_settle(&host, 100, 2000));
    for (int i = 0; i < 10; i++) {
        uint64_t start = os_now_us();

        host_key(&host, 0, 0x1E);
        CHECK(host_until(&host, &host.frames, host.frames, 5000));
        start = os_now_us() - start;
        worst = start > worst ? start : worst;
        os_sleep_ms(40);
    }
    printf("key to frame, worst of 10: %.1f ms (comparing all pixels included)\n", (double)worst / 1000);
    CHECK_INT(host_end(&host, 3000), 0);
}

TEST(animation_keeps_its_pace_and_its_damage)
{
    struct host host;
    unsigned before;

    REQUIRE(host_start(&host, 640, 480, moving));
    CHECK(host_until(&host, &host.frames, 0, 2000));
    before = host.frames;
    host.bytes = 0;
    host_drain(&host, 2000);
    CHECK(!host.bad);
    printf("%u frames in 2 seconds\n", host.frames - before);
    CHECK(host.frames - before >= 4 && host.frames - before <= 22);
    /* a square that moves by four pixels and a few digits, not the whole picture */
    CHECK(host.bytes / (host.frames - before) < 640u * 480 * 4 / 8);
    CHECK_INT(host_end(&host, 3000), 0);
}

TEST(no_credit_no_frame)
{
    struct host host;

    REQUIRE(host_start(&host, 640, 480, moving));
    host.hold = true; /* two credits are out: two frames, then none */
    CHECK(host_until(&host, &host.frames, 1, 2000));
    host_drain(&host, 400);
    CHECK_INT(host.frames, 2);
    CHECK(!host.bad);
    CHECK(host_send(&host, CHANNEL_CREDIT, &(struct channel_credit){2}));
    CHECK(host_until(&host, &host.frames, 2, 1000));
    host_drain(&host, 300);
    CHECK_INT(host.frames, 3);
    CHECK(!host.bad);
    CHECK_INT(host_end(&host, 3000), 0);
}

TEST(suppress_and_refresh)
{
    struct host host;
    unsigned before;

    REQUIRE(host_start(&host, 640, 480, moving));
    CHECK(host_until(&host, &host.frames, 0, 2000));
    host_value(&host, CHANNEL_SUPPRESS, 1);
    host_drain(&host, 150);
    before = host.frames;
    host_drain(&host, 400);
    CHECK_INT(host.frames, before);
    host_value(&host, CHANNEL_SUPPRESS, 0);
    CHECK(host_until(&host, &host.frames, before, 1000));
    host_value(&host, CHANNEL_REFRESH, 0);
    for (int i = 0; i < 4 && host.frame.rects[0].right != 640; i++)
        host_until(&host, &host.frames, host.frames, 1000);
    CHECK_INT(host.frame.rect_count, 1);
    CHECK_INT(host.frame.rects[0].right, 640);
    CHECK_INT(host.frame.rects[0].bottom, 480);
    CHECK(!host.bad);
    CHECK_INT(host_end(&host, 3000), 0);
}

TEST(second_start_replaces_the_peer)
{
    struct pattern_state state;
    struct host host;
    unsigned frames;

    pattern_state_init(&state);
    REQUIRE(host_start(&host, 640, 480, still));
    CHECK(host_settle(&host, 100, 2000));
    host_key(&host, 0, 0x2A); /* Shift, held: the new peer starts from nothing held */
    pattern_state_key(&state, 0x2A, true);
    pattern_state_key(&state, 0x2A, false);
    CHECK(host_settle(&host, 100, 2000));
    frames = host.frames;
    CHECK(host_bind(&host, 720, 500));
    CHECK(host_until(&host, &host.hellos, 1, 2000));
    CHECK_INT(host.hello.width, 720);
    CHECK(host_until(&host, &host.frames, frames, 5000)); /* a sanitizer draws slowly */
    CHECK(host_settle(&host, 100, 2000));
    CHECK_INT(wrong_pixels(&host, &state), 0);
    CHECK_INT(host_end(&host, 3000), 0);
}

TEST(end_of_link_ends_it)
{
    struct host host;

    REQUIRE(host_start(&host, 640, 480, moving));
    os_pipe_destroy(host.link);
    host.link = NULL;
    CHECK_INT(host_wait_exit(&host, 3000), 0);
    host_finish(&host);
}

#ifndef _WIN32
TEST(sigterm_ends_it)
{
    struct host host;

    REQUIRE(host_start(&host, 640, 480, moving));
    os_process_terminate(host.process);
    CHECK_INT(host_wait_exit(&host, 3000), 0);
    host_finish(&host);
}
#endif

TEST(nonsense_ends_it)
{
    static const uint8_t junk[] = "this is no message";
    struct launcher_start start = {
        .width = 640, .height = 480, .stride = 2560, .slots = 3, .memory_size = 4096};
    struct host host;
    uint8_t buf[256];
    const char *problem;
    size_t len;

    REQUIRE(host_start(&host, 640, 480, moving));
    CHECK_INT(os_pipe_send(host.peer, junk, sizeof(junk), NULL, 0), OS_OK);
    CHECK_INT(host_wait_exit(&host, 500), 1);
    host_finish(&host);

    REQUIRE(host_start(&host, 640, 480, moving));
    CHECK(host_send(&host, CHANNEL_CREDIT, &(struct channel_credit){0}) &&
          host_send(&host, CHANNEL_CREDIT, &(struct channel_credit){0}) &&
          host_send(&host, CHANNEL_CREDIT, &(struct channel_credit){0}));
    CHECK_INT(host_wait_exit(&host, 500), 1);
    host_finish(&host);

    /* memory that is smaller than the layout, and no handles at all */
    REQUIRE(host_start(&host, 640, 480, moving));
    len = wire_encode(&launcher_table, LAUNCHER_START, &start, buf, sizeof(buf), &problem);
    CHECK(len > 0);
    CHECK_INT(os_pipe_send(host.link, buf, len, NULL, 0), OS_OK);
    CHECK_INT(host_wait_exit(&host, 500), 1);
    host_finish(&host);
}
