/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a child. It begins suspended, gets its jobs, and only then runs its first instruction. It inherits
 * the handles of one list: three standard streams and its end of the link, each an inheritable copy that
 * lives in this process for the time of the call. A child in another session can inherit nothing: it has no
 * standard streams, and its end of the link is put into it while it does not run yet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "os/log.h"
#include "os/pipe.h"
#include "os/process_win32.h"
#include "os/session_win32.h"

#define LINK_TEXT_MAX (SPAWN_NOTE_NAME_MAX + 32)

enum { CHILD_IN, CHILD_OUT, CHILD_ERR, CHILD_LINK, CHILD_HANDLES };

struct spawn {
    const struct os_spawn *spec;
    wchar_t *program, *command, *environment, *desktop;
    wchar_t link[LINK_TEXT_MAX];   /* the argument about it; empty: there is none */
    HANDLE inherit[CHILD_HANDLES]; /* copies for the child; NULL when there is none */
    HANDLE server, client;         /* the ends of the link; the client's while nobody has it */
    struct spawn_note note;
    HANDLE output; /* our end of standard output */
    HANDLE token;
    bool token_must; /* a child with another token is none */
    PROCESS_INFORMATION info;
};

static void warn_once(LONG *said, const char *what)
{
    char text[256];

    if (InterlockedExchange(said, 1) == 0)
        log_warn("os", 0, "%s: %s; children run with more rights than intended", what,
                 os_last_error_text(text, sizeof(text)));
}

static enum os_status inheritable_copy(HANDLE handle, HANDLE *out)
{
    return DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), out, 0, TRUE,
                           DUPLICATE_SAME_ACCESS)
               ? OS_OK
               : os_status_from_win32(GetLastError());
}

static enum os_status null_device(bool input, HANDLE *out)
{
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof(inherit), .bInheritHandle = TRUE};
    HANDLE file = CreateFileW(L"NUL", input ? GENERIC_READ : GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit, OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return os_status_from_win32(GetLastError());
    *out = file;
    return OS_OK;
}

static enum os_status output_pipe(struct spawn *self)
{
    HANDLE write = NULL;
    enum os_status status;

    if (!CreatePipe(&self->output, &write, NULL, 65536))
        return os_status_from_win32(GetLastError());
    status = inheritable_copy(write, &self->inherit[CHILD_OUT]);
    CloseHandle(write);
    return status;
}

static enum os_status spawn_streams(struct spawn *self)
{
    static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    enum os_status status;

    for (int i = CHILD_IN; i <= CHILD_ERR; i++) {
        HANDLE mine = GetStdHandle(ids[i]);

        if (i == CHILD_OUT && (self->spec->flags & OS_SPAWN_STDOUT)) {
            if ((status = output_pipe(self)) != OS_OK)
                return status;
            continue;
        }
        if (!(self->spec->flags & OS_SPAWN_QUIET) && mine && mine != INVALID_HANDLE_VALUE &&
            inheritable_copy(mine, &self->inherit[i]) == OS_OK)
            continue;
        if ((status = null_device(i == CHILD_IN, &self->inherit[i])) != OS_OK)
            return status;
    }
    return OS_OK;
}

static enum os_status spawn_link(struct spawn *self)
{
    enum os_status status = os_pipe_handles(&self->server, &self->client);

    if (status != OS_OK)
        return status;
    if (self->spec->place) {
        status = spawn_note_create(&self->note, self->token);
        swprintf(self->link, LINK_TEXT_MAX, L"" OS_NOTE_ARGUMENT "%ls", self->note.name);
        return status;
    }
    status = inheritable_copy(self->client, &self->inherit[CHILD_LINK]);
    swprintf(self->link, LINK_TEXT_MAX, L"" OS_LINK_ARGUMENT "%llx",
             (unsigned long long)(uintptr_t)self->inherit[CHILD_LINK]);
    return status;
}

