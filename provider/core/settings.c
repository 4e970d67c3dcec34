/* SPDX-License-Identifier: Apache-2.0 */
#include "core/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/config.h"
#include "os/process.h"

enum kind { NUMBER, TEXT, CHOICE, SIZE };

struct key {
    const char *name;
    enum kind kind;
    size_t offset;
    size_t cap;             /* TEXT */
    uint32_t min, max;      /* NUMBER */
    const char *fallback;   /* as if it were written there */
    const char *choices[5]; /* CHOICE: value is the index */
};

#define NUMBER_KEY(name_, member_, min_, max_, fallback_)                                                    \
    {                                                                                                        \
        name_, NUMBER, offsetof(struct settings, member_), 0, min_, max_, fallback_,                         \
        {                                                                                                    \
            NULL                                                                                             \
        }                                                                                                    \
    }
#define TEXT_KEY(name_, member_, fallback_)                                                                  \
    {                                                                                                        \
        name_, TEXT, offsetof(struct settings, member_), sizeof(((struct settings *)0)->member_), 0, 0,      \
            fallback_,                                                                                       \
        {                                                                                                    \
            NULL                                                                                             \
        }                                                                                                    \
    }
#define CHOICE_KEY(name_, member_, fallback_, ...)                                                           \
    {                                                                                                        \
        name_, CHOICE, offsetof(struct settings, member_), 0, 0, 0, fallback_,                               \
        {                                                                                                    \
            __VA_ARGS__, NULL                                                                                \
        }                                                                                                    \
    }

#ifdef _WIN32
#define PORT_KEY "PortNumber" /* the value that every listener key has */
/* value names have no case, and `Security` of a listener key is its access control list */
#define SECURITY_KEY "security-layer"
#define STATE_DIRECTORY "C:\\ProgramData\\rdsprov\\"
#define DEFAULT_LAUNCHER "rdsprov-launcher"
#define PEER_NAME "\\rdsprov-peer.exe"
#else
#define PORT_KEY "port"
#define SECURITY_KEY "security"
#define STATE_DIRECTORY "/var/lib/rdsprov/"
#define DEFAULT_LAUNCHER "/run/rdsprov/launcher"
#define PEER_NAME "/rdsprov-peer"
#endif

static const struct key keys[] = {
    NUMBER_KEY(PORT_KEY, port, 0, 65535, "3389"),
    TEXT_KEY("address", addresses, "0.0.0.0, ::"),
    CHOICE_KEY(SECURITY_KEY, security, "any", "any", "nla", "tls"),
    TEXT_KEY("certificate", certificate, STATE_DIRECTORY "certificate.pem"),
    TEXT_KEY("key", key, STATE_DIRECTORY "key.pem"),
    CHOICE_KEY("key-type", key_type, "rsa", "rsa", "ecdsa"),
    CHOICE_KEY("make-certificate", make_certificate, "yes", "no", "yes"),
    TEXT_KEY("sam-file", sam, ""),
    CHOICE_KEY("native-sspi", native_sspi, "no", "no", "yes"),
    {"desktop-size", SIZE, 0, 0, 0, 0, "client", {NULL}},
    TEXT_KEY("launcher", launcher, DEFAULT_LAUNCHER),
    TEXT_KEY("peer-program", peer_program, ""),
    TEXT_KEY("server-name", server_name, "rdsprov"),
    TEXT_KEY("display-driver-id", display_driver_id, "rdsprov_idd"),
    CHOICE_KEY("initial-program", deny_initial_program, "allow", "allow", "deny"),
    NUMBER_KEY("step-timeout", step_timeout, 1, 3600, "15"),
    NUMBER_KEY("auth-timeout", auth_timeout, 1, 3600, "120"),
    NUMBER_KEY("peer-timeout", peer_timeout, 0, 3600, "60"),
    NUMBER_KEY("max-half-open", max_half_open, 1, 4096, "64"),
    NUMBER_KEY("max-per-source", max_per_source, 1, 4096, "16"),
    NUMBER_KEY("max-connections", max_connections, 1, 65535, "1000"),
    NUMBER_KEY("auto-reconnect", auto_reconnect, 0, 86400, "3600"),
    CHOICE_KEY("stop-screen-updates", stop_screen_updates, "no", "no", "yes"),
    CHOICE_KEY("h264", h264, "no", "no", "auto"),
    NUMBER_KEY("spare-peers", spare_peers, 0, 16, "1"),
    CHOICE_KEY("log-level", log_level, "info", "error", "warn", "info", "debug"),
    TEXT_KEY("log-file", log_file, ""),
};

