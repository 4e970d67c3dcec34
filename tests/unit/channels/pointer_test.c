/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pointer.h"

#include <freerdp/pointer.h>
#include <freerdp/settings.h>
#include <freerdp/update.h>

#include "check.h"

#include <stdlib.h>

/* A context with settings and a pointer interface that records. */
static rdpContext context;
static rdpUpdate update;
static rdpPointerUpdate out;
static unsigned news, larges, cached, colours, systems, positions;
static POINTER_NEW_UPDATE last;
static POINTER_LARGE_UPDATE last_large;
static uint8_t xor_data[384 * 384 * 4], and_data[384 * 48];
static uint32_t last_index, last_system;
static struct pointer_image shape;
static struct channel_pointer part;

static BOOL on_new(rdpContext *c, const POINTER_NEW_UPDATE *u)
{
    news++;
    last = *u;
    memcpy(xor_data, u->colorPtrAttr.xorMaskData, u->colorPtrAttr.lengthXorMask);
    memcpy(and_data, u->colorPtrAttr.andMaskData, u->colorPtrAttr.lengthAndMask);
    return TRUE;
}

static BOOL on_large(rdpContext *c, const POINTER_LARGE_UPDATE *u)
{
    larges++;
    last_large = *u;
    memcpy(xor_data, u->xorMaskData, u->lengthXorMask);
    memcpy(and_data, u->andMaskData, u->lengthAndMask);
    return TRUE;
}

static BOOL on_colour(rdpContext *c, const POINTER_COLOR_UPDATE *u)
{
    colours++;
    last.colorPtrAttr = *u;
    memcpy(xor_data, u->xorMaskData, u->lengthXorMask);
    memcpy(and_data, u->andMaskData, u->lengthAndMask);
    return TRUE;
}

static BOOL on_cached(rdpContext *c, const POINTER_CACHED_UPDATE *u)
{
    cached++;
    last_index = u->cacheIndex;
    return TRUE;
}

static BOOL on_system(rdpContext *c, const POINTER_SYSTEM_UPDATE *u)
{
    systems++;
    last_system = u->type;
    return TRUE;
}

static BOOL on_position(rdpContext *c, const POINTER_POSITION_UPDATE *u)
{
    positions++;
    return TRUE;
}

static struct pointer *begin_with(uint32_t slots, uint32_t large, uint32_t request)
{
    freerdp_settings_free(context.settings);
    context.settings = freerdp_settings_new(FREERDP_SETTINGS_SERVER_MODE);
    context.update = &update;
    update.pointer = &out;
    out.PointerNew = on_new;
    out.PointerLarge = on_large;
    out.PointerColor = on_colour;
    out.PointerCached = on_cached;
    out.PointerSystem = on_system;
    out.PointerPosition = on_position;
    news = larges = cached = colours = systems = positions = 0;
    if (!freerdp_settings_set_uint32(context.settings, FreeRDP_PointerCacheSize, slots) ||
        !freerdp_settings_set_uint32(context.settings, FreeRDP_LargePointerFlag, large) ||
        !freerdp_settings_set_uint32(context.settings, FreeRDP_MultifragMaxRequestSize, request))
        return NULL;
    return pointer_create(&context);
}

static struct pointer *begin(uint32_t slots, uint32_t large)
{
    return begin_with(slots, large, 65536);
}

static void make(uint16_t width, uint16_t height, uint8_t seed)
{
    shape.width = width;
    shape.height = height;
    shape.hot_x = width - 1u;
    shape.hot_y = 0;
    for (uint32_t i = 0; i < pointer_image_size(&shape); i++)
        shape.pixels[i] = (uint8_t)(i * 7 + seed);
}

/* In as many parts as it takes; nothing is new before the last. */
static bool show(struct pointer *pointer)
{
    bool pending = pointer_pending(pointer);
    uint16_t top = 0;

    do {
        if (!CHECK(pointer_pending(pointer) == pending))
            return false;
        top = pointer_image_part(&shape, top, &part);
        if (!pointer_shape(pointer, &part))
            return false;
    } while (top < shape.height);
    return pointer_pending(pointer);
}

