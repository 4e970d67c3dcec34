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

static unsigned sleep_ms;

static void nap(void *arg)
{
    (void)arg;
    if (sleep_ms)
        os_sleep_ms(sleep_ms);
}

int module_start(unsigned threads, unsigned ms)
{
    sleep_ms = ms;
    for (unsigned i = 0; i < threads; i++)
        if (os_thread_start("module", nap, NULL) != OS_OK)
            return 1;
    return 0;
}

unsigned module_alive(void)
{
    return os_threads_alive();
}
