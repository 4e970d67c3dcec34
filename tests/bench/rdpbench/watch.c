/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that watch a workload: how often the picture changes, what it costs, how true it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "desk.h"
#include "viewer.h"

#define CONNECT_MS 20000
#define QUIET_MS 400
#define QUIET_WAIT_MS 1500
#define QUIET_WAIT_SLOW_MS 8000 /* the first picture over a slow line */
#define WARM_UP_US 500000
#define ECHO_WAIT_MS 2000
#define ECHO_PAUSE_US 30000
#define LOOK_AGAIN_US 20000

struct watch {
    const struct bench_options *options;
    struct desk *desk;
    struct viewer *viewer; /* of the first client */
    struct client *clients[BENCH_CLIENTS_MAX];
    unsigned count;
    struct client_stats before, after;
    struct processes processes_before, processes_after;
    struct process_use use[PROCESSES_NAMES];
    size_t use_count;
    uint64_t begin_us, end_us;
    uint32_t frames;
    uint64_t late;
    /* settled */
    bool compared, exact;
    double settled_psnr;
    uint32_t settled_max;
    uint64_t settled_us;
};

static void rest(uint64_t us)
{
    struct timespec time = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};

    nanosleep(&time, NULL);
}

/* The first % becomes the client's number. */
static void name_user(struct client_options *options, const char *name, unsigned number)
{
    const char *mark = strchr(name, '%');

    if (mark)
        snprintf(options->user, sizeof(options->user), "%.*s%u%.100s", (int)(mark - name) % 100, name, number,
                 mark + 1);
}

static bool connect_all(struct watch *self)
{
    struct client_options options = self->options->client;
    char problem[256];

    for (; self->count < self->options->connections; self->count++) {
        struct client **client = &self->clients[self->count];

        name_user(&options, self->options->client.user, self->count + 1);
        options.painted = self->count == 0 ? viewer_painted : NULL;
        options.painted_arg = self->viewer;
        *client = client_create(&options, problem, sizeof(problem));
        if (!*client) {
            fprintf(stderr, "rdpbench: %s\n", problem);
            return false;
        }
        if (client_wait_connected(*client, CONNECT_MS) != CLIENT_ACTIVE ||
            !client_wait_update(*client, 0, CONNECT_MS)) {
            struct client_ending ending = {0};

            client_end(*client);
            client_wait_ended(*client, CONNECT_MS, &ending);
            fprintf(stderr, "rdpbench: client %u is not connected, error 0x%x, error info 0x%x\n",
                    self->count + 1, ending.last_error, ending.error_info);
            self->count++;
            return false;
        }
    }
    /* a server may never be quiet */
    client_wait_quiet(self->clients[0], QUIET_MS,
                      self->options->line_kbit ? QUIET_WAIT_SLOW_MS : QUIET_WAIT_MS);
    return true;
}

static void add_stats(struct watch *self, struct client_stats *out)
{
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < self->count; i++) {
        struct client_stats one;

        client_get_stats(self->clients[i], &one);
        if (i == 0)
            *out = one;
        else {
            out->bytes_in += one.bytes_in;
            out->bytes_out += one.bytes_out;
        }
    }
}

static void measure(struct watch *self)
{
    const struct bench_options *options = self->options;
    uint64_t until;

    processes_take(&self->processes_before, options->roots, options->root_count);
    add_stats(self, &self->before);
    viewer_begin(self->viewer);
    self->begin_us = client_now_us();
    until = self->begin_us + (uint64_t)(options->seconds * 1e6);
    while (options->probe != PROBE_NONE && client_now_us() < until) {
        if (!viewer_echo(self->viewer, self->clients[0], options->probe == PROBE_KEY ? ECHO_KEY : ECHO_MOUSE,
                         ECHO_WAIT_MS))
            rest(ECHO_PAUSE_US);
        rest(ECHO_PAUSE_US + (uint64_t)rand() % ECHO_PAUSE_US); /* no rhythm with a server's timer */
    }
    if (client_now_us() < until)
        rest(until - client_now_us());
    self->end_us = client_now_us();
    viewer_end(self->viewer);
    add_stats(self, &self->after);
    processes_take(&self->processes_after, options->roots, options->root_count);
    self->use_count = processes_use(&self->processes_before, &self->processes_after, self->use);
}

