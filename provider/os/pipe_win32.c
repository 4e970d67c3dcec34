/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message pipe over an overlapped named pipe. One read is always under way; the event of that read is what
 * callers wait on. Writes never stay under way: the kernel's buffer takes a message at once or the write is
 * cancelled and the caller hears OS_AGAIN. So no message can be lost with the thread that sent it (Windows
 * cancels a thread's calls when it ends), and the kernel never holds memory of ours but the read buffer.
 */
#include "os/pipe_win32.h"

#include <stdlib.h>
#include <string.h>

#include "os/process.h"

/* Messages that are looked at for handles when a pipe is closed with unread ones in it. */
#define PIPE_DRAIN_MAX 4096

enum read_state {
    READ_IDLE,
    READ_PENDING,
    READ_DONE,    /* a message is in the buffer */
    READ_DROPPED, /* a message that was too big went by, and the caller has not heard of it yet */
};

struct os_pipe {
    SRWLOCK lock;
    HANDLE handle;   /* NULL once shut down */
    HANDLE readable; /* manual-reset event of the read */
    HANDLE written;
    struct pipe_role role;
    enum read_state state;
    bool closed;   /* nothing more will come */
    bool skipping; /* what comes next is the rest of a message that is too big */
    DWORD got;     /* READ_DONE: bytes in the buffer */
    OVERLAPPED read;
    uint8_t *in; /* PIPE_FRAME_MAX bytes */
};

static void bond_release(struct pipe_bond *bond)
{
    if (bond && InterlockedDecrement(&bond->refs) == 0)
        free(bond);
}

enum os_status os_pipe_from_handle(os_handle handle, struct os_pipe **out)
{
    DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;
    struct os_pipe *self = NULL;
    enum os_status status = OS_NO_MEMORY;

    *out = NULL;
    if (handle == OS_NO_HANDLE || GetFileType(handle) != FILE_TYPE_PIPE ||
        !SetNamedPipeHandleState(handle, &mode, NULL, NULL))
        return OS_INVALID;
    self = calloc(1, sizeof(*self));
    if (!self)
        return OS_NO_MEMORY;
    InitializeSRWLock(&self->lock);
    self->in = malloc(PIPE_FRAME_MAX);
    self->readable = CreateEventW(NULL, TRUE, FALSE, NULL);
    self->written = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!self->in || !self->readable || !self->written)
        goto out;
    self->handle = handle;
    *out = self;
    self = NULL;
    status = OS_OK;
out:
    if (self) {
        os_handle_close(self->readable);
        os_handle_close(self->written);
        free(self->in);
        free(self);
    }
    return status;
}

enum os_status os_pipe_pair(struct os_pipe **a, struct os_pipe **b)
{
    HANDLE server = NULL, client = NULL;
    struct os_pipe *first = NULL, *second = NULL;
    struct pipe_bond *bond = NULL;
    enum os_status status;

    *a = NULL;
    *b = NULL;
    if ((status = os_pipe_handles(&server, &client)) != OS_OK)
        return status;
    if ((status = os_pipe_from_handle(server, &first)) != OS_OK)
        goto out;
    server = NULL;
    if ((status = os_pipe_from_handle(client, &second)) != OS_OK)
        goto out;
    client = NULL;
    bond = malloc(sizeof(*bond));
    if (!bond) {
        status = OS_NO_MEMORY;
        goto out;
    }
    bond->refs = 2;
    bond->together = 1;
    first->role.bond = bond;
    second->role.bond = bond;
    *a = first;
    *b = second;
    first = second = NULL;
out:
    os_pipe_destroy(first);
    os_pipe_destroy(second);
    os_handle_close(server);
    os_handle_close(client);
    return status;
}

/* All pipe_read_* and pipe_close: with the lock held. */

static void pipe_read_ended(struct os_pipe *self)
{
    self->closed = true;
    self->state = READ_IDLE;
    SetEvent(self->readable);
}

