/* SPDX-License-Identifier: Apache-2.0 */
#include "register/com_class.h"

/* Only the IWRds class is registered. Services since Windows Server 2012 do not take an IWTS provider
 * (gaps.md 47), and a class that is not registered cannot be put into a listener's LoadableProtocol_Object by
 * mistake; who serves Windows Server 2008 R2 registers CLSID_RdsprovLegacyManager by hand. */

#ifdef _WIN32

#include <wchar.h>

#include "register/class_table.h"

static LSTATUS set_text(const struct class_value *row, const wchar_t *module)
{
    wchar_t key[128], name[32], text[64];
    HKEY handle = NULL;
    LSTATUS status;

    os_utf16_from_utf8((uint16_t *)key, sizeof(key) / sizeof(key[0]), row->key);
    os_utf16_from_utf8((uint16_t *)name, sizeof(name) / sizeof(name[0]), row->name);
    os_utf16_from_utf8((uint16_t *)text, sizeof(text) / sizeof(text[0]), row->text ? row->text : "");
    if (row->text)
        module = text;
    status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, key, 0, NULL, 0, KEY_WRITE, NULL, &handle, NULL);
    if (status == ERROR_SUCCESS) {
        status = RegSetValueExW(handle, name, 0, REG_SZ, (const BYTE *)module,
                                (DWORD)((wcslen(module) + 1) * sizeof(wchar_t)));
        RegCloseKey(handle);
    }
    return status;
}

static LSTATUS register_class(const wchar_t *module)
{
    LSTATUS status = ERROR_SUCCESS;

    for (size_t i = 0; i < sizeof(class_values) / sizeof(class_values[0]) && status == ERROR_SUCCESS; i++)
        status = set_text(&class_values[i], module);
    return status;
}

HRESULT register_server(bool on)
{
    const wchar_t *path = L"" CLASS_KEY;
    wchar_t module[MAX_PATH];
    HMODULE self = NULL;
    DWORD length;
    LSTATUS status;

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
    status = register_class(module);
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
