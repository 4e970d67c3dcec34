/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of the driver's frames: makes the slots and the pipe as rdsprov-peer does, gives credits, and
 * compares every frame with what was presented.
 */
#ifndef IDDSIM_PEER_H
#define IDDSIM_PEER_H

#include "channels/display/pointer_image.h"
#include "channels/display/slots.h"
#include "os/pipe.h"
#include "os/shm.h"
#include "sim.h"

struct peer {
    struct slot_layout layout;
    struct os_shm memory;
    struct os_pipe *pipe;
    uint8_t *shadow; /* the newest frame, put together from rectangles only */
    uint32_t slot;   /* the newest frame's; SLOT_COUNT: none yet */
    uint32_t sequence;
    bool credited[SLOT_COUNT];
    bool hello, closed, greedy; /* greedy: gives no credit back */
    uint64_t frames, damage;
    struct pointer_image shape;
    uint16_t shape_rows; /* of it that have come */
    struct channel_position position;
    bool hidden;
    unsigned shapes, moves;
    uint8_t buffer[OS_PIPE_MESSAGE_MAX];
};

/* Memory and pipe for a desktop of that size, handed to the driver through `file`. */
NTSTATUS peer_attach(struct peer *self, struct sim_file *file, uint32_t width, uint32_t height);
void peer_finish(struct peer *self);
void peer_send(struct peer *self, uint16_t id, const void *message);
/* Takes what has come within `ms`; true when there was a frame. */
bool peer_pump(struct peer *self, uint32_t ms);
/* Is the newest frame what the monitors show? Their screens must not change meanwhile. */
bool peer_shows(struct peer *self, struct sim_device *device);
/* Pumps until it is, for 20 s; checks RULE_FRAME_ARRIVES and RULE_FRAME_PIXELS. */
bool peer_expect(struct peer *self, struct sim_device *device, const char *when);

#endif
