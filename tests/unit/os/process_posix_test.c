/* SPDX-License-Identifier: Apache-2.0 */
/* What only Linux has: descriptors, signals, groups, zombies, and hosts that wait for children of others. */
#include "os_test.h"

#include "os/thread.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_ended(struct os_process *process)
{
    int code = -12345;

    return EVENTUALLY(os_process_ended(process, &code)) ? code : -99999;
}

static bool have_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 || errno != ECHILD;
}

TEST(child_has_only_its_descriptors)
{
    struct os_process *process;
    struct os_pipe *link;
    char text[256];
    int leaks[20];

    for (int i = 0; i < 20; i++) /* a careless host: without close-on-exec */
        leaks[i] = open("/dev/null", O_RDONLY);
    REQUIRE(START(0, &process, &link, "fds") == OS_OK);
    CHECK_STR(receive_text(link, text, sizeof text), "0 1 2 3 ");
    CHECK_INT(wait_ended(process), 0);
    os_process_destroy(process);
    os_pipe_destroy(link);
    for (int i = 0; i < 20; i++)
        close(leaks[i]);
}

TEST(child_has_streams_when_the_host_has_none)
{
    int saved = fcntl(0, F_DUPFD_CLOEXEC, 50);
    struct os_process *process;
    struct os_pipe *link;
    char text[256];

    close(0);
    if (START(0, &process, &link, "fds") == OS_OK) {
        CHECK_STR(receive_text(link, text, sizeof text), "0 1 2 3 ");
        CHECK_INT(wait_ended(process), 0);
        os_process_destroy(process);
        os_pipe_destroy(link);
    }
    dup2(saved, 0);
    close(saved);
}

static void on_signal(int signal)
{
    (void)signal;
}

TEST(child_starts_with_plain_signals)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old_pipe, old_usr, handler = {.sa_handler = on_signal};
    struct os_process *process;
    struct os_pipe *link;
    char text[256];
    sigset_t set, old;

    sigaction(SIGPIPE, &ignore, &old_pipe);
    sigaction(SIGUSR1, &handler, &old_usr);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, &old);

    REQUIRE(START(OS_SPAWN_GROUP | OS_SPAWN_RESTRICTED, &process, &link, "state") == OS_OK);
    CHECK_STR(receive_text(link, text, sizeof text), "blocked 0 ignored 0 group 1 no_new_privs 1 core 0");
    CHECK_INT(wait_ended(process), 0);
    os_process_destroy(process);
    os_pipe_destroy(link);

    pthread_sigmask(SIG_SETMASK, NULL, &set);
    CHECK(sigismember(&set, SIGTERM) && sigismember(&set, SIGUSR2) && !sigismember(&set, SIGINT));
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    sigaction(SIGPIPE, &old_pipe, NULL);
    sigaction(SIGUSR1, &old_usr, NULL);
}

TEST(death_by_signal)
{
    struct os_process *process;
    struct os_pipe *link;
    char text[32];

    REQUIRE(START(0, &process, NULL, "kill-me") == OS_OK);
    CHECK_INT(wait_ended(process), 128 + SIGKILL);
    os_process_destroy(process);

    REQUIRE(START(0, &process, &link, "hang") == OS_OK);
    CHECK_STR(receive_text(link, text, sizeof text), "hanging");
    os_process_terminate(process);
    CHECK_INT(wait_ended(process), 128 + SIGTERM);
    os_process_destroy(process);
    os_pipe_destroy(link);
}

TEST(waitable_polls_readable)
{
    struct os_process *process;
    struct pollfd wait = {.events = POLLIN};
    struct os_pipe *link;
    char text[32];

    REQUIRE(START(0, &process, &link, "hang") == OS_OK);
    CHECK_STR(receive_text(link, text, sizeof text), "hanging");
    wait.fd = os_process_waitable(process);
    CHECK_INT(poll(&wait, 1, 0), 0);
    os_process_kill(process);
    CHECK_INT(poll(&wait, 1, PATIENCE_MS), 1);
    CHECK_INT(wait_ended(process), 128 + SIGKILL);
    CHECK_INT(poll(&wait, 1, 0), 1);
    os_process_destroy(process);
    os_pipe_destroy(link);
}

