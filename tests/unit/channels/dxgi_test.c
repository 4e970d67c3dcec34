/* SPDX-License-Identifier: Apache-2.0 */
/* Desktop duplication against a machine of our own (dxgi_fake.h): what changed, its pixels, what is lost, no
 * object left. */
#include <stdlib.h>

#include "check.h"

#include "dxgi_fake.h"

#define WIDTH 64
#define HEIGHT 48

static uint32_t picture[HEIGHT * WIDTH];

static struct dxgi *open_at(int32_t left, int32_t top, uint32_t width, uint32_t height)
{
    char problem[128] = "";
    struct dxgi *self = dxgi_open(&fake_system, left, top, width, height, problem, sizeof problem);

    if (!self)
        CHECK(problem[0]);
    return self;
}

/* A look whose damage is copied; how many pixels it named, or -1: lost. */
static int look(struct dxgi *self)
{
    struct damage changed;

    damage_init(&changed, WIDTH, HEIGHT);
    if (dxgi_look(self, &changed) == DXGI_LOST)
        return -1;
    if (!CHECK(dxgi_ready(self)) || !dxgi_copy(self, &changed, (uint8_t *)picture, WIDTH * 4, WIDTH, HEIGHT))
        return -1;
    return (int)damage_area(&changed);
}

static bool is(uint32_t left, uint32_t top, uint32_t right, uint32_t bottom, uint32_t color)
{
    for (uint32_t y = top; y < bottom; y++)
        for (uint32_t x = left; x < right; x++)
            if (picture[y * WIDTH + x] != color)
                return false;
    return true;
}

TEST(one_output)
{
    struct fake_output *output;
    struct dxgi *self;

    fake_begin();
    output = fake_plug(0, 0, 0, 0, WIDTH, HEIGHT, 0x111111);
    self = open_at(0, 0, WIDTH, HEIGHT);
    if (CHECK(self)) {
        CHECK(!dxgi_ready(self));
        CHECK_INT(look(self), WIDTH * HEIGHT); /* the first time all of it */
        CHECK(is(0, 0, WIDTH, HEIGHT, 0x111111));
        CHECK_INT(look(self), 0);

        fake.copied_pixels = 0;
        fake_draw(output, (RECT){10, 10, 14, 12}, 0x222222);
        fake_draw(output, (RECT){40, 30, 50, 31}, 0x333333);
        CHECK_INT(look(self), 8 + 10);
        CHECK_INT(fake.copied_pixels, 8 + 10); /* and no more was read from the system */
        CHECK(is(10, 10, 14, 12, 0x222222) && is(40, 30, 50, 31, 0x333333) && is(0, 0, WIDTH, 10, 0x111111));

        fake_move(output, (POINT){10, 10}, (RECT){20, 20, 24, 22});
        CHECK_INT(look(self), 8);
        CHECK(is(20, 20, 24, 22, 0x222222));

        output->news = output->pointer_only = true; /* only the pointer moved */
        CHECK_INT(look(self), 0);
        CHECK(!output->held);
    }
    dxgi_close(self);
    CHECK_INT(fake_end(), 0);
}

/* Two adapters, each with its device; the second output lies left of the first, at negative coordinates. */
TEST(two_outputs)
{
    struct fake_output *right, *left;
    struct dxgi *self;

    fake_begin();
    fake.adapters = 2;
    right = fake_plug(0, 0, 0, 0, 32, HEIGHT, 0xAAAAAA);
    left = fake_plug(1, 1, -32, 0, 32, HEIGHT, 0xBBBBBB);
    self = open_at(-32, 0, WIDTH, HEIGHT);
    if (CHECK(self)) {
        CHECK_INT(look(self), WIDTH * HEIGHT);
        CHECK(is(0, 0, 32, HEIGHT, 0xBBBBBB) && is(32, 0, WIDTH, HEIGHT, 0xAAAAAA));
        fake_draw(left, (RECT){30, 0, 32, 2}, 1);
        fake_draw(right, (RECT){0, 0, 2, 2}, 1);
        CHECK_INT(look(self), 8);
        CHECK(is(30, 0, 34, 2, 1));
        CHECK_INT(look(self), 0);
    }
    dxgi_close(self);
    CHECK_INT(fake_end(), 0);
}

