/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/encode.h"

#include <stdlib.h>
#include <string.h>

#include "channels/display/areas.h"
#include "channels/display/choose.h"
#include "channels/display/client_tiles.h"
#include "channels/display/exact.h"
#include "channels/display/motion.h"
#include "channels/display/progressive.h"
#include "channels/display/rect.h"
#include "channels/display/tile_cache.h"
#include "channels/display/video_send.h"
#include "os/os.h"

#define SETTLE_MS 150   /* a tile that was quiet for so long is made exact */
#define EXACT_WASTE 200 /* pixels that a merged block may send in vain: what a command costs */

/* A tile that stood for so long may come back; what changes more often is not worth a hash. */
#define CACHE_AGE_MS 400
/* A tile of which less than this part changed is sent, not looked for in the cache. */
#define CACHE_PART 8
/* Slots used at most: 32 MB at the client, and 64 KB here. */
#define CACHE_SLOTS_MAX 2048

/* Bytes that an area will take, guessed before it is encoded: what text and photos were seen to take. */
#define FILL_COST 10

#define LITTLE_PIXELS 1024     /* of a tile: some letters, not a part of a moving picture */
#define LITTLE_BUDGET 3072     /* bytes for such tiles, beyond the budget */
#define BUSY_MS 100            /* between two damages of a tile: */
#define BUSY_RUN 6             /* that often in a row, and it is no longer something that is typed */
#define LITTLE_MATTERS 0x10000 /* with a larger budget the order does not matter */
#define PUT_COST 18
#define EXACT_COST(area_) (40 + (area_) / 8)
#define EXACT_COST_MAX(area_) (40 + (area_)*3)

struct encode_gfx {
    struct gfx *gfx;
    struct tile_grid grid;
    struct client_tiles client;
    uint8_t *marks; /* per tile: something in it differs, or is overwritten by a copy */
    uint32_t next;  /* tile to begin with: the first one that the last frame had no budget for */
    uint64_t settle_due;
    struct tile_cache *cache;
    struct motion *motion;
    struct motion_copy copies[MOTION_COPIES_MAX];
    unsigned ncopies;
    struct areas fills, exacts;
    struct progressive *photos; /* made when first needed */
    struct exact *exact;
    struct video *video; /* NULL: the client has no H.264 */
    struct areas videos; /* of this frame */
};

static uint16_t cache_slots(const struct gfx *gfx)
{
    struct gfx_cache_budget budget = gfx_cache_budget(gfx);
    uint32_t slots = budget.bytes / (TILE_SIDE * TILE_SIDE * 4);

    if (slots > budget.slots)
        slots = budget.slots;
    return (uint16_t)(slots < CACHE_SLOTS_MAX ? slots : CACHE_SLOTS_MAX);
}

struct encode_gfx *encode_gfx_create(struct gfx *gfx, uint32_t width, uint32_t height)
{
    struct encode_gfx *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->gfx = gfx;
    tile_grid_init(&self->grid, width, height);
    self->marks = calloc(tile_grid_count(&self->grid), 1);
    self->exact = exact_create();
    self->motion = motion_create(width, height);
    self->cache = tile_cache_create(cache_slots(gfx));
    if (gfx_takes_avc420(gfx))
        self->video = video_create(&self->grid);
    if (!client_tiles_init(&self->client, &self->grid) || !self->marks || !self->exact || !self->motion ||
        !self->cache || (gfx_takes_avc420(gfx) && !self->video)) {
        encode_gfx_destroy(self);
        return NULL;
    }
    return self;
}

void encode_gfx_destroy(struct encode_gfx *self)
{
    if (!self)
        return;
    progressive_destroy(self->photos);
    video_destroy(self->video);
    areas_finish(&self->videos);
    areas_finish(&self->exacts);
    areas_finish(&self->fills);
    client_tiles_finish(&self->client);
    tile_cache_destroy(self->cache);
    motion_destroy(self->motion);
    exact_destroy(self->exact);
    free(self->marks);
    free(self);
}

bool encode_gfx_forget(struct encode_gfx *self)
{
    return tile_cache_forget(self->cache);
}

void encode_gfx_relax(struct encode_gfx *self)
{
    progressive_destroy(self->photos);
    self->photos = NULL;
    if (self->video)
        video_rest(self->video, os_now_ms(), 0);
    areas_finish(&self->videos);
    areas_finish(&self->exacts);
    areas_finish(&self->fills);
    gfx_relax(self->gfx);
}

