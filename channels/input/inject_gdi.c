/* SPDX-License-Identifier: Apache-2.0 */
/* Input into a Windows desktop by SendInput. */
#include "channels/display/gdi.h"
#include "channels/input/inject.h"
#include "os/log.h"
#include "os/session_win32.h"

#define AREA "gdi"
#define SCAN_PAUSE 0x45

static void send(struct gdi *self, INPUT *input)
{
    /* Refused where the thread is not on the desktop with the input: follow it, then once more. */
    gdi_attach(self);
    if (SendInput(1, input, sizeof(*input)) != 1 &&
        (!gdi_attach_now(self) || SendInput(1, input, sizeof(*input)) != 1))
        log_debug(AREA, 0, "input was refused (error %lu)", GetLastError());
    gdi_wake(self);
}

static void send_key(struct gdi *self, WORD key, WORD scan, DWORD flags)
{
    INPUT input = {.type = INPUT_KEYBOARD, .ki = {.wVk = key, .wScan = scan, .dwFlags = flags}};

    send(self, &input);
}

static void send_mouse(struct gdi *self, int32_t dx, int32_t dy, DWORD data, DWORD flags)
{
    INPUT input = {.type = INPUT_MOUSE, .mi = {.dx = dx, .dy = dy, .mouseData = data, .dwFlags = flags}};

    send(self, &input);
}

/* For Wine only, see below: with Num Lock, the keys 0x47..0x53 are digits. */
static WORD virtual_key(const struct gdi *self, WORD scan, WORD extended)
{
    static const BYTE digits[] = {VK_NUMPAD7, VK_NUMPAD8, VK_NUMPAD9, VK_SUBTRACT, VK_NUMPAD4,
                                  VK_NUMPAD5, VK_NUMPAD6, VK_ADD,     VK_NUMPAD1,  VK_NUMPAD2,
                                  VK_NUMPAD3, VK_NUMPAD0, VK_DECIMAL};

    if (!extended && scan >= 0x47 && scan <= 0x53 && (self->base.indicators & INPUT_NUM_LOCK))
        return digits[scan - 0x47];
    return (WORD)MapVirtualKeyW(extended | scan, MAPVK_VSC_TO_VK_EX);
}

#define SCAN_CTRL 0x1D
#define SCAN_ALT 0x38
#define SCAN_END (INJECT_E0 | 0x4F)
#define SCAN_DELETE (INJECT_E0 | 0x53)
#define HELD_CTRL 3u
#define HELD_ALT 12u

static void note_held(struct gdi *self, uint16_t scancode, bool down)
{
    unsigned key = scancode == SCAN_CTRL                 ? 1
                   : scancode == (INJECT_E0 | SCAN_CTRL) ? 2
                   : scancode == SCAN_ALT                ? 4
                   : scancode == (INJECT_E0 | SCAN_ALT)  ? 8
                                                         : 0;

    self->held = down ? self->held | key : self->held & ~key;
}

/* Ctrl+Alt+End is how a client asks for the session's Ctrl+Alt+Del, and some send that. Winlogon takes
 * neither from a program's keys, but there is a call. True: the key is done with. */
static bool take_attention(struct gdi *self, uint16_t scancode, bool down)
{
    static bool said;

    if (scancode != SCAN_END && scancode != SCAN_DELETE)
        return false;
    if (!down) {
        bool taken = self->attention;

        self->attention = false;
        return taken;
    }
    if (self->attention || !(self->held & HELD_CTRL) || !(self->held & HELD_ALT))
        return self->attention;
    switch (os_session_attention()) {
    case OS_ATTENTION_SENT:
        log_info(AREA, 0, "Ctrl+Alt+Del for the session");
        self->attention = true;
        gdi_wake(self);
        return true;
    case OS_ATTENTION_FORBIDDEN:
        if (!said)
            log_warn(AREA, 0,
                     "Ctrl+Alt+Del is not sent: the policy \"Disable or enable software Secure Attention "
                     "Sequence\" "
                     "(SoftwareSASGeneration) does not allow it to services");
        said = true;
        return false;
    default:
        return false;
    }
}

void gdi_key(struct desktop *desktop, uint16_t scancode, bool down)
{
    struct gdi *self = gdi_from_desktop(desktop);
    DWORD flags = down ? 0 : KEYEVENTF_KEYUP;
    WORD scan = scancode & 0x7F, extended = scancode & INJECT_E0 ? 0xE000 : 0;

    note_held(self, scancode, down);
    if (take_attention(self, scancode, down))
        return;
    /* E1 keys have no form with a scancode */
    if (scancode == INJECT_PAUSE)
        send_key(self, VK_PAUSE, SCAN_PAUSE, flags);
    else
        /* Windows goes by the scancode alone; Wine 8 drops a key that does not name its virtual key as well.
         */
        send_key(self, virtual_key(self, scan, extended), scan,
                 flags | KEYEVENTF_SCANCODE | (extended ? KEYEVENTF_EXTENDEDKEY : 0));
}

