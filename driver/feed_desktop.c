/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/feed_desktop.h"

#include <string.h>

#include "driver/chain.h"

struct view { /* a monitor; without a swap chain it has no picture */
    struct chain *chain;
    struct layout_monitor at; /* x, y: in the slots */
    struct surface surface;
    struct damage *damage;
};

/* With a reference to each chain. *serial: of the layout that they stand in. */
static unsigned take_views(struct device *device, struct view views[LAYOUT_MONITORS_MAX], unsigned *serial)
{
    uint32_t width, height;
    int32_t left, top;
    unsigned n = 0;

    os_mutex_lock(&device->lock);
    *serial = device->shown_serial;
    layout_bounds(&device->shown, &left, &top, &width, &height);
    for (unsigned i = 0; i < device->shown.count; i++) {
        struct monitor *monitor = device->monitors[i];

        views[n] = (struct view){.at = device->shown.monitors[i]};
        views[n].at.x -= left;
        views[n].at.y -= top;
        if (monitor && monitor->chain)
            chain_ref(views[n].chain = monitor->chain);
        n++;
    }
    os_mutex_unlock(&device->lock);
    return n;
}

static void lock_view(struct view *view)
{
    if (view->chain)
        chain_lock(view->chain, &view->surface, &view->damage);
}

static void unlock_view(struct view *view)
{
    if (view->chain)
        chain_unlock(view->chain);
}

static void drop_views(struct view *views, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        chain_unref(views[i].chain);
}

static bool desktop_dirty(struct desktop *base, uint64_t now_us)
{
    struct feed_desktop *self = (struct feed_desktop *)base;
    struct view views[LAYOUT_MONITORS_MAX];
    unsigned serial, n = take_views(self->device, views, &serial);
    bool dirty = false, picture = false;

    for (unsigned i = 0; i < n; i++) {
        lock_view(&views[i]);
        picture = picture || views[i].surface.pixels;
        dirty = dirty || (views[i].surface.pixels && !damage_empty(views[i].damage));
        unlock_view(&views[i]);
    }
    drop_views(views, n);
    return dirty || (picture && serial != self->captured_serial);
}

static void fill(const struct desktop_target *target, const struct channel_rect *r)
{
    const struct slot_layout *layout = target->layout;
    uint8_t *to = slot_pixels(layout, target->base, target->slot);

    for (uint32_t y = r->top; y < r->bottom; y++)
        memset(to + (size_t)y * layout->stride + (size_t)r->left * 4, 0, (size_t)(r->right - r->left) * 4);
}

/* A monitor without a picture, for a moment (a lost swap chain): shows what it showed. */
static void copy_old(const struct desktop_target *target, const struct view *view,
                     const struct channel_rect *r)
{
    const struct slot_layout *layout = target->layout;
    int64_t left = r->left > view->at.x ? r->left : view->at.x;
    int64_t top = r->top > view->at.y ? r->top : view->at.y;
    int64_t right =
        r->right < view->at.x + (int64_t)view->at.width ? r->right : view->at.x + (int64_t)view->at.width;
    int64_t bottom =
        r->bottom < view->at.y + (int64_t)view->at.height ? r->bottom : view->at.y + (int64_t)view->at.height;

    if (left >= right || target->previous >= SLOT_COUNT || target->previous == target->slot)
        return;
    for (int64_t y = top; y < bottom; y++) {
        size_t at = (size_t)y * layout->stride + (size_t)left * 4;

        memcpy(slot_pixels(layout, target->base, target->slot) + at,
               slot_pixels(layout, target->base, target->previous) + at, (size_t)(right - left) * 4);
    }
}

static void copy_view(const struct desktop_target *target, const struct view *view,
                      const struct channel_rect *r)
{
    const struct slot_layout *layout = target->layout;
    uint8_t *to = slot_pixels(layout, target->base, target->slot);
    uint32_t width = view->surface.width < view->at.width ? view->surface.width : view->at.width;
    uint32_t height = view->surface.height < view->at.height ? view->surface.height : view->at.height;
    int64_t left = r->left > view->at.x ? r->left : view->at.x;
    int64_t top = r->top > view->at.y ? r->top : view->at.y;
    int64_t right = r->right < view->at.x + (int64_t)width ? r->right : view->at.x + (int64_t)width;
    int64_t bottom = r->bottom < view->at.y + (int64_t)height ? r->bottom : view->at.y + (int64_t)height;

    if (left >= right)
        return;
    if (fault("wrong-pixels"))
        left++;
    for (int64_t y = top; y < bottom; y++) {
        if (fault("copy-unlocked") && y % 16 == 0)
            os_sleep_ms(1); /* so that it meets somebody who does not wait for it */
        memcpy(to + (size_t)y * layout->stride + (size_t)left * 4,
               view->surface.pixels + (size_t)(y - view->at.y) * view->surface.pitch +
                   (size_t)(left - view->at.x) * 4,
               (size_t)(right - left) * 4);
    }
}

