/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/display/producer.h"
#include "channels/input/inject.h"
#include "link/launcher.h"
#include "os/log.h"
#include "os/shm.h"
#include "session/wait.h"

#define AREA "session"
#define INPUT_BATCH 256 /* messages of the peer before the desktop gets a turn */

struct session {
    struct os_pipe *link;
    struct desktop *desktop;
    struct injector injector;

    /* since the last `start`; all unset before */
    uint32_t request;
    struct os_pipe *peer;
    struct os_shm memory;
    struct producer *producer;

    uint8_t buffer[OS_PIPE_MESSAGE_MAX];
    uint8_t out[OS_PIPE_MESSAGE_MAX];
    bool done;
    int code;
};

static void finish(struct session *self, int code)
{
    if (!self->done)
        self->code = code;
    self->done = true;
}

static enum os_status send_to_peer(void *arg, uint16_t id, const void *message)
{
    struct session *self = arg;
    const char *problem = NULL;
    size_t len = wire_encode(&channel_table, id, message, self->out, sizeof(self->out), &problem);

    if (len == 0) {
        log_error(AREA, self->request, "cannot send message %u: %s", (unsigned)id, problem);
        return OS_INVALID;
    }
    return os_pipe_send(self->peer, self->out, len, NULL, 0);
}

static void unbind(struct session *self)
{
    injector_release(&self->injector);
    producer_destroy(self->producer);
    os_pipe_destroy(self->peer);
    os_shm_finish(&self->memory);
    self->producer = NULL;
    self->peer = NULL;
}

/* The launcher hears whether the request was taken; one that is gone is noticed by the next read. */
static void answer_launcher(struct session *self, uint16_t id, uint32_t session, const char *text)
{
    const char *problem = NULL;

    launcher_send_result(self->link, id, self->request, session, text, &problem);
}

/* Takes both passes over in any case. */
static void bind_peer(struct session *self, const struct launcher_start *start, struct os_pass pass[2])
{
    struct producer_config config = {.desktop = self->desktop, .send = send_to_peer, .arg = self};
    const char *problem = NULL;
    enum os_status status;

    unbind(self);
    self->request = start->request;
    if (start->slots != SLOT_COUNT || !slot_layout_init(&config.layout, start->width, start->height) ||
        config.layout.stride != start->stride || config.layout.memory_size != start->memory_size) {
        problem = "slot layout does not fit";
        goto out;
    }
    if (pass[0].kind != OS_PASS_HANDLE || pass[1].kind != OS_PASS_HANDLE) {
        problem = "handles are missing";
        goto out;
    }
    if ((status = os_shm_map(&self->memory, pass[0].handle, config.layout.memory_size)) != OS_OK) {
        problem = os_status_text(status);
        goto out;
    }
    pass[0].handle = OS_NO_HANDLE;
    if ((status = os_pipe_from_handle(pass[1].handle, &self->peer)) != OS_OK) {
        problem = os_status_text(status);
        goto out;
    }
    pass[1].handle = OS_NO_HANDLE;
    os_pipe_refuse_passes(self->peer);
    if (self->desktop->impl->resize)
        self->desktop->impl->resize(self->desktop, start->width, start->height);
    config.base = self->memory.base;
    config.memory = self->memory.handle;
    self->producer = producer_create(&config);
    if (!self->producer)
        problem = "out of memory";
    else
        log_info(AREA, self->request, "showing %s, %ux%u, in slots of %ux%u", self->desktop->impl->name,
                 (unsigned)self->desktop->width, (unsigned)self->desktop->height, (unsigned)start->width,
                 (unsigned)start->height);
    if (!problem && (self->desktop->width != start->width || self->desktop->height != start->height))
        log_info(AREA, self->request, "the %s desktop cannot be %ux%u: what is outside of it stays black",
                 self->desktop->impl->name, (unsigned)start->width, (unsigned)start->height);
out:
    answer_launcher(self, problem ? LAUNCHER_FAILED : LAUNCHER_STARTED, start->session,
                    problem ? problem : "");
    if (problem) {
        log_error(AREA, start->request, "start from the launcher refused: %s", problem);
        os_pass_close(pass, 2);
        finish(self, 1);
    }
}

