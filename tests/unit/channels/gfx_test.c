/* SPDX-License-Identifier: Apache-2.0 */
/* The graphics pipeline's wire: what the PDUs that draw look like. */
#include "gfx_reader.h"

#include "random.h"

TEST(reset)
{
    static const struct gfx_monitor two[] = {{0, 0, 400, 400, false}, {400, 100, 240, 300, true}};
    struct gfx *gfx = begin_ready(&newest, 1, false);
    const uint8_t *p;

    REQUIRE(gfx);
    take();
    CHECK(gfx_reset(gfx, 640, 400, two, 2));
    CHECK_INT(take(), 4);
    CHECK_INT(pdus[0].id, RDPGFX_CMDID_RESETGRAPHICS);
    CHECK_INT(pdus[0].len, 332);
    p = pdus[0].body;
    CHECK(get(p, 4) == 640 && get(p + 4, 4) == 400 && get(p + 8, 4) == 2);
    CHECK(get(p + 12, 4) == 0 && get(p + 20, 4) == 399 && get(p + 24, 4) == 399 && get(p + 28, 4) == 0);
    CHECK(get(p + 32, 4) == 400 && get(p + 36, 4) == 100 && get(p + 40, 4) == 639 && get(p + 44, 4) == 399);
    CHECK_INT(get(p + 48, 4), 1);
    CHECK(pdus[1].id == RDPGFX_CMDID_CREATESURFACE && pdus[1].len == 7 && get(pdus[1].body + 2, 2) == 640);
    CHECK(pdus[2].id == RDPGFX_CMDID_MAPSURFACETOOUTPUT && pdus[2].len == 12);
    CHECK(pdus[3].id == RDPGFX_CMDID_SOLIDFILL && pdus[3].len == 16);
    /* again: the surface goes first */
    CHECK(gfx_reset(gfx, 800, 600, NULL, 0));
    CHECK_INT(take(), 5);
    CHECK(pdus[0].id == RDPGFX_CMDID_DELETESURFACE && pdus[0].len == 2);
    CHECK(get(pdus[1].body + 8, 4) == 1 && get(pdus[1].body + 20, 4) == 799);
    CHECK_INT(client.writes, 3); /* with the capabilities */
    finish(gfx);
}