/* Until the client shows what the X server shows, to the last pixel; or the time is up. */
static void settle(struct watch *self)
{
    uint64_t begin = client_now_us(), until = begin + (uint64_t)self->options->settle_ms * 1000;
    struct picture source = {0};

    if (!self->desk || !desk_grab(self->desk, &source))
        return;
    while (!self->exact) {
        struct picture_difference difference;
        struct picture seen;

        self->settled_us = client_now_us() - begin;
        if (viewer_grab(self->clients[0], &seen) && picture_compare(&source, &seen, NULL, 0, &difference)) {
            self->compared = true;
            self->exact = difference.pixels == 0;
            self->settled_max = difference.max;
            self->settled_psnr =
                difference.square > 0 ? 10.0 * log10(255.0 * 255.0 / difference.square) : 100.0;
        }
        picture_finish(&seen);
        if (client_now_us() > until)
            break;
        if (!self->exact)
            rest(LOOK_AGAIN_US);
    }
    picture_finish(&source);
}

static void write_processes(const struct watch *self, FILE *out, double seconds)
{
    const struct process_use *use = self->use;

    fprintf(out, "\"processes\":[");
    for (size_t i = 0; i < self->use_count; i++) {
        fprintf(out, "%s{\"name\":\"%s\",", i ? "," : "", use[i].name);
        bench_number(out, "count", use[i].count, ",");
        bench_number(out, "cpu_percent", (double)use[i].cpu_ns / 1e7 / seconds, ",");
        bench_number(out, "rss_kb", (double)use[i].rss_kb, ",");
        bench_number(out, "pss_kb", (double)use[i].pss_kb, ",");
        bench_number(out, "private_kb", (double)use[i].private_kb, ",");
        bench_number(out, "shared_kb", (double)use[i].shared_kb, "}");
    }
    fprintf(out, "]");
}

static void write_codecs(const struct client_stats *before, const struct client_stats *after, FILE *out)
{
    static const struct {
        unsigned id;
        const char *name;
    } codecs[] = {{0, "uncompressed"}, {3, "remotefx"}, {8, "clear"},   {9, "progressive"},
                  {10, "planar"},      {11, "avc420"},  {14, "avc444"}, {15, "avc444v2"}};

    fprintf(out, "\"commands\":{");
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
        bench_number(out, codecs[i].name,
                     (double)(after->codecs[codecs[i].id] - before->codecs[codecs[i].id]), ",");
    bench_number(out, "fill", (double)(after->fills - before->fills), ",");
    bench_number(out, "copy", (double)(after->copies - before->copies), ",");
    bench_number(out, "to_cache", (double)(after->cache_stores - before->cache_stores), ",");
    bench_number(out, "from_cache", (double)(after->cache_copies - before->cache_copies), ",");
    bench_number(out, "bitmaps", (double)(after->bitmaps - before->bitmaps), "},");
}

