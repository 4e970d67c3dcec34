/* SPDX-License-Identifier: Apache-2.0 */
#include "session/wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t ended;
static sigset_t unblocked;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

void wait_init(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;

    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    /* whoever started us may have had them blocked */
    sigdelset(&unblocked, SIGTERM);
    sigdelset(&unblocked, SIGINT);
}

bool wait_for_session(void)
{
    return true;
}

bool wait_any(const os_waitable *waitables, unsigned count, uint32_t ms)
{
    struct pollfd fds[WAIT_MAX];
    struct timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nfds_t n = 0;

    for (unsigned i = 0; i < count && i < WAIT_MAX; i++)
        if (waitables[i] != OS_NO_HANDLE)
            fds[n++] = (struct pollfd){.fd = waitables[i], .events = POLLIN};
    return ppoll(fds, n, ms == UINT32_MAX ? NULL : &timeout, &unblocked) >= 0 || errno == EINTR;
}

bool wait_ended(void)
{
    return ended != 0;
}
