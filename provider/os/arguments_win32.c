/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "os/process_win32.h"

/* No wildcards in arguments: what one program passes to another is not for a third party to expand. */
int _dowildcard = 0;

/* Steps over one argument and writes it, without its quotes, to dst (as long as the command line). The
 * inverse of text_put_argument in spawn_text_win32.c, by the C runtime's rules. The program's name has no
 * escapes. */
static const wchar_t *argument_next(const wchar_t *at, bool first, wchar_t *dst)
{
    bool quoted = false;

    while (*at && (quoted || (*at != L' ' && *at != L'\t'))) {
        size_t slashes = first ? 0 : wcsspn(at, L"\\");

        if (at[slashes] == L'"') {
            for (size_t i = 0; i < slashes / 2; i++)
                *dst++ = L'\\';
            at += slashes + 1;
            if (slashes % 2) {
                *dst++ = L'"';
            } else if (quoted && !first && *at == L'"') {
                *dst++ = *at++; /* "" inside quotes */
            } else {
                quoted = !quoted;
            }
            continue;
        }
        if (slashes == 0)
            slashes = 1; /* any other character */
        wmemcpy(dst, at, slashes);
        dst += slashes;
        at += slashes;
    }
    *dst = 0;
    return at + wcsspn(at, L" \t");
}

static char *utf8_copy(const wchar_t *text)
{
    size_t cap = wcslen(text) * 3 + 1;
    char *copy = malloc(cap);

    if (copy)
        os_utf8_from_utf16(copy, cap, (const uint16_t *)text);
    return copy;
}

void arguments_to_utf8(int argc, char **argv)
{
    const wchar_t *at = GetCommandLineW();
    wchar_t *text = malloc((wcslen(at) + 1) * sizeof(*text));
    char **copies = calloc((size_t)argc + 1, sizeof(*copies));
    int count = 0;

    while (text && copies && count < argc && *at) {
        at = argument_next(at, count == 0, text);
        if (!(copies[count] = utf8_copy(text)))
            break;
        count++;
    }
    if (count == argc && !*at) {
        memcpy(argv, copies, (size_t)argc * sizeof(*copies));
    } else {
        for (int i = 0; i < count; i++)
            free(copies[i]);
    }
    free(copies);
    free(text);
}
