/* SPDX-License-Identifier: Apache-2.0 */
/* The listener object: the service's handle on a port. One inner object for both families. */
#ifndef RDSPROV_COM_LISTENER_H
#define RDSPROV_COM_LISTENER_H

#include "com/family.h"
#include "core/provider.h"

struct port;
struct callback_slot;

struct listener {
    /* only the family's can be reached by QueryInterface */
    IWRdsProtocolListener IWRdsProtocolListener_iface;
    IWTSProtocolListener IWTSProtocolListener_iface;
    const struct family *family;
    atomic_uint refs;
    struct port *port;
    struct callback_slot *slot;
};

/* name as the service gives it: the WinStations key (gaps.md 2); `group` is the manager's. *out comes with
 * one reference. */
HRESULT listener_create(struct provider *provider, uint32_t group, const struct family *family,
                        const WCHAR *name, struct listener **out);

/* What the methods of both families do. */
HRESULT listener_query_interface(struct listener *self, REFIID iid, void **out);
ULONG listener_addref(struct listener *self);
ULONG listener_release(struct listener *self);
/* `callback` is the listener callback of the family. */
HRESULT listener_start(struct listener *self, IUnknown *callback);
HRESULT listener_stop(struct listener *self);

extern CONST_VTBL IWRdsProtocolListenerVtbl listener_vtbl;

#endif
