/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about the connection itself. */
#include <stdlib.h>
#include <string.h>

#include <freerdp/error.h>
#include <freerdp/freerdp.h>
#include <freerdp/types.h>

#include "commands_private.h"

#define DEFAULT_WAIT_MS 15000
#define WAIT_MAX_MS 600000

static const struct {
    const char *name;
    int state;
} stops[] = {
    {"nego", CONNECTION_STATE_NEGO},
    {"nla", CONNECTION_STATE_NLA},
    {"mcs", CONNECTION_STATE_MCS_CREATE_REQUEST},
    {"erect-domain", CONNECTION_STATE_MCS_ERECT_DOMAIN},
    {"attach-user", CONNECTION_STATE_MCS_ATTACH_USER},
    {"join", CONNECTION_STATE_MCS_CHANNEL_JOIN_REQUEST},
    {"client-info", CONNECTION_STATE_SECURE_SETTINGS_EXCHANGE},
    {"license", CONNECTION_STATE_LICENSING},
    {"demand-active", CONNECTION_STATE_CAPABILITIES_EXCHANGE_DEMAND_ACTIVE},
    {"confirm-active", CONNECTION_STATE_CAPABILITIES_EXCHANGE_CONFIRM_ACTIVE},
    {"finalization", CONNECTION_STATE_FINALIZATION_SYNC},
    {"font-list", CONNECTION_STATE_FINALIZATION_FONT_LIST},
};

static bool parse_stop(const char *text, int *out)
{
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        if (strcmp(text, stops[i].name) == 0) {
            *out = stops[i].state;
            return true;
        }
    }
    return false;
}

static bool parse_switch(const char *text, bool *out)
{
    *out = strcmp(text, "on") == 0;
    return *out || strcmp(text, "off") == 0;
}

static bool parse_text(const char *text, char out[CLIENT_TEXT_MAX])
{
    size_t len = strlen(text);

    if (len >= CLIENT_TEXT_MAX)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

static bool parse_address(char *text, struct client_options *options)
{
    char *colon = strrchr(text, ':');
    uint32_t port = 0;

    if (!colon || !parse_number(colon + 1, 10, 65535, &port) || port == 0)
        return false;
    *colon = 0;
    options->port = (uint16_t)port;
    return parse_text(text, options->address);
}

static bool parse_size(char *text, struct client_options *options)
{
    char *x = strchr(text, 'x');

    if (!x)
        return false;
    *x = 0;
    return parse_number(text, 10, 16384, &options->width) &&
           parse_number(x + 1, 10, 16384, &options->height) && options->width && options->height;
}

static bool parse_security(const char *text, enum client_security *out)
{
    static const char *const names[] = {"any", "nla", "tls"};

    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum client_security)i;
            return true;
        }
    }
    return false;
}

/* SESSION:32 hexadecimal digits */
static bool parse_cookie(char *text, struct client_options *options)
{
    char *colon = strchr(text, ':'), digits[3] = "";
    uint32_t byte;

    if (!colon)
        return false;
    *colon++ = 0;
    if (strlen(colon) != 32 || !parse_number(text, 10, UINT32_MAX, &options->cookie.session))
        return false;
    for (unsigned i = 0; i < 16; i++) {
        memcpy(digits, colon + 2 * i, 2);
        if (!parse_number(digits, 16, 255, &byte))
            return false;
        options->cookie.random[i] = (uint8_t)byte;
    }
    options->have_cookie = true;
    return true;
}

