/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/gfx.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/channels/rdpgfx.h>
#include <freerdp/server/rdpgfx.h>
#include <winpr/sysinfo.h>

#include "os/log.h"

#define SURFACE_ID 1

/* PDU header, and what the dynamic channel and the segment wrapper add. */
#define PDU_OVERHEAD 16

/* [MS-RDPEGFX] 2.2.3, best first. 10.1 carries 16 reserved bytes instead of flags. */
static const struct version {
    uint32_t id;
    const char *name;
} versions[] = {
    {RDPGFX_CAPVERSION_107, "10.7"}, {RDPGFX_CAPVERSION_106, "10.6"}, {RDPGFX_CAPVERSION_106_ERR, "10.6"},
    {RDPGFX_CAPVERSION_105, "10.5"}, {RDPGFX_CAPVERSION_104, "10.4"}, {RDPGFX_CAPVERSION_103, "10.3"},
    {RDPGFX_CAPVERSION_102, "10.2"}, {RDPGFX_CAPVERSION_101, "10.1"}, {RDPGFX_CAPVERSION_10, "10.0"},
    {RDPGFX_CAPVERSION_81, "8.1"},   {RDPGFX_CAPVERSION_8, "8.0"},
};

struct gfx {
    struct gfx_config config;
    RdpgfxServerContext *context;
    const struct version *version; /* NULL until agreed */
    uint32_t flags;                /* the client's */
    bool broken, refused;
    bool surface;
    uint32_t frame, bytes;
    bool begun, ended; /* the frame's begin and end are sent */
    RDPGFX_START_FRAME_PDU start;
};

static UINT on_caps_advertise(RdpgfxServerContext *context, const RDPGFX_CAPS_ADVERTISE_PDU *advertise)
{
    struct gfx *self = context->custom;
    const RDPGFX_CAPSET *best = NULL;
    RDPGFX_CAPSET answer = {0};
    RDPGFX_CAPS_CONFIRM_PDU confirm = {&answer};

    for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]) && !best; v++) {
        for (UINT16 i = 0; i < advertise->capsSetCount && !best; i++) {
            if (advertise->capsSets[i].version == versions[v].id) {
                best = &advertise->capsSets[i];
                self->version = &versions[v];
            }
        }
    }
    if (!best) {
        log_warn("display", self->config.connection, "graphics pipeline: no known version among %u offered",
                 advertise->capsSetCount);
        self->refused = true; /* not an error of the channel: FreeRDP would log four lines of its own */
        return CHANNEL_RC_OK;
    }
    self->flags = best->version == RDPGFX_CAPVERSION_101 ? 0 : best->flags;
    /* The length is ours, never the client's: it sizes an allocation. H.264 is not sent, so it is declined.
     */
    answer.version = best->version;
    answer.length = best->version == RDPGFX_CAPVERSION_101 ? 16 : 4;
    answer.flags = self->flags & ~RDPGFX_CAPS_FLAG_AVC420_ENABLED;
    if (best->version >= RDPGFX_CAPVERSION_10 && best->version != RDPGFX_CAPVERSION_101)
        answer.flags |= RDPGFX_CAPS_FLAG_AVC_DISABLED;
    return context->CapsConfirm(context, &confirm);
}

static UINT on_frame_acknowledge(RdpgfxServerContext *context, const RDPGFX_FRAME_ACKNOWLEDGE_PDU *ack)
{
    struct gfx *self = context->custom;

    self->config.acked(self->config.arg, ack->frameId, ack->queueDepth == SUSPEND_FRAME_ACKNOWLEDGEMENT);
    return CHANNEL_RC_OK;
}

struct gfx *gfx_create(const struct gfx_config *config)
{
    struct gfx *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->config = *config;
    self->context = rdpgfx_server_context_new(config->vcm);
    if (!self->context)
        goto out;
    self->context->custom = self;
    self->context->rdpcontext = config->peer->context;
    self->context->CapsAdvertise = on_caps_advertise;
    self->context->FrameAcknowledge = on_frame_acknowledge;
    /* our main loop polls: no thread of FreeRDP's */
    if (!self->context->Initialize(self->context, TRUE) || !self->context->Open(self->context))
        goto out;
    return self;
out:
    gfx_destroy(self);
    return NULL;
}

