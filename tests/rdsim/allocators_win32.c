/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On Windows both allocators are the system's and look alike from outside. CoTaskMemAlloc can be watched
 * through a spy; everything that the spy has not seen and that the process heap knows is taken as
 * LocalAlloc's.
 */
#include "allocators.h"

#include <stdlib.h>

#include "os/thread.h"

#define SEEN_MAX 65536

static struct os_mutex lock = OS_MUTEX_INIT;
static const void *seen[SEEN_MAX]; /* open addressing would not pay: few blocks live at once */
static unsigned seen_count;

static void remember(const void *p)
{
    os_mutex_lock(&lock);
    if (p && seen_count < SEEN_MAX)
        seen[seen_count++] = p;
    os_mutex_unlock(&lock);
}

static bool forget(const void *p, bool remove)
{
    bool found = false;

    os_mutex_lock(&lock);
    for (unsigned i = seen_count; i-- > 0 && !found;)
        if (seen[i] == p) {
            found = true;
            if (remove)
                seen[i] = seen[--seen_count];
        }
    os_mutex_unlock(&lock);
    return found;
}

static HRESULT STDMETHODCALLTYPE spy_QueryInterface(IMallocSpy *iface, REFIID riid, void **out)
{
    static const IID iid_spy = {0x0000001d, 0, 0, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};

    *out = NULL;
    if (!IsEqualGUID(riid, &IID_IUnknown) && !IsEqualGUID(riid, &iid_spy))
        return E_NOINTERFACE;
    *out = iface;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE spy_AddRef(IMallocSpy *iface)
{
    (void)iface;
    return 2;
}

static ULONG STDMETHODCALLTYPE spy_Release(IMallocSpy *iface)
{
    (void)iface;
    return 1;
}

static SIZE_T STDMETHODCALLTYPE spy_PreAlloc(IMallocSpy *iface, SIZE_T size)
{
    (void)iface;
    return size;
}

static void *STDMETHODCALLTYPE spy_PostAlloc(IMallocSpy *iface, void *actual)
{
    (void)iface;
    remember(actual);
    return actual;
}

static void *STDMETHODCALLTYPE spy_PreFree(IMallocSpy *iface, void *request, BOOL spied)
{
    (void)iface;
    (void)spied;
    forget(request, true);
    return request;
}

static void STDMETHODCALLTYPE spy_PostFree(IMallocSpy *iface, BOOL spied)
{
    (void)iface;
    (void)spied;
}

static SIZE_T STDMETHODCALLTYPE spy_PreRealloc(IMallocSpy *iface, void *request, SIZE_T size, void **out,
                                               BOOL spied)
{
    (void)iface;
    (void)spied;
    forget(request, true);
    *out = request;
    return size;
}

static void *STDMETHODCALLTYPE spy_PostRealloc(IMallocSpy *iface, void *actual, BOOL spied)
{
    (void)iface;
    (void)spied;
    remember(actual);
    return actual;
}

static void *STDMETHODCALLTYPE spy_PreAny(IMallocSpy *iface, void *request, BOOL spied)
{
    (void)iface;
    (void)spied;
    return request;
}

static SIZE_T STDMETHODCALLTYPE spy_PostGetSize(IMallocSpy *iface, SIZE_T size, BOOL spied)
{
    (void)iface;
    (void)spied;
    return size;
}

static int STDMETHODCALLTYPE spy_PostDidAlloc(IMallocSpy *iface, void *request, BOOL spied, int actual)
{
    (void)iface;
    (void)request;
    (void)spied;
    return actual;
}

static void STDMETHODCALLTYPE spy_Minimize(IMallocSpy *iface)
{
    (void)iface;
}

static IMallocSpyVtbl spy_vtbl = {
    spy_QueryInterface, spy_AddRef,   spy_Release,      spy_PreAlloc,    spy_PostAlloc,
    spy_PreFree,        spy_PostFree, spy_PreRealloc,   spy_PostRealloc, spy_PreAny,
    spy_PostGetSize,    spy_PreAny,   spy_PostDidAlloc, spy_Minimize,    spy_Minimize,
};
static IMallocSpy spy = {&spy_vtbl};

enum allocator allocator_of(const void *p, size_t *size)
{
    *size = 0;
    if (!p)
        return ALLOCATOR_NONE;
    if (forget(p, false)) {
        *size = HeapSize(GetProcessHeap(), 0, p);
        return ALLOCATOR_TASK;
    }
    if (!HeapValidate(GetProcessHeap(), 0, p))
        return ALLOCATOR_NONE;
    *size = HeapSize(GetProcessHeap(), 0, p);
    return ALLOCATOR_LOCAL;
}

void allocator_free(void *p)
{
    size_t size;

    switch (allocator_of(p, &size)) {
    case ALLOCATOR_LOCAL:
        LocalFree(p);
        break;
    case ALLOCATOR_TASK:
        CoTaskMemFree(p);
        break;
    case ALLOCATOR_NONE:
        break;
    }
}

unsigned allocator_live(void)
{
    return 0; /* COM's own blocks are among those seen */
}

void allocators_start(void)
{
    CoRegisterMallocSpy(&spy);
}

void allocators_finish(void)
{
    CoRevokeMallocSpy();
}
