/* SPDX-License-Identifier: Apache-2.0 */
/* A library that is unloaded while its threads are on their way out. */
#include "os/log.h"
#include "os/thread.h"

#include <stdatomic.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

EXPORT int module_start(unsigned threads, unsigned ms);
EXPORT unsigned module_alive(void);
EXPORT int module_log(unsigned threads, unsigned lines, log_sink sink);

static void nap(void *arg)
{
    if (arg)
        os_sleep_ms((unsigned)(uintptr_t)arg);
}

int module_start(unsigned threads, unsigned ms)
{
    for (unsigned i = 0; i < threads; i++)
        if (os_thread_start("module", nap, (void *)(uintptr_t)ms) != OS_OK)
            return 1;
    return 0;
}

unsigned module_alive(void)
{
    return os_threads_alive();
}

static _Atomic unsigned log_numbers, log_talking;
static _Atomic unsigned
    log_lines; /* atomic for thread sanitizers, which do not see that a load follows an unload */

/* The last one stops the ring, as the provider's last thread does. */
static void talk(void *arg)
{
    unsigned id = ++log_numbers;

    (void)arg;
    for (unsigned i = 0; i < log_lines; i++)
        log_info("ring", id, "line %u.", i);
    if (--log_talking == 0)
        log_ring_stop();
}

int module_log(unsigned threads, unsigned lines, log_sink sink)
{
    log_set_sink(sink, NULL);
    log_lines = lines;
    log_talking = threads;
    if (log_ring_start() != OS_OK)
        return 1;
    for (unsigned i = 0; i < threads; i++)
        if (os_thread_start("talker", talk, NULL) != OS_OK)
            return 2;
    return 0;
}
