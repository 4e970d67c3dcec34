/* SPDX-License-Identifier: Apache-2.0 */
#include "os/log_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/win32.h"

void log_platform_time(char *buf)
{
    char text[64];
    SYSTEMTIME now;

    GetSystemTime(&now);
    snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)now.wYear % 10000,
             (unsigned)now.wMonth, (unsigned)now.wDay, (unsigned)now.wHour, (unsigned)now.wMinute,
             (unsigned)now.wSecond, (unsigned)now.wMilliseconds);
    snprintf(buf, LOG_TIME_LEN + 1, "%.*s", LOG_TIME_LEN, text);
}

enum os_status log_platform_open(const char *path, os_handle *out)
{
    struct os_private_acl acl;
    enum os_status status;
    wchar_t *wide;
    HANDLE file;
    DWORD error;

    *out = OS_NO_HANDLE;
    if (!(wide = os_wide_from_utf8(path)))
        return OS_INVALID;
    if ((status = os_private_acl_init(&acl, FILE_ALL_ACCESS)) != OS_OK)
        goto out;
    /* The right to append and not to write: every write then lands at the end, also with several processes.
     */
    file = CreateFileW(wide, FILE_APPEND_DATA | SYNCHRONIZE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, &acl.attributes, OPEN_ALWAYS,
                       FILE_ATTRIBUTE_NORMAL, NULL);
    error = GetLastError();
    os_private_acl_finish(&acl);
    if (file == INVALID_HANDLE_VALUE)
        status = os_status_from_win32(error);
    else
        *out = file;
    SetLastError(error);
out:
    free(wide);
    return status;
}

static void debugger_write(const char *line, size_t len)
{
    char text[LOG_LINE_MAX + 8];
    uint16_t wide[LOG_LINE_MAX + 8];

    snprintf(text, sizeof(text), "%.*s", (int)len, line);
    os_utf16_from_utf8(wide, sizeof(wide) / sizeof(wide[0]), text);
    OutputDebugStringW((const wchar_t *)wide);
}

/* Windows appends whole writes; Wine looks for the end and then writes, and two threads may find the same
 * one. */
static SRWLOCK write_lock = SRWLOCK_INIT;

void log_platform_write(os_handle file, const char *line, size_t len)
{
    DWORD error = GetLastError(), done;
    HANDLE to = file;

    if (to == OS_NO_HANDLE) {
        debugger_write(line, len);
        to = GetStdHandle(STD_ERROR_HANDLE);
    }
    if (to && to != INVALID_HANDLE_VALUE) {
        AcquireSRWLockExclusive(&write_lock);
        WriteFile(to, line, (DWORD)len, &done, NULL);
        ReleaseSRWLockExclusive(&write_lock);
    }
    SetLastError(error);
}

static HANDLE sleeper; /* an event that resets itself */

enum os_status log_platform_sleeper_open(void)
{
    sleeper = CreateEventW(NULL, FALSE, FALSE, NULL);
    return sleeper ? OS_OK : os_status_from_win32(GetLastError());
}

void log_platform_sleeper_close(void)
{
    CloseHandle(sleeper);
    sleeper = NULL;
}

void log_platform_sleep(void)
{
    WaitForSingleObject(sleeper, INFINITE);
}

void log_platform_wake(void)
{
    DWORD error = GetLastError();

    SetEvent(sleeper);
    SetLastError(error);
}
