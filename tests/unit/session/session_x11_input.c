/* SPDX-License-Identifier: Apache-2.0 */
/* The session program on an Xvfb: input as an X client sees it, and the pointer. */
#include <X11/Xutil.h>
#include <X11/XKBlib.h>
#include <X11/cursorfont.h>
#include <X11/keysym.h>

#include "channels/input/inject.h"
#include "x11_rig.h"

TEST(keys_arrive_as_keys)
{
    static const struct {
        uint16_t flags, code;
        KeySym keysym;
    } keys[] = {
        {0, 0x1E, XK_a},
        {0, 0x02, XK_1},
        {0, 0x01, XK_Escape},
        {0, 0x1C, XK_Return},
        {0, 0x39, XK_space},
        {0, 0x57, XK_F11},
        {0, 0x58, XK_F12},
        {0, 0x2A, XK_Shift_L},
        {0, 0x36, XK_Shift_R},
        {0, 0x45, XK_Num_Lock},
        {0, 0x45, XK_Num_Lock},
        {INPUT_KEY_EXTENDED, 0x48, XK_Up},
        {INPUT_KEY_EXTENDED, 0x4B, XK_Left},
        {INPUT_KEY_EXTENDED, 0x53, XK_Delete},
        {INPUT_KEY_EXTENDED, 0x49, XK_Prior},
        {INPUT_KEY_EXTENDED, 0x1D, XK_Control_R},
        {INPUT_KEY_EXTENDED, 0x1C, XK_KP_Enter},
        {INPUT_KEY_EXTENDED, 0x35, XK_KP_Divide},
        {INPUT_KEY_EXTENDED, 0x5B, XK_Super_L},
        {INPUT_KEY_EXTENDED, 0x5D, XK_Menu},
        {INPUT_KEY_EXTENDED, 0x37, XK_Print},
        {INPUT_KEY_EXTENDED, 0x46, XK_Pause},
        {0, 0x70, XK_Hiragana_Katakana},
        {0, 0x79, XK_Henkan_Mode},
        {0, 0x7B, XK_Muhenkan},
        {0, 0x71, XK_Hangul_Hanja},
        {0, 0x72, XK_Hangul},
    };
    struct rig rig;
    XEvent event;

    REQUIRE(rig_start(&rig));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        xdisplay_forget(&rig.x);
        host_key(&rig.host, keys[i].flags, keys[i].code);
        host_key(&rig.host, (uint16_t)(keys[i].flags | INPUT_KEY_RELEASE), keys[i].code);
        if (!CHECK(xdisplay_event(&rig.x, KeyPress, &event, 1000)))
            fprintf(stderr, "key %04x %02x did not arrive\n", keys[i].flags, keys[i].code);
        CHECK_INT(XkbKeycodeToKeysym(rig.x.display, (KeyCode)event.xkey.keycode, 0, 0), keys[i].keysym);
        CHECK(xdisplay_event(&rig.x, KeyRelease, &event, 1000));
    }
    /* Pause is two messages and one key; the false Shift around extended keys is none */
    xdisplay_forget(&rig.x);
    host_key(&rig.host, INPUT_KEY_EXTENDED, 0x2A);
    host_key(&rig.host, INPUT_KEY_EXTENDED1, 0x1D);
    host_key(&rig.host, 0, 0x45);
    host_key(&rig.host, INPUT_KEY_EXTENDED1 | INPUT_KEY_RELEASE, 0x1D);
    host_key(&rig.host, INPUT_KEY_RELEASE, 0x45);
    host_type(&rig.host, 0x1F);
    CHECK(xdisplay_event(&rig.x, KeyPress, &event, 1000));
    CHECK_INT(XkbKeycodeToKeysym(rig.x.display, (KeyCode)event.xkey.keycode, 0, 0), XK_Pause);
    CHECK(xdisplay_event(&rig.x, KeyPress, &event, 1000));
    CHECK_INT(XkbKeycodeToKeysym(rig.x.display, (KeyCode)event.xkey.keycode, 0, 0), XK_s);
    rig_finish(&rig);
}

