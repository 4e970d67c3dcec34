/* SPDX-License-Identifier: Apache-2.0 */
#include "register/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/win32.h"

#define VIEW KEY_WOW64_64KEY
#define NAME_UNITS 256 /* with NUL: keys have at most 255 characters, and so have the values that we take */

struct registry_win32 {
    struct registry base;
    char root[REGISTRY_PATH_MAX];
};

static wchar_t *wide_path(struct registry *registry, const char *path)
{
    const struct registry_win32 *self = (const struct registry_win32 *)registry;
    char full[REGISTRY_PATH_MAX * 2];

    snprintf(full, sizeof(full), "%s%s%s", self->root, self->root[0] && path[0] ? "\\" : "", path);
    return os_wide_from_utf8(full);
}

static enum os_status open_key(struct registry *self, const char *path, REGSAM access, HKEY *out)
{
    wchar_t *wide = wide_path(self, path);
    LSTATUS error;

    *out = NULL;
    if (!wide)
        return OS_INVALID;
    error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide, 0, access | VIEW, out);
    free(wide);
    return error == ERROR_SUCCESS ? OS_OK : os_status_from_win32((DWORD)error);
}

static enum os_status win32_key_exists(struct registry *self, const char *path)
{
    HKEY key;
    enum os_status status = open_key(self, path, KEY_READ, &key);

    if (status == OS_OK)
        RegCloseKey(key);
    return status;
}

static enum os_status win32_key_create(struct registry *self, const char *path)
{
    const char *end = strrchr(path, '\\'), *name = end ? end + 1 : path;
    size_t n = end ? (size_t)(end - path) : 0;
    char parent[REGISTRY_PATH_MAX];
    enum os_status status;
    wchar_t *wide = NULL;
    HKEY key = NULL, made = NULL;
    DWORD what = 0;
    LSTATUS error;

    if (n >= sizeof(parent))
        return OS_INVALID;
    memcpy(parent, path, n);
    parent[n] = 0;
    if ((status = open_key(self, parent, KEY_CREATE_SUB_KEY, &key)) != OS_OK)
        return status;
    if (!(wide = os_wide_from_utf8(name))) {
        status = OS_INVALID;
        goto out;
    }
    error = RegCreateKeyExW(key, wide, 0, NULL, 0, KEY_READ | VIEW, NULL, &made, &what);
    if (error != ERROR_SUCCESS)
        status = os_status_from_win32((DWORD)error);
    else if (what != REG_CREATED_NEW_KEY)
        status = OS_BUSY;
    if (made)
        RegCloseKey(made);
out:
    free(wide);
    RegCloseKey(key);
    return status;
}

static enum os_status win32_key_delete(struct registry *self, const char *path)
{
    DWORD keys = 0, values = 0;
    enum os_status status;
    wchar_t *wide;
    LSTATUS error;
    HKEY key;

    if ((status = open_key(self, path, KEY_READ, &key)) != OS_OK)
        return status;
    error = RegQueryInfoKeyW(key, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL, NULL);
    RegCloseKey(key);
    if (error != ERROR_SUCCESS)
        return os_status_from_win32((DWORD)error);
    if (keys > 0 || values > 0)
        return OS_BUSY;
    if (!(wide = wide_path(self, path)))
        return OS_INVALID;
    error = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, wide, VIEW, 0);
    free(wide);
    return error == ERROR_SUCCESS ? OS_OK : os_status_from_win32((DWORD)error);
}

/* Half a surrogate pair could not be written back: such a name is an error, not a '?'. */
static enum os_status narrow_name(const wchar_t *wide, char name[REGISTRY_NAME_MAX])
{
    return WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, name, REGISTRY_NAME_MAX, NULL, NULL) >
                   0
               ? OS_OK
               : OS_INVALID;
}

static enum os_status enumerated(LSTATUS error, const wchar_t *wide, char name[REGISTRY_NAME_MAX])
{
    if (error == ERROR_NO_MORE_ITEMS)
        return OS_NOT_FOUND;
    if (error == ERROR_MORE_DATA)
        return OS_TOO_BIG;
    return error == ERROR_SUCCESS ? narrow_name(wide, name) : os_status_from_win32((DWORD)error);
}

