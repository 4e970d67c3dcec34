/* SPDX-License-Identifier: Apache-2.0 */
/* Pixels of the root window: what changed from XDamage, read through shared memory. */
#include "channels/display/x11.h"

#include <X11/Xutil.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "os/log.h"

#define AREA "x11"

/* A read costs a round trip, about as much as this many pixels more: rectangles that lie closer are read
 * together. */
#define READ_PIXELS 16384
#define READS_MAX 16
/* With more pieces than this the region's bounds are taken: sorting the pieces would cost more. */
#define REGION_RECTS_MAX 512

static void segment_finish(struct x11 *self)
{
    if (self->image) {
        self->image->data = NULL; /* the segment is not Xlib's to free */
        XDestroyImage(self->image);
        self->image = NULL;
    }
    if (self->segment.shmaddr) {
        XShmDetach(self->display, &self->segment);
        shmdt(self->segment.shmaddr);
        self->segment.shmaddr = NULL;
    }
    self->segment_size = 0;
}

/* Makes the segment large enough for the whole desktop; false: MIT-SHM does not work here (a remote display).
 */
static bool segment_init(struct x11 *self)
{
    size_t size = (size_t)self->base.width * self->base.height * 4;
    unsigned before = x11_errors();
    bool attached;

    if (self->segment_size >= size)
        return true;
    segment_finish(self);
    self->segment.shmid = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    if (self->segment.shmid < 0)
        return false;
    self->segment.shmaddr = shmat(self->segment.shmid, NULL, 0);
    self->segment.readOnly = False;
    if (self->segment.shmaddr == (char *)-1) {
        self->segment.shmaddr = NULL;
        shmctl(self->segment.shmid, IPC_RMID, NULL);
        return false;
    }
    attached = XShmAttach(self->display, &self->segment);
    XSync(self->display, False);
    /* marked for removal now, it goes with the last process that has it, however that ends */
    shmctl(self->segment.shmid, IPC_RMID, NULL);
    if (attached && x11_errors() == before)
        self->image =
            XShmCreateImage(self->display, DefaultVisual(self->display, self->screen),
                            (unsigned)DefaultDepth(self->display, self->screen), ZPixmap,
                            self->segment.shmaddr, &self->segment, self->base.width, self->base.height);
    if (!self->image) {
        shmdt(self->segment.shmaddr);
        self->segment.shmaddr = NULL;
        return false;
    }
    self->segment_size = size;
    return true;
}

bool x11_capture_init(struct x11 *self, char *problem, size_t cap)
{
    int major, minor;

    XDamageQueryVersion(self->display, &major, &minor);
    XFixesQueryVersion(self->display, &major, &minor);
    if (major < 2) {
        snprintf(problem, cap, "display %s: XFIXES 2 is needed, it has %d", DisplayString(self->display),
                 major);
        return false;
    }
    self->region = XFixesCreateRegion(self->display, NULL, 0);
    self->damage = XDamageCreate(self->display, self->root, XDamageReportNonEmpty);
    self->dirty = true;
    self->shared = XShmQueryExtension(self->display) && segment_init(self);
    if (!self->shared)
        log_info(AREA, 0, "no shared memory with display %s: pixels go through the connection",
                 DisplayString(self->display));
    return true;
}

void x11_capture_finish(struct x11 *self)
{
    segment_finish(self);
    if (self->damage)
        XDamageDestroy(self->display, self->damage);
    if (self->region)
        XFixesDestroyRegion(self->display, self->region);
}

bool x11_capture_dirty(struct desktop *desktop, uint64_t now)
{
    (void)now;
    return x11_from_desktop(desktop)->dirty;
}

/* Empties the server's damage before any pixel is read: what changes later is damage again. */
static void take_damage(struct x11 *self, struct damage *changed)
{
    XRectangle *rects, bounds;
    int count = 0;

    self->dirty = false;
    XDamageSubtract(self->display, self->damage, None, self->region);
    rects = XFixesFetchRegionAndBounds(self->display, self->region, &count, &bounds);
    if (count > REGION_RECTS_MAX)
        damage_add(changed, bounds.x, bounds.y, bounds.x + bounds.width, bounds.y + bounds.height);
    else
        for (int i = 0; rects && i < count; i++)
            damage_add(changed, rects[i].x, rects[i].y, rects[i].x + rects[i].width,
                       rects[i].y + rects[i].height);
    XFree(rects);
}