static bool same_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        if ((*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) != (*b >= 'A' && *b <= 'Z' ? *b + 32 : *b))
            return false;
    }
    return *a == *b;
}

static bool parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
    uint64_t value = 0;

    if (!*text || strlen(text) > 10)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    if (value < min || value > max)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool parse_size(struct settings *self, const char *text)
{
    char width[16];
    const char *x = strchr(text, 'x');
    size_t n = x ? (size_t)(x - text) : 0;

    if (same_word(text, "client")) {
        self->desktop_width = self->desktop_height = 0;
        return true;
    }
    if (!x || n == 0 || n >= sizeof(width))
        return false;
    memcpy(width, text, n);
    width[n] = 0;
    return parse_number(width, LINK_DESKTOP_MIN, LINK_DESKTOP_MAX, &self->desktop_width) &&
           parse_number(x + 1, LINK_DESKTOP_MIN, LINK_DESKTOP_MAX, &self->desktop_height) &&
           self->desktop_width * self->desktop_height <= LINK_AREA_MAX;
}

/* What may stand there, for the message. */
static void describe(const struct key *key, char *out, size_t cap)
{
    size_t n = 0;

    switch (key->kind) {
    case NUMBER:
        snprintf(out, cap, "a number from %u to %u", key->min, key->max);
        break;
    case TEXT:
        snprintf(out, cap, "a text of at most %zu bytes", key->cap - 1);
        break;
    case SIZE:
        snprintf(out, cap, "'client' or WIDTHxHEIGHT from %ux%u to %ux4096", LINK_DESKTOP_MIN,
                 LINK_DESKTOP_MIN, LINK_DESKTOP_MAX);
        break;
    case CHOICE:
        for (unsigned i = 0; key->choices[i] && n < cap; i++)
            n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? ", " : "one of ", key->choices[i]);
        break;
    }
}

static bool apply(struct settings *self, const struct key *key, const char *text)
{
    uint8_t *at = (uint8_t *)self + key->offset;

    switch (key->kind) {
    case NUMBER:
        return parse_number(text, key->min, key->max, (uint32_t *)at);
    case TEXT:
        if (strlen(text) >= key->cap)
            return false;
        memcpy(at, text, strlen(text) + 1);
        return true;
    case SIZE:
        return parse_size(self, text);
    case CHOICE:
        for (uint32_t i = 0; key->choices[i]; i++) {
            if (same_word(text, key->choices[i])) {
                *(uint32_t *)at = i;
                return true;
            }
        }
        return false;
    }
    return false;
}

#ifndef _WIN32
/* The listener key of Windows has many values that are not ours; the ini file has none. */
static enum os_status check_unknown(const struct os_config *config, char *problem, size_t cap)
{
    const char *name, *value;

    for (unsigned i = 0; os_config_at(config, i, &name, &value); i++) {
        bool known = false;

        for (size_t k = 0; k < WIRE_COUNT(keys); k++)
            known = known || same_word(name, keys[k].name);
        if (!known) {
            snprintf(problem, cap, "%s: unknown key '%.100s'", os_config_place(config), name);
            return OS_INVALID;
        }
    }
    return OS_OK;
}
#endif

