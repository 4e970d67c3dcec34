/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session that a client sees: its session program and, where the service has loaded one, its display
 * driver. Each is a producer_link. The program takes the input and draws as long as no driver does; the
 * driver takes over with its `hello`, and the program stays for the input. When the driver is lost, the
 * program is asked for again and draws until the driver is back. With neither, the client sees the waiting
 * picture. Main thread only; nothing waits.
 */
#ifndef RDSPROV_PEER_SESSION_LINK_H
#define RDSPROV_PEER_SESSION_LINK_H

#include "channels/display/consumer.h"
#include "channels/input/input.h"
#include "peer/producer_link.h"

#define SESSION_EVENTS_MAX 2

struct session_link;

/* Counts lost producers as errors. `layout`, the client's monitors as they are at any time, must outlive it.
 * NULL: out of memory. */
struct session_link *session_link_create(struct adapter *adapter, uint32_t connection,
                                         const struct layout *layout, struct link_counters *counters);
void session_link_destroy(struct session_link *self);
/* Before the first connect. Both must outlive the last check. */
void session_link_use(struct session_link *self, struct display_consumer *display, struct input_relay *input);

/* The service wants this session shown: drop what there is, ask for its producers. */
void session_link_connect(struct session_link *self, uint32_t session);
/* Back to the waiting picture, for as long as it takes. */
void session_link_disconnect(struct session_link *self);
/* The service has loaded, or unloaded, the display driver of a session. */
void session_link_driver(struct session_link *self, const struct link_display_driver *driver);
/* The client's monitors are others now: who draws is asked for again, if it is connected and they differ. */
void session_link_resized(struct session_link *self);
void session_link_result(struct session_link *self, const struct link_grant_result *result);

/* `send` of the consumer (to who draws) and of the relay (to the program); arg is the session_link. False
 * without one, or when it does not read. */
bool session_link_send_display(void *arg, uint16_t id, const void *message);
bool session_link_send_input(void *arg, uint16_t id, const void *message);

/* Adds at most SESSION_EVENTS_MAX events to wait for; returns how many. */
unsigned session_link_events(struct session_link *self, HANDLE *events);
uint32_t session_link_timeout(const struct session_link *self);
void session_link_check(struct session_link *self);

#endif
