/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening TCP sockets and accepted connections. Exclusive binding (nobody can bind over us), IPv4 and IPv6
 * apart, close-on-exec, non-blocking. Windows: Winsock is started on first use.
 */
#ifndef RDSPROV_OS_SOCKET_H
#define RDSPROV_OS_SOCKET_H

#include "os/os.h"

#define OS_ADDRESS_TEXT_MAX 64 /* "[ipv6%scope]:port" fits */

struct os_address {
    uint8_t family;    /* 4 or 6; 0 unknown */
    uint8_t bytes[16]; /* network order; IPv4 uses 4. An IPv4-mapped IPv6 address is given as IPv4. */
    uint16_t port;     /* host order */
    uint32_t scope;    /* IPv6 */
    char text[OS_ADDRESS_TEXT_MAX]; /* address without port */
};

/* `address` is a numeric IPv4 or IPv6 address. OS_BUSY when the port is in use, OS_DENIED, OS_INVALID. port
 * 0: any free. */
enum os_status os_socket_listen(const char *address, uint16_t port, os_socket *out);
enum os_status os_socket_local(os_socket socket, struct os_address *out);
/* Never blocks. OS_AGAIN when nobody waits. The result has TCP_NODELAY and keep-alive. */
enum os_status os_socket_accept(os_socket listener, os_socket *out, struct os_address *from);
/* Looks without taking: OS_OK a byte is there, OS_CLOSED the other side is done or gone, OS_AGAIN neither.
 * Never blocks. */
enum os_status os_socket_peek(os_socket socket);
/* Closes with a reset when `abort`, so that no port lingers. none is fine. */
void os_socket_close(os_socket socket, bool abort);

#endif
