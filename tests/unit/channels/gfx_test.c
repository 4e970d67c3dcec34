/* SPDX-License-Identifier: Apache-2.0 */
/* The graphics pipeline's wire on a channel of its own, read back with FreeRDP's decompressor: what the PDUs
 * look like, what a client may answer, and what becomes of one that lies. */
#include "channels/display/gfx.h"
#include "channels/display/gfx_read.h"
#include "os/log.h"

#include <freerdp/channels/rdpgfx.h>
#include <freerdp/codec/zgfx.h>

#include "check.h"
#include "fake_channel.h"
#include "random.h"

#define PDUS_MAX 4096

/* Everything that the client has got. */
static struct client {
    ZGFX_CONTEXT *zgfx;
    uint8_t *data;
    size_t len;
    unsigned writes, largest;
    bool bad;
} client;

static struct pdu {
    uint16_t id;
    const uint8_t *body;
    uint32_t len;
} pdus[PDUS_MAX];

static struct ack {
    unsigned count;
    uint32_t id, queued;
    bool suspended;
} acked;

static unsigned lines;
static char line[LOG_LINE_MAX];

static void on_line(enum log_level level, const char *text, size_t len, void *arg)
{
    lines++;
    snprintf(line, sizeof(line), "%s", text);
}

static void on_acked(void *arg, uint32_t id, uint32_t queued, bool suspended)
{
    acked = (struct ack){acked.count + 1, id, queued, suspended};
}

static void fake_written(const uint8_t *data, size_t len)
{
    BYTE *got = NULL;
    UINT32 got_len = 0;

    client.writes++;
    if (zgfx_decompress(client.zgfx, data, (UINT32)len, &got, &got_len, 0) < 0 ||
        !(client.data = realloc(client.data, client.len + got_len))) {
        client.bad = true;
    } else {
        memcpy(client.data + client.len, got, got_len);
        client.len += got_len;
        if (got_len > client.largest)
            client.largest = got_len;
    }
    free(got);
}

static uint32_t get(const uint8_t *p, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)p[i] << 8 * i;
    return value;
}

static uint8_t *put(uint8_t *p, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *p++ = (uint8_t)(value >> 8 * i);
    return p;
}

/* Takes what came since the last call apart. */
static unsigned take(void)
{
    unsigned count = 0;
    size_t at = 0;

    while (at < client.len && count < PDUS_MAX) {
        uint32_t size = client.len - at >= 8 ? get(client.data + at + 4, 4) : 0;

        if (size < 8 || size > client.len - at) {
            client.bad = true;
            break;
        }
        pdus[count++] = (struct pdu){(uint16_t)get(client.data + at, 2), client.data + at + 8, size - 8};
        at += size;
    }
    client.len = 0;
    return client.bad ? 0 : count;
}

static struct gfx *begin(bool avc)
{
    struct gfx_config config = {.acked = on_acked, .connection = 5, .avc = avc};

    log_set_sink(on_line, NULL);
    lines = 0;
    acked = (struct ack){0};
    client = (struct client){.zgfx = zgfx_context_new(FALSE)};
    if (!client.zgfx || !fake_begin())
        return NULL;
    return gfx_create(&config);
}

static void finish(struct gfx *gfx)
{
    gfx_destroy(gfx);
    CHECK_INT(fake.opened, 0);
    CHECK(!client.bad);
    fake_finish();
    zgfx_context_free(client.zgfx);
    free(client.data);
    log_set_sink(NULL, NULL);
}

struct set {
    uint32_t version, flags;
};

static size_t make_caps(uint8_t *out, const struct set *sets, unsigned count)
{
    uint8_t *p = put(put(put(out, RDPGFX_CMDID_CAPSADVERTISE, 2), 0, 2), 0, 4);

    p = put(p, count, 2);
    for (unsigned i = 0; i < count; i++) {
        uint32_t len = sets[i].version == RDPGFX_CAPVERSION_101 ? 16 : 4;

        p = put(put(p, sets[i].version, 4), len, 4);
        memset(p, 0, len);
        put(p, sets[i].flags, 4);
        p += len;
    }
    put(out + 4, (uint32_t)(p - out), 4);
    return (size_t)(p - out);
}

