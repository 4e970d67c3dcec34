/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "channels/display/pattern.h" /* its font */
#include "scene_private.h"

#define INK_DARK 0x101010
#define INK_LIGHT 0xF0F0F0
#define TEXT_PAPER 0xFCFCF8

bool canvas_init(struct canvas *self, uint32_t width, uint32_t height)
{
    self->pixels = calloc((size_t)width * height, sizeof(uint32_t));
    self->width = width;
    self->height = height;
    return self->pixels != NULL;
}

void canvas_finish(struct canvas *self)
{
    free(self->pixels);
    memset(self, 0, sizeof(*self));
}

void canvas_fill(struct canvas *self, const struct scene_rect *rect, uint32_t color)
{
    for (uint32_t y = rect->y; y < rect->y + rect->height; y++)
        for (uint32_t x = rect->x; x < rect->x + rect->width; x++)
            self->pixels[(size_t)y * self->width + x] = color;
}

void canvas_copy(struct canvas *to, uint32_t x, uint32_t y, const struct canvas *from,
                 const struct scene_rect *rect)
{
    bool down = to == from && y > rect->y;

    for (uint32_t i = 0; i < rect->height; i++) {
        uint32_t row = down ? rect->height - 1 - i : i;

        memmove(to->pixels + (size_t)(y + row) * to->width + x,
                from->pixels + (size_t)(rect->y + row) * from->width + rect->x,
                rect->width * sizeof(uint32_t));
    }
}

/* The font has dots of one kind; pixels between ink and paper stand for the edges of a smoothed one. */
static unsigned coverage(const uint8_t *glyph, uint32_t x, uint32_t y)
{
    unsigned dot_y = y / 2, ink = 0;

    if (x < 1 || x > 6 || dot_y >= 7)
        return 0;
    if (x <= 5 && glyph[dot_y] >> (5 - x) & 1)
        return 4;
    if (x >= 2 && glyph[dot_y] >> (6 - x) & 1)
        ink += 1;
    if (dot_y > 0 && x <= 5 && glyph[dot_y - 1] >> (5 - x) & 1 && y % 2 == 0)
        ink += 1;
    return ink;
}

static uint32_t blend(uint32_t ink, uint32_t paper, unsigned part)
{
    uint32_t color = 0;

    for (int shift = 0; shift <= 16; shift += 8) {
        uint32_t a = ink >> shift & 0xFF, b = paper >> shift & 0xFF;

        color |= (a * part + b * (4 - part)) / 4 << shift;
    }
    return color;
}

void canvas_glyph(struct canvas *self, uint32_t x, uint32_t y, char c, uint32_t ink, uint32_t paper)
{
    const uint8_t *glyph = pattern_glyph(c);

    for (uint32_t row = 0; row < CELL_HEIGHT; row++)
        for (uint32_t column = 0; column < CELL_WIDTH; column++)
            self->pixels[(size_t)(y + row) * self->width + x + column] =
                blend(ink, paper, row >= 1 ? coverage(glyph, column, row - 1) : 0);
}

static unsigned brightness(const uint8_t *pixel)
{
    return (unsigned)pixel[0] + pixel[1] + pixel[2];
}

bool glyph_reads(const uint8_t *pixels, uint32_t stride, uint32_t x, uint32_t y, char c)
{
    const uint8_t *glyph = pattern_glyph(c);
    unsigned wrong = 0;

    for (uint32_t row = 1; row < CELL_HEIGHT; row++) {
        for (uint32_t column = 0; column < CELL_WIDTH; column++) {
            unsigned part = coverage(glyph, column, row - 1);
            bool dark = brightness(pixels + (size_t)(y + row) * stride + (x + column) * 4) < 3 * 120;

            wrong += part != 1 && part != 2 && dark != (part == 4);
        }
    }
    return wrong <= 4;
}

void canvas_text_line(struct canvas *self, uint32_t x, uint32_t y, uint32_t columns, uint32_t line)
{
    static const uint32_t inks[] = {0x202020, 0x202020, 0x202020, 0x1848A0, 0x8A2090, 0x207030, 0xA03018};
    static const char letters[] = "etaoinsrhldcumfpgwybvk_etaoinsrhldcumfpg(){};=.,*&\"0123456789ABCDEFS";
    uint32_t state = scene_mix(line + 77), column = 0, indent = state % 5 * 4, end = 24 + state / 8 % 110;
    const struct scene_rect row = {x, y, columns * CELL_WIDTH, CELL_HEIGHT};

    canvas_fill(self, &row, TEXT_PAPER);
    if (state % 9 == 0) /* an empty line, as programs have them */
        return;
    for (column = indent; column < columns && column < end;) {
        uint32_t word = scene_mix(state + column), length = 2 + word % 8;

        for (uint32_t i = 0; i < length && column < columns; i++, column++)
            canvas_glyph(self, x + column * CELL_WIDTH, y,
                         letters[scene_mix(word + i) % (sizeof(letters) - 1)],
                         inks[word / 16 % (sizeof(inks) / sizeof(inks[0]))], TEXT_PAPER);
        column++;
    }
}

