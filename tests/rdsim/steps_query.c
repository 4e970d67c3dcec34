/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that talk to the smaller parts: licensing, properties, the display driver's hardware id. */
#include <string.h>

#include "allocators.h"
#include "call.h"
#include "probe.h"
#include "sequence.h"

#define LICENSE_BUFFER 4096
#define HARDWARE_ID_COUNT 200 /* what a service was seen to pass: field.md 1.2 */

static void license_capabilities(uint32_t id, IWRdsProtocolLicenseConnection *license)
{
    PROBED(WTS_LICENSE_CAPABILITIES) caps;
    ULONG size = sizeof caps.value;
    HRESULT hr;

    PROBE(&caps);
    hr = CALL(id, "LicenseConnection", "RequestLicensingCapabilities",
              IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(license, &caps.value, &size));
    PROBE_VALUE(id, "RequestLicensingCapabilities", hr, &caps);
    if (FAILED(hr))
        return;
    rule_check(RULE_LICENSE_CAPABILITIES,
               size == sizeof caps.value && caps.value.ProtocolVer == WTS_LICENSE_CURRENT_PROTOCOL_VERSION &&
                   (caps.value.KeyExchangeAlg == WTS_KEY_EXCHANGE_ALG_RSA ||
                    caps.value.KeyExchangeAlg == WTS_KEY_EXCHANGE_ALG_DH) &&
                   caps.value.cbClientName <= sizeof caps.value.rgbClientName,
               id, "size %u, version 0x%08x, key exchange %u, name of %u bytes", (unsigned)size,
               (unsigned)caps.value.ProtocolVer, (unsigned)caps.value.KeyExchangeAlg,
               (unsigned)caps.value.cbClientName);

    /* a buffer that is too small must not be overrun: gaps.md 36 */
    PROBE(&caps);
    size = 8;
    CALL(id, "LicenseConnection", "RequestLicensingCapabilities",
         IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(license, &caps.value, &size));
    rule_check(RULE_OVERRUN, probe_untouched((const uint8_t *)&caps.value + 8, sizeof caps.value - 8), id,
               "RequestLicensingCapabilities wrote past a buffer of 8 bytes");
}

/* sequences.md D */
HRESULT step_license(struct connection *self)
{
    IWRdsProtocolLicenseConnection *license;
    PROBED(BYTE[LICENSE_BUFFER]) answer;
    BYTE message[16] = {0xff, 0x03, 0x10, 0x00, 0x07, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x04};
    ULONG size = LICENSE_BUFFER;
    HRESULT hr;

    PROBE(&license);
    hr = CALL(self->id, "Connection", "GetLicenseConnection",
              IWRdsProtocolConnection_GetLicenseConnection(self->object, &license));
    license = probe_object(self->id, "GetLicenseConnection", hr, license);
    if (!rule_check(RULE_LICENSE_OBJECT, license != NULL, self->id, "GetLicenseConnection returned 0x%08x",
                    (unsigned)hr))
        return FAILED(hr) ? hr : E_POINTER;

    license_capabilities(self->id, license);
    PROBE(&answer);
    CALL(self->id, "LicenseConnection", "RequestClientLicense",
         IWRdsProtocolLicenseConnection_RequestClientLicense(license, NULL, 0, answer.value, &size));
    probe_guard(self->id, "RequestClientLicense", answer.guard);
    CALL(self->id, "LicenseConnection", "SendClientLicense",
         IWRdsProtocolLicenseConnection_SendClientLicense(license, message, sizeof message));
    CALL(self->id, "LicenseConnection", "ProtocolComplete",
         IWRdsProtocolLicenseConnection_ProtocolComplete(license, 1));
    object_release((IUnknown *)license, RULE_OBJECT_RELEASE, self->id, "LicenseConnection", 0);
    return S_OK;
}

/* What is asked during a connect, and how it must be answered: methods.md 6. */
static const struct query {
    const GUID *type;
    const char *name;
    USHORT value_type; /* 0: unknown to everybody, E_NOTIMPL only */
    ULONG size;        /* of a binary, bytes */
} queries[] = {
    {&PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION, "DYNAMIC_TIME_ZONE_INFORMATION", WTS_VALUE_TYPE_BINARY, 432},
    {&PROPERTY_TYPE_GET_FAST_RECONNECT, "GET_FAST_RECONNECT", WTS_VALUE_TYPE_ULONG, 0},
    {&PROPERTY_TYPE_ENABLE_UNIVERSAL_APPS_FOR_CUSTOM_SHELL, "ENABLE_UNIVERSAL_APPS", WTS_VALUE_TYPE_ULONG, 0},
    {&WTS_QUERY_AUDIOENUM_DLL, "AUDIOENUM_DLL", WTS_VALUE_TYPE_STRING, 0},
    {&WTS_QUERY_LOGON_SCREEN_SIZE, "LOGON_SCREEN_SIZE", WTS_VALUE_TYPE_ULONG, 0},
};

static const GUID nobodys_property = {0x0badc0de, 0x5, 0x6, {0x87, 1, 2, 3, 4, 5, 6, 7}};

