/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graphics pipeline's wire ([MS-RDPEGFX]) on the dynamic channel: opening, capabilities, one surface that
 * is the desktop, frames of commands, acknowledgements. It knows no codec and no policy. A frame's commands
 * gather in one buffer and leave together, compressed (zgfx.h), when it ends. One thread.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_GFX_H
#define RDSPROV_CHANNELS_DISPLAY_GFX_H

#include <freerdp/freerdp.h>
#include <freerdp/peer.h>

#include "channels/messages.h"

#define GFX_MONITORS_MAX 16      /* [MS-RDPEGFX] 2.2.2.14 */
#define GFX_SIDE_MAX 32766       /* of the desktop, same place */
#define GFX_DATA_MAX (64u << 20) /* of one command's data: more than 16 megapixels uncompressed */

struct gfx;

struct gfx_config {
    freerdp_peer *peer; /* says whether the client reads what it is sent */
    HANDLE vcm;
    uint32_t connection;
    /* The client has taken frame `id` and has `queued` bytes before it that it has not decoded (0: none, or
     * it does not say); suspended: it will not acknowledge from now on. */
    void (*acked)(void *arg, uint32_t id, uint32_t queued, bool suspended);
    void *arg;
    bool avc; /* gfx_avc420 may be used with clients that have it */
};

enum gfx_state {
    GFX_OPENING, /* channel asked for, capabilities not agreed */
    GFX_READY,
    GFX_RESTARTED, /* once: the client has forgotten surfaces and caches; gfx_reset before anything else */
    GFX_REFUSED,   /* the client does not want the channel: use bitmap updates */
    GFX_CLOSED,    /* it had it, and has closed it: the same */
    GFX_BROKEN
};

struct gfx_monitor {
    int32_t left, top; /* in the desktop, whose corner is 0, 0 */
    uint32_t width, height;
    bool primary;
};

/* What the client's bitmap cache holds ([MS-RDPEGFX] 3.3.1.4): slots are 1 to `slots`, pixels take 4 bytes.
 */
struct gfx_cache_budget {
    uint32_t bytes;
    uint16_t slots;
};

/* Asks for the channel; drdynvc must be ready. NULL: out of memory or no channel. */
struct gfx *gfx_create(const struct gfx_config *config);
void gfx_destroy(struct gfx *self);

/* Signalled when gfx_poll has work; a client that started anew twice is answered a second later. */
HANDLE gfx_event(struct gfx *self);
enum gfx_state gfx_poll(struct gfx *self);

/* After GFX_READY. */
const char *gfx_version(const struct gfx *self); /* "10.7" */
bool gfx_takes_progressive(const struct gfx *self);
bool gfx_takes_avc420(const struct gfx *self);
struct gfx_cache_budget gfx_cache_budget(const struct gfx *self);

/* All of these: false when the channel is broken; a command that the protocol does not allow (outside of the
 * desktop, no such slot) breaks it, too, with a line in the log. Data is copied.
 *
 * A fresh black surface that is the desktop. Several monitors share it; none: one monitor of that size. The
 * caches keep their contents. */
bool gfx_reset(struct gfx *self, uint32_t width, uint32_t height, const struct gfx_monitor *monitors,
               unsigned count);

/* Between these go the commands below. Long frames leave in parts as they grow. *bytes: what the frame put on
 * the wire, about; 0 for a frame without commands, which is not sent and will not be acknowledged. */
bool gfx_begin(struct gfx *self, uint32_t frame);
bool gfx_end(struct gfx *self, uint32_t *bytes);

bool gfx_fill(struct gfx *self, uint32_t colour, const struct channel_rect *rects, unsigned count);
/* Within the surface, as it is after the commands before; overlapping is allowed. */
bool gfx_copy(struct gfx *self, const struct channel_rect *src, const struct channel_position *dst,
              unsigned count);
/* Client's cache: the caller keeps books of what lies in which slot and stays within the budget. What a slot
 * held before is evicted first. The key names the content for a client that keeps its cache on disk. */
bool gfx_cache_store(struct gfx *self, uint64_t key, uint16_t slot, const struct channel_rect *src);
bool gfx_cache_put(struct gfx *self, uint16_t slot, const struct channel_position *dst, unsigned count);

/* BGRX; stride in bytes. */
bool gfx_uncompressed(struct gfx *self, const struct channel_rect *rect, const uint8_t *pixels,
                      size_t stride);
bool gfx_planar(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len);
/* Counts the sequence number, which is the second byte. */
bool gfx_clearcodec(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len);
bool gfx_progressive(struct gfx *self, const uint8_t *data, size_t len); /* names its tiles itself */

/* H.264 is decoded into a surface of its own that is not shown, and copied from there: a stream covers the
 * whole surface that it is for, and the desktop is not all video. Opening closes the one before; so does
 * gfx_reset. Closing where there is none does nothing. */
bool gfx_video_open(struct gfx *self, uint32_t width, uint32_t height);
bool gfx_video_close(struct gfx *self);
/* region: what of the decoded picture is shown; qp 0 to 51, quality 0 to 100 ([MS-RDPEGFX] 2.2.4.4). */
bool gfx_avc420(struct gfx *self, const struct channel_rect *region, uint8_t qp, uint8_t quality,
                const uint8_t *data, size_t len);
/* From the video's surface to the desktop's. */
bool gfx_video_copy(struct gfx *self, const struct channel_rect *src, const struct channel_position *dst);

/* Gives back memory that a quiet connection does not need. */
void gfx_relax(struct gfx *self);

#endif
