/* SPDX-License-Identifier: Apache-2.0 */
/* Bitmap updates as a client would draw them: whatever the depth, the size of the desktop and the client's
 * limits, its picture must become the desktop's, and no update may be larger than it takes. */
#include "channels/display/encode.h"

#include <freerdp/codec/interleaved.h>
#include <freerdp/codec/planar.h>
#include <freerdp/settings.h>
#include <freerdp/update.h>
#include <freerdp/version.h>

#include "check.h"
#include "random.h"

#include <stdlib.h>

#if FREERDP_VERSION_MAJOR > 3 || FREERDP_VERSION_MINOR >= 17
#define decode_planar freerdp_bitmap_decompress_planar
#else
#define decode_planar planar_decompress
#endif

#define WIDTH_MAX 400
#define HEIGHT_MAX 200

static rdpContext context;
static rdpUpdate update;
static BITMAP_PLANAR_CONTEXT *planar;
static BITMAP_INTERLEAVED_CONTEXT *interleaved;
static uint32_t width, height, depth, limit;
static uint32_t now_pixels[WIDTH_MAX * HEIGHT_MAX], old_pixels[WIDTH_MAX * HEIGHT_MAX];
static uint32_t client[WIDTH_MAX * HEIGHT_MAX], block[128 * 128];
static unsigned updates, begins, ends;
static bool compressed, good;

/* Colours that every depth keeps exactly, so that pictures can be compared. */
static uint32_t plain_colour(struct random *random)
{
    uint32_t bits = random_next(random);

    return (bits & 1 ? 0xff0000u : 0) | (bits & 2 ? 0xff00u : 0) | (bits & 4 ? 0xffu : 0);
}

static bool decode(const BITMAP_DATA *data)
{
    UINT32 format = depth == 15   ? PIXEL_FORMAT_RGB15
                    : depth == 16 ? PIXEL_FORMAT_RGB16
                    : depth == 24 ? PIXEL_FORMAT_BGR24
                                  : PIXEL_FORMAT_BGRX32;

    if (!data->compressed)
        return data->bitmapLength == data->width * data->height * ((depth + 7) / 8) &&
               freerdp_image_copy_no_overlap((BYTE *)block, PIXEL_FORMAT_BGRX32, data->width * 4, 0, 0,
                                             data->width, data->height, data->bitmapDataStream, format, 0, 0,
                                             0, NULL, FREERDP_FLIP_VERTICAL);
    if (depth == 32)
        return decode_planar(planar, data->bitmapDataStream, data->bitmapLength, data->width, data->height,
                             (BYTE *)block, PIXEL_FORMAT_BGRX32, data->width * 4, 0, 0, data->width,
                             data->height, TRUE);
    return interleaved_decompress(interleaved, data->bitmapDataStream, data->bitmapLength, data->width,
                                  data->height, depth, (BYTE *)block, PIXEL_FORMAT_BGRX32, data->width * 4, 0,
                                  0, data->width, data->height, NULL);
}

static BOOL on_bitmap(rdpContext *c, const BITMAP_UPDATE *u)
{
    uint32_t size = 32;

    updates++;
    for (UINT32 i = 0; i < u->number; i++) {
        const BITMAP_DATA *data = &u->rectangles[i];

        size += 26 + data->bitmapLength;
        good = good && data->bitsPerPixel == depth && data->compressed == compressed &&
               data->width % 4 == 0 && data->width <= 64 && data->height <= 64 && data->destRight < width &&
               data->destBottom < height && data->destRight - data->destLeft < data->width &&
               data->destBottom - data->destTop + 1 == data->height && decode(data);
        for (uint32_t y = data->destTop; good && y <= data->destBottom; y++)
            for (uint32_t x = data->destLeft; x <= data->destRight; x++)
                client[y * width + x] = block[(y - data->destTop) * data->width + x - data->destLeft];
    }
    good = good && u->number > 0 && size <= limit;
    return TRUE;
}

static BOOL on_marker(rdpContext *c, const SURFACE_FRAME_MARKER *marker)
{
    if (marker->frameAction == SURFACECMD_FRAMEACTION_BEGIN)
        begins++;
    else
        ends++;
    return TRUE;
}

