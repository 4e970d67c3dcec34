/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message pipe: whole messages, in order, in both directions, between two processes, with hand-over of
 * handles and sockets. SOCK_SEQPACKET with SCM_RIGHTS on Linux; an overlapped message-mode named pipe on
 * Windows (random name, first instance, remote clients rejected), where handles are duplicated by the end
 * that has rights over the other process (the strong end: it calls os_pipe_set_remote) in both directions,
 * and sockets travel as WSAPROTOCOL_INFO. Nothing here blocks except os_pipe_wait. Sends are thread-safe
 * against each other and against one receiver.
 */
#ifndef RDSPROV_OS_PIPE_H
#define RDSPROV_OS_PIPE_H

#include "os/os.h"

#define OS_PIPE_MESSAGE_MAX 65536      /* bytes of payload in one message */
#define OS_PIPE_QUEUE_MAX (512 * 1024) /* bytes that may wait in the pipe before a send says OS_AGAIN */
#define OS_PASS_MAX 4                  /* things handed over with one message */

struct os_pipe;
struct os_pipe_listener;
struct os_process;

enum os_pass_kind { OS_PASS_HANDLE, OS_PASS_SOCKET };

struct os_pass {
    enum os_pass_kind kind;
    os_handle handle; /* kind OS_PASS_HANDLE */
    os_socket socket; /* kind OS_PASS_SOCKET */
};

/* Two connected ends in this process; pass one on (os_pipe_detach) or keep both (tests, threads). */
enum os_status os_pipe_pair(struct os_pipe **a, struct os_pipe **b);

/* Takes over a handle that arrived by hand-over or inheritance. On failure the handle stays the caller's. */
enum os_status os_pipe_from_handle(os_handle handle, struct os_pipe **out);

/* Gives up the object and returns its handle, for handing it to another process. Only before any send or
 * receive. */
os_handle os_pipe_detach(struct os_pipe *self);

/* NULL is fine. Messages already sent still reach the other end. */
void os_pipe_destroy(struct os_pipe *self);

/* Makes this end the strong one: it may duplicate handles into and out of `process`. Linux ignores it. The
 * process object must outlive the pipe. */
void os_pipe_set_remote(struct os_pipe *self, struct os_process *process);

/* Nothing is handed over on this pipe: a message that something comes with is OS_INVALID. For an end that did
 * not call os_pipe_set_remote and whose other end is trusted with no more than messages: on Windows that one
 * writes values of handles that are said to be ours already, and any handle of this process could be named,
 * and closed. Before the first receive. */
void os_pipe_refuse_passes(struct os_pipe *self);

/* OS_OK: queued; things in `pass` now belong to the receiver and are closed here. Otherwise they stay the
 * caller's. OS_AGAIN: the other end does not read. OS_CLOSED: it is gone. OS_TOO_BIG, OS_INVALID. */
enum os_status os_pipe_send(struct os_pipe *self, const void *data, size_t len, const struct os_pass *pass,
                            unsigned npass);

/* One whole message, or OS_AGAIN, OS_CLOSED (after the last message was read), OS_TOO_BIG (over cap or over
 * the limits above: the message is dropped, what came with it closed), OS_INVALID (not made by os_pipe_send:
 * dropped, too), OS_NO_MEMORY (no handle free for what came: dropped, too). *npass in: room in pass (0: what
 * comes is closed), out: filled. What arrives in pass belongs to the caller. */
enum os_status os_pipe_receive(struct os_pipe *self, void *buf, size_t cap, size_t *len, struct os_pass *pass,
                               unsigned *npass);

/* Closes what arrived and nobody wants. */
void os_pass_close(struct os_pass *pass, unsigned npass);

/* Signalled while os_pipe_receive would not say OS_AGAIN. */
os_waitable os_pipe_waitable(struct os_pipe *self);

/* Waits until a receive would not say OS_AGAIN. OS_OK or OS_TIMEOUT. ms UINT32_MAX waits for ever. */
enum os_status os_pipe_wait(struct os_pipe *self, uint32_t ms);

/* Makes both ends see OS_CLOSED; wakes a waiter. Any thread. The object stays until os_pipe_destroy. */
void os_pipe_shutdown(struct os_pipe *self);

/* A named place to connect to. Linux: a path of a socket file (mode 0600, removed on destroy; a stale one is
 * replaced, a live one is OS_BUSY). Windows: a name, becomes \\.\pipe\<name> with a DACL for this user and
 * SYSTEM; first instance. */
enum os_status os_pipe_listen(const char *name, struct os_pipe_listener **out);
/* Windows: the same for one service beside SYSTEM: its own SID, or its account where it has none. The caller
 * still has to look at who came (os_pipe_accept gives the process). Elsewhere like os_pipe_listen. */
enum os_status os_pipe_listen_for(const char *name, const char *service, struct os_pipe_listener **out);
os_waitable os_pipe_listener_waitable(struct os_pipe_listener *self);
/* OS_AGAIN when nobody waits. *process (may be NULL) receives an object for the client's process, for
 * os_pipe_set_remote. After any other error the waitable may stay signalled, since somebody may still wait:
 * leave it alone for a while, then call again. */
enum os_status os_pipe_accept(struct os_pipe_listener *self, struct os_pipe **out,
                              struct os_process **process);
void os_pipe_listener_destroy(struct os_pipe_listener *self);
enum os_status os_pipe_connect(const char *name,
                               struct os_pipe **out); /* never waits; OS_NOT_FOUND, OS_BUSY */
/* The same, for a listener that gets more than it could have by itself: it must be the system's or this
 * user's. Windows: the owner of the pipe is SYSTEM, the administrators, or this user unless that is an
 * account that services share. Elsewhere: it listens as root or as this user. OS_DENIED otherwise. On any
 * failure `why` has one line. */
enum os_status os_pipe_connect_trusted(const char *name, struct os_pipe **out, char *why, size_t cap);

#endif
