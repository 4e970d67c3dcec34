/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline's encoder on its own: frames of a scene of rdpbench in, commands out, compressed as gfx.c
 * does. Says what a frame costs in time and bytes, and how far FreeRDP's decoders are from the source after
 * it. No network, no client: the same figures every time, for choosing codecs and their settings.
 */
#include "channels/display/encode.h"
#include "channels/display/zgfx.h"

#include <freerdp/codec/clear.h>
#include <freerdp/codec/h264.h>
#include <freerdp/codec/planar.h>
#include <freerdp/codec/progressive.h>
#include <freerdp/version.h>

#include "os/os.h"
#include "scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if FREERDP_VERSION_MAJOR > 3 || FREERDP_VERSION_MINOR >= 17
#define decode_planar freerdp_bitmap_decompress_planar
#else
#define decode_planar planar_decompress
#endif

#define WARM_UP 5
#define WARM_UP_VIDEO 40 /* frames until a video is taken for one */
#define FRAME_MS 16
#define COMMAND_HEAD 8

/* Takes the place of gfx.c: collects a frame's commands, and is the client. */
struct gfx {
    uint32_t width, height;
    uint8_t *client;
    BITMAP_PLANAR_CONTEXT *planar;
    PROGRESSIVE_CONTEXT *progressive;
    CLEAR_CONTEXT *clear;
    H264_CONTEXT *h264;
    uint8_t *video;
    uint32_t video_width, video_height;
    uint8_t sequence;
    uint8_t *frame;
    size_t len, cap;
    bool decode, avc;
    uint32_t videos, fills, planars, clears, photos, copies, stores, puts, raws;
};

static double ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double now_ms(void)
{
    return ms(CLOCK_PROCESS_CPUTIME_ID);
}

static uint8_t *command(struct gfx *self, size_t head, const void *data, size_t len)
{
    size_t need = self->len + COMMAND_HEAD + head + len;

    if (need > self->cap) {
        self->cap = need * 2;
        self->frame = realloc(self->frame, self->cap);
        if (!self->frame)
            abort();
    }
    memset(self->frame + self->len, 0x11, COMMAND_HEAD + head);
    if (len)
        memcpy(self->frame + self->len + COMMAND_HEAD + head, data, len);
    self->len = need;
    return self->frame + need - len - head;
}

bool gfx_takes_progressive(const struct gfx *self)
{
    (void)self;
    return true;
}

struct gfx_cache_budget gfx_cache_budget(const struct gfx *self)
{
    (void)self;
    return (struct gfx_cache_budget){100u << 20, 25600};
}

bool gfx_begin(struct gfx *self, uint32_t frame)
{
    self->len = 0;
    memcpy(command(self, 8, NULL, 0), &frame, sizeof(frame));
    return true;
}

bool gfx_end(struct gfx *self, uint32_t *bytes)
{
    command(self, 4, NULL, 0);
    *bytes = (uint32_t)self->len;
    return true;
}

bool gfx_fill(struct gfx *self, uint32_t colour, const struct channel_rect *rects, unsigned count)
{
    memcpy(command(self, 8, rects, sizeof(rects[0]) * count), &colour, 4);
    self->fills += count;
    for (unsigned i = 0; self->decode && i < count; i++)
        for (uint32_t y = rects[i].top; y < rects[i].bottom; y++)
            for (uint32_t x = rects[i].left; x < rects[i].right; x++)
                memcpy(self->client + 4 * ((size_t)y * self->width + x), &colour, 4);
    return true;
}

bool gfx_copy(struct gfx *self, const struct channel_rect *src, const struct channel_position *dst,
              unsigned count)
{
    uint32_t height = (uint32_t)(src->bottom - src->top), stride = self->width * 4;
    size_t bytes = 4 * (size_t)(src->right - src->left);

    memcpy(command(self, 14, dst, sizeof(dst[0]) * count), src, sizeof(*src));
    self->copies++;
    for (uint32_t i = 0; self->decode && i < height; i++) {
        uint32_t y = dst->y > src->top ? height - 1 - i : i;

        memmove(self->client + (size_t)(dst->y + y) * stride + 4 * (size_t)dst->x,
                self->client + (size_t)(src->top + y) * stride + 4 * (size_t)src->left, bytes);
    }
    return true;
}

bool gfx_planar(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len)
{
    uint32_t width = (uint32_t)(rect->right - rect->left), height = (uint32_t)(rect->bottom - rect->top);

    memcpy(command(self, 17, data, len), rect, sizeof(*rect));
    self->planars++;
    return !self->decode ||
           decode_planar(self->planar, data, (UINT32)len, width, height, self->client, PIXEL_FORMAT_BGRX32,
                         self->width * 4, rect->left, rect->top, width, height, FALSE);
}

