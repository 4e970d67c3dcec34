/* SPDX-License-Identifier: Apache-2.0 */
/* What launcher.c (pipe, messages) and seat.c (sessions and their programs) share. All of it belongs to the
 * loop's thread. */
#ifndef RDSPROV_SERVICE_PRIVATE_H
#define RDSPROV_SERVICE_PRIVATE_H

#include "link/launcher.h"
#include "os/loop.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/thread.h"
#include "service/launcher.h"

#define LAUNCHER_AREA "launcher"
#define LAUNCHER_SEATS_MAX 1024 /* sessions known at once */

/* A program from its start until it has ended and was reaped. */
struct program {
    struct seat *seat;
    uint32_t request;
    struct os_process *process;
    struct os_pipe *link;
    struct os_source *link_source, *end_source;
    struct os_timer *timer; /* ready in time, then the next step of stopping it */
    uint64_t started_ms;
    bool ready;        /* it took the request, and the adapter knows */
    bool failed;       /* the adapter was told that it did not start */
    bool orphan;       /* the adapter that asked for it is gone: the next one hears nothing of it */
    unsigned stopping; /* 0 runs, then the step */
};

/* A hand-over to a display driver, and what the launcher shares with the threads of all of them (attach.c).
 */
struct attach;
struct attach_home;

/* A session: its program, and a request that waits until it may start. */
struct seat {
    struct seat *next;
    struct launcher *launcher;
    uint32_t session;
    struct program *program;

    unsigned bad_ends; /* in a row */
    uint64_t not_before_ms;
    struct os_timer *pause;

    bool pending;
    struct launcher_start start;
    struct os_pass pass[2];

    struct attach *attach; /* under way, or watched */
};

struct launcher {
    const struct launcher_config *config;
    struct launcher_host host;
    struct os_loop *loop;
    struct os_pipe_listener *listener;
    struct os_source *listener_source;
    struct os_pipe *adapter;
    struct os_process *adapter_process;
    struct os_source *adapter_source;
    struct seat *seats;
    struct attach_home *attaches;
    unsigned seat_count;
    uint64_t refused_ms; /* when a refused client was last written to the event log; 0: never */

    struct os_mutex lock; /* of what launcher_destroy waits for */
    struct os_cond changed;
    bool shut;    /* no program is left, and none will start */
    bool ended;   /* the loop's thread is on its way out */
    bool closing; /* [loop] */
};

/* launcher.c */
void launcher_answer(struct launcher *self, uint16_t id, uint32_t request, uint32_t session,
                     const char *text);
void launcher_seat_idle(struct launcher *self); /* a program is gone: is that what shutting down waits for? */

/* seat.c */
struct seat *seat_find(struct launcher *launcher, uint32_t session);
struct seat *seat_get(struct launcher *launcher, uint32_t session); /* NULL: too many, or no memory */
/* Takes both passes over. The answer goes to the adapter, now or later. */
void seat_request(struct seat *self, const struct launcher_start *start, const struct os_pass pass[2]);
/* NULL why: the adapter is not told. */
void seat_drop_request(struct seat *self, const char *why);
void seat_stop(struct seat *self);
void seat_free(struct seat *self);          /* without a program */
bool seat_is_idle(const struct seat *self); /* nothing runs, waits or is held for it */

/* attach.c */
struct attach_home *attach_home_create(struct os_loop *loop); /* NULL: no memory */
/* Waits until the time `until` (os_now_ms) for what was dropped; what is still there then is left behind and
 * does not touch the loop any more. Before the loop stops. NULL is fine. */
void attach_home_close(struct attach_home *self, uint64_t until);
/* Takes both passes over. The answer goes to the adapter, now or later. */
void attach_request(struct seat *seat, const struct launcher_start *start, const struct os_pass pass[2]);
/* Tells the seat's hand-over to end, and forgets it. The adapter is told why, unless that is NULL. */
void attach_drop(struct seat *seat, const char *why);
/* The same for one that the adapter wants no more; nothing when the seat has another or none. */
void attach_detach(struct seat *seat, uint32_t request);

#endif
