/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core of one listener: its settings, its sockets and the limits on clients.
 * Started, it first has a peer check certificate, key and SAM file, then binds; whatever fails is one line in
 * the log and the status, and is tried again with back-off and when the configuration changes (design:
 * StartListen never fails for what can pass).
 */
#ifndef RDSPROV_CORE_PORT_H
#define RDSPROV_CORE_PORT_H

#include "core/provider.h"
#include "core/settings.h"
#include "os/pipe.h"
#include "os/socket.h"

struct port;
struct peer;
struct counters;
struct connection;

/* What a port tells its owner, the COM side. All on the loop. */
struct port_events {
    /* A client has said who it is. What is returned stands for it from now on (with a hold for the peer,
     * given back by `gone`); NULL: out of memory, or nobody listens: the client is refused. */
    struct connection *(*client)(void *owner, struct peer *peer, const struct link_client *client);
    void (*active)(struct connection *connection);
    /* The client does not look at its picture, or does again. At most four times a second. */
    void (*suppress)(struct connection *connection, bool suppressed);
    /* The peer is gone or going; `broken`: nobody told it to. Called once. */
    void (*gone)(struct connection *connection, bool broken);
    void (*released)(void *owner); /* the port is freed */
};

/* name is UTF-8; `group` as of provider_next_group. Holds the provider; `owner` is let go by
 * events->released. */
struct port *port_create(struct provider *provider, uint32_t group, const char *name,
                         const struct port_events *events, void *owner);
void port_hold(struct port *self);
void port_drop(struct port *self);

/* Any thread; return at once. Starting twice is fine, stopping twice, too. */
void port_start(struct port *self);
void port_stop(struct port *self);

/* [loop] For peers. */
struct provider *port_provider(struct port *self);
const struct settings *port_settings(struct port *self);
const char *port_name(struct port *self);
struct port *port_next(struct port *self); /* of provider->ports: those that are started */
/* The number of the latest port_start among all starts of the provider. */
uint32_t port_last_start(struct port *self);
uint32_t port_group(const struct port *self);
const struct port_events *port_events(struct port *self, void **owner);
/* A process that waits for a client, or a new one. Ownership of both moves to the caller. */
enum os_status port_take_peer(struct port *self, struct os_process **process, struct os_pipe **pipe);
/* The client is past authentication, or gone. */
void port_half_open_done(struct port *self);

#endif
