/* SPDX-License-Identifier: Apache-2.0 */
/* What a client may say on the graphics pipeline, and what becomes of one that lies. */
#include "gfx_reader.h"

#include "channels/display/gfx_read.h"
#include "os/os.h"

TEST(capabilities)
{
    static const struct {
        struct set sets[4];
        unsigned count;
        bool avc;
        const char *name;
        uint32_t confirmed, flags;
        bool progressive, takes_avc, small;
    } cases[] = {
        {{{RDPGFX_CAPVERSION_8, 0}}, 1, true, "8.0", RDPGFX_CAPVERSION_8, 0, true, false, false},
        {{{RDPGFX_CAPVERSION_8, 1}}, 1, true, "8.0", RDPGFX_CAPVERSION_8, 1, false, false, true},
        {{{RDPGFX_CAPVERSION_8, 0}, {RDPGFX_CAPVERSION_81, 0x10}},
         2,
         true,
         "8.1",
         RDPGFX_CAPVERSION_81,
         0x10,
         true,
         true,
         false},
        {{{RDPGFX_CAPVERSION_81, 0x12}}, 1, false, "8.1", RDPGFX_CAPVERSION_81, 2, true, false, true},
        {{{RDPGFX_CAPVERSION_10, 0}, {RDPGFX_CAPVERSION_101, 0}},
         2,
         true,
         "10.1",
         RDPGFX_CAPVERSION_101,
         0,
         true,
         true,
         false},
        {{{RDPGFX_CAPVERSION_10, 0x20}}, 1, true, "10.0", RDPGFX_CAPVERSION_10, 0x20, true, false, false},
        /* the best wins wherever it stands; one that has a small cache has it in all versions */
        {{{RDPGFX_CAPVERSION_107, 0}, {0x12345678, 0}, {RDPGFX_CAPVERSION_8, 2}},
         3,
         false,
         "10.7",
         RDPGFX_CAPVERSION_107,
         0x20,
         true,
         false,
         true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gfx *gfx = begin_ready(cases[i].sets, cases[i].count, cases[i].avc);
        bool old = cases[i].confirmed == RDPGFX_CAPVERSION_101;

        REQUIRE(gfx);
        CHECK_STR(gfx_version(gfx), cases[i].name);
        CHECK_INT(gfx_takes_progressive(gfx), cases[i].progressive);
        CHECK_INT(gfx_takes_avc420(gfx), cases[i].takes_avc);
        CHECK_INT(gfx_cache_budget(gfx).slots, cases[i].small ? 4096 : 25600);
        REQUIRE(take() == 1 && pdus[0].id == RDPGFX_CMDID_CAPSCONFIRM);
        CHECK_INT(pdus[0].len, old ? 24 : 12);
        CHECK_INT(get(pdus[0].body, 4), cases[i].confirmed);
        CHECK_INT(get(pdus[0].body + 4, 4), old ? 16 : 4);
        CHECK_INT(get(pdus[0].body + 8, 4), cases[i].flags);
        finish(gfx);
    }
}

TEST(refused_and_closed)
{
    static const struct set unknown = {0x99990000, 0};
    struct gfx *gfx = begin(false);

    REQUIRE(gfx);
    fake.refused = true;
    CHECK_INT(gfx_poll(gfx), GFX_REFUSED);
    CHECK_INT(gfx_poll(gfx), GFX_REFUSED);
    finish(gfx);

    /* accepted, and closed before a word */
    REQUIRE((gfx = begin(false)));
    fake.accepted = true;
    fake_put(NULL, 0, true);
    CHECK_INT(gfx_poll(gfx), GFX_REFUSED);
    finish(gfx);

    /* speaks no version of ours */
    REQUIRE((gfx = begin(false)));
    fake.accepted = true;
    send_caps(&unknown, 1);
    CHECK_INT(gfx_poll(gfx), GFX_REFUSED);
    CHECK_INT(lines, 1);
    finish(gfx);

    REQUIRE((gfx = begin_ready(&newest, 1, false)));
    fake_put(NULL, 0, true);
    CHECK_INT(gfx_poll(gfx), GFX_CLOSED);
    finish(gfx);
}

TEST(acknowledgements)
{
    struct gfx *gfx = begin_drawing();
    uint8_t qoe[20] = {RDPGFX_CMDID_QOEFRAMEACKNOWLEDGE, 0, 0, 0, 20},
            offer[34] = {RDPGFX_CMDID_CACHEIMPORTOFFER, 0, 0, 0, 34, 0, 0, 0, 2};
    uint8_t other[8] = {0x99, 0, 0, 0, 8};

    REQUIRE(gfx);
    send_ack(4321, 7);
    CHECK_INT(gfx_poll(gfx), GFX_READY);
    CHECK(acked.count == 1 && acked.id == 7 && acked.queued == 4321 && !acked.suspended);
    send_ack(0xffffffff, 8);
    send_ack(0, 9);
    CHECK_INT(gfx_poll(gfx), GFX_READY);
    CHECK(acked.count == 3 && acked.id == 9 && !acked.suspended);
    send_ack(0xffffffff, 10);
    CHECK_INT(gfx_poll(gfx), GFX_READY);
    CHECK(acked.suspended && acked.queued == 0);
    fake_put(qoe, sizeof(qoe), false);
    fake_put(other, sizeof(other), false);
    fake_put(NULL, 0, false);
    CHECK_INT(gfx_poll(gfx), GFX_READY);
    CHECK(WaitForSingleObject(gfx_event(gfx), 0) != WAIT_OBJECT_0);
    CHECK_INT(take(), 0);
    fake_put(offer, sizeof(offer), false);
    CHECK_INT(gfx_poll(gfx), GFX_READY);
    REQUIRE(take() == 1);
    CHECK(pdus[0].id == RDPGFX_CMDID_CACHEIMPORTREPLY && pdus[0].len == 2 && get(pdus[0].body, 2) == 0);
    CHECK_INT(lines, 0);
    finish(gfx);
}

/* The client sends its capabilities again: it has forgotten everything. */
TEST(restart)
{
    struct gfx *gfx = begin_drawing();
    struct channel_rect all = {0, 0, 640, 400};
    uint32_t bytes;

    REQUIRE(gfx);
    send_caps(&newest, 1);
    CHECK_INT(gfx_poll(gfx), GFX_RESTARTED);
    CHECK_INT(gfx_poll(gfx), GFX_READY);
    CHECK(take() == 1 && pdus[0].id == RDPGFX_CMDID_CAPSCONFIRM);
    CHECK(gfx_reset(gfx, 640, 400, NULL, 0));
    CHECK(take() == 4 && pdus[0].id == RDPGFX_CMDID_RESETGRAPHICS);
    CHECK(gfx_begin(gfx, 1) && gfx_fill(gfx, 0, &all, 1) && gfx_end(gfx, &bytes));
    CHECK_INT(take(), 3);
    finish(gfx);
}

/* It does so all the time, and does not read: what it is sent does not grow. */
TEST(restarts_without_end)
{
    static const uint8_t offer[10] = {RDPGFX_CMDID_CACHEIMPORTOFFER, 0, 0, 0, 10};
    const struct set other = {RDPGFX_CAPVERSION_104, 0};
    struct gfx *gfx = begin_drawing();
    uint64_t start = os_now_ms(), elapsed;
    unsigned restarts = 0;

    REQUIRE(gfx);
    fake.blocked = true;
    for (unsigned i = 0; i < 1000; i++) {
        send_caps(&newest, 1);
        fake_put(offer, sizeof(offer), false);
        CHECK_INT(gfx_poll(gfx), GFX_READY);
    }
    CHECK_INT(take(), 1);
    CHECK_INT(pdus[0].id, RDPGFX_CMDID_CACHEIMPORTREPLY);
    CHECK_INT(lines, 1);
    CHECK(strstr(line, "over and over"));
    /* it reads, and goes on all the same: the newest count, and soon is soon enough */
    fake.blocked = false;
    send_caps(&other, 1);
    do {
        restarts += gfx_poll(gfx) == GFX_RESTARTED;
        CHECK_STR(gfx_version(gfx), "10.4");
        send_caps(&other, 1);
        os_sleep_ms(1);
        elapsed = os_now_ms() - start;
    } while (restarts < 3 && elapsed < 60000);
    CHECK(elapsed >= 2000);
    CHECK_INT(take(), 3);
    CHECK_INT(lines, 1);
    finish(gfx);
}

static void lie(bool early, const void *data, size_t len)
{
    struct gfx *gfx = early ? begin(false) : begin_drawing();
    struct channel_rect all = {0, 0, 640, 400};
    unsigned before;

    REQUIRE(gfx);
    fake.accepted = true;
    before = lines;
    fake_put(data, len, false);
    CHECK_INT(gfx_poll(gfx), GFX_BROKEN);
    CHECK_INT(gfx_poll(gfx), GFX_BROKEN);
    CHECK(!gfx_begin(gfx, 1) && !gfx_fill(gfx, 0, &all, 1));
    CHECK_INT(lines, before + 1);
    CHECK(strstr(line, "display[5]") && strstr(line, "graphics pipeline"));
    finish(gfx);
}

TEST(lies)
{
    static const uint8_t ack[20] = {RDPGFX_CMDID_FRAMEACKNOWLEDGE, 0, 0, 0, 20};
    static uint8_t data[GFX_READ_MAX + 1];
    const struct set sets[3] = {newest, newest, newest};
    size_t len;

    lie(true, ack, sizeof(ack)); /* before the capabilities */
    for (len = 1; len < sizeof(ack); len++)
        lie(false, ack, len); /* cut anywhere */
    memcpy(data, ack, sizeof(ack));
    data[4] = 7; /* shorter than its header */
    lie(false, data, sizeof(ack));
    data[4] = 19; /* shorter than its body */
    lie(false, data, sizeof(ack));
    data[4] = 21;
    lie(false, data, sizeof(ack));
    len = make_caps(data, sets, 3);
    data[8] = 4; /* more sets than there are */
    lie(true, data, len);
    len = make_caps(data, sets, 3);
    memset(data + 14, 0xff, 4); /* a set longer than memory */
    lie(true, data, len);
    /* more cached bitmaps than there may be, or than there are */
    put(put(put(put(data, RDPGFX_CMDID_CACHEIMPORTOFFER, 2), 0, 2), 10 + 12 * 5462, 4), 5462, 2);
    lie(false, data, 10 + 12 * 5462);
    put(put(put(put(data, RDPGFX_CMDID_CACHEIMPORTOFFER, 2), 0, 2), 10, 4), 1, 2);
    lie(false, data, 10);
    put(put(put(data, 0x99, 2), 0, 2), sizeof(data), 4);
    lie(false, data, sizeof(data)); /* too long, whatever it is */
}
