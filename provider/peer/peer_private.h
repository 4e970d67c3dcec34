/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by peer.c (main loop), peer_open.c (set-up) and peer_callbacks.c (what FreeRDP calls). */
#ifndef RDSPROV_PEER_PEER_PRIVATE_H
#define RDSPROV_PEER_PEER_PRIVATE_H

#include <freerdp/freerdp.h>
#include <freerdp/peer.h>
#include <freerdp/transport_io.h>

#include "channels/display/layout.h"
#include "channels/display/resize_pace.h"
#include "os/shm.h"
#include "peer/client_data.h"
#include "peer/peer.h"
#include "peer/session_info.h"
#include "peer/session_link.h"

/* The client's wishes for another desktop. */
struct peer_resize {
    struct disp *disp; /* NULL: not asked for yet, or over */
    bool asked;        /* for the channel */
    bool wanted, reactivating;
    struct layout layout; /* wanted */
    struct resize_pace pace;
};

struct peer {
    struct adapter *adapter;
    struct life *life;
    const struct link_config *config;
    struct os_shm memory;
    struct link_counters *counters; /* in `memory` */
    freerdp_peer *rdp;
    os_socket socket;  /* FreeRDP's, once rdp has its context */
    rdpTransportIo io; /* FreeRDP's own, behind our hooks */
    wStream *pdu;      /* the one that FreeRDP handles, while the client is not known */
    HANDLE vcm;        /* virtual channel manager */
    HANDLE writable;   /* Linux: signalled when the socket takes more */
    struct display_consumer *display;
    struct input_relay *input;
    struct session_link *session;
    struct session_info info;     /* what the client is still to be told */
    struct credentials delegated; /* by CredSSP */
    uint32_t width, height;       /* of the client's desktop, as served */
    struct layout layout;         /* its monitors; of that size */
    struct peer_resize resize;
    uint32_t error_info;
    bool started;       /* the client has sent something */
    bool authenticated; /* NLA proved the credentials in `delegated` */
    bool told_client;   /* `client` was sent */
    bool active;        /* has been, at least once */
    bool connect;       /* the service wants a session shown: */
    uint32_t shown;
    bool blocked; /* the socket does not take what FreeRDP holds */
    bool refused; /* by us, with a reason in `refusal` */
    char refusal[256];
};

struct peer_context {
    rdpContext base;
    struct peer *peer;
};

static inline struct peer *peer_of(const rdpContext *context)
{
    return ((const struct peer_context *)context)->peer;
}

/* Makes FreeRDP's peer over the socket, with settings and callbacks. False with one line; peer_close frees
 * what there is. */
bool peer_open(struct peer *self, char *problem, size_t cap);
void peer_close(struct peer *self);

void peer_set_callbacks(struct peer *self);

/* peer_resize.c: once active. events: returns how many it added; false from check: the connection is broken.
 */
unsigned peer_resize_events(struct peer *self, HANDLE *events);
uint32_t peer_resize_timeout(const struct peer *self);
bool peer_resize_check(struct peer *self);
void peer_resize_activated(struct peer *self);
void peer_resize_finish(struct peer *self);

bool peer_hook_transport(struct peer *self);
/* Moves the phase along with FreeRDP's state. */
void peer_follow_state(struct peer *self);

#endif
