/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of the client's bitmap cache: which tile contents lie in which slot. Contents are named by a
 * 128-bit hash of their colours and sides; the least recently used one makes room. No I/O.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_TILE_CACHE_H
#define RDSPROV_CHANNELS_DISPLAY_TILE_CACHE_H

#include "channels/display/picture.h"

struct tile_key {
    uint64_t words[2];
};

struct tile_cache;

/* Slots are 1 to `slots`; 0 slots: nothing is ever found or kept. NULL: out of memory. */
struct tile_cache *tile_cache_create(uint16_t slots);
void tile_cache_destroy(struct tile_cache *self);

/* Not empty: something may be found. */
bool tile_cache_any(const struct tile_cache *self);
struct tile_key tile_cache_key(const struct picture *picture, const struct channel_rect *tile);
/* The slot that has this content, now the most recently used; 0: none. */
uint16_t tile_cache_find(struct tile_cache *self, const struct tile_key *key);
/* A slot for new content; *evicted: it has older content. 0: there are no slots. The content must not be in
 * the cache. */
uint16_t tile_cache_add(struct tile_cache *self, const struct tile_key *key, bool *evicted);

#endif
