/* SPDX-License-Identifier: Apache-2.0 */
/* The connection callback of both families: what the provider calls when something happens to its client. */
#include <stdlib.h>

#include "call.h"
#include "connection.h"
#include "os/log.h"
#include "os/os.h"

struct connection_callback {
    /* the provider is given one of them */
    IWRdsProtocolConnectionCallback IWRdsProtocolConnectionCallback_iface;
    IWTSProtocolConnectionCallback IWTSProtocolConnectionCallback_iface;
    struct counted counted;
    struct connection *connection; /* a reference */
    _Atomic unsigned ready_calls, broken_calls;
};

static struct connection_callback *
impl_from_IWRdsProtocolConnectionCallback(IWRdsProtocolConnectionCallback *iface)
{
    return CONTAINING_RECORD(iface, struct connection_callback, IWRdsProtocolConnectionCallback_iface);
}

static struct connection_callback *
impl_from_IWTSProtocolConnectionCallback(IWTSProtocolConnectionCallback *iface)
{
    return CONTAINING_RECORD(iface, struct connection_callback, IWTSProtocolConnectionCallback_iface);
}

/* Judges the call as such; false when the connection must not hear of it. */
static bool enter(struct connection_callback *self, const char *method)
{
    bool in_time = counted_in_time(&self->counted);
    bool good = counted_called(&self->counted, method, false);

    log_debug("callback", self->counted.id, "%s", method);
    return rule_check(RULE_NO_CALL_AFTER_CLOSE, in_time, self->counted.id,
                      "%s was called %llu ms after Close returned", method,
                      (unsigned long long)(os_now_ms() - atomic_load(&self->counted.over_ms))) &&
           good;
}

static HRESULT on_ready(struct connection_callback *self)
{
    if (!enter(self, "OnReady"))
        return E_UNEXPECTED;
    rule_check(RULE_READY_ONCE, atomic_fetch_add(&self->ready_calls, 1) == 0, self->counted.id,
               "OnReady was called again");
    connection_on_ready(self->connection);
    return S_OK;
}

static HRESULT broken(struct connection_callback *self, ULONG reason, ULONG source)
{
    rule_check(RULE_BROKEN_ARGUMENTS, reason == 0 && source == 0, self->counted.id,
               "BrokenConnection(%u, %u)", (unsigned)reason, (unsigned)source);
    if (!enter(self, "BrokenConnection"))
        return E_UNEXPECTED;
    rule_check(RULE_BROKEN_ONCE, atomic_fetch_add(&self->broken_calls, 1) == 0, self->counted.id,
               "BrokenConnection was called again");
    connection_on_broken(self->connection);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE rds_QueryInterface(IWRdsProtocolConnectionCallback *iface, REFIID riid,
                                                    void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWRdsProtocolConnectionCallback))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolConnectionCallback_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE rds_AddRef(IWRdsProtocolConnectionCallback *iface)
{
    return counted_addref(&impl_from_IWRdsProtocolConnectionCallback(iface)->counted);
}

static ULONG STDMETHODCALLTYPE rds_Release(IWRdsProtocolConnectionCallback *iface)
{
    return counted_release(&impl_from_IWRdsProtocolConnectionCallback(iface)->counted);
}

static HRESULT STDMETHODCALLTYPE rds_OnReady(IWRdsProtocolConnectionCallback *iface)
{
    return on_ready(impl_from_IWRdsProtocolConnectionCallback(iface));
}

static HRESULT STDMETHODCALLTYPE rds_BrokenConnection(IWRdsProtocolConnectionCallback *iface, ULONG reason,
                                                      ULONG source)
{
    return broken(impl_from_IWRdsProtocolConnectionCallback(iface), reason, source);
}

static HRESULT STDMETHODCALLTYPE rds_StopScreenUpdates(IWRdsProtocolConnectionCallback *iface)
{
    return enter(impl_from_IWRdsProtocolConnectionCallback(iface), "StopScreenUpdates") ? S_OK : E_UNEXPECTED;
}

static HRESULT STDMETHODCALLTYPE rds_RedrawWindow(IWRdsProtocolConnectionCallback *iface,
                                                  WRDS_SMALL_RECT *rect)
{
    (void)rect;
    return enter(impl_from_IWRdsProtocolConnectionCallback(iface), "RedrawWindow") ? S_OK : E_UNEXPECTED;
}

static HRESULT STDMETHODCALLTYPE rds_GetConnectionId(IWRdsProtocolConnectionCallback *iface, ULONG *id)
{
    struct connection_callback *self = impl_from_IWRdsProtocolConnectionCallback(iface);

    if (!id)
        return E_POINTER;
    *id = 0;
    if (!enter(self, "GetConnectionId"))
        return E_UNEXPECTED;
    *id = self->counted.id;
    return S_OK;
}

