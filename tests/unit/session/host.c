/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/input/inject.h"
#include "link/launcher.h"

static void complain(const char *what, const char *why)
{
    fprintf(stderr, "host: %s: %s\n", what, why);
}

static bool send_start(struct host *self, os_handle memory, os_handle pipe)
{
    struct launcher_start start = {.request = 0x101,
                                   .session = 1,
                                   .width = self->layout.width,
                                   .height = self->layout.height,
                                   .stride = self->layout.stride,
                                   .slots = SLOT_COUNT,
                                   .memory_size = self->layout.memory_size};
    struct os_pass pass[2] = {{.kind = OS_PASS_HANDLE, .handle = memory, .socket = OS_NO_SOCKET},
                              {.kind = OS_PASS_HANDLE, .handle = pipe, .socket = OS_NO_SOCKET}};
    uint8_t buf[1024];
    const char *problem = "no room";
    size_t len = wire_encode(&launcher_table, LAUNCHER_START, &start, buf, sizeof(buf), &problem);
    enum os_status status = len ? os_pipe_send(self->link, buf, len, pass, 2) : OS_INVALID;

    if (status == OS_OK)
        return true;
    complain("start", len ? os_status_text(status) : problem);
    os_handle_close(memory);
    os_handle_close(pipe);
    return false;
}

static void unbind(struct host *self)
{
    os_pipe_destroy(self->peer);
    os_shm_finish(&self->memory);
    free(self->picture);
    self->peer = NULL;
    self->picture = NULL;
}

bool host_bind(struct host *self, uint32_t width, uint32_t height)
{
    struct os_pipe *theirs = NULL, *old = self->peer;
    os_handle memory = OS_NO_HANDLE;
    enum os_status status;
    bool sent;

    /* The end of the old pipe would end the program: the new one goes first. */
    self->peer = NULL;
    unbind(self);
    self->kept = SLOT_COUNT;
    self->frame.sequence = 0;
    self->picture = calloc((size_t)width * height, sizeof(*self->picture));
    if (!self->picture || !slot_layout_init(&self->layout, width, height))
        goto fail;
    if ((status = os_shm_create(&self->memory, self->layout.memory_size)) != OS_OK ||
        (status = os_shm_share(&self->memory, &memory)) != OS_OK ||
        (status = os_pipe_pair(&self->peer, &theirs)) != OS_OK) {
        complain("bind", os_status_text(status));
        os_handle_close(memory);
        goto fail;
    }
    sent = send_start(self, memory, os_pipe_detach(theirs));
    os_pipe_destroy(old);
    old = NULL;
    if (!sent)
        goto fail;
    return host_send(self, CHANNEL_CREDIT, &(struct channel_credit){0}) &&
           host_send(self, CHANNEL_CREDIT, &(struct channel_credit){1});
fail:
    os_pipe_destroy(old);
    return false;
}

bool host_spawn(struct host *self, const char *const *args)
{
    char directory[1024] = "", program[1100];
    const char *given = getenv("RDSPROV_SESSION");
    struct os_spawn spawn = {.program = given ? given : program, .args = args};
    enum os_status status;

    memset(self, 0, sizeof(*self));
    self->memory = (struct os_shm)OS_SHM_INIT;
    os_module_directory(directory, sizeof(directory));
#ifdef _WIN32
    snprintf(program, sizeof(program), "%s\\rdsprov-session.exe", directory);
#else
    snprintf(program, sizeof(program), "%s/rdsprov-session", directory);
#endif
    if ((status = os_process_spawn(&spawn, &self->process, &self->link)) != OS_OK) {
        complain(spawn.program, os_status_text(status));
        return false;
    }
    os_pipe_set_remote(self->link, self->process);
    return true;
}

bool host_start(struct host *self, uint32_t width, uint32_t height, const char *const *args)
{
    if (!host_spawn(self, args))
        return false;
    if (host_bind(self, width, height) && host_until(self, &self->hellos, 0, 10000))
        return true;
    complain("session program", "no hello");
    host_finish(self);
    return false;
}

int host_wait_exit(struct host *self, uint32_t ms)
{
    uint64_t end = os_now_ms() + ms;
    int code = -1;

    while (!os_process_ended(self->process, &code)) {
        if (os_now_ms() >= end)
            return -1;
        os_sleep_ms(2);
    }
    return code;
}

int host_end(struct host *self, uint32_t ms)
{
    int code;

    os_pipe_destroy(self->peer);
    self->peer = NULL;
    code = host_wait_exit(self, ms);
    host_finish(self);
    return code;
}

void host_finish(struct host *self)
{
    if (self->process) {
        int code;

        if (!os_process_ended(self->process, &code))
            os_process_kill(self->process);
        for (unsigned i = 0; i < 1000 && !os_process_ended(self->process, &code); i++)
            os_sleep_ms(2);
    }
    unbind(self);
    os_pipe_destroy(self->link);
    os_process_destroy(self->process);
    self->link = NULL;
    self->process = NULL;
}

bool host_send(struct host *self, uint16_t id, const void *message)
{
    uint8_t buf[1024];
    const char *problem;
    size_t len = wire_encode(&channel_table, id, message, buf, sizeof(buf), &problem);

    return len > 0 && os_pipe_send(self->peer, buf, len, NULL, 0) == OS_OK;
}

void host_key(struct host *self, uint16_t flags, uint16_t code)
{
    host_send(self, CHANNEL_KEY, &(struct channel_key){flags, code});
}

void host_type(struct host *self, uint16_t code)
{
    host_key(self, 0, code);
    host_key(self, INPUT_KEY_RELEASE, code);
}