/* A client whose desktop is smaller than the screen: the top left part. */
TEST(slots_smaller_than_the_screen)
{
    struct damage changed;
    struct dxgi *self;

    fake_begin();
    fake_plug(0, 0, 0, 0, WIDTH * 2, HEIGHT * 2, 0x444444);
    self = open_at(0, 0, WIDTH * 2, HEIGHT * 2);
    memset(picture, 0, sizeof picture);
    if (CHECK(self)) {
        damage_init(&changed, WIDTH, HEIGHT);
        CHECK_INT(dxgi_look(self, &changed), DXGI_DRAWN);
        CHECK(dxgi_copy(self, &changed, (uint8_t *)picture, WIDTH * 4, WIDTH - 4, HEIGHT - 4));
        CHECK(is(0, 0, WIDTH - 4, HEIGHT - 4, 0x444444) && is(WIDTH - 4, 0, WIDTH, HEIGHT, 0));
    }
    dxgi_close(self);
    CHECK_INT(fake_end(), 0);
}

TEST(what_cannot_be_duplicated)
{
    for (unsigned fault = 0; fault < 8; fault++) {
        struct fake_output *output;
        struct dxgi *self;

        fake_begin();
        output = fake_plug(0, 0, 0, 0, WIDTH, HEIGHT, 0);
        if (fault == 0)
            output->present = false;
        else if (fault == 1)
            output->desc.AttachedToDesktop = FALSE;
        else if (fault == 2)
            output->rotation = DXGI_MODE_ROTATION_ROTATE90;
        else if (fault == 3)
            output->format = DXGI_FORMAT_R16G16B16A16_FLOAT;
        else if (fault == 4)
            fake.duplicate_error = DXGI_ERROR_NOT_CURRENTLY_AVAILABLE;
        else if (fault == 5)
            fake.device_error = DXGI_ERROR_UNSUPPORTED;
        else if (fault == 6)
            output->desc.DesktopCoordinates.right = WIDTH / 2; /* half of the desktop has no output */
        else
            fake.adapters = 0;
        self = open_at(0, 0, WIDTH, HEIGHT);
        if (!CHECK(!self))
            fprintf(stderr, "fault %u was not seen\n", fault);
        dxgi_close(self);
        CHECK_INT(fake_end(), 0);
    }
}

/* The second adapter fails: what the first has opened is closed again. */
TEST(half_opened)
{
    struct dxgi *self;

    fake_begin();
    fake.adapters = 2;
    fake_plug(0, 0, 0, 0, 32, HEIGHT, 0);
    fake_plug(1, 1, 32, 0, 32, HEIGHT, 0)->rotation = DXGI_MODE_ROTATION_ROTATE180;
    self = open_at(0, 0, WIDTH, HEIGHT);
    CHECK(!self);
    dxgi_close(self);
    CHECK_INT(fake_end(), 0);
}

TEST(lost)
{
    for (unsigned when = 0; when < 2; when++) {
        struct fake_output *output;
        struct dxgi *self;

        fake_begin();
        output = fake_plug(0, 0, 0, 0, WIDTH, HEIGHT, 5);
        self = open_at(0, 0, WIDTH, HEIGHT);
        if (CHECK(self)) {
            CHECK_INT(look(self), WIDTH * HEIGHT);
            if (when == 0) {
                output->acquire_error = DXGI_ERROR_ACCESS_LOST; /* desktop switch, mode change */
            } else {
                fake_draw(output, (RECT){0, 0, 1, 1}, 6);
                fake.map_error = DXGI_ERROR_DEVICE_REMOVED;
            }
            CHECK_INT(look(self), -1);
        }
        dxgi_close(self);
        CHECK_INT(fake_end(), 0);
    }
}

/* The system's own: not under Wine, which has the libraries and duplicates nothing. */
TEST(system)
{
    const struct dxgi_system *found = dxgi_system_load();
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

    if (GetProcAddress(ntdll, "wine_get_version"))
        CHECK(!found);
    else
        CHECK(found && found->create_factory && found->create_device);
}
