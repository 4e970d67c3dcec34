/* SPDX-License-Identifier: Apache-2.0 */
#include "picture_client.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/settings.h>
#include <freerdp/version.h>

#include "channels/display/tiles.h"
#include "os/os.h"

#if FREERDP_VERSION_MAJOR > 3 || FREERDP_VERSION_MINOR >= 17
#define decode_planar freerdp_bitmap_decompress_planar
#else
#define decode_planar planar_decompress
#endif

struct gfx pipeline;
uint32_t now_pixels[HEIGHT][WIDTH], old_pixels[HEIGHT][WIDTH], client_pixels[HEIGHT][WIDTH];
const struct picture now = {(const uint8_t *)now_pixels, WIDTH * 4, WIDTH, HEIGHT};
const struct picture old = {(const uint8_t *)old_pixels, WIDTH * 4, WIDTH, HEIGHT};

bool gfx_takes_progressive(const struct gfx *self)
{
    return !self->thin;
}

bool gfx_begin(struct gfx *self, uint32_t frame)
{
    self->bad = self->bad || self->open;
    self->open = true;
    self->frame = frame;
    self->bytes = 0;
    return true;
}

static bool outside(const struct channel_rect *r)
{
    return r->left >= r->right || r->top >= r->bottom || r->right > WIDTH || r->bottom > HEIGHT;
}

bool gfx_fill(struct gfx *self, uint32_t colour, const struct channel_rect *rects, unsigned count)
{
    self->bad = self->bad || !self->open || count == 0;
    for (unsigned i = 0; i < count; i++) {
        self->bad = self->bad || outside(&rects[i]);
        for (uint32_t y = rects[i].top; !self->bad && y < rects[i].bottom; y++)
            for (uint32_t x = rects[i].left; x < rects[i].right; x++)
                client_pixels[y][x] = colour;
    }
    self->fills += count;
    self->bytes += 8 + 8 * count;
    return true;
}

static uint32_t cached[CACHE_SLOTS + 1][64][64];
static struct channel_rect cached_size[CACHE_SLOTS + 1]; /* right 0: empty */

struct gfx_cache_budget gfx_cache_budget(const struct gfx *self)
{
    return self->budget;
}

bool gfx_cache_store(struct gfx *self, uint64_t key, uint16_t slot, const struct channel_rect *src)
{
    uint32_t width = src->right - (uint32_t)src->left, height = src->bottom - (uint32_t)src->top;

    self->bad = self->bad || !self->open || slot == 0 || slot > self->budget.slots || outside(src) ||
                width > 64 || height > 64;
    for (uint32_t y = 0; !self->bad && y < height; y++)
        memcpy(cached[slot][y], &client_pixels[src->top + y][src->left], 4 * (size_t)width);
    cached_size[slot] = (struct channel_rect){0, 0, (uint16_t)width, (uint16_t)height};
    self->stores++;
    self->bytes += 28;
    return true;
}

bool gfx_cache_put(struct gfx *self, uint16_t slot, const struct channel_position *dst, unsigned count)
{
    self->bad = self->bad || !self->open || count != 1 || slot == 0 || slot > self->budget.slots ||
                !cached_size[slot].right || dst->x + cached_size[slot].right > WIDTH ||
                dst->y + cached_size[slot].bottom > HEIGHT;
    for (uint32_t y = 0; !self->bad && y < cached_size[slot].bottom; y++)
        memcpy(&client_pixels[dst->y + y][dst->x], cached[slot][y], 4 * (size_t)cached_size[slot].right);
    self->puts++;
    self->bytes += 18;
    return true;
}

