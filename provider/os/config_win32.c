/* SPDX-License-Identifier: Apache-2.0 */
#include "os/config_win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "os/config_values.h"

#define LISTENER_MAX 64          /* bytes with NUL */
#define RAW_MAX (2 * 1024)       /* code units of one registry value that we look at, with NUL */
#define NAME_UNITS_MAX 256       /* the registry's own limit for a value's name, with NUL */
#define REGISTRY_VALUES_MAX 4096 /* of one key: ours and others' */

struct reader {
    struct os_config *into;
    char *problem;
    size_t cap;
};

bool config_key_path(const char *listener, wchar_t out[CONFIG_PATH_MAX])
{
    size_t at = wcslen(CONFIG_ROOT);

    if (!listener[0] || strlen(listener) >= LISTENER_MAX || strpbrk(listener, "\\/"))
        return false;
    wmemcpy(out, CONFIG_ROOT L"\\", at + 2);
    return os_utf16_from_utf8((uint16_t *)out + at + 1, CONFIG_PATH_MAX - at - 1, listener);
}

static enum os_status complain(struct reader *self, enum os_status status, const char *key, const char *what)
{
    const char *place = os_config_place(self->into);

    if (key)
        snprintf(self->problem, self->cap, "%s, value \"%s\": %s", place, key, what);
    else
        snprintf(self->problem, self->cap, "%s: %s", place, what);
    return status;
}

/* Strict, unlike os_utf8_from_utf16: half a surrogate pair is an error of whoever wrote it. */
static bool utf8_from_wide(char *dst, size_t cap, const wchar_t *src)
{
    return WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, src, -1, dst, (int)cap, NULL, NULL) > 0;
}

/* `data` has room for a terminator that the registry does not promise. */
static enum os_status read_text(struct reader *self, const char *key, DWORD type, wchar_t *data, DWORD bytes,
                                char value[OS_CONFIG_VALUE_MAX])
{
    wchar_t expanded[RAW_MAX];
    size_t units = bytes / sizeof(*data);
    DWORD n;

    if (bytes % sizeof(*data))
        return complain(self, OS_INVALID, key, "not UTF-16 text");
    while (units > 0 && data[units - 1] == 0)
        units--;
    data[units] = 0;
    if (wcslen(data) != units)
        return complain(self, OS_INVALID, key, "has a zero character inside");
    if (type == REG_EXPAND_SZ) {
        n = ExpandEnvironmentStringsW(data, expanded, RAW_MAX);
        if (n == 0 || n > RAW_MAX)
            return complain(self, OS_INVALID, key, "is too long");
        data = expanded;
    }
    if (utf8_from_wide(value, OS_CONFIG_VALUE_MAX, data))
        return OS_OK;
    return complain(self, OS_INVALID, key,
                    GetLastError() == ERROR_INSUFFICIENT_BUFFER ? "is too long" : "not UTF-16 text");
}

/* The key belongs to the listener, not to us: the system keeps values there, too. A name that cannot be one
 * of ours and a type that we do not read are left alone. */
static enum os_status read_value(struct reader *self, const wchar_t *name, DWORD type, wchar_t *data,
                                 DWORD bytes, bool whole)
{
    char key[CONFIG_KEY_MAX], value[OS_CONFIG_VALUE_MAX];
    enum os_status status;
    DWORD number;

    if ((type != REG_SZ && type != REG_EXPAND_SZ && type != REG_DWORD) || !name[0] ||
        !utf8_from_wide(key, sizeof(key), name) || !config_key_is_good(key))
        return OS_OK;
    if (!whole)
        return complain(self, OS_INVALID, key, "is too long");
    if (type == REG_DWORD) {
        if (bytes != sizeof(number))
            return complain(self, OS_INVALID, key, "a DWORD that has not four bytes");
        memcpy(&number, data, sizeof(number));
        snprintf(value, sizeof(value), "%lu", (unsigned long)number);
    } else if ((status = read_text(self, key, type, data, bytes, value)) != OS_OK) {
        return status;
    }
    status = config_values_add(self->into, key, value);
    os_wipe(value, sizeof(value));
    switch (status) {
    case OS_OK:
        return OS_OK;
    case OS_INVALID:
        return complain(self, OS_INVALID, key, "has a character that is not allowed");
    case OS_TOO_BIG:
        return complain(self, OS_INVALID, key, "is one value too many");
    default:
        return complain(self, status, key, os_status_text(status));
    }
}

static enum os_status read_values(struct reader *self, HKEY key)
{
    wchar_t name[NAME_UNITS_MAX], *data = malloc((RAW_MAX + 1) * sizeof(*data));
    enum os_status status = OS_OK;

    if (!data)
        return complain(self, OS_NO_MEMORY, NULL, "out of memory");
    for (DWORD i = 0; i < REGISTRY_VALUES_MAX && status == OS_OK; i++) {
        DWORD units = NAME_UNITS_MAX, bytes = RAW_MAX * sizeof(*data), type = REG_NONE;
        LONG error = RegEnumValueW(key, i, name, &units, NULL, &type, (BYTE *)data, &bytes);

        if (error == ERROR_NO_MORE_ITEMS)
            break;
        if (error != ERROR_SUCCESS && error != ERROR_MORE_DATA) {
            status = complain(self, os_status_from_win32((DWORD)error), NULL, "cannot be read");
            break;
        }
        if (error == ERROR_MORE_DATA)
            units = (DWORD)wcsnlen(name, NAME_UNITS_MAX - 1);
        name[units] = 0;
        status = read_value(self, name, type, data, bytes, error == ERROR_SUCCESS);
    }
    os_wipe(data, (RAW_MAX + 1) * sizeof(*data));
    free(data);
    return status;
}

enum os_status os_config_open(const char *listener, struct os_config **out, char *problem, size_t cap)
{
    wchar_t path[CONFIG_PATH_MAX];
    char narrow[CONFIG_PATH_MAX], place[CONFIG_PLACE_MAX];
    struct reader self = {.problem = problem, .cap = cap};
    enum os_status status = OS_NO_MEMORY;
    HKEY key = NULL;
    LONG error;

    *out = NULL;
    if (cap > 0)
        problem[0] = 0;
    if (!config_key_path(listener, path)) {
        snprintf(problem, cap, "\"%.*s\" cannot be a listener's name", LISTENER_MAX, listener);
        return OS_INVALID;
    }
    os_utf8_from_utf16(narrow, sizeof(narrow), (const uint16_t *)path);
    snprintf(place, sizeof(place), "registry key HKLM\\%s", narrow);
    if (!(self.into = config_values_create(place))) {
        snprintf(problem, cap, "%s: out of memory", place);
        return status;
    }
    error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key);
    if (error != ERROR_SUCCESS) {
        status = os_status_from_win32((DWORD)error);
        complain(&self, status, NULL, status == OS_NOT_FOUND ? "no such key" : os_status_text(status));
        goto out;
    }
    if ((status = read_values(&self, key)) != OS_OK)
        goto out;
    *out = self.into;
    self.into = NULL;
out:
    if (key)
        RegCloseKey(key);
    os_config_destroy(self.into);
    return status;
}
