/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes that are born with one message pipe to their parent and nothing else: no inherited
 * descriptors or handles but standard streams and that pipe. On Windows a child starts suspended, in the job,
 * with kill-on-close.
 */
#ifndef RDSPROV_OS_PROCESS_H
#define RDSPROV_OS_PROCESS_H

#include "os/os.h"

struct os_pipe;
struct os_process;
struct os_job;

#define OS_SPAWN_ARGS_MAX 32

enum os_spawn_flags {
    OS_SPAWN_RESTRICTED = 1, /* as few rights as the platform lets us take away (no new privileges; no child
                                processes job limit, reduced token on Windows: to verify on Windows) */
    OS_SPAWN_GROUP = 2, /* own process group (Linux), so that os_process_kill_group reaches its children */
    OS_SPAWN_QUIET = 4, /* standard streams to the null device */
    OS_SPAWN_STDOUT = 8 /* standard output is a byte pipe that os_process_stdout reads */
};

/* Windows only: where a child runs that does not run where its parent does. It gets this process's token,
 * moved to that session and without privileges, or that of the user who is logged on there, with the user's
 * environment (then os_spawn.env must be NULL). Both take LocalSystem; another session than asked for is
 * OS_FAILED. Handles do not go across sessions: it has the link, and no standard streams. Under Wine, where
 * there is one session and one user, only the desktop counts, and the user's token is this process's own. */
struct os_spawn_place {
    uint32_t session;
    const char *desktop; /* "station\\desktop" */
    bool as_its_user;
};

struct os_spawn {
    const char *program; /* UTF-8 path; looked up in PATH when it holds no separator */
    const char *const
        *args; /* NULL-terminated, without the program's name; at most OS_SPAWN_ARGS_MAX; may be NULL */
    const char *const *env; /* NULL-terminated "NAME=value" that are added or replaced; may be NULL */
    unsigned flags;         /* enum os_spawn_flags */
    struct os_job *job;     /* may be NULL */
    const struct os_spawn_place *place; /* NULL: this process's session and desktop. Linux: must be NULL */
};

/* Starts the program. *link (may be NULL: then no pipe is made) is our end, strong. */
enum os_status os_process_spawn(const struct os_spawn *spec, struct os_process **out, struct os_pipe **link);

/* In the child: the pipe that the parent gave, once; OS_NOT_FOUND when started by hand. Removes its own
 * argument from argv (--os-link=...), if the platform uses one. */
enum os_status os_inherited_pipe(int *argc, char **argv, struct os_pipe **out);

uint64_t os_process_id(const struct os_process *self);
os_waitable os_process_waitable(struct os_process *self); /* signalled when it has ended (pidfd, HANDLE) */
/* True when it has ended (and reaps it); *code is the exit code, or 128 + signal. */
bool os_process_ended(struct os_process *self, int *code);
void os_process_kill(struct os_process *self);       /* SIGKILL, TerminateProcess; fine when it has ended */
void os_process_terminate(struct os_process *self);  /* SIGTERM; Windows: TerminateProcess */
void os_process_kill_group(struct os_process *self); /* SIGKILL to its process group; Windows: its job */
/* Byte pipe of OS_SPAWN_STDOUT: reads what is there; OS_AGAIN, OS_CLOSED. */
enum os_status os_process_stdout(struct os_process *self, void *buf, size_t cap, size_t *len);
/* Forgets it; a child that still runs is reaped in the background once it ends. NULL is fine. */
void os_process_destroy(struct os_process *self);
/* No child is left to reap, as far as it is ours. A library looks at it before it goes: when the background
 * found no thread, this does its work. Never waits. */
bool os_process_all_reaped(void);

/* A set of processes that die together: kill-on-close job (Windows), a list of children (Linux). Thread-safe.
 */
enum os_status os_job_create(struct os_job **out);
void os_job_kill(struct os_job *self);    /* all that live now; returns at once */
void os_job_destroy(struct os_job *self); /* kills, too */

/* Absolute path of the file that holds this code (the program or the library), without the last component. */
enum os_status os_module_directory(char *buf, size_t cap);

/* In a child: give up what it will not need (after start-up, before the first client byte). Linux:
 * no-new-privs, no core dumps, no new processes, where the kernel allows; Windows: what is left to do after
 * the token. */
void os_process_drop_rights(void);

#endif
