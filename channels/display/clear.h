/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoder of ClearCodec ([MS-RDPEGFX] 2.2.4.1), of that part of it which is good at text and controls: one
 * RLEX subcodec block, a palette and runs. What follows it is compressed (zgfx.h), so that the caches of
 * glyphs and columns that the format has, too, would save next to nothing.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_CLEAR_H
#define RDSPROV_CHANNELS_DISPLAY_CLEAR_H

#include "channels/display/picture.h"

#define CLEAR_COLOURS_MAX 127

struct clear_encoder;

/* For areas of at most `pixels`. NULL: out of memory. */
struct clear_encoder *clear_create(uint32_t pixels);
void clear_destroy(struct clear_encoder *self);

/* Most bytes that an area can take. */
size_t clear_bound(uint32_t pixels);

/* Exact. Returns the length; 0: more than CLEAR_COLOURS_MAX colours, more pixels than promised, or `cap` is
 * below the bound. The sequence number in it is 0: gfx_clearcodec counts. */
size_t clear_encode(struct clear_encoder *self, uint8_t *out, size_t cap, const struct picture *picture,
                    const struct channel_rect *area);

#endif
