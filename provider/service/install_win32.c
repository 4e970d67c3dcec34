/* SPDX-License-Identifier: Apache-2.0 */
#include "service/install_win32.h"

#include <stdlib.h>
#include <wchar.h>

#include "os/win32.h"
#include "service/events_win32.h"
#include "service/service_win32.h"
#include "service/settings_win32.h"

#define COMMAND_MAX (MAX_PATH + 32)
#define CONFIG_MAX 8192
#define STOP_MS 15000
#define STOP_LOOK_MS 100

static int failed(FILE *out, const char *what)
{
    char text[256];

    fprintf(out, "failed: %s: %s\n", what, os_last_error_text(text, sizeof(text)));
    return SERVICE_FAILED;
}

/* Quoted: without, C:\Program.exe would be looked for first. */
static bool own_command(wchar_t command[COMMAND_MAX])
{
    wchar_t path[MAX_PATH];
    DWORD n = GetModuleFileNameW(NULL, path, MAX_PATH);

    if (n == 0 || n >= MAX_PATH)
        return false;
    wcscpy(command, L"\"");
    wcscat(command, path);
    wcscat(command, L"\" /service");
    return true;
}

/* Windows Installer quotes the path as we do; Wine's does not. */
static bool is_ours(SC_HANDLE service)
{
    QUERY_SERVICE_CONFIGW *config = malloc(CONFIG_MAX);
    wchar_t command[COMMAND_MAX];
    DWORD size;
    bool ours = false;

    if (config && own_command(command) && QueryServiceConfigW(service, config, CONFIG_MAX, &size) &&
        config->lpBinaryPathName) {
        const wchar_t *path = config->lpBinaryPathName;
        size_t n = wcscspn(command + 1, L"\""); /* of our own path */

        ours = _wcsicmp(path, command) == 0 ||
               (_wcsnicmp(path, command + 1, n) == 0 && _wcsicmp(path + n, command + n + 2) == 0);
    }
    free(config);
    return ours;
}

/* What can be missing without harm is: an older system, or Wine. */
static void set_details(SC_HANDLE service)
{
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 1000}, {SC_ACTION_RESTART, 5000}, {SC_ACTION_RESTART, 60000}};
    SERVICE_FAILURE_ACTIONSW failure = {.dwResetPeriod = 24 * 60 * 60,
                                        .cActions = sizeof(actions) / sizeof(actions[0]),
                                        .lpsaActions = actions};
    SERVICE_FAILURE_ACTIONS_FLAG also_errors = {TRUE};
    SERVICE_DESCRIPTIONW description = {L"Starts the program that shows and drives a remote session's "
                                        L"desktop, for the rdsprov protocol provider. "
                                        L"Without it rdsprov's listeners show no desktop."};

    ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &description);
    ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failure);
    ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_errors);
}

/* What is missing is made, what is there stays; nothing depends on it but where lines go. */
static void make_log_folder(void)
{
    wchar_t path[SETTINGS_FOLDER_MAX];

    if (!settings_log_folder(path))
        return;
    *wcsrchr(path, L'\\') = 0; /* Windows has the parent */
    CreateDirectoryW(path, NULL);
    settings_log_folder(path);
    CreateDirectoryW(path, NULL);
}

/* A folder with something else in it stays. */
static void remove_log_folder(void)
{
    wchar_t path[SETTINGS_FOLDER_MAX], log[SETTINGS_FOLDER_MAX + 32];

    if (!settings_log_folder(path))
        return;
    wcscpy(log, path);
    wcscat(log, SETTINGS_LOG_NAME);
    DeleteFileW(log);
    RemoveDirectoryW(path);
}

