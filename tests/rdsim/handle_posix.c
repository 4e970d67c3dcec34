/* SPDX-License-Identifier: Apache-2.0 */
#include "handle.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

bool handle_watch_begin(struct handle_watch *self)
{
    int ends[2];

    *self = (struct handle_watch){0, OS_NO_HANDLE, OS_NO_HANDLE};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    self->reader = ends[0];
    self->given = (HANDLE_PTR)ends[1];
    return true;
}

bool handle_watch_closed(struct handle_watch *self, unsigned wait_ms)
{
    struct pollfd poll_for = {.fd = self->reader, .events = POLLIN};

    if (self->keeper != OS_NO_HANDLE)
        return true;
    /* nobody writes: the end of all writers is all that can happen */
    if (poll(&poll_for, 1, (int)wait_ms) <= 0)
        return false;
    self->keeper = fcntl(self->reader, F_DUPFD_CLOEXEC, (int)self->given);
    if (self->keeper >= 0 && self->keeper != (int)self->given) {
        close(self->keeper); /* somebody has the number: what happens to it is not ours to judge */
        self->keeper = OS_NO_HANDLE;
    }
    return true;
}

bool handle_watch_end(struct handle_watch *self)
{
    struct stat reader, keeper;
    bool good = true;

    if (self->keeper != OS_NO_HANDLE) {
        good = fstat(self->reader, &reader) == 0 && fstat(self->keeper, &keeper) == 0 &&
               reader.st_ino == keeper.st_ino && reader.st_dev == keeper.st_dev;
        if (good)
            close(self->keeper);
    }
    os_handle_close(self->reader);
    *self = (struct handle_watch){0, OS_NO_HANDLE, OS_NO_HANDLE};
    return good;
}
