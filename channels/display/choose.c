/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/choose.h"

#include <string.h>

#define COLOUR_MASK 0x00ffffffu

/* Below this many pixels an exact block is about as small as a progressive tile whatever is in it. */
#define SMALL_AREA 640
/* Out of 16 pixels this many equal their left or upper neighbour in text and controls; photos stay far below.
 */
#define EQUAL_SIXTEENTHS 7

static uint32_t load(const uint8_t *row, uint32_t x)
{
    uint32_t value;

    memcpy(&value, row + 4 * (size_t)x, sizeof(value));
    return value & COLOUR_MASK;
}

static bool is_flat(const struct picture *picture, const struct channel_rect *rect, uint32_t colour)
{
    for (uint32_t y = rect->top; y < rect->bottom; y++) {
        const uint8_t *row = picture_at(picture, 0, y);
        uint32_t other = 0;

        for (uint32_t x = rect->left; x < rect->right; x++)
            other |= load(row, x) ^ colour;
        if (other)
            return false;
    }
    return true;
}

static bool is_smooth(const struct picture *picture, const struct channel_rect *rect)
{
    uint32_t equal = 0, seen = 0;

    /* every second row says as much as all */
    for (uint32_t y = rect->top + 1u; y < rect->bottom; y += 2) {
        const uint8_t *row = picture_at(picture, 0, y), *above = picture_at(picture, 0, y - 1);

        for (uint32_t x = rect->left + 1u; x < rect->right; x++) {
            uint32_t value = load(row, x);

            equal += value == load(row, x - 1) || value == load(above, x);
        }
        seen += rect->right - rect->left - 1u;
    }
    return equal * 16 >= seen * EQUAL_SIXTEENTHS;
}

enum codec_choice choose_codec(const struct picture *picture, const struct channel_rect *rect,
                               bool lossy_allowed, uint32_t *colour)
{
    uint32_t area = (uint32_t)(rect->right - rect->left) * (uint32_t)(rect->bottom - rect->top);

    *colour = load(picture_at(picture, 0, rect->top), rect->left);
    if (is_flat(picture, rect, *colour))
        return CHOOSE_FILL;
    if (!lossy_allowed || area < SMALL_AREA || is_smooth(picture, rect))
        return CHOOSE_EXACT;
    return CHOOSE_PROGRESSIVE;
}
