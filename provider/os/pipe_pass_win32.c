/* SPDX-License-Identifier: Apache-2.0 */
/* Hand-over of handles and sockets with a message; see pipe_win32.h. */
#include "os/pipe_win32.h"

#include <string.h>

#include "os/socket.h"

/* A kernel handle is a positive multiple of four within 32 bits. Everything else must not reach
 * DuplicateHandle: -1 and -2 are pseudo handles, and a remote that sends them would get our own thread
 * duplicated or worse. */
static bool handle_value_is_plain(uint64_t value)
{
    return value != 0 && value <= INT32_MAX && (value & 3) == 0;
}

static HANDLE handle_from_value(uint64_t value)
{
    return (HANDLE)(uintptr_t)value;
}

enum pipe_form pipe_role_form(const struct pipe_role *self)
{
    if (self->remote)
        return PIPE_FORM_STRONG;
    if (self->bond && InterlockedCompareExchange(&self->bond->together, 0, 0))
        return PIPE_FORM_TOGETHER;
    return PIPE_FORM_WEAK;
}

static enum os_status pass_export_one(const struct pipe_role *self, enum pipe_form form,
                                      const struct os_pass *pass, struct pipe_pass *out)
{
    HANDLE copy = NULL;

    memset(out, 0, sizeof(*out));
    out->kind = pass->kind;
    if (pass->kind == OS_PASS_SOCKET) {
        if (pass->socket == OS_NO_SOCKET)
            return OS_INVALID;
        if (form == PIPE_FORM_TOGETHER) {
            out->as.value = pass->socket;
            return OS_OK;
        }
        /* Only an end that may open the other process can give it a socket. */
        if (form != PIPE_FORM_STRONG)
            return OS_INVALID;
        if (WSADuplicateSocketW(pass->socket, self->remote_id, &out->as.socket) != 0)
            return os_status_from_win32((DWORD)WSAGetLastError());
        return OS_OK;
    }
    if (pass->kind != OS_PASS_HANDLE || !handle_value_is_plain((uintptr_t)pass->handle))
        return OS_INVALID;
    if (form != PIPE_FORM_STRONG) {
        out->as.value = (uintptr_t)pass->handle;
        return OS_OK;
    }
    if (!DuplicateHandle(GetCurrentProcess(), pass->handle, self->remote, &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        DWORD error = GetLastError();

        /* A process that is on its way out refuses new handles. */
        return WaitForSingleObject(self->remote, 0) == WAIT_OBJECT_0 ? OS_CLOSED
                                                                     : os_status_from_win32(error);
    }
    out->as.value = (uintptr_t)copy;
    return OS_OK;
}

enum os_status pipe_pass_export(const struct pipe_role *self, const struct os_pass *pass, unsigned npass,
                                struct pipe_pass *out)
{
    enum pipe_form form = pipe_role_form(self);

    for (unsigned i = 0; i < npass; i++) {
        enum os_status status = pass_export_one(self, form, &pass[i], &out[i]);

        if (status != OS_OK) {
            pipe_pass_unsent(self, out, i);
            return status;
        }
    }
    return OS_OK;
}

void pipe_pass_sent(const struct pipe_role *self, const struct os_pass *pass, unsigned npass)
{
    /* In the other forms the receiver owns the very same handle, or fetches and closes it. */
    if (pipe_role_form(self) != PIPE_FORM_STRONG)
        return;
    for (unsigned i = 0; i < npass; i++) {
        if (pass[i].kind == OS_PASS_SOCKET)
            os_socket_close(pass[i].socket, false);
        else
            os_handle_close(pass[i].handle);
    }
}

void pipe_pass_unsent(const struct pipe_role *self, const struct pipe_pass *out, unsigned npass)
{
    if (pipe_role_form(self) != PIPE_FORM_STRONG)
        return;
    for (unsigned i = 0; i < npass; i++) {
        /* The copy behind a WSAPROTOCOL_INFOW cannot be taken back by any documented call; it goes with the
         * other process. Sockets are therefore handed over with the first message, when the pipe cannot be
         * full. */
        if (out[i].kind == OS_PASS_HANDLE)
            DuplicateHandle(self->remote, handle_from_value(out[i].as.value), NULL, NULL, 0, FALSE,
                            DUPLICATE_CLOSE_SOURCE);
    }
}

static enum os_status pass_import_socket(const struct pipe_pass *in, struct os_pass *pass)
{
    WSAPROTOCOL_INFOW info = in->as.socket;
    u_long on = 1;
    SOCKET s;

    if (os_winsock_start() != OS_OK)
        return OS_FAILED;
    s = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                   WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (s == INVALID_SOCKET)
        return os_status_from_win32((DWORD)WSAGetLastError());
    /* It was so on the other side; nothing promises that this came along. */
    ioctlsocket(s, FIONBIO, &on);
    pass->socket = s;
    return OS_OK;
}

static enum os_status pass_import_one(const struct pipe_role *self, enum pipe_form form,
                                      const struct pipe_pass *in, struct os_pass *pass)
{
    HANDLE copy = NULL;

    memset(pass, 0, sizeof(*pass));
    pass->kind = in->kind == OS_PASS_SOCKET ? OS_PASS_SOCKET : OS_PASS_HANDLE;
    pass->handle = OS_NO_HANDLE;
    pass->socket = OS_NO_SOCKET;
    if (in->kind == OS_PASS_SOCKET) {
        if (form == PIPE_FORM_TOGETHER) {
            pass->socket = (os_socket)in->as.value;
            return OS_OK;
        }
        return form == PIPE_FORM_STRONG ? pass_import_socket(in, pass) : OS_INVALID;
    }
    if (in->kind != OS_PASS_HANDLE || !handle_value_is_plain(in->as.value))
        return OS_INVALID;
    if (form != PIPE_FORM_WEAK) {
        pass->handle = handle_from_value(in->as.value);
        return OS_OK;
    }
    /* The source is closed also when no copy can be made. */
    if (!DuplicateHandle(self->remote, handle_from_value(in->as.value), GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE))
        return os_status_from_win32(GetLastError()) == OS_NO_MEMORY ? OS_NO_MEMORY : OS_INVALID;
    pass->handle = copy;
    return OS_OK;
}

static void pass_close(struct os_pass *pass)
{
    if (pass->kind == OS_PASS_SOCKET)
        os_socket_close(pass->socket, false);
    else
        os_handle_close(pass->handle);
}

/* A strong end must not believe that a value is already its own: the weak end could name any of its handles.
 */
static bool form_is_acceptable(const struct pipe_role *self, uint32_t form)
{
    if (self->refuses)
        return false;
    switch (pipe_role_form(self)) {
    case PIPE_FORM_STRONG:
        return form == PIPE_FORM_WEAK;
    case PIPE_FORM_TOGETHER:
        return form == PIPE_FORM_TOGETHER;
    default:
        return form == PIPE_FORM_STRONG;
    }
}

enum os_status pipe_pass_import(const struct pipe_role *self, uint32_t form, const struct pipe_pass *in,
                                unsigned npass, struct os_pass *pass)
{
    enum os_status status = OS_OK;

    if (npass == 0)
        return OS_OK;
    if (!form_is_acceptable(self, form))
        return OS_INVALID;
    /* One that fails does not stop the others: they must be fetched to be closed. */
    for (unsigned i = 0; i < npass; i++) {
        enum os_status one = pass_import_one(self, (enum pipe_form)form, &in[i], &pass[i]);

        if (one != OS_OK)
            status = one;
    }
    if (status != OS_OK) {
        for (unsigned i = 0; i < npass; i++)
            pass_close(&pass[i]);
    }
    return status;
}
