/* SPDX-License-Identifier: Apache-2.0 */
/* Manager and listener of the fake provider's IWTS family: one object for both, since it has one listener at
 * most. */
#include <stdlib.h>

#include "fake.h"

struct legacy {
    IWTSProtocolManager IWTSProtocolManager_iface;
    IWTSProtocolListener IWTSProtocolListener_iface;
    _Atomic long refs, listener_refs;
    IWTSProtocolListenerCallback *callback;
};

static struct legacy *impl_from_IWTSProtocolManager(IWTSProtocolManager *iface)
{
    return CONTAINING_RECORD(iface, struct legacy, IWTSProtocolManager_iface);
}

static struct legacy *impl_from_IWTSProtocolListener(IWTSProtocolListener *iface)
{
    return CONTAINING_RECORD(iface, struct legacy, IWTSProtocolListener_iface);
}

static ULONG STDMETHODCALLTYPE manager_AddRef(IWTSProtocolManager *iface)
{
    return (ULONG)atomic_fetch_add(&impl_from_IWTSProtocolManager(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE manager_Release(IWTSProtocolManager *iface)
{
    struct legacy *self = impl_from_IWTSProtocolManager(iface);
    ULONG left = (ULONG)atomic_fetch_sub(&self->refs, 1) - 1;

    if (left == 0) {
        fake_clients_end();
        free(self);
        atomic_fetch_sub(&fake_objects, 1);
    }
    return left;
}

static HRESULT STDMETHODCALLTYPE manager_QueryInterface(IWTSProtocolManager *iface, REFIID riid, void **out)
{
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWTSProtocolManager))
        return E_NOINTERFACE;
    *out = iface;
    manager_AddRef(iface);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE manager_CreateListener(IWTSProtocolManager *iface, WCHAR *name,
                                                        IWTSProtocolListener **out)
{
    struct legacy *self = impl_from_IWTSProtocolManager(iface);

    *out = NULL;
    if (atomic_exchange(&self->listener_refs, 1) != 0)
        return E_FAIL;
    *out = &self->IWTSProtocolListener_iface;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE manager_NotifyServiceStateChange(IWTSProtocolManager *iface,
                                                                  WTS_SERVICE_STATE *state)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE manager_NotifySession(IWTSProtocolManager *iface, WTS_SESSION_ID *id)
{
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE manager_NotifySessionStateChange(IWTSProtocolManager *iface,
                                                                  WTS_SESSION_ID *id, ULONG event)
{
    return E_NOTIMPL;
}

static const IWTSProtocolManagerVtbl manager_vtbl = {
    manager_QueryInterface,
    manager_AddRef,
    manager_Release,
    manager_CreateListener,
    manager_NotifyServiceStateChange,
    manager_NotifySession,
    manager_NotifySession,
    manager_NotifySessionStateChange,
};

static HRESULT STDMETHODCALLTYPE listener_QueryInterface(IWTSProtocolListener *iface, REFIID riid, void **out)
{
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWTSProtocolListener))
        return E_NOINTERFACE;
    *out = iface;
    IWTSProtocolListener_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE listener_AddRef(IWTSProtocolListener *iface)
{
    return (ULONG)atomic_fetch_add(&impl_from_IWTSProtocolListener(iface)->listener_refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE listener_Release(IWTSProtocolListener *iface)
{
    return (ULONG)atomic_fetch_sub(&impl_from_IWTSProtocolListener(iface)->listener_refs, 1) - 1;
}

static HRESULT STDMETHODCALLTYPE listener_StartListen(IWTSProtocolListener *iface,
                                                      IWTSProtocolListenerCallback *callback)
{
    unsigned clients = fake_number("RDSIM_FAKE_CLIENTS", 1);

    IWTSProtocolListenerCallback_AddRef(callback);
    impl_from_IWTSProtocolListener(iface)->callback = callback;
    for (unsigned i = 0; i < clients; i++)
        fake_client_start((void *)callback, true);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE listener_StopListen(IWTSProtocolListener *iface)
{
    struct legacy *self = impl_from_IWTSProtocolListener(iface);

    if (self->callback)
        IWTSProtocolListenerCallback_Release(self->callback);
    self->callback = NULL;
    return S_OK;
}

static const IWTSProtocolListenerVtbl listener_vtbl = {
    listener_QueryInterface, listener_AddRef, listener_Release, listener_StartListen, listener_StopListen,
};

HRESULT fake_legacy_manager_create(void **out)
{
    struct legacy *self = calloc(1, sizeof *self);

    *out = NULL;
    if (!self)
        return E_OUTOFMEMORY;
    self->IWTSProtocolManager_iface.lpVtbl = &manager_vtbl;
    self->IWTSProtocolListener_iface.lpVtbl = &listener_vtbl;
    atomic_init(&self->refs, 1);
    atomic_fetch_add(&fake_objects, 1);
    *out = &self->IWTSProtocolManager_iface;
    return S_OK;
}
