/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs cells of the Close matrix. A batch of them: the library is loaded, listens, has a connection for each
 * cell at the same time, is searched for passwords once all are closed, must be back where it was, and is
 * unloaded. When something is left, the cells of the batch are run one by one to find whose it is.
 *
 *   close_matrix                each step once in each family, with something else each time
 *   close_matrix --long         every cell
 *   close_matrix TEXT ...       every cell whose name holds all of these (see --list)
 *   close_matrix --random N     for N seconds cells with steps in random orders
 *   --seed N                    which sample, which orders
 */
#include "close_matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/process.h"

#ifdef CLOSE_BATCH
#define BATCH CLOSE_BATCH
#else
#define BATCH 48
#endif
#define CELLS_MAX 8192
#define SLACK_BYTES 16384 /* what the C library keeps for itself */
#define FEW 5             /* ends that say nothing about the others */
#define MEDIAN_US 300000

struct counts {
    unsigned handles, threads;
};

struct run {
    bool is_legacy;
    struct service service;
    IWRdsProtocolManager *manager;
    IWRdsProtocolListener *listener;
    IWTSProtocolManager *legacy_manager;
    IWTSProtocolListener *legacy_listener;
    uint16_t port;
    struct counts listening;
};

static struct cell cells[CELLS_MAX];
static unsigned count;
static bool stuck;          /* the library cannot be unloaded: what follows would fail with it */
static struct counts empty; /* without the library */
static size_t empty_memory;
static unsigned long long end_us[STATES][CELLS_MAX];
static unsigned ended[STATES];

/* The cells. */

static bool wanted(const char *name, char **texts)
{
    for (; *texts; texts++)
        if (!strstr(name, *texts))
            return false;
    return true;
}

static unsigned combinations(bool is_legacy, unsigned step, struct cell *out)
{
    unsigned n = 0;

    for (unsigned i = 0; i < STATES * ENDS * RACES; i++) {
        struct cell cell = {.is_legacy = is_legacy,
                            .step = step,
                            .state = i % STATES,
                            .end = i / STATES % ENDS,
                            .race = i / STATES / ENDS};

        if (!cell_is_possible(&cell))
            continue;
        cell_set_name(&cell);
        out[n++] = cell;
    }
    return n;
}

static void choose_all(char **texts)
{
    static struct cell some[STATES * ENDS * RACES];

    for (int family = 0; family < 2; family++)
        for (unsigned step = 0; step < close_nsteps; step++)
            for (unsigned i = combinations(family, step, some); i-- > 0;)
                if (wanted(some[i].name, texts) && count < CELLS_MAX)
                    cells[count++] = some[i];
}

/* One circumstance for a step; steps beside each other get different ones, another seed all of them others.
 */
static void choose_sample(unsigned seed)
{
    static struct cell some[STATES * ENDS * RACES];

    for (int family = 0; family < 2; family++) {
        for (unsigned step = 0; step < close_nsteps; step++) {
            unsigned n = combinations(family, step, some);

            if (n)
                cells[count++] = some[(seed + family * 37 + step * 29) % n];
        }
    }
}

/* A batch. */

static struct counts count_now(void)
{
    return (struct counts){os_count_handles(), os_count_threads()};
}

static bool run_open(struct run *self, bool is_legacy)
{
    static const char config[] = "max-half-open = 512\nmax-per-source = 1024\nlog-level = info\n";

    *self = (struct run){.is_legacy = is_legacy};
    service_init(&self->service, is_legacy);
    self->service.connected = cell_connected;
    self->service.called = cell_called;
    if (!host_open() || !host_configure(config))
        return false;
    if (is_legacy) {
        self->legacy_manager = host_manager(&host_clsid_legacy, &IID_IWTSProtocolManager);
        if (!self->legacy_manager)
            return false;
        IWTSProtocolManager_CreateListener(self->legacy_manager, wide(HOST_LISTENER), &self->legacy_listener);
        service_listen(&self->service, self->legacy_listener);
    } else {
        self->manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
        if (!self->manager)
            return false;
        IWRdsProtocolManager_Initialize(self->manager, NULL, NULL);
        IWRdsProtocolManager_CreateListener(self->manager, wide(HOST_LISTENER), &self->listener);
        service_listen(&self->service, self->listener);
    }
    self->port = host_wait_listening();
    if (!self->port)
        return false;
    os_sleep_ms(100); /* the process that prepared it is reaped; too early would only be too generous */
    self->listening = count_now();
    return true;
}

