/* SPDX-License-Identifier: Apache-2.0 */
/* Scancodes of set 1 as Linux key codes (linux/input-event-codes.h), which X servers use with 8 added. */
#ifndef RDSPROV_CHANNELS_INPUT_INJECT_EVDEV_H
#define RDSPROV_CHANNELS_INPUT_INJECT_EVDEV_H

#include <stdint.h>

#define INJECT_X11_OFFSET 8

/* `scancode` as in inject.h; 0: no such key. */
uint16_t inject_evdev_code(uint16_t scancode);

#endif
