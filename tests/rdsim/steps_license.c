/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.md D: the licence object, in the documented order or one call at a time. */
#include <string.h>

#include "call.h"
#include "family.h"
#include "probe.h"
#include "steps.h"

#define LICENSE_BUFFER 4096

HRESULT step_get_license_connection(struct connection *self, struct step_call *call)
{
    IWRdsProtocolLicenseConnection *license, *old;
    HRESULT hr;

    (void)call;
    PROBE(&license);
    hr = CALL(self->id, "Connection", "GetLicenseConnection",
              CONNECTION(self, GetLicenseConnection, (void *)&license));
    license = probe_object(self->id, "GetLicenseConnection", hr, license);
    if (!rule_check(RULE_LICENSE_OBJECT, license != NULL, self->id, "GetLicenseConnection returned 0x%08x",
                    (unsigned)hr))
        return FAILED(hr) ? hr : E_POINTER;
    os_mutex_lock(&self->lock);
    old = self->license;
    self->license = license;
    os_mutex_unlock(&self->lock);
    if (old)
        object_release((IUnknown *)old, RULE_OBJECT_RELEASE, self->id, "LicenseConnection", 0);
    return hr;
}

HRESULT step_license_capabilities(struct connection *self, struct step_call *call)
{
    PROBED(WTS_LICENSE_CAPABILITIES) caps;
    ULONG size = sizeof caps.value;
    HRESULT hr;

    if (!self->license)
        return E_POINTER;
    PROBE(&caps);
    hr = CALL(self->id, "LicenseConnection", "RequestLicensingCapabilities",
              LICENSE(self, self->license, RequestLicensingCapabilities, &caps.value, &size));
    PROBE_VALUE(self->id, "RequestLicensingCapabilities", hr, &caps);
    if (FAILED(hr))
        return hr;
    rule_check(RULE_LICENSE_CAPABILITIES,
               size == sizeof caps.value && caps.value.ProtocolVer == WTS_LICENSE_CURRENT_PROTOCOL_VERSION &&
                   (caps.value.KeyExchangeAlg == WTS_KEY_EXCHANGE_ALG_RSA ||
                    caps.value.KeyExchangeAlg == WTS_KEY_EXCHANGE_ALG_DH) &&
                   caps.value.cbClientName <= sizeof caps.value.rgbClientName,
               self->id, "size %u, version 0x%08x, key exchange %u, name of %u bytes", (unsigned)size,
               (unsigned)caps.value.ProtocolVer, (unsigned)caps.value.KeyExchangeAlg,
               (unsigned)caps.value.cbClientName);
    if (caps.value.cbClientName && caps.value.cbClientName <= sizeof caps.value.rgbClientName) {
        WCHAR name[WTS_CLIENTNAME_LENGTH + 1];

        memcpy(name, caps.value.rgbClientName, sizeof name);
        name[WTS_CLIENTNAME_LENGTH] = 0;
        step_answer(call, "client %s", step_text(name));
    }

    /* a buffer that is too small must not be overrun: gaps.md 36 */
    PROBE(&caps);
    size = 8;
    CALL(self->id, "LicenseConnection", "RequestLicensingCapabilities",
         LICENSE(self, self->license, RequestLicensingCapabilities, &caps.value, &size));
    rule_check(RULE_OVERRUN, probe_untouched((const uint8_t *)&caps.value + 8, sizeof caps.value - 8),
               self->id, "RequestLicensingCapabilities wrote past a buffer of 8 bytes");
    return hr;
}

HRESULT step_license_request(struct connection *self, struct step_call *call)
{
    PROBED(BYTE[LICENSE_BUFFER]) answer;
    ULONG size = LICENSE_BUFFER;
    HRESULT hr;

    if (!self->license)
        return E_POINTER;
    PROBE(&answer);
    hr = CALL(self->id, "LicenseConnection", "RequestClientLicense",
              LICENSE(self, self->license, RequestClientLicense, NULL, 0, answer.value, &size));
    probe_guard(self->id, "RequestClientLicense", answer.guard);
    if (SUCCEEDED(hr))
        rule_check(RULE_OUT_VALUE, size <= LICENSE_BUFFER, self->id,
                   "RequestClientLicense says %u bytes in a buffer of %u", (unsigned)size, LICENSE_BUFFER);
    step_answer(call, "%u bytes", (unsigned)size);
    return hr;
}

HRESULT step_license_send(struct connection *self, struct step_call *call)
{
    BYTE message[16] = {0xff, 0x03, 0x10, 0x00, 0x07, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x04};

    (void)call;
    if (!self->license)
        return E_POINTER;
    return CALL(self->id, "LicenseConnection", "SendClientLicense",
                LICENSE(self, self->license, SendClientLicense, message, sizeof message));
}

HRESULT step_license_complete(struct connection *self, struct step_call *call)
{
    if (!self->license)
        return E_POINTER;
    return CALL(self->id, "LicenseConnection", "ProtocolComplete",
                LICENSE(self, self->license, ProtocolComplete, step_number(call, 0, 1)));
}

HRESULT step_license_release(struct connection *self, struct step_call *call)
{
    IWRdsProtocolLicenseConnection *license;

    (void)call;
    os_mutex_lock(&self->lock);
    license = self->license;
    self->license = NULL;
    os_mutex_unlock(&self->lock);
    if (license)
        object_release((IUnknown *)license, RULE_OBJECT_RELEASE, self->id, "LicenseConnection", 0);
    return S_OK;
}

HRESULT step_license(struct connection *self, struct step_call *call)
{
    HRESULT hr = step_get_license_connection(self, call);

    if (FAILED(hr))
        return hr;
    step_license_capabilities(self, call);
    step_license_request(self, call);
    step_license_send(self, call);
    step_license_complete(self, call);
    return step_license_release(self, call);
}
