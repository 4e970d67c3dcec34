/* SPDX-License-Identifier: Apache-2.0 */
/* What a run of rdpbench is asked for, and its two kinds: connecting, and watching a workload. */
#ifndef RDPBENCH_BENCH_H
#define RDPBENCH_BENCH_H

#include <stdbool.h>
#include <stdio.h>

#include "client.h"
#include "processes.h"

#define BENCH_CLIENTS_MAX 512

struct bench_options {
    struct client_options client;
    const char *display;  /* source desktop; NULL: not known */
    const char *workload; /* a scene's name, or type-keys; NULL: none is started */
    const char *xload;    /* path of the program */
    unsigned rate;        /* 0: the scene's own */
    unsigned connections, connects;
    double seconds;
    enum { PROBE_NONE, PROBE_KEY, PROBE_MOUSE } probe;
    pid_t roots[PROCESSES_ROOTS];
    size_t root_count;
    unsigned settle_ms;
    unsigned line_kbit, line_ms; /* both 0: no slow line */
};

/* Writes one JSON object. 0: done; else a line on standard error said why not. */
int bench_connect(const struct bench_options *options, FILE *out);
int bench_watch(const struct bench_options *options, FILE *out);

/* A JSON number, null for NaN. */
void bench_number(FILE *out, const char *name, double value, const char *after);

#endif
