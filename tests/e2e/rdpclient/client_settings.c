/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <freerdp/settings.h>

#include "client_private.h"

void client_options_init(struct client_options *self)
{
    memset(self, 0, sizeof(*self));
    strcpy(self->address, "127.0.0.1");
    self->port = 3389;
    self->width = 1024;
    self->height = 768;
    self->bpp = 32;
    self->gfx = true;
    self->progressive = true;
    self->stop_at = CLIENT_NEVER_STOP;
}

struct flag {
    FreeRDP_Settings_Keys_Bool key;
    bool value;
};

static bool apply_flags(rdpSettings *settings, const struct flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!freerdp_settings_set_bool(settings, flags[i].key, flags[i].value))
            return false;
    return true;
}

static bool apply_cookie(rdpSettings *settings, const struct client_options *options)
{
    ARC_SC_PRIVATE_PACKET packet = {.cbLen = 28, .version = 1, .logonId = options->cookie.session};

    if (!options->have_cookie)
        return true;
    memcpy(packet.arcRandomBits, options->cookie.random, sizeof(packet.arcRandomBits));
    return freerdp_settings_set_pointer_len(settings, FreeRDP_ServerAutoReconnectCookie, &packet, 1);
}

static bool apply_certificate(rdpSettings *settings, const char *fingerprint)
{
    char text[CLIENT_TEXT_MAX + 8];

    if (!fingerprint[0])
        return freerdp_settings_set_bool(settings, FreeRDP_IgnoreCertificate, TRUE);
    snprintf(text, sizeof(text), "sha256:%s", fingerprint);
    return freerdp_settings_set_string(settings, FreeRDP_CertificateAcceptedFingerprints, text);
}

bool client_settings_apply(rdpSettings *settings, const struct client_options *options)
{
    const struct flag flags[] = {
        {FreeRDP_NlaSecurity, options->security != CLIENT_SECURITY_TLS},
        {FreeRDP_TlsSecurity, options->security != CLIENT_SECURITY_NLA},
        {FreeRDP_RdpSecurity, false},
        {FreeRDP_NegotiateSecurityLayer, true},
        {FreeRDP_SoftwareGdi, true},
        {FreeRDP_SupportGraphicsPipeline, options->gfx},
        {FreeRDP_GfxSmallCache, options->small_cache},
        {FreeRDP_GfxThinClient, options->thin_client},
        {FreeRDP_GfxProgressive, options->progressive},
        {FreeRDP_GfxPlanar, true},
        {FreeRDP_GfxH264, options->h264 || options->avc444},
        {FreeRDP_GfxAVC444, options->avc444},
        {FreeRDP_GfxAVC444v2, options->avc444},
        {FreeRDP_RemoteFxCodec, false},
        {FreeRDP_NSCodec, false},
        {FreeRDP_FastPathOutput, true},
        {FreeRDP_UnicodeInput, true},
        {FreeRDP_HasHorizontalWheel, true},
        {FreeRDP_HasExtendedMouseEvent, true},
        {FreeRDP_SuppressOutput, true},
        {FreeRDP_RefreshRect, true},
        {FreeRDP_SupportDisplayControl, true},
        /* everything on the connection's thread */
        {FreeRDP_SynchronousStaticChannels, true},
        {FreeRDP_SynchronousDynamicChannels, true},
        /* what would load channels or connections that nobody asked for */
        {FreeRDP_RedirectClipboard, false},
        {FreeRDP_AudioPlayback, false},
        {FreeRDP_AudioCapture, false},
        {FreeRDP_DeviceRedirection, false},
        {FreeRDP_NetworkAutoDetect, options->auto_detect},
        {FreeRDP_SupportHeartbeatPdu, false},
        {FreeRDP_SupportMultitransport, false},
        {FreeRDP_AutoReconnectionEnabled, options->auto_reconnect},
    };

    return apply_flags(settings, flags, sizeof(flags) / sizeof(flags[0])) &&
           freerdp_settings_set_string(settings, FreeRDP_ServerHostname, options->address) &&
           freerdp_settings_set_uint32(settings, FreeRDP_ServerPort, options->port) &&
           freerdp_settings_set_string(settings, FreeRDP_Username, options->user) &&
           freerdp_settings_set_string(settings, FreeRDP_Domain, options->domain) &&
           freerdp_settings_set_string(settings, FreeRDP_Password, options->password) &&
           freerdp_settings_set_bool(settings, FreeRDP_AutoLogonEnabled, options->password[0] != 0) &&
           freerdp_settings_set_string(settings, FreeRDP_ClientHostname, "rdpclient") &&
           freerdp_settings_set_string(settings, FreeRDP_AuthenticationPackageList, "!kerberos,ntlm") &&
           freerdp_settings_set_uint32(settings, FreeRDP_DesktopWidth, options->width) &&
           freerdp_settings_set_uint32(settings, FreeRDP_DesktopHeight, options->height) &&
           freerdp_settings_set_uint32(settings, FreeRDP_ColorDepth, options->bpp) &&
           freerdp_settings_set_uint32(settings, FreeRDP_GfxCapsFilter, options->caps_filter) &&
           client_layout_apply(settings, &options->layout) && apply_cookie(settings, options) &&
           apply_certificate(settings, options->fingerprint);
}
