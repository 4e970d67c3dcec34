/* SPDX-License-Identifier: Apache-2.0 */
#include "os_test.h"

#include "os/socket.h"

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

/* A plain blocking client, by loopback. */
static os_socket dial(int family, uint16_t port)
{
    union {
        struct sockaddr sa;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
    os_socket fd = (os_socket)socket(family, SOCK_STREAM, 0);

    memset(&to, 0, sizeof to);
    to.sa.sa_family = (unsigned short)family;
    if (family == AF_INET) {
        to.v4.sin_port = htons(port);
        to.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        to.v6.sin6_port = htons(port);
        to.v6.sin6_addr.s6_addr[15] = 1;
    }
    if (fd != OS_NO_SOCKET && connect(fd, &to.sa, family == AF_INET ? sizeof to.v4 : sizeof to.v6) != 0) {
        os_socket_close(fd, false);
        return OS_NO_SOCKET;
    }
    return fd;
}

static bool talk(os_socket from, os_socket to)
{
    char text[8] = "";

    if (send(from, "hello", 5, 0) != 5)
        return false;
    return EVENTUALLY(recv(to, text, sizeof text, 0) == 5) && memcmp(text, "hello", 5) == 0;
}

static void accept_one(const char *address, int family)
{
    struct os_address local, from;
    os_socket listener, client, server, none;

    REQUIRE(os_socket_listen(address, 0, &listener) == OS_OK);
    REQUIRE(os_socket_local(listener, &local) == OS_OK);
    CHECK(local.port != 0 && local.family == (family == AF_INET ? 4 : 6));
    CHECK_STR(local.text, address);
    CHECK_INT(os_socket_accept(listener, &server, &from), OS_AGAIN);
    CHECK(server == OS_NO_SOCKET);

    client = dial(family, local.port);
    REQUIRE(client != OS_NO_SOCKET);
    REQUIRE(EVENTUALLY(os_socket_accept(listener, &server, &from) == OS_OK));
    CHECK_STR(from.text, family == AF_INET ? "127.0.0.1" : "::1");
    CHECK(from.port != 0 && from.port != local.port);
    CHECK_INT(from.bytes[family == AF_INET ? 0 : 15], family == AF_INET ? 127 : 1);
    CHECK(talk(client, server) && talk(server, client));
    CHECK_INT(os_socket_accept(listener, &none, &from), OS_AGAIN);
    os_socket_close(server, false);
    os_socket_close(client, false);
    os_socket_close(listener, false);
    os_socket_close(OS_NO_SOCKET, true);
}

TEST(ipv4)
{
    accept_one("127.0.0.1", AF_INET);
}

TEST(ipv6)
{
    os_socket probe;

    if (os_socket_listen("::1", 0, &probe) != OS_OK) {
        CHECK(true);
        printf("no IPv6 here\n");
        return;
    }
    os_socket_close(probe, false);
    accept_one("::1", AF_INET6);
}

TEST(families_apart)
{
    struct os_address local, six;
    os_socket v4, v6;

    REQUIRE(os_socket_listen("0.0.0.0", 0, &v4) == OS_OK);
    REQUIRE(os_socket_local(v4, &local) == OS_OK);
    if (os_socket_listen("::", local.port, &v6) == OS_OK) {
        CHECK(os_socket_local(v6, &six) == OS_OK && six.port == local.port && six.family == 6);
        os_socket_close(v6, false);
    }
    os_socket_close(v4, false);
}

TEST(exclusive)
{
    unsigned handles;
    struct os_address local;
    os_socket first, second;

    REQUIRE(os_socket_listen("127.0.0.1", 0, &first) == OS_OK);
    REQUIRE(os_socket_local(first, &local) == OS_OK);
    handles = os_count_handles();
    CHECK_INT(os_socket_listen("127.0.0.1", local.port, &second), OS_BUSY);
    CHECK(second == OS_NO_SOCKET);
    CHECK_INT(os_socket_listen("0.0.0.0", local.port, &second), OS_BUSY);
    CHECK_INT(os_count_handles(), handles);
    os_socket_close(first, false);
    REQUIRE(EVENTUALLY(os_socket_listen("127.0.0.1", local.port, &second) == OS_OK));
    os_socket_close(second, false);
}

/* A service that restarts must get its port back while old connections are on their way out. */
TEST(port_is_free_again_at_once)
{
    struct os_address local, from;
    os_socket listener, client, server;

    REQUIRE(os_socket_listen("127.0.0.1", 0, &listener) == OS_OK);
    REQUIRE(os_socket_local(listener, &local) == OS_OK);
    client = dial(AF_INET, local.port);
    REQUIRE(client != OS_NO_SOCKET);
    REQUIRE(EVENTUALLY(os_socket_accept(listener, &server, &from) == OS_OK));
    os_socket_close(server, false); /* our side closes first and keeps the TIME_WAIT */
    os_socket_close(listener, false);
    os_socket_close(client, false);
    CHECK_INT(os_socket_listen("127.0.0.1", local.port, &listener), OS_OK);
    os_socket_close(listener, false);
}

TEST(bad_addresses)
{
    static const char *const bad[] = {"",          "localhost", "127.0.0.1.2",      "1.2.3.4:5", "[::1]",
                                      "256.1.1.1", "1.2.3",     "fe80::1%nosuchif", "::1 ",      "g::1"};
    os_socket fd;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(os_socket_listen(bad[i], 0, &fd), OS_INVALID);
        CHECK(fd == OS_NO_SOCKET);
    }
    CHECK_INT(os_socket_listen("203.0.113.77", 0, &fd), OS_INVALID); /* an address that is not ours */
}

