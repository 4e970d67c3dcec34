/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/event.h"

HANDLE event_create(bool manual_reset)
{
    return CreateEventW(NULL, manual_reset, FALSE, NULL);
}

void event_close(HANDLE event)
{
    if (event)
        CloseHandle(event);
}

void event_set(HANDLE event)
{
    SetEvent(event);
}

int event_wait(const HANDLE *events, unsigned count, uint32_t ms)
{
    HANDLE set[EVENT_WAIT_MAX];
    unsigned index[EVENT_WAIT_MAX], n = 0;
    DWORD result;

    for (unsigned i = 0; i < count && n < EVENT_WAIT_MAX; i++) {
        if (events[i]) {
            index[n] = i;
            set[n++] = events[i];
        }
    }
    if (n == 0) {
        Sleep(ms);
        return -1;
    }
    result = WaitForMultipleObjects(n, set, FALSE, ms);
    if (result < WAIT_OBJECT_0 + n)
        return (int)index[result - WAIT_OBJECT_0];
    return result == WAIT_TIMEOUT ? -1 : -2;
}

HANDLE event_from_waitable(os_waitable waitable)
{
    return waitable;
}
