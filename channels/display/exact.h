/* SPDX-License-Identifier: Apache-2.0 */
/* Sends an area exactly, by whichever codec takes fewest bytes: as it is, ClearCodec or planar. */
#ifndef RDSPROV_CHANNELS_DISPLAY_EXACT_H
#define RDSPROV_CHANNELS_DISPLAY_EXACT_H

#include "channels/display/gfx.h"
#include "channels/display/picture.h"

struct exact;

struct exact *exact_create(void); /* NULL: out of memory */
void exact_destroy(struct exact *self);

/* `area` is one that areas_add made: its planar block is at most AREAS_PLANAR_MAX. False: the channel is
 * broken. */
bool exact_send(struct exact *self, struct gfx *gfx, const struct picture *picture,
                const struct channel_rect *area);

#endif
