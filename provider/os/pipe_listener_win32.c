/* SPDX-License-Identifier: Apache-2.0 */
/* Making, naming and finding named pipes. */
#include "os/pipe_connect.h"
#include "os/pipe_win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/process.h"
#include "os/session_win32.h"

/* The kernel's buffer takes what a sender may have queued, so that a write that fits ends at once. */
#define PIPE_BUFFER OS_PIPE_QUEUE_MAX
#define PIPE_NAME_MAX 256
#define PIPE_PAIR_TRIES 4

struct os_pipe_listener {
    HANDLE pending;   /* the instance that waits for a client */
    HANDLE connected; /* its event, manual reset */
    bool armed;       /* it does wait; else the next os_pipe_accept tries to make it */
    OVERLAPPED connect;
    wchar_t name[PIPE_NAME_MAX];
    uint8_t guest[SECURITY_MAX_SID_SIZE]; /* who may come beside this user and SYSTEM; first byte 0: nobody */
};

static HANDLE pipe_create_instance(const wchar_t *name, bool first, DWORD instances, PSID guest)
{
    struct os_private_acl acl;
    HANDLE handle;
    DWORD error;

    /* generic write holds the right to make instances, too: a guest could stand in for the listener, under
     * its owner's name */
    if (os_private_acl_init_with(&acl, FILE_ALL_ACCESS, guest, PIPE_CLIENT_ACCESS) != OS_OK)
        return NULL;
    handle = CreateNamedPipeW(
        name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0),
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, instances,
        PIPE_BUFFER, PIPE_BUFFER, 0, &acl.attributes);
    error = GetLastError();
    os_private_acl_finish(&acl);
    SetLastError(error);
    return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

