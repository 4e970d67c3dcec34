/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xdesk: the other end of an X11 test. A window over the whole screen that shows a known picture, moves a box
 * when it is dragged and reports all input; and the X server's own view of the screen, to compare a client's
 * picture with. Driven by lines on standard input; answers "ok ..." or "error ...", and "event ..." as they
 * come.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <X11/XKBlib.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/cursorfont.h>
#include <X11/keysym.h>

#include "picture.h"

#define WINDOW_WIDTH 3840
#define WINDOW_HEIGHT 2160
#define BOX_WIDTH 90
#define BOX_HEIGHT 60
#define TILE 160

struct desk {
    Display *display;
    Window root, window; /* window: None when only watching */
    GC gc;
    int box_x, box_y;
    bool dragging;
    int grip_x, grip_y;
    unsigned long paper;
};

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

/* Tiles of four kinds: flat, one-pixel chequer (text's worst), gradient, noise (a photo's worst). */
static uint32_t color_at(uint32_t seed, uint32_t x, uint32_t y)
{
    uint32_t tile = mix(seed * 7919 + y / TILE * 64 + x / TILE), color = mix(tile + 1) & 0xFFFFFF;

    switch (tile % 4) {
    case 0:
        return color;
    case 1:
        return (x ^ y) & 1 ? color : ~color & 0xFFFFFF;
    case 2:
        return (x * 255 / WINDOW_WIDTH) << 16 | (y * 255 / WINDOW_HEIGHT) << 8 | (color & 0xFF);
    default:
        return mix(seed + y * WINDOW_WIDTH + x) & 0xFFFFFF;
    }
}

static bool screen_size(struct desk *self, unsigned *width, unsigned *height)
{
    unsigned border, depth;
    Window root;
    int x, y;

    return XGetGeometry(self->display, self->root, &root, &x, &y, width, height, &border, &depth) &&
           depth == 24;
}

static void draw_box(struct desk *self)
{
    XSetForeground(self->display, self->gc, 0xFF3010);
    XFillRectangle(self->display, self->window, self->gc, self->box_x, self->box_y, BOX_WIDTH, BOX_HEIGHT);
    XSetForeground(self->display, self->gc, 0xFFFFFF);
    XDrawRectangle(self->display, self->window, self->gc, self->box_x + 4, self->box_y + 4, BOX_WIDTH - 9,
                   BOX_HEIGHT - 9);
}

static void run_picture(struct desk *self, unsigned seed)
{
    unsigned width, height;
    uint32_t *pixels;
    XImage *image;

    if (!self->window || !screen_size(self, &width, &height) ||
        !(pixels = malloc((size_t)width * height * 4))) {
        say("error no window, no memory or a screen of another depth");
        return;
    }
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++)
            pixels[(size_t)y * width + x] = color_at(seed, x, y);
    image = XCreateImage(self->display, DefaultVisual(self->display, DefaultScreen(self->display)), 24,
                         ZPixmap, 0, (char *)pixels, width, height, 32, 0);
    if (!image) {
        free(pixels);
        say("error no image");
        return;
    }
    XPutImage(self->display, self->window, self->gc, image, 0, 0, 0, 0, width, height);
    XDestroyImage(image); /* and the pixels */
    XSync(self->display, False);
    say("ok width=%u height=%u", width, height);
}

static void run_plain(struct desk *self, unsigned color)
{
    self->paper = color;
    XSetForeground(self->display, self->gc, color);
    XFillRectangle(self->display, self->window, self->gc, 0, 0, WINDOW_WIDTH, WINDOW_HEIGHT);
    draw_box(self);
    XSync(self->display, False);
    say("ok");
}