TEST(group_takes_grandchildren)
{
    struct os_process *process;
    struct os_pipe *link;
    char text[32];
    pid_t grandchild;

    REQUIRE(START(OS_SPAWN_GROUP, &process, &link, "tree") == OS_OK);
    grandchild = (pid_t)atol(receive_text(link, text, sizeof text));
    REQUIRE(grandchild > 1 && kill(grandchild, 0) == 0);
    CHECK_INT(getpgid(grandchild), os_process_id(process));
    os_process_kill(process); /* the leader first: its group must still be found */
    CHECK_INT(wait_ended(process), 128 + SIGKILL);
    os_process_kill_group(process);
    /* it is init's to reap; a zombie in a container without init counts as dead */
    CHECK(EVENTUALLY(({
        char path[64], stat[256] = "";
        FILE *file;
        snprintf(path, sizeof path, "/proc/%d/stat", (int)grandchild);
        file = fopen(path, "r");
        if (file) {
            if (!fgets(stat, sizeof stat, file))
                stat[0] = 0;
            fclose(file);
        }
        !stat[0] || strstr(stat, ") Z ") || strstr(stat, ") X ");
    })));
    os_process_destroy(process);
    os_pipe_destroy(link);
}

TEST(no_zombies)
{
    struct os_process *process;
    struct os_pipe *link;
    char text[32];

    REQUIRE(EVENTUALLY(!have_children()));
    for (int i = 0; i < 20; i++) {
        REQUIRE(START(0, &process, &link, "hang") == OS_OK);
        if (i % 2)
            CHECK_STR(receive_text(link, text, sizeof text), "hanging");
        os_process_kill(process);
        os_process_destroy(process);
        os_pipe_destroy(link);
    }
    CHECK(EVENTUALLY(!have_children()));
    CHECK(EVENTUALLY(os_threads_alive() == 0));

    struct os_spawn nothing = {.program = "/dev/null/none"}; /* what cannot be executed leaves none either */
    CHECK(os_process_spawn(&nothing, &process, NULL) != OS_OK);
    nothing.program = "/etc/passwd";
    CHECK_INT(os_process_spawn(&nothing, &process, NULL), OS_DENIED);
    CHECK(!have_children());
}

TEST(host_ignores_its_children)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    unsigned handles = os_count_handles();
    struct os_process *process;
    struct os_pipe *link;
    char text[32];

    sigaction(SIGCHLD, &ignore, &old);
    for (int i = 0; i < 5; i++) {
        REQUIRE(START(0, &process, &link, "hang") == OS_OK);
        CHECK_STR(receive_text(link, text, sizeof text), "hanging");
        os_process_kill(process);
        if (i % 2)
            CHECK_INT(wait_ended(process), -1); /* ended; how is not known */
        os_process_destroy(process);
        os_pipe_destroy(link);
    }
    CHECK(EVENTUALLY(os_threads_alive() == 0));
    CHECK(EVENTUALLY(os_count_handles() == handles));
    sigaction(SIGCHLD, &old, NULL);
}

static void wait_for_any(void *arg)
{
    _Atomic bool *stop = arg;

    while (!*stop) {
        waitpid(-1, NULL, WNOHANG);
        os_sleep_ms(1);
    }
}

TEST(host_waits_for_any_child)
{
    _Atomic bool stop = false;
    unsigned handles = os_count_handles();
    struct os_thread *thread;

    REQUIRE(os_thread_create("any", wait_for_any, &stop, &thread) == OS_OK);
    for (int i = 0; i < 30; i++) {
        struct os_process *process;
        int code;

        REQUIRE(START(0, &process, NULL, "exit", "5") == OS_OK);
        code = wait_ended(process);
        CHECK(code == 5 || code == -1);
        os_process_destroy(process);
    }
    stop = true;
    os_thread_join(thread);
    CHECK(EVENTUALLY(os_count_handles() == handles));
}

TEST(found_in_path)
{
    static const char *const args[] = {"-c", "exit 6", NULL};
    struct os_spawn spec = {.program = "sh", .args = args};
    struct os_process *process;

    REQUIRE(os_process_spawn(&spec, &process, NULL) == OS_OK);
    CHECK_INT(wait_ended(process), 6);
    os_process_destroy(process);
}
