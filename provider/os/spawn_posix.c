/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a program from a library in somebody else's process. Not posix_spawn(): its child can be reaped by
 * the host (wait(-1), SIGCHLD ignored) before a pidfd is open, and the number may name somebody else then. So
 * the child is cloned together with its pidfd. Between clone and exec it makes raw system calls only: the C
 * library's locks may be held by threads that do not exist there.
 */
#include "os/os_posix.h"
#include "os/process_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

#define FD_LINK 3
#define FD_REPORT 4
#define FD_FIRST_FREE 10 /* what the parent prepares lies above all numbers that the child assigns */
#define LINK_ARGUMENT "--os-link=3"
#define SIGNAL_MAX 64

extern char **environ;

/* All that the child needs, made before it exists. Descriptors not set are -1. */
struct plan {
    char path[4096];
    const char *argv[OS_SPAWN_ARGS_MAX + 3];
    const char **envp;
    unsigned flags;
    int null;
    int out[2]; /* pipe of its standard output */
    int link;
    int report[2]; /* carries errno of a failed exec; closed by a good one */
};

static bool can_execute(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static enum os_status find_program(const char *program, char *path, size_t cap)
{
    const char *dirs = getenv("PATH");

    if (strchr(program, '/')) {
        if (strlen(program) >= cap)
            return OS_TOO_BIG;
        strcpy(path, program);
        return OS_OK;
    }
    if (!*program)
        return OS_NOT_FOUND;
    if (!dirs)
        dirs = "/usr/local/bin:/usr/bin:/bin";
    while (*dirs) {
        size_t len = strcspn(dirs, ":");
        int n = snprintf(path, cap, "%.*s/%s", (int)len, dirs, program);

        /* only absolute directories: the current one is not a place to start programs from */
        if (*dirs == '/' && n > 0 && (size_t)n < cap && can_execute(path))
            return OS_OK;
        dirs += len + (dirs[len] == ':');
    }
    return OS_NOT_FOUND;
}

static bool same_variable(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");

    return strncmp(a, b, len) == 0 && b[len] == '=';
}

static enum os_status merge_environment(const char *const *add, const char ***out)
{
    size_t have = 0, more = 0, used = 0;
    const char **list;

    while (environ && environ[have])
        have++;
    while (add && add[more])
        more++;
    list = calloc(have + more + 1, sizeof *list);
    if (!list)
        return OS_NO_MEMORY;
    for (size_t i = 0; i < have; i++) {
        bool replaced = false;

        for (size_t k = 0; k < more && !replaced; k++)
            replaced = same_variable(add[k], environ[i]);
        if (!replaced)
            list[used++] = environ[i];
    }
    for (size_t k = 0; k < more; k++)
        list[used++] = add[k];
    *out = list;
    return OS_OK;
}

static bool move_up(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, FD_FIRST_FREE);

    if (moved < 0)
        return false;
    close(*fd);
    *fd = moved;
    return true;
}

static bool open_pipe(int fds[2])
{
    return pipe2(fds, O_CLOEXEC) == 0 && move_up(&fds[1]);
}

static void plan_finish(struct plan *self)
{
    free(self->envp);
    os_handle_close(self->null);
    os_handle_close(self->out[0]);
    os_handle_close(self->out[1]);
    os_handle_close(self->link);
    os_handle_close(self->report[0]);
    os_handle_close(self->report[1]);
}

static enum os_status plan_init(struct plan *self, const struct os_spawn *spec, int link)
{
    unsigned argc = 0;
    enum os_status status;

    self->envp = NULL;
    self->flags = spec->flags;
    self->null = self->link = self->out[0] = self->out[1] = self->report[0] = self->report[1] = -1;
    status = find_program(spec->program, self->path, sizeof self->path);
    if (status != OS_OK)
        return status;
    self->argv[argc++] = spec->program;
    if (link >= 0)
        self->argv[argc++] = LINK_ARGUMENT;
    for (unsigned i = 0; spec->args && spec->args[i]; i++) {
        if (i == OS_SPAWN_ARGS_MAX)
            return OS_TOO_BIG;
        self->argv[argc++] = spec->args[i];
    }
    self->argv[argc] = NULL;
    status = merge_environment(spec->env, &self->envp);
    if (status != OS_OK)
        return status;

