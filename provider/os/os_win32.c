/* SPDX-License-Identifier: Apache-2.0 */
#include "os/win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bcrypt.h>
#include <psapi.h>
#include <tlhelp32.h>
#include <winternl.h>

enum os_status os_status_from_win32(DWORD error)
{
    switch (error) {
    case ERROR_SUCCESS:
        return OS_OK;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_NOT_ENOUGH_QUOTA:
    case ERROR_WORKING_SET_QUOTA:
    case ERROR_PAGEFILE_QUOTA:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_TOO_MANY_OPEN_FILES:
    case WSAEMFILE:
    case WSAENOBUFS:
        return OS_NO_MEMORY;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
    case WSAEACCES:
        return OS_DENIED;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_PATHNAME:
    case ERROR_MOD_NOT_FOUND:
        return OS_NOT_FOUND;
    case ERROR_PIPE_BUSY:
    case ERROR_SHARING_VIOLATION:
    case ERROR_ALREADY_EXISTS:
    case WSAEADDRINUSE:
        return OS_BUSY;
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
    case ERROR_HANDLE_EOF:
        return OS_CLOSED;
    case ERROR_IO_PENDING:
    case ERROR_IO_INCOMPLETE:
    case ERROR_PIPE_LISTENING:
    case WSAEWOULDBLOCK:
        return OS_AGAIN;
    case WAIT_TIMEOUT:
    case ERROR_SEM_TIMEOUT:
        return OS_TIMEOUT;
    case ERROR_INVALID_PARAMETER:
    case ERROR_INVALID_HANDLE:
    case ERROR_INVALID_NAME:
    case ERROR_INVALID_DATA:
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_NO_UNICODE_TRANSLATION:
    case WSAEADDRNOTAVAIL:
    case WSAEINVAL:
    case WSAENOTSOCK:
        return OS_INVALID;
    default:
        return OS_FAILED;
    }
}

const char *os_last_error_text(char *buf, size_t cap)
{
    DWORD error = GetLastError();
    wchar_t wide[200];
    char text[400];
    DWORD n;

    if (cap == 0)
        return buf;
    n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, wide,
                       sizeof(wide) / sizeof(wide[0]), NULL);
    while (n > 0 &&
           (wide[n - 1] == L'\n' || wide[n - 1] == L'\r' || wide[n - 1] == L' ' || wide[n - 1] == L'.'))
        n--;
    if (n == 0) {
        snprintf(buf, cap, "error %lu", (unsigned long)error);
    } else {
        wide[n] = 0;
        os_utf8_from_utf16(text, sizeof(text), (const uint16_t *)wide);
        snprintf(buf, cap, "%s (error %lu)", text, (unsigned long)error);
    }
    SetLastError(error);
    return buf;
}

wchar_t *os_wide_from_utf8(const char *src)
{
    wchar_t *wide;
    int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, src, -1, NULL, 0);

    if (n <= 0)
        return NULL;
    wide = malloc((size_t)n * sizeof(*wide));
    if (!wide)
        return NULL;
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, src, -1, wide, n) != n) {
        free(wide);
        return NULL;
    }
    return wide;
}

/* Split: count times a million would overflow after ten days at a frequency of 10 MHz. */
static uint64_t clock_read(uint64_t per_second)
{
    LARGE_INTEGER count, frequency;
    uint64_t whole, rest;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&count);
    whole = (uint64_t)count.QuadPart / (uint64_t)frequency.QuadPart;
    rest = (uint64_t)count.QuadPart % (uint64_t)frequency.QuadPart;
    return whole * per_second + rest * per_second / (uint64_t)frequency.QuadPart;
}

uint64_t os_now_ms(void)
{
    return clock_read(1000);
}

uint64_t os_now_us(void)
{
    return clock_read(1000000);
}

void os_sleep_ms(unsigned ms)
{
    Sleep(ms);
}

enum os_status os_random(void *buf, size_t len)
{
    uint8_t *at = buf;

    while (len > 0) {
        ULONG part = len > 0x10000000 ? 0x10000000 : (ULONG)len;

        if (BCryptGenRandom(NULL, at, part, BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0)
            return OS_FAILED;
        at += part;
        len -= part;
    }
    return OS_OK;
}

void os_handle_close(os_handle handle)
{
    if (handle != OS_NO_HANDLE)
        CloseHandle(handle);
}

enum os_status os_handle_duplicate(os_handle handle, os_handle *out)
{
    HANDLE copy = NULL;

