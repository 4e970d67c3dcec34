/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/gfx_private.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/channels/rdpgfx.h>
#include <freerdp/channels/wtsvc.h>
#include <winpr/sysinfo.h>
#include <winpr/wtsapi.h>

#include "os/log.h"
#include "wire/le.h"

#define HEADER_SIZE 8
#define RESET_GRAPHICS_SIZE 340 /* with header, whatever the number of monitors */
#define DATA_MAX GFX_DATA_MAX

/* A frame that grows past this leaves in parts: the client decodes one while the next is written. */
#define FLUSH_AT (256u * 1024)
/* What the buffers keep between frames. */
#define KEEP_MAX (2 * FLUSH_AT)

/* Each 1600 bytes of a dynamic channel are a packet of their own: headers of TPKT to channel, TLS record. */
#define CHUNK_SIZE 1595
#define CHUNK_OVERHEAD 48

static uint8_t *put_rect(uint8_t *p, const struct channel_rect *rect)
{
    return le_put16(le_put16(le_put16(le_put16(p, rect->left), rect->top), rect->right), rect->bottom);
}

bool gfx_break(struct gfx *self, const char *problem)
{
    if (!self->broken)
        log_error("display", self->config.connection, "graphics pipeline: %s", problem);
    self->broken = true;
    return false;
}

static bool buffer_reserve(struct gfx_buffer *self, size_t cap)
{
    uint8_t *data;

    if (cap <= self->cap)
        return true;
    if (cap < FLUSH_AT / 16)
        cap = FLUSH_AT / 16;
    else if (cap < self->cap * 2)
        cap = self->cap * 2;
    data = realloc(self->data, cap);
    if (!data)
        return false;
    self->data = data;
    self->cap = cap;
    return true;
}

static void buffer_trim(struct gfx_buffer *self)
{
    self->len = 0;
    if (self->cap > KEEP_MAX) {
        free(self->data);
        *self = (struct gfx_buffer){0};
    }
}

bool gfx_flush(struct gfx *self)
{
    ULONG written = 0;

    if (self->broken)
        return false;
    if (self->commands.len == 0)
        return true;
    if (!buffer_reserve(&self->packet, zgfx_bound(self->commands.len)))
        return gfx_break(self, "out of memory");
    self->packet.len =
        zgfx_encoder_write(self->zgfx, self->commands.data, self->commands.len, self->packet.data);
    if (self->packet.len == 0 ||
        !WTSVirtualChannelWrite(self->channel, (PCHAR)self->packet.data, (ULONG)self->packet.len, &written))
        return gfx_break(self, "send failed");
    self->sent += (uint32_t)(self->packet.len + CHUNK_OVERHEAD * (self->packet.len / CHUNK_SIZE + 1));
    buffer_trim(&self->commands);
    buffer_trim(&self->packet);
    return true;
}

/* Room for one PDU with its header written; NULL: broken. */
static uint8_t *pdu(struct gfx *self, uint16_t id, size_t body)
{
    size_t size = HEADER_SIZE + body;
    uint8_t *p;

    if (self->broken || (self->commands.len + size > FLUSH_AT && !gfx_flush(self)))
        return NULL;
    if (!buffer_reserve(&self->commands, self->commands.len + size)) {
        gfx_break(self, "out of memory");
        return NULL;
    }
    p = self->commands.data + self->commands.len;
    self->commands.len += size;
    return le_put32(le_put16(le_put16(p, id), 0), (uint32_t)size);
}

/* The same for a command of a frame, whose start goes before the first one. */
static uint8_t *command(struct gfx *self, uint16_t id, size_t body)
{
    uint8_t *p;

    if (!self->begun) {
        p = pdu(self, RDPGFX_CMDID_STARTFRAME, 8);
        if (!p)
            return NULL;
        le_put32(le_put32(p, self->start), self->frame);
        self->begun = true;
    }
    return pdu(self, id, body);
}

static bool inside(const struct gfx *self, const struct channel_rect *rect)
{
    return rect->left < rect->right && rect->top < rect->bottom && rect->right <= self->width &&
           rect->bottom <= self->height;
}

static bool check_rects(struct gfx *self, const struct channel_rect *rects, unsigned count)
{
    if (count == 0 || count > UINT16_MAX)
        return gfx_break(self, "no rectangles, or too many");
    for (unsigned i = 0; i < count; i++)
        if (!inside(self, &rects[i]))
            return gfx_break(self, "a rectangle outside of the desktop");
    return true;
}

static bool check_slot(struct gfx *self, uint16_t slot)
{
    return (slot >= 1 && slot <= gfx_cache_budget(self).slots) ||
           gfx_break(self, "a cache slot that the client does not have");
}