TEST(abort_resets)
{
    for (int abort = 0; abort < 2; abort++) {
        struct os_address local, from;
        os_socket listener, client, server;
        char text[4];
        long n;

        REQUIRE(os_socket_listen("127.0.0.1", 0, &listener) == OS_OK);
        REQUIRE(os_socket_local(listener, &local) == OS_OK);
        client = dial(AF_INET, local.port);
        REQUIRE(client != OS_NO_SOCKET);
        REQUIRE(EVENTUALLY(os_socket_accept(listener, &server, &from) == OS_OK));
        os_socket_close(server, abort);
        n = (long)recv(client, text, sizeof text, 0);
#ifdef _WIN32
        CHECK(
            abort
                ? n <= 0
                : n == 0); /* Wine shuts a socket down before it closes it: no reset (to verify on Windows) */
#else
        CHECK_INT(n, abort ? -1 : 0);
#endif
        os_socket_close(client, false);
        os_socket_close(listener, false);
    }
}

TEST(clients_that_vanish_before_accept)
{
    struct os_address local, from;
    os_socket listener, server;
    unsigned handles, came = 0;

    REQUIRE(os_socket_listen("127.0.0.1", 0, &listener) == OS_OK);
    REQUIRE(os_socket_local(listener, &local) == OS_OK);
    handles = os_count_handles();
    for (int i = 0; i < 50; i++) {
        os_socket client = dial(AF_INET, local.port);

        REQUIRE(client != OS_NO_SOCKET);
        os_socket_close(client, true);
    }
    os_sleep_ms(20);
    for (int i = 0; i < 200; i++) {
        enum os_status status = os_socket_accept(listener, &server, &from);

        if (status == OS_AGAIN)
            break;
        REQUIRE(status == OS_OK);
        os_socket_close(server, true);
        came++;
    }
    CHECK(came <= 50);
    CHECK(EVENTUALLY(os_count_handles() == handles));
    os_socket_close(listener, false);
}

#ifndef _WIN32
TEST(options)
{
    struct os_address local, from;
    os_socket listener, client, server;
    int value = 0;
    socklen_t len = sizeof value;

    REQUIRE(os_socket_listen("127.0.0.1", 0, &listener) == OS_OK);
    REQUIRE(os_socket_local(listener, &local) == OS_OK);
    client = dial(AF_INET, local.port);
    REQUIRE(EVENTUALLY(os_socket_accept(listener, &server, &from) == OS_OK));
    CHECK((fcntl(server, F_GETFD) & FD_CLOEXEC) && (fcntl(listener, F_GETFD) & FD_CLOEXEC));
    CHECK((fcntl(server, F_GETFL) & O_NONBLOCK) && (fcntl(listener, F_GETFL) & O_NONBLOCK));
    CHECK(getsockopt(server, IPPROTO_TCP, TCP_NODELAY, &value, &len) == 0 && value == 1);
    CHECK(getsockopt(server, SOL_SOCKET, SO_KEEPALIVE, &value, &len) == 0 && value == 1);
    os_socket_close(server, false);
    os_socket_close(client, false);
    os_socket_close(listener, false);
}

TEST(no_descriptor_free)
{
    static int used[2000];
    struct rlimit old, few;
    struct os_address local, from;
    os_socket listener, client, server;
    unsigned count = 0;

    REQUIRE(os_socket_listen("127.0.0.1", 0, &listener) == OS_OK);
    REQUIRE(os_socket_local(listener, &local) == OS_OK);
    client = dial(AF_INET, local.port);
    REQUIRE(getrlimit(RLIMIT_NOFILE, &old) == 0);
    few = (struct rlimit){1000, old.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
    while (count < 2000 && (used[count] = dup(listener)) >= 0)
        count++;
    CHECK_INT(os_socket_accept(listener, &server, &from), OS_NO_MEMORY);
    while (count)
        close(used[--count]);
    setrlimit(RLIMIT_NOFILE, &old);
    CHECK_INT(os_socket_accept(listener, &server, &from), OS_OK);
    os_socket_close(server, false);
    os_socket_close(client, false);
    os_socket_close(listener, false);
}
#endif
