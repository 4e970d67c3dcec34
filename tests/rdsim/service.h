/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated service: one manager, its listeners, all connections, and the machine around them (sessions,
 * accounts, launcher). service_run plays it from loading the provider to unloading it.
 */
#ifndef RDSIM_SERVICE_H
#define RDSIM_SERVICE_H

#include "counted.h"
#include "loader.h"
#include "options.h"
#include "os/thread.h"
#include "sessions.h"

struct connection;
struct launcher;
struct listener_callback;
struct player;

/* Given to the provider in StartListen. */
struct listener {
    struct listener_callback *callback;
    IWRdsProtocolListener *object;
    WCHAR name[256];
    char name_text[256];
    _Atomic bool ready;
    bool stopped;      /* StopListen was called */
    uint16_t port;     /* where it listens, when the provider says so */
    char problem[512]; /* last one that was printed */
};

struct service {
    const struct options *options;
    struct loader *loader;
    IWRdsProtocolManager *manager;
    bool legacy; /* the IWTS family: see family.h */
    bool uninitialized;
    struct player *player; /* a scenario decides what happens; NULL: the plain run */
    IWRdsProtocolSettings *settings;
    struct listener listeners[OPTIONS_LISTENERS_MAX];
    struct sessions sessions;
    struct launcher *launcher; /* NULL: none */

    struct os_mutex lock;
    struct os_cond changed;
    struct connection *connections;
    unsigned connection_count; /* threads of connections that still run */
    uint32_t next_connection;
    unsigned total, ended; /* connections so far */
    bool stopping;         /* takes no more connections */
    bool running;          /* the provider is there: see service_enter */
    unsigned users;
    bool draining;
    bool ended_by_failure; /* a listener cannot listen and must */
    _Atomic bool stop_wanted;
};

/* Plays the service until somebody wants it to stop. Exit code. */
int service_run(const struct options *options);

/* Any thread: ends service_run. */
void service_stop(struct service *self);

/* For threads that are neither the main one nor a connection's: between enter and leave the provider is not
 * taken down. False when it is not there. */
bool service_enter(struct service *self);
void service_leave(struct service *self);

/* The connection with that number, with a reference for the caller, or NULL. */
struct connection *service_find(struct service *self, uint32_t id);
/* A connection came and was turned away: it counts as ended. */
void service_refused(struct service *self);
/* References to all, at most cap; their number. */
unsigned service_list(struct service *self, struct connection **out, unsigned cap);

/* Tells the provider about a session (NotifySessionStateChange); `event` is one of WTS_*. */
void service_session_event(struct service *self, uint32_t session, ULONG event);
/* Logs a session off; its connection is ended, its desktop too. False: no such session. */
bool service_logoff(struct service *self, uint32_t session);
/* Drain mode on or off. */
void service_drain(struct service *self, bool on);

#endif
