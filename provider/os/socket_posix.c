/* SPDX-License-Identifier: Apache-2.0 */
#include "os/socket.h"
#include "os/os_posix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

/* A client that lost its network is noticed within about two minutes. */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 15
#define KEEPALIVE_COUNT 4

union any_address {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static enum os_status parse_address(const char *text, uint16_t port, union any_address *out, socklen_t *len)
{
    char host[OS_ADDRESS_TEXT_MAX], *scope;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        *len = sizeof out->v4;
        return OS_OK;
    }
    if (strlen(text) >= sizeof host)
        return OS_INVALID;
    strcpy(host, text);
    scope = strchr(host, '%');
    if (scope) {
        char *end;

        *scope++ = 0;
        out->v6.sin6_scope_id = if_nametoindex(scope);
        if (out->v6.sin6_scope_id == 0)
            out->v6.sin6_scope_id = (uint32_t)strtoul(scope, &end, 10);
        if (out->v6.sin6_scope_id == 0)
            return OS_INVALID;
    }
    if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) != 1)
        return OS_INVALID;
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(port);
    *len = sizeof out->v6;
    return OS_OK;
}

static void fill_address(struct os_address *out, const union any_address *from)
{
    memset(out, 0, sizeof *out);
    if (from->sa.sa_family == AF_INET) {
        out->family = 4;
        out->port = ntohs(from->v4.sin_port);
        memcpy(out->bytes, &from->v4.sin_addr, 4);
    } else if (from->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&from->v6.sin6_addr)) {
        out->family = 4;
        out->port = ntohs(from->v6.sin6_port);
        memcpy(out->bytes, from->v6.sin6_addr.s6_addr + 12, 4);
    } else if (from->sa.sa_family == AF_INET6) {
        out->family = 6;
        out->port = ntohs(from->v6.sin6_port);
        out->scope = from->v6.sin6_scope_id;
        memcpy(out->bytes, &from->v6.sin6_addr, 16);
    }

    if (out->family)
        inet_ntop(out->family == 4 ? AF_INET : AF_INET6, out->bytes, out->text, sizeof out->text);
    if (out->scope) {
        size_t used = strlen(out->text);

        snprintf(out->text + used, sizeof out->text - used, "%%%u", (unsigned)out->scope);
    }
}

enum os_status os_socket_listen(const char *address, uint16_t port, os_socket *out)
{
    union any_address where;
    enum os_status status;
    socklen_t len;
    int fd, on = 1;

    *out = OS_NO_SOCKET;
    status = parse_address(address, port, &where, &len);
    if (status != OS_OK)
        return status;
    fd = socket(where.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return os_status_from_errno(errno);
    /* On Linux this lets us bind while old connections are in TIME_WAIT, but never over a listener. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (where.sa.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0)
        goto fail;
    if (bind(fd, &where.sa, len) < 0 || listen(fd, BACKLOG) < 0)
        goto fail;
    *out = fd;
    return OS_OK;
fail:
    status = os_status_from_errno(errno);
    close(fd);
    return status;
}

enum os_status os_socket_local(os_socket socket, struct os_address *out)
{
    union any_address where;
    socklen_t len = sizeof where;

    memset(out, 0, sizeof *out);
    if (getsockname(socket, &where.sa, &len) < 0)
        return os_status_from_errno(errno);
    fill_address(out, &where);
    return OS_OK;
}

static void tune_connection(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
    };

    for (unsigned i = 0; i < sizeof options / sizeof *options; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

enum os_status os_socket_accept(os_socket listener, os_socket *out, struct os_address *from)
{
    *out = OS_NO_SOCKET;
    memset(from, 0, sizeof *from);

    for (;;) {
        union any_address where;
        socklen_t len = sizeof where;
        int fd = accept4(listener, &where.sa, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0) {
            tune_connection(fd);
            fill_address(from, &where);
            *out = fd;
            return OS_OK;
        }
        /* accept() also reports what went wrong with a connection that is not there any more, see accept(2).
         */
        switch (errno) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case ENETUNREACH:
            continue;
        default:
            return os_status_from_errno(errno);
        }
    }
}

void os_socket_close(os_socket socket, bool abort)
{
    if (socket == OS_NO_SOCKET)
        return;
    if (abort) {
        struct linger reset = {1, 0};

        setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(socket);
}

enum os_status os_socket_peek(os_socket socket)
{
    char byte;
    ssize_t n;

    do
        n = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return OS_OK;
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? OS_AGAIN : OS_CLOSED;
}
