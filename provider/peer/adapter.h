/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer's end of the link to the adapter. A thread of its own reads it, because the main thread may be
 * inside FreeRDP's blocking accept when the adapter wants the client gone: messages wait in a queue that the
 * main thread empties, and for the two that cannot wait (`close` and the end of the link) a callback runs on
 * that thread at once. Sending is done from any thread. Made once and kept until the process ends.
 */
#ifndef RDSPROV_PEER_ADAPTER_H
#define RDSPROV_PEER_ADAPTER_H

#include <winpr/wtypes.h>

#include "link/link.h"
#include "os/log.h"
#include "os/pipe.h"

struct adapter;

struct adapter_message {
    uint16_t id; /* enum link_id, adapter to peer */
    union link_any any;
    struct os_pass pass[OS_PASS_MAX]; /* take what you keep and lower npass, the rest is closed by
                                         adapter_message_free */
    unsigned npass;
    struct adapter_message *next;
};

/* For sending. Takes the pipe over. NULL: out of memory. */
struct adapter *adapter_create(struct os_pipe *pipe);

/* Starts the thread that reads. `closing` runs on it when `close` arrives or the link ends (ended: true). */
bool adapter_start(struct adapter *self, void (*closing)(void *arg, bool ended), void *arg);

/* Signalled while adapter_next has something or the link has ended. */
HANDLE adapter_event(struct adapter *self);
struct adapter_message *adapter_next(struct adapter *self); /* NULL: none now */
void adapter_message_free(struct adapter_message *message);
bool adapter_ended(struct adapter *self); /* and all its messages were taken */

/* False: the adapter is gone or does not read; what is in `pass` stays the caller's. Any thread. */
bool adapter_send(struct adapter *self, uint16_t id, const void *message);
bool adapter_send_passing(struct adapter *self, uint16_t id, const void *message, const struct os_pass *pass,
                          unsigned npass);

/* A log_sink that turns lines into `log` messages; arg is the adapter. */
void adapter_log_sink(enum log_level level, const char *line, size_t len, void *arg);
void adapter_log(struct adapter *self, enum log_level level, const char *area, const char *text);

#endif