/* Into the child that could not inherit it. It does not run yet: the note is there before it looks. */
static enum os_status spawn_give_link(struct spawn *self)
{
    HANDLE theirs = NULL;

    if (!DuplicateHandle(GetCurrentProcess(), self->client, self->info.hProcess, &theirs, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return os_status_from_win32(GetLastError());
    return spawn_note_write(&self->note, theirs);
}

static BOOL spawn_call(struct spawn *self, HANDLE token, STARTUPINFOEXW *startup)
{
    bool inherit = startup->lpAttributeList != NULL;
    /* Detached: a console would mean a second process, which the job of a restricted child forbids. */
    DWORD flags = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | DETACHED_PROCESS |
                  (inherit ? EXTENDED_STARTUPINFO_PRESENT : 0);

    if (token)
        return CreateProcessAsUserW(token, self->program, self->command, NULL, NULL, inherit, flags,
                                    self->environment, NULL, &startup->StartupInfo, &self->info);
    return CreateProcessW(self->program, self->command, NULL, NULL, inherit, flags, self->environment, NULL,
                          &startup->StartupInfo, &self->info);
}

static enum os_status spawn_run(struct spawn *self, STARTUPINFOEXW *startup)
{
    static LONG said_token;

    if (self->token && spawn_call(self, self->token, startup))
        return OS_OK;
    if (self->token && !self->token_must)
        warn_once(&said_token, "no process with a restricted token");
    if (self->token_must || !spawn_call(self, NULL, startup))
        return os_status_from_win32(GetLastError());
    return OS_OK;
}

static enum os_status spawn_create(struct spawn *self)
{
    STARTUPINFOEXW startup = {.StartupInfo = {.cb = sizeof(startup.StartupInfo), .lpDesktop = self->desktop}};
    HANDLE list[CHILD_HANDLES];
    enum os_status status;
    size_t count = 0;
    SIZE_T size = 0;

    for (int i = 0; i < CHILD_HANDLES; i++) {
        if (self->inherit[i])
            list[count++] = self->inherit[i];
    }
    if (count == 0)
        return spawn_run(self, &startup);
    startup.StartupInfo.cb = sizeof(startup);
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = self->inherit[CHILD_IN];
    startup.StartupInfo.hStdOutput = self->inherit[CHILD_OUT];
    startup.StartupInfo.hStdError = self->inherit[CHILD_ERR];
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    if (!(startup.lpAttributeList = malloc(size)))
        return OS_NO_MEMORY;
    if (!InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size)) {
        free(startup.lpAttributeList);
        return os_status_from_win32(GetLastError());
    }
    if (UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, list,
                                  count * sizeof(list[0]), NULL, NULL))
        status = spawn_run(self, &startup);
    else
        status = os_status_from_win32(GetLastError());
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    free(startup.lpAttributeList);
    return status;
}

/* A job of its own under the caller's job (nested jobs: Windows 8, Server 2012): it ends the child with all
 * that the child started, and holds a restricted one to a single process. It does not end with its handle. */
static HANDLE spawn_own_job(HANDLE process, bool restricted)
{
    static LONG said;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {
            .LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
            .ActiveProcessLimit = 1,
        }};
    HANDLE job = CreateJobObjectW(NULL, NULL);

    if (job &&
        (!restricted ||
         SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits))) &&
        AssignProcessToJobObject(job, process))
        return job;
    if (restricted)
        warn_once(&said, "no job that forbids child processes");
    os_handle_close(job);
    return NULL;
}

static void spawn_finish(struct spawn *self)
{
    if (self->info.hProcess) {
        TerminateProcess(self->info.hProcess, OS_EXIT_KILLED);
        CloseHandle(self->info.hProcess);
    }
    os_handle_close(self->info.hThread);
    for (int i = 0; i < CHILD_HANDLES; i++)
        os_handle_close(self->inherit[i]);
    os_handle_close(self->server);
    os_handle_close(self->client);
    os_handle_close(self->note.section);
    os_handle_close(self->output);
    os_handle_close(self->token);
    free(self->program);
    free(self->command);
    free(self->environment);
    free(self->desktop);
}