TEST(masks)
{
    struct pointer *pointer = begin(20, LARGE_POINTER_FLAG_96x96);

    REQUIRE(pointer);
    make(3, 2, 0);
    memset(shape.pixels, 0, pointer_image_size(&shape));
    memcpy(shape.pixels, "\x10\x20\x30\xff", 4);      /* top left opaque */
    memcpy(shape.pixels + 20, "\x40\x50\x60\x80", 4); /* bottom right half */
    memcpy(shape.pixels + 4, "\x99\x99\x99\x00", 4);  /* transparent, whatever its colour */
    CHECK(show(pointer) && pointer_pending(pointer) && pointer_flush(pointer) && !pointer_pending(pointer));
    REQUIRE(news == 1);
    CHECK_INT(last.xorBpp, 32);
    CHECK_INT(last.colorPtrAttr.lengthXorMask, 24);
    CHECK_INT(last.colorPtrAttr.lengthAndMask, 4);
    CHECK_INT(last.colorPtrAttr.hotSpotX, 2);
    /* bottom row first */
    CHECK(memcmp(xor_data, "\0\0\0\0\0\0\0\0\x40\x50\x60\x80\x10\x20\x30\xff\0\0\0\0\0\0\0\0", 24) == 0);
    CHECK_INT(and_data[0], 0xc0);
    CHECK_INT(and_data[2], 0x60);
    pointer_destroy(pointer);
}

TEST(cache)
{
    struct pointer *pointer = begin(2, LARGE_POINTER_FLAG_96x96);

    REQUIRE(pointer);
    for (uint8_t seed = 0; seed < 2; seed++) {
        make(16, 16, seed);
        CHECK(show(pointer) && pointer_flush(pointer));
        CHECK_INT(last.colorPtrAttr.cacheIndex, seed);
    }
    make(16, 16, 0);
    CHECK(show(pointer) && pointer_flush(pointer));
    CHECK_INT(news, 2);
    CHECK_INT(cached, 1);
    CHECK_INT(last_index, 0);
    make(16, 16, 9); /* a third takes the oldest place */
    CHECK(show(pointer) && pointer_flush(pointer));
    CHECK_INT(last.colorPtrAttr.cacheIndex, 0);
    make(16, 16, 0);
    CHECK(show(pointer) && pointer_flush(pointer));
    CHECK_INT(news, 4);
    /* a client that was reactivated has nothing */
    pointer_reset(pointer);
    CHECK(pointer_pending(pointer) && pointer_flush(pointer));
    CHECK_INT(news, 5);
    pointer_destroy(pointer);
}

TEST(large_and_small)
{
    struct pointer *pointer = begin(20, LARGE_POINTER_FLAG_96x96);

    REQUIRE(pointer);
    make(96, 96, 1);
    CHECK(show(pointer) && pointer_flush(pointer));
    CHECK_INT(last.colorPtrAttr.width, 96);
    pointer_destroy(pointer);
    pointer = begin(20, 0);
    REQUIRE(pointer);
    CHECK(show(pointer) && pointer_flush(pointer));
    CHECK_INT(last.colorPtrAttr.width, 32);
    CHECK_INT(last.colorPtrAttr.hotSpotX, 31); /* the part around the hot spot, here the right edge */
    pointer_destroy(pointer);
}

/* More than 96 pixels: as it is to clients that take it, else smaller. */
TEST(larger)
{
    static const struct {
        uint16_t width, height, sent_width, sent_height;
        uint32_t slots, flags, request;
    } cases[] = {
        {128, 128, 128, 128, 20, 3, 608299}, {384, 384, 384, 384, 20, 3, 800000},
        {97, 1, 97, 1, 20, 3, 65536},        {384, 384, 96, 96, 20, 3, 608299}, /* all of it does not fit */
        {128, 128, 64, 64, 20, 1, 608299},   {200, 150, 67, 50, 20, 1, 608299},
        {128, 96, 32, 32, 20, 0, 608299},    {128, 128, 64, 64, 0, 3, 608299},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pointer *pointer = begin_with(cases[i].slots, cases[i].flags, cases[i].request);
        bool whole = cases[i].width == cases[i].sent_width;

        REQUIRE(pointer);
        make(cases[i].width, cases[i].height, 3);
        CHECK(show(pointer) && pointer_flush(pointer));
        CHECK(larges == whole && news == (!whole && cases[i].slots) && colours == !cases[i].slots);
        if (whole) {
            uint32_t row = cases[i].width * 4u, last_row = (cases[i].height - 1u) * row;

            CHECK(last_large.width == cases[i].width && last_large.height == cases[i].height);
            CHECK(last_large.hotSpotX == cases[i].width - 1 && last_large.hotSpotY == 0);
            CHECK_INT(last_large.lengthXorMask, row * cases[i].height);
            CHECK(xor_data[last_row + 3] == shape.pixels[3] && xor_data[1] == shape.pixels[last_row + 1]);
            CHECK(show(pointer) && pointer_flush(pointer) && cached == 1);
        } else {
            CHECK(last.colorPtrAttr.width == cases[i].sent_width);
            CHECK(last.colorPtrAttr.height == cases[i].sent_height);
            CHECK(last.colorPtrAttr.hotSpotX < cases[i].sent_width);
        }
        pointer_destroy(pointer);
    }
}

