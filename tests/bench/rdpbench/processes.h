/* SPDX-License-Identifier: Apache-2.0 */
/* What processes have used: processor time to the nanosecond, memory from smaps_rollup. */
#ifndef RDPBENCH_PROCESSES_H
#define RDPBENCH_PROCESSES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_MAX 512
#define PROCESSES_ROOTS 8
#define PROCESSES_NAMES 16

struct process {
    pid_t pid;
    char name[32];
    uint64_t cpu_ns;
};

struct processes {
    struct process list[PROCESSES_MAX];
    size_t count;
};

/* The processes of `roots` and all below them. */
void processes_take(struct processes *self, const pid_t *roots, size_t count);

/* Processes of one name together. */
struct process_use {
    char name[32];
    unsigned count;
    uint64_t cpu_ns;                                /* between two takes */
    uint64_t rss_kb, pss_kb, private_kb, shared_kb; /* now; the sum over them */
};

/* How many names; at most PROCESSES_NAMES, what is beyond is left out. */
size_t processes_use(const struct processes *before, const struct processes *after, struct process_use *out);

#endif
