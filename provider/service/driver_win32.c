/* SPDX-License-Identifier: Apache-2.0 */
#include "service/driver_win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include <cfgmgr32.h>

/* Names of the device interfaces that are there now, one after another; free() it. */
static wchar_t *list_interfaces(void)
{
    GUID guid = CONTROL_INTERFACE_GUID;
    wchar_t *list = NULL;
    ULONG size = 0;

    for (int i = 0; i < 4; i++) { /* it may grow between the two calls */
        if (CM_Get_Device_Interface_List_SizeW(&size, &guid, NULL, CM_GET_DEVICE_INTERFACE_LIST_PRESENT) !=
                CR_SUCCESS ||
            size == 0 || size > OS_WIN32_PATH_MAX * 4)
            return NULL;
        if (!(list = calloc(size, sizeof(*list))))
            return NULL;
        if (CM_Get_Device_Interface_ListW(&guid, NULL, list, size, CM_GET_DEVICE_INTERFACE_LIST_PRESENT) ==
            CR_SUCCESS)
            return list;
        free(list);
    }
    return NULL;
}

/* DEVPKEY_Device_SessionId of the device that has that interface: \\?\A#B#C#{class} is of the device A\B\C.
 * False: it has none, or there is no such device. */
static bool session_of(const wchar_t *path, uint32_t *session)
{
    static const DEVPROPKEY key = {
        {0x83da6326, 0x97a6, 0x4088, {0x94, 0x53, 0xa1, 0x92, 0x3f, 0x57, 0x3b, 0x29}}, 6};
    wchar_t id[MAX_DEVICE_ID_LEN], *end;
    ULONG size = sizeof(*session);
    DEVPROPTYPE type;
    DEVINST device;
    size_t n = 0;

    if (wcsncmp(path, L"\\\\?\\", 4) != 0)
        return false;
    for (path += 4; path[n] && n + 1 < MAX_DEVICE_ID_LEN; n++)
        id[n] = path[n] == L'#' ? L'\\' : path[n];
    id[n] = 0;
    if (!(end = wcsstr(id, L"\\{")))
        return false;
    *end = 0;
    return CM_Locate_DevNodeW(&device, id, CM_LOCATE_DEVNODE_NORMAL) == CR_SUCCESS &&
           CM_Get_DevNode_PropertyW(device, &key, &type, (BYTE *)session, &size, 0) == CR_SUCCESS &&
           type == DEVPROP_TYPE_UINT32 && size == sizeof(*session);
}

bool driver_may_be_of(const wchar_t *path, uint32_t session)
{
    wchar_t mark[32], lower[512];
    uint32_t its;
    size_t n = 0;

    if (session_of(path, &its))
        return its == session;
    for (; path[n] && n + 1 < sizeof(lower) / sizeof(lower[0]); n++)
        lower[n] = (wchar_t)towlower(path[n]);
    lower[n] = 0;
    swprintf(mark, sizeof(mark) / sizeof(mark[0]), L"sessionid_%04x", (unsigned)session);
    return wcsstr(lower, mark) || !wcsstr(lower, L"sessionid_");
}

static enum os_status open_device(void *arg, uint32_t session, unsigned number, void **device, char *why,
                                  size_t cap)
{
    wchar_t *list = list_interfaces();
    enum os_status status = OS_NOT_FOUND;

    (void)arg;
    *device = NULL;
    for (const wchar_t *path = list; path && *path; path += wcslen(path) + 1) {
        HANDLE file;

        if (!driver_may_be_of(path, session) || number-- > 0)
            continue;
        /* the driver looks at who claims it, and may do no more with our token */
        file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                           FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        status = OS_OK;
        if (file != INVALID_HANDLE_VALUE) {
            *device = file;
            break;
        }
        /* gone since it was listed, or not ours to open: there may be another */
        snprintf(why, cap, "the device cannot be opened (error %lu)", GetLastError());
        status = OS_FAILED;
        break;
    }
    free(list);
    return status;
}

