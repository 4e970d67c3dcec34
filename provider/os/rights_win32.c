/* SPDX-License-Identifier: Apache-2.0 */
/* Taking rights away, from a child before it starts and by the child itself. All of it: to verify on Windows.
 */
#include <stdlib.h>
#include <string.h>

#include "os/process_win32.h"

/* Newer than the SDK level that we build for. */
#define MITIGATION_EXTENSION_POINTS 6 /* ProcessExtensionPointDisablePolicy, Windows 8 */
#define MITIGATION_IMAGE_LOAD 10      /* ProcessImageLoadPolicy, Windows 10 1511 */
#define MITIGATION_CHILD_PROCESS 13   /* ProcessChildProcessPolicy, Windows 10 1709 */

/* S-1-5-80-...: what opens to a service everything that its own name was given. */
static bool is_service_sid(PSID sid)
{
    static const SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};

    return IsValidSid(sid) && memcmp(GetSidIdentifierAuthority(sid), &nt, sizeof(nt)) == 0 &&
           *GetSidSubAuthorityCount(sid) > 1 && *GetSidSubAuthority(sid, 0) == SECURITY_SERVICE_ID_BASE_RID;
}

/* Moves the service groups of the token to the front of *out; free() it. */
static DWORD service_groups(HANDLE token, TOKEN_GROUPS **out)
{
    TOKEN_GROUPS *groups = NULL;
    DWORD size = 0, count = 0;

    *out = NULL;
    GetTokenInformation(token, TokenGroups, NULL, 0, &size);
    if (size == 0 || !(groups = malloc(size)))
        return 0;
    if (GetTokenInformation(token, TokenGroups, groups, size, &size)) {
        for (DWORD i = 0; i < groups->GroupCount; i++) {
            if (is_service_sid(groups->Groups[i].Sid))
                groups->Groups[count++] = groups->Groups[i];
        }
    }
    *out = groups;
    return count;
}

/* Every privilege of the token but the one that lets it walk directories, which everybody has; free() it. */
static TOKEN_PRIVILEGES *removable_privileges(HANDLE token)
{
    TOKEN_PRIVILEGES *all = NULL;
    DWORD size = 0, count = 0;
    LUID keep = {0};

    GetTokenInformation(token, TokenPrivileges, NULL, 0, &size);
    if (size == 0 || !(all = malloc(size)))
        return NULL;
    if (!GetTokenInformation(token, TokenPrivileges, all, size, &size) ||
        !LookupPrivilegeValueW(NULL, L"SeChangeNotifyPrivilege", &keep)) {
        free(all);
        return NULL;
    }
    for (DWORD i = 0; i < all->PrivilegeCount; i++) {
        LUID luid = all->Privileges[i].Luid;

        if (luid.LowPart != keep.LowPart || luid.HighPart != keep.HighPart) {
            all->Privileges[count].Luid = luid;
            all->Privileges[count++].Attributes = SE_PRIVILEGE_REMOVED;
        }
    }
    all->PrivilegeCount = count;
    return all;
}

enum os_status spawn_restricted_token(HANDLE *out)
{
    HANDLE mine = NULL, restricted = NULL;
    TOKEN_PRIVILEGES *privileges;
    enum os_status status = OS_OK;
    TOKEN_GROUPS *groups;
    DWORD count;

    *out = NULL;
    if (!OpenProcessToken(GetCurrentProcess(),
                          TOKEN_DUPLICATE | TOKEN_ASSIGN_PRIMARY | TOKEN_QUERY | TOKEN_ADJUST_DEFAULT, &mine))
        return os_status_from_win32(GetLastError());
    count = service_groups(mine, &groups);
    privileges = removable_privileges(mine);
    /* DISABLE_MAX_PRIVILEGE says the same as the list, but Wine 8 does not read it. */
    if (CreateRestrictedToken(mine, DISABLE_MAX_PRIVILEGE, count, count > 0 ? groups->Groups : NULL,
                              privileges ? privileges->PrivilegeCount : 0,
                              privileges ? privileges->Privileges : NULL, 0, NULL, &restricted))
        *out = restricted;
    else
        status = os_status_from_win32(GetLastError());
    free(privileges);
    free(groups);
    CloseHandle(mine);
    return status;
}

enum os_status spawn_session_token(uint32_t session, HANDLE *out)
{
    HANDLE mine = NULL, copy = NULL, restricted = NULL;
    TOKEN_PRIVILEGES *privileges = NULL;
    enum os_status status = OS_OK;
    DWORD id = session;

    *out = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE | TOKEN_QUERY, &mine))
        return os_status_from_win32(GetLastError());
    /* the session of a token can be set on a primary one that nobody uses yet, and takes the right to act as
     * part of the system */
    if (!DuplicateTokenEx(mine, MAXIMUM_ALLOWED, NULL, SecurityImpersonation, TokenPrimary, &copy) ||
        !SetTokenInformation(copy, TokenSessionId, &id, sizeof(id))) {
        status = os_status_from_win32(GetLastError());
        goto out;
    }
    privileges = removable_privileges(copy);
    if (!CreateRestrictedToken(copy, DISABLE_MAX_PRIVILEGE, 0, NULL,
                               privileges ? privileges->PrivilegeCount : 0,
                               privileges ? privileges->Privileges : NULL, 0, NULL, &restricted)) {
        status = os_status_from_win32(GetLastError());
        goto out;
    }
    *out = restricted;
out:
    free(privileges);
    os_handle_close(copy);
    CloseHandle(mine);
    return status;
}

/* A child whose token came restricted has no more; one that was started by the fall-back has. */
static void privileges_remove(void)
{
    TOKEN_PRIVILEGES *all;
    HANDLE token = NULL;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
        return;
    all = removable_privileges(token);
    if (all)
        AdjustTokenPrivileges(token, FALSE, all, 0, NULL, NULL);
    free(all);
    CloseHandle(token);
}

void os_process_drop_rights(void)
{
    typedef BOOL(WINAPI * set_policy_fn)(int, void *, SIZE_T);
    static const struct {
        int policy;
        DWORD flags;
    } policies[] = {
        {MITIGATION_EXTENSION_POINTS, 1}, /* no hooks, input methods and other DLLs of strangers */
        {MITIGATION_IMAGE_LOAD, 1 | 2},   /* no code from the network, none written by low integrity */
        {MITIGATION_CHILD_PROCESS, 1},
    };
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    union {
        FARPROC proc;
        set_policy_fn set;
    } found = {.proc = kernel ? GetProcAddress(kernel, "SetProcessMitigationPolicy") : NULL};

    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    /* A system that does not know a policy says no; the others still hold. */
    for (size_t i = 0; found.proc && i < sizeof(policies) / sizeof(policies[0]); i++) {
        DWORD flags = policies[i].flags;

        found.set(policies[i].policy, &flags, sizeof(flags));
    }
    privileges_remove();
}
