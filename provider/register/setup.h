/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rdsprov-setup without its main: commands over a registry. On Windows the registry is the system's; tests
 * give one in memory and run the same code.
 */
#ifndef RDSPROV_REGISTER_SETUP_H
#define RDSPROV_REGISTER_SETUP_H

#include "register/plan.h"

enum setup_code {
    SETUP_DONE = 0,
    SETUP_FAILED = 1, /* something went wrong; what was begun is taken back */
    SETUP_USAGE = 2,
    SETUP_BLOCKED = 3, /* refused, nothing was changed; the line says why */
    SETUP_DIFFERS = 4, /* verify: not as installed */
};

struct setup_host {
    struct registry *registry;
    FILE *out;
    const char *directory; /* the program's own, without separator at the end: DLL and manifest lie there */
    char separator;
    plan_driver_check driver_verified; /* NULL: nothing can verify a display driver */
    void *driver_arg;
    /* Makes an object of the registered class; NULL where there is no COM. */
    enum os_status (*activate)(char *why, size_t cap);
};

int setup_run(const struct setup_host *host, int argc, char **argv);

#endif
