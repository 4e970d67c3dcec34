/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Windows files about processes share: the object, the texts that CreateProcessW wants, the token.
 */
#ifndef RDSPROV_OS_PROCESS_WIN32_H
#define RDSPROV_OS_PROCESS_WIN32_H

#include "os/process.h"
#include "os/win32.h"

#define OS_LINK_ARGUMENT "--os-link="
#define OS_NOTE_ARGUMENT "--os-link-at="
#define SPAWN_NOTE_NAME_MAX 64

/* Exit codes of processes that were ended from outside: 128 + signal, as on Linux. */
#define OS_EXIT_KILLED 137
#define OS_EXIT_TERMINATED 143

struct os_process {
    HANDLE handle;
    DWORD id;
    HANDLE job;    /* of this child alone; NULL when it could not be had */
    HANDLE output; /* our end of its standard output; NULL when not asked for */
    HANDLE note;   /* of a child in another session: must be there until it has read it */
};

/* The file to start. NULL: *status says why. free() it. */
wchar_t *spawn_find_program(const char *program, enum os_status *status);
/* Program, arguments, and the one about the link unless it is NULL, quoted so that the C runtime's argv is
 * the same again. */
enum os_status spawn_command_line(const wchar_t *program, const char *const *args, const wchar_t *link,
                                  wchar_t **out);
/* This process's environment with `env` added or replaced; *out is NULL when env is NULL. */
enum os_status spawn_environment(const char *const *env, wchar_t **out);

/* The C runtime gives main() its arguments in the system's code page. Replaces them with UTF-8, which is what
 * this folder and its callers speak; they stay allocated. Leaves them alone when they are not those of the
 * command line. */
void arguments_to_utf8(int argc, char **argv);

/* A token of this user without privileges, and with what belongs to a service by name used only to deny. */
enum os_status spawn_restricted_token(HANDLE *out);

/* This process's token, moved to that session and without privileges. OS_DENIED: this is not LocalSystem. To
 * verify on Windows. */
enum os_status spawn_session_token(uint32_t session, HANDLE *out);

/* The primary token of the user who is logged on in the session, and that user's environment; free() it.
 * OS_NOT_FOUND: nobody is. OS_DENIED: this is not LocalSystem. Under Wine this process's own. To verify on
 * Windows. */
enum os_status spawn_user_token(uint32_t session, HANDLE *out);
enum os_status spawn_user_environment(HANDLE token, wchar_t **out);

/* Tells a child that could inherit nothing where its end of the link is (note_win32.c). The section is the
 * caller's. `token` is the child's, NULL: as this process's. */
struct spawn_note {
    HANDLE section;
    wchar_t name[SPAWN_NOTE_NAME_MAX];
};
enum os_status spawn_note_create(struct spawn_note *self, HANDLE token);
enum os_status spawn_note_write(const struct spawn_note *self, HANDLE handle);
enum os_status spawn_note_read(const char *name, uint64_t *handle); /* the child */

enum os_status os_job_add(struct os_job *self, HANDLE process);

#endif
