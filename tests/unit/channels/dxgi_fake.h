/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine with up to two adapters and outputs for the duplication's test: objects of our own behind the
 * system's interfaces, which count their references and hold pictures in memory. What is not used by the
 * duplication is NULL, so a call to it is seen.
 */
#ifndef RDSPROV_UNIT_DXGI_FAKE_H
#define RDSPROV_UNIT_DXGI_FAKE_H

#include "channels/display/dxgi.h"

#define FAKE_OUTPUTS 2
#define FAKE_RECTS 8

struct fake_output {
    bool present;
    unsigned adapter;
    DXGI_OUTPUT_DESC desc;
    DXGI_MODE_ROTATION rotation;
    DXGI_FORMAT format;
    uint32_t *pixels; /* what is drawn there now */

    /* the next frame */
    bool news, pointer_only, first_taken;
    DXGI_OUTDUPL_MOVE_RECT moves[FAKE_RECTS];
    RECT dirty[FAKE_RECTS];
    unsigned move_count, dirty_count;
    HRESULT acquire_error; /* instead of a frame */

    bool held; /* acquired, not released */
};

struct fake_machine {
    struct fake_output outputs[FAKE_OUTPUTS];
    unsigned adapters;
    HRESULT duplicate_error, device_error, map_error;
    int objects; /* alive */
    unsigned copies, copied_pixels, mapped;
    unsigned wrong;
};

extern struct fake_machine fake;
extern const struct dxgi_system fake_system;

void fake_begin(void); /* no output */
/* Its picture is one colour. */
struct fake_output *fake_plug(unsigned number, unsigned adapter, int left, int top, int width, int height,
                              uint32_t color);
void fake_draw(struct fake_output *output, RECT rect, uint32_t color); /* and says so in the next frame */
void fake_move(struct fake_output *output, POINT from, RECT to);
unsigned fake_end(void); /* how many rules were broken, an object left among them */

#endif
