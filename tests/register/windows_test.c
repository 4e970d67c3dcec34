/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real registry: the plan below a key of our own, then the class and a listener where they belong, by
 * DllRegisterServer and by rdsprov-setup.exe. Made for a Wine prefix of the tests; where a RDP-Tcp is that
 * these tests did not make, what would touch it is left out and the test says so.
 */
#include "abi/wtsprotocol.h"
#include "check.h"
#include "fake_registry.h"
#include "os/win32.h"

#include <process.h>
#include <stdlib.h>

#include "register/class_table.h"
#include "register/plan.h"

#define NAME "rdsprov-tcp"
#define KEY TABLE_STATIONS_KEY "\\" NAME
#define MANIFEST L"register-windows.manifest"

static char problem[512];

/* What Wine shows of the build folder: drive Z: is the root. */
static bool program(const wchar_t *name, wchar_t *out, size_t cap)
{
    wchar_t bin[600];
    DWORD n = GetEnvironmentVariableW(L"RDSPROV_TEST_BIN", bin, 600);

    if (n == 0 || n >= 600)
        return false;
    swprintf(out, cap, L"%ls%ls\\%ls", bin[0] == L'/' ? L"Z:" : L"", bin, name);
    for (wchar_t *at = out; *at; at++)
        *at = *at == L'/' ? L'\\' : *at;
    return true;
}

