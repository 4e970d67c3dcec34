/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/consumer_private.h"

#include <freerdp/channels/drdynvc.h>
#include <freerdp/channels/wtsvc.h>

#include "channels/display/h264.h"
#include "os/log.h"

/* A client that says it has the pipeline but does not open it in this time gets bitmap updates. */
#define PIPELINE_WAIT_MS 5000

bool consumer_drawable(const struct display_consumer *self)
{
    return self->active && !self->broken && (self->path == PATH_PIPELINE || self->path == PATH_BITMAP);
}

static bool start_bitmap(struct display_consumer *self)
{
    encode_bitmap_destroy(self->encode_bitmap);
    self->encode_bitmap = encode_bitmap_create(self->config.peer->context, self->width, self->height);
    if (!self->encode_bitmap) {
        log_error("display", self->config.connection, "no bitmap updates for a client of %u bpp",
                  freerdp_settings_get_uint32(self->config.peer->context->settings, FreeRDP_ColorDepth));
        return false;
    }
    if (self->path != PATH_BITMAP)
        log_info("display", self->config.connection, "bitmap updates, %u bpp, %ux%u%s",
                 encode_bitmap_depth(self->encode_bitmap), self->width, self->height,
                 encode_bitmap_acknowledged(self->encode_bitmap) ? ", acknowledged" : "");
    self->path = PATH_BITMAP;
    pacing_clear(&self->pacing);
    pacing_suspend(&self->pacing, !encode_bitmap_acknowledged(self->encode_bitmap));
    self->full = true;
    return true;
}

static bool reset_pipeline(struct display_consumer *self)
{
    const struct layout *layout = &self->layout_wanted;
    struct gfx_monitor monitors[LAYOUT_MONITORS_MAX];

    if (layout->width != self->width || layout->height != self->height)
        return gfx_reset(self->gfx, self->width, self->height, NULL, 0);
    for (unsigned i = 0; i < layout->count; i++) {
        const struct layout_monitor *from = &layout->monitors[i];

        monitors[i] = (struct gfx_monitor){from->left, from->top, from->width, from->height, from->primary};
    }
    return gfx_reset(self->gfx, self->width, self->height, monitors, layout->count);
}

static bool start_pipeline(struct display_consumer *self)
{
    encode_gfx_destroy(self->encode_gfx);
    self->encode_gfx = encode_gfx_create(self->gfx, self->width, self->height);
    if (!self->encode_gfx || !reset_pipeline(self))
        return false;
    if (self->path != PATH_PIPELINE)
        log_info("display", self->config.connection, "graphics pipeline %s%s%s, %ux%u",
                 gfx_version(self->gfx), gfx_takes_progressive(self->gfx) ? "" : " for a thin client",
                 gfx_takes_avc420(self->gfx) ? " with H.264" : "", self->width, self->height);
    self->path = PATH_PIPELINE;
    pacing_clear(&self->pacing);
    self->full = true;
    return true;
}

static void on_acked(void *arg, uint32_t id, uint32_t queued, bool suspended)
{
    struct display_consumer *self = arg;

    pacing_acked(&self->pacing, id, os_now_ms());
    pacing_suspend(&self->pacing, suspended);
}

static void fall_back(struct display_consumer *self, const char *why)
{
    log_warn("display", self->config.connection, "no graphics pipeline (%s), bitmap updates instead", why);
    encode_gfx_destroy(self->encode_gfx);
    self->encode_gfx = NULL;
    gfx_destroy(self->gfx);
    self->gfx = NULL;
    if (!start_bitmap(self))
        self->broken = true;
}

bool consumer_path_activate(struct display_consumer *self)
{
    const rdpSettings *settings = self->config.peer->context->settings;

    switch (self->path) {
    case PATH_PIPELINE:
        return start_pipeline(self);
    case PATH_WAITING:
    case PATH_OPENING:
        return true;
    case PATH_NONE:
        if (freerdp_settings_get_bool(settings, FreeRDP_SupportGraphicsPipeline) &&
            WTSVirtualChannelManagerIsChannelJoined(self->config.vcm, DRDYNVC_SVC_CHANNEL_NAME)) {
            self->path = PATH_WAITING;
            self->path_deadline_ms = os_now_ms() + PIPELINE_WAIT_MS;
            return true;
        }
        break;
    case PATH_BITMAP:
        break;
    }
    return start_bitmap(self);
}

void consumer_path_check(struct display_consumer *self)
{
    struct gfx_config config = {.peer = self->config.peer,
                                .vcm = self->config.vcm,
                                .connection = self->config.connection,
                                .avc = self->config.h264 && h264_available(),
                                .acked = on_acked,
                                .arg = self};
    enum gfx_state state;

    if (self->path == PATH_WAITING) {
        BYTE ready = WTSVirtualChannelManagerGetDrdynvcState(self->config.vcm);

        if (ready == DRDYNVC_STATE_READY) {
            if (self->config.h264 && !h264_available())
                log_info("display", self->config.connection, "h264 = auto, but this build has no H.264");
            self->gfx = gfx_create(&config);
            if (self->gfx)
                self->path = PATH_OPENING;
            else
                fall_back(self, "channel not opened");
        } else if (ready == DRDYNVC_STATE_FAILED) {
            fall_back(self, "no dynamic channels");
        }
    }
    if (self->gfx) {
        state = gfx_poll(self->gfx);
        if (state == GFX_BROKEN)
            self->broken = true;
        else if (state == GFX_CLOSED)
            fall_back(self, "closed by the client");
        else if (self->path == PATH_OPENING && state == GFX_REFUSED)
            fall_back(self, "refused by the client");
        else if (((self->path == PATH_OPENING && state == GFX_READY) || state == GFX_RESTARTED) &&
                 !start_pipeline(self))
            self->broken = true;
    }
    if ((self->path == PATH_WAITING || self->path == PATH_OPENING) && os_now_ms() >= self->path_deadline_ms)
        fall_back(self, "the client does not answer");
}

void consumer_path_finish(struct display_consumer *self)
{
    encode_bitmap_destroy(self->encode_bitmap);
    encode_gfx_destroy(self->encode_gfx);
    gfx_destroy(self->gfx);
}
