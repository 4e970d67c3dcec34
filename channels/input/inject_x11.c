/* SPDX-License-Identifier: Apache-2.0 */
/* Input into an X11 desktop by XTest. */
#include <X11/extensions/XTest.h>
#include <X11/Xutil.h>
#include <X11/keysym.h>
#include <stdio.h>

#include "channels/display/x11.h"
#include "channels/input/inject.h"
#include "channels/input/inject_evdev.h"
#include "os/log.h"

#define AREA "x11"
#define NOTCH 120

/* The client repeats held keys, so the server must not: it waits this long (milliseconds) before it begins.
 */
#define REPEAT_DELAY_LONG 65535
#define REPEAT_DELAY_USUAL 500 /* put back when an earlier program left the long one behind */
#define REPEAT_INTERVAL_USUAL 33

static const unsigned short x11_buttons[INJECT_BUTTONS + 1] = {0, 1, 3, 2, 8, 9};

/* Keys without any symbol, to be lent to characters that no key types. */
static void find_spares(struct x11 *self)
{
    int min, max, per_key;
    KeySym *symbols;

    XDisplayKeycodes(self->display, &min, &max);
    symbols = XGetKeyboardMapping(self->display, (KeyCode)min, max - min + 1, &per_key);
    if (!symbols)
        return;
    for (int code = max; code >= min && self->spare_count < X11_SPARES; code--) {
        const KeySym *row = symbols + (size_t)(code - min) * (size_t)per_key;
        bool free_key = true;

        for (int i = 0; i < per_key; i++)
            free_key &= row[i] == NoSymbol;
        if (free_key)
            self->spares[self->spare_count++].keycode = (KeyCode)code;
    }
    XFree(symbols);
}

bool x11_inject_init(struct x11 *self, char *problem, size_t cap)
{
    int event, error, major, minor;
    XkbStateRec state;

    if (!XTestQueryExtension(self->display, &event, &error, &major, &minor)) {
        snprintf(problem, cap, "display %s lacks the XTEST extension", DisplayString(self->display));
        return false;
    }
    XTestGrabControl(self->display, True); /* input goes on while somebody holds a server grab */
    self->caps_mask = XkbKeysymToModifiers(self->display, XK_Caps_Lock);
    self->num_mask = XkbKeysymToModifiers(self->display, XK_Num_Lock);
    self->scroll_mask = XkbKeysymToModifiers(self->display, XK_Scroll_Lock);
    XkbSelectEventDetails(self->display, XkbUseCoreKbd, XkbStateNotify, XkbModifierLockMask,
                          XkbModifierLockMask);
    XkbSelectEvents(self->display, XkbUseCoreKbd, XkbMapNotifyMask | XkbNewKeyboardNotifyMask,
                    XkbMapNotifyMask | XkbNewKeyboardNotifyMask);
    if (XkbGetAutoRepeatRate(self->display, XkbUseCoreKbd, &self->repeat_delay, &self->repeat_interval)) {
        if (self->repeat_delay == REPEAT_DELAY_LONG) {
            self->repeat_delay = REPEAT_DELAY_USUAL;
            self->repeat_interval = REPEAT_INTERVAL_USUAL;
        }
        XkbSetAutoRepeatRate(self->display, XkbUseCoreKbd, REPEAT_DELAY_LONG, self->repeat_interval);
    }
    find_spares(self);
    self->base.indicators_serial = 1;
    if (XkbGetState(self->display, XkbUseCoreKbd, &state) == Success)
        x11_inject_locks_changed(self, state.locked_mods);
    return true;
}

void x11_inject_finish(struct x11 *self)
{
    KeySym none[2] = {NoSymbol, NoSymbol};

    for (unsigned i = 0; i < self->spare_count; i++)
        if (self->spares[i].keysym != NoSymbol)
            XChangeKeyboardMapping(self->display, self->spares[i].keycode, 2, none, 1);
    if (self->repeat_delay)
        XkbSetAutoRepeatRate(self->display, XkbUseCoreKbd, self->repeat_delay, self->repeat_interval);
    if (self->keymap)
        XkbFreeKeyboard(self->keymap, XkbAllComponentsMask, True);
    self->keymap = NULL;
    XSync(self->display, False);
}

void x11_inject_map_changed(struct x11 *self)
{
    if (self->keymap)
        XkbFreeKeyboard(self->keymap, XkbAllComponentsMask, True);
    self->keymap = NULL;
    self->caps_mask = XkbKeysymToModifiers(self->display, XK_Caps_Lock);
    self->num_mask = XkbKeysymToModifiers(self->display, XK_Num_Lock);
    self->scroll_mask = XkbKeysymToModifiers(self->display, XK_Scroll_Lock);
}