TEST(held_key_repeats_as_the_client_says)
{
    struct rig rig;
    XEvent event;
    unsigned presses = 0;

    REQUIRE(rig_start(&rig));
    xdisplay_forget(&rig.x);
    for (int i = 0; i < 5; i++)
        host_key(&rig.host, 0, 0x1E);
    while (xdisplay_event(&rig.x, KeyPress, &event, 1200))
        presses++;
    CHECK_INT(presses, 5); /* none of the server's own */
    host_key(&rig.host, INPUT_KEY_RELEASE, 0x1E);
    /* a held modifier repeats nothing */
    xdisplay_forget(&rig.x);
    for (int i = 0; i < 5; i++)
        host_key(&rig.host, 0, 0x2A);
    host_key(&rig.host, INPUT_KEY_RELEASE, 0x2A);
    for (presses = 0; xdisplay_event(&rig.x, KeyPress, &event, 200); presses++)
        ;
    CHECK_INT(presses, 1);
    rig_finish(&rig);
}

static void expect_characters(struct rig *rig, const KeySym *want, size_t count)
{
    XEvent event;

    for (size_t i = 0; i < count; i++) {
        KeySym keysym = NoSymbol;
        char text[16];

        do {
            if (!CHECK(xdisplay_event(&rig->x, KeyPress, &event, 1000)))
                return;
            /* as programs do: the map that is valid when the event is read */
            XLookupString(&event.xkey, text, sizeof(text), &keysym, NULL);
        } while (IsModifierKey(keysym));
        CHECK_INT(keysym, want[i]);
    }
}

static void refresh_map(struct rig *rig)
{
    XEvent event;

    XSync(rig->x.display, False);
    while (XCheckTypedEvent(rig->x.display, MappingNotify, &event))
        XRefreshKeyboardMapping(&event.xmapping);
}

static void type_characters(struct rig *rig, const uint16_t *units, size_t count, const KeySym *want,
                            size_t nwant)
{
    xdisplay_forget(&rig->x);
    for (size_t i = 0; i < count; i++)
        host_send(&rig->host, CHANNEL_UNICODE, &(struct channel_key){0, units[i]});
    host_drain(&rig->host, 50);
    refresh_map(rig);
    expect_characters(rig, want, nwant);
}

TEST(characters_arrive_as_characters)
{
    static const uint16_t units[] = {'a',  'A',    '1',   '!',    '@',    ' ',    0xE9,
                                     0xDF, 0x20AC, 0x416, 0x4E2D, 0xD83D, 0xDE00, '\r'};
    static const KeySym want[] = {XK_a,      XK_A,      XK_1,      XK_exclam, XK_at,     XK_space, XK_eacute,
                                  XK_ssharp, 0x10020AC, 0x1000416, 0x1004E2D, 0x101F600, XK_Return};
    static const uint16_t mixed[] = {'b', 'B', 0xE9, '2'};
    static const KeySym mixed_want[] = {XK_b, XK_B, XK_eacute, XK_2};
    const size_t nmixed = sizeof(mixed) / sizeof(mixed[0]);
    uint16_t many[60];
    KeySym many_want[60];
    struct rig rig;

    REQUIRE(rig_start(&rig));
    type_characters(&rig, units, sizeof(units) / sizeof(units[0]), want, sizeof(want) / sizeof(want[0]));
    /* Caps Lock and a held Shift do not turn characters over */
    host_value(&rig.host, CHANNEL_LOCKS, INPUT_CAPS_LOCK);
    type_characters(&rig, mixed, nmixed, mixed_want, nmixed);
    host_key(&rig.host, 0, 0x2A);
    type_characters(&rig, mixed, nmixed, mixed_want, nmixed);
    host_value(&rig.host, CHANNEL_LOCKS, 0);
    type_characters(&rig, mixed, nmixed, mixed_want, nmixed);
    host_key(&rig.host, INPUT_KEY_RELEASE, 0x2A);
    /* more characters than there are free keys, read one by one */
    for (size_t i = 0; i < 60; i++) {
        many[i] = (uint16_t)(0x3B1 + i);
        many_want[i] = 0x10003B1 + i;
        type_characters(&rig, &many[i], 1, &many_want[i], 1);
    }
    rig_finish(&rig);
}

