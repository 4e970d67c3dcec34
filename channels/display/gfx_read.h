/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of what a client sends on the graphics pipeline ([MS-RDPEGFX] 2.2.2): acknowledgements,
 * capabilities, an offer of cached bitmaps. Bytes in, one message out; no state and no heap.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_GFX_READ_H
#define RDSPROV_CHANNELS_DISPLAY_GFX_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest that a client may say at once: a full cache import offer (5462 entries) is the longest PDU. */
#define GFX_READ_MAX (128u * 1024)

struct gfx_version {
    uint32_t id; /* RDPGFX_CAPVERSION_... */
    const char *name;
};

enum gfx_read_kind {
    GFX_READ_OTHER, /* nothing that we know or need */
    GFX_READ_ACK,
    GFX_READ_CAPS,
    GFX_READ_CACHE_OFFER
};

struct gfx_read {
    enum gfx_read_kind kind;
    uint16_t id; /* of the PDU, as sent */
    /* GFX_READ_ACK */
    uint32_t queue_depth, frame;
    /* GFX_READ_CAPS: the best of the sets, NULL: none known; small_cache: any set says so */
    const struct gfx_version *version;
    uint32_t flags;
    bool small_cache;
    unsigned offered;
};

/* Takes one PDU from *data. False: not a PDU, *problem says why; *data and *len are as before. */
bool gfx_read(const uint8_t **data, size_t *len, struct gfx_read *out, const char **problem);

#endif
