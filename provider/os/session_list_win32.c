/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from session_win32.c: WinPR has functions of the same names, and the peer must not get the system's.
 */
#include "os/session_win32.h"

#include "os/win32.h"

#include <wtsapi32.h>

static bool is_shown(WTS_CONNECTSTATE_CLASS state)
{
    return state != WTSDisconnected && state != WTSIdle && state != WTSListen && state != WTSReset &&
           state != WTSDown;
}

static bool has_user(uint32_t session)
{
    wchar_t *name = NULL;
    DWORD size = 0;
    bool has = false;

    if (WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSUserName, &name, &size)) {
        has = size >= sizeof(*name) && name[0];
        WTSFreeMemory(name);
    }
    return has;
}

enum os_status os_session_look(uint32_t session, struct os_session *out)
{
    WTS_SESSION_INFOW *list = NULL;
    DWORD count = 0;

    *out = (struct os_session){0};
    if (!os_sessions_are_real()) {
        *out = (struct os_session){.present = true, .shown = true, .has_user = true};
        return OS_OK;
    }
    if (!WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, &list, &count))
        return os_status_from_win32(GetLastError());
    for (DWORD i = 0; i < count; i++) {
        if (list[i].SessionId != session)
            continue;
        out->present = list[i].State != WTSReset && list[i].State != WTSDown;
        out->shown = is_shown(list[i].State);
        out->has_user = out->present && has_user(session);
    }
    WTSFreeMemory(list);
    return OS_OK;
}
