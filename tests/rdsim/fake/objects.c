/* SPDX-License-Identifier: Apache-2.0 */
/* Licence object and logon error redirector of the fake provider. */
#include <stdlib.h>
#include <string.h>

#include "fake.h"

struct license {
    IWRdsProtocolLicenseConnection IWRdsProtocolLicenseConnection_iface;
    _Atomic long refs;
};

struct redirector {
    IWRdsProtocolLogonErrorRedirector IWRdsProtocolLogonErrorRedirector_iface;
    _Atomic long refs;
};

static struct license *impl_from_IWRdsProtocolLicenseConnection(IWRdsProtocolLicenseConnection *iface)
{
    return CONTAINING_RECORD(iface, struct license, IWRdsProtocolLicenseConnection_iface);
}

static HRESULT STDMETHODCALLTYPE license_QueryInterface(IWRdsProtocolLicenseConnection *iface, REFIID riid,
                                                        void **out)
{
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWRdsProtocolLicenseConnection))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolLicenseConnection_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE license_AddRef(IWRdsProtocolLicenseConnection *iface)
{
    return (ULONG)atomic_fetch_add(&impl_from_IWRdsProtocolLicenseConnection(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE license_Release(IWRdsProtocolLicenseConnection *iface)
{
    struct license *self = impl_from_IWRdsProtocolLicenseConnection(iface);
    ULONG left = (ULONG)atomic_fetch_sub(&self->refs, 1) - 1;

    if (left == 0) {
        free(self);
        atomic_fetch_sub(&fake_objects, 1);
    }
    return left;
}

static HRESULT STDMETHODCALLTYPE license_RequestLicensingCapabilities(IWRdsProtocolLicenseConnection *iface,
                                                                      PWRDS_LICENSE_CAPABILITIES caps,
                                                                      ULONG *size)
{
    if (wrong(FAULT_LICENSE_POINTER)) {
        *(void **)caps = &fault;
        return S_OK;
    }
    if (*size < sizeof *caps && !wrong(FAULT_LICENSE_OVERRUN)) {
        *size = sizeof *caps;
        return HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER);
    }
    memset(caps, 0, sizeof *caps);
    caps->KeyExchangeAlg = WTS_KEY_EXCHANGE_ALG_RSA;
    caps->ProtocolVer = WTS_LICENSE_CURRENT_PROTOCOL_VERSION;
    *size = sizeof *caps;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE license_SendClientLicense(IWRdsProtocolLicenseConnection *iface, PBYTE data,
                                                           ULONG size)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE license_RequestClientLicense(IWRdsProtocolLicenseConnection *iface,
                                                              PBYTE data, ULONG data_size, PBYTE answer,
                                                              ULONG *size)
{
    *size = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE license_ProtocolComplete(IWRdsProtocolLicenseConnection *iface,
                                                          ULONG complete)
{
    return S_OK;
}

static const IWRdsProtocolLicenseConnectionVtbl license_vtbl = {
    license_QueryInterface,    license_AddRef,
    license_Release,           license_RequestLicensingCapabilities,
    license_SendClientLicense, license_RequestClientLicense,
    license_ProtocolComplete,
};

HRESULT fake_license_create(IWRdsProtocolLicenseConnection **out)
{
    struct license *self = calloc(1, sizeof *self);

    if (!self)
        return E_OUTOFMEMORY;
    self->IWRdsProtocolLicenseConnection_iface.lpVtbl = &license_vtbl;
    atomic_init(&self->refs, wrong(FAULT_LICENSE_LEAK) ? 2 : wrong(FAULT_LICENSE_UNCOUNTED) ? 0 : 1);
    atomic_fetch_add(&fake_objects, 1);
    *out = &self->IWRdsProtocolLicenseConnection_iface;
    return S_OK;
}

static struct redirector *
impl_from_IWRdsProtocolLogonErrorRedirector(IWRdsProtocolLogonErrorRedirector *iface)
{
    return CONTAINING_RECORD(iface, struct redirector, IWRdsProtocolLogonErrorRedirector_iface);
}

static HRESULT STDMETHODCALLTYPE redirector_QueryInterface(IWRdsProtocolLogonErrorRedirector *iface,
                                                           REFIID riid, void **out)
{
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWRdsProtocolLogonErrorRedirector))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolLogonErrorRedirector_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE redirector_AddRef(IWRdsProtocolLogonErrorRedirector *iface)
{
    return (ULONG)atomic_fetch_add(&impl_from_IWRdsProtocolLogonErrorRedirector(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE redirector_Release(IWRdsProtocolLogonErrorRedirector *iface)
{
    struct redirector *self = impl_from_IWRdsProtocolLogonErrorRedirector(iface);
    ULONG left = (ULONG)atomic_fetch_sub(&self->refs, 1) - 1;

    if (left == 0) {
        free(self);
        atomic_fetch_sub(&fake_objects, 1);
    }
    return left;
}

static HRESULT STDMETHODCALLTYPE redirector_OnBeginPainting(IWRdsProtocolLogonErrorRedirector *iface)
{
    return S_OK;
}

static HRESULT answer(WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    if (!wrong(FAULT_NO_RESPONSE))
        *response = WTS_LOGON_ERR_NOT_HANDLED;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE redirector_RedirectStatus(IWRdsProtocolLogonErrorRedirector *iface,
                                                           LPCWSTR text,
                                                           WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    return answer(response);
}

static HRESULT STDMETHODCALLTYPE redirector_RedirectMessage(IWRdsProtocolLogonErrorRedirector *iface,
                                                            LPCWSTR caption, LPCWSTR text, UINT type,
                                                            WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    return answer(response);
}

static HRESULT STDMETHODCALLTYPE redirector_RedirectLogonError(IWRdsProtocolLogonErrorRedirector *iface,
                                                               LONG status, LONG substatus, LPCWSTR caption,
                                                               LPCWSTR text, UINT type,
                                                               WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *response)
{
    return answer(response);
}

static const IWRdsProtocolLogonErrorRedirectorVtbl redirector_vtbl = {
    redirector_QueryInterface,     redirector_AddRef,         redirector_Release,
    redirector_OnBeginPainting,    redirector_RedirectStatus, redirector_RedirectMessage,
    redirector_RedirectLogonError,
};

HRESULT fake_redirector_create(IWRdsProtocolLogonErrorRedirector **out)
{
    struct redirector *self = calloc(1, sizeof *self);

    if (!self)
        return E_OUTOFMEMORY;
    self->IWRdsProtocolLogonErrorRedirector_iface.lpVtbl = &redirector_vtbl;
    atomic_init(&self->refs, 1);
    atomic_fetch_add(&fake_objects, 1);
    *out = &self->IWRdsProtocolLogonErrorRedirector_iface;
    return S_OK;
}
