/* SPDX-License-Identifier: Apache-2.0 */
/* A session program of the x11 desktop on an Xvfb of its own, and a host that plays its peer: for the tests
 * of what it shows (session_x11.c) and what it does with input (session_x11_input.c). */
#ifndef UNIT_SESSION_X11_RIG_H
#define UNIT_SESSION_X11_RIG_H

#include <stdlib.h>

#include "../check.h"
#include "host.h"
#include "xdisplay.h"

struct rig {
    struct xdisplay x;
    struct host host;
};

static inline bool rig_start_sized(struct rig *self, uint32_t screen_w, uint32_t screen_h, uint32_t w,
                                   uint32_t h, bool resize)
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

static inline bool rig_start(struct rig *self)
{
    return rig_start_sized(self, 1024, 768, 1024, 768, false);
}

static inline void rig_finish(struct rig *self)
{
    CHECK(!self->host.bad);
    CHECK_INT(host_end(&self->host, 200), 0);
    xdisplay_finish(&self->x);
}

static inline uint32_t rig_differs(struct rig *self)
{
    return xdisplay_differs(&self->x, self->host.picture, self->host.layout.width, self->host.layout.height,
                            self->host.layout.width);
}

static inline void rig_draw(struct rig *self, unsigned seed, bool big)
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

#endif
