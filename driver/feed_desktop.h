/* SPDX-License-Identifier: Apache-2.0 */
/* The monitors of a device as one desktop for a producer (channels/display/desktop.h). The feed's thread
 * only. */
#ifndef RDSPROV_DRIVER_FEED_DESKTOP_H
#define RDSPROV_DRIVER_FEED_DESKTOP_H

#include "channels/display/desktop.h"
#include "driver/device.h"

struct feed_desktop {
    struct desktop base;
    struct device *device;
    unsigned captured_serial; /* of the layout, at the last capture; 0: none yet */
};

void feed_desktop_init(struct feed_desktop *self, struct device *device);
/* Takes in size and pointer. False while there is nothing to show yet. */
bool feed_desktop_update(struct feed_desktop *self);

#endif
