/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A minimal Remote Desktop Services for one listener: it takes connections of one family and remembers what
 * the provider calls. Rules and sequences are rdsim's business; this one lets a test call any method at any
 * moment.
 */
#ifndef RDSPROV_UNIT_COM_SERVICE_H
#define RDSPROV_UNIT_COM_SERVICE_H

#include <stdatomic.h>

#include "host.h"
#include "os/thread.h"

struct service;

/* One connection that the provider announced. Stays until service_finish, so that counts can be looked at. */
struct seen {
    struct seen *next;
    struct service *service;
    IWRdsProtocolConnectionCallback rds;
    IWTSProtocolConnectionCallback legacy;
    IUnknown *object; /* with the service's reference */
    WRDS_CONNECTION_SETTINGS settings;
    atomic_uint refs; /* of the callback; 0: all given back */
    atomic_uint ready, broken, stopped, redrawn, slot7, late;
    atomic_bool closed;   /* set by the test when Close has returned: calls from now on are late */
    atomic_int in_flight; /* but for those that held a reference then: seen_close_returned */
    atomic_uint over;     /* references given back that nobody had */
    void *owner;          /* for the hooks below */
};

struct service {
    bool is_legacy;
    /* what OnConnected does */
    bool ask_inside;   /* GetLogonErrorRedirector (and SendPolicyData) before it returns */
    bool refuse;       /* returns E_FAIL */
    bool close_inside; /* Close on the provider's own stack */
    /* Hooks, may be NULL; on the provider's thread. OnConnected is about to return; a callback was called. */
    void (*connected)(struct service *self, struct seen *seen);
    void (*called)(struct seen *seen, atomic_uint *what);
    IWRdsProtocolListenerCallback rds;
    IWTSProtocolListenerCallback legacy;
    atomic_uint refs; /* of the listener callback; the test's own is 1 */
    struct os_mutex lock;
    struct os_cond changed;
    struct seen *seen; /* newest first */
    unsigned count;
};

void service_init(struct service *self, bool is_legacy);
void service_finish(struct service *self);
/* StartListen on a listener of its family. */
HRESULT service_listen(struct service *self, void *listener);
/* The n-th connection (1 is the first), or NULL when it does not come in time. */
struct seen *service_wait(struct service *self, unsigned n);

bool seen_is_ready(struct seen *self); /* waits */
bool seen_is_broken(struct seen *self);
bool seen_is_stopped(struct seen *self); /* StopScreenUpdates */
bool seen_is_redrawn(struct seen *self); /* RedrawWindow of all */
/* One reference to the callback is held, once a call in flight has ended. */
bool seen_is_kept(struct seen *self);
/* In place of setting `closed`, where calls may be in flight: each reference that is held now is worth one
 * call. */
void seen_close_returned(struct seen *self);
/* All references to the callback are back, and no call came after Close. */
bool seen_is_released(struct seen *self);
/* The connection in its family; the pointer is the one of OnConnected. */
static inline IWRdsProtocolConnection *seen_rds(struct seen *self)
{
    return (IWRdsProtocolConnection *)self->object;
}
static inline IWTSProtocolConnection *seen_legacy(struct seen *self)
{
    return (IWTSProtocolConnection *)self->object;
}

#endif
