/* SPDX-License-Identifier: Apache-2.0 */
#include "com/com.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

HRESULT com_end(const struct com_call *call, HRESULT hr, const char *fmt, ...)
{
    uint64_t took = os_now_us() - call->begin_us;
    enum log_level level = call->level;
    char text[512];
    va_list args;

    /* E_NOTIMPL is an answer that the contract knows */
    if (FAILED(hr) && hr != E_NOTIMPL && hr != E_NOINTERFACE)
        level = LOG_WARN;
    if (!log_enabled(level))
        return hr;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log_write(level, "com", call->id, "%s(%s) = 0x%08x %lluus", call->name, text, (unsigned)hr,
              (unsigned long long)took);
    return hr;
}

static bool is_high(uint16_t unit)
{
    return (unit & 0xfc00) == 0xd800;
}

static bool is_low(uint16_t unit)
{
    return (unit & 0xfc00) == 0xdc00;
}

/* What the link carries: no half of a pair, no control character. */
static bool is_text(const uint16_t *src, size_t n)
{
    if (is_high(src[n]))
        return is_low(src[n + 1]);
    if (is_low(src[n]))
        return n > 0 && is_high(src[n - 1]);
    return src[n] >= 0x20 && src[n] != 0x7f;
}

bool wide_copy(WCHAR *dst, size_t cap, const uint16_t *src)
{
    size_t n = 0;

    while (src[n] && n + 1 < cap) {
        dst[n] = is_text(src, n) ? (WCHAR)src[n] : u'?';
        n++;
    }
    if (src[n] && n > 0 && is_high(src[n - 1]))
        n--;
    dst[n] = 0;
    return src[n] == 0;
}

struct wide_text wide_text(const WCHAR *text)
{
    struct wide_text out = {""};

    if (text)
        os_utf8_from_utf16(out.text, sizeof(out.text), (const uint16_t *)text);
    return out;
}
