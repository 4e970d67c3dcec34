/* SPDX-License-Identifier: Apache-2.0 */
/* The logon error redirector: what LogonUI says goes to the log, and to the client as far as RDP has words
 * for it. The client sees LogonUI itself, so nothing counts as handled (methods.md 8). A message box has no
 * words: which notification type goes with LOGON_WARNING is said nowhere, and a wrong one makes a client
 * forget its credentials. */
#include "com/connection_private.h"

#include <stdlib.h>

#include "core/logon_error.h"

struct redirector {
    IWRdsProtocolLogonErrorRedirector IWRdsProtocolLogonErrorRedirector_iface;
    atomic_uint refs;
    struct connection *connection; /* held, inner */
    uint32_t number;
    atomic_bool continues; /* the last that was sent, so that progress is told once */
};

static inline struct redirector *
impl_from_IWRdsProtocolLogonErrorRedirector(IWRdsProtocolLogonErrorRedirector *iface)
{
    return CONTAINING_RECORD(iface, struct redirector, IWRdsProtocolLogonErrorRedirector_iface);
}

static HRESULT STDMETHODCALLTYPE redirector_QueryInterface(IWRdsProtocolLogonErrorRedirector *iface,
                                                           REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWRdsProtocolLogonErrorRedirector) &&
        !IsEqualGUID(iid, &IID_IAgileObject))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolLogonErrorRedirector_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE redirector_AddRef(IWRdsProtocolLogonErrorRedirector *iface)
{
    return atomic_fetch_add(&impl_from_IWRdsProtocolLogonErrorRedirector(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE redirector_Release(IWRdsProtocolLogonErrorRedirector *iface)
{
    struct redirector *self = impl_from_IWRdsProtocolLogonErrorRedirector(iface);
    ULONG refs = atomic_fetch_sub(&self->refs, 1) - 1;

    if (refs == 0) {
        connection_drop(self->connection);
        free(self);
        module_drop();
    }
    return refs;
}

static void tell(struct redirector *self, struct link_logon_error error)
{
    const union link_any message = {.logon_error = error};

    connection_tell(self->connection, LINK_LOGON_ERROR, &message, OS_NO_HANDLE);
}

static HRESULT STDMETHODCALLTYPE redirector_OnBeginPainting(IWRdsProtocolLogonErrorRedirector *iface)
{
    struct redirector *self = impl_from_IWRdsProtocolLogonErrorRedirector(iface);

    COM_BEGIN("Redirector::OnBeginPainting", self->number);
    return COM_END(S_OK, " ");
}

static HRESULT STDMETHODCALLTYPE redirector_RedirectStatus(IWRdsProtocolLogonErrorRedirector *iface,
                                                           LPCWSTR message,
                                                           WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    struct redirector *self = impl_from_IWRdsProtocolLogonErrorRedirector(iface);
    uint32_t session;

    COM_BEGIN("Redirector::RedirectStatus", self->number);
    if (!response)
        return COM_END(E_POINTER, "NULL");
    *response = WTS_LOGON_ERR_NOT_HANDLED;
    os_mutex_lock(&self->connection->lock);
    session = self->connection->session;
    os_mutex_unlock(&self->connection->lock);
    if (!atomic_exchange(&self->continues, true))
        tell(self, logon_error_continues(session));
    return COM_END(S_OK, "'%s'", wide_text(message).text);
}

static HRESULT STDMETHODCALLTYPE redirector_RedirectMessage(IWRdsProtocolLogonErrorRedirector *iface,
                                                            LPCWSTR caption, LPCWSTR message, UINT type,
                                                            WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    struct redirector *self = impl_from_IWRdsProtocolLogonErrorRedirector(iface);

    COM_BEGIN("Redirector::RedirectMessage", self->number);
    if (!response)
        return COM_END(E_POINTER, "NULL");
    *response = WTS_LOGON_ERR_NOT_HANDLED;
    return COM_END(S_OK, "type 0x%x, '%s': '%s'", type, wide_text(caption).text, wide_text(message).text);
}

static HRESULT STDMETHODCALLTYPE redirector_RedirectLogonError(IWRdsProtocolLogonErrorRedirector *iface,
                                                               LONG status, LONG substatus, LPCWSTR caption,
                                                               LPCWSTR message, UINT type,
                                                               WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    struct redirector *self = impl_from_IWRdsProtocolLogonErrorRedirector(iface);

    COM_BEGIN("Redirector::RedirectLogonError", self->number);
    if (!response)
        return COM_END(E_POINTER, "NULL");
    *response = WTS_LOGON_ERR_NOT_HANDLED;
    atomic_store(&self->continues, false);
    tell(self, logon_error_refused((uint32_t)status, (uint32_t)substatus));
    return COM_END(S_OK, "status 0x%x/0x%x %s, type 0x%x, '%s': '%s'", (unsigned)status, (unsigned)substatus,
                   logon_error_name((uint32_t)status), type, wide_text(caption).text,
                   wide_text(message).text);
}

static CONST_VTBL IWRdsProtocolLogonErrorRedirectorVtbl redirector_vtbl = {
    redirector_QueryInterface,     redirector_AddRef,         redirector_Release,
    redirector_OnBeginPainting,    redirector_RedirectStatus, redirector_RedirectMessage,
    redirector_RedirectLogonError,
};

HRESULT redirector_create(struct connection *connection, IWRdsProtocolLogonErrorRedirector **out)
{
    struct redirector *self = calloc(1, sizeof(*self));

    if (!self)
        return E_OUTOFMEMORY;
    self->IWRdsProtocolLogonErrorRedirector_iface.lpVtbl = &redirector_vtbl;
    atomic_init(&self->refs, 1);
    self->connection = connection;
    connection_hold(connection);
    self->number = connection->number;
    module_hold();
    *out = &self->IWRdsProtocolLogonErrorRedirector_iface;
    return S_OK;
}