/* What the mean of four pixels is: colours count as much as they cover. */
TEST(shrunk)
{
    static struct pointer_image small;

    make(98, 2, 0);
    memset(shape.pixels, 0, pointer_image_size(&shape));
    memcpy(shape.pixels, "\x80\x00\x10\xff\x40\x20\x10\xff", 8);
    memcpy(shape.pixels + 98 * 4, "\xff\xff\xff\x00\xff\xff\xff\x00", 8);
    pointer_image_shrink(&small, &shape, 96);
    CHECK(small.width == 49 && small.height == 1 && small.hot_x == 48);
    CHECK(memcmp(small.pixels, "\x60\x10\x10\x7f\0\0\0\0", 8) == 0);
}

/* Two producers in turn, or one that lies: no shape is made of parts of two. */
TEST(parts)
{
    struct pointer *pointer = begin_with(20, 3, 800000);
    uint16_t top;

    REQUIRE(pointer);
    make(384, 384, 1);
    top = pointer_image_part(&shape, 0, &part);
    CHECK_INT(top, 24);
    pointer_image_part(&shape, top, &part);
    CHECK(pointer_shape(pointer, &part) && !pointer_pending(pointer)); /* not the first one */
    pointer_image_part(&shape, 0, &part);
    CHECK(pointer_shape(pointer, &part));
    pointer_image_part(&shape, 48, &part);
    CHECK(pointer_shape(pointer, &part)); /* a hole: left out */
    make(128, 128, 1);
    pointer_image_part(&shape, 24, &part);
    CHECK(pointer_shape(pointer, &part)); /* of another size */
    CHECK(show(pointer) && pointer_flush(pointer) && larges == 1);
    /* hidden while it is on its way */
    pointer_image_part(&shape, 0, &part);
    CHECK(pointer_shape(pointer, &part));
    pointer_hide(pointer);
    pointer_image_part(&shape, 72, &part);
    CHECK(pointer_shape(pointer, &part) && pointer_flush(pointer) && larges == 1 && cached == 0);
    /* malformed */
    pointer_image_part(&shape, 72, &part);
    part.size -= 4;
    CHECK(!pointer_shape(pointer, &part));
    pointer_image_part(&shape, 72, &part);
    part.top = 73;
    CHECK(!pointer_shape(pointer, &part));
    part.size = 0;
    CHECK(!pointer_shape(pointer, &part));
    pointer_destroy(pointer);
}

TEST(old_client)
{
    struct pointer *pointer = begin(0, 0);

    REQUIRE(pointer);
    make(5, 5, 1);
    CHECK(show(pointer) && pointer_flush(pointer));
    CHECK_INT(news, 0);
    REQUIRE(colours == 1);
    CHECK_INT(last.colorPtrAttr.lengthXorMask, 16 * 5); /* rows of 15 bytes, padded */
    pointer_destroy(pointer);
}

TEST(states)
{
    struct pointer *pointer = begin(20, 0);

    REQUIRE(pointer);
    pointer_default(pointer);
    CHECK(!pointer_pending(pointer)); /* that is what a client starts with */
    pointer_hide(pointer);
    pointer_move(pointer, 3, 4);
    CHECK(pointer_flush(pointer));
    CHECK_INT(last_system, SYSPTR_NULL);
    CHECK_INT(positions, 1);
    for (uint8_t i = 0; i < 100; i++) { /* only the newest goes out */
        make(8, 8, i);
        CHECK(show(pointer));
    }
    CHECK(pointer_flush(pointer));
    CHECK_INT(news, 1);
    pointer_default(pointer);
    CHECK(pointer_flush(pointer));
    CHECK_INT(last_system, SYSPTR_DEFAULT);
    CHECK_INT(systems, 2);
    make(8, 8, 0);
    shape.hot_x = 8;
    CHECK(!show(pointer));
    pointer_destroy(pointer);
    freerdp_settings_free(context.settings);
    context.settings = NULL;
}
