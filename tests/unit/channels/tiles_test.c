/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/areas.h"
#include "channels/display/choose.h"
#include "channels/display/tile_cache.h"
#include "channels/display/tiles.h"
#include "channels/display/waiting.h"

#include "check.h"
#include "random.h"

#include <stdlib.h>

#define WIDTH 150
#define HEIGHT 131

static uint32_t now_pixels[HEIGHT][WIDTH + 2], old_pixels[HEIGHT][WIDTH + 2];
static const struct picture now = {(const uint8_t *)now_pixels, sizeof(now_pixels[0]), WIDTH, HEIGHT};
static const struct picture old = {(const uint8_t *)old_pixels, sizeof(old_pixels[0]), WIDTH, HEIGHT};

TEST(grid)
{
    struct tile_grid grid;
    uint64_t area = 0;

    tile_grid_init(&grid, WIDTH, HEIGHT);
    CHECK_INT(grid.columns, 3);
    CHECK_INT(grid.rows, 3);
    for (uint32_t i = 0; i < tile_grid_count(&grid); i++) {
        struct channel_rect r = tile_grid_rect(&grid, i);

        CHECK(r.left < r.right && r.top < r.bottom && r.right <= WIDTH && r.bottom <= HEIGHT);
        area += (uint64_t)(r.right - r.left) * (uint64_t)(r.bottom - r.top);
    }
    CHECK_INT(area, WIDTH * HEIGHT);
}

TEST(marks)
{
    struct tile_grid grid;
    struct damage damage;
    uint8_t marks[9];

    tile_grid_init(&grid, WIDTH, HEIGHT);
    damage_init(&damage, WIDTH, HEIGHT);
    damage_add(&damage, 63, 64, 64, 65);
    tile_grid_mark(&grid, &damage, marks);
    for (unsigned i = 0; i < 9; i++)
        CHECK_INT(marks[i], i == 3);
    damage_add(&damage, 63, 0, 65, 1);
    tile_grid_mark(&grid, &damage, marks);
    CHECK(marks[0] && marks[1] && !marks[2] && marks[3] && !marks[4]);
    /* damage of a larger desktop stays inside the grid */
    damage_init(&damage, 4000, 4000);
    damage_add_all(&damage);
    tile_grid_mark(&grid, &damage, marks);
    CHECK(marks[8]);
}

TEST(differences)
{
    struct random random = {11};
    struct tile_grid grid;

    tile_grid_init(&grid, WIDTH, HEIGHT);
    for (int round = 0; round < 3000; round++) {
        uint32_t tile = random_below(&random, tile_grid_count(&grid));
        struct channel_rect whole = tile_grid_rect(&grid, tile), changed = {0}, want = {0xffff, 0xffff, 0, 0};
        unsigned n = random_below(&random, 4);

        memset(old_pixels, 0x33, sizeof(old_pixels));
        memcpy(now_pixels, old_pixels, sizeof(old_pixels));
        for (unsigned i = 0; i < n; i++) {
            unsigned x = whole.left + random_below(&random, whole.right - whole.left);
            unsigned y = whole.top + random_below(&random, whole.bottom - whole.top);

            now_pixels[y][x] ^= 1u << random_below(&random, 24);
            if ((now_pixels[y][x] & 0xffffff) == 0x333333)
                continue;
            want.left = x < want.left ? (uint16_t)x : want.left;
            want.top = y < want.top ? (uint16_t)y : want.top;
            want.right = x >= want.right ? (uint16_t)(x + 1) : want.right;
            want.bottom = y >= want.bottom ? (uint16_t)(y + 1) : want.bottom;
        }
        now_pixels[whole.top][whole.left] ^= 0xff000000; /* does not count */
        if (want.right == 0) {
            CHECK(!tile_differs(&now, &old, &whole, &changed));
        } else if (!CHECK(tile_differs(&now, &old, &whole, &changed)) ||
                   !CHECK(memcmp(&changed, &want, sizeof(want)) == 0)) {
            return;
        }
    }
}

TEST(differences_outside_do_not_count)
{
    struct tile_grid grid;
    struct channel_rect tile, changed;

    memset(old_pixels, 0, sizeof(old_pixels));
    memset(now_pixels, 0xff, sizeof(now_pixels));
    tile_grid_init(&grid, WIDTH, HEIGHT);
    tile = tile_grid_rect(&grid, 4);
    for (unsigned y = tile.top; y < tile.bottom; y++)
        for (unsigned x = tile.left; x < tile.right; x++)
            now_pixels[y][x] = 0;
    CHECK(!tile_differs(&now, &old, &tile, &changed));
}

