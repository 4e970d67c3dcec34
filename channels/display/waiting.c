/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/waiting.h"

#include <stddef.h>
#include <string.h>

#define BACKGROUND 0xff302820u
#define FOREGROUND 0xffd8d0c8u

#define GLYPH_ROWS 7
#define GLYPH_COLUMNS 5
#define GLYPH_STEP 6

static const char message[] = "waiting for the session";

/* Five pixels a row, the leftmost in bit 4. */
static const struct glyph {
    char letter;
    uint8_t rows[GLYPH_ROWS];
} glyphs[] = {
    {'a', {0x00, 0x00, 0x0e, 0x01, 0x0f, 0x11, 0x0f}}, {'e', {0x00, 0x00, 0x0e, 0x11, 0x1f, 0x10, 0x0e}},
    {'f', {0x06, 0x08, 0x1e, 0x08, 0x08, 0x08, 0x08}}, {'g', {0x00, 0x0f, 0x11, 0x11, 0x0f, 0x01, 0x0e}},
    {'h', {0x10, 0x10, 0x16, 0x19, 0x11, 0x11, 0x11}}, {'i', {0x04, 0x00, 0x0c, 0x04, 0x04, 0x04, 0x0e}},
    {'n', {0x00, 0x00, 0x16, 0x19, 0x11, 0x11, 0x11}}, {'o', {0x00, 0x00, 0x0e, 0x11, 0x11, 0x11, 0x0e}},
    {'r', {0x00, 0x00, 0x16, 0x19, 0x10, 0x10, 0x10}}, {'s', {0x00, 0x00, 0x0f, 0x10, 0x0e, 0x01, 0x1e}},
    {'t', {0x08, 0x08, 0x1e, 0x08, 0x08, 0x09, 0x06}}, {'w', {0x00, 0x00, 0x11, 0x11, 0x15, 0x15, 0x0a}},
};

static void put_pixel(uint8_t *pixels, uint32_t stride, uint32_t x, uint32_t y, uint32_t colour)
{
    memcpy(pixels + (size_t)y * stride + (size_t)x * 4, &colour, sizeof(colour));
}

static void put_block(uint8_t *pixels, uint32_t stride, uint32_t x, uint32_t y, uint32_t scale)
{
    for (uint32_t dy = 0; dy < scale; dy++)
        for (uint32_t dx = 0; dx < scale; dx++)
            put_pixel(pixels, stride, x + dx, y + dy, FOREGROUND);
}

static void put_glyph(uint8_t *pixels, uint32_t stride, uint32_t x, uint32_t y, char letter, uint32_t scale)
{
    for (size_t i = 0; i < sizeof(glyphs) / sizeof(glyphs[0]); i++) {
        if (glyphs[i].letter != letter)
            continue;
        for (uint32_t row = 0; row < GLYPH_ROWS; row++)
            for (uint32_t column = 0; column < GLYPH_COLUMNS; column++)
                if (glyphs[i].rows[row] >> (GLYPH_COLUMNS - 1 - column) & 1)
                    put_block(pixels, stride, x + column * scale, y + row * scale, scale);
    }
}

void waiting_draw(uint8_t *pixels, uint32_t stride, uint32_t width, uint32_t height)
{
    const uint32_t letters = sizeof(message) - 1;
    uint32_t scale = width >= 640 ? 2 : 1;
    uint32_t text_width = letters * GLYPH_STEP * scale, text_height = GLYPH_ROWS * scale;

    for (uint32_t x = 0; x < width && height > 0; x++)
        put_pixel(pixels, stride, x, 0, BACKGROUND);
    for (uint32_t y = 1; y < height; y++)
        memcpy(pixels + (size_t)y * stride, pixels, (size_t)width * 4);
    if (text_width > width || text_height > height)
        return;
    for (uint32_t i = 0; i < letters; i++)
        put_glyph(pixels, stride, (width - text_width) / 2 + i * GLYPH_STEP * scale,
                  (height - text_height) / 2, message[i], scale);
}
