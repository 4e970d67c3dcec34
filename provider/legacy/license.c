/* SPDX-License-Identifier: Apache-2.0 */
/* IWTSProtocolLicenseConnection: the IWRds object under this family's IID. */
#include "legacy/legacy.h"

#include <stdlib.h>

struct legacy_license {
    IWTSProtocolLicenseConnection IWTSProtocolLicenseConnection_iface;
    atomic_uint refs;
    IWRdsProtocolLicenseConnection *inner;
};

static inline struct legacy_license *
impl_from_IWTSProtocolLicenseConnection(IWTSProtocolLicenseConnection *iface)
{
    return CONTAINING_RECORD(iface, struct legacy_license, IWTSProtocolLicenseConnection_iface);
}

static HRESULT STDMETHODCALLTYPE legacy_license_QueryInterface(IWTSProtocolLicenseConnection *iface,
                                                               REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWTSProtocolLicenseConnection) &&
        !IsEqualGUID(iid, &IID_IAgileObject))
        return E_NOINTERFACE;
    *out = iface;
    IWTSProtocolLicenseConnection_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE legacy_license_AddRef(IWTSProtocolLicenseConnection *iface)
{
    return atomic_fetch_add(&impl_from_IWTSProtocolLicenseConnection(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE legacy_license_Release(IWTSProtocolLicenseConnection *iface)
{
    struct legacy_license *self = impl_from_IWTSProtocolLicenseConnection(iface);
    ULONG refs = atomic_fetch_sub(&self->refs, 1) - 1;

    if (refs == 0) {
        IWRdsProtocolLicenseConnection_Release(self->inner);
        free(self);
        module_drop();
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE legacy_license_RequestLicensingCapabilities(
    IWTSProtocolLicenseConnection *iface, PWTS_LICENSE_CAPABILITIES out, ULONG *size)
{
    return IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(
        impl_from_IWTSProtocolLicenseConnection(iface)->inner, out, size);
}

static HRESULT STDMETHODCALLTYPE legacy_license_SendClientLicense(IWTSProtocolLicenseConnection *iface,
                                                                  PBYTE data, ULONG size)
{
    return IWRdsProtocolLicenseConnection_SendClientLicense(
        impl_from_IWTSProtocolLicenseConnection(iface)->inner, data, size);
}

static HRESULT STDMETHODCALLTYPE legacy_license_RequestClientLicense(IWTSProtocolLicenseConnection *iface,
                                                                     PBYTE request, ULONG request_size,
                                                                     PBYTE out, ULONG *size)
{
    return IWRdsProtocolLicenseConnection_RequestClientLicense(
        impl_from_IWTSProtocolLicenseConnection(iface)->inner, request, request_size, out, size);
}

static HRESULT STDMETHODCALLTYPE legacy_license_ProtocolComplete(IWTSProtocolLicenseConnection *iface,
                                                                 ULONG complete)
{
    return IWRdsProtocolLicenseConnection_ProtocolComplete(
        impl_from_IWTSProtocolLicenseConnection(iface)->inner, complete);
}

static CONST_VTBL IWTSProtocolLicenseConnectionVtbl legacy_license_vtbl = {
    legacy_license_QueryInterface,    legacy_license_AddRef,
    legacy_license_Release,           legacy_license_RequestLicensingCapabilities,
    legacy_license_SendClientLicense, legacy_license_RequestClientLicense,
    legacy_license_ProtocolComplete,
};

HRESULT legacy_license_create(IWRdsProtocolLicenseConnection *inner, IWTSProtocolLicenseConnection **out)
{
    struct legacy_license *self = calloc(1, sizeof(*self));

    if (!self) {
        IWRdsProtocolLicenseConnection_Release(inner);
        return E_OUTOFMEMORY;
    }
    self->IWTSProtocolLicenseConnection_iface.lpVtbl = &legacy_license_vtbl;
    atomic_init(&self->refs, 1);
    self->inner = inner;
    module_hold();
    *out = &self->IWTSProtocolLicenseConnection_iface;
    return S_OK;
}
