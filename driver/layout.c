/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/layout.h"

#include <string.h>

#include "channels/display/slots.h"

/* Offered besides a monitor's own size, so that most changes of size need no new monitor. */
static const struct layout_size usual[] = {
    {640, 480},   {800, 600},   {1024, 768},  {1152, 864},  {1280, 720},  {1280, 800},
    {1280, 960},  {1280, 1024}, {1366, 768},  {1440, 900},  {1600, 900},  {1600, 1200},
    {1680, 1050}, {1920, 1080}, {1920, 1200}, {2048, 1152}, {2160, 1440}, {2560, 1080},
    {2560, 1440}, {2560, 1600}, {2880, 1800}, {3440, 1440}, {3840, 1600}, {3840, 2160},
};
_Static_assert(sizeof(usual) / sizeof(usual[0]) < LAYOUT_MODES_MAX, "room for a monitor's own size");

static const char *monitor_problem(const struct layout_monitor *m)
{
    if (m->width == 0 || m->height == 0 || m->width > SLOT_SIDE_MAX || m->height > SLOT_SIDE_MAX)
        return "a monitor's size is out of bounds";
    if (m->x < -SLOT_SIDE_MAX || m->y < -SLOT_SIDE_MAX || m->x > SLOT_SIDE_MAX || m->y > SLOT_SIDE_MAX)
        return "a monitor's position is out of bounds";
    if (m->scale < LAYOUT_SCALE_MIN || m->scale > LAYOUT_SCALE_MAX)
        return "a scale factor is out of bounds";
    if (m->width_mm > LAYOUT_MM_MAX || m->height_mm > LAYOUT_MM_MAX)
        return "a physical size is out of bounds";
    return NULL;
}

static bool overlap(const struct layout_monitor *a, const struct layout_monitor *b)
{
    return a->x < b->x + (int32_t)b->width && b->x < a->x + (int32_t)a->width &&
           a->y < b->y + (int32_t)b->height && b->y < a->y + (int32_t)a->height;
}

const char *layout_problem(const struct layout *self)
{
    struct slot_layout slots;
    uint32_t width, height;
    const char *problem;
    bool primary = false;
    int32_t x, y;

    if (self->count == 0 || self->count > LAYOUT_MONITORS_MAX)
        return "number of monitors is out of bounds";
    for (uint32_t i = 0; i < self->count; i++) {
        if ((problem = monitor_problem(&self->monitors[i])))
            return problem;
        primary = primary || (self->monitors[i].x == 0 && self->monitors[i].y == 0);
        for (uint32_t k = 0; k < i; k++)
            if (overlap(&self->monitors[i], &self->monitors[k]))
                return "monitors overlap";
    }
    if (!primary)
        return "no monitor at 0,0";
    layout_bounds(self, &x, &y, &width, &height);
    if (!slot_layout_init(&slots, width, height))
        return "the desktop is too large";
    return NULL;
}

void layout_bounds(const struct layout *self, int32_t *x, int32_t *y, uint32_t *width, uint32_t *height)
{
    int32_t left = 0, top = 0, right = 0, bottom = 0;

    for (uint32_t i = 0; i < self->count && i < LAYOUT_MONITORS_MAX; i++) {
        const struct layout_monitor *m = &self->monitors[i];

        left = m->x < left ? m->x : left;
        top = m->y < top ? m->y : top;
        right = m->x + (int32_t)m->width > right ? m->x + (int32_t)m->width : right;
        bottom = m->y + (int32_t)m->height > bottom ? m->y + (int32_t)m->height : bottom;
    }
    *x = left;
    *y = top;
    *width = (uint32_t)(right - left);
    *height = (uint32_t)(bottom - top);
}

bool layout_equal(const struct layout *a, const struct layout *b)
{
    return a->count == b->count && memcmp(a->monitors, b->monitors, a->count * sizeof(a->monitors[0])) == 0;
}

unsigned layout_sizes(const struct layout_monitor *self, struct layout_size sizes[LAYOUT_MODES_MAX])
{
    unsigned n = 0;

    sizes[n++] = (struct layout_size){self->width, self->height};
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && n < LAYOUT_MODES_MAX; i++)
        if (usual[i].width != self->width || usual[i].height != self->height)
            sizes[n++] = usual[i];
    return n;
}

void layout_physical(const struct layout_monitor *self, uint32_t *width, uint32_t *height)
{
    *width = self->width_mm;
    *height = self->height_mm;
    if (*width == 0 || *height == 0) {
        /* 0 would mean that nobody knows, and Windows then guesses a scale of its own */
        *width = (uint32_t)((uint64_t)self->width * 254 * 100 / (960 * (uint64_t)self->scale));
        *height = (uint32_t)((uint64_t)self->height * 254 * 100 / (960 * (uint64_t)self->scale));
    }
    *width = *width ? *width : 1;
    *height = *height ? *height : 1;
}

void layout_signal(const struct layout_size *size, unsigned divider, DISPLAYCONFIG_VIDEO_SIGNAL_INFO *signal)
{
    memset(signal, 0, sizeof(*signal));
    signal->pixelRate = layout_bandwidth(size);
    signal->hSyncFreq = (DISPLAYCONFIG_RATIONAL){LAYOUT_REFRESH * size->height, 1};
    signal->vSyncFreq = (DISPLAYCONFIG_RATIONAL){LAYOUT_REFRESH, 1};
    signal->activeSize = (DISPLAYCONFIG_2DREGION){size->width, size->height};
    signal->totalSize = signal->activeSize;
    signal->AdditionalSignalInfo.videoStandard = 255; /* D3DKMDT_VSS_OTHER */
    signal->AdditionalSignalInfo.vSyncFreqDivider = divider & 63;
    signal->scanLineOrdering = DISPLAYCONFIG_SCANLINE_ORDERING_PROGRESSIVE;
}

uint64_t layout_bandwidth(const struct layout_size *size)
{
    return (uint64_t)size->width * size->height * LAYOUT_REFRESH;
}

uint64_t layout_pipeline(void)
{
    return (uint64_t)SLOT_AREA_MAX * LAYOUT_REFRESH * LAYOUT_MONITORS_MAX;
}
