/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the graphics pipeline share: gfx.c (the channel), gfx_write.c, gfx_read.c. */
#ifndef RDSPROV_CHANNELS_DISPLAY_GFX_PRIVATE_H
#define RDSPROV_CHANNELS_DISPLAY_GFX_PRIVATE_H

#include "channels/display/gfx.h"
#include "channels/display/gfx_read.h"
#include "channels/display/zgfx.h"

#define GFX_SLOTS_MAX 25600 /* [MS-RDPEGFX] 3.3.1.4 */
#define GFX_SURFACE 1
#define GFX_VIDEO_SURFACE 2

struct gfx_buffer {
    uint8_t *data;
    size_t len, cap;
};

struct gfx {
    struct gfx_config config;
    HANDLE channel, event;
    bool open;                         /* the client has accepted the channel */
    const struct gfx_version *version; /* NULL until agreed */
    uint32_t flags;                    /* as confirmed */
    bool small_cache, avc420, progressive;
    bool broken, refused;
    struct gfx_read again; /* of a kind: newer capabilities, not answered yet */
    uint64_t again_ms;     /* not before */
    bool offered;          /* its cached bitmaps, since it was last confirmed */
    bool repeats;          /* and that was said in the log */

    uint16_t width, height;             /* of the surface; 0: there is none */
    uint16_t video_width, video_height; /* of the one for H.264, as above */
    uint32_t frame, start;              /* of the frame that is being written: id, time stamp */
    uint32_t sent;                      /* bytes of it */
    bool begun;                         /* its start is in the buffer or sent */
    uint8_t clear_sequence;             /* of the next ClearCodec command: one more than of the one before */
    uint8_t occupied[GFX_SLOTS_MAX / 8 + 1]; /* a bit for each slot of the client's cache */
    struct gfx_buffer commands, packet;
    struct zgfx_encoder *zgfx;
};

/* gfx_write.c */

/* Logs, once, and makes every later call fail. */
bool gfx_break(struct gfx *self, const char *problem);
/* Puts what is in the buffer on the channel. */
bool gfx_flush(struct gfx *self);
bool gfx_send_caps_confirm(struct gfx *self, uint32_t version, uint32_t len, uint32_t flags);
bool gfx_send_cache_import_reply(struct gfx *self);

#endif
