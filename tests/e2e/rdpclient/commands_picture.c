/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about the picture. */
#include <math.h>
#include <string.h>

#include <freerdp/client/channels.h>
#include <freerdp/client/rdpgfx.h>
#include <freerdp/gdi/gdi.h>

#include "commands_private.h"
#include "picture.h"

#define DEFAULT_WAIT_MS 15000
#define DEFAULT_QUIET_MS 300
#define WAIT_MAX_MS 600000
#define PEAK 255.0

static bool copy_picture(rdpContext *context, void *arg)
{
    const rdpGdi *gdi = context->gdi;

    return picture_init(arg, (uint32_t)gdi->width, (uint32_t)gdi->height, gdi->primary_buffer, gdi->stride);
}

static bool send_suppress(rdpContext *context, void *arg)
{
    const bool *suppress = arg;

    return gdi_send_suppress_output(context->gdi, *suppress);
}

static bool send_refresh(rdpContext *context, void *arg)
{
    const struct picture_rect *area = arg;
    RECTANGLE_16 rect = {0, 0, (UINT16)context->gdi->width, (UINT16)context->gdi->height};

    if (area->width)
        rect = (RECTANGLE_16){(UINT16)area->x, (UINT16)area->y, (UINT16)(area->x + area->width),
                              (UINT16)(area->y + area->height)};
    return context->update->RefreshRect(context, 1, &rect);
}

/* As a client does that gives up on the pipeline; nothing in FreeRDP does it by itself. */
static bool close_gfx(rdpContext *context, void *arg)
{
    const RdpgfxClientContext *gfx = context->gdi->gfx;
    const GENERIC_DYNVC_PLUGIN *plugin = gfx ? gfx->handle : NULL;
    GENERIC_CHANNEL_CALLBACK *callback =
        plugin && plugin->listener_callback ? plugin->listener_callback->channel_callback : NULL;

    (void)arg;
    return callback && callback->channel->Close(callback->channel) == CHANNEL_RC_OK;
}

static bool parse_rect(char *text, struct picture_rect *out)
{
    unsigned x, y, width, height;
    int end = 0;

    if (sscanf(text, "%5u,%5u,%5u,%5u%n", &x, &y, &width, &height, &end) != 4 || text[end])
        return false;
    *out = (struct picture_rect){x, y, width, height};
    return true;
}

static void run_wait_picture(struct session *self, char **words, int count)
{
    struct client_stats stats;
    uint32_t quiet, ms;
    bool good;

    if (!take_number(self, words, &count, "quiet", DEFAULT_QUIET_MS, WAIT_MAX_MS, &quiet) ||
        !take_number(self, words, &count, "timeout", DEFAULT_WAIT_MS, WAIT_MAX_MS, &ms) ||
        !none_left(self, words, count))
        return;
    good = client_wait_quiet(self->client, quiet, ms);
    client_get_stats(self->client, &stats);
    answer(self, good, "%s updates=%llu", good ? "quiet" : "not quiet", (unsigned long long)stats.updates);
}

static void run_wait_update(struct session *self, char **words, int count)
{
    struct client_stats stats;
    uint32_t after, ms;
    bool good;

    if (!take_number(self, words, &count, "after", 0, UINT32_MAX, &after) ||
        !take_number(self, words, &count, "timeout", DEFAULT_WAIT_MS, WAIT_MAX_MS, &ms) ||
        !none_left(self, words, count))
        return;
    good = client_wait_update(self->client, after, ms);
    client_get_stats(self->client, &stats);
    answer(self, good, "updates=%llu", (unsigned long long)stats.updates);
}

static void run_dump(struct session *self, char **words, int count)
{
    struct picture picture = {0};
    char problem[512] = "not active";
    bool good;

    (void)count;
    good = client_run(self->client, copy_picture, &picture) &&
           picture_write(&picture, words[0], problem, sizeof(problem));
    if (good)
        answer(self, true, "width=%u height=%u", picture.width, picture.height);
    else
        answer(self, false, "%s", problem);
    picture_finish(&picture);
}

struct comparison {
    struct picture expected, actual;
    struct picture_rect area;
    bool have_area;
    uint32_t tolerance, ms;
    struct picture_difference difference;
};

static bool parse_comparison(struct session *self, char **words, int count, struct comparison *out)
{
    char problem[512], *area;

    memset(out, 0, sizeof(*out));
    if (!picture_read(&out->expected, words[0], problem, sizeof(problem))) {
        mistake(self, "%s", problem);
        return false;
    }
    words++;
    count--;
    area = take_value(words, &count, "area");
    out->have_area = area != NULL;
    if (area && !parse_rect(area, &out->area)) {
        mistake(self, "area=%s: X,Y,WIDTH,HEIGHT", area);
        goto fail;
    }
    if (!take_number(self, words, &count, "tolerance", 0, 255, &out->tolerance) ||
        !take_number(self, words, &count, "timeout", DEFAULT_WAIT_MS, WAIT_MAX_MS, &out->ms) ||
        !none_left(self, words, count))
        goto fail;
    return true;
fail:
    picture_finish(&out->expected);
    return false;
}

enum verdict { EQUAL, DIFFERENT, NOT_COMPARABLE, NO_PICTURE };

static enum verdict compare(struct session *self, struct comparison *c)
{
    picture_finish(&c->actual);
    if (!client_run(self->client, copy_picture, &c->actual))
        return NO_PICTURE;
    if (!picture_compare(&c->expected, &c->actual, c->have_area ? &c->area : NULL, c->tolerance,
                         &c->difference))
        return NOT_COMPARABLE;
    return c->difference.pixels == 0 ? EQUAL : DIFFERENT;
}

