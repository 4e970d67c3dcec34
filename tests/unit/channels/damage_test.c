/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/slots.h"

#include "check.h"
#include "random.h"

#include <stdlib.h>

#define WIDTH 97
#define HEIGHT 61

static uint8_t wanted[HEIGHT][WIDTH], covered[HEIGHT][WIDTH];

/* Draws the rectangles; false when one is empty, outside or over another. */
static bool draw(const struct damage *damage)
{
    memset(covered, 0, sizeof(covered));
    if (damage->count > CHANNEL_RECTS_MAX)
        return false;
    for (uint32_t i = 0; i < damage->count; i++) {
        const struct channel_rect *r = &damage->rects[i];

        if (r->left >= r->right || r->top >= r->bottom || r->right > WIDTH || r->bottom > HEIGHT)
            return false;
        for (unsigned y = r->top; y < r->bottom; y++)
            for (unsigned x = r->left; x < r->right; x++)
                if (covered[y][x]++)
                    return false;
    }
    return true;
}

static bool covers(void)
{
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++)
            if (wanted[y][x] && !covered[y][x])
                return false;
    return true;
}

static void want(int left, int top, int right, int bottom)
{
    for (int y = top < 0 ? 0 : top; y < bottom && y < HEIGHT; y++)
        for (int x = left < 0 ? 0 : left; x < right && x < WIDTH; x++)
            wanted[y][x] = 1;
}

TEST(covers_what_was_added)
{
    struct random random = {0x1234567};
    struct damage damage;
    bool good = true;

    damage_init(&damage, WIDTH, HEIGHT);
    for (int round = 0; round < 400; round++) {
        unsigned count = 1 + random_below(&random, 200),
                 size = 1 + random_below(&random, round % 4 ? 12 : 70);

        damage_clear(&damage);
        memset(wanted, 0, sizeof(wanted));
        for (unsigned i = 0; i < count && good; i++) {
            int left = (int)random_below(&random, WIDTH + 20) - 10,
                top = (int)random_below(&random, HEIGHT + 20) - 10;
            int right = left + (int)random_below(&random, size + 2) - 1;
            int bottom = top + (int)random_below(&random, size + 2) - 1;

            damage_add(&damage, left, top, right, bottom);
            want(left, top, right, bottom);
            good = draw(&damage) && covers();
        }
        CHECK(good);
        if (!good)
            return;
    }
}

TEST(exact_while_there_is_room)
{
    struct random random = {99};
    struct damage damage;

    for (int round = 0; round < 200; round++) {
        damage_init(&damage, WIDTH, HEIGHT);
        memset(wanted, 0, sizeof(wanted));
        for (int i = 0; i < 3; i++) {
            int left = (int)random_below(&random, WIDTH), top = (int)random_below(&random, HEIGHT);
            int right = left + 1 + (int)random_below(&random, 30),
                bottom = top + 1 + (int)random_below(&random, 30);

            damage_add(&damage, left, top, right, bottom);
            want(left, top, right, bottom);
        }
        REQUIRE(draw(&damage));
        CHECK(memcmp(wanted, covered, sizeof(wanted)) == 0);
    }
}

TEST(neighbours_become_one)
{
    struct damage damage;

    damage_init(&damage, 800, 600);
    for (int x = 0; x < 800; x += 8)
        damage_add(&damage, x, 16, x + 8, 32); /* a line of glyphs */
    REQUIRE(damage.count == 1);
    CHECK_INT(damage.rects[0].right, 800);
    CHECK_INT(damage_area(&damage), 800 * 16);
    for (int y = 32; y < 600; y += 4)
        damage_add(&damage, 0, y, 800, y + 4);
    CHECK_INT(damage.count, 1);
}

TEST(nonsense_adds_nothing)
{
    struct damage damage;

    damage_init(&damage, 100, 100);
    damage_add(&damage, 10, 10, 10, 20);
    damage_add(&damage, 20, 20, 10, 30);
    damage_add(&damage, 100, 0, 200, 50);
    damage_add(&damage, -50, -50, 0, 0);
    damage_add(&damage, INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN);
    CHECK(damage_empty(&damage));
    damage_add(&damage, INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX);
    CHECK_INT(damage_area(&damage), 100 * 100);
    damage_init(&damage, 0, 100);
    damage_add_all(&damage);
    CHECK(damage_empty(&damage));
}

TEST(unions)
{
    struct damage a, b;

    damage_init(&a, WIDTH, HEIGHT);
    damage_init(&b, WIDTH, HEIGHT);
    damage_add(&a, 0, 0, 10, 10);
    damage_add(&b, 5, 5, 20, 20);
    damage_union(&a, &b);
    CHECK_INT(damage_area(&a), 100 + 225 - 25);
    damage_add_all(&b);
    damage_union(&a, &b);
    CHECK_INT(a.count, 1);
    CHECK_INT(damage_area(&a), WIDTH * HEIGHT);
}
