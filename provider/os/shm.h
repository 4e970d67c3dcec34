/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory shared by two processes that may not trust each other: a sealed memfd (it can neither shrink nor
 * grow) or an unnamed section. The creator maps it; the other side gets the handle by hand-over and maps it
 * after checking its size.
 */
#ifndef RDSPROV_OS_SHM_H
#define RDSPROV_OS_SHM_H

#include "os/os.h"

#define OS_SHM_MAX ((size_t)1 << 30)

struct os_shm {
    void *base; /* NULL when not mapped; page-aligned, zeroed at creation */
    size_t size;
    os_handle handle;
};

#define OS_SHM_INIT                                                                                          \
    {                                                                                                        \
        NULL, 0, OS_NO_HANDLE                                                                                \
    }

enum os_status os_shm_create(struct os_shm *self, size_t size);
/* A new handle for handing over. */
enum os_status os_shm_share(const struct os_shm *self, os_handle *out);
/* Takes the handle over when it succeeds. OS_INVALID when it is not sealed memory of at least `size` bytes.
 */
enum os_status os_shm_map(struct os_shm *self, os_handle handle, size_t size);
void os_shm_finish(struct os_shm *self); /* fine on OS_SHM_INIT and twice */

#endif
