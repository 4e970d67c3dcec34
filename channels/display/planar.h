/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoder of the RDP 6.0 planar codec ([MS-RDPEGDI] 2.2.2.5.1), lossless: each colour plane as differences
 * from the row above, run-length coded per row. It needs no context and no heap, reads each pixel a fixed
 * number of times and writes at most planar_bound bytes whatever the pixels do meanwhile. FreeRDP's own
 * encoder allocates per block and refuses narrow noisy ones.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_PLANAR_H
#define RDSPROV_CHANNELS_DISPLAY_PLANAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLANAR_WIDTH_MAX 1024

/* Most bytes that a block can take. */
size_t planar_bound(uint32_t width, uint32_t height, bool alpha);

/* Encodes BGRX pixels; a negative stride with `pixels` at the last row gives the bottom-up order of bitmap
 * updates. alpha: an opaque alpha plane for clients that cannot skip it. Returns the length, or 0 when a side
 * is 0, too wide, or `cap` is below the bound. */
size_t planar_encode(uint8_t *out, size_t cap, const uint8_t *pixels, ptrdiff_t stride, uint32_t width,
                     uint32_t height, bool alpha);

#endif
