/* SPDX-License-Identifier: Apache-2.0 */
#include "os/log_private.h"
#include "os/os_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Days since 1970 as a date. Not gmtime_r: it takes a lock of the C library's. Years begin in March here, so
 * that the leap day is the last of one, and 400 of them always have the same number of days. */
static void date_of(int64_t days, int *year, int *month, int *day)
{
    int64_t since = days + 719468; /* from 1 March of the year 0 */
    int64_t era = since / 146097, of_era = since % 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t months = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * months + 2) / 5 + 1);
    *month = (int)(months < 10 ? months + 3 : months - 9);
    *year = (int)(years + era * 400 + (*month <= 2));
}

void log_platform_time(char *buf)
{
    char text[64];
    struct timespec now;
    int year, month, day, seconds;

    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec < 0)
        now.tv_sec = 0;
    date_of(now.tv_sec / 86400, &year, &month, &day);
    seconds = (int)(now.tv_sec % 86400);
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year % 10000, month, day,
             seconds / 3600, seconds / 60 % 60, seconds % 60, (int)(now.tv_nsec / 1000000));
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

static sem_t sleeper;

enum os_status log_platform_sleeper_open(void)
{
    return sem_init(&sleeper, 0, 0) == 0 ? OS_OK : os_status_from_errno(errno);
}

void log_platform_sleeper_close(void)
{
    sem_destroy(&sleeper);
}

void log_platform_sleep(void)
{
    while (sem_wait(&sleeper) < 0 && errno == EINTR)
        ;
}

void log_platform_wake(void)
{
    int saved = errno;

    sem_post(&sleeper);
    errno = saved;
}
