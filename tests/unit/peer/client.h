/* SPDX-License-Identifier: Apache-2.0 */
/* A client that says as much as a test wants, over loopback, to a peer that host.h has started. */
#ifndef RDSPROV_UNIT_PEER_CLIENT_H
#define RDSPROV_UNIT_PEER_CLIENT_H

#include <winpr/winsock.h>

#include "host.h"

/* Starts a peer with this config and hands it one end of a new connection; the other end is *client. */
bool client_start(struct host *host, const struct link_config *config, SOCKET *client);
void client_close(SOCKET *client, bool reset);
bool client_say(SOCKET client, const void *data, size_t len);
/* Reads until the server has closed (true) or the time is over. */
bool client_closed(SOCKET client, unsigned ms);

/* An X.224 connection request that asks for TLS ([MS-RDPBCGR] 2.2.1.1), and reading the answer to it. */
bool client_x224(SOCKET client);
/* The same, but the answer is a failure with this code ([MS-RDPBCGR] 2.2.1.2.2). */
bool client_x224_refused(SOCKET client, uint8_t code);

/* TLS on top, after client_x224. */
struct client_tls {
    struct ssl_ctx_st *context;
    struct ssl_st *ssl;
};
bool client_tls_start(struct client_tls *self, SOCKET client, int version); /* 0: any; TLS1_1_VERSION ... */
bool client_tls_say(struct client_tls *self, const void *data, size_t len);
void client_tls_finish(struct client_tls *self);

#endif