static enum os_status check_addresses(const struct settings *self, const char *place, char *problem,
                                      size_t cap)
{
    char address[64];
    unsigned n = 0;

    while (settings_address(self, n, address, sizeof(address)) && n <= SETTINGS_ADDRESSES_MAX)
        n++;
    if (n == 0 || n > SETTINGS_ADDRESSES_MAX) {
        snprintf(problem, cap, "%s: address = '%.200s': give 1 to %d numeric addresses, comma-separated",
                 place, self->addresses, SETTINGS_ADDRESSES_MAX);
        return OS_INVALID;
    }
    return OS_OK;
}

/* What a hardware id of a driver may be: printable ASCII without blank and comma. */
static enum os_status check_driver_id(const struct settings *self, const char *place, char *problem,
                                      size_t cap)
{
    const char *at = self->display_driver_id;

    while (*at > ' ' && *at < 0x7f && *at != ',')
        at++;
    if (*at || at == self->display_driver_id) {
        snprintf(problem, cap, "%s: display-driver-id = '%.200s': not a hardware id", place,
                 self->display_driver_id);
        return OS_INVALID;
    }
    return OS_OK;
}

enum os_status settings_read(struct settings *self, const char *listener, char *problem, size_t cap)
{
    struct os_config *config = NULL;
    enum os_status status;
    char expected[256];

    memset(self, 0, sizeof(*self));
    problem[0] = 0;
    status = os_config_open(listener, &config, problem, cap);
    if (status != OS_OK)
        return status;
    snprintf(self->place, sizeof(self->place), "%s", os_config_place(config));
#ifndef _WIN32
    status = check_unknown(config, problem, cap);
    if (status != OS_OK)
        goto out;
#endif
    for (size_t i = 0; i < WIRE_COUNT(keys); i++) {
        const char *text = os_config_get(config, keys[i].name);

        if (!apply(self, &keys[i], text ? text : keys[i].fallback)) {
            describe(&keys[i], expected, sizeof(expected));
            snprintf(problem, cap, "%s: %s = '%.200s': expected %s", os_config_place(config), keys[i].name,
                     text, expected);
            status = OS_INVALID;
            goto out;
        }
    }
    if (!self->peer_program[0]) {
        status = os_module_directory(self->peer_program, sizeof(self->peer_program) - sizeof(PEER_NAME));
        if (status != OS_OK) {
            snprintf(problem, cap, "%s: peer-program is not set and the library's folder is unknown",
                     os_config_place(config));
            goto out;
        }
        strcat(self->peer_program, PEER_NAME);
    }
    status = check_addresses(self, os_config_place(config), problem, cap);
    if (status == OS_OK)
        status = check_driver_id(self, os_config_place(config), problem, cap);

out:
    os_config_destroy(config);
    return status;
}

bool settings_address(const struct settings *self, unsigned i, char *out, size_t cap)
{
    const char *at = self->addresses;
    size_t n;

    for (;; i--) {
        at += strspn(at, ", \t");
        n = strcspn(at, ", \t");
        if (n == 0 || n >= cap)
            return false;
        if (i == 0)
            break;
        at += n;
    }
    memcpy(out, at, n);
    out[n] = 0;
    return true;
}

void settings_to_link(const struct settings *self, uint32_t connection, struct link_config *out)
{
    memset(out, 0, sizeof(*out));
    out->connection = connection;
    out->security = self->security;
    out->key_type = self->key_type;
    out->log_level = self->log_level;
    out->desktop_width = self->desktop_width;
    out->desktop_height = self->desktop_height;
    out->step_timeout_ms = self->step_timeout * 1000;
    out->auth_timeout_ms = self->auth_timeout * 1000;
    out->native_sspi = self->native_sspi;
    out->h264 = self->h264;
    memcpy(out->certificate, self->certificate, sizeof(out->certificate));
    memcpy(out->key, self->key, sizeof(out->key));
    memcpy(out->sam, self->sam, sizeof(out->sam));
    memcpy(out->server_name, self->server_name, sizeof(out->server_name));
}
