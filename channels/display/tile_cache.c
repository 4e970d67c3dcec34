/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/tile_cache.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

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
};

struct tile_cache *tile_cache_create(uint16_t slots)
{
    struct tile_cache *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->slots = slots;
    self->entries = calloc((size_t)slots + 1, sizeof(self->entries[0]));
    if (!self->entries) {
        free(self);
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

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ x >> 32;
}

#define LANES 4

struct tile_key tile_cache_key(const struct picture *picture, const struct channel_rect *tile)
{
    static const uint64_t factors[LANES] = {0x9e3779b97f4a7c15ull, 0xc2b2ae3d27d4eb4full,
                                            0x165667b19e3779f9ull, 0xff51afd7ed558ccdull};
    uint32_t width = (uint32_t)(tile->right - tile->left);
    uint64_t lanes[LANES] = {1, 2, 3, 4};
    struct tile_key key;

    for (uint32_t y = tile->top; y < tile->bottom; y++) {
        const uint8_t *row = picture_at(picture, tile->left, y);
        uint32_t x = 0;

        for (; x + 2 * LANES <= width; x += 2 * LANES) {
            for (unsigned i = 0; i < LANES; i++) {
                uint64_t two;

                memcpy(&two, row + 4 * (size_t)(x + 2 * i), sizeof(two));
                lanes[i] = (lanes[i] ^ (two & 0x00ffffff00ffffffull)) * factors[i];
                lanes[i] = lanes[i] << 29 | lanes[i] >> 35;
            }
        }
        for (; x < width; x++) {
            uint32_t one;

            memcpy(&one, row + 4 * (size_t)x, sizeof(one));
            lanes[x % LANES] = mix(lanes[x % LANES] ^ (one & 0x00ffffffu));
        }
    }
    lanes[0] += (uint64_t)width << 32 | (uint64_t)(tile->bottom - tile->top);
    key.words[0] = mix(lanes[0] ^ mix(lanes[1] + factors[2])) + mix(lanes[2] ^ mix(lanes[3] + factors[0]));
    key.words[1] = mix(lanes[3] + mix(lanes[0] ^ factors[1])) ^ mix(lanes[1] + mix(lanes[2] ^ factors[3]));
    return key;
}

static uint16_t *bucket(struct tile_cache *self, const struct tile_key *key)
{
    return &self->buckets[key->words[0] % BUCKETS];
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

uint16_t tile_cache_add(struct tile_cache *self, const struct tile_key *key, bool *evicted)
{
    uint16_t i;

    *evicted = false;
    if (self->slots == 0)
        return 0;
    if (self->used < self->slots) {
        i = ++self->used;
    } else {
        i = self->entries[0].before;
        unlink_entry(self, i);
        leave_bucket(self, i);
        *evicted = true;
    }
    self->entries[i].key = *key;
    self->entries[i].bucket_next = *bucket(self, key);
    *bucket(self, key) = i;
    link_first(self, i);
    return i;
}
