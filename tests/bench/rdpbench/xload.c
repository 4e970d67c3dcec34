/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xload: what a desktop does, on an X11 screen. Paints a scene at its rate over the whole screen. Lines on
 * standard input: start, stop, quit; answers "ok ...". With --type it types a text into the window that has
 * the focus instead, through XTEST.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>

#include "echo.h"
#include "scene.h"

#define TYPE_RATE 25 /* keys a second: somebody in a hurry */

struct load {
    Display *display;
    Window window, fields[ECHO_FIELDS];
    bool high[ECHO_FIELDS];
    GC gc;
    uint32_t width, height;
    struct scene *scene;
    XImage *image; /* the whole screen; its pixels are the scene's, or shared with the X server */
    XShmSegmentInfo shm;
    struct echo_times *times;
    bool typing, running;
    unsigned rate;
    uint64_t next_us, late;
    uint32_t typed;
};

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void say(const char *text)
{
    puts(text);
    fflush(stdout);
}

static int shm_failed;

static int on_shm_error(Display *display, XErrorEvent *event)
{
    (void)display;
    (void)event;
    shm_failed = 1;
    return 0;
}

/* Without shared memory (another machine's screen) pixels go through the socket. */
static bool image_init(struct load *self)
{
    Visual *visual = DefaultVisual(self->display, DefaultScreen(self->display));
    int (*before)(Display *, XErrorEvent *);

    if (XShmQueryExtension(self->display) &&
        (self->image = XShmCreateImage(self->display, visual, 24, ZPixmap, NULL, &self->shm, self->width,
                                       self->height))) {
        self->shm.shmid =
            shmget(IPC_PRIVATE, (size_t)self->image->bytes_per_line * self->height, IPC_CREAT | 0600);
        self->shm.shmaddr = self->shm.shmid < 0 ? (char *)-1 : shmat(self->shm.shmid, NULL, 0);
        if (self->shm.shmaddr != (char *)-1) {
            self->image->data = self->shm.shmaddr;
            before = XSetErrorHandler(on_shm_error);
            XShmAttach(self->display, &self->shm);
            XSync(self->display, False);
            XSetErrorHandler(before);
            shmctl(self->shm.shmid, IPC_RMID, NULL); /* it goes with its last user */
            if (!shm_failed)
                return true;
            shmdt(self->shm.shmaddr);
        }
        self->image->data = NULL;
        XDestroyImage(self->image);
        memset(&self->shm, 0, sizeof(self->shm));
    }
    self->image =
        XCreateImage(self->display, visual, 24, ZPixmap, 0, malloc((size_t)self->width * self->height * 4),
                     self->width, self->height, 32, 0);
    return self->image && self->image->data;
}

static void put(struct load *self, const struct scene_rect *rect)
{
    const uint32_t *pixels = scene_pixels(self->scene);

    for (uint32_t y = rect->y; y < rect->y + rect->height; y++)
        memcpy(self->image->data + (size_t)y * (size_t)self->image->bytes_per_line + (size_t)rect->x * 4,
               pixels + (size_t)y * self->width + rect->x, (size_t)rect->width * 4);
    if (self->shm.shmaddr)
        XShmPutImage(self->display, self->window, self->gc, self->image, (int)rect->x, (int)rect->y,
                     (int)rect->x, (int)rect->y, rect->width, rect->height, False);
    else
        XPutImage(self->display, self->window, self->gc, self->image, (int)rect->x, (int)rect->y,
                  (int)rect->x, (int)rect->y, rect->width, rect->height);
}

static void paint_all(struct load *self)
{
    const struct scene_rect all = {0, 0, self->width, self->height};

    put(self, &all);
    XSync(self->display, False);
}

static void paint_field(struct load *self, enum echo_field field)
{
    if (!self->fields[field])
        return;
    XSetForeground(self->display, self->gc, self->high[field] ? ECHO_HIGH : ECHO_LOW);
    XFillRectangle(self->display, self->fields[field], self->gc, 0, 0, ECHO_SIDE, ECHO_SIDE);
    XFlush(self->display);
}

