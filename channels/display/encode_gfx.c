/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/encode.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/codec/progressive.h>
#include <freerdp/codec/region.h>

#include "channels/display/choose.h"
#include "channels/display/planar.h"
#include "channels/display/tiles.h"
#include "os/os.h"

#define SETTLE_MS 150 /* a tile that was quiet for so long is made exact */
#define PLANAR_BLOCK_MAX PLANAR_WIDTH_MAX

/* Bytes that an area will take, guessed before it is encoded: what text and photos were seen to take. */
#define FILL_COST 10
#define PROGRESSIVE_COST 2000
#define PLANAR_COST(area_) (40 + (area_) / 3)
#define PLANAR_COST_MAX(area_) (40 + (area_)*3)

/* Rectangles that get the same treatment, merged with their left neighbour where they fit. */
struct area {
    struct channel_rect rect;
    uint32_t colour;
};

struct areas {
    struct area *items;
    uint32_t count;
};

struct encode_gfx {
    struct gfx *gfx;
    struct tile_grid grid;
    uint8_t *marks;    /* per tile: touched by the damage */
    uint8_t *lossy;    /* per tile: the client has it only approximately */
    uint64_t *touched; /* per tile: os_now_ms() of its last lossy update */
    uint8_t *owed;     /* per tile: the client has something older than the picture that was encoded last */
    uint32_t nlossy, nowed;
    uint32_t next; /* tile to begin with: the first one that the last frame had no budget for */
    uint64_t settle_due;
    struct areas fills, planars;
    REGION16 photos;
    PROGRESSIVE_CONTEXT *progressive; /* made when first needed */
    uint8_t *block;                   /* one encoded planar block */
    size_t block_cap;
};

struct encode_gfx *encode_gfx_create(struct gfx *gfx, uint32_t width, uint32_t height)
{
    struct encode_gfx *self = calloc(1, sizeof(*self));
    uint32_t count;

    if (!self)
        return NULL;
    region16_init(&self->photos);
    self->gfx = gfx;
    tile_grid_init(&self->grid, width, height);
    count = tile_grid_count(&self->grid);
    self->marks = calloc(count, 1);
    self->lossy = calloc(count, 1);
    self->owed = calloc(count, 1);
    self->touched = calloc(count, sizeof(self->touched[0]));
    self->fills.items = calloc(count, sizeof(self->fills.items[0]));
    self->planars.items = calloc(count, sizeof(self->planars.items[0]));
    self->block_cap = planar_bound(PLANAR_BLOCK_MAX, TILE_SIDE, false);
    self->block = malloc(self->block_cap);
    if (!self->marks || !self->lossy || !self->owed || !self->touched || !self->fills.items ||
        !self->planars.items || !self->block) {
        encode_gfx_destroy(self);
        return NULL;
    }
    return self;
}

void encode_gfx_destroy(struct encode_gfx *self)
{
    if (!self)
        return;
    encode_gfx_relax(self);
    region16_uninit(&self->photos);
    free(self->block);
    free(self->planars.items);
    free(self->fills.items);
    free(self->touched);
    free(self->owed);
    free(self->lossy);
    free(self->marks);
    free(self);
}

void encode_gfx_relax(struct encode_gfx *self)
{
    progressive_context_free(self->progressive);
    self->progressive = NULL;
    gfx_relax(self->gfx);
}

/* Tiles come in rows from left to right, so a neighbour is the item before. */
static void areas_add(struct areas *self, const struct channel_rect *rect, uint32_t colour)
{
    struct area *last = self->count ? &self->items[self->count - 1] : NULL;

    if (last && last->colour == colour && last->rect.right == rect->left && last->rect.top == rect->top &&
        last->rect.bottom == rect->bottom && rect->right - last->rect.left <= PLANAR_BLOCK_MAX)
        last->rect.right = rect->right;
    else
        self->items[self->count++] = (struct area){*rect, colour};
}

static void clear_lossy(struct encode_gfx *self, uint32_t tile)
{
    if (self->lossy[tile]) {
        self->lossy[tile] = 0;
        self->nlossy--;
    }
}

static bool same_rect(const struct channel_rect *a, const struct channel_rect *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static uint64_t area_of(const struct channel_rect *rect)
{
    return (uint64_t)(rect->right - rect->left) * (uint64_t)(rect->bottom - rect->top);
}

/* Puts what changed in a tile where it belongs; *cost is what it will take, about. */
static bool add_tile(struct encode_gfx *self, const struct picture *picture, uint32_t tile,
                     const struct channel_rect *changed, uint64_t now, uint64_t *cost)
{
    struct channel_rect whole = tile_grid_rect(&self->grid, tile);
    RECTANGLE_16 area = {changed->left, changed->top, changed->right, changed->bottom};
    bool lossy_allowed = gfx_takes_progressive(self->gfx);
    uint32_t colour;

    switch (choose_codec(picture, changed, lossy_allowed, &colour)) {
    case CHOOSE_FILL:
        areas_add(&self->fills, changed, colour);
        *cost = FILL_COST;
        break;
    case CHOOSE_PLANAR:
        areas_add(&self->planars, changed, 0);
        *cost = lossy_allowed ? PLANAR_COST(area_of(changed)) : PLANAR_COST_MAX(area_of(changed));
        break;
    case CHOOSE_PROGRESSIVE:
        if (!self->lossy[tile])
            self->nlossy++;
        self->lossy[tile] = 1;
        self->touched[tile] = now;
        *cost = PROGRESSIVE_COST;
        return region16_union_rect(&self->photos, &self->photos, &area);
    }
    if (same_rect(changed, &whole))
        clear_lossy(self, tile);
    else if (self->lossy[tile])
        self->touched[tile] = now; /* the rest of it is still approximate */
    return true;
}

static void set_owed(struct encode_gfx *self, uint32_t tile, bool owed)
{
    if (self->owed[tile] && !owed)
        self->nowed--;
    else if (!self->owed[tile] && owed)
        self->nowed++;
    self->owed[tile] = owed;
}

/* Collects what differs, from the tile on where the last frame stopped, until the budget is spent. */
static bool collect(struct encode_gfx *self, const struct picture *now, const struct picture *before,
                    uint32_t budget, struct encode_result *result)
{
    uint32_t count = tile_grid_count(&self->grid), first = self->next;
    uint64_t time = os_now_ms(), spent = 0, cost = 0;
    bool full = false;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t tile = (first + i) % count;
        struct channel_rect whole = tile_grid_rect(&self->grid, tile), changed = whole;

        if (!self->marks[tile] && !self->owed[tile])
            continue;
        if (!self->owed[tile] && before && !tile_differs(now, before, &whole, &changed))
            continue;
        if (spent >= budget) {
            if (!full)
                self->next = tile;
            full = true;
            set_owed(self, tile, true);
            continue;
        }
        set_owed(self, tile, false);
        result->pixels += area_of(&changed);
        if (!add_tile(self, now, tile, &changed, time, &cost))
            return false;
        spent += cost;
    }
    return true;
}

