/* SPDX-License-Identifier: Apache-2.0 */
/* What the fake provider answers when it is asked about its client. */
#include <string.h>

#include "abi/winalloc.h"
#include "fake.h"

static void *allocate(size_t size)
{
    static WCHAR not_from_a_heap[64];

    if (wrong(FAULT_STATIC_STRING))
        return not_from_a_heap;
    return wrong(FAULT_TASK_STRING) ? CoTaskMemAlloc(size) : LocalAlloc(LPTR, size);
}

HRESULT fake_get_client_data(WTS_CLIENT_DATA *data)
{
    static const WCHAR protocol[] = u"FAKE", name[] = u"nobody", address[] = u"127.0.0.1";

    if (wrong(FAULT_CLEARED_DATA))
        memset(data, 0, sizeof *data);
    if (!wrong(FAULT_NO_NAME))
        memcpy(data->ProtocolName, protocol, sizeof protocol);
    memcpy(data->ClientName, name, sizeof name);
    memcpy(data->ClientAddress, address, sizeof address);
    data->ClientAddressFamily = ABI_AF_INET;
    data->fInheritAutoLogon = wrong(FAULT_EMPTY_AUTOLOGON);
    data->HRes = 1024;
    data->VRes = 768;
    data->ColorDepth = 32;
    return S_OK;
}

HRESULT fake_get_credentials(WTS_USER_CREDENTIAL *credential)
{
    memset(credential, 0, sizeof *credential);
    if (wrong(FAULT_EMPTY_CREDENTIALS))
        return S_OK;
    fake_text(credential->UserName, 256, "RDSIM_FAKE_USER");
    fake_text(credential->Password, 256, "RDSIM_FAKE_PASSWORD");
    return credential->UserName[0] ? S_OK : E_NOTIMPL;
}

HRESULT fake_get_status(WTS_PROTOCOL_STATUS *status)
{
    if (wrong(FAULT_HEAP_STATUS)) {
        /* as a heap gives it, copied, and forgotten */
        WTS_PROTOCOL_STATUS *mine = LocalAlloc(0, sizeof *mine);

        if (!mine)
            return E_OUTOFMEMORY;
        memset(mine, 0x5b, sizeof *mine); /* what another block may have left there */
        memcpy(status, mine, sizeof *status);
        return S_OK;
    }
    memset(status, wrong(FAULT_GARBAGE_STATUS) ? 0x33 : 0, sizeof *status);
    return S_OK;
}

HRESULT fake_query_property(GUID type, ULONG in_count, ULONG out_count, WTS_PROPERTY_VALUE *out)
{
    const GUID known[] = {PROPERTY_TYPE_GET_FAST_RECONNECT, WTS_QUERY_AUDIOENUM_DLL};

    if (wrong(FAULT_UNKNOWN_PROPERTY) && out_count == 0 && !IsEqualGUID(&type, &known[0]) &&
        !IsEqualGUID(&type, &known[1]))
        return S_OK;
    if (IsEqualGUID(&type, &PROPERTY_TYPE_GET_FAST_RECONNECT)) {
        if (out_count != 1 && !wrong(FAULT_PROPERTY_COUNT))
            return E_INVALIDARG;
        out->Type = wrong(FAULT_PROPERTY_TYPE) ? WTS_VALUE_TYPE_GUID : WTS_VALUE_TYPE_ULONG;
        out->u.ulVal = 0;
        return S_OK;
    }
    if (IsEqualGUID(&type, &WTS_QUERY_AUDIOENUM_DLL) && out_count == 1) {
        static const WCHAR dll[] = u"audio.dll";

        out->Type = WTS_VALUE_TYPE_STRING;
        out->u.strVal.size = sizeof dll / sizeof *dll;
        out->u.strVal.pstrVal = allocate(sizeof dll);
        if (!out->u.strVal.pstrVal)
            return E_OUTOFMEMORY;
        memcpy(out->u.strVal.pstrVal, dll, sizeof dll);
        return S_OK;
    }
    return E_NOTIMPL;
}

HRESULT fake_get_hardware_id(WCHAR *buffer, DWORD count)
{
    static const WCHAR id[] = u"FakeIdd";
    const DWORD need = sizeof id / sizeof *id;

    if (count < need && !wrong(FAULT_HARDWARE_ID))
        return HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER);
    memcpy(buffer, id, (count < need ? count : need) * sizeof *id);
    return S_OK;
}
