/* SPDX-License-Identifier: Apache-2.0 */
/* The session program on an Xvfb: pixels against XGetImage, input as an X client sees it, pointer, size,
 * ends. */
#include <X11/Xutil.h>
#include <X11/XKBlib.h>
#include <X11/cursorfont.h>
#include <X11/keysym.h>
#include <stdlib.h>

#include "../check.h"
#include "channels/input/inject.h"
#include "host.h"
#include "xdisplay.h"

struct rig {
    struct xdisplay x;
    struct host host;
};

static bool rig_start_sized(struct rig *self, uint32_t screen_w, uint32_t screen_h, uint32_t w, uint32_t h,
                            bool resize)
{
    const char *args[] = {"--desktop", "x11", "--display", self->x.name, resize ? "--resize" : NULL, NULL};

    if (!CHECK(xdisplay_start(&self->x, screen_w, screen_h)))
        return false;
    if (CHECK(host_start(&self->host, w, h, args)) &&
        CHECK(host_until(&self->host, &self->host.frames, 0, 3000)))
        return true;
    host_finish(&self->host);
    xdisplay_finish(&self->x);
    return false;
}

static bool rig_start(struct rig *self)
{
    return rig_start_sized(self, 1024, 768, 1024, 768, false);
}

static void rig_finish(struct rig *self)
{
    CHECK(!self->host.bad);
    CHECK_INT(host_end(&self->host, 200), 0);
    xdisplay_finish(&self->x);
}

static uint32_t differs(struct rig *self)
{
    return xdisplay_differs(&self->x, self->host.picture, self->host.layout.width, self->host.layout.height,
                            self->host.layout.width);
}

static void draw(struct rig *self, unsigned seed, bool big)
{
    unsigned side = big ? 300 : 20;

    srand(seed);
    XSetForeground(self->x.display, self->x.gc, (unsigned long)(rand() & 0xFFFFFF));
    XFillRectangle(self->x.display, self->x.window, self->x.gc, rand() % 790, rand() % 590,
                   1 + (unsigned)rand() % side, 1 + (unsigned)rand() % side);
    if (seed % 7 == 0)
        XCopyArea(self->x.display, self->x.window, self->x.window, self->x.gc, 0, 16, 800, 584, 0, 0);
    XDrawLine(self->x.display, self->x.window, self->x.gc, rand() % 800, rand() % 600, rand() % 800,
              rand() % 600);
    XFlush(self->x.display);
}

TEST(picture_is_the_desktop)
{
    struct rig rig;

    REQUIRE(rig_start(&rig));
    CHECK_STR(rig.host.hello.backend, "x11");
    CHECK_INT(rig.host.hello.width, 1024);
    CHECK_INT(differs(&rig), 0);
    draw(&rig, 1, true);
    CHECK(host_settle(&rig.host, 100, 3000));
    CHECK_INT(differs(&rig), 0);
    CHECK(rig.host.frames >= 2);
    rig_finish(&rig);
}

TEST(damage_covers_all_that_changes)
{
    struct rig rig;
    uint64_t end;
    unsigned draws = 0, before;

    REQUIRE(rig_start(&rig));
    before = rig.host.frames;
    /* host_step compares each slot with what the rectangles alone built */
    end = os_now_ms() + 3000;
    while (os_now_ms() < end && !rig.host.bad) {
        draws++;
        draw(&rig, draws, draws % 3 == 0);
        if (draws % 4 == 0)
            host_step(&rig.host, draws % 16 ? 2 : 30);
    }
    CHECK(host_settle(&rig.host, 150, 3000));
    CHECK_INT(differs(&rig), 0);
    printf("%u drawings in %u frames\n", draws, rig.host.frames - before);
    CHECK(rig.host.frames - before >= 20);
    CHECK(rig.host.frames - before <= 3 * 60 + 20);
    rig_finish(&rig);
}

