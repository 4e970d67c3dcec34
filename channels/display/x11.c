/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/x11.h"

#include <X11/extensions/XTest.h>
#include <X11/extensions/Xrandr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/log.h"

#define AREA "x11"

/* Xlib's error handlers carry no argument of ours; there is one display in this program. */
static unsigned errors;

unsigned x11_errors(void)
{
    return errors;
}

static int on_error(Display *display, XErrorEvent *event)
{
    char text[128];

    errors++;
    XGetErrorText(display, event->error_code, text, sizeof(text));
    log_debug(AREA, 0, "%s (request %u.%u)", text, (unsigned)event->request_code,
              (unsigned)event->minor_code);
    return 0;
}

/* The server is gone and Xlib can do nothing more, nor is anything held down any more. */
static int on_io_error(Display *display)
{
    log_error(AREA, 0, "lost the X server of display %s", DisplayString(display));
    _exit(1);
}

/* Reads 32-bit pixels as they lie in memory, so nothing else will do. */
static bool check_format(struct x11 *self, char *problem, size_t cap)
{
    const Visual *visual = DefaultVisual(self->display, self->screen);
    int depth = DefaultDepth(self->display, self->screen), count = 0, bits = 0;
    XPixmapFormatValues *formats = XListPixmapFormats(self->display, &count);

    for (int i = 0; formats && i < count; i++)
        if (formats[i].depth == depth)
            bits = formats[i].bits_per_pixel;
    XFree(formats);
    if ((depth == 24 || depth == 32) && bits == 32 && visual->class == TrueColor &&
        visual->red_mask == 0xFF0000 && visual->green_mask == 0xFF00 && visual->blue_mask == 0xFF &&
        ImageByteOrder(self->display) == LSBFirst)
        return true;
    snprintf(problem, cap,
             "display %s has depth %d and %d bits per pixel: TrueColor with depth 24 or 32 is needed",
             DisplayString(self->display), depth, bits);
    return false;
}

static bool find_extensions(struct x11 *self, char *problem, size_t cap)
{
    int error, opcode, major = XkbMajorVersion, minor = XkbMinorVersion;
    const char *missing = NULL;

    if (!XDamageQueryExtension(self->display, &self->damage_event, &error))
        missing = "DAMAGE";
    else if (!XFixesQueryExtension(self->display, &self->fixes_event, &error))
        missing = "XFIXES";
    else if (!XkbQueryExtension(self->display, &opcode, &self->xkb_event, &error, &major, &minor))
        missing = "XKEYBOARD";
    if (!missing)
        return true;
    snprintf(problem, cap, "display %s lacks the %s extension", DisplayString(self->display), missing);
    return false;
}

static void x11_destroy(struct desktop *desktop)
{
    struct x11 *self = x11_from_desktop(desktop);

    if (!self)
        return;
    if (self->display) {
        x11_inject_finish(self);
        x11_capture_finish(self);
        XCloseDisplay(self->display);
    }
    free(self);
}

static struct desktop *x11_create(const struct desktop_options *options, char *problem, size_t cap)
{
    struct x11 *self = calloc(1, sizeof(*self));

    if (!self) {
        snprintf(problem, cap, "out of memory");
        return NULL;
    }
    self->base.impl = &x11_desktop;
    self->may_resize = options->resize;
    XSetErrorHandler(on_error);
    XSetIOErrorHandler(on_io_error);
    self->display = XOpenDisplay(options->display);
    if (!self->display) {
        snprintf(problem, cap, "cannot open display %s", XDisplayName(options->display));
        goto fail;
    }
    self->screen = DefaultScreen(self->display);
    self->root = RootWindow(self->display, self->screen);
    self->base.width = (uint32_t)DisplayWidth(self->display, self->screen);
    self->base.height = (uint32_t)DisplayHeight(self->display, self->screen);
    if (!check_format(self, problem, cap) || !find_extensions(self, problem, cap) ||
        !x11_inject_init(self, problem, cap) || !x11_capture_init(self, problem, cap))
        goto fail;
    x11_cursor_init(self);
    if (!x11_resize_init(self) && self->may_resize)
        log_warn(AREA, 0, "display %s lacks RANDR 1.3: its size stays", DisplayString(self->display));
    return &self->base;
fail:
    x11_destroy(&self->base);
    return NULL;
}

static os_waitable x11_waitable(struct desktop *desktop)
{
    return ConnectionNumber(x11_from_desktop(desktop)->display);
}

static void handle(struct x11 *self, XEvent *event)
{
    if (event->type == self->damage_event + XDamageNotify) {
        self->dirty = true;
    } else if (event->type == self->fixes_event + XFixesCursorNotify) {
        x11_cursor_changed(self);
    } else if (event->type == self->xkb_event) {
        const XkbEvent *xkb = (const XkbEvent *)event;

        if (xkb->any.xkb_type == XkbStateNotify)
            x11_inject_locks_changed(self, xkb->state.locked_mods);
        else
            x11_inject_map_changed(self);
    } else if (event->type == MappingNotify) {
        XRefreshKeyboardMapping(&event->xmapping);
        x11_inject_map_changed(self);
    } else if (event->type == ConfigureNotify) {
        if (event->xconfigure.window == self->root)
            x11_resize_follow(self);
    } else if (self->randr_event && event->type == self->randr_event + RRScreenChangeNotify) {
        XRRUpdateConfiguration(event);
        x11_resize_follow(self);
    }
}

static bool x11_dispatch(struct desktop *desktop)
{
    struct x11 *self = x11_from_desktop(desktop);
    XEvent event;

    while (XPending(self->display)) {
        XNextEvent(self->display, &event);
        handle(self, &event);
    }
    return true;
}

static uint32_t x11_timeout(struct desktop *desktop, uint64_t now)
{
    (void)desktop;
    (void)now;
    return DESKTOP_NEVER;
}

const struct desktop_impl x11_desktop = {
    .name = "x11",
    .create = x11_create,
    .destroy = x11_destroy,
    .resize = x11_resize,
    .waitable = x11_waitable,
    .dispatch = x11_dispatch,
    .dirty = x11_capture_dirty,
    .timeout = x11_timeout,
    .capture = x11_capture,
    .key = x11_key,
    .unicode = x11_unicode,
    .move = x11_move,
    .move_by = x11_move_by,
    .button = x11_button,
    .wheel = x11_wheel,
    .locks = x11_locks,
    .flush = x11_flush,
};
