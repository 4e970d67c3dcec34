/* SPDX-License-Identifier: Apache-2.0 */
/* What a child of ours gets and what not, and memory that is not what it should be. */
#include "os/process_win32.h"
#include "os/shm.h"

#include <stdlib.h>
#include <wchar.h>

#define CHECK_OWN_MAIN
#include "os_test.h"

static char self_path[1024];

static const struct os_spawn_place *place; /* of the next children */

static int run_self(const char *const *args, unsigned flags)
{
    struct os_spawn spec = {.program = self_path, .args = args, .flags = flags, .place = place};
    struct os_process *process;
    int code = -1;

    if (os_process_spawn(&spec, &process, NULL) != OS_OK)
        return -2;
    EVENTUALLY(os_process_ended(process, &code));
    os_process_destroy(process);
    return code;
}

TEST(no_other_handle_is_inherited)
{
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
    HANDLE event = CreateEventW(&inherit, TRUE, FALSE, NULL);
    char value[32];

    REQUIRE(event != NULL);
    snprintf(value, sizeof value, "%llx", (unsigned long long)(uintptr_t)event);
    CHECK_INT(run_self((const char *const[]){"set-event", value, NULL}, 0), 20);
    CHECK_INT(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CloseHandle(event);
}

/* One that may be in another session: the link is put into it, and it finds it. */
TEST(placed_child_inherits_nothing)
{
    static const struct os_spawn_place places[] = {{.desktop = "winsta0\\default"},
                                                   {.desktop = "winsta0\\default", .as_its_user = true}};
    unsigned handles = 0;

    for (size_t i = 0; i < 4; i++) {
        struct os_spawn spec = {
            .program = self_path, .args = (const char *const[]){"link", NULL}, .place = &places[i % 2]};
        SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
        HANDLE event = CreateEventW(&inherit, TRUE, FALSE, NULL);
        struct os_process *process;
        struct os_pipe *link;
        char text[64] = "";
        unsigned npass = 0;
        size_t len = 0;
        int code = -1;

        place = &places[i % 2];
        snprintf(text, sizeof text, "%llx", (unsigned long long)(uintptr_t)event);
        CHECK_INT(run_self((const char *const[]){"set-event", text, NULL}, 0), 20);
        place = NULL;
        CloseHandle(event);

        memset(text, 0, sizeof text);
        REQUIRE(os_process_spawn(&spec, &process, &link) == OS_OK);
        CHECK_INT(os_pipe_wait(link, PATIENCE_MS), OS_OK);
        CHECK_INT(os_pipe_receive(link, text, sizeof text - 1, &len, NULL, &npass), OS_OK);
        CHECK_STR(text, "given, no streams");
        os_pipe_destroy(link);
        CHECK(EVENTUALLY(os_process_ended(process, &code)));
        CHECK_INT(code, 0);
        os_process_destroy(process);
        if (i == 1) /* what the system's libraries keep, they have now */
            handles = os_count_handles();
    }
    CHECK_INT(os_count_handles(), handles);
}

TEST(child_of_a_user_has_the_user_environment)
{
    const struct os_spawn_place user = {.desktop = "winsta0\\default", .as_its_user = true};

    SetEnvironmentVariableW(L"RDSPROV_UNIT", L"ours");
    CHECK_INT(run_self((const char *const[]){"environment", NULL}, 0), 3);
    place = &user;
    CHECK_INT(run_self((const char *const[]){"environment", NULL}, 0), 2);
    place = NULL;
    SetEnvironmentVariableW(L"RDSPROV_UNIT", NULL);
}

TEST(restricted_child_has_no_privileges)
{
    CHECK_INT(run_self((const char *const[]){"privileges", NULL}, OS_SPAWN_RESTRICTED), 0);
    CHECK_INT(run_self((const char *const[]){"privileges", "drop", NULL}, 0), 0);
}

static void check_command_line(const char *arg, const wchar_t *want)
{
    enum os_status status;
    wchar_t *line = NULL;

    status = spawn_command_line(L"C:\\a b\\p.exe", (const char *const[]){arg, NULL}, NULL, &line);
    CHECK_INT(status, OS_OK);
    CHECK(line && wcsncmp(line, L"\"C:\\a b\\p.exe\" ", 15) == 0 && wcscmp(line + 15, want) == 0);
    free(line);
}

TEST(command_line)
{
    const char *many[OS_SPAWN_ARGS_MAX + 2] = {NULL};
    static char longer[40000];
    wchar_t *line;

    check_command_line("plain", L"plain");
    check_command_line("", L"\"\"");
    check_command_line("a b", L"\"a b\"");
    check_command_line("c:\\x y\\", L"\"c:\\x y\\\\\"");
    check_command_line("a\\\\b", L"a\\\\b");
    check_command_line("q\"q", L"\"q\\\"q\"");
    check_command_line("q\\\"q", L"\"q\\\\\\\"q\"");
    memset(longer, 'x', sizeof longer - 1);
    many[0] = longer;
    CHECK_INT(spawn_command_line(L"p", many, NULL, &line), OS_TOO_BIG);
    for (int i = 0; i <= OS_SPAWN_ARGS_MAX; i++)
        many[i] = "x";
    CHECK_INT(spawn_command_line(L"p", many, NULL, &line), OS_TOO_BIG);
    CHECK_INT(spawn_command_line(L"p", (const char *const[]){"\xff", NULL}, NULL, &line), OS_INVALID);
    CHECK(line == NULL);
}

TEST(environment_is_sorted_and_replaced)
{
    wchar_t *block = NULL;
    unsigned path = 0, mine = 0;

    REQUIRE(spawn_environment((const char *const[]){"path=C:\\mine", "Zz_Unit=1", "ZZ_UNIT=2", NULL},
                              &block) == OS_OK);
    for (const wchar_t *at = block; *at; at += wcslen(at) + 1) {
        const wchar_t *next = at + wcslen(at) + 1;

        path += _wcsnicmp(at, L"PATH=", 5) == 0;
        mine += wcscmp(at, L"path=C:\\mine") == 0 || wcscmp(at, L"ZZ_UNIT=2") == 0;
        CHECK(wcscmp(at, L"Zz_Unit=1") != 0);
        if (*next && *at != L'=')
            CHECK(CompareStringOrdinal(at, (int)wcscspn(at, L"="), next, (int)wcscspn(next, L"="), TRUE) !=
                  CSTR_GREATER_THAN);
    }
    CHECK_INT(path, 1);
    CHECK_INT(mine, 2);
    free(block);
    CHECK_INT(spawn_environment((const char *const[]){"novalue", NULL}, &block), OS_INVALID);
    CHECK_INT(spawn_environment(NULL, &block), OS_OK);
    CHECK(block == NULL);
}

/* A section that would fault when it is touched, or that a file stands behind. */
TEST(unsound_memory_is_refused)
{
    unsigned handles = os_count_handles();
    wchar_t path[MAX_PATH + 32];
    HANDLE section, file;
    struct os_shm shm;

    section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 65536, NULL);
    REQUIRE(section != NULL);
    CHECK_INT(os_shm_map(&shm, section, 65536), OS_INVALID);
    CloseHandle(section);

    GetTempPathW(MAX_PATH, path);
    swprintf(path + wcslen(path), 32, L"rdsprov-unit-%lu", GetCurrentProcessId());
    file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE,
                       NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    section = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 65536, NULL);
    REQUIRE(section != NULL);
    CHECK_INT(os_shm_map(&shm, section, 65536), OS_INVALID);
    CloseHandle(section);
    CloseHandle(file);

    section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY, 0, 65536, NULL);
    CHECK_INT(os_shm_map(&shm, section, 65536), OS_INVALID);
    CloseHandle(section);
    CHECK_INT(os_count_handles(), handles);
}

