/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/input/input.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "link/link.h"
#include "os/os.h"

#define KEYS 1024 /* code, extended, extended1 */
#define BUTTONS 5 /* left, right, middle, and two extended */

struct input_relay {
    struct input_relay_config config;
    uint8_t keys[KEYS / 8]; /* a bit for each key that is down */
    uint8_t buttons;        /* and one for each button */
    uint32_t locks;
    bool locks_known;
};

/* FreeRDP's callbacks carry its context and nothing of ours; one peer process serves one client. */
static struct input_relay *(*relay_from_context)(rdpContext *context);

struct input_relay *input_relay_create(const struct input_relay_config *config)
{
    struct input_relay *self = calloc(1, sizeof(*self));

    if (self)
        self->config = *config;
    return self;
}

void input_relay_destroy(struct input_relay *self)
{
    if (self)
        os_wipe(self, sizeof(*self)); /* which keys are down says what is being typed */
    free(self);
}

static struct input_relay *from_input(rdpInput *input)
{
    return relay_from_context(input->context);
}

static void forward(struct input_relay *self, uint16_t id, const void *message)
{
    if (self->config.counters)
        atomic_store_explicit(&self->config.counters->last_input_ms, os_now_ms(), memory_order_relaxed);
    /* without a program to take it, input is dropped; one that does not read is the owner's to end */
    (void)self->config.send(self->config.arg, id, message);
}

static void note(uint8_t *bits, unsigned at, bool down)
{
    if (down)
        bits[at / 8] |= (uint8_t)(1u << at % 8);
    else
        bits[at / 8] &= (uint8_t) ~(1u << at % 8);
}

static BOOL on_synchronize(rdpInput *input, UINT32 flags)
{
    struct input_relay *self = from_input(input);
    struct channel_value locks = {
        flags & (KBD_SYNC_SCROLL_LOCK | KBD_SYNC_NUM_LOCK | KBD_SYNC_CAPS_LOCK | KBD_SYNC_KANA_LOCK)};

    if (!self)
        return TRUE;
    self->locks = locks.value;
    self->locks_known = true;
    forward(self, CHANNEL_LOCKS, &locks);
    return TRUE;
}

static BOOL on_keyboard(rdpInput *input, UINT16 flags, UINT8 code)
{
    struct input_relay *self = from_input(input);
    struct channel_key key = {
        flags & (KBD_FLAGS_EXTENDED | KBD_FLAGS_EXTENDED1 | KBD_FLAGS_DOWN | KBD_FLAGS_RELEASE), code};
    unsigned at = code | (flags & (KBD_FLAGS_EXTENDED | KBD_FLAGS_EXTENDED1));

    if (!self)
        return TRUE;
    note(self->keys, at, !(flags & KBD_FLAGS_RELEASE));
    forward(self, CHANNEL_KEY, &key);
    return TRUE;
}

static BOOL on_unicode(rdpInput *input, UINT16 flags, UINT16 code)
{
    struct input_relay *self = from_input(input);
    struct channel_key key = {flags & KBD_FLAGS_RELEASE, code};

    if (self)
        forward(self, CHANNEL_UNICODE, &key);
    return TRUE;
}

static BOOL on_mouse(rdpInput *input, UINT16 flags, UINT16 x, UINT16 y)
{
    static const uint16_t buttons[] = {PTR_FLAGS_BUTTON1, PTR_FLAGS_BUTTON2, PTR_FLAGS_BUTTON3};
    struct input_relay *self = from_input(input);
    struct channel_mouse mouse = {flags, x, y};

    if (!self)
        return TRUE;
    /* in a wheel event the button bits are part of the distance's neighbourhood, not buttons */
    if (!(flags & (PTR_FLAGS_WHEEL | PTR_FLAGS_HWHEEL))) {
        for (unsigned i = 0; i < 3; i++)
            if (flags & buttons[i])
                note(&self->buttons, i, flags & PTR_FLAGS_DOWN);
    }
    forward(self, CHANNEL_MOUSE, &mouse);
    return TRUE;
}

static BOOL on_extended_mouse(rdpInput *input, UINT16 flags, UINT16 x, UINT16 y)
{
    struct input_relay *self = from_input(input);
    struct channel_mouse mouse = {flags, x, y};

    if (!self)
        return TRUE;
    if (flags & PTR_XFLAGS_BUTTON1)
        note(&self->buttons, 3, flags & PTR_XFLAGS_DOWN);
    if (flags & PTR_XFLAGS_BUTTON2)
        note(&self->buttons, 4, flags & PTR_XFLAGS_DOWN);
    forward(self, CHANNEL_MOUSE_EXTENDED, &mouse);
    return TRUE;
}

static BOOL on_relative_mouse(rdpInput *input, UINT16 flags, INT16 dx, INT16 dy)
{
    struct input_relay *self = from_input(input);
    struct channel_mouse_relative mouse = {flags, dx, dy};

    if (self)
        forward(self, CHANNEL_MOUSE_RELATIVE, &mouse);
    return TRUE;
}

/* The client has the focus again: its keys went elsewhere meanwhile. */
static BOOL on_focus_in(rdpInput *input, UINT16 toggles)
{
    return on_synchronize(input, toggles);
}

static BOOL on_pause(rdpInput *input)
{
    /* Pause is E1 1D 45, and the client has no separate release ([MS-RDPBCGR] 2.2.8.1.1.3.1.1.1) */
    return on_keyboard(input, KBD_FLAGS_EXTENDED1, 0x1d) && on_keyboard(input, 0, 0x45) &&
           on_keyboard(input, KBD_FLAGS_EXTENDED1 | KBD_FLAGS_RELEASE, 0x1d) &&
           on_keyboard(input, KBD_FLAGS_RELEASE, 0x45);
}

void input_relay_register(rdpInput *input, struct input_relay *(*from_context)(rdpContext *context))
{
    relay_from_context = from_context;
    input->SynchronizeEvent = on_synchronize;
    input->KeyboardEvent = on_keyboard;
    input->UnicodeKeyboardEvent = on_unicode;
    input->MouseEvent = on_mouse;
    input->ExtendedMouseEvent = on_extended_mouse;
    input->RelMouseEvent = on_relative_mouse;
    input->FocusInEvent = on_focus_in;
    input->KeyboardPauseEvent = on_pause;
}

void input_relay_release(struct input_relay *self)
{
    static const uint8_t nothing[KEYS / 8];
    struct channel_value value = {0};

    if (self->buttons == 0 && memcmp(self->keys, nothing, sizeof(nothing)) == 0)
        return;
    os_wipe(self->keys, sizeof(self->keys));
    self->buttons = 0;
    (void)self->config.send(self->config.arg, CHANNEL_RELEASE, &value);
}

void input_relay_attach(struct input_relay *self)
{
    struct channel_value locks = {self->locks};

    os_wipe(self->keys, sizeof(self->keys));
    self->buttons = 0;
    if (self->locks_known)
        (void)self->config.send(self->config.arg, CHANNEL_LOCKS, &locks);
}