void host_unicode(struct host *self, uint16_t unit)
{
    host_send(self, CHANNEL_UNICODE, &(struct channel_key){0, unit});
    host_send(self, CHANNEL_UNICODE, &(struct channel_key){INPUT_KEY_RELEASE, unit});
}

void host_mouse(struct host *self, uint16_t flags, uint16_t x, uint16_t y)
{
    host_send(self, CHANNEL_MOUSE, &(struct channel_mouse){flags, x, y});
}

void host_value(struct host *self, uint16_t id, uint32_t value)
{
    host_send(self, id, &(struct channel_value){value});
}

static const uint32_t *slot_row(const struct host *self, uint32_t slot, uint32_t y)
{
    return (const uint32_t *)(const void *)(slot_pixels(&self->layout, self->memory.base, slot) +
                                            (size_t)y * self->layout.stride);
}

/* What a peer would refuse, and what no rectangle covered. */
static bool take_frame(struct host *self, const struct channel_frame *frame)
{
    if (frame->slot == self->kept || frame->sequence != self->frame.sequence + 1 || frame->rect_count == 0) {
        complain("frame", "slot, sequence or rectangles are wrong");
        return false;
    }
    for (uint32_t i = 0; i < frame->rect_count; i++) {
        const struct channel_rect *r = &frame->rects[i];

        if (r->left >= r->right || r->top >= r->bottom || r->right > self->layout.width ||
            r->bottom > self->layout.height) {
            complain("frame", "rectangle outside");
            return false;
        }
        for (uint32_t y = r->top; y < r->bottom; y++)
            for (uint32_t x = r->left; x < r->right; x++)
                self->picture[y * self->layout.width + x] = slot_row(self, frame->slot, y)[x] & 0xFFFFFF;
        self->bytes += (uint64_t)(r->right - r->left) * (r->bottom - r->top) * 4;
    }
    for (uint32_t y = 0; y < self->layout.height; y++) {
        const uint32_t *row = slot_row(self, frame->slot, y), *mine = self->picture + y * self->layout.width;

        for (uint32_t x = 0; x < self->layout.width; x++) {
            if ((row[x] & 0xFFFFFF) == mine[x])
                continue;
            fprintf(stderr, "host: frame %u, slot %u: %u,%u is %06x, damage left %06x\n",
                    (unsigned)frame->sequence, (unsigned)frame->slot, (unsigned)x, (unsigned)y,
                    (unsigned)(row[x] & 0xFFFFFF), (unsigned)mine[x]);
            return false;
        }
    }
    return true;
}

static enum os_status take(struct host *self, uint16_t id, const union channel_any *message)
{
    uint32_t next;

    switch (id) {
    case CHANNEL_HELLO:
        self->hello = message->hello;
        self->hellos++;
        return OS_OK;
    case CHANNEL_FRAME:
        if (!take_frame(self, &message->frame))
            return OS_INVALID;
        next = self->kept == SLOT_COUNT ? 2 : self->kept;
        self->kept = message->frame.slot;
        self->frame = message->frame;
        self->frames++;
        return self->hold || host_send(self, CHANNEL_CREDIT, &(struct channel_credit){next}) ? OS_OK
                                                                                             : OS_CLOSED;
    case CHANNEL_POINTER:
        self->pointers +=
            pointer_image_add(&self->pointer, &self->pointer_rows, &message->pointer) == POINTER_WHOLE;
        return OS_OK;
    case CHANNEL_POINTER_HIDE:
        self->hides++;
        return OS_OK;
    case CHANNEL_POINTER_MOVE:
        self->position = message->position;
        self->moves++;
        return OS_OK;
    case CHANNEL_INDICATORS:
        self->indicators = message->value.value;
        self->indications++;
        return OS_OK;
    default:
        complain("message", "that only a peer sends");
        return OS_INVALID;
    }
}

enum os_status host_step(struct host *self, uint32_t ms)
{
    static uint8_t buf[OS_PIPE_MESSAGE_MAX];
    union channel_any message;
    const struct wire_message *kind;
    const char *problem;
    unsigned npass = 0;
    size_t len;
    enum os_status status = os_pipe_wait(self->peer, ms);

    if (status != OS_OK)
        return status;
    if ((status = os_pipe_receive(self->peer, buf, sizeof(buf), &len, NULL, &npass)) != OS_OK)
        return status;
    kind = wire_decode(&channel_table, buf, len, &message, sizeof(message), &problem);
    if (!kind) {
        complain("message", problem);
        return OS_INVALID;
    }
    status = take(self, kind->id, &message);
    if (status != OS_OK)
        self->bad = true;
    return status;
}

bool host_until(struct host *self, const unsigned *counter, unsigned count, uint32_t ms)
{
    uint64_t now = os_now_ms(), end = now + ms;
    enum os_status status = OS_OK;

    while (*counter <= count && now < end) {
        status = host_step(self, (uint32_t)(end - now));
        if (status != OS_OK && status != OS_AGAIN && status != OS_TIMEOUT)
            return false;
        now = os_now_ms();
    }
    return *counter > count;
}

void host_drain(struct host *self, uint32_t ms)
{
    unsigned never = 0;

    host_until(self, &never, 0, ms);
}

bool host_settle(struct host *self, uint32_t quiet_ms, uint32_t ms)
{
    uint64_t end = os_now_ms() + ms;

    while (os_now_ms() < end)
        if (!host_until(self, &self->frames, self->frames, quiet_ms))
            return !self->bad;
    return false;
}
