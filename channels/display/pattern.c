/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in desktop: needs nothing, shows that frames and input go through. */
#include "channels/display/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "channels/display/desktop.h"
#include "channels/input/inject.h"

#define TICK_US 100000
#define CURSOR_SIDE 24

struct pattern {
    struct desktop base;
    struct pattern_state state;
    struct pattern_picture shown; /* in the frame before */
    bool touched;                 /* the state has changed since */
    bool still;
    uint64_t start_us, tick_us; /* tick_us: when the tick that is shown began */
};

static struct pattern *from_desktop(struct desktop *desktop)
{
    return (struct pattern *)desktop; /* base comes first */
}

/* An arrow with a black edge; the inside says whether a button is down, so that a shape change can be seen.
 */
static void make_cursor(struct pattern *self)
{
    struct pointer_image *shape = &self->base.shape;
    uint8_t fill = self->state.buttons ? 0x40 : 0xFF;

    shape->width = shape->height = CURSOR_SIDE;
    memset(shape->pixels, 0, CURSOR_SIDE * CURSOR_SIDE * 4);
    for (int y = 0; y < CURSOR_SIDE; y++) {
        for (int x = 0; x <= y && x + y < CURSOR_SIDE + 4 && x < CURSOR_SIDE; x++) {
            uint8_t *p = shape->pixels + (y * CURSOR_SIDE + x) * 4;
            bool edge = x == 0 || x == y || x + y >= CURSOR_SIDE + 2 || y == CURSOR_SIDE - 1;

            p[0] = p[1] = edge ? 0 : fill;
            p[2] = edge ? 0 : 0xFF;
            p[3] = 0xFF;
        }
    }
    self->base.shape_serial++;
}

