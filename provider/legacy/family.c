/* SPDX-License-Identifier: Apache-2.0 */
/* The IWTS family: which interfaces its objects have, and its calls into the service. */
#include "legacy/legacy.h"

static void legacy_listener_init(struct listener *self)
{
    self->IWTSProtocolListener_iface.lpVtbl = &legacy_listener_vtbl;
}

/* The methods of the other family do the work; QueryInterface never leads to them. */
static void legacy_connection_init(struct connection *self)
{
    self->IWRdsProtocolConnection_iface.lpVtbl = &connection_vtbl;
    self->IWTSProtocolConnection_iface.lpVtbl = &legacy_connection_vtbl;
}

static void *legacy_listener_interface(struct listener *self, REFIID iid)
{
    if (IsEqualGUID(iid, &IID_IUnknown) || IsEqualGUID(iid, &IID_IWTSProtocolListener) ||
        IsEqualGUID(iid, &IID_IAgileObject))
        return &self->IWTSProtocolListener_iface;
    return NULL;
}

static void *legacy_connection_interface(struct connection *self, REFIID iid)
{
    if (IsEqualGUID(iid, &IID_IUnknown) || IsEqualGUID(iid, &IID_IWTSProtocolConnection) ||
        IsEqualGUID(iid, &IID_IAgileObject))
        return &self->IWTSProtocolConnection_iface;
    return NULL;
}

/* Without settings, and without a number: slot 7 of this callback is DisplayIOCtl. */
static HRESULT legacy_on_connected(struct connection *self, IUnknown *listener, IUnknown **callback,
                                   ULONG *id)
{
    IWTSProtocolConnectionCallback *given = NULL;
    HRESULT hr;

    *id = 0;
    hr = IWTSProtocolListenerCallback_OnConnected((IWTSProtocolListenerCallback *)listener,
                                                  &self->IWTSProtocolConnection_iface, &given);
    *callback = (IUnknown *)given;
    return hr;
}

static HRESULT legacy_on_ready(IUnknown *callback)
{
    return IWTSProtocolConnectionCallback_OnReady((IWTSProtocolConnectionCallback *)callback);
}

static HRESULT legacy_broken(IUnknown *callback)
{
    return IWTSProtocolConnectionCallback_BrokenConnection((IWTSProtocolConnectionCallback *)callback, 0, 0);
}

static HRESULT legacy_stop_updates(IUnknown *callback)
{
    return IWTSProtocolConnectionCallback_StopScreenUpdates((IWTSProtocolConnectionCallback *)callback);
}

static HRESULT legacy_redraw(IUnknown *callback)
{
    return IWTSProtocolConnectionCallback_RedrawWindow((IWTSProtocolConnectionCallback *)callback, NULL);
}

const struct family family_legacy = {
    .name = "IWTS",
    .ready_needs_policy = true,
    .listener_init = legacy_listener_init,
    .connection_init = legacy_connection_init,
    .listener_interface = legacy_listener_interface,
    .connection_interface = legacy_connection_interface,
    .on_connected = legacy_on_connected,
    .on_ready = legacy_on_ready,
    .broken = legacy_broken,
    .stop_updates = legacy_stop_updates,
    .redraw = legacy_redraw,
};