    *out = OS_NO_HANDLE;
    if (handle == OS_NO_HANDLE)
        return OS_INVALID;
    if (!DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return os_status_from_win32(GetLastError());
    *out = copy;
    return OS_OK;
}

struct handle_entry {
    void *object;
    ULONG_PTR process;
    ULONG_PTR value;
    ULONG access;
    USHORT trace, type;
    ULONG attributes, reserved;
};

struct handle_list {
    ULONG_PTR count, reserved;
    struct handle_entry entries[];
};

#define SYSTEM_HANDLES ((SYSTEM_INFORMATION_CLASS)64) /* SystemExtendedHandleInformation */

/* Wine 8 answers GetProcessHandleCount with 0, but lists the handles of all processes. */
static unsigned count_handles_from_list(void)
{
    typedef NTSTATUS(WINAPI * query_fn)(SYSTEM_INFORMATION_CLASS, void *, ULONG, ULONG *);
    union {
        FARPROC proc;
        query_fn query;
    } found = {.proc = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQuerySystemInformation")};
    ULONG size = 256 * 1024;
    unsigned count = 0;

    for (int i = 0; found.proc && i < 8; i++, size *= 2) {
        struct handle_list *list = malloc(size);
        bool good = list && NT_SUCCESS(found.query(SYSTEM_HANDLES, list, size, NULL));

        for (ULONG_PTR k = 0; good && k < list->count; k++)
            count += list->entries[k].process == GetCurrentProcessId();
        free(list);
        if (good)
            break;
    }
    return count;
}

unsigned os_count_handles(void)
{
    DWORD count = 0;

    return GetProcessHandleCount(GetCurrentProcess(), &count) && count > 0 ? count
                                                                           : count_handles_from_list();
}

unsigned os_count_threads(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof(entry)};
    DWORD pid = GetCurrentProcessId();
    unsigned count = 0;

    if (snapshot == INVALID_HANDLE_VALUE)
        return 0;
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        if (entry.th32OwnerProcessID == pid)
            count++;
        entry.dwSize = sizeof(entry);
    }
    CloseHandle(snapshot);
    return count;
}

unsigned os_resident_kib(void)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof(counters)};

    if (!K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters)))
        return 0;
    return (unsigned)(counters.WorkingSetSize / 1024);
}

enum os_status os_private_acl_init(struct os_private_acl *self, DWORD access)
{
    return os_private_acl_init_with(self, access, NULL, 0);
}

enum os_status os_private_acl_init_with(struct os_private_acl *self, DWORD access, PSID sid, DWORD sid_access)
{
    SID system = {.Revision = SID_REVISION,
                  .SubAuthorityCount = 1,
                  .IdentifierAuthority = {SECURITY_NT_AUTHORITY},
                  .SubAuthority = {SECURITY_LOCAL_SYSTEM_RID}};
    enum os_status status = OS_FAILED;
    HANDLE token = NULL;
    DWORD size = 0, acl_size;

    memset(self, 0, sizeof(*self));
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return os_status_from_win32(GetLastError());
    GetTokenInformation(token, TokenUser, NULL, 0, &size);
    if (size == 0 || !(self->user = malloc(size)) ||
        !GetTokenInformation(token, TokenUser, self->user, size, &size))
        goto out;
    acl_size = (DWORD)(sizeof(ACL) + 2 * sizeof(ACCESS_ALLOWED_ACE)) + GetLengthSid(self->user->User.Sid) +
               GetLengthSid(&system) + (sid ? (DWORD)sizeof(ACCESS_ALLOWED_ACE) + GetLengthSid(sid) : 0);
    if (!(self->acl = malloc(acl_size))) {
        status = OS_NO_MEMORY;
        goto out;
    }
    if (!InitializeAcl(self->acl, acl_size, ACL_REVISION) ||
        !AddAccessAllowedAce(self->acl, ACL_REVISION, access, self->user->User.Sid) ||
        !AddAccessAllowedAce(self->acl, ACL_REVISION, access, &system) ||
        (sid && !AddAccessAllowedAce(self->acl, ACL_REVISION, sid_access, sid)) ||
        !InitializeSecurityDescriptor(&self->descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorDacl(&self->descriptor, TRUE, self->acl, FALSE))
        goto out;
    self->attributes.nLength = sizeof(self->attributes);
    self->attributes.lpSecurityDescriptor = &self->descriptor;
    self->attributes.bInheritHandle = FALSE;
    status = OS_OK;
out:
    CloseHandle(token);
    if (status != OS_OK)
        os_private_acl_finish(self);
    return status;
}

void os_private_acl_finish(struct os_private_acl *self)
{
    free(self->acl);
    free(self->user);
    self->acl = NULL;
    self->user = NULL;
}