static void type_unit(struct gdi *self, WORD unit)
{
    send_key(self, 0, unit, KEYEVENTF_UNICODE);
    send_key(self, 0, unit, KEYEVENTF_UNICODE | KEYEVENTF_KEYUP);
}

void gdi_unicode(struct desktop *desktop, uint32_t codepoint)
{
    struct gdi *self = gdi_from_desktop(desktop);
    WORD key = codepoint == '\r' || codepoint == '\n' ? VK_RETURN
               : codepoint == '\b'                    ? VK_BACK
               : codepoint == '\t'                    ? VK_TAB
               : codepoint == 0x1B                    ? VK_ESCAPE
                                                      : 0;

    if (key) {
        send_key(self, key, 0, 0);
        send_key(self, key, 0, KEYEVENTF_KEYUP);
    } else if (codepoint >= 0x10000) {
        type_unit(self, (WORD)(0xD800 + ((codepoint - 0x10000) >> 10)));
        type_unit(self, (WORD)(0xDC00 + ((codepoint - 0x10000) & 0x3FF)));
    } else {
        type_unit(self, (WORD)codepoint);
    }
}

/* The system turns 0..65535 back into pixels by value * size / 65536: rounding up here meets the same pixel.
 */
static int32_t normalize(uint32_t at, uint32_t size)
{
    return (int32_t)(((uint64_t)at * 65536 + size - 1) / size);
}

void gdi_move(struct desktop *desktop, uint16_t x, uint16_t y)
{
    struct gdi *self = gdi_from_desktop(desktop);

    self->x = x;
    self->y = y;
    self->moved_us = os_now_us();
    send_mouse(self, normalize(x, desktop->width), normalize(y, desktop->height), 0,
               MOUSEEVENTF_MOVE | MOUSEEVENTF_ABSOLUTE | MOUSEEVENTF_VIRTUALDESK);
}

void gdi_move_by(struct desktop *desktop, int32_t dx, int32_t dy)
{
    send_mouse(gdi_from_desktop(desktop), dx, dy, 0, MOUSEEVENTF_MOVE);
}

void gdi_button(struct desktop *desktop, unsigned button, bool down)
{
    static const DWORD flags[INJECT_BUTTONS + 1][2] = {{0, 0},
                                                       {MOUSEEVENTF_LEFTUP, MOUSEEVENTF_LEFTDOWN},
                                                       {MOUSEEVENTF_RIGHTUP, MOUSEEVENTF_RIGHTDOWN},
                                                       {MOUSEEVENTF_MIDDLEUP, MOUSEEVENTF_MIDDLEDOWN},
                                                       {MOUSEEVENTF_XUP, MOUSEEVENTF_XDOWN},
                                                       {MOUSEEVENTF_XUP, MOUSEEVENTF_XDOWN}};

    send_mouse(gdi_from_desktop(desktop), 0, 0,
               button == 4   ? XBUTTON1
               : button == 5 ? XBUTTON2
                             : 0,
               flags[button][down]);
}

void gdi_wheel(struct desktop *desktop, bool horizontal, int32_t delta)
{
    send_mouse(gdi_from_desktop(desktop), 0, 0, (DWORD)delta,
               horizontal ? MOUSEEVENTF_HWHEEL : MOUSEEVENTF_WHEEL);
}

static const struct {
    uint32_t flag;
    BYTE key;
} lock_keys[] = {
    {INPUT_SCROLL_LOCK, VK_SCROLL},
    {INPUT_NUM_LOCK, VK_NUMLOCK},
    {INPUT_CAPS_LOCK, VK_CAPITAL},
    {INPUT_KANA_LOCK, VK_KANA},
};

static uint32_t lock_state(void)
{
    uint32_t flags = 0;
    MSG message;

    /* The state is the one that the thread's queue has seen: let it see the newest. */
    PeekMessageW(&message, NULL, 0, 0, PM_NOREMOVE);
    for (size_t i = 0; i < sizeof(lock_keys) / sizeof(lock_keys[0]); i++)
        if (GetKeyState(lock_keys[i].key) & 1)
            flags |= lock_keys[i].flag;
    return flags;
}

void gdi_locks_look(struct gdi *self)
{
    uint32_t flags = lock_state();

    if (flags == self->base.indicators)
        return;
    self->base.indicators = flags;
    self->base.indicators_serial++;
}

void gdi_locks(struct desktop *desktop, uint32_t flags)
{
    struct gdi *self = gdi_from_desktop(desktop);
    uint32_t wrong = lock_state() ^ flags;

    for (size_t i = 0; i < sizeof(lock_keys) / sizeof(lock_keys[0]); i++) {
        WORD scan = (WORD)MapVirtualKeyW(lock_keys[i].key, MAPVK_VK_TO_VSC);

        if (!(wrong & lock_keys[i].flag) || (lock_keys[i].key == VK_KANA && scan == 0))
            continue;
        send_key(self, lock_keys[i].key, scan, 0);
        send_key(self, lock_keys[i].key, scan, KEYEVENTF_KEYUP);
    }
    gdi_locks_look(self);
}
