/* SPDX-License-Identifier: Apache-2.0 */
/* The ring between those who log and the one who writes: nothing is lost without being counted, each thread's
 * lines stay in order, and a library that used it can be unloaded. */
#include "os_test.h"

#include "os/log.h"
#include "os/thread.h"

#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#define THREADS 6
#define NEVER UINT64_MAX

/* What the sink has seen. It runs on the ring's thread, and on those that log while there is no ring. */
static struct os_mutex seen_lock = OS_MUTEX_INIT;
static uint64_t seen[THREADS + 1], seen_dropped, seen_strange, out_of_order;
static long long last[THREADS + 1];
static _Atomic bool held;      /* the sink does not return */
static _Atomic bool in_sink;   /* it is in there */
static _Atomic uint64_t go_on; /* threads log until it is set, or this many lines */

static void look(enum log_level level, const char *line, size_t len, void *arg)
{
    unsigned long long count;
    unsigned id;
    long long number;

    (void)level;
    (void)arg;
    in_sink = true;
    while (held)
        os_sleep_ms(1);
    os_mutex_lock(&seen_lock);
    if (len < 26 || strlen(line) != len) {
        seen_strange++;
    } else if (sscanf(line + 25, "INFO ring[%u] line %lld.", &id, &number) == 2 && id <= THREADS) {
        seen[id]++;
        out_of_order += number <= last[id];
        last[id] = number;
    } else if (sscanf(line + 25, "WARN log %llu lines dropped", &count) == 1) {
        seen_dropped += count;
    } else {
        seen_strange++;
    }
    os_mutex_unlock(&seen_lock);
    in_sink = false;
}

static uint64_t seen_all(void)
{
    uint64_t sum = 0;

    os_mutex_lock(&seen_lock);
    for (unsigned i = 0; i <= THREADS; i++)
        sum += seen[i];
    os_mutex_unlock(&seen_lock);
    return sum;
}

static void begin(void)
{
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i <= THREADS; i++)
        last[i] = -1;
    seen_dropped = seen_strange = out_of_order = 0;
    held = in_sink = false;
    log_set_sink(look, NULL);
}

/* The last stop was called: the thread goes, and all that it had is written. */
static bool at_rest(void)
{
    bool good = EVENTUALLY(os_threads_alive() == 0);

    log_set_sink(NULL, NULL);
    return good;
}

struct talker {
    uint32_t id;
    uint64_t lines; /* at most; in the end: so many */
    unsigned pause; /* a nap after so many, 0: none */
    struct os_thread *thread;
};

static void talk(void *arg)
{
    struct talker *self = arg;
    uint64_t n = 0;

    while (n < self->lines && n < go_on) {
        log_info("ring", self->id, "line %lld.", (long long)n);
        n++;
        if (self->pause && n % self->pause == 0)
            os_sleep_ms(1);
    }
    self->lines = n;
}

static bool talkers_start(struct talker *talkers, uint64_t lines, unsigned pause)
{
    bool good = true;

    go_on = NEVER;
    for (unsigned i = 0; i < THREADS; i++) {
        talkers[i] = (struct talker){.id = i + 1, .lines = lines, .pause = pause};
        good = good && os_thread_create("talker", talk, &talkers[i], &talkers[i].thread) == OS_OK;
    }
    return good;
}

static uint64_t talkers_join(struct talker *talkers)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        os_thread_join(talkers[i].thread);
        sum += talkers[i].lines;
    }
    return sum;
}

TEST(many_threads)
{
    struct talker talkers[THREADS];
    uint64_t said;

    begin();
    REQUIRE(log_ring_start() == OS_OK);
    REQUIRE(talkers_start(talkers, 20000, 0));
    said = talkers_join(talkers);
    log_ring_stop();
    CHECK(at_rest());
    CHECK_INT(said, THREADS * 20000);
    CHECK_INT(seen_all() + seen_dropped, said);
    CHECK(seen_all() >= LOG_RING_LINES);
    CHECK_INT(out_of_order, 0);
    CHECK_INT(seen_strange, 0);
}