static bool set_option(struct client_options *options, const char *name, char *value)
{
    if (strcmp(name, "address") == 0)
        return parse_address(value, options);
    if (strcmp(name, "user") == 0)
        return parse_text(value, options->user);
    if (strcmp(name, "domain") == 0)
        return parse_text(value, options->domain);
    if (strcmp(name, "password") == 0)
        return parse_text(value, options->password);
    if (strcmp(name, "fingerprint") == 0)
        return parse_text(value, options->fingerprint);
    if (strcmp(name, "security") == 0)
        return parse_security(value, &options->security);
    if (strcmp(name, "size") == 0)
        return parse_size(value, options);
    if (strcmp(name, "monitors") == 0)
        return parse_layout(value, &options->layout);
    if (strcmp(name, "bpp") == 0)
        return parse_number(value, 10, 32, &options->bpp) &&
               (options->bpp == 16 || options->bpp == 24 || options->bpp == 32 || options->bpp == 15);
    if (strcmp(name, "gfx") == 0)
        return parse_switch(value, &options->gfx);
    if (strcmp(name, "caps-filter") == 0)
        return parse_number(value, 0, UINT32_MAX, &options->caps_filter);
    if (strcmp(name, "progressive") == 0)
        return parse_switch(value, &options->progressive);
    if (strcmp(name, "small-cache") == 0)
        return parse_switch(value, &options->small_cache);
    if (strcmp(name, "thin-client") == 0)
        return parse_switch(value, &options->thin_client);
    if (strcmp(name, "h264") == 0)
        return parse_switch(value, &options->h264);
    if (strcmp(name, "avc444") == 0)
        return parse_switch(value, &options->avc444);
    if (strcmp(name, "auto-reconnect") == 0)
        return parse_switch(value, &options->auto_reconnect);
    if (strcmp(name, "record") == 0)
        return parse_text(value, options->record);
    if (strcmp(name, "cookie") == 0)
        return parse_cookie(value, options);
    if (strcmp(name, "stop-at") == 0)
        return parse_stop(value, &options->stop_at);
    return false;
}

static void run_connect(struct session *self, char **words, int count)
{
    struct client_options options;
    char problem[256];

    if (self->client) {
        struct client_ending ending;

        if (!client_wait_ended(self->client, 0, &ending)) {
            mistake(self, "connected already");
            return;
        }
        client_destroy(self->client);
        self->client = NULL;
    }
    client_options_init(&options);
    for (int i = 0; i < count; i++) {
        char *value = strchr(words[i], '=');

        if (value)
            *value++ = 0;
        if (!value || !set_option(&options, words[i], value)) {
            mistake(self, "connect: %s is unknown or its value is wrong", words[i]);
            goto out;
        }
    }
    self->ended = false;
    memset(&self->ending, 0, sizeof(self->ending));
    self->client = client_create(&options, problem, sizeof(problem));
    if (self->client)
        answer(self, true, "connecting");
    else
        mistake(self, "%s", problem);
out:
    memset(&options, 0, sizeof(options));
}

static void answer_ending(struct session *self, bool good)
{
    const struct client_ending *e = &self->ending;
    char type[64] = "none", data[64] = "none";

    if (e->logon_error) {
        freerdp_get_logon_error_info_type_ex(e->logon_type, type, sizeof(type));
        freerdp_get_logon_error_info_data_ex(e->logon_data, data, sizeof(data));
    }
    answer(
        self, good,
        "ended was-active=%s by=%s last-error=0x%08x last-error-name=%s error-info=0x%08x error-info-name=%s "
        "logon-error=%s logon-type=%s logon-data=%s certificate-refused=%s",
        e->was_active ? "yes" : "no", e->by_us ? "us" : "server", e->last_error,
        e->last_error ? freerdp_get_last_error_name(e->last_error) : "none", e->error_info,
        e->error_info ? freerdp_get_error_info_name(e->error_info) : "none", e->logon_error ? "yes" : "no",
        type, data, e->certificate_refused ? "yes" : "no");
}

static void run_wait_active(struct session *self, char **words, int count)
{
    struct client_stats stats;
    uint32_t ms;

    if (!take_number(self, words, &count, "timeout", DEFAULT_WAIT_MS, WAIT_MAX_MS, &ms) ||
        !none_left(self, words, count))
        return;
    switch (client_wait_connected(self->client, ms)) {
    case CLIENT_ACTIVE:
        client_get_stats(self->client, &stats);
        answer(self, true, "active width=%u height=%u ms=%llu", stats.width, stats.height,
               (unsigned long long)(stats.active_us - stats.start_us) / 1000);
        break;
    case CLIENT_STOPPED:
        answer(self, false, "stopped");
        break;
    case CLIENT_ENDED:
        self->ended = client_wait_ended(self->client, 0, &self->ending);
        answer_ending(self, false);
        break;
    case CLIENT_CONNECTING:
        answer(self, false, "timeout");
        break;
    }
}

static void wait_end(struct session *self, char **words, int count)
{
    uint32_t ms;

    if (!take_number(self, words, &count, "timeout", DEFAULT_WAIT_MS, WAIT_MAX_MS, &ms) ||
        !none_left(self, words, count))
        return;
    self->ended = client_wait_ended(self->client, ms, &self->ending);
    if (!self->ended) {
        answer(self, false, "timeout");
        return;
    }
    answer_ending(self, true);
}

static void run_disconnect(struct session *self, char **words, int count)
{
    client_end(self->client);
    wait_end(self, words, count);
}

