/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/desk.h"
#include "channels/display/slots.h"

#include "check.h"
#include "random.h"

#include <stdlib.h>

TEST(layout_caps)
{
    struct slot_layout layout;

    CHECK(!slot_layout_init(&layout, 0, 600));
    CHECK(!slot_layout_init(&layout, 800, 0));
    CHECK(!slot_layout_init(&layout, SLOT_SIDE_MAX + 1, 1));
    CHECK(!slot_layout_init(&layout, 1, SLOT_SIDE_MAX + 1));
    CHECK(!slot_layout_init(&layout, SLOT_SIDE_MAX, SLOT_SIDE_MAX));
    CHECK(!slot_layout_init(&layout, UINT32_MAX, UINT32_MAX));
    CHECK_INT(layout.memory_size, 0);
    CHECK(slot_layout_init(&layout, 8192, 4096));
    CHECK_INT(layout.memory_size, 3ll * 8192 * 4096 * 4);
    CHECK(slot_layout_init(&layout, 1, 8192));
    CHECK_INT(layout.stride, SLOT_ALIGN);
}

TEST(layout_fits)
{
    struct random random = {7};

    for (int i = 0; i < 2000; i++) {
        uint32_t width = 1 + random_below(&random, SLOT_SIDE_MAX), height = 1 + random_below(&random, 4096);
        struct slot_layout layout;

        if (!CHECK(slot_layout_init(&layout, width, height)))
            return;
        if (layout.stride < width * 4 || layout.stride % SLOT_ALIGN || layout.slot_size % 4096 ||
            layout.slot_size < (uint64_t)layout.stride * height ||
            layout.memory_size != SLOT_COUNT * (uint64_t)layout.slot_size)
            CHECK(!"layout does not hold the picture");
    }
}

/* A producer and a peer in one thread: the desktop changes at random, slots are brought up to date by their
 * history, frames are encoded (here: copied where damaged) or replaced before they are. What the client has
 * must be the desktop. */
#define WIDTH 40
#define HEIGHT 30

static uint8_t desktop[HEIGHT][WIDTH], slots[SLOT_COUNT][HEIGHT][WIDTH], client[HEIGHT][WIDTH];

static void change(struct random *random, struct damage *damage)
{
    unsigned left = random_below(random, WIDTH), top = random_below(random, HEIGHT);
    unsigned right = left + 1 + random_below(random, 9), bottom = top + 1 + random_below(random, 9);
    uint8_t value = (uint8_t)random_next(random);

    damage_add(damage, (int)left, (int)top, (int)right, (int)bottom);
    for (unsigned y = top; y < bottom && y < HEIGHT; y++)
        for (unsigned x = left; x < right && x < WIDTH; x++)
            desktop[y][x] = value;
}

static void copy(uint8_t to[HEIGHT][WIDTH], uint8_t from[HEIGHT][WIDTH], const struct damage *damage)
{
    for (uint32_t i = 0; i < damage->count; i++)
        for (unsigned y = damage->rects[i].top; y < damage->rects[i].bottom; y++)
            for (unsigned x = damage->rects[i].left; x < damage->rects[i].right; x++)
                to[y][x] = from[y][x];
}

static void take(struct desk *desk)
{
    if (desk_take(desk)) {
        copy(client, slots[desk->reference], &desk->damage);
        damage_clear(&desk->damage);
    }
}

