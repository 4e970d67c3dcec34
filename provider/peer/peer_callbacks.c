/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <freerdp/channels/drdynvc.h>
#include <freerdp/channels/wtsvc.h>
#include <freerdp/settings.h>
#include <freerdp/update.h>

#include "os/log.h"
#include "peer/peer_private.h"
#include "peer/security.h"
#include "peer/wlog.h"

#define NEGOTIATION_FAILED 0x80000000u /* FreeRDP's mark in its SelectedProtocol */

static void refuse(struct peer *self, const char *why)
{
    if (!self->refused)
        snprintf(self->refusal, sizeof self->refusal, "%s", why);
    self->refused = true;
}

/* The first bytes of X.224. */
static SSIZE_T on_read_bytes(rdpTransport *transport, BYTE *data, size_t bytes)
{
    struct peer *self = peer_of(transport_get_context(transport));
    SSIZE_T got = self->io.ReadBytes(transport, data, bytes);

    if (got > 0 && !self->started)
        life_phase(self->life, LINK_PHASE_NEGOTIATION);
    self->started = self->started || got > 0;
    return got;
}

static int on_read_pdu(rdpTransport *transport, wStream *pdu)
{
    struct peer *self = peer_of(transport_get_context(transport));
    int size = self->io.ReadPdu(transport, pdu);

    self->pdu = size > 0 && !self->told_client ? pdu : NULL; /* whole: FreeRDP handles it next */
    return size;
}

/* Inside FreeRDP's accept: the X.224 request is complete, and when this returns TLS is up. */
static BOOL on_tls_accept(rdpTransport *transport)
{
    rdpContext *context = transport_get_context(transport);
    struct peer *self = peer_of(context);

    /* FreeRDP goes on after it has answered with a failure, because the failure codes share bits with the
     * protocols: a client that ignores the answer would get TLS or RDSTLS where only NLA is allowed. */
    if (freerdp_settings_get_uint32(context->settings, FreeRDP_SelectedProtocol) & NEGOTIATION_FAILED) {
        refuse(self, "the client's security protocols are not allowed here");
        return FALSE;
    }
    life_phase(self->life, LINK_PHASE_TLS);
    if (!self->io.TLSAccept(transport))
        return FALSE;
    life_phase(self->life, LINK_PHASE_CREDSSP);
    return TRUE;
}

bool peer_hook_transport(struct peer *self)
{
    const rdpTransportIo *io = freerdp_get_io_callbacks(self->rdp->context);
    rdpTransportIo hooked;

    if (!io)
        return false;
    self->io = hooked = *io;
    hooked.ReadBytes = on_read_bytes;
    hooked.ReadPdu = on_read_pdu;
    hooked.TLSAccept = on_tls_accept;
    return freerdp_set_io_callbacks(self->rdp->context, &hooked);
}

/* TLS is up, and with NLA (automatic) the account is proved. FreeRDP 3.15 goes on whatever this returns:
 * `refused` ends it. */
static BOOL on_logon(freerdp_peer *rdp, const SEC_WINNT_AUTH_IDENTITY *identity, BOOL automatic)
{
    struct peer *self = peer_of(rdp->context);
    char problem[256];

    (void)identity; /* empty on the server side: the credentials are in the settings */
    if (automatic) {
        if (!security_verify_nla(rdp, self->config, problem, sizeof problem)) {
            refuse(self, problem);
        } else {
            credentials_take(&self->delegated, rdp->context->settings);
            self->authenticated = true;
        }
    } else if (self->config->security == LINK_SECURITY_NLA) {
        refuse(self, "NLA is required");
    }
    return !self->refused;
}

/* Client Info, with its password, is in FreeRDP's hands still; afterwards it goes to a pool as it is. Nothing
 * in it is read any more. */
static void wipe_client_info(struct peer *self)
{
    if (self->pdu)
        os_wipe(Stream_Buffer(self->pdu), Stream_Capacity(self->pdu));
    self->pdu = NULL;
}

static void tell_client(struct peer *self)
{
    rdpSettings *settings = self->rdp->context->settings;
    struct credentials said;
    struct link_client client;

    self->told_client = true;
    client_data_fill(&client, settings);
    client_data_layout(self->config, settings, &self->layout);
    self->width = self->layout.width;
    self->height = self->layout.height;
    display_consumer_set_layout(self->display, &self->layout);
    credentials_take(&said, settings);
    client.authenticated = self->authenticated ? 1 : 0;
    client_data_credentials(&client, self->authenticated ? &self->delegated : &said);
    if (!adapter_send(self->adapter, LINK_CLIENT, &client))
        refuse(self, "what the client said cannot be passed on");
    os_wipe(&client, sizeof client);
    os_wipe(&said, sizeof said);
    os_wipe(&self->delegated, sizeof self->delegated);
    wipe_client_info(self);
}

