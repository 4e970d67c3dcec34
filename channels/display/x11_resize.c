/* SPDX-License-Identifier: Apache-2.0 */
/* The size of the X desktop: following it, and changing it on servers whose RandR can (Xvfb shrinks below its
 * start size). */
#include "channels/display/x11.h"

#include <X11/extensions/Xrandr.h>
#include <stdio.h>
#include <string.h>

#include "os/log.h"

#define AREA "x11"
#define DPI 96

bool x11_resize_init(struct x11 *self)
{
    int error, major = 0, minor = 0;

    XSelectInput(self->display, self->root, StructureNotifyMask);
    if (!XRRQueryExtension(self->display, &self->randr_event, &error)) {
        self->randr_event = 0;
        return false;
    }
    if (!XRRQueryVersion(self->display, &major, &minor) || (major == 1 && minor < 3))
        return false;
    XRRSelectInput(self->display, self->root, RRScreenChangeNotifyMask);
    return true;
}

void x11_resize_follow(struct x11 *self)
{
    XWindowAttributes attributes;

    if (!XGetWindowAttributes(self->display, self->root, &attributes) || attributes.width < 1 ||
        attributes.height < 1)
        return;
    if (self->base.width == (uint32_t)attributes.width && self->base.height == (uint32_t)attributes.height)
        return;
    self->base.width = (uint32_t)attributes.width;
    self->base.height = (uint32_t)attributes.height;
    self->dirty = true;
    log_info(AREA, 0, "the desktop is %ux%u now", (unsigned)self->base.width, (unsigned)self->base.height);
}

/* A mode of that size which the output has; made when there is none. None: the server refuses. */
static RRMode find_mode(struct x11 *self, XRRScreenResources *resources, RROutput output, unsigned width,
                        unsigned height)
{
    XRROutputInfo *info = XRRGetOutputInfo(self->display, resources, output);
    RRMode known = None, result = None;
    char name[32];

    if (!info)
        return None;
    for (int i = 0; i < resources->nmode; i++) {
        const XRRModeInfo *mode = &resources->modes[i];

        if (mode->width != width || mode->height != height)
            continue;
        known = mode->id;
        for (int k = 0; k < info->nmode; k++)
            if (info->modes[k] == mode->id)
                result = mode->id;
    }
    XRRFreeOutputInfo(info);
    if (result != None)
        return result;
    if (known == None) {
        unsigned before = x11_errors();
        XRRModeInfo mode = {.width = width, .height = height, .hTotal = width, .vTotal = height};

        mode.dotClock = (unsigned long)width * height * 60;
        mode.nameLength = (unsigned)snprintf(name, sizeof(name), "rdsprov-%ux%u", width, height);
        mode.name = name;
        known = XRRCreateMode(self->display, self->root, &mode);
        if (known == None || x11_errors() != before)
            return None;
    }
    XRRAddOutputMode(self->display, output, known);
    return known;
}

static bool set_size(struct x11 *self, XRRScreenResources *resources, unsigned width, unsigned height)
{
    RROutput output = resources->outputs[0];
    RRCrtc crtc = resources->crtcs[0];
    RRMode mode = find_mode(self, resources, output, width, height);
    unsigned before = x11_errors();

    if (mode == None)
        return false;
    /* A screen may not be smaller than what its CRTC shows, at no time in between: off, size, on. */
    XGrabServer(self->display);
    XRRSetCrtcConfig(self->display, resources, crtc, CurrentTime, 0, 0, None, RR_Rotate_0, NULL, 0);
    XRRSetScreenSize(self->display, self->root, (int)width, (int)height, (int)(width * 254 / 10 / DPI),
                     (int)(height * 254 / 10 / DPI));
    XRRSetCrtcConfig(self->display, resources, crtc, CurrentTime, 0, 0, mode, RR_Rotate_0, &output, 1);
    XUngrabServer(self->display);
    XSync(self->display, False);
    return x11_errors() == before;
}

void x11_resize(struct desktop *desktop, uint32_t width, uint32_t height)
{
    struct x11 *self = x11_from_desktop(desktop);
    int min_width = 0, min_height = 0, max_width = 0, max_height = 0;
    XRRScreenResources *resources;

    if (!self->may_resize || !self->randr_event || (width == desktop->width && height == desktop->height))
        return;
    if (!XRRGetScreenSizeRange(self->display, self->root, &min_width, &min_height, &max_width, &max_height) ||
        max_width < 1 || max_height < 1)
        return;
    if (width > (uint32_t)max_width || height > (uint32_t)max_height) {
        log_warn(AREA, 0, "a desktop of %ux%u was asked for, the X server stops at %dx%d", (unsigned)width,
                 (unsigned)height, max_width, max_height);
        width = width < (uint32_t)max_width ? width : (uint32_t)max_width;
        height = height < (uint32_t)max_height ? height : (uint32_t)max_height;
    }
    resources = XRRGetScreenResourcesCurrent(self->display, self->root);
    if (!resources)
        return;
    if (resources->noutput < 1 || resources->ncrtc < 1 || !set_size(self, resources, width, height))
        log_warn(AREA, 0, "the X server refused a size of %ux%u", (unsigned)width, (unsigned)height);
    XRRFreeScreenResources(resources);
    x11_resize_follow(self);
}
