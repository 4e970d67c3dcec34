/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that lies on the graphics pipeline, while the server draws, and does not read: what it says is
 * taken, ignored or ends the channel with one line in the log, and one more says that it repeats itself; what
 * it is sent stays a row of whole PDUs that FreeRDP can decompress.
 */
#include <freerdp/channels/rdpgfx.h>
#include <freerdp/codec/zgfx.h>

#include "channels/display/gfx.h"
#include "fuzz.h"
#include "os/log.h"
#include "unit/channels/fake_channel.h"

static ZGFX_CONTEXT *decoder;
static unsigned lines;

static void on_line(enum log_level level, const char *line, size_t len, void *arg)
{
    must_be_a_line(line);
    lines++;
}

static void on_acked(void *arg, uint32_t id, uint32_t queued, bool suspended)
{
    MUST(!suspended || queued == 0);
}

static void fake_written(const uint8_t *data, size_t len)
{
    BYTE *got = NULL;
    UINT32 got_len = 0, size, at = 0;

    MUST(zgfx_decompress(decoder, data, (UINT32)len, &got, &got_len, 0) >= 0);
    while (at < got_len) {
        MUST(got_len - at >= 8);
        memcpy(&size, got + at + 4, 4);
        MUST(size >= 8 && size <= got_len - at);
        at += size;
    }
    free(got);
}

static void say(struct input *input, uint8_t what)
{
    static const uint16_t ids[] = {RDPGFX_CMDID_CAPSADVERTISE, RDPGFX_CMDID_FRAMEACKNOWLEDGE,
                                   RDPGFX_CMDID_CACHEIMPORTOFFER, RDPGFX_CMDID_QOEFRAMEACKNOWLEDGE};
    static const uint32_t versions[] = {RDPGFX_CAPVERSION_8, RDPGFX_CAPVERSION_81, RDPGFX_CAPVERSION_101,
                                        RDPGFX_CAPVERSION_107};
    const uint8_t *piece;
    size_t len = input_piece(input, &piece);
    uint8_t message[8 + 10 + 65536];
    uint32_t size = (uint32_t)len + 8;

    if (what < 16) { /* raw */
        fake_put(piece, len, false);
        return;
    }
    memcpy(message, &(uint32_t){ids[what % 4]}, 4);
    if (what < 64) { /* good capabilities, with anything behind them */
        memcpy(message, &(uint32_t){RDPGFX_CMDID_CAPSADVERTISE}, 4);
        memcpy(message + 8, &(uint16_t){1}, 2);
        memcpy(message + 10, &versions[what % 4], 4);
        memcpy(message + 14, &(uint32_t){4}, 4);
        memcpy(message + 18, &(uint32_t){what / 4u}, 4);
        size = 22;
    } else {
        memcpy(message + 8, piece, len);
    }
    memcpy(message + 4, &size, 4);
    fake_put(message, size, false);
}

static void draw(struct gfx *gfx, struct input *input, uint32_t frame)
{
    struct channel_rect rect = {0, 0, (uint16_t)(1 + input_byte(input)), 8};
    struct channel_position point = {input_byte(input), 8};
    const uint8_t *piece;
    size_t len = input_piece(input, &piece);
    uint32_t bytes;

    if (!gfx_begin(gfx, frame))
        return;
    if (gfx_fill(gfx, 0x123456, &rect, 1) && gfx_copy(gfx, &rect, &point, 1) &&
        gfx_planar(gfx, &rect, piece, len) && gfx_cache_store(gfx, frame, 4096, &rect) &&
        gfx_cache_put(gfx, 4096, &point, 1) && gfx_progressive(gfx, piece, len))
        MUST(gfx_end(gfx, &bytes) && bytes > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct gfx_config config = {
        .peer = &fake_peer, .acked = on_acked, .connection = 1, .avc = input_byte(&input) & 1};
    enum gfx_state state;
    bool surface = false;
    struct gfx *gfx;

    log_set_sink(on_line, NULL);
    lines = 0;
    decoder = zgfx_context_new(FALSE);
    MUST(decoder && fake_begin() && (gfx = gfx_create(&config)));
    fake.accepted = true;
    for (uint32_t frame = 1; input.left > 0; frame++) {
        uint8_t what = input_byte(&input);

        if (what < 240)
            say(&input, what);
        else if (what < 242)
            fake_put(NULL, 0, true);
        else if (what < 245)
            fake.blocked = !fake.blocked;
        state = gfx_poll(gfx);
        if (state == GFX_BROKEN)
            MUST(lines >= 1 && gfx_poll(gfx) == GFX_BROKEN);
        if (state != GFX_READY && state != GFX_RESTARTED && state != GFX_OPENING)
            break;
        if (state == GFX_RESTARTED || (state == GFX_READY && (!surface || frame % 16 == 0)))
            MUST(surface = gfx_reset(gfx, 600, 400, NULL, 0));
        else if (state == GFX_READY && what >= 128)
            draw(gfx, &input, frame);
    }
    gfx_destroy(gfx);
    MUST(fake.opened == 0 && lines <= 2);
    fake_finish();
    zgfx_context_free(decoder);
    return 0;
}