TEST(nothing_is_dropped_with_room)
{
    struct talker talkers[THREADS];

    begin();
    REQUIRE(log_ring_start() == OS_OK);
    for (int round = 0; round < 20; round++) {
        uint64_t before = seen_all();

        for (unsigned i = 0; i <= THREADS; i++)
            last[i] = -1; /* the writer has written all and sleeps */
        REQUIRE(talkers_start(talkers, LOG_RING_LINES / THREADS, 0));
        CHECK_INT(talkers_join(talkers), LOG_RING_LINES / THREADS * THREADS);
        CHECK(EVENTUALLY(seen_all() == before + LOG_RING_LINES / THREADS * THREADS));
    }
    log_ring_stop();
    CHECK(at_rest());
    CHECK_INT(seen_dropped, 0);
    CHECK_INT(out_of_order, 0);
    CHECK_INT(seen_strange, 0);
}

/* The writer hangs (a disk that does not answer): whoever logs goes on. */
TEST(overflow)
{
    enum { MORE = 777 };
    uint64_t start;

    begin();
    held = true;
    REQUIRE(log_ring_start() == OS_OK);
    log_info("ring", 1, "line 0.");
    REQUIRE(EVENTUALLY(in_sink)); /* one is being written and keeps its slot */
    start = os_now_ms();
    for (long long i = 1; i < LOG_RING_LINES + MORE; i++)
        log_info("ring", 1, "line %lld.", i);
    CHECK(os_now_ms() - start < PATIENCE_MS / 2);
    CHECK_INT(seen_all(), 0);
    held = false;
    CHECK(EVENTUALLY(seen_all() == LOG_RING_LINES));
    /* the oldest are there, without a gap */
    CHECK_INT(last[1], LOG_RING_LINES - 1);
    log_info("ring", 1, "line %d.", LOG_RING_LINES + MORE);
    log_ring_stop();
    CHECK(at_rest());
    CHECK_INT(last[1], LOG_RING_LINES + MORE);
    CHECK_INT(seen_dropped, MORE);
    CHECK_INT(out_of_order, 0);
    CHECK_INT(seen_strange, 0);
}

/* Back and forth between the ring and direct lines, under threads that log: every line arrives, once, in
 * order. */
TEST(stop_while_threads_log)
{
    struct talker talkers[THREADS];
    uint64_t said;

    begin();
    REQUIRE(talkers_start(talkers, NEVER, 10));
    for (int round = 0; round < 200; round++) {
        REQUIRE(log_ring_start() == OS_OK);
        os_sleep_ms(round % 3);
        log_ring_stop();
        if (round % 5 == 0)
            os_sleep_ms(2);
    }
    go_on = 0;
    said = talkers_join(talkers);
    CHECK(at_rest());
    CHECK_INT(seen_all() + seen_dropped, said);
    CHECK(said > 1000);
    CHECK_INT(out_of_order, 0);
    CHECK_INT(seen_strange, 0);
}

/* As above, but without a pause in which the gate could be shut quietly. */
TEST(stop_under_a_flood)
{
    struct talker talkers[THREADS];
    uint64_t said;

    begin();
    REQUIRE(log_ring_start() == OS_OK);
    REQUIRE(talkers_start(talkers, NEVER, 0));
    os_sleep_ms(20);
    log_ring_stop();
    CHECK(EVENTUALLY(os_threads_alive() == THREADS));
    go_on = 0;
    said = talkers_join(talkers);
    CHECK(at_rest());
    CHECK_INT(seen_all() + seen_dropped, said);
    CHECK_INT(seen_strange, 0);
}

TEST(starts_are_counted)
{
    begin();
    REQUIRE(log_ring_start() == OS_OK);
    REQUIRE(log_ring_start() == OS_OK);
    log_ring_stop();
    os_sleep_ms(20);
    CHECK_INT(os_threads_alive(), 1);
    held = true; /* only what the writer does can be held */
    log_info("ring", 2, "line 0.");
    CHECK(EVENTUALLY(in_sink));
    held = false;
    log_ring_stop();
    CHECK(EVENTUALLY(os_threads_alive() == 0));
    log_info("ring", 2, "line 1."); /* direct */
    CHECK_INT(seen_all(), 2);
    log_ring_stop(); /* one too many does no harm */
    REQUIRE(log_ring_start() == OS_OK);
    log_info("ring", 2, "line 2.");
    log_ring_stop();
    CHECK(at_rest());
    CHECK_INT(seen_all(), 3);
    CHECK_INT(out_of_order, 0);
}

