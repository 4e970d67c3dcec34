/* SPDX-License-Identifier: Apache-2.0 */
/* The IWRds family: which interfaces its objects have, and its calls into the service. */
#include "com/connection_private.h"
#include "com/listener.h"

static void rds_listener_init(struct listener *self)
{
    self->IWRdsProtocolListener_iface.lpVtbl = &listener_vtbl;
}

static void rds_connection_init(struct connection *self)
{
    self->IWRdsProtocolConnection_iface.lpVtbl = &connection_vtbl;
    self->IWRdsWddmIddProps_iface.lpVtbl = &idd_vtbl;
    self->IWRdsWddmIddProps1_iface.lpVtbl = &idd1_vtbl;
}

static void *rds_listener_interface(struct listener *self, REFIID iid)
{
    if (IsEqualGUID(iid, &IID_IUnknown) || IsEqualGUID(iid, &IID_IWRdsProtocolListener) ||
        IsEqualGUID(iid, &IID_IAgileObject))
        return &self->IWRdsProtocolListener_iface;
    return NULL;
}

static void *rds_connection_interface(struct connection *self, REFIID iid)
{
    if (IsEqualGUID(iid, &IID_IUnknown) || IsEqualGUID(iid, &IID_IWRdsProtocolConnection) ||
        IsEqualGUID(iid, &IID_IAgileObject))
        return &self->IWRdsProtocolConnection_iface;
    if (IsEqualGUID(iid, &IID_IWRdsWddmIddProps))
        return &self->IWRdsWddmIddProps_iface;
    if (IsEqualGUID(iid, &IID_IWRdsWddmIddProps1))
        return &self->IWRdsWddmIddProps1_iface;
    return NULL;
}

static HRESULT rds_on_connected(struct connection *self, IUnknown *listener, IUnknown **callback, ULONG *id)
{
    IWRdsProtocolConnectionCallback *given = NULL;
    WRDS_CONNECTION_SETTINGS settings;
    HRESULT hr;
    bool closed;

    os_mutex_lock(&self->lock);
    connection_fill_settings(self, &settings);
    os_mutex_unlock(&self->lock);
    hr = IWRdsProtocolListenerCallback_OnConnected((IWRdsProtocolListenerCallback *)listener,
                                                   &self->IWRdsProtocolConnection_iface, &settings, &given);
    os_wipe(&settings, sizeof(settings));
    os_mutex_lock(&self->lock);
    closed = self->closed;
    os_mutex_unlock(&self->lock);
    if (SUCCEEDED(hr) && given && !closed) /* on this thread, with the reference that OnConnected gave */
        IWRdsProtocolConnectionCallback_GetConnectionId(given, id);
    *callback = (IUnknown *)given;
    return hr;
}

static HRESULT rds_on_ready(IUnknown *callback)
{
    return IWRdsProtocolConnectionCallback_OnReady((IWRdsProtocolConnectionCallback *)callback);
}

static HRESULT rds_broken(IUnknown *callback)
{
    return IWRdsProtocolConnectionCallback_BrokenConnection((IWRdsProtocolConnectionCallback *)callback, 0,
                                                            0);
}

static HRESULT rds_stop_updates(IUnknown *callback)
{
    return IWRdsProtocolConnectionCallback_StopScreenUpdates((IWRdsProtocolConnectionCallback *)callback);
}

static HRESULT rds_redraw(IUnknown *callback)
{
    return IWRdsProtocolConnectionCallback_RedrawWindow((IWRdsProtocolConnectionCallback *)callback, NULL);
}

const struct family family_rds = {
    .name = "IWRds",
    .listener_init = rds_listener_init,
    .connection_init = rds_connection_init,
    .listener_interface = rds_listener_interface,
    .connection_interface = rds_connection_interface,
    .on_connected = rds_on_connected,
    .on_ready = rds_on_ready,
    .broken = rds_broken,
    .stop_updates = rds_stop_updates,
    .redraw = rds_redraw,
};