/* --- what differs -------------------------------------------------------------------------------------- */

/* Leaves marked what differs and has damage. */
static void mark(struct encode_gfx *self, const struct picture *now, const struct picture *before,
                 const struct damage *damage)
{
    tile_grid_mark(&self->grid, damage, self->marks);
    if (!before)
        return;
    for (uint32_t tile = 0; tile < tile_grid_count(&self->grid); tile++) {
        struct channel_rect whole = tile_grid_rect(&self->grid, tile);

        if (self->marks[tile])
            self->marks[tile] = !tile_equal(now, before, &whole);
    }
}

/* What a copy overwrites is looked at, too. */
static void mark_copied(struct encode_gfx *self)
{
    for (unsigned i = 0; i < self->ncopies; i++) {
        const struct channel_rect *to = &self->copies[i].to;

        for (uint32_t y = to->top / TILE_SIDE; y * TILE_SIDE < to->bottom; y++)
            for (uint32_t x = to->left / TILE_SIDE; x * TILE_SIDE < to->right; x++)
                self->marks[y * self->grid.columns + x] = 1;
    }
}

static bool send_copies(struct encode_gfx *self)
{
    for (unsigned i = 0; i < self->ncopies; i++) {
        struct channel_rect source = motion_source(&self->copies[i]);
        struct channel_position to = {self->copies[i].to.left, self->copies[i].to.top};

        if (!gfx_copy(self->gfx, &source, &to, 1))
            return false;
    }
    return true;
}

/* Compares the parts of `area` that the copies from `copy` on leave alone, and those that they make. */
static void compare(const struct encode_gfx *self, struct tile_mask *mask, const struct channel_rect *tile,
                    struct channel_rect area, unsigned copy, const struct picture *now,
                    const struct picture *before)
{
    for (; copy < self->ncopies; copy++) {
        const struct motion_copy *c = &self->copies[copy];
        struct channel_rect inside = area, part;

        if (!rect_overlaps(&area, &c->to))
            continue;
        rect_clip(&inside, &c->to);
        tile_mask_compare(mask, tile, &inside, now, before, c->dx, c->dy);
        part = (struct channel_rect){area.left, area.top, area.right, inside.top};
        if (part.top < part.bottom)
            compare(self, mask, tile, part, copy + 1, now, before);
        part = (struct channel_rect){area.left, inside.bottom, area.right, area.bottom};
        if (part.top < part.bottom)
            compare(self, mask, tile, part, copy + 1, now, before);
        part = (struct channel_rect){area.left, inside.top, inside.left, inside.bottom};
        if (part.left < part.right)
            compare(self, mask, tile, part, copy + 1, now, before);
        part = (struct channel_rect){inside.right, inside.top, area.right, inside.bottom};
        if (part.left < part.right)
            compare(self, mask, tile, part, copy + 1, now, before);
        return;
    }
    tile_mask_compare(mask, tile, &area, now, before, 0, 0);
}

/* --- the client's cache -------------------------------------------------------------------------------- */

static bool changed_much(const struct tile_mask *mask, const struct channel_rect *tile)
{
    return tile_mask_pixels(mask) * CACHE_PART >= rect_area(tile);
}

/* What stood in a tile and is covered now may come back: a menu closes, a window goes behind another. The
 * client still shows it, exactly, so keeping it costs one small command. Before anything else of the frame.
 */
static bool keep_covered(struct encode_gfx *self, const struct picture *now, const struct picture *before,
                         uint64_t time)
{
    for (uint32_t i = 0; i < tile_grid_count(&self->grid); i++) {
        struct client_tile *tile = &self->client.tiles[i];
        struct tile_mask mask = {0};
        struct channel_rect whole;
        struct tile_key key;
        uint32_t colour;
        uint16_t slot;

        if (!self->marks[i])
            continue;
        tile->stood = tile->changed_ms + CACHE_AGE_MS <= time;
        if (!tile->stood) {
            tile->changed_ms = time;
            continue;
        }
        whole = tile_grid_rect(&self->grid, i);
        tile_mask_compare(&mask, &whole, &whole, now, before, 0, 0);
        if (!changed_much(&mask, &whole))
            continue;
        tile->changed_ms = time;
        if (tile->lossy.right || tile->owed.right ||
            choose_codec(before, &whole, false, &colour) == CHOOSE_FILL)
            continue;
        key = tile_cache_key(self->cache, before, &whole);
        if (tile_cache_find(self->cache, &key))
            continue;
        slot = tile_cache_add(self->cache, &key);
        if (slot && !gfx_cache_store(self->gfx, key.words[1], slot, &whole))
            return false;
    }
    return true;
}

