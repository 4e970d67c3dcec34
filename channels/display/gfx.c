/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/gfx_private.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/channels/rdpgfx.h>
#include <freerdp/channels/wtsvc.h>
#include <winpr/wtsapi.h>

#include "channels/display/dvc.h"
#include "os/log.h"
#include "os/os.h"

#define RESTART_MS 1000 /* between two fresh starts of a client */

static const struct gfx_cache_budget cache_large = {100u << 20, GFX_SLOTS_MAX},
                                     cache_small = {16u << 20, 4096};

struct gfx *gfx_create(const struct gfx_config *config)
{
    struct gfx *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->config = *config;
    self->zgfx = zgfx_encoder_create();
    if (!self->zgfx || !dvc_open(config->vcm, RDPGFX_DVC_CHANNEL_NAME, &self->channel, &self->event)) {
        gfx_destroy(self);
        return NULL;
    }
    return self;
}

void gfx_destroy(struct gfx *self)
{
    if (!self)
        return;
    if (self->channel)
        WTSVirtualChannelClose(self->channel);
    zgfx_encoder_destroy(self->zgfx);
    free(self->commands.data);
    free(self->packet.data);
    free(self);
}

HANDLE gfx_event(struct gfx *self)
{
    return self->event;
}

/* A client asks for an answer again and again, and may not even read them. */
static void warn_of_repeats(struct gfx *self, const char *what)
{
    if (!self->repeats)
        log_warn("display", self->config.connection, "graphics pipeline: the client sends %s over and over",
                 what);
    self->repeats = true;
}

static bool take_caps(struct gfx *self, const struct gfx_read *caps)
{
    uint32_t flags;
    bool old = caps->version && caps->version->id < RDPGFX_CAPVERSION_10;

    if (!caps->version) {
        log_warn("display", self->config.connection, "graphics pipeline: no known version among %u offered",
                 caps->offered);
        self->refused = true;
        return false;
    }
    self->version = caps->version;
    self->small_cache = caps->small_cache;
    /* thin clients decode RemoteFX video instead ([MS-RDPEGFX] 2.2.3.1) */
    self->progressive = !(caps->flags & RDPGFX_CAPS_FLAG_THINCLIENT);
    /* 10.1 has no flags, and always H.264 (2.2.3.4) */
    self->avc420 = self->config.avc && (old ? (caps->flags & RDPGFX_CAPS_FLAG_AVC420_ENABLED) != 0
                                            : !(caps->flags & RDPGFX_CAPS_FLAG_AVC_DISABLED));
    flags = caps->flags;
    if (!self->avc420) {
        flags &= ~RDPGFX_CAPS_FLAG_AVC420_ENABLED;
        if (!old && caps->version->id != RDPGFX_CAPVERSION_101)
            flags |= RDPGFX_CAPS_FLAG_AVC_DISABLED;
    }
    return gfx_send_caps_confirm(self, caps->version->id, caps->version->id == RDPGFX_CAPVERSION_101 ? 16 : 4,
                                 flags);
}

/* Capabilities again: the client starts anew ([MS-RDPEGFX] 3.2.5.18, from 10.3 on), and ignores everything
 * until it is answered. It is, once it has read what was sent before, but not all the time: each answer
 * brings a whole picture with it. True: now. */
static bool start_anew(struct gfx *self)
{
    freerdp_peer *peer = self->config.peer;
    struct gfx_read caps = self->again;

    if (caps.kind == GFX_READ_OTHER || os_now_ms() < self->again_ms || peer->IsWriteBlocked(peer))
        return false;
    self->again = (struct gfx_read){0};
    self->again_ms = os_now_ms() + RESTART_MS;
    self->offered = false;
    self->clear_sequence = 0;
    self->width = self->height = 0;
    self->video_width = self->video_height = 0;
    memset(self->occupied, 0, sizeof(self->occupied));
    zgfx_encoder_forget(self->zgfx);
    return take_caps(self, &caps);
}