bool gfx_send_caps_confirm(struct gfx *self, uint32_t version, uint32_t len, uint32_t flags)
{
    uint8_t *p = pdu(self, RDPGFX_CMDID_CAPSCONFIRM, 8 + len);

    if (!p)
        return false;
    p = le_put32(le_put32(p, version), len);
    memset(p, 0, len);
    le_put32(p, flags);
    return gfx_flush(self);
}

bool gfx_send_cache_import_reply(struct gfx *self)
{
    uint8_t *p = pdu(self, RDPGFX_CMDID_CACHEIMPORTREPLY, 2);

    if (!p)
        return false;
    le_put16(p, 0); /* entries that we take */
    return gfx_flush(self);
}

static bool reset_graphics(struct gfx *self, const struct gfx_monitor *monitors, unsigned count)
{
    uint8_t *p = pdu(self, RDPGFX_CMDID_RESETGRAPHICS, RESET_GRAPHICS_SIZE - HEADER_SIZE);

    if (!p)
        return false;
    memset(p, 0, RESET_GRAPHICS_SIZE - HEADER_SIZE);
    p = le_put32(le_put32(le_put32(p, self->width), self->height), count);
    for (unsigned i = 0; i < count; i++) {
        p = le_put32(le_put32(p, (uint32_t)monitors[i].left), (uint32_t)monitors[i].top);
        p = le_put32(p, (uint32_t)monitors[i].left + monitors[i].width - 1);
        p = le_put32(p, (uint32_t)monitors[i].top + monitors[i].height - 1);
        p = le_put32(p, monitors[i].primary ? MONITOR_PRIMARY : 0);
    }
    return true;
}

static bool monitor_fits(const struct gfx_monitor *monitor, uint32_t width, uint32_t height)
{
    return monitor->left >= 0 && monitor->top >= 0 && monitor->width > 0 && monitor->height > 0 &&
           monitor->width <= width && (uint32_t)monitor->left <= width - monitor->width &&
           monitor->height <= height && (uint32_t)monitor->top <= height - monitor->height;
}

bool gfx_reset(struct gfx *self, uint32_t width, uint32_t height, const struct gfx_monitor *monitors,
               unsigned count)
{
    struct gfx_monitor whole = {0, 0, width, height, true};
    bool had = self->width > 0;
    uint8_t *p;

    if (width == 0 || height == 0 || width > GFX_SIDE_MAX || height > GFX_SIDE_MAX ||
        count > GFX_MONITORS_MAX)
        return gfx_break(self, "a desktop that is too large");
    for (unsigned i = 0; i < count; i++)
        if (!monitor_fits(&monitors[i], width, height))
            return gfx_break(self, "a monitor outside of the desktop");
    if (self->video_width && (p = pdu(self, RDPGFX_CMDID_DELETESURFACE, 2)))
        le_put16(p, GFX_VIDEO_SURFACE);
    self->video_width = self->video_height = 0;
    if (had && (p = pdu(self, RDPGFX_CMDID_DELETESURFACE, 2)))
        le_put16(p, GFX_SURFACE);
    self->width = (uint16_t)width;
    self->height = (uint16_t)height;
    if (!reset_graphics(self, count ? monitors : &whole, count ? count : 1) ||
        !(p = pdu(self, RDPGFX_CMDID_CREATESURFACE, 7)))
        return false;
    le_put8(le_put16(le_put16(le_put16(p, GFX_SURFACE), width), height), GFX_PIXEL_FORMAT_XRGB_8888);
    if (!(p = pdu(self, RDPGFX_CMDID_MAPSURFACETOOUTPUT, 12)))
        return false;
    le_put32(le_put32(le_put16(le_put16(p, GFX_SURFACE), 0), 0), 0);
    if (!(p = pdu(self, RDPGFX_CMDID_SOLIDFILL, 16)))
        return false;
    p = le_put16(le_put32(le_put16(p, GFX_SURFACE), 0xff000000), 1);
    put_rect(p, &(struct channel_rect){0, 0, self->width, self->height});
    return gfx_flush(self);
}

bool gfx_begin(struct gfx *self, uint32_t frame)
{
    SYSTEMTIME now;

    GetSystemTime(&now);
    /* [MS-RDPEGFX] 2.2.2.11: hour, minute, second, millisecond packed */
    self->start = (uint32_t)now.wHour << 22 | (uint32_t)now.wMinute << 16 | (uint32_t)now.wSecond << 10 |
                  now.wMilliseconds;
    self->frame = frame;
    self->sent = 0;
    self->begun = false;
    return !self->broken;
}

bool gfx_end(struct gfx *self, uint32_t *bytes)
{
    uint8_t *p;

    *bytes = 0;
    if (self->broken || !self->begun)
        return !self->broken;
    p = pdu(self, RDPGFX_CMDID_ENDFRAME, 4);
    if (!p)
        return false;
    le_put32(p, self->frame);
    if (!gfx_flush(self))
        return false;
    *bytes = self->sent;
    return true;
}