static void pipe_read_start(struct os_pipe *self)
{
    memset(&self->read, 0, sizeof(self->read));
    self->read.hEvent = self->readable;
    self->state = READ_PENDING;
    /* Also a read that ends at once leaves its result in the OVERLAPPED and sets the event. */
    if (!ReadFile(self->handle, self->in, (DWORD)PIPE_FRAME_MAX, NULL, &self->read) &&
        GetLastError() != ERROR_IO_PENDING && GetLastError() != ERROR_MORE_DATA)
        pipe_read_ended(self);
}

/* Checks the frame in the buffer. `whole` is false for the first part of a message that is too big. */
static bool pipe_frame_is_sound(const uint8_t *in, size_t got, bool whole, struct pipe_header *header)
{
    size_t need;

    if (got < sizeof(*header))
        return false;
    memcpy(header, in, sizeof(*header));
    if (header->magic != PIPE_MAGIC || header->npass > OS_PASS_MAX)
        return false;
    need = sizeof(*header) + header->npass * sizeof(struct pipe_pass);
    if (!whole)
        return got >= need;
    return header->len <= OS_PIPE_MESSAGE_MAX && got == need + header->len;
}

static enum os_status pipe_frame_import(struct os_pipe *self, const struct pipe_header *header,
                                        struct os_pass *pass)
{
    struct pipe_pass wire[OS_PASS_MAX];

    memcpy(wire, self->in + sizeof(*header), header->npass * sizeof(*wire));
    return pipe_pass_import(&self->role, header->form, wire, header->npass, pass);
}

static void pass_close_from(struct os_pass *pass, unsigned first, unsigned count)
{
    for (unsigned i = first; i < count; i++) {
        if (pass[i].kind == OS_PASS_SOCKET)
            closesocket(pass[i].socket);
        else
            os_handle_close(pass[i].handle);
    }
}

/* Closes what came with the message in the buffer. */
static void pipe_frame_drop(struct os_pipe *self, bool whole)
{
    struct os_pass pass[OS_PASS_MAX];
    struct pipe_header header;

    if (pipe_frame_is_sound(self->in, self->got, whole, &header) &&
        pipe_frame_import(self, &header, pass) == OS_OK)
        pass_close_from(pass, 0, header.npass);
    os_wipe(self->in, self->got);
}

/* OS_OK: a message is in the buffer. OS_AGAIN, OS_CLOSED, OS_TOO_BIG. */
static enum os_status pipe_read_poll(struct os_pipe *self)
{
    for (;;) {
        DWORD error;

        if (self->state == READ_DONE)
            return OS_OK;
        if (self->state == READ_DROPPED)
            return OS_TOO_BIG;
        if (self->closed)
            return OS_CLOSED;
        if (self->state == READ_IDLE)
            pipe_read_start(self);
        if (self->closed)
            return OS_CLOSED;
        /* The event comes after the result. Looking at the result alone could start the next read while the
         * event of this one is still to be set, and the next would look done for ever. */
        if (WaitForSingleObject(self->readable, 0) != WAIT_OBJECT_0)
            return OS_AGAIN;
        error = GetOverlappedResult(self->handle, &self->read, &self->got, FALSE) ? 0 : GetLastError();
        switch (error) {
        case 0:
            self->state = self->skipping ? READ_DROPPED : READ_DONE;
            self->skipping = false;
            break;
        case ERROR_MORE_DATA:
            if (!self->skipping)
                pipe_frame_drop(self, false);
            self->skipping = true;
            self->state = READ_IDLE;
            break;
        case ERROR_OPERATION_ABORTED: /* the thread that began the read has ended */
            self->state = READ_IDLE;
            break;
        case ERROR_IO_INCOMPLETE:
            return OS_AGAIN;
        default:
            pipe_read_ended(self);
            return OS_CLOSED;
        }
    }
}

