/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of the client's bitmap cache: which tile contents lie in which slot. Contents are named by a
 * hash of their colours that is secret to this cache, and their sides: who draws on the desktop must not be
 * able to make one tile pass for another. The least recently used one makes room. No I/O.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_TILE_CACHE_H
#define RDSPROV_CHANNELS_DISPLAY_TILE_CACHE_H

#include "channels/display/picture.h"

struct tile_key {
    uint64_t words[3]; /* hash, hash, sides */
};

struct tile_cache;

/* Slots are 1 to `slots`; 0 slots: nothing is ever found or kept. NULL: out of memory or of randomness. */
struct tile_cache *tile_cache_create(uint16_t slots);
void tile_cache_destroy(struct tile_cache *self);

/* Not empty: something may be found. */
bool tile_cache_any(const struct tile_cache *self);
/* Nothing that is in it is found any more; keys from before are void. False: no randomness, do not use it. */
bool tile_cache_forget(struct tile_cache *self);
/* At most TILE_SIDE a side. Two different tiles have the same key in one of 2^64 caches. */
struct tile_key tile_cache_key(const struct tile_cache *self, const struct picture *picture,
                               const struct channel_rect *tile);
/* The slot that has this content, now the most recently used; 0: none. */
uint16_t tile_cache_find(struct tile_cache *self, const struct tile_key *key);
/* A slot for new content, which may have older content. 0: there are no slots. The content must not be in the
 * cache. */
uint16_t tile_cache_add(struct tile_cache *self, const struct tile_key *key);

#endif
