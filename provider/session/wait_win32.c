/* SPDX-License-Identifier: Apache-2.0 */
#include "session/wait.h"

#include <windows.h>

static bool has_window; /* whose messages are to be taken */
static bool ended;

void wait_init(void)
{
}

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message == WM_ENDSESSION && wparam)
        ended = true;
    return DefWindowProcW(window, message, wparam, lparam);
}

/* Not a message-only window: those are not told. */
bool wait_for_session(void)
{
    const WNDCLASSW class = {.lpfnWndProc = on_message,
                             .hInstance = GetModuleHandleW(NULL),
                             .lpszClassName = L"rdsprov session end"};

    has_window = RegisterClassW(&class) && CreateWindowExW(0, class.lpszClassName, NULL, WS_POPUP, 0, 0, 0, 0,
                                                           NULL, NULL, class.hInstance, NULL);
    return has_window;
}

static void take_messages(void)
{
    MSG message;

    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
        DispatchMessageW(&message);
}

bool wait_any(const os_waitable *waitables, unsigned count, uint32_t ms)
{
    HANDLE handles[WAIT_MAX];
    DWORD n = 0, limit = ms == UINT32_MAX ? INFINITE : ms, what;

    for (unsigned i = 0; i < count && i < WAIT_MAX; i++)
        if (waitables[i] != OS_NO_HANDLE)
            handles[n++] = waitables[i];
    if (has_window) {
        what = MsgWaitForMultipleObjectsEx(n, handles, limit, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
        take_messages();
        return what != WAIT_FAILED;
    }
    if (n == 0) {
        Sleep(limit);
        return true;
    }
    return WaitForMultipleObjects(n, handles, FALSE, limit) != WAIT_FAILED;
}

/* A program without a window has no such signal: its launcher closes the pipe or ends the process. */
bool wait_ended(void)
{
    return ended;
}