static void next_frame(struct load *self)
{
    struct scene_change change;
    uint32_t frame;

    scene_step(self->scene, &change);
    frame = scene_frame(self->scene);
    if (self->times) {
        atomic_store(&self->times->painted[frame % ECHO_TIMES], now_us());
        atomic_store(&self->times->frame, frame);
    }
    if (change.copy)
        XCopyArea(self->display, self->window, self->window, self->gc, (int)change.from.x, (int)change.from.y,
                  change.from.width, change.from.height, (int)change.to_x, (int)change.to_y);
    for (unsigned i = 0; i < change.count; i++)
        put(self, &change.rects[i]);
    XSync(self->display, False);
}

static void press(struct load *self, KeySym symbol, bool shift)
{
    KeyCode code = XKeysymToKeycode(self->display, symbol),
            shift_code = XKeysymToKeycode(self->display, XK_Shift_L);

    if (!code)
        return;
    if (shift)
        XTestFakeKeyEvent(self->display, shift_code, True, CurrentTime);
    XTestFakeKeyEvent(self->display, code, True, CurrentTime);
    XTestFakeKeyEvent(self->display, code, False, CurrentTime);
    if (shift)
        XTestFakeKeyEvent(self->display, shift_code, False, CurrentTime);
}

/* Words and lines, some of them taken back: in an editor or at a terminal's cat. */
static void next_key(struct load *self)
{
    static const char text[] = "The quick brown fox jumps over the lazy dog, and nobody minds.\n"
                               "static int count; for (count = 0; count < 10; count++) puts(\"x\");\n"
                               "Pack my boxx\b with five dozen liquor jugs; then go hoem\b\bme.\n";
    char c = text[self->typed++ % (sizeof(text) - 1)];
    bool shift = (c >= 'A' && c <= 'Z') || (c > 0 && strchr("(<+\")", c));

    if (self->times) {
        atomic_store(&self->times->painted[self->typed % ECHO_TIMES], now_us());
        atomic_store(&self->times->frame, self->typed);
    }
    press(self, c == '\n' ? XK_Return : c == '\b' ? XK_BackSpace : (KeySym)c, shift);
    XSync(self->display, False);
}

static void take_events(struct load *self)
{
    while (XPending(self->display)) {
        enum echo_field field = ECHO_FIELDS;
        XEvent event;

        XNextEvent(self->display, &event);
        if (event.type == KeyPress)
            field = ECHO_KEY;
        else if (event.type == MotionNotify)
            field = ECHO_MOUSE;
        else if (event.type == Expose && event.xexpose.window == self->window && !self->running)
            paint_all(self);
        if (field != ECHO_FIELDS && self->fields[field]) {
            self->high[field] = !self->high[field];
            paint_field(self, field);
        }
    }
}

static bool open_window(struct load *self, bool fields)
{
    XSetWindowAttributes attributes = {.override_redirect = True,
                                       .background_pixmap = None,
                                       .event_mask = KeyPressMask | PointerMotionMask | ExposureMask};
    XEvent event;

    self->window = XCreateWindow(self->display, DefaultRootWindow(self->display), 0, 0, self->width,
                                 self->height, 0, 24, InputOutput, CopyFromParent,
                                 CWOverrideRedirect | CWBackPixmap | CWEventMask, &attributes);
    XMapRaised(self->display, self->window);
    XWindowEvent(self->display, self->window, ExposureMask, &event);
    XSetInputFocus(self->display, self->window, RevertToPointerRoot, CurrentTime);
    self->gc = XCreateGC(self->display, self->window, 0, NULL);
    XSetGraphicsExposures(self->display, self->gc, False);
    for (unsigned field = 0; fields && field < ECHO_FIELDS; field++) {
        self->fields[field] =
            XCreateSimpleWindow(self->display, self->window, (int)echo_x(self->width, field),
                                (int)echo_y(self->height), ECHO_SIDE, ECHO_SIDE, 0, 0, ECHO_LOW);
        XMapWindow(self->display, self->fields[field]);
    }
    return image_init(self);
}