/* The server may learn who we are and no more: it cannot act in our name. */
static HANDLE pipe_open(const wchar_t *name)
{
    HANDLE handle = CreateFileW(name, PIPE_CLIENT_ACCESS, 0, NULL, OPEN_EXISTING,
                                FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);

    return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

static enum os_status pipe_handles_try(HANDLE *server, HANDLE *client)
{
    wchar_t name[64] = L"\\\\.\\pipe\\rdsprov-";
    size_t at = wcslen(name);
    uint8_t random[16];
    DWORD error;
    ULONG id = 0;

    if (os_random(random, sizeof(random)) != OS_OK)
        return OS_FAILED;
    for (size_t i = 0; i < sizeof(random); i++) {
        name[at++] = L"0123456789abcdef"[random[i] >> 4];
        name[at++] = L"0123456789abcdef"[random[i] & 15];
    }
    name[at] = 0;
    if (!(*server = pipe_create_instance(name, true, 1, NULL)))
        return os_status_from_win32(GetLastError());
    *client = pipe_open(name);
    error = GetLastError();
    /* Another process of this user may list pipes and be faster than we are. */
    if (*client && GetNamedPipeClientProcessId(*server, &id) && id == GetCurrentProcessId())
        return OS_OK;
    if (*client)
        error = ERROR_PIPE_BUSY;
    os_handle_close(*client);
    os_handle_close(*server);
    *client = *server = NULL;
    return os_status_from_win32(error);
}

enum os_status os_pipe_handles(HANDLE *server, HANDLE *client)
{
    enum os_status status = OS_FAILED;

    *server = *client = NULL;
    for (int i = 0; i < PIPE_PAIR_TRIES; i++) {
        status = pipe_handles_try(server, client);
        if (status != OS_BUSY)
            break;
    }
    return status;
}

static bool pipe_name_make(const char *name, wchar_t out[PIPE_NAME_MAX])
{
    static const wchar_t prefix[] = L"\\\\.\\pipe\\";
    size_t len = wcslen(prefix);

    if (!name[0] || strpbrk(name, "\\/"))
        return false;
    memcpy(out, prefix, sizeof(prefix));
    return os_utf16_from_utf8((uint16_t *)out + len, PIPE_NAME_MAX - len, name);
}

/* Lets a client come to the pending instance; the event tells when. */
static enum os_status listener_wait_client(struct os_pipe_listener *self)
{
    memset(&self->connect, 0, sizeof(self->connect));
    self->connect.hEvent = self->connected;
    if (ConnectNamedPipe(self->pending, &self->connect))
        return OS_OK;
    switch (GetLastError()) {
    case ERROR_IO_PENDING:
        return OS_OK;
    case ERROR_PIPE_CONNECTED: /* a client was faster; no result will be written */
        self->connect.Internal = 0;
        SetEvent(self->connected);
        return OS_OK;
    case ERROR_NO_DATA: /* it was, and has gone again */
        DisconnectNamedPipe(self->pending);
        return OS_AGAIN;
    default:
        return os_status_from_win32(GetLastError());
    }
}

static enum os_status listener_arm(struct os_pipe_listener *self)
{
    enum os_status status = OS_AGAIN;

    ResetEvent(self->connected);
    for (int i = 0; i < 64 && status == OS_AGAIN; i++)
        status = listener_wait_client(self);
    self->armed = status == OS_OK;
    if (!self->armed)
        SetEvent(self->connected); /* or nobody would try again */
    return status;
}

/* Wine 8 does not refuse a second "first instance". Windows does; this look only finds it earlier. */
static bool pipe_name_is_taken(const wchar_t *name)
{
    return WaitNamedPipeW(name, 1) || GetLastError() == ERROR_SEM_TIMEOUT;
}

static PSID listener_guest(struct os_pipe_listener *self)
{
    return self->guest[0] ? self->guest : NULL;
}

enum os_status os_pipe_listen(const char *name, struct os_pipe_listener **out)
{
    return os_pipe_listen_for(name, NULL, out);
}

enum os_status os_pipe_listen_for(const char *name, const char *service, struct os_pipe_listener **out)
{
    struct os_pipe_listener *self = calloc(1, sizeof(*self));
    enum os_status status = OS_INVALID;

    *out = NULL;
    if (!self)
        return OS_NO_MEMORY;
    if (!pipe_name_make(name, self->name))
        goto out;
    if (service && (status = os_service_sid(service, self->guest, sizeof(self->guest))) != OS_OK)
        goto out;
    if (!(self->connected = CreateEventW(NULL, TRUE, FALSE, NULL))) {
        status = OS_NO_MEMORY;
        goto out;
    }
    if (pipe_name_is_taken(self->name)) {
        status = OS_BUSY;
        goto out;
    }
    self->pending = pipe_create_instance(self->name, true, PIPE_UNLIMITED_INSTANCES, listener_guest(self));
    if (!self->pending) {
        /* That is what a second "first instance" gets, whoever made the other one. */
        status = GetLastError() == ERROR_ACCESS_DENIED ? OS_BUSY : os_status_from_win32(GetLastError());
        goto out;
    }
    if ((status = listener_arm(self)) != OS_OK)
        goto out;
    *out = self;
    self = NULL;
out:
    os_pipe_listener_destroy(self);
    return status;
}

os_waitable os_pipe_listener_waitable(struct os_pipe_listener *self)
{
    return self->connected;
}

static enum os_status pipe_client_process(HANDLE pipe, struct os_process **out)
{
    enum os_status status;
    HANDLE process;
    ULONG id = 0;

    if (!GetNamedPipeClientProcessId(pipe, &id))
        return os_status_from_win32(GetLastError());
    process = OpenProcess(PROCESS_DUP_HANDLE | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, id);
    if (!process)
        return os_status_from_win32(GetLastError());
    /* The process that connected may be gone and its number taken: then its end of the pipe is closed, too,
     * unless it passed that on. A caller that gives rights to a client must look at who it is. */
    status = os_process_from_handle(process, id, out);
    if (status != OS_OK)
        CloseHandle(process);
    return status;
}

enum os_status os_pipe_accept(struct os_pipe_listener *self, struct os_pipe **out,
                              struct os_process **process)
{
    struct os_process *client = NULL;
    HANDLE next = NULL, mine;
    enum os_status status;
    DWORD done;

    *out = NULL;
    if (process)
        *process = NULL;
    if (WaitForSingleObject(self->connected, 0) != WAIT_OBJECT_0)
        return OS_AGAIN;
    if (!self->armed) {
        status = listener_arm(self);
        return status == OS_OK ? OS_AGAIN : status;
    }
    if (!GetOverlappedResult(self->pending, &self->connect, &done, FALSE)) {
        /* The thread that listened has ended, or the client left at once. */
        DisconnectNamedPipe(self->pending);
        status = listener_arm(self);
        return status == OS_OK ? OS_AGAIN : status;
    }
    /* First the next instance: without it the name would be free for others, and nobody could come any more.
     */
    next = pipe_create_instance(self->name, false, PIPE_UNLIMITED_INSTANCES, listener_guest(self));
    if (!next)
        return os_status_from_win32(GetLastError());
    mine = self->pending;
    self->pending = next;
    listener_arm(self); /* if it fails, the next call hears of it: this client is there */
    if (process && (status = pipe_client_process(mine, &client)) != OS_OK)
        goto out;
    if ((status = os_pipe_from_handle(mine, out)) != OS_OK)
        goto out;
    mine = NULL;
    if (process)
        *process = client;
    client = NULL;
out:
    os_process_destroy(client);
    os_handle_close(mine);
    return status;
}

void os_pipe_listener_destroy(struct os_pipe_listener *self)
{
    DWORD done;

    if (!self)
        return;
    if (self->pending) {
        if (CancelIoEx(self->pending, &self->connect))
            GetOverlappedResult(self->pending, &self->connect, &done, TRUE);
        CloseHandle(self->pending);
    }
    os_handle_close(self->connected);
    free(self);
}

enum os_status pipe_connect(const char *name, bool trusted, struct os_pipe **out, char *why, size_t cap)
{
    wchar_t wide[PIPE_NAME_MAX];
    enum os_status status = OS_OK;
    HANDLE handle;

    *out = NULL;
    if (!pipe_name_make(name, wide))
        return OS_INVALID;
    handle = pipe_open(wide);
    if (!handle)
        return os_status_from_win32(GetLastError());
    if (trusted)
        status = pipe_check_owner(handle, why, cap);
    if (status == OS_OK)
        status = os_pipe_from_handle(handle, out);
    if (status != OS_OK)
        CloseHandle(handle);
    return status;
}