static void answer_comparison(struct session *self, const struct comparison *c, enum verdict verdict)
{
    const struct picture_difference *d = &c->difference;
    char rects[PICTURE_RECTS * 28] = "none";
    size_t len = 0;

    if (verdict == NO_PICTURE) {
        answer(self, false, "not active");
        return;
    }
    if (verdict == NOT_COMPARABLE) {
        answer(self, false, "not comparable: expected %ux%u, have %ux%u", c->expected.width,
               c->expected.height, c->actual.width, c->actual.height);
        return;
    }
    for (unsigned i = 0; i < d->count; i++)
        len += (size_t)snprintf(rects + len, sizeof(rects) - len, "%s%u,%u,%u,%u", i ? ";" : "",
                                d->rects[i].x, d->rects[i].y, d->rects[i].width, d->rects[i].height);
    answer(self, verdict == EQUAL, "%s pixels=%llu max=%u mean=%.4f psnr=%.1f rects=%s",
           verdict == EQUAL ? "equal" : "different", (unsigned long long)d->pixels, d->max, d->mean,
           d->square > 0 ? 10 * log10(PEAK * PEAK / d->square) : 99.0, rects);
}

static void run_compare(struct session *self, char **words, int count)
{
    struct comparison c;

    if (!parse_comparison(self, words, count, &c))
        return;
    answer_comparison(self, &c, compare(self, &c));
    picture_finish(&c.expected);
    picture_finish(&c.actual);
}

/* Looks again after each change of the picture. */
static void run_wait_match(struct session *self, char **words, int count)
{
    struct comparison c;
    struct client_stats stats;
    enum verdict verdict;
    uint64_t until;

    if (!parse_comparison(self, words, count, &c))
        return;
    until = client_now_us() + (uint64_t)c.ms * 1000;
    for (;;) {
        uint64_t now;

        client_get_stats(self->client, &stats);
        verdict = compare(self, &c);
        now = client_now_us();
        if (verdict == EQUAL || verdict == NO_PICTURE || now >= until)
            break;
        client_wait_update(self->client, stats.updates, (unsigned)((until - now) / 1000 + 1));
    }
    answer_comparison(self, &c, verdict);
    picture_finish(&c.expected);
    picture_finish(&c.actual);
}

static void run_suppress(struct session *self, char **words, int count)
{
    bool suppress = strcmp(words[0], "on") == 0, good;

    (void)count;
    if (!suppress && strcmp(words[0], "off") != 0) {
        mistake(self, "suppress on|off");
        return;
    }
    good = client_run(self->client, send_suppress, &suppress);
    answer(self, good, "%s", good ? "" : "not sent");
}

static void run_refresh(struct session *self, char **words, int count)
{
    struct picture_rect area = {0};
    bool good;

    if (count && !parse_rect(words[0], &area)) {
        mistake(self, "refresh [X,Y,WIDTH,HEIGHT]");
        return;
    }
    good = client_run(self->client, send_refresh, &area);
    answer(self, good, "%s", good ? "" : "not sent");
}

static void run_close_gfx(struct session *self, char **words, int count)
{
    bool good = client_run(self->client, close_gfx, NULL);

    (void)words;
    (void)count;
    answer(self, good, "%s", good ? "" : "there is no graphics channel");
}

bool parse_layout(const char *text, struct client_layout *out)
{
    memset(out, 0, sizeof(*out));
    for (;;) {
        struct client_monitor *monitor = &out->monitors[out->count];
        int used = 0;

        if (out->count == CLIENT_MONITORS)
            return false;
        if (sscanf(text, "%ux%u+%d+%d%n", &monitor->width, &monitor->height, &monitor->left, &monitor->top,
                   &used) < 4) {
            monitor->left = monitor->top = 0;
            if (sscanf(text, "%ux%u%n", &monitor->width, &monitor->height, &used) < 2)
                return false;
        }
        out->count++;
        text += used;
        if (*text == 0)
            return true;
        if (*text++ != ',')
            return false;
    }
}

static void run_layout(struct session *self, char **words, int count)
{
    struct client_layout layout;
    bool good;

    (void)count;
    if (!parse_layout(words[0], &layout)) {
        mistake(self, "layout WxH[+LEFT+TOP][,...]");
        return;
    }
    good = client_ask_layout(self->client, &layout);
    answer(self, good, "%s", good ? "" : "the server has no display control");
}

const struct command picture_commands[] = {
    {"wait-picture", "[quiet=MS] [timeout=MS]", 0, 2, true, run_wait_picture},
    {"wait-update", "[after=UPDATES] [timeout=MS]", 0, 2, true, run_wait_update},
    {"wait-match", "FILE.ppm [tolerance=N] [area=X,Y,W,H] [timeout=MS]", 1, 4, true, run_wait_match},
    {"compare", "FILE.ppm [tolerance=N] [area=X,Y,W,H]", 1, 3, true, run_compare},
    {"dump", "FILE.ppm", 1, 1, true, run_dump},
    {"suppress", "on|off", 1, 1, true, run_suppress},
    {"refresh", "[X,Y,W,H]", 0, 1, true, run_refresh},
    {"close-gfx", "(the graphics channel)", 0, 0, true, run_close_gfx},
    {"layout", "WxH[+LEFT+TOP][,...] (asks for this desktop)", 1, 1, true, run_layout},
    {NULL, NULL, 0, 0, false, NULL},
};
