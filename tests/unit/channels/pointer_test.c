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
static unsigned news, cached, colours, systems, positions;
static POINTER_NEW_UPDATE last;
static uint8_t xor_data[96 * 96 * 4], and_data[96 * 12];
static uint32_t last_index, last_system;
static struct channel_pointer shape;

static BOOL on_new(rdpContext *c, const POINTER_NEW_UPDATE *u)
{
    news++;
    last = *u;
    memcpy(xor_data, u->colorPtrAttr.xorMaskData, u->colorPtrAttr.lengthXorMask);
    memcpy(and_data, u->colorPtrAttr.andMaskData, u->colorPtrAttr.lengthAndMask);
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

static struct pointer *begin(uint32_t slots, uint32_t large)
{
    freerdp_settings_free(context.settings);
    context.settings = freerdp_settings_new(FREERDP_SETTINGS_SERVER_MODE);
    context.update = &update;
    update.pointer = &out;
    out.PointerNew = on_new;
    out.PointerColor = on_colour;
    out.PointerCached = on_cached;
    out.PointerSystem = on_system;
    out.PointerPosition = on_position;
    news = cached = colours = systems = positions = 0;
    if (!freerdp_settings_set_uint32(context.settings, FreeRDP_PointerCacheSize, slots) ||
        !freerdp_settings_set_uint32(context.settings, FreeRDP_LargePointerFlag, large) ||
        !freerdp_settings_set_uint32(context.settings, FreeRDP_MultifragMaxRequestSize, 65536))
        return NULL;
    return pointer_create(&context);
}

static void make(uint16_t width, uint16_t height, uint8_t seed)
{
    shape.width = width;
    shape.height = height;
    shape.hot_x = width - 1u;
    shape.hot_y = 0;
    shape.size = (uint32_t)width * height * 4;
    for (uint32_t i = 0; i < shape.size; i++)
        shape.pixels[i] = (uint8_t)(i * 7 + seed);
}

TEST(masks)
{
    struct pointer *pointer = begin(20, LARGE_POINTER_FLAG_96x96);

    REQUIRE(pointer);
    make(3, 2, 0);
    memset(shape.pixels, 0, shape.size);
    memcpy(shape.pixels, "\x10\x20\x30\xff", 4);      /* top left opaque */
    memcpy(shape.pixels + 20, "\x40\x50\x60\x80", 4); /* bottom right half */
    memcpy(shape.pixels + 4, "\x99\x99\x99\x00", 4);  /* transparent, whatever its colour */
    CHECK(pointer_shape(pointer, &shape) && pointer_pending(pointer) && pointer_flush(pointer) &&
          !pointer_pending(pointer));
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
        CHECK(pointer_shape(pointer, &shape) && pointer_flush(pointer));
        CHECK_INT(last.colorPtrAttr.cacheIndex, seed);
    }
    make(16, 16, 0);
    CHECK(pointer_shape(pointer, &shape) && pointer_flush(pointer));
    CHECK_INT(news, 2);
    CHECK_INT(cached, 1);
    CHECK_INT(last_index, 0);
    make(16, 16, 9); /* a third takes the oldest place */
    CHECK(pointer_shape(pointer, &shape) && pointer_flush(pointer));
    CHECK_INT(last.colorPtrAttr.cacheIndex, 0);
    make(16, 16, 0);
    CHECK(pointer_shape(pointer, &shape) && pointer_flush(pointer));
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
    CHECK(pointer_shape(pointer, &shape) && pointer_flush(pointer));
    CHECK_INT(last.colorPtrAttr.width, 96);
    pointer_destroy(pointer);
    pointer = begin(20, 0);
    REQUIRE(pointer);
    CHECK(pointer_shape(pointer, &shape) && pointer_flush(pointer));
    CHECK_INT(last.colorPtrAttr.width, 32);
    CHECK_INT(last.colorPtrAttr.hotSpotX, 31); /* the part around the hot spot, here the right edge */
    pointer_destroy(pointer);
}

TEST(old_client)
{
    struct pointer *pointer = begin(0, 0);

    REQUIRE(pointer);
    make(5, 5, 1);
    CHECK(pointer_shape(pointer, &shape) && pointer_flush(pointer));
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
        CHECK(pointer_shape(pointer, &shape));
    }
    CHECK(pointer_flush(pointer));
    CHECK_INT(news, 1);
    pointer_default(pointer);
    CHECK(pointer_flush(pointer));
    CHECK_INT(last_system, SYSPTR_DEFAULT);
    CHECK_INT(systems, 2);
    make(8, 8, 0);
    shape.size -= 4;
    CHECK(!pointer_shape(pointer, &shape));
    make(8, 8, 0);
    shape.hot_x = 8;
    CHECK(!pointer_shape(pointer, &shape));
    pointer_destroy(pointer);
    freerdp_settings_free(context.settings);
    context.settings = NULL;
}
