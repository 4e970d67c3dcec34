/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the adapter and the launcher say to each other, and what the launcher passes on to the session program
 * that it starts. The launcher is a LocalSystem service on Windows and rdsim in tests. The adapter opens its
 * pipe (OS_PIPE name from the configuration) and holds it; a request hands over the peer's frame memory and
 * one end of a pipe to the peer; the launcher starts a session program in that session, as its child, and
 * forwards the same `start` with both over the child's inherited link. One session program a session: a new
 * start ends the old one first. Beside it a session may have a display driver, in a process of its own that
 * no adapter may open: `attach` hands it memory and pipe of another grant, and it is one more producer of
 * frames (driver/control.h).
 */
#ifndef RDSPROV_LINK_LAUNCHER_H
#define RDSPROV_LINK_LAUNCHER_H

#include "link/link.h"
#include "os/pipe.h"
#include "wire/wire.h"

#define LAUNCHER_VERSION 2
#define LAUNCHER_TEXT_MAX 900

enum launcher_id {
    LAUNCHER_START = 1, /* adapter -> launcher -> session program; passes memory, pipe */
    LAUNCHER_STOP,      /* adapter -> launcher: end that request's program (value: request) */
    LAUNCHER_ATTACH, /* adapter -> launcher: as start, but memory and pipe go to the session's display driver
                      */
    LAUNCHER_DETACH, /* adapter -> launcher: take them from it again; there is no answer */
    LAUNCHER_USER,   /* launcher -> user's program: whose session it is in (value: request) */
    LAUNCHER_STARTED = 64, /* launcher -> adapter; either program -> launcher, which may wait for it */
    LAUNCHER_FAILED,       /* likewise: why not */
    LAUNCHER_ENDED         /* program or driver is gone, or shows nothing any more, whatever the reason */
};

struct launcher_start {
    uint32_t request; /* unique per adapter: link_request */
    uint32_t session;
    uint32_t width, height, stride, slots;
    uint32_t memory_size;
    /* attach: what the driver is to show, 1 or more; the desktop's top left corner is 0, 0 */
    uint32_t monitor_count;
    struct link_monitor monitors[LINK_MONITORS_MAX];
};

struct launcher_stop {
    uint32_t request;
    uint32_t session;
};

struct launcher_result {
    uint32_t request;
    uint32_t session;
    char text[LAUNCHER_TEXT_MAX];
};

union launcher_any {
    struct launcher_start start;
    struct launcher_stop stop;
    struct launcher_result result;
};

extern const struct wire_table launcher_table;

/* Encodes and sends one of the messages above: what os_pipe_send says, or OS_INVALID. The passes are the
 * receiver's then. Otherwise they are still the caller's, and *problem says why. */
enum os_status launcher_send(struct os_pipe *pipe, uint16_t id, const void *message,
                             const struct os_pass *pass, unsigned npass, const char **problem);

/* The same for a struct launcher_result with that text, which is cut where it is too long. */
enum os_status launcher_send_result(struct os_pipe *pipe, uint16_t id, uint32_t request, uint32_t session,
                                    const char *text, const char **problem);

#endif
