/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRIVES_MS 20000

void peer_send(struct peer *self, uint16_t id, const void *message)
{
    uint8_t out[256];
    const char *problem = NULL;
    size_t len = wire_encode(&channel_table, id, message, out, sizeof(out), &problem);

    if (id == CHANNEL_CREDIT)
        self->credited[((const struct channel_credit *)message)->slot] = true;
    if (len == 0 || (os_pipe_send(self->pipe, out, len, NULL, 0) != OS_OK))
        self->closed = true;
}

/* The handles are the driver's, or closed. */
static NTSTATUS hand_over(struct sim_file *file, const struct slot_layout *layout, os_handle memory,
                          os_handle pipe)
{
    struct control_attach in = {.version = CONTROL_VERSION,
                                .width = layout->width,
                                .height = layout->height,
                                .stride = layout->stride,
                                .slots = SLOT_COUNT,
                                .memory_size = layout->memory_size,
                                .memory = (UINT64)(uintptr_t)memory,
                                .pipe = (UINT64)(uintptr_t)pipe};
    NTSTATUS status = sim_ioctl(file, CONTROL_ATTACH, &in, sizeof(in), NULL, 0, NULL);

    if (status == STATUS_ACCESS_DENIED_ || status == STATUS_BUFFER_TOO_SMALL_ ||
        status == STATUS_CANCELLED_) { /* not taken: driver/control.h */
        os_handle_close(memory);
        os_handle_close(pipe);
    }
    return status;
}

NTSTATUS peer_attach(struct peer *self, struct sim_file *file, uint32_t width, uint32_t height)
{
    struct os_pipe *theirs = NULL;
    os_handle memory = OS_NO_HANDLE, pipe = OS_NO_HANDLE;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES_;
    struct channel_credit credit;

    memset(self, 0, sizeof(*self));
    self->memory = (struct os_shm)OS_SHM_INIT;
    self->slot = SLOT_COUNT;
    if (!slot_layout_init(&self->layout, width, height) ||
        os_shm_create(&self->memory, self->layout.memory_size) != OS_OK ||
        os_shm_share(&self->memory, &memory) != OS_OK || os_pipe_pair(&self->pipe, &theirs) != OS_OK)
        goto out;
    if (!(self->shadow = calloc(1, self->layout.slot_size)))
        goto out;
    pipe = os_pipe_detach(theirs);
    theirs = NULL;
    status = hand_over(file, &self->layout, memory, pipe);
    memory = pipe = OS_NO_HANDLE;
    for (credit.slot = 0; NT_SUCCESS(status) && credit.slot < SLOT_COUNT - 1; credit.slot++)
        peer_send(self, CHANNEL_CREDIT, &credit);
out:
    os_handle_close(memory);
    os_pipe_destroy(theirs);
    return status;
}

void peer_finish(struct peer *self)
{
    os_pipe_destroy(self->pipe);
    if (self->memory.base) /* else it is all zeroes, and zero is a descriptor */
        os_shm_finish(&self->memory);
    free(self->shadow);
    self->pipe = NULL;
    self->shadow = NULL;
}

/* Rectangles of the slot into the shadow; then the two must be the same. */
static void take_frame(struct peer *self, const struct channel_frame *frame)
{
    const struct slot_layout *layout = &self->layout;
    const uint8_t *pixels = slot_pixels(layout, self->memory.base, frame->slot);
    struct channel_credit credit = {self->slot};
    size_t bytes = (size_t)layout->width * 4;

    if (!rule_check(RULE_FRAME_RECTS,
                    frame->sequence == self->sequence + 1 && frame->slot < SLOT_COUNT &&
                        frame->slot != self->slot,
                    "sequence or slot of a frame"))
        return;
    self->sequence = frame->sequence;
    for (uint32_t i = 0; i < frame->rect_count; i++) {
        const struct channel_rect *r = &frame->rects[i];

        if (!rule_check(RULE_FRAME_RECTS,
                        r->left < r->right && r->top < r->bottom && r->right <= layout->width &&
                            r->bottom <= layout->height,
                        "a rectangle outside the slot"))
            return;
        for (uint32_t y = r->top; y < r->bottom; y++) {
            size_t at = (size_t)y * layout->stride + (size_t)r->left * 4;

            memcpy(self->shadow + at, pixels + at, (size_t)(r->right - r->left) * 4);
        }
        self->damage += (uint64_t)(r->right - r->left) * (r->bottom - r->top);
    }
    for (uint32_t y = 0; y < layout->height; y++) {
        size_t at = (size_t)y * layout->stride;

        if (memcmp(self->shadow + at, pixels + at, bytes) != 0) {
            rule_broken(RULE_FRAME_RECTS, "frame %u: row %u differs outside its %u rectangles",
                        frame->sequence, y, frame->rect_count);
            break;
        }
    }
    rule_checked(RULE_FRAME_RECTS);
    rule_check(RULE_FRAME_RECTS, self->credited[frame->slot], "a frame in a slot without a credit");
    self->credited[frame->slot] = false;
    self->slot = frame->slot;
    self->frames++;
    if (credit.slot == SLOT_COUNT) /* the first one: the slot that was not credited yet */
        credit.slot = SLOT_COUNT - 1;
    if (!self->greedy)
        peer_send(self, CHANNEL_CREDIT, &credit);
}

