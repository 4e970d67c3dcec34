/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer's end of the pipe to one producer (a session program, or a session's display driver), and the
 * asking for it: each attempt is a new grant (frame memory and the other end of a fresh pipe) that goes to
 * the adapter, which has the launcher hand it to the producer. Its first word is `hello`. One that dies, says
 * nonsense or never says hello is dropped, and the next grant follows after a pause that doubles. What it
 * means to have one is the owner's (session_link.h). Main thread only; nothing waits.
 */
#ifndef RDSPROV_PEER_PRODUCER_LINK_H
#define RDSPROV_PEER_PRODUCER_LINK_H

#include <winpr/wtypes.h>

#include "channels/display/layout.h"
#include "channels/display/slot_memory.h"
#include "link/link.h"
#include "os/pipe.h"

#define PRODUCER_RETRY_MIN_MS 100
#define PRODUCER_HEALTHY_MS 10000 /* after that long, a producer's end starts with the short pause again */
#define PRODUCER_HELLO_MS                                                                                    \
    20000 /* from the grant to `hello`: a session program may have to wait for its desktop */

struct adapter;
struct producer_link;

struct producer_owner {
    uint32_t producer;     /* enum link_producer */
    const char *name;      /* for log lines */
    uint32_t retry_max_ms; /* the longest pause */
    /* Makes memory for a grant; the handle is for the producer. False: out of memory. */
    bool (*grant)(void *arg, struct slot_memory *memory, os_handle *handle);
    /* It said hello; `memory` may be moved away. False: it is dropped. */
    bool (*attached)(void *arg, struct slot_memory *memory, const struct channel_hello *hello);
    /* It was attached and is not any more; `reads`: messages still reach it. Its pipe closes right after. */
    void (*detached)(void *arg, bool reads);
    /* A message after hello. False: it broke the protocol. */
    bool (*message)(void *arg, uint16_t id, const union channel_any *message);
    void *arg;
};

/* What the links of one client share. It outlives them. */
struct producer_shared {
    struct adapter *adapter;
    struct link_counters *counters; /* lost producers are errors */
    const struct layout *layout;    /* the client's monitors as they are now */
    uint32_t connection;
};

/* `owner` and `shared` must outlive it. NULL: out of memory. */
struct producer_link *producer_link_create(const struct producer_owner *owner,
                                           struct producer_shared *shared);
void producer_link_destroy(struct producer_link *self); /* the owner is not told */

/* A producer is wanted: drop what there is, ask at the next check. */
void producer_link_connect(struct producer_link *self);
void producer_link_disconnect(struct producer_link *self);
bool producer_link_wanted(const struct producer_link *self);
bool producer_link_shown(const struct producer_link *self); /* it said hello, and lives */
/* On its way, and neither refused nor lost since it was wanted. */
bool producer_link_expected(const struct producer_link *self);
/* The client's desktop is not that of the present grant any more; to a driver each monitor matters. */
bool producer_link_outgrown(const struct producer_link *self);

void producer_link_result(struct producer_link *self, const struct link_grant_result *result);
/* False without a producer, or when it does not read: it is dropped at the next check. */
bool producer_link_send(struct producer_link *self, uint16_t id, const void *message);

HANDLE producer_link_event(struct producer_link *self); /* NULL: nothing to wait for */
uint32_t producer_link_timeout(const struct producer_link *self);
void producer_link_check(struct producer_link *self);

#endif