/* False: nothing more is to be read. */
static bool take_message(struct gfx *self, const struct gfx_read *message)
{
    switch (message->kind) {
    case GFX_READ_CAPS:
        if (!self->version)
            return take_caps(self, message);
        if (!message->version)
            return gfx_break(self, "the client started anew without a version that we know");
        if (self->again.kind != GFX_READ_OTHER || os_now_ms() < self->again_ms)
            warn_of_repeats(self, "its capabilities");
        self->again = *message; /* the newest count */
        return true;
    case GFX_READ_ACK:
        if (!self->version)
            return gfx_break(self, "an acknowledgement before the capabilities");
        self->config.acked(self->config.arg, message->frame,
                           message->queue_depth == SUSPEND_FRAME_ACKNOWLEDGEMENT ? 0 : message->queue_depth,
                           message->queue_depth == SUSPEND_FRAME_ACKNOWLEDGEMENT);
        return true;
    case GFX_READ_CACHE_OFFER:
        if (!self->version)
            return gfx_break(self, "a cache offer before the capabilities");
        if (self->offered) {
            warn_of_repeats(self, "its cached bitmaps");
            return true;
        }
        self->offered = true;
        return gfx_send_cache_import_reply(self);
    case GFX_READ_OTHER:
        break;
    }
    return true;
}

static bool take_messages(struct gfx *self, const uint8_t *data, size_t len)
{
    struct gfx_read message;
    const char *problem;

    while (len > 0) {
        if (!gfx_read(&data, &len, &message, &problem)) {
            log_error("display", self->config.connection,
                      "graphics pipeline: the client sent %s (type 0x%04x, %zu bytes left)", problem,
                      message.id, len);
            self->broken = true;
            return false;
        }
        if (!take_message(self, &message))
            return false;
    }
    return true;
}

enum reading { READING_SOME, READING_NONE, READING_CLOSED, READING_FAILED };

/* One message of the channel. */
static enum reading read_message(struct gfx *self)
{
    uint8_t small[512], *data = small;
    ULONG size = 0, got = 0;
    bool good;

    /* A client's close leaves a message in the queue that nobody can read: there is one, and yet no data. */
    if (!WTSVirtualChannelRead(self->channel, 0, NULL, 0, &size))
        return dvc_signalled(self->event) ? READING_CLOSED : READING_NONE;
    if (size > GFX_READ_MAX) {
        gfx_break(self, "the client sent a message that is too long");
        return READING_FAILED;
    }
    if (size > sizeof(small) && !(data = malloc(size))) {
        gfx_break(self, "out of memory");
        return READING_FAILED;
    }
    /* also when it is empty: that takes it off the queue */
    good = WTSVirtualChannelRead(self->channel, 0, (PCHAR)data, (ULONG)(data == small ? sizeof(small) : size),
                                 &got);
    if (!good)
        gfx_break(self, "read failed");
    good = good && take_messages(self, data, got);
    if (data != small)
        free(data);
    return good ? READING_SOME : READING_FAILED;
}

enum gfx_state gfx_poll(struct gfx *self)
{
    enum reading reading;
    bool restarted = false;

    if (!self->broken && !self->refused && !self->open)
        self->refused = !dvc_look(self->channel, &self->open);
    if (!self->broken && !self->refused && self->open) {
        do
            reading = read_message(self);
        while (reading == READING_SOME);
        if (reading == READING_CLOSED && self->version)
            return GFX_CLOSED;
        if (reading == READING_CLOSED)
            self->refused = true;
        restarted = !self->broken && !self->refused && start_anew(self);
    }
    if (self->broken)
        return GFX_BROKEN;
    if (self->refused)
        return GFX_REFUSED;
    if (!self->version)
        return GFX_OPENING;
    return restarted ? GFX_RESTARTED : GFX_READY;
}

const char *gfx_version(const struct gfx *self)
{
    return self->version ? self->version->name : "none";
}

bool gfx_takes_progressive(const struct gfx *self)
{
    return self->progressive;
}

bool gfx_takes_avc420(const struct gfx *self)
{
    return self->avc420;
}

struct gfx_cache_budget gfx_cache_budget(const struct gfx *self)
{
    return self->small_cache ? cache_small : cache_large;
}
