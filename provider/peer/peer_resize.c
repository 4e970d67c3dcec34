/* SPDX-License-Identifier: Apache-2.0 */
/* Another size for the desktop while the client is connected: what it asks for through Display Control
 * becomes a new surface of the graphics pipeline or, without that, a reactivation; and new slots for the
 * session program. */
#include <freerdp/channels/drdynvc.h>
#include <freerdp/channels/wtsvc.h>
#include <freerdp/settings.h>
#include <freerdp/update.h>

#include "channels/display/disp.h"
#include "os/log.h"
#include "peer/peer_private.h"

static bool allowed(const struct peer *self)
{
    return self->config->desktop_width == 0 || self->config->desktop_height == 0;
}

static void close_channel(struct peer *self)
{
    disp_destroy(self->resize.disp);
    self->resize.disp = NULL;
}

static void open_channel(struct peer *self)
{
    if (self->resize.asked || !allowed(self) ||
        !WTSVirtualChannelManagerIsChannelJoined(self->vcm, DRDYNVC_SVC_CHANNEL_NAME) ||
        WTSVirtualChannelManagerGetDrdynvcState(self->vcm) != DRDYNVC_STATE_READY)
        return;
    self->resize.asked = true;
    self->resize.disp = disp_create(self->vcm, self->config->connection);
}

static void take_wish(struct peer *self)
{
    struct peer_resize *resize = &self->resize;
    struct layout layout;
    bool changed = false;

    if (!resize->disp)
        return;
    if (disp_poll(resize->disp, &layout, &changed) == DISP_OVER)
        close_channel(self);
    if (!changed)
        return;
    resize->layout = layout;
    resize->wanted = !layout_equal(&layout, &self->layout);
}

static bool apply_size(struct peer *self)
{
    rdpSettings *settings = self->rdp->context->settings;

    return freerdp_settings_set_uint32(settings, FreeRDP_DesktopWidth, self->width) &&
           freerdp_settings_set_uint32(settings, FreeRDP_DesktopHeight, self->height);
}

static bool apply(struct peer *self)
{
    struct peer_resize *resize = &self->resize;
    const rdpSettings *settings = self->rdp->context->settings;
    bool pipeline = display_consumer_uses_pipeline(self->display);

    resize->wanted = false;
    if (!pipeline && !freerdp_settings_get_bool(settings, FreeRDP_DesktopResize)) {
        log_warn("peer", self->config->connection,
                 "the client asks for %ux%u, but it has no graphics pipeline and cannot be reactivated",
                 resize->layout.width, resize->layout.height);
        return true;
    }
    resize_pace_changed(&resize->pace, os_now_ms());
    self->layout = resize->layout;
    self->width = self->layout.width;
    self->height = self->layout.height;
    log_info("peer", self->config->connection, "the client's desktop is %ux%u now, %u monitor%s", self->width,
             self->height, self->layout.count, self->layout.count == 1 ? "" : "s");
    display_consumer_set_layout(self->display, &self->layout);
    if (pipeline) {
        if (!apply_size(self) || !display_consumer_resize(self->display))
            return false;
        session_link_resized(self->session);
        return true;
    }
    /* Deactivate All, then capabilities again; on_activate goes on */
    display_consumer_deactivate(self->display);
    resize->reactivating = true;
    return apply_size(self) && self->rdp->context->update->DesktopResize(self->rdp->context);
}

unsigned peer_resize_events(struct peer *self, HANDLE *events)
{
    if (!self->resize.disp)
        return 0;
    events[0] = disp_event(self->resize.disp);
    return 1;
}

/* A client whose window is dragged asks all the time: the newest wish counts. One that does not read gets no
 * new surfaces on top of what waits for it. */
static bool can_apply(const struct peer *self)
{
    return self->resize.wanted && !self->resize.reactivating && !self->blocked &&
           display_consumer_ready(self->display);
}

uint32_t peer_resize_timeout(const struct peer *self)
{
    uint64_t now = os_now_ms(), due = resize_pace_due(&self->resize.pace);

    if (!can_apply(self))
        return INFINITE;
    return due > now ? (uint32_t)(due - now) : 0;
}

bool peer_resize_check(struct peer *self)
{
    open_channel(self);
    take_wish(self);
    return !can_apply(self) || os_now_ms() < resize_pace_due(&self->resize.pace) || apply(self);
}

void peer_resize_activated(struct peer *self)
{
    self->resize.reactivating = false;
}

void peer_resize_finish(struct peer *self)
{
    close_channel(self);
}
