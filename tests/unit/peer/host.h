/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's side of the link, for tests of rdsprov-peer without an adapter: starts a peer process, hands
 * it a socket, and takes what it says one message at a time. It can play the session program, too.
 */
#ifndef RDSPROV_UNIT_PEER_HOST_H
#define RDSPROV_UNIT_PEER_HOST_H

#include "channels/display/slots.h"
#include "link/link.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/shm.h"

struct host {
    struct os_process *process;
    struct os_pipe *link;
    struct os_shm counters_memory;
    struct link_counters *counters;
    /* the last message */
    uint16_t id;
    union link_any any;
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass;
};

/* Looks for rdsprov-peer beside this program. */
bool host_start(struct host *self);
/* Kills what still runs. */
void host_finish(struct host *self);

bool host_send(struct host *self, uint16_t id, const void *message);
bool host_value(struct host *self, uint16_t id, uint32_t value); /* connect, disconnect, error-info, close */
/* Hands the socket over; it is the peer's or closed afterwards. */
bool host_take(struct host *self, os_socket socket);

/* The next message is in id, any, pass. OS_TIMEOUT, OS_CLOSED. Prints it when `verbose`. */
enum os_status host_receive(struct host *self, unsigned ms, bool verbose);
/* Skips to a message of this id; false: it did not come in time. */
bool host_expect(struct host *self, uint16_t id, unsigned ms, bool verbose);
/* True when the process ends by itself in time; *code as in os_process_ended. */
bool host_ended(struct host *self, unsigned ms, int *code);

/* A config with these files (may be NULL) and short time-outs. */
void host_config(struct link_config *config, const char *certificate, const char *key, const char *sam);

/* The session program's end of a grant. */
struct host_session {
    struct os_pipe *pipe;
    struct os_shm memory;
    struct slot_layout layout;
    uint32_t sequence, seed;
};
bool host_session_attach(struct host_session *self, struct host *host); /* the last message is a grant */
void host_session_finish(struct host_session *self);
bool host_session_hello(struct host_session *self);
/* What a program may not say: random bytes, or a frame in a slot it was given no credit for. */
bool host_session_nonsense(struct host_session *self);
bool host_session_steal(struct host_session *self);

#define HOST_NOISE 0u
/* Waits for a credit and answers it with a frame of one colour, or of noise. *id is what came last (credits
 * and input). */
bool host_session_turn(struct host_session *self, uint32_t color, unsigned ms, uint16_t *id,
                       union channel_any *any);

#endif