/* Deletes what a test made; `root` is a key of the tests' own. */
static void delete_tree(const wchar_t *path)
{
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

TEST(same_as_the_fake)
{
    const struct plan_options options = {
        .listener = NAME, .dll = "C:\\x\\rdsprov.dll", .log_file = "C:\\l", .port = 3390};
    struct registry *whole = NULL, *part = NULL;
    struct fake_registry *fake = fake_machine();
    struct plan plan, planned;
    char root[64], *before, *after, *expected;
    wchar_t wide[64];

    snprintf(root, sizeof(root), "SOFTWARE\\rdsprov-test-%lu", (unsigned long)GetCurrentProcessId());
    os_utf16_from_utf8((uint16_t *)wide, 64, root);
    REQUIRE(registry_win32_create("", &whole) == OS_OK);
    REQUIRE(registry_win32_create(root, &part) == OS_OK);
    CHECK_INT(whole->impl->key_create(whole, root), OS_OK);
    CHECK_INT(whole->impl->key_create(whole, root), OS_BUSY);
    CHECK_INT(part->impl->key_create(part, "no\\such\\parent"), OS_NOT_FOUND);
    for (const char *const *name = (const char *const[]){"SYSTEM", "SOFTWARE", NULL}; *name; name++)
        CHECK_INT(part->impl->key_create(part, *name), OS_OK);
    CHECK_INT(machine_make(part), OS_OK);
    CHECK_INT(part->impl->key_delete(part, "SYSTEM"), OS_BUSY);
    before = registry_dump(part, "");
    CHECK_INT(plan_make(&plan, part, &options, problem, sizeof(problem)), OS_OK);
    CHECK_INT(plan_make(&planned, &fake->base, &options, problem, sizeof(problem)), OS_OK);
    CHECK_INT(plan.source, planned.source);
    CHECK_INT(plan.count, planned.count);
    CHECK_INT(plan_apply(&plan, part, problem, sizeof(problem)), OS_OK);
    CHECK_INT(plan_apply(&planned, &fake->base, problem, sizeof(problem)), OS_OK);
    CHECK_INT(plan_verify(&plan, part, stdout), 0);
    after = registry_dump(part, TABLE_STATIONS_KEY);
    expected = registry_dump(&fake->base, TABLE_STATIONS_KEY);
    CHECK_STR(after, expected);
    free(after);
    free(expected);
    CHECK_INT(plan_undo(&plan, part, stdout, problem, sizeof(problem)), OS_OK);
    after = registry_dump(part, "");
    CHECK_STR(after, before);
    free(before);
    free(after);
    plan_finish(&plan);
    plan_finish(&planned);
    delete_tree(wide);
    CHECK_INT(whole->impl->key_exists(whole, root), OS_NOT_FOUND);
    registry_destroy(part);
    registry_destroy(whole);
    registry_destroy(&fake->base);
}

/* DllRegisterServer leaves what the table says, for the class id that the DLL knows, and takes it back. */
TEST(class)
{
    HRESULT(STDAPICALLTYPE * call)(void);
    HRESULT(STDAPICALLTYPE * get)(REFCLSID, REFIID, void **);
    struct registry *registry = NULL;
    wchar_t dll[700];
    char path[700], text[700];
    IUnknown *factory = NULL;
    HMODULE module;
    CLSID clsid;

    REQUIRE(program(L"rdsprov.dll", dll, 700));
    os_utf8_from_utf16(path, sizeof(path), (const uint16_t *)dll);
    REQUIRE(registry_win32_create("", &registry) == OS_OK);
    CHECK_INT(registry->impl->key_exists(registry, CLASS_KEY), OS_NOT_FOUND);
    module = LoadLibraryW(dll);
    REQUIRE(module != NULL);
    get = (HRESULT(STDAPICALLTYPE *)(REFCLSID, REFIID, void **))(void *)GetProcAddress(module,
                                                                                       "DllGetClassObject");
    CHECK_INT(CLSIDFromString(L"" CLASS_ID_TEXT, &clsid), S_OK);
    CHECK_INT(get(&clsid, &IID_IClassFactory, (void **)&factory), S_OK);
    if (factory)
        IUnknown_Release(factory);
    call = (HRESULT(STDAPICALLTYPE *)(void))(void *)GetProcAddress(module, "DllRegisterServer");
    CHECK_INT(call(), S_OK);
    for (size_t i = 0; i < sizeof(class_values) / sizeof(class_values[0]); i++) {
        CHECK_INT(registry_get_text(registry, class_values[i].key, class_values[i].name, text, sizeof(text)),
                  OS_OK);
        CHECK(registry_same_name(text, class_values[i].text ? class_values[i].text : path));
    }
    call = (HRESULT(STDAPICALLTYPE *)(void))(void *)GetProcAddress(module, "DllUnregisterServer");
    CHECK_INT(call(), S_OK);
    CHECK_INT(call(), S_OK);
    CHECK_INT(registry->impl->key_exists(registry, CLASS_KEY), OS_NOT_FOUND);
    FreeLibrary(module);
    registry_destroy(registry);
}

static int setup(const wchar_t *command, const wchar_t *option)
{
    wchar_t exe[700], quoted[704];

    if (!program(L"rdsprov-setup.exe", exe, 700))
        return -1;
    swprintf(quoted, 704, L"\"%ls\"", exe);
    fflush(stdout);
    return (int)_wspawnl(_P_WAIT, exe, quoted, command, L"--manifest", MANIFEST, L"--skip-preflight", option,
                         NULL);
}

TEST(setup_program)
{
    struct registry *registry = NULL;
    bool made_server, made_stations;
    char *before, *after;

    REQUIRE(registry_win32_create("", &registry) == OS_OK);
    if (registry->impl->key_exists(registry, TABLE_SOURCE_KEY) == OS_OK) {
        CHECK(registry != NULL);
        printf("left out: this machine has a RDP-Tcp\n");
        registry_destroy(registry);
        return;
    }
    made_server = registry->impl->key_exists(registry, TABLE_SERVER_KEY) != OS_OK;
    made_stations = registry->impl->key_exists(registry, TABLE_STATIONS_KEY) != OS_OK;
    REQUIRE(machine_listeners(registry) == OS_OK);
    before = registry_dump(registry, TABLE_SERVER_KEY);
    DeleteFileW(MANIFEST);

    CHECK_INT(setup(L"plan", NULL), 0);
    CHECK_INT(setup(L"verify", NULL), 4);
    CHECK_INT(setup(L"install", L"--enable"), 3);
    after = registry_dump(registry, TABLE_SERVER_KEY);
    CHECK_STR(after, before);
    free(after);
    CHECK_INT(setup(L"install", NULL), 0);
    CHECK_INT(registry->impl->key_exists(registry, KEY), OS_OK);
    CHECK_INT(setup(L"verify", NULL), 0); /* COM makes an object of the class */
    CHECK_INT(setup(L"install", NULL), 0);
    CHECK_INT(setup(L"uninstall", NULL), 0);
    after = registry_dump(registry, TABLE_SERVER_KEY);
    CHECK_STR(after, before);
    CHECK_INT(registry->impl->key_exists(registry, CLASS_KEY), OS_NOT_FOUND);
    CHECK_INT(GetFileAttributesW(MANIFEST), INVALID_FILE_ATTRIBUTES);
    free(before);
    free(after);

    delete_tree(L"" TABLE_SOURCE_KEY);
    delete_tree(L"" TABLE_STATIONS_KEY "\\Other-Tcp");
    delete_tree(L"" TABLE_STATIONS_KEY "\\Console");
    if (made_stations)
        delete_tree(L"" TABLE_STATIONS_KEY);
    if (made_server)
        delete_tree(L"" TABLE_SERVER_KEY);
    registry_destroy(registry);
}
