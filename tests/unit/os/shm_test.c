/* SPDX-License-Identifier: Apache-2.0 */
#include "os_test.h"

#include "os/shm.h"

#ifndef _WIN32
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

TEST(create_share_map)
{
    unsigned handles = os_count_handles();
    struct os_shm a, b = OS_SHM_INIT;
    os_handle handle;
    size_t size = 3 * 1024 * 768 * 4 + 4096 + 1;
    bool zero = true;

    REQUIRE(os_shm_create(&a, size) == OS_OK);
    CHECK_INT(a.size, size);
    CHECK_INT((uintptr_t)a.base % 4096, 0);
    for (size_t i = 0; i < size; i++)
        zero = zero && ((uint8_t *)a.base)[i] == 0;
    CHECK(zero);
    REQUIRE(os_shm_share(&a, &handle) == OS_OK);
    REQUIRE(os_shm_map(&b, handle, size) == OS_OK);
    CHECK(b.base != a.base);
    memset(a.base, 'a', size);
    CHECK_INT(((uint8_t *)b.base)[size - 1], 'a');
    os_shm_finish(&a);
    ((uint8_t *)b.base)[0] = 'b'; /* stays when its maker is gone */
    CHECK_INT(((uint8_t *)b.base)[1], 'a');
    os_shm_finish(&b);
    os_shm_finish(&b);
    CHECK(b.base == NULL);
    CHECK_INT(os_count_handles(), handles);
}

TEST(sizes_are_checked)
{
    struct os_shm a, b;
    os_handle handle;

    CHECK_INT(os_shm_create(&a, 0), OS_INVALID);
    CHECK_INT(os_shm_create(&a, OS_SHM_MAX + 1), OS_TOO_BIG);
    CHECK(a.base == NULL && a.handle == OS_NO_HANDLE);
    os_shm_finish(&a);

    REQUIRE(os_shm_create(&a, 100000) == OS_OK);
    REQUIRE(os_shm_share(&a, &handle) == OS_OK);
    CHECK_INT(os_shm_map(&b, handle, 200000), OS_INVALID);
    CHECK(b.base == NULL && b.handle == OS_NO_HANDLE);
    CHECK_INT(os_shm_map(&b, handle, 0), OS_INVALID);
    CHECK_INT(os_shm_map(&b, handle, OS_SHM_MAX + 1), OS_TOO_BIG);
    REQUIRE(os_shm_map(&b, handle, 50000) == OS_OK); /* the handle was left to us until now */
    os_shm_finish(&b);
    CHECK(os_shm_map(&b, OS_NO_HANDLE, 100) != OS_OK);
    os_shm_finish(&a);
}

#ifndef _WIN32
TEST(only_sealed_memory_is_mapped)
{
    static const int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    static const struct {
        int seals;
        enum os_status want;
    } cases[] = {
        {0, OS_INVALID},
        {F_SEAL_SHRINK, OS_INVALID},
        {F_SEAL_SHRINK | F_SEAL_GROW, OS_INVALID}, /* a write seal could still come */
        {F_SEAL_GROW | F_SEAL_SEAL, OS_INVALID},
        {all | F_SEAL_WRITE, OS_INVALID},
        {all, OS_OK},
    };
    char path[] = "/tmp/rdsprov-unit-XXXXXX";
    struct os_shm shm;
    int fd, fds[2];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fd = memfd_create("unit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        REQUIRE(fd >= 0 && ftruncate(fd, 4096) == 0);
        if (cases[i].seals)
            REQUIRE(fcntl(fd, F_ADD_SEALS, cases[i].seals) == 0);
        CHECK_INT(os_shm_map(&shm, fd, 4096), cases[i].want);
        if (cases[i].want == OS_OK)
            os_shm_finish(&shm);
        else
            close(fd);
    }

    fd = mkstemp(path); /* a file */
    REQUIRE(fd >= 0 && ftruncate(fd, 4096) == 0);
    unlink(path);
    CHECK_INT(os_shm_map(&shm, fd, 4096), OS_INVALID);
    close(fd);
    REQUIRE(pipe(fds) == 0);
    CHECK_INT(os_shm_map(&shm, fds[0], 4096), OS_INVALID);
    close(fds[0]);
    close(fds[1]);
}

TEST(nobody_can_cut_it)
{
    struct os_shm shm;
    char path[64];
    int fd;

    REQUIRE(os_shm_create(&shm, 8192) == OS_OK);
    CHECK(ftruncate(shm.handle, 0) < 0);
    CHECK(ftruncate(shm.handle, 1 << 20) < 0);
    CHECK(fcntl(shm.handle, F_ADD_SEALS, F_SEAL_WRITE) < 0);
    CHECK(fcntl(shm.handle, F_GETFD) & FD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", shm.handle);
    fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
    CHECK(fd < 0);
    ((uint8_t *)shm.base)[8191] = 1;
    fd = open(path, O_RDONLY | O_CLOEXEC); /* a read-only descriptor of it is refused, not mapped half */
    if (fd >= 0) {
        struct os_shm other;

        CHECK_INT(os_shm_map(&other, fd, 8192), OS_INVALID);
        close(fd);
    }
    os_shm_finish(&shm);
}
#endif
