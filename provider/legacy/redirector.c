/* SPDX-License-Identifier: Apache-2.0 */
/* IWTSProtocolLogonErrorRedirector: the IWRds object under this family's IID. */
#include "legacy/legacy.h"

#include <stdlib.h>

struct legacy_redirector {
    IWTSProtocolLogonErrorRedirector IWTSProtocolLogonErrorRedirector_iface;
    atomic_uint refs;
    IWRdsProtocolLogonErrorRedirector *inner;
};

static inline struct legacy_redirector *
impl_from_IWTSProtocolLogonErrorRedirector(IWTSProtocolLogonErrorRedirector *iface)
{
    return CONTAINING_RECORD(iface, struct legacy_redirector, IWTSProtocolLogonErrorRedirector_iface);
}

static HRESULT STDMETHODCALLTYPE legacy_redirector_QueryInterface(IWTSProtocolLogonErrorRedirector *iface,
                                                                  REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWTSProtocolLogonErrorRedirector) &&
        !IsEqualGUID(iid, &IID_IAgileObject))
        return E_NOINTERFACE;
    *out = iface;
    IWTSProtocolLogonErrorRedirector_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE legacy_redirector_AddRef(IWTSProtocolLogonErrorRedirector *iface)
{
    return atomic_fetch_add(&impl_from_IWTSProtocolLogonErrorRedirector(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE legacy_redirector_Release(IWTSProtocolLogonErrorRedirector *iface)
{
    struct legacy_redirector *self = impl_from_IWTSProtocolLogonErrorRedirector(iface);
    ULONG refs = atomic_fetch_sub(&self->refs, 1) - 1;

    if (refs == 0) {
        IWRdsProtocolLogonErrorRedirector_Release(self->inner);
        free(self);
        module_drop();
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE legacy_redirector_OnBeginPainting(IWTSProtocolLogonErrorRedirector *iface)
{
    return IWRdsProtocolLogonErrorRedirector_OnBeginPainting(
        impl_from_IWTSProtocolLogonErrorRedirector(iface)->inner);
}

static HRESULT STDMETHODCALLTYPE legacy_redirector_RedirectStatus(
    IWTSProtocolLogonErrorRedirector *iface, LPCWSTR message, WTS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    return IWRdsProtocolLogonErrorRedirector_RedirectStatus(
        impl_from_IWTSProtocolLogonErrorRedirector(iface)->inner, message, response);
}

static HRESULT STDMETHODCALLTYPE
legacy_redirector_RedirectMessage(IWTSProtocolLogonErrorRedirector *iface, LPCWSTR caption, LPCWSTR message,
                                  UINT type, WTS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    return IWRdsProtocolLogonErrorRedirector_RedirectMessage(
        impl_from_IWTSProtocolLogonErrorRedirector(iface)->inner, caption, message, type, response);
}

static HRESULT STDMETHODCALLTYPE legacy_redirector_RedirectLogonError(
    IWTSProtocolLogonErrorRedirector *iface, LONG status, LONG substatus, LPCWSTR caption, LPCWSTR message,
    UINT type, WTS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    return IWRdsProtocolLogonErrorRedirector_RedirectLogonError(
        impl_from_IWTSProtocolLogonErrorRedirector(iface)->inner, status, substatus, caption, message, type,
        response);
}

static CONST_VTBL IWTSProtocolLogonErrorRedirectorVtbl legacy_redirector_vtbl = {
    legacy_redirector_QueryInterface,     legacy_redirector_AddRef,         legacy_redirector_Release,
    legacy_redirector_OnBeginPainting,    legacy_redirector_RedirectStatus, legacy_redirector_RedirectMessage,
    legacy_redirector_RedirectLogonError,
};

HRESULT legacy_redirector_create(IWRdsProtocolLogonErrorRedirector *inner,
                                 IWTSProtocolLogonErrorRedirector **out)
{
    struct legacy_redirector *self = calloc(1, sizeof(*self));

    if (!self) {
        IWRdsProtocolLogonErrorRedirector_Release(inner);
        return E_OUTOFMEMORY;
    }
    self->IWTSProtocolLogonErrorRedirector_iface.lpVtbl = &legacy_redirector_vtbl;
    atomic_init(&self->refs, 1);
    self->inner = inner;
    module_hold();
    *out = &self->IWTSProtocolLogonErrorRedirector_iface;
    return S_OK;
}
