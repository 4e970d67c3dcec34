/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each message starts with a small header of ours. It says what kinds of things come with the message, and it
 * makes an empty message different from the end of the connection: both would be a read of length 0
 * otherwise.
 */
#include "os/pipe.h"
#include "os/os_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct os_pipe {
    int fd;
    bool refuses; /* os_pipe_refuse_passes */
};

#define HEADER_MAGIC 0x7072

struct header {
    uint16_t magic;
    uint8_t count;   /* things in pass */
    uint8_t sockets; /* bit i: the i-th thing is a socket */
};

/* The kernel counts its own bookkeeping, too: for messages of 64 KiB this leaves room for OS_PIPE_QUEUE_MAX.
 */
#define SEND_BUFFER (OS_PIPE_QUEUE_MAX + OS_PIPE_QUEUE_MAX / 4)

union control {
    char bytes[CMSG_SPACE(sizeof(int) * OS_PASS_MAX)];
    struct cmsghdr align;
};

static void set_send_buffer(int fd)
{
    int size = SEND_BUFFER;

    /* Without the right to force, net.core.wmem_max is the limit and OS_AGAIN comes earlier. */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static bool option_is(int fd, int option, int want)
{
    socklen_t len = sizeof(int);
    int value = -1;

    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == want;
}

enum os_status os_pipe_from_handle(os_handle handle, struct os_pipe **out)
{
    struct os_pipe *self;
    int flags;

    *out = NULL;
    if (!option_is(handle, SO_DOMAIN, AF_UNIX) || !option_is(handle, SO_TYPE, SOCK_SEQPACKET) ||
        !option_is(handle, SO_ACCEPTCONN, 0))
        return OS_INVALID;
    flags = fcntl(handle, F_GETFD);
    if (flags < 0 || fcntl(handle, F_SETFD, flags | FD_CLOEXEC) < 0)
        return OS_INVALID;
    self = malloc(sizeof *self);
    if (!self)
        return OS_NO_MEMORY;
    set_send_buffer(handle);
    *self = (struct os_pipe){.fd = handle};
    *out = self;
    return OS_OK;
}

enum os_status os_pipe_pair(struct os_pipe **a, struct os_pipe **b)
{
    enum os_status status;
    int fds[2];

    *a = *b = NULL;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return os_status_from_errno(errno);
    status = os_pipe_from_handle(fds[0], a);
    if (status != OS_OK) {
        close(fds[0]);
        close(fds[1]);
        return status;
    }
    status = os_pipe_from_handle(fds[1], b);
    if (status != OS_OK) {
        close(fds[1]);
        os_pipe_destroy(*a);
        *a = NULL;
    }
    return status;
}

os_handle os_pipe_detach(struct os_pipe *self)
{
    int fd = self->fd;

    free(self);
    return fd;
}

void os_pipe_destroy(struct os_pipe *self)
{
    if (self)
        close(os_pipe_detach(self));
}

void os_pipe_set_remote(struct os_pipe *self, struct os_process *process)
{
    (void)self;
    (void)process; /* the kernel passes descriptors without a right over the other process */
}

static int pass_fd(const struct os_pass *pass)
{
    return pass->kind == OS_PASS_SOCKET ? pass->socket : pass->handle;
}

static void fill_control(struct msghdr *msg, union control *control, const struct os_pass *pass,
                         unsigned npass)
{
    int fds[OS_PASS_MAX];
    struct cmsghdr *cmsg;

    for (unsigned i = 0; i < npass; i++)
        fds[i] = pass_fd(&pass[i]);
    memset(control, 0, sizeof *control);
    msg->msg_control = control;
    msg->msg_controllen = CMSG_SPACE(sizeof(int) * npass);
    cmsg = CMSG_FIRSTHDR(msg);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int) * npass);
    memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * npass);
}

static enum os_status send_status(int error)
{
    switch (error) {
    case ETOOMANYREFS: /* too many descriptors wait unread in pipes of this user */
        return OS_AGAIN;
    case EBADF: /* one of `pass` is not open */
        return OS_INVALID;
    default:
        return os_status_from_errno(error);
    }
}

