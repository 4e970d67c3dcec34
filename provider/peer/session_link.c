/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/session_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/synch.h>

#include "os/log.h"
#include "os/pipe.h"
#include "peer/adapter.h"

#define BATCH 32            /* messages taken before the client gets its turn */
#define SEND_MAX 4096       /* encoded, to the session program: input and credits are small */
#define REQUEST_NUMBERS 255 /* of one connection, in the low byte of a request */

enum state {
    STATE_OFF,   /* no session is to be shown */
    STATE_PAUSE, /* ask again at deadline_ms */
    STATE_ASKED, /* granted; `hello` must come before deadline_ms */
    STATE_SHOWN
};

struct session_link {
    struct adapter *adapter;
    struct display_consumer *display;
    struct input_relay *input;
    struct link_counters *counters;
    uint32_t connection, number, request;
    enum state state;
    uint64_t deadline_ms, shown_ms;
    uint32_t pause_ms;
    bool lost_untold;      /* not logged yet */
    enum os_status broken; /* why a send failed: drop it at the next check, not inside the caller */
    struct os_pipe *pipe;
    HANDLE event;
    struct slot_layout layout;
    union channel_any any;
    uint8_t buf[OS_PIPE_MESSAGE_MAX];
};

struct session_link *session_link_create(struct adapter *adapter, uint32_t connection,
                                         struct link_counters *counters)
{
    struct session_link *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->adapter = adapter;
    self->connection = connection;
    self->counters = counters;
    return self;
}

void session_link_use(struct session_link *self, struct display_consumer *display, struct input_relay *input)
{
    self->display = display;
    self->input = input;
}

static HANDLE event_for(struct os_pipe *pipe)
{
#ifdef _WIN32
    return os_pipe_waitable(pipe);
#else
    return CreateFileDescriptorEvent(NULL, TRUE, FALSE, os_pipe_waitable(pipe), WINPR_FD_READ);
#endif
}

static void close_pipe(struct session_link *self)
{
#ifndef _WIN32
    if (self->event)
        CloseHandle(self->event);
#endif
    self->event = NULL;
    os_pipe_destroy(self->pipe);
    self->pipe = NULL;
    self->broken = OS_OK;
}

void session_link_destroy(struct session_link *self)
{
    if (!self)
        return;
    close_pipe(self);
    free(self);
}

/* Lets go of the program, if any. */
static void detach(struct session_link *self)
{
    bool shown = self->state == STATE_SHOWN;

    if (shown && self->broken == OS_OK)
        input_relay_release(self->input);
    close_pipe(self);
    if (shown)
        display_consumer_detach(self->display);
}

static void pause_and_retry(struct session_link *self)
{
    uint64_t now = os_now_ms();

    if (self->state == STATE_SHOWN && now - self->shown_ms >= SESSION_HEALTHY_MS)
        self->pause_ms = 0;
    detach(self);
    self->pause_ms = self->pause_ms ? self->pause_ms * 2 : SESSION_RETRY_MIN_MS;
    if (self->pause_ms > SESSION_RETRY_MAX_MS)
        self->pause_ms = SESSION_RETRY_MAX_MS;
    self->state = STATE_PAUSE;
    self->deadline_ms = now + self->pause_ms;
}

static void fail(struct session_link *self, const char *why)
{
    enum state was = self->state;

    atomic_fetch_add_explicit(&self->counters->errors, 1, memory_order_relaxed);
    pause_and_retry(self);
    log_warn("peer", self->connection, "session program %s: %s; next try in %u ms",
             was == STATE_SHOWN ? "lost" : "not started", why, (unsigned)self->pause_ms);
}

/* Its end and the word that no session is to be shown any more come on different ways, in any order: the loss
 * is one only when the session is still wanted after the pause. */
static void lost(struct session_link *self)
{
    self->lost_untold = self->state == STATE_SHOWN;
    if (self->lost_untold)
        pause_and_retry(self);
    else
        fail(self, "it ended");
}

static bool make_pipe(struct session_link *self, os_handle *other)
{
    struct os_pipe *theirs = NULL;

    if (os_pipe_pair(&self->pipe, &theirs) != OS_OK) {
        self->pipe = NULL;
        return false;
    }
    *other = os_pipe_detach(theirs);
    self->event = event_for(self->pipe);
    if (self->event && *other != OS_NO_HANDLE)
        return true;
    os_handle_close(*other);
    *other = OS_NO_HANDLE;
    close_pipe(self);
    return false;
}

static void ask(struct session_link *self)
{
    struct os_pass pass[2] = {{.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE, .socket = OS_NO_SOCKET},
                              {.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE, .socket = OS_NO_SOCKET}};
    struct link_grant grant;

    if (!display_consumer_grant(self->display, &self->layout, &pass[0].handle)) {
        fail(self, "no memory for frames");
        return;
    }
    if (!make_pipe(self, &pass[1].handle)) {
        os_handle_close(pass[0].handle);
        fail(self, "no pipe");
        return;
    }
    self->number = self->number % REQUEST_NUMBERS + 1;
    self->request = self->connection << 8 | self->number;
    grant = (struct link_grant){.request = self->request,
                                .width = self->layout.width,
                                .height = self->layout.height,
                                .stride = self->layout.stride,
                                .slots = SLOT_COUNT,
                                .memory_size = self->layout.memory_size};
    if (!adapter_send_passing(self->adapter, LINK_GRANT, &grant, pass, 2)) {
        os_handle_close(pass[0].handle);
        os_handle_close(pass[1].handle);
        close_pipe(self);
        fail(self, "the adapter does not take the grant");
        return;
    }
    self->state = STATE_ASKED;
    self->deadline_ms = os_now_ms() + SESSION_HELLO_MS;
}