static enum link_phase phase_of(CONNECTION_STATE state)
{
    switch (state) {
    case CONNECTION_STATE_MCS_CREATE_REQUEST:
    case CONNECTION_STATE_MCS_CREATE_RESPONSE:
    case CONNECTION_STATE_MCS_ERECT_DOMAIN:
    case CONNECTION_STATE_MCS_ATTACH_USER:
    case CONNECTION_STATE_MCS_ATTACH_USER_CONFIRM:
    case CONNECTION_STATE_MCS_CHANNEL_JOIN_REQUEST:
    case CONNECTION_STATE_MCS_CHANNEL_JOIN_RESPONSE:
        return LINK_PHASE_MCS;
    case CONNECTION_STATE_RDP_SECURITY_COMMENCEMENT:
    case CONNECTION_STATE_SECURE_SETTINGS_EXCHANGE:
        return LINK_PHASE_CLIENT_INFO;
    case CONNECTION_STATE_CONNECT_TIME_AUTO_DETECT_REQUEST:
    case CONNECTION_STATE_CONNECT_TIME_AUTO_DETECT_RESPONSE:
    case CONNECTION_STATE_LICENSING:
    case CONNECTION_STATE_MULTITRANSPORT_BOOTSTRAPPING_REQUEST:
    case CONNECTION_STATE_MULTITRANSPORT_BOOTSTRAPPING_RESPONSE:
        return LINK_PHASE_LICENSE;
    case CONNECTION_STATE_INITIAL:
    case CONNECTION_STATE_NEGO:
    case CONNECTION_STATE_NLA:
    case CONNECTION_STATE_AAD:
        return LINK_PHASE_CONNECTED; /* the transport's hooks know better */
    default:
        return LINK_PHASE_CAPABILITIES;
    }
}

/* Before FreeRDP handles a PDU in this state, and again for each state that needs none. */
static BOOL on_reached_state(freerdp_peer *rdp, CONNECTION_STATE state)
{
    struct peer *self = peer_of(rdp->context);
    enum link_phase phase = phase_of(state);

    if (phase >= LINK_PHASE_LICENSE && !self->told_client)
        tell_client(self);
    if (phase > LINK_PHASE_CONNECTED)
        life_phase(self->life, phase);
    return TRUE;
}

void peer_follow_state(struct peer *self)
{
    on_reached_state(self->rdp, freerdp_get_state(self->rdp->context));
}

/* Before each Demand Active, so again at every reactivation. */
static BOOL on_capabilities(freerdp_peer *rdp)
{
    struct peer *self = peer_of(rdp->context);
    rdpSettings *settings = rdp->context->settings;

    /* Pictures are compressed by their codecs; MPPC over that costs more time than it saves bytes. */
    return !self->refused && freerdp_settings_set_bool(settings, FreeRDP_CompressionEnabled, FALSE) &&
           freerdp_settings_set_bool(settings, FreeRDP_AutoReconnectionPacketSupported, TRUE) &&
           freerdp_settings_set_uint32(settings, FreeRDP_DesktopWidth, self->width) &&
           freerdp_settings_set_uint32(settings, FreeRDP_DesktopHeight, self->height);
}

static BOOL on_post_connect(freerdp_peer *rdp)
{
    return !peer_of(rdp->context)->refused;
}

/* Whether it gets that far is seen later, when its dynamic channels are up; nobody should wait for it. */
static bool announces_pipeline(const struct peer *self)
{
    return freerdp_settings_get_bool(self->rdp->context->settings, FreeRDP_SupportGraphicsPipeline) &&
           WTSVirtualChannelManagerIsChannelJoined(self->vcm, DRDYNVC_SVC_CHANNEL_NAME);
}

static BOOL on_activate(freerdp_peer *rdp)
{
    struct peer *self = peer_of(rdp->context);
    const rdpSettings *settings = rdp->context->settings;
    bool first = !self->active;

    self->active = true;
    peer_resize_activated(self);
    life_phase(self->life, LINK_PHASE_ACTIVE);
    wlog_set_quiet(false);
    if (!display_consumer_activate(self->display))
        return FALSE;
    if (first) {
        struct link_active active = {
            .width = freerdp_settings_get_uint32(settings, FreeRDP_DesktopWidth),
            .height = freerdp_settings_get_uint32(settings, FreeRDP_DesktopHeight),
            .color_depth = freerdp_settings_get_uint32(settings, FreeRDP_ColorDepth),
            .graphics_pipeline = announces_pipeline(self) ? 1 : 0,
        };

        adapter_send(self->adapter, LINK_ACTIVE, &active);
        if (self->connect)
            session_link_connect(self->session, self->shown);
    } else {
        session_link_resized(self->session);
    }
    return TRUE;
}

static BOOL on_suppress_output(rdpContext *context, BYTE allow, const RECTANGLE_16 *area)
{
    struct peer *self = peer_of(context);
    struct link_value value = {.value = allow ? 0 : 1};

    (void)area;
    display_consumer_suppress(self->display, !allow);
    adapter_send(self->adapter, LINK_SUPPRESS, &value);
    return TRUE;
}

static BOOL on_refresh_rect(rdpContext *context, BYTE count, const RECTANGLE_16 *areas)
{
    (void)count, (void)areas; /* all of it: clients ask when they have lost their picture */
    display_consumer_refresh(peer_of(context)->display);
    return TRUE;
}

static BOOL on_frame_acknowledge(rdpContext *context, UINT32 frame)
{
    display_consumer_frame_ack(peer_of(context)->display, frame);
    return TRUE;
}

static struct input_relay *relay_of(rdpContext *context)
{
    return peer_of(context)->input;
}

void peer_set_callbacks(struct peer *self)
{
    rdpContext *context = self->rdp->context;

    self->rdp->Logon = on_logon;
    self->rdp->ReachedState = on_reached_state;
    self->rdp->Capabilities = on_capabilities;
    self->rdp->PostConnect = on_post_connect;
    self->rdp->Activate = on_activate;
    context->update->SuppressOutput = on_suppress_output;
    context->update->RefreshRect = on_refresh_rect;
    context->update->SurfaceFrameAcknowledge = on_frame_acknowledge;
    input_relay_register(context->input, relay_of);
}
