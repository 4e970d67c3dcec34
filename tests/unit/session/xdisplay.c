/* SPDX-License-Identifier: Apache-2.0 */
#include "xdisplay.h"

#include <X11/Xutil.h>
#include <X11/extensions/Xrandr.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/process.h"

/* A server that was killed leaves its lock behind; the next one takes that away itself. */
static bool is_taken(int n)
{
    char path[64];
    int pid = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/tmp/.X%d-lock", n);
    if (!(file = fopen(path, "r")))
        return access(path, F_OK) == 0;
    if (fscanf(file, "%d", &pid) != 1)
        pid = 0;
    fclose(file);
    return pid > 0 && kill(pid, 0) == 0;
}

static bool start_server(struct xdisplay *self, uint32_t width, uint32_t height)
{
    char screen[32];

    snprintf(screen, sizeof(screen), "%ux%ux24", (unsigned)width, (unsigned)height);
    for (int n = XDISPLAY_FIRST; n <= XDISPLAY_LAST; n++) {
        const char *args[] = {self->name, "-screen", "0", screen, "-nolisten", "tcp", "-noreset", NULL};
        struct os_spawn spawn = {.program = "Xvfb", .args = args, .flags = OS_SPAWN_QUIET};

        if (is_taken(n))
            continue;
        snprintf(self->name, sizeof(self->name), ":%d", n);
        if (os_process_spawn(&spawn, &self->server, NULL) != OS_OK)
            return false;
        for (int i = 0; i < 500; i++) {
            int code;

            self->display = XOpenDisplay(self->name);
            if (self->display)
                return true;
            if (os_process_ended(self->server, &code))
                break;
            os_sleep_ms(10);
        }
        os_process_kill(self->server);
        os_process_destroy(self->server);
        self->server = NULL;
    }
    return false;
}

bool xdisplay_start(struct xdisplay *self, uint32_t width, uint32_t height)
{
    XSetWindowAttributes attributes = {.override_redirect = True, .background_pixel = 0x204060};
    XEvent event;

    memset(self, 0, sizeof(*self));
    if (!start_server(self, width, height)) {
        fprintf(stderr, "xdisplay: no Xvfb\n");
        return false;
    }
    self->root = DefaultRootWindow(self->display);
    attributes.event_mask = KeyPressMask | KeyReleaseMask | ButtonPressMask | ButtonReleaseMask |
                            PointerMotionMask | ExposureMask;
    self->window = XCreateWindow(self->display, self->root, 0, 0, 800, 600, 0, CopyFromParent, InputOutput,
                                 CopyFromParent, CWOverrideRedirect | CWBackPixel | CWEventMask, &attributes);
    self->gc = XCreateGC(self->display, self->window, 0, NULL);
    XMapRaised(self->display, self->window);
    if (!xdisplay_event(self, Expose, &event, 3000)) {
        xdisplay_finish(self);
        return false;
    }
    XSetInputFocus(self->display, self->window, RevertToPointerRoot, CurrentTime);
    XSync(self->display, False);
    return true;
}

/* What a killed server leaves; none of it is there after an orderly end. */
static void remove_traces(const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/tmp/.X%s-lock", name + 1);
    unlink(path);
    snprintf(path, sizeof(path), "/tmp/.X11-unix/X%s", name + 1);
    unlink(path);
}

void xdisplay_disconnect(struct xdisplay *self)
{
    if (!self->display)
        return;
    if (self->gc)
        XFreeGC(self->display, self->gc);
    XCloseDisplay(self->display);
    self->display = NULL;
    self->gc = NULL;
}

void xdisplay_finish(struct xdisplay *self)
{
    int code;

    xdisplay_disconnect(self);
    if (self->server) {
        os_process_terminate(self->server);
        for (int i = 0; i < 500 && !os_process_ended(self->server, &code); i++)
            os_sleep_ms(10);
        os_process_kill(self->server);
        remove_traces(self->name);
    }
    os_process_destroy(self->server);
    self->server = NULL;
}

bool xdisplay_event(struct xdisplay *self, int type, XEvent *event, unsigned ms)
{
    uint64_t now = os_now_ms(), end = now + ms;
    struct pollfd fd = {.fd = ConnectionNumber(self->display), .events = POLLIN};

    while (!XCheckTypedWindowEvent(self->display, self->window, type, event)) {
        if (now >= end)
            return false;
        poll(&fd, 1, (int)(end - now));
        now = os_now_ms();
    }
    return true;
}

void xdisplay_forget(struct xdisplay *self)
{
    XSync(self->display, True);
}

uint32_t xdisplay_differs(struct xdisplay *self, const uint32_t *picture, uint32_t width, uint32_t height,
                          uint32_t stride)
{
    XImage *image = XGetImage(self->display, self->root, 0, 0, width, height, AllPlanes, ZPixmap);
    uint32_t wrong = 0;

    if (!image)
        return UINT32_MAX;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            wrong += (XGetPixel(image, (int)x, (int)y) & 0xFFFFFF) != picture[y * stride + x];
    XDestroyImage(image);
    return wrong;
}

bool xdisplay_set_size(struct xdisplay *self, uint32_t width, uint32_t height)
{
    XRRScreenResources *resources = XRRGetScreenResourcesCurrent(self->display, self->root);
    XRRModeInfo mode = {.width = width, .height = height, .name = "test", .nameLength = 4};
    RRMode id;

    if (!resources)
        return false;
    id = XRRCreateMode(self->display, self->root, &mode);
    XRRAddOutputMode(self->display, resources->outputs[0], id);
    XRRSetCrtcConfig(self->display, resources, resources->crtcs[0], CurrentTime, 0, 0, None, RR_Rotate_0,
                     NULL, 0);
    XRRSetScreenSize(self->display, self->root, (int)width, (int)height, 100, 100);
    XRRSetCrtcConfig(self->display, resources, resources->crtcs[0], CurrentTime, 0, 0, id, RR_Rotate_0,
                     resources->outputs, 1);
    XRRFreeScreenResources(resources);
    XSync(self->display, False);
    return true;
}