/* Every command once, in one write. */
TEST(frame)
{
    struct gfx *gfx = begin_drawing();
    struct channel_rect rect = {10, 20, 14, 22}, rects[] = {{0, 0, 640, 400}, {1, 2, 3, 4}};
    struct channel_position points[] = {{5, 6}, {636, 398}};
    uint8_t pixels[2][100], data[] = {1, 2, 3, 4, 5};
    static const uint16_t ids[] = {RDPGFX_CMDID_STARTFRAME,       RDPGFX_CMDID_SOLIDFILL,
                                   RDPGFX_CMDID_SURFACETOSURFACE, RDPGFX_CMDID_SURFACETOCACHE,
                                   RDPGFX_CMDID_CACHETOSURFACE,   RDPGFX_CMDID_WIRETOSURFACE_1,
                                   RDPGFX_CMDID_WIRETOSURFACE_1,  RDPGFX_CMDID_WIRETOSURFACE_1,
                                   RDPGFX_CMDID_WIRETOSURFACE_2,  RDPGFX_CMDID_ENDFRAME};
    unsigned writes;
    uint32_t bytes;
    const uint8_t *p;

    REQUIRE(gfx);
    writes = client.writes;
    for (unsigned y = 0; y < 2; y++)
        for (unsigned x = 0; x < 100; x++)
            pixels[y][x] = (uint8_t)(y * 100 + x);
    CHECK(gfx_begin(gfx, 0x01020304) && gfx_fill(gfx, 0x112233, rects, 2) &&
          gfx_copy(gfx, &rect, points, 2) && gfx_cache_store(gfx, 0x1122334455667788u, 25600, &rect) &&
          gfx_cache_put(gfx, 1, points, 2) && gfx_uncompressed(gfx, &rect, pixels[0], sizeof(pixels[0])) &&
          gfx_planar(gfx, &rect, data, 5) && gfx_clearcodec(gfx, &rect, data, 5) &&
          gfx_progressive(gfx, data, 5));
    CHECK_INT(client.writes, writes);
    CHECK(gfx_end(gfx, &bytes) && bytes > 0);
    CHECK_INT(client.writes, writes + 1);
    REQUIRE(take() == sizeof(ids) / sizeof(ids[0]));
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        CHECK_INT(pdus[i].id, ids[i]);
    CHECK(pdus[0].len == 8 && get(pdus[0].body + 4, 4) == 0x01020304);
    p = pdus[1].body;
    CHECK(pdus[1].len == 24 && get(p, 2) == 1 && get(p + 2, 4) == 0xff112233 && get(p + 6, 2) == 2 &&
          get(p + 12, 2) == 640 && get(p + 22, 2) == 4);
    p = pdus[2].body;
    CHECK(pdus[2].len == 22 && get(p, 4) == 0x10001 && get(p + 4, 2) == 10 && get(p + 10, 2) == 22 &&
          get(p + 12, 2) == 2 && get(p + 18, 2) == 636);
    p = pdus[3].body;
    CHECK(pdus[3].len == 20 && get(p + 2, 4) == 0x55667788 && get(p + 6, 4) == 0x11223344 &&
          get(p + 10, 2) == 25600 && get(p + 12, 2) == 10);
    CHECK(pdus[4].len == 14 && get(pdus[4].body, 4) == 0x10001 && get(pdus[4].body + 4, 2) == 2);
    p = pdus[5].body;
    CHECK(pdus[5].len == 17 + 32 && get(p + 2, 2) == RDPGFX_CODECID_UNCOMPRESSED && p[4] == 0x20 &&
          get(p + 5, 2) == 10 && get(p + 11, 2) == 22 && get(p + 13, 4) == 32 && p[17 + 15] == 15 &&
          p[17 + 16] == 100);
    CHECK(pdus[6].len == 22 && get(pdus[6].body + 2, 2) == RDPGFX_CODECID_PLANAR && pdus[6].body[21] == 5);
    CHECK(pdus[7].len == 22 && get(pdus[7].body + 2, 2) == RDPGFX_CODECID_CLEARCODEC);
    p = pdus[8].body;
    CHECK(pdus[8].len == 18 && get(p + 2, 2) == RDPGFX_CODECID_CAPROGRESSIVE && get(p + 4, 4) == 0 &&
          get(p + 9, 4) == 5 && p[17] == 5);
    CHECK(pdus[9].len == 4 && get(pdus[9].body, 4) == 0x01020304);
    /* nothing to say is not said */
    CHECK(gfx_begin(gfx, 9) && gfx_end(gfx, &bytes));
    CHECK(bytes == 0 && client.writes == writes + 1);
    gfx_relax(gfx);
    CHECK(gfx_begin(gfx, 10) && gfx_planar(gfx, &rect, data, 5) && gfx_end(gfx, &bytes));
    CHECK_INT(take(), 3);
    finish(gfx);
}

/* Stores a tile in this slot, alone in a frame; whether the slot was emptied before. */
static bool evicted(struct gfx *gfx, uint16_t slot)
{
    struct channel_rect rect = {0, 0, 64, 64};
    unsigned count, before;
    uint32_t bytes;

    take();
    CHECK(gfx_begin(gfx, 1) && gfx_cache_store(gfx, 1, slot, &rect) && gfx_end(gfx, &bytes));
    count = take();
    before = count == 4 && pdus[1].id == RDPGFX_CMDID_EVICTCACHEENTRY && get(pdus[1].body, 2) == slot;
    CHECK(count == 3 + before && pdus[1 + before].id == RDPGFX_CMDID_SURFACETOCACHE);
    return before;
}

/* No slot is written twice, whoever filled it: the cache outlives another size of the desktop, and goes when
 * the client starts anew. */
