/* SPDX-License-Identifier: Apache-2.0 */
/* The manager: the one object that the service creates through COM. Initialize and CreateListener come in
 * either order (gaps.md 1). */
#include "com/listener.h"
#include "core/reconnect.h"

#include <stdlib.h>

struct manager {
    IWRdsProtocolManager IWRdsProtocolManager_iface;
    atomic_uint refs;
    struct provider *provider;
    uint32_t group; /* of its listeners */
    struct os_mutex lock;
    IWRdsProtocolSettings *settings; /* under lock; between Initialize and Uninitialize */
    WRDS_SETTINGS policy;            /* under lock */
};

static inline struct manager *impl_from_IWRdsProtocolManager(IWRdsProtocolManager *iface)
{
    return CONTAINING_RECORD(iface, struct manager, IWRdsProtocolManager_iface);
}

static HRESULT STDMETHODCALLTYPE manager_QueryInterface(IWRdsProtocolManager *iface, REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWRdsProtocolManager) &&
        !IsEqualGUID(iid, &IID_IAgileObject)) {
        log_debug("com", 0, "Manager::QueryInterface({%08x-...}): no such interface", (unsigned)iid->Data1);
        return E_NOINTERFACE;
    }
    *out = iface;
    IWRdsProtocolManager_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE manager_AddRef(IWRdsProtocolManager *iface)
{
    return atomic_fetch_add(&impl_from_IWRdsProtocolManager(iface)->refs, 1) + 1;
}

/* The new object goes in, the old one's reference is dropped outside the lock. */
static void exchange_settings(struct manager *self, IWRdsProtocolSettings *settings,
                              const WRDS_SETTINGS *policy)
{
    IWRdsProtocolSettings *old;

    if (settings)
        IWRdsProtocolSettings_AddRef(settings);
    os_mutex_lock(&self->lock);
    old = self->settings;
    self->settings = settings;
    if (policy)
        self->policy = *policy;
    os_mutex_unlock(&self->lock);
    if (old)
        IWRdsProtocolSettings_Release(old);
}

static ULONG STDMETHODCALLTYPE manager_Release(IWRdsProtocolManager *iface)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);
    ULONG refs = atomic_fetch_sub(&self->refs, 1) - 1;

    if (refs == 0) {
        exchange_settings(self, NULL, NULL);
        os_mutex_finish(&self->lock);
        provider_drop(self->provider);
        free(self);
        module_drop();
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE manager_Initialize(IWRdsProtocolManager *iface,
                                                    IWRdsProtocolSettings *settings, PWRDS_SETTINGS policy)
{
    COM_BEGIN("Manager::Initialize", 0);
    exchange_settings(impl_from_IWRdsProtocolManager(iface), settings, policy);
    return COM_END(S_OK, "settings %s, policy %s", settings ? "given" : "NULL", policy ? "given" : "NULL");
}

static HRESULT STDMETHODCALLTYPE manager_CreateListener(IWRdsProtocolManager *iface, WCHAR *name,
                                                        IWRdsProtocolListener **out)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);
    struct listener *listener;
    HRESULT hr;

    COM_BEGIN("Manager::CreateListener", 0);
    if (!out)
        return COM_END(E_POINTER, "NULL");
    *out = NULL;
    if (!name || !name[0])
        return COM_END(E_INVALIDARG, "no name");
    hr = listener_create(self->provider, self->group, &family_rds, name, &listener);
    if (SUCCEEDED(hr))
        *out = &listener->IWRdsProtocolListener_iface;
    return COM_END(hr, "%s", wide_text(name).text);
}

static HRESULT STDMETHODCALLTYPE manager_NotifyServiceStateChange(IWRdsProtocolManager *iface,
                                                                  WRDS_SERVICE_STATE *state)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);

    COM_BEGIN("Manager::NotifyServiceStateChange", 0);
    if (!state)
        return COM_END(E_POINTER, "NULL");
    if (state->RcmDrainState != WTS_DRAIN_STATE_NONE)
        atomic_store(&self->provider->draining, state->RcmDrainState == WTS_DRAIN_IN_DRAIN);
    return COM_END(S_OK, "state %d, drain %d", (int)state->RcmServiceState, (int)state->RcmDrainState);
}

static HRESULT STDMETHODCALLTYPE manager_NotifySessionOfServiceStart(IWRdsProtocolManager *iface,
                                                                     WRDS_SESSION_ID *session)
{
    (void)iface;
    COM_BEGIN("Manager::NotifySessionOfServiceStart", 0);
    return COM_END(S_OK, "session %u", session ? (unsigned)session->SessionId : 0);
}

static HRESULT STDMETHODCALLTYPE manager_NotifySessionOfServiceStop(IWRdsProtocolManager *iface,
                                                                    WRDS_SESSION_ID *session)
{
    (void)iface;
    COM_BEGIN("Manager::NotifySessionOfServiceStop", 0);
    return COM_END(S_OK, "session %u", session ? (unsigned)session->SessionId : 0);
}

static HRESULT STDMETHODCALLTYPE manager_NotifySessionStateChange(IWRdsProtocolManager *iface,
                                                                  WRDS_SESSION_ID *session, ULONG event)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);

    COM_BEGIN("Manager::NotifySessionStateChange", 0);
    if (session)
        reconnect_event(self->provider->reconnect, session->SessionId, event);
    return COM_END(S_OK, "session %u, event %u", session ? (unsigned)session->SessionId : 0, (unsigned)event);
}

static HRESULT STDMETHODCALLTYPE manager_NotifySettingsChange(IWRdsProtocolManager *iface,
                                                              PWRDS_SETTINGS policy)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);

    COM_BEGIN("Manager::NotifySettingsChange", 0);
    if (!policy)
        return COM_END(E_POINTER, "NULL");
    os_mutex_lock(&self->lock);
    self->policy = *policy;
    os_mutex_unlock(&self->lock);
    return COM_END(S_OK, "level %d", (int)policy->WRdsSettingLevel);
}

static HRESULT STDMETHODCALLTYPE manager_Uninitialize(IWRdsProtocolManager *iface)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);

    COM_BEGIN("Manager::Uninitialize", 0);
    provider_end_peers(self->provider, self->group);
    exchange_settings(self, NULL, NULL);
    return COM_END(S_OK, " ");
}

static CONST_VTBL IWRdsProtocolManagerVtbl manager_vtbl = {
    manager_QueryInterface,
    manager_AddRef,
    manager_Release,
    manager_Initialize,
    manager_CreateListener,
    manager_NotifyServiceStateChange,
    manager_NotifySessionOfServiceStart,
    manager_NotifySessionOfServiceStop,
    manager_NotifySessionStateChange,
    manager_NotifySettingsChange,
    manager_Uninitialize,
};

HRESULT manager_create(IUnknown **out)
{
    struct manager *self = calloc(1, sizeof(*self));

    if (!self)
        return E_OUTOFMEMORY;
    self->provider = provider_get();
    if (!self->provider) {
        free(self);
        return E_OUTOFMEMORY;
    }
    self->group = provider_next_group();
    self->IWRdsProtocolManager_iface.lpVtbl = &manager_vtbl;
    atomic_init(&self->refs, 1);
    os_mutex_init(&self->lock);
    module_hold();
    *out = (IUnknown *)&self->IWRdsProtocolManager_iface;
    return S_OK;
}
