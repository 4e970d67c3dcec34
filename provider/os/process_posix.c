/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children are known by pidfd, and reaped by it: SIGCHLD and the children of the process we live in are not
 * ours. A child whose object is destroyed while it runs becomes an orphan; one thread, which lives only while
 * there are orphans, reaps them (and keeps os_threads_alive above zero until then).
 */
#include "os/os_posix.h"
#include "os/pipe.h"
#include "os/process_posix.h"
#include "os/thread.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD_LINK 3
#define LINK_ARGUMENT "--os-link=3"

struct os_process {
    pid_t pid;
    int pidfd;
    int out;
    unsigned flags;
    bool child; /* ours to reap */
    bool ended;
    int code;
    struct os_job *job;
    struct os_process *job_next;
    struct os_process *orphan_next;
};

struct os_job {
    struct os_process *first;
    unsigned kills; /* how often os_job_kill was called */
};

/* Guards all jobs, their members' links, and the orphans. */
static struct os_mutex lock = OS_MUTEX_INIT;
static struct os_process *orphans;
static int orphan_epoll = -1; /* has their pidfds; open while the reaper runs */
static bool orphan_unwatched; /* one could not be added: look from time to time */

static void send_signal(const struct os_process *self, int signal)
{
    syscall(SYS_pidfd_send_signal, self->pidfd, signal, NULL, 0);
}

static void process_unjob(struct os_process *self)
{
    os_mutex_lock(&lock);
    if (self->job) {
        struct os_process **at = &self->job->first;

        while (*at != self)
            at = &(*at)->job_next;
        *at = self->job_next;
        self->job = NULL;
    }
    os_mutex_unlock(&lock);
}

static void process_free(struct os_process *self)
{
    process_unjob(self);
    os_handle_close(self->pidfd);
    os_handle_close(self->out);
    free(self);
}

static bool pidfd_ended(int pidfd)
{
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};

    return poll(&wait, 1, 0) > 0;
}

static bool reap(struct os_process *self)
{
    siginfo_t info;
    int r;

    if (self->ended)
        return true;
    memset(&info, 0, sizeof info);
    self->code = -1;
    if (self->child) {
        do
            r = waitid((idtype_t)P_PIDFD, (id_t)self->pidfd, &info, WEXITED | WNOHANG | __WALL);
        while (r < 0 && errno == EINTR);
        if (r == 0 && info.si_pid == 0)
            return false;
        if (r == 0) {
            self->code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
            self->ended = true;
            return true;
        }
        /* ECHILD: the host ignores SIGCHLD or waits for any child, and was first. How it ended is not known.
         */
    }
    self->ended = pidfd_ended(self->pidfd);
    return self->ended;
}

/* Takes the orphans that have ended off the list. */
static struct os_process *collect_ended(void)
{
    struct os_process *gone = NULL, **at = &orphans;

    while (*at) {
        struct os_process *process = *at;

        if (reap(process)) {
            *at = process->orphan_next;
            process->orphan_next = gone;
            gone = process;
        } else {
            at = &process->orphan_next;
        }
    }
    return gone;
}

static void reaper_main(void *arg)
{
    bool last;

    (void)arg;
    do {
        struct os_process *gone;
        struct epoll_event events[16];
        int epoll, wait_ms;

        os_mutex_lock(&lock);
        gone = collect_ended();
        last = orphans == NULL;
        epoll = orphan_epoll;
        wait_ms = last ? 0 : orphan_unwatched ? 100 : -1;
        if (last) {
            orphan_epoll = -1; /* who comes now starts a new thread */
            orphan_unwatched = false;
        }
        os_mutex_unlock(&lock);

        while (gone) {
            struct os_process *next = gone->orphan_next;

            process_free(gone);
            gone = next;
        }
        epoll_wait(epoll, events, sizeof events / sizeof *events, wait_ms);
        if (last)
            close(epoll);
    } while (!last);
}

/* Under the lock. When memory is short the orphan waits for the next call to come by. */
static void reaper_start(void)
{
    if (orphan_epoll >= 0 || !orphans)
        return;
    orphan_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (orphan_epoll < 0)
        return;
    for (struct os_process *process = orphans; process; process = process->orphan_next) {
        struct epoll_event event = {.events = EPOLLIN};

        if (epoll_ctl(orphan_epoll, EPOLL_CTL_ADD, process->pidfd, &event) < 0)
            orphan_unwatched = true;
    }
    if (os_thread_start("os-reaper", reaper_main, NULL) != OS_OK) {
        close(orphan_epoll);
        orphan_epoll = -1;
    }
}

bool os_process_all_reaped(void)
{
    struct os_process *gone = NULL;
    bool none;

    os_mutex_lock(&lock);
    if (orphan_epoll < 0) /* else the reaper does it, and waits for what is in its epoll */
        gone = collect_ended();
    none = !orphans;
    os_mutex_unlock(&lock);
    while (gone) {
        struct os_process *next = gone->orphan_next;

        process_free(gone);
        gone = next;
    }
    return none;
}

static void orphan_add(struct os_process *self)
{
    struct epoll_event event = {.events = EPOLLIN};

    os_mutex_lock(&lock);
    self->orphan_next = orphans;
    orphans = self;
    /* adding to an epoll that a thread waits on wakes it when the child has already ended */
    if (orphan_epoll >= 0 && epoll_ctl(orphan_epoll, EPOLL_CTL_ADD, self->pidfd, &event) < 0)
        orphan_unwatched = true;
    reaper_start();
    os_mutex_unlock(&lock);
}