static enum os_status win32_key_at(struct registry *self, const char *path, unsigned i,
                                   char name[REGISTRY_NAME_MAX])
{
    wchar_t wide[NAME_UNITS];
    DWORD units = NAME_UNITS;
    enum os_status status;
    HKEY key;

    name[0] = 0;
    if ((status = open_key(self, path, KEY_READ, &key)) != OS_OK)
        return status;
    status = enumerated(RegEnumKeyExW(key, i, wide, &units, NULL, NULL, NULL, NULL), wide, name);
    RegCloseKey(key);
    return status;
}

static enum os_status win32_value_at(struct registry *self, const char *path, unsigned i,
                                     char name[REGISTRY_NAME_MAX])
{
    wchar_t wide[NAME_UNITS];
    DWORD units = NAME_UNITS;
    enum os_status status;
    HKEY key;

    name[0] = 0;
    if ((status = open_key(self, path, KEY_READ, &key)) != OS_OK)
        return status;
    status = enumerated(RegEnumValueW(key, i, wide, &units, NULL, NULL, NULL, NULL), wide, name);
    RegCloseKey(key);
    return status;
}

static enum os_status win32_value_get(struct registry *self, const char *path, const char *name,
                                      struct registry_value *out)
{
    wchar_t *wide = NULL;
    DWORD type = 0, size = 0;
    uint8_t *data = NULL;
    enum os_status status;
    LSTATUS error;
    HKEY key;

    registry_value_finish(out);
    if ((status = open_key(self, path, KEY_READ, &key)) != OS_OK)
        return status;
    if (!(wide = os_wide_from_utf8(name))) {
        status = OS_INVALID;
        goto out;
    }
    error = RegQueryValueExW(key, wide, NULL, &type, NULL, &size);
    if (error == ERROR_SUCCESS && size > REGISTRY_DATA_MAX) {
        status = OS_TOO_BIG;
    } else if (error == ERROR_SUCCESS && size > 0) {
        if (!(data = malloc(size)))
            status = OS_NO_MEMORY;
        else
            error = RegQueryValueExW(key, wide, NULL, &type, data, &size);
    }
    if (error != ERROR_SUCCESS)
        status = os_status_from_win32((DWORD)error);
    if (status == OS_OK) {
        out->type = type;
        out->size = size;
        out->data = data;
        data = NULL;
    }
out:
    free(data);
    free(wide);
    RegCloseKey(key);
    return status;
}

static enum os_status win32_value_set(struct registry *self, const char *path, const char *name,
                                      const struct registry_value *value)
{
    enum os_status status;
    wchar_t *wide;
    LSTATUS error;
    HKEY key;

    if ((status = open_key(self, path, KEY_SET_VALUE, &key)) != OS_OK)
        return status;
    wide = os_wide_from_utf8(name);
    error =
        wide ? RegSetValueExW(key, wide, 0, value->type, value->data, value->size) : ERROR_INVALID_PARAMETER;
    free(wide);
    RegCloseKey(key);
    return error == ERROR_SUCCESS ? OS_OK : os_status_from_win32((DWORD)error);
}

static enum os_status win32_value_delete(struct registry *self, const char *path, const char *name)
{
    enum os_status status;
    wchar_t *wide;
    LSTATUS error;
    HKEY key;

    if ((status = open_key(self, path, KEY_SET_VALUE, &key)) != OS_OK)
        return status;
    wide = os_wide_from_utf8(name);
    error = wide ? RegDeleteValueW(key, wide) : ERROR_INVALID_PARAMETER;
    free(wide);
    RegCloseKey(key);
    return error == ERROR_SUCCESS ? OS_OK : os_status_from_win32((DWORD)error);
}

static void win32_destroy(struct registry *self)
{
    free(self);
}

enum os_status registry_win32_create(const char *root, struct registry **out)
{
    static const struct registry_impl impl = {
        win32_key_exists, win32_key_create, win32_key_delete,   win32_key_at,  win32_value_at,
        win32_value_get,  win32_value_set,  win32_value_delete, win32_destroy,
    };
    struct registry_win32 *self;

    *out = NULL;
    if (strlen(root) >= sizeof(self->root))
        return OS_TOO_BIG;
    if (!(self = calloc(1, sizeof(*self))))
        return OS_NO_MEMORY;
    self->base.impl = &impl;
    memcpy(self->root, root, strlen(root) + 1);
    *out = &self->base;
    return OS_OK;
}
