/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware pointer of a monitor (iddcx.md 4): asks Windows to leave the pointer out of the picture and to
 * say its shape and where programs put it. Called by the chain's thread; what comes out is in device->pointer
 * for the feed.
 */
#ifndef RDSPROV_DRIVER_CURSOR_H
#define RDSPROV_DRIVER_CURSOR_H

#include "driver/device.h"

struct cursor { /* one monitor's view */
    ULONG shape_id;
    UINT position_id;
    bool shape_known, position_known;
    struct pointer_image shape;
    uint8_t pixels[CHANNEL_POINTER_MAX * CHANNEL_POINTER_MAX * 4]; /* as Windows gives them */
};

void cursor_init(struct cursor *self);
/* After a monitor's path is committed, and again after each commit. False: not now, try again. */
bool cursor_setup(struct monitor *monitor);
/* The event says that there is something new. */
void cursor_query(struct cursor *self, struct monitor *monitor);

#endif