static void run_dump(struct desk *self, const char *path)
{
    struct picture picture = {0};
    unsigned width, height;
    char problem[512];
    XImage *image;

    if (!screen_size(self, &width, &height)) {
        say("error the screen is not of depth 24");
        return;
    }
    image = XGetImage(self->display, self->root, 0, 0, width, height, AllPlanes, ZPixmap);
    if (!image || image->bits_per_pixel != 32 || image->red_mask != 0xFF0000 ||
        image->byte_order != LSBFirst) {
        say("error no picture of the screen, or of an unknown kind");
    } else if (!picture_init(&picture, width, height, (const uint8_t *)image->data,
                             (uint32_t)image->bytes_per_line)) {
        say("error no memory");
    } else if (!picture_write(&picture, path, problem, sizeof(problem))) {
        say("error %s", problem);
    } else {
        say("ok width=%u height=%u", width, height);
    }
    if (image)
        XDestroyImage(image);
    picture_finish(&picture);
}

/* A cursor that only `number` decides: colour, size (8 + number) and hot spot. */
static void run_cursor(struct desk *self, unsigned number)
{
    XColor ink = {.red = 0xFFFF}, edge = {.blue = 0xFFFF};
    unsigned side = 8 + number % 377;
    Pixmap shape = XCreatePixmap(self->display, self->root, side, side, 1);
    GC gc = XCreateGC(self->display, shape, 0, NULL);
    Cursor cursor;

    XSetForeground(self->display, gc, 1);
    XFillRectangle(self->display, shape, gc, 0, 0, side, side);
    cursor = XCreatePixmapCursor(self->display, shape, shape, &ink, &edge, side / 2, side / 4);
    XDefineCursor(self->display, self->window, cursor);
    XFreeCursor(self->display, cursor);
    XFreeGC(self->display, gc);
    XFreePixmap(self->display, shape);
    XSync(self->display, False);
    say("ok width=%u height=%u hot=%u,%u", side, side, side / 2, side / 4);
}

static void run_box(struct desk *self)
{
    say("ok x=%d y=%d width=%d height=%d", self->box_x, self->box_y, BOX_WIDTH, BOX_HEIGHT);
}

static void run_pointer(struct desk *self)
{
    int x, y, window_x, window_y;
    unsigned mask;
    Window root, child;

    XQueryPointer(self->display, self->root, &root, &child, &x, &y, &window_x, &window_y, &mask);
    say("ok x=%d y=%d mask=0x%x", x, y, mask);
}

/* Which keys the server believes to be down. */
static void run_keys(struct desk *self)
{
    char map[32], text[1024] = "none";
    size_t len = 0;

    XQueryKeymap(self->display, map);
    for (int code = 0; code < 256; code++)
        if (map[code / 8] >> (code % 8) & 1)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d", len ? "," : "", code);
    say("ok down=%s", text);
}

static void command(struct desk *self, char *line)
{
    char *argument = strchr(line, ' ');

    line[strcspn(line, "\r\n")] = 0;
    if (argument)
        *argument++ = 0;
    if (strcmp(line, "dump") == 0 && argument)
        run_dump(self, argument);
    else if (strcmp(line, "pointer") == 0)
        run_pointer(self);
    else if (strcmp(line, "keys") == 0)
        run_keys(self);
    else if (!self->window)
        say("error no window, or not a command: %s", line);
    else if (strcmp(line, "picture") == 0 && argument)
        run_picture(self, (unsigned)strtoul(argument, NULL, 10));
    else if (strcmp(line, "plain") == 0 && argument)
        run_plain(self, (unsigned)strtoul(argument, NULL, 16));
    else if (strcmp(line, "cursor") == 0 && argument)
        run_cursor(self, (unsigned)strtoul(argument, NULL, 10));
    else if (strcmp(line, "box") == 0)
        run_box(self);
    else
        say("error not a command: %s", line);
}

static void on_key(XKeyEvent *event)
{
    char text[16] = "";
    KeySym symbol = NoSymbol;
    int len = XLookupString(event, text, sizeof(text) - 1, &symbol, NULL);
    const char *name = XKeysymToString(symbol);

    say("event key %s %u %s %s", event->type == KeyPress ? "down" : "up", event->keycode, name ? name : "-",
        len == 1 && text[0] > ' ' && text[0] < 0x7F ? text : "-");
}

