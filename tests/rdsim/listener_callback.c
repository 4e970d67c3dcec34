/* SPDX-License-Identifier: Apache-2.0 */
/* IWRdsProtocolListenerCallback: where connections come in. methods.md 3. */
#include <stdlib.h>

#include "connection.h"
#include "os/log.h"
#include "os/os.h"
#include "probe.h"
#include "service_objects.h"

/* A call that was on its way when StopListen returned holds a reference and arrives within this time. */
#define STOP_GRACE_MS 50

struct listener_callback {
    IWRdsProtocolListenerCallback iface;
    struct counted counted;
    struct service *service;
    _Atomic uint64_t stopped_ms;
    _Atomic long held_at_stop;
};

static struct listener_callback *impl_from_IWRdsProtocolListenerCallback(IWRdsProtocolListenerCallback *iface)
{
    return CONTAINING_RECORD(iface, struct listener_callback, iface);
}

static HRESULT STDMETHODCALLTYPE listener_QueryInterface(IWRdsProtocolListenerCallback *iface, REFIID riid,
                                                         void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWRdsProtocolListenerCallback))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolListenerCallback_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE listener_AddRef(IWRdsProtocolListenerCallback *iface)
{
    return counted_addref(&impl_from_IWRdsProtocolListenerCallback(iface)->counted);
}

static ULONG STDMETHODCALLTYPE listener_Release(IWRdsProtocolListenerCallback *iface)
{
    return counted_release(&impl_from_IWRdsProtocolListenerCallback(iface)->counted);
}

static bool judge_arguments(IWRdsProtocolConnection *object, const WRDS_CONNECTION_SETTINGS *settings,
                            IWRdsProtocolConnectionCallback **out)
{
    const WRDS_CONNECTION_SETTINGS_1 *s;

    if (!rule_check(RULE_CONNECTED_OBJECT, object && out, 0, "OnConnected(%p, %p, %p)", (const void *)object,
                    (const void *)settings, (const void *)out))
        return false;
    if (!rule_check(RULE_CONNECTED_LEVEL,
                    settings && settings->WRdsConnectionSettingLevel == WRDS_CONNECTION_SETTING_LEVEL_1, 0,
                    "the connection settings are of level %d",
                    settings ? (int)settings->WRdsConnectionSettingLevel : -1))
        return false;
    s = &settings->WRdsConnectionSetting.WRdsConnectionSettings1;
    return rule_check(RULE_CONNECTED_LEVEL,
                      s->WRdsListenerSettings.WRdsListenerSettingLevel == WRDS_LISTENER_SETTING_LEVEL_1, 0,
                      "the listener settings in them are of level %d",
                      (int)s->WRdsListenerSettings.WRdsListenerSettingLevel);
}

static HRESULT STDMETHODCALLTYPE listener_OnConnected(IWRdsProtocolListenerCallback *iface,
                                                      IWRdsProtocolConnection *object,
                                                      PWRDS_CONNECTION_SETTINGS settings,
                                                      IWRdsProtocolConnectionCallback **out)
{
    struct listener_callback *self = impl_from_IWRdsProtocolListenerCallback(iface);
    uint64_t stopped = atomic_load(&self->stopped_ms);
    HRESULT hr;

    if (out)
        *out = NULL;
    counted_called(&self->counted, "OnConnected", false);
    if (!rule_check(RULE_NO_CALL_AFTER_STOP,
                    !stopped ||
                        (atomic_load(&self->held_at_stop) > 0 && os_now_ms() - stopped <= STOP_GRACE_MS),
                    0, "OnConnected was called after StopListen returned") ||
        stopped)
        return E_FAIL;
    /* a real service lets connections with wrong levels fail, too */
    hr = judge_arguments(object, settings, out) ? connection_start(self->service, object, out) : E_INVALIDARG;
    if (FAILED(hr)) {
        log_warn("rdsim", 0, "a connection was refused: 0x%08x", (unsigned)hr);
        service_refused(self->service);
    }
    return hr;
}

static const IWRdsProtocolListenerCallbackVtbl listener_vtbl = {
    listener_QueryInterface,
    listener_AddRef,
    listener_Release,
    listener_OnConnected,
};

static void destroy(struct counted *counted)
{
    free(CONTAINING_RECORD(counted, struct listener_callback, counted));
}

IWRdsProtocolListenerCallback *listener_callback_create(struct service *service)
{
    struct listener_callback *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->iface.lpVtbl = &listener_vtbl;
    counted_init(&self->counted, "ListenerCallback", 0, 0, destroy);
    self->service = service;
    return &self->iface;
}

bool listener_callback_held(IWRdsProtocolListenerCallback *iface)
{
    return atomic_load(&impl_from_IWRdsProtocolListenerCallback(iface)->counted.foreign) > 0;
}

void listener_callback_stopped(IWRdsProtocolListenerCallback *iface)
{
    struct listener_callback *self = impl_from_IWRdsProtocolListenerCallback(iface);

    atomic_store(&self->held_at_stop, atomic_load(&self->counted.foreign));
    atomic_store(&self->stopped_ms, os_now_ms());
}

void listener_callback_retire(IWRdsProtocolListenerCallback *iface)
{
    struct listener_callback *self = impl_from_IWRdsProtocolListenerCallback(iface);

    counted_rest(&self->counted, RULE_LISTENER_CALLBACK_BALANCE, 1000);
    counted_retire(&self->counted);
}
