/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the adapter's view of a client, shared by its life (peer.c), what the peer says (peer_link.c)
 * and the producers that it asks for (peer_producer.c). [loop] throughout. */
#ifndef RDSPROV_CORE_PEER_PRIVATE_H
#define RDSPROV_CORE_PEER_PRIVATE_H

#include "core/budget.h"
#include "core/peer.h"

#define ERRINFO_SERVER_DENIED 7

struct launcher_client;

/* What a launcher was asked for on behalf of a peer: which one, its number (0: nothing), for which session,
 * what the peer calls it, and is the answer there? */
struct peer_producer {
    struct launcher_client *launcher;
    uint32_t granted, session, as;
    bool answered;
    unsigned count; /* of requests */
};

struct peer {
    struct peer *next, **prev; /* in provider->peers */
    struct port *port;         /* held */
    struct provider *provider; /* through port */
    uint32_t number;
    struct os_address address;
    os_socket socket; /* until a process has it */
    struct os_source *socket_source;
    struct os_process *process;
    struct os_pipe *pipe;
    struct os_source *pipe_source, *process_source;
    struct os_timer *timer, *cookie_timer, *suppress_timer, *beat_timer;
    struct counters *counters;
    uint32_t beats;                /* of the counters, when last looked at */
    unsigned unmoved;              /* looks since they changed */
    struct connection *connection; /* held; NULL before `client` and after the end */
    enum link_phase phase;
    bool was_client; /* it said who it is */
    bool half_open;  /* counts against the limits */
    bool ending;     /* goodbye said, or link lost */
    bool may_show;   /* the service lets the session be shown */
    bool suppressed, suppressed_told;
    uint32_t session;
    bool driver_loaded; /* the service says so, of: */
    uint32_t driver_session;
    struct peer_producer producers[LINK_PRODUCERS];
    unsigned log_lines;
    struct budget messages, grants;
};

const struct port_events *peer_events(struct peer *self, void **owner);
/* The link has ended or broke its rules. The peer has a second to end, its connection hears of it. */
void peer_lost(struct peer *self, const char *why);
/* What a peer makes us log ends at some point. */
bool peer_may_log(struct peer *self);
void peer_no_longer_half_open(struct peer *self);
/* It is authenticated: from here it must show now and then that it moves. */
void peer_watch_beats(struct peer *self);

/* peer_link.c: what the link has, a batch at a time. An os_loop_fn. */
void peer_read(void *peer);

/* peer_producer.c */
/* The peer wants a producer: the launcher is asked, or it hears why not. What the message passes is taken
 * over when the launcher has it. */
void peer_grant(struct peer *self, struct link_message *message);
/* What was asked for is not wanted any more. */
void peer_stop_producer(struct peer *self, enum link_producer producer);
void peer_stop_producers(struct peer *self);

#endif
