/* SPDX-License-Identifier: Apache-2.0 */
#include "os/utf.h"

#include <string.h>

uint32_t utf8_next(const char **at, const char *end)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const uint8_t *s = (const uint8_t *)*at;
    uint32_t c = *s;
    unsigned more;

    *at += 1;
    if (c < 0x80)
        return c;
    if (c >= 0xc2 && c < 0xe0)
        more = 1;
    else if (c >= 0xe0 && c < 0xf0)
        more = 2;
    else if (c >= 0xf0 && c < 0xf5)
        more = 3;
    else
        return UTF_BAD;
    if ((size_t)(end - *at) < more)
        return UTF_BAD;

    c &= 0x3fu >> more;
    for (unsigned i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return UTF_BAD;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return UTF_BAD;
    *at += more;
    return c;
}

size_t utf8_put(char *dst, uint32_t c)
{
    if (c < 0x80) {
        dst[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        dst[0] = (char)(0xc0 | c >> 6);
        dst[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        dst[0] = (char)(0xe0 | c >> 12);
        dst[1] = (char)(0x80 | (c >> 6 & 0x3f));
        dst[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    dst[0] = (char)(0xf0 | c >> 18);
    dst[1] = (char)(0x80 | (c >> 12 & 0x3f));
    dst[2] = (char)(0x80 | (c >> 6 & 0x3f));
    dst[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

void os_utf8_from_utf16(char *dst, size_t cap, const uint16_t *src)
{
    size_t used = 0;

    if (cap == 0)
        return;
    while (*src) {
        uint32_t c = *src++;
        char bytes[4];
        size_t len;

        if (c >= 0xd800 && c < 0xdc00 && *src >= 0xdc00 && *src < 0xe000)
            c = 0x10000 + ((c - 0xd800) << 10) + (*src++ - 0xdc00u);
        else if (c >= 0xd800 && c < 0xe000)
            c = '?';
        len = utf8_put(bytes, c);
        if (used + len >= cap)
            break;
        memcpy(dst + used, bytes, len);
        used += len;
    }
    dst[used] = 0;
}

bool os_utf16_from_utf8(uint16_t *dst, size_t cap_units, const char *src)
{
    const char *end = src + strlen(src);
    size_t used = 0;

    if (cap_units == 0)
        return false;
    while (src < end) {
        uint32_t c = utf8_next(&src, end);
        size_t len;

        if (c == UTF_BAD)
            c = '?';
        len = c < 0x10000 ? 1 : 2;
        if (used + len >= cap_units) {
            dst[used] = 0;
            return false;
        }
        if (len == 2) {
            dst[used++] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        dst[used++] = (uint16_t)c;
    }
    dst[used] = 0;
    return true;
}