static const IWRdsProtocolConnectionCallbackVtbl rds_vtbl = {
    rds_QueryInterface,    rds_AddRef,       rds_Release,         rds_OnReady, rds_BrokenConnection,
    rds_StopScreenUpdates, rds_RedrawWindow, rds_GetConnectionId,
};

static HRESULT STDMETHODCALLTYPE legacy_QueryInterface(IWTSProtocolConnectionCallback *iface, REFIID riid,
                                                       void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWTSProtocolConnectionCallback))
        return E_NOINTERFACE;
    *out = iface;
    IWTSProtocolConnectionCallback_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE legacy_AddRef(IWTSProtocolConnectionCallback *iface)
{
    return counted_addref(&impl_from_IWTSProtocolConnectionCallback(iface)->counted);
}

static ULONG STDMETHODCALLTYPE legacy_Release(IWTSProtocolConnectionCallback *iface)
{
    return counted_release(&impl_from_IWTSProtocolConnectionCallback(iface)->counted);
}

static HRESULT STDMETHODCALLTYPE legacy_OnReady(IWTSProtocolConnectionCallback *iface)
{
    return on_ready(impl_from_IWTSProtocolConnectionCallback(iface));
}

static HRESULT STDMETHODCALLTYPE legacy_BrokenConnection(IWTSProtocolConnectionCallback *iface, ULONG reason,
                                                         ULONG source)
{
    return broken(impl_from_IWTSProtocolConnectionCallback(iface), reason, source);
}

static HRESULT STDMETHODCALLTYPE legacy_StopScreenUpdates(IWTSProtocolConnectionCallback *iface)
{
    return enter(impl_from_IWTSProtocolConnectionCallback(iface), "StopScreenUpdates") ? S_OK : E_UNEXPECTED;
}

static HRESULT STDMETHODCALLTYPE legacy_RedrawWindow(IWTSProtocolConnectionCallback *iface,
                                                     WTS_SMALL_RECT *rect)
{
    (void)rect;
    return enter(impl_from_IWTSProtocolConnectionCallback(iface), "RedrawWindow") ? S_OK : E_UNEXPECTED;
}

/* A provider that takes this slot for GetConnectionId passes a ULONG that it has set to 0 or not at all. */
static HRESULT STDMETHODCALLTYPE legacy_DisplayIOCtl(IWTSProtocolConnectionCallback *iface,
                                                     WTS_DISPLAY_IOCTL *data)
{
    struct connection_callback *self = impl_from_IWTSProtocolConnectionCallback(iface);

    if (!enter(self, "DisplayIOCtl"))
        return E_UNEXPECTED;
    return rule_check(RULE_COM_FAMILY,
                      data && data->cbDisplayIOCtlData > 0 &&
                          data->cbDisplayIOCtlData <= WTS_MAX_DISPLAY_IOCTL_DATA,
                      self->counted.id, "DisplayIOCtl (slot 7) was called without data for a driver")
               ? S_OK
               : E_INVALIDARG;
}

static const IWTSProtocolConnectionCallbackVtbl legacy_vtbl = {
    legacy_QueryInterface, legacy_AddRef,           legacy_Release,
    legacy_OnReady,        legacy_BrokenConnection, legacy_StopScreenUpdates,
    legacy_RedrawWindow,   legacy_DisplayIOCtl,
};

static void destroy(struct counted *counted)
{
    struct connection_callback *self = CONTAINING_RECORD(counted, struct connection_callback, counted);

    connection_drop(self->connection);
    free(self);
}

struct connection_callback *connection_callback_create(struct connection *connection)
{
    struct connection_callback *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->IWRdsProtocolConnectionCallback_iface.lpVtbl = &rds_vtbl;
    self->IWTSProtocolConnectionCallback_iface.lpVtbl = &legacy_vtbl;
    counted_init(&self->counted, "ConnectionCallback", connection->id, 1, destroy);
    self->connection = connection;
    connection_addref(connection);
    return self;
}

void *connection_callback_iface(struct connection_callback *self)
{
    if (self->connection->legacy)
        return &self->IWTSProtocolConnectionCallback_iface;
    return &self->IWRdsProtocolConnectionCallback_iface;
}

void connection_callback_given(struct connection_callback *self)
{
    counted_given(&self->counted);
}

void connection_callback_closed(struct connection_callback *self, bool given)
{
    counted_over(&self->counted, given);
}

void connection_callback_withdraw(struct connection_callback *self)
{
    counted_release(&self->counted);
}

void connection_callback_refused(struct connection_callback *self)
{
    connection_callback_withdraw(self);
    counted_retire(&self->counted);
}

void connection_callback_retire(struct connection_callback *self)
{
    counted_rest(&self->counted, RULE_CALLBACK_BALANCE, 2000);
    counted_retire(&self->counted);
}