TEST(small_change_small_frame)
{
    struct rig rig;

    REQUIRE(rig_start(&rig));
    CHECK(host_settle(&rig.host, 100, 3000));
    rig.host.bytes = 0;
    XSetForeground(rig.x.display, rig.x.gc, 0xFF00FF);
    XFillRectangle(rig.x.display, rig.x.window, rig.x.gc, 10, 10, 8, 16);
    XNoOp(rig.x.display); /* Xlib would make one request of both, the server one rectangle of damage */
    XFillRectangle(rig.x.display, rig.x.window, rig.x.gc, 700, 500, 8, 16);
    XFlush(rig.x.display);
    CHECK(host_settle(&rig.host, 100, 3000));
    CHECK_INT(rig.host.bytes, 2 * 8 * 16 * 4);
    CHECK_INT(differs(&rig), 0);
    rig_finish(&rig);
}

/* A window of its own kind, filled by the server (background) or kept by it (backing store). */
static Window add_window(struct rig *rig, int x, int y, unsigned width, unsigned height,
                         XSetWindowAttributes *attributes, unsigned long mask)
{
    Window window;

    attributes->override_redirect = True;
    window = XCreateWindow(rig->x.display, rig->x.root, x, y, width, height, 3, CopyFromParent, InputOutput,
                           CopyFromParent, CWOverrideRedirect | mask, attributes);
    XMapRaised(rig->x.display, window);
    XSync(rig->x.display, False);
    return window;
}

/* A frame may take its time on a busy machine; one that never comes is what is looked for. */
static void check_picture(struct rig *rig, const char *when)
{
    uint64_t end = os_now_ms() + 3000;
    uint32_t wrong;

    XSync(rig->x.display, False);
    do
        host_drain(&rig->host, 30);
    while ((wrong = differs(rig)) != 0 && os_now_ms() < end);
    if (!CHECK_INT(wrong, 0))
        fprintf(stderr, "the picture is old: %s\n", when);
}

/* Windows that come, go and move above others that paint nothing themselves. */
TEST(uncovered_windows_are_seen)
{
    static const struct {
        const char *what;
        unsigned long mask;
        int backing_store;
    } kinds[] = {
        {"background pixmap", CWBackPixmap, NotUseful},
        {"backing store", CWBackPixel | CWBackingStore, Always},
        {"backing store and background pixmap", CWBackPixmap | CWBackingStore, WhenMapped},
    };
    struct rig rig;

    REQUIRE(rig_start(&rig));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        XSetWindowAttributes below = {.background_pixel = 0x11AA33, .backing_store = kinds[i].backing_store};
        XSetWindowAttributes above = {.background_pixel = 0xEE1177};
        Window window, cover;
        Pixmap pixmap = XCreatePixmap(rig.x.display, rig.x.root, 40, 30, 24);

        XSetForeground(rig.x.display, rig.x.gc, 0x3366FF);
        XFillRectangle(rig.x.display, pixmap, rig.x.gc, 0, 0, 40, 30);
        XSetForeground(rig.x.display, rig.x.gc, 0xFFEE00);
        XDrawLine(rig.x.display, pixmap, rig.x.gc, 0, 0, 40, 30);
        below.background_pixmap = pixmap;
        window = add_window(&rig, 60, 50, 600, 400, &below, kinds[i].mask);
        XFillRectangle(rig.x.display, window, rig.x.gc, 100, 100, 200, 90);
        check_picture(&rig, kinds[i].what);
        cover = add_window(&rig, 120, 100, 300, 200, &above, CWBackPixel);
        check_picture(&rig, "covered");
        XMoveWindow(rig.x.display, cover, 300, 220);
        check_picture(&rig, "moved away");
        XResizeWindow(rig.x.display, cover, 100, 300);
        check_picture(&rig, "made smaller");
        XUnmapWindow(rig.x.display, cover);
        check_picture(&rig, "unmapped");
        XMapRaised(rig.x.display, cover);
        check_picture(&rig, "mapped");
        XSetForeground(rig.x.display, rig.x.gc, 0x000000 + (unsigned)i * 0x404040);
        XFillRectangle(rig.x.display, window, rig.x.gc, 50, 40, 400, 300);
        check_picture(&rig, "drawn while covered");
        XMoveWindow(rig.x.display, cover, 150, 120);
        check_picture(&rig, "uncovered after drawing");
        XUnmapWindow(rig.x.display, cover);
        check_picture(&rig, "uncovered wholly after drawing");
        XUnmapWindow(rig.x.display, window);
        check_picture(&rig, "below unmapped");
        XMapWindow(rig.x.display, window);
        check_picture(&rig, "below mapped");
        XMoveWindow(rig.x.display, window, 90, 70);
        check_picture(&rig, "below moved");
        XMapRaised(rig.x.display, cover);
        check_picture(&rig, "mapped again");
        XLowerWindow(rig.x.display, cover);
        check_picture(&rig, "lowered");
        XRaiseWindow(rig.x.display, cover);
        check_picture(&rig, "raised");
        XReparentWindow(rig.x.display, cover, window, 200, 210);
        check_picture(&rig, "given another parent");
        XMoveWindow(rig.x.display, cover, 20, 10);
        check_picture(&rig, "moved inside");
        XDestroyWindow(rig.x.display, cover);
        check_picture(&rig, "destroyed");
        XDestroyWindow(rig.x.display, window);
        check_picture(&rig, "all gone");
        XFreePixmap(rig.x.display, pixmap);
    }
    rig_finish(&rig);
}

