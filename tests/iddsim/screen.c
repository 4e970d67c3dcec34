/* SPDX-License-Identifier: Apache-2.0 */
#include "screen.h"

#include <stdlib.h>
#include <string.h>

bool screen_resize(struct screen *self, uint32_t width, uint32_t height, uint32_t seed)
{
    if (self->pixels && self->width == width && self->height == height)
        return true;
    free(self->pixels);
    self->pixels = malloc((size_t)width * height * 4);
    self->width = width;
    self->height = height;
    if (!self->pixels)
        return false;
    screen_draw(self, seed, 0, 0, (int)width, (int)height);
    return true;
}

void screen_finish(struct screen *self)
{
    free(self->pixels);
    memset(self, 0, sizeof(*self));
}

static RECT clip(const struct screen *self, int x, int y, int width, int height)
{
    RECT r = {x < 0 ? 0 : x, y < 0 ? 0 : y, x + width, y + height};

    if (r.right > (LONG)self->width)
        r.right = (LONG)self->width;
    if (r.bottom > (LONG)self->height)
        r.bottom = (LONG)self->height;
    return r;
}

RECT screen_draw(struct screen *self, uint32_t seed, int x, int y, int width, int height)
{
    RECT r = clip(self, x, y, width, height);

    for (LONG row = r.top; row < r.bottom; row++)
        for (LONG column = r.left; column < r.right; column++)
            self->pixels[(size_t)row * self->width + (size_t)column] =
                (seed * 2654435761u + (uint32_t)row * 40503u + (uint32_t)column * 9176u) | 0xFF000000u;
    return r;
}

RECT screen_plain(struct screen *self, uint32_t color, int x, int y, int width, int height)
{
    RECT r = clip(self, x, y, width, height);

    for (LONG row = r.top; row < r.bottom; row++)
        for (LONG column = r.left; column < r.right; column++)
            self->pixels[(size_t)row * self->width + (size_t)column] = color | 0xFF000000u;
    return r;
}

bool picture_set_init(struct picture_set *self, uint32_t width, uint32_t height)
{
    memset(self, 0, sizeof(*self));
    self->width = width;
    self->height = height;
    self->pitch = (width * 4 + 127) / 64 * 64; /* more than a row, as a real one */
    self->pending = self->held = PICTURE_NONE;
    for (unsigned i = 0; i < PICTURE_BUFFERS; i++)
        if (!(self->buffers[i] = malloc((size_t)self->pitch * height)))
            return false;
    return true;
}

void picture_set_finish(struct picture_set *self)
{
    for (unsigned i = 0; i < PICTURE_BUFFERS; i++) {
        free(self->buffers[i]);
        self->buffers[i] = NULL;
    }
}

void picture_present(struct picture_set *self, const struct screen *screen, const RECT *rect)
{
    unsigned to = self->pending;

    if (to == PICTURE_NONE) {
        to = self->held == 0 ? 1 : 0;
        self->nrects = 0;
    }
    for (uint32_t y = 0; y < self->height; y++)
        memcpy(self->buffers[to] + (size_t)y * self->pitch, screen->pixels + (size_t)y * screen->width,
               (size_t)self->width * 4);
    if (self->nrects == SCREEN_RECTS_MAX) {
        self->rects[0] = (RECT){0, 0, (LONG)self->width, (LONG)self->height};
        self->nrects = 1;
    } else {
        self->rects[self->nrects++] = *rect;
    }
    self->number++;
    self->pending = to;
}

bool picture_acquire(struct picture_set *self)
{
    if (self->pending == PICTURE_NONE)
        return false;
    if (self->held != PICTURE_NONE)
        memset(self->buffers[self->held], 0xDD, (size_t)self->pitch * self->height);
    self->held = self->pending;
    self->pending = PICTURE_NONE;
    self->held_nrects = self->nrects;
    memcpy(self->held_rects, self->rects, sizeof(self->rects));
    self->held_number = self->number;
    return true;
}
