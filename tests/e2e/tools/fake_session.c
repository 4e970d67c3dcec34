/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-session: a session program that misbehaves in one way, so that a test can see what a peer makes of it.
 * Kinds are listed at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/display/slots.h"
#include "channels/messages.h"
#include "link/launcher.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/shm.h"

#define HELLO_WAIT_MS 10000
#define LIFE_MS 20000

struct fake {
    struct os_pipe *link, *peer;
    struct os_shm memory;
    struct launcher_start start;
    struct slot_layout layout;
    uint32_t random;
    uint8_t buf[OS_PIPE_MESSAGE_MAX];
};

static uint32_t next_random(struct fake *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 17;
    self->random ^= self->random << 5;
    return self->random;
}

static bool take_start(struct fake *self)
{
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    union launcher_any message;
    const char *problem;
    size_t len;

    if (os_pipe_wait(self->link, HELLO_WAIT_MS) != OS_OK ||
        os_pipe_receive(self->link, self->buf, sizeof(self->buf), &len, pass, &npass) != OS_OK ||
        npass != 2 || !wire_decode(&launcher_table, self->buf, len, &message, sizeof(message), &problem))
        return false;
    self->start = message.start;
    return slot_layout_init(&self->layout, self->start.width, self->start.height) &&
           os_shm_map(&self->memory, pass[0].handle, self->layout.memory_size) == OS_OK &&
           os_pipe_from_handle(pass[1].handle, &self->peer) == OS_OK;
}

static bool send(struct fake *self, uint16_t id, const void *message)
{
    const char *problem = NULL;
    size_t len = wire_encode(&channel_table, id, message, self->buf, sizeof(self->buf), &problem);

    if (len == 0) {
        fprintf(stderr, "fake-session: message %u: %s\n", (unsigned)id, problem);
        return false;
    }
    return os_pipe_send(self->peer, self->buf, len, NULL, 0) == OS_OK;
}

static bool send_hello(struct fake *self, uint32_t wider)
{
    struct channel_hello hello = {self->start.width + wider, self->start.height, "fake"};

    return send(self, CHANNEL_HELLO, &hello);
}

/* The next credit's slot; SLOT_COUNT: none came. */
static uint32_t take_credit(struct fake *self)
{
    while (os_pipe_wait(self->peer, HELLO_WAIT_MS) == OS_OK) {
        static union channel_any message;
        unsigned npass = 0;
        const struct wire_message *kind;
        const char *problem;
        size_t len;

        if (os_pipe_receive(self->peer, self->buf, sizeof(self->buf), &len, NULL, &npass) != OS_OK)
            return SLOT_COUNT;
        kind = wire_decode(&channel_table, self->buf, len, &message, sizeof(message), &problem);
        if (kind && kind->id == CHANNEL_CREDIT)
            return message.credit.slot;
    }
    return SLOT_COUNT;
}

static struct channel_frame frame_of(struct fake *self, uint32_t slot, uint32_t sequence)
{
    struct channel_frame frame = {.slot = slot, .sequence = sequence, .rect_count = 1};

    frame.rects[0] = (struct channel_rect){0, 0, (uint16_t)self->start.width, (uint16_t)self->start.height};
    return frame;
}

/* Waits for the peer to hang up. */
static void linger(struct fake *self)
{
    for (uint64_t until = os_now_ms() + LIFE_MS; os_now_ms() < until;) {
        unsigned npass = 0;
        size_t len;
        enum os_status status;

        os_pipe_wait(self->peer, 200);
        status = os_pipe_receive(self->peer, self->buf, sizeof(self->buf), &len, NULL, &npass);
        if (status != OS_OK && status != OS_AGAIN)
            return;
    }
}

static void garbage(struct fake *self)
{
    for (unsigned i = 0; i < 400; i++) {
        size_t len = 1 + next_random(self) % 3000;

        for (size_t k = 0; k < len; k++)
            self->buf[k] = (uint8_t)next_random(self);
        if (os_pipe_send(self->peer, self->buf, len, NULL, 0) == OS_CLOSED)
            return;
    }
}

