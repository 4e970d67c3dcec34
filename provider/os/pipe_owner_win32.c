/* SPDX-License-Identifier: Apache-2.0 */
/* Whose pipe is this? The owner of the object says, which nobody can set to an account that is not theirs. */
#include "os/pipe_win32.h"

#include <stdio.h>
#include <string.h>

#include <aclapi.h>
#include <sddl.h>

/* Accounts that many services share: none of them stands for another. */
static bool is_shared(PSID sid)
{
    return IsWellKnownSid(sid, WinLocalServiceSid) || IsWellKnownSid(sid, WinNetworkServiceSid);
}

/* What this process makes belongs to its token's owner: its user, or the administrators. */
static bool is_own(PSID sid)
{
    union {
        TOKEN_OWNER owner;
        uint8_t room[sizeof(TOKEN_OWNER) + SECURITY_MAX_SID_SIZE];
    } mine;
    HANDLE token = NULL;
    DWORD size;
    bool own;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    own =
        GetTokenInformation(token, TokenOwner, &mine, sizeof(mine), &size) && EqualSid(sid, mine.owner.Owner);
    CloseHandle(token);
    return own;
}

/* What LocalSystem makes belongs to SYSTEM or the administrators. */
bool pipe_owner_is_trusted(PSID sid)
{
    return IsWellKnownSid(sid, WinLocalSystemSid) || IsWellKnownSid(sid, WinBuiltinAdministratorsSid) ||
           (is_own(sid) && !is_shared(sid));
}

enum os_status pipe_check_owner(HANDLE pipe, char *why, size_t cap)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    enum os_status status = OS_OK;
    PSID owner = NULL;
    char *text = NULL;
    DWORD error = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                                  NULL, &descriptor);

    if (error != ERROR_SUCCESS || !owner) {
        snprintf(why, cap, "who made the pipe is not known (error %lu)", error);
        status = OS_DENIED;
    } else if (!pipe_owner_is_trusted(owner)) {
        snprintf(why, cap, "the pipe was made by %s, not by the system",
                 ConvertSidToStringSidA(owner, &text) ? text : "somebody");
        status = OS_DENIED;
    }
    LocalFree(text);
    LocalFree(descriptor);
    return status;
}
