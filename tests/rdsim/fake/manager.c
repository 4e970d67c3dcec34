/* SPDX-License-Identifier: Apache-2.0 */
/* Manager and listener of the fake provider. */
#include "fake.h"

#include <stdlib.h>

#include "os/os.h"

struct manager {
    IWRdsProtocolManager IWRdsProtocolManager_iface;
    _Atomic long refs;
    IWRdsProtocolSettings *settings;
};

struct listener {
    IWRdsProtocolListener IWRdsProtocolListener_iface;
    _Atomic long refs;
    IWRdsProtocolListenerCallback *callback;
};

static struct listener *impl_from_IWRdsProtocolListener(IWRdsProtocolListener *iface)
{
    return CONTAINING_RECORD(iface, struct listener, IWRdsProtocolListener_iface);
}

static HRESULT STDMETHODCALLTYPE listener_QueryInterface(IWRdsProtocolListener *iface, REFIID riid,
                                                         void **out)
{
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWRdsProtocolListener))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolListener_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE listener_AddRef(IWRdsProtocolListener *iface)
{
    return (ULONG)atomic_fetch_add(&impl_from_IWRdsProtocolListener(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE listener_Release(IWRdsProtocolListener *iface)
{
    struct listener *self = impl_from_IWRdsProtocolListener(iface);
    ULONG left = (ULONG)atomic_fetch_sub(&self->refs, 1) - 1;

    if (left == 0) {
        free(self);
        atomic_fetch_sub(&fake_objects, 1);
    }
    return left;
}

static HRESULT STDMETHODCALLTYPE listener_GetSettings(IWRdsProtocolListener *iface,
                                                      WRDS_LISTENER_SETTING_LEVEL level,
                                                      PWRDS_LISTENER_SETTINGS settings)
{
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE listener_StartListen(IWRdsProtocolListener *iface,
                                                      IWRdsProtocolListenerCallback *callback)
{
    struct listener *self = impl_from_IWRdsProtocolListener(iface);
    unsigned clients = fake_number("RDSIM_FAKE_CLIENTS", 1);

    self->callback = callback;
    if (!wrong(FAULT_LISTENER_UNHELD))
        IWRdsProtocolListenerCallback_AddRef(callback);
    for (unsigned i = 0; i < clients; i++)
        fake_client_start(callback, false);
    return S_OK;
}

static void connect_late(void *arg)
{
    IWRdsProtocolListenerCallback *callback = arg;
    IWRdsProtocolConnectionCallback *none = NULL;

    os_sleep_ms(200);
    IWRdsProtocolListenerCallback_OnConnected(callback, NULL, NULL, &none);
    IWRdsProtocolListenerCallback_Release(callback);
}

/* The thread that nobody waited for has a pointer to what has been let go. */
static void connect_unreferenced(void *arg)
{
    IWRdsProtocolConnectionCallback *none = NULL;

    os_sleep_ms(200);
    IWRdsProtocolListenerCallback_OnConnected((IWRdsProtocolListenerCallback *)arg, NULL, NULL, &none);
}

static HRESULT STDMETHODCALLTYPE listener_StopListen(IWRdsProtocolListener *iface)
{
    struct listener *self = impl_from_IWRdsProtocolListener(iface);
    IWRdsProtocolListenerCallback *callback = self->callback;

    self->callback = NULL;
    if (!callback)
        return S_OK;
    if (wrong(FAULT_STOP_LEAVES_THREAD)) {
        IWRdsProtocolListenerCallback_Release(callback);
        return os_thread_start("left", connect_unreferenced, callback) == OS_OK ? S_OK : E_FAIL;
    }
    if (wrong(FAULT_LATE_CONNECTED) && os_thread_start("late", connect_late, callback) == OS_OK)
        return S_OK;
    if (!wrong(FAULT_LISTENER_UNHELD) && !wrong(FAULT_LISTENER_CALLBACK_LEAK))
        IWRdsProtocolListenerCallback_Release(callback);
    return S_OK;
}

static const IWRdsProtocolListenerVtbl listener_vtbl = {
    listener_QueryInterface, listener_AddRef,      listener_Release,
    listener_GetSettings,    listener_StartListen, listener_StopListen,
};

IWRdsProtocolListener *fake_listener_create(void)
{
    struct listener *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->IWRdsProtocolListener_iface.lpVtbl = &listener_vtbl;
    atomic_init(&self->refs, wrong(FAULT_LISTENER_LEAK) ? 2 : 1);
    atomic_fetch_add(&fake_objects, 1);
    return &self->IWRdsProtocolListener_iface;
}

static struct manager *impl_from_IWRdsProtocolManager(IWRdsProtocolManager *iface)
{
    return CONTAINING_RECORD(iface, struct manager, IWRdsProtocolManager_iface);
}

static HRESULT STDMETHODCALLTYPE manager_QueryInterface(IWRdsProtocolManager *iface, REFIID riid, void **out)
{
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWRdsProtocolManager))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolManager_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE manager_AddRef(IWRdsProtocolManager *iface)
{
    return (ULONG)atomic_fetch_add(&impl_from_IWRdsProtocolManager(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE manager_Release(IWRdsProtocolManager *iface)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);
    ULONG left = (ULONG)atomic_fetch_sub(&self->refs, 1) - 1;

    if (left == 0) {
        free(self);
        atomic_fetch_sub(&fake_objects, 1);
    }
    return left;
}

static HRESULT STDMETHODCALLTYPE manager_Initialize(IWRdsProtocolManager *iface,
                                                    IWRdsProtocolSettings *settings, PWRDS_SETTINGS values)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);

    self->settings = settings;
    IWRdsProtocolSettings_AddRef(settings);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE manager_CreateListener(IWRdsProtocolManager *iface, WCHAR *name,
                                                        IWRdsProtocolListener **out)
{
    *out = fake_listener_create();
    return *out ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE manager_NotifyServiceStateChange(IWRdsProtocolManager *iface,
                                                                  WRDS_SERVICE_STATE *state)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE manager_NotifySession(IWRdsProtocolManager *iface, WRDS_SESSION_ID *id)
{
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE manager_NotifySessionStateChange(IWRdsProtocolManager *iface,
                                                                  WRDS_SESSION_ID *id, ULONG event)
{
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE manager_NotifySettingsChange(IWRdsProtocolManager *iface,
                                                              PWRDS_SETTINGS settings)
{
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE manager_Uninitialize(IWRdsProtocolManager *iface)
{
    struct manager *self = impl_from_IWRdsProtocolManager(iface);

    if (self->settings && !wrong(FAULT_SETTINGS_LEAK))
        IWRdsProtocolSettings_Release(self->settings);
    self->settings = NULL;
    fake_clients_end();
    return S_OK;
}

static const IWRdsProtocolManagerVtbl manager_vtbl = {
    manager_QueryInterface,       manager_AddRef,         manager_Release,
    manager_Initialize,           manager_CreateListener, manager_NotifyServiceStateChange,
    manager_NotifySession,        manager_NotifySession,  manager_NotifySessionStateChange,
    manager_NotifySettingsChange, manager_Uninitialize,
};

HRESULT fake_manager_create(REFIID iid, void **out)
{
    struct manager *self = calloc(1, sizeof *self);
    HRESULT hr;

    *out = NULL;
    if (!self)
        return E_OUTOFMEMORY;
    self->IWRdsProtocolManager_iface.lpVtbl = &manager_vtbl;
    atomic_init(&self->refs, 1);
    atomic_fetch_add(&fake_objects, 1);
    hr = manager_QueryInterface(&self->IWRdsProtocolManager_iface, iid, out);
    if (!wrong(FAULT_MANAGER_LEAK))
        manager_Release(&self->IWRdsProtocolManager_iface);
    return hr;
}
