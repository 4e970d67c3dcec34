/* SPDX-License-Identifier: Apache-2.0 */
/* Moving pictures: a pan over a photo whose light changes, with film grain, so that no frame is a moved copy
 * of another. Cheap to make: what measures must not be what limits. */
#include <math.h>
#include <stdlib.h>

#include "scene_private.h"

#define TEXTURE_SIDE 1280 /* holds whole periods of all octaves of canvas_photo */
#define GRAIN_EXTRA 65536

bool video_init(struct scene *self)
{
    struct scene_rect area = scene_area(self);
    size_t count = (size_t)area.width * 4 + GRAIN_EXTRA * 2;

    self->grain = malloc(count);
    if (!self->grain || !canvas_init(&self->photos[0], TEXTURE_SIDE, TEXTURE_SIDE))
        return false;
    canvas_photo(&self->photos[0], 5);
    for (size_t i = 0; i < count; i++)
        self->grain[i] = (uint8_t)(scene_mix((uint32_t)i * 7 + 3) % 5 / 2); /* 0 0 1 1 2 */
    video_draw(self);
    return true;
}

static void draw_row(uint8_t *to, const uint8_t *from, const uint8_t *grain, uint32_t bytes, unsigned gain)
{
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)((from[i] * gain >> 8) + grain[i]);
}

void video_draw(struct scene *self)
{
    struct scene_rect area = scene_area(self);
    uint32_t pan_x = self->frame * 3 % TEXTURE_SIDE, pan_y = self->frame * 2 % TEXTURE_SIDE;
    unsigned gain = (unsigned)(215 + 30 * sin(self->frame / 13.0)); /* 245 at most: grain never overflows */

    for (uint32_t y = 0; y < area.height; y++) {
        const uint32_t *from = self->photos[0].pixels + (size_t)((y + pan_y) % TEXTURE_SIDE) * TEXTURE_SIDE;
        uint32_t *to = self->canvas.pixels + (size_t)(area.y + y) * self->canvas.width + area.x;
        uint32_t offset = scene_mix(self->frame * 2851 + y) % GRAIN_EXTRA;

        for (uint32_t x = 0; x < area.width;) {
            uint32_t at = (x + pan_x) % TEXTURE_SIDE;
            uint32_t run = area.width - x < TEXTURE_SIDE - at ? area.width - x : TEXTURE_SIDE - at;

            draw_row((uint8_t *)(to + x), (const uint8_t *)(from + at), self->grain + offset + x * 4, run * 4,
                     gain);
            x += run;
        }
    }
    canvas_mark(&self->canvas, area.x + 16, area.y + 16, self->frame);
}
