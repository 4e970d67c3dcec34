/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitors that a client shows the desktop on: checked, and moved so that the desktop that surrounds them
 * begins at 0, 0. One surface is the whole desktop, so what lies between monitors is part of it, unseen.
 * Pure; everything that comes in is the client's word.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_LAYOUT_H
#define RDSPROV_CHANNELS_DISPLAY_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAYOUT_MONITORS_MAX 16
#define LAYOUT_SIDE_MIN 200 /* of a monitor and of the desktop, pixels ([MS-RDPEDISP] 2.2.2.2.1) */
#define LAYOUT_SIDE_MAX 8192
#define LAYOUT_AREA_MAX (8192u * 4096u) /* of the desktop: what frame slots hold */
#define LAYOUT_PLACE_MAX 32767          /* of a monitor's corner, either way */
#define LAYOUT_SCALE_MIN 100            /* [MS-RDPBCGR] 2.2.1.3.9.1: others are ignored */
#define LAYOUT_SCALE_MAX 500
#define LAYOUT_MM_MIN 10 /* likewise */
#define LAYOUT_MM_MAX 10000

struct layout_monitor {
    int32_t left, top;
    uint32_t width, height;
    bool primary;
    uint32_t scale;               /* of what is drawn, per cent; 0: the client did not say */
    uint32_t width_mm, height_mm; /* 0: the client did not say */
};

struct layout {
    uint32_t width, height; /* of the desktop; the width is even */
    unsigned count;
    struct layout_monitor monitors[LAYOUT_MONITORS_MAX]; /* inside the desktop; one is primary */
};

/* Takes monitors as the client places them (any corner is 0, 0) and fills `self`. Odd widths are rounded
 * down; a scale or a size in mm that is out of bounds counts as not said. False, and why: none or too many, a
 * size or place out of bounds, two primaries, monitors that overlap, a desktop that would be too large. */
bool layout_arrange(struct layout *self, const struct layout_monitor *monitors, unsigned count,
                    const char **problem);
/* One monitor. */
void layout_single(struct layout *self, uint32_t width, uint32_t height);
bool layout_equal(const struct layout *a, const struct layout *b);

#define LAYOUT_PDU_MAX 4096 /* a whole message; 16 monitors take 656 bytes */

/* Display Control, client to server ([MS-RDPEDISP] 2.2.2.2): reads one message, which may hold several PDUs;
 * the last layout counts. PDUs of other types are skipped. False, and why: malformed, or layout_arrange said
 * so. *found: there was a layout. */
bool layout_read(struct layout *self, const uint8_t *data, size_t len, bool *found, const char **problem);

#endif