bool peer_pump(struct peer *self, uint32_t ms)
{
    union channel_any message;
    enum pointer_part part;
    bool frame = false;

    if (self->closed || os_pipe_wait(self->pipe, ms) != OS_OK)
        return false;
    for (;;) {
        const struct wire_message *kind;
        const char *problem = NULL;
        unsigned npass = 0;
        size_t len;
        enum os_status status =
            os_pipe_receive(self->pipe, self->buffer, sizeof(self->buffer), &len, NULL, &npass);

        if (status != OS_OK) {
            self->closed = self->closed || status != OS_AGAIN;
            return frame;
        }
        kind = wire_decode(&channel_table, self->buffer, len, &message, sizeof(message), &problem);
        if (!kind) {
            rule_broken(RULE_FRAME_ARRIVES, "a message that is none: %s", problem);
            continue;
        }
        switch (kind->id) {
        case CHANNEL_HELLO:
            self->hello = true;
            break;
        case CHANNEL_FRAME:
            take_frame(self, &message.frame);
            frame = true;
            break;
        case CHANNEL_POINTER:
            part = pointer_image_add(&self->shape, &self->shape_rows, &message.pointer);
            rule_check(RULE_POINTER, part != POINTER_MALFORMED, "a part of a shape");
            self->hidden = false;
            self->shapes += part == POINTER_WHOLE;
            break;
        case CHANNEL_POINTER_HIDE:
            self->hidden = true;
            break;
        case CHANNEL_POINTER_MOVE:
            self->position = message.position;
            self->moves++;
            break;
        default:
            rule_broken(RULE_FRAME_ARRIVES, "a message that a producer does not send: %u",
                        (unsigned)kind->id);
        }
    }
}

static bool same(const struct peer *self, const struct sim_monitor *monitor, POINT at)
{
    const struct slot_layout *layout = &self->layout;
    const uint8_t *pixels = slot_pixels(layout, self->memory.base, self->slot);
    const struct screen *screen = &monitor->screen;

    for (uint32_t y = 0; y < screen->height; y++)
        if (memcmp(pixels + (size_t)(y + (uint32_t)at.y) * layout->stride + (size_t)at.x * 4,
                   screen->pixels + (size_t)y * screen->width, (size_t)screen->width * 4) != 0)
            return false;
    return true;
}

bool peer_shows(struct peer *self, struct sim_device *device)
{
    POINT origin = {0, 0};
    bool shows = self->slot < SLOT_COUNT;
    unsigned n = 0;

    os_mutex_lock(&the_sim->lock);
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        const struct sim_monitor *m = device->monitors[i];

        if (m && m->active) {
            origin.x = m->at.x < origin.x ? m->at.x : origin.x;
            origin.y = m->at.y < origin.y ? m->at.y : origin.y;
        }
    }
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX && shows; i++) {
        const struct sim_monitor *m = device->monitors[i];
        POINT at;

        if (!m || !m->active)
            continue;
        n++;
        at = (POINT){m->at.x - origin.x, m->at.y - origin.y};
        shows = m->chain && !m->chain->object.dead && m->screen.pixels &&
                at.x + m->screen.width <= self->layout.width &&
                at.y + m->screen.height <= self->layout.height && same(self, m, at);
    }
    os_mutex_unlock(&the_sim->lock);
    return shows && n > 0;
}

bool peer_expect(struct peer *self, struct sim_device *device, const char *when)
{
    uint64_t until = os_now_ms() + patience(ARRIVES_MS);

    while (os_now_ms() < until && !self->closed) {
        peer_pump(self, 20);
        if (peer_shows(self, device)) {
            rule_checked(RULE_FRAME_ARRIVES);
            rule_checked(RULE_FRAME_PIXELS);
            return true;
        }
    }
    if (self->frames == 0 || self->closed)
        rule_broken(RULE_FRAME_ARRIVES, "%s: no frame%s", when, self->closed ? ", the pipe is closed" : "");
    else
        rule_broken(RULE_FRAME_PIXELS, "%s: the newest frame is not what was presented", when);
    return false;
}
