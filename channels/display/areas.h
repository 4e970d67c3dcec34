/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rectangles that get the same treatment, merged with their neighbours where one command costs less than two.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_AREAS_H
#define RDSPROV_CHANNELS_DISPLAY_AREAS_H

#include <stdbool.h>
#include <stdint.h>

#include "channels/display/planar.h"
#include "channels/messages.h"

/* A merged area's planar_bound is at most this: it is at most a band of the widest block, 64 rows high. */
#define AREAS_PLANAR_MAX ((PLANAR_WIDTH_MAX + PLANAR_WIDTH_MAX / 15 + 2) * 64 * 3 + 1)

struct area {
    struct channel_rect rect;
    uint32_t colour;
};

struct areas {
    struct area *items;
    uint32_t count, cap;
};

void areas_finish(struct areas *self);
/* waste: how many pixels more than the two parts a merged area may have; 0 merges only what fits exactly.
 * False: out of memory. */
bool areas_add(struct areas *self, const struct channel_rect *rect, uint32_t colour, uint32_t waste);

#endif
