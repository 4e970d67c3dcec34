/* SPDX-License-Identifier: Apache-2.0 */
/* Settings from the registry. Works on a key of its own below WinStations, and removes it. */
#include "os/config_win32.h"

#include <wchar.h>

#include "os_test.h"

#define LISTENER "RdsprovUnitTest"

static char problem[256];

static HKEY key_create(void)
{
    wchar_t path[CONFIG_PATH_MAX];
    HKEY key = NULL;

    if (!config_key_path(LISTENER, path) ||
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL) != 0)
        return NULL;
    return key;
}

static void key_delete(HKEY key)
{
    wchar_t path[CONFIG_PATH_MAX];

    if (key)
        RegCloseKey(key);
    if (config_key_path(LISTENER, path))
        RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
}

static void set_text(HKEY key, const wchar_t *name, DWORD type, const wchar_t *value)
{
    CHECK_INT(
        RegSetValueExW(key, name, 0, type, (const BYTE *)value, (DWORD)((wcslen(value) + 1) * sizeof *value)),
        0);
}

TEST(values)
{
    const DWORD number = 4000000000u;
    struct os_config *config;
    const char *name, *value;
    wchar_t expanded[300];
    char want[600];
    HKEY key;

    key_delete(NULL);
    CHECK_INT(os_config_open(LISTENER, &config, problem, sizeof problem), OS_NOT_FOUND);
    CHECK(config == NULL && strstr(problem, LISTENER) && strstr(problem, "no such key"));
    REQUIRE((key = key_create()));
    CHECK_INT(RegSetValueExW(key, L"Port", 0, REG_DWORD, (const BYTE *)&number, sizeof number), 0);
    set_text(key, L"Name", REG_SZ, L"h\x00e4llo \xd83d\xde00");
    set_text(key, L"Folder", REG_EXPAND_SZ, L"%windir%\\x");
    set_text(key, L"Empty", REG_SZ, L"");
    CHECK_INT(RegSetValueExW(key, L"Bare", 0, REG_SZ, (const BYTE *)L"abc", 6), 0); /* no terminator */
    /* not ours */
    CHECK_INT(RegSetValueExW(key, L"Security", 0, REG_BINARY, (const BYTE *)&number, sizeof number), 0);
    set_text(key, L"", REG_SZ, L"default value");
    set_text(key, L"not one of our names!", REG_SZ, L"a\nb");

    REQUIRE(os_config_open(LISTENER, &config, problem, sizeof problem) == OS_OK);
    CHECK_STR(problem, "");
    CHECK_STR(os_config_get(config, "port"), "4000000000");
    CHECK_STR(os_config_get(config, "NAME"), "h\xc3\xa4llo \xf0\x9f\x98\x80");
    ExpandEnvironmentStringsW(L"%windir%\\x", expanded, 300);
    os_utf8_from_utf16(want, sizeof want, (const uint16_t *)expanded);
    CHECK_STR(os_config_get(config, "Folder"), want);
    CHECK_STR(os_config_get(config, "Empty"), "");
    CHECK_STR(os_config_get(config, "Bare"), "abc");
    CHECK(os_config_get(config, "Security") == NULL);
    CHECK(os_config_at(config, 4, &name, &value) && !os_config_at(config, 5, &name, &value));
    CHECK(strstr(os_config_place(config), "WinStations\\" LISTENER) != NULL);
    os_config_destroy(config);
    key_delete(key);
}

static void check_problem(HKEY key, DWORD type, const void *data, size_t size, const char *want)
{
    struct os_config *config;

    CHECK_INT(RegSetValueExW(key, L"Broken", 0, type, data, (DWORD)size), 0);
    CHECK_INT(os_config_open(LISTENER, &config, problem, sizeof problem), OS_INVALID);
    CHECK(config == NULL);
    if (!CHECK(strstr(problem, LISTENER ", value \"Broken\": ") && strstr(problem, want)))
        fprintf(stderr, "it is: %s\n", problem);
}

TEST(problems)
{
    static wchar_t longer[3000];
    struct os_config *config;
    HKEY key;

    REQUIRE((key = key_create()));
    wmemset(longer, L'x', 2999);
    check_problem(key, REG_SZ, longer, 2048, "too long"); /* one byte more than fits */
    check_problem(key, REG_SZ, longer, sizeof longer, "too long");
    check_problem(key, REG_SZ, L"a\nb", 8, "not allowed");
    check_problem(key, REG_SZ, L"a\0b", 8, "zero character");
    check_problem(key, REG_SZ, L"\xd800z", 6, "UTF-16");
    check_problem(key, REG_SZ, "abc", 3, "UTF-16");
    check_problem(key, REG_DWORD, "abc", 3, "four bytes");
    key_delete(key);
    CHECK_INT(os_config_open("a\\b", &config, problem, sizeof problem), OS_INVALID);
    CHECK_INT(os_config_open("", &config, problem, sizeof problem), OS_INVALID);
}

static bool changed(struct os_config_watch *watch)
{
    return WaitForSingleObject(os_config_watch_waitable(watch), 2000) == WAIT_OBJECT_0;
}

static bool silent(struct os_config_watch *watch)
{
    return WaitForSingleObject(os_config_watch_waitable(watch), 50) == WAIT_TIMEOUT;
}

TEST(watch)
{
    unsigned handles = os_count_handles();
    struct os_config_watch *watch;
    HKEY key;

    key_delete(NULL);
    REQUIRE(os_config_watch_create(LISTENER, &watch) == OS_OK);
    CHECK(silent(watch));
    REQUIRE((key = key_create())); /* the key comes */
    CHECK(changed(watch));
    for (int i = 0; i < 3; i++) {
        os_config_watch_reset(watch);
        CHECK(silent(watch));
        set_text(key, L"Name", REG_SZ, i % 2 ? L"x" : L"y");
        CHECK(changed(watch));
    }
    os_config_watch_reset(watch);
    CHECK_INT(RegDeleteValueW(key, L"Name"), 0);
    CHECK(changed(watch));
    os_config_watch_reset(watch);
    key_delete(key); /* and goes */
    CHECK(changed(watch));
    os_config_watch_reset(watch);
    REQUIRE((key = key_create()));
    CHECK(changed(watch));
    key_delete(key);
    os_config_watch_destroy(watch);
    os_config_watch_destroy(NULL);
    CHECK_INT(os_count_handles(), handles);
}
