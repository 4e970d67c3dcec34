/* SPDX-License-Identifier: Apache-2.0 */
/* Copies that motion_find proposes: legal whatever the pictures are, and nearly all of a scroll or a drag. */
#include "channels/display/client_tiles.h"
#include "channels/display/motion.h"
#include "channels/display/rect.h"

#include "check.h"
#include "random.h"

#include <stdlib.h>

#define WIDTH 700
#define HEIGHT 500

static uint32_t now_pixels[HEIGHT][WIDTH], old_pixels[HEIGHT][WIDTH];
static const struct picture now = {(const uint8_t *)now_pixels, WIDTH * 4, WIDTH, HEIGHT};
static const struct picture old = {(const uint8_t *)old_pixels, WIDTH * 4, WIDTH, HEIGHT};
static struct tile_grid grid;
static uint8_t marks[200];

/* Lines of something like words. */
static void text(struct random *random, uint32_t pixels[HEIGHT][WIDTH], uint32_t top, uint32_t bottom)
{
    for (uint32_t y = top; y < bottom; y++) {
        uint32_t word = 0;

        for (uint32_t x = 0; x < WIDTH; x++) {
            if (word == 0)
                word = 6 + random_below(random, 40);
            word--;
            pixels[y][x] = y % 16 < 11 && word > 5 && random_below(random, 3) == 0 ? 0x202020 : 0xffffff;
        }
    }
}

static void mark(void)
{
    tile_grid_init(&grid, WIDTH, HEIGHT);
    for (uint32_t i = 0; i < tile_grid_count(&grid); i++) {
        struct channel_rect rect = tile_grid_rect(&grid, i);

        marks[i] = !tile_equal(&now, &old, &rect);
    }
}

/* What is left to send after the copies; checks that they are legal. */
static uint64_t remains(const struct motion_copy *copies, unsigned count)
{
    static uint32_t client[HEIGHT][WIDTH];
    uint64_t wrong = 0;

    memcpy(client, old_pixels, sizeof(client));
    for (unsigned i = 0; i < count; i++) {
        struct channel_rect source = motion_source(&copies[i]);
        const struct channel_rect *to = &copies[i].to;

        if (!CHECK(to->left < to->right && to->top < to->bottom && to->right <= WIDTH &&
                   to->bottom <= HEIGHT && source.right <= WIDTH && source.bottom <= HEIGHT &&
                   source.left < source.right && source.top < source.bottom))
            return UINT64_MAX;
        for (unsigned k = 0; k < i; k++)
            CHECK(!rect_overlaps(&source, &copies[k].to) && !rect_overlaps(to, &copies[k].to));
        for (uint32_t y = to->top; y < to->bottom; y++)
            memcpy(&client[y][to->left],
                   &old_pixels[(int32_t)y - copies[i].dy][(int32_t)to->left - copies[i].dx],
                   4 * (size_t)(to->right - to->left));
    }
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            wrong += client[y][x] != now_pixels[y][x];
    return wrong;
}

static void shift(uint32_t left, uint32_t top, uint32_t right, uint32_t bottom, int32_t dx, int32_t dy)
{
    for (uint32_t y = top; y < bottom; y++)
        memcpy(&now_pixels[(int32_t)y + dy][(int32_t)left + dx], &old_pixels[y][left],
               4 * (size_t)(right - left));
}

TEST(scroll)
{
    static const int32_t steps[] = {-1, 1, -16, 16, -37, 53, -160, 200};
    struct motion *motion = motion_create(WIDTH, HEIGHT);
    struct motion_copy copies[MOTION_COPIES_MAX];
    struct random random = {3};

    REQUIRE(motion);
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int32_t dy = steps[i], height = HEIGHT - abs(dy);
        uint64_t fresh = (uint64_t)abs(dy) * WIDTH;
        unsigned count;

        text(&random, old_pixels, 0, HEIGHT);
        text(&random, now_pixels, 0, HEIGHT);
        shift(0, dy < 0 ? (uint32_t)-dy : 0, WIDTH, (uint32_t)((dy < 0 ? -dy : 0) + height), 0, dy);
        mark();
        count = motion_find(motion, &grid, marks, &now, &old, copies);
        CHECK_INT(count, 1);
        CHECK(count && copies[0].dy == dy && copies[0].dx == 0);
        CHECK(remains(copies, count) <= fresh);
    }
    motion_destroy(motion);
}

