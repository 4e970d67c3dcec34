/* SPDX-License-Identifier: Apache-2.0 */
#include "os_test.h"

#include "os/thread.h"

#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

static void add_one(void *arg)
{
    (*(_Atomic unsigned *)arg)++;
}

TEST(detached)
{
    _Atomic unsigned ran = 0;
    unsigned handles = os_count_handles();

    CHECK_INT(os_threads_alive(), 0);
    for (unsigned i = 0; i < 50; i++)
        REQUIRE(os_thread_start("a rather long name for a thread", add_one, &ran) == OS_OK);
    CHECK(EVENTUALLY(ran == 50));
    CHECK(EVENTUALLY(os_threads_alive() == 0));
    CHECK(EVENTUALLY(os_count_handles() == handles));
}

static void note_id(void *arg)
{
    *(uint64_t *)arg = os_thread_id();
}

TEST(joined)
{
    uint64_t id = 0;
    struct os_thread *thread;

    REQUIRE(os_thread_create("joined", note_id, &id, &thread) == OS_OK);
    os_thread_join(thread);
    CHECK(id != 0 && id != os_thread_id());
    CHECK_INT(os_threads_alive(), 0);
    os_thread_join(NULL);
}

struct shared {
    struct os_mutex mutex;
    struct os_cond cond;
    unsigned count, turn;
};

static void count_up(void *arg)
{
    struct shared *shared = arg;

    for (int i = 0; i < 10000; i++) {
        os_mutex_lock(&shared->mutex);
        shared->count++;
        os_mutex_unlock(&shared->mutex);
    }
}

TEST(mutex)
{
    struct shared shared = {.mutex = OS_MUTEX_INIT};
    struct os_thread *threads[4];

    for (int i = 0; i < 4; i++)
        REQUIRE(os_thread_create("count", count_up, &shared, &threads[i]) == OS_OK);
    for (int i = 0; i < 4; i++)
        os_thread_join(threads[i]);
    CHECK_INT(shared.count, 40000);
}

static void play_pong(void *arg)
{
    struct shared *shared = arg;

    os_mutex_lock(&shared->mutex);
    for (int i = 0; i < 500; i++) {
        while (shared->turn != 1)
            os_cond_wait(&shared->cond, &shared->mutex);
        shared->turn = 0;
        os_cond_broadcast(&shared->cond);
    }
    os_mutex_unlock(&shared->mutex);
}

TEST(condition)
{
    struct shared shared = {0};
    struct os_thread *thread;
    uint64_t start;

    os_mutex_init(&shared.mutex);
    os_cond_init(&shared.cond);
    REQUIRE(os_thread_create("pong", play_pong, &shared, &thread) == OS_OK);
    os_mutex_lock(&shared.mutex);
    for (int i = 0; i < 500; i++) {
        shared.turn = 1;
        os_cond_signal(&shared.cond);
        while (shared.turn != 0)
            REQUIRE(os_cond_wait_ms(&shared.cond, &shared.mutex, PATIENCE_MS) == OS_OK);
    }
    os_mutex_unlock(&shared.mutex);
    os_thread_join(thread);

    os_mutex_lock(&shared.mutex);
    start = os_now_ms();
    while (os_cond_wait_ms(&shared.cond, &shared.mutex, 50) == OS_OK && os_now_ms() - start < 1000)
        ;
    CHECK(os_now_ms() - start >= 45 && os_now_ms() - start < 1000);
    os_mutex_unlock(&shared.mutex);
    os_cond_finish(&shared.cond);
    os_mutex_finish(&shared.mutex);
}

static _Atomic unsigned once_runs, once_seen;
static struct os_once once, inner;

static void inner_work(void)
{
    once_runs++;
}

static void once_work(void)
{
    os_sleep_ms(30);
    os_once(&inner, inner_work); /* one inside another */
    once_runs++;
}

static void once_user(void *arg)
{
    (void)arg;
    os_once(&once, once_work);
    if (once_runs == 2)
        once_seen++;
}

TEST(run_once)
{
    struct os_thread *threads[8];

    for (int i = 0; i < 8; i++)
        REQUIRE(os_thread_create("once", once_user, NULL, &threads[i]) == OS_OK);
    for (int i = 0; i < 8; i++)
        os_thread_join(threads[i]);
    CHECK_INT(once_runs, 2);
    CHECK_INT(once_seen, 8); /* nobody went on before it was done */
}

struct module {
    void *handle;
    int (*start)(unsigned threads, unsigned ms);
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
    module->start =
        (int (*)(unsigned, unsigned))(void (*)(void))GetProcAddress(module->handle, "module_start");
    module->alive = (unsigned (*)(void))(void (*)(void))GetProcAddress(module->handle, "module_alive");
#else
    module->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module->handle)
        return false;
    *(void **)&module->start = dlsym(module->handle, "module_start");
    *(void **)&module->alive = dlsym(module->handle, "module_alive");
#endif
    return module->start && module->alive;
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

/* As DllCanUnloadNow is used: wait for 0, then unload at once, while the threads are in their last
 * instructions. */
TEST(unload_when_no_thread_is_alive)
{
    unsigned threads = os_count_threads();

    for (int round = 0; round < 100; round++) {
        struct module module;

        REQUIRE(module_load(&module));
        REQUIRE(module.start(4, 0) == 0);
        while (module.alive())
            ;
        module_unload(&module);
        REQUIRE(EVENTUALLY(!module_is_loaded()));
    }
    CHECK(EVENTUALLY(os_count_threads() <= threads));
}

/* Unloading too early must not pull the code from under running threads. */
TEST(unload_while_threads_run)
{
    for (int round = 0; round < 5; round++) {
        struct module module;

        REQUIRE(module_load(&module));
        REQUIRE(module.start(4, 50) == 0);
        module_unload(&module);
        CHECK(module_is_loaded());
        REQUIRE(EVENTUALLY(!module_is_loaded()));
    }
}
