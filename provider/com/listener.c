/* SPDX-License-Identifier: Apache-2.0 */
#include "com/listener.h"

#include <stdlib.h>
#include <string.h>

#include "com/connection.h"
#include "com/listener_callback.h"
#include "core/port.h"

struct listener {
    IWRdsProtocolListener IWRdsProtocolListener_iface;
    atomic_uint refs;
    struct port *port;
    struct callback_slot *slot;
};

static inline struct listener *impl_from_IWRdsProtocolListener(IWRdsProtocolListener *iface)
{
    return CONTAINING_RECORD(iface, struct listener, IWRdsProtocolListener_iface);
}

static HRESULT STDMETHODCALLTYPE listener_QueryInterface(IWRdsProtocolListener *iface, REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWRdsProtocolListener) &&
        !IsEqualGUID(iid, &IID_IAgileObject))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolListener_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE listener_AddRef(IWRdsProtocolListener *iface)
{
    return atomic_fetch_add(&impl_from_IWRdsProtocolListener(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE listener_Release(IWRdsProtocolListener *iface)
{
    struct listener *self = impl_from_IWRdsProtocolListener(iface);
    ULONG refs = atomic_fetch_sub(&self->refs, 1) - 1;

    if (refs == 0) {
        callback_slot_set(self->slot, NULL);
        port_stop(self->port);
        port_drop(self->port);
        callback_slot_drop(self->slot);
        free(self);
        module_drop();
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE listener_GetSettings(IWRdsProtocolListener *iface,
                                                      WRDS_LISTENER_SETTING_LEVEL level,
                                                      PWRDS_LISTENER_SETTINGS settings)
{
    (void)iface;
    COM_BEGIN("Listener::GetSettings", 0);
    if (!settings)
        return COM_END(E_POINTER, "level %d", (int)level);
    /* who would free a security descriptor is not known; the service takes its own (gaps.md 4) */
    memset(settings, 0, sizeof(*settings));
    return COM_END(E_NOTIMPL, "level %d", (int)level);
}

static HRESULT STDMETHODCALLTYPE listener_StartListen(IWRdsProtocolListener *iface,
                                                      IWRdsProtocolListenerCallback *callback)
{
    struct listener *self = impl_from_IWRdsProtocolListener(iface);
    HRESULT hr;

    COM_BEGIN("Listener::StartListen", 0);
    if (!callback)
        return COM_END(E_POINTER, "NULL");
    callback_slot_set(self->slot, callback);
    hr = com_from_os(port_start(self->port));
    if (FAILED(hr))
        callback_slot_set(self->slot, NULL);
    return COM_END(hr, "%s", port_name(self->port));
}

static HRESULT STDMETHODCALLTYPE listener_StopListen(IWRdsProtocolListener *iface)
{
    struct listener *self = impl_from_IWRdsProtocolListener(iface);

    COM_BEGIN("Listener::StopListen", 0);
    callback_slot_set(self->slot, NULL);
    port_stop(self->port);
    return COM_END(S_OK, "%s", port_name(self->port));
}

static CONST_VTBL IWRdsProtocolListenerVtbl listener_vtbl = {
    listener_QueryInterface, listener_AddRef,      listener_Release,
    listener_GetSettings,    listener_StartListen, listener_StopListen,
};

static struct connection *on_client(void *owner, struct peer *peer, const struct link_client *client)
{
    struct connection *connection = connection_create(owner, peer, client);

    if (connection)
        connection_start(connection);
    return connection;
}

static void on_released(void *owner)
{
    callback_slot_drop(owner);
}

static const struct port_events events = {on_client, connection_active, connection_peer_gone, on_released};

HRESULT listener_create(struct provider *provider, const WCHAR *name, IWRdsProtocolListener **out)
{
    struct listener *self = calloc(1, sizeof(*self));

    if (!self)
        return E_OUTOFMEMORY;
    self->slot = callback_slot_create();
    if (!self->slot)
        goto out;
    callback_slot_hold(self->slot); /* the port's; on_released gives it back */
    self->port = port_create(provider, wide_text(name).text, &events, self->slot);
    if (!self->port) {
        callback_slot_drop(self->slot);
        goto out;
    }
    self->IWRdsProtocolListener_iface.lpVtbl = &listener_vtbl;
    atomic_init(&self->refs, 1);
    module_hold();
    *out = &self->IWRdsProtocolListener_iface;
    return S_OK;

out:
    callback_slot_drop(self->slot);
    free(self);
    return E_OUTOFMEMORY;
}
