/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encoder's book of what the client has, per tile: the part that it has only approximately (lossy) and
 * the part that is older than the picture encoded last (owed, because a frame's budget was spent). Everything
 * else equals that picture. Parts are kept as rectangles that may be too large, never too small.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_CLIENT_TILES_H
#define RDSPROV_CHANNELS_DISPLAY_CLIENT_TILES_H

#include "channels/display/motion.h"
#include "channels/display/tiles.h"

struct client_tile {
    struct channel_rect lossy, owed; /* empty: right is 0 */
    uint64_t lossy_ms;               /* of the last approximate update */
    uint64_t changed_ms;             /* when much of it changed last */
    uint64_t damaged_ms;             /* when it was damaged last, */
    uint8_t damaged_run;             /* and how often in a row shortly after the time before */
    bool stood;                      /* it had not changed for a while before it did */
};

struct client_tiles {
    const struct tile_grid *grid;
    struct client_tile *tiles;
    struct client_tile *old; /* for copies */
    uint32_t nlossy, nowed;  /* tiles that have any */
};

bool client_tiles_init(struct client_tiles *self, const struct tile_grid *grid); /* false: out of memory */
void client_tiles_finish(struct client_tiles *self);

/* `area` lies in the tile. Approximate from now on, as of `now`. */
void client_tiles_lossy(struct client_tiles *self, uint32_t tile, const struct channel_rect *area,
                        uint64_t now);
/* It was sent exactly. */
void client_tiles_exact(struct client_tiles *self, uint32_t tile, const struct channel_rect *area);
/* Older than the picture from now on. / Nothing of the tile is. */
void client_tiles_owe(struct client_tiles *self, uint32_t tile, const struct channel_rect *area);
void client_tiles_pay(struct client_tiles *self, uint32_t tile);

/* The copies were made: what they moved is in its new place what it was in the old one. */
void client_tiles_copied(struct client_tiles *self, const struct motion_copy *copies, unsigned count,
                         uint64_t now);

#endif
