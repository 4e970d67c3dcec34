/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "scene_private.h"

#define PAPER 0xFCFCF8
#define BAR_COLOR 0x303840
#define HEIGHT_MIN 400
#define WINDOW_WIDTH 480
#define WINDOW_HEIGHT 320
#define TITLE 24
#define DRAG_X 7 /* pixels a frame */
#define DRAG_Y 4

static const struct {
    const char *name;
    unsigned rate;
} kinds[SCENE_KINDS] = {
    [SCENE_IDLE] = {"idle", 0},   [SCENE_TYPE] = {"type", 60},   [SCENE_SCROLL] = {"scroll", 60},
    [SCENE_DRAG] = {"drag", 60},  [SCENE_VIDEO] = {"video", 60}, [SCENE_FULL_VIDEO] = {"full-video", 60},
    [SCENE_PHOTO] = {"photo", 1},
};

const char *scene_name(enum scene_kind kind)
{
    return kind < SCENE_KINDS ? kinds[kind].name : "?";
}

enum scene_kind scene_of_name(const char *name)
{
    unsigned kind = 0;

    while (kind < SCENE_KINDS && strcmp(kinds[kind].name, name) != 0)
        kind++;
    return (enum scene_kind)kind;
}

unsigned scene_rate(enum scene_kind kind)
{
    return kinds[kind].rate;
}

/* A page: the height without the bar, in whole lines. */
static uint32_t page_height(const struct scene *self)
{
    return (self->canvas.height - SCENE_BAR) / CELL_HEIGHT * CELL_HEIGHT;
}

static uint32_t text_columns(const struct scene *self)
{
    return (self->canvas.width - MARK_WIDTH - CELL_WIDTH) / CELL_WIDTH;
}

struct scene_rect scene_area(const struct scene *self)
{
    uint32_t width = self->canvas.width, height = self->canvas.height;

    switch (self->kind) {
    case SCENE_VIDEO:
        return (struct scene_rect){(width - SCENE_VIDEO_WIDTH) / 2,
                                   (page_height(self) - SCENE_VIDEO_HEIGHT) / 2, SCENE_VIDEO_WIDTH,
                                   SCENE_VIDEO_HEIGHT};
    case SCENE_FULL_VIDEO:
        return (struct scene_rect){0, 0, width, height};
    default:
        return (struct scene_rect){0, 0, width, page_height(self)};
    }
}

static void draw_page(struct canvas *canvas, const struct scene *self, uint32_t first, bool numbers)
{
    for (uint32_t y = 0; y < page_height(self); y += CELL_HEIGHT) {
        if (numbers)
            canvas_mark(canvas, 0, y, first + y / CELL_HEIGHT);
        canvas_text_line(canvas, MARK_WIDTH + CELL_WIDTH, y, text_columns(self), first + y / CELL_HEIGHT);
    }
}

/* type */

static uint32_t type_columns(const struct scene *self)
{
    return self->canvas.width / CELL_WIDTH;
}

static struct scene_rect type_cell(const struct scene *self, uint32_t frame)
{
    uint32_t cells = type_columns(self) * (page_height(self) / CELL_HEIGHT), cell = (frame - 1) % cells;

    return (struct scene_rect){cell % type_columns(self) * CELL_WIDTH,
                               cell / type_columns(self) * CELL_HEIGHT, CELL_WIDTH, CELL_HEIGHT};
}

static char type_glyph(uint32_t frame)
{
    return "abcdefghijkmnopqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ"[scene_mix(frame) % 48];
}

static void type_step(struct scene *self, struct scene_change *out)
{
    out->rects[0] = type_cell(self, self->frame);
    out->count = 1;
    canvas_glyph(&self->canvas, out->rects[0].x, out->rects[0].y, type_glyph(self->frame), 0x101010, PAPER);
}

/* scroll */

