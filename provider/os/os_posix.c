/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_posix.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum os_status os_status_from_errno(int error)
{
    switch (error) {
    case 0:
        return OS_OK;
    case EAGAIN:
        return OS_AGAIN;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
        return OS_CLOSED;
    case ETIMEDOUT:
        return OS_TIMEOUT;
    case EMSGSIZE:
    case ENAMETOOLONG:
    case EFBIG:
    case E2BIG:
        return OS_TOO_BIG;
    case ENOMEM:
    case ENOBUFS:
    case EMFILE:
    case ENFILE:
    case ENOSPC:
        return OS_NO_MEMORY;
    case EACCES:
    case EPERM:
    case EROFS:
        return OS_DENIED;
    case EADDRINUSE:
    case EBUSY:
    case EEXIST:
        return OS_BUSY;
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
        return OS_NOT_FOUND;
    case EINVAL:
    case EISDIR:
    case ENOEXEC:
    case ELOOP:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return OS_INVALID;
    default:
        return OS_FAILED;
    }
}

const char *os_last_error_text(char *buf, size_t cap)
{
    int error = errno;
    char text[128];

    if (cap)
        snprintf(buf, cap, "%s", strerror_r(error, text, sizeof text));
    errno = error;
    return buf;
}

uint64_t os_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t os_now_us(void)
{
    return os_now_ns() / 1000;
}

uint64_t os_now_ms(void)
{
    return os_now_ns() / 1000000;
}

void os_sleep_ms(unsigned ms)
{
    struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

enum os_status os_random(void *buf, size_t len)
{
    uint8_t *at = buf;

    while (len) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return OS_FAILED;
        at += n;
        len -= (size_t)n;
    }
    return OS_OK;
}

void os_handle_close(os_handle handle)
{
    if (handle >= 0)
        close(handle);
}

enum os_status os_handle_duplicate(os_handle handle, os_handle *out)
{
    int fd = fcntl(handle, F_DUPFD_CLOEXEC, 3);

    *out = OS_NO_HANDLE;
    if (fd < 0)
        return errno == EBADF ? OS_INVALID : os_status_from_errno(errno);
    *out = fd;
    return OS_OK;
}

static unsigned count_entries(const char *path)
{
    DIR *dir = opendir(path);
    unsigned count = 0;
    struct dirent *entry;

    if (!dir)
        return 0;
    while ((entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

unsigned os_count_handles(void)
{
    unsigned count = count_entries("/proc/self/fd");

    return count ? count - 1 : 0; /* the directory's own descriptor */
}

unsigned os_count_threads(void)
{
    return count_entries("/proc/self/task");
}

unsigned os_resident_kib(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return (unsigned)(resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024);
}

/* What the loader knows is only passed on here, never read: another thread's dlclose() may free it later, in
 * an order that the loader's lock ensures and a thread sanitizer cannot see. */
const char *os_module_path(void)
{
    static const char here;
    struct link_map *map = NULL;
    Dl_info info;

    if (!dladdr1(&here, &info, (void **)&map, RTLD_DL_LINKMAP) || map == _r_debug.r_map)
        return NULL;
    return info.dli_fname;
}

enum os_status os_wait_readable(int fd, uint32_t ms)
{
    uint64_t end = os_now_ms() + ms;
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    for (;;) {
        uint64_t now = os_now_ms();
        int left = ms == UINT32_MAX ? -1 : end <= now ? 0 : end - now > 1000000 ? 1000000 : (int)(end - now);
        int n = poll(&wait, 1, left);

        if (n > 0)
            return OS_OK;
        if (n < 0 && errno != EINTR)
            return OS_FAILED;
        if (n == 0 && ms != UINT32_MAX && os_now_ms() >= end)
            return OS_TIMEOUT;
    }
}
