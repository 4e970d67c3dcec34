/* SPDX-License-Identifier: Apache-2.0 */
/* rdpbench: loads an RDP server with clients and measures it. docs/rdpbench.md. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <freerdp/primitives.h>
#include <winpr/wlog.h>

#include "bench.h"
#include "relay.h"
#include "scene.h"

static const char usage[] =
    "usage: rdpbench [OPTION...]\n"
    "Connects to an RDP server, watches, and writes one JSON object.\n"
    "\n"
    "  --server ADDRESS:PORT    (127.0.0.1:3389)\n"
    "  --user NAME --password PW --domain NAME; a % in the user's name becomes the number of the client\n"
    "  --security any|nla|tls   (tls)\n"
    "  --size WxH               (1280x720)\n"
    "  --gfx on|off             graphics pipeline (on)\n"
    "  --codecs LIST            of progressive, avc420, avc444 beside planar and uncompressed (progressive)\n"
    "  --caps-filter MASK       capability versions not to offer; bit 0 is version 8\n"
    "  --connections N          clients at a time (1)\n"
    "  --connects N             measure connecting, N times one after another, instead of watching\n"
    "  --seconds N              how long to watch (5)\n"
    "  --display :N             the X11 screen that the server serves: source of the picture, place of "
    "workloads\n"
    "  --workload NAME          paint there: idle type scroll drag video full-video photo, or type-keys\n"
    "  --rate N                 frames a second of the workload (its own)\n"
    "  --decoder simd|plain     plain: FreeRDP's generic routines, a second way to decode (simd)\n"
    "  --line KBIT,MS           a slow line to the server: rate of each direction, delay one way\n"
    "  --probe key|mouse        send input and wait for what it paints, all the time\n"
    "  --process PID            account for it and its children; can be repeated\n"
    "  --settle MS              how long the picture may take to become exact (1500)\n"
    "  --xload PATH             (beside rdpbench)\n";

void bench_number(FILE *out, const char *name, double value, const char *after)
{
    if (isnan(value))
        fprintf(out, "\"%s\":null%s", name, after);
    else
        fprintf(out, "\"%s\":%.6g%s", name, value, after);
}

static bool parse_number(const char *text, unsigned max, unsigned *out)
{
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(text, &end, 0);
    if (errno || end == text || *end || *text == '-' || value > max)
        return false;
    *out = (unsigned)value;
    return true;
}

static bool parse_server(const char *text, struct client_options *out)
{
    const char *colon = strrchr(text, ':');
    unsigned port;

    if (!colon || (size_t)(colon - text) >= sizeof(out->address) || !parse_number(colon + 1, 65535, &port))
        return false;
    memcpy(out->address, text, (size_t)(colon - text));
    out->address[colon - text] = 0;
    out->port = (uint16_t)port;
    return true;
}

static bool parse_size(const char *text, struct client_options *out)
{
    char rest;

    return sscanf(text, "%ux%u%c", &out->width, &out->height, &rest) == 2 && out->width >= 200 &&
           out->height >= 200 && out->width <= 8192 && out->height <= 8192;
}

static bool parse_security(const char *text, struct client_options *out)
{
    static const char *const names[] = {"any", "nla", "tls"};

    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            out->security = (enum client_security)i;
            return true;
        }
    }
    return false;
}

static bool parse_codecs(const char *text, struct client_options *out)
{
    char copy[128], *save, *word;

    snprintf(copy, sizeof(copy), "%s", text);
    out->progressive = out->h264 = out->avc444 = false;
    for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        if (strcmp(word, "progressive") == 0)
            out->progressive = true;
        else if (strcmp(word, "avc420") == 0)
            out->h264 = true;
        else if (strcmp(word, "avc444") == 0)
            out->avc444 = true;
        else if (strcmp(word, "planar") != 0)
            return false;
    }
    return true;
}

static bool copy_text(const char *text, char *out)
{
    return snprintf(out, CLIENT_TEXT_MAX, "%s", text) < CLIENT_TEXT_MAX;
}

static bool parse_process(const char *text, struct bench_options *out)
{
    unsigned pid;

    if (out->root_count == PROCESSES_ROOTS || !parse_number(text, 1u << 30, &pid) || pid == 0)
        return false;
    out->roots[out->root_count++] = (pid_t)pid;
    return true;
}

static bool parse_option(const char *name, const char *value, struct bench_options *out)
{
    struct client_options *client = &out->client;

    if (strcmp(name, "--server") == 0)
        return parse_server(value, client);
    if (strcmp(name, "--user") == 0)
        return copy_text(value, client->user);
    if (strcmp(name, "--password") == 0)
        return copy_text(value, client->password);
    if (strcmp(name, "--domain") == 0)
        return copy_text(value, client->domain);
    if (strcmp(name, "--security") == 0)
        return parse_security(value, client);
    if (strcmp(name, "--size") == 0)
        return parse_size(value, client);
    if (strcmp(name, "--gfx") == 0) {
        client->gfx = strcmp(value, "on") == 0;
        return client->gfx || strcmp(value, "off") == 0;
    }
    if (strcmp(name, "--codecs") == 0)
        return parse_codecs(value, client);
    if (strcmp(name, "--caps-filter") == 0)
        return parse_number(value, 0xFFFFFFFF, &client->caps_filter);
    if (strcmp(name, "--connections") == 0)
        return parse_number(value, BENCH_CLIENTS_MAX, &out->connections) && out->connections > 0;
    if (strcmp(name, "--connects") == 0)
        return parse_number(value, 10000, &out->connects);
    if (strcmp(name, "--seconds") == 0) {
        out->seconds = strtod(value, NULL);
        return out->seconds > 0 && out->seconds <= 3600;
    }
    if (strcmp(name, "--display") == 0) {
        out->display = value;
        return true;
    }
    if (strcmp(name, "--workload") == 0) {
        out->workload = value;
        return strcmp(value, "type-keys") == 0 || scene_of_name(value) < SCENE_KINDS;
    }
    if (strcmp(name, "--rate") == 0)
        return parse_number(value, 1000, &out->rate);
    if (strcmp(name, "--probe") == 0) {
        out->probe = strcmp(value, "key") == 0     ? PROBE_KEY
                     : strcmp(value, "mouse") == 0 ? PROBE_MOUSE
                                                   : PROBE_NONE;
        return out->probe != PROBE_NONE;
    }
    if (strcmp(name, "--decoder") == 0) {
        if (strcmp(value, "plain") == 0)
            primitives_set_hints(PRIMITIVES_PURE_SOFT);
        return strcmp(value, "plain") == 0 || strcmp(value, "simd") == 0;
    }
    if (strcmp(name, "--line") == 0) {
        char rest;

        return sscanf(value, "%u,%u%c", &out->line_kbit, &out->line_ms, &rest) == 2 && out->line_ms <= 10000;
    }
    if (strcmp(name, "--process") == 0)
        return parse_process(value, out);
    if (strcmp(name, "--settle") == 0)
        return parse_number(value, 60000, &out->settle_ms);
    if (strcmp(name, "--xload") == 0) {
        out->xload = value;
        return true;
    }
    return false;
}

static const char *beside(const char *name, char *out, size_t cap)
{
    ssize_t len = readlink("/proc/self/exe", out, cap - 1);
    char *slash;

    if (len <= 0)
        return name;
    out[len] = 0;
    slash = strrchr(out, '/');
    if (slash)
        snprintf(slash + 1, cap - (size_t)(slash + 1 - out), "%s", name);
    return out;
}

int main(int argc, char **argv)
{
    struct bench_options options = {.connections = 1, .seconds = 5, .settle_ms = 1500};
    struct relay *line = NULL;
    char xload[4096];
    int code;

    client_options_init(&options.client);
    options.client.width = 1280;
    options.client.height = 720;
    options.client.security = CLIENT_SECURITY_TLS;
    options.client.auto_detect = true; /* as other clients do; freerdp-shadow serves no client without it */
    options.xload = beside("xload", xload, sizeof(xload));
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return 0;
        }
        if (i + 1 >= argc || !parse_option(argv[i], argv[i + 1], &options)) {
            fprintf(stderr, "rdpbench: %s %s: see --help\n", argv[i], i + 1 < argc ? argv[i + 1] : "");
            return 2;
        }
    }
    if (options.workload && !options.display) {
        fprintf(stderr, "rdpbench: --workload needs --display\n");
        return 2;
    }
    if (options.probe != PROBE_NONE &&
        (!options.workload || scene_of_name(options.workload) == SCENE_KINDS)) {
        fprintf(stderr, "rdpbench: --probe needs a --workload that paints\n");
        return 2;
    }
    if (!getenv("WLOG_LEVEL"))
        WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF);
    if (options.line_kbit || options.line_ms) {
        line = relay_create(options.client.address, options.client.port, options.line_kbit, options.line_ms);
        if (!line)
            return 1;
        snprintf(options.client.address, sizeof(options.client.address), "127.0.0.1");
        options.client.port = relay_port(line);
    }
    code = options.connects ? bench_connect(&options, stdout) : bench_watch(&options, stdout);
    relay_destroy(line);
    return code;
}
