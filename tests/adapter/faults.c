/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LD_PRELOADed into rdsim: what the provider's library asks of the C library fails now and then.
 * RDSPROV_FAULTS = WHAT:EVERY[:FROM[:TO]], WHAT one of memory, thread: each EVERY-th call fails, from call
 * FROM to call TO (0: to the end). Only calls that come out of librdsprov.so count.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

#define EXPORT __attribute__((visibility("default")))

enum kind { NONE, MEMORY, THREAD };

static enum kind kind;
static unsigned long every, from, to;
static atomic_ulong calls, failed;
/* a page of the library that was seen, so that the loader is not asked each time */
static _Atomic uintptr_t known_in, known_out;

__attribute__((constructor)) static void read_wish(void)
{
    const char *text = getenv("RDSPROV_FAULTS");
    char what[16] = "";

    if (!text || sscanf(text, "%15[^:]:%lu:%lu:%lu", what, &every, &from, &to) < 2 || every == 0)
        return;
    kind = strcmp(what, "memory") == 0 ? MEMORY : strcmp(what, "thread") == 0 ? THREAD : NONE;
}

__attribute__((destructor)) static void report(void)
{
    char line[80];
    int n;

    if (kind == NONE)
        return;
    n = snprintf(line, sizeof line, "faults: %lu of %lu calls failed\n", atomic_load(&failed),
                 atomic_load(&calls));
    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        return;
}

static bool from_provider(const void *caller)
{
    uintptr_t page = (uintptr_t)caller >> 12;
    const char *name;
    Dl_info info;
    bool inside;

    if (page == atomic_load(&known_in))
        return true;
    if (page == atomic_load(&known_out))
        return false;
    inside = dladdr(caller, &info) && info.dli_fname && (name = strrchr(info.dli_fname, '/')) &&
             strcmp(name, "/librdsprov.so") == 0;
    atomic_store(inside ? &known_in : &known_out, page);
    return inside;
}

static bool fails(enum kind what, const void *caller)
{
    unsigned long call;

    if (kind != what || !from_provider(caller))
        return false;
    call = atomic_fetch_add(&calls, 1) + 1;
    if (call < from || (to && call > to) || call % every != 0)
        return false;
    atomic_fetch_add(&failed, 1);
    return true;
}

EXPORT void *malloc(size_t size)
{
    if (!fails(MEMORY, __builtin_return_address(0)))
        return __libc_malloc(size);
    errno = ENOMEM;
    return NULL;
}

EXPORT void *calloc(size_t count, size_t size)
{
    if (!fails(MEMORY, __builtin_return_address(0)))
        return __libc_calloc(count, size);
    errno = ENOMEM;
    return NULL;
}

EXPORT void *realloc(void *old, size_t size)
{
    if (!fails(MEMORY, __builtin_return_address(0)))
        return __libc_realloc(old, size);
    errno = ENOMEM;
    return NULL;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (!real)
        real = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(
            RTLD_NEXT, "pthread_create");
    return fails(THREAD, __builtin_return_address(0)) ? EAGAIN : real(thread, attr, start, arg);
}
