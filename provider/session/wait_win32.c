/* SPDX-License-Identifier: Apache-2.0 */
#include "session/wait.h"

#include <windows.h>

void wait_init(void)
{
}

bool wait_any(const os_waitable *waitables, unsigned count, uint32_t ms)
{
    HANDLE handles[WAIT_MAX];
    DWORD n = 0, limit = ms == UINT32_MAX ? INFINITE : ms;

    for (unsigned i = 0; i < count && i < WAIT_MAX; i++)
        if (waitables[i] != OS_NO_HANDLE)
            handles[n++] = waitables[i];
    if (n == 0) {
        Sleep(limit);
        return true;
    }
    return WaitForMultipleObjects(n, handles, FALSE, limit) != WAIT_FAILED;
}

bool wait_ended(void)
{
    return false; /* a GUI program has no such signal: its launcher closes the pipe or ends the process */
}
