/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection: what the service holds of one client. Its COM side answers from what is stored and returns at
 * once; its inner side hears from the peer [loop] and calls the service on short-lived threads of its own.
 * The COM count is the service's; memory stays until the inner holds are gone, too, so Close and the last
 * Release may come at any moment, on any stack.
 */
#ifndef RDSPROV_COM_CONNECTION_H
#define RDSPROV_COM_CONNECTION_H

#include "com/listener_callback.h"
#include "core/peer.h"

struct connection;

/* [loop] What the client said is copied; one hold for the peer. `slot` is where OnConnected is called. */
struct connection *connection_create(struct callback_slot *slot, struct peer *peer,
                                     const struct link_client *client);
/* [loop] Calls OnConnected, and later OnReady, from a thread of its own. */
void connection_start(struct connection *self);
/* [loop] The client is active: it can be shown something. */
void connection_active(struct connection *self);
/* [loop] The client has minimised its window, or shows it again. */
void connection_suppress(struct connection *self, bool suppressed);
/* [loop] The peer is gone or ending; `broken`: the service does not know yet and is told. Gives back the
 * peer's hold. */
void connection_peer_gone(struct connection *self, bool broken);

#endif