static void run_stats(struct session *self, char **words, int count)
{
    struct client_stats s;
    char codecs[CLIENT_CODECS * 24] = "none";
    size_t len = 0;

    (void)words;
    (void)count;
    client_get_stats(self->client, &s);
    for (unsigned i = 0; i < CLIENT_CODECS; i++)
        if (s.codecs[i])
            len += (size_t)snprintf(codecs + len, sizeof(codecs) - len, "%s%x:%llu", len ? "," : "", i,
                                    (unsigned long long)s.codecs[i]);
    answer(
        self, true,
        "width=%u height=%u gfx=%s caps=0x%08x updates=%llu frames=%llu pixels=%llu bitmaps=%llu codecs=%s "
        "fills=%llu copies=%llu cache-stores=%llu cache-copies=%llu pointers=%llu pointer-positions=%llu "
        "pointer=%ux%u hot=%u,%u opaque=%u resizes=%llu reconnects=%llu monitors=%u indicators=%u "
        "bytes-in=%llu "
        "bytes-out=%llu "
        "active-ms=%.1f first-ms=%.1f",
        s.width, s.height, s.gfx ? "on" : "off", s.caps_version, (unsigned long long)s.updates,
        (unsigned long long)s.frames, (unsigned long long)s.pixels, (unsigned long long)s.bitmaps, codecs,
        (unsigned long long)s.fills, (unsigned long long)s.copies, (unsigned long long)s.cache_stores,
        (unsigned long long)s.cache_copies, (unsigned long long)s.pointers,
        (unsigned long long)s.pointer_positions, s.pointer_width, s.pointer_height, s.pointer_x, s.pointer_y,
        s.pointer_opaque, (unsigned long long)s.resizes, (unsigned long long)s.reconnects, s.monitors,
        s.indicators, (unsigned long long)s.bytes_in, (unsigned long long)s.bytes_out,
        s.active_us ? (double)(s.active_us - s.start_us) / 1000 : 0,
        s.first_us ? (double)(s.first_us - s.start_us) / 1000 : 0);
}

static void run_resume(struct session *self, char **words, int count)
{
    (void)words;
    (void)count;
    client_resume(self->client);
    answer(self, true, "resumed");
}

static bool take_cookie(rdpContext *context, void *arg)
{
    const ARC_SC_PRIVATE_PACKET *packet =
        freerdp_settings_get_pointer(context->settings, FreeRDP_ServerAutoReconnectCookie);
    struct client_cookie *cookie = arg;

    if (!packet || packet->cbLen == 0)
        return false;
    cookie->session = packet->logonId;
    memcpy(cookie->random, packet->arcRandomBits, sizeof(cookie->random));
    return true;
}

static void run_cookie(struct session *self, char **words, int count)
{
    struct client_cookie cookie;
    char digits[33] = "";

    (void)words;
    (void)count;
    if (!client_run(self->client, take_cookie, &cookie)) {
        answer(self, false, "none");
        return;
    }
    for (unsigned i = 0; i < sizeof(cookie.random); i++)
        snprintf(digits + 2 * i, 3, "%02x", cookie.random[i]);
    answer(self, true, "cookie=%u:%s", cookie.session, digits);
}

static void run_quit(struct session *self, char **words, int count)
{
    (void)words;
    (void)count;
    self->quit = true;
    answer(self, true, "%s", "");
}

const struct command connection_commands[] = {
    {"connect",
     "address=HOST:PORT [user= domain= password= fingerprint= security=any|nla|tls size=WxH "
     "monitors=WxH+LEFT+TOP,.. bpp=15|16|24|32 "
     "gfx=on|off "
     "caps-filter=BITS progressive=on|off small-cache= thin-client= h264= avc444= auto-reconnect= "
     "record=FILE "
     "cookie=SESSION:HEX stop-at=STATE]",
     1, 32, false, run_connect},
    {"wait-active", "[timeout=MS]", 0, 1, true, run_wait_active},
    {"wait-end", "[timeout=MS]", 0, 1, true, wait_end},
    {"disconnect", "[timeout=MS]", 0, 1, true, run_disconnect},
    {"stats", "", 0, 0, true, run_stats},
    {"resume", "(after a stop)", 0, 0, true, run_resume},
    {"cookie", "(for auto-reconnect)", 0, 0, true, run_cookie},
    {"quit", "", 0, 0, false, run_quit},
    {NULL, NULL, 0, 0, false, NULL},
};
