/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <freerdp/channels/wtsvc.h>
#include <freerdp/settings.h>
#include <winpr/synch.h>
#include <winpr/wtsapi.h>

#include "os/socket.h"
#include "peer/certificate.h"
#include "peer/peer_private.h"
#include "peer/security.h"

#define COLOR_DEPTH 32   /* the most; a client that asks for less gets less */
#define LARGE_POINTERS 3 /* LARGE_POINTER_FLAG_96x96 | LARGE_POINTER_FLAG_384x384 */

static const struct {
    FreeRDP_Settings_Keys_Bool key;
    BOOL value;
} features[] = {
    {FreeRDP_SupportGraphicsPipeline, TRUE},
    {FreeRDP_GfxProgressive, TRUE},
    {FreeRDP_GfxPlanar, TRUE},
    {FreeRDP_GfxH264, FALSE},
    {FreeRDP_GfxAVC444, FALSE},
    {FreeRDP_GfxAVC444v2, FALSE},
    {FreeRDP_RemoteFxCodec, FALSE},
    {FreeRDP_NSCodec, FALSE},
    {FreeRDP_FastPathInput, TRUE},
    {FreeRDP_FastPathOutput, TRUE},
    {FreeRDP_UnicodeInput, TRUE},
    {FreeRDP_HasExtendedMouseEvent, TRUE},
    {FreeRDP_HasHorizontalWheel, TRUE},
    {FreeRDP_HasRelativeMouseEvent, FALSE},
    {FreeRDP_SupportErrorInfoPdu, TRUE},
    {FreeRDP_RefreshRect, TRUE},
    {FreeRDP_SuppressOutput, TRUE},
    {FreeRDP_DesktopResize, TRUE},
    {FreeRDP_SupportMonitorLayoutPdu, FALSE}, /* one desktop picture, whatever the client's monitors are */
    {FreeRDP_NetworkAutoDetect,
     FALSE}, /* nobody would use the result yet, and it adds a round trip to the start */
    {FreeRDP_SupportHeartbeatPdu, FALSE},
    {FreeRDP_SupportMultitransport, FALSE}, /* FreeRDP has no UDP transport behind it */
    {FreeRDP_WaitForOutputBufferFlush,
     FALSE}, /* a write may not block: `blocked` and the display's cap do that */
    {FreeRDP_ServerLicenseRequired, FALSE},
};

static bool apply_settings(rdpSettings *settings)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        if (!freerdp_settings_set_bool(settings, features[i].key, features[i].value))
            return false;
    return freerdp_settings_set_uint32(settings, FreeRDP_ColorDepth, COLOR_DEPTH) &&
           freerdp_settings_set_uint32(settings, FreeRDP_LargePointerFlag, LARGE_POINTERS);
}

static BOOL context_new(freerdp_peer *rdp, rdpContext *context)
{
    struct peer *self = rdp->ContextExtra;

    ((struct peer_context *)context)->peer = self;
    self->vcm = WTSOpenServerA((LPSTR)context);
    if (self->vcm == INVALID_HANDLE_VALUE)
        self->vcm = NULL;
    return self->vcm != NULL;
}

static void context_free(freerdp_peer *rdp, rdpContext *context)
{
    struct peer *self = rdp->ContextExtra;

    (void)context;
    /* channels before the manager: closing one looks into it */
    peer_resize_finish(self);
    display_consumer_destroy(self->display);
    self->display = NULL;
    if (self->vcm)
        WTSCloseServer(self->vcm);
    self->vcm = NULL;
}

static bool make_parts(struct peer *self)
{
    struct display_consumer_config display = {.peer = self->rdp,
                                              .vcm = self->vcm,
                                              .counters = self->counters,
                                              .connection = self->config->connection,
                                              .h264 = self->config->h264 != 0};
    struct input_relay_config input = {.counters = self->counters};

    self->session =
        session_link_create(self->adapter, self->config->connection, &self->layout, self->counters);
    display.send = session_link_send_display;
    input.send = session_link_send_input;
    display.arg = input.arg = self->session;
    self->display = self->session ? display_consumer_create(&display) : NULL;
    self->input = self->session ? input_relay_create(&input) : NULL;
    if (!self->display || !self->input)
        return false;
    session_link_use(self->session, self->display, self->input);
    return true;
}

bool peer_open(struct peer *self, char *problem, size_t cap)
{
    struct certificate certificate;
    rdpSettings *settings;
    bool good = false;

    if (!certificate_load(&certificate, self->config, problem, cap) ||
        !security_check(self->config, problem, cap))
        goto out;
    snprintf(problem, cap, "FreeRDP cannot be set up: out of memory");
    self->rdp = freerdp_peer_new((int)self->socket);
    if (!self->rdp)
        goto out;
    self->rdp->ContextSize = sizeof(struct peer_context);
    self->rdp->ContextExtra = self;
    self->rdp->ContextNew = context_new;
    self->rdp->ContextFree = context_free;
    if (!freerdp_peer_context_new(self->rdp))
        goto out;
    settings = self->rdp->context->settings;
    if (!make_parts(self) || !apply_settings(settings))
        goto out;
    if (!security_apply(settings, self->config, &certificate)) {
        snprintf(problem, cap, "FreeRDP does not take the certificate, the key or the security settings");
        goto out;
    }
    peer_set_callbacks(self);
#ifndef _WIN32
    self->writable = CreateFileDescriptorEvent(NULL, TRUE, FALSE, self->socket, WINPR_FD_WRITE);
#endif
    good = peer_hook_transport(self) && self->rdp->Initialize(self->rdp);
out:
    certificate_finish(&certificate);
    return good;
}

void peer_close(struct peer *self)
{
    if (self->rdp) {
        freerdp_peer_context_free(self->rdp);
        freerdp_peer_free(self->rdp); /* closes the socket if it never got as far as the context */
    } else {
        os_socket_close(self->socket, false);
    }
    if (self->writable)
        CloseHandle(self->writable);
    input_relay_destroy(self->input);
    session_link_destroy(self->session);
    os_wipe(&self->delegated, sizeof self->delegated);
}
