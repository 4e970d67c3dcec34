/* SPDX-License-Identifier: Apache-2.0 */
#include "os/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/thread.h"
#include "os/win32.h"

#include <mstcpip.h>

#define SOCKET_BACKLOG 128

/* A client that lost its network is noticed within a few minutes: Windows sends ten probes. */
#define KEEPALIVE_IDLE_MS 60000
#define KEEPALIVE_INTERVAL_MS 15000

static struct os_once winsock_once;
static bool winsock_started;

static void winsock_start(void)
{
    WSADATA data;

    winsock_started = WSAStartup(MAKEWORD(2, 2), &data) == 0;
}

enum os_status os_winsock_start(void)
{
    os_once(&winsock_once, winsock_start);
    return winsock_started ? OS_OK : OS_FAILED;
}

static enum os_status socket_error(void)
{
    return os_status_from_win32((DWORD)WSAGetLastError());
}

static bool socket_set(SOCKET s, int level, int option, int value)
{
    return setsockopt(s, level, option, (const char *)&value, sizeof(value)) == 0;
}

static bool socket_set_nonblocking(SOCKET s)
{
    u_long on = 1;

    return ioctlsocket(s, FIONBIO, &on) == 0;
}

union any_address {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool address_parse(const char *text, uint16_t port, union any_address *out, int *len)
{
    char host[OS_ADDRESS_TEXT_MAX], *scope, *end;

    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        *len = sizeof(out->v4);
        return true;
    }
    if (strlen(text) >= sizeof(host))
        return false;
    strcpy(host, text);
    scope = strchr(host, '%');
    if (scope) {
        *scope++ = 0;
        out->v6.sin6_scope_id = (ULONG)strtoul(scope, &end, 10);
        if (out->v6.sin6_scope_id == 0 || *end)
            return false;
    }
    if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) != 1)
        return false;
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(port);
    *len = sizeof(out->v6);
    return true;
}

enum os_status os_socket_listen(const char *address, uint16_t port, os_socket *out)
{
    union any_address where;
    SOCKET s = INVALID_SOCKET;
    enum os_status status;
    int len = 0, error;

    *out = OS_NO_SOCKET;
    if ((status = os_winsock_start()) != OS_OK)
        return status;
    if (!address_parse(address, port, &where, &len))
        return OS_INVALID;
    s = WSASocketW(where.sa.sa_family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                   WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (s != INVALID_SOCKET && socket_set(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1) &&
        (where.sa.sa_family == AF_INET || socket_set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
        socket_set_nonblocking(s) && bind(s, &where.sa, len) == 0 && listen(s, SOCKET_BACKLOG) == 0) {
        *out = s;
        return OS_OK;
    }
    error = WSAGetLastError();
    if (s != INVALID_SOCKET)
        closesocket(s);
    WSASetLastError(error);
    /* WSAEACCES: somebody else is bound there without exclusive use. */
    return error == WSAEACCES ? OS_BUSY : os_status_from_win32((DWORD)error);
}

static void address_from_sockaddr(const struct sockaddr_storage *from, struct os_address *out)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    memset(out, 0, sizeof(*out));
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)from;

        out->family = 4;
        memcpy(out->bytes, &in->sin_addr, 4);
        out->port = ntohs(in->sin_port);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

        out->port = ntohs(in6->sin6_port);
        if (memcmp(&in6->sin6_addr, mapped, sizeof(mapped)) == 0) {
            out->family = 4;
            memcpy(out->bytes, (const uint8_t *)&in6->sin6_addr + 12, 4);
        } else {
            out->family = 6;
            memcpy(out->bytes, &in6->sin6_addr, 16);
            out->scope = in6->sin6_scope_id;
        }
    }
    if (out->family == 0) {
        snprintf(out->text, sizeof(out->text), "?");
        return;
    }
    inet_ntop(out->family == 4 ? AF_INET : AF_INET6, out->bytes, out->text, sizeof(out->text));
    if (out->scope != 0) {
        size_t len = strlen(out->text);

        snprintf(out->text + len, sizeof(out->text) - len, "%%%lu", (unsigned long)out->scope);
    }
}

enum os_status os_socket_local(os_socket socket, struct os_address *out)
{
    struct sockaddr_storage at;
    int len = sizeof(at);

    memset(out, 0, sizeof(*out));
    memset(&at, 0, sizeof(at));
    if (getsockname(socket, (struct sockaddr *)&at, &len) != 0)
        return socket_error();
    address_from_sockaddr(&at, out);
    return OS_OK;
}

/* A client that has left the queue again is nobody: WSAECONNRESET, under Wine WSAENOTCONN. */
static SOCKET accept_living(SOCKET listener, struct sockaddr_storage *from)
{
    for (int i = 0; i < SOCKET_BACKLOG; i++) {
        int len = sizeof(*from), error;
        SOCKET s = accept(listener, (struct sockaddr *)from, &len);

        if (s != INVALID_SOCKET)
            return s;
        error = WSAGetLastError();
        if (error != WSAECONNRESET && error != WSAENOTCONN)
            return INVALID_SOCKET;
    }
    WSASetLastError(WSAEWOULDBLOCK);
    return INVALID_SOCKET;
}

enum os_status os_socket_accept(os_socket listener, os_socket *out, struct os_address *from)
{
    struct tcp_keepalive alive = {1, KEEPALIVE_IDLE_MS, KEEPALIVE_INTERVAL_MS};
    struct sockaddr_storage at;
    DWORD done = 0;
    SOCKET s;

    *out = OS_NO_SOCKET;
    memset(from, 0, sizeof(*from));
    memset(&at, 0, sizeof(at));
    s = accept_living(listener, &at);
    if (s == INVALID_SOCKET)
        return socket_error();
    /* accept has no flag for it. Whoever starts a process in between with inheritance and no list gets a
     * copy. */
    SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, 0);
    /* A new socket keeps the event of its listener: os_loop_watch_socket must not see it there. */
    WSAEventSelect(s, NULL, 0);
    if (!socket_set_nonblocking(s)) {
        enum os_status status = socket_error();

        os_socket_close(s, true);
        return status;
    }
    /* Latency and dead clients: worth having, no reason to refuse a client. */
    socket_set(s, IPPROTO_TCP, TCP_NODELAY, 1);
    WSAIoctl(s, SIO_KEEPALIVE_VALS, &alive, sizeof(alive), NULL, 0, &done, NULL, NULL);
    address_from_sockaddr(&at, from);
    *out = s;
    return OS_OK;
}

void os_socket_close(os_socket socket, bool abort)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    if (socket == OS_NO_SOCKET)
        return;
    if (abort)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, (const char *)&reset, sizeof(reset));
    closesocket(socket);
}

enum os_status os_socket_peek(os_socket socket)
{
    char byte;
    int n = recv((SOCKET)socket, &byte, 1, MSG_PEEK); /* the socket is non-blocking */

    if (n > 0)
        return OS_OK;
    return n < 0 && WSAGetLastError() == WSAEWOULDBLOCK ? OS_AGAIN : OS_CLOSED;
}