TEST(mouse_arrives)
{
    struct rig rig;
    XEvent event;
    static const struct {
        uint16_t flags;
        unsigned button;
    } buttons[] = {{INPUT_BUTTON1, 1}, {INPUT_BUTTON2, 3}, {INPUT_BUTTON3, 2}};

    REQUIRE(rig_start(&rig));
    xdisplay_forget(&rig.x);
    host_mouse(&rig.host, INPUT_MOVE, 321, 123);
    CHECK(xdisplay_event(&rig.x, MotionNotify, &event, 1000));
    CHECK_INT(event.xmotion.x_root, 321);
    CHECK_INT(event.xmotion.y_root, 123);
    for (size_t i = 0; i < 3; i++) {
        host_mouse(&rig.host, buttons[i].flags | INPUT_DOWN, 10, 20);
        CHECK(xdisplay_event(&rig.x, ButtonPress, &event, 1000));
        CHECK_INT(event.xbutton.button, buttons[i].button);
        CHECK_INT(event.xbutton.x_root, 10);
        host_mouse(&rig.host, buttons[i].flags, 30, 40);
        CHECK(xdisplay_event(&rig.x, ButtonRelease, &event, 1000));
        CHECK_INT(event.xbutton.button, buttons[i].button);
        CHECK_INT(event.xbutton.y_root, 40);
    }
    for (unsigned i = 0; i < 2; i++) {
        uint16_t flag = i ? INPUT_XBUTTON2 : INPUT_XBUTTON1;

        host_send(&rig.host, CHANNEL_MOUSE_EXTENDED, &(struct channel_mouse){flag | INPUT_DOWN, 50, 50});
        CHECK(xdisplay_event(&rig.x, ButtonPress, &event, 1000));
        CHECK_INT(event.xbutton.button, 8 + i);
        host_send(&rig.host, CHANNEL_MOUSE_EXTENDED, &(struct channel_mouse){flag, 50, 50});
        CHECK(xdisplay_event(&rig.x, ButtonRelease, &event, 1000));
    }
    for (unsigned i = 0; i < 4; i++) {
        static const uint16_t flags[] = {INPUT_WHEEL | 120, INPUT_WHEEL | INPUT_WHEEL_NEGATIVE | (256 - 120),
                                         INPUT_HWHEEL | INPUT_WHEEL_NEGATIVE | (256 - 120),
                                         INPUT_HWHEEL | 120};

        host_mouse(&rig.host, flags[i], 0, 0);
        CHECK(xdisplay_event(&rig.x, ButtonPress, &event, 1000));
        CHECK_INT(event.xbutton.button, 4 + i);
    }
    /* half notches add up */
    xdisplay_forget(&rig.x);
    host_mouse(&rig.host, INPUT_WHEEL | 60, 0, 0);
    CHECK(!xdisplay_event(&rig.x, ButtonPress, &event, 150));
    host_mouse(&rig.host, INPUT_WHEEL | 60, 0, 0);
    CHECK(xdisplay_event(&rig.x, ButtonPress, &event, 1000));

    host_send(&rig.host, CHANNEL_MOUSE_RELATIVE, &(struct channel_mouse_relative){INPUT_MOVE, 7, -3});
    CHECK(xdisplay_event(&rig.x, MotionNotify, &event, 1000));
    CHECK_INT(event.xmotion.x_root, 57);
    CHECK_INT(event.xmotion.y_root, 47);
    rig_finish(&rig);
}

TEST(pointer_shape_and_position)
{
    struct rig rig;
    unsigned before, moves;
    Cursor cursor;
    XColor black = {0}, red = {.red = 0xFFFF};
    Pixmap empty;

    REQUIRE(rig_start(&rig));
    host_mouse(&rig.host, INPUT_MOVE, 400, 300);
    CHECK(host_settle(&rig.host, 150, 3000));
    CHECK(rig.host.pointers >= 1);
    before = rig.host.pointers;
    moves = rig.host.moves;
    cursor = XCreateFontCursor(rig.x.display, XC_crosshair);
    XDefineCursor(rig.x.display, rig.x.window, cursor);
    XFlush(rig.x.display);
    CHECK(host_until(&rig.host, &rig.host.pointers, before, 2000));
    CHECK(rig.host.pointer.width > 0 && rig.host.pointer.height > 0);

    /* one that cannot be seen */
    empty = XCreatePixmap(rig.x.display, rig.x.root, 16, 16, 1);
    GC gc = XCreateGC(rig.x.display, empty, 0, NULL);

    XSetForeground(rig.x.display, gc, 0);
    XFillRectangle(rig.x.display, empty, gc, 0, 0, 16, 16);
    cursor = XCreatePixmapCursor(rig.x.display, empty, empty, &black, &black, 0, 0);
    XDefineCursor(rig.x.display, rig.x.window, cursor);
    XFlush(rig.x.display);
    CHECK(host_until(&rig.host, &rig.host.hides, 0, 2000));

    /* our own moves are no news; a program's are */
    host_mouse(&rig.host, INPUT_MOVE, 100, 100);
    rig_draw(&rig, 3, false);
    host_drain(&rig.host, 200);
    CHECK_INT(rig.host.moves, moves);
    /* one that takes several messages */
    before = rig.host.pointers;
    Pixmap large = XCreatePixmap(rig.x.display, rig.x.root, 200, 150, 1);

    XSetForeground(rig.x.display, gc, 1);
    XFillRectangle(rig.x.display, large, gc, 0, 0, 200, 150);
    cursor = XCreatePixmapCursor(rig.x.display, large, large, &red, &red, 99, 60);
    XDefineCursor(rig.x.display, rig.x.window, cursor);
    XFlush(rig.x.display);
    CHECK(host_until(&rig.host, &rig.host.pointers, before, 2000));
    CHECK_INT(rig.host.pointer.width, 200);
    CHECK_INT(rig.host.pointer.height, 150);
    CHECK_INT(rig.host.pointer.hot_x, 99);
    CHECK_INT(rig.host.pointer.hot_y, 60);
    CHECK_INT(memcmp(rig.host.pointer.pixels + 4 * (200 * 150 - 1), "\0\0\xFF\xFF", 4), 0);
    moves = rig.host.moves;
    XWarpPointer(rig.x.display, None, rig.x.root, 0, 0, 0, 0, 222, 111);
    rig_draw(&rig, 4, false);
    CHECK(host_until(&rig.host, &rig.host.moves, moves, 2000));
    CHECK_INT(rig.host.position.x, 222);
    CHECK_INT(rig.host.position.y, 111);
    XFreeGC(rig.x.display, gc);
    rig_finish(&rig);
}

