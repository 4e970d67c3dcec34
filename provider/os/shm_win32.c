/* SPDX-License-Identifier: Apache-2.0 */
#include "os/shm.h"

#include "os/win32.h"

#include <psapi.h>

enum os_status os_shm_create(struct os_shm *self, size_t size)
{
    HANDLE section;
    void *base;
    DWORD error;

    *self = (struct os_shm)OS_SHM_INIT;
    if (size == 0)
        return OS_INVALID;
    if (size > OS_SHM_MAX)
        return OS_TOO_BIG;
    section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_COMMIT,
                                 (DWORD)((uint64_t)size >> 32), (DWORD)size, NULL);
    if (!section)
        return os_status_from_win32(GetLastError());
    base = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, size);
    if (!base) {
        error = GetLastError();
        CloseHandle(section);
        return os_status_from_win32(error);
    }
    self->base = base;
    self->size = size;
    self->handle = section;
    return OS_OK;
}

enum os_status os_shm_share(const struct os_shm *self, os_handle *out)
{
    HANDLE copy = NULL;

    *out = OS_NO_HANDLE;
    if (self->handle == OS_NO_HANDLE)
        return OS_INVALID;
    /* Only what mapping needs: the receiver cannot change the section's security or map it as code. */
    if (!DuplicateHandle(GetCurrentProcess(), self->handle, GetCurrentProcess(), &copy,
                         SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_QUERY, FALSE, 0))
        return os_status_from_win32(GetLastError());
    *out = copy;
    return OS_OK;
}

/* A view that cannot fault later: all of it committed, readable, writable, and backed by the paging file. A
 * section over a file could fail to page in, and one made with SEC_RESERVE has no memory behind its pages. */
static bool shm_view_is_sound(const uint8_t *base, size_t size)
{
    wchar_t name[8];
    size_t seen = 0;

    while (seen < size) {
        MEMORY_BASIC_INFORMATION info;

        if (VirtualQuery(base + seen, &info, sizeof(info)) != sizeof(info) || info.RegionSize == 0)
            return false;
        if (info.State != MEM_COMMIT || info.Type != MEM_MAPPED || info.Protect != PAGE_READWRITE)
            return false;
        seen = (size_t)((const uint8_t *)info.BaseAddress - base) + info.RegionSize;
    }
    /* A file's name does not fit or does; only memory without a file has none. */
    return K32GetMappedFileNameW(GetCurrentProcess(), (void *)(uintptr_t)base, name,
                                 sizeof(name) / sizeof(name[0])) == 0 &&
           GetLastError() != ERROR_INSUFFICIENT_BUFFER && GetLastError() != ERROR_MORE_DATA;
}

enum os_status os_shm_map(struct os_shm *self, os_handle handle, size_t size)
{
    void *base;

    *self = (struct os_shm)OS_SHM_INIT;
    if (handle == OS_NO_HANDLE || size == 0)
        return OS_INVALID;
    if (size > OS_SHM_MAX)
        return OS_TOO_BIG;
    /* Fails when the section is smaller than `size`. A section never shrinks. */
    base = MapViewOfFile(handle, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, size);
    if (!base)
        return GetLastError() == ERROR_NOT_ENOUGH_MEMORY ? OS_NO_MEMORY : OS_INVALID;
    if (!shm_view_is_sound(base, size)) {
        UnmapViewOfFile(base);
        return OS_INVALID;
    }
    self->base = base;
    self->size = size;
    self->handle = handle;
    return OS_OK;
}

void os_shm_finish(struct os_shm *self)
{
    if (self->base)
        UnmapViewOfFile(self->base);
    os_handle_close(self->handle);
    *self = (struct os_shm)OS_SHM_INIT;
}
