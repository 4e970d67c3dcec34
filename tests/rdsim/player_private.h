/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the player: player.c (lines), player_event.c, player_service.c, player_client.c. */
#ifndef RDSIM_PLAYER_PRIVATE_H
#define RDSIM_PLAYER_PRIVATE_H

#include "player.h"
#include "remote.h"

#define PLAYER_WAIT_MS 10000   /* for whatever a scenario awaits */
#define PLAYER_LIMIT_MS 100000 /* a scenario lasts no longer */
#define PLAYER_THREADS_MAX 64  /* of `meanwhile` and `together` */

/* One client of the scenario and its connection. */
struct seat {
    const char *name;
    unsigned expected; /* its place in the queue for OnConnected; 0: not in it */
    unsigned service, listener;
    struct connection *connection; /* a reference; NULL until OnConnected */
    struct remote remote;
    const struct act *on[EVENTS];
    unsigned events; /* that ran */
    unsigned inside; /* calls of the provider that are in one now */
    bool claimed;    /* the scenario knows of its connection */
    bool let_go;     /* an `on` line gave it back */
    unsigned go_ons; /* that no held call has used */
};

struct player {
    struct service *services[2];
    unsigned loaded; /* how many hold the library */
    const struct scenario *scenario;
    const char *file; /* without its folder */
    struct os_mutex lock;
    struct os_cond changed;
    struct seat seats[SCENARIO_CLIENTS_MAX];
    unsigned next_expected;
    struct os_thread *threads[PLAYER_THREADS_MAX]; /* of `meanwhile` */
    unsigned thread_count;
    _Atomic bool failed; /* what was expected did not happen: the rest is not played */
    _Atomic bool over;
};

/* Judges one expectation of the line. */
bool player_expect(struct player *self, const struct act *act, bool good, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Makes the calls of an act on the seat's connection; stops at what was not expected. */
void player_steps(struct player *self, const struct act *act, struct seat *seat);
/* Ends what is left of the connection, as gently as it can be. */
void player_finish_seat(struct player *self, struct seat *seat);
void player_finish_seats(struct player *self, unsigned service);
void player_join(struct player *self);

/* player_service.c */
bool player_service(struct player *self, const struct act *act);
/* Stops and unloads whatever runs. */
void player_service_end(struct player *self, unsigned service);

/* player_client.c: clients as the options want them */
bool player_client(struct player *self, const struct act *act, struct seat *seat);

#endif