static void scroll_step(struct scene *self, struct scene_change *out)
{
    uint32_t height = page_height(self), line = self->frame + height / CELL_HEIGHT - 1;

    out->copy = true;
    out->from = (struct scene_rect){0, CELL_HEIGHT, self->canvas.width, height - CELL_HEIGHT};
    out->rects[0] = (struct scene_rect){0, height - CELL_HEIGHT, self->canvas.width, CELL_HEIGHT};
    out->count = 1;
    canvas_copy(&self->canvas, 0, 0, &self->canvas, &out->from);
    canvas_mark(&self->canvas, 0, height - CELL_HEIGHT, line);
    canvas_text_line(&self->canvas, MARK_WIDTH + CELL_WIDTH, height - CELL_HEIGHT, text_columns(self), line);
}

/* drag */

/* To and fro between 0 and `range`. */
static uint32_t swing(uint32_t at, uint32_t range)
{
    at %= 2 * range;
    return at < range ? at : 2 * range - at;
}

static struct scene_rect drag_window(const struct scene *self, uint32_t frame)
{
    return (struct scene_rect){swing(frame * DRAG_X, self->canvas.width - WINDOW_WIDTH),
                               swing(frame * DRAG_Y, page_height(self) - WINDOW_HEIGHT), WINDOW_WIDTH,
                               WINDOW_HEIGHT};
}

static void drag_draw(struct scene *self)
{
    const struct scene_rect at = drag_window(self, self->frame), all = {0, 0, WINDOW_WIDTH, WINDOW_HEIGHT};

    canvas_copy(&self->canvas, at.x, at.y, &self->window, &all);
    canvas_mark(&self->canvas, at.x + 8, at.y + 4, self->frame);
}

static bool drag_init(struct scene *self)
{
    const struct scene_rect title = {0, 0, WINDOW_WIDTH, TITLE};
    const struct scene_rect half = {self->canvas.width / 2, 0, self->canvas.width / 2, page_height(self)};
    struct canvas photo = {0};

    if (!canvas_init(&self->back, self->canvas.width, self->canvas.height) ||
        !canvas_init(&self->window, WINDOW_WIDTH, WINDOW_HEIGHT) ||
        !canvas_init(&photo, self->canvas.width, self->canvas.height))
        return false;
    canvas_photo(&photo, 9);
    canvas_copy(&self->canvas, half.x, half.y, &photo, &half);
    canvas_finish(&photo);
    memcpy(self->back.pixels, self->canvas.pixels,
           (size_t)self->canvas.width * self->canvas.height * sizeof(uint32_t));
    canvas_fill(&self->window, &title, 0x4060A0);
    for (uint32_t y = TITLE; y + CELL_HEIGHT <= WINDOW_HEIGHT; y += CELL_HEIGHT)
        canvas_text_line(&self->window, 0, y, WINDOW_WIDTH / CELL_WIDTH, 5000 + y);
    drag_draw(self);
    return true;
}

static void drag_step(struct scene *self, struct scene_change *out)
{
    const struct scene_rect old = drag_window(self, self->frame - 1), now = drag_window(self, self->frame);
    uint32_t dx = now.x > old.x ? now.x - old.x : old.x - now.x;
    uint32_t dy = now.y > old.y ? now.y - old.y : old.y - now.y;
    /* what the window no longer covers: a column and a row */
    const struct scene_rect column = {now.x > old.x ? old.x : now.x + WINDOW_WIDTH, old.y, dx, WINDOW_HEIGHT};
    const struct scene_rect row = {old.x, now.y > old.y ? old.y : now.y + WINDOW_HEIGHT, WINDOW_WIDTH, dy};

    out->copy = true;
    out->from = old;
    out->to_x = now.x;
    out->to_y = now.y;
    canvas_copy(&self->canvas, old.x, old.y, &self->back, &old);
    drag_draw(self);
    if (dx)
        out->rects[out->count++] = column;
    if (dy)
        out->rects[out->count++] = row;
    out->rects[out->count++] = (struct scene_rect){now.x + 8, now.y + 4, MARK_WIDTH, MARK_HEIGHT};
}

/* photo */