/* Ends the read that is under way, so that the kernel no longer knows our buffer. */
static void pipe_read_cancel(struct os_pipe *self)
{
    DWORD error;

    if (self->state != READ_PENDING)
        return;
    CancelIoEx(self->handle, &self->read);
    error = GetOverlappedResult(self->handle, &self->read, &self->got, TRUE) ? 0 : GetLastError();
    self->state = READ_IDLE;
    if (!self->skipping && (error == 0 || error == ERROR_MORE_DATA))
        pipe_frame_drop(self, error == 0);
}

static void pipe_close(struct os_pipe *self)
{
    if (!self->handle)
        return;
    if (self->state == READ_DONE)
        pipe_frame_drop(self, true);
    if (self->state != READ_PENDING)
        self->state = READ_IDLE;
    pipe_read_cancel(self);
    /* Handles that are still on their way to us would stay open without an owner. To an end that refuses them
     * none are: there a writer that never stops would only hold us up. */
    for (unsigned i = 0; i < PIPE_DRAIN_MAX && !self->closed && !self->role.refuses; i++) {
        DWORD waiting = 0;

        if (!PeekNamedPipe(self->handle, NULL, 0, NULL, &waiting, NULL) || waiting == 0)
            break;
        pipe_read_start(self);
        pipe_read_cancel(self);
    }
    CloseHandle(self->handle);
    self->handle = NULL;
    pipe_read_ended(self);
}

static void pipe_free(struct os_pipe *self)
{
    CloseHandle(self->readable);
    CloseHandle(self->written);
    bond_release(self->role.bond);
    free(self->in);
    free(self);
}

os_handle os_pipe_detach(struct os_pipe *self)
{
    HANDLE handle = self->handle;

    pipe_read_cancel(self);
    if (self->role.bond)
        InterlockedExchange(&self->role.bond->together, 0);
    pipe_free(self);
    return handle;
}

void os_pipe_destroy(struct os_pipe *self)
{
    if (!self)
        return;
    os_pipe_shutdown(self);
    pipe_free(self);
}

void os_pipe_shutdown(struct os_pipe *self)
{
    AcquireSRWLockExclusive(&self->lock);
    pipe_close(self);
    ReleaseSRWLockExclusive(&self->lock);
}

void os_pipe_set_remote(struct os_pipe *self, struct os_process *process)
{
    DWORD id = (DWORD)os_process_id(process);

    AcquireSRWLockExclusive(&self->lock);
    /* A pair that lives in this process needs no duplicates. */
    if (id != GetCurrentProcessId() || pipe_role_form(&self->role) != PIPE_FORM_TOGETHER) {
        self->role.remote = os_process_handle(process);
        self->role.remote_id = id;
    }
    ReleaseSRWLockExclusive(&self->lock);
}

void os_pipe_refuse_passes(struct os_pipe *self)
{
    AcquireSRWLockExclusive(&self->lock);
    self->role.refuses = true;
    ReleaseSRWLockExclusive(&self->lock);
}

static enum os_status pipe_write(struct os_pipe *self, const void *frame, size_t len)
{
    OVERLAPPED ov = {.hEvent = self->written};
    DWORD done = 0, error;

    if (WriteFile(self->handle, frame, (DWORD)len, NULL, &ov))
        return OS_OK;
    error = GetLastError();
    if (error == ERROR_IO_PENDING) {
        CancelIoEx(self->handle, &ov);
        if (GetOverlappedResult(self->handle, &ov, &done, TRUE))
            return OS_OK;
        error = GetLastError();
        if (error == ERROR_OPERATION_ABORTED)
            return OS_AGAIN;
    }
    return os_status_from_win32(error);
}

