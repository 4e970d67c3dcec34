/* SPDX-License-Identifier: Apache-2.0 */
/* The fake provider's exports, its class factory, and what it leaves behind when told to. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include "abi/winalloc.h"
#include "os/os.h"
#include "os/process.h"

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#define EXPORTED __attribute__((visibility("default")))
#endif

const CLSID CLSID_Fake = {0x5d5e1f60, 0x0c5f, 0x4d0e, {0x9b, 0x0a, 0x52, 0x44, 0x53, 0x46, 0x41, 0x4b}};

enum fault fault;
_Atomic unsigned fake_objects;

static const char *const fault_names[FAULTS] = {
#define FAULT_NAME(name, text) text,
    FAULT_LIST(FAULT_NAME)
#undef FAULT_NAME
};

unsigned fake_number(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

void fake_text(WCHAR *dst, size_t cap, const char *name)
{
    const char *text = getenv(name);

    os_utf16_from_utf8((uint16_t *)dst, cap, text ? text : "");
}

/* Things that outlive the module without running its code. */
static void leave_something(void)
{
    if (wrong(FAULT_BLOCK_LEAK))
        LocalAlloc(LPTR, 10);
    if (wrong(FAULT_WRONG_FREE))
        CoTaskMemFree(LocalAlloc(LPTR, 10));
    if (wrong(FAULT_CHILD_LEFT)) {
        const char *const args[] = {"4", NULL};
        const struct os_spawn spec = {.program = "sleep", .args = args, .flags = OS_SPAWN_QUIET};
        struct os_process *process;

        os_process_spawn(&spec, &process, NULL); /* it ends by itself */
    }
#ifndef _WIN32
    if (wrong(FAULT_THREAD_LEFT)) {
        pthread_t thread;

        /* code of the C library, which stays when this module goes */
        if (pthread_create(&thread, NULL, (void *(*)(void *))(void *)sleep, (void *)(uintptr_t)4) == 0)
            pthread_detach(thread);
    }
    if (wrong(FAULT_HANDLE_LEFT) && open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
        abort();
    if (wrong(FAULT_STAYS_LOADED)) {
        Dl_info info;

        if (!dladdr(&fault, &info) || !dlopen(info.dli_fname, RTLD_NOW))
            abort();
    }
#else
    if (wrong(FAULT_THREAD_LEFT))
        CloseHandle(CreateThread(NULL, 0, (LPTHREAD_START_ROUTINE)(void *)Sleep, (void *)8000, 0, NULL));
    if (wrong(FAULT_HANDLE_LEFT))
        CreateEventW(NULL, TRUE, FALSE, NULL);
    if (wrong(FAULT_STAYS_LOADED)) {
        HMODULE module;

        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)&fault, &module);
    }
#endif
}

static HRESULT STDMETHODCALLTYPE factory_QueryInterface(IClassFactory *iface, REFIID riid, void **out)
{
    *out = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IClassFactory))
        return E_NOINTERFACE;
    *out = iface;
    return S_OK;
}

/* The factory is static; nobody needs its count. */
static ULONG STDMETHODCALLTYPE factory_AddRef(IClassFactory *iface)
{
    (void)iface;
    return 2;
}

static ULONG STDMETHODCALLTYPE factory_Release(IClassFactory *iface)
{
    (void)iface;
    return 1;
}

static HRESULT STDMETHODCALLTYPE factory_CreateInstance(IClassFactory *iface, IUnknown *outer, REFIID riid,
                                                        void **out)
{
    (void)iface;
    *out = NULL;
    if (outer && !wrong(FAULT_AGGREGATION))
        return CLASS_E_NOAGGREGATION;
    if (outer)
        return E_FAIL;
    leave_something();
    if (IsEqualIID(riid, &IID_IWTSProtocolManager))
        return fake_legacy_manager_create(out);
    return fake_manager_create(riid, out);
}

static HRESULT STDMETHODCALLTYPE factory_LockServer(IClassFactory *iface, BOOL lock)
{
    (void)iface;
    if (lock)
        atomic_fetch_add(&fake_objects, 1);
    else
        atomic_fetch_sub(&fake_objects, 1);
    return S_OK;
}

static const IClassFactoryVtbl factory_vtbl = {
    factory_QueryInterface, factory_AddRef, factory_Release, factory_CreateInstance, factory_LockServer,
};
static IClassFactory factory = {&factory_vtbl};

EXPORTED HRESULT STDAPICALLTYPE DllGetClassObject(REFCLSID clsid, REFIID iid, LPVOID *out);
EXPORTED HRESULT STDAPICALLTYPE DllCanUnloadNow(void);

HRESULT STDAPICALLTYPE DllGetClassObject(REFCLSID clsid, REFIID iid, LPVOID *out)
{
    const char *name = getenv("RDSIM_FAKE_FAULT");

    for (unsigned i = 0; name && i < FAULTS; i++)
        if (strcmp(fault_names[i], name) == 0)
            fault = (enum fault)i;
    if (!IsEqualGUID(clsid, &CLSID_Fake)) {
        if (!wrong(FAULT_UNKNOWN_CLASS))
            *out = NULL;
        return CLASS_E_CLASSNOTAVAILABLE;
    }
    return factory_QueryInterface(&factory, iid, out);
}

HRESULT STDAPICALLTYPE DllCanUnloadNow(void)
{
    if (wrong(FAULT_UNLOAD_EARLY))
        return S_OK;
    if (wrong(FAULT_UNLOAD_NEVER))
        return S_FALSE;
    return atomic_load(&fake_objects) == 0 && os_threads_alive() == 0 ? S_OK : S_FALSE;
}