static void read_link(struct session *self)
{
    union launcher_any message;
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    const struct wire_message *kind;
    const char *problem = NULL;
    size_t len;
    enum os_status status =
        os_pipe_receive(self->link, self->buffer, sizeof(self->buffer), &len, pass, &npass);

    if (status == OS_AGAIN)
        return;
    if (status != OS_OK) {
        log_debug(AREA, self->request, "the launcher is gone: %s", os_status_text(status));
        finish(self, status == OS_CLOSED ? 0 : 1);
        return;
    }
    kind = wire_decode(&launcher_table, self->buffer, len, &message, sizeof(message), &problem);
    if (!kind || kind->passes != npass || (kind->id != LAUNCHER_START && kind->id != LAUNCHER_STOP)) {
        log_error(AREA, self->request, "bad message from the launcher: %s",
                  problem ? problem : "not expected here");
        os_pass_close(pass, npass);
        finish(self, 1);
        return;
    }
    if (kind->id == LAUNCHER_STOP)
        finish(self, 0);
    else
        bind_peer(self, &message.start, pass);
}

static void read_peer(struct session *self)
{
    union channel_any message;
    bool input = false;

    for (unsigned i = 0; i < INPUT_BATCH && self->peer && !self->done; i++) {
        const struct wire_message *kind;
        const char *problem = NULL;
        unsigned npass = 0;
        size_t len;
        enum os_status status =
            os_pipe_receive(self->peer, self->buffer, sizeof(self->buffer), &len, NULL, &npass);

        if (status == OS_AGAIN)
            break;
        if (status != OS_OK) {
            log_debug(AREA, self->request, "the peer is gone: %s", os_status_text(status));
            finish(self, status == OS_CLOSED ? 0 : 1);
            break;
        }
        kind = wire_decode(&channel_table, self->buffer, len, &message, sizeof(message), &problem);
        if (kind && injector_message(&self->injector, kind->id, &message)) {
            input = true;
        } else if (!kind || producer_message(self->producer, kind->id, &message, &problem) != OS_OK) {
            log_error(AREA, self->request, "bad message from the peer: %s", problem);
            finish(self, 1);
        }
    }
    if (input && self->desktop->impl->flush)
        self->desktop->impl->flush(self->desktop);
}

/* One round; how long to wait before the next. */
static uint32_t work(struct session *self)
{
    read_link(self);
    read_peer(self);
    if (!self->done && !self->desktop->impl->dispatch(self->desktop))
        finish(self, 1);
    if (self->done)
        return 0;
    if (!self->producer)
        return DESKTOP_NEVER;
    switch (producer_run(self->producer)) {
    case PRODUCER_IDLE:
        return producer_timeout(self->producer);
    case PRODUCER_BUSY:
        return 0;
    case PRODUCER_DESKTOP_GONE:
        finish(self, 1);
        return 0;
    default:
        finish(self, 0);
        return 0;
    }
}

int session_run(struct os_pipe *link, struct desktop *desktop)
{
    struct session *self = calloc(1, sizeof(*self));
    int code;

    if (!self) {
        log_error(AREA, 0, "out of memory");
        return 1;
    }
    self->link = link;
    self->desktop = desktop;
    self->memory = (struct os_shm)OS_SHM_INIT;
    injector_init(&self->injector, desktop);

    while (!self->done) {
        uint32_t ms = work(self);
        os_waitable waitables[3] = {os_pipe_waitable(link), desktop->impl->waitable(desktop),
                                    self->peer ? os_pipe_waitable(self->peer) : OS_NO_HANDLE};

        if (self->done)
            break;
        if (!wait_any(waitables, 3, ms)) {
            log_error(AREA, self->request, "cannot wait any more");
            finish(self, 1);
        }
        if (wait_ended())
            finish(self, 0);
    }
    unbind(self);
    code = self->code;
    free(self);
    return code;
}
