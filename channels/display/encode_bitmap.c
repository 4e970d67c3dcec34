/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/encode.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/codec/color.h>
#include <freerdp/update.h>

#include "channels/display/interleaved.h"
#include "channels/display/planar.h"
#include "channels/display/tiles.h"

/* A block is at most a tile; interleaved coding of noise grows by less than a sixteenth, raw 32 bpp is 16384.
 */
#define BLOCK_CAP (20 * 1024)
#define UPDATE_BLOCKS_MAX 48           /* rectangles in one update */
#define UPDATE_BYTES_MAX (128u * 1024) /* and their bytes, if the client takes as much */
#define BLOCK_HEADER 26                /* TS_BITMAP_DATA with compression header */
#define UPDATE_HEADER 64
#define RAW_ROWS_MAX 32 /* keeps a raw block below the smallest request size that FreeRDP uses (16256) */

struct encode_bitmap {
    rdpContext *context;
    struct tile_grid grid;
    uint8_t *marks;
    uint32_t depth;
    uint32_t limit;  /* bytes of one update */
    bool compressed; /* headerless compression; else raw, since FreeRDP writes a wrong length with headers */
    bool alpha;
    bool markers, acknowledged;
    uint8_t
        tile[TILE_SIDE * TILE_SIDE * 4]; /* a private copy, padded to a width that is a multiple of four */
    BITMAP_DATA blocks[UPDATE_BLOCKS_MAX];
    uint8_t *data; /* UPDATE_BLOCKS_MAX times BLOCK_CAP */
    unsigned count;
    uint32_t size, bytes;
};

struct encode_bitmap *encode_bitmap_create(rdpContext *context, uint32_t width, uint32_t height)
{
    const rdpSettings *settings = context->settings;
    struct encode_bitmap *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->context = context;
    tile_grid_init(&self->grid, width, height);
    self->depth = freerdp_settings_get_uint32(settings, FreeRDP_ColorDepth);
    self->compressed = freerdp_settings_get_bool(settings, FreeRDP_NoBitmapCompressionHeader);
    self->alpha = !freerdp_settings_get_bool(settings, FreeRDP_DrawAllowSkipAlpha);
    self->markers = freerdp_settings_get_bool(settings, FreeRDP_SurfaceFrameMarkerEnabled);
    self->acknowledged = self->markers && freerdp_settings_get_uint32(settings, FreeRDP_FrameAcknowledge) > 0;
    self->limit = freerdp_settings_get_uint32(settings, FreeRDP_MultifragMaxRequestSize);
    if (self->limit > UPDATE_BYTES_MAX)
        self->limit = UPDATE_BYTES_MAX;
    self->marks = calloc(tile_grid_count(&self->grid), 1);
    self->data = malloc((size_t)UPDATE_BLOCKS_MAX * BLOCK_CAP);
    if (!self->marks || !self->data ||
        (self->depth != 15 && self->depth != 16 && self->depth != 24 && self->depth != 32)) {
        encode_bitmap_destroy(self);
        return NULL;
    }
    return self;
}

void encode_bitmap_destroy(struct encode_bitmap *self)
{
    if (!self)
        return;
    free(self->data);
    free(self->marks);
    free(self);
}

uint32_t encode_bitmap_depth(const struct encode_bitmap *self)
{
    return self->depth;
}

bool encode_bitmap_acknowledged(const struct encode_bitmap *self)
{
    return self->acknowledged;
}

static bool flush(struct encode_bitmap *self)
{
    /* Bulk compression after a bitmap codec costs more than it saves. */
    BITMAP_UPDATE update = {.number = self->count, .rectangles = self->blocks, .skipCompression = TRUE};
    bool good = true;

    if (self->count > 0) {
        good = self->context->update->BitmapUpdate(self->context, &update);
        self->bytes += self->size;
    }
    self->count = 0;
    self->size = UPDATE_HEADER;
    return good;
}

/* Rows from the bottom up, as uncompressed bitmaps have them. */
static bool encode_raw(struct encode_bitmap *self, uint8_t *out, uint32_t width, uint32_t height,
                       uint32_t *len)
{
    UINT32 format = self->depth == 15   ? PIXEL_FORMAT_RGB15
                    : self->depth == 16 ? PIXEL_FORMAT_RGB16
                    : self->depth == 24 ? PIXEL_FORMAT_BGR24
                                        : PIXEL_FORMAT_BGRX32;
    UINT32 step = width * ((self->depth + 7) / 8);

    *len = step * height;
    return freerdp_image_copy_no_overlap(out, format, step, 0, 0, width, height, self->tile,
                                         PIXEL_FORMAT_BGRX32, TILE_SIDE * 4, 0, 0, NULL,
                                         FREERDP_FLIP_VERTICAL);
}

