/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/feed_desktop.h"

#include <string.h>

#include "driver/chain.h"

struct view { /* a monitor that has a swap chain */
    struct chain *chain;
    struct layout_monitor at; /* x, y: in the slots */
    struct surface surface;
    struct damage *damage;
};

/* With a reference to each chain. */
static unsigned take_views(struct device *device, struct view views[LAYOUT_MONITORS_MAX])
{
    uint32_t width, height;
    int32_t left, top;
    unsigned n = 0;

    os_mutex_lock(&device->lock);
    layout_bounds(&device->shown, &left, &top, &width, &height);
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        struct monitor *monitor = device->monitors[i];

        if (!monitor || !monitor->chain)
            continue;
        views[n] = (struct view){.chain = monitor->chain, .at = monitor->shape};
        views[n].at.x -= left;
        views[n].at.y -= top;
        chain_ref(views[n++].chain);
    }
    os_mutex_unlock(&device->lock);
    return n;
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
    unsigned n = take_views(self->device, views);
    bool dirty = false;

    for (unsigned i = 0; i < n; i++) {
        chain_lock(views[i].chain, &views[i].surface, &views[i].damage);
        dirty = dirty || (views[i].surface.pixels && !damage_empty(views[i].damage));
        chain_unlock(views[i].chain);
    }
    drop_views(views, n);
    return dirty;
}

/* What is in no monitor, or in one without a picture: as it was, or black. */
static void copy_rest(const struct desktop_target *target, const struct channel_rect *r)
{
    const struct slot_layout *layout = target->layout;
    uint8_t *to = slot_pixels(layout, target->base, target->slot);
    const uint8_t *from =
        target->previous < SLOT_COUNT ? slot_pixels(layout, target->base, target->previous) : NULL;

    if (from == to)
        return;
    for (uint32_t y = r->top; y < r->bottom; y++) {
        size_t at = (size_t)y * layout->stride + (size_t)r->left * 4, size = (size_t)(r->right - r->left) * 4;

        if (from)
            memcpy(to + at, from + at, size);
        else
            memset(to + at, 0, size);
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
    for (int64_t y = top; y < bottom; y++)
        memcpy(to + (size_t)y * layout->stride + (size_t)left * 4,
               view->surface.pixels + (size_t)(y - view->at.y) * view->surface.pitch +
                   (size_t)(left - view->at.x) * 4,
               (size_t)(right - left) * 4);
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

static enum desktop_capture desktop_capture(struct desktop *base, const struct desktop_target *target)
{
    struct feed_desktop *self = (struct feed_desktop *)base;
    struct view views[LAYOUT_MONITORS_MAX];
    unsigned n = take_views(self->device, views), pictures = 0;

    /* All of them hold still until everything is copied: rectangles that were merged may run over several. */
    for (unsigned i = 0; i < n; i++) {
        chain_lock(views[i].chain, &views[i].surface, &views[i].damage);
        pictures += views[i].surface.pixels != NULL;
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
    for (uint32_t k = 0; k < target->changed->count && pictures; k++) {
        const struct channel_rect *r = &target->changed->rects[k];

        if (!covered(views, n, r))
            copy_rest(target, r);
        for (unsigned i = 0; i < n; i++)
            if (views[i].surface.pixels)
                copy_view(target, &views[i], r);
    }
    for (unsigned i = 0; i < n; i++)
        chain_unlock(views[i].chain);
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
            base->shape = pointer->shape;
        base->shape_serial = pointer->shape_serial;
    }
    base->position = pointer->position;
    base->position_serial = pointer->position_serial;
    os_mutex_unlock(&device->lock);
    return base->width > 0 && base->height > 0;
}
