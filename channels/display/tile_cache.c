/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/tile_cache.h"

#include <stdlib.h>
#include <string.h>

#include "channels/display/tiles.h"
#include "os/os.h"

#define BUCKETS 1024
#define COLOUR_MASK 0x00ffffffu

/* 0 is no entry; it is the head of the list, too: its next is the most recently used. */
struct entry {
    struct tile_key key;
    uint16_t bucket_next;
    uint16_t next, before;
};

struct tile_cache {
    uint16_t slots, used;
    uint16_t buckets[BUCKETS];
    struct entry *entries; /* slots + 1 */
    uint32_t secrets[2][TILE_SIDE * TILE_SIDE];
};

struct tile_cache *tile_cache_create(uint16_t slots)
{
    struct tile_cache *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->slots = slots;
    self->entries = calloc((size_t)slots + 1, sizeof(self->entries[0]));
    if (!self->entries || !tile_cache_forget(self)) {
        tile_cache_destroy(self);
        return NULL;
    }
    return self;
}

void tile_cache_destroy(struct tile_cache *self)
{
    if (!self)
        return;
    free(self->entries);
    free(self);
}

bool tile_cache_any(const struct tile_cache *self)
{
    return self->used > 0;
}

bool tile_cache_forget(struct tile_cache *self)
{
    /* under other secrets nothing that was kept is found; it ages, and is evicted as everything else */
    return os_random(self->secrets, sizeof(self->secrets)) == OS_OK;
}

/* NH of UMAC (RFC 4418, 5.2.2) with secrets as long as a tile, twice. */
struct tile_key tile_cache_key(const struct tile_cache *self, const struct picture *picture,
                               const struct channel_rect *tile)
{
    uint32_t width = (uint32_t)(tile->right - tile->left), height = (uint32_t)(tile->bottom - tile->top);
    struct tile_key key = {{0, 0, (uint64_t)width << 32 | height}};

    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = picture_at(picture, tile->left, tile->top + y);
        const uint32_t *first = self->secrets[0] + (size_t)y * TILE_SIDE;
        const uint32_t *second = self->secrets[1] + (size_t)y * TILE_SIDE;
        uint64_t sums[2] = {0, 0};

        for (uint32_t x = 0; x + 2 <= width; x += 2) {
            uint32_t two[2];

            memcpy(two, row + 4 * (size_t)x, sizeof(two));
            two[0] &= COLOUR_MASK;
            two[1] &= COLOUR_MASK;
            sums[0] += (uint64_t)(two[0] + first[x]) * (two[1] + first[x + 1]);
            sums[1] += (uint64_t)(two[0] + second[x]) * (two[1] + second[x + 1]);
        }
        if (width & 1) {
            uint32_t x = width - 1, one;

            memcpy(&one, row + 4 * (size_t)x, sizeof(one));
            one &= COLOUR_MASK;
            sums[0] += (uint64_t)(one + first[x]) * first[x ^ 1];
            sums[1] += (uint64_t)(one + second[x]) * second[x ^ 1];
        }
        key.words[0] += sums[0];
        key.words[1] += sums[1];
    }
    return key;
}

static uint16_t *bucket(struct tile_cache *self, const struct tile_key *key)
{
    return &self->buckets[(key->words[0] >> 32) % BUCKETS];
}

static void unlink_entry(struct tile_cache *self, uint16_t i)
{
    struct entry *entry = &self->entries[i];

    self->entries[entry->before].next = entry->next;
    self->entries[entry->next].before = entry->before;
}

static void link_first(struct tile_cache *self, uint16_t i)
{
    struct entry *entry = &self->entries[i], *head = &self->entries[0];

    entry->before = 0;
    entry->next = head->next;
    self->entries[head->next].before = i;
    head->next = i;
}

uint16_t tile_cache_find(struct tile_cache *self, const struct tile_key *key)
{
    for (uint16_t i = *bucket(self, key); i; i = self->entries[i].bucket_next) {
        if (memcmp(&self->entries[i].key, key, sizeof(*key)) == 0) {
            unlink_entry(self, i);
            link_first(self, i);
            return i;
        }
    }
    return 0;
}

static void leave_bucket(struct tile_cache *self, uint16_t i)
{
    uint16_t *at = bucket(self, &self->entries[i].key);

    while (*at != i)
        at = &self->entries[*at].bucket_next;
    *at = self->entries[i].bucket_next;
}

uint16_t tile_cache_add(struct tile_cache *self, const struct tile_key *key)
{
    uint16_t i;

    if (self->slots == 0)
        return 0;
    if (self->used < self->slots) {
        i = ++self->used;
    } else {
        i = self->entries[0].before;
        unlink_entry(self, i);
        leave_bucket(self, i);
    }
    self->entries[i].key = *key;
    self->entries[i].bucket_next = *bucket(self, key);
    *bucket(self, key) = i;
    link_first(self, i);
    return i;
}
