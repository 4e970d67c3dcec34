/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer's end of the pipe to a session program, and the asking for one: each attempt is a new grant (frame
 * memory and the other end of a fresh pipe) that goes to the adapter, which has the launcher start a program
 * with it. The program's first word is `hello`. A program that dies, says nonsense or never says hello is
 * dropped: the client sees the waiting picture, and the next grant follows after a pause that doubles. Main
 * thread only; nothing waits.
 */
#ifndef RDSPROV_PEER_SESSION_LINK_H
#define RDSPROV_PEER_SESSION_LINK_H

#include <winpr/wtypes.h>

#include "channels/display/consumer.h"
#include "channels/input/input.h"
#include "link/link.h"

#define SESSION_RETRY_MIN_MS 100
#define SESSION_RETRY_MAX_MS 5000
#define SESSION_HEALTHY_MS 10000 /* after that long, a program's end starts with the short pause again */
#define SESSION_HELLO_MS                                                                                     \
    20000 /* from the grant to `hello`: a session program may have to wait for its desktop */

struct adapter;
struct session_link;

/* Counts lost session programs as errors. NULL: out of memory. */
struct session_link *session_link_create(struct adapter *adapter, uint32_t connection,
                                         struct link_counters *counters);
void session_link_destroy(struct session_link *self);
/* Before the first connect. Both must outlive the last check. */
void session_link_use(struct session_link *self, struct display_consumer *display, struct input_relay *input);

/* The service wants a session shown: drop what there is, ask for a program. */
void session_link_connect(struct session_link *self);
/* Back to the waiting picture, for as long as it takes. */
void session_link_disconnect(struct session_link *self);
/* The desktop has this size now: as connect, if connected and it is a new size. */
void session_link_resized(struct session_link *self, uint32_t width, uint32_t height);
void session_link_result(struct session_link *self, const struct link_grant_result *result);

/* `send` of consumer and relay; arg is the session_link. False without a program, or when it does not read.
 */
bool session_link_send(void *arg, uint16_t id, const void *message);

HANDLE session_link_event(struct session_link *self); /* NULL: nothing to wait for */
uint32_t session_link_timeout(const struct session_link *self);
void session_link_check(struct session_link *self);

#endif