static int compare_colour(const void *a, const void *b)
{
    const struct area *left = a, *right = b;

    return left->colour < right->colour ? -1 : left->colour > right->colour;
}

static bool send_fills(struct encode_gfx *self)
{
    struct areas *fills = &self->fills;
    struct channel_rect rects[CHANNEL_RECTS_MAX];

    qsort(fills->items, fills->count, sizeof(fills->items[0]), compare_colour);
    for (uint32_t i = 0; i < fills->count;) {
        uint32_t colour = fills->items[i].colour;
        unsigned n = 0;

        while (i < fills->count && n < CHANNEL_RECTS_MAX && fills->items[i].colour == colour)
            rects[n++] = fills->items[i++].rect;
        if (!gfx_fill(self->gfx, colour, rects, n))
            return false;
    }
    return true;
}

static bool send_planar(struct encode_gfx *self, const struct picture *picture,
                        const struct channel_rect *rect, uint32_t *bytes)
{
    size_t len = planar_encode(self->block, self->block_cap, picture_at(picture, rect->left, rect->top),
                               (ptrdiff_t)picture->stride, (uint32_t)(rect->right - rect->left),
                               (uint32_t)(rect->bottom - rect->top), false);

    *bytes += (uint32_t)len;
    return len > 0 && gfx_planar(self->gfx, rect, self->block, len);
}

static bool send_photos(struct encode_gfx *self, const struct picture *picture)
{
    BYTE *data = NULL;
    UINT32 len = 0;

    if (region16_is_empty(&self->photos))
        return true;
    if (!self->progressive)
        self->progressive = progressive_context_new_ex(TRUE, THREADING_FLAGS_DISABLE_THREADS);
    if (!self->progressive ||
        progressive_compress(self->progressive, picture->pixels, picture->stride * picture->height,
                             PIXEL_FORMAT_BGRX32, picture->width, picture->height, picture->stride,
                             &self->photos, &data, &len) < 0)
        return false;
    return gfx_progressive(self->gfx, data, len);
}

static void find_settle_due(struct encode_gfx *self)
{
    uint64_t oldest = 0;

    if (self->nlossy > 0) {
        for (uint32_t tile = 0; tile < tile_grid_count(&self->grid); tile++)
            if (self->lossy[tile] && !self->owed[tile] && (oldest == 0 || self->touched[tile] < oldest))
                oldest = self->touched[tile];
    }
    self->settle_due = oldest ? oldest + SETTLE_MS : 0;
}

bool encode_gfx_frame(struct encode_gfx *self, uint32_t frame, const struct picture *now,
                      const struct picture *before, const struct damage *damage, uint32_t budget,
                      struct encode_result *result)
{
    uint32_t bytes = 0;

    *result = (struct encode_result){0, 0};
    self->fills.count = self->planars.count = 0;
    region16_clear(&self->photos);
    tile_grid_mark(&self->grid, damage, self->marks);
    if (!collect(self, now, before, budget, result))
        return false;
    if (result->pixels == 0)
        return true;
    if (!gfx_begin(self->gfx, frame) || !send_fills(self))
        return false;
    for (uint32_t i = 0; i < self->planars.count; i++)
        if (!send_planar(self, now, &self->planars.items[i].rect, &bytes))
            return false;
    find_settle_due(self);
    return send_photos(self, now) && gfx_end(self->gfx, &result->bytes);
}

bool encode_gfx_owes(const struct encode_gfx *self)
{
    return self->nowed > 0;
}

uint64_t encode_gfx_settle_due(const struct encode_gfx *self)
{
    return self->settle_due;
}

bool encode_gfx_settle(struct encode_gfx *self, uint32_t frame, const struct picture *picture,
                       uint32_t budget, struct encode_result *result)
{
    uint64_t time = os_now_ms();
    uint32_t spent = 0;

    *result = (struct encode_result){0, 0};
    if (!gfx_begin(self->gfx, frame))
        return false;
    for (uint32_t tile = 0; tile < tile_grid_count(&self->grid) && self->nlossy > 0 && spent < budget;
         tile++) {
        struct channel_rect rect = tile_grid_rect(&self->grid, tile);

        if (!self->lossy[tile] || self->owed[tile] || self->touched[tile] + SETTLE_MS > time)
            continue;
        if (!send_planar(self, picture, &rect, &spent))
            return false;
        clear_lossy(self, tile);
        result->pixels += area_of(&rect);
    }
    find_settle_due(self);
    return gfx_end(self->gfx, &result->bytes);
}
