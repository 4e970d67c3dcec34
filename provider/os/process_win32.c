/* SPDX-License-Identifier: Apache-2.0 */
#include "os/process_win32.h"

#include <stdlib.h>
#include <string.h>

#include "os/log.h"
#include "os/pipe.h"

enum os_status os_process_from_handle(HANDLE handle, DWORD id, struct os_process **out)
{
    struct os_process *self = calloc(1, sizeof(*self));

    *out = self;
    if (!self)
        return OS_NO_MEMORY;
    self->handle = handle;
    self->id = id;
    return OS_OK;
}

HANDLE os_process_handle(const struct os_process *self)
{
    return self->handle;
}

uint64_t os_process_id(const struct os_process *self)
{
    return self->id;
}

os_waitable os_process_waitable(struct os_process *self)
{
    return self->handle;
}

bool os_process_ended(struct os_process *self, int *code)
{
    DWORD value = 0;

    if (WaitForSingleObject(self->handle, 0) != WAIT_OBJECT_0)
        return false;
    GetExitCodeProcess(self->handle, &value);
    if (code)
        *code = (int)value;
    return true;
}

void os_process_kill(struct os_process *self)
{
    TerminateProcess(self->handle, OS_EXIT_KILLED);
}

void os_process_terminate(struct os_process *self)
{
    TerminateProcess(self->handle, OS_EXIT_TERMINATED);
}

void os_process_kill_group(struct os_process *self)
{
    if (!self->job || !TerminateJobObject(self->job, OS_EXIT_KILLED))
        os_process_kill(self);
}

enum os_status os_process_stdout(struct os_process *self, void *buf, size_t cap, size_t *len)
{
    DWORD waiting = 0, done = 0;

    *len = 0;
    if (!self->output || !PeekNamedPipe(self->output, NULL, 0, NULL, &waiting, NULL))
        return OS_CLOSED;
    if (waiting == 0)
        return OS_AGAIN;
    if (!ReadFile(self->output, buf, cap < waiting ? (DWORD)cap : waiting, &done, NULL))
        return OS_CLOSED;
    *len = done;
    return OS_OK;
}

void os_process_destroy(struct os_process *self)
{
    if (!self)
        return;
    os_handle_close(self->output);
    os_handle_close(self->job);
    os_handle_close(self->note);
    CloseHandle(self->handle);
    free(self);
}

enum os_status os_inherited_pipe(int *argc, char **argv, struct os_pipe **out)
{
    static LONG taken;
    const size_t prefix = strlen(OS_LINK_ARGUMENT), note = strlen(OS_NOTE_ARGUMENT);
    enum os_status status = OS_OK;
    char *last, *end = "";
    uint64_t value;

    *out = NULL;
    if (InterlockedExchange(&taken, 1))
        return OS_NOT_FOUND;
    arguments_to_utf8(*argc, argv);
    /* The parent puts it behind all others, so that nothing that it passes on can look like it. */
    last = *argc > 1 ? argv[*argc - 1] : "";
    if (strncmp(last, OS_NOTE_ARGUMENT, note) == 0)
        status = spawn_note_read(last + note, &value);
    else if (strncmp(last, OS_LINK_ARGUMENT, prefix) == 0)
        value = strtoull(last + prefix, &end, 16);
    else
        return OS_NOT_FOUND;
    argv[--*argc] = NULL;
    if (status != OS_OK)
        return status;
    if (*end || value == 0 || value > INT32_MAX || (value & 3))
        return OS_INVALID;
    status = os_pipe_from_handle((HANDLE)(uintptr_t)value, out);
    if (status == OS_OK)
        SetHandleInformation((HANDLE)(uintptr_t)value, HANDLE_FLAG_INHERIT, 0);
    return status;
}

bool os_process_all_reaped(void)
{
    return true; /* a closed handle is all there is to it */
}

enum os_status os_module_directory(char *buf, size_t cap)
{
    enum os_status status = OS_FAILED;
    HMODULE module = NULL;
    wchar_t *path, *slash;
    DWORD n;

    if (cap > 0)
        buf[0] = 0;
    if (!(path = malloc(OS_WIN32_PATH_MAX * sizeof(*path))))
        return OS_NO_MEMORY;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (LPCWSTR)(uintptr_t)os_module_directory, &module))
        goto out;
    n = GetModuleFileNameW(module, path, OS_WIN32_PATH_MAX);
    if (n == 0 || n >= OS_WIN32_PATH_MAX || !(slash = wcsrchr(path, L'\\')))
        goto out;
    *slash = 0;
    n = (DWORD)WideCharToMultiByte(CP_UTF8, 0, path, -1, NULL, 0, NULL, NULL);
    if (n > cap) {
        status = OS_TOO_BIG;
        goto out;
    }
    os_utf8_from_utf16(buf, cap, (const uint16_t *)path);
    status = OS_OK;
out:
    free(path);
    return status;
}
