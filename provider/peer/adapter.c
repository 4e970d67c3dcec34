/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/synch.h>

#include "os/socket.h"
#include "os/thread.h"
#include "peer/text.h"

#define QUEUE_MAX 64      /* messages; the adapter sends about ten in a client's life */
#define MESSAGE_MAX 16384 /* encoded; `client` is the largest, with 6 KiB */

struct adapter {
    struct os_pipe *pipe;
    HANDLE event;
    void (*closing)(void *arg, bool ended);
    void *arg;
    struct os_mutex lock;
    struct adapter_message *first, **last;
    unsigned count;
    bool ended;
    uint8_t buf[OS_PIPE_MESSAGE_MAX]; /* link thread only */
};

static void passes_close(struct os_pass *pass, unsigned npass)
{
    for (unsigned i = 0; i < npass; i++) {
        if (pass[i].kind == OS_PASS_SOCKET)
            os_socket_close(pass[i].socket, false);
        else
            os_handle_close(pass[i].handle);
    }
}

void adapter_message_free(struct adapter_message *message)
{
    if (!message)
        return;
    passes_close(message->pass, message->npass);
    os_wipe(message, sizeof *message);
    free(message);
}

/* One message from the pipe, decoded; NULL when the link is over. */
static struct adapter_message *receive(struct adapter *self)
{
    struct adapter_message *message = calloc(1, sizeof *message);
    const struct wire_message *description;
    const char *problem = "out of memory";
    enum os_status status;
    size_t len;

    if (!message)
        goto fail;
    for (;;) {
        message->npass = OS_PASS_MAX;
        status =
            os_pipe_receive(self->pipe, self->buf, sizeof self->buf, &len, message->pass, &message->npass);
        if (status != OS_AGAIN)
            break;
        os_pipe_wait(self->pipe, UINT32_MAX);
    }
    if (status != OS_OK) {
        message->npass = 0;
        problem = status == OS_CLOSED ? NULL : os_status_text(status);
        goto fail;
    }
    description = wire_decode(&link_table, self->buf, len, &message->any, sizeof message->any, &problem);
    if (!description)
        goto fail;
    if (description->id >= LINK_PREPARED || description->passes != message->npass) {
        problem = "not a message for a peer, or not with what it passes";
        goto fail;
    }
    message->id = description->id;
    return message;

fail:
    if (problem)
        log_error("peer", 0, "link to the adapter: %s; giving up", problem);
    adapter_message_free(message);
    return NULL;
}

static void read_link(void *arg)
{
    struct adapter *self = arg;
    bool over;

    do {
        struct adapter_message *message = receive(self);
        bool close = message && message->id == LINK_CLOSE;

        os_mutex_lock(&self->lock);
        over = !message || self->count >= QUEUE_MAX;
        if (message && !over) {
            *self->last = message;
            self->last = &message->next;
            self->count++;
            message = NULL;
        }
        self->ended = over;
        SetEvent(self->event);
        os_mutex_unlock(&self->lock);

        if (close || over)
            self->closing(self->arg, over);
        adapter_message_free(message);
    } while (!over);
}

struct adapter *adapter_create(struct os_pipe *pipe)
{
    struct adapter *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->pipe = pipe;
    self->last = &self->first;
    os_mutex_init(&self->lock);
    self->event = CreateEvent(NULL, TRUE, FALSE, NULL);
    if (!self->event) {
        os_mutex_finish(&self->lock);
        free(self);
        return NULL;
    }
    return self;
}

bool adapter_start(struct adapter *self, void (*closing)(void *arg, bool ended), void *arg)
{
    self->closing = closing;
    self->arg = arg;
    return os_thread_start("link", read_link, self) == OS_OK;
}

HANDLE adapter_event(struct adapter *self)
{
    return self->event;
}

struct adapter_message *adapter_next(struct adapter *self)
{
    struct adapter_message *message;

    os_mutex_lock(&self->lock);
    message = self->first;
    if (message) {
        self->first = message->next;
        if (!self->first)
            self->last = &self->first;
        message->next = NULL;
        self->count--;
    }
    if (!self->first && !self->ended)
        ResetEvent(self->event);
    os_mutex_unlock(&self->lock);
    return message;
}

bool adapter_ended(struct adapter *self)
{
    bool ended;

    os_mutex_lock(&self->lock);
    ended = self->ended && !self->first;
    os_mutex_unlock(&self->lock);
    return ended;
}

bool adapter_send_passing(struct adapter *self, uint16_t id, const void *message, const struct os_pass *pass,
                          unsigned npass)
{
    uint8_t buf[MESSAGE_MAX];
    const char *problem;
    size_t len = wire_encode(&link_table, id, message, buf, sizeof buf, &problem);
    enum os_status status = OS_INVALID;

    if (len > 0)
        status = os_pipe_send(self->pipe, buf, len, pass, npass);
    else if (id != LINK_LOG)
        log_error("peer", 0, "link message %u cannot be sent: %s", id, problem);
    os_wipe(buf, len);
    return status == OS_OK;
}

bool adapter_send(struct adapter *self, uint16_t id, const void *message)
{
    return adapter_send_passing(self, id, message, NULL, 0);
}

void adapter_log(struct adapter *self, enum log_level level, const char *area, const char *text)
{
    struct link_log log = {.level = level};

    if (!log_enabled(level))
        return;
    text_clean(log.area, sizeof log.area, area);
    text_clean(log.text, sizeof log.text, text);
    adapter_send(self, LINK_LOG, &log);
}

/* A line is "TIME LEVEL AREA[ID] text"; the adapter writes time, level and id again. */
void adapter_log_sink(enum log_level level, const char *line, size_t len, void *arg)
{
    char area[16] = "peer";
    const char *at = line, *end;

    for (int i = 0; at && i < 2; i++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    end = at ? strchr(at, ' ') : NULL;
    if (end) {
        snprintf(area, sizeof area, "%.*s", (int)strcspn(at, "[ "), at);
        line = end + 1;
    }
    adapter_log(arg, level, area, line);
}
