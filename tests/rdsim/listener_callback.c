/* SPDX-License-Identifier: Apache-2.0 */
/* The listener callback of both families: where connections come in. methods.md 3. */
#include <stdlib.h>

#include "connection.h"
#include "os/log.h"
#include "os/os.h"
#include "probe.h"
#include "service_objects.h"

struct listener_callback {
    /* the provider is given one of them */
    IWRdsProtocolListenerCallback IWRdsProtocolListenerCallback_iface;
    IWTSProtocolListenerCallback IWTSProtocolListenerCallback_iface;
    struct counted counted;
    struct service *service;
    unsigned number; /* of its listener */
};

static struct listener_callback *impl_from_IWRdsProtocolListenerCallback(IWRdsProtocolListenerCallback *iface)
{
    return CONTAINING_RECORD(iface, struct listener_callback, IWRdsProtocolListenerCallback_iface);
}

static struct listener_callback *impl_from_IWTSProtocolListenerCallback(IWTSProtocolListenerCallback *iface)
{
    return CONTAINING_RECORD(iface, struct listener_callback, IWTSProtocolListenerCallback_iface);
}

static bool judge_settings(const WRDS_CONNECTION_SETTINGS *settings)
{
    const WRDS_CONNECTION_SETTINGS_1 *s;

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

/* The legacy family has no settings. */
static HRESULT on_connected(struct listener_callback *self, void *object,
                            const WRDS_CONNECTION_SETTINGS *settings, void **out)
{
    bool in_time = counted_in_time(&self->counted);
    HRESULT hr = E_INVALIDARG;

    if (out)
        *out = NULL;
    counted_called(&self->counted, "OnConnected", false);
    if (!rule_check(RULE_NO_CALL_AFTER_STOP, in_time, 0,
                    "OnConnected was called after StopListen returned") ||
        atomic_load(&self->counted.over_ms))
        return E_FAIL;
    /* a real service lets connections with wrong levels fail, too */
    if (rule_check(RULE_CONNECTED_OBJECT, object && out, 0, "OnConnected(%p, ..., %p)", object,
                   (const void *)out) &&
        (self->service->legacy || judge_settings(settings)))
        hr = connection_start(self->service, self->number, object, out);
    if (FAILED(hr)) {
        log_warn("rdsim", 0, "a connection was refused: 0x%08x", (unsigned)hr);
        service_refused(self->service);
    }
    return hr;
}

static HRESULT STDMETHODCALLTYPE rds_QueryInterface(IWRdsProtocolListenerCallback *iface, REFIID riid,
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

static ULONG STDMETHODCALLTYPE rds_AddRef(IWRdsProtocolListenerCallback *iface)
{
    return counted_addref(&impl_from_IWRdsProtocolListenerCallback(iface)->counted);
}

static ULONG STDMETHODCALLTYPE rds_Release(IWRdsProtocolListenerCallback *iface)
{
    return counted_release(&impl_from_IWRdsProtocolListenerCallback(iface)->counted);
}

static HRESULT STDMETHODCALLTYPE rds_OnConnected(IWRdsProtocolListenerCallback *iface,
                                                 IWRdsProtocolConnection *object,
                                                 PWRDS_CONNECTION_SETTINGS settings,
                                                 IWRdsProtocolConnectionCallback **out)
{
    return on_connected(impl_from_IWRdsProtocolListenerCallback(iface), object, settings, (void **)out);
}

static const IWRdsProtocolListenerCallbackVtbl rds_vtbl = {
    rds_QueryInterface,
    rds_AddRef,
    rds_Release,
    rds_OnConnected,
};

static HRESULT STDMETHODCALLTYPE legacy_QueryInterface(IWTSProtocolListenerCallback *iface, REFIID riid,
                                                       void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWTSProtocolListenerCallback))
        return E_NOINTERFACE;
    *out = iface;
    IWTSProtocolListenerCallback_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE legacy_AddRef(IWTSProtocolListenerCallback *iface)
{
    return counted_addref(&impl_from_IWTSProtocolListenerCallback(iface)->counted);
}

static ULONG STDMETHODCALLTYPE legacy_Release(IWTSProtocolListenerCallback *iface)
{
    return counted_release(&impl_from_IWTSProtocolListenerCallback(iface)->counted);
}

static HRESULT STDMETHODCALLTYPE legacy_OnConnected(IWTSProtocolListenerCallback *iface,
                                                    IWTSProtocolConnection *object,
                                                    IWTSProtocolConnectionCallback **out)
{
    return on_connected(impl_from_IWTSProtocolListenerCallback(iface), object, NULL, (void **)out);
}

static const IWTSProtocolListenerCallbackVtbl legacy_vtbl = {
    legacy_QueryInterface,
    legacy_AddRef,
    legacy_Release,
    legacy_OnConnected,
};

static void destroy(struct counted *counted)
{
    free(CONTAINING_RECORD(counted, struct listener_callback, counted));
}

struct listener_callback *listener_callback_create(struct service *service, unsigned number)
{
    struct listener_callback *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->IWRdsProtocolListenerCallback_iface.lpVtbl = &rds_vtbl;
    self->IWTSProtocolListenerCallback_iface.lpVtbl = &legacy_vtbl;
    counted_init(&self->counted, "ListenerCallback", 0, 0, destroy);
    self->service = service;
    self->number = number;
    return self;
}

void *listener_callback_iface(struct listener_callback *self)
{
    if (self->service->legacy)
        return &self->IWTSProtocolListenerCallback_iface;
    return &self->IWRdsProtocolListenerCallback_iface;
}

bool listener_callback_held(struct listener_callback *self)
{
    return atomic_load(&self->counted.foreign) > 0;
}

void listener_callback_stopped(struct listener_callback *self)
{
    counted_over(&self->counted, true);
}

void listener_callback_retire(struct listener_callback *self)
{
    counted_rest(&self->counted, RULE_LISTENER_CALLBACK_BALANCE, 1000);
    counted_retire(&self->counted);
}
