/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline's encoder in front of a client made of FreeRDP's decoders: whatever the desktop does and
 * however small the budget of a frame, the client's picture is exact once everything owed and approximate has
 * been settled. The gfx_* functions are the ones here, not those of gfx.c. */
#include "channels/display/encode.h"
#include "channels/display/h264.h"
#include "channels/display/tiles.h"
#include "os/os.h"

#include <freerdp/codec/clear.h>
#include <freerdp/codec/planar.h>
#include <freerdp/codec/progressive.h>
#include <freerdp/settings.h>
#include <freerdp/version.h>

#include "check.h"
#include "random.h"

#include <stdlib.h>

#if FREERDP_VERSION_MAJOR > 3 || FREERDP_VERSION_MINOR >= 17
#define decode_planar freerdp_bitmap_decompress_planar
#else
#define decode_planar planar_decompress
#endif

#define WIDTH 333
#define HEIGHT 210

struct gfx {
    BITMAP_PLANAR_CONTEXT *planar;
    PROGRESSIVE_CONTEXT *progressive;
    CLEAR_CONTEXT *clear;
    uint8_t sequence;
    bool thin, avc;
    bool open, bad;
    uint32_t frame, bytes;
    uint32_t video_width, video_height; /* 0: there is none */
    bool video_fresh;                   /* its next picture must stand alone */
    unsigned videos, videos_opened, shown;
    unsigned fills, planars, clears, raws, photos, copies, stores, puts;
    struct gfx_cache_budget budget;
};

static struct gfx pipeline;
static uint32_t now_pixels[HEIGHT][WIDTH], old_pixels[HEIGHT][WIDTH], client[HEIGHT][WIDTH];
static const struct picture now = {(const uint8_t *)now_pixels, WIDTH * 4, WIDTH, HEIGHT};
static const struct picture old = {(const uint8_t *)old_pixels, WIDTH * 4, WIDTH, HEIGHT};

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
                client[y][x] = colour;
    }
    self->fills += count;
    self->bytes += 8 + 8 * count;
    return true;
}

#define SLOTS 60

static uint32_t cached[SLOTS + 1][64][64];
static struct channel_rect cached_size[SLOTS + 1]; /* right 0: empty */

struct gfx_cache_budget gfx_cache_budget(const struct gfx *self)
{
    return self->budget;
}

bool gfx_cache_store(struct gfx *self, uint64_t key, uint16_t slot, const struct channel_rect *src)
{
    uint32_t width = src->right - (uint32_t)src->left, height = src->bottom - (uint32_t)src->top;

    self->bad = self->bad || !self->open || slot == 0 || slot > self->budget.slots || outside(src) ||
                width > 64 || height > 64 || cached_size[slot].right;
    for (uint32_t y = 0; !self->bad && y < height; y++)
        memcpy(cached[slot][y], &client[src->top + y][src->left], 4 * (size_t)width);
    cached_size[slot] = (struct channel_rect){0, 0, (uint16_t)width, (uint16_t)height};
    self->stores++;
    self->bytes += 28;
    return true;
}

bool gfx_cache_evict(struct gfx *self, uint16_t slot)
{
    self->bad =
        self->bad || !self->open || slot == 0 || slot > self->budget.slots || !cached_size[slot].right;
    cached_size[slot] = (struct channel_rect){0};
    self->bytes += 10;
    return true;
}

bool gfx_cache_put(struct gfx *self, uint16_t slot, const struct channel_position *dst, unsigned count)
{
    self->bad = self->bad || !self->open || count != 1 || slot == 0 || slot > self->budget.slots ||
                !cached_size[slot].right || dst->x + cached_size[slot].right > WIDTH ||
                dst->y + cached_size[slot].bottom > HEIGHT;
    for (uint32_t y = 0; !self->bad && y < cached_size[slot].bottom; y++)
        memcpy(&client[dst->y + y][dst->x], cached[slot][y], 4 * (size_t)cached_size[slot].right);
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
        memcpy(held[y], &client[src->top + y][src->left], 4 * (size_t)width);
    for (uint32_t y = 0; !self->bad && y < height; y++)
        memcpy(&client[dst->y + y][dst->x], held[y], 4 * (size_t)width);
    self->copies++;
    self->bytes += 22;
    return true;
}