/* Handles and threads of before; time for what is on its way out. */
static bool quiet(struct counts before, const char *what)
{
    uint64_t until = os_now_ms() + CLOSE_WAIT_MS;
    struct counts now = count_now();

    while (now.handles > before.handles || now.threads > before.threads) {
        if (os_now_ms() > until) {
            fprintf(stderr, "%s: %u handles and %u threads, were %u and %u\n", what, now.handles, now.threads,
                    before.handles, before.threads);
            return false;
        }
        os_sleep_ms(5);
        now = count_now();
    }
    return true;
}

static bool run_close(struct run *self)
{
    bool good;

    if (self->is_legacy) {
        IWTSProtocolListener_StopListen(self->legacy_listener);
        IWTSProtocolListener_Release(self->legacy_listener);
        IWTSProtocolManager_Release(self->legacy_manager);
    } else {
        IWRdsProtocolListener_StopListen(self->listener);
        IWRdsProtocolListener_Release(self->listener);
        IWRdsProtocolManager_Uninitialize(self->manager);
        IWRdsProtocolManager_Release(self->manager);
    }
    good = atomic_load(&self->service.refs) == 1;
    stuck = !host_close();
    good = good && !stuck;
    service_finish(&self->service);
    return good;
}

static void keep_time(const struct cell *cell)
{
    if (ended[cell->state] < CELLS_MAX)
        end_us[cell->state][ended[cell->state]++] = cell->end_us;
}

/* False: something is left that no cell answers for. */
static bool run_batch(struct cell *batch, unsigned n)
{
    struct os_thread *threads[BATCH];
    struct run run;
    bool good;

    if (!run_open(&run, batch->is_legacy))
        return false;
    cells_set(batch, n);
    for (unsigned i = 0; i < n; i++) {
        batch[i].number = i;
        batch[i].port = run.port;
        batch[i].service = &run.service;
        if (os_thread_create("cell", cell_play, &batch[i], &threads[i]) != OS_OK)
            return false;
    }
    for (unsigned i = 0; i < n; i++)
        os_thread_join(threads[i]);
    good = secret_search(batch, n) == 0;
    for (unsigned i = 0; i < n; i++) {
        cell_finish(&batch[i]);
        keep_time(&batch[i]);
    }
    good = quiet(run.listening, "after the cells, still loaded") && good;
    good = run_close(&run) && good;
    return quiet(empty, "after unloading") && good;
}

static void reset(struct cell *cell)
{
    struct cell fresh = {.is_legacy = cell->is_legacy,
                         .step = cell->step,
                         .state = cell->state,
                         .end = cell->end,
                         .race = cell->race,
                         .dice = cell->seed,
                         .seed = cell->seed};

    cell_set_name(&fresh);
    *cell = fresh;
}

static bool memory_grew(const char *what)
{
    size_t now = memory_in_use();

    if (!now || now <= empty_memory + SLACK_BYTES)
        return false;
    fprintf(stderr, "%s: %zu bytes are allocated that were not before\n", what, now - empty_memory);
    return true;
}

/* The number of failures. */
static unsigned judge_batch(struct cell *batch, unsigned n)
{
    unsigned failures = 0;
    bool good = run_batch(batch, n);

    good = !memory_grew("after a batch") && good;
    for (unsigned i = 0; i < n; i++)
        failures += atomic_load(&batch[i].failures) > 0;
    if (good || n == 1 || stuck)
        return failures + !good;
    fprintf(stderr, "something is left of this batch; one by one:\n");
    empty_memory = memory_in_use();
    empty = count_now();
    for (unsigned i = 0; i < n && !stuck; i++) {
        reset(&batch[i]);
        if (!run_batch(&batch[i], 1) || memory_grew("after one")) {
            fprintf(stderr, "left by cell \"%s\"\n", batch[i].name);
            empty_memory = memory_in_use();
            empty = count_now();
            failures++;
        }
    }
    return failures ? failures : 1;
}