void session_link_connect(struct session_link *self)
{
    detach(self);
    self->pause_ms = 0;
    self->lost_untold = false;
    /* Asked for at the next check: a service that goes on to another session at once says so in the next
     * message, and no program is started in vain. */
    self->state = STATE_PAUSE;
    self->deadline_ms = os_now_ms();
}

void session_link_disconnect(struct session_link *self)
{
    detach(self);
    self->lost_untold = false;
    self->state = STATE_OFF;
}

void session_link_resized(struct session_link *self, uint32_t width, uint32_t height)
{
    bool granted = self->state == STATE_ASKED || self->state == STATE_SHOWN;

    if (granted && (self->layout.width != width || self->layout.height != height))
        session_link_connect(self);
}

void session_link_result(struct session_link *self, const struct link_grant_result *result)
{
    /* a late answer about an older request, or about one that is shown already and whose end the pipe will
     * tell */
    if (result->request != self->request || self->state != STATE_ASKED || result->ok)
        return;
    fail(self, result->text[0] ? result->text : "the launcher refused");
}

bool session_link_send(void *arg, uint16_t id, const void *message)
{
    struct session_link *self = arg;
    uint8_t buf[SEND_MAX];
    const char *problem;
    size_t len;

    if (!self->pipe || self->state != STATE_SHOWN || self->broken)
        return false;
    len = wire_encode(&channel_table, id, message, buf, sizeof buf, &problem);
    if (len == 0) {
        log_error("peer", self->connection, "channel message %u cannot be sent: %s", id, problem);
        return false;
    }
    self->broken = os_pipe_send(self->pipe, buf, len, NULL, 0);
    os_wipe(buf, len); /* keys that were typed */
    return self->broken == OS_OK;
}

static bool hello(struct session_link *self, const struct channel_hello *message)
{
    if (message->width > self->layout.width || message->height > self->layout.height)
        return false;
    self->state = STATE_SHOWN;
    self->shown_ms = os_now_ms();
    log_info("peer", self->connection, "session program attached: %s, %ux%u", message->backend,
             (unsigned)message->width, (unsigned)message->height);
    input_relay_attach(self->input);
    return display_consumer_attach(self->display, message);
}

/* False: it broke the protocol. */
static bool dispatch(struct session_link *self, uint16_t id)
{
    if (id == CHANNEL_HELLO)
        return self->state == STATE_ASKED && hello(self, &self->any.hello);
    if (self->state != STATE_SHOWN)
        return false;

    switch (id) {
    case CHANNEL_FRAME:
        return display_consumer_frame(self->display, &self->any.frame);
    case CHANNEL_POINTER:
        return display_consumer_pointer(self->display, &self->any.pointer);
    case CHANNEL_POINTER_HIDE:
        display_consumer_pointer_hide(self->display);
        return true;
    case CHANNEL_POINTER_MOVE:
        display_consumer_pointer_move(self->display, self->any.position.x, self->any.position.y);
        return true;
    case CHANNEL_INDICATORS:
        return true; /* the client's keyboard shows its own lock keys; nothing to do yet */
    default:
        return false;
    }
}

static void receive(struct session_link *self)
{
    for (int i = 0; i < BATCH && self->pipe && !self->broken; i++) {
        const struct wire_message *description;
        const char *problem = NULL;
        enum os_status status;
        unsigned npass = 0;
        size_t len;

        status = os_pipe_receive(self->pipe, self->buf, sizeof self->buf, &len, NULL, &npass);
        if (status == OS_AGAIN)
            return;
        if (status == OS_CLOSED) {
            lost(self);
            return;
        }
        if (status != OS_OK) {
            fail(self, os_status_text(status));
            return;
        }
        description = wire_decode(&channel_table, self->buf, len, &self->any, sizeof self->any, &problem);
        if (!description || !dispatch(self, description->id)) {
            char why[128];

            snprintf(why, sizeof why, "it broke the protocol (%s)",
                     description ? description->name
                     : problem   ? problem
                                 : "undecodable");
            fail(self, why);
            return;
        }
    }
}

HANDLE session_link_event(struct session_link *self)
{
    return self->event;
}

uint32_t session_link_timeout(const struct session_link *self)
{
    uint64_t now;

    if (self->broken)
        return 0;
    if (self->state != STATE_PAUSE && self->state != STATE_ASKED)
        return INFINITE;
    now = os_now_ms();
    return self->deadline_ms > now ? (uint32_t)(self->deadline_ms - now) : 0;
}

void session_link_check(struct session_link *self)
{
    if (self->pipe)
        receive(self);
    if (self->broken == OS_CLOSED)
        lost(self);
    else if (self->broken)
        fail(self, "it does not read");
    if ((self->state == STATE_PAUSE || self->state == STATE_ASKED) && os_now_ms() >= self->deadline_ms) {
        if (self->state == STATE_PAUSE) {
            if (self->lost_untold) {
                log_warn("peer", self->connection, "session program lost: it ended %u ms ago; next try now",
                         (unsigned)self->pause_ms);
                atomic_fetch_add_explicit(&self->counters->errors, 1, memory_order_relaxed);
            }
            self->lost_untold = false;
            ask(self);
        } else {
            fail(self, "no hello in time");
        }
    }
}
