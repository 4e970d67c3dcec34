/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's view of one client: first a socket without a byte, then a peer process and its link. It turns
 * link messages into events of its connection and a connection's wishes into link messages, and it sees that
 * the process ends. [loop] throughout.
 */
#ifndef RDSPROV_CORE_PEER_H
#define RDSPROV_CORE_PEER_H

#include "core/counters.h"
#include "core/port.h"
#include "link/launcher.h"
#include "link/link_pipe.h"

struct launcher_client;

/* A client has connected. The socket is taken over; false: closed and logged, nothing was made. */
bool peer_accept(struct port *port, os_socket socket, const struct os_address *from);

struct peer *peer_next(struct peer *self);
bool peer_half_open(const struct peer *self);
bool peer_known(const struct peer *self); /* the service has, or had, a connection for it */
const struct os_address *peer_address(const struct peer *self);
uint32_t peer_number(const struct peer *self);
struct port *peer_port(const struct peer *self);
struct counters *peer_counters(const struct peer *self);

/* Says goodbye with that reason (0: none, or what was set before) and sees to it that the process ends.
 * Detaches the connection. `why` goes to the log. May free the peer when it has no process. */
void peer_end(struct peer *self, uint32_t error_info, const char *why);

/* From the connection: a message for the peer; LINK_CONNECT, LINK_DISCONNECT and LINK_SESSION also change
 * what is asked of the launcher. */
void peer_tell(struct peer *self, uint16_t id, const union link_any *message, os_handle handle);

/* From a launcher: an answer; it is gone, and the answers that were owed with it. */
void peer_launched(struct provider *provider, const struct launcher_client *launcher, uint16_t id,
                   const struct launcher_result *result);
void peer_launcher_gone(struct provider *provider, const struct launcher_client *launcher);

#endif
