/* SPDX-License-Identifier: Apache-2.0 */
#include "os/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/win32.h"

_Static_assert(sizeof(struct os_mutex) == sizeof(SRWLOCK), "os_mutex holds an SRWLOCK");
_Static_assert(sizeof(struct os_cond) == sizeof(CONDITION_VARIABLE), "os_cond holds a CONDITION_VARIABLE");

struct os_thread {
    HANDLE handle;
};

struct thread_start {
    void (*fn)(void *arg);
    void *arg;
    HMODULE module;
    char name[32];
};

static atomic_uint threads_alive;

static SRWLOCK *mutex_lock_of(struct os_mutex *mutex)
{
    return (SRWLOCK *)&mutex->srw;
}

static CONDITION_VARIABLE *cond_variable_of(struct os_cond *cond)
{
    return (CONDITION_VARIABLE *)&cond->cv;
}

void os_mutex_init(struct os_mutex *self)
{
    InitializeSRWLock(mutex_lock_of(self));
}

void os_mutex_finish(struct os_mutex *self)
{
    (void)self;
}

void os_mutex_lock(struct os_mutex *self)
{
    AcquireSRWLockExclusive(mutex_lock_of(self));
}

void os_mutex_unlock(struct os_mutex *self)
{
    ReleaseSRWLockExclusive(mutex_lock_of(self));
}

void os_cond_init(struct os_cond *self)
{
    InitializeConditionVariable(cond_variable_of(self));
}

void os_cond_finish(struct os_cond *self)
{
    (void)self;
}

void os_cond_wait(struct os_cond *self, struct os_mutex *mutex)
{
    SleepConditionVariableSRW(cond_variable_of(self), mutex_lock_of(mutex), INFINITE, 0);
}

enum os_status os_cond_wait_ms(struct os_cond *self, struct os_mutex *mutex, unsigned ms)
{
    return SleepConditionVariableSRW(cond_variable_of(self), mutex_lock_of(mutex), ms, 0) ? OS_OK
                                                                                          : OS_TIMEOUT;
}

void os_cond_signal(struct os_cond *self)
{
    WakeConditionVariable(cond_variable_of(self));
}

void os_cond_broadcast(struct os_cond *self)
{
    WakeAllConditionVariable(cond_variable_of(self));
}

void os_once(struct os_once *self, void (*fn)(void))
{
    enum { NEW, RUNNING, DONE };
    int state = NEW;

    if (atomic_load_explicit(&self->state, memory_order_acquire) == DONE)
        return;
    if (atomic_compare_exchange_strong(&self->state, &state, RUNNING)) {
        fn();
        atomic_store_explicit(&self->state, DONE, memory_order_release);
        return;
    }
    while (atomic_load_explicit(&self->state, memory_order_acquire) != DONE)
        Sleep(1);
}

/* SetThreadDescription is in Windows 10 1607 and Server 2016 and newer; the name only helps a debugger. */
static void thread_set_name(const char *name)
{
    typedef HRESULT(WINAPI * set_description_fn)(HANDLE, PCWSTR);
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    union {
        FARPROC proc;
        set_description_fn set;
    } found = {.proc = kernel ? GetProcAddress(kernel, "SetThreadDescription") : NULL};
    uint16_t wide[32];

    if (!found.proc || !name[0])
        return;
    os_utf16_from_utf8(wide, sizeof(wide) / sizeof(wide[0]), name);
    found.set(GetCurrentThread(), (const wchar_t *)wide);
}

static DWORD WINAPI thread_run(void *data)
{
    struct thread_start start = *(struct thread_start *)data;

    free(data);
    thread_set_name(start.name);
    start.fn(start.arg);
    atomic_fetch_sub(&threads_alive, 1);
    /* Not a return: the code that a return would come back to may be unmapped by then. */
    FreeLibraryAndExitThread(start.module, 0);
    return 0;
}

static enum os_status thread_begin(const char *name, void (*fn)(void *arg), void *arg, HANDLE *out)
{
    struct thread_start *start = malloc(sizeof(*start));
    DWORD error;

    *out = NULL;
    if (!start)
        return OS_NO_MEMORY;
    start->fn = fn;
    start->arg = arg;
    snprintf(start->name, sizeof(start->name), "%s", name ? name : "");
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(uintptr_t)thread_run,
                            &start->module)) {
        error = GetLastError();
        free(start);
        return os_status_from_win32(error);
    }
    atomic_fetch_add(&threads_alive, 1);
    *out = CreateThread(NULL, 0, thread_run, start, 0, NULL);
    if (!*out) {
        error = GetLastError();
        atomic_fetch_sub(&threads_alive, 1);
        FreeLibrary(start->module);
        free(start);
        return error == ERROR_ACCESS_DENIED ? OS_DENIED : OS_NO_MEMORY;
    }
    return OS_OK;
}

enum os_status os_thread_start(const char *name, void (*fn)(void *arg), void *arg)
{
    HANDLE handle;
    enum os_status status = thread_begin(name, fn, arg, &handle);

    if (status == OS_OK)
        CloseHandle(handle);
    return status;
}

unsigned os_threads_alive(void)
{
    return atomic_load(&threads_alive);
}

enum os_status os_thread_create(const char *name, void (*fn)(void *arg), void *arg, struct os_thread **out)
{
    struct os_thread *self = malloc(sizeof(*self));
    enum os_status status;

    *out = NULL;
    if (!self)
        return OS_NO_MEMORY;
    status = thread_begin(name, fn, arg, &self->handle);
    if (status != OS_OK) {
        free(self);
        return status;
    }
    *out = self;
    return OS_OK;
}

void os_thread_join(struct os_thread *self)
{
    if (!self)
        return;
    WaitForSingleObject(self->handle, INFINITE);
    CloseHandle(self->handle);
    free(self);
}

uint64_t os_thread_id(void)
{
    return GetCurrentThreadId();
}
