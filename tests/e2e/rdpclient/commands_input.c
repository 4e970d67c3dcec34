/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that are input. */
#include <string.h>

#include <freerdp/input.h>
#include <winpr/string.h>
#include <winpr/synch.h>

#include "commands_private.h"
#include "keys.h"

#define DRAG_STEPS 8
#define DRAG_STEP_MS 15 /* a hand's pace: what lies between is not merged away */

enum event_kind { EVENT_KEY, EVENT_UNICODE, EVENT_MOUSE, EVENT_EXTENDED_MOUSE, EVENT_SYNC };

struct event {
    enum event_kind kind;
    uint16_t flags, code, x, y;
};

static bool send_event(rdpContext *context, void *arg)
{
    const struct event *event = arg;
    rdpInput *input = context->input;

    switch (event->kind) {
    case EVENT_KEY:
        return freerdp_input_send_keyboard_event(input, event->flags, (UINT8)event->code);
    case EVENT_UNICODE:
        return freerdp_input_send_unicode_keyboard_event(input, event->flags, event->code);
    case EVENT_MOUSE:
        return freerdp_input_send_mouse_event(input, event->flags, event->x, event->y);
    case EVENT_EXTENDED_MOUSE:
        return freerdp_input_send_extended_mouse_event(input, event->flags, event->x, event->y);
    case EVENT_SYNC:
        return freerdp_input_send_synchronize_event(input, event->flags);
    }
    return false;
}

static bool send_one(struct session *self, enum event_kind kind, unsigned flags, unsigned code, uint32_t x,
                     uint32_t y)
{
    struct event event = {kind, (uint16_t)flags, (uint16_t)code, (uint16_t)x, (uint16_t)y};

    return client_run(self->client, send_event, &event);
}

static void sent(struct session *self, bool good)
{
    answer(self, good, "%s", good ? "" : "not sent");
}

static bool parse_point(struct session *self, char **words, uint32_t *x, uint32_t *y)
{
    if (parse_number(words[0], 10, 0xFFFF, x) && parse_number(words[1], 10, 0xFFFF, y))
        return true;
    mistake(self, "not a point: %s %s", words[0], words[1]);
    return false;
}

enum action { DOWN = 1, UP = 2 };

static bool parse_action(struct session *self, const char *text, unsigned *out)
{
    *out = strcmp(text, "down") == 0 ? DOWN : strcmp(text, "up") == 0 ? UP : 0;
    if (strcmp(text, "press") == 0)
        *out = DOWN | UP;
    if (!*out)
        mistake(self, "%s: down, up or press", text);
    return *out != 0;
}

static bool send_key(struct session *self, unsigned scancode, unsigned action)
{
    unsigned flags = scancode & 0xE000 ? KBD_FLAGS_EXTENDED : 0;
    bool good = true;

    if (action & DOWN)
        good = send_one(self, EVENT_KEY, flags | KBD_FLAGS_DOWN, scancode & 0xFF, 0, 0);
    if (action & UP)
        good = good && send_one(self, EVENT_KEY, flags | KBD_FLAGS_RELEASE, scancode & 0xFF, 0, 0);
    return good;
}

static void run_key(struct session *self, char **words, int count)
{
    unsigned action = DOWN | UP;
    uint32_t code;

    if (count > 1 && !parse_action(self, words[1], &action))
        return;
    if (strcmp(words[0], "pause") == 0) {
        bool good = true;

        for (unsigned release = 0; release <= KBD_FLAGS_RELEASE; release += KBD_FLAGS_RELEASE)
            good = good && send_one(self, EVENT_KEY, KBD_FLAGS_EXTENDED1 | release, 0x1D, 0, 0) &&
                   send_one(self, EVENT_KEY, release, 0x45, 0, 0);
        sent(self, good);
        return;
    }
    if (!parse_number(words[0], 16, 0xE07F, &code) || (code > 0x7F && (code & 0xFF00) != 0xE000) ||
        (code & 0xFF) > 0x7F) {
        mistake(self, "%s: a scancode in hexadecimal, like 1e or e01c, or pause", words[0]);
        return;
    }
    sent(self, send_key(self, code, action));
}

static void run_type(struct session *self, char **words, int count)
{
    bool good = true;

    (void)count;
    for (const char *c = words[0]; *c && good; c++) {
        bool shift;
        char typed = *c;
        uint8_t code;

        if (c[0] == '\\' && c[1] == 'n') {
            typed = '\n';
            c++;
        }
        code = keys_of_character(typed, &shift);
        if (!code) {
            mistake(self, "no key types %c", *c);
            return;
        }
        good = (!shift || send_key(self, KEYS_SHIFT, DOWN)) && send_key(self, code, DOWN | UP) &&
               (!shift || send_key(self, KEYS_SHIFT, UP));
    }
    sent(self, good);
}

static void run_unicode(struct session *self, char **words, int count)
{
    WCHAR units[COMMANDS_LINE_MAX];
    SSIZE_T len = ConvertUtf8ToWChar(words[0], units, COMMANDS_LINE_MAX);
    bool good = len > 0;

    (void)count;
    for (SSIZE_T i = 0; i < len && good; i++)
        good = send_one(self, EVENT_UNICODE, 0, units[i], 0, 0) &&
               send_one(self, EVENT_UNICODE, KBD_FLAGS_RELEASE, units[i], 0, 0);
    sent(self, good);
}

