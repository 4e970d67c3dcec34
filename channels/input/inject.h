/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's half of input: messages from the peer become calls of a desktop back-end. It undoes the
 * wire's habits (two messages for Pause, wheel steps of nine bits, surrogate pairs) and remembers what is
 * held down, so that everything can be let go when the client leaves. Everything that arrives is bounded
 * here; a back-end sees only valid values.
 */
#ifndef RDSPROV_CHANNELS_INPUT_INJECT_H
#define RDSPROV_CHANNELS_INPUT_INJECT_H

#include "channels/messages.h"

struct desktop;

/* Scancodes of set 1 as back-ends get them. */
#define INJECT_E0 0x100                 /* the E0 keys: 0x100 + code */
#define INJECT_PAUSE (INJECT_E0 | 0x7F) /* E1 1D 45; no E0 key has this code */
#define INJECT_CODES 0x200
#define INJECT_BUTTONS 5

/* [MS-RDPBCGR] 2.2.8.1.1.3.1.1: the flags of channel_key, channel_mouse, channel_mouse_relative, locks. */
#define INPUT_KEY_EXTENDED 0x0100
#define INPUT_KEY_EXTENDED1 0x0200
#define INPUT_KEY_RELEASE 0x8000
#define INPUT_WHEEL_NEGATIVE 0x0100
#define INPUT_WHEEL 0x0200
#define INPUT_HWHEEL 0x0400
#define INPUT_MOVE 0x0800
#define INPUT_BUTTON1 0x1000
#define INPUT_BUTTON2 0x2000
#define INPUT_BUTTON3 0x4000
#define INPUT_DOWN 0x8000
#define INPUT_XBUTTON1 0x0001
#define INPUT_XBUTTON2 0x0002
#define INPUT_SCROLL_LOCK 1u
#define INPUT_NUM_LOCK 2u
#define INPUT_CAPS_LOCK 4u
#define INPUT_KANA_LOCK 8u

struct injector {
    struct desktop *desktop;
    bool held[INJECT_CODES];
    bool buttons[INJECT_BUTTONS + 1];
    bool pause_tail;         /* the next 0x45 belongs to Pause */
    uint16_t high_surrogate; /* 0: none */
};

void injector_init(struct injector *self, struct desktop *desktop);

/* True when the message was input (and is dealt with). */
bool injector_message(struct injector *self, uint16_t id, const union channel_any *message);

/* Lets go of every key and button that is down. */
void injector_release(struct injector *self);

#endif
