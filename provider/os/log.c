/* SPDX-License-Identifier: Apache-2.0 */
#include "os/log.h"
#include "os/log_private.h"
#include "os/thread.h"
#include "os/utf.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static _Atomic int threshold = LOG_INFO;
/* Held while a line is written: a handle that is closed under a writer may be a link or a client by then. */
static struct os_mutex file_lock = OS_MUTEX_INIT;
static os_handle file = OS_NO_HANDLE;
static log_sink sink;
static void *sink_arg;

static const char *const level_names[] = {"ERROR", "WARN", "INFO", "DEBUG"};

void log_set_sink(log_sink fn, void *arg)
{
    sink = fn;
    sink_arg = arg;
}

enum os_status log_set_file(const char *path)
{
    os_handle opened = OS_NO_HANDLE, old;
    enum os_status status = path ? log_platform_open(path, &opened) : OS_OK;

    if (status != OS_OK)
        return status;
    os_mutex_lock(&file_lock);
    old = file;
    file = opened;
    os_mutex_unlock(&file_lock);
    os_handle_close(old);
    return OS_OK;
}

void log_set_level(enum log_level level)
{
    threshold = (int)level;
}

bool log_enabled(enum log_level level)
{
    return (int)level <= threshold;
}

bool log_level_parse(const char *text, enum log_level *level)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};

    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (strcmp(text, names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* What could move a terminal's cursor, end a line or turn the reading direction of what follows. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Copies src into dst (cap bytes, no terminator) with harmless characters only; returns the length. *cut is
 * set when it did not fit, and the copy ends at a character. */
static size_t copy_clean(char *dst, size_t cap, const char *src, size_t len, bool *cut)
{
    const char *end = src + len;
    size_t used = 0;

    while (src < end) {
        const char *start = src;
        uint32_t c = utf8_next(&src, end);
        size_t bytes;

        if (c == UTF_BAD || is_control(c)) {
            start = "?";
            bytes = 1;
        } else {
            bytes = (size_t)(src - start);
        }
        if (used + bytes > cap) {
            *cut = true;
            break;
        }
        memcpy(dst + used, start, bytes);
        used += bytes;
    }
    return used;
}

size_t log_line(char *line, enum log_level level, const char *area, uint32_t id, const char *text,
                size_t text_len, bool cut)
{
    static const char dots[] = "...";
    size_t len, head;
    int n;

    log_platform_time(line);
    n = id ? snprintf(line + LOG_TIME_LEN, 64, " %s %.32s[%u] ", level_names[level], area, (unsigned)id)
           : snprintf(line + LOG_TIME_LEN, 64, " %s %.32s ", level_names[level], area);
    head = LOG_TIME_LEN + (size_t)n;
    len = head + copy_clean(line + head, LOG_LINE_MAX - head, text, text_len, &cut);
    if (cut) {
        bool again = false;

        len = head + copy_clean(line + head, LOG_LINE_MAX - head - strlen(dots), text, text_len, &again);
        memcpy(line + len, dots, strlen(dots));
        len += strlen(dots);
    }
    return len;
}

void log_emit(enum log_level level, char *line, size_t len)
{
    if (sink) {
        line[len] = 0;
        sink(level, line, len, sink_arg);
        return;
    }
    line[len] = '\n';
    os_mutex_lock(&file_lock);
    log_platform_write(file, line, len + 1);
    os_mutex_unlock(&file_lock);
}

void log_write(enum log_level level, const char *area, uint32_t id, const char *fmt, ...)
{
    char text[LOG_LINE_MAX + 1], line[LOG_LINE_MAX + 1];
    size_t len, text_len;
    bool cut = false;
    va_list args;
    int n;

    if (!log_enabled(level))
        return;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    text_len = n < 0 ? 0 : (size_t)n;
    if (text_len >= sizeof text) {
        text_len = sizeof text - 1;
        cut = true;
    }
    len = log_line(line, level, area, id, text, text_len, cut);
    if (!log_ring_put(level, line, len))
        log_emit(level, line, len);
}
