/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/feed.h"

#include <stdlib.h>
#include <string.h>

#include "channels/display/producer.h"
#include "driver/feed_desktop.h"
#include "os/pipe.h"
#include "os/shm.h"

#define BATCH 256 /* messages of the peer before frames get a turn */

struct feed {
    struct device *device;
    struct feed_desktop desktop;
    struct os_shm memory;
    struct os_pipe *pipe;
    struct producer *producer; /* made when there is something to show */
    struct slot_layout layout;
    struct os_thread *thread;
    HANDLE stop;
    atomic_bool ended;
    uint8_t buffer[OS_PIPE_MESSAGE_MAX];
    uint8_t out[OS_PIPE_MESSAGE_MAX];
};

static enum os_status send_to_peer(void *arg, uint16_t id, const void *message)
{
    struct feed *self = arg;
    const char *problem = NULL;
    size_t len = wire_encode(&channel_table, id, message, self->out, sizeof(self->out), &problem);
    enum os_status status;

    if (len == 0) {
        journal("cannot tell the peer message %u: %s", (unsigned)id, problem);
        return OS_INVALID;
    }
    status = os_pipe_send(self->pipe, self->out, len, NULL, 0);
    if (status == OS_OK && id == CHANNEL_FRAME)
        atomic_fetch_add(&self->device->sent, 1);
    return status;
}

/* What a session program takes: it is sent there, but a peer may not know yet which of the two it talks to.
 */
static bool is_input(uint16_t id)
{
    return id >= CHANNEL_KEY && id <= CHANNEL_RELEASE;
}

/* False when the peer is gone or talks nonsense. */
static bool read_peer(struct feed *self)
{
    union channel_any message;

    for (unsigned i = 0; i < BATCH; i++) {
        const struct wire_message *kind;
        const char *problem = NULL;
        unsigned npass = 0;
        size_t len;
        enum os_status status =
            os_pipe_receive(self->pipe, self->buffer, sizeof(self->buffer), &len, NULL, &npass);

        if (status == OS_AGAIN)
            return true;
        if (status != OS_OK) {
            journal("the peer is gone: %s", os_status_text(status));
            return false;
        }
        kind = wire_decode(&channel_table, self->buffer, len, &message, sizeof(message), &problem);
        if (kind && is_input(kind->id))
            continue;
        if (!kind || producer_message(self->producer, kind->id, &message, &problem) != OS_OK) {
            journal("bad message from the peer: %s", problem ? problem : "unknown");
            return fault("peer-trusted");
        }
    }
    return true;
}

static bool make_producer(struct feed *self)
{
    struct producer_config config = {.desktop = &self->desktop.base,
                                     .layout = self->layout,
                                     .base = self->memory.base,
                                     .memory = self->memory.handle,
                                     .send = send_to_peer,
                                     .arg = self};

    self->producer = producer_create(&config);
    if (!self->producer)
        journal("out of memory for the peer");
    return self->producer != NULL;
}

/* One round; false: the end. *ms: how long to wait before the next. */
static bool work(struct feed *self, uint32_t *ms)
{
    *ms = EVENT_NEVER;
    if (!feed_desktop_update(&self->desktop))
        return true; /* no monitor yet; the peer's credits wait in the pipe */
    if (!self->producer && !make_producer(self))
        return false;
    if (!read_peer(self))
        return false;
    switch (producer_run(self->producer)) {
    case PRODUCER_IDLE:
        *ms = producer_timeout(self->producer);
        return true;
    case PRODUCER_BUSY:
        *ms = 0;
        return true;
    default:
        return false;
    }
}

static void feed_run(void *arg)
{
    struct feed *self = arg;
    struct device *device = self->device;
    HANDLE events[3] = {self->stop, event_from_waitable(os_pipe_waitable(self->pipe)), device->feed_event};
    uint32_t ms;
    int which;

    while (work(self, &ms)) {
        /* before there is a producer nobody reads the pipe: only its end matters, and that comes later */
        HANDLE now[3] = {events[0], self->producer ? events[1] : NULL, events[2]};

        which = event_wait(now, 3, ms);
        if (which == 0 || which == -2)
            break;
    }
    os_pipe_shutdown(self->pipe);
    atomic_store(&self->ended, true);
    device_changed(device);
}

static os_handle handle_of(UINT64 value)
{
#ifdef _WIN32
    return (os_handle)(uintptr_t)value;
#else
    return (os_handle)value;
#endif
}

/* A value that is named twice is one handle: it is closed once. */
static void handles_of(const struct control_attach *attach, os_handle *memory, os_handle *pipe)
{
    *memory = handle_of(attach->memory);
    *pipe = attach->pipe == attach->memory ? OS_NO_HANDLE : handle_of(attach->pipe);
}

void feed_refuse(const struct control_attach *attach)
{
    os_handle memory, pipe;

    handles_of(attach, &memory, &pipe);
    os_handle_close(memory);
    os_handle_close(pipe);
}

struct feed *feed_create(struct device *device, const struct control_attach *attach, const char **problem)
{
    struct feed *self = calloc(1, sizeof(*self)), *made = NULL;
    os_handle memory, pipe;
    enum os_status status;

    handles_of(attach, &memory, &pipe);
    *problem = "out of memory";
    if (!self)
        goto out;
    self->memory = (struct os_shm)OS_SHM_INIT;
    self->device = device;
    *problem = "slot layout does not fit";
    if (attach->slots != SLOT_COUNT || !slot_layout_init(&self->layout, attach->width, attach->height) ||
        self->layout.stride != attach->stride || self->layout.memory_size != attach->memory_size)
        goto out;
    if ((status = os_shm_map(&self->memory, memory, self->layout.memory_size)) != OS_OK) {
        *problem = "the memory cannot be mapped";
        goto out;
    }
    memory = OS_NO_HANDLE;
    if ((status = os_pipe_from_handle(pipe, &self->pipe)) != OS_OK) {
        *problem = "the pipe is none";
        goto out;
    }
    pipe = OS_NO_HANDLE;
    os_pipe_refuse_passes(self->pipe);
    feed_desktop_init(&self->desktop, device);
    *problem = "no event or thread";
    if (!(self->stop = event_create(true)))
        goto out;
    if (os_thread_create("idd-feed", feed_run, self, &self->thread) != OS_OK)
        goto out;
    *problem = NULL;
    made = self;
    self = NULL;
out:
    os_handle_close(memory);
    os_handle_close(pipe);
    feed_destroy(self);
    return made;
}

bool feed_alive(const struct feed *self)
{
    return !atomic_load(&self->ended);
}

void feed_destroy(struct feed *self)
{
    if (!self)
        return;
    if (self->thread) {
        event_set(self->stop);
        os_thread_join(self->thread);
    }
    producer_destroy(self->producer);
    os_pipe_destroy(self->pipe);
    os_shm_finish(&self->memory);
    event_close(self->stop);
    free(self);
}
