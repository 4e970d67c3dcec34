/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from session_win32.c: WinPR has functions of the same names, and the peer must not get the system's.
 */
#include "os/session_win32.h"

#include "os/win32.h"

#include <wtsapi32.h>

enum os_status os_session_present(uint32_t session, bool *present)
{
    WTS_SESSION_INFOW *list = NULL;
    DWORD count = 0;

    *present = !os_sessions_are_real();
    if (*present)
        return OS_OK;
    if (!WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, &list, &count))
        return os_status_from_win32(GetLastError());
    for (DWORD i = 0; i < count; i++)
        *present |= list[i].SessionId == session && list[i].State != WTSReset && list[i].State != WTSDown;
    WTSFreeMemory(list);
    return OS_OK;
}

bool os_session_has_user(uint32_t session)
{
    wchar_t *name = NULL;
    DWORD size = 0;
    bool has = !os_sessions_are_real();

    if (!has && WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSUserName, &name, &size)) {
        has = size >= sizeof(*name) && name[0];
        WTSFreeMemory(name);
    }
    return has;
}