/* A part of the screen, with a frame that stays, and sideways. */
TEST(scroll_of_a_part)
{
    struct motion *motion = motion_create(WIDTH, HEIGHT);
    struct motion_copy copies[MOTION_COPIES_MAX];
    struct random random = {5};
    unsigned count;

    REQUIRE(motion);
    text(&random, old_pixels, 0, HEIGHT);
    memcpy(now_pixels, old_pixels, sizeof(now_pixels));
    shift(101, 90, 611, 430, 0, -30);
    mark();
    count = motion_find(motion, &grid, marks, &now, &old, copies);
    CHECK_INT(remains(copies, count), 0);

    memcpy(now_pixels, old_pixels, sizeof(now_pixels));
    shift(101, 90, 611, 430, 33, 0);
    mark();
    count = motion_find(motion, &grid, marks, &now, &old, copies);
    CHECK_INT(remains(copies, count), 0);
    motion_destroy(motion);
}

TEST(two_parts)
{
    struct motion *motion = motion_create(WIDTH, HEIGHT);
    struct motion_copy copies[MOTION_COPIES_MAX];
    struct random random = {6};
    unsigned count;

    REQUIRE(motion);
    text(&random, old_pixels, 0, HEIGHT);
    memcpy(now_pixels, old_pixels, sizeof(now_pixels));
    shift(10, 90, 330, 430, 0, -30);
    shift(350, 40, 690, 400, 0, 48);
    mark();
    count = motion_find(motion, &grid, marks, &now, &old, copies);
    CHECK_INT(count, 2);
    CHECK_INT(remains(copies, count), 0);
    motion_destroy(motion);
}

TEST(drag)
{
    static const int32_t steps[][2] = {{7, 5}, {-40, 13}, {90, -60}, {-3, -1}};
    struct motion *motion = motion_create(WIDTH, HEIGHT);
    struct motion_copy copies[MOTION_COPIES_MAX];
    struct random random = {9};

    REQUIRE(motion);
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        unsigned count;

        text(&random, old_pixels, 0, HEIGHT);
        for (uint32_t y = 0; y < HEIGHT; y++) /* a plain desktop around the window */
            for (uint32_t x = 0; x < WIDTH; x++)
                if (x < 150 || x >= 450 || y < 130 || y >= 330)
                    old_pixels[y][x] = 0x34506b;
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH; x++)
                now_pixels[y][x] = 0x34506b;
        shift(150, 130, 450, 330, steps[i][0], steps[i][1]);
        mark();
        count = motion_find(motion, &grid, marks, &now, &old, copies);
        CHECK_INT(count, 1);
        /* what the window uncovers is plain and remains */
        CHECK(remains(copies, count) <=
              (uint64_t)(abs(steps[i][0]) * 200 + abs(steps[i][1]) * 300 - abs(steps[i][0] * steps[i][1])));
    }
    motion_destroy(motion);
}

/* Legal and never worse than nothing, on pictures of noise, stripes and equal words. */
TEST(anything)
{
    struct motion *motion = motion_create(WIDTH, HEIGHT);
    struct motion_copy copies[MOTION_COPIES_MAX];
    struct random random = {12};

    REQUIRE(motion);
    text(&random, old_pixels, 0, HEIGHT);
    for (unsigned round = 0; round < 300; round++) {
        unsigned count;

        memcpy(now_pixels, old_pixels, sizeof(now_pixels));
        for (unsigned i = 0; i < 3; i++) {
            uint32_t width = 40 + random_below(&random, 400), height = 20 + random_below(&random, 300);
            uint32_t left = random_below(&random, WIDTH - width),
                     top = random_below(&random, HEIGHT - height);
            uint32_t to_left = random_below(&random, WIDTH - width);
            uint32_t to_top = random_below(&random, HEIGHT - height);

            shift(left, top, left + width, top + height, (int32_t)(to_left - left), (int32_t)(to_top - top));
            if (random_below(&random, 4) == 0)
                for (uint32_t y = top; y < top + height; y++)
                    for (uint32_t x = left; x < left + width; x++)
                        now_pixels[y][x] = x % 5 ? 0 : random_below(&random, 3) * 0xffffff;
        }
        mark();
        count = motion_find(motion, &grid, marks, &now, &old, copies);
        CHECK(remains(copies, count) <= remains(copies, 0));
        memcpy(old_pixels, now_pixels, sizeof(now_pixels));
    }
    motion_destroy(motion);
}

