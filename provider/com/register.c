/* SPDX-License-Identifier: Apache-2.0 */
#include "com/register.h"

/* Only the IWRds class is registered. Services since Windows Server 2012 do not take an IWTS provider
 * (gaps.md 47), and a class that is not registered cannot be put into a listener's LoadableProtocol_Object by
 * mistake; who serves Windows Server 2008 R2 registers CLSID_RdsprovLegacyManager by hand. */

#ifdef _WIN32

#include <stdio.h>
#include <wchar.h>

#define CLASS_KEY_FORMAT L"SOFTWARE\\Classes\\CLSID\\{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}"

static void class_key(wchar_t *out, size_t cap)
{
    const GUID *g = &CLSID_RdsprovManager;

    swprintf(out, cap, CLASS_KEY_FORMAT, (unsigned long)g->Data1, g->Data2, g->Data3, g->Data4[0],
             g->Data4[1], g->Data4[2], g->Data4[3], g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);
}

static LSTATUS set_text(HKEY key, const wchar_t *name, const wchar_t *text)
{
    return RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text,
                          (DWORD)((wcslen(text) + 1) * sizeof(wchar_t)));
}

static LSTATUS register_class(const wchar_t *path, const wchar_t *module)
{
    HKEY key = NULL, server = NULL;
    LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_WRITE, NULL, &key, NULL);

    if (status == ERROR_SUCCESS)
        status = set_text(key, NULL, L"rdsprov Remote Desktop protocol provider");
    if (status == ERROR_SUCCESS)
        status = RegCreateKeyExW(key, L"InprocServer32", 0, NULL, 0, KEY_WRITE, NULL, &server, NULL);
    if (status == ERROR_SUCCESS)
        status = set_text(server, NULL, module);
    if (status == ERROR_SUCCESS)
        status = set_text(server, L"ThreadingModel", L"Both");
    if (server)
        RegCloseKey(server);
    if (key)
        RegCloseKey(key);
    return status;
}

HRESULT register_server(bool on)
{
    wchar_t path[128], module[MAX_PATH];
    HMODULE self = NULL;
    DWORD length;
    LSTATUS status;

    class_key(path, sizeof(path) / sizeof(path[0]));
    if (!on) {
        status = RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
        return status == ERROR_FILE_NOT_FOUND ? S_OK : HRESULT_FROM_WIN32(status);
    }
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (const wchar_t *)(const void *)&CLSID_RdsprovManager, &self))
        return HRESULT_FROM_WIN32(GetLastError());
    length = GetModuleFileNameW(self, module, MAX_PATH);
    if (length == 0 || length >= MAX_PATH)
        return SELFREG_E_CLASS;
    status = register_class(path, module);
    if (status != ERROR_SUCCESS) {
        /* half a registration is worse than none */
        RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
        return HRESULT_FROM_WIN32(status);
    }
    return S_OK;
}

#else

HRESULT register_server(bool on)
{
    (void)on;
    return E_NOTIMPL;
}

#endif
