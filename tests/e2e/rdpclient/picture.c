/* SPDX-License-Identifier: Apache-2.0 */
#include "picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool picture_init(struct picture *self, uint32_t width, uint32_t height, const uint8_t *pixels,
                  uint32_t stride)
{
    memset(self, 0, sizeof(*self));
    if (width == 0 || height == 0 || width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX)
        return false;
    self->pixels = calloc((size_t)width * height, 4);
    if (!self->pixels)
        return false;
    self->width = width;
    self->height = height;
    for (uint32_t y = 0; pixels && y < height; y++)
        memcpy(self->pixels + (size_t)y * width * 4, pixels + (size_t)y * stride, (size_t)width * 4);
    return true;
}

void picture_finish(struct picture *self)
{
    free(self->pixels);
    memset(self, 0, sizeof(*self));
}

bool picture_read(struct picture *self, const char *path, char *problem, size_t cap)
{
    FILE *file = fopen(path, "rb");
    unsigned width = 0, height = 0, maximum = 0;
    bool good = false;
    uint8_t rgb[3];

    memset(self, 0, sizeof(*self));
    snprintf(problem, cap, "%s: not a binary PPM with 255 levels", path);
    if (!file) {
        snprintf(problem, cap, "%s: %s", path, strerror(errno));
        return false;
    }
    if (fscanf(file, "P6 %u %u %u", &width, &height, &maximum) != 3 || maximum != 255 || fgetc(file) == EOF)
        goto out;
    if (!picture_init(self, width, height, NULL, 0)) {
        snprintf(problem, cap, "%s: %u x %u is too big or empty", path, width, height);
        goto out;
    }
    for (size_t i = 0; i < (size_t)width * height; i++) {
        if (fread(rgb, sizeof(rgb), 1, file) != 1)
            goto out;
        self->pixels[4 * i] = rgb[2];
        self->pixels[4 * i + 1] = rgb[1];
        self->pixels[4 * i + 2] = rgb[0];
    }
    good = true;
out:
    fclose(file);
    if (!good)
        picture_finish(self);
    return good;
}

bool picture_write(const struct picture *self, const char *path, char *problem, size_t cap)
{
    FILE *file = fopen(path, "wb");
    bool good;

    if (!file) {
        snprintf(problem, cap, "%s: %s", path, strerror(errno));
        return false;
    }
    good = fprintf(file, "P6\n%u %u\n255\n", self->width, self->height) > 0;
    for (size_t i = 0; good && i < (size_t)self->width * self->height; i++) {
        const uint8_t *p = self->pixels + 4 * i;
        const uint8_t rgb[3] = {p[2], p[1], p[0]};

        good = fwrite(rgb, sizeof(rgb), 1, file) == 1;
    }
    good = fclose(file) == 0 && good;
    if (!good)
        snprintf(problem, cap, "%s: cannot be written", path);
    return good;
}

static void add_tile(struct picture_difference *out, const struct picture_rect *tile)
{
    struct picture_rect *last = out->count ? &out->rects[out->count - 1] : NULL;
    uint32_t right, bottom;

    if (last && last->y == tile->y && last->height == tile->height && last->x + last->width == tile->x) {
        last->width += tile->width;
        return;
    }
    if (out->count < PICTURE_RECTS) {
        out->rects[out->count++] = *tile;
        return;
    }
    right = last->x + last->width > tile->x + tile->width ? last->x + last->width : tile->x + tile->width;
    bottom =
        last->y + last->height > tile->y + tile->height ? last->y + last->height : tile->y + tile->height;
    last->x = last->x < tile->x ? last->x : tile->x;
    last->y = last->y < tile->y ? last->y : tile->y;
    last->width = right - last->x;
    last->height = bottom - last->y;
}

struct sums {
    uint64_t linear, square, pixels;
    uint32_t max;
};

static void compare_tile(const struct picture *a, const struct picture *b, const struct picture_rect *tile,
                         uint32_t tolerance, struct sums *sums)
{
    for (uint32_t y = tile->y; y < tile->y + tile->height; y++) {
        const uint8_t *p = a->pixels + ((size_t)y * a->width + tile->x) * 4;
        const uint8_t *q = b->pixels + ((size_t)y * b->width + tile->x) * 4;

        for (uint32_t x = 0; x < tile->width; x++, p += 4, q += 4) {
            bool differs = false;

            for (int c = 0; c < 3; c++) {
                uint32_t d = (uint32_t)abs(p[c] - q[c]);

                sums->linear += d;
                sums->square += (uint64_t)d * d;
                sums->max = d > sums->max ? d : sums->max;
                differs = differs || d > tolerance;
            }
            sums->pixels += differs;
        }
    }
}

bool picture_compare(const struct picture *a, const struct picture *b, const struct picture_rect *area,
                     uint32_t tolerance, struct picture_difference *out)
{
    struct picture_rect all = {0, 0, a->width, a->height};
    struct sums sums = {0};
    double samples;

    memset(out, 0, sizeof(*out));
    if (a->width != b->width || a->height != b->height)
        return false;
    if (!area)
        area = &all;
    if (area->width == 0 || area->height == 0 || area->width > a->width || area->height > a->height ||
        area->x > a->width - area->width || area->y > a->height - area->height)
        return false;

    for (uint32_t y = 0; y < area->height; y += PICTURE_TILE) {
        for (uint32_t x = 0; x < area->width; x += PICTURE_TILE) {
            struct picture_rect tile = {area->x + x, area->y + y,
                                        area->width - x < PICTURE_TILE ? area->width - x : PICTURE_TILE,
                                        area->height - y < PICTURE_TILE ? area->height - y : PICTURE_TILE};
            uint64_t before = sums.pixels;

            compare_tile(a, b, &tile, tolerance, &sums);
            if (sums.pixels != before)
                add_tile(out, &tile);
        }
    }
    samples = 3.0 * area->width * area->height;
    out->pixels = sums.pixels;
    out->max = sums.max;
    out->mean = (double)sums.linear / samples;
    out->square = (double)sums.square / samples;
    return true;
}