TEST(full_slots)
{
    static const uint16_t slots[] = {1, 7, 8, 25600};
    struct gfx *gfx = begin_drawing();

    REQUIRE(gfx);
    for (unsigned i = 0; i < 4; i++)
        CHECK(!evicted(gfx, slots[i]) && evicted(gfx, slots[i]));
    CHECK(gfx_reset(gfx, 320, 200, NULL, 0));
    for (unsigned i = 0; i < 4; i++)
        CHECK(evicted(gfx, slots[i]));
    CHECK(!evicted(gfx, 2));
    send_caps(&newest, 1);
    CHECK_INT(gfx_poll(gfx), GFX_RESTARTED);
    CHECK(gfx_reset(gfx, 320, 200, NULL, 0));
    CHECK(!evicted(gfx, 1) && !evicted(gfx, 25600) && evicted(gfx, 1));
    finish(gfx);
}

static unsigned next_sequence(struct gfx *gfx)
{
    struct channel_rect rect = {0, 0, 8, 8};
    uint8_t data[] = {0, 99, 3};
    uint32_t bytes;

    take();
    CHECK(gfx_begin(gfx, 1) && gfx_clearcodec(gfx, &rect, data, sizeof(data)) && gfx_end(gfx, &bytes));
    return take() == 3 && pdus[1].len == 20 ? pdus[1].body[18] : 1000;
}

/* ClearCodec counts from the first command of the session on ([MS-RDPEGFX] 2.2.4.1), whatever becomes of the
 * desktop. */
TEST(clearcodec_sequence)
{
    struct gfx *gfx = begin_drawing();

    REQUIRE(gfx);
    for (unsigned i = 0; i < 600; i++) {
        CHECK_INT(next_sequence(gfx), i % 256);
        if (i % 100 == 99)
            CHECK(gfx_reset(gfx, 320, 200, NULL, 0));
    }
    send_caps(&newest, 1);
    CHECK_INT(gfx_poll(gfx), GFX_RESTARTED);
    CHECK(gfx_reset(gfx, 320, 200, NULL, 0));
    CHECK_INT(next_sequence(gfx), 0);
    finish(gfx);
}

/* H.264 goes to a surface of its own, which goes with the desktop's. */
TEST(video)
{
    struct channel_rect shown = {0, 0, 100, 60}, part = {10, 20, 100, 60}, outside = {0, 0, 113, 60};
    struct channel_position to = {550, 360}, outward = {551, 360};
    uint8_t data[] = {1, 2, 3, 4, 5};
    struct gfx *gfx = begin_drawing();
    uint32_t bytes;
    const uint8_t *p;

    REQUIRE(gfx);
    CHECK(gfx_begin(gfx, 1) && gfx_video_close(gfx) && gfx_video_open(gfx, 112, 64) &&
          gfx_avc420(gfx, &shown, 22, 99, data, 5) && gfx_video_copy(gfx, &part, &to) &&
          gfx_video_open(gfx, 64, 64) && gfx_video_close(gfx) && gfx_video_open(gfx, 112, 64) &&
          gfx_end(gfx, &bytes));
    REQUIRE(take() == 9);
    CHECK(pdus[1].id == RDPGFX_CMDID_CREATESURFACE && pdus[1].len == 7 && get(pdus[1].body, 2) == 2 &&
          get(pdus[1].body + 2, 2) == 112 && get(pdus[1].body + 4, 2) == 64);
    p = pdus[2].body;
    CHECK(pdus[2].id == RDPGFX_CMDID_WIRETOSURFACE_1 && pdus[2].len == 17 + 4 + 10 + 5 && get(p, 2) == 2 &&
          get(p + 2, 2) == RDPGFX_CODECID_AVC420 && get(p + 9, 2) == 112 && get(p + 13, 4) == 19 &&
          get(p + 17, 4) == 1 && get(p + 25, 2) == 100 && p[29] == 22 && p[30] == 99 && p[31] == 1);
    p = pdus[3].body;
    CHECK(pdus[3].id == RDPGFX_CMDID_SURFACETOSURFACE && pdus[3].len == 18 && get(p, 4) == 0x10002 &&
          get(p + 4, 2) == 10 && get(p + 12, 2) == 1 && get(p + 14, 2) == 550);
    CHECK(pdus[4].id == RDPGFX_CMDID_DELETESURFACE && get(pdus[4].body, 2) == 2);
    CHECK(pdus[5].id == RDPGFX_CMDID_CREATESURFACE && pdus[6].id == RDPGFX_CMDID_DELETESURFACE &&
          pdus[7].id == RDPGFX_CMDID_CREATESURFACE);
    CHECK(gfx_reset(gfx, 640, 400, NULL, 0));
    CHECK_INT(take(), 6);
    CHECK(pdus[0].id == RDPGFX_CMDID_DELETESURFACE && get(pdus[0].body, 2) == 2 &&
          pdus[1].id == RDPGFX_CMDID_DELETESURFACE && get(pdus[1].body, 2) == 1);
    /* no video now */
    CHECK(gfx_begin(gfx, 2) && !gfx_avc420(gfx, &shown, 22, 99, data, 5));
    CHECK_INT(lines, 1);
    finish(gfx);
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE((gfx = begin_drawing()));
        CHECK(gfx_begin(gfx, 1) && gfx_video_open(gfx, 112, 64));
        CHECK(!gfx_video_copy(gfx, i ? &part : &outside, i ? &outward : &to));
        CHECK_INT(lines, 1);
        finish(gfx);
    }
}

