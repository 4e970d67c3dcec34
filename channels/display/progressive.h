/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoder of RemoteFX Progressive ([MS-RDPEGFX] 2.2.4.2, [MS-RDPRFX] 3.1.8): every tile in one pass that
 * stands alone (TILE_SIMPLE, no difference to what the client has), so there is no history to keep on either
 * side. FreeRDP's encoder has one fixed quantisation and takes four times as long.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_PROGRESSIVE_H
#define RDSPROV_CHANNELS_DISPLAY_PROGRESSIVE_H

#include "channels/display/picture.h"

struct progressive;

/* For pictures with at most `tiles` tiles of 64x64. NULL: out of memory. */
struct progressive *progressive_create(uint32_t tiles);
void progressive_destroy(struct progressive *self);

void progressive_begin(struct progressive *self);
/* `area` lies in one tile and is what the client shows of it; each tile once. False: out of memory, or noise
 * that takes more bytes than uncompressed pixels. */
bool progressive_add(struct progressive *self, const struct picture *picture,
                     const struct channel_rect *area);
size_t progressive_len(const struct progressive *self); /* of the tiles since begin */
/* The tiles since begin as one stream, valid until the next begin. 0: there are none. */
size_t progressive_end(struct progressive *self, const uint8_t **data);

#endif