static int count_privileges(bool drop)
{
    TOKEN_PRIVILEGES *all = malloc(4096);
    HANDLE token = NULL;
    DWORD size = 0;
    int count = 50;

    if (drop)
        os_process_drop_rights();
    if (all && OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
        GetTokenInformation(token, TokenPrivileges, all, 4096, &size))
        count = all->PrivilegeCount > 1 ? (int)all->PrivilegeCount : 0; /* SeChangeNotifyPrivilege may stay */
    free(all);
    return count;
}

static int use_link(int argc, char **argv)
{
    const char *last = argv[argc - 1];
    bool given = strncmp(last, OS_NOTE_ARGUMENT, strlen(OS_NOTE_ARGUMENT)) == 0;
    struct os_pipe *link;
    char text[64];

    if (os_inherited_pipe(&argc, argv, &link) != OS_OK || argc != 2)
        return 40;
    snprintf(text, sizeof text, "%s, %s", given ? "given" : "inherited",
             GetStdHandle(STD_ERROR_HANDLE) ? "streams" : "no streams");
    os_pipe_send(link, text, strlen(text), NULL, 0);
    os_pipe_wait(link, PATIENCE_MS); /* its end */
    os_pipe_destroy(link);
    return 0;
}

/* Bit 0: what only the parent has; bit 1: what a user has. */
static int look_at_environment(void)
{
    return (GetEnvironmentVariableW(L"RDSPROV_UNIT", NULL, 0) > 0 ? 1 : 0) |
           (GetEnvironmentVariableW(L"USERPROFILE", NULL, 0) > 0 ? 2 : 0);
}

int main(int argc, char **argv)
{
    wchar_t path[512];

    if (argc > 1 && strcmp(argv[1], "link") == 0)
        return use_link(argc, argv);
    if (argc > 1 && strcmp(argv[1], "environment") == 0)
        return look_at_environment();

    if (argc > 2 && strcmp(argv[1], "set-event") == 0)
        return SetEvent((HANDLE)(uintptr_t)strtoull(argv[2], NULL, 16)) ? 21 : 20;
    if (argc > 1 && strcmp(argv[1], "privileges") == 0)
        return count_privileges(argc > 2);
    GetModuleFileNameW(NULL, path, 512);
    os_utf8_from_utf16(self_path, sizeof self_path, (const uint16_t *)path);
    return check_run(argc, argv);
}
