/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/text.h"

#include <string.h>

#include "os/os.h"

#define TEXT_MAX 2048 /* UTF-16 units that are looked at */

bool text_utf16(uint16_t *dst, size_t cap_units, const char *src)
{
    bool whole = os_utf16_from_utf8(dst, cap_units, src ? src : "");

    for (size_t i = 0; i < cap_units && dst[i]; i++) {
        if (dst[i] < 0x20 || (dst[i] >= 0x7f && dst[i] < 0xa0)) {
            dst[i] = '?';
            whole = false;
        }
    }
    return whole;
}

bool text_clean(char *dst, size_t cap, const char *src)
{
    uint16_t wide[TEXT_MAX];
    bool whole = os_utf16_from_utf8(wide, TEXT_MAX, src ? src : "");

    for (size_t i = 0; wide[i]; i++) {
        if (wide[i] < 0x20 || (wide[i] >= 0x7f && wide[i] < 0xa0))
            wide[i] = wide[i] == '\n' || wide[i] == '\t' ? ' ' : '?';
    }
    os_utf8_from_utf16(dst, cap, wide);
    return whole && (!src || strlen(dst) + 4 < cap);
}
