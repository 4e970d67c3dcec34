/* SPDX-License-Identifier: Apache-2.0 */
#include "service/driver_win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "driver/control.h"
#include "link/launcher.h"
#include "os/log.h"

#include <cfgmgr32.h>

#define AREA "driver"
#define CONTROL_MS 2000
#define DEVICES_MAX 64
#define ANY_SESSION 0xFFFFFFFFu

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

/* The service names a session's device ...&SessionId_0002 (field.md 3.1). One that is named otherwise may be
 * anybody's: the device itself says it then. */
static bool may_be_of(const wchar_t *path, uint32_t session)
{
    wchar_t mark[32], lower[512];
    size_t n = 0;

    for (; path[n] && n + 1 < sizeof(lower) / sizeof(lower[0]); n++)
        lower[n] = (wchar_t)towlower(path[n]);
    lower[n] = 0;
    swprintf(mark, sizeof(mark) / sizeof(mark[0]), L"sessionid_%04x", (unsigned)session);
    return wcsstr(lower, mark) || !wcsstr(lower, L"sessionid_");
}

static HANDLE open_device(uint32_t session, unsigned number, char *why, size_t cap)
{
    wchar_t *list = list_interfaces();
    HANDLE device = NULL;

    for (const wchar_t *path = list; path && *path; path += wcslen(path) + 1) {
        if (!may_be_of(path, session) || number-- > 0)
            continue;
        /* the driver looks at who claims it, and may do no more with our token */
        device = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                             FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (device == INVALID_HANDLE_VALUE) {
            device = NULL;
            snprintf(why, cap, "the device cannot be opened (error %lu)", GetLastError());
        }
        break;
    }
    free(list);
    return device;
}