/* *put: the client had it. */
static bool put_cached(struct encode_gfx *self, const struct picture *picture, uint32_t tile, bool *put)
{
    struct channel_rect whole = tile_grid_rect(&self->grid, tile);
    struct channel_position place = {whole.left, whole.top};
    struct tile_key key;
    uint32_t colour;
    uint16_t slot;

    *put = false;
    if (!self->client.tiles[tile].stood || !tile_cache_any(self->cache) ||
        choose_codec(picture, &whole, false, &colour) == CHOOSE_FILL)
        return true;
    key = tile_cache_key(self->cache, picture, &whole);
    slot = tile_cache_find(self->cache, &key);
    if (!slot)
        return true;
    *put = true;
    client_tiles_exact(&self->client, tile, &whole);
    return gfx_cache_put(self->gfx, slot, &place, 1);
}

/* --- what is done about it ----------------------------------------------------------------------------- */

static bool add_photo(struct encode_gfx *self, const struct picture *picture, const struct channel_rect *area,
                      uint64_t *cost)
{
    size_t before;

    if (!self->photos) {
        self->photos = progressive_create(tile_grid_count(&self->grid));
        if (!self->photos)
            return false;
        progressive_begin(self->photos);
    }
    before = progressive_len(self->photos);
    if (!progressive_add(self->photos, picture, area))
        return false;
    *cost += progressive_len(self->photos) - before;
    return true;
}

/* Puts a changed area where it belongs; *cost is what it will take, about. */
static bool add_area(struct encode_gfx *self, const struct picture *picture, uint32_t tile,
                     const struct channel_rect *area, bool lossy_allowed, uint64_t now, uint64_t *cost)
{
    uint32_t colour;
    enum codec_choice choice = choose_codec(picture, area, lossy_allowed, &colour);

    if (choice == CHOOSE_PROGRESSIVE && add_photo(self, picture, area, cost)) {
        client_tiles_lossy(&self->client, tile, area, now);
        return true;
    }
    client_tiles_exact(&self->client, tile, area);
    if (choice == CHOOSE_FILL) {
        *cost += FILL_COST;
        return areas_add(&self->fills, area, colour, 0);
    }
    *cost += gfx_takes_progressive(self->gfx) ? EXACT_COST(rect_area(area)) : EXACT_COST_MAX(rect_area(area));
    return areas_add(&self->exacts, area, 0, EXACT_WASTE);
}

static struct channel_rect mask_hull(const struct tile_mask *mask, const struct channel_rect *tile)
{
    struct channel_rect pieces[TILE_RECTS_MAX], hull;
    unsigned count = tile_mask_rects(mask, tile, pieces);

    hull = pieces[0];
    for (unsigned i = 1; i < count; i++)
        hull = rect_hull(&hull, &pieces[i]);
    return hull;
}

/* The video's picture is there for all of its tiles once it is there for one. */
static bool add_video(struct encode_gfx *self, uint32_t tile, const struct channel_rect *area, uint64_t now,
                      uint64_t *cost)
{
    if (self->videos.count == 0)
        *cost += video_cost(self->video);
    client_tiles_lossy(&self->client, tile, area, now);
    return areas_add(&self->videos, area, 0, 0);
}

/* What changed in a tile: a photo as a whole, everything else in tight pieces. */
static bool add_tile(struct encode_gfx *self, const struct picture *picture, uint32_t tile,
                     const struct tile_mask *mask, uint64_t now, uint64_t *cost)
{
    struct channel_rect whole = tile_grid_rect(&self->grid, tile), hull = mask_hull(mask, &whole);
    struct channel_rect pieces[TILE_RECTS_MAX];
    uint32_t colour;
    unsigned count;
    bool photo = (gfx_takes_progressive(self->gfx) || self->video) &&
                 choose_codec(picture, &hull, true, &colour) == CHOOSE_PROGRESSIVE;

    if (self->video) {
        video_photo(self->video, tile, photo);
        if (photo && video_takes(self->video, tile))
            return add_video(self, tile, &hull, now, cost);
    }
    if (photo && gfx_takes_progressive(self->gfx))
        return add_area(self, picture, tile, &hull, true, now, cost);
    count = tile_mask_rects(mask, &whole, pieces);
    for (unsigned i = 0; i < count; i++)
        if (!add_area(self, picture, tile, &pieces[i], false, now, cost))
            return false;
    return true;
}