static void on_button(struct desk *self, const XButtonEvent *event)
{
    bool down = event->type == ButtonPress;

    say("event button %s %u %d %d", down ? "down" : "up", event->button, event->x, event->y);
    if (event->button != Button1)
        return;
    self->grip_x = event->x - self->box_x;
    self->grip_y = event->y - self->box_y;
    self->dragging = down && self->grip_x >= 0 && self->grip_x < BOX_WIDTH && self->grip_y >= 0 &&
                     self->grip_y < BOX_HEIGHT;
}

static void on_motion(struct desk *self, const XMotionEvent *event)
{
    say("event motion %d %d", event->x, event->y);
    if (!self->dragging)
        return;
    XSetForeground(self->display, self->gc, self->paper);
    XFillRectangle(self->display, self->window, self->gc, self->box_x, self->box_y, BOX_WIDTH, BOX_HEIGHT);
    self->box_x = event->x - self->grip_x;
    self->box_y = event->y - self->grip_y;
    draw_box(self);
    XFlush(self->display);
}

static void take_events(struct desk *self)
{
    while (XPending(self->display)) {
        XEvent event;

        XNextEvent(self->display, &event);
        switch (event.type) {
        case KeyPress:
        case KeyRelease:
            on_key(&event.xkey);
            break;
        case ButtonPress:
        case ButtonRelease:
            on_button(self, &event.xbutton);
            break;
        case MotionNotify:
            on_motion(self, &event.xmotion);
            break;
        case MappingNotify:
            XRefreshKeyboardMapping(&event.xmapping);
            break;
        default:
            break;
        }
    }
}

static void open_window(struct desk *self)
{
    XSetWindowAttributes attributes = {.override_redirect = True,
                                       .background_pixmap = None,
                                       .event_mask = KeyPressMask | KeyReleaseMask | ButtonPressMask |
                                                     ButtonReleaseMask | PointerMotionMask | ExposureMask};
    XEvent event;

    self->window = XCreateWindow(self->display, self->root, 0, 0, WINDOW_WIDTH, WINDOW_HEIGHT, 0,
                                 CopyFromParent, InputOutput, CopyFromParent,
                                 CWOverrideRedirect | CWBackPixmap | CWEventMask, &attributes);
    XMapRaised(self->display, self->window);
    XWindowEvent(self->display, self->window, ExposureMask, &event);
    XSetInputFocus(self->display, self->window, RevertToPointerRoot, CurrentTime);
    self->gc = XCreateGC(self->display, self->window, 0, NULL);
    self->box_x = self->box_y = 100;
}

static int loop(struct desk *self)
{
    struct pollfd polls[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = ConnectionNumber(self->display), .events = POLLIN}};
    char line[1024];

    /* standard input is read byte by byte, so that poll sees all that is left */
    for (size_t len = 0;;) {
        take_events(self);
        if (poll(polls, 2, -1) < 0 && errno != EINTR)
            return 1;
        if (polls[0].revents) {
            ssize_t got = read(STDIN_FILENO, line + len, 1);

            if (got <= 0)
                return 0;
            len += (size_t)got;
            if (line[len - 1] == '\n') {
                line[len - 1] = 0;
                command(self, line);
                len = 0;
            } else if (len == sizeof(line) - 1) {
                return 2;
            }
        }
    }
}

int main(int argc, char **argv)
{
    bool watch = argc == 2 && strcmp(argv[1], "--watch") == 0;
    struct desk desk = {0};
    int code;

    if (argc > 1 && !watch) {
        fprintf(stderr, "usage: xdesk [--watch]\n");
        return 2;
    }
    desk.display = XOpenDisplay(NULL);
    if (!desk.display) {
        fprintf(stderr, "xdesk: no display\n");
        return 1;
    }
    desk.root = DefaultRootWindow(desk.display);
    /* Xlib fetches the keyboard map at the first look and asks for news of it only then: a change in between
     * is lost for good. So the look is here, before anybody types. */
    XkbKeycodeToKeysym(desk.display, 9, 0, 0);
    XSync(desk.display, False);
    if (!watch)
        open_window(&desk);
    say("ready");
    code = loop(&desk);
    XCloseDisplay(desk.display);
    return code;
}
