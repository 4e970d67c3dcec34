/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's half of the display: takes credits, brings the named slot up to date from a desktop, and
 * tells the peer what changed. It waits for a credit *and* a change: a slow client gets the newest picture,
 * an idle desktop costs nothing. The first change after a pause is captured at once; after that captures keep
 * a distance, so that bursts of drawing gather. One thread; nothing waits.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_PRODUCER_H
#define RDSPROV_CHANNELS_DISPLAY_PRODUCER_H

#include "channels/display/desktop.h"

struct producer;

struct producer_config {
    struct desktop *desktop;
    struct slot_layout layout;
    void *base;       /* mapped frame memory of layout.memory_size; outlives the producer */
    os_handle memory; /* its handle, for back-ends that let the system draw into it */
    /* Sends a message of channel_table. OS_AGAIN: try later; anything else but OS_OK ends the producer's
     * work. */
    enum os_status (*send)(void *arg, uint16_t id, const void *message);
    void *arg;
};

/* NULL: out of memory. */
struct producer *producer_create(const struct producer_config *config);
void producer_destroy(struct producer *self); /* NULL is fine */

/* Credit, refresh and suppress; OS_INVALID names nothing else than a peer that broke the protocol: `problem`
 * says how. */
enum os_status producer_message(struct producer *self, uint16_t id, const union channel_any *message,
                                const char **problem);

enum producer_result {
    PRODUCER_IDLE, /* nothing more to do until something comes or producer_timeout has passed */
    PRODUCER_BUSY, /* it sent something: go round once more before waiting */
    PRODUCER_PEER_GONE,
    PRODUCER_DESKTOP_GONE
};

/* Does what can be done now. */
enum producer_result producer_run(struct producer *self);

/* Milliseconds until producer_run may have something to do by time alone; DESKTOP_NEVER. */
uint32_t producer_timeout(struct producer *self);

#endif