/* Something moves there all the time. */
static bool is_busy(struct client_tile *tile, uint64_t now)
{
    if (now - tile->damaged_ms > BUSY_MS)
        tile->damaged_run = 0;
    else if (tile->damaged_run < BUSY_RUN)
        tile->damaged_run++;
    tile->damaged_ms = now;
    return tile->damaged_run == BUSY_RUN;
}

/* On a line whose budget is short, tiles of which little changed, and not all the time, go first: what
 * somebody types does not wait for its turn among those of a video. */
static bool collect_little(struct encode_gfx *self, const struct picture *now, const struct picture *before,
                           struct encode_result *result, uint64_t *spent)
{
    uint32_t count = tile_grid_count(&self->grid);
    uint64_t time = os_now_ms();

    for (uint32_t tile = 0; tile < count; tile++) {
        const struct channel_rect owed = self->client.tiles[tile].owed;
        struct channel_rect whole;
        struct tile_mask mask;
        uint32_t pixels;

        if ((!self->marks[tile] && !owed.right) ||
            (self->marks[tile] && is_busy(&self->client.tiles[tile], time)) ||
            rect_area(&owed) > LITTLE_PIXELS)
            continue;
        whole = tile_grid_rect(&self->grid, tile);
        memset(&mask, 0, sizeof(mask));
        if (self->marks[tile])
            compare(self, &mask, &whole, whole, 0, now, before);
        if (owed.right)
            tile_mask_add(&mask, &whole, &owed);
        pixels = tile_mask_pixels(&mask);
        if (pixels > LITTLE_PIXELS || *spent >= LITTLE_BUDGET)
            continue;
        self->marks[tile] = 0;
        client_tiles_pay(&self->client, tile);
        result->pixels += pixels;
        if (pixels && !add_tile(self, now, tile, &mask, time, spent))
            return false;
    }
    return true;
}

/* Collects what differs, from the tile on where the last frame stopped, until the budget is spent. */
static bool collect(struct encode_gfx *self, const struct picture *now, const struct picture *before,
                    uint32_t budget, struct encode_result *result)
{
    uint32_t count = tile_grid_count(&self->grid), first = self->next;
    uint64_t time = os_now_ms(), spent = 0;
    bool full = false;

    if (before && budget < LITTLE_MATTERS && !collect_little(self, now, before, result, &spent))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tile = (first + i) % count;
        const struct channel_rect owed = self->client.tiles[tile].owed;
        struct channel_rect whole;
        struct tile_mask mask;
        bool put = false;

        if (!self->marks[tile] && !owed.right)
            continue;
        whole = tile_grid_rect(&self->grid, tile);
        memset(&mask, 0, sizeof(mask));
        if (!before) {
            tile_mask_add(&mask, &whole, &whole);
            self->client.tiles[tile].stood = true;
        } else if (self->marks[tile])
            compare(self, &mask, &whole, whole, 0, now, before);
        if (self->video && !tile_mask_empty(&mask))
            video_changed(self->video, tile, time);
        if (spent >= budget && !(self->videos.count > 0 && video_takes(self->video, tile))) {
            if (!full && (owed.right || !tile_mask_empty(&mask))) {
                self->next = tile;
                full = true;
            }
            if (!tile_mask_empty(&mask)) {
                struct channel_rect late = mask_hull(&mask, &whole);

                client_tiles_owe(&self->client, tile, &late);
            }
            continue;
        }
        if (owed.right)
            tile_mask_add(&mask, &whole, &owed);
        client_tiles_pay(&self->client, tile);
        if (tile_mask_empty(&mask))
            continue;
        result->pixels += tile_mask_pixels(&mask);
        if (changed_much(&mask, &whole) && !put_cached(self, now, tile, &put))
            return false;
        if (put)
            spent += PUT_COST;
        else if (!add_tile(self, now, tile, &mask, time, &spent))
            return false;
    }
    return true;
}

