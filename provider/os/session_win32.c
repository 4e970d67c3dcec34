/* SPDX-License-Identifier: Apache-2.0 */
#include "os/session_win32.h"

#include <stdlib.h>
#include <string.h>

#include "os/process_win32.h"

#include <winsvc.h>

#define SERVICE_SID_INFO_LEVEL 5 /* SERVICE_CONFIG_SERVICE_SID_INFO */
#define SERVICE_CONFIG_MAX 8192  /* what QueryServiceConfig may give at most */

bool os_sessions_are_real(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

    return !ntdll || !GetProcAddress(ntdll, "wine_get_version");
}

static enum os_status service_open(const char *service, DWORD access, SC_HANDLE *manager, SC_HANDLE *out)
{
    wchar_t *wide = os_wide_from_utf8(service);
    enum os_status status = OS_OK;

    *manager = *out = NULL;
    if (!wide)
        return OS_INVALID;
    *manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (*manager)
        *out = OpenServiceW(*manager, wide, access);
    if (!*out) {
        status = GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ? OS_NOT_FOUND
                                                                : os_status_from_win32(GetLastError());
        if (*manager)
            CloseServiceHandle(*manager);
    }
    free(wide);
    return status;
}

enum os_status os_service_process_id(const char *service, uint64_t *id)
{
    SERVICE_STATUS_PROCESS state;
    SC_HANDLE manager, handle;
    enum os_status status = service_open(service, SERVICE_QUERY_STATUS, &manager, &handle);
    DWORD size;

    *id = 0;
    if (status != OS_OK)
        return status;
    if (!QueryServiceStatusEx(handle, SC_STATUS_PROCESS_INFO, (BYTE *)&state, sizeof(state), &size))
        status = os_status_from_win32(GetLastError());
    else if (state.dwProcessId == 0)
        status = OS_NOT_FOUND;
    else
        *id = state.dwProcessId;
    CloseServiceHandle(handle);
    CloseServiceHandle(manager);
    return status;
}

static bool account_sid(const wchar_t *account, void *sid, size_t cap)
{
    wchar_t domain[256];
    DWORD size = (DWORD)cap, domain_size = sizeof(domain) / sizeof(domain[0]);
    SID_NAME_USE use;

    return LookupAccountNameW(NULL, account, sid, &size, domain, &domain_size, &use);
}

enum os_status os_service_sid(const char *service, void *sid, size_t cap)
{
    struct {
        DWORD type;
    } own = {0};
    QUERY_SERVICE_CONFIGW *config = malloc(SERVICE_CONFIG_MAX);
    wchar_t name[300] = L"NT SERVICE\\";
    SC_HANDLE manager, handle;
    enum os_status status;
    DWORD size = (DWORD)cap;

    if (!config)
        return OS_NO_MEMORY;
    if ((status = service_open(service, SERVICE_QUERY_CONFIG, &manager, &handle)) != OS_OK)
        goto out;
    status = OS_OK;
    if (QueryServiceConfig2W(handle, SERVICE_SID_INFO_LEVEL, (BYTE *)&own, sizeof(own), &size) &&
        own.type != 0 &&
        os_utf16_from_utf8((uint16_t *)name + wcslen(name), sizeof(name) / sizeof(name[0]) - wcslen(name),
                           service) &&
        account_sid(name, sid, cap))
        goto closed;
    if (!QueryServiceConfigW(handle, config, SERVICE_CONFIG_MAX, &size))
        status = os_status_from_win32(GetLastError());
    else if (!config->lpServiceStartName || !account_sid(config->lpServiceStartName, sid, cap)) {
        /* LocalSystem has no name that can be looked up, and Wine knows few */
        size = (DWORD)cap;
        if (!CreateWellKnownSid(config->lpServiceStartName && wcsstr(config->lpServiceStartName, L"Network")
                                    ? WinNetworkServiceSid
                                    : WinLocalSystemSid,
                                NULL, sid, &size))
            status = os_status_from_win32(GetLastError());
    }
closed:
    CloseServiceHandle(handle);
    CloseServiceHandle(manager);
out:
    free(config);
    return status;
}

enum os_status os_process_program(const struct os_process *self, char *buf, size_t cap)
{
    wchar_t *path = malloc(OS_WIN32_PATH_MAX * sizeof(*path));
    DWORD size = OS_WIN32_PATH_MAX;
    enum os_status status = OS_OK;

    buf[0] = 0;
    if (!path)
        return OS_NO_MEMORY;
    if (QueryFullProcessImageNameW(os_process_handle(self), 0, path, &size))
        os_utf8_from_utf16(buf, cap, (const uint16_t *)path);
    else
        status = os_status_from_win32(GetLastError());
    free(path);
    return status;
}

enum os_attention os_session_attention(void)
{
    typedef void(WINAPI * send_fn)(BOOL as_user);
    static const wchar_t policy[] = L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System";
    union {
        FARPROC proc;
        send_fn send;
    } found = {NULL};
    DWORD allowed = 0, size = sizeof(allowed);
    HMODULE library;

    if (!os_sessions_are_real() ||
        !(library = LoadLibraryExW(L"sas.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32)))
        return OS_ATTENTION_MISSING;
    found.proc = GetProcAddress(library, "SendSAS");
    RegGetValueW(HKEY_LOCAL_MACHINE, policy, L"SoftwareSASGeneration", RRF_RT_REG_DWORD, NULL, &allowed,
                 &size);
    if (found.proc && (allowed & 1)) /* 1: services, 2: ease of access programs, 3: both */
        found.send(FALSE);
    FreeLibrary(library);
    return !found.proc ? OS_ATTENTION_MISSING : (allowed & 1) ? OS_ATTENTION_SENT : OS_ATTENTION_FORBIDDEN;
}
