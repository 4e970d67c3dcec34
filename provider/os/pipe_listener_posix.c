/* SPDX-License-Identifier: Apache-2.0 */
/* Named message pipes: socket files. The directory is locked while a stale file is found and replaced, so of
 * two programs that start at once one gets the name and the other OS_BUSY. */
#include "os/os_posix.h"
#include "os/pipe_connect.h"
#include "os/process_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

#define BACKLOG 16
#define LOCK_TRIES 50 /* times 20 ms */

struct os_pipe_listener {
    int fd;
    dev_t dev; /* of the socket file: only that one is removed */
    ino_t ino;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

static enum os_status fill_address(const char *name, struct sockaddr_un *out)
{
    size_t len = strlen(name);

    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    if (len == 0)
        return OS_INVALID; /* it would be an abstract name, which has no mode */
    if (len >= sizeof out->sun_path)
        return OS_TOO_BIG;
    memcpy(out->sun_path, name, len + 1);
    return OS_OK;
}

static int open_socket(void)
{
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static enum os_status try_connect(const struct sockaddr_un *where, int *out)
{
    enum os_status status = OS_OK;
    int fd = open_socket();

    *out = -1;
    if (fd < 0)
        return os_status_from_errno(errno);
    if (connect(fd, (const struct sockaddr *)where, sizeof *where) < 0) {
        if (errno == EAGAIN) /* somebody listens, and does not accept */
            status = OS_BUSY;
        else if (errno == ECONNREFUSED)
            status = OS_NOT_FOUND;
        else if (errno == EPROTOTYPE) /* another kind of socket has the name */
            status = OS_INVALID;
        else
            status = os_status_from_errno(errno);
        close(fd);
        return status;
    }
    *out = fd;
    return OS_OK;
}

static enum os_status lock_directory(const char *path, int *out)
{
    char dir[sizeof((struct sockaddr_un *)0)->sun_path];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    int fd;

    *out = -1;
    if (!slash)
        strcpy(dir, ".");
    else if (len == 0)
        strcpy(dir, "/");
    else {
        memcpy(dir, path, len);
        dir[len] = 0;
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return os_status_from_errno(errno);
    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
        if (i == LOCK_TRIES) {
            close(fd);
            return OS_BUSY;
        }
        os_sleep_ms(20);
    }
    *out = fd;
    return OS_OK;
}

/* Does a socket of any process have this name? A datagram socket is refused for its type by a live one, which
 * does not hear of the question. */
static bool is_alive(const struct sockaddr_un *where)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool dead = fd >= 0 && connect(fd, (const struct sockaddr *)where, sizeof *where) < 0 &&
                (errno == ECONNREFUSED || errno == ENOENT);

    os_handle_close(fd);
    return !dead;
}

/* Under the directory's lock: removes a socket file that nobody has. */
static enum os_status remove_stale(const struct sockaddr_un *where)
{
    struct stat st;

    if (lstat(where->sun_path, &st) < 0)
        return errno == ENOENT ? OS_OK : os_status_from_errno(errno);
    if (!S_ISSOCK(st.st_mode) || is_alive(where))
        return OS_BUSY;
    return unlink(where->sun_path) < 0 && errno != ENOENT ? os_status_from_errno(errno) : OS_OK;
}

enum os_status os_pipe_listen_for(const char *name, const char *service, struct os_pipe_listener **out)
{
    (void)service; /* the mode of the socket's file says who may come */
    return os_pipe_listen(name, out);
}

enum os_status os_pipe_listen(const char *name, struct os_pipe_listener **out)
{
    struct os_pipe_listener *self = NULL;
    struct sockaddr_un where;
    enum os_status status;
    struct stat st;
    int fd = -1, dir = -1;

    *out = NULL;
    status = fill_address(name, &where);
    if (status != OS_OK)
        return status;
    status = lock_directory(name, &dir);
    if (status != OS_OK)
        return status;
    status = remove_stale(&where);
    if (status != OS_OK)
        goto out;

    self = malloc(sizeof *self);
    fd = open_socket();
    if (!self || fd < 0) {
        status = OS_NO_MEMORY;
        goto out;
    }
    /* The mode of an unbound socket becomes the mode of the file; the umask of a process with threads is not
     * ours. */
    if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&where, sizeof where) < 0) {
        status = os_status_from_errno(errno);
        goto out;
    }
    if (listen(fd, BACKLOG) < 0 || lstat(name, &st) < 0) {
        status = os_status_from_errno(errno);
        unlink(name);
        goto out;
    }
    self->fd = fd;
    self->dev = st.st_dev;
    self->ino = st.st_ino;
    memcpy(self->path, where.sun_path, sizeof self->path);
    *out = self;
    self = NULL;
    fd = -1;
out:
    os_handle_close(fd);
    os_handle_close(dir);
    free(self);
    return status;
}

os_waitable os_pipe_listener_waitable(struct os_pipe_listener *self)
{
    return self->fd;
}

static enum os_status peer_process(int fd, struct os_process **out)
{
    socklen_t len = sizeof(struct ucred), pidfd_len = sizeof(int);
    struct ucred peer;
    int pidfd = -1;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return os_status_from_errno(errno);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &pidfd_len) < 0)
        pidfd = -1; /* then by number, which may be somebody else's by now */
    return process_foreign(peer.pid, pidfd, out);
}

enum os_status os_pipe_accept(struct os_pipe_listener *self, struct os_pipe **out,
                              struct os_process **process)
{
    enum os_status status;
    int fd;

    *out = NULL;
    if (process)
        *process = NULL;
    do
        fd = accept4(self->fd, NULL, NULL, SOCK_CLOEXEC);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0)
        return os_status_from_errno(errno);

    if (process) {
        status = peer_process(fd, process);
        if (status != OS_OK) {
            close(fd);
            return status;
        }
    }
    status = os_pipe_from_handle(fd, out);
    if (status != OS_OK) {
        close(fd);
        if (process) {
            os_process_destroy(*process);
            *process = NULL;
        }
    }
    return status;
}

void os_pipe_listener_destroy(struct os_pipe_listener *self)
{
    struct stat st;

    if (!self)
        return;
    if (lstat(self->path, &st) == 0 && st.st_dev == self->dev && st.st_ino == self->ino)
        unlink(self->path);
    close(self->fd);
    free(self);
}

static enum os_status check_owner(int fd, char *why, size_t cap)
{
    socklen_t len = sizeof(struct ucred);
    struct ucred peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return os_status_from_errno(errno);
    if (peer.uid == 0 || peer.uid == geteuid())
        return OS_OK;
    snprintf(why, cap, "user %lu listens there, not root or this user", (unsigned long)peer.uid);
    return OS_DENIED;
}

enum os_status pipe_connect(const char *name, bool trusted, struct os_pipe **out, char *why, size_t cap)
{
    struct sockaddr_un where;
    enum os_status status;
    int fd;

    *out = NULL;
    status = fill_address(name, &where);
    if (status == OS_OK)
        status = try_connect(&where, &fd);
    if (status != OS_OK)
        return status;
    if (trusted)
        status = check_owner(fd, why, cap);
    if (status == OS_OK)
        status = os_pipe_from_handle(fd, out);
    if (status != OS_OK)
        close(fd);
    return status;
}
