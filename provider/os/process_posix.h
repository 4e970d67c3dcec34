/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by process_posix.c, spawn_posix.c and pipe_listener_posix.c. */
#ifndef RDSPROV_OS_PROCESS_POSIX_H
#define RDSPROV_OS_PROCESS_POSIX_H

#include "os/process.h"

#include <sys/types.h>

struct spawn_child {
    pid_t pid;
    int pidfd;
    int out; /* read end of its standard output, or -1 */
};

/* Starts the program with `link` (or -1) as its descriptor 3. Nothing is taken over. */
enum os_status spawn_program(const struct os_spawn *spec, int link, struct spawn_child *out);

/* An object for a process that is not our child. Takes pidfd over (closed on failure, too); -1: opened by
 * pid. */
enum os_status process_foreign(pid_t pid, int pidfd, struct os_process **out);

#endif
