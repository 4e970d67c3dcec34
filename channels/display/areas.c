/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/areas.h"

#include <stdlib.h>

#include "channels/display/planar.h"
#include "channels/display/rect.h"

#define LOOK_BACK 48 /* the neighbour above is a row of tiles back */

void areas_finish(struct areas *self)
{
    free(self->items);
    *self = (struct areas){0};
}

bool areas_add(struct areas *self, const struct channel_rect *rect, uint32_t colour, uint32_t waste)
{
    uint32_t first = self->count > LOOK_BACK ? self->count - LOOK_BACK : 0;

    for (uint32_t i = self->count; i > first; i--) {
        struct area *other = &self->items[i - 1];
        struct channel_rect hull = rect_hull(&other->rect, rect);

        uint32_t width = (uint32_t)(hull.right - hull.left), height = (uint32_t)(hull.bottom - hull.top);

        if (other->colour != colour || rect_area(&hull) > rect_area(&other->rect) + rect_area(rect) + waste ||
            width > PLANAR_WIDTH_MAX || planar_bound(width, height, false) > AREAS_PLANAR_MAX)
            continue;
        if (rect_overlaps(&other->rect, rect) && waste == 0)
            continue;
        other->rect = hull;
        return true;
    }
    if (self->count == self->cap) {
        uint32_t cap = self->cap ? self->cap * 2 : 64;
        struct area *items = realloc(self->items, cap * sizeof(items[0]));

        if (!items)
            return false;
        self->items = items;
        self->cap = cap;
    }
    self->items[self->count++] = (struct area){*rect, colour};
    return true;
}