enum os_status os_pipe_send(struct os_pipe *self, const void *data, size_t len, const struct os_pass *pass,
                            unsigned npass)
{
    struct pipe_header header = {.magic = PIPE_MAGIC, .len = (uint32_t)len, .npass = npass};
    struct pipe_pass wire[OS_PASS_MAX];
    size_t total = sizeof(header) + npass * sizeof(*wire) + len;
    uint8_t small[1024], *frame = small;
    enum os_status status;

    if (len > OS_PIPE_MESSAGE_MAX || npass > OS_PASS_MAX)
        return OS_TOO_BIG;
    if (total > sizeof(small) && !(frame = malloc(total)))
        return OS_NO_MEMORY;
    AcquireSRWLockExclusive(&self->lock);
    if (!self->handle) {
        status = OS_CLOSED;
        goto out;
    }
    if ((status = pipe_pass_export(&self->role, pass, npass, wire)) != OS_OK)
        goto out;
    header.form = npass > 0 ? pipe_role_form(&self->role) : PIPE_FORM_NONE;
    memcpy(frame, &header, sizeof(header));
    if (npass > 0)
        memcpy(frame + sizeof(header), wire, npass * sizeof(*wire));
    if (len > 0)
        memcpy(frame + sizeof(header) + npass * sizeof(*wire), data, len);
    status = pipe_write(self, frame, total);
    if (status == OS_OK)
        pipe_pass_sent(&self->role, pass, npass);
    else
        pipe_pass_unsent(&self->role, wire, npass);
out:
    ReleaseSRWLockExclusive(&self->lock);
    os_wipe(frame, total);
    if (frame != small)
        free(frame);
    return status;
}

/* The message in the buffer goes to the caller. */
static enum os_status pipe_take(struct os_pipe *self, void *buf, size_t cap, size_t *len,
                                struct os_pass *pass, unsigned room, unsigned *npass)
{
    struct os_pass came[OS_PASS_MAX];
    struct pipe_header header;
    enum os_status status;
    unsigned keep;

    if (!pipe_frame_is_sound(self->in, self->got, true, &header))
        return OS_INVALID;
    if ((status = pipe_frame_import(self, &header, came)) != OS_OK)
        return status;
    if (header.len > cap) {
        pass_close_from(came, 0, header.npass);
        return OS_TOO_BIG;
    }
    keep = header.npass < room ? header.npass : room;
    pass_close_from(came, keep, header.npass);
    if (keep > 0)
        memcpy(pass, came, keep * sizeof(*pass));
    if (header.len > 0)
        memcpy(buf, self->in + self->got - header.len, header.len);
    *len = header.len;
    if (npass)
        *npass = keep;
    return OS_OK;
}

enum os_status os_pipe_receive(struct os_pipe *self, void *buf, size_t cap, size_t *len, struct os_pass *pass,
                               unsigned *npass)
{
    unsigned room = pass && npass ? *npass : 0;
    enum os_status status;

    *len = 0;
    if (npass)
        *npass = 0;
    AcquireSRWLockExclusive(&self->lock);
    status = pipe_read_poll(self);
    if (status == OS_OK) {
        status = pipe_take(self, buf, cap, len, pass, room, npass);
        os_wipe(self->in, self->got);
        self->state = READ_IDLE;
    } else if (status == OS_TOO_BIG) {
        self->state = READ_IDLE;
    }
    /* The waitable must tell of the next message. */
    if (self->state == READ_IDLE && !self->closed)
        pipe_read_start(self);
    ReleaseSRWLockExclusive(&self->lock);
    return status;
}

os_waitable os_pipe_waitable(struct os_pipe *self)
{
    AcquireSRWLockExclusive(&self->lock);
    if (self->state == READ_IDLE && !self->closed)
        pipe_read_start(self);
    ReleaseSRWLockExclusive(&self->lock);
    return self->readable;
}

static bool pipe_is_ready(struct os_pipe *self)
{
    bool ready;

    AcquireSRWLockExclusive(&self->lock);
    ready = pipe_read_poll(self) != OS_AGAIN;
    ReleaseSRWLockExclusive(&self->lock);
    return ready;
}

enum os_status os_pipe_wait(struct os_pipe *self, uint32_t ms)
{
    uint64_t end = os_now_ms() + ms;

    while (!pipe_is_ready(self)) {
        uint64_t now = os_now_ms();

        if (ms != UINT32_MAX && now >= end)
            return OS_TIMEOUT;
        WaitForSingleObject(self->readable, ms == UINT32_MAX ? INFINITE : (DWORD)(end - now));
    }
    return OS_OK;
}
