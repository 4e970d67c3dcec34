/* SPDX-License-Identifier: Apache-2.0 */
#include "service/settings_win32.h"

#include <stdio.h>
#include <string.h>

#include "os/session_win32.h"
#include "os/win32.h"
#include "service/service_win32.h"

/* A missing value leaves the default. */
static bool read_text(const wchar_t *name, char *out, size_t cap, const char *otherwise, char *problem,
                      size_t room)
{
    wchar_t wide[SETTINGS_TEXT_MAX];
    DWORD size = sizeof(wide);
    LSTATUS error =
        RegGetValueW(HKEY_LOCAL_MACHINE, SERVICE_PARAMETERS, name, RRF_RT_REG_SZ, NULL, wide, &size);

    snprintf(out, cap, "%s", otherwise);
    if (error == ERROR_FILE_NOT_FOUND)
        return true;
    if (error == ERROR_SUCCESS && wcslen(wide) * 3 < cap) {
        os_utf8_from_utf16(out, cap, (const uint16_t *)wide);
        return true;
    }
    snprintf(problem, room, "value %ls of HKLM\\%ls: %s", name, SERVICE_PARAMETERS,
             error == ERROR_SUCCESS || error == ERROR_MORE_DATA ? "too long" : "not a text");
    return false;
}

/* Below a folder that only administrators can write to: SYSTEM appends to it, and must not be led elsewhere.
 */
bool settings_log_folder(wchar_t path[SETTINGS_FOLDER_MAX])
{
    UINT n = GetSystemDirectoryW(path, SETTINGS_FOLDER_MAX - 32);

    if (n == 0 || n >= SETTINGS_FOLDER_MAX - 32)
        return false;
    wcscat(path, L"\\LogFiles\\rdsprov");
    return true;
}

/* Where `/install` made the folder. */
static void default_log(char *out, size_t cap)
{
    wchar_t path[SETTINGS_FOLDER_MAX];
    DWORD attributes;

    out[0] = 0;
    if (!settings_log_folder(path))
        return;
    attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return;
    wcscat(path, SETTINGS_LOG_NAME);
    os_utf8_from_utf16(out, cap, (const uint16_t *)path);
}

/* Words between blanks; a text in double quotes is one word. */
static bool split_arguments(struct settings *self, unsigned used)
{
    char *at = self->arguments_text;

    while (*at) {
        char end = ' ';

        at += strspn(at, " ");
        if (!*at)
            break;
        if (*at == '"') {
            end = '"';
            at++;
        }
        if (used == OS_SPAWN_ARGS_MAX)
            return false;
        self->arguments[used++] = at;
        at = strchr(at, end);
        if (!at)
            return end == ' ';
        *at++ = 0;
    }
    return true;
}

bool settings_read(struct settings *self, char *problem, size_t cap)
{
    static const char beside[] = "\\rdsprov-session.exe";
    /* Before logon only the logon desktop is there. Wine has none, and would make one of that name. */
    const char *desktop = os_sessions_are_real() ? "winsta0\\winlogon" : "winsta0\\default";
    char level[16], log[SETTINGS_TEXT_MAX];
    unsigned used = 0;

    memset(self, 0, sizeof(*self));
    if (os_module_directory(self->program, sizeof(self->program) - sizeof(beside)) != OS_OK) {
        snprintf(problem, cap, "its own folder is not known");
        return false;
    }
    strcat(self->program, beside);
    default_log(log, sizeof(log));
    if (!read_text(L"pipe", self->pipe, sizeof(self->pipe), "rdsprov-launcher", problem, cap) ||
        !read_text(L"service", self->service, sizeof(self->service), "TermService", problem, cap) ||
        !read_text(L"desktop", self->desktop, sizeof(self->desktop), desktop, problem, cap) ||
        !read_text(L"log-file", self->log_file, sizeof(self->log_file), log, problem, cap) ||
        !read_text(L"log-level", level, sizeof(level), "info", problem, cap) ||
        !read_text(L"session-arguments", self->arguments_text, sizeof(self->arguments_text), "", problem,
                   cap) ||
        !read_text(L"test-client", self->test_client, sizeof(self->test_client), "", problem, cap))
        return false;
    if (!log_level_parse(level, &self->log_level)) {
        snprintf(problem, cap, "value log-level '%s': error, warn, info or debug", level);
        return false;
    }
    if (self->log_file[0]) {
        self->arguments[used++] = "--log-file";
        self->arguments[used++] = self->log_file;
    }
    self->user_arguments[0] = "/user"; /* and no log file: users cannot write to ours */
    if (self->log_level == LOG_DEBUG)
        self->arguments[used++] = self->user_arguments[1] = "--verbose";
    if (!split_arguments(self, used)) {
        snprintf(problem, cap, "value session-arguments: more than %u words, or a quote without end",
                 OS_SPAWN_ARGS_MAX - used);
        return false;
    }
    if (self->test_client[0] && os_sessions_are_real()) {
        snprintf(problem, cap, "value test-client: only where nothing is real (Wine)");
        return false;
    }
    return true;
}