static void set_clock(struct pattern_state *state)
{
    time_t now = time(NULL);
    struct tm tm;

#ifdef _WIN32
    if (localtime_s(&tm, &now) != 0)
        return;
#else
    if (!localtime_r(&now, &tm))
        return;
#endif
    snprintf(state->clock, sizeof(state->clock), "%02u:%02u:%02u", (unsigned)tm.tm_hour % 100,
             (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

static void pattern_resize(struct desktop *desktop, uint32_t width, uint32_t height)
{
    struct pattern *self = from_desktop(desktop);

    desktop->width = width;
    desktop->height = height;
    pattern_picture_init(&self->shown, &self->state, width, height);
}

static struct desktop *pattern_create(const struct desktop_options *options, char *problem, size_t cap)
{
    struct pattern *self = calloc(1, sizeof(*self));

    if (!self) {
        snprintf(problem, cap, "out of memory");
        return NULL;
    }
    self->base.impl = &pattern_desktop;
    self->still = options->still;
    self->start_us = self->tick_us = os_now_us();
    pattern_state_init(&self->state);
    if (!self->still)
        set_clock(&self->state);
    make_cursor(self);
    self->base.indicators_serial = 1;
    pattern_resize(&self->base, 1024, 768);
    return &self->base;
}

static void pattern_destroy(struct desktop *desktop)
{
    free(desktop);
}

static os_waitable pattern_waitable(struct desktop *desktop)
{
    (void)desktop;
    return OS_NO_HANDLE;
}

static bool pattern_dispatch(struct desktop *desktop)
{
    (void)desktop;
    return true;
}

static bool pattern_dirty(struct desktop *desktop, uint64_t now)
{
    struct pattern *self = from_desktop(desktop);

    return self->touched || (!self->still && now >= self->tick_us + TICK_US);
}

static uint32_t pattern_timeout(struct desktop *desktop, uint64_t now)
{
    struct pattern *self = from_desktop(desktop);

    if (self->still)
        return DESKTOP_NEVER;
    return now >= self->tick_us + TICK_US ? 0 : (uint32_t)((self->tick_us + TICK_US - now + 999) / 1000);
}

static enum desktop_capture pattern_capture(struct desktop *desktop, const struct desktop_target *target)
{
    struct pattern *self = from_desktop(desktop);
    struct pattern_picture next;
    uint8_t *pixels = slot_pixels(target->layout, target->base, target->slot);

    if (!self->still) {
        /* ticks that nobody had a credit for are skipped, not caught up with */
        self->state.tick = (uint32_t)((os_now_us() - self->start_us) / TICK_US);
        self->tick_us = self->start_us + (uint64_t)self->state.tick * TICK_US;
        set_clock(&self->state);
    }
    pattern_picture_init(&next, &self->state, desktop->width, desktop->height);
    pattern_damage(&self->shown, &next, target->changed);
    self->shown = next;
    self->touched = false;

    for (uint32_t i = 0; i < target->changed->count; i++)
        pattern_draw(&next, &target->changed->rects[i], pixels, target->layout->stride);
    return DESKTOP_CAPTURED;
}

static void publish_locks(struct pattern *self)
{
    if (self->base.indicators == self->state.locks)
        return;
    self->base.indicators = self->state.locks;
    self->base.indicators_serial++;
}

static void pattern_key(struct desktop *desktop, uint16_t scancode, bool down)
{
    struct pattern *self = from_desktop(desktop);

    pattern_state_key(&self->state, scancode, down);
    publish_locks(self);
    self->touched = true;
}

static void pattern_unicode(struct desktop *desktop, uint32_t codepoint)
{
    struct pattern *self = from_desktop(desktop);

    pattern_state_unicode(&self->state, codepoint);
    self->touched = true;
}

static void pattern_move(struct desktop *desktop, uint16_t x, uint16_t y)
{
    struct pattern *self = from_desktop(desktop);

    self->state.x = x;
    self->state.y = y;
    self->touched = true;
}

static int32_t clamp(int32_t value, uint32_t end)
{
    return value < 0 ? 0 : value >= (int32_t)end ? (int32_t)end - 1 : value;
}

static void pattern_move_by(struct desktop *desktop, int32_t dx, int32_t dy)
{
    struct pattern *self = from_desktop(desktop);

    pattern_move(desktop, (uint16_t)clamp(self->state.x + dx, desktop->width),
                 (uint16_t)clamp(self->state.y + dy, desktop->height));
    /* the client does not know where a relative move ends: tell it */
    desktop->position.x = self->state.x;
    desktop->position.y = self->state.y;
    desktop->position_serial++;
}

static void pattern_button(struct desktop *desktop, unsigned button, bool down)
{
    struct pattern *self = from_desktop(desktop);
    uint32_t before = self->state.buttons;

    if (down)
        self->state.buttons |= 1u << button;
    else
        self->state.buttons &= ~(1u << button);
    if (!before != !self->state.buttons)
        make_cursor(self);
    self->touched = true;
}

static void pattern_wheel(struct desktop *desktop, bool horizontal, int32_t delta)
{
    struct pattern *self = from_desktop(desktop);
    int32_t *sum = horizontal ? &self->state.hwheel : &self->state.wheel;

    *sum = (*sum + delta) % 1000000;
    self->touched = true;
}

static void pattern_locks(struct desktop *desktop, uint32_t flags)
{
    struct pattern *self = from_desktop(desktop);

    self->state.locks = flags & (INPUT_SCROLL_LOCK | INPUT_NUM_LOCK | INPUT_CAPS_LOCK | INPUT_KANA_LOCK);
    publish_locks(self);
    self->touched = true;
}

const struct desktop_impl pattern_desktop = {
    .name = "pattern",
    .create = pattern_create,
    .destroy = pattern_destroy,
    .resize = pattern_resize,
    .waitable = pattern_waitable,
    .dispatch = pattern_dispatch,
    .dirty = pattern_dirty,
    .timeout = pattern_timeout,
    .capture = pattern_capture,
    .key = pattern_key,
    .unicode = pattern_unicode,
    .move = pattern_move,
    .move_by = pattern_move_by,
    .button = pattern_button,
    .wheel = pattern_wheel,
    .locks = pattern_locks,
};
