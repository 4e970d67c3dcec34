/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer's half of the display: hands out credits, takes frames and sends what changed to the client,
 * through the graphics pipeline or, for clients without it, as bitmap updates. One producer (session program
 * or display driver) is attached at a time; without one the client sees a plain waiting picture. Everything
 * runs on the peer's main thread; nothing waits.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_CONSUMER_H
#define RDSPROV_CHANNELS_DISPLAY_CONSUMER_H

#include <freerdp/freerdp.h>
#include <freerdp/peer.h>

#include "channels/display/layout.h"
#include "channels/display/slot_memory.h"

struct display_consumer;
struct link_counters;

struct display_consumer_config {
    freerdp_peer *peer;
    HANDLE vcm;                     /* WTSOpenServer handle of the peer; outlives the consumer */
    struct link_counters *counters; /* may be NULL */
    uint32_t connection;            /* for log lines */
    bool h264;                      /* videos as H.264, where client and build have it */
    /* Sends a message of channel_table to the attached producer; a failure means that it does not read or is
     * gone (the owner drops it). */
    bool (*send)(void *arg, uint16_t id, const void *message);
    void *arg;
};

/* NULL: out of memory. The config is copied. Make it in ContextNew or later, destroy it before the vcm is
 * closed. */
struct display_consumer *display_consumer_create(const struct display_consumer_config *config);
void display_consumer_destroy(struct display_consumer *self);

/* The client is active (first time and after each reactivation): desktop size and capabilities are in the
 * settings. Shows the waiting picture or, when a program is attached, the last frame. Opens the graphics
 * pipeline when the client has it (dynamic channels are ready later: display_consumer_check goes on with it).
 * False: out of memory. */
bool display_consumer_activate(struct display_consumer *self);
/* Until the next activation nothing may be sent. */
void display_consumer_deactivate(struct display_consumer *self);
/* The monitors that the next activation or resize shows the desktop on (copied); used when they have its
 * size. */
void display_consumer_set_layout(struct display_consumer *self, const struct layout *layout);
/* The desktop size in the settings is new, and the client uses the pipeline: a new surface, at once. The
 * picture stays black for a moment instead of showing the waiting picture. False: the connection is broken.
 */
bool display_consumer_resize(struct display_consumer *self);
/* True once something can be drawn: active, and the pipeline's capabilities are confirmed or it is not used.
 */
bool display_consumer_ready(const struct display_consumer *self);
bool display_consumer_uses_pipeline(const struct display_consumer *self);

/* Makes slots of the present desktop size, for a producer that is to be attached later; what is shown stays.
 * Memory and `handle` (for the producer) are the caller's. */
bool display_consumer_grant(struct display_consumer *self, struct slot_memory *memory, os_handle *handle);

/* A producer that has these slots said hello: the old one is forgotten, what it showed stays until the new
 * one's first frame, and the new one gets credits. The memory moves here. False, and nothing has changed: the
 * desktop has another size now, or the hello does not fit it. */
bool display_consumer_attach(struct display_consumer *self, struct slot_memory *memory,
                             const struct channel_hello *hello);
/* The producer is gone: waiting picture. May come at any time, and more than once. */
void display_consumer_detach(struct display_consumer *self);

/* From the attached producer. False: it broke the protocol (a slot it does not own, a rectangle outside):
 * drop it. */
bool display_consumer_frame(struct display_consumer *self, const struct channel_frame *frame);
bool display_consumer_pointer(struct display_consumer *self, const struct channel_pointer *pointer);
void display_consumer_pointer_hide(struct display_consumer *self);
void display_consumer_pointer_move(struct display_consumer *self, uint16_t x, uint16_t y);

/* From the client. */
void display_consumer_suppress(struct display_consumer *self, bool suppress);
void display_consumer_refresh(struct display_consumer *self);
void display_consumer_frame_ack(struct display_consumer *self,
                                uint32_t frame); /* surface frame marker acks (no pipeline) */

/* For the peer's main loop: adds events to wait for (returns how many), the longest wait in ms, and the work
 * itself. False from check: the connection is broken. */
unsigned display_consumer_events(struct display_consumer *self, HANDLE *events, unsigned cap);
uint32_t display_consumer_timeout(struct display_consumer *self);
bool display_consumer_check(struct display_consumer *self);

#endif
