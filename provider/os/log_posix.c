/* SPDX-License-Identifier: Apache-2.0 */
#include "os/log_private.h"
#include "os/os_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void log_platform_time(char *buf)
{
    char text[64];
    struct timespec now;
    struct tm tm;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (tm.tm_year + 1900) % 10000,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(now.tv_nsec / 1000000));
    snprintf(buf, LOG_TIME_LEN + 1, "%.*s", LOG_TIME_LEN, text);
}

enum os_status log_platform_open(const char *path, os_handle *out)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

    *out = OS_NO_HANDLE;
    if (fd < 0)
        return os_status_from_errno(errno);
    *out = fd;
    return OS_OK;
}

void log_platform_write(os_handle file, const char *line, size_t len)
{
    int fd = file == OS_NO_HANDLE ? STDERR_FILENO : file;
    int saved = errno;

    while (write(fd, line, len) < 0 && errno == EINTR)
        ;
    errno = saved;
}