static uint32_t control(void *arg, void *device, uint32_t code, const void *in, uint32_t in_size, void *out,
                        uint32_t out_size, uint32_t ms, HANDLE stop)
{
    OVERLAPPED call = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    HANDLE events[2] = {call.hEvent, stop};
    DWORD got = 0, error = DRIVER_DONE, waited = WAIT_OBJECT_0;

    (void)arg;
    if (!call.hEvent)
        return DRIVER_STOPPED;
    if (!DeviceIoControl(device, code, (void *)in, in_size, out, out_size, &got, &call))
        error = GetLastError();
    if (error == ERROR_IO_PENDING) {
        waited = WaitForMultipleObjects(stop ? 2 : 1, events, FALSE, ms);
        if (waited != WAIT_OBJECT_0)
            CancelIoEx(device, &call);
        /* Until it has ended the buffers are the device's. A driver that hangs holds this thread here. */
        error = GetOverlappedResult(device, &call, &got, TRUE) ? DRIVER_DONE : GetLastError();
    }
    CloseHandle(call.hEvent);
    if (error == ERROR_OPERATION_ABORTED && waited == WAIT_TIMEOUT)
        error = DRIVER_SILENT;
    return error == DRIVER_DONE && got != out_size ? DRIVER_SHORT : error;
}

static void close_device(void *arg, void *device)
{
    (void)arg;
    CloseHandle(device);
}

static bool is_host(HANDLE process, char *why, size_t cap)
{
    static const wchar_t name[] = L"\\WUDFHost.exe";
    wchar_t path[MAX_PATH * 2] = L"", expected[MAX_PATH + 32] = L"";
    DWORD size = MAX_PATH * 2;
    UINT n = GetSystemDirectoryW(expected, MAX_PATH);

    if (n == 0 || n >= MAX_PATH || !QueryFullProcessImageNameW(process, 0, path, &size)) {
        snprintf(why, cap, "the program of its process is not known (error %lu)", GetLastError());
        return false;
    }
    wcscat(expected, name);
    if (_wcsicmp(path, expected) == 0)
        return true;
    snprintf(why, cap, "it says that it runs in %.400ls, which hosts no drivers", path);
    return false;
}

/* Windows would close the source without a copy; Wine 8 needs a place for one. */
static void close_in(HANDLE process, uint64_t value)
{
    HANDLE copy = NULL;

    if (DuplicateHandle(process, (HANDLE)(uintptr_t)value, GetCurrentProcess(), &copy, 0, FALSE,
                        DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE))
        CloseHandle(copy);
}

enum os_status driver_give(bool (*look)(HANDLE process, char *why, size_t cap), uint32_t id,
                           const os_handle handles[2], uint64_t values[2], void **host, char *why, size_t cap)
{
    HANDLE process = OpenProcess(PROCESS_DUP_HANDLE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    enum os_status status = OS_DENIED;
    unsigned given = 0;

    if (!process) {
        DWORD error = GetLastError();

        snprintf(why, cap, "its process %u cannot be opened (error %lu)", (unsigned)id, error);
        return os_status_from_win32(error);
    }
    if (!look(process, why, cap))
        goto out;
    for (; given < 2; given++) {
        HANDLE theirs = NULL;

        if (!DuplicateHandle(GetCurrentProcess(), handles[given], process, &theirs, 0, FALSE,
                             DUPLICATE_SAME_ACCESS)) {
            status = os_status_from_win32(GetLastError());
            snprintf(why, cap, "memory and pipe cannot be handed to its process (error %lu)", GetLastError());
            goto out;
        }
        values[given] = (uintptr_t)theirs;
    }
    *host = process;
    return OS_OK;
out:
    while (given > 0)
        close_in(process, values[--given]);
    CloseHandle(process);
    return status;
}

static enum os_status give(void *arg, uint32_t process, const os_handle handles[2], uint64_t values[2],
                           void **host, char *why, size_t cap)
{
    (void)arg;
    return driver_give(is_host, process, handles, values, host, why, cap);
}

static void give_end(void *arg, void *host, const uint64_t values[2])
{
    (void)arg;
    if (values) {
        close_in(host, values[0]);
        close_in(host, values[1]);
    }
    CloseHandle(host);
}

const struct driver_system driver_system_win32 = {open_device, control, close_device, give, give_end, NULL};