static bool command(struct load *self, const char *line)
{
    char answer[128];

    if (strcmp(line, "quit") == 0)
        return false;
    if (strcmp(line, "start") == 0 && self->rate) {
        self->running = true;
        self->next_us = now_us();
        self->late = 0;
    } else if (strcmp(line, "stop") == 0) {
        self->running = false;
        XSync(self->display, False);
    }
    snprintf(answer, sizeof(answer), "ok frame=%u late=%llu",
             self->typing ? self->typed : scene_frame(self->scene), (unsigned long long)self->late);
    say(answer);
    return true;
}

static void loop(struct load *self)
{
    struct pollfd polls[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = ConnectionNumber(self->display), .events = POLLIN}};
    char line[64];

    for (size_t len = 0;;) {
        struct timespec wait = {.tv_sec = 1};
        uint64_t now;

        take_events(self);
        now = now_us();
        if (self->running && now >= self->next_us) {
            uint64_t period = 1000000 / self->rate;

            if (self->typing)
                next_key(self);
            else
                next_frame(self);
            self->next_us += period;
            if (self->next_us + period < now) { /* frames that are lost are not made up for */
                self->late += (now - self->next_us) / period;
                self->next_us = now;
            }
            continue;
        }
        if (self->running)
            wait = (struct timespec){.tv_nsec = (long)(self->next_us - now) * 1000};
        if (self->running && self->next_us - now >= 1000000)
            wait = (struct timespec){.tv_sec = 1};
        if (ppoll(polls, 2, &wait, NULL) < 0 && errno != EINTR)
            return;
        if (polls[0].revents) {
            if (read(STDIN_FILENO, line + len, 1) != 1)
                return;
            if (line[len] == '\n') {
                line[len] = 0;
                len = 0;
                if (!command(self, line))
                    return;
            } else if (++len == sizeof(line) - 1) {
                return;
            }
        }
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: xload SCENE|type-keys [--echo] [--rate N] [--times FD]\n"
                    "scenes: idle type scroll drag video full-video photo\n"
                    "type-keys types into the window that has the focus\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct load load = {0};
    enum scene_kind kind = SCENE_KINDS;
    bool fields = false;
    int times = -1;

    if (argc < 2)
        return usage();
    load.typing = strcmp(argv[1], "type-keys") == 0;
    kind = scene_of_name(argv[1]);
    if (!load.typing && kind == SCENE_KINDS)
        return usage();
    load.rate = load.typing ? TYPE_RATE : scene_rate(kind);
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--echo") == 0)
            fields = true;
        else if (strcmp(argv[i], "--rate") == 0 && i + 1 < argc)
            load.rate = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--times") == 0 && i + 1 < argc)
            times = (int)strtol(argv[++i], NULL, 10);
        else
            return usage();
    }
    if (load.rate > 1000)
        return usage();
    if (times >= 0) {
        load.times = mmap(NULL, sizeof(*load.times), PROT_READ | PROT_WRITE, MAP_SHARED, times, 0);
        if (load.times == MAP_FAILED) {
            perror("xload: --times");
            return 1;
        }
    }
    load.display = XOpenDisplay(NULL);
    if (!load.display || DefaultDepth(load.display, DefaultScreen(load.display)) != 24) {
        fprintf(stderr, "xload: no display, or not of depth 24\n");
        return 1;
    }
    load.width = (uint32_t)DisplayWidth(load.display, DefaultScreen(load.display));
    load.height = (uint32_t)DisplayHeight(load.display, DefaultScreen(load.display));
    if (!load.typing) {
        load.scene = scene_create(kind, load.width, load.height);
        if (!load.scene || !open_window(&load, fields)) {
            fprintf(stderr, "xload: no memory, or a screen of a size that it cannot fill\n");
            return 1;
        }
        paint_all(&load);
        for (unsigned field = 0; field < ECHO_FIELDS; field++)
            paint_field(&load, field);
    }
    say("ready");
    loop(&load);
    if (load.image) {
        if (load.shm.shmaddr) {
            shmdt(load.shm.shmaddr); /* the X server lets go when we do */
            load.image->data = NULL;
        }
        XDestroyImage(load.image);
        XFreeGC(load.display, load.gc);
    }
    scene_destroy(load.scene);
    XCloseDisplay(load.display);
    return 0;
}