    self->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (self->null < 0 || !move_up(&self->null) || !open_pipe(self->report))
        return os_status_from_errno(errno);
    if ((spec->flags & OS_SPAWN_STDOUT) &&
        (!open_pipe(self->out) || fcntl(self->out[0], F_SETFL, O_NONBLOCK) < 0))
        return os_status_from_errno(errno);
    if (link >= 0) {
        self->link = fcntl(link, F_DUPFD_CLOEXEC, FD_FIRST_FREE);
        if (self->link < 0)
            return os_status_from_errno(errno);
    }
    return OS_OK;
}

static void child_streams(const struct plan *plan)
{
    for (int fd = 0; fd <= 2; fd++) {
        /* A host without standard streams has something of its own under these numbers, such as our link. */
        long flags = syscall(SYS_fcntl, fd, F_GETFD);
        bool open = flags >= 0 && !(flags & FD_CLOEXEC);

        if (fd == STDOUT_FILENO && plan->out[1] >= 0)
            syscall(SYS_dup3, plan->out[1], fd, 0);
        else if (!open || (plan->flags & OS_SPAWN_QUIET))
            syscall(SYS_dup3, plan->null, fd, 0);
    }
    if (plan->link >= 0)
        syscall(SYS_dup3, plan->link, FD_LINK, 0);
    else
        syscall(SYS_close, FD_LINK);
    syscall(SYS_dup3, plan->report[1], FD_REPORT, O_CLOEXEC);
    if (syscall(SYS_close_range, FD_REPORT + 1, ~0u, 0) < 0) /* Linux 5.9 */
        for (int fd = FD_REPORT + 1; fd < 65536; fd++)
            syscall(SYS_close, fd);
}

static void child_signals(void)
{
    /* The kernel's struct, which is not the C library's: all zero is SIG_DFL, no flags, empty mask. */
    unsigned long action[8] = {0}, mask[SIGNAL_MAX / 8 / sizeof(long)] = {0};

    for (int signal = 1; signal <= SIGNAL_MAX; signal++)
        syscall(SYS_rt_sigaction, signal, action, NULL, sizeof mask);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof mask);
}

static _Noreturn void child_main(const struct plan *plan)
{
    int error;

    if (plan->flags & OS_SPAWN_GROUP)
        syscall(SYS_setpgid, 0, 0);
    if (plan->flags & OS_SPAWN_RESTRICTED) {
        struct rlimit none = {0, 0};

        syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        syscall(SYS_prlimit64, 0, RLIMIT_CORE, &none, NULL);
    }
    child_streams(plan);
    child_signals();
    syscall(SYS_execve, plan->path, plan->argv, plan->envp);
    error = errno;
    syscall(SYS_write, FD_REPORT, &error, sizeof error);
    for (;;)
        syscall(SYS_exit_group, 127);
}

static pid_t clone_child(const struct plan *plan, int *pidfd)
{
    sigset_t all, old;
    pid_t pid;

    *pidfd = -1;
    sigfillset(&all); /* a handler of the host must not run in the child */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD, NULL, pidfd, NULL, NULL);
    if (pid == 0)
        child_main(plan);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return pid;
}

/* 0 when the program runs, else the errno of its exec. */
static int read_report(int fd)
{
    int error = 0;
    ssize_t n;

    do
        n = read(fd, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof error ? error : 0;
}

enum os_status spawn_program(const struct os_spawn *spec, int link, struct spawn_child *out)
{
    struct plan *plan = malloc(sizeof *plan);
    enum os_status status;
    int pidfd = -1, error;
    pid_t pid;

    if (!plan)
        return OS_NO_MEMORY;
    status = plan_init(plan, spec, link);
    if (status != OS_OK)
        goto out;

    pid = clone_child(plan, &pidfd);
    if (pid < 0) {
        status = errno == EAGAIN ? OS_NO_MEMORY : os_status_from_errno(errno);
        goto out;
    }
    close(plan->report[1]);
    plan->report[1] = -1;
    error = read_report(plan->report[0]);
    if (error) {
        siginfo_t info;

        while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
            ;
        status = os_status_from_errno(error);
        errno = error;
        goto out;
    }

    out->pid = pid;
    out->pidfd = pidfd;
    out->out = plan->out[0];
    pidfd = plan->out[0] = -1;
out:
    error = errno;
    os_handle_close(pidfd);
    plan_finish(plan);
    free(plan);
    errno = error;
    return status;
}
