/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/gdi.h"
#include "channels/display/dxgi.h"

#include <mmsystem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/log.h"

#define AREA "gdi"

/* Looks: every 16 ms for a while after input (the first one a moment later: no program has drawn its answer
 * before that). Without input, a look that finds nothing or a caret doubles the time to the next, and changes
 * in two looks in a row divide it by four: a blinking caret costs little, a film is soon followed. */
#define FAST_MS 16
#define SLOW_MS 400
#define ANSWER_US 6000
#define INPUT_FAST_US 200000    /* looks stay fast this long whether they find something or not */
#define INPUT_RECENT_US 1000000 /* and this long when they do */

#define CARET_WIDTH 4 /* pixels */

#define TILE 64

/* Duplication tells what changed for nothing, so it is asked often; one that cannot be had is tried ever more
 * seldom. */
#define DXGI_LOOK_MS 16
#define DXGI_PAUSE_MIN_MS 500
#define DXGI_PAUSE_MAX_MS 30000

static void set_fine_timer(struct gdi *self, bool fine)
{
    /* Waits end on ticks of 15.6 ms otherwise; only while it matters, since it keeps the processor awake. */
    if (fine && !self->fine_timer)
        timeBeginPeriod(1);
    else if (!fine && self->fine_timer)
        timeEndPeriod(1);
    self->fine_timer = fine;
}

void gdi_wake(struct gdi *self)
{
    uint64_t at;

    self->input_us = os_now_us();
    at = self->input_us + ANSWER_US;
    self->interval_ms = FAST_MS;
    if (self->next_us > at)
        self->next_us = at;
    set_fine_timer(self, true);
}

static void release_dibs(struct gdi *self)
{
    if (self->canvas && self->no_bitmap)
        SelectObject(self->canvas, self->no_bitmap);
    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        if (self->dibs[i])
            DeleteObject(self->dibs[i]);
        self->dibs[i] = NULL;
    }
    self->dib_base = NULL;
}

static void close_screen(struct gdi *self)
{
    release_dibs(self);
    if (self->canvas)
        DeleteDC(self->canvas);
    if (self->screen)
        ReleaseDC(NULL, self->screen);
    self->canvas = self->screen = NULL;
    self->no_bitmap = NULL;
}

static bool open_screen(struct gdi *self)
{
    self->screen = GetDC(NULL);
    if (self->screen)
        self->canvas = CreateCompatibleDC(self->screen);
    if (!self->canvas) {
        close_screen(self);
        return false;
    }
    self->no_bitmap = GetCurrentObject(self->canvas, OBJ_BITMAP);
    return true;
}

static void look_at_size(struct gdi *self)
{
    int width = GetSystemMetrics(SM_CXVIRTUALSCREEN), height = GetSystemMetrics(SM_CYVIRTUALSCREEN);

    if (width < 1 || height < 1)
        return;
    self->left = GetSystemMetrics(SM_XVIRTUALSCREEN);
    self->top = GetSystemMetrics(SM_YVIRTUALSCREEN);
    self->base.width = (uint32_t)width;
    self->base.height = (uint32_t)height;
}

static void drop_duplication(struct gdi *self)
{
    dxgi_close(self->dxgi);
    self->dxgi = NULL;
}

static void leave_desktop(void *arg)
{
    struct gdi *self = arg;

    drop_duplication(self);
    self->dxgi_next_us = 0; /* the new desktop may have what the old one had not */
    self->dxgi_pause_ms = 0;
    close_screen(self);
}

bool gdi_attach(struct gdi *self)
{
    if (!self->joined &&
        gdi_follow_look(&self->follow, os_now_us(), leave_desktop, self) == GDI_FOLLOW_SWITCHED) {
        self->cursor_known = false;
        gdi_wake(self);
    }
    return self->canvas || open_screen(self);
}

bool gdi_attach_now(struct gdi *self)
{
    gdi_follow_soon(&self->follow);
    return gdi_attach(self);
}

static void gdi_destroy(struct desktop *desktop)
{
    struct gdi *self = gdi_from_desktop(desktop);

    if (!self)
        return;
    drop_duplication(self);
    close_screen(self);
    set_fine_timer(self, false);
    gdi_follow_finish(&self->follow);
    if (self->joined)
        CloseDesktop(self->joined);
    free(self);
}

/* Before the first call that needs a desktop: a thread with windows cannot be moved. */
static bool join(struct gdi *self, const char *name)
{
    uint16_t wide[256];

    if (!os_utf16_from_utf8(wide, sizeof(wide) / sizeof(wide[0]), name))
        return false;
    self->joined = OpenDesktopW((const wchar_t *)wide, 0, FALSE, GENERIC_ALL);
    return self->joined && SetThreadDesktop(self->joined);
}

static struct desktop *gdi_create(const struct desktop_options *options, char *problem, size_t cap)
{
    struct gdi *self = calloc(1, sizeof(*self));

