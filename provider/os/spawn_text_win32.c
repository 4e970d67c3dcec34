/* SPDX-License-Identifier: Apache-2.0 */
/* What CreateProcessW wants as text: the program's file, one command line, one environment block. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "os/process_win32.h"

#define COMMAND_LINE_MAX 32767 /* code units with NUL: the limit of CreateProcessW */
#define ENVIRONMENT_MAX 65536  /* code units */

/* Searches only PATH: SearchPathW's own list has the current directory in it. */
static DWORD find_in_path(const wchar_t *name, wchar_t *found)
{
    DWORD size = GetEnvironmentVariableW(L"PATH", NULL, 0), n = 0;
    wchar_t *path = size > 0 ? malloc(size * sizeof(*path)) : NULL;

    if (path && GetEnvironmentVariableW(L"PATH", path, size) < size)
        n = SearchPathW(path, name, L".exe", OS_WIN32_PATH_MAX, found, NULL);
    free(path);
    return n;
}

static bool is_file(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

wchar_t *spawn_find_program(const char *program, enum os_status *status)
{
    wchar_t *name = program[0] ? os_wide_from_utf8(program) : NULL, *found = NULL;
    size_t size = OS_WIN32_PATH_MAX * sizeof(*found);
    DWORD n;

    *status = OS_INVALID;
    if (!name)
        goto out;
    *status = OS_NO_MEMORY;
    if (!(found = malloc(size)))
        goto out;
    if (wcspbrk(name, L"\\/:"))
        n = GetFullPathNameW(name, OS_WIN32_PATH_MAX - 4, found, NULL);
    else
        n = find_in_path(name, found);
    *status = OS_NOT_FOUND;
    if (n == 0 || n >= OS_WIN32_PATH_MAX - 4)
        goto out;
    if (!is_file(found))
        wcscat(found, L".exe");
    if (is_file(found))
        *status = OS_OK;
out:
    free(name);
    if (*status == OS_OK)
        return found;
    free(found);
    return NULL;
}

struct text {
    wchar_t *at;
    size_t len, cap;
    bool full;
};

static void text_put(struct text *self, wchar_t c)
{
    if (self->len + 1 < self->cap)
        self->at[self->len++] = c;
    else
        self->full = true;
    self->at[self->len] = 0;
}

static void text_put_many(struct text *self, wchar_t c, size_t count)
{
    while (count-- > 0)
        text_put(self, c);
}

/* The C runtime's rule: backslashes are plain unless a quote follows, then 2n are n, and 2n+1 are n and a
 * plain quote. */
static void text_put_argument(struct text *self, const wchar_t *arg)
{
    bool quote = !arg[0] || wcspbrk(arg, L" \t\n\v\"");
    size_t slashes = 0;

    if (self->len > 0)
        text_put(self, L' ');
    if (quote)
        text_put(self, L'"');
    for (; *arg; arg++) {
        if (*arg == L'\\') {
            slashes++;
            continue;
        }
        text_put_many(self, L'\\', *arg == L'"' ? 2 * slashes + 1 : slashes);
        text_put(self, *arg);
        slashes = 0;
    }
    text_put_many(self, L'\\', quote ? 2 * slashes : slashes);
    if (quote)
        text_put(self, L'"');
}

enum os_status spawn_command_line(const wchar_t *program, const char *const *args, const wchar_t *link,
                                  wchar_t **out)
{
    struct text text = {.cap = COMMAND_LINE_MAX};
    enum os_status status = OS_INVALID;

    *out = NULL;
    if (!(text.at = malloc(text.cap * sizeof(*text.at))))
        return OS_NO_MEMORY;
    text_put_argument(&text, program);
    for (unsigned i = 0; args && args[i]; i++) {
        wchar_t *wide;

        if (i == OS_SPAWN_ARGS_MAX) {
            status = OS_TOO_BIG;
            goto out;
        }
        if (!(wide = os_wide_from_utf8(args[i])))
            goto out;
        text_put_argument(&text, wide);
        free(wide);
    }
    if (link)
        text_put_argument(&text, link);
    if (text.full) {
        status = OS_TOO_BIG;
        goto out;
    }
    *out = text.at;
    text.at = NULL;
    status = OS_OK;
out:
    free(text.at);
    return status;
}

static size_t name_length(const wchar_t *entry)
{
    /* Names like "=C:" begin with the sign that ends others. */
    const wchar_t *end = wcschr(entry + 1, L'=');

    return end ? (size_t)(end - entry) : wcslen(entry);
}

static int names_compare(const wchar_t *a, const wchar_t *b)
{
    return CompareStringOrdinal(a, (int)name_length(a), b, (int)name_length(b), TRUE) - CSTR_EQUAL;
}

static int entries_compare(const void *a, const void *b)
{
    return names_compare(*(const wchar_t *const *)a, *(const wchar_t *const *)b);
}

static bool is_replaced(const wchar_t *entry, wchar_t *const *added, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (names_compare(entry, added[i]) == 0)
            return true;
    }
    return false;
}

static enum os_status block_make(const wchar_t **entries, size_t count, wchar_t **out)
{
    struct text text = {.cap = ENVIRONMENT_MAX};

    if (!(text.at = malloc(text.cap * sizeof(*text.at))))
        return OS_NO_MEMORY;
    qsort(entries, count, sizeof(*entries), entries_compare);
    for (size_t i = 0; i < count; i++) {
        for (const wchar_t *at = entries[i]; *at; at++)
            text_put(&text, *at);
        text_put(&text, 0);
    }
    text_put(&text, 0);
    if (text.full) {
        free(text.at);
        return OS_TOO_BIG;
    }
    *out = text.at;
    return OS_OK;
}

enum os_status spawn_environment(const char *const *env, wchar_t **out)
{
    wchar_t *mine = NULL, **added = NULL;
    const wchar_t **entries = NULL;
    size_t inherited = 0, count = 0, total = 0;
    enum os_status status = OS_NO_MEMORY;

    *out = NULL;
    if (!env)
        return OS_OK;
    while (env[count])
        count++;
    if (!(mine = GetEnvironmentStringsW()) || !(added = calloc(count + 1, sizeof(*added))))
        goto out;
    for (size_t i = 0; i < count; i++) {
        if (!strchr(env[i], '=') || env[i][0] == '=' || !(added[i] = os_wide_from_utf8(env[i]))) {
            status = OS_INVALID;
            goto out;
        }
    }
    for (const wchar_t *at = mine; *at; at += wcslen(at) + 1)
        inherited++;
    if (!(entries = calloc(inherited + count + 1, sizeof(*entries))))
        goto out;
    for (const wchar_t *at = mine; *at; at += wcslen(at) + 1) {
        if (!is_replaced(at, added, count))
            entries[total++] = at;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_replaced(added[i], added + i + 1, count - i - 1)) /* the last of a name counts */
            entries[total++] = added[i];
    }
    status = block_make(entries, total, out);
out:
    for (size_t i = 0; added && i < count; i++)
        free(added[i]);
    free(added);
    free(entries);
    if (mine)
        FreeEnvironmentStringsW(mine);
    return status;
}