static void send_caps(const struct set *sets, unsigned count)
{
    uint8_t data[512];

    fake_put(data, make_caps(data, sets, count), false);
}

static void send_ack(uint32_t depth, uint32_t id)
{
    uint8_t data[20], *p = put(put(put(data, RDPGFX_CMDID_FRAMEACKNOWLEDGE, 2), 0, 2), 20, 4);

    put(put(put(p, depth, 4), id, 4), 1, 4);
    fake_put(data, sizeof(data), false);
}

/* A channel that is ready for drawing on 640x400. */
static struct gfx *begin_ready(const struct set *sets, unsigned count, bool avc)
{
    struct gfx *gfx = begin(avc);

    if (!gfx)
        return NULL;
    CHECK_INT(gfx_poll(gfx), GFX_OPENING);
    fake.accepted = true;
    CHECK_INT(gfx_poll(gfx), GFX_OPENING);
    send_caps(sets, count);
    CHECK_INT(gfx_poll(gfx), GFX_READY);
    return gfx;
}

static const struct set newest = {RDPGFX_CAPVERSION_107, 0};

static struct gfx *begin_drawing(void)
{
    struct gfx *gfx = begin_ready(&newest, 1, true);

    if (gfx && CHECK(gfx_reset(gfx, 640, 400, NULL, 0)))
        take();
    return gfx;
}

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
    static const uint16_t ids[] = {
        RDPGFX_CMDID_STARTFRAME,      RDPGFX_CMDID_SOLIDFILL,       RDPGFX_CMDID_SURFACETOSURFACE,
        RDPGFX_CMDID_SURFACETOCACHE,  RDPGFX_CMDID_CACHETOSURFACE,  RDPGFX_CMDID_EVICTCACHEENTRY,
        RDPGFX_CMDID_WIRETOSURFACE_1, RDPGFX_CMDID_WIRETOSURFACE_1, RDPGFX_CMDID_WIRETOSURFACE_1,
        RDPGFX_CMDID_WIRETOSURFACE_2, RDPGFX_CMDID_ENDFRAME};
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
          gfx_cache_put(gfx, 1, points, 2) && gfx_cache_evict(gfx, 7) &&
          gfx_uncompressed(gfx, &rect, pixels[0], sizeof(pixels[0])) && gfx_planar(gfx, &rect, data, 5) &&
          gfx_clearcodec(gfx, &rect, data, 5) && gfx_progressive(gfx, data, 5));
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
    CHECK(pdus[5].len == 2 && get(pdus[5].body, 2) == 7);
    p = pdus[6].body;
    CHECK(pdus[6].len == 17 + 32 && get(p + 2, 2) == RDPGFX_CODECID_UNCOMPRESSED && p[4] == 0x20 &&
          get(p + 5, 2) == 10 && get(p + 11, 2) == 22 && get(p + 13, 4) == 32 && p[17 + 15] == 15 &&
          p[17 + 16] == 100);
    CHECK(pdus[7].len == 22 && get(pdus[7].body + 2, 2) == RDPGFX_CODECID_PLANAR && pdus[7].body[21] == 5);
    CHECK(pdus[8].len == 22 && get(pdus[8].body + 2, 2) == RDPGFX_CODECID_CLEARCODEC);
    p = pdus[9].body;
    CHECK(pdus[9].len == 18 && get(p + 2, 2) == RDPGFX_CODECID_CAPROGRESSIVE && get(p + 4, 4) == 0 &&
          get(p + 9, 4) == 5 && p[17] == 5);
    CHECK(pdus[10].len == 4 && get(pdus[10].body, 4) == 0x01020304);
    /* nothing to say is not said */
    CHECK(gfx_begin(gfx, 9) && gfx_end(gfx, &bytes));
    CHECK(bytes == 0 && client.writes == writes + 1);
    gfx_relax(gfx);
    CHECK(gfx_begin(gfx, 10) && gfx_planar(gfx, &rect, data, 5) && gfx_end(gfx, &bytes));
    CHECK_INT(take(), 3);
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
