/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Editors replace a file rather than write into it, so what is watched is its directory. The kernel cannot
 * look for one name only: a change of another file there is a signal, too, after which the values are simply
 * the same as before. What is watched is the end of a writing, not each write, so that nobody reads half a
 * file.
 */
#include "os/config.h"
#include "os/config_posix.h"
#include "os/os_posix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct os_config_watch {
    int fd;
};

enum os_status os_config_watch_create(const char *listener, struct os_config_watch **out)
{
    struct os_config_watch *self = NULL;
    enum os_status status = OS_OK;
    char *dir = strdup(config_file()), *slash;

    (void)listener; /* one file holds all of them */
    *out = NULL;
    if (!dir)
        return OS_NO_MEMORY;
    slash = strrchr(dir, '/');
    if (slash)
        slash[slash == dir] = 0;

    self = malloc(sizeof *self);
    if (!self) {
        status = OS_NO_MEMORY;
        goto out;
    }
    self->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (self->fd < 0 || inotify_add_watch(self->fd, slash ? dir : ".",
                                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                              IN_ATTRIB | IN_ONLYDIR | IN_EXCL_UNLINK) < 0) {
        status = os_status_from_errno(errno);
        os_handle_close(self->fd);
        goto out;
    }
    *out = self;
    self = NULL;
out:
    free(self);
    free(dir);
    return status;
}

os_waitable os_config_watch_waitable(struct os_config_watch *self)
{
    return self->fd;
}

void os_config_watch_reset(struct os_config_watch *self)
{
    char events[4096] __attribute__((aligned(8)));

    while (read(self->fd, events, sizeof events) > 0)
        ;
}

void os_config_watch_destroy(struct os_config_watch *self)
{
    if (!self)
        return;
    close(self->fd);
    free(self);
}