enum os_status os_pipe_send(struct os_pipe *self, const void *data, size_t len, const struct os_pass *pass,
                            unsigned npass)
{
    struct header header = {.magic = HEADER_MAGIC, .count = (uint8_t)npass};
    struct iovec iov[2] = {{&header, sizeof header}, {(void *)(uintptr_t)data, len}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = len ? 2 : 1};
    union control control;
    ssize_t n;

    if (len > OS_PIPE_MESSAGE_MAX || npass > OS_PASS_MAX)
        return OS_TOO_BIG;
    for (unsigned i = 0; i < npass; i++)
        if (pass[i].kind == OS_PASS_SOCKET)
            header.sockets |= (uint8_t)(1u << i);
    if (npass)
        fill_control(&msg, &control, pass, npass);

    do
        n = sendmsg(self->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return send_status(errno);
    for (unsigned i = 0; i < npass; i++)
        close(pass_fd(&pass[i]));
    return OS_OK;
}

/* Collects every descriptor that came, whatever else is wrong with the message. */
static unsigned take_fds(struct msghdr *msg, int fds[OS_PASS_MAX])
{
    unsigned count = 0;

    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
        size_t bytes;

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
            continue;
        bytes = cmsg->cmsg_len - CMSG_LEN(0);
        for (size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
            int fd;

            memcpy(&fd, CMSG_DATA(cmsg) + at, sizeof fd);
            if (count < OS_PASS_MAX)
                fds[count++] = fd;
            else
                close(fd);
        }
    }
    return count;
}

static bool is_socket(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* A message of n bytes with count descriptors is here; is it one that a send of ours can have made? */
static enum os_status judge(const struct msghdr *msg, const struct header *header, size_t n, const int *fds,
                            unsigned count)
{
    if (msg->msg_flags & MSG_CTRUNC) /* the kernel closed the rest */
        return count == OS_PASS_MAX ? OS_TOO_BIG : OS_NO_MEMORY;
    if (msg->msg_flags & MSG_TRUNC)
        return OS_TOO_BIG;
    if (n < sizeof *header || header->magic != HEADER_MAGIC || header->count != count)
        return OS_INVALID;
    for (unsigned i = 0; i < count; i++)
        if ((header->sockets >> i & 1) && !is_socket(fds[i]))
            return OS_INVALID;
    return OS_OK;
}

static ssize_t receive_some(int fd, struct msghdr *msg, size_t control_size)
{
    ssize_t n;
    bool was_reset = false;

    for (;;) {
        msg->msg_controllen = control_size;
        n = recvmsg(fd, msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR)
            continue;
        /* The other end closed with messages of ours unread. The error comes once, before what is still here
         * to read. */
        if (n < 0 && errno == ECONNRESET && !was_reset) {
            was_reset = true;
            continue;
        }
        return n;
    }
}

enum os_status os_pipe_receive(struct os_pipe *self, void *buf, size_t cap, size_t *len, struct os_pass *pass,
                               unsigned *npass)
{
    unsigned room = pass && npass ? *npass : 0, count, kept = 0;
    struct header header = {0};
    union control control;
    struct iovec iov[2] = {{&header, sizeof header},
                           {buf, cap < OS_PIPE_MESSAGE_MAX ? cap : OS_PIPE_MESSAGE_MAX}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = cap ? 2 : 1, .msg_control = &control};
    int fds[OS_PASS_MAX];
    enum os_status status;
    ssize_t n;

    *len = 0;
    if (npass)
        *npass = 0;
    n = receive_some(self->fd, &msg, sizeof control);
    if (n < 0)
        return os_status_from_errno(errno);

    count = take_fds(&msg, fds);
    status = n == 0 ? OS_CLOSED : judge(&msg, &header, (size_t)n, fds, count);
    if (status == OS_OK && count > 0 && self->refuses)
        status = OS_INVALID;
    if (status == OS_OK) {
        *len = (size_t)n - sizeof header;
        for (; kept < count && kept < room; kept++) {
            bool sock = header.sockets >> kept & 1;

            pass[kept].kind = sock ? OS_PASS_SOCKET : OS_PASS_HANDLE;
            pass[kept].handle = sock ? OS_NO_HANDLE : fds[kept];
            pass[kept].socket = sock ? fds[kept] : OS_NO_SOCKET;
        }
        if (npass)
            *npass = kept;
    }
    for (unsigned i = kept; i < count; i++)
        close(fds[i]);
    return status;
}

void os_pipe_refuse_passes(struct os_pipe *self)
{
    self->refuses = true;
}

os_waitable os_pipe_waitable(struct os_pipe *self)
{
    return self->fd;
}

enum os_status os_pipe_wait(struct os_pipe *self, uint32_t ms)
{
    return os_wait_readable(self->fd, ms);
}

void os_pipe_shutdown(struct os_pipe *self)
{
    shutdown(self->fd, SHUT_RDWR);
}
