/* SPDX-License-Identifier: Apache-2.0 */
/* What xload sends to the X server must come to the picture that a client is compared with; and a picture
 * must show its own frame's mark and no neighbour's. */
#include <stdlib.h>
#include <string.h>

#include "scene.h"
#include "tests/unit/check.h"

#define WIDTH 1280
#define HEIGHT 720
#define FRAMES 200

static void put(uint32_t *to, const uint32_t *from, const struct scene_rect *rect)
{
    for (uint32_t y = rect->y; y < rect->y + rect->height; y++)
        memcpy(to + (size_t)y * WIDTH + rect->x, from + (size_t)y * WIDTH + rect->x, rect->width * 4);
}

static void copy(uint32_t *screen, uint32_t *spare, const struct scene_change *change)
{
    memcpy(spare, screen, (size_t)WIDTH * HEIGHT * 4);
    for (uint32_t y = 0; y < change->from.height; y++)
        memcpy(screen + (size_t)(change->to_y + y) * WIDTH + change->to_x,
               spare + (size_t)(change->from.y + y) * WIDTH + change->from.x, change->from.width * 4);
}

static void check_marks(struct scene *scene, const uint32_t *screen)
{
    uint32_t frame = scene_frame(scene);

    CHECK(scene_shows(scene, frame, (const uint8_t *)screen, WIDTH * 4));
    for (uint32_t other = frame + 1; other < frame + 40; other++)
        CHECK(!scene_shows(scene, other, (const uint8_t *)screen, WIDTH * 4));
}

static void check_scene(enum scene_kind kind)
{
    struct scene *scene = scene_create(kind, WIDTH, HEIGHT);
    uint32_t *screen = malloc((size_t)WIDTH * HEIGHT * 4), *spare = malloc((size_t)WIDTH * HEIGHT * 4);
    unsigned changed = 0;

    REQUIRE(scene && screen && spare);
    memcpy(screen, scene_pixels(scene), (size_t)WIDTH * HEIGHT * 4);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct scene_change change;

        if (i % 20 == 0)
            check_marks(scene, screen);
        scene_step(scene, &change);
        if (memcmp(screen, scene_pixels(scene), (size_t)WIDTH * HEIGHT * 4) != 0)
            changed++;
        if (change.copy)
            copy(screen, spare, &change);
        for (unsigned k = 0; k < change.count; k++)
            put(screen, scene_pixels(scene), &change.rects[k]);
        CHECK(memcmp(screen, scene_pixels(scene), (size_t)WIDTH * HEIGHT * 4) == 0);
    }
    CHECK(scene_frame(scene) == FRAMES);
    CHECK(changed == FRAMES);
    free(screen);
    free(spare);
    scene_destroy(scene);
}

TEST(changes)
{
    for (unsigned kind = SCENE_IDLE + 1; kind < SCENE_KINDS; kind++)
        check_scene((enum scene_kind)kind);
}

TEST(same_twice)
{
    for (unsigned kind = 0; kind < SCENE_KINDS; kind++) {
        struct scene *a = scene_create((enum scene_kind)kind, WIDTH, HEIGHT),
                     *b = scene_create((enum scene_kind)kind, WIDTH, HEIGHT);
        struct scene_change change;

        REQUIRE(a && b);
        for (unsigned i = 0; i < 7; i++) {
            scene_step(a, &change);
            scene_step(b, &change);
        }
        CHECK(memcmp(scene_pixels(a), scene_pixels(b), (size_t)WIDTH * HEIGHT * 4) == 0);
        scene_destroy(a);
        scene_destroy(b);
    }
}

TEST(sizes)
{
    struct scene *scene = scene_create(SCENE_SCROLL, 1366, 767);
    struct scene_change change;

    REQUIRE(scene);
    scene_step(scene, &change);
    CHECK(change.rects[0].y + change.rects[0].height <= 767 - SCENE_BAR);
    scene_destroy(scene);
    CHECK(!scene_create(SCENE_TYPE, SCENE_SIDE_MIN - 1, HEIGHT));
    CHECK(!scene_create(SCENE_TYPE, WIDTH, SCENE_SIDE_MAX + 1));
    CHECK(!scene_create(SCENE_KINDS, WIDTH, HEIGHT));
    CHECK(scene_of_name("scroll") == SCENE_SCROLL);
    CHECK(scene_of_name("scrol") == SCENE_KINDS);
}
