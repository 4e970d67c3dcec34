/* SPDX-License-Identifier: Apache-2.0 */
#include "register/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "os/win32.h"

enum os_status file_write(const char *path, const char *text)
{
    wchar_t *wide = os_wide_from_utf8(path), *fresh = NULL;
    enum os_status status = OS_INVALID;
    size_t n = wide ? wcslen(wide) : 0;
    HANDLE file = INVALID_HANDLE_VALUE;
    DWORD done = 0;

    if (!wide || !(fresh = calloc(n + 5, sizeof(*fresh))))
        goto out;
    wmemcpy(fresh, wide, n);
    wmemcpy(fresh + n, L".new", 5);
    file = CreateFileW(fresh, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        status = os_status_from_win32(GetLastError());
        goto out;
    }
    if (!WriteFile(file, text, (DWORD)strlen(text), &done, NULL) || done != strlen(text) ||
        !FlushFileBuffers(file)) {
        status = os_status_from_win32(GetLastError());
        CloseHandle(file);
        DeleteFileW(fresh);
        goto out;
    }
    CloseHandle(file);
    status = OS_OK;
    if (!MoveFileExW(fresh, wide, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
        status = os_status_from_win32(GetLastError());
        DeleteFileW(fresh);
    }
out:
    free(fresh);
    free(wide);
    return status;
}

enum os_status file_read(const char *path, char **text)
{
    wchar_t *wide = os_wide_from_utf8(path);
    enum os_status status = OS_INVALID;
    HANDLE file = INVALID_HANDLE_VALUE;
    LARGE_INTEGER size;
    char *own = NULL;
    DWORD got = 0;

    *text = NULL;
    if (!wide)
        return status;
    file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE || !GetFileSizeEx(file, &size)) {
        status = os_status_from_win32(GetLastError());
    } else if (size.QuadPart > MANIFEST_MAX) {
        status = OS_TOO_BIG;
    } else if (!(own = calloc(1, (size_t)size.QuadPart + 1))) {
        status = OS_NO_MEMORY;
    } else if (!ReadFile(file, own, (DWORD)size.QuadPart, &got, NULL)) {
        status = os_status_from_win32(GetLastError());
    } else if (strlen(own) == (size_t)size.QuadPart) {
        *text = own;
        own = NULL;
        status = OS_OK;
    }
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    free(own);
    free(wide);
    return status;
}

enum os_status file_delete(const char *path)
{
    wchar_t *wide = os_wide_from_utf8(path);
    enum os_status status = OS_INVALID;

    if (wide)
        status = DeleteFileW(wide) ? OS_OK : os_status_from_win32(GetLastError());
    free(wide);
    return status;
}