bool gfx_clearcodec(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len)
{
    uint8_t *p = command(self, 17, data, len);

    memcpy(p, rect, sizeof(*rect));
    p[18] = self->sequence++;
    self->clears++;
    return !self->decode ||
           clear_decompress(self->clear, p + 17, (UINT32)len, (UINT32)(rect->right - rect->left),
                            (UINT32)(rect->bottom - rect->top), self->client, PIXEL_FORMAT_BGRX32,
                            self->width * 4, rect->left, rect->top, self->width, self->height, NULL) == 0;
}

bool gfx_uncompressed(struct gfx *self, const struct channel_rect *rect, const uint8_t *pixels, size_t stride)
{
    size_t width = 4 * (size_t)(rect->right - rect->left);

    memcpy(command(self, 17, NULL, 0), rect, sizeof(*rect));
    self->len -= COMMAND_HEAD;
    self->raws++;
    for (uint32_t y = rect->top; y < rect->bottom; y++) {
        command(self, 0, pixels + (y - rect->top) * stride, width);
        self->len -= COMMAND_HEAD;
        memcpy(self->client + ((size_t)y * self->width + rect->left) * 4, pixels + (y - rect->top) * stride,
               width);
    }
    self->len += COMMAND_HEAD;
    return true;
}

bool gfx_progressive(struct gfx *self, const uint8_t *data, size_t len)
{
    REGION16 invalid;
    int result = 0;

    memcpy(command(self, 13, data, len), &len, 4);
    self->photos++;
    region16_init(&invalid);
    if (self->decode)
        result =
            progressive_decompress(self->progressive, data, (UINT32)len, self->client, PIXEL_FORMAT_BGRX32,
                                   self->width * 4, 0, 0, &invalid, 1, self->photos);
    region16_uninit(&invalid);
    return result >= 0;
}

bool gfx_takes_avc420(const struct gfx *self)
{
    return self->avc;
}

bool gfx_video_close(struct gfx *self)
{
    command(self, 2, NULL, 0);
    h264_context_free(self->h264);
    free(self->video);
    self->h264 = NULL;
    self->video = NULL;
    return true;
}

bool gfx_video_open(struct gfx *self, uint32_t width, uint32_t height)
{
    gfx_video_close(self);
    command(self, 7, NULL, 0);
    self->video_width = width;
    self->video_height = height;
    self->video = malloc((size_t)width * height * 4);
    self->h264 = self->decode ? h264_context_new(FALSE) : NULL;
    return self->video && (!self->decode || (self->h264 && h264_context_reset(self->h264, width, height)));
}

bool gfx_avc420(struct gfx *self, const struct channel_rect *region, uint8_t qp, uint8_t quality,
                const uint8_t *data, size_t len)
{
    RECTANGLE_16 rect = {region->left, region->top, region->right, region->bottom};

    (void)qp;
    (void)quality;
    memcpy(command(self, 31, data, len), region, sizeof(*region));
    self->videos++;
    return !self->decode ||
           avc420_decompress(self->h264, data, (UINT32)len, self->video, PIXEL_FORMAT_BGRX32,
                             self->video_width * 4, self->video_width, self->video_height, &rect, 1) >= 0;
}

bool gfx_video_copy(struct gfx *self, const struct channel_rect *src, const struct channel_position *dst)
{
    memcpy(command(self, 14, dst, sizeof(*dst)), src, sizeof(*src));
    for (uint32_t y = src->top; self->decode && y < src->bottom; y++)
        memcpy(self->client + 4 * ((size_t)(dst->y + y - src->top) * self->width + dst->x),
               self->video + 4 * ((size_t)y * self->video_width + src->left),
               4 * (size_t)(src->right - src->left));
    return true;
}

bool gfx_cache_store(struct gfx *self, uint64_t key, uint16_t slot, const struct channel_rect *src)
{
    (void)key;
    (void)slot;
    memcpy(command(self, 20, NULL, 0), src, sizeof(*src));
    self->stores++;
    return true;
}

bool gfx_cache_put(struct gfx *self, uint16_t slot, const struct channel_position *dst, unsigned count)
{
    (void)slot;
    command(self, 6, dst, sizeof(dst[0]) * count);
    self->puts++;
    return true;
}

void gfx_relax(struct gfx *self)
{
    (void)self;
}

/* Of the part that the scene paints on. */
static double psnr(const struct gfx *gfx, const struct scene *scene)
{
    const uint8_t *source = (const uint8_t *)scene_pixels(scene);
    struct scene_rect area = scene_area(scene);
    double sum = 0;

    for (uint32_t y = area.y; y < area.y + area.height; y++) {
        for (uint32_t x = 4 * area.x; x < 4 * (area.x + area.width); x++) {
            size_t at = (size_t)y * gfx->width * 4 + x;
            int d = x % 4 == 3 ? 0 : gfx->client[at] - source[at];

            sum += d * d;
        }
    }
    return sum == 0 ? 100 : 10 * log10(255.0 * 255 * 3 * area.width * area.height / sum);
}