bool gfx_fill(struct gfx *self, uint32_t colour, const struct channel_rect *rects, unsigned count)
{
    uint8_t *p;

    if (!check_rects(self, rects, count) ||
        !(p = command(self, RDPGFX_CMDID_SOLIDFILL, 8 + 8 * (size_t)count)))
        return false;
    p = le_put16(le_put32(le_put16(p, GFX_SURFACE), colour | 0xff000000), count);
    for (unsigned i = 0; i < count; i++)
        p = put_rect(p, &rects[i]);
    return true;
}

static uint8_t *put_points(uint8_t *p, const struct channel_position *points, unsigned count)
{
    p = le_put16(p, count);
    for (unsigned i = 0; i < count; i++)
        p = le_put16(le_put16(p, points[i].x), points[i].y);
    return p;
}

static bool check_points(struct gfx *self, const struct channel_position *points, unsigned count,
                         uint32_t width, uint32_t height)
{
    if (count == 0 || count > UINT16_MAX)
        return gfx_break(self, "no destinations, or too many");
    for (unsigned i = 0; i < count; i++)
        if (points[i].x + width > self->width || points[i].y + height > self->height)
            return gfx_break(self, "a destination outside of the desktop");
    return true;
}

bool gfx_copy(struct gfx *self, const struct channel_rect *src, const struct channel_position *dst,
              unsigned count)
{
    uint8_t *p;

    if (!check_rects(self, src, 1) ||
        !check_points(self, dst, count, (uint32_t)(src->right - src->left),
                      (uint32_t)(src->bottom - src->top)) ||
        !(p = command(self, RDPGFX_CMDID_SURFACETOSURFACE, 14 + 4 * (size_t)count)))
        return false;
    put_points(put_rect(le_put16(le_put16(p, GFX_SURFACE), GFX_SURFACE), src), dst, count);
    return true;
}

/* Nothing in [MS-RDPEGFX] says that a slot may be written twice. It may be full from before the desktop's
 * size changed: the cache outlives Reset Graphics. */
static bool empty_slot(struct gfx *self, uint16_t slot)
{
    uint8_t *p, *byte = &self->occupied[slot / 8], bit = (uint8_t)(1 << slot % 8);

    if (*byte & bit) {
        p = command(self, RDPGFX_CMDID_EVICTCACHEENTRY, 2);
        if (!p)
            return false;
        le_put16(p, slot);
    }
    *byte |= bit;
    return true;
}

bool gfx_cache_store(struct gfx *self, uint64_t key, uint16_t slot, const struct channel_rect *src)
{
    uint8_t *p;

    if (!check_slot(self, slot) || !check_rects(self, src, 1) || !empty_slot(self, slot) ||
        !(p = command(self, RDPGFX_CMDID_SURFACETOCACHE, 20)))
        return false;
    put_rect(le_put16(le_put64(le_put16(p, GFX_SURFACE), key), slot), src);
    return true;
}

bool gfx_cache_put(struct gfx *self, uint16_t slot, const struct channel_position *dst, unsigned count)
{
    uint8_t *p;

    if (!check_slot(self, slot) || !check_points(self, dst, count, 1, 1) ||
        !(p = command(self, RDPGFX_CMDID_CACHETOSURFACE, 6 + 4 * (size_t)count)))
        return false;
    put_points(le_put16(le_put16(p, slot), GFX_SURFACE), dst, count);
    return true;
}

/* RDPGFX_WIRE_TO_SURFACE_PDU_1 up to its data; NULL: broken. */
static uint8_t *wire_to_surface(struct gfx *self, uint16_t codec, const struct channel_rect *rect, size_t len)
{
    uint8_t *p;

    if (!check_rects(self, rect, 1))
        return NULL;
    if (len > DATA_MAX) {
        gfx_break(self, "a command that is too large");
        return NULL;
    }
    p = command(self, RDPGFX_CMDID_WIRETOSURFACE_1, 17 + len);
    if (!p)
        return NULL;
    p = le_put8(le_put16(le_put16(p, GFX_SURFACE), codec), GFX_PIXEL_FORMAT_XRGB_8888);
    return le_put32(put_rect(p, rect), (uint32_t)len);
}

bool gfx_uncompressed(struct gfx *self, const struct channel_rect *rect, const uint8_t *pixels, size_t stride)
{
    size_t row = 4 * (size_t)(rect->right - rect->left);
    uint8_t *p =
        wire_to_surface(self, RDPGFX_CODECID_UNCOMPRESSED, rect, row * (size_t)(rect->bottom - rect->top));

    if (!p)
        return false;
    for (uint32_t y = rect->top; y < rect->bottom; y++, p += row, pixels += stride)
        memcpy(p, pixels, row);
    return true;
}

