/* SPDX-License-Identifier: Apache-2.0 */
/* What launcher.c (pipe, messages), seat.c (sessions), role.c (one program of a session) and attach.c share.
 * All of it belongs to the loop's thread. */
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
    struct role *role;
    uint32_t request;
    struct os_process *process;
    struct os_pipe *link;
    struct os_source *link_source, *end_source;
    struct os_timer *timer; /* ready in time, then the next step of stopping it */
    uint64_t started_ms;
    bool ready;        /* it took what it was sent */
    bool failed;       /* that it did not start has been told */
    bool orphan;       /* the adapter that asked for it is gone: the next one hears nothing of it */
    unsigned stopping; /* 0 runs, then the step */
};

struct role;
struct seat;

/* What one of a session's two programs is to its seat. */
struct role_kind {
    const char *name;
    enum launcher_event failed_event;
    bool kept; /* running by us: an end with 0 is missed, too, and the adapter hears nothing of it */
    bool (*wanted)(const struct seat *seat);
    void (*start)(struct role *role); /* with role_begin */
};

/* One of a session's two programs: the one that runs, and when the next may start. */
struct role {
    const struct role_kind *kind;
    struct seat *seat;
    struct program *program;
    unsigned bad_ends; /* in a row */
    uint64_t not_before_ms;
    struct os_timer *pause;
};

/* What a program is started with. */
struct role_start {
    uint16_t id; /* its first message */
    uint32_t request;
    const void *message;
    const struct os_pass *pass;
    unsigned npass;
    const char *const *args;
    const struct os_spawn_place *place;
};

/* A hand-over to a display driver, and what the launcher shares with the threads of all of them (attach.c).
 */
struct attach;
struct attach_home;

/* A session: the program that shows it, the one of its user, and a request that waits until it may start. */
struct seat {
    struct seat *next;
    struct launcher *launcher;
    uint32_t session;
    struct role screen, user;
    bool has_user; /* as far as known: somebody has logged on */

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
    struct os_timer *listener_timer; /* the pause after a failure */
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
void seat_stop(struct seat *self); /* both programs */
void seat_user(struct seat *self, bool has_user);
/* One of its programs took what it was sent; has ended. */
void seat_role_ready(struct seat *self, struct role *role);
void seat_role_ended(struct seat *self);
bool seat_has_program(const struct seat *self);
void seat_free(struct seat *self);          /* without a program */
bool seat_is_idle(const struct seat *self); /* nothing runs, waits, is held or remembered for it */

/* role.c */
void role_init(struct role *self, const struct role_kind *kind, struct seat *seat);
void role_finish(struct role *self); /* without a program */
/* Starts the program if it is wanted, none runs, and the pause is over; else when that is so. */
void role_go_on(struct role *self);
void role_stop(struct role *self);
/* [kind->start] Takes the passes over. */
void role_begin(struct role *self, const struct role_start *start);

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