    if (!self) {
        snprintf(problem, cap, "out of memory");
        return NULL;
    }
    self->base.impl = &gdi_desktop;
    self->interval_ms = FAST_MS;
    self->follow.calls = &gdi_follow_system;
    if (options->join && !join(self, options->join)) {
        snprintf(problem, cap, "cannot join the desktop %s (error %lu)", options->join, GetLastError());
        gdi_destroy(&self->base);
        return NULL;
    }
    SetProcessDPIAware(); /* pixels are pixels */
    if (gdi_attach(self))
        look_at_size(self);
    if (self->base.width == 0) {
        snprintf(problem, cap, "no screen here (error %lu)", GetLastError());
        gdi_destroy(&self->base);
        return NULL;
    }
    if (options->resize)
        log_warn(AREA, 0, "the size of a Windows desktop cannot be changed from here: it stays");
    self->base.indicators_serial = 1;
    gdi_cursor_look(self);
    gdi_locks_look(self);
    self->base.position_serial = 0;
    return &self->base;
}

static os_waitable gdi_waitable(struct desktop *desktop)
{
    (void)desktop;
    return OS_NO_HANDLE;
}

/* Each round: a switch is seen before the next picture, and before input that comes long after the last. */
static bool gdi_dispatch(struct desktop *desktop)
{
    gdi_attach(gdi_from_desktop(desktop));
    return true;
}

static bool gdi_dirty(struct desktop *desktop, uint64_t now)
{
    return now >= gdi_from_desktop(desktop)->next_us;
}

static uint32_t gdi_timeout(struct desktop *desktop, uint64_t now)
{
    uint64_t next = gdi_from_desktop(desktop)->next_us;

    return now >= next ? 0 : (uint32_t)((next - now + 999) / 1000);
}

static bool is_caret(const struct damage *damage)
{
    return damage->count == 1 && damage->rects[0].right - damage->rects[0].left <= CARET_WIDTH;
}

static void plan_next(struct gdi *self, uint64_t started, const struct damage *damage)
{
    uint64_t idle = self->input_us ? started - self->input_us : UINT64_MAX;
    uint32_t ms = self->interval_ms;
    bool changed = !damage_empty(damage);

    self->changes = changed && !is_caret(damage) ? self->changes + 1 : 0;
    if (changed && idle < INPUT_RECENT_US)
        ms = FAST_MS;
    else if (self->changes >= 2)
        ms = ms / 4 > FAST_MS ? ms / 4 : FAST_MS;
    else if (self->changes == 0 && idle > INPUT_FAST_US)
        ms = ms * 2 < SLOW_MS ? ms * 2 : SLOW_MS;
    if (self->dxgi)
        ms = DXGI_LOOK_MS;
    self->interval_ms = ms;
    set_fine_timer(self, ms == FAST_MS && (!self->dxgi || changed || idle < INPUT_RECENT_US));
    self->next_us = started + (uint64_t)ms * 1000;
}

/* Makes the slots themselves the bitmaps that GDI copies the screen into. */
static bool bind_dibs(struct gdi *self, const struct desktop_target *target)
{
    const struct slot_layout *layout = target->layout;
    BITMAPINFO info = {.bmiHeader = {.biSize = sizeof(info.bmiHeader),
                                     .biWidth = (LONG)(layout->stride / 4),
                                     .biHeight = -(LONG)layout->height,
                                     .biPlanes = 1,
                                     .biBitCount = 32,
                                     .biCompression = BI_RGB}};
    void *bits;

    if (self->dib_base == target->base && self->dib_memory == target->memory &&
        self->dib_stride == layout->stride && self->dib_height == layout->height)
        return true;
    release_dibs(self);
    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        self->dibs[i] = CreateDIBSection(self->screen, &info, DIB_RGB_COLORS, &bits, target->memory,
                                         (DWORD)(i * layout->slot_size));
        if (!self->dibs[i]) {
            log_error(AREA, 0, "cannot draw into the frame memory (error %lu)", GetLastError());
            release_dibs(self);
            return false;
        }
    }
    self->dib_base = target->base;
    self->dib_memory = target->memory;
    self->dib_stride = layout->stride;
    self->dib_height = layout->height;
    return true;
}

/* Adds the smallest rectangle around what differs in one tile. */
static void compare_tile(const struct desktop_target *target, uint32_t left, uint32_t top, uint32_t right,
                         uint32_t bottom)
{
    const struct slot_layout *layout = target->layout;
    const uint8_t *now = slot_pixels(layout, target->base, target->slot);
    const uint8_t *before = slot_pixels(layout, target->base, target->previous);
    uint32_t min_x = right, max_x = left, min_y = bottom, max_y = top;

    for (uint32_t y = top; y < bottom; y++) {
        const uint32_t *a = (const uint32_t *)(const void *)(now + (size_t)y * layout->stride);
        const uint32_t *b = (const uint32_t *)(const void *)(before + (size_t)y * layout->stride);
        uint32_t x;

        if (memcmp(a + left, b + left, (size_t)(right - left) * 4) == 0)
            continue;
        min_y = y < min_y ? y : min_y;
        max_y = y + 1;
        for (x = left; x < min_x && a[x] == b[x]; x++)
            ;
        min_x = x < min_x ? x : min_x;
        for (x = right; x > max_x && a[x - 1] == b[x - 1]; x--)
            ;
        max_x = x > max_x ? x : max_x;
    }
    if (min_y < max_y)
        damage_add(target->changed, (int32_t)min_x, (int32_t)min_y, (int32_t)max_x, (int32_t)max_y);
}