/* Leaves in whole PDUs as it grows, and the memory for it does not grow with it. */
TEST(long_frame)
{
    struct gfx *gfx = begin_drawing();
    struct channel_rect rect = {0, 0, 64, 64};
    static uint8_t data[700000];
    struct random random = {9};
    uint32_t bytes;
    unsigned count;

    REQUIRE(gfx);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)random_next(&random);
    CHECK(gfx_begin(gfx, 1));
    for (unsigned i = 0; i < 100; i++)
        CHECK(gfx_planar(gfx, &rect, data + 5000 * i, 12345));
    CHECK(client.writes > 3);
    CHECK(gfx_end(gfx, &bytes) && bytes > 500000);
    REQUIRE((count = take()) == 102);
    CHECK(client.largest <= 256 * 1024);
    CHECK(pdus[0].id == RDPGFX_CMDID_STARTFRAME && pdus[101].id == RDPGFX_CMDID_ENDFRAME);
    for (unsigned i = 0; i < 100; i++)
        CHECK(memcmp(pdus[1 + i].body + 17, data + 5000 * i, 12345) == 0);
    /* one command that is longer than all that */
    CHECK(gfx_begin(gfx, 2) && gfx_progressive(gfx, data, sizeof(data)) && gfx_end(gfx, &bytes));
    REQUIRE(take() == 3 && pdus[1].len == 13 + sizeof(data));
    CHECK(memcmp(pdus[1].body + 13, data, sizeof(data)) == 0);
    finish(gfx);
}

/* Ours, too, must stay within the protocol. */
TEST(commands_outside)
{
    static const struct channel_rect bad[] = {{0, 0, 641, 1}, {0, 0, 1, 401}, {5, 5, 5, 6}, {6, 5, 5, 6}};
    struct channel_rect good = {0, 0, 8, 8};
    struct channel_position edge = {633, 0};
    struct gfx *gfx;
    uint8_t data[4] = {0};
    uint32_t bytes;

    for (size_t i = 0; i < 4; i++) {
        REQUIRE((gfx = begin_drawing()));
        CHECK(gfx_begin(gfx, 1) && !gfx_planar(gfx, &bad[i], data, 4) && !gfx_end(gfx, &bytes));
        CHECK_INT(gfx_poll(gfx), GFX_BROKEN);
        finish(gfx);
    }
    REQUIRE((gfx = begin_drawing()));
    CHECK(gfx_begin(gfx, 1) && !gfx_copy(gfx, &good, &edge, 1));
    finish(gfx);
    REQUIRE((gfx = begin_drawing()));
    CHECK(gfx_begin(gfx, 1) && !gfx_cache_store(gfx, 1, 0, &good));
    finish(gfx);
    REQUIRE((gfx = begin_drawing()));
    CHECK(gfx_begin(gfx, 1) && !gfx_cache_put(gfx, 25601, &edge, 1));
    finish(gfx);
    REQUIRE((gfx = begin_drawing()));
    fake.no_writes = true;
    CHECK(gfx_begin(gfx, 1) && gfx_fill(gfx, 0, &good, 1) && !gfx_end(gfx, &bytes));
    CHECK_INT(gfx_poll(gfx), GFX_BROKEN);
    finish(gfx);
}
