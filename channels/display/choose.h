/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a changed area is to the graphics pipeline: one colour, text and the like, or a photo. The one place
 * for that choice; the figures it rests on are in docs/display.md. A fill costs 8 bytes; exact codecs
 * (exact.h) are good where neighbours are equal and take up to three bytes a pixel where they are not;
 * progressive costs about 30 us and 600 bytes for any 64x64 tile, is not exact, and must be settled by an
 * exact codec later.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_CHOOSE_H
#define RDSPROV_CHANNELS_DISPLAY_CHOOSE_H

#include "channels/display/picture.h"

enum codec_choice { CHOOSE_FILL, CHOOSE_EXACT, CHOOSE_PROGRESSIVE };

/* lossy_allowed: the client takes progressive. *colour (BGRX) is set for a fill. */
enum codec_choice choose_codec(const struct picture *picture, const struct channel_rect *rect,
                               bool lossy_allowed, uint32_t *colour);

#endif
