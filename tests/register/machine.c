/* SPDX-License-Identifier: Apache-2.0 */
/* A machine to install on. Names and types of RDP-Tcp's values are those of field notes; the values are
 * examples. */
#include "fake_registry.h"

#include <string.h>

#include "register/preflight.h"
#include "register/table.h"

static enum os_status make_key(struct registry *registry, const char *path)
{
    char part[REGISTRY_PATH_MAX];
    enum os_status status = OS_OK;

    for (const char *at = strchr(path, '\\'); at && status == OS_OK; at = strchr(at + 1, '\\')) {
        memcpy(part, path, (size_t)(at - path));
        part[at - path] = 0;
        if (registry->impl->key_exists(registry, part) != OS_OK)
            status = registry->impl->key_create(registry, part);
    }
    if (status == OS_OK && registry->impl->key_exists(registry, path) != OS_OK)
        status = registry->impl->key_create(registry, path);
    return status;
}

static enum os_status put(struct registry *registry, const char *key, const char *name, const char *text,
                          uint32_t number)
{
    struct registry_value value = {0};
    enum os_status status = make_key(registry, key);

    if (status == OS_OK &&
        !(text ? registry_value_set_text(&value, text) : registry_value_set_number(&value, number)))
        status = OS_NO_MEMORY;
    if (status == OS_OK)
        status = registry->impl->value_set(registry, key, name, &value);
    registry_value_finish(&value);
    return status;
}

struct row {
    const char *key, *name, *text;
    uint32_t number;
};

#define OTHER_KEY TABLE_STATIONS_KEY "\\Other-Tcp"

static const struct row rows[] = {
    {PREFLIGHT_VERSION_KEY, "InstallationType", "Server", 0},
    {PREFLIGHT_VERSION_KEY, "CurrentBuildNumber", "20348", 0},
    {PREFLIGHT_SERVICE_KEY, "ServiceDll", "C:\\Windows\\System32\\termsrv.dll", 0},
    {PREFLIGHT_SESSION_MANAGER_KEY, "ProtectionMode", NULL, 1},
    {TABLE_SERVER_KEY, "fDenyTSConnections", NULL, 0},
    {TABLE_STATIONS_KEY, "DefaultSecurity", "", 0},
    {TABLE_STATIONS_KEY "\\Console", "fEnableWinStation", NULL, 1},
    {OTHER_KEY, "PortNumber", NULL, 2598},
    {OTHER_KEY, TABLE_CLASS_VALUE, "{00000000-1111-2222-3333-444444444444}", 0},
    {TABLE_SOURCE_KEY, TABLE_CLASS_VALUE, TABLE_INBOX_CLASS, 0},
    {TABLE_SOURCE_KEY, "PortNumber", NULL, 3389},
    {TABLE_SOURCE_KEY, "fEnableWinStation", NULL, 1},
    {TABLE_SOURCE_KEY, "fLogonDisabled", NULL, 0},
    {TABLE_SOURCE_KEY, "PdClass", NULL, 2},
    {TABLE_SOURCE_KEY, "PdClass1", NULL, 11},
    {TABLE_SOURCE_KEY, "PdDLL", "tdtcp", 0},
    {TABLE_SOURCE_KEY, "PdDLL1", "tssecsrv", 0},
    {TABLE_SOURCE_KEY, "PdFlag", NULL, 78},
    {TABLE_SOURCE_KEY, "PdName", "tcp", 0},
    {TABLE_SOURCE_KEY, "WdDLL", "rdpwd", 0},
    {TABLE_SOURCE_KEY, "WdName", "Microsoft RDP 8.0", 0},
    {TABLE_SOURCE_KEY, "Execute", "calc.exe", 0},
    {TABLE_SOURCE_KEY, "Username", "kiosk", 0},
    {TABLE_SOURCE_KEY, "Domain", "", 0},
    {TABLE_SOURCE_KEY, "Password", "not-a-real-one", 0},
    {TABLE_SOURCE_KEY, "SecurityLayer", NULL, 2},
    {TABLE_SOURCE_KEY, "UserAuthentication", NULL, 1},
    {TABLE_SOURCE_KEY, "MaxInstanceCount", NULL, 0xffffffff},
    {TABLE_SOURCE_KEY, "Comment", "gr\xc3\xbc\xc3\x9f dich", 0},
    {"SOFTWARE\\Classes\\CLSID\\{00000000-1111-2222-3333-444444444444}", "", "somebody else's", 0},
};

enum os_status machine_listeners(struct registry *registry)
{
    static uint8_t acl[300];
    const struct registry_value security = {REGISTRY_BINARY, sizeof(acl), acl};
    const struct registry_value nothing = {REGISTRY_BINARY, 0, NULL};
    enum os_status status = OS_OK;

    for (size_t i = 0; i < sizeof(acl); i++)
        acl[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && status == OS_OK; i++) {
        if (registry_is_below(rows[i].key, TABLE_STATIONS_KEY))
            status = put(registry, rows[i].key, rows[i].name, rows[i].text, rows[i].number);
    }
    if (status == OS_OK)
        status = registry->impl->value_set(registry, TABLE_SOURCE_KEY, "Security", &security);
    if (status == OS_OK)
        status = registry->impl->value_set(registry, TABLE_SOURCE_KEY, "Empty", &nothing);
    if (status == OS_OK)
        status = put(registry, TABLE_SOURCE_KEY "\\UserOverride\\Control Panel", "Wallpaper", "", 0);
    return status;
}

enum os_status machine_make(struct registry *registry)
{
    enum os_status status = OS_OK;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && status == OS_OK; i++) {
        if (!registry_is_below(rows[i].key, TABLE_STATIONS_KEY))
            status = put(registry, rows[i].key, rows[i].name, rows[i].text, rows[i].number);
    }
    return status == OS_OK ? machine_listeners(registry) : status;
}

struct fake_registry *fake_machine(void)
{
    struct fake_registry *self = fake_create();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char first[32];

        snprintf(first, sizeof(first), "%.*s", (int)strcspn(rows[i].key, "\\"), rows[i].key);
        fake_key(self, first);
    }
    machine_make(&self->base);
    self->writes = 0;
    return self;
}
