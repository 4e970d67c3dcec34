/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer's insides, shared by its three files: consumer.c (what the owner calls), consumer_path.c (how
 * pictures reach this client) and consumer_schedule.c (what is sent when). */
#ifndef RDSPROV_CHANNELS_DISPLAY_CONSUMER_PRIVATE_H
#define RDSPROV_CHANNELS_DISPLAY_CONSUMER_PRIVATE_H

#include "channels/display/consumer.h"
#include "channels/display/desk.h"
#include "channels/display/encode.h"
#include "channels/display/pacing.h"
#include "channels/display/pointer.h"

enum consumer_path {
    PATH_NONE,    /* not active yet */
    PATH_WAITING, /* for the dynamic channels */
    PATH_OPENING, /* the pipeline's channel and capabilities */
    PATH_PIPELINE,
    PATH_BITMAP
};

struct display_consumer {
    struct display_consumer_config config;
    bool active;
    bool broken;
    bool suppressed;
    uint32_t width, height; /* the client's desktop */
    struct layout layout_wanted;
    uint64_t hold_ms; /* until then the waiting picture is not shown: a program is about to come back */

    enum consumer_path path;
    uint64_t path_deadline_ms;
    struct gfx *gfx;
    struct encode_gfx *encode_gfx;
    struct encode_bitmap *encode_bitmap;
    struct pacing pacing;
    uint32_t frame; /* id of the last frame sent */

    struct slot_memory memory; /* of the attached producer's slots */
    struct desk desk;
    bool attached;
    uint64_t pending_ms; /* when the waiting frame came */
    uint64_t photo_ms;   /* when a frame was last sent, for dropping codec memory; 0: dropped */
    bool full;           /* the client must get everything: it has nothing of what is to be shown */
    struct pointer *pointer;
};

/* consumer_path.c */
bool consumer_path_activate(struct display_consumer *self);
void consumer_path_check(struct display_consumer *self);
void consumer_path_finish(struct display_consumer *self);
bool consumer_drawable(const struct display_consumer *self);

/* consumer_schedule.c */
void consumer_schedule(struct display_consumer *self);
uint32_t consumer_schedule_timeout(struct display_consumer *self);

#endif
