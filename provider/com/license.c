/* SPDX-License-Identifier: Apache-2.0 */
/* The licence object: answers that need no client, in any order and number (methods.md 7, gaps.md 36-38). */
#include "com/connection_private.h"

#include <stdlib.h>
#include <string.h>

struct license {
    IWRdsProtocolLicenseConnection IWRdsProtocolLicenseConnection_iface;
    atomic_uint refs;
    uint32_t number;
    WCHAR client_name[WTS_CLIENTNAME_LENGTH + 1];
};

static inline struct license *impl_from_IWRdsProtocolLicenseConnection(IWRdsProtocolLicenseConnection *iface)
{
    return CONTAINING_RECORD(iface, struct license, IWRdsProtocolLicenseConnection_iface);
}

static HRESULT STDMETHODCALLTYPE license_QueryInterface(IWRdsProtocolLicenseConnection *iface, REFIID iid,
                                                        void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IWRdsProtocolLicenseConnection) &&
        !IsEqualGUID(iid, &IID_IAgileObject))
        return E_NOINTERFACE;
    *out = iface;
    IWRdsProtocolLicenseConnection_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE license_AddRef(IWRdsProtocolLicenseConnection *iface)
{
    return atomic_fetch_add(&impl_from_IWRdsProtocolLicenseConnection(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE license_Release(IWRdsProtocolLicenseConnection *iface)
{
    struct license *self = impl_from_IWRdsProtocolLicenseConnection(iface);
    ULONG refs = atomic_fetch_sub(&self->refs, 1) - 1;

    if (refs == 0) {
        free(self);
        module_drop();
    }
    return refs;
}

static HRESULT STDMETHODCALLTYPE license_RequestLicensingCapabilities(IWRdsProtocolLicenseConnection *iface,
                                                                      PWRDS_LICENSE_CAPABILITIES out,
                                                                      ULONG *size)
{
    struct license *self = impl_from_IWRdsProtocolLicenseConnection(iface);
    ULONG room;
    size_t n = 0;

    COM_BEGIN("License::RequestLicensingCapabilities", self->number);
    if (!size)
        return COM_END(E_POINTER, "NULL");
    room = *size;
    *size = sizeof(*out);
    /* the room is what the caller says: a smaller buffer is never overrun (gaps.md 36, 37) */
    if (room < sizeof(*out))
        return COM_END(HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER), "room %u", (unsigned)room);
    if (!out)
        return COM_END(E_POINTER, "NULL");
    memset(out, 0, sizeof(*out));
    out->KeyExchangeAlg = WTS_KEY_EXCHANGE_ALG_RSA;
    out->ProtocolVer = WTS_LICENSE_CURRENT_PROTOCOL_VERSION;
    out->fAuthenticateServer = FALSE;
    out->CertType = WTS_CERT_TYPE_INVALID;
    while (self->client_name[n])
        n++;
    out->cbClientName = (DWORD)((n + 1) * sizeof(WCHAR));
    memcpy(out->rgbClientName, self->client_name, out->cbClientName);
    return COM_END(S_OK, "room %u", (unsigned)room);
}

/* Messages of a licence server do not reach the client yet: a per-device licence cannot be given
 * (docs/contract.md). */
static HRESULT STDMETHODCALLTYPE license_SendClientLicense(IWRdsProtocolLicenseConnection *iface, PBYTE data,
                                                           ULONG size)
{
    struct license *self = impl_from_IWRdsProtocolLicenseConnection(iface);

    (void)data;
    COM_BEGIN("License::SendClientLicense", self->number);
    return COM_END(S_OK, "%u bytes, not forwarded", (unsigned)size);
}

static HRESULT STDMETHODCALLTYPE license_RequestClientLicense(IWRdsProtocolLicenseConnection *iface,
                                                              PBYTE request, ULONG request_size, PBYTE out,
                                                              ULONG *size)
{
    struct license *self = impl_from_IWRdsProtocolLicenseConnection(iface);

    (void)request;
    (void)out;
    COM_BEGIN("License::RequestClientLicense", self->number);
    if (!size)
        return COM_END(E_POINTER, "NULL");
    *size = 0; /* the client has none; accepted in the field (field.md 1.3) */
    return COM_END(S_OK, "request of %u bytes, no licence", (unsigned)request_size);
}

static HRESULT STDMETHODCALLTYPE license_ProtocolComplete(IWRdsProtocolLicenseConnection *iface,
                                                          ULONG complete)
{
    struct license *self = impl_from_IWRdsProtocolLicenseConnection(iface);

    COM_BEGIN("License::ProtocolComplete", self->number);
    return COM_END(S_OK, "%s", complete == 1 ? "licensed" : "not licensed");
}

static CONST_VTBL IWRdsProtocolLicenseConnectionVtbl license_vtbl = {
    license_QueryInterface,    license_AddRef,
    license_Release,           license_RequestLicensingCapabilities,
    license_SendClientLicense, license_RequestClientLicense,
    license_ProtocolComplete,
};

HRESULT license_create(uint32_t number, const uint16_t *client_name, IWRdsProtocolLicenseConnection **out)
{
    struct license *self = calloc(1, sizeof(*self));

    if (!self)
        return E_OUTOFMEMORY;
    self->IWRdsProtocolLicenseConnection_iface.lpVtbl = &license_vtbl;
    atomic_init(&self->refs, 1);
    self->number = number;
    wide_copy(self->client_name, sizeof(self->client_name) / sizeof(WCHAR), client_name);
    module_hold();
    *out = &self->IWRdsProtocolLicenseConnection_iface;
    return S_OK;
}
