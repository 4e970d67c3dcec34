/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's monitors as the driver shows them: 1 to 16 rectangles that do not overlap, one of them the
 * primary at 0,0. Pure arithmetic: checks, bounds, and which sizes a monitor offers.
 */
#ifndef RDSPROV_DRIVER_LAYOUT_H
#define RDSPROV_DRIVER_LAYOUT_H

#include "driver/abi/iddcx.h"

#define LAYOUT_MONITORS_MAX 16
#define LAYOUT_SCALE_MIN 100 /* per cent, [MS-RDPBCGR] 2.2.1.3.9.1 and IDDCX_DISPLAYCONFIGPATH */
#define LAYOUT_SCALE_MAX 500
#define LAYOUT_REFRESH 60 /* Hz of every mode */
#define LAYOUT_MM_MAX 10000
#define LAYOUT_MODES_MAX 32

struct layout_monitor {
    int32_t x, y; /* of the desktop; the primary is at 0,0 */
    uint32_t width, height;
    uint32_t scale;               /* per cent */
    uint32_t width_mm, height_mm; /* 0: not known */
};

struct layout {
    uint32_t count;
    struct layout_monitor monitors[LAYOUT_MONITORS_MAX];
};

/* NULL, or what is wrong with it (static text). */
const char *layout_problem(const struct layout *self);

/* Bounding box: its top left corner (at most 0,0) and size. */
void layout_bounds(const struct layout *self, int32_t *x, int32_t *y, uint32_t *width, uint32_t *height);

bool layout_equal(const struct layout *a, const struct layout *b);

struct layout_size {
    uint32_t width, height;
};

/* The sizes a monitor offers: its own first, then usual ones. Returns how many (at most LAYOUT_MODES_MAX). */
unsigned layout_sizes(const struct layout_monitor *self, struct layout_size sizes[LAYOUT_MODES_MAX]);

/* Physical size in mm; 96 dots per inch at 100 % when the client did not say. */
void layout_physical(const struct layout_monitor *self, uint32_t *width, uint32_t *height);

/* Timing of a size: progressive, no blanking, LAYOUT_REFRESH (iddcx.md 2). `divider` is 0 in a monitor's
 * mode. */
void layout_signal(const struct layout_size *size, unsigned divider, DISPLAYCONFIG_VIDEO_SIGNAL_INFO *signal);
/* What a size needs of the pipeline, and what the pipeline can do; pixels a second. */
uint64_t layout_bandwidth(const struct layout_size *size);
uint64_t layout_pipeline(void);

#endif