void gfx_destroy(struct gfx *self)
{
    if (!self)
        return;
    if (self->context)
        rdpgfx_server_context_free(self->context);
    free(self);
}

HANDLE gfx_event(struct gfx *self)
{
    return rdpgfx_server_get_event_handle(self->context);
}

static bool signalled(struct gfx *self)
{
    HANDLE event = gfx_event(self);

    return event && WaitForSingleObject(event, 0) == WAIT_OBJECT_0;
}

/* One message, if any. */
static UINT handle_message(struct gfx *self)
{
    /* For a channel that the client refused or closed, FreeRDP's answer is whatever the last error was: a
     * failure while it opens; later "no data", see is_closed. */
    SetLastError(self->version ? ERROR_NO_DATA : ERROR_SUCCESS);
    return rdpgfx_server_handle_messages(self->context);
}

/* A client's close leaves a message in the queue that nobody can read: there is one, and yet no data. */
static bool is_closed(struct gfx *self, UINT error)
{
    return error == ERROR_NO_DATA && signalled(self);
}

enum gfx_state gfx_poll(struct gfx *self)
{
    UINT error = CHANNEL_RC_OK;

    if (self->broken)
        return GFX_BROKEN;
    /* Before the capabilities the call also looks whether the client has accepted the channel, which sets no
     * event. After them, one message at a time while there are any. */
    if (!self->version)
        error = handle_message(self);
    while (error == CHANNEL_RC_OK && self->version && signalled(self))
        error = handle_message(self);
    if (self->refused)
        return GFX_REFUSED;
    if (self->version && is_closed(self, error))
        return GFX_CLOSED;
    if (error == CHANNEL_RC_OK || error == ERROR_NO_DATA)
        return self->version ? GFX_READY : GFX_OPENING;
    if (!self->version)
        return GFX_REFUSED;
    self->broken = true;
    return GFX_BROKEN;
}

const char *gfx_version(const struct gfx *self)
{
    return self->version ? self->version->name : "none";
}

bool gfx_takes_progressive(const struct gfx *self)
{
    /* thin clients decode RemoteFX video instead ([MS-RDPEGFX] 2.2.3.1) */
    return !(self->flags & RDPGFX_CAPS_FLAG_THINCLIENT);
}

static bool sent(struct gfx *self, UINT error, size_t payload)
{
    if (error != CHANNEL_RC_OK) {
        if (!self->broken)
            log_error("display", self->config.connection, "graphics pipeline: send failed with %u", error);
        self->broken = true;
        return false;
    }
    self->bytes += (uint32_t)payload + PDU_OVERHEAD;
    return true;
}

bool gfx_reset(struct gfx *self, uint32_t width, uint32_t height)
{
    RdpgfxServerContext *context = self->context;
    MONITOR_DEF monitor = {0, 0, (INT32)width - 1, (INT32)height - 1, MONITOR_PRIMARY};
    RDPGFX_RESET_GRAPHICS_PDU reset = {width, height, 1, &monitor};
    RDPGFX_DELETE_SURFACE_PDU old = {SURFACE_ID};
    RDPGFX_CREATE_SURFACE_PDU surface = {SURFACE_ID, (UINT16)width, (UINT16)height,
                                         GFX_PIXEL_FORMAT_XRGB_8888};
    RDPGFX_MAP_SURFACE_TO_OUTPUT_PDU map = {SURFACE_ID, 0, 0, 0};
    RDPGFX_COLOR32 black = {0, 0, 0, 0xff};
    RECTANGLE_16 all = {0, 0, (UINT16)width, (UINT16)height};
    RDPGFX_SOLID_FILL_PDU fill = {SURFACE_ID, black, 1, &all};

    if (self->surface && !sent(self, context->DeleteSurface(context, &old), 2))
        return false;
    self->surface = false;
    if (!sent(self, context->ResetGraphics(context, &reset), 332) ||
        !sent(self, context->CreateSurface(context, &surface), 7) ||
        !sent(self, context->MapSurfaceToOutput(context, &map), 12))
        return false;
    self->surface = true;
    return sent(self, context->SolidFill(context, &fill), 16);
}

