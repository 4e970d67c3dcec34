/* SPDX-License-Identifier: Apache-2.0 */
#include "com/listener.h"

#include <stdlib.h>
#include <string.h>

#include "com/connection.h"
#include "com/listener_callback.h"
#include "core/port.h"

static inline struct listener *impl_from_IWRdsProtocolListener(IWRdsProtocolListener *iface)
{
    return CONTAINING_RECORD(iface, struct listener, IWRdsProtocolListener_iface);
}

HRESULT listener_query_interface(struct listener *self, REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = self->family->listener_interface(self, iid);
    if (!*out)
        return E_NOINTERFACE;
    listener_addref(self);
    return S_OK;
}

ULONG listener_addref(struct listener *self)
{
    return atomic_fetch_add(&self->refs, 1) + 1;
}

ULONG listener_release(struct listener *self)
{
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

HRESULT listener_start(struct listener *self, IUnknown *callback)
{
    COM_BEGIN("Listener::StartListen", 0);
    if (!callback)
        return COM_END(E_POINTER, "NULL");
    callback_slot_set(self->slot, callback);
    port_start(self->port);
    return COM_END(S_OK, "%s, %s", port_name(self->port), self->family->name);
}

HRESULT listener_stop(struct listener *self)
{
    COM_BEGIN("Listener::StopListen", 0);
    callback_slot_set(self->slot, NULL);
    port_stop(self->port);
    return COM_END(S_OK, "%s", port_name(self->port));
}

static HRESULT STDMETHODCALLTYPE listener_QueryInterface(IWRdsProtocolListener *iface, REFIID iid, void **out)
{
    return listener_query_interface(impl_from_IWRdsProtocolListener(iface), iid, out);
}

static ULONG STDMETHODCALLTYPE listener_AddRef(IWRdsProtocolListener *iface)
{
    return listener_addref(impl_from_IWRdsProtocolListener(iface));
}

static ULONG STDMETHODCALLTYPE listener_Release(IWRdsProtocolListener *iface)
{
    return listener_release(impl_from_IWRdsProtocolListener(iface));
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
    return listener_start(impl_from_IWRdsProtocolListener(iface), (IUnknown *)callback);
}

static HRESULT STDMETHODCALLTYPE listener_StopListen(IWRdsProtocolListener *iface)
{
    return listener_stop(impl_from_IWRdsProtocolListener(iface));
}

CONST_VTBL IWRdsProtocolListenerVtbl listener_vtbl = {
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

static const struct port_events events = {on_client, connection_active, connection_suppress,
                                          connection_peer_gone, on_released};

HRESULT listener_create(struct provider *provider, uint32_t group, const struct family *family,
                        const WCHAR *name, struct listener **out)
{
    struct listener *self = calloc(1, sizeof(*self));
    char text[256];

    if (!self)
        return E_OUTOFMEMORY;
    self->slot = callback_slot_create(family);
    if (!self->slot)
        goto out;
    callback_slot_hold(self->slot); /* the port's; on_released gives it back */
    os_utf8_from_utf16(text, sizeof(text), (const uint16_t *)name);
    self->port = port_create(provider, group, text, &events, self->slot);
    if (!self->port) {
        callback_slot_drop(self->slot);
        goto out;
    }
    self->family = family;
    family->listener_init(self);
    atomic_init(&self->refs, 1);
    module_hold();
    *out = self;
    return S_OK;

out:
    callback_slot_drop(self->slot);
    free(self);
    return E_OUTOFMEMORY;
}