/* Sizes at which cells are cut off, or wider than tiles. */
TEST(sizes)
{
    static const uint32_t sizes[][2] = {{64, 64}, {33, 300}, {2100, 130}, {129, 1500}, {4097, 65}};
    struct random random = {21};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t width = sizes[i][0], height = sizes[i][1];
        uint32_t *a = malloc((size_t)width * height * 4), *b = malloc((size_t)width * height * 4);
        struct picture first = {(uint8_t *)a, width * 4, width, height},
                       second = {(uint8_t *)b, width * 4, width, height};
        struct motion *motion = motion_create(width, height);
        struct motion_copy copies[MOTION_COPIES_MAX];
        uint8_t all[2000];
        unsigned count;

        REQUIRE(a && b && motion);
        memset(all, 1, sizeof(all));
        tile_grid_init(&grid, width, height);
        for (uint32_t k = 0; k < width * height; k++)
            a[k] = b[k] = random_next(&random) & 0xffffff;
        memmove(b, b + 7 * (size_t)width, (size_t)width * (height - 7) * 4);
        count = motion_find(motion, &grid, all, &second, &first, copies);
        for (unsigned k = 0; k < count; k++)
            CHECK(copies[k].dy == -7 && copies[k].dx == 0 && copies[k].to.right <= width &&
                  copies[k].to.bottom + 7u <= height);
        CHECK(width < 100 || count == 1);
        motion_destroy(motion);
        free(a);
        free(b);
    }
}

/* What the book says of pixels follows them through copies: never "exact" where it is not. */
TEST(book_follows_copies)
{
    static uint8_t lossy[HEIGHT][WIDTH], owed[HEIGHT][WIDTH], held[HEIGHT][WIDTH];
    struct random random = {31};
    struct client_tiles client;

    tile_grid_init(&grid, WIDTH, HEIGHT);
    REQUIRE(client_tiles_init(&client, &grid));
    for (unsigned round = 0; round < 2000; round++) {
        uint32_t tile = random_below(&random, tile_grid_count(&grid));
        struct channel_rect area = tile_grid_rect(&grid, tile), whole = area;
        uint32_t kind = random_below(&random, 10);
        struct motion_copy copy;
        uint32_t width = 1 + random_below(&random, 300), height = 1 + random_below(&random, 300);

        area.left = (uint16_t)(area.left + random_below(&random, area.right - area.left));
        area.bottom = (uint16_t)(area.bottom - random_below(&random, area.bottom - area.top));
        if (kind < 3)
            client_tiles_lossy(&client, tile, &area, 1);
        else if (kind < 6)
            client_tiles_exact(&client, tile, kind == 5 ? &whole : &area);
        else if (kind < 7)
            client_tiles_owe(&client, tile, &area);
        else if (kind < 8)
            client_tiles_pay(&client, tile);
        for (uint32_t y = whole.top; y < whole.bottom; y++) {
            for (uint32_t x = whole.left; x < whole.right; x++) {
                bool in = kind == 5 || (x >= area.left && y < area.bottom);

                if (kind < 3 && in)
                    lossy[y][x] = 1;
                else if (kind >= 3 && kind < 6 && in)
                    lossy[y][x] = 0;
                else if (kind == 6 && in)
                    owed[y][x] = 1;
                else if (kind == 7)
                    owed[y][x] = 0;
            }
        }
        if (kind >= 8) {
            uint32_t left = random_below(&random, WIDTH - width),
                     top = random_below(&random, HEIGHT - height);

            copy.to = (struct channel_rect){(uint16_t)left, (uint16_t)top, (uint16_t)(left + width),
                                            (uint16_t)(top + height)};
            copy.dx = (int32_t)left - (int32_t)random_below(&random, WIDTH - width);
            copy.dy = (int32_t)top - (int32_t)random_below(&random, HEIGHT - height);
            client_tiles_copied(&client, &copy, 1, 2);
            memcpy(held, lossy, sizeof(held));
            for (uint32_t y = top; y < top + height; y++)
                memcpy(&lossy[y][left], &held[(int32_t)y - copy.dy][(int32_t)left - copy.dx], width);
            memcpy(held, owed, sizeof(held));
            for (uint32_t y = top; y < top + height; y++)
                memcpy(&owed[y][left], &held[(int32_t)y - copy.dy][(int32_t)left - copy.dx], width);
        }
        for (uint32_t y = 0; y < HEIGHT; y++) {
            for (uint32_t x = 0; x < WIDTH; x++) {
                const struct client_tile *t = &client.tiles[y / 64 * grid.columns + x / 64];

                if ((lossy[y][x] && !(x >= t->lossy.left && x < t->lossy.right && y >= t->lossy.top &&
                                      y < t->lossy.bottom)) ||
                    (owed[y][x] &&
                     !(x >= t->owed.left && x < t->owed.right && y >= t->owed.top && y < t->owed.bottom))) {
                    CHECK(!"a pixel is not in the book");
                    client_tiles_finish(&client);
                    return;
                }
            }
        }
    }
    CHECK(client.nlossy <= tile_grid_count(&grid) && client.nowed <= tile_grid_count(&grid));
    client_tiles_finish(&client);
}
