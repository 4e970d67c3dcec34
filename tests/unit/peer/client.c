/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <signal.h>
#include <string.h>

#include <openssl/ssl.h>

#include "os/socket.h"

#define WAIT_MS 3000

/* TPKT, X.224 CR, RDP_NEG_REQ with PROTOCOL_SSL */
static const uint8_t request[] = {0x03, 0x00, 0x00, 0x13, 0x0e, 0xe0, 0x00, 0x00, 0x00, 0x00,
                                  0x00, 0x01, 0x00, 0x08, 0x00, 0x01, 0x00, 0x00, 0x00};
#define ANSWER_SIZE 19

static bool accept_one(os_socket listener, os_socket *out)
{
    struct os_address from;

    for (int i = 0; i < 200; i++) {
        if (os_socket_accept(listener, out, &from) == OS_OK)
            return true;
        os_sleep_ms(5);
    }
    return false;
}

/* Both ends of a TCP connection. */
static bool connect_pair(SOCKET *client, os_socket *server)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct os_address local;
    os_socket listener;
    bool good = false;

    if (os_socket_listen("127.0.0.1", 0, &listener) != OS_OK)
        return false;
    *client = _socket(AF_INET, SOCK_STREAM, 0);
    if (os_socket_local(listener, &local) == OS_OK) {
        to.sin_port = _htons(local.port);
        to.sin_addr.s_addr = _htonl(0x7f000001);
        good = _connect(*client, (struct sockaddr *)&to, sizeof to) == 0 && accept_one(listener, server);
    }
    os_socket_close(listener, false);
    return good;
}

bool client_start(struct host *host, const struct link_config *config, SOCKET *client)
{
    os_socket server;

    *client = INVALID_SOCKET;
#ifndef _WIN32
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to what the peer has closed */
#endif
    return host_start(host) && connect_pair(client, &server) && host_send(host, LINK_CONFIG, config) &&
           host_take(host, server);
}

void client_close(SOCKET *client, bool reset)
{
    if (*client != INVALID_SOCKET)
        os_socket_close((os_socket)*client, reset);
    *client = INVALID_SOCKET;
}

bool client_say(SOCKET client, const void *data, size_t len)
{
    return _send(client, data, (int)len, 0) == (int)len;
}

static bool readable(SOCKET client, unsigned ms)
{
    struct timeval wait = {.tv_sec = (long)(ms / 1000), .tv_usec = (long)(ms % 1000) * 1000};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(client, &set);
    return _select((int)client + 1, &set, NULL, NULL, &wait) == 1;
}

bool client_closed(SOCKET client, unsigned ms)
{
    uint64_t until = os_now_ms() + ms;
    char sink[4096];

    for (uint64_t now; (now = os_now_ms()) < until;) {
        if (readable(client, (unsigned)(until - now)) && _recv(client, sink, sizeof sink, 0) <= 0)
            return true;
    }
    return false;
}

static bool ask(SOCKET client, uint8_t answer[ANSWER_SIZE])
{
    int have = 0;

    if (!client_say(client, request, sizeof request))
        return false;
    while (have < ANSWER_SIZE && readable(client, WAIT_MS)) {
        int got = _recv(client, (char *)answer + have, ANSWER_SIZE - have, 0);

        if (got <= 0)
            return false;
        have += got;
    }
    return have == ANSWER_SIZE;
}

bool client_x224(SOCKET client)
{
    uint8_t answer[ANSWER_SIZE];

    return ask(client, answer) && answer[11] == 2; /* RDP_NEG_RSP */
}

bool client_x224_refused(SOCKET client, uint8_t code)
{
    uint8_t answer[ANSWER_SIZE];

    return ask(client, answer) && answer[11] == 3 && answer[15] == code; /* RDP_NEG_FAILURE */
}

bool client_tls_start(struct client_tls *self, SOCKET client, int version)
{
    memset(self, 0, sizeof *self);
    self->context = SSL_CTX_new(TLS_client_method());
    if (!self->context)
        return false;
    SSL_CTX_set_verify(self->context, SSL_VERIFY_NONE, NULL);
    if (version) {
        SSL_CTX_set_security_level(self->context, 0);
        SSL_CTX_set_min_proto_version(self->context, version);
        SSL_CTX_set_max_proto_version(self->context, version);
    }
    self->ssl = SSL_new(self->context);
    return self->ssl && SSL_set_fd(self->ssl, (int)client) == 1 && SSL_connect(self->ssl) == 1;
}

bool client_tls_say(struct client_tls *self, const void *data, size_t len)
{
    return SSL_write(self->ssl, data, (int)len) == (int)len;
}

void client_tls_finish(struct client_tls *self)
{
    SSL_free(self->ssl);
    SSL_CTX_free(self->context);
    memset(self, 0, sizeof *self);
}
