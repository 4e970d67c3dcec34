/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a mouse pointer, whole. Between producer and peer it goes in parts (struct channel_pointer),
 * because the largest takes ten times a message.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_POINTER_IMAGE_H
#define RDSPROV_CHANNELS_DISPLAY_POINTER_IMAGE_H

#include "channels/messages.h"

struct pointer_image {
    uint16_t width, height, hot_x, hot_y;
    /* BGRA, not premultiplied, rows of width * 4 bytes, top-down; the rest is never touched */
    uint8_t pixels[CHANNEL_POINTER_MAX * CHANNEL_POINTER_MAX * 4];
};

uint32_t pointer_image_size(const struct pointer_image *self); /* bytes */
void pointer_image_copy(struct pointer_image *self, const struct pointer_image *from);
/* Smaller by a whole number, so that no side is longer than `side`. */
void pointer_image_shrink(struct pointer_image *self, const struct pointer_image *from, uint32_t side);

/* The rows from `top` on that fit a message; returns the first row after them. */
uint16_t pointer_image_part(const struct pointer_image *self, uint16_t top, struct channel_pointer *part);

enum pointer_part { POINTER_MALFORMED, POINTER_MORE, POINTER_WHOLE };

/* Takes a part; *rows (0 in the beginning) are there then. The part with the first row begins anew; one that
 * does not go on where the rows end is left out. */
enum pointer_part pointer_image_add(struct pointer_image *self, uint16_t *rows,
                                    const struct channel_pointer *part);

#endif