/* As if through a second surface: whatever overlaps is read first. */
bool gfx_copy(struct gfx *self, const struct channel_rect *src, const struct channel_position *dst,
              unsigned count)
{
    static uint32_t held[HEIGHT][WIDTH];
    uint32_t width = src->right - (uint32_t)src->left, height = src->bottom - (uint32_t)src->top;

    self->bad = self->bad || !self->open || outside(src) || count != 1 || dst->x + width > WIDTH ||
                dst->y + height > HEIGHT;
    for (uint32_t y = 0; !self->bad && y < height; y++)
        memcpy(held[y], &client_pixels[src->top + y][src->left], 4 * (size_t)width);
    for (uint32_t y = 0; !self->bad && y < height; y++)
        memcpy(&client_pixels[dst->y + y][dst->x], held[y], 4 * (size_t)width);
    self->copies++;
    self->bytes += 22;
    return true;
}

bool gfx_planar(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len)
{
    uint32_t width = rect->right - (uint32_t)rect->left, height = rect->bottom - (uint32_t)rect->top;

    self->bad = self->bad || !self->open || outside(rect) ||
                !decode_planar(self->planar, data, (UINT32)len, width, height, (BYTE *)client_pixels,
                               PIXEL_FORMAT_BGRX32, WIDTH * 4, rect->left, rect->top, width, height, FALSE);
    self->planars++;
    self->bytes += (uint32_t)len;
    return true;
}

bool gfx_clearcodec(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len)
{
    uint32_t width = rect->right - (uint32_t)rect->left, height = rect->bottom - (uint32_t)rect->top;
    uint8_t *counted = malloc(len); /* exact, for a sanitizer */

    self->bad = self->bad || !self->open || outside(rect) || !counted || len < 2 || self->thin;
    if (!self->bad) {
        memcpy(counted, data, len);
        counted[1] = self->sequence++;
        self->bad =
            clear_decompress(self->clear, counted, (UINT32)len, width, height, (BYTE *)client_pixels,
                             PIXEL_FORMAT_BGRX32, WIDTH * 4, rect->left, rect->top, WIDTH, HEIGHT, NULL) != 0;
    }
    free(counted);
    self->clears++;
    self->bytes += (uint32_t)len;
    return true;
}

bool gfx_uncompressed(struct gfx *self, const struct channel_rect *rect, const uint8_t *pixels, size_t stride)
{
    self->bad = self->bad || !self->open || outside(rect);
    for (uint32_t y = rect->top; !self->bad && y < rect->bottom; y++)
        memcpy(&client_pixels[y][rect->left], pixels + (y - rect->top) * stride,
               4 * (size_t)(rect->right - rect->left));
    self->raws++;
    self->bytes += 25 + 4 * (uint32_t)(rect->right - rect->left) * (uint32_t)(rect->bottom - rect->top);
    return true;
}

bool gfx_progressive(struct gfx *self, const uint8_t *data, size_t len)
{
    REGION16 invalid;

    region16_init(&invalid);
    self->bad = self->bad || !self->open ||
                progressive_decompress(self->progressive, data, (UINT32)len, (BYTE *)client_pixels,
                                       PIXEL_FORMAT_BGRX32, WIDTH * 4, 0, 0, &invalid, 1, self->frame) < 0;
    region16_uninit(&invalid);
    self->photos++;
    self->bytes += (uint32_t)len;
    return true;
}

bool gfx_takes_avc420(const struct gfx *self)
{
    return self->avc;
}

bool gfx_video_close(struct gfx *self)
{
    self->bad = self->bad || !self->open;
    self->video_width = self->video_height = 0;
    return true;
}

bool gfx_video_open(struct gfx *self, uint32_t width, uint32_t height)
{
    self->bad = self->bad || !self->open || !self->avc || width % 16 || height % 16;
    self->video_width = width;
    self->video_height = height;
    self->video_fresh = true;
    self->videos_opened++;
    self->bytes += 15;
    return true;
}

