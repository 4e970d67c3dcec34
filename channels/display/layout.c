/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/layout.h"

#include <string.h>

/* [MS-RDPEDISP] 2.2.1.1, 2.2.2.2 */
#define HEADER_SIZE 8
#define TYPE_MONITOR_LAYOUT 2
#define MONITOR_SIZE 40
#define MONITOR_PRIMARY_FLAG 1

void layout_single(struct layout *self, uint32_t width, uint32_t height)
{
    memset(self, 0, sizeof(*self));
    self->width = width;
    self->height = height;
    self->count = 1;
    self->monitors[0] = (struct layout_monitor){.width = width, .height = height, .primary = true};
}

bool layout_equal(const struct layout *a, const struct layout *b)
{
    if (a->width != b->width || a->height != b->height || a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        const struct layout_monitor *m = &a->monitors[i], *n = &b->monitors[i];

        if (m->left != n->left || m->top != n->top || m->width != n->width || m->height != n->height ||
            m->primary != n->primary || m->scale != n->scale || m->width_mm != n->width_mm ||
            m->height_mm != n->height_mm)
            return false;
    }
    return true;
}

static const char *monitor_problem(const struct layout_monitor *monitor)
{
    if (monitor->width < LAYOUT_SIDE_MIN || monitor->width > LAYOUT_SIDE_MAX ||
        monitor->height < LAYOUT_SIDE_MIN || monitor->height > LAYOUT_SIDE_MAX)
        return "a monitor's size is out of bounds";
    if (monitor->left < -LAYOUT_PLACE_MAX || monitor->left > LAYOUT_PLACE_MAX ||
        monitor->top < -LAYOUT_PLACE_MAX || monitor->top > LAYOUT_PLACE_MAX)
        return "a monitor's place is out of bounds";
    return NULL;
}

static void forget_nonsense(struct layout_monitor *monitor)
{
    if (monitor->scale < LAYOUT_SCALE_MIN || monitor->scale > LAYOUT_SCALE_MAX)
        monitor->scale = 0;
    if (monitor->width_mm < LAYOUT_MM_MIN || monitor->width_mm > LAYOUT_MM_MAX ||
        monitor->height_mm < LAYOUT_MM_MIN || monitor->height_mm > LAYOUT_MM_MAX)
        monitor->width_mm = monitor->height_mm = 0;
}

static bool overlap(const struct layout_monitor *a, const struct layout_monitor *b)
{
    return a->left < b->left + (int32_t)b->width && b->left < a->left + (int32_t)a->width &&
           a->top < b->top + (int32_t)b->height && b->top < a->top + (int32_t)a->height;
}

bool layout_arrange(struct layout *self, const struct layout_monitor *monitors, unsigned count,
                    const char **problem)
{
    int32_t left = INT32_MAX, top = INT32_MAX, right = INT32_MIN, bottom = INT32_MIN;
    unsigned primaries = 0;

    memset(self, 0, sizeof(*self));
    *problem = count == 0 ? "no monitor" : "too many monitors";
    if (count == 0 || count > LAYOUT_MONITORS_MAX)
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct layout_monitor *monitor = &self->monitors[i];

        *monitor = monitors[i];
        *problem = monitor_problem(monitor);
        if (*problem)
            return false;
        monitor->width &= ~1u;
        forget_nonsense(monitor);
        primaries += monitor->primary;
        for (unsigned k = 0; k < i; k++) {
            if (overlap(monitor, &self->monitors[k])) {
                *problem = "monitors overlap";
                return false;
            }
        }
        left = monitor->left < left ? monitor->left : left;
        top = monitor->top < top ? monitor->top : top;
        right =
            monitor->left + (int32_t)monitor->width > right ? monitor->left + (int32_t)monitor->width : right;
        bottom = monitor->top + (int32_t)monitor->height > bottom ? monitor->top + (int32_t)monitor->height
                                                                  : bottom;
    }
    *problem = "more than one primary monitor";
    if (primaries > 1)
        return false;
    if (primaries == 0)
        self->monitors[0].primary = true;

    /* monitors at odd places may make it odd: a column that nobody sees */
    self->width = ((uint32_t)(right - left) + 1) & ~1u;
    self->height = (uint32_t)(bottom - top);
    self->count = count;
    *problem = "the desktop would be too large";
    if (self->width > LAYOUT_SIDE_MAX || self->height > LAYOUT_SIDE_MAX ||
        (uint64_t)self->width * self->height > LAYOUT_AREA_MAX)
        return false;
    for (unsigned i = 0; i < count; i++) {
        self->monitors[i].left -= left;
        self->monitors[i].top -= top;
    }
    *problem = NULL;
    return true;
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The body of a monitor layout PDU. */
static bool read_monitors(struct layout *self, const uint8_t *data, size_t len, const char **problem)
{
    struct layout_monitor monitors[LAYOUT_MONITORS_MAX];
    uint32_t count;

    *problem = "a monitor layout is too short";
    if (len < 8)
        return false;
    *problem = "the monitor layout has an unknown size of monitors";
    if (get_u32(data) != MONITOR_SIZE)
        return false;
    count = get_u32(data + 4);
    *problem = count == 0 ? "no monitor" : "too many monitors";
    if (count == 0 || count > LAYOUT_MONITORS_MAX)
        return false;
    *problem = "a monitor layout's length does not fit its monitors";
    if (len != 8 + (size_t)count * MONITOR_SIZE)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *at = data + 8 + (size_t)i * MONITOR_SIZE;

        monitors[i] = (struct layout_monitor){.primary = (get_u32(at) & MONITOR_PRIMARY_FLAG) != 0,
                                              .left = (int32_t)get_u32(at + 4),
                                              .top = (int32_t)get_u32(at + 8),
                                              .width = get_u32(at + 12),
                                              .height = get_u32(at + 16),
                                              .width_mm = get_u32(at + 20),
                                              .height_mm = get_u32(at + 24),
                                              .scale = get_u32(at + 32)};
    }
    return layout_arrange(self, monitors, count, problem);
}

bool layout_read(struct layout *self, const uint8_t *data, size_t len, bool *found, const char **problem)
{
    *found = false;
    memset(self, 0, sizeof(*self));
    while (len > 0) {
        uint32_t type, size;

        *problem = "a header is cut off";
        if (len < HEADER_SIZE)
            return false;
        type = get_u32(data);
        size = get_u32(data + 4);
        *problem = "a length is wrong";
        if (size < HEADER_SIZE || size > len)
            return false;
        if (type == TYPE_MONITOR_LAYOUT) {
            if (!read_monitors(self, data + HEADER_SIZE, size - HEADER_SIZE, problem))
                return false;
            *found = true;
        }
        data += size;
        len -= size;
    }
    *problem = NULL;
    return true;
}
