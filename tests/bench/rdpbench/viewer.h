/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at a client's picture each time that it changes: which frame of the scene it shows and how long after
 * it was painted, whether an echo field has turned over, whether it is the source desktop yet.
 */
#ifndef RDPBENCH_VIEWER_H
#define RDPBENCH_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "echo.h"
#include "picture.h"
#include "samples.h"
#include "scene.h"

#define VIEWER_SNAPSHOTS 12

struct viewer;

struct viewer_figures {
    uint64_t shown;    /* different frames of the scene that were seen */
    uint64_t match_us; /* when the picture first was the source desktop, nearly; 0: never */
    uint64_t match_cpu_us;
    struct samples delay; /* from painting a frame to seeing it; the caller finishes it */
    struct samples echo;  /* from sending input to seeing its field turn */
    uint64_t echo_lost;
    unsigned motion_count; /* snapshots compared */
    double motion_psnr;    /* mean over snapshots of a moving scene; 100 for an exact one */
    double motion_worst;
};

/* `scene` SCENE_KINDS: none, nothing is recognised. `times` may be NULL. */
struct viewer *viewer_create(enum scene_kind scene, uint32_t width, uint32_t height,
                             struct echo_times *times);
void viewer_destroy(struct viewer *self);
/* For client_options.painted. */
void viewer_painted(rdpContext *context, void *arg);

/* The picture to wait for (match_us); copied. */
bool viewer_expect(struct viewer *self, const struct picture *picture);
/* Until it has been seen; false: not within `ms`. */
bool viewer_wait_expected(struct viewer *self, unsigned ms);
/* Begins counting. */
void viewer_begin(struct viewer *self);
void viewer_end(struct viewer *self);
/* Sends a key or a mouse movement and waits until its field turns. False: not within `ms`. */
bool viewer_echo(struct viewer *self, struct client *client, enum echo_field field, unsigned ms);
/* After viewer_end. Compares the snapshots, which takes a while. */
void viewer_take(struct viewer *self, struct viewer_figures *out);

/* A copy of the client's picture. */
bool viewer_grab(struct client *client, struct picture *out);

#endif