void x11_inject_locks_changed(struct x11 *self, unsigned locked)
{
    uint32_t flags = (locked & self->caps_mask ? INPUT_CAPS_LOCK : 0) |
                     (locked & self->num_mask ? INPUT_NUM_LOCK : 0) |
                     (locked & self->scroll_mask ? INPUT_SCROLL_LOCK : 0);

    if (self->base.indicators == flags)
        return;
    self->base.indicators = flags;
    self->base.indicators_serial++;
}

static KeySym keysym_of(uint32_t codepoint)
{
    switch (codepoint) {
    case '\b':
        return XK_BackSpace;
    case '\t':
        return XK_Tab;
    case '\n':
    case '\r':
        return XK_Return;
    case 0x1B:
        return XK_Escape;
    case 0x7F:
        return XK_Delete;
    default:
        break;
    }
    if (codepoint < 0x20 || (codepoint >= 0x80 && codepoint < 0xA0) || codepoint > 0x10FFFF)
        return NoSymbol;
    return codepoint < 0x100 ? codepoint : 0x01000000 | codepoint;
}

static XkbDescPtr keymap(struct x11 *self)
{
    if (!self->keymap)
        self->keymap = XkbGetMap(self->display, XkbAllClientInfoMask, XkbUseCoreKbd);
    return self->keymap;
}

static bool is_modifier(struct x11 *self, unsigned keycode)
{
    XkbDescPtr map = keymap(self);

    return !map || keycode < map->min_key_code || keycode > map->max_key_code ||
           map->map->modmap[keycode] != 0;
}

static void press(struct x11 *self, unsigned keycode, bool down)
{
    /* The server takes no second press of a key that is down. A repeat is what it looks like to X clients: up
     * and down again; not for modifiers, where an up means something. */
    if (down && self->down[keycode]) {
        if (is_modifier(self, keycode))
            return;
        XTestFakeKeyEvent(self->display, keycode, False, 0);
    }
    self->down[keycode] = down;
    XTestFakeKeyEvent(self->display, keycode, down, 0);
}

void x11_key(struct desktop *desktop, uint16_t scancode, bool down)
{
    struct x11 *self = x11_from_desktop(desktop);
    unsigned code = inject_evdev_code(scancode);

    if (code != 0 && code + INJECT_X11_OFFSET <= 255)
        press(self, code + INJECT_X11_OFFSET, down);
}

/* A key that types the symbol while these modifiers are down; 0: none. */
static unsigned find_key(struct x11 *self, KeySym keysym, unsigned mods, unsigned group)
{
    XkbDescPtr map = keymap(self);
    unsigned used;
    KeySym found, lower;

    for (unsigned code = map ? map->min_key_code : 1; map && code <= map->max_key_code; code++) {
        if (!XkbTranslateKeyCode(map, (KeyCode)code, XkbBuildCoreState(mods, group), &used, &found))
            continue;
        /* A Caps Lock that the key does not care for turns the letter afterwards, in the client. */
        if ((mods & LockMask) && !(used & LockMask))
            XConvertCase(found, &lower, &found);
        if (found == keysym)
            return code;
    }
    return 0;
}

/* Lends a key to the symbol: one that has it already, a free one, or the one that was used longest ago.
 * Clients look a key up when they get to its event, which may be after the next loan: with many keys in turn,
 * that is long enough. */
static unsigned lend_key(struct x11 *self, KeySym keysym)
{
    KeySym both[2] = {keysym, keysym};
    struct x11_spare *pick = NULL;

    for (unsigned i = 0; i < self->spare_count; i++) {
        struct x11_spare *spare = &self->spares[i];

        if (spare->keysym == keysym) {
            spare->used = ++self->spare_uses;
            return spare->keycode;
        }
        if (!pick || spare->used < pick->used)
            pick = spare;
    }
    if (!pick)
        return 0;
    XChangeKeyboardMapping(self->display, pick->keycode, 2, both, 1);
    /* The server must have the map before the key, and we must know that the map is ours to fetch again. */
    XSync(self->display, False);
    x11_inject_map_changed(self);
    pick->keysym = keysym;
    pick->used = ++self->spare_uses;
    return pick->keycode;
}

static void tap(struct x11 *self, unsigned keycode)
{
    XTestFakeKeyEvent(self->display, keycode, True, 0);
    XTestFakeKeyEvent(self->display, keycode, False, 0);
}

