/* SPDX-License-Identifier: Apache-2.0 */
#include "service/service_win32.h"

#include <stdio.h>
#include <string.h>

#include "os/log.h"
#include "os/process_win32.h"
#include "os/session_win32.h"
#include "service/driver_win32.h"
#include "service/events_win32.h"
#include "service/install_win32.h"
#include "service/launcher.h"
#include "service/settings_win32.h"

#define AREA "service"
#define START_HINT_MS 5000
#define STOP_HINT_MS 8000

static struct {
    SRWLOCK lock; /* of status, stop and launcher: controls come on another thread than run()'s */
    SERVICE_STATUS_HANDLE handle;
    SERVICE_STATUS status;
    HANDLE stop; /* event */
    struct settings settings;
    struct launcher *launcher; /* until it is about to be destroyed */
} service = {.lock = SRWLOCK_INIT};

/* With the lock held: what the service manager hears last is what was true last. */
static void report_locked(DWORD state, DWORD hint_ms, DWORD code)
{
    SERVICE_STATUS *status = &service.status;

    status->dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status->dwCurrentState = state;
    status->dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN |
                                                                SERVICE_ACCEPT_SESSIONCHANGE
                                                          : 0;
    status->dwWin32ExitCode = code ? ERROR_SERVICE_SPECIFIC_ERROR : NO_ERROR;
    status->dwServiceSpecificExitCode = code;
    status->dwCheckPoint = hint_ms ? status->dwCheckPoint + 1 : 0;
    status->dwWaitHint = hint_ms;
    SetServiceStatus(service.handle, status);
}

static void report(DWORD state, DWORD hint_ms, DWORD code)
{
    AcquireSRWLockExclusive(&service.lock);
    report_locked(state, hint_ms, code);
    ReleaseSRWLockExclusive(&service.lock);
}

/* NULL takes the launcher away from the controls; the one before. */
static struct launcher *set_launcher(struct launcher *launcher)
{
    struct launcher *before;

    AcquireSRWLockExclusive(&service.lock);
    before = service.launcher;
    service.launcher = launcher;
    ReleaseSRWLockExclusive(&service.lock);
    return before;
}

/* With the lock held; to leave word with the launcher takes no time. */
static void on_session_change(DWORD event, const WTSSESSION_NOTIFICATION *what)
{
    switch (event) {
    case WTS_SESSION_LOGOFF:
        launcher_session_user(service.launcher, what->dwSessionId, false);
        launcher_session_left(service.launcher, what->dwSessionId);
        break;
    case WTS_REMOTE_DISCONNECT:
    case WTS_SESSION_TERMINATE:
        launcher_session_left(service.launcher, what->dwSessionId);
        break;
    case WTS_SESSION_LOGON:
        launcher_session_user(service.launcher, what->dwSessionId, true);
        break;
    default:
        break;
    }
}

