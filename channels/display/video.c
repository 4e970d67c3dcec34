/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/video.h"

#include <stdlib.h>
#include <string.h>

#include "channels/display/h264.h"
#include "channels/display/rect.h"

#define GAP_MS 150      /* between two changes of a tile in a video, at most */
#define RUN 8           /* changes in a row, */
#define RUN_MS 250      /* and for so long: not a picture that is faded in */
#define TILES_MIN 6     /* a smaller video is not worth a stream */
#define RESTART_MS 1000 /* between two starts: each costs a picture that stands alone */
#define END_MS 500      /* a region in which little moves for so long has ended */
#define FAILED_MS 10000 /* no stream for so long after OpenH264 failed: it does with noise */
#define LITTLE_PART 4   /* little: less than one of so many tiles */
#define FIRST_BYTES 12  /* pixels for which the first picture takes a byte, about */
#define MACROBLOCK 16

struct moving {
    uint64_t first_ms, last_ms;
    uint8_t run;
    bool photo;
};

struct video {
    const struct tile_grid *grid;
    struct moving *tiles;
    struct channel_rect region;
    struct h264 *h264;
    uint64_t started_ms, busy_ms, sent_ms;
    uint32_t cost;
    uint64_t failed_ms; /* 0: never */
    bool started, room;
};

struct video *video_create(const struct tile_grid *grid)
{
    struct video *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->grid = grid;
    self->tiles = calloc(tile_grid_count(grid), sizeof(self->tiles[0]));
    if (!self->tiles) {
        free(self);
        return NULL;
    }
    return self;
}

void video_destroy(struct video *self)
{
    if (!self)
        return;
    h264_destroy(self->h264);
    free(self->tiles);
    free(self);
}

void video_changed(struct video *self, uint32_t index, uint64_t now)
{
    struct moving *tile = &self->tiles[index];

    if (now - tile->last_ms > GAP_MS)
        tile->run = 0;
    if (tile->run == 0)
        tile->first_ms = now;
    if (tile->photo && tile->run < RUN)
        tile->run++;
    tile->last_ms = now;
}

void video_photo(struct video *self, uint32_t tile, bool photo)
{
    self->tiles[tile].photo = photo;
    if (!photo)
        self->tiles[tile].run = 0;
}

static bool is_moving(const struct moving *tile, uint64_t now)
{
    return tile->run == RUN && now - tile->last_ms <= GAP_MS && tile->last_ms - tile->first_ms >= RUN_MS;
}

/* How many tiles move, and the rectangle around them. */
static uint32_t find(const struct video *self, uint64_t now, struct channel_rect *hull)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < tile_grid_count(self->grid); i++) {
        struct channel_rect whole;

        if (!is_moving(&self->tiles[i], now))
            continue;
        whole = tile_grid_rect(self->grid, i);
        *hull = count++ ? rect_hull(hull, &whole) : whole;
    }
    return count;
}

static uint32_t tiles_of(const struct channel_rect *rect)
{
    return ((uint32_t)(rect->right - rect->left) + TILE_SIDE - 1) / TILE_SIDE *
           (((uint32_t)(rect->bottom - rect->top) + TILE_SIDE - 1) / TILE_SIDE);
}

static void end(struct video *self)
{
    h264_destroy(self->h264);
    self->h264 = NULL;
    self->region = (struct channel_rect){0};
}

static bool start(struct video *self, struct channel_rect region, uint64_t now)
{
    /* chroma has half the size; an odd desktop's last tiles are sent as anything else */
    region.right -= region.right % 2 ? TILE_SIDE / 2 : 0;
    region.bottom -= region.bottom % 2 ? TILE_SIDE / 2 : 0;
    region.right &= ~1u;
    region.bottom &= ~1u;
    end(self);
    self->started = true;
    self->started_ms = self->busy_ms = self->sent_ms = now;
    self->h264 = h264_create((uint32_t)(region.right - region.left), (uint32_t)(region.bottom - region.top));
    if (!self->h264)
        return false;
    self->region = region;
    self->cost = rect_area(&region) / FIRST_BYTES;
    return true;
}

enum video_state video_update(struct video *self, uint64_t now, uint32_t budget)
{
    bool had = self->region.right != 0;
    struct channel_rect hull = {0};
    uint32_t count;

    self->room = false;
    if (self->failed_ms && now - self->failed_ms < FAILED_MS)
        return VIDEO_NONE;
    count = find(self, now, &hull);
    if (had && count * LITTLE_PART >= tiles_of(&self->region))
        self->busy_ms = now;
    /* most of the rectangle moves, or it is not one video */
    if (count >= TILES_MIN && 2 * count >= tiles_of(&hull) &&
        (!self->started || now - self->started_ms >= RESTART_MS) &&
        (!had || !rect_contains(&self->region, &hull) || 2 * tiles_of(&hull) < tiles_of(&self->region)) &&
        rect_area(&hull) / FIRST_BYTES <= budget) {
        self->room = start(self, hull, now);
        return self->room ? VIDEO_OPENED : VIDEO_NONE;
    }
    if (!had)
        return VIDEO_NONE;
    if (now - self->busy_ms > END_MS) {
        end(self);
        return VIDEO_NONE;
    }
    self->room = self->cost <= budget;
    return VIDEO_GOES_ON;
}

bool video_takes(const struct video *self, uint32_t tile)
{
    struct channel_rect whole = tile_grid_rect(self->grid, tile);

    return self->room && self->tiles[tile].photo && rect_contains(&self->region, &whole);
}

const struct channel_rect *video_region(const struct video *self)
{
    return &self->region;
}

void video_coded_size(const struct video *self, uint32_t *width, uint32_t *height)
{
    *width = ((uint32_t)(self->region.right - self->region.left) + MACROBLOCK - 1) / MACROBLOCK * MACROBLOCK;
    *height = ((uint32_t)(self->region.bottom - self->region.top) + MACROBLOCK - 1) / MACROBLOCK * MACROBLOCK;
}

uint32_t video_cost(const struct video *self)
{
    return self->cost;
}

bool video_encode(struct video *self, const struct picture *picture, uint64_t now, const uint8_t **data,
                  size_t *len)
{
    if (!h264_encode(self->h264, picture, self->region.left, self->region.top, data, len)) {
        end(self);
        self->room = false;
        self->failed_ms = now;
        return false;
    }
    self->sent_ms = now;
    /* the first one is much larger than those after it */
    self->cost = (uint32_t)(self->sent_ms == self->started_ms ? *len / 4 : *len);
    return true;
}

bool video_rest(struct video *self, uint64_t now, uint64_t quiet)
{
    if (self->region.right && now - self->sent_ms < quiet)
        return false;
    end(self);
    return true;
}