static bool control(HANDLE device, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size, DWORD *got,
                    DWORD ms)
{
    OVERLAPPED call = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    bool good;
    DWORD error;

    *got = 0;
    if (!call.hEvent)
        return false;
    good = DeviceIoControl(device, code, in, in_size, out, out_size, got, &call);
    if (!good && GetLastError() == ERROR_IO_PENDING) {
        /* The buffers are ours until it has ended: a device that does not answer is told to, and then waited
         * for. The thread that does this may hang there; whoever asked has a limit of its own. */
        if (WaitForSingleObject(call.hEvent, ms) != WAIT_OBJECT_0)
            CancelIoEx(device, &call);
        good = GetOverlappedResult(device, &call, got, TRUE);
    }
    error = GetLastError();
    CloseHandle(call.hEvent);
    SetLastError(error);
    return good;
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

const struct driver_system driver_system = {open_device, control, is_host};

/* What the driver wrote last, after it refused something: there is no other place where one would see it. */
static void tell_journal(const struct driver_system *system, HANDLE device, uint32_t session)
{
    struct control_log_query query = {0};
    struct control_log *log = calloc(1, sizeof(*log));
    DWORD got;

    if (log &&
        system->control(device, CONTROL_LOG, &query, sizeof(query), log, sizeof(*log), &got, CONTROL_MS) &&
        got == sizeof(*log)) {
        log->text[CONTROL_LOG_MAX - 1] = 0;
        for (char *line = log->text, *end; *line; line = end) {
            size_t n = strcspn(line, "\n");

            log_info(AREA, session, "%.*s", (int)(n < 300 ? n : 300), line);
            end = line + n + (line[n] == '\n');
        }
    }
    free(log);
}

/* False: go on with another device; *status says whether it was a mismatch or a failure. */
static bool claim(const struct driver_system *system, HANDLE device, uint32_t session,
                  struct control_host *host, enum os_status *status, char *why, size_t cap)
{
    struct control_claim in = {.version = CONTROL_VERSION};
    DWORD got = 0;

    if (!system->control(device, CONTROL_CLAIM, &in, sizeof(in), host, sizeof(*host), &got, CONTROL_MS) ||
        got != sizeof(*host)) {
        *status = os_status_from_win32(GetLastError());
        snprintf(why, cap, "it cannot be claimed (error %lu)", GetLastError());
        return false;
    }
    if (host->version != CONTROL_VERSION) {
        *status = OS_INVALID;
        snprintf(why, cap, "it speaks version %lu, not %u", host->version, CONTROL_VERSION);
        return false;
    }
    *status = OS_NOT_FOUND;
    return host->session == session || host->session == ANY_SESSION;
}

static bool give(HANDLE handle, HANDLE process, HANDLE *out)
{
    return DuplicateHandle(GetCurrentProcess(), handle, process, out, 0, FALSE, DUPLICATE_SAME_ACCESS);
}

/* Windows would close the source without a copy; Wine 8 needs a place for one. */
static void take_back(HANDLE process, HANDLE *handle)
{
    HANDLE copy = NULL;

    if (*handle && DuplicateHandle(process, *handle, GetCurrentProcess(), &copy, 0, FALSE,
                                   DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE))
        CloseHandle(copy);
    *handle = NULL;
}

/* One monitor of the grant's size: what the client has beyond it comes with a layout of its own later. */
static bool set_layout(const struct driver_system *system, HANDLE device, const struct launcher_start *start)
{
    struct control_layout layout = {
        .version = CONTROL_VERSION,
        .layout = {
            .count = 1,
            .monitors = {{.width = start->width, .height = start->height, .scale = LAYOUT_SCALE_MIN}}}};
    DWORD got;

    return system->control(device, CONTROL_LAYOUT, &layout, sizeof(layout), NULL, 0, &got, CONTROL_MS);
}

static enum os_status hand_over(const struct driver_system *system, HANDLE device,
                                const struct launcher_start *start, DWORD id, HANDLE memory, HANDLE pipe,
                                char *why, size_t cap)
{
    HANDLE process = OpenProcess(PROCESS_DUP_HANDLE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    HANDLE their_memory = NULL, their_pipe = NULL;
    enum os_status status = OS_DENIED;
    struct control_attach in;
    DWORD got;

    if (!process) {
        snprintf(why, cap, "its process %lu cannot be opened (error %lu)", id, GetLastError());
        return os_status_from_win32(GetLastError());
    }
    if (!system->is_host(process, why, cap))
        goto out;
    status = OS_FAILED;
    if (!set_layout(system, device, start)) {
        snprintf(why, cap, "it refused a monitor of %ux%u (error %lu)", (unsigned)start->width,
                 (unsigned)start->height, GetLastError());
        tell_journal(system, device, start->session);
        goto out;
    }
    if (!give(memory, process, &their_memory) || !give(pipe, process, &their_pipe)) {
        snprintf(why, cap, "memory and pipe cannot be handed to its process (error %lu)", GetLastError());
        goto out;
    }
    in = (struct control_attach){.version = CONTROL_VERSION,
                                 .width = start->width,
                                 .height = start->height,
                                 .stride = start->stride,
                                 .slots = start->slots,
                                 .memory_size = start->memory_size,
                                 .memory = (uintptr_t)their_memory,
                                 .pipe = (uintptr_t)their_pipe};
    /* the driver's from here on, whatever it answers: it may have closed them, and others may have their
     * values by now */
    their_memory = their_pipe = NULL;
    if (system->control(device, CONTROL_ATTACH, &in, sizeof(in), NULL, 0, &got, CONTROL_MS)) {
        status = OS_OK;
        goto out;
    }
    snprintf(why, cap, "it refused memory and pipe (error %lu)", GetLastError());
    tell_journal(system, device, start->session);
out:
    take_back(process, &their_memory);
    take_back(process, &their_pipe);
    CloseHandle(process);
    return status;
}

enum os_status driver_attach(const struct driver_system *system, const struct launcher_start *start,
                             HANDLE memory, HANDLE pipe, HANDLE *device, char *why, size_t cap)
{
    enum os_status status = OS_NOT_FOUND;
    struct control_host host;

    *device = NULL;
    snprintf(why, cap, "there is none");
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        HANDLE one = system->open(start->session, i, why, cap);

        if (!one)
            return status;
        if (claim(system, one, start->session, &host, &status, why, cap)) {
            status = hand_over(system, one, start, host.process, memory, pipe, why, cap);
            if (status == OS_OK)
                *device = one;
            else
                CloseHandle(one);
            return status;
        }
        CloseHandle(one); /* it lets go of the claim, too */
    }
    return status;
}
