/* SPDX-License-Identifier: Apache-2.0 */
/* IWTSProtocolManager: CreateListener and the four notifications, over the manager of the IWRds family. */
#include "legacy/legacy.h"

#include <stdlib.h>

struct legacy_manager {
    IWTSProtocolManager IWTSProtocolManager_iface;
    atomic_uint refs;
    struct provider *provider;
    uint32_t group; /* of its listeners */
    IWRdsProtocolManager *inner;
};

static inline struct legacy_manager *impl_from_IWTSProtocolManager(IWTSProtocolManager *iface)
{
    return CONTAINING_RECORD(iface, struct legacy_manager, IWTSProtocolManager_iface);
}

static HRESULT STDMETHODCALLTYPE legacy_manager_QueryInterface(IWTSProtocolManager *iface, REFIID iid,
                                                               void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWTSProtocolManager) &&
        !IsEqualGUID(iid, &IID_IAgileObject)) {
        log_debug("com", 0, "Manager::QueryInterface({%08x-...}): no such interface", (unsigned)iid->Data1);
        return E_NOINTERFACE;
    }
    *out = iface;
    IWTSProtocolManager_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE legacy_manager_AddRef(IWTSProtocolManager *iface)
{
    return atomic_fetch_add(&impl_from_IWTSProtocolManager(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE legacy_manager_Release(IWTSProtocolManager *iface)
{
    struct legacy_manager *self = impl_from_IWTSProtocolManager(iface);
    ULONG refs = atomic_fetch_sub(&self->refs, 1) - 1;

    if (refs == 0) {
        /* this family has no Uninitialize: the end of its manager is the end of its clients */
        provider_end_peers(self->provider, self->group);
        IWRdsProtocolManager_Release(self->inner);
        provider_drop(self->provider);
        free(self);
        module_drop();
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE legacy_manager_CreateListener(IWTSProtocolManager *iface, WCHAR *name,
                                                               IWTSProtocolListener **out)
{
    struct legacy_manager *self = impl_from_IWTSProtocolManager(iface);
    struct listener *listener;
    HRESULT hr;

    COM_BEGIN("Manager::CreateListener", 0);
    if (!out)
        return COM_END(E_POINTER, "NULL");
    *out = NULL;
    if (!name || !name[0])
        return COM_END(E_INVALIDARG, "no name");
    hr = listener_create(self->provider, self->group, &family_legacy, name, &listener);
    if (SUCCEEDED(hr))
        *out = &listener->IWTSProtocolListener_iface;
    return COM_END(hr, "%s", wide_text(name).text);
}

static HRESULT STDMETHODCALLTYPE legacy_manager_NotifyServiceStateChange(IWTSProtocolManager *iface,
                                                                         WTS_SERVICE_STATE *state)
{
    return IWRdsProtocolManager_NotifyServiceStateChange(impl_from_IWTSProtocolManager(iface)->inner, state);
}

static HRESULT STDMETHODCALLTYPE legacy_manager_NotifySessionOfServiceStart(IWTSProtocolManager *iface,
                                                                            WTS_SESSION_ID *session)
{
    return IWRdsProtocolManager_NotifySessionOfServiceStart(impl_from_IWTSProtocolManager(iface)->inner,
                                                            session);
}

static HRESULT STDMETHODCALLTYPE legacy_manager_NotifySessionOfServiceStop(IWTSProtocolManager *iface,
                                                                           WTS_SESSION_ID *session)
{
    return IWRdsProtocolManager_NotifySessionOfServiceStop(impl_from_IWTSProtocolManager(iface)->inner,
                                                           session);
}

static HRESULT STDMETHODCALLTYPE legacy_manager_NotifySessionStateChange(IWTSProtocolManager *iface,
                                                                         WTS_SESSION_ID *session, ULONG event)
{
    return IWRdsProtocolManager_NotifySessionStateChange(impl_from_IWTSProtocolManager(iface)->inner, session,
                                                         event);
}

static CONST_VTBL IWTSProtocolManagerVtbl legacy_manager_vtbl = {
    legacy_manager_QueryInterface,
    legacy_manager_AddRef,
    legacy_manager_Release,
    legacy_manager_CreateListener,
    legacy_manager_NotifyServiceStateChange,
    legacy_manager_NotifySessionOfServiceStart,
    legacy_manager_NotifySessionOfServiceStop,
    legacy_manager_NotifySessionStateChange,
};

HRESULT legacy_manager_create(IUnknown **out)
{
    struct legacy_manager *self = calloc(1, sizeof(*self));
    IUnknown *inner = NULL;
    HRESULT hr = E_OUTOFMEMORY;

    if (!self)
        return hr;
    self->provider = provider_get();
    if (!self->provider)
        goto out;
    hr = manager_create(&inner);
    if (FAILED(hr))
        goto out;
    self->inner = (IWRdsProtocolManager *)inner;
    self->group = provider_next_group();
    self->IWTSProtocolManager_iface.lpVtbl = &legacy_manager_vtbl;
    atomic_init(&self->refs, 1);
    module_hold();
    *out = (IUnknown *)&self->IWTSProtocolManager_iface;
    return S_OK;

out:
    provider_drop(self->provider);
    free(self);
    return hr;
}