static void judge_block(uint32_t id, const struct query *query, void *block, ULONG bytes)
{
    size_t size;
    enum allocator from = allocator_of(block, &size);

    rule_check(RULE_ALLOCATOR, from == ALLOCATOR_LOCAL, id, "%s came from %s, not from LocalAlloc",
               query->name, from == ALLOCATOR_TASK ? "CoTaskMemAlloc" : "elsewhere");
    if (from != ALLOCATOR_NONE)
        rule_check(RULE_PROPERTY_TYPE, size >= bytes, id, "%s says %u bytes in a block of %zu", query->name,
                   (unsigned)bytes, size);
    allocator_free(block);
}

static void ask(struct connection *self, const struct query *query)
{
    PROBED(WTS_PROPERTY_VALUE) out;
    HRESULT hr;

    PROBE(&out);
    hr = CALL(self->id, "Connection", "QueryProperty",
              IWRdsProtocolConnection_QueryProperty(self->object, *query->type, 0, 1, NULL, &out.value));
    probe_guard(self->id, "QueryProperty", out.guard);
    if (FAILED(hr)) {
        rule_check(RULE_OUT_FAILURE,
                   probe_untouched(&out.value, sizeof out.value) || probe_zero(&out.value, sizeof out.value),
                   self->id, "QueryProperty of %s failed and wrote an entry", query->name);
        return;
    }
    if (!rule_check(RULE_PROPERTY_TYPE, out.value.Type == query->value_type, self->id,
                    "%s has type %u, not %u", query->name, out.value.Type, query->value_type))
        return;
    switch (out.value.Type) {
    case WTS_VALUE_TYPE_BINARY:
        rule_check(RULE_PROPERTY_TYPE, out.value.u.bVal.size == query->size, self->id,
                   "%s has %u bytes, not %u", query->name, (unsigned)out.value.u.bVal.size,
                   (unsigned)query->size);
        judge_block(self->id, query, out.value.u.bVal.pbVal, out.value.u.bVal.size);
        break;
    case WTS_VALUE_TYPE_STRING:
        if (out.value.u.strVal.size || out.value.u.strVal.pstrVal)
            judge_block(self->id, query, out.value.u.strVal.pstrVal,
                        out.value.u.strVal.size * (ULONG)sizeof(WCHAR));
        break;
    default:
        rule_check(RULE_OUT_VALUE, !probe_untouched(&out.value.u.ulVal, sizeof(ULONG)), self->id,
                   "%s has no value", query->name);
    }
}

static void ask_wrongly(struct connection *self)
{
    PROBED(WTS_PROPERTY_VALUE) out;
    HRESULT hr;

    hr = CALL(self->id, "Connection", "QueryProperty",
              IWRdsProtocolConnection_QueryProperty(self->object, nobodys_property, 0, 0, NULL, NULL));
    rule_check(RULE_PROPERTY_UNKNOWN, hr == E_NOTIMPL, self->id, "an unknown property returned 0x%08x",
               (unsigned)hr);

    /* room for none, although the array is there */
    PROBE(&out);
    CALL(self->id, "Connection", "QueryProperty",
         IWRdsProtocolConnection_QueryProperty(self->object, PROPERTY_TYPE_GET_FAST_RECONNECT, 0, 0, NULL,
                                               &out.value));
    rule_check(RULE_PROPERTY_COUNT, probe_untouched(&out, sizeof out), self->id,
               "QueryProperty wrote an entry although there is room for none");
}

HRESULT step_query_properties(struct connection *self)
{
    for (unsigned i = 0; i < sizeof queries / sizeof *queries; i++)
        ask(self, &queries[i]);
    ask_wrongly(self);
    return S_OK;
}

static HRESULT hardware_id(struct connection *self, WCHAR *buffer, DWORD count)
{
    if (self->idd1)
        return CALL(self->id, "WddmIddProps1", "GetHardwareId",
                    IWRdsWddmIddProps1_GetHardwareId(self->idd1, buffer, count));
    return CALL(self->id, "WddmIddProps", "GetHardwareId",
                IWRdsWddmIddProps_GetHardwareId(self->idd, buffer, count));
}

HRESULT step_get_hardware_id(struct connection *self)
{
    PROBED(WCHAR[HARDWARE_ID_COUNT]) id;
    HRESULT hr;

    if (!self->idd && !self->idd1)
        return S_OK;
    PROBE(&id);
    hr = hardware_id(self, id.value, HARDWARE_ID_COUNT);
    probe_guard(self->id, "GetHardwareId", id.guard);
    if (FAILED(hr))
        return hr;
    rule_check(RULE_IDD_HARDWARE_ID, id.value[0] && probe_terminated(id.value, HARDWARE_ID_COUNT), self->id,
               "GetHardwareId succeeded with %s", id.value[0] ? "a text that does not end" : "an empty text");
    PROBE(&id);
    hr = hardware_id(self, id.value, 1);
    rule_check(RULE_IDD_HARDWARE_ID, FAILED(hr) || id.value[0] == 0, self->id,
               "GetHardwareId says that its text fits into one character");
    rule_check(RULE_OVERRUN, probe_untouched(id.value + 1, sizeof id.value - sizeof id.value[0]), self->id,
               "GetHardwareId wrote past a buffer of one character");
    return S_OK;
}