/* Wine has one session, and hands every token's child to it. */
static enum os_status spawn_place(struct spawn *self, const struct os_spawn_place *place)
{
    enum os_status status = OS_OK;

    if (!(self->desktop = os_wide_from_utf8(place->desktop)) || (place->as_its_user && self->spec->env))
        return OS_INVALID;
    if (place->as_its_user) {
        if ((status = spawn_user_token(place->session, &self->token)) == OS_OK)
            status = spawn_user_environment(self->token, &self->environment);
    } else if (os_sessions_are_real()) {
        status = spawn_session_token(place->session, &self->token);
    }
    self->token_must = self->token != NULL;
    return status;
}

/* A token may be moved and the process still begin elsewhere. */
static bool spawn_is_in_session(const struct spawn *self, const struct os_spawn_place *place)
{
    DWORD session = MAXDWORD;

    if (!os_sessions_are_real())
        return true;
    if (!ProcessIdToSessionId(self->info.dwProcessId, &session) || session != place->session) {
        log_error("os", 0, "the child for session %u came to be in session %lu", place->session, session);
        return false;
    }
    return true;
}

enum os_status os_process_spawn(const struct os_spawn *spec, struct os_process **out, struct os_pipe **link)
{
    static LONG said_token;
    struct spawn self = {.spec = spec};
    bool restricted = spec->flags & OS_SPAWN_RESTRICTED;
    struct os_process *process = NULL;
    struct os_pipe *pipe = NULL;
    enum os_status status;

    *out = NULL;
    if (link)
        *link = NULL;
    if (!(self.program = spawn_find_program(spec->program, &status)))
        goto out;
    if (spec->place ? (status = spawn_place(&self, spec->place)) != OS_OK
                    : (status = spawn_streams(&self)) != OS_OK)
        goto out;
    if ((link && (status = spawn_link(&self)) != OS_OK) ||
        (status = spawn_command_line(self.program, spec->args, self.link[0] ? self.link : NULL,
                                     &self.command)) != OS_OK ||
        (!self.environment && (status = spawn_environment(spec->env, &self.environment)) != OS_OK))
        goto out;
    if (restricted && !self.token && spawn_restricted_token(&self.token) != OS_OK)
        warn_once(&said_token, "no restricted token");
    if ((status = spawn_create(&self)) != OS_OK)
        goto out;
    if (spec->place && !spawn_is_in_session(&self, spec->place)) {
        status = OS_FAILED;
        goto out;
    }
    if (spec->place && link && (status = spawn_give_link(&self)) != OS_OK)
        goto out;
    if (spec->job && (status = os_job_add(spec->job, self.info.hProcess)) != OS_OK)
        goto out;
    if ((status = os_process_from_handle(self.info.hProcess, self.info.dwProcessId, &process)) != OS_OK)
        goto out;
    process->job = spawn_own_job(self.info.hProcess, restricted);
    process->output = self.output;
    process->note = self.note.section;
    self.output = self.note.section = NULL;
    if (link) {
        if ((status = os_pipe_from_handle(self.server, &pipe)) != OS_OK)
            goto out;
        self.server = NULL;
        os_pipe_set_remote(pipe, process);
    }
    if (ResumeThread(self.info.hThread) == (DWORD)-1) {
        status = os_status_from_win32(GetLastError());
        goto out;
    }
    self.info.hProcess = NULL;
    *out = process;
    process = NULL;
    if (link)
        *link = pipe;
    pipe = NULL;
out:
    os_pipe_destroy(pipe);
    if (process) {
        TerminateProcess(process->handle, OS_EXIT_KILLED);
        self.info.hProcess = NULL; /* the object's */
        os_process_destroy(process);
    }
    spawn_finish(&self);
    return status;
}
