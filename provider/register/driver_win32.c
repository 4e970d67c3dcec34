/* SPDX-License-Identifier: Apache-2.0 */
#include "register/driver_win32.h"

#include <stdio.h>
#include <wchar.h>

#include "os/win32.h"

#include <setupapi.h>

#define DRIVER_INF L"rdsprov_idd.inf"

/* The store's folder of the package: its name ends with the architecture and a hash. */
static bool staged_inf(wchar_t path[MAX_PATH * 2], unsigned *count)
{
    wchar_t store[MAX_PATH], pattern[MAX_PATH * 2];
    UINT n = GetSystemDirectoryW(store, MAX_PATH);
    WIN32_FIND_DATAW found;
    HANDLE search;

    *count = 0;
    if (n == 0 || n + 80 > MAX_PATH)
        return false;
    wcscat(store, L"\\DriverStore\\FileRepository\\");
    wcscpy(pattern, store);
    wcscat(pattern, DRIVER_INF L"_*");
    search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return false;
    do {
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
            continue;
        wcscpy(path, store);
        wcscat(path, found.cFileName);
        wcscat(path, L"\\" DRIVER_INF);
        ++*count;
    } while (FindNextFileW(search, &found));
    FindClose(search);
    return *count > 0;
}

enum os_status driver_verify(void *arg, char *why, size_t cap)
{
    wchar_t path[MAX_PATH * 2];
    SP_INF_SIGNER_INFO_W signer = {.cbSize = sizeof(signer)};
    unsigned count;

    (void)arg;
    if (!staged_inf(path, &count)) {
        snprintf(why, cap, "its package %ls is not in the driver store (pnputil /add-driver)", DRIVER_INF);
        return OS_NOT_FOUND;
    }
    if (count > 1) {
        snprintf(why, cap, "the driver store has %u packages of %ls; delete the older ones", count,
                 DRIVER_INF);
        return OS_INVALID;
    }
    /* a signature of a publisher that the machine trusts is said with an error of its own */
    if (SetupVerifyInfFileW(path, NULL, &signer) || GetLastError() == ERROR_AUTHENTICODE_TRUSTED_PUBLISHER)
        return OS_OK;
    snprintf(why, cap, "the signature of %ls is not trusted (error 0x%lx)", path, GetLastError());
    return OS_DENIED;
}
