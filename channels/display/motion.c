/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First votes: short pieces of rows of the new picture (anchors) are looked up in the old one by a rolling
 * hash; each place where one is found votes for a vector. Only every ANCHOR_ROWS-th row of the old picture is
 * read, so an anchor is as many rows high. Then, for the vectors with most votes, the rectangle is found in
 * which the shifted old picture agrees in most places where the unshifted one does not.
 */
#include "channels/display/motion.h"
#include "channels/display/motion_gain.h"

#include <stdlib.h>
#include <string.h>

#include "channels/display/rect.h"

#define COLOUR_MASK 0x00ffffffu

#define ANCHOR_WIDTH 32
#define ANCHOR_ROWS 4
/* Steps between neighbours in a row that make an anchor distinctive: text has more, a frame's edge fewer. */
#define ANCHOR_STEPS 4
#define ANCHORS_MAX 1024
#define ANCHOR_HITS_MAX 12 /* found more often it is a pattern that says nothing */

#define BUCKETS 4096 /* of anchors */
#define FILTER_BITS 65536
#define VECTORS_MAX 512

#define MARKS_MIN 3   /* fewer tiles are cheaper to send than to search */
#define VOTES_MIN 3   /* for a vector to be tried */
#define TRIES 3       /* vectors tried */
#define GAIN_MIN 2048 /* pixels that a copy must save */

#define FACTOR 0x9e3779b97f4a7c15ull

struct anchor {
    uint64_t hash;
    uint16_t x, y;
    uint16_t hits;
    uint16_t next; /* in its bucket, 0: end */
};

struct vector {
    int32_t dx, dy;
    uint32_t votes;
};

struct motion {
    uint64_t drop; /* FACTOR ^ ANCHOR_WIDTH */
    uint32_t nanchors, nvectors;
    struct anchor anchors[ANCHORS_MAX + 1]; /* 0 is none */
    uint16_t buckets[BUCKETS];
    uint64_t filter[FILTER_BITS / 64];
    struct vector vectors[VECTORS_MAX];
    struct motion_gain *gain;
};

struct motion *motion_create(uint32_t width, uint32_t height)
{
    struct motion *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->gain = motion_gain_create(width, height);
    if (!self->gain) {
        free(self);
        return NULL;
    }
    self->drop = 1;
    for (unsigned i = 0; i < ANCHOR_WIDTH; i++)
        self->drop *= FACTOR;
    return self;
}

void motion_destroy(struct motion *self)
{
    if (!self)
        return;
    motion_gain_destroy(self->gain);
    free(self);
}

static uint32_t pixel(const uint8_t *row, uint32_t x)
{
    uint32_t value;

    memcpy(&value, row + 4 * (size_t)x, sizeof(value));
    return value & COLOUR_MASK;
}

static uint32_t bucket_of(uint64_t hash)
{
    return (uint32_t)(hash >> 40) % BUCKETS;
}

static uint32_t filter_of(uint64_t hash)
{
    return (uint32_t)(hash >> 48) % FILTER_BITS;
}

/* --- anchors ------------------------------------------------------------------------------------------- */

static void anchor_add(struct motion *self, const struct picture *now, uint32_t x, uint32_t y)
{
    const uint8_t *row = picture_at(now, 0, y);
    uint32_t steps = 0, previous = pixel(row, x);
    struct anchor *anchor;
    uint64_t hash = 0;

    for (uint32_t i = 0; i < ANCHOR_WIDTH; i++) {
        uint32_t value = pixel(row, x + i);

        steps += value != previous;
        previous = value;
        hash = hash * FACTOR + value;
    }
    if (steps < ANCHOR_STEPS || self->nanchors == ANCHORS_MAX)
        return;
    for (uint32_t i = self->buckets[bucket_of(hash)]; i; i = self->anchors[i].next) {
        if (self->anchors[i].hash == hash) {
            self->anchors[i].hits = ANCHOR_HITS_MAX; /* twice in the new picture: says nothing */
            return;
        }
    }
    anchor = &self->anchors[++self->nanchors];
    *anchor = (struct anchor){hash, (uint16_t)x, (uint16_t)y, 0, self->buckets[bucket_of(hash)]};
    self->buckets[bucket_of(hash)] = (uint16_t)self->nanchors;
    self->filter[filter_of(hash) / 64] |= 1ull << filter_of(hash) % 64;
}

static void anchors_site(struct motion *self, const struct picture *now, uint32_t x, uint32_t y)
{
    if (x + ANCHOR_WIDTH > now->width || y + ANCHOR_ROWS > now->height)
        return;
    for (uint32_t i = 0; i < ANCHOR_ROWS; i++)
        anchor_add(self, now, x, y + i);
}

/* Places spread over the marked tiles, more in each when they are few. They wander with the tile, so that a
 * regular page does not have all of them between its lines. */
static void anchors_take(struct motion *self, const struct tile_grid *grid, const uint8_t *marks,
                         uint32_t marked, const struct picture *now)
{
    uint32_t sites = ANCHORS_MAX / ANCHOR_ROWS / marked;

    memset(self->buckets, 0, sizeof(self->buckets));
    memset(self->filter, 0, sizeof(self->filter));
    self->nanchors = 0;
    if (sites < 1)
        sites = 1;
    if (sites > 8)
        sites = 8;
    for (uint32_t tile = 0; tile < tile_grid_count(grid); tile++) {
        struct channel_rect rect;

        if (!marks[tile])
            continue;
        rect = tile_grid_rect(grid, tile);
        for (uint32_t i = 0; i < sites; i++)
            anchors_site(self, now, rect.left + (i & 1) * 32,
                         rect.top + (tile * 7 + i * 17 + tile / 3 * 5) % (TILE_SIDE - ANCHOR_ROWS));
    }
}

