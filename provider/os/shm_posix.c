/* SPDX-License-Identifier: Apache-2.0 */
#include "os/shm.h"
#include "os/os_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u /* Linux 6.3 */
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int create_fd(void)
{
    int fd = memfd_create("rdsprov", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

    if (fd < 0 && errno == EINVAL)
        fd = memfd_create("rdsprov", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd;
}

enum os_status os_shm_create(struct os_shm *self, size_t size)
{
    enum os_status status;
    void *base;
    int fd;

    *self = (struct os_shm)OS_SHM_INIT;
    if (size == 0)
        return OS_INVALID;
    if (size > OS_SHM_MAX)
        return OS_TOO_BIG;
    fd = create_fd();
    if (fd < 0)
        return os_status_from_errno(errno);
    if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        goto fail;
    base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        goto fail;

    self->base = base;
    self->size = size;
    self->handle = fd;
    return OS_OK;
fail:
    status = os_status_from_errno(errno);
    close(fd);
    return status;
}

enum os_status os_shm_share(const struct os_shm *self, os_handle *out)
{
    return os_handle_duplicate(self->handle, out);
}

enum os_status os_shm_map(struct os_shm *self, os_handle handle, size_t size)
{
    struct stat st;
    void *base;
    int seals;

    *self = (struct os_shm)OS_SHM_INIT;
    if (size == 0)
        return OS_INVALID;
    if (size > OS_SHM_MAX)
        return OS_TOO_BIG;
    /* Without the seals its maker could cut it later, and the next touch of a page would be a SIGBUS here. */
    seals = fcntl(handle, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS || (seals & ~(SEALS | F_SEAL_EXEC)))
        return OS_INVALID;
    if (fstat(handle, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size < size)
        return OS_INVALID;
    base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    if (base == MAP_FAILED)
        return errno == ENOMEM ? OS_NO_MEMORY : OS_INVALID; /* such as a read-only descriptor */

    self->base = base;
    self->size = size;
    self->handle = handle;
    return OS_OK;
}

void os_shm_finish(struct os_shm *self)
{
    if (self->base)
        munmap(self->base, self->size);
    os_handle_close(self->handle);
    *self = (struct os_shm)OS_SHM_INIT;
}