static void run_move(struct session *self, char **words, int count)
{
    uint32_t x, y;

    (void)count;
    if (parse_point(self, words, &x, &y))
        sent(self, send_one(self, EVENT_MOUSE, PTR_FLAGS_MOVE, 0, x, y));
}

static bool send_button(struct session *self, unsigned button, unsigned action, uint32_t x, uint32_t y)
{
    static const uint16_t flags[] = {
        0, PTR_FLAGS_BUTTON1, PTR_FLAGS_BUTTON2, PTR_FLAGS_BUTTON3, PTR_XFLAGS_BUTTON1, PTR_XFLAGS_BUTTON2};
    enum event_kind kind = button <= 3 ? EVENT_MOUSE : EVENT_EXTENDED_MOUSE;
    bool good = true;

    if (action & DOWN) /* the flag is the same for both kinds of event */
        good = send_one(self, kind, flags[button] | PTR_FLAGS_DOWN, 0, x, y);
    if (action & UP)
        good = good && send_one(self, kind, flags[button], 0, x, y);
    return good;
}

static void run_button(struct session *self, char **words, int count)
{
    uint32_t button, x, y;
    unsigned action;

    (void)count;
    if (!parse_number(words[0], 10, 5, &button) || button == 0) {
        mistake(self, "%s: a button from 1 (left), 2 (right), 3 (middle) to 5", words[0]);
        return;
    }
    if (parse_action(self, words[1], &action) && parse_point(self, words + 2, &x, &y))
        sent(self, send_button(self, button, action, x, y));
}

/* [MS-RDPBCGR] 2.2.8.1.1.3.1.1.3: nine bits, two's complement. */
static void run_wheel(struct session *self, char **words, int count)
{
    const char *text = words[0] + (words[0][0] == '-');
    unsigned flags = PTR_FLAGS_WHEEL;
    uint32_t delta, x = 0, y = 0;

    if (!parse_number(text, 10, 255, &delta)) {
        mistake(self, "%s: a rotation from -255 to 255", words[0]);
        return;
    }
    if (count > 1 && strcmp(words[1], "horizontal") == 0)
        flags = PTR_FLAGS_HWHEEL;
    else if (count > 1) {
        mistake(self, "%s: only 'horizontal' is known", words[1]);
        return;
    }
    if (words[0][0] == '-' && delta)
        flags |= PTR_FLAGS_WHEEL_NEGATIVE | ((0x100 - delta) & 0xFF);
    else
        flags |= delta;
    sent(self, send_one(self, EVENT_MOUSE, flags, 0, x, y));
}

static void run_drag(struct session *self, char **words, int count)
{
    uint32_t x1, y1, x2, y2, button = 1;
    bool good;

    if (!parse_point(self, words, &x1, &y1) || !parse_point(self, words + 2, &x2, &y2))
        return;
    if (count > 4 && (!parse_number(words[4], 10, 5, &button) || button == 0)) {
        mistake(self, "%s: a button from 1 to 5", words[4]);
        return;
    }
    good = send_one(self, EVENT_MOUSE, PTR_FLAGS_MOVE, 0, x1, y1) && send_button(self, button, DOWN, x1, y1);
    for (int i = 1; i <= DRAG_STEPS && good; i++) {
        int x = (int)x1 + ((int)x2 - (int)x1) * i / DRAG_STEPS,
            y = (int)y1 + ((int)y2 - (int)y1) * i / DRAG_STEPS;

        Sleep(DRAG_STEP_MS);
        good = send_one(self, EVENT_MOUSE, PTR_FLAGS_MOVE, 0, (uint32_t)x, (uint32_t)y);
    }
    sent(self, good && send_button(self, button, UP, x2, y2));
}

static void run_sync(struct session *self, char **words, int count)
{
    static const struct {
        const char *name;
        unsigned flag;
    } locks[] = {{"scroll", KBD_SYNC_SCROLL_LOCK},
                 {"num", KBD_SYNC_NUM_LOCK},
                 {"caps", KBD_SYNC_CAPS_LOCK},
                 {"kana", KBD_SYNC_KANA_LOCK}};
    unsigned flags = 0;

    for (int i = 0; i < count; i++) {
        unsigned flag = 0;

        for (size_t k = 0; k < sizeof(locks) / sizeof(locks[0]); k++)
            flag |= strcmp(words[i], locks[k].name) == 0 ? locks[k].flag : 0;
        if (!flag) {
            mistake(self, "%s: scroll, num, caps or kana", words[i]);
            return;
        }
        flags |= flag;
    }
    sent(self, send_one(self, EVENT_SYNC, flags, 0, 0, 0));
}

const struct command input_commands[] = {
    {"key", "SCANCODE|pause [down|up|press]", 1, 2, true, run_key},
    {"type", "TEXT (keys of a US layout; \\n is Return)", 1, -1, true, run_type},
    {"unicode", "TEXT", 1, -1, true, run_unicode},
    {"move", "X Y", 2, 2, true, run_move},
    {"button", "N down|up|press X Y", 4, 4, true, run_button},
    {"wheel", "ROTATION [horizontal]", 1, 2, true, run_wheel},
    {"drag", "X1 Y1 X2 Y2 [BUTTON]", 4, 5, true, run_drag},
    {"sync", "[scroll] [num] [caps] [kana]", 0, 4, true, run_sync},
    {NULL, NULL, 0, 0, false, NULL},
};
