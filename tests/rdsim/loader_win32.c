/* SPDX-License-Identifier: Apache-2.0 */
#include "loader_common.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <tlhelp32.h>

#include "call.h"
#include "os/os.h"
#include "probe.h"

struct loader {
    bool com; /* COM holds the module */
    HMODULE module;
    WCHAR path[MAX_PATH];
    can_unload_fn can_unload;
    listener_status_fn listener_status;
};

static volatile LONG stop_wanted;

static bool open_library(struct loader *self, const char *library, const CLSID *clsid, const IID *iid,
                         void **manager, char *problem, size_t cap)
{
    get_class_object_fn get_class_object;
    WCHAR path[MAX_PATH];

    if (!os_utf16_from_utf8((uint16_t *)path, MAX_PATH, library) || !(self->module = LoadLibraryW(path))) {
        snprintf(problem, cap, "%s: LoadLibrary failed with error %lu", library,
                 (unsigned long)GetLastError());
        return false;
    }
    get_class_object = (get_class_object_fn)(void *)GetProcAddress(self->module, "DllGetClassObject");
    if (!get_class_object) {
        snprintf(problem, cap, "%s: it does not export DllGetClassObject", library);
        return false;
    }
    return loader_create_manager(get_class_object, clsid, iid, manager, problem, cap);
}

static bool open_class(struct loader *self, const CLSID *clsid, const IID *iid, void **manager, char *problem,
                       size_t cap)
{
    IClassFactory *factory;
    void *object;
    HRESULT hr;

    self->com = true;
    if (SUCCEEDED(
            CoGetClassObject(clsid, CLSCTX_INPROC_SERVER, NULL, &IID_IClassFactory, (void **)&factory))) {
        loader_check_factory(factory);
        IClassFactory_Release(factory);
    }
    PROBE(&object);
    hr =
        CALL(0, "COM", "CoCreateInstance", CoCreateInstance(clsid, NULL, CLSCTX_INPROC_SERVER, iid, &object));
    *manager = probe_object(0, "CoCreateInstance", hr, object);
    if (!*manager) {
        snprintf(problem, cap, "CoCreateInstance returned 0x%08x (is the class registered?)", (unsigned)hr);
        return false;
    }
    /* whose code is it? The module stays COM's, no reference is taken */
    if (!GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
            (LPCWSTR)(const void *)((IUnknown *)*manager)->lpVtbl->QueryInterface, &self->module)) {
        snprintf(problem, cap, "the manager's code is in no module");
        return false;
    }
    return true;
}

bool loader_open(const char *library, const CLSID *clsid, const IID *iid, struct loader **out, void **manager,
                 char *problem, size_t cap)
{
    struct loader *self = calloc(1, sizeof *self);

    *out = NULL;
    *manager = NULL;
    snprintf(problem, cap, "out of memory");
    if (!self)
        return false;
    if (!(library ? open_library(self, library, clsid, iid, manager, problem, cap)
                  : open_class(self, clsid, iid, manager, problem, cap))) {
        if (*manager)
            IUnknown_Release((IUnknown *)*manager);
        *manager = NULL;
        if (self->module && !self->com)
            FreeLibrary(self->module);
        free(self);
        return false;
    }
    GetModuleFileNameW(self->module, self->path, MAX_PATH);
    self->can_unload = (can_unload_fn)(void *)GetProcAddress(self->module, "DllCanUnloadNow");
    self->listener_status = (listener_status_fn)(void *)GetProcAddress(self->module, "RdsprovListenerStatus");
    *out = self;
    return true;
}

HRESULT loader_can_unload(struct loader *self)
{
    return self->can_unload ? self->can_unload() : S_OK;
}

bool loader_close(struct loader *self)
{
    HMODULE still = NULL;
    uint64_t until = os_now_ms() + 1000;
    bool gone;

    if (!self->com)
        FreeLibrary(self->module);
    do {
        if (self->com)
            CoFreeUnusedLibrariesEx(0, 0);
        gone = !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, self->path, &still);
        if (!gone)
            os_sleep_ms(10);
    } while (!gone && os_now_ms() < until);
    free(self);
    return gone;
}

void loader_drop(struct loader *self)
{
    if (!self->com)
        FreeLibrary(self->module);
    free(self);
}

bool loader_listener_status(struct loader *self, const WCHAR *listener, char *text, unsigned cap, HRESULT *hr,
                            uint16_t *port)
{
    *port = 0;
    text[0] = 0;
    if (!self->listener_status)
        return false;
    *hr = self->listener_status(listener, text, cap, port);
    text[cap - 1] = 0;
    return true;
}

void platform_thread_begin(void)
{
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
}

void platform_thread_end(void)
{
    CoUninitialize();
}

HANDLE_PTR platform_token(void)
{
    static HANDLE token;

    /* first called before any thread of a connection runs */
    if (!token && !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &token))
        return 0;
    return (HANDLE_PTR)(ULONG_PTR)token;
}

unsigned platform_children(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    unsigned n = 0;

    if (snapshot == INVALID_HANDLE_VALUE)
        return 0;
    for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry))
        n += entry.th32ParentProcessID == GetCurrentProcessId();
    CloseHandle(snapshot);
    return n;
}

static BOOL WINAPI on_console(DWORD event)
{
    (void)event;
    InterlockedExchange(&stop_wanted, 1);
    return TRUE;
}

bool platform_keeps_handles(void)
{
    return true;
}

void platform_catch_signals(void)
{
    SetConsoleCtrlHandler(on_console, TRUE);
}

bool platform_stop_wanted(void)
{
    return stop_wanted != 0;
}

void platform_prepare_output(void)
{
    /* lines end in \n as everywhere, and go out at once: the C library has no line buffering here */
    _setmode(_fileno(stdout), _O_BINARY);
    setvbuf(stdout, NULL, _IONBF, 0);
}