/* The rectangles of a mask hold every pixel that differs and little else. */
TEST(pieces)
{
    struct random random = {17};
    struct tile_grid grid;

    tile_grid_init(&grid, WIDTH, HEIGHT);
    for (int round = 0; round < 3000; round++) {
        uint32_t tile = random_below(&random, tile_grid_count(&grid)), differ = 0, held = 0;
        struct channel_rect whole = tile_grid_rect(&grid, tile), rects[TILE_RECTS_MAX];
        unsigned n = 1 + random_below(&random, 12), count;
        struct tile_mask mask = {0};

        memset(old_pixels, 0x33, sizeof(old_pixels));
        memcpy(now_pixels, old_pixels, sizeof(old_pixels));
        for (unsigned i = 0; i < n; i++) {
            unsigned x = whole.left + random_below(&random, whole.right - whole.left);
            unsigned y = whole.top + random_below(&random, whole.bottom - whole.top);

            differ += now_pixels[y][x] == 0x33333333;
            now_pixels[y][x] = 0x33333334;
        }
        now_pixels[whole.top][whole.left] ^= 0xff000000; /* does not count */
        tile_mask_compare(&mask, &whole, &whole, &now, &old, 0, 0);
        CHECK_INT(tile_mask_pixels(&mask), differ);
        CHECK(!tile_mask_empty(&mask));
        count = tile_mask_rects(&mask, &whole, rects);
        REQUIRE(count >= 1 && count <= TILE_RECTS_MAX);
        for (unsigned i = 0; i < count; i++) {
            const struct channel_rect *r = &rects[i];

            REQUIRE(r->left >= whole.left && r->top >= whole.top && r->right <= whole.right &&
                    r->bottom <= whole.bottom && r->left < r->right && r->top < r->bottom);
            for (unsigned y = r->top; y < r->bottom; y++)
                for (unsigned x = r->left; x < r->right; x++)
                    held += (now_pixels[y][x] & 0xffffff) == 0x333334;
        }
        REQUIRE(held == differ); /* all of them, and none twice */
    }
}

/* Two glyphs in the corners of a tile are two small pieces. */
TEST(pieces_are_tight)
{
    struct channel_rect tile = {0, 0, 64, 64}, one = {2, 3, 12, 19}, two = {50, 40, 60, 56};
    struct channel_rect rects[TILE_RECTS_MAX];
    struct tile_mask mask = {0};

    tile_mask_add(&mask, &tile, &one);
    tile_mask_add(&mask, &tile, &two);
    CHECK_INT(tile_mask_rects(&mask, &tile, rects), 2);
    CHECK(memcmp(&rects[0], &one, sizeof(one)) == 0 && memcmp(&rects[1], &two, sizeof(two)) == 0);
}

TEST(areas_merge)
{
    struct channel_rect a = {0, 0, 64, 16}, b = {64, 2, 128, 16}, c = {64, 16, 128, 30},
                        far = {600, 0, 610, 9};
    struct areas areas = {0};

    CHECK(areas_add(&areas, &a, 0, 200) && areas_add(&areas, &b, 0, 200));
    CHECK_INT(areas.count, 1);
    CHECK(areas.items[0].rect.right == 128 && areas.items[0].rect.top == 0);
    CHECK(areas_add(&areas, &far, 0, 200) && areas_add(&areas, &c, 1, 200));
    CHECK_INT(areas.count, 3);
    areas.count = 0;
    /* fills must fit exactly */
    CHECK(areas_add(&areas, &a, 7, 0) && areas_add(&areas, &b, 7, 0));
    CHECK_INT(areas.count, 2);
    b.top = 0;
    CHECK(areas_add(&areas, &b, 8, 0));
    CHECK_INT(areas.count, 3);
    /* what is merged can be encoded */
    areas.count = 0;
    for (unsigned y = 0; y < 40; y++) {
        for (unsigned x = 0; x < 40; x++) {
            struct channel_rect next = {(uint16_t)(x * 64), (uint16_t)(y * 16), (uint16_t)(x * 64 + 64),
                                        (uint16_t)(y * 16 + 16)};

            CHECK(areas_add(&areas, &next, 0, 200));
        }
    }
    for (uint32_t i = 0; i < areas.count; i++) {
        const struct channel_rect *r = &areas.items[i].rect;

        CHECK(r->right - r->left <= PLANAR_WIDTH_MAX &&
              planar_bound((uint32_t)(r->right - r->left), (uint32_t)(r->bottom - r->top), false) <=
                  AREAS_PLANAR_MAX);
    }
    areas_finish(&areas);
}