TEST(history)
{
    struct random random = {4711};
    struct slot_history history;
    struct channel_frame frame = {0};
    struct damage fresh;
    struct desk desk;
    uint32_t credits[SLOT_COUNT], ncredits = 0, slot;

    desk_init(&desk, WIDTH, HEIGHT);
    slot_history_init(&history, WIDTH, HEIGHT);
    damage_init(&fresh, WIDTH, HEIGHT);
    damage_add_all(&fresh);
    memset(client, 0xee, sizeof(client));
    for (int step = 0; step < 20000; step++) {
        unsigned what = random_below(&random, 10);

        if (what < 4) {
            change(&random, &fresh);
        } else if (what < 6) {
            if (desk_credit(&desk, &slot))
                credits[ncredits++] = slot;
            REQUIRE(ncredits <= SLOT_COUNT - 1);
        } else if (what < 8 && ncredits > 0) {
            /* the newest credit first, to make slots of very different age */
            slot = credits[--ncredits];
            slot_history_damage(&history, &fresh);
            copy(slots[slot], desktop, &history.missing[slot]);
            slot_history_written(&history, slot);
            REQUIRE(memcmp(slots[slot], desktop, sizeof(desktop)) == 0);
            frame.slot = slot;
            frame.sequence++;
            frame.rect_count = fresh.count;
            memcpy(frame.rects, fresh.rects, sizeof(fresh.rects));
            damage_clear(&fresh);
            REQUIRE(desk_frame(&desk, &frame));
        } else {
            take(&desk);
        }
    }
    take(&desk);
    for (unsigned i = 0; i < fresh.count; i++)
        copy(client, desktop, &fresh);
    CHECK(memcmp(client, desktop, sizeof(desktop)) == 0);
    CHECK(frame.sequence > 1000);
}

TEST(desk_refuses)
{
    struct channel_frame frame = {.slot = 0, .sequence = 1, .rect_count = 1, .rects = {{0, 0, 10, 10}}};
    struct desk desk;
    uint32_t a, b, c;

    desk_init(&desk, 100, 50);
    CHECK(!desk_frame(&desk, &frame)); /* no credit */
    REQUIRE(desk_credit(&desk, &a) && desk_credit(&desk, &b));
    CHECK(a != b);
    CHECK(!desk_credit(&desk, &c)); /* one stays with the peer */
    frame.slot = SLOT_COUNT;
    CHECK(!desk_frame(&desk, &frame));
    frame.slot = a;
    frame.rects[0] = (struct channel_rect){0, 0, 101, 10};
    CHECK(!desk_frame(&desk, &frame));
    frame.rects[0] = (struct channel_rect){0, 40, 10, 51};
    CHECK(!desk_frame(&desk, &frame));
    frame.rects[0] = (struct channel_rect){10, 0, 10, 10};
    CHECK(!desk_frame(&desk, &frame));
    frame.rect_count = CHANNEL_RECTS_MAX + 1;
    frame.rects[0] = (struct channel_rect){0, 0, 10, 10};
    CHECK(!desk_frame(&desk, &frame));
    frame.rect_count = 1;
    CHECK(desk_frame(&desk, &frame));
    CHECK_INT(damage_area(&desk.damage), 100);
    CHECK(!desk_frame(&desk, &frame)); /* twice */
    REQUIRE(desk_take(&desk));
    CHECK_INT(desk.reference, a);
    CHECK(!desk_take(&desk));
}

TEST(desk_newest_wins)
{
    struct channel_frame frame = {.sequence = 1, .rect_count = 1, .rects = {{0, 0, 10, 10}}};
    struct desk desk;
    uint32_t a, b, c;

    desk_init(&desk, 100, 50);
    REQUIRE(desk_credit(&desk, &a) && desk_credit(&desk, &b));
    frame.slot = a;
    REQUIRE(desk_frame(&desk, &frame));
    frame.slot = b;
    frame.sequence = 2;
    frame.rects[0] = (struct channel_rect){20, 0, 30, 10};
    REQUIRE(desk_frame(&desk, &frame));
    CHECK_INT(desk.pending, b);
    CHECK_INT(desk.owner[a], DESK_FREE);
    CHECK_INT(damage_area(&desk.damage), 200);
    /* a sequence that is missing means that nothing is known */
    REQUIRE(desk_credit(&desk, &c));
    frame.slot = c;
    frame.sequence = 9;
    REQUIRE(desk_frame(&desk, &frame));
    CHECK_INT(damage_area(&desk.damage), 100 * 50);
}