static void write_result(struct watch *self, struct viewer_figures *figures, FILE *out)
{
    double seconds = (double)(self->end_us - self->begin_us) / 1e6;
    double bytes = (double)(self->after.bytes_in - self->before.bytes_in);
    double frames = (double)(self->after.frames - self->before.frames);
    double updates = (double)(self->after.updates - self->before.updates);
    bool scene = self->options->workload && scene_of_name(self->options->workload) < SCENE_KINDS &&
                 scene_rate(scene_of_name(self->options->workload)) > 0;
    /* without the pipeline nobody says where a frame ends, so a picture is looked at too early */
    bool moving = figures->motion_count > 0 && self->after.gfx;
    double shown = scene ? (double)figures->shown : frames > 0 ? frames : updates;

    fprintf(out, "{\"kind\":\"watch\",\"workload\":\"%s\",\"gfx\":%s,\"caps\":%u,",
            self->options->workload ? self->options->workload : "", self->after.gfx ? "true" : "false",
            self->after.caps_version);
    bench_number(out, "connections", self->count, ",");
    bench_number(out, "seconds", seconds, ",");
    bench_number(out, "shown_per_s", shown / seconds, ",");
    bench_number(out, "gfx_frames_per_s", frames / seconds, ",");
    bench_number(out, "updates_per_s", updates / seconds, ",");
    bench_number(out, "mbit_per_s", bytes * 8 / 1e6 / seconds, ",");
    bench_number(out, "bytes", bytes, ",");
    bench_number(out, "bytes_per_frame", shown > 0 ? bytes / shown : NAN, ",");
    bench_number(out, "mpixels_per_s", (double)(self->after.pixels - self->before.pixels) / 1e6 / seconds,
                 ",");
    bench_number(out, "source_frames", self->frames, ",");
    bench_number(out, "source_late", (double)self->late, ",");
    bench_number(out, "delay_p50_ms", samples_ms(&figures->delay, 0.5), ",");
    bench_number(out, "delay_p99_ms", samples_ms(&figures->delay, 0.99), ",");
    fprintf(out, "\"probe\":\"%s\",",
            self->options->probe == PROBE_KEY     ? "key"
            : self->options->probe == PROBE_MOUSE ? "mouse"
                                                  : "");
    bench_number(out, "echo_count", (double)figures->echo.count, ",");
    bench_number(out, "echo_lost", (double)figures->echo_lost, ",");
    bench_number(out, "echo_p50_ms", samples_ms(&figures->echo, 0.5), ",");
    bench_number(out, "echo_p99_ms", samples_ms(&figures->echo, 0.99), ",");
    bench_number(out, "motion_psnr", moving ? figures->motion_psnr : NAN, ",");
    bench_number(out, "motion_psnr_worst", moving ? figures->motion_worst : NAN, ",");
    fprintf(out, "\"settled_exact\":%s,", !self->compared ? "null" : self->exact ? "true" : "false");
    bench_number(out, "settled_ms", self->compared ? (double)self->settled_us / 1000 : NAN, ",");
    bench_number(out, "settled_psnr", self->compared ? self->settled_psnr : NAN, ",");
    bench_number(out, "settled_max", self->compared ? self->settled_max : NAN, ",");
    write_codecs(&self->before, &self->after, out);
    write_processes(self, out, seconds);
    fprintf(out, "}\n");
}

int bench_watch(const struct bench_options *options, FILE *out)
{
    struct watch *self = calloc(1, sizeof(*self));
    enum scene_kind kind = options->workload ? scene_of_name(options->workload) : SCENE_KINDS;
    struct viewer_figures figures = {0};
    int code = 1;

    if (!self)
        return 1;
    self->options = options;
    if (options->display && !(self->desk = desk_create(options->display)))
        goto out;
    self->viewer = viewer_create(kind, options->client.width, options->client.height,
                                 self->desk ? desk_times(self->desk) : NULL);
    if (!self->viewer) {
        fprintf(stderr, "rdpbench: no memory, or a size that no scene has\n");
        goto out;
    }
    if (self->desk && options->workload &&
        !desk_load(self->desk, options->xload, options->workload, options->probe != PROBE_NONE,
                   options->rate)) {
        fprintf(stderr, "rdpbench: xload does not start on display %s\n", options->display);
        goto out;
    }
    if (!connect_all(self))
        goto out;
    if (options->workload && !desk_tell(self->desk, "start", &self->frames, &self->late))
        goto out;
    rest(WARM_UP_US);
    measure(self);
    if (options->workload && !desk_tell(self->desk, "stop", &self->frames, &self->late))
        goto out;
    settle(self);
    for (unsigned i = 0; i < self->count; i++) {
        client_destroy(self->clients[i]);
        self->clients[i] = NULL;
    }
    viewer_take(self->viewer, &figures);
    write_result(self, &figures, out);
    code = 0;
out:
    for (unsigned i = 0; i < self->count; i++)
        client_destroy(self->clients[i]);
    samples_finish(&figures.delay);
    samples_finish(&figures.echo);
    viewer_destroy(self->viewer);
    desk_destroy(self->desk);
    free(self);
    return code;
}