TEST(cache)
{
    struct tile_cache *cache = tile_cache_create(5), *none = tile_cache_create(0);
    struct channel_rect tile = {0, 0, 64, 64}, small = {0, 0, 13, 64};
    uint16_t slot_of[20] = {0};
    struct tile_key keys[20], other;

    REQUIRE(cache && none);
    memset(now_pixels, 0, sizeof(now_pixels));
    for (unsigned i = 0; i < 20; i++) {
        now_pixels[i][i] = 1;
        keys[i] = tile_cache_key(cache, &now, &tile);
        for (unsigned k = 0; k < i; k++)
            CHECK(memcmp(&keys[i], &keys[k], sizeof(keys[0])) != 0);
    }
    other = tile_cache_key(cache, &now, &small);
    CHECK(memcmp(&other, &keys[19], sizeof(other)) != 0);
    now_pixels[3][3] ^= 0xff000000; /* does not count */
    other = tile_cache_key(cache, &now, &tile);
    CHECK(memcmp(&other, &keys[19], sizeof(other)) == 0);

    CHECK(!tile_cache_any(cache));
    for (unsigned i = 0; i < 20; i++) {
        CHECK_INT(tile_cache_find(cache, &keys[i]), 0);
        slot_of[i] = tile_cache_add(cache, &keys[i]);
        CHECK(slot_of[i] >= 1 && slot_of[i] <= 5);
        /* the first one is used all the time, and stays */
        CHECK_INT(tile_cache_find(cache, &keys[0]), slot_of[0]);
        CHECK_INT(tile_cache_find(cache, &keys[i]), slot_of[i]);
        if (i >= 5)
            CHECK_INT(tile_cache_find(cache, &keys[i - 4]), 0);
    }
    CHECK(tile_cache_any(cache));
    /* sides count, also where the colours are the same: a tile at the edge */
    memset(now_pixels, 0, sizeof(now_pixels));
    other = tile_cache_key(cache, &now, &small);
    keys[1] = tile_cache_key(cache, &now, &tile);
    CHECK(memcmp(&other, &keys[1], sizeof(other)) != 0);
    /* nobody knows the key of a tile beforehand, and after forgetting it is another one */
    keys[2] = tile_cache_key(none, &now, &tile);
    CHECK(memcmp(&keys[2], &keys[1], sizeof(other)) != 0);
    CHECK(tile_cache_forget(cache));
    other = tile_cache_key(cache, &now, &tile);
    CHECK(memcmp(&other, &keys[1], sizeof(other)) != 0);
    CHECK_INT(tile_cache_find(cache, &other), 0);
    CHECK(tile_cache_add(cache, &other) >= 1);
    CHECK_INT(tile_cache_add(none, &keys[0]), 0);
    CHECK_INT(tile_cache_find(none, &keys[0]), 0);
    tile_cache_destroy(cache);
    tile_cache_destroy(none);
}

TEST(choices)
{
    struct channel_rect tile = {0, 0, 64, 64}, small = {0, 0, 16, 16};
    struct random random = {13};
    uint32_t colour = 0;

    memset(now_pixels, 0x77, sizeof(now_pixels));
    CHECK_INT(choose_codec(&now, &tile, true, &colour), CHOOSE_FILL);
    CHECK_INT(colour, 0x777777);
    for (unsigned y = 5; y < 60; y += 9) /* strokes on a ground */
        for (unsigned x = 3; x < 60; x++)
            now_pixels[y][x] = x % 5 ? 0 : 0x777777;
    CHECK_INT(choose_codec(&now, &tile, true, &colour), CHOOSE_EXACT);
    for (unsigned y = 0; y < HEIGHT; y++) /* a gradient */
        for (unsigned x = 0; x < WIDTH; x++)
            now_pixels[y][x] = x * 0x010101;
    CHECK_INT(choose_codec(&now, &tile, true, &colour), CHOOSE_EXACT);
    for (unsigned y = 0; y < HEIGHT; y++) /* a photo's grain */
        for (unsigned x = 0; x < WIDTH; x++)
            now_pixels[y][x] = (x + y + random_below(&random, 8)) * 0x010203;
    CHECK_INT(choose_codec(&now, &tile, true, &colour), CHOOSE_PROGRESSIVE);
    CHECK_INT(choose_codec(&now, &tile, false, &colour), CHOOSE_EXACT);
    CHECK_INT(choose_codec(&now, &small, true, &colour), CHOOSE_EXACT);
}

TEST(waiting_picture)
{
    static const uint32_t sizes[][2] = {{1, 1}, {7, 1}, {64, 64}, {200, 200}, {1366, 768}};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t width = sizes[i][0], height = sizes[i][1];
        uint32_t *pixels = malloc((size_t)width * height * 4); /* exact, for a sanitizer */
        uint32_t bright = 0;

        REQUIRE(pixels);
        waiting_draw((uint8_t *)pixels, width * 4, width, height);
        for (uint32_t k = 0; k < width * height; k++)
            bright += (pixels[k] & 0xff) > 0x80;
        CHECK(width < 200 ? bright == 0 : bright > 100 && bright < 10000);
        free(pixels);
    }
}