static struct encode_bitmap *begin(uint32_t w, uint32_t h, uint32_t bpp, bool headerless, uint32_t max,
                                   uint32_t acks)
{
    if (!planar)
        planar = freerdp_bitmap_planar_context_new(0, 64, 64);
    if (!interleaved)
        interleaved = bitmap_interleaved_context_new(FALSE);
    freerdp_settings_free(context.settings);
    context.settings = freerdp_settings_new(FREERDP_SETTINGS_SERVER_MODE);
    context.update = &update;
    update.BitmapUpdate = on_bitmap;
    update.SurfaceFrameMarker = on_marker;
    width = w;
    height = h;
    depth = bpp;
    limit = max;
    compressed = headerless;
    good = true;
    updates = begins = ends = 0;
    if (!planar || !interleaved || !freerdp_settings_set_uint32(context.settings, FreeRDP_ColorDepth, bpp) ||
        !freerdp_settings_set_bool(context.settings, FreeRDP_NoBitmapCompressionHeader, headerless) ||
        !freerdp_settings_set_bool(context.settings, FreeRDP_DrawAllowSkipAlpha, acks != 0) ||
        !freerdp_settings_set_bool(context.settings, FreeRDP_SurfaceFrameMarkerEnabled, acks != 0) ||
        !freerdp_settings_set_uint32(context.settings, FreeRDP_FrameAcknowledge, acks) ||
        !freerdp_settings_set_uint32(context.settings, FreeRDP_MultifragMaxRequestSize, max))
        return NULL;
    return encode_bitmap_create(&context, w, h);
}

static bool client_is_right(void)
{
    for (uint32_t i = 0; i < width * height; i++) {
        /* FreeRDP widens 5 and 6 bits to 8 so that full becomes full, to within its rounding */
        for (unsigned shift = 0; shift < 24; shift += 8) {
            int difference = (int)(client[i] >> shift & 0xff) - (int)(now_pixels[i] >> shift & 0xff);

            if (difference > 8 || difference < -8)
                return false;
        }
    }
    return true;
}

static void one_size(uint32_t w, uint32_t h, uint32_t bpp, bool headerless, uint32_t max)
{
    struct encode_bitmap *encoder = begin(w, h, bpp, headerless, max, w % 2);
    struct picture now = {(const uint8_t *)now_pixels, w * 4, w, h},
                   old = {(const uint8_t *)old_pixels, w * 4, w, h};
    struct random random = {w * 7919 + h + bpp};
    struct encode_result result;
    struct damage damage;

    REQUIRE(encoder);
    CHECK(encode_bitmap_acknowledged(encoder) == (w % 2 != 0));
    damage_init(&damage, w, h);
    damage_add_all(&damage);
    memset(client, 0x40, sizeof(client));
    for (uint32_t i = 0; i < w * h; i++)
        now_pixels[i] = plain_colour(&random); /* the worst there is to code */
    CHECK(encode_bitmap_frame(encoder, 1, &now, NULL, &damage, &result));
    CHECK(good && client_is_right());
    CHECK_INT(result.pixels, w * h);
    for (uint32_t frame = 2; frame < 12; frame++) {
        uint32_t left = random_below(&random, w), top = random_below(&random, h), before = updates;

        memcpy(old_pixels, now_pixels, sizeof(now_pixels));
        damage_clear(&damage);
        damage_add(&damage, (int)left, (int)top, (int)left + 30, (int)top + 20);
        for (uint32_t i = 0; i < damage.count; i++)
            for (uint32_t y = damage.rects[i].top; y < damage.rects[i].bottom; y++)
                for (uint32_t x = damage.rects[i].left; x < damage.rects[i].right; x++)
                    now_pixels[y * w + x] = frame % 3 ? (frame % 2 ? 0xff : 0xff00) : now_pixels[y * w + x];
        CHECK(encode_bitmap_frame(encoder, frame, &now, &old, &damage, &result));
        CHECK(good && client_is_right());
        if (memcmp(old_pixels, now_pixels, sizeof(now_pixels)) == 0)
            CHECK(updates == before && result.bytes == 0); /* nothing differed, nothing sent */
    }
    CHECK_INT(begins, ends);
    CHECK(w % 2 ? begins > 0 : begins == 0);
    encode_bitmap_destroy(encoder);
}

TEST(becomes_the_desktop)
{
    static const uint32_t depths[] = {15, 16, 24, 32};

    for (unsigned i = 0; i < 4; i++) {
        one_size(320, 200, depths[i], true, 65536);
        one_size(399, 131, depths[i], true, 16256); /* FreeRDP's limit for clients that cannot reassemble */
        one_size(200, 130, depths[i], false, 16256);
        one_size(65, 65, depths[i], true, 65536);
        one_size(3, 1, depths[i], true, 65536);
    }
}

TEST(refuses_what_it_cannot)
{
    CHECK(begin(100, 100, 8, true, 65536, 0) == NULL);
    freerdp_settings_free(context.settings);
    context.settings = NULL;
    freerdp_bitmap_planar_context_free(planar);
    bitmap_interleaved_context_free(interleaved);
    planar = NULL;
    interleaved = NULL;
}
