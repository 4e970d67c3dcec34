/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/layout.h"

#include <stdlib.h>

#include "check.h"
#include "random.h"

#define PDU_MAX 2048

static void put(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

#define AT(left_, top_, width_, height_, primary_)                                                           \
    {                                                                                                        \
        .left = (left_), .top = (top_), .width = (width_), .height = (height_), .primary = (primary_)        \
    }

static size_t make_pdu(uint8_t *pdu, const struct layout_monitor *monitors, uint32_t count)
{
    size_t len = 16 + (size_t)count * 40;

    memset(pdu, 0, len);
    put(pdu, 2);
    put(pdu + 4, (uint32_t)len);
    put(pdu + 8, 40);
    put(pdu + 12, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *at = pdu + 16 + i * 40;

        put(at, monitors[i].primary);
        put(at + 4, (uint32_t)monitors[i].left);
        put(at + 8, (uint32_t)monitors[i].top);
        put(at + 12, monitors[i].width);
        put(at + 16, monitors[i].height);
        put(at + 20, monitors[i].width_mm);
        put(at + 24, monitors[i].height_mm);
        put(at + 32, monitors[i].scale);
    }
    return len;
}

static bool read_pdu(struct layout *layout, const uint8_t *pdu, size_t len, bool *found, const char **problem)
{
    /* in memory of its own, so that a sanitizer sees a step too far */
    uint8_t *copy = malloc(len ? len : 1);
    bool good;

    memcpy(copy, pdu, len);
    good = layout_read(layout, copy, len, found, problem);
    free(copy);
    return good;
}

TEST(one_monitor)
{
    struct layout_monitor monitor = AT(0, 0, 1281, 721, true);
    struct layout layout;
    uint8_t pdu[PDU_MAX];
    const char *problem;
    bool found;

    CHECK(read_pdu(&layout, pdu, make_pdu(pdu, &monitor, 1), &found, &problem) && found);
    CHECK_INT(layout.width, 1280);
    CHECK_INT(layout.height, 721);
    CHECK_INT(layout.count, 1);
    CHECK(layout.monitors[0].primary);
}

TEST(left_of_the_primary)
{
    struct layout_monitor monitors[] = {AT(0, 0, 1920, 1080, true), AT(-1080, -200, 1080, 1920, false)};
    struct layout layout;
    uint8_t pdu[PDU_MAX];
    const char *problem;
    bool found;

    CHECK(read_pdu(&layout, pdu, make_pdu(pdu, monitors, 2), &found, &problem) && found);
    CHECK_INT(layout.width, 3000);
    CHECK_INT(layout.height, 1920);
    CHECK_INT(layout.monitors[0].left, 1080);
    CHECK_INT(layout.monitors[0].top, 200);
    CHECK_INT(layout.monitors[1].left, 0);
    CHECK_INT(layout.monitors[1].top, 0);
    CHECK(layout.monitors[0].primary && !layout.monitors[1].primary);
}

TEST(scale_and_millimetres)
{
    static const struct {
        uint32_t scale, width_mm, height_mm, scale_taken, width_taken, height_taken;
    } cases[] = {
        {100, 10, 10, 100, 10, 10}, {500, 10000, 10000, 500, 10000, 10000}, {99, 600, 9, 0, 0, 0},
        {501, 10001, 340, 0, 0, 0}, {UINT32_MAX, 600, 340, 0, 600, 340},    {150, 0, 340, 150, 0, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct layout_monitor monitor = AT(0, 0, 640, 480, true);
        struct layout layout, other;
        uint8_t pdu[PDU_MAX];
        const char *problem;
        bool found;

        monitor.scale = cases[i].scale;
        monitor.width_mm = cases[i].width_mm;
        monitor.height_mm = cases[i].height_mm;
        CHECK(read_pdu(&layout, pdu, make_pdu(pdu, &monitor, 1), &found, &problem) && found);
        CHECK_INT(layout.monitors[0].scale, cases[i].scale_taken);
        CHECK_INT(layout.monitors[0].width_mm, cases[i].width_taken);
        CHECK_INT(layout.monitors[0].height_mm, cases[i].height_taken);
        layout_single(&other, 640, 480);
        CHECK(layout_equal(&layout, &other) == (cases[i].scale_taken == 0 && cases[i].width_taken == 0));
    }
}

TEST(no_primary_is_the_first)
{
    struct layout_monitor monitors[] = {AT(0, 0, 640, 480, false), AT(640, 0, 640, 480, false)};
    const char *problem;
    struct layout layout;

    CHECK(layout_arrange(&layout, monitors, 2, &problem));
    CHECK(layout.monitors[0].primary && !layout.monitors[1].primary);
}

TEST(odd_places_leave_an_even_desktop)
{
    struct layout_monitor monitors[] = {AT(0, 0, 640, 480, true), AT(641, 0, 640, 480, false)};
    const char *problem;
    struct layout layout;

    CHECK(layout_arrange(&layout, monitors, 2, &problem));
    CHECK_INT(layout.width, 1282);
}

TEST(refused_layouts)
{
    static const struct {
        const char *problem;
        struct layout_monitor monitors[2];
        unsigned count;
    } cases[] = {
        {"no monitor", {{0}}, 0},
        {"too many monitors", {{0}}, 17},
        {"a monitor's size is out of bounds", {AT(0, 0, 199, 480, true)}, 1},
        {"a monitor's size is out of bounds", {AT(0, 0, 640, 199, true)}, 1},
        {"a monitor's size is out of bounds", {AT(0, 0, 8193, 480, true)}, 1},
        {"a monitor's size is out of bounds", {AT(0, 0, 640, UINT32_MAX, true)}, 1},
        {"a monitor's size is out of bounds", {AT(0, 0, 0, 0, true)}, 1},
        {"a monitor's place is out of bounds", {AT(INT32_MIN, 0, 640, 480, true)}, 1},
        {"a monitor's place is out of bounds", {AT(0, INT32_MAX, 640, 480, true)}, 1},
        {"monitors overlap", {AT(0, 0, 640, 480, true), AT(639, 479, 640, 480, false)}, 2},
        {"monitors overlap", {AT(0, 0, 640, 480, true), AT(0, 0, 640, 480, false)}, 2},
        {"more than one primary monitor", {AT(0, 0, 640, 480, true), AT(640, 0, 640, 480, true)}, 2},
        {"the desktop would be too large", {AT(0, 0, 640, 480, true), AT(8000, 0, 640, 480, false)}, 2},
        {"the desktop would be too large",
         {AT(-32767, -32767, 640, 480, true), AT(32767, 32767, 640, 480, false)},
         2},
        {"the desktop would be too large", {AT(0, 0, 8192, 4098, true)}, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct layout_monitor monitors[LAYOUT_MONITORS_MAX + 1] = {cases[i].monitors[0],
                                                                   cases[i].monitors[1]};
        struct layout layout;
        uint8_t pdu[PDU_MAX];
        const char *problem = NULL;
        bool found;

        CHECK(!layout_arrange(&layout, monitors, cases[i].count, &problem));
        CHECK_STR(problem, cases[i].problem);
        problem = NULL;
        CHECK(!read_pdu(&layout, pdu, make_pdu(pdu, monitors, cases[i].count), &found, &problem) && !found);
        CHECK_STR(problem, cases[i].problem);
    }
}

TEST(malformed_messages)
{
    struct layout_monitor monitor = AT(0, 0, 640, 480, true);
    uint8_t pdu[PDU_MAX], twice[PDU_MAX];
    size_t len = make_pdu(pdu, &monitor, 1);
    struct layout layout;
    const char *problem;
    bool found;

    /* cut off anywhere, the length in it as it was, and then as long as it is */
    for (size_t cut = 1; cut < len; cut++) {
        CHECK(!read_pdu(&layout, pdu, cut, &found, &problem));
        memcpy(twice, pdu, len);
        put(twice + 4, (uint32_t)cut);
        CHECK(!read_pdu(&layout, twice, cut, &found, &problem));
    }
    CHECK(read_pdu(&layout, pdu, 0, &found, &problem) && !found);
    for (uint32_t length = 0; length < 8; length++) {
        put(pdu + 4, length);
        CHECK(!read_pdu(&layout, pdu, len, &found, &problem));
    }
    put(pdu + 4, UINT32_MAX);
    CHECK(!read_pdu(&layout, pdu, len, &found, &problem));
    make_pdu(pdu, &monitor, 1);
    put(pdu + 8, 39);
    CHECK(!read_pdu(&layout, pdu, len, &found, &problem));
    make_pdu(pdu, &monitor, 1);
    put(pdu + 12, 0x06666667); /* times 40 is 24 in 32 bits */
    CHECK(!read_pdu(&layout, pdu, len, &found, &problem));

    /* another type is skipped, and of two layouts the second one counts */
    make_pdu(pdu, &monitor, 1);
    memcpy(twice, pdu, len);
    monitor.width = 800;
    make_pdu(twice + len, &monitor, 1);
    CHECK(read_pdu(&layout, twice, 2 * len, &found, &problem) && found);
    CHECK_INT(layout.width, 800);
    put(twice + len, 77);
    CHECK(read_pdu(&layout, twice, 2 * len, &found, &problem) && found);
    CHECK_INT(layout.width, 640);
}

/* Whatever is taken is inside the bounds and inside the desktop. */
TEST(any_message)
{
    struct layout_monitor monitors[LAYOUT_MONITORS_MAX];
    uint8_t pdu[PDU_MAX];
    struct random random = {5};
    unsigned taken = 0;

    for (unsigned round = 0; round < 100000; round++) {
        uint32_t count = random_below(&random, LAYOUT_MONITORS_MAX + 1);
        struct layout layout;
        const char *problem = NULL;
        bool found;
        size_t len;

        for (uint32_t i = 0; i < count; i++)
            monitors[i] = (struct layout_monitor)AT(
                (int32_t)(i * 300), (int32_t)random_below(&random, 3000) - 500,
                200 + random_below(&random, 120), 180 + random_below(&random, 3000), i == 1);
        len = make_pdu(pdu, monitors, count);
        for (uint32_t i = random_below(&random, 3); i > 0; i--)
            pdu[random_below(&random, (uint32_t)len)] ^= (uint8_t)(1 << random_below(&random, 8));
        if (!read_pdu(&layout, pdu, len, &found, &problem)) {
            CHECK(problem != NULL);
            continue;
        }
        if (!found)
            continue;
        taken++;
        CHECK(layout.width % 2 == 0 && layout.width >= LAYOUT_SIDE_MIN && layout.width <= LAYOUT_SIDE_MAX);
        CHECK(layout.height >= LAYOUT_SIDE_MIN && layout.height <= LAYOUT_SIDE_MAX);
        CHECK((uint64_t)layout.width * layout.height <= LAYOUT_AREA_MAX);
        for (unsigned i = 0; i < layout.count; i++) {
            const struct layout_monitor *m = &layout.monitors[i];

            CHECK(m->left >= 0 && m->top >= 0 && (uint32_t)m->left + m->width <= layout.width &&
                  (uint32_t)m->top + m->height <= layout.height);
        }
    }
    CHECK(taken > 1000);
}