/* --- sending ------------------------------------------------------------------------------------------- */

static int compare_colour(const void *a, const void *b)
{
    const struct area *left = a, *right = b;

    return left->colour < right->colour ? -1 : left->colour > right->colour;
}

static bool send_fills(struct encode_gfx *self)
{
    struct areas *fills = &self->fills;
    struct channel_rect rects[CHANNEL_RECTS_MAX];

    if (fills->count == 0)
        return true;
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

static bool send_photos(struct encode_gfx *self)
{
    const uint8_t *data;
    size_t len = self->photos ? progressive_end(self->photos, &data) : 0;

    return len == 0 || gfx_progressive(self->gfx, data, len);
}

static void find_settle_due(struct encode_gfx *self)
{
    uint64_t oldest = 0;

    if (self->client.nlossy > 0) {
        for (uint32_t i = 0; i < tile_grid_count(&self->grid); i++) {
            const struct client_tile *tile = &self->client.tiles[i];

            if (tile->lossy.right && !tile->owed.right && (oldest == 0 || tile->lossy_ms < oldest))
                oldest = tile->lossy_ms;
        }
    }
    self->settle_due = oldest ? oldest + SETTLE_MS : 0;
}

static bool send_areas(struct encode_gfx *self, const struct picture *picture)
{
    if (!send_fills(self))
        return false;
    for (uint32_t i = 0; i < self->exacts.count; i++)
        if (!exact_send(self->exact, self->gfx, picture, &self->exacts.items[i].rect))
            return false;
    return send_photos(self);
}

static void clear_areas(struct encode_gfx *self)
{
    self->fills.count = self->exacts.count = self->videos.count = 0;
    self->ncopies = 0;
    if (self->photos)
        progressive_begin(self->photos);
}

bool encode_gfx_frame(struct encode_gfx *self, uint32_t frame, const struct picture *now,
                      const struct picture *before, const struct damage *damage, uint32_t budget,
                      struct encode_result *result)
{
    uint64_t time = os_now_ms();

    *result = (struct encode_result){0, 0};
    clear_areas(self);
    mark(self, now, before, damage);
    if (!gfx_begin(self->gfx, frame))
        return false;
    if (before) {
        if (!keep_covered(self, now, before, time))
            return false;
        self->ncopies = motion_find(self->motion, &self->grid, self->marks, now, before, self->copies);
        if (!send_copies(self))
            return false;
        client_tiles_copied(&self->client, self->copies, self->ncopies, time);
    }
    mark_copied(self);
    if (self->video && !video_send_state(self->video, self->gfx, time, budget))
        return false;
    if (!collect(self, now, before, budget, result) || !send_areas(self, now) ||
        (self->videos.count > 0 &&
         !video_send(self->video, self->gfx, &self->videos, &self->client, now, time)))
        return false;
    find_settle_due(self);
    return gfx_end(self->gfx, &result->bytes);
}

bool encode_gfx_owes(const struct encode_gfx *self)
{
    return self->client.nowed > 0;
}

uint64_t encode_gfx_settle_due(const struct encode_gfx *self)
{
    return self->settle_due;
}

bool encode_gfx_settle(struct encode_gfx *self, uint32_t frame, const struct picture *picture,
                       uint32_t budget, struct encode_result *result)
{
    uint64_t time = os_now_ms(), spent = 0;

    *result = (struct encode_result){0, 0};
    clear_areas(self);
    for (uint32_t i = 0; i < tile_grid_count(&self->grid) && spent < budget; i++) {
        struct client_tile *tile = &self->client.tiles[i];
        struct channel_rect area = tile->lossy;

        if (!area.right || tile->owed.right || tile->lossy_ms + SETTLE_MS > time)
            continue;
        if (!add_area(self, picture, i, &area, false, time, &spent))
            return false;
        spent += 2 * (uint64_t)rect_area(&area); /* a photo, after all */
        result->pixels += rect_area(&area);
    }
    find_settle_due(self);
    return gfx_begin(self->gfx, frame) &&
           (!self->video || !video_rest(self->video, time, SETTLE_MS) || gfx_video_close(self->gfx)) &&
           send_areas(self, picture) && gfx_end(self->gfx, &result->bytes);
}