static void compare(const struct desktop_target *target, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < height; y += TILE)
        for (uint32_t x = 0; x < width; x += TILE)
            compare_tile(target, x, y, x + TILE < width ? x + TILE : width,
                         y + TILE < height ? y + TILE : height);
}

/* True: there is one. Not for a desktop that was named: it need not be the one that is shown. */
static bool find_duplication(struct gdi *self, uint64_t now)
{
    const struct dxgi_system *system;
    char problem[128];

    if (self->dxgi || self->joined || now < self->dxgi_next_us)
        return self->dxgi != NULL;
    system = dxgi_system_load();
    if (!system) {
        self->dxgi_next_us = UINT64_MAX;
        return false;
    }
    self->dxgi = dxgi_open(system, self->left, self->top, self->base.width, self->base.height, problem,
                           sizeof(problem));
    if (self->dxgi) {
        log_info(AREA, 0, "the screen is duplicated");
        return true;
    }
    if (self->dxgi_pause_ms == 0)
        log_info(AREA, 0, "the screen is read by GDI: no duplication: %s", problem);
    self->dxgi_pause_ms = self->dxgi_pause_ms == 0                      ? DXGI_PAUSE_MIN_MS
                          : self->dxgi_pause_ms * 2 < DXGI_PAUSE_MAX_MS ? self->dxgi_pause_ms * 2
                                                                        : DXGI_PAUSE_MAX_MS;
    self->dxgi_next_us = now + (uint64_t)self->dxgi_pause_ms * 1000;
    return false;
}

/* False: GDI must do it this time. */
static bool duplicate(struct gdi *self, const struct desktop_target *target, uint32_t width, uint32_t height)
{
    if (dxgi_look(self->dxgi, target->changed) != DXGI_LOST) {
        if (!dxgi_ready(self->dxgi))
            return false;
        if (dxgi_copy(self->dxgi, target->changed, slot_pixels(target->layout, target->base, target->slot),
                      target->layout->stride, width, height)) {
            self->dxgi_pause_ms = 0;
            return true;
        }
    }
    log_debug(AREA, 0, "duplication is lost: mode, desktop or driver changed");
    drop_duplication(self);
    gdi_follow_soon(&self->follow);
    return false;
}

static enum desktop_capture gdi_capture(struct desktop *desktop, const struct desktop_target *target)
{
    struct gdi *self = gdi_from_desktop(desktop);
    uint32_t old_width = desktop->width, old_height = desktop->height;
    uint64_t started = os_now_us();
    uint32_t width, height;
    bool whole = !damage_empty(target->changed);

    look_at_size(self);
    if (desktop->width != old_width || desktop->height != old_height) {
        drop_duplication(self);
        return DESKTOP_LATER; /* the core blackens what is outside now and comes back */
    }
    width = desktop->width < target->layout->width ? desktop->width : target->layout->width;
    height = desktop->height < target->layout->height ? desktop->height : target->layout->height;

    if (!gdi_attach(self))
        return DESKTOP_LATER;
    if (find_duplication(self, started) && duplicate(self, target, width, height)) {
        gdi_cursor_look(self);
        gdi_locks_look(self);
        plan_next(self, started, target->changed);
        return DESKTOP_CAPTURED;
    }
    if (!bind_dibs(self, target))
        return DESKTOP_GONE;
    SelectObject(self->canvas, self->dibs[target->slot]);
    if (!BitBlt(self->canvas, 0, 0, (int)width, (int)height, self->screen, self->left, self->top, SRCCOPY)) {
        log_debug(AREA, 0, "cannot read the screen (error %lu): another desktop may have the input",
                  GetLastError());
        gdi_attach_now(self);
        return DESKTOP_LATER;
    }
    GdiFlush();
    gdi_cursor_look(self);
    gdi_locks_look(self);
    if (!whole)
        compare(target, width, height);
    plan_next(self, started, target->changed);
    return DESKTOP_CAPTURED;
}

const struct desktop_impl gdi_desktop = {
    .name = "gdi",
    .create = gdi_create,
    .destroy = gdi_destroy,
    .waitable = gdi_waitable,
    .dispatch = gdi_dispatch,
    .dirty = gdi_dirty,
    .timeout = gdi_timeout,
    .capture = gdi_capture,
    .key = gdi_key,
    .unicode = gdi_unicode,
    .move = gdi_move,
    .move_by = gdi_move_by,
    .button = gdi_button,
    .wheel = gdi_wheel,
    .locks = gdi_locks,
};
