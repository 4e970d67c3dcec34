/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long it takes to connect. The client computes for part of that time; what is left is the server's, the
 * kernel's and the wire's ("added"). The same client meets every server, so added times can be compared.
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "desk.h"
#include "viewer.h"

#define CONNECT_MS 15000
#define PICTURE_MS 5000

struct connect_times {
    struct samples active, active_cpu, active_added, first, first_cpu, first_added, desktop, desktop_cpu,
        desktop_added;
};

static void add(struct samples *all, struct samples *cpu, struct samples *added, uint64_t start, uint64_t at,
                uint64_t used)
{
    if (!at)
        return;
    samples_add(all, at - start);
    samples_add(cpu, used);
    samples_add(added, at - start > used ? at - start - used : 0);
}

static bool connect_once(const struct bench_options *options, const struct picture *expected,
                         struct connect_times *times)
{
    struct client_options client_options = options->client;
    struct viewer_figures figures;
    struct client_stats stats;
    struct client *client;
    struct viewer *viewer;
    char problem[256];
    bool good = false;

    viewer = viewer_create(SCENE_KINDS, client_options.width, client_options.height, NULL);
    if (!viewer)
        return false;
    if (expected->pixels && !viewer_expect(viewer, expected))
        fprintf(stderr, "rdpbench: the display has another size than asked for\n");
    client_options.painted = viewer_painted;
    client_options.painted_arg = viewer;
    client = client_create(&client_options, problem, sizeof(problem));
    if (!client) {
        fprintf(stderr, "rdpbench: %s\n", problem);
    } else if (client_wait_connected(client, CONNECT_MS) == CLIENT_ACTIVE &&
               client_wait_update(client, 0, PICTURE_MS)) {
        good = !expected->pixels || viewer_wait_expected(viewer, PICTURE_MS);
        if (!good)
            fprintf(stderr, "rdpbench: connected, but the desktop did not come\n");
        client_get_stats(client, &stats);
    } else {
        struct client_ending ending = {0};

        client_end(client);
        client_wait_ended(client, CONNECT_MS, &ending);
        fprintf(stderr, "rdpbench: not connected, error 0x%x, error info 0x%x\n", ending.last_error,
                ending.error_info);
    }
    client_destroy(client);
    viewer_take(viewer, &figures);
    if (good) {
        add(&times->active, &times->active_cpu, &times->active_added, stats.start_us, stats.active_us,
            stats.active_cpu_us);
        add(&times->first, &times->first_cpu, &times->first_added, stats.start_us, stats.first_us,
            stats.first_cpu_us);
        add(&times->desktop, &times->desktop_cpu, &times->desktop_added, stats.start_us, figures.match_us,
            figures.match_cpu_us);
    }
    samples_finish(&figures.delay);
    samples_finish(&figures.echo);
    viewer_destroy(viewer);
    return good;
}

static void write_times(FILE *out, const char *name, struct samples *samples, const char *after)
{
    fprintf(out, "\"%s\":{", name);
    bench_number(out, "count", (double)samples->count, ",");
    bench_number(out, "min", samples_ms(samples, 0), ",");
    bench_number(out, "p50", samples_ms(samples, 0.5), ",");
    bench_number(out, "p99", samples_ms(samples, 0.99), "}");
    fputs(after, out);
    samples_finish(samples);
}

int bench_connect(const struct bench_options *options, FILE *out)
{
    const struct timespec pause = {.tv_nsec = 200000000}; /* servers clean up behind a client */
    struct connect_times times = {0};
    struct picture expected = {0};
    struct desk *desk = NULL;
    unsigned failed = 0;

    if (options->display && (!(desk = desk_create(options->display)) || !desk_grab(desk, &expected)))
        return 1;
    for (unsigned i = 0; i < options->connects && failed < 3; i++) {
        failed += !connect_once(options, &expected, &times);
        nanosleep(&pause, NULL);
    }
    picture_finish(&expected);
    desk_destroy(desk);
    fprintf(out, "{\"kind\":\"connect\",");
    bench_number(out, "failed", failed, ",");
    write_times(out, "active_ms", &times.active, ",");
    write_times(out, "active_client_cpu_ms", &times.active_cpu, ",");
    write_times(out, "active_added_ms", &times.active_added, ",");
    write_times(out, "first_ms", &times.first, ",");
    write_times(out, "first_client_cpu_ms", &times.first_cpu, ",");
    write_times(out, "first_added_ms", &times.first_added, ",");
    write_times(out, "desktop_ms", &times.desktop, ",");
    write_times(out, "desktop_client_cpu_ms", &times.desktop_cpu, ",");
    write_times(out, "desktop_added_ms", &times.desktop_added, "}\n");
    return failed ? 1 : 0;
}
