/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/input/inject.h"

#include <string.h>

#include "channels/display/desktop.h"

#define SCAN_CTRL 0x1D
#define SCAN_NUM_LOCK 0x45

void injector_init(struct injector *self, struct desktop *desktop)
{
    memset(self, 0, sizeof(*self));
    self->desktop = desktop;
}

static void press(struct injector *self, uint16_t scancode, bool down)
{
    struct desktop *desktop = self->desktop;

    /* A release of what is not down is passed on: a key that was held when we came can so be let go. */
    self->held[scancode] = down;
    desktop->impl->key(desktop, scancode, down);
}

static void key(struct injector *self, const struct channel_key *message)
{
    bool down = !(message->flags & INPUT_KEY_RELEASE);
    uint16_t code = message->code & 0x7F;

    if (message->code == 0 || message->code > 0xFF)
        return;
    /* Pause comes as E1 1D and then 45 without a mark of its own. */
    if (message->flags & INPUT_KEY_EXTENDED1) {
        if (code == SCAN_CTRL) {
            self->pause_tail = true;
            press(self, INJECT_PAUSE, down);
        }
        return;
    }
    if (self->pause_tail && code == SCAN_NUM_LOCK && !(message->flags & INPUT_KEY_EXTENDED)) {
        self->pause_tail = false;
        return;
    }
    self->pause_tail = false;
    if (code != 0)
        press(self, (uint16_t)(code | (message->flags & INPUT_KEY_EXTENDED ? INJECT_E0 : 0)), down);
}

static void unicode(struct injector *self, const struct channel_key *message)
{
    struct desktop *desktop = self->desktop;
    uint32_t unit = message->code;

    /* A character has no length: it is typed whole when it goes down. */
    if (message->flags & INPUT_KEY_RELEASE)
        return;
    if (unit >= 0xD800 && unit < 0xDC00) {
        self->high_surrogate = (uint16_t)unit;
        return;
    }
    if (unit >= 0xDC00 && unit < 0xE000) {
        if (!self->high_surrogate)
            return;
        unit = 0x10000 + ((uint32_t)(self->high_surrogate - 0xD800) << 10) + (unit - 0xDC00);
    }
    self->high_surrogate = 0;
    if (unit != 0)
        desktop->impl->unicode(desktop, unit);
}

static void button(struct injector *self, unsigned number, bool down)
{
    struct desktop *desktop = self->desktop;

    self->buttons[number] = down;
    desktop->impl->button(desktop, number, down);
}

static void buttons(struct injector *self, uint16_t flags)
{
    bool down = (flags & INPUT_DOWN) != 0;

    if (flags & INPUT_BUTTON1)
        button(self, 1, down);
    if (flags & INPUT_BUTTON2)
        button(self, 2, down);
    if (flags & INPUT_BUTTON3)
        button(self, 3, down);
}

static void extended_buttons(struct injector *self, uint16_t flags)
{
    bool down = (flags & INPUT_DOWN) != 0;

    if (flags & INPUT_XBUTTON1)
        button(self, 4, down);
    if (flags & INPUT_XBUTTON2)
        button(self, 5, down);
}

static void move(struct injector *self, uint16_t x, uint16_t y)
{
    struct desktop *desktop = self->desktop;
    uint32_t right = desktop->width - 1, bottom = desktop->height - 1;

    desktop->impl->move(desktop, (uint16_t)(x < right ? x : right), (uint16_t)(y < bottom ? y : bottom));
}

static void mouse(struct injector *self, const struct channel_mouse *message)
{
    struct desktop *desktop = self->desktop;
    uint16_t flags = message->flags;

    if (flags & (INPUT_WHEEL | INPUT_HWHEEL)) {
        /* nine bits, two's complement; the position means nothing here */
        int32_t delta =
            (flags & INPUT_WHEEL_NEGATIVE) ? (int32_t)(flags & 0xFF) - 256 : (int32_t)(flags & 0xFF);

        if (delta != 0)
            desktop->impl->wheel(desktop, (flags & INPUT_HWHEEL) != 0, delta);
        return;
    }
    /* Buttons carry a position of their own, with or without INPUT_MOVE. */
    if (flags & (INPUT_MOVE | INPUT_BUTTON1 | INPUT_BUTTON2 | INPUT_BUTTON3))
        move(self, message->x, message->y);
    buttons(self, flags);
}

bool injector_message(struct injector *self, uint16_t id, const union channel_any *message)
{
    struct desktop *desktop = self->desktop;

    switch (id) {
    case CHANNEL_KEY:
        key(self, &message->key);
        break;
    case CHANNEL_UNICODE:
        unicode(self, &message->key);
        break;
    case CHANNEL_MOUSE:
        mouse(self, &message->mouse);
        break;
    case CHANNEL_MOUSE_EXTENDED:
        move(self, message->mouse.x, message->mouse.y);
        extended_buttons(self, message->mouse.flags);
        break;
    case CHANNEL_MOUSE_RELATIVE:
        if (message->relative.dx || message->relative.dy)
            desktop->impl->move_by(desktop, message->relative.dx, message->relative.dy);
        buttons(self, message->relative.flags);
        extended_buttons(self, message->relative.flags);
        break;
    case CHANNEL_LOCKS:
        desktop->impl->locks(desktop, message->value.value);
        break;
    case CHANNEL_RELEASE:
        injector_release(self);
        break;
    default:
        return false;
    }
    return true;
}

void injector_release(struct injector *self)
{
    for (uint16_t code = 0; code < INJECT_CODES; code++)
        if (self->held[code])
            press(self, code, false);
    for (unsigned number = 1; number <= INJECT_BUTTONS; number++)
        if (self->buttons[number])
            button(self, number, false);
    self->pause_tail = false;
    self->high_surrogate = 0;
    if (self->desktop->impl->flush)
        self->desktop->impl->flush(self->desktop);
}
