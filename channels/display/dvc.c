/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/dvc.h"

#include <freerdp/channels/wtsvc.h>
#include <winpr/synch.h>
#include <winpr/wtsapi.h>

bool dvc_open(HANDLE vcm, const char *name, HANDLE *channel, HANDLE *event)
{
    ULONG *session = NULL;
    HANDLE *found = NULL;
    DWORD size = 0;

    *channel = *event = NULL;
    if (!WTSQuerySessionInformationA(vcm, WTS_CURRENT_SESSION, WTSSessionId, (LPSTR *)&session, &size))
        return false;
    *channel = WTSVirtualChannelOpenEx(*session, (LPSTR)(uintptr_t)name, WTS_CHANNEL_OPTION_DYNAMIC);
    WTSFreeMemory(session);
    if (!*channel || !WTSVirtualChannelQuery(*channel, WTSVirtualEventHandle, (PVOID *)&found, &size))
        return false;
    if (size == sizeof(*found))
        *event = *found;
    WTSFreeMemory(found);
    return *event != NULL;
}

bool dvc_look(HANDLE channel, bool *open)
{
    BOOL *ready = NULL;
    DWORD size = 0;

    *open = false;
    if (!WTSVirtualChannelQuery(channel, WTSVirtualChannelReady, (PVOID *)&ready, &size))
        return false;
    *open = size == sizeof(*ready) && *ready;
    WTSFreeMemory(ready);
    return true;
}

bool dvc_signalled(HANDLE event)
{
    return WaitForSingleObject(event, 0) == WAIT_OBJECT_0;
}
