/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graphics pipeline's wire ([MS-RDPEGFX]) on the dynamic channel: opening, capabilities, one surface that
 * is the desktop, frames of commands, acknowledgements. It knows no codec and no policy. FreeRDP's server
 * context is behind it.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_GFX_H
#define RDSPROV_CHANNELS_DISPLAY_GFX_H

#include <freerdp/freerdp.h>
#include <freerdp/peer.h>

#include "channels/messages.h"

struct gfx;

struct gfx_config {
    freerdp_peer *peer;
    HANDLE vcm;
    uint32_t connection;
    /* The client has taken frame `id`; suspended: it will not acknowledge from now on. */
    void (*acked)(void *arg, uint32_t id, bool suspended);
    void *arg;
};

enum gfx_state {
    GFX_OPENING, /* channel asked for, capabilities not agreed */
    GFX_READY,
    GFX_REFUSED, /* the client does not want the channel: use bitmap updates */
    GFX_CLOSED,  /* it had it, and has closed it: the same */
    GFX_BROKEN
};

/* Asks for the channel; drdynvc must be ready. NULL: out of memory or no channel. */
struct gfx *gfx_create(const struct gfx_config *config);
void gfx_destroy(struct gfx *self);

/* Signalled when gfx_poll has work. */
HANDLE gfx_event(struct gfx *self);
enum gfx_state gfx_poll(struct gfx *self);

/* After GFX_READY. */
const char *gfx_version(const struct gfx *self); /* "10.7" */
bool gfx_takes_progressive(const struct gfx *self);

/* All of these: false when the channel is broken. */
bool gfx_reset(struct gfx *self, uint32_t width, uint32_t height); /* a fresh black surface of the desktop */
bool gfx_begin(struct gfx *self, uint32_t frame);
bool gfx_fill(struct gfx *self, uint32_t colour, const struct channel_rect *rects, unsigned count);
/* last: no command of this frame follows, so its end goes out in the same packet. */
bool gfx_planar(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len,
                bool last);
bool gfx_progressive(struct gfx *self, const uint8_t *data, size_t len, bool last);
/* *bytes: what the frame put on the channel. */
bool gfx_end(struct gfx *self, uint32_t *bytes);

#endif
