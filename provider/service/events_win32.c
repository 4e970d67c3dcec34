/* SPDX-License-Identifier: Apache-2.0 */
#include "service/events_win32.h"

#include "events.h" /* windmc's, of events.mc */
#include "os/win32.h"
#include "service/service_win32.h"

#define EVENT_TEXT_MAX 1500

static HANDLE source;

static const struct {
    DWORD id;
    WORD type;
} events[] = {
    [LAUNCHER_EVENT_LISTENING] = {EVENT_LISTENING, EVENTLOG_INFORMATION_TYPE},
    [LAUNCHER_EVENT_ENDED] = {EVENT_ENDED, EVENTLOG_INFORMATION_TYPE},
    [LAUNCHER_EVENT_CANNOT_LISTEN] = {EVENT_CANNOT_LISTEN, EVENTLOG_ERROR_TYPE},
    [LAUNCHER_EVENT_CLIENT_REFUSED] = {EVENT_CLIENT_REFUSED, EVENTLOG_WARNING_TYPE},
    [LAUNCHER_EVENT_START_FAILED] = {EVENT_START_FAILED, EVENTLOG_ERROR_TYPE},
    [LAUNCHER_EVENT_PROGRAM_DIED] = {EVENT_PROGRAM_DIED, EVENTLOG_ERROR_TYPE},
    [LAUNCHER_EVENT_USER_FAILED] = {EVENT_USER_FAILED, EVENTLOG_ERROR_TYPE},
};

enum os_status events_install(void)
{
    const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    wchar_t path[MAX_PATH + 1];
    DWORD n = GetModuleFileNameW(NULL, path, MAX_PATH);
    LSTATUS error;
    HKEY key;

    if (n == 0 || n >= MAX_PATH)
        return OS_TOO_BIG;
    error =
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, SERVICE_EVENTS_KEY, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (error != ERROR_SUCCESS)
        return os_status_from_win32((DWORD)error);
    error = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)path,
                           (n + 1) * sizeof(*path));
    if (error == ERROR_SUCCESS)
        error = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types, sizeof(types));
    RegCloseKey(key);
    if (error != ERROR_SUCCESS)
        events_uninstall();
    return error == ERROR_SUCCESS ? OS_OK : os_status_from_win32((DWORD)error);
}

enum os_status events_uninstall(void)
{
    LSTATUS error = RegDeleteKeyW(HKEY_LOCAL_MACHINE, SERVICE_EVENTS_KEY);

    return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND ? OS_OK
                                                                   : os_status_from_win32((DWORD)error);
}

void events_open(void)
{
    source = RegisterEventSourceW(NULL, SERVICE_NAME);
}

void events_close(void)
{
    if (source)
        DeregisterEventSource(source);
    source = NULL;
}

void events_write(enum launcher_event event, const char *text)
{
    uint16_t wide[EVENT_TEXT_MAX];
    const wchar_t *strings[] = {(const wchar_t *)wide};

    os_utf16_from_utf8(wide, EVENT_TEXT_MAX, text);
    if (source)
        ReportEventW(source, events[event].type, 0, events[event].id, NULL, 1, 0, strings, NULL);
}
