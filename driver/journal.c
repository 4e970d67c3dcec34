/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/thread.h"

#ifdef _WIN32
#include <windows.h>
#endif

static struct os_mutex lock = OS_MUTEX_INIT;
static char lines[JOURNAL_LINES][JOURNAL_LINE_MAX];
static uint64_t written; /* lines ever; the newest is number `written` */

void journal(const char *format, ...)
{
    char line[JOURNAL_LINE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);

    os_mutex_lock(&lock);
    memcpy(lines[written++ % JOURNAL_LINES], line, sizeof(line));
    os_mutex_unlock(&lock);
#ifdef _WIN32
    {
        char text[JOURNAL_LINE_MAX + 16];

        snprintf(text, sizeof(text), "rdsprov_idd: %s\n", line);
        OutputDebugStringA(text);
    }
#else
    if (getenv("RDSPROV_IDD_LOG"))
        fprintf(stderr, "rdsprov_idd: %s\n", line);
#endif
}

size_t journal_read(uint64_t after, char *buf, size_t cap, uint64_t *next)
{
    size_t used = 0;

    os_mutex_lock(&lock);
    if (after > written || written - after > JOURNAL_LINES)
        after = written > JOURNAL_LINES ? written - JOURNAL_LINES : 0;
    while (after < written) {
        const char *line = lines[after % JOURNAL_LINES];
        size_t len = strlen(line);

        if (used + len + 2 > cap)
            break;
        memcpy(buf + used, line, len);
        used += len;
        buf[used++] = '\n';
        after++;
    }
    os_mutex_unlock(&lock);
    *next = after;
    if (cap > 0)
        buf[used] = 0;
    return used;
}