static void photo_draw(struct scene *self)
{
    const struct scene_rect page = scene_area(self);

    canvas_copy(&self->canvas, 0, 0, &self->photos[self->frame % PHOTOS], &page);
    canvas_mark(&self->canvas, 16, 16, self->frame);
}

static bool photo_init(struct scene *self)
{
    for (uint32_t i = 0; i < PHOTOS; i++) {
        if (!canvas_init(&self->photos[i], self->canvas.width, self->canvas.height))
            return false;
        canvas_photo(&self->photos[i], 40 + i);
    }
    photo_draw(self);
    return true;
}

/* all */

static bool init(struct scene *self)
{
    const struct scene_rect all = {0, 0, self->canvas.width, self->canvas.height};
    const struct scene_rect bar = {0, self->canvas.height - SCENE_BAR, self->canvas.width, SCENE_BAR};

    canvas_fill(&self->canvas, &all, PAPER);
    canvas_fill(&self->canvas, &bar, BAR_COLOR);
    if (self->kind != SCENE_TYPE)
        draw_page(&self->canvas, self, 0, self->kind == SCENE_SCROLL);
    switch (self->kind) {
    case SCENE_DRAG:
        return drag_init(self);
    case SCENE_VIDEO:
    case SCENE_FULL_VIDEO:
        return video_init(self);
    case SCENE_PHOTO:
        return photo_init(self);
    default:
        return true;
    }
}

struct scene *scene_create(enum scene_kind kind, uint32_t width, uint32_t height)
{
    struct scene *self;

    if (kind >= SCENE_KINDS || width < SCENE_SIDE_MIN || height < HEIGHT_MIN || width > SCENE_SIDE_MAX ||
        height > SCENE_SIDE_MAX)
        return NULL;
    self = calloc(1, sizeof(*self));
    if (!self)
        return NULL;
    self->kind = kind;
    if (!canvas_init(&self->canvas, width, height) || !init(self)) {
        scene_destroy(self);
        return NULL;
    }
    return self;
}

void scene_destroy(struct scene *self)
{
    if (!self)
        return;
    canvas_finish(&self->canvas);
    canvas_finish(&self->back);
    canvas_finish(&self->window);
    for (unsigned i = 0; i < PHOTOS; i++)
        canvas_finish(&self->photos[i]);
    free(self->grain);
    free(self);
}

void scene_step(struct scene *self, struct scene_change *out)
{
    memset(out, 0, sizeof(*out));
    if (self->kind == SCENE_IDLE)
        return;
    self->frame++;
    switch (self->kind) {
    case SCENE_TYPE:
        type_step(self, out);
        break;
    case SCENE_SCROLL:
        scroll_step(self, out);
        break;
    case SCENE_DRAG:
        drag_step(self, out);
        break;
    case SCENE_PHOTO:
        photo_draw(self);
        out->rects[out->count++] = scene_area(self);
        break;
    default:
        video_draw(self);
        out->rects[out->count++] = scene_area(self);
        break;
    }
}

uint32_t scene_frame(const struct scene *self)
{
    return self->frame;
}

const uint32_t *scene_pixels(const struct scene *self)
{
    return self->canvas.pixels;
}

bool scene_shows(const struct scene *self, uint32_t frame, const uint8_t *pixels, uint32_t stride)
{
    struct scene_rect at = scene_area(self);

    switch (self->kind) {
    case SCENE_IDLE:
        return frame == 0;
    case SCENE_TYPE:
        if (frame == 0)
            return true;
        at = type_cell(self, frame);
        return glyph_reads(pixels, stride, at.x, at.y, type_glyph(frame));
    case SCENE_SCROLL:
        return mark_reads(pixels, stride, 0, 0, frame);
    case SCENE_DRAG:
        at = drag_window(self, frame);
        return mark_reads(pixels, stride, at.x + 8, at.y + 4, frame);
    default:
        return mark_reads(pixels, stride, at.x + 16, at.y + 16, frame);
    }
}
