/* SPDX-License-Identifier: Apache-2.0 */
#include "os/config_win32.h"

#include <stdlib.h>
#include <wchar.h>

/* Values: REG_NOTIFY_CHANGE_LAST_SET; keys that come and go: REG_NOTIFY_CHANGE_NAME. Without THREAD_AGNOSTIC
 * the event would also be set when the thread that asked ends (Windows 8 and newer know the flag). */
#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000L
#endif

struct os_config_watch {
    HANDLE changed; /* manual reset */
    HKEY key;       /* the listener's key, or the nearest one above it that exists */
    HKEY root;      /* the key above the listener's, which tells when that is deleted */
    wchar_t path[CONFIG_PATH_MAX];
};

/* A key that does not exist cannot be watched: its parent tells when it comes. */
static HKEY open_nearest(const wchar_t *path, size_t *len)
{
    wchar_t part[CONFIG_PATH_MAX];
    HKEY key = NULL;

    wcscpy(part, path);
    while (RegOpenKeyExW(HKEY_LOCAL_MACHINE, part, 0, KEY_NOTIFY | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS) {
        wchar_t *slash = wcsrchr(part, L'\\');

        if (!slash)
            return NULL;
        *slash = 0;
    }
    *len = wcslen(part);
    return key;
}

/* Has a key come below the one that we watch, before we watched it? */
static bool nearer_exists(const wchar_t *path, size_t len)
{
    size_t now = 0;
    HKEY key = open_nearest(path, &now);

    if (key)
        RegCloseKey(key);
    return now > len;
}

static void watch_close(struct os_config_watch *self)
{
    if (self->root)
        RegCloseKey(self->root);
    if (self->key)
        RegCloseKey(self->key);
    self->root = self->key = NULL;
}

static enum os_status watch_arm(struct os_config_watch *self)
{
    LONG error = ERROR_FILE_NOT_FOUND;

    /* Between opening and asking a key can come or go: then from the start. */
    for (int i = 0; i < 8; i++) {
        DWORD filter = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_THREAD_AGNOSTIC;
        size_t len = 0;

        watch_close(self);
        self->key = open_nearest(self->path, &len);
        if (!self->key)
            return OS_NOT_FOUND;
        ResetEvent(self->changed);
        if (len == wcslen(self->path)) {
            if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, CONFIG_ROOT, 0, KEY_NOTIFY | KEY_WOW64_64KEY,
                              &self->root) == ERROR_SUCCESS)
                RegNotifyChangeKeyValue(self->root, FALSE, filter, self->changed, TRUE);
            filter |= REG_NOTIFY_CHANGE_LAST_SET;
        }
        error = RegNotifyChangeKeyValue(self->key, FALSE, filter, self->changed, TRUE);
        if (error == ERROR_SUCCESS && !nearer_exists(self->path, len))
            return OS_OK;
    }
    return error == ERROR_SUCCESS ? OS_AGAIN : os_status_from_win32((DWORD)error);
}

enum os_status os_config_watch_create(const char *listener, struct os_config_watch **out)
{
    struct os_config_watch *self = calloc(1, sizeof(*self));
    enum os_status status = OS_NO_MEMORY;

    *out = NULL;
    if (!self)
        return OS_NO_MEMORY;
    if (!config_key_path(listener, self->path)) {
        status = OS_INVALID;
        goto out;
    }
    if (!(self->changed = CreateEventW(NULL, TRUE, FALSE, NULL)))
        goto out;
    if ((status = watch_arm(self)) != OS_OK)
        goto out;
    *out = self;
    self = NULL;
out:
    os_config_watch_destroy(self);
    return status;
}

os_waitable os_config_watch_waitable(struct os_config_watch *self)
{
    return self->changed;
}

void os_config_watch_reset(struct os_config_watch *self)
{
    /* Not armed means silence for ever: leave it signalled, so that the caller tries again. */
    if (watch_arm(self) != OS_OK)
        SetEvent(self->changed);
}

void os_config_watch_destroy(struct os_config_watch *self)
{
    if (!self)
        return;
    watch_close(self);
    os_handle_close(self->changed);
    free(self);
}
