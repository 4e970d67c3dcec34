/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core of the adapter: what it does without COM, namely sockets, processes and links. One per module: a
 * loop thread, the job of all peer processes, the list of ports. It lives while somebody holds it (manager,
 * ports, peers, connections) and ends its loop with the last. Everything marked [loop] runs on the loop's
 * thread only.
 */
#ifndef RDSPROV_CORE_PROVIDER_H
#define RDSPROV_CORE_PROVIDER_H

#include <stdatomic.h>

#include "os/log.h"
#include "os/loop.h"
#include "os/process.h"
#include "os/thread.h"

struct launcher_client;
struct peer;
struct port;
struct reconnect;

struct provider {
    atomic_uint holds;
    struct os_loop *loop;
    struct os_job *job;
    struct launcher_client *launchers; /* [loop] */
    struct peer *peers;                /* [loop] */
    struct port *ports;                /* [loop] */
    struct reconnect *reconnect;
    atomic_uint_fast32_t starts; /* of ports */
    atomic_bool draining;        /* only clients who come back are let in */
};

/* The one provider, made on first use. NULL: no thread or memory. */
struct provider *provider_get(void);
struct provider *provider_hold(struct provider *self);
void provider_drop(struct provider *self);

/* No provider lives, and its loop has let go of everything. */
bool provider_at_rest(void);

/* Next number of a connection, for log lines; never 0. */
uint32_t provider_next_number(void);

/* A number for a manager and its listeners: two instances of the service may be in one process, one of them
 * dying, and share the provider. */
uint32_t provider_next_group(void);
/* Stops the group's ports and says goodbye to all their peers. Any thread; returns at once. */
void provider_end_peers(struct provider *self, uint32_t group);

/* How a port does, and where: PORT_LISTENING: text is "address:port" and, on a second line, the certificate's
 * fingerprint; PORT_FAILED: the reason in one line (it is tried again); PORT_STARTING: not yet, or no port of
 * that name. */
enum port_state { PORT_STARTING, PORT_LISTENING, PORT_FAILED };
enum port_state provider_port_status(const char *name, char *text, size_t cap, uint16_t *port);

/* What a port says of itself for the above: known by name from PORT_STARTING to provider_status_remove.
 * Whoever started last owns it: an old port of that name, on its way out on another loop, changes and removes
 * nothing. */
void provider_status_set(const char *name, const void *owner, enum port_state state, uint16_t port,
                         const char *text);
void provider_status_remove(const char *name, const void *owner);

#endif
