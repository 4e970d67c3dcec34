/* SPDX-License-Identifier: Apache-2.0 */
/* A picture in memory, its file (binary PPM), and how far two of them are apart. */
#ifndef RDPCLIENT_PICTURE_H
#define RDPCLIENT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICTURE_SIDE_MAX 16384
#define PICTURE_RECTS 8
#define PICTURE_TILE 64

struct picture {
    uint32_t width, height;
    uint8_t *pixels; /* B, G, R, ignored; rows without gaps */
};

/* Copies; `pixels` may be NULL (black). False: too big or no memory. */
bool picture_init(struct picture *self, uint32_t width, uint32_t height, const uint8_t *pixels,
                  uint32_t stride);
void picture_finish(struct picture *self);

/* One line in `problem` on failure. */
bool picture_read(struct picture *self, const char *path, char *problem, size_t cap);
bool picture_write(const struct picture *self, const char *path, char *problem, size_t cap);

struct picture_rect {
    uint32_t x, y, width, height;
};

struct picture_difference {
    uint64_t pixels; /* that differ by more than the tolerance in some channel */
    uint32_t max;    /* largest difference of a channel */
    double mean;     /* mean difference over all channels */
    double square;   /* mean square of it, for PSNR */
    unsigned count;  /* of rects; more than PICTURE_RECTS: the last one is what surrounds the rest */
    struct picture_rect rects[PICTURE_RECTS]; /* runs of tiles that differ */
};

/* Over `area` (NULL: all). False: the sizes differ, or the area is not inside. */
bool picture_compare(const struct picture *a, const struct picture *b, const struct picture_rect *area,
                     uint32_t tolerance, struct picture_difference *out);

#endif