/* Is all of the rectangle inside one view's picture? Then nothing else need be painted below it. */
static bool covered(const struct view *views, unsigned n, const struct channel_rect *r)
{
    for (unsigned i = 0; i < n; i++) {
        const struct view *v = &views[i];

        if (v->surface.pixels && r->left >= v->at.x && r->top >= v->at.y &&
            r->right <= v->at.x + (int64_t)v->at.width && r->bottom <= v->at.y + (int64_t)v->at.height &&
            v->surface.width >= v->at.width && v->surface.height >= v->at.height)
            return true;
    }
    return false;
}

static void paint(const struct desktop_target *target, const struct view *views, unsigned n,
                  const struct channel_rect *r)
{
    if (!covered(views, n, r))
        fill(target, r); /* what is in no monitor is black */
    for (unsigned i = 0; i < n; i++) {
        if (views[i].surface.pixels)
            copy_view(target, &views[i], r);
        else
            copy_old(target, &views[i], r);
    }
}

static enum desktop_capture desktop_capture(struct desktop *base, const struct desktop_target *target)
{
    struct feed_desktop *self = (struct feed_desktop *)base;
    struct view views[LAYOUT_MONITORS_MAX];
    unsigned serial, n = take_views(self->device, views, &serial), pictures = 0;

    /* All of them hold still until everything is copied: rectangles that were merged may run over several. */
    for (unsigned i = 0; i < n; i++) {
        lock_view(&views[i]);
        pictures += views[i].surface.pixels != NULL;
    }
    if (pictures && serial != self->captured_serial) {
        damage_add_all(target->changed); /* monitors moved */
        self->captured_serial = serial;
    }
    for (unsigned i = 0; i < n && pictures; i++) {
        if (!views[i].surface.pixels)
            continue;
        for (uint32_t k = 0; k < views[i].damage->count; k++) {
            const struct channel_rect *r = &views[i].damage->rects[k];

            damage_add(target->changed, r->left + views[i].at.x, r->top + views[i].at.y,
                       r->right + views[i].at.x, r->bottom + views[i].at.y);
        }
        damage_clear(views[i].damage);
    }
    for (uint32_t k = 0; k < target->changed->count && pictures; k++)
        paint(target, views, n, &target->changed->rects[k]);
    if (fault("rects-missing") && target->changed->count > 0)
        target->changed->rects[0].right = target->changed->rects[0].left + 1;
    for (unsigned i = 0; i < n; i++)
        unlock_view(&views[i]);
    drop_views(views, n);
    return pictures ? DESKTOP_CAPTURED : DESKTOP_LATER;
}

static uint32_t desktop_timeout(struct desktop *base, uint64_t now_us)
{
    return DESKTOP_NEVER;
}

/* Only what a producer calls. */
static const struct desktop_impl impl = {
    .name = "idd", .dirty = desktop_dirty, .timeout = desktop_timeout, .capture = desktop_capture};

void feed_desktop_init(struct feed_desktop *self, struct device *device)
{
    memset(self, 0, sizeof(*self));
    self->base.impl = &impl;
    self->device = device;
}

bool feed_desktop_update(struct feed_desktop *self)
{
    struct device *device = self->device;
    const struct pointer *pointer = &device->pointer;
    struct desktop *base = &self->base;
    int32_t left, top;

    os_mutex_lock(&device->lock);
    layout_bounds(&device->shown, &left, &top, &base->width, &base->height);
    if (base->shape_serial != pointer->shape_serial) {
        base->shape_hidden = pointer->hidden;
        if (!pointer->hidden)
            pointer_image_copy(&base->shape, pointer->shape);
        base->shape_serial = pointer->shape_serial;
    }
    base->position = pointer->position;
    base->position_serial = pointer->position_serial;
    os_mutex_unlock(&device->lock);
    return base->width > 0 && base->height > 0;
}