/* The client's video is plain grey: whatever is shown of it must be made good. */
bool gfx_avc420(struct gfx *self, const struct channel_rect *region, uint8_t qp, uint8_t quality,
                const uint8_t *data, size_t len)
{
    /* a start code, and the parameters of a new stream or not */
    bool parameters =
        len > 5 && data[0] == 0 && data[1] == 0 && data[2] == 0 && data[3] == 1 && (data[4] & 0x1f) == 7;

    self->bad = self->bad || !self->open || !self->video_width || region->left || region->top ||
                region->right > self->video_width || region->bottom > self->video_height ||
                region->right + 16u <= self->video_width || region->bottom + 16u <= self->video_height ||
                parameters != self->video_fresh;
    self->video_fresh = false;
    self->videos++;
    self->bytes += (uint32_t)len + 35;
    return true;
}

bool gfx_video_copy(struct gfx *self, const struct channel_rect *src, const struct channel_position *dst)
{
    uint32_t width = src->right - (uint32_t)src->left, height = src->bottom - (uint32_t)src->top;

    self->bad = self->bad || !self->open || self->video_fresh || src->right > self->video_width ||
                src->bottom > self->video_height || dst->x + width > WIDTH || dst->y + height > HEIGHT;
    for (uint32_t y = 0; !self->bad && y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            client_pixels[dst->y + y][dst->x + x] = 0x808080;
    self->shown++;
    self->bytes += 26;
    return true;
}

void gfx_relax(struct gfx *self)
{
}

bool gfx_end(struct gfx *self, uint32_t *bytes)
{
    self->bad = self->bad || !self->open;
    self->open = false;
    *bytes = self->bytes;
    return true;
}

struct encode_gfx *picture_client_begin(bool thin, bool avc)
{
    memset(&pipeline, 0, sizeof(pipeline));
    pipeline.thin = thin;
    pipeline.avc = avc;
    pipeline.budget = (struct gfx_cache_budget){thin ? 0 : CACHE_SLOTS * 64 * 64 * 4, CACHE_SLOTS};
    memset(cached_size, 0, sizeof(cached_size));
    memset(now_pixels, 0, sizeof(now_pixels));
    pipeline.planar = freerdp_bitmap_planar_context_new(0, WIDTH, HEIGHT);
    pipeline.progressive = progressive_context_new_ex(FALSE, THREADING_FLAGS_DISABLE_THREADS);
    pipeline.clear = clear_context_new(FALSE);
    if (!pipeline.planar || !pipeline.progressive || !pipeline.clear ||
        progressive_create_surface_context(pipeline.progressive, 1, WIDTH, HEIGHT) < 0)
        return NULL;
    memset(client_pixels, 0x55, sizeof(client_pixels));
    return encode_gfx_create(&pipeline, WIDTH, HEIGHT);
}

void picture_client_finish(struct encode_gfx *encoder)
{
    encode_gfx_destroy(encoder);
    freerdp_bitmap_planar_context_free(pipeline.planar);
    progressive_context_free(pipeline.progressive);
    clear_context_free(pipeline.clear);
}

bool picture_client_first(struct encode_gfx *encoder, uint32_t *frame, uint32_t budget)
{
    struct encode_result result;
    struct damage damage;

    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    return encode_gfx_frame(encoder, ++*frame, &now, NULL, &damage, budget, &result);
}

bool picture_client_exact(void)
{
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            if ((client_pixels[y][x] ^ now_pixels[y][x]) & 0xffffff)
                return false;
    return !pipeline.bad;
}

bool picture_client_settle(struct encode_gfx *encoder, uint32_t *frame, uint32_t budget)
{
    struct encode_result result;
    struct damage none;

    damage_init(&none, WIDTH, HEIGHT);
    for (unsigned i = 0; encode_gfx_owes(encoder); i++)
        if (i > 100 || !encode_gfx_frame(encoder, ++*frame, &now, &now, &none, budget, &result) ||
            result.bytes == 0)
            return false;
    for (unsigned i = 0; encode_gfx_settle_due(encoder); i++) {
        uint64_t due = encode_gfx_settle_due(encoder), time = os_now_ms();

        if (due > time)
            os_sleep_ms((unsigned)(due - time));
        if (i > 100 || !encode_gfx_settle(encoder, ++*frame, &now, budget, &result) || result.bytes == 0)
            return false;
    }
    return true;
}