/* Processor ticks and voluntary context switches of a process. */
static bool usage(uint64_t pid, unsigned long *ticks, unsigned long *switches)
{
    char path[64], line[512];
    unsigned long user = 0, sys = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
    if (!(file = fopen(path, "r")))
        return false;
    if (!fgets(line, sizeof(line), file) ||
        sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) !=
            2)
        user = 0;
    fclose(file);
    *ticks = user + sys;
    snprintf(path, sizeof(path), "/proc/%llu/status", (unsigned long long)pid);
    if (!(file = fopen(path, "r")))
        return false;
    *switches = 0;
    while (fgets(line, sizeof(line), file))
        sscanf(line, "voluntary_ctxt_switches: %lu", switches);
    fclose(file);
    return true;
}

TEST(idle_desktop_costs_nothing)
{
    struct rig rig;
    unsigned long ticks[2], switches[2];
    unsigned frames;

    REQUIRE(rig_start(&rig));
    CHECK(host_settle(&rig.host, 200, 3000));
    frames = rig.host.frames;
    REQUIRE(usage(os_process_id(rig.host.process), &ticks[0], &switches[0]));
    host_drain(&rig.host, 1500);
    REQUIRE(usage(os_process_id(rig.host.process), &ticks[1], &switches[1]));
    CHECK_INT(rig.host.frames, frames);
    CHECK(ticks[1] - ticks[0] <= 3); /* of 150 */
    CHECK(switches[1] - switches[0] <= 2);
    rig_finish(&rig);
}

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
    CHECK(rig.host.pointer.width > 0 &&
          rig.host.pointer.size == rig.host.pointer.width * rig.host.pointer.height * 4u);

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
    draw(&rig, 3, false);
    host_drain(&rig.host, 200);
    CHECK_INT(rig.host.moves, moves);
    /* one that is too large: a third of it */
    before = rig.host.pointers;
    Pixmap large = XCreatePixmap(rig.x.display, rig.x.root, 200, 150, 1);

    XSetForeground(rig.x.display, gc, 1);
    XFillRectangle(rig.x.display, large, gc, 0, 0, 200, 150);
    cursor = XCreatePixmapCursor(rig.x.display, large, large, &red, &red, 99, 60);
    XDefineCursor(rig.x.display, rig.x.window, cursor);
    XFlush(rig.x.display);
    CHECK(host_until(&rig.host, &rig.host.pointers, before, 2000));
    CHECK_INT(rig.host.pointer.width, 67);
    CHECK_INT(rig.host.pointer.height, 50);
    CHECK_INT(rig.host.pointer.hot_x, 33);
    CHECK_INT(rig.host.pointer.hot_y, 20);
    CHECK_INT(memcmp(rig.host.pointer.pixels + 4000, "\0\0\xFF\xFF", 4), 0);
    moves = rig.host.moves;
    XWarpPointer(rig.x.display, None, rig.x.root, 0, 0, 0, 0, 222, 111);
    draw(&rig, 4, false);
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