/* Right messages with random insides. */
static void garbled(struct fake *self)
{
    struct channel_hello hello = {self->start.width, self->start.height, "fake"};
    uint8_t message[256];
    const char *problem;
    size_t len = wire_encode(&channel_table, CHANNEL_HELLO, &hello, message, sizeof(message), &problem);

    if (len)
        message[len - 1 - next_random(self) % (len / 2)] ^= (uint8_t)(1 + next_random(self) % 255);
    os_pipe_send(self->peer, message, len, NULL, 0);
}

static void bad_slot(struct fake *self)
{
    struct channel_frame frame = frame_of(self, (take_credit(self) + 1) % SLOT_COUNT, 1);

    send(self, CHANNEL_FRAME, &frame);
}

static void bad_rect(struct fake *self)
{
    struct channel_frame frame = frame_of(self, take_credit(self), 1);

    frame.rects[0].right = (uint16_t)(self->start.width + 1);
    send(self, CHANNEL_FRAME, &frame);
}

static void no_credit(struct fake *self)
{
    for (uint32_t i = 0; i < 10; i++) {
        struct channel_frame frame = frame_of(self, i % SLOT_COUNT, i + 1);

        if (!send(self, CHANNEL_FRAME, &frame))
            return;
    }
}

static void bad_pointer(struct fake *self)
{
    static struct channel_pointer pointer;

    pointer.width = 32;
    pointer.height = 32;
    pointer.hot_x = 4000;
    pointer.size = 32 * 32 * 4;
    send(self, CHANNEL_POINTER, &pointer);
}

static void flood(struct fake *self)
{
    for (uint32_t i = 0; i < 200000; i++) {
        struct channel_position position = {(uint16_t)next_random(self), (uint16_t)next_random(self)};

        if (!send(self, CHANNEL_POINTER_MOVE, &position))
            return;
    }
}

/* Plays by the rules, but never leaves the pixels alone, also while the peer reads them. */
static void scribble(struct fake *self)
{
    uint32_t *pixels = self->memory.base, sequence = 1;
    size_t count = self->layout.memory_size / 4;

    for (uint64_t until = os_now_ms() + 3000; os_now_ms() < until;) {
        struct channel_frame frame = frame_of(self, take_credit(self), sequence++);

        if (frame.slot >= SLOT_COUNT || !send(self, CHANNEL_FRAME, &frame))
            return;
        for (unsigned i = 0; i < 2000000; i++)
            pixels[next_random(self) % count] = next_random(self);
    }
}

static const struct {
    const char *name;
    bool hello;
    uint32_t wider;
    void (*run)(struct fake *self); /* NULL: nothing more */
} kinds[] = {
    {"silent", false, 0, NULL},        {"garbage", false, 0, garbage},
    {"garbled", false, 0, garbled},    {"wide", true, 1, NULL},
    {"bad-slot", true, 0, bad_slot},   {"bad-rect", true, 0, bad_rect},
    {"no-credit", true, 0, no_credit}, {"late-garbage", true, 0, garbage},
    {"no-hello", false, 0, no_credit}, {"bad-pointer", true, 0, bad_pointer},
    {"flood", true, 0, flood},         {"scribble", true, 0, scribble},
};

int main(int argc, char **argv)
{
    static struct fake fake;
    enum os_status status = os_inherited_pipe(&argc, argv, &fake.link);
    const char *kind = argc > 1 ? argv[1] : "";

    fake.random = (uint32_t)os_now_us() | 1;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, kind) != 0)
            continue;
        if (status != OS_OK || !take_start(&fake))
            return 1;
        if (kinds[i].hello && !send_hello(&fake, kinds[i].wider))
            return 1;
        if (kinds[i].run)
            kinds[i].run(&fake);
        linger(&fake);
        return 0;
    }
    fprintf(stderr, "usage: fake-session KIND, of");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        fprintf(stderr, " %s", kinds[i].name);
    fprintf(stderr, "\n");
    return 2;
}