bool gfx_begin(struct gfx *self, uint32_t frame)
{
    SYSTEMTIME now;

    GetSystemTime(&now);
    /* [MS-RDPEGFX] 2.2.2.11: hour, minute, second, millisecond packed */
    self->start.timestamp =
        (UINT32)now.wHour << 22 | (UINT32)now.wMinute << 16 | (UINT32)now.wSecond << 10 | now.wMilliseconds;
    self->start.frameId = self->frame = frame;
    self->bytes = 0;
    self->begun = self->ended = false; /* sent with the first command */
    return !self->broken;
}

static bool begin_now(struct gfx *self)
{
    if (self->begun)
        return true;
    self->begun = true;
    return sent(self, self->context->StartFrame(self->context, &self->start), 8);
}

bool gfx_fill(struct gfx *self, uint32_t colour, const struct channel_rect *rects, unsigned count)
{
    RECTANGLE_16 areas[CHANNEL_RECTS_MAX];
    RDPGFX_SOLID_FILL_PDU fill = {
        SURFACE_ID, {(BYTE)colour, (BYTE)(colour >> 8), (BYTE)(colour >> 16), 0xff}, (UINT16)count, areas};

    if (count > CHANNEL_RECTS_MAX)
        return false;
    for (unsigned i = 0; i < count; i++)
        areas[i] = (RECTANGLE_16){rects[i].left, rects[i].top, rects[i].right, rects[i].bottom};
    return begin_now(self) &&
           sent(self, self->context->SolidFill(self->context, &fill), 8 + 8 * (size_t)count);
}

static bool surface_command(struct gfx *self, UINT32 codec, const struct channel_rect *rect,
                            const uint8_t *data, size_t len, bool last)
{
    RDPGFX_END_FRAME_PDU end = {self->frame};
    const RDPGFX_START_FRAME_PDU *first = self->begun ? NULL : &self->start;
    RDPGFX_SURFACE_COMMAND command = {.surfaceId = SURFACE_ID,
                                      .codecId = codec,
                                      .format = PIXEL_FORMAT_BGRX32,
                                      .left = rect->left,
                                      .top = rect->top,
                                      .right = rect->right,
                                      .bottom = rect->bottom,
                                      .width = (UINT32)(rect->right - rect->left),
                                      .height = (UINT32)(rect->bottom - rect->top),
                                      .length = (UINT32)len,
                                      .data = (BYTE *)(uintptr_t)data};

    self->begun = true;
    self->ended = last;
    return sent(self, self->context->SurfaceFrameCommand(self->context, &command, first, last ? &end : NULL),
                17 + len + (first ? 16 : 0) + (last ? 12 : 0));
}

bool gfx_planar(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len, bool last)
{
    return surface_command(self, RDPGFX_CODECID_PLANAR, rect, data, len, last);
}

bool gfx_progressive(struct gfx *self, const uint8_t *data, size_t len, bool last)
{
    struct channel_rect nowhere = {0, 0, 0, 0}; /* the stream names its tiles itself */

    return surface_command(self, RDPGFX_CODECID_CAPROGRESSIVE, &nowhere, data, len, last);
}

bool gfx_end(struct gfx *self, uint32_t *bytes)
{
    RDPGFX_END_FRAME_PDU end = {self->frame};
    bool good = begin_now(self);

    if (good && !self->ended)
        good = sent(self, self->context->EndFrame(self->context, &end), 4);
    *bytes = self->bytes;
    return good;
}
