/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays launcher and peer for one real rdsprov-session: starts it, hands it frame memory and a pipe, grants
 * credits as a peer does (the slot shown last is kept back), and rebuilds the picture from the damage
 * rectangles alone, so that each frame proves that its rectangles covered all that changed.
 */
#ifndef RDSPROV_UNIT_SESSION_HOST_H
#define RDSPROV_UNIT_SESSION_HOST_H

#include "channels/display/pointer_image.h"
#include "channels/display/slots.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/shm.h"

struct host {
    struct os_process *process;
    struct os_pipe *link, *peer;
    struct os_shm memory;
    struct slot_layout layout;
    uint32_t *picture; /* rebuilt; layout.width * layout.height, 0x00RRGGBB */
    uint32_t kept;     /* slot of the last frame; SLOT_COUNT before */
    bool hold;         /* no new credits from host_frame */
    bool bad;          /* a message broke the protocol or a frame did not fit its rectangles */

    /* the newest of each, and how many came */
    struct channel_hello hello;
    struct channel_frame frame;
    struct pointer_image pointer;
    uint16_t pointer_rows; /* of it that have come */
    struct channel_position position;
    uint32_t indicators;
    unsigned hellos, frames, pointers, hides, moves, indications;
    uint64_t bytes; /* area * 4 of all rectangles */
};

/* Starts the program (next to this test's, or $RDSPROV_SESSION) with these arguments. */
bool host_spawn(struct host *self, const char *const *args);
/* And binds it to slots of this size, two credits given. False (and all freed) when anything fails. */
bool host_start(struct host *self, uint32_t width, uint32_t height, const char *const *args);
/* New memory and a new pipe for a program that runs. */
bool host_bind(struct host *self, uint32_t width, uint32_t height);
/* Ends the peer's pipe and waits for the program: its exit code, or -1 when it took longer than ms (then it
 * is killed). */
int host_end(struct host *self, uint32_t ms);
int host_wait_exit(struct host *self, uint32_t ms);
void host_finish(struct host *self);

bool host_send(struct host *self, uint16_t id, const void *message);
void host_key(struct host *self, uint16_t flags, uint16_t code);
void host_type(struct host *self, uint16_t code); /* scancode, down and up */
void host_unicode(struct host *self, uint16_t unit);
void host_mouse(struct host *self, uint16_t flags, uint16_t x, uint16_t y);
void host_value(struct host *self, uint16_t id, uint32_t value);

/* Takes in one message; OS_TIMEOUT. A frame is checked and applied, and the next credit given. */
enum os_status host_step(struct host *self, uint32_t ms);
/* Until a counter of the above has passed `count`. */
bool host_until(struct host *self, const unsigned *counter, unsigned count, uint32_t ms);
/* Takes in whatever comes for this long. */
void host_drain(struct host *self, uint32_t ms);
/* Takes in frames until none came for quiet_ms; false when that does not happen within ms. */
bool host_settle(struct host *self, uint32_t quiet_ms, uint32_t ms);

#endif