static uint32_t area(const struct channel_rect *r)
{
    return (uint32_t)(r->right - r->left) * (uint32_t)(r->bottom - r->top);
}

static struct channel_rect hull(const struct channel_rect *a, const struct channel_rect *b)
{
    return (struct channel_rect){a->left < b->left ? a->left : b->left, a->top < b->top ? a->top : b->top,
                                 a->right > b->right ? a->right : b->right,
                                 a->bottom > b->bottom ? a->bottom : b->bottom};
}

/* Few rectangles that cover the damage, inside the desktop. */
static unsigned plan_reads(const struct x11 *self, const struct damage *changed,
                           struct channel_rect reads[READS_MAX])
{
    unsigned count = 0;

    for (uint32_t i = 0; i < changed->count; i++) {
        struct channel_rect r = changed->rects[i];
        int64_t best_cost = INT64_MAX;
        unsigned best = 0;

        if (r.right > self->base.width)
            r.right = (uint16_t)self->base.width;
        if (r.bottom > self->base.height)
            r.bottom = (uint16_t)self->base.height;
        if (r.left >= r.right || r.top >= r.bottom)
            continue;
        for (unsigned k = 0; k < count; k++) {
            struct channel_rect both = hull(&reads[k], &r);
            int64_t cost = (int64_t)area(&both) - area(&reads[k]) - area(&r);

            if (cost < best_cost) {
                best_cost = cost;
                best = k;
            }
        }
        if (count == READS_MAX || (count > 0 && best_cost < READ_PIXELS))
            reads[best] = hull(&reads[best], &r);
        else
            reads[count++] = r;
    }
    return count;
}

/* Of what was read, only the damage goes into the slot (desktop.h says why). `row` is the top left pixel of
 * `read`. */
static void store(const struct desktop_target *target, const struct channel_rect *read, const uint8_t *pixels,
                  size_t stride)
{
    uint8_t *slot = slot_pixels(target->layout, target->base, target->slot);

    for (uint32_t i = 0; i < target->changed->count; i++) {
        const struct channel_rect *r = &target->changed->rects[i];
        uint32_t left = r->left > read->left ? r->left : read->left;
        uint32_t right = r->right < read->right ? r->right : read->right;
        uint32_t top = r->top > read->top ? r->top : read->top;
        uint32_t bottom = r->bottom < read->bottom ? r->bottom : read->bottom;

        if (left >= right)
            continue;
        for (uint32_t y = top; y < bottom; y++)
            memcpy(slot + (size_t)y * target->layout->stride + (size_t)left * 4,
                   pixels + (size_t)(y - read->top) * stride + (size_t)(left - read->left) * 4,
                   (size_t)(right - left) * 4);
    }
}

static bool read_shared(struct x11 *self, const struct channel_rect *read,
                        const struct desktop_target *target)
{
    XImage *image = self->image;

    image->width = read->right - read->left;
    image->height = read->bottom - read->top;
    image->bytes_per_line = image->width * 4;
    if (!XShmGetImage(self->display, self->root, image, read->left, read->top, AllPlanes))
        return false;
    store(target, read, (const uint8_t *)image->data, (size_t)image->bytes_per_line);
    return true;
}

static bool read_plain(struct x11 *self, const struct channel_rect *read, const struct desktop_target *target)
{
    XImage *image =
        XGetImage(self->display, self->root, read->left, read->top, (unsigned)(read->right - read->left),
                  (unsigned)(read->bottom - read->top), AllPlanes, ZPixmap);

    if (!image)
        return false;
    store(target, read, (const uint8_t *)image->data, (size_t)image->bytes_per_line);
    XDestroyImage(image);
    return true;
}

enum desktop_capture x11_capture(struct desktop *desktop, const struct desktop_target *target)
{
    struct x11 *self = x11_from_desktop(desktop);
    struct channel_rect reads[READS_MAX];
    unsigned count;

    take_damage(self, target->changed);
    x11_cursor_look(self);
    if (self->shared && !segment_init(self)) {
        log_warn(AREA, 0, "shared memory with the display failed: pixels go through the connection");
        self->shared = false;
    }
    count = plan_reads(self, target->changed, reads);
    for (unsigned i = 0; i < count; i++) {
        /* A desktop that has just become smaller refuses; its new size is in an event that is on its way. */
        if (!(self->shared ? read_shared(self, &reads[i], target) : read_plain(self, &reads[i], target)))
            return DESKTOP_LATER;
    }
    return DESKTOP_CAPTURED;
}
