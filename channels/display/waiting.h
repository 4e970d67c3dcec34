/* SPDX-License-Identifier: Apache-2.0 */
/* The picture that a client sees while there is no session program: plain dark, one line of text. */
#ifndef RDSPROV_CHANNELS_DISPLAY_WAITING_H
#define RDSPROV_CHANNELS_DISPLAY_WAITING_H

#include <stdint.h>

/* Fills BGRX pixels. */
void waiting_draw(uint8_t *pixels, uint32_t stride, uint32_t width, uint32_t height);

#endif
