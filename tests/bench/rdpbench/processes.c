/* SPDX-License-Identifier: Apache-2.0 */
#include "processes.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t cpu_ns(pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

static bool read_stat(pid_t pid, pid_t *parent, char *name, size_t cap)
{
    char path[64], line[512], *open, *close;
    bool good = false;
    FILE *file;
    int id;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    if (fgets(line, sizeof(line), file) && (open = strchr(line, '(')) && (close = strrchr(line, ')')) &&
        sscanf(close + 1, " %*c %d", &id) == 1) {
        *close = 0;
        snprintf(name, cap, "%s", open + 1);
        *parent = (pid_t)id;
        good = true;
    }
    fclose(file);
    return good;
}

void processes_take(struct processes *self, const pid_t *roots, size_t count)
{
    static struct {
        pid_t pid, parent;
        char name[32];
        bool ours;
    } all[8192];
    size_t found = 0;
    bool more = true;
    struct dirent *entry;
    DIR *folder = opendir("/proc");

    self->count = 0;
    while (folder && (entry = readdir(folder)) && found < sizeof(all) / sizeof(all[0])) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid <= 0 || !read_stat(pid, &all[found].parent, all[found].name, sizeof(all[found].name)))
            continue;
        all[found].pid = pid;
        all[found].ours = false;
        for (size_t i = 0; i < count; i++)
            all[found].ours = all[found].ours || roots[i] == pid;
        found++;
    }
    if (folder)
        closedir(folder);
    while (more) { /* children of ours are ours */
        more = false;
        for (size_t i = 0; i < found; i++)
            for (size_t k = 0; !all[i].ours && k < found; k++)
                if (all[k].ours && all[k].pid == all[i].parent)
                    more = all[i].ours = true;
    }
    for (size_t i = 0; i < found && self->count < PROCESSES_MAX; i++) {
        struct process *process = &self->list[self->count];

        if (!all[i].ours)
            continue;
        process->pid = all[i].pid;
        memcpy(process->name, all[i].name, sizeof(process->name));
        process->cpu_ns = cpu_ns(process->pid);
        self->count++;
    }
}

static void add_memory(struct process_use *use, pid_t pid)
{
    char path[64], line[256];
    unsigned long long kb;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "Rss: %llu", &kb) == 1)
            use->rss_kb += kb;
        else if (sscanf(line, "Pss: %llu", &kb) == 1)
            use->pss_kb += kb;
        else if (sscanf(line, "Private_Clean: %llu", &kb) == 1 ||
                 sscanf(line, "Private_Dirty: %llu", &kb) == 1)
            use->private_kb += kb;
        else if (sscanf(line, "Shared_Clean: %llu", &kb) == 1 || sscanf(line, "Shared_Dirty: %llu", &kb) == 1)
            use->shared_kb += kb;
    }
    if (file)
        fclose(file);
}

static uint64_t used_before(const struct processes *before, const struct process *process)
{
    for (size_t i = 0; i < before->count; i++)
        if (before->list[i].pid == process->pid)
            return before->list[i].cpu_ns;
    return 0; /* it began in between */
}

size_t processes_use(const struct processes *before, const struct processes *after, struct process_use *out)
{
    size_t count = 0;

    for (size_t i = 0; i < after->count; i++) {
        const struct process *process = &after->list[i];
        uint64_t first = used_before(before, process);
        size_t k = 0;

        while (k < count && strcmp(out[k].name, process->name) != 0)
            k++;
        if (k == PROCESSES_NAMES)
            continue;
        if (k == count) {
            memset(&out[k], 0, sizeof(out[k]));
            memcpy(out[k].name, process->name, sizeof(out[k].name));
            count++;
        }
        out[k].count++;
        out[k].cpu_ns += process->cpu_ns > first ? process->cpu_ns - first : 0;
        add_memory(&out[k], process->pid);
    }
    return count;
}
