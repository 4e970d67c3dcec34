/* SPDX-License-Identifier: Apache-2.0 */
/* The client's monitors: those it connects with, and others it asks for later. */
#include <stdlib.h>

#include <freerdp/settings.h>

#include "client_private.h"

void client_watch_disp(struct client *self, DispClientContext *disp)
{
    self->disp = disp;
}

static bool send_layout(rdpContext *context, void *arg)
{
    const struct client_layout *layout = arg;
    struct client *self = client_of(context);
    DISPLAY_CONTROL_MONITOR_LAYOUT monitors[CLIENT_MONITORS] = {0};

    if (!self->disp)
        return false;
    for (unsigned i = 0; i < layout->count; i++) {
        monitors[i].Flags = i == 0 ? DISPLAY_CONTROL_MONITOR_PRIMARY : 0;
        monitors[i].Left = layout->monitors[i].left;
        monitors[i].Top = layout->monitors[i].top;
        monitors[i].Width = layout->monitors[i].width;
        monitors[i].Height = layout->monitors[i].height;
        monitors[i].DesktopScaleFactor = monitors[i].DeviceScaleFactor = 100;
    }
    return self->disp->SendMonitorLayout(self->disp, layout->count, monitors) == CHANNEL_RC_OK;
}

bool client_ask_layout(struct client *self, const struct client_layout *layout)
{
    struct client_layout copy = *layout;

    return client_run(self, send_layout, &copy);
}

bool client_layout_apply(rdpSettings *settings, const struct client_layout *layout)
{
    rdpMonitor monitors[CLIENT_MONITORS] = {0};

    if (layout->count == 0)
        return true;
    for (unsigned i = 0; i < layout->count; i++) {
        monitors[i].x = layout->monitors[i].left;
        monitors[i].y = layout->monitors[i].top;
        monitors[i].width = (INT32)layout->monitors[i].width;
        monitors[i].height = (INT32)layout->monitors[i].height;
        monitors[i].is_primary = i == 0;
    }
    return freerdp_settings_set_bool(settings, FreeRDP_UseMultimon, TRUE) &&
           freerdp_settings_set_bool(settings, FreeRDP_SupportMonitorLayoutPdu, TRUE) &&
           freerdp_settings_set_monitor_def_array_sorted(settings, monitors, layout->count);
}