static DWORD WINAPI on_control(DWORD control, DWORD event, void *data, void *context)
{
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
        AcquireSRWLockExclusive(&service.lock);
        if (service.status.dwCurrentState == SERVICE_RUNNING) {
            report_locked(SERVICE_STOP_PENDING, STOP_HINT_MS, 0);
            SetEvent(service.stop);
        }
        ReleaseSRWLockExclusive(&service.lock);
        return NO_ERROR;
    case SERVICE_CONTROL_SESSIONCHANGE:
        AcquireSRWLockExclusive(&service.lock);
        if (data && service.launcher)
            on_session_change(event, data);
        ReleaseSRWLockExclusive(&service.lock);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

/* The pipe's descriptor lets in a service's SID, and more than one process may carry it: the process that the
 * service manager names is the one. Under Wine that service is a stub, and everybody is the same user. */
static bool may_come(void *arg, const struct os_process *client, char *why, size_t cap)
{
    const struct settings *settings = &service.settings;
    char program[SETTINGS_TEXT_MAX];
    enum os_status status;
    uint64_t id;

    (void)arg;
    if (settings->test_client[0]) {
        status = os_process_program(client, program, sizeof(program));
        if (status == OS_OK && _stricmp(program, settings->test_client) == 0)
            return true;
        snprintf(why, cap, "%.500s is not the test client",
                 status == OS_OK ? program : os_status_text(status));
        return false;
    }
    if ((status = os_service_process_id(settings->service, &id)) != OS_OK)
        snprintf(why, cap, "the process of service %s is not known: %s", settings->service,
                 os_status_text(status));
    else if (id != os_process_id(client))
        snprintf(why, cap, "service %s is process %llu", settings->service, (unsigned long long)id);
    else
        return true;
    return false;
}

static struct os_session session(void *arg, uint32_t id)
{
    enum os_status status;
    struct os_session seen;

    (void)arg;
    status = os_session_look(id, &seen);
    if (status != OS_OK)
        log_warn(AREA, id, "the sessions cannot be listed: %s", os_status_text(status));
    return seen;
}

static void event(void *arg, enum launcher_event id, const char *text)
{
    (void)arg;
    events_write(id, text);
}

static DWORD begin(struct launcher_config *config)
{
    const struct launcher_host host = {
        .may_come = may_come, .session = session, .event = event, .drivers = &driver_system_win32};
    struct settings *settings = &service.settings;
    struct launcher *launcher;
    char problem[1200];

    if (!settings_read(settings, problem, sizeof(problem)))
        goto failed;
    log_set_level(settings->log_level);
    if (settings->log_file[0] && log_set_file(settings->log_file) != OS_OK) {
        snprintf(problem, sizeof(problem), "log-file %s cannot be opened", settings->log_file);
        goto failed;
    }
    if (!os_sessions_are_real())
        log_warn(
            AREA, 0,
            "this is Wine: there is one session and one user, so session programs start where this is, those "
            "of users with this program's own token, and the client's process is judged by %s",
            settings->test_client[0] ? "its program" : "its number only");
    *config = (struct launcher_config){.pipe = settings->pipe,
                                       .service = settings->service,
                                       .program = settings->program,
                                       .args = settings->arguments,
                                       .user_args = settings->user_arguments,
                                       .desktop = settings->desktop};
    if (!(launcher = launcher_create(config, &host, problem, sizeof(problem))))
        goto failed;
    set_launcher(launcher);
    log_info(AREA, 0, "listening on pipe '%s' for %s", settings->pipe, settings->service);
    return 0;
failed:
    log_error(AREA, 0, "%s", problem);
    events_write(LAUNCHER_EVENT_CANNOT_LISTEN, problem);
    return 1;
}

static void WINAPI run(DWORD argc, wchar_t **argv)
{
    struct launcher_config config;
    DWORD code = 1;

    (void)argc;
    (void)argv;
    service.handle = RegisterServiceCtrlHandlerExW(SERVICE_NAME, on_control, NULL);
    if (!service.handle)
        return;
    report(SERVICE_START_PENDING, START_HINT_MS, 0);
    events_open();
    service.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (service.stop && (code = begin(&config)) == 0) {
        events_write(LAUNCHER_EVENT_LISTENING, service.settings.service);
        report(SERVICE_RUNNING, 0, 0);
        WaitForSingleObject(service.stop, INFINITE);
        launcher_destroy(set_launcher(NULL));
        log_info(AREA, 0, "stopped");
        events_write(LAUNCHER_EVENT_ENDED, "asked to stop");
    }
    events_close();
    os_handle_close(service.stop); /* no control looks at it but while the service runs */
    report(SERVICE_STOPPED, 0, code);
}

static int dispatch(void)
{
    static wchar_t name[] = SERVICE_NAME;
    const SERVICE_TABLE_ENTRYW table[] = {{name, run}, {NULL, NULL}};

    if (StartServiceCtrlDispatcherW(table))
        return SERVICE_DONE;
    fprintf(stderr, "rdsprov-session: /service is for the service manager (error %lu)\n", GetLastError());
    return SERVICE_FAILED;
}

static const char *const words[] = {"/service", "/install", "/uninstall", "/status"};

static int word(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(words) / sizeof(words[0]); i++)
        if (_stricmp(argv[1], words[i]) == 0)
            return (int)i;
    return -1;
}

bool service_is_asked(int argc, char **argv)
{
    return word(argc, argv) >= 0;
}

/* A program without a console of its own: what it prints goes to where it was sent, else to the caller's
 * console. */
static FILE *output(void)
{
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);

    if ((!out || out == INVALID_HANDLE_VALUE) && AttachConsole(ATTACH_PARENT_PROCESS))
        return freopen("CONOUT$", "w", stdout) ? stdout : stderr;
    return stdout;
}

int service_main(int argc, char **argv)
{
    int which = word(argc, argv), code;
    FILE *out;

    if (which == 0)
        return dispatch();
    out = output();
    if (argc != 2) {
        fprintf(out, "rdsprov-session: %s takes no argument\n", words[which]);
        return SERVICE_USAGE;
    }
    code = which == 1 ? service_install(out) : which == 2 ? service_uninstall(out) : service_status(out);
    fflush(out);
    return code;
}
