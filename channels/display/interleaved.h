/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoder of interleaved run-length coding, the codec of bitmap updates at 15, 16 and 24 bits
 * ([MS-RDPBCGR] 2.2.9.1.1.3.1.2.4): runs that repeat the row before, runs of one colour, and raw pixels.
 * Exact for what the depth can hold. FreeRDP 3.15 and master encode 24 bits wrongly (raw pixels are taken
 * from behind the ones that are meant), hence this one.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_INTERLEAVED_H
#define RDSPROV_CHANNELS_DISPLAY_INTERLEAVED_H

#include <stddef.h>
#include <stdint.h>

#define INTERLEAVED_PIXELS_MAX 4096 /* in one block */

size_t interleaved_bound(uint32_t width, uint32_t height, uint32_t depth);

/* Encodes BGRX pixels from the bottom row up; `pixels` is the top row. The width must be a multiple of four
 * for the clients' sake. Returns the length, or 0 when the size or depth is wrong or `cap` is below the
 * bound. */
size_t interleaved_encode(uint8_t *out, size_t cap, const uint8_t *pixels, size_t stride, uint32_t width,
                          uint32_t height, uint32_t depth);

#endif
