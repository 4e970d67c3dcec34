/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread of a library may be the last user of that library. It cannot dlclose() it: the call would return
 * into memory that is gone. So each thread holds a loader reference and leaves it as a thread-specific value
 * whose destructor is dlclose itself: the C library calls that after the thread's last return out of our
 * code, and that is what FreeLibraryAndExitThread is on Windows.
 */
#include "os/thread.h"
#include "os/os_posix.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct os_thread {
    pthread_t thread;
};

struct start {
    void (*fn)(void *arg);
    void *arg;
    void *module; /* loader reference; NULL in the program itself, which cannot go away */
    pthread_key_t key;
    char name[16];
};

static _Atomic unsigned alive;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
/* Atomic for thread sanitizers only: the loader's lock orders one life of the library and the next, and they
 * cannot see it. */
static _Atomic pthread_key_t key;
static _Atomic bool have_key;

void os_mutex_init(struct os_mutex *self)
{
    pthread_mutex_init(&self->mutex, NULL);
}

void os_mutex_finish(struct os_mutex *self)
{
    pthread_mutex_destroy(&self->mutex);
}

void os_mutex_lock(struct os_mutex *self)
{
    pthread_mutex_lock(&self->mutex);
}

void os_mutex_unlock(struct os_mutex *self)
{
    pthread_mutex_unlock(&self->mutex);
}

void os_cond_init(struct os_cond *self)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&self->cond, &attr);
    pthread_condattr_destroy(&attr);
}

void os_cond_finish(struct os_cond *self)
{
    pthread_cond_destroy(&self->cond);
}

void os_cond_wait(struct os_cond *self, struct os_mutex *mutex)
{
    pthread_cond_wait(&self->cond, &mutex->mutex);
}

enum os_status os_cond_wait_ms(struct os_cond *self, struct os_mutex *mutex, unsigned ms)
{
    uint64_t end = os_now_ns() + (uint64_t)ms * 1000000;
    struct timespec until = {(time_t)(end / 1000000000), (long)(end % 1000000000)};

    return pthread_cond_timedwait(&self->cond, &mutex->mutex, &until) == ETIMEDOUT ? OS_TIMEOUT : OS_OK;
}

void os_cond_signal(struct os_cond *self)
{
    pthread_cond_signal(&self->cond);
}

void os_cond_broadcast(struct os_cond *self)
{
    pthread_cond_broadcast(&self->cond);
}

void os_once(struct os_once *self, void (*fn)(void))
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
    enum { NEW, RUNNING, DONE };

    if (self->state == DONE)
        return;
    pthread_mutex_lock(&mutex);
    if (self->state == NEW) {
        self->state = RUNNING;
        pthread_mutex_unlock(&mutex); /* fn may use another os_once */
        fn();
        pthread_mutex_lock(&mutex);
        self->state = DONE;
        pthread_cond_broadcast(&changed);
    }
    while (self->state != DONE)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void key_create(void)
{
    void (*close_module)(void) = (void (*)(void))dlclose;
    pthread_key_t created;

    if (pthread_key_create(&created, (void (*)(void *))close_module) != 0)
        return;
    key = created;
    have_key = true;
}

/* Runs when the library is unloaded, so that loading it again and again does not use up the process's keys.
 */
__attribute__((destructor)) static void key_destroy(void)
{
    if (have_key)
        pthread_key_delete(key);
}

static enum os_status module_hold(void **module)
{
    const char *path = os_module_path();

    *module = NULL;
    if (!path)
        return OS_OK;
    pthread_once(&key_once, key_create);
    if (!have_key)
        return OS_NO_MEMORY;
    *module = dlopen(path, RTLD_NOLOAD | RTLD_LAZY);
    return *module ? OS_OK : OS_FAILED;
}

static void *thread_main(void *arg)
{
    struct start start = *(struct start *)arg;

    free(arg);
    if (start.module && pthread_setspecific(start.key, start.module) != 0)
        start.module =
            NULL; /* out of memory: the library stays loaded for ever, which is the safe way to fail */
    pthread_setname_np(pthread_self(), start.name);
    start.fn(start.arg);
    alive--;
    return NULL;
}

/* Signals belong to the process that we live in: its handlers must not run on our threads. Those of a crash
 * are not blocked, because a blocked one would kill without a word. */
static void block_signals(sigset_t *old)
{
    static const int crash[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
    sigset_t set;

    sigfillset(&set);
    for (unsigned i = 0; i < sizeof crash / sizeof *crash; i++)
        sigdelset(&set, crash[i]);
    pthread_sigmask(SIG_SETMASK, &set, old);
}

static enum os_status start_thread(const char *name, void (*fn)(void *), void *arg, pthread_t *thread)
{
    struct start *start = malloc(sizeof *start);
    enum os_status status;
    sigset_t old;
    int error;

    if (!start)
        return OS_NO_MEMORY;
    start->fn = fn;
    start->arg = arg;
    snprintf(start->name, sizeof start->name, "%s", name);
    status = module_hold(&start->module);
    if (status != OS_OK)
        goto out;
    start->key = key;

    alive++;
    block_signals(&old);
    error = pthread_create(thread, NULL, thread_main, start);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error) {
        alive--;
        if (start->module)
            dlclose(start->module);
        status = OS_NO_MEMORY;
        goto out;
    }
    start = NULL;
out:
    free(start);
    return status;
}

enum os_status os_thread_start(const char *name, void (*fn)(void *arg), void *arg)
{
    pthread_t thread;
    enum os_status status = start_thread(name, fn, arg, &thread);

    if (status == OS_OK)
        pthread_detach(thread);
    return status;
}

unsigned os_threads_alive(void)
{
    return alive;
}

enum os_status os_thread_create(const char *name, void (*fn)(void *arg), void *arg, struct os_thread **out)
{
    struct os_thread *self = malloc(sizeof *self);
    enum os_status status;

    *out = NULL;
    if (!self)
        return OS_NO_MEMORY;
    status = start_thread(name, fn, arg, &self->thread);
    if (status != OS_OK) {
        free(self);
        return status;
    }
    *out = self;
    return OS_OK;
}

void os_thread_join(struct os_thread *self)
{
    if (!self)
        return;
    pthread_join(self->thread, NULL);
    free(self);
}

uint64_t os_thread_id(void)
{
    return (uint64_t)syscall(SYS_gettid);
}
