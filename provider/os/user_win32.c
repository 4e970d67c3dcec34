/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child needs that is to run as the user of a session. The two libraries are loaded when they are
 * needed: WinPR has functions of the same names, and a peer must not get the system's.
 */
#include <stdlib.h>
#include <string.h>

#include "os/process_win32.h"
#include "os/session_win32.h"

#define ENVIRONMENT_MAX 32767 /* characters, what CreateProcessW takes */

typedef BOOL(WINAPI *query_user_token_fn)(ULONG session, HANDLE *token);
typedef BOOL(WINAPI *create_environment_fn)(void **block, HANDLE token, BOOL inherit);
typedef BOOL(WINAPI *destroy_environment_fn)(void *block);

union found {
    FARPROC proc;
    query_user_token_fn query_user_token;
    create_environment_fn create_environment;
    destroy_environment_fn destroy_environment;
};

static HMODULE load(const wchar_t *name)
{
    return LoadLibraryExW(name, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

static enum os_status own_token(HANDLE *out)
{
    return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_ASSIGN_PRIMARY, out)
               ? OS_OK
               : os_status_from_win32(GetLastError());
}

enum os_status spawn_user_token(uint32_t session, HANDLE *out)
{
    union found query = {NULL};
    enum os_status status = OS_OK;
    HMODULE library;
    DWORD error;

    *out = NULL;
    if (!os_sessions_are_real())
        return own_token(out);
    if (!(library = load(L"wtsapi32.dll")))
        return os_status_from_win32(GetLastError());
    query.proc = GetProcAddress(library, "WTSQueryUserToken");
    if (!query.proc || !query.query_user_token(session, out)) {
        error = GetLastError();
        *out = NULL;
        status = error == ERROR_NO_TOKEN ? OS_NOT_FOUND : os_status_from_win32(error);
        FreeLibrary(library);
        SetLastError(error);
        return status;
    }
    FreeLibrary(library);
    return OS_OK;
}

static enum os_status copy_block(const wchar_t *block, wchar_t **out)
{
    size_t len = 0;

    while (len < ENVIRONMENT_MAX && (block[len] || block[len + 1]))
        len++;
    if (len == ENVIRONMENT_MAX)
        return OS_TOO_BIG;
    if (!(*out = malloc((len + 2) * sizeof(**out))))
        return OS_NO_MEMORY;
    memcpy(*out, block, (len + 2) * sizeof(**out));
    return OS_OK;
}

enum os_status spawn_user_environment(HANDLE token, wchar_t **out)
{
    union found create = {NULL}, destroy = {NULL};
    HMODULE library = load(L"userenv.dll");
    enum os_status status;
    void *block = NULL;

    *out = NULL;
    if (!library)
        return os_status_from_win32(GetLastError());
    create.proc = GetProcAddress(library, "CreateEnvironmentBlock");
    destroy.proc = GetProcAddress(library, "DestroyEnvironmentBlock");
    if (create.proc && destroy.proc && create.create_environment(&block, token, FALSE)) {
        status = copy_block(block, out);
        destroy.destroy_environment(block);
    } else {
        status = os_status_from_win32(GetLastError());
    }
    FreeLibrary(library);
    return status;
}