static bool encode_block(struct encode_bitmap *self, uint8_t *out, uint32_t width, uint32_t height,
                         uint32_t *len)
{
    if (!self->compressed)
        return encode_raw(self, out, width, height, len);
    if (self->depth == 32)
        *len = (uint32_t)planar_encode(out, BLOCK_CAP, self->tile + (size_t)(height - 1) * TILE_SIDE * 4,
                                       -(TILE_SIDE * 4), width, height, self->alpha);
    else
        *len = (uint32_t)interleaved_encode(out, BLOCK_CAP, self->tile, TILE_SIDE * 4, width, height,
                                            self->depth);
    return *len > 0;
}

static bool add_block(struct encode_bitmap *self, const struct picture *picture,
                      const struct channel_rect *rect)
{
    uint32_t width = (uint32_t)(rect->right - rect->left), height = (uint32_t)(rect->bottom - rect->top);
    uint32_t padded = (width + 3) / 4 * 4, len = 0;
    BITMAP_DATA *block = &self->blocks[self->count];
    uint8_t *out = self->data + (size_t)self->count * BLOCK_CAP;

    for (uint32_t y = 0; y < height; y++) {
        uint8_t *row = self->tile + (size_t)y * TILE_SIDE * 4;

        memcpy(row, picture_at(picture, rect->left, rect->top + y), (size_t)width * 4);
        for (uint32_t x = width; x < padded; x++)
            memcpy(row + 4 * (size_t)x, row + 4 * (size_t)(width - 1), 4);
    }
    if (!encode_block(self, out, padded, height, &len))
        return false;
    if (self->count > 0 && self->size + BLOCK_HEADER + len > self->limit) {
        uint8_t *start = self->data;

        if (!flush(self))
            return false;
        memmove(start, out, len);
        out = start;
        block = &self->blocks[0];
    }
    *block = (BITMAP_DATA){.destLeft = rect->left,
                           .destTop = rect->top,
                           .destRight = rect->right - 1u,
                           .destBottom = rect->bottom - 1u,
                           .width = padded,
                           .height = height,
                           .bitsPerPixel = self->depth,
                           .bitmapLength = len,
                           .cbCompMainBodySize = len,
                           .cbScanWidth = padded * ((self->depth + 7) / 8),
                           .cbUncompressedSize = padded * height * ((self->depth + 7) / 8),
                           .bitmapDataStream = out,
                           .compressed = self->compressed};
    self->size += BLOCK_HEADER + len;
    self->count++;
    return self->count < UPDATE_BLOCKS_MAX || flush(self);
}

static bool add_area(struct encode_bitmap *self, const struct picture *picture,
                     const struct channel_rect *rect)
{
    uint32_t rows = self->compressed ? TILE_SIDE : RAW_ROWS_MAX;

    for (uint32_t top = rect->top; top < rect->bottom; top += rows) {
        struct channel_rect part = *rect;

        part.top = (uint16_t)top;
        if (part.bottom > top + rows)
            part.bottom = (uint16_t)(top + rows);
        if (!add_block(self, picture, &part))
            return false;
    }
    return true;
}

static bool mark_frame(struct encode_bitmap *self, uint32_t action, uint32_t frame)
{
    SURFACE_FRAME_MARKER marker = {action, frame};

    return !self->markers || self->context->update->SurfaceFrameMarker(self->context, &marker);
}

bool encode_bitmap_frame(struct encode_bitmap *self, uint32_t frame, const struct picture *now,
                         const struct picture *before, const struct damage *damage,
                         struct encode_result *result)
{
    *result = (struct encode_result){0, 0};
    self->count = 0;
    self->size = UPDATE_HEADER;
    self->bytes = 0;
    tile_grid_mark(&self->grid, damage, self->marks);
    for (uint32_t tile = 0; tile < tile_grid_count(&self->grid); tile++) {
        struct channel_rect changed = tile_grid_rect(&self->grid, tile);

        if (!self->marks[tile] || (before && !tile_differs(now, before, &changed, &changed)))
            continue;
        if (result->pixels == 0 && !mark_frame(self, SURFACECMD_FRAMEACTION_BEGIN, frame))
            return false;
        result->pixels += (uint64_t)(changed.right - changed.left) * (uint64_t)(changed.bottom - changed.top);
        if (!add_area(self, now, &changed))
            return false;
    }
    if (result->pixels == 0)
        return true;
    if (!flush(self) || !mark_frame(self, SURFACECMD_FRAMEACTION_END, frame))
        return false;
    result->bytes = self->bytes;
    return true;
}