/* --- votes --------------------------------------------------------------------------------------------- */

static void vote(struct motion *self, int32_t dx, int32_t dy)
{
    uint32_t at = ((uint32_t)dx * 31u + (uint32_t)dy * 1009u) % VECTORS_MAX;

    for (unsigned i = 0; i < 16; i++, at = (at + 1) % VECTORS_MAX) {
        struct vector *v = &self->vectors[at];

        if (v->votes == 0) {
            *v = (struct vector){dx, dy, 1};
            return;
        }
        if (v->dx == dx && v->dy == dy) {
            v->votes++;
            return;
        }
    }
}

static void found(struct motion *self, uint64_t hash, uint32_t x, uint32_t y)
{
    for (uint32_t i = self->buckets[bucket_of(hash)]; i; i = self->anchors[i].next) {
        struct anchor *anchor = &self->anchors[i];

        if (anchor->hash != hash || anchor->hits >= ANCHOR_HITS_MAX)
            continue;
        anchor->hits++;
        if (anchor->x != x || anchor->y != y)
            vote(self, (int32_t)anchor->x - (int32_t)x, (int32_t)anchor->y - (int32_t)y);
    }
}

/* One row of the old picture from `left` to `right`, all places where a piece may begin. */
static void scan_row(struct motion *self, const uint8_t *row, uint32_t left, uint32_t right, uint32_t y)
{
    uint64_t hash = 0;

    for (uint32_t x = left; x < left + ANCHOR_WIDTH; x++)
        hash = hash * FACTOR + pixel(row, x);
    for (uint32_t x = left;; x++) {
        if (self->filter[filter_of(hash) / 64] >> filter_of(hash) % 64 & 1)
            found(self, hash, x, y);
        if (x + ANCHOR_WIDTH >= right)
            break;
        hash = hash * FACTOR + pixel(row, x + ANCHOR_WIDTH) - self->drop * pixel(row, x);
    }
}

/* Where pixels changed is where they came from, too: only marked tiles are read. */
static void scan(struct motion *self, const struct tile_grid *grid, const uint8_t *marks,
                 const struct picture *before)
{
    memset(self->vectors, 0, sizeof(self->vectors));
    for (uint32_t row = 0; row < grid->rows; row++) {
        uint32_t bottom = (row + 1) * TILE_SIDE;

        if (bottom > grid->height)
            bottom = grid->height;
        for (uint32_t c = 0; c < grid->columns; c++) {
            uint32_t left = c * TILE_SIDE, right;

            if (!marks[row * grid->columns + c])
                continue;
            while (c + 1 < grid->columns && marks[row * grid->columns + c + 1])
                c++;
            right = (c + 1) * TILE_SIDE;
            if (right > grid->width)
                right = grid->width;
            if (right - left < ANCHOR_WIDTH)
                continue;
            for (uint32_t y = row * TILE_SIDE; y < bottom; y += ANCHOR_ROWS)
                scan_row(self, picture_at(before, 0, y), left, right, y);
        }
    }
}

/* Takes the vector with most votes out. */
static bool best_vector(struct motion *self, struct motion_vector *vector)
{
    struct vector *best = NULL;

    for (uint32_t i = 0; i < VECTORS_MAX; i++)
        if (self->vectors[i].votes >= VOTES_MIN && (!best || self->vectors[i].votes > best->votes))
            best = &self->vectors[i];
    if (!best)
        return false;
    *vector = (struct motion_vector){best->dx, best->dy};
    best->votes = 1;
    return true;
}

/* --- copies -------------------------------------------------------------------------------------------- */

/* Adds the copies that this vector is good for. */
static unsigned try_vector(struct motion *self, const struct motion_vector *vector, unsigned count,
                           struct motion_copy copies[MOTION_COPIES_MAX])
{
    motion_gain_shift(self->gain, vector);
    while (count < MOTION_COPIES_MAX) {
        struct motion_copy copy = {.dx = vector->dx, .dy = vector->dy};
        struct channel_rect source;
        bool reads_written = false;

        if (motion_gain_best(self->gain, GAIN_MIN, &copy.to) == 0)
            break;
        source = motion_source(&copy);
        for (unsigned i = 0; i < count; i++)
            reads_written = reads_written || rect_overlaps(&source, &copies[i].to) ||
                            rect_overlaps(&copy.to, &copies[i].to);
        if (reads_written)
            break;
        motion_gain_take(self->gain, &copy.to);
        copies[count++] = copy;
    }
    return count;
}

unsigned motion_find(struct motion *self, const struct tile_grid *grid, const uint8_t *marks,
                     const struct picture *now, const struct picture *before,
                     struct motion_copy copies[MOTION_COPIES_MAX])
{
    uint32_t marked = 0;
    unsigned count = 0;
    struct motion_vector vector;

    for (uint32_t tile = 0; tile < tile_grid_count(grid); tile++)
        marked += marks[tile] != 0;
    if (marked < MARKS_MIN)
        return 0;
    anchors_take(self, grid, marks, marked, now);
    if (self->nanchors == 0)
        return 0;
    scan(self, grid, marks, before);
    for (unsigned i = 0; i < TRIES && count < MOTION_COPIES_MAX && best_vector(self, &vector); i++) {
        if (i == 0)
            motion_gain_begin(self->gain, grid, marks, now, before);
        count = try_vector(self, &vector, count, copies);
    }
    return count;
}
