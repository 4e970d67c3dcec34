/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the *_win32.c files of this folder share. Private to them: it brings in the Windows headers.
 */
#ifndef RDSPROV_OS_WIN32_H
#define RDSPROV_OS_WIN32_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef UNICODE
#define UNICODE
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include "os/os.h"

/* The longest file name that CreateFileW and CreateProcessW take, in code units with NUL. */
#define OS_WIN32_PATH_MAX 32768

enum os_status os_status_from_win32(DWORD error);

/* UTF-8 to UTF-16 on the heap, free() it. NULL when src is not UTF-8 or memory is short. */
wchar_t *os_wide_from_utf8(const char *src);

/* Winsock is started on first use and stays until the process ends: to stop it would need a moment at which
 * nobody in the process uses a socket, and only the last user knows it. */
enum os_status os_winsock_start(void);

/* A security descriptor that lets in the user of this process's token and SYSTEM, nobody else. */
struct os_private_acl {
    SECURITY_ATTRIBUTES attributes;
    SECURITY_DESCRIPTOR descriptor;
    TOKEN_USER *user;
    ACL *acl;
};
enum os_status os_private_acl_init(struct os_private_acl *self, DWORD access);
/* And `sid` (NULL: nobody else), with its own access. */
enum os_status os_private_acl_init_with(struct os_private_acl *self, DWORD access, PSID sid,
                                        DWORD sid_access);
void os_private_acl_finish(struct os_private_acl *self);

struct os_process;
struct os_pipe;
/* An object for a process of which only a handle is known (os_pipe_accept). Takes the handle over on success.
 */
enum os_status os_process_from_handle(HANDLE handle, DWORD id, struct os_process **out);
HANDLE os_process_handle(const struct os_process *self);

/* Creates a message pipe with a random name and opens its other end. The server's end takes overlapped calls.
 */
enum os_status os_pipe_handles(HANDLE *server, HANDLE *client);

#endif