/* The file is open for as long as there is something to write to it. */
TEST(file_is_closed_last)
{
    char path[1024], name[64], line[256];
    unsigned handles, good = 0;
    FILE *file;

    log_set_sink(NULL, NULL);
    snprintf(name, sizeof name, "log_ring_test_%llu.txt", (unsigned long long)os_now_us());
    beside(path, sizeof path, name);
    handles = os_count_handles();
    for (int round = 0; round < 10; round++) {
        REQUIRE(log_ring_start() == OS_OK);
        REQUIRE(log_set_file(path) == OS_OK);
        for (int i = 0; i < 50; i++)
            log_info("ring", 3, "line %d.", i);
        log_ring_stop();
        REQUIRE(EVENTUALLY(os_threads_alive() == 0));
    }
    CHECK(EVENTUALLY(os_count_handles() <= handles));
    file = fopen(path, "r");
    REQUIRE(file != NULL);
    while (fgets(line, sizeof line, file))
        good += strlen(line) > 25 && strncmp(line + 25, "INFO ring[3] line ", 18) == 0;
    fclose(file);
    CHECK_INT(good, 500);
    CHECK(remove(path) == 0);
}

struct module {
    void *handle;
    int (*log)(unsigned threads, unsigned lines, log_sink sink);
    unsigned (*alive)(void);
};

static bool module_load(struct module *module)
{
    char path[1024];

    beside(path, sizeof path, "unit_os_module.module");
#ifdef _WIN32
    module->handle = LoadLibraryA(path);
    if (!module->handle)
        return false;
    module->log =
        (int (*)(unsigned, unsigned, log_sink))(void (*)(void))GetProcAddress(module->handle, "module_log");
    module->alive = (unsigned (*)(void))(void (*)(void))GetProcAddress(module->handle, "module_alive");
#else
    module->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module->handle)
        return false;
    *(void **)&module->log = dlsym(module->handle, "module_log");
    *(void **)&module->alive = dlsym(module->handle, "module_alive");
#endif
    return module->log && module->alive;
}

static void module_unload(struct module *module)
{
#ifdef _WIN32
    FreeLibrary(module->handle);
#else
    dlclose(module->handle);
#endif
}

static bool module_is_loaded(void)
{
#ifdef _WIN32
    return GetModuleHandleA("unit_os_module.module") != NULL;
#else
    char path[1024];
    void *handle = dlopen(beside(path, sizeof path, "unit_os_module.module"), RTLD_NOW | RTLD_NOLOAD);

    if (handle)
        dlclose(handle);
    return handle != NULL;
#endif
}

/* The life of the provider: DllCanUnloadNow says so at the end, and everything is written by then. */
TEST(unload)
{
    unsigned threads = os_count_threads();

    for (int round = 0; round < 30; round++) {
        struct module module;

        begin();
        REQUIRE(module_load(&module));
        REQUIRE(module.log(4, 100, look) == 0);
        while (module.alive())
            ;
        CHECK_INT(seen_all() + seen_dropped, 400);
        CHECK_INT(out_of_order + seen_strange, 0);
        module_unload(&module);
        REQUIRE(EVENTUALLY(!module_is_loaded()));
    }
    CHECK(EVENTUALLY(os_count_threads() <= threads));
    log_set_sink(NULL, NULL);
}

/* Unloading too early pulls nothing from under the writer: it is the last to hold the library. */
TEST(unload_while_it_writes)
{
    for (int round = 0; round < 5; round++) {
        struct module module;

        begin();
        held = true;
        REQUIRE(module_load(&module));
        REQUIRE(module.log(2, 50, look) == 0);
        module_unload(&module);
        CHECK(module_is_loaded());
        held = false;
        REQUIRE(EVENTUALLY(!module_is_loaded()));
        CHECK_INT(seen_all() + seen_dropped, 100);
    }
    log_set_sink(NULL, NULL);
}