void canvas_mark(struct canvas *self, uint32_t x, uint32_t y, uint32_t number)
{
    for (uint32_t bit = 0; bit < MARK_BITS; bit++) {
        const struct scene_rect cell = {x + bit * MARK_CELL, y, MARK_CELL, MARK_HEIGHT};

        canvas_fill(self, &cell, number >> bit & 1 ? INK_DARK : INK_LIGHT);
    }
}

bool mark_reads(const uint8_t *pixels, uint32_t stride, uint32_t x, uint32_t y, uint32_t number)
{
    for (uint32_t bit = 0; bit < MARK_BITS; bit++) {
        const uint8_t *middle =
            pixels + (size_t)(y + MARK_HEIGHT / 2) * stride + (x + bit * MARK_CELL + MARK_CELL / 2) * 4;

        if ((brightness(middle) < 3 * 128) != (number >> bit & 1))
            return false;
    }
    return true;
}

/* Noise on a grid of `step` pixels that repeats at the canvas' edges, interpolated. */
static void add_octave(float *field, uint32_t width, uint32_t height, uint32_t step, float weight,
                       uint32_t seed)
{
    uint32_t columns = width / step, rows = height / step;

    for (uint32_t y = 0; y < height; y++) {
        uint32_t gy = y / step % rows, next_y = (gy + 1) % rows;
        float fy = (float)(y % step) / (float)step;

        for (uint32_t x = 0; x < width; x++) {
            uint32_t gx = x / step % columns, next_x = (gx + 1) % columns;
            float fx = (float)(x % step) / (float)step;
            float a = (float)(scene_mix(seed + gy * 4099 + gx) & 0xFF);
            float b = (float)(scene_mix(seed + gy * 4099 + next_x) & 0xFF);
            float c = (float)(scene_mix(seed + next_y * 4099 + gx) & 0xFF);
            float d = (float)(scene_mix(seed + next_y * 4099 + next_x) & 0xFF);
            float top = a + (b - a) * fx, bottom = c + (d - c) * fx;

            field[(size_t)y * width + x] += weight * (top + (bottom - top) * fy);
        }
    }
}

static uint32_t shade(float light, uint32_t tint)
{
    uint32_t color = 0;

    for (int shift = 0; shift <= 16; shift += 8) {
        float value = light * (0.55f + (float)(tint >> shift & 0xFF) / 400.0f);

        color |= (value > 255 ? 255u : (uint32_t)value) << shift;
    }
    return color;
}

static void draw_disc(struct canvas *self, uint32_t seed)
{
    uint32_t radius = 12 + scene_mix(seed) % 90, tint = scene_mix(seed + 1);
    uint32_t cx = scene_mix(seed + 2) % self->width, cy = scene_mix(seed + 3) % self->height;

    for (uint32_t y = 0; y < 2 * radius; y++) {
        for (uint32_t x = 0; x < 2 * radius; x++) {
            float dx = (float)x - (float)radius, dy = (float)y - (float)radius;
            float part = (dx * dx + dy * dy) / ((float)radius * (float)radius);
            uint32_t *pixel =
                &self->pixels[(size_t)((cy + y) % self->height) * self->width + (cx + x) % self->width];

            if (part < 1.0f) /* a ball under a lamp, with what was there as its texture */
                *pixel = shade(230.0f * (1.0f - 0.7f * part) * (0.7f + (float)(*pixel >> 8 & 0xFF) / 800.0f),
                               tint);
        }
    }
}

void canvas_photo(struct canvas *self, uint32_t seed)
{
    static const uint32_t steps[] = {160, 80, 40, 20, 8, 4, 2};
    static const float weights[] = {0.42f, 0.25f, 0.15f, 0.09f, 0.05f, 0.025f, 0.015f};
    float *field = calloc((size_t)self->width * self->height, sizeof(float));

    if (!field)
        return;
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (self->width >= steps[i] && self->height >= steps[i])
            add_octave(field, self->width, self->height, steps[i], weights[i], scene_mix(seed * 31 + i));
    for (uint32_t y = 0; y < self->height; y++)
        for (uint32_t x = 0; x < self->width; x++) {
            float light = field[(size_t)y * self->width + x];
            uint32_t tint = (uint32_t)(128 + 100 * sinf(light / 40.0f + (float)seed)) << 16 |
                            (uint32_t)(128 + 90 * sinf(light / 55.0f)) << 8 |
                            (uint32_t)(128 + 110 * cosf(light / 48.0f + (float)seed));

            self->pixels[(size_t)y * self->width + x] =
                shade(light * 1.4f - 30.0f < 0 ? 0 : light * 1.4f - 30.0f, tint);
        }
    for (uint32_t i = 0; i < 40; i++)
        draw_disc(self, scene_mix(seed + 1000) + i * 17);
    free(field);
}
