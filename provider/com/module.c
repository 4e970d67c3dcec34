/* SPDX-License-Identifier: Apache-2.0 */
/* The exports of the library. */
#include "com/com.h"
#include "core/provider.h"
#include "register/com_class.h"

/* {1f2e6f9a-67a6-433e-9ec8-17c1f3354de5} */
const CLSID CLSID_RdsprovManager = {
    0x1f2e6f9a, 0x67a6, 0x433e, {0x9e, 0xc8, 0x17, 0xc1, 0xf3, 0x35, 0x4d, 0xe5}};

/* {3e16dda9-ddab-455a-9c51-fa66e7e39be3} */
const CLSID CLSID_RdsprovLegacyManager = {
    0x3e16dda9, 0xddab, 0x455a, {0x9c, 0x51, 0xfa, 0x66, 0xe7, 0xe3, 0x9b, 0xe3}};

static atomic_uint module_holds;

void module_hold(void)
{
    atomic_fetch_add(&module_holds, 1);
}

void module_drop(void)
{
    atomic_fetch_sub(&module_holds, 1);
}

#ifndef _WIN32
HRESULT STDAPICALLTYPE DllGetClassObject(REFCLSID clsid, REFIID iid, LPVOID *out);
HRESULT STDAPICALLTYPE DllCanUnloadNow(void);
#endif
HRESULT STDAPICALLTYPE DllRegisterServer(void);
HRESULT STDAPICALLTYPE DllUnregisterServer(void);

COM_EXPORT HRESULT STDAPICALLTYPE DllGetClassObject(REFCLSID clsid, REFIID iid, LPVOID *out)
{
    return factory_query(clsid, iid, out);
}

/* Threads that have not left our code and peers that are not reaped keep the module, too. */
COM_EXPORT HRESULT STDAPICALLTYPE DllCanUnloadNow(void)
{
    return atomic_load(&module_holds) == 0 && provider_at_rest() && os_process_all_reaped() &&
                   os_threads_alive() == 0
               ? S_OK
               : S_FALSE;
}

COM_EXPORT HRESULT STDAPICALLTYPE DllRegisterServer(void)
{
    return register_server(true);
}

COM_EXPORT HRESULT STDAPICALLTYPE DllUnregisterServer(void)
{
    return register_server(false);
}

/* For rdsim and the demo: is this listener listening, where, and if not, why? S_OK: text is "address:port"
 * and, on a second line, the certificate's fingerprint. S_FALSE: not yet. E_FAIL: not now, text is the reason
 * in one line (it is tried again). */
COM_EXPORT HRESULT STDAPICALLTYPE RdsprovListenerStatus(const WCHAR *listener, char *text, unsigned cap,
                                                        USHORT *port);

HRESULT STDAPICALLTYPE RdsprovListenerStatus(const WCHAR *listener, char *text, unsigned cap, USHORT *port)
{
    char name[256];

    if (!listener || !text || cap == 0 || !port)
        return E_POINTER;
    os_utf8_from_utf16(name, sizeof(name), (const uint16_t *)listener);
    switch (provider_port_status(name, text, cap, port)) {
    case PORT_LISTENING:
        return S_OK;
    case PORT_FAILED:
        return E_FAIL;
    default:
        return S_FALSE;
    }
}
