/* SPDX-License-Identifier: Apache-2.0 */
/* The connection callback: what the provider calls when something happens to its client. */
#include <stdlib.h>

#include "call.h"
#include "connection.h"
#include "os/log.h"
#include "os/os.h"

/* A call that was on its way when Close returned holds a reference and arrives within this time. */
#define CLOSE_GRACE_MS 50

struct connection_callback {
    IWRdsProtocolConnectionCallback iface;
    struct counted counted;
    struct connection *connection; /* a reference */
    _Atomic uint64_t closed_ms;    /* when Close returned, 0 before */
    _Atomic long held_at_close;
    _Atomic unsigned ready_calls, broken_calls;
};

static struct connection_callback *
impl_from_IWRdsProtocolConnectionCallback(IWRdsProtocolConnectionCallback *iface)
{
    return CONTAINING_RECORD(iface, struct connection_callback, iface);
}

/* Judges the call as such; false when the connection must not hear of it. */
static bool enter(struct connection_callback *self, const char *method)
{
    uint64_t closed = atomic_load(&self->closed_ms);
    bool good = counted_called(&self->counted, method, false);

    log_debug("callback", self->counted.id, "%s", method);
    if (closed == 0)
        return good && rule_check(RULE_NO_CALL_AFTER_CLOSE, true, 0, " ");
    return rule_check(RULE_NO_CALL_AFTER_CLOSE,
                      atomic_load(&self->held_at_close) > 0 && os_now_ms() - closed <= CLOSE_GRACE_MS,
                      self->counted.id, "%s was called %llu ms after Close returned", method,
                      (unsigned long long)(os_now_ms() - closed)) &&
           good;
}

static HRESULT STDMETHODCALLTYPE callback_QueryInterface(IWRdsProtocolConnectionCallback *iface, REFIID riid,
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

static ULONG STDMETHODCALLTYPE callback_AddRef(IWRdsProtocolConnectionCallback *iface)
{
    return counted_addref(&impl_from_IWRdsProtocolConnectionCallback(iface)->counted);
}

static ULONG STDMETHODCALLTYPE callback_Release(IWRdsProtocolConnectionCallback *iface)
{
    return counted_release(&impl_from_IWRdsProtocolConnectionCallback(iface)->counted);
}

static HRESULT STDMETHODCALLTYPE callback_OnReady(IWRdsProtocolConnectionCallback *iface)
{
    struct connection_callback *self = impl_from_IWRdsProtocolConnectionCallback(iface);

    if (!enter(self, "OnReady"))
        return E_UNEXPECTED;
    rule_check(RULE_READY_ONCE, atomic_fetch_add(&self->ready_calls, 1) == 0, self->counted.id,
               "OnReady was called again");
    connection_on_ready(self->connection);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE callback_BrokenConnection(IWRdsProtocolConnectionCallback *iface,
                                                           ULONG reason, ULONG source)
{
    struct connection_callback *self = impl_from_IWRdsProtocolConnectionCallback(iface);

    rule_check(RULE_BROKEN_ARGUMENTS, reason == 0 && source == 0, self->counted.id,
               "BrokenConnection(%u, %u)", (unsigned)reason, (unsigned)source);
    if (!enter(self, "BrokenConnection"))
        return E_UNEXPECTED;
    rule_check(RULE_BROKEN_ONCE, atomic_fetch_add(&self->broken_calls, 1) == 0, self->counted.id,
               "BrokenConnection was called again");
    connection_on_broken(self->connection);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE callback_StopScreenUpdates(IWRdsProtocolConnectionCallback *iface)
{
    struct connection_callback *self = impl_from_IWRdsProtocolConnectionCallback(iface);

    return enter(self, "StopScreenUpdates") ? S_OK : E_UNEXPECTED;
}

static HRESULT STDMETHODCALLTYPE callback_RedrawWindow(IWRdsProtocolConnectionCallback *iface,
                                                       WRDS_SMALL_RECT *rect)
{
    struct connection_callback *self = impl_from_IWRdsProtocolConnectionCallback(iface);

    (void)rect;
    return enter(self, "RedrawWindow") ? S_OK : E_UNEXPECTED;
}

static HRESULT STDMETHODCALLTYPE callback_GetConnectionId(IWRdsProtocolConnectionCallback *iface, ULONG *id)
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

static const IWRdsProtocolConnectionCallbackVtbl callback_vtbl = {
    callback_QueryInterface, callback_AddRef,           callback_Release,
    callback_OnReady,        callback_BrokenConnection, callback_StopScreenUpdates,
    callback_RedrawWindow,   callback_GetConnectionId,
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
    self->iface.lpVtbl = &callback_vtbl;
    counted_init(&self->counted, "ConnectionCallback", connection->id, 1, destroy);
    self->connection = connection;
    connection_addref(connection);
    return self;
}

IWRdsProtocolConnectionCallback *connection_callback_iface(struct connection_callback *self)
{
    return &self->iface;
}

void connection_callback_closed(struct connection_callback *self)
{
    atomic_store(&self->held_at_close, atomic_load(&self->counted.foreign));
    atomic_store(&self->closed_ms, os_now_ms());
}

void connection_callback_retire(struct connection_callback *self)
{
    counted_rest(&self->counted, RULE_CALLBACK_BALANCE, 2000);
    counted_retire(&self->counted);
}
