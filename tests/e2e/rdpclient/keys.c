/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <string.h>

/* Rows of keys with the first one's scancode; a space of a row is a key that types nothing. */
static const struct {
    uint8_t first;
    const char *plain, *shifted;
} rows[] = {
    {0x02, "1234567890-=", "!@#$%^&*()_+"},
    {0x10, "qwertyuiop[]", "QWERTYUIOP{}"},
    {0x1E, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
    {0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?"},
    {0x39, " ", ""},
    {0x1C, "\n", ""},
    {0x0F, "\t", ""},
    {0x0E, "\b", ""},
};

uint8_t keys_of_character(char c, bool *shift)
{
    for (size_t i = 0; c && i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *plain = strchr(rows[i].plain, c), *shifted = strchr(rows[i].shifted, c);

        *shift = !plain;
        if (plain)
            return (uint8_t)(rows[i].first + (plain - rows[i].plain));
        if (shifted)
            return (uint8_t)(rows[i].first + (shifted - rows[i].shifted));
    }
    return 0;
}