void os_process_destroy(struct os_process *self)
{
    if (!self)
        return;
    os_handle_close(self->out);
    self->out = -1;
    if (self->child && !reap(self))
        orphan_add(self);
    else
        process_free(self);
}

enum os_status process_foreign(pid_t pid, int pidfd, struct os_process **out)
{
    struct os_process *self;
    int error;

    *out = NULL;
    if (pidfd < 0)
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return errno == ESRCH ? OS_CLOSED : os_status_from_errno(errno);
    self = calloc(1, sizeof *self);
    if (!self) {
        error = errno;
        close(pidfd);
        return os_status_from_errno(error);
    }
    self->pid = pid;
    self->pidfd = pidfd;
    self->out = -1;
    *out = self;
    return OS_OK;
}

enum os_status os_process_spawn(const struct os_spawn *spec, struct os_process **out, struct os_pipe **link)
{
    struct os_process *self = calloc(1, sizeof *self);
    struct os_pipe *ours = NULL, *theirs = NULL;
    struct spawn_child child;
    enum os_status status;
    unsigned kills = 0;

    *out = NULL;
    if (link)
        *link = NULL;
    if (!self)
        return OS_NO_MEMORY;
    os_mutex_lock(&lock);
    reaper_start();
    if (spec->job)
        kills = spec->job->kills;
    os_mutex_unlock(&lock);

    status = link ? os_pipe_pair(&ours, &theirs) : OS_OK;
    if (status != OS_OK)
        goto out;
    status = spawn_program(spec, theirs ? os_pipe_waitable(theirs) : -1, &child);
    if (status != OS_OK)
        goto out;

    self->child = true;
    self->pid = child.pid;
    self->pidfd = child.pidfd;
    self->out = child.out;
    self->flags = spec->flags;
    if (spec->job) {
        os_mutex_lock(&lock);
        self->job = spec->job;
        self->job_next = spec->job->first;
        spec->job->first = self;
        if (spec->job->kills != kills) /* somebody ended all of them while this one was on its way */
            send_signal(self, SIGKILL);
        os_mutex_unlock(&lock);
    }
    *out = self;
    self = NULL;
    if (link) {
        *link = ours;
        ours = NULL;
    }
out:
    os_pipe_destroy(ours);
    os_pipe_destroy(theirs);
    free(self);
    return status;
}

enum os_status os_inherited_pipe(int *argc, char **argv, struct os_pipe **out)
{
    static _Atomic bool taken;

    *out = NULL;
    if (*argc < 2 || strcmp(argv[1], LINK_ARGUMENT) != 0 || atomic_exchange(&taken, true))
        return OS_NOT_FOUND;
    memmove(&argv[1], &argv[2], (size_t)(*argc - 1) * sizeof *argv); /* with the NULL at the end */
    *argc -= 1;
    return os_pipe_from_handle(FD_LINK, out);
}

uint64_t os_process_id(const struct os_process *self)
{
    return (uint64_t)self->pid;
}

os_waitable os_process_waitable(struct os_process *self)
{
    return self->pidfd;
}

bool os_process_ended(struct os_process *self, int *code)
{
    if (!reap(self))
        return false;
    process_unjob(self);
    if (code)
        *code = self->code;
    return true;
}

void os_process_kill(struct os_process *self)
{
    send_signal(self, SIGKILL);
}

void os_process_terminate(struct os_process *self)
{
    send_signal(self, SIGTERM);
}

/* The group outlives its leader while it has members, and keeps its number from being given to others as
 * long. */
void os_process_kill_group(struct os_process *self)
{
    if (self->flags & OS_SPAWN_GROUP)
        kill(-self->pid, SIGKILL);
    else
        send_signal(self, SIGKILL);
}

enum os_status os_process_stdout(struct os_process *self, void *buf, size_t cap, size_t *len)
{
    ssize_t n;

    *len = 0;
    if (self->out < 0)
        return OS_CLOSED;
    do
        n = read(self->out, buf, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return os_status_from_errno(errno);
    if (n == 0 && cap)
        return OS_CLOSED;
    *len = (size_t)n;
    return OS_OK;
}

enum os_status os_job_create(struct os_job **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? OS_OK : OS_NO_MEMORY;
}

static void job_kill(struct os_job *self)
{
    self->kills++;
    for (struct os_process *process = self->first; process; process = process->job_next)
        os_process_kill_group(process);
}

void os_job_kill(struct os_job *self)
{
    os_mutex_lock(&lock);
    job_kill(self);
    os_mutex_unlock(&lock);
}

void os_job_destroy(struct os_job *self)
{
    if (!self)
        return;
    os_mutex_lock(&lock);
    job_kill(self);
    while (self->first) {
        struct os_process *process = self->first;

        self->first = process->job_next;
        process->job = NULL;
    }
    os_mutex_unlock(&lock);
    free(self);
}

enum os_status os_module_directory(char *buf, size_t cap)
{
    const char *module = os_module_path();
    char *path = realpath(module ? module : "/proc/self/exe", NULL);
    enum os_status status = OS_OK;
    char *slash;

    if (!path)
        return os_status_from_errno(errno);
    slash = strrchr(path, '/');
    slash[slash == path] = 0; /* "/program" is in "/" */
    if (strlen(path) >= cap)
        status = OS_TOO_BIG;
    else
        strcpy(buf, path);
    free(path);
    return status;
}
