/* SPDX-License-Identifier: Apache-2.0 */
/* A library that is unloaded while its threads are on their way out. */
#include "os/thread.h"

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

EXPORT int module_start(unsigned threads, unsigned ms);
EXPORT unsigned module_alive(void);

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
