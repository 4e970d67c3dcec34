/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of the graphics pipeline, for tests of gfx.c: what the server wrote on the channel of
 * fake_channel.h, taken apart with FreeRDP's decompressor, and what a client says.
 */
#ifndef RDSPROV_UNIT_GFX_READER_H
#define RDSPROV_UNIT_GFX_READER_H

#include <freerdp/channels/rdpgfx.h>
#include <freerdp/codec/zgfx.h>

#include "channels/display/gfx.h"
#include "os/log.h"

#include "check.h"
#include "fake_channel.h"

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

static inline uint32_t get(const uint8_t *p, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)p[i] << 8 * i;
    return value;
}

static inline uint8_t *put(uint8_t *p, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *p++ = (uint8_t)(value >> 8 * i);
    return p;
}

/* Takes what came since the last call apart. */
static inline unsigned take(void)
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
    struct gfx_config config = {.peer = &fake_peer, .acked = on_acked, .connection = 5, .avc = avc};

    log_set_sink(on_line, NULL);
    lines = 0;
    acked = (struct ack){0};
    client = (struct client){.zgfx = zgfx_context_new(FALSE)};
    if (!client.zgfx || !fake_begin())
        return NULL;
    return gfx_create(&config);
}

static inline void finish(struct gfx *gfx)
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

static inline size_t make_caps(uint8_t *out, const struct set *sets, unsigned count)
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

static inline void send_caps(const struct set *sets, unsigned count)
{
    uint8_t data[512];

    fake_put(data, make_caps(data, sets, count), false);
}

static inline void send_ack(uint32_t depth, uint32_t id)
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

#endif
