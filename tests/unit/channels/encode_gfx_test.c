/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the desktop does and however small the budget of a frame, the client's picture is exact once
 * everything owed and approximate has been settled. */
#include "picture_client.h"

#include "os/os.h"

#include "check.h"
#include "random.h"

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

static void run(bool thin, uint32_t budget, unsigned rounds)
{
    struct encode_gfx *encoder = picture_client_begin(thin, false);
    struct random random = {budget + 41};
    struct encode_result result;
    struct damage damage;
    uint32_t frame = 0;

    REQUIRE(encoder);
    damage_init(&damage, WIDTH, HEIGHT);
    CHECK(picture_client_first(encoder, &frame, budget));
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
        CHECK(picture_client_settle(encoder, &frame, budget));
        CHECK(picture_client_exact());
        /* nothing differs now: nothing is sent, whatever is said to be damaged */
        damage_add_all(&damage);
        CHECK(encode_gfx_frame(encoder, frame + 1, &now, &now, &damage, budget, &result) &&
              result.bytes == 0);
    }
    CHECK(thin ? pipeline.photos == 0 : pipeline.photos > 0);
    CHECK(pipeline.fills > 0 && pipeline.planars > 0 && pipeline.copies > 0);
    CHECK(thin ? pipeline.clears == 0 : pipeline.clears > 0);
    picture_client_finish(encoder);
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
    struct encode_gfx *encoder = picture_client_begin(false, false);
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
        CHECK(client_pixels[HEIGHT - 1][x] != 0x55555555);
    picture_client_finish(encoder);
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
    struct encode_gfx *encoder = picture_client_begin(false, false);
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
        CHECK(picture_client_exact());
        if (frame == pages + 1)
            blocks = pipeline.planars + pipeline.clears;
        os_sleep_ms(450);
    }
    if (all_hit) {
        CHECK(pipeline.puts > 0 && pipeline.planars + pipeline.clears == blocks);
        CHECK(result.bytes < 24 * 18 + 100);
        /* a client that lost its picture gets it from its cache, where it is */
        memset(client_pixels, 0x55, sizeof(client_pixels));
        CHECK(encode_gfx_frame(encoder, 100, &now, NULL, &damage, UINT32_MAX, &result));
        CHECK(picture_client_exact());
    }
    CHECK(pipeline.stores > 0);
    picture_client_finish(encoder);
}

TEST(covered_windows)
{
    windows(2, true);
    windows(3, false);
}