static bool margin_is_black(const struct host *host, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < host->layout.height; y++)
        for (uint32_t x = 0; x < host->layout.width; x++)
            if ((x >= width || y >= height) && host->picture[y * host->layout.width + x] != 0)
                return false;
    return true;
}

TEST(size_is_changed_when_allowed)
{
    struct rig rig;
    XWindowAttributes attributes;
    unsigned frames;

    REQUIRE(rig_start_sized(&rig, 1600, 1000, 1111, 700, true));
    CHECK_INT(rig.host.hello.width, 1111);
    CHECK_INT(rig.host.hello.height, 700);
    XGetWindowAttributes(rig.x.display, rig.x.root, &attributes);
    CHECK_INT(attributes.width, 1111);
    CHECK_INT(attributes.height, 700);
    draw(&rig, 5, true);
    CHECK(host_settle(&rig.host, 150, 3000));
    CHECK_INT(differs(&rig), 0);
    /* larger than the server can: as much as there is, black around it */
    frames = rig.host.frames;
    CHECK(host_bind(&rig.host, 1800, 1100));
    CHECK(host_until(&rig.host, &rig.host.hellos, 1, 2000));
    CHECK(host_until(&rig.host, &rig.host.frames, frames, 5000));
    CHECK_INT(rig.host.hello.width, 1600);
    CHECK_INT(rig.host.hello.height, 1000);
    CHECK(host_settle(&rig.host, 150, 3000));
    CHECK(margin_is_black(&rig.host, 1600, 1000));
    CHECK_INT(xdisplay_differs(&rig.x, rig.host.picture, 1600, 1000, 1800), 0);
    rig_finish(&rig);
}

TEST(size_is_followed)
{
    struct rig rig;

    REQUIRE(rig_start_sized(&rig, 1280, 800, 1024, 768, false));
    CHECK_INT(rig.host.hello.width, 1024); /* the top left part of a larger desktop */
    CHECK_INT(differs(&rig), 0);
    CHECK(xdisplay_set_size(&rig.x, 900, 620));
    draw(&rig, 6, true);
    CHECK(host_settle(&rig.host, 300, 3000));
    CHECK(margin_is_black(&rig.host, 900, 620));
    CHECK_INT(xdisplay_differs(&rig.x, rig.host.picture, 900, 620, 1024), 0);
    /* the pointer stays inside what is left */
    host_mouse(&rig.host, INPUT_MOVE, 1020, 760);
    draw(&rig, 8, true);
    CHECK(host_settle(&rig.host, 300, 3000));
    CHECK(margin_is_black(&rig.host, 900, 620));
    rig_finish(&rig);
}

TEST(end_of_the_server_is_an_error)
{
    struct rig rig;

    REQUIRE(rig_start(&rig));
    /* our own connection first: Xlib would end this program too */
    xdisplay_disconnect(&rig.x);
    os_process_kill(rig.x.server);
    CHECK_INT(host_wait_exit(&rig.host, 1000), 1);
    host_finish(&rig.host);
    xdisplay_finish(&rig.x);
}

TEST(no_display_is_an_error)
{
    static const char *const args[] = {"--desktop", "x11", "--display", ":9999", NULL};
    struct host host;

    CHECK(!host_start(&host, 640, 480, args));
}
