/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads, mutexes and condition variables. A thread that is started here keeps the module (DLL, shared
 * object) that holds its code loaded until it has left that code (FreeLibraryAndExitThread), so a library may
 * be asked to unload while its threads are still on their way out. os_threads_alive() is what DllCanUnloadNow
 * looks at.
 */
#ifndef RDSPROV_OS_THREAD_H
#define RDSPROV_OS_THREAD_H

#include "os/os.h"

#ifdef _WIN32
struct os_mutex {
    void *srw; /* SRWLOCK */
};
struct os_cond {
    void *cv; /* CONDITION_VARIABLE */
};
#define OS_MUTEX_INIT                                                                                        \
    {                                                                                                        \
        0                                                                                                    \
    }
#define OS_COND_INIT                                                                                         \
    {                                                                                                        \
        0                                                                                                    \
    }
#else
#include <pthread.h>
struct os_mutex {
    pthread_mutex_t mutex;
};
struct os_cond {
    pthread_cond_t cond; /* waits on CLOCK_MONOTONIC after os_cond_init */
};
#define OS_MUTEX_INIT                                                                                        \
    {                                                                                                        \
        PTHREAD_MUTEX_INITIALIZER                                                                            \
    }
#endif

void os_mutex_init(struct os_mutex *self);
void os_mutex_finish(struct os_mutex *self);
void os_mutex_lock(struct os_mutex *self);
void os_mutex_unlock(struct os_mutex *self);

void os_cond_init(struct os_cond *self);
void os_cond_finish(struct os_cond *self);
void os_cond_wait(struct os_cond *self, struct os_mutex *mutex);
/* OS_OK or OS_TIMEOUT. Wake-ups without cause happen. */
enum os_status os_cond_wait_ms(struct os_cond *self, struct os_mutex *mutex, unsigned ms);
void os_cond_signal(struct os_cond *self);
void os_cond_broadcast(struct os_cond *self);

/* Runs once in a process however many threads come. */
struct os_once {
    _Atomic int state; /* zero-initialise */
};
void os_once(struct os_once *self, void (*fn)(void));

/* Starts a detached thread. `name` is for debuggers (at most 15 bytes are shown on Linux). */
enum os_status os_thread_start(const char *name, void (*fn)(void *arg), void *arg);

/* Threads started by os_thread_start / os_thread_create in this module that have not left its code yet. */
unsigned os_threads_alive(void);

/* A thread that will be joined. Join frees it. Never join from inside it. */
struct os_thread;
enum os_status os_thread_create(const char *name, void (*fn)(void *arg), void *arg, struct os_thread **out);
void os_thread_join(struct os_thread *self); /* NULL is fine */

uint64_t os_thread_id(void);

#endif