/* What a first use leaves for good (in the C library, in Wine) is not a cell's. */
static bool warm_up(void)
{
    struct cell some[STATES];
    bool good = true;

    for (unsigned family = 0; family < 2 && good; family++) {
        for (unsigned i = 0; i < STATES; i++) {
            some[i] = (struct cell){.is_legacy = family, .step = close_nsteps - 1, .state = i};
            cell_set_name(&some[i]);
        }
        empty = (struct counts){~0u, ~0u};
        good = run_batch(some, STATES);
        for (unsigned i = 0; i < STATES; i++)
            good = good && !atomic_load(&some[i].failures);
    }
    empty = count_now();
    empty_memory = memory_in_use();
    memset(ended, 0, sizeof ended);
    return good;
}

static unsigned run_random(unsigned seconds, unsigned seed)
{
    uint64_t until = os_now_ms() + seconds * 1000ull;
    struct cell dice = {.dice = seed * 2654435761u | 1};
    unsigned failures = 0;

    for (unsigned batch = 0; os_now_ms() < until && failures == 0; batch++) {
        for (unsigned i = 0; i < BATCH; i++) {
            cells[i] = (struct cell){.is_legacy = batch % 3 == 2,
                                     .state = cell_roll(&dice, STATES),
                                     .end = cell_roll(&dice, ENDS),
                                     .race = cell_roll(&dice, RACES)};
            cells[i].seed = cell_roll(&dice, UINT32_MAX) | 1;
            reset(&cells[i]);
        }
        failures += judge_batch(cells, BATCH);
        count += BATCH;
    }
    return failures;
}

static int by_size(const void *a, const void *b)
{
    unsigned long long x = *(const unsigned long long *)a, y = *(const unsigned long long *)b;

    return x < y ? -1 : x > y;
}

/* "At once" without a strict clock: some calls are put aside by a busy machine, half of them are not. A Close
 * that waits for a peer shows where the peer is hung. */
static bool judge_times(void)
{
    bool good = true;

    for (unsigned state = 0; state < STATES; state++) {
        unsigned long long *us = end_us[state];
        unsigned n = ended[state];

        if (n == 0)
            continue;
        qsort(us, n, sizeof *us, by_size);
        printf("%s: %u ends, p50 %llu us, p99 %llu us, longest %llu us\n", cell_state_name(state), n,
               us[n / 2], us[(n - 1) * 99 / 100], us[n - 1]);
        if (n >= FEW && us[n / 2] > MEDIAN_US) {
            fprintf(stderr, "%s: Close or the last Release does not return at once\n",
                    cell_state_name(state));
            good = false;
        }
    }
    return good;
}

int main(int argc, char **argv)
{
    char *texts[16] = {NULL};
    unsigned ntexts = 0, failures = 0, seed = 0, seconds = 0;
    bool everything = false, list = false;

    os_random(&seed, sizeof seed);
    seed %= 100000;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--long") == 0)
            everything = true;
        else if (strcmp(argv[i], "--list") == 0)
            list = everything = true;
        else if (strcmp(argv[i], "--random") == 0 && i + 1 < argc)
            seconds = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = (unsigned)atoi(argv[++i]);
        else if (argv[i][0] != '-' && ntexts < 15)
            texts[ntexts++] = argv[i];
        else
            return fprintf(
                       stderr,
                       "usage: close_matrix [--long] [--list] [--random SECONDS] [--seed N] [TEXT ...]\n"),
                   2;
    }
    if (everything || ntexts)
        choose_all(texts);
    else if (!seconds)
        choose_sample(seed);
    if (list) {
        for (unsigned i = 0; i < count; i++)
            printf("%s\n", cells[i].name);
        return 0;
    }
    if (count == 0 && !seconds)
        return fprintf(stderr, "no such cell\n"), 2;
    if (!everything && !ntexts)
        printf("seed %u\n", seed);
    if (!secret_searchable())
        printf("memory is not searched for passwords: freed memory stays as it was in this build\n");
    fflush(stdout);
    secret_choose();
    if (!warm_up())
        return fprintf(stderr, "the first connections failed: nothing else is tried\n"), 1;
    for (unsigned at = 0, n; at < count && !seconds && !stuck; at += n) {
        for (n = 1; n < BATCH && at + n < count && cells[at + n].is_legacy == cells[at].is_legacy;)
            n++;
        failures += judge_batch(&cells[at], n);
    }
    if (seconds)
        failures += run_random(seconds, seed);
    failures += !judge_times();
    if (stuck)
        printf("the library cannot be unloaded: not all cells were run\n");
    printf("%u cells, %u failed\n", count, failures);
    return failures != 0;
}