static bool run(enum scene_kind kind, uint32_t width, uint32_t height, unsigned frames, bool decode, bool avc)
{
    struct gfx gfx = {.width = width, .height = height, .decode = decode, .avc = avc};
    struct scene *scene = scene_create(kind, width, height);
    struct encode_gfx *encoder = encode_gfx_create(&gfx, width, height);
    struct zgfx_encoder *zgfx = zgfx_encoder_create();
    size_t size = (size_t)width * height * 4;
    uint8_t *before = malloc(size), *out;
    uint64_t plain = 0, packed = 0;
    unsigned warm_up = avc ? WARM_UP_VIDEO : WARM_UP;
    double spent = 0, zipped = 0, error = 0, start;

    gfx.client = calloc(1, size);
    gfx.planar = freerdp_bitmap_planar_context_new(0, width, height);
    gfx.progressive = progressive_context_new_ex(FALSE, THREADING_FLAGS_DISABLE_THREADS);
    gfx.clear = clear_context_new(FALSE);
    if (!scene || !encoder || !zgfx || !before || !gfx.client || !gfx.clear || !gfx.planar ||
        !gfx.progressive || progressive_create_surface_context(gfx.progressive, 1, width, height) < 0)
        return false;
    for (unsigned i = 0; i < frames + warm_up; i++) {
        struct picture now = {(const uint8_t *)scene_pixels(scene), width * 4, width, height};
        struct picture old = {before, width * 4, width, height};
        struct encode_result result;
        struct scene_change change;
        struct damage damage;
        size_t len;

        if (i == warm_up) {
            spent = zipped = error = 0;
            plain = packed = 0;
            gfx.fills = gfx.planars = gfx.clears = gfx.photos = gfx.copies = gfx.stores = gfx.puts =
                gfx.raws = gfx.videos = 0;
        }
        damage_init(&damage, width, height);
        damage_add_all(&damage);
        if (avc && i < warm_up)
            os_sleep_ms(FRAME_MS);
        start = now_ms();
        if (!encode_gfx_frame(encoder, i + 1, &now, i ? &old : NULL, &damage, UINT32_MAX, &result))
            return false;
        spent += now_ms() - start;
        out = malloc(zgfx_bound(gfx.len));
        start = now_ms();
        len = zgfx_encoder_write(zgfx, gfx.frame, gfx.len, out);
        zipped += now_ms() - start;
        free(out);
        plain += gfx.len;
        packed += len;
        error += decode ? psnr(&gfx, scene) : 0;
        memcpy(before, scene_pixels(scene), size);
        scene_step(scene, &change);
    }
    printf("%-11s %7.2f ms %9.0f bytes -> zgfx %6.2f ms %9.0f bytes  %6.2f dB  per frame: %.1f copies, "
           "%.1f fills, %.1f clear, %.1f planar, %.1f photo, %.1f video, %.1f raw, %.1f stored, %.1f put\n",
           scene_name(kind), spent / frames, (double)plain / frames, zipped / frames, (double)packed / frames,
           error / frames, (double)gfx.copies / frames, (double)gfx.fills / frames,
           (double)gfx.clears / frames, (double)gfx.planars / frames, (double)gfx.photos / frames,
           (double)gfx.videos / frames, (double)gfx.raws / frames, (double)gfx.stores / frames,
           (double)gfx.puts / frames);
    h264_context_free(gfx.h264);
    free(gfx.video);
    progressive_context_free(gfx.progressive);
    clear_context_free(gfx.clear);
    freerdp_bitmap_planar_context_free(gfx.planar);
    free(gfx.frame);
    free(gfx.client);
    free(before);
    zgfx_encoder_destroy(zgfx);
    encode_gfx_destroy(encoder);
    scene_destroy(scene);
    return true;
}

int main(int argc, char **argv)
{
    unsigned frames = 60, named = 0;
    bool decode = true, avc = false, wanted[SCENE_KINDS] = {false};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--frames") == 0 && i + 1 < argc) {
            frames = (unsigned)atoi(argv[++i]);
        } else if (strcmp(argv[i], "--no-decode") == 0) {
            decode = false;
        } else if (strcmp(argv[i], "--avc") == 0) {
            avc = true;
        } else if (scene_of_name(argv[i]) != SCENE_KINDS) {
            wanted[scene_of_name(argv[i])] = true;
            named++;
        } else {
            printf("usage: bench_encode [--frames N] [--no-decode] [--avc] [SCENE...]\n"
                   "Encodes frames of rdpbench's scenes, all or those named, at 1280x720.\n"
                   "--avc: the client takes H.264; decoding it needs a FreeRDP that does\n"
                   "--no-decode: the decoders share caches with what is measured\n");
            return strcmp(argv[i], "--help") != 0;
        }
    }
    for (int kind = 0; kind < SCENE_KINDS; kind++)
        if ((named == 0 || wanted[kind]) &&
            !run((enum scene_kind)kind, 1280, 720, frames ? frames : 1, decode, avc))
            return 1;
    return 0;
}