static bool encoded(struct gfx *self, uint16_t codec, const struct channel_rect *rect, const uint8_t *data,
                    size_t len)
{
    uint8_t *p = wire_to_surface(self, codec, rect, len);

    if (p)
        memcpy(p, data, len);
    return p != NULL;
}

bool gfx_planar(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len)
{
    return encoded(self, RDPGFX_CODECID_PLANAR, rect, data, len);
}

bool gfx_clearcodec(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len)
{
    uint8_t *p;

    if (len < 2)
        return gfx_break(self, "a ClearCodec command without a head");
    p = wire_to_surface(self, RDPGFX_CODECID_CLEARCODEC, rect, len);
    if (!p)
        return false;
    memcpy(p, data, len);
    p[1] = self->clear_sequence++;
    return true;
}

bool gfx_progressive(struct gfx *self, const uint8_t *data, size_t len)
{
    uint8_t *p;

    if (len > DATA_MAX)
        return gfx_break(self, "a command that is too large");
    p = command(self, RDPGFX_CMDID_WIRETOSURFACE_2, 13 + len);
    if (!p)
        return false;
    p = le_put32(le_put16(le_put16(p, GFX_SURFACE), RDPGFX_CODECID_CAPROGRESSIVE), 0); /* one codec context */
    p = le_put32(le_put8(p, GFX_PIXEL_FORMAT_XRGB_8888), (uint32_t)len);
    memcpy(p, data, len);
    return true;
}

bool gfx_video_open(struct gfx *self, uint32_t width, uint32_t height)
{
    uint8_t *p;

    if (width == 0 || height == 0 || width > GFX_SIDE_MAX || height > GFX_SIDE_MAX)
        return gfx_break(self, "a video that is too large");
    if (!gfx_video_close(self) || !(p = command(self, RDPGFX_CMDID_CREATESURFACE, 7)))
        return false;
    le_put8(le_put16(le_put16(le_put16(p, GFX_VIDEO_SURFACE), width), height), GFX_PIXEL_FORMAT_XRGB_8888);
    self->video_width = (uint16_t)width;
    self->video_height = (uint16_t)height;
    return true;
}

bool gfx_video_close(struct gfx *self)
{
    uint8_t *p;

    if (self->video_width == 0)
        return !self->broken;
    p = command(self, RDPGFX_CMDID_DELETESURFACE, 2);
    if (!p)
        return false;
    le_put16(p, GFX_VIDEO_SURFACE);
    self->video_width = self->video_height = 0;
    return true;
}

static bool inside_video(struct gfx *self, const struct channel_rect *rect)
{
    return (rect->left < rect->right && rect->top < rect->bottom && rect->right <= self->video_width &&
            rect->bottom <= self->video_height) ||
           gfx_break(self, "a rectangle outside of the video");
}

bool gfx_avc420(struct gfx *self, const struct channel_rect *region, uint8_t qp, uint8_t quality,
                const uint8_t *data, size_t len)
{
    size_t size = 4 + 8 + 2 + len;
    uint8_t *p;

    if (!inside_video(self, region))
        return false;
    if (len > DATA_MAX)
        return gfx_break(self, "a command that is too large");
    p = command(self, RDPGFX_CMDID_WIRETOSURFACE_1, 17 + size);
    if (!p)
        return false;
    p = le_put8(le_put16(le_put16(p, GFX_VIDEO_SURFACE), RDPGFX_CODECID_AVC420), GFX_PIXEL_FORMAT_XRGB_8888);
    p = put_rect(p, &(struct channel_rect){0, 0, self->video_width, self->video_height});
    p = put_rect(le_put32(le_put32(p, (uint32_t)size), 1), region);
    memcpy(le_put8(le_put8(p, qp & 0x3f), quality), data, len);
    return true;
}

bool gfx_video_copy(struct gfx *self, const struct channel_rect *src, const struct channel_position *dst)
{
    uint8_t *p;

    if (!inside_video(self, src) ||
        !check_points(self, dst, 1, (uint32_t)(src->right - src->left), (uint32_t)(src->bottom - src->top)) ||
        !(p = command(self, RDPGFX_CMDID_SURFACETOSURFACE, 14 + 4)))
        return false;
    put_points(put_rect(le_put16(le_put16(p, GFX_VIDEO_SURFACE), GFX_SURFACE), src), dst, 1);
    return true;
}

void gfx_relax(struct gfx *self)
{
    free(self->commands.data);
    free(self->packet.data);
    self->commands = self->packet = (struct gfx_buffer){0};
    zgfx_encoder_forget(self->zgfx);
}