bool gfx_planar(struct gfx *self, const struct channel_rect *rect, const uint8_t *data, size_t len)
{
    uint32_t width = rect->right - (uint32_t)rect->left, height = rect->bottom - (uint32_t)rect->top;

    self->bad = self->bad || !self->open || outside(rect) ||
                !decode_planar(self->planar, data, (UINT32)len, width, height, (BYTE *)client,
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
            clear_decompress(self->clear, counted, (UINT32)len, width, height, (BYTE *)client,
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
        memcpy(&client[y][rect->left], pixels + (y - rect->top) * stride,
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
                progressive_decompress(self->progressive, data, (UINT32)len, (BYTE *)client,
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
            client[dst->y + y][dst->x + x] = 0x808080;
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

static struct encode_gfx *begin_with(bool thin, bool avc)
{
    memset(&pipeline, 0, sizeof(pipeline));
    pipeline.thin = thin;
    pipeline.avc = avc;
    pipeline.budget = (struct gfx_cache_budget){thin ? 0 : SLOTS * 64 * 64 * 4, SLOTS};
    memset(cached_size, 0, sizeof(cached_size));
    pipeline.planar = freerdp_bitmap_planar_context_new(0, WIDTH, HEIGHT);
    pipeline.progressive = progressive_context_new_ex(FALSE, THREADING_FLAGS_DISABLE_THREADS);
    pipeline.clear = clear_context_new(FALSE);
    if (!pipeline.planar || !pipeline.progressive || !pipeline.clear ||
        progressive_create_surface_context(pipeline.progressive, 1, WIDTH, HEIGHT) < 0)
        return NULL;
    memset(client, 0x55, sizeof(client));
    return encode_gfx_create(&pipeline, WIDTH, HEIGHT);
}

static struct encode_gfx *begin(bool thin)
{
    return begin_with(thin, false);
}

static void finish(struct encode_gfx *encoder)
{
    encode_gfx_destroy(encoder);
    freerdp_bitmap_planar_context_free(pipeline.planar);
    progressive_context_free(pipeline.progressive);
    clear_context_free(pipeline.clear);
}

/* Moves a rectangle by a few pixels; what was not covered stays, so that there are two of it. */
static void move(struct random *random, struct damage *damage)
{
    static uint32_t held[HEIGHT][WIDTH];
    uint32_t left = random_below(random, 100), top = random_below(random, 100);
    uint32_t right = WIDTH - random_below(random, 60), bottom = HEIGHT - random_below(random, 60);
    int32_t dx = 0, dy = 0;

    if (random_below(random, 3))
        dy = (int32_t)random_below(random, 60) - 30;
    if (random_below(random, 3) == 0)
        dx = (int32_t)random_below(random, 60) - 30;
    memcpy(held, now_pixels, sizeof(held));
    for (int32_t y = (int32_t)top; y < (int32_t)bottom; y++)
        for (int32_t x = (int32_t)left; x < (int32_t)right; x++)
            if (y + dy >= 0 && y + dy < HEIGHT && x + dx >= 0 && x + dx < WIDTH)
                now_pixels[y + dy][x + dx] = held[y][x];
    damage_add(damage, (int32_t)left - 30, (int32_t)top - 30, (int32_t)right + 30, (int32_t)bottom + 30);
}

/* Text, flat areas, photo grain; aligned to nothing. */
static void change(struct random *random, struct damage *damage)
{
    uint32_t left = random_below(random, WIDTH), top = random_below(random, HEIGHT);
    uint32_t right = left + 1 + random_below(random, 150), bottom = top + 1 + random_below(random, 120);
    uint32_t kind = random_below(random, 3), colour = random_next(random);

    for (uint32_t y = top; y < bottom && y < HEIGHT; y++) {
        for (uint32_t x = left; x < right && x < WIDTH; x++) {
            if (kind == 0)
                now_pixels[y][x] = colour;
            else if (kind == 1)
                now_pixels[y][x] = random_below(random, 6) ? 0xffffff : 0x101010;
            else
                now_pixels[y][x] = (((x * 3 + y) & 0xff) + random_below(random, 9)) * 0x010101;
        }
    }
    damage_add(damage, (int)left, (int)top, (int)right, (int)bottom);
}

static bool exact(void)
{
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            if ((client[y][x] ^ now_pixels[y][x]) & 0xffffff)
                return false;
    return true;
}

static bool settle(struct encode_gfx *encoder, uint32_t *frame, uint32_t budget)
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

static void run(bool thin, uint32_t budget, unsigned rounds)
{
    struct encode_gfx *encoder = begin(thin);
    struct random random = {budget + 41};
    struct encode_result result;
    struct damage damage;
    uint32_t frame = 0;

    REQUIRE(encoder);
    memset(now_pixels, 0, sizeof(now_pixels));
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    CHECK(encode_gfx_frame(encoder, ++frame, &now, NULL, &damage, budget, &result));
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < 8; i++) {
            memcpy(old_pixels, now_pixels, sizeof(now_pixels));
            damage_clear(&damage);
            change(&random, &damage);
            if (random_below(&random, 2))
                change(&random, &damage);
            if (random_below(&random, 2))
                move(&random, &damage);
            CHECK(encode_gfx_frame(encoder, ++frame, &now, &old, &damage, budget, &result));
        }
        CHECK(settle(encoder, &frame, budget));
        CHECK(exact() && !pipeline.bad);
        /* nothing differs now: nothing is sent, whatever is said to be damaged */
        damage_add_all(&damage);
        CHECK(encode_gfx_frame(encoder, frame + 1, &now, &now, &damage, budget, &result) &&
              result.bytes == 0);
    }
    CHECK(thin ? pipeline.photos == 0 : pipeline.photos > 0);
    CHECK(pipeline.fills > 0 && pipeline.planars > 0 && pipeline.copies > 0);
    CHECK(thin ? pipeline.clears == 0 : pipeline.clears > 0);
    finish(encoder);
}

TEST(exact_in_the_end)
{
    run(false, UINT32_MAX, 6);
}

TEST(exact_with_small_frames)
{
    run(false, 4000, 6);
    run(false, 1, 2);
}

TEST(exact_for_thin_clients)
{
    run(true, 20000, 4);
}

/* A budget bounds a frame, and no part of the picture is starved by another that changes all the time. */
TEST(budget)
{
    struct encode_gfx *encoder = begin(false);
    struct random random = {7};
    struct encode_result result;
    struct damage damage;

    REQUIRE(encoder);
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            now_pixels[y][x] = random_next(&random);
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    memcpy(old_pixels, now_pixels, sizeof(now_pixels));
    CHECK(encode_gfx_frame(encoder, 1, &now, NULL, &damage, 3000, &result));
    CHECK(encode_gfx_owes(encoder) && result.pixels < WIDTH * HEIGHT / 2);
    /* the top rows are a video; the bottom must still come */
    for (uint32_t frame = 2; frame < 40; frame++) {
        for (uint32_t y = 0; y < 64; y++)
            for (uint32_t x = 0; x < WIDTH; x++)
                now_pixels[y][x] = random_next(&random);
        damage_clear(&damage);
        damage_add(&damage, 0, 0, WIDTH, 64);
        CHECK(encode_gfx_frame(encoder, frame, &now, &old, &damage, 3000, &result));
        CHECK(result.bytes > 0);
        memcpy(old_pixels, now_pixels, sizeof(now_pixels));
    }
    for (uint32_t x = 0; x < WIDTH; x += 64)
        CHECK(client[HEIGHT - 1][x] != 0x55555555);
    finish(encoder);
}

static void page(uint32_t seed)
{
    struct random random = {seed};

    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            now_pixels[y][x] = random_below(&random, 5) || y % 16 > 11 ? 0xffffff : seed * 0x2123;
}

/* Windows that cover one another: what stood and comes back is not sent again; with fewer slots than tiles
 * the pages push one another out and are still exact. */
static void windows(uint32_t pages, bool all_hit)
{
    struct encode_gfx *encoder = begin(false);
    struct encode_result result;
    struct damage damage;
    unsigned blocks = 0;

    REQUIRE(encoder);
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    for (uint32_t frame = 1; frame <= 3 * pages; frame++) {
        memcpy(old_pixels, now_pixels, sizeof(now_pixels));
        page(frame % pages + 1);
        CHECK(encode_gfx_frame(encoder, frame, &now, frame > 1 ? &old : NULL, &damage, UINT32_MAX, &result));
        CHECK(exact() && !pipeline.bad);
        if (frame == pages + 1)
            blocks = pipeline.planars + pipeline.clears;
        os_sleep_ms(450);
    }
    if (all_hit) {
        CHECK(pipeline.puts > 0 && pipeline.planars + pipeline.clears == blocks);
        CHECK(result.bytes < 24 * 18 + 100);
        /* a client that lost its picture gets it from its cache, where it is */
        memset(client, 0x55, sizeof(client));
        CHECK(encode_gfx_frame(encoder, 100, &now, NULL, &damage, UINT32_MAX, &result));
        CHECK(exact());
    }
    CHECK(pipeline.stores > 0);
    finish(encoder);
}

TEST(covered_windows)
{
    windows(2, true);
    windows(3, false);
}

/* A picture of a film at this place, another one each time. */
static void film(struct random *random, uint32_t left, uint32_t top, struct damage *damage)
{
    for (uint32_t y = top; y < HEIGHT; y++)
        for (uint32_t x = left; x < WIDTH; x++)
            now_pixels[y][x] = (((x * 3 + y * 5) & 0x7f) + random_below(random, 90)) * 0x010101;
    damage_add(damage, (int32_t)left, (int32_t)top, WIDTH, HEIGHT);
}

/* Plays a film until so many of its pictures went as H.264, or `most` pictures were played. */
static void play(struct encode_gfx *encoder, struct random *random, uint32_t place, uint32_t *frame,
                 unsigned wanted, unsigned most, uint32_t budget)
{
    unsigned before = pipeline.videos;
    struct encode_result result;
    struct damage damage;

    for (unsigned i = 0; i < most && pipeline.videos < before + wanted; i++) {
        memcpy(old_pixels, now_pixels, sizeof(now_pixels));
        damage_init(&damage, WIDTH, HEIGHT);
        film(random, place, place, &damage);
        /* text over it and beside it */
        for (uint32_t y = 80; y < 90; y++)
            for (uint32_t x = 0; x < 140; x++)
                now_pixels[y][x] = (x / 2 + y + i) % 5 ? 0xffffff : 0x101010;
        damage_add(&damage, 0, 80, 140, 90);
        REQUIRE(encode_gfx_frame(encoder, ++*frame, &now, &old, &damage, budget, &result));
        os_sleep_ms(16);
    }
}

/* A film goes as H.264 to clients that have it, as a new stream where it plays at another place, and the
 * picture is exact when it stops, whatever the client made of the stream. */
TEST(film)
{
    struct encode_gfx *encoder = begin_with(false, true);
    struct random random = {11};
    struct encode_result result;
    struct damage damage;
    uint32_t frame = 0;

    REQUIRE(encoder);
    memset(now_pixels, 0x33, sizeof(now_pixels));
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    CHECK(encode_gfx_frame(encoder, ++frame, &now, NULL, &damage, UINT32_MAX, &result));
    for (uint32_t place = 0; place <= 64; place += 64) {
        play(encoder, &random, place, &frame, 10, h264_available() ? 1000 : 40, UINT32_MAX);
        CHECK_INT(pipeline.videos, h264_available() ? 10 + place * 10 / 64 : 0);
        CHECK(h264_available() ? pipeline.videos_opened >= 1 + place / 64 : pipeline.videos_opened == 0);
        CHECK(!h264_available() || pipeline.shown > 0);
        CHECK(settle(encoder, &frame, UINT32_MAX));
        CHECK(exact() && !pipeline.bad);
        CHECK_INT(pipeline.video_width, 0);
    }
    finish(encoder);
}

/* OpenH264 gives up on noise. */
TEST(film_of_noise)
{
    struct encode_gfx *encoder = begin_with(false, true);
    struct random random = {14};
    struct encode_result result;
    struct damage damage;
    uint32_t frame = 0;

    REQUIRE(encoder);
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    CHECK(encode_gfx_frame(encoder, ++frame, &now, NULL, &damage, UINT32_MAX, &result));
    play(encoder, &random, 0, &frame, 1, h264_available() ? 1000 : 40, UINT32_MAX);
    for (unsigned i = 0; i < 10; i++) {
        memcpy(old_pixels, now_pixels, sizeof(now_pixels));
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH; x++)
                now_pixels[y][x] = random_next(&random);
        CHECK(encode_gfx_frame(encoder, ++frame, &now, &old, &damage, UINT32_MAX, &result));
    }
    CHECK(settle(encoder, &frame, UINT32_MAX));
    CHECK(exact() && !pipeline.bad);
    finish(encoder);
}

TEST(film_on_a_short_line)
{
    struct encode_gfx *encoder = begin_with(false, true);
    struct random random = {12};
    struct encode_result result;
    struct damage damage;
    uint32_t frame = 0;

    REQUIRE(encoder);
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    CHECK(encode_gfx_frame(encoder, ++frame, &now, NULL, &damage, UINT32_MAX, &result));
    play(encoder, &random, 0, &frame, 3, h264_available() ? 1000 : 40, UINT32_MAX);
    /* the stream takes more than there is now: without it, a part at a time */
    play(encoder, &random, 0, &frame, UINT32_MAX, 10, 600);
    play(encoder, &random, 0, &frame, UINT32_MAX, 10, 0);
    encode_gfx_relax(encoder);
    play(encoder, &random, 0, &frame, 3, 20, UINT32_MAX);
    CHECK(settle(encoder, &frame, 5000));
    CHECK(exact() && !pipeline.bad);
    finish(encoder);
}

TEST(film_for_clients_without)
{
    struct encode_gfx *encoder = begin_with(false, false);
    struct random random = {13};
    struct encode_result result;
    struct damage damage;
    uint32_t frame = 0;

    REQUIRE(encoder);
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add_all(&damage);
    CHECK(encode_gfx_frame(encoder, ++frame, &now, NULL, &damage, UINT32_MAX, &result));
    play(encoder, &random, 0, &frame, 1, 60, UINT32_MAX);
    CHECK(pipeline.videos == 0 && pipeline.videos_opened == 0 && pipeline.photos > 0);
    CHECK(settle(encoder, &frame, UINT32_MAX));
    CHECK(exact() && !pipeline.bad);
    finish(encoder);
}