/* Types the symbol with a key that has it, with Shift turned over for that one key when that helps. */
static bool type_symbol(struct x11 *self, KeySym keysym, unsigned mods, unsigned group)
{
    unsigned code = find_key(self, keysym, mods, group);
    unsigned left = XKeysymToKeycode(self->display, XK_Shift_L),
             right = XKeysymToKeycode(self->display, XK_Shift_R);
    bool was_left = left && self->down[left], was_right = right && self->down[right];

    if (code != 0) {
        tap(self, code);
        return true;
    }
    code = find_key(self, keysym, mods ^ ShiftMask, group);
    if (code == 0 || left == 0)
        return false;
    if (!(mods & ShiftMask)) {
        XTestFakeKeyEvent(self->display, left, True, 0);
        tap(self, code);
        XTestFakeKeyEvent(self->display, left, False, 0);
        return true;
    }
    if (!was_left && !was_right)
        return false; /* somebody else's Shift */
    if (was_left)
        XTestFakeKeyEvent(self->display, left, False, 0);
    if (was_right)
        XTestFakeKeyEvent(self->display, right, False, 0);
    tap(self, code);
    if (was_left)
        XTestFakeKeyEvent(self->display, left, True, 0);
    if (was_right)
        XTestFakeKeyEvent(self->display, right, True, 0);
    return true;
}

void x11_unicode(struct desktop *desktop, uint32_t codepoint)
{
    struct x11 *self = x11_from_desktop(desktop);
    KeySym keysym = keysym_of(codepoint);
    XkbStateRec state;
    unsigned caps, code;

    if (keysym == NoSymbol || XkbGetState(self->display, XkbUseCoreKbd, &state) != Success ||
        type_symbol(self, keysym, state.mods, state.group))
        return;
    /* Caps Lock would turn a lent letter over: it is off for that key. */
    caps = state.locked_mods & self->caps_mask;
    if (caps)
        XkbLockModifiers(self->display, XkbUseCoreKbd, caps, 0);
    if (!caps || !type_symbol(self, keysym, state.mods & ~caps, state.group)) {
        if ((code = lend_key(self, keysym)) != 0)
            tap(self, code);
        else
            log_debug(AREA, 0, "no key to type U+%04X with", (unsigned)codepoint);
    }
    if (caps)
        XkbLockModifiers(self->display, XkbUseCoreKbd, caps, caps);
}

void x11_move(struct desktop *desktop, uint16_t x, uint16_t y)
{
    struct x11 *self = x11_from_desktop(desktop);

    XTestFakeMotionEvent(self->display, self->screen, x, y, 0);
    self->x = x;
    self->y = y;
}

void x11_move_by(struct desktop *desktop, int32_t dx, int32_t dy)
{
    struct x11 *self = x11_from_desktop(desktop);

    XTestFakeRelativeMotionEvent(self->display, dx, dy, 0);
    /* the client does not know where that ends: the next look tells it */
    x11_cursor_look(self);
}

void x11_button(struct desktop *desktop, unsigned button, bool down)
{
    struct x11 *self = x11_from_desktop(desktop);

    XTestFakeButtonEvent(self->display, x11_buttons[button], down, 0);
}

void x11_wheel(struct desktop *desktop, bool horizontal, int32_t delta)
{
    struct x11 *self = x11_from_desktop(desktop);
    int32_t *rest = horizontal ? &self->hwheel_rest : &self->wheel_rest;
    unsigned forward = horizontal ? 7 : 4, back = horizontal ? 6 : 5;

    *rest += delta;
    while (*rest >= NOTCH || *rest <= -NOTCH) {
        unsigned button = *rest > 0 ? forward : back;

        XTestFakeButtonEvent(self->display, button, True, 0);
        XTestFakeButtonEvent(self->display, button, False, 0);
        *rest += *rest > 0 ? -NOTCH : NOTCH;
    }
}

void x11_locks(struct desktop *desktop, uint32_t flags)
{
    struct x11 *self = x11_from_desktop(desktop);
    unsigned affect = self->caps_mask | self->num_mask | self->scroll_mask;
    unsigned values = (flags & INPUT_CAPS_LOCK ? self->caps_mask : 0) |
                      (flags & INPUT_NUM_LOCK ? self->num_mask : 0) |
                      (flags & INPUT_SCROLL_LOCK ? self->scroll_mask : 0);

    /* Sets the state itself: no key press that a program could see, and no matter what the lock keys are
     * mapped to. */
    if (affect)
        XkbLockModifiers(self->display, XkbUseCoreKbd, affect, values);
}

void x11_flush(struct desktop *desktop)
{
    XFlush(x11_from_desktop(desktop)->display);
}
