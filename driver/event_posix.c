/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/event.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A descriptor as a HANDLE: bit 0 says that a wait takes it; the offset keeps 0 free for NULL. */
#define TAKEN 1

static HANDLE pack(int fd, bool taken)
{
    return (HANDLE)(((uintptr_t)fd + 1) << 1 | (taken ? TAKEN : 0));
}

static int fd_of(HANDLE event)
{
    return (int)(((uintptr_t)event >> 1) - 1);
}

HANDLE event_create(bool manual_reset)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    return fd < 0 ? NULL : pack(fd, !manual_reset);
}

void event_close(HANDLE event)
{
    if (event)
        close(fd_of(event));
}

void event_set(HANDLE event)
{
    uint64_t one = 1;
    ssize_t put = write(fd_of(event), &one, sizeof(one));

    (void)put; /* full means set */
}

int event_wait(const HANDLE *events, unsigned count, uint32_t ms)
{
    struct pollfd set[EVENT_WAIT_MAX];
    uint64_t until = os_now_ms() + ms, value;

    if (count > EVENT_WAIT_MAX)
        return -2;
    for (;;) {
        uint64_t now = os_now_ms();
        int wait = ms == EVENT_NEVER ? -1 : now >= until ? 0 : (int)(until - now);
        int got;

        for (unsigned i = 0; i < count; i++)
            set[i] = (struct pollfd){.fd = events[i] ? fd_of(events[i]) : -1, .events = POLLIN};
        got = poll(set, count, wait);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -2;
        for (unsigned i = 0; i < count; i++) {
            if (set[i].revents & POLLNVAL)
                return -2;
            if (!set[i].revents)
                continue;
            /* somebody else may have taken it in between */
            if (!((uintptr_t)events[i] & TAKEN) || read(fd_of(events[i]), &value, sizeof(value)) > 0)
                return (int)i;
        }
        if (wait == 0 || (ms != EVENT_NEVER && os_now_ms() >= until))
            return -1;
    }
}

HANDLE event_from_waitable(os_waitable waitable)
{
    return waitable == OS_NO_HANDLE ? NULL : pack(waitable, false);
}
