/* SPDX-License-Identifier: Apache-2.0 */
/* An Xvfb of our own and one client on it that draws and listens. */
#ifndef RDSPROV_UNIT_SESSION_XDISPLAY_H
#define RDSPROV_UNIT_SESSION_XDISPLAY_H

#include <X11/Xlib.h>
#include <stdbool.h>
#include <stdint.h>

struct os_process;

#define XDISPLAY_FIRST 130
#define XDISPLAY_LAST 139

struct xdisplay {
    struct os_process *server;
    char name[16]; /* ":130" */
    Display *display;
    Window root, window; /* the window covers the screen's top left 800 x 600 and has the focus */
    GC gc;
};

bool xdisplay_start(struct xdisplay *self, uint32_t width, uint32_t height);
void xdisplay_finish(struct xdisplay *self);
void xdisplay_disconnect(struct xdisplay *self); /* the server stays */

/* The next event of this type for the window, within ms. */
bool xdisplay_event(struct xdisplay *self, int type, XEvent *event, unsigned ms);
/* Throws away what is queued. */
void xdisplay_forget(struct xdisplay *self);
/* Pixels that differ from what the root window shows now (inside width x height; both sides 0x00RRGGBB), or
 * UINT32_MAX. */
uint32_t xdisplay_differs(struct xdisplay *self, const uint32_t *picture, uint32_t width, uint32_t height,
                          uint32_t stride);
bool xdisplay_set_size(struct xdisplay *self, uint32_t width, uint32_t height);

#endif
