/* SPDX-License-Identifier: Apache-2.0 */
/* The child of the tests: does what its first argument says and answers over its pipe. It never lives longer
 * than a minute, so that a broken test leaves nothing behind. */
#include "os/log.h"
#include "os/os.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/shm.h"
#include "os/thread.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef _WIN32
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

#define LIFE_MS 60000

static struct os_pipe *parent;

__attribute__((format(printf, 1, 2))) static void answer(const char *fmt, ...)
{
    char text[2048];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    os_pipe_send(parent, text, strlen(text), NULL, 0);
}

static int hang(void)
{
    answer("hanging");
    os_sleep_ms(LIFE_MS);
    return 9;
}

/* Sends back every message with what came with it, until the parent closes. */
static int echo(void)
{
    static char buf[OS_PIPE_MESSAGE_MAX];
    uint64_t end = os_now_ms() + LIFE_MS;

    while (os_now_ms() < end) {
        struct os_pass pass[OS_PASS_MAX];
        unsigned npass = OS_PASS_MAX;
        size_t len;
        enum os_status status = os_pipe_receive(parent, buf, sizeof buf, &len, pass, &npass);

        if (status == OS_CLOSED)
            return 0;
        if (status == OS_AGAIN) {
            os_pipe_wait(parent, 1000);
            continue;
        }
        if (status != OS_OK)
            return 2;
        while ((status = os_pipe_send(parent, buf, len, pass, npass)) == OS_AGAIN)
            os_sleep_ms(1);
        if (status != OS_OK)
            return status == OS_CLOSED ? 0 : 3;
    }
    return 9;
}

/* Receives memory, adds one to each byte and says so. */
static int use_memory(size_t size)
{
    struct os_shm shm = OS_SHM_INIT;
    struct os_pass pass;
    unsigned npass = 1;
    enum os_status status;
    char buf[16];
    size_t len;

    os_pipe_wait(parent, LIFE_MS);
    if (os_pipe_receive(parent, buf, sizeof buf, &len, &pass, &npass) != OS_OK || npass != 1)
        return 2;
    status = os_shm_map(&shm, pass.handle, size);
    if (status != OS_OK) {
        answer("%s", os_status_text(status));
        return 3;
    }
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)shm.base)[i]++;
    os_shm_finish(&shm);
    answer("done");
    return 0;
}

/* Starts a child of its own that outlives it. */
static int tree(const char *self)
{
    static const char *const args[] = {"sleep", NULL};
    struct os_spawn spec = {.program = self, .args = args};
    struct os_process *process;

    if (os_process_spawn(&spec, &process, NULL) != OS_OK)
        return 2;
    answer("%llu", (unsigned long long)os_process_id(process));
    os_sleep_ms(LIFE_MS);
    return 9;
}

static _Atomic bool thread_ran;

static void note_thread(void *arg)
{
    (void)arg;
    thread_ran = true;
}

/* After the rights are gone: can it still start a thread, a process? */
static int rights(const char *self)
{
    static const char *const args[] = {"exit", "0", NULL};
    struct os_spawn spec = {.program = self, .args = args};
    struct os_process *process = NULL;
    struct os_thread *thread = NULL;
    enum os_status thread_status, process_status;

    os_process_drop_rights();
    thread_status = os_thread_create("after", note_thread, NULL, &thread);
    os_thread_join(thread);
    process_status = os_process_spawn(&spec, &process, NULL);
    answer("thread %s, process %s", thread_status == OS_OK && thread_ran ? "ok" : "refused",
           process_status == OS_OK ? "ok" : "refused");
    os_process_destroy(process);
    return 0;
}

#ifndef _WIN32
static int list_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    char text[1024] = "";
    bool open[256] = {false};

    while (dir && (entry = readdir(dir))) {
        int fd = atoi(entry->d_name);

        if (entry->d_name[0] != '.' && fd < 256 && fd != dirfd(dir))
            open[fd] = true;
    }
    for (int fd = 0; fd < 256; fd++)
        if (open[fd])
            snprintf(text + strlen(text), sizeof text - strlen(text), "%d ", fd);
    closedir(dir);
    answer("%s", text);
    return 0;
}

static int state(void)
{
    struct rlimit core = {1, 1};
    unsigned blocked = 0, changed = 0;
    sigset_t set;

    sigprocmask(SIG_SETMASK, NULL, &set);
    for (int i = 1; i < 32; i++) {
        struct sigaction action;

        blocked += sigismember(&set, i) == 1;
        if (sigaction(i, NULL, &action) == 0)
            changed += action.sa_handler == SIG_IGN; /* a sanitizer has handlers, and ignores none */
    }
    getrlimit(RLIMIT_CORE, &core);
    answer("blocked %u ignored %u group %d no_new_privs %d core %d", blocked, changed, getpgrp() == getpid(),
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), core.rlim_cur != 0);
    return 0;
}
#endif

static int run(const char *self, int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    if (strcmp(command, "exit") == 0 && argc > 2)
        return atoi(argv[2]);
    if (strcmp(command, "hang") == 0)
        return hang();
    if (strcmp(command, "sleep") == 0) {
        os_sleep_ms(LIFE_MS);
        return 9;
    }
    if (strcmp(command, "echo") == 0)
        return echo();
    if (strcmp(command, "memory") == 0 && argc > 2)
        return use_memory((size_t)atol(argv[2]));
    if (strcmp(command, "tree") == 0)
        return tree(self);
    if (strcmp(command, "rights") == 0)
        return rights(self);
    if (strcmp(command, "env") == 0 && argc > 2) {
        const char *value = getenv(argv[2]);

        answer("%s", value ? value : "(unset)");
        return 0;
    }
    if (strcmp(command, "args") == 0) {
        char text[1024] = "";

        for (int i = 2; i < argc; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "<%s>", argv[i]);
        answer("%s", text);
        return 0;
    }
    if (strcmp(command, "print") == 0 && argc > 2) {
        printf("%s", argv[2]);
        return 0;
    }
#ifndef _WIN32
    if (strcmp(command, "fds") == 0)
        return list_descriptors();
    if (strcmp(command, "state") == 0)
        return state();
    if (strcmp(command, "kill-me") == 0) {
        raise(SIGKILL);
        return 9;
    }
#endif
    fprintf(stderr, "child: what is \"%s\"?\n", command);
    return 99;
}

int main(int argc, char **argv)
{
    enum os_status status = os_inherited_pipe(&argc, argv, &parent);
    struct os_pipe *again;
    int code;

    if (status == OS_OK && os_inherited_pipe(&argc, argv, &again) != OS_NOT_FOUND)
        return 98;
    if (status != OS_OK) { /* commands that answer need somebody to talk to */
        struct os_pipe *nobody;

        if (status != OS_NOT_FOUND || os_pipe_pair(&parent, &nobody) != OS_OK)
            return 97;
        os_pipe_destroy(nobody);
    }
    code = run(argv[0], argc, argv);
    os_pipe_destroy(parent);
    return code;
}