int service_install(FILE *out)
{
    SC_HANDLE manager = NULL, service = NULL;
    wchar_t command[COMMAND_MAX];
    int code = SERVICE_FAILED;

    if (!own_command(command)) {
        fprintf(out, "failed: the program's path is too long\n");
        return SERVICE_FAILED;
    }
    if (!(manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE)))
        return failed(out, "the service manager");
    if ((service = OpenServiceW(manager, SERVICE_NAME, SERVICE_QUERY_CONFIG))) {
        bool ours = is_ours(service);

        fprintf(out,
                ours ? "ok: the service %ls is installed already\n"
                     : "failed: there is another service %ls; remove it first\n",
                SERVICE_NAME);
        code = ours ? SERVICE_DONE : SERVICE_FAILED;
        if (ours)
            make_log_folder();
        goto out;
    }
    service = CreateServiceW(manager, SERVICE_NAME, SERVICE_SHOWN_NAME,
                             SERVICE_CHANGE_CONFIG | SERVICE_QUERY_CONFIG | SERVICE_START | DELETE,
                             SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, command,
                             NULL, NULL, NULL, NULL, NULL);
    if (!service) {
        code = failed(out, "the service cannot be made");
        goto out;
    }
    set_details(service);
    if (events_install() != OS_OK) {
        code = failed(out, "the event source cannot be made");
        DeleteService(service);
        goto out;
    }
    make_log_folder();
    fprintf(out, "ok: the service %ls is installed, not started\n", SERVICE_NAME);
    code = SERVICE_DONE;
out:
    if (service)
        CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return code;
}

/* True: it does not run any more. */
static bool stop(SC_HANDLE service)
{
    ULONGLONG until = GetTickCount64() + STOP_MS;
    SERVICE_STATUS status;

    if (!ControlService(service, SERVICE_CONTROL_STOP, &status) && GetLastError() == ERROR_SERVICE_NOT_ACTIVE)
        return true;
    while (QueryServiceStatus(service, &status) && status.dwCurrentState != SERVICE_STOPPED) {
        if (GetTickCount64() > until)
            return false;
        Sleep(STOP_LOOK_MS);
    }
    return status.dwCurrentState == SERVICE_STOPPED;
}

int service_uninstall(FILE *out)
{
    SC_HANDLE manager, service;
    int code = SERVICE_DONE;

    if (!(manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT)))
        return failed(out, "the service manager");
    service = OpenServiceW(manager, SERVICE_NAME,
                           SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS | SERVICE_STOP | DELETE);
    if (!service) {
        if (GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST)
            code = failed(out, "the service cannot be opened");
        else
            fprintf(out, "ok: there is no service %ls\n", SERVICE_NAME);
    } else if (!is_ours(service)) {
        fprintf(out, "failed: the service %ls is of another program and stays\n", SERVICE_NAME);
        code = SERVICE_FAILED;
    } else if (!stop(service)) {
        fprintf(out, "failed: the service %ls does not stop within %u s\n", SERVICE_NAME, STOP_MS / 1000);
        code = SERVICE_FAILED;
    } else {
        RegDeleteTreeW(HKEY_LOCAL_MACHINE, SERVICE_PARAMETERS);
        if (!DeleteService(service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
            code = failed(out, "the service cannot be deleted");
        else
            fprintf(out, "ok: the service %ls is removed\n", SERVICE_NAME);
    }
    if (code == SERVICE_DONE)
        remove_log_folder();
    if (code == SERVICE_DONE && events_uninstall() != OS_OK)
        code = failed(out, "the event source cannot be removed");
    if (service)
        CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return code;
}

int service_status(FILE *out)
{
    static const char *const states[] = {"",        "stopped",    "starting", "stopping",
                                         "running", "continuing", "pausing",  "paused"};
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service =
        manager ? OpenServiceW(manager, SERVICE_NAME, SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS) : NULL;
    SERVICE_STATUS status;
    int code = SERVICE_FAILED;

    if (!service) {
        fprintf(out, "differs: the service %ls is not installed\n", SERVICE_NAME);
    } else if (!is_ours(service)) {
        fprintf(out, "differs: the service %ls is of another program\n", SERVICE_NAME);
    } else if (!QueryServiceStatus(service, &status) || status.dwCurrentState > 7) {
        failed(out, "the service's state");
    } else {
        fprintf(out, "ok: the service %ls is installed, %s\n", SERVICE_NAME, states[status.dwCurrentState]);
        code = SERVICE_DONE;
    }
    if (service)
        CloseServiceHandle(service);
    if (manager)
        CloseServiceHandle(manager);
    return code;
}