static unsigned locked(struct rig *rig)
{
    XkbStateRec state;

    return XkbGetState(rig->x.display, XkbUseCoreKbd, &state) == Success ? state.locked_mods : 0xFFFF;
}

TEST(lock_keys_follow)
{
    struct rig rig;
    unsigned before, num;

    REQUIRE(rig_start(&rig));
    num = XkbKeysymToModifiers(rig.x.display, XK_Num_Lock);
    CHECK(num != 0);
    CHECK(rig.host.indications >= 1);
    before = rig.host.indications;
    host_value(&rig.host, CHANNEL_LOCKS, INPUT_CAPS_LOCK | INPUT_NUM_LOCK);
    CHECK(host_until(&rig.host, &rig.host.indications, before, 1000));
    CHECK_INT(rig.host.indicators, INPUT_CAPS_LOCK | INPUT_NUM_LOCK);
    CHECK_INT(locked(&rig), LockMask | num);
    /* the same again changes nothing; a key does */
    host_value(&rig.host, CHANNEL_LOCKS, INPUT_CAPS_LOCK | INPUT_NUM_LOCK);
    host_drain(&rig.host, 150);
    CHECK_INT(locked(&rig), LockMask | num);
    before = rig.host.indications;
    host_type(&rig.host, 0x3A);
    CHECK(host_until(&rig.host, &rig.host.indications, before, 1000));
    CHECK_INT(rig.host.indicators, INPUT_NUM_LOCK);
    host_value(&rig.host, CHANNEL_LOCKS, 0);
    host_drain(&rig.host, 150);
    CHECK_INT(locked(&rig), 0);
    rig_finish(&rig);
}

TEST(all_is_let_go_at_the_end)
{
    struct rig rig;
    XEvent event;
    char keys[32], none[32] = {0};
    Window root, child;
    int x, y, wx, wy;
    unsigned mask;

    REQUIRE(rig_start(&rig));
    host_mouse(&rig.host, INPUT_BUTTON1 | INPUT_DOWN, 50, 60);
    host_key(&rig.host, 0, 0x1D);
    host_key(&rig.host, INPUT_KEY_EXTENDED, 0x38);
    host_key(&rig.host, 0, 0x1E);
    CHECK(xdisplay_event(&rig.x, ButtonPress, &event, 1000));
    for (int i = 0; i < 3; i++)
        CHECK(xdisplay_event(&rig.x, KeyPress, &event, 1000));
    XQueryKeymap(rig.x.display, keys);
    CHECK(memcmp(keys, none, sizeof(keys)) != 0);
    CHECK_INT(host_end(&rig.host, 3000), 0);
    XQueryKeymap(rig.x.display, keys);
    CHECK(memcmp(keys, none, sizeof(keys)) == 0);
    XQueryPointer(rig.x.display, rig.x.root, &root, &child, &x, &y, &wx, &wy, &mask);
    CHECK_INT(mask & (Button1Mask | ControlMask | Mod1Mask), 0);
    xdisplay_finish(&rig.x);
}
