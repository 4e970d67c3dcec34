/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which codec a changed area gets in the graphics pipeline. The one place for that choice; what it rests on:
 * a fill costs 8 bytes; planar is exact and cheap where neighbours are equal (text, controls) and grows to
 * three bytes a pixel where they are not; progressive costs about 56 us and 1-3 KB for any 64x64 tile, is not
 * exact, and must be settled by planar later.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_CHOOSE_H
#define RDSPROV_CHANNELS_DISPLAY_CHOOSE_H

#include "channels/display/picture.h"

enum codec_choice { CHOOSE_FILL, CHOOSE_PLANAR, CHOOSE_PROGRESSIVE };

/* lossy_allowed: the client takes progressive. *colour (BGRX) is set for a fill. */
enum codec_choice choose_codec(const struct picture *picture, const struct channel_rect *rect,
                               bool lossy_allowed, uint32_t *colour);

#endif
