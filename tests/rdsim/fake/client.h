/* SPDX-License-Identifier: Apache-2.0 */
/* A client of the fake provider: the connection object of one family, and the thread that plays the client.
 */
#ifndef RDSIM_FAKE_CLIENT_H
#define RDSIM_FAKE_CLIENT_H

#include "fake.h"

struct client {
    IWRdsProtocolConnection IWRdsProtocolConnection_iface;
    IWRdsWddmIddProps IWRdsWddmIddProps_iface;
    IWTSProtocolConnection IWTSProtocolConnection_iface; /* instead of them */
    bool legacy;
    _Atomic long refs;
    IWRdsProtocolListenerCallback *listener; /* of whichever family */
    struct os_mutex lock;
    struct os_cond changed;
    IWRdsProtocolConnectionCallback *callback;
    bool closed, asked; /* for the redirector; legacy: policy came */
};

static inline struct client *impl_from_IWRdsProtocolConnection(IWRdsProtocolConnection *iface)
{
    return CONTAINING_RECORD(iface, struct client, IWRdsProtocolConnection_iface);
}

/* The callback with a reference for the caller, or NULL after Close. */
IWRdsProtocolConnectionCallback *client_take_callback(struct client *self);

extern const IWRdsProtocolConnectionVtbl fake_connection_vtbl; /* client.c */
extern const IWRdsWddmIddPropsVtbl fake_idd_vtbl;              /* idd.c */
extern const IWTSProtocolConnectionVtbl fake_legacy_vtbl;      /* legacy.c */

#endif
