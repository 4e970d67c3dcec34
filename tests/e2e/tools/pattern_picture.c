/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern-picture: reads what stands on a picture of the pattern desktop, and checks every pixel of it. The
 * lines of text name all that the picture depends on, so a frame of a moving pattern can be checked, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/display/pattern.h"
#include "picture.h"

#define GLYPH_FIRST ' '
#define GLYPH_LAST '~'

static bool is_ink(const uint8_t *pixel)
{
    return pixel[0] + pixel[1] + pixel[2] > 3 * 0x80;
}

/* '?' for what is no glyph at all. */
static char read_glyph(const struct picture *picture, uint32_t left, uint32_t top)
{
    for (int c = GLYPH_FIRST; c <= GLYPH_LAST; c++) {
        const uint8_t *glyph = pattern_glyph((char)c);
        bool same = true;

        for (uint32_t y = 0; y < 7 && same; y++) {
            for (uint32_t x = 0; x < 5 && same; x++) {
                size_t at = (size_t)(top + 2 * (y + 1)) * picture->width + left + 2 * x;

                same = is_ink(picture->pixels + at * 4) == (glyph[y] >> (4 - x) & 1);
            }
        }
        if (same)
            return (char)c;
    }
    return '?';
}

static bool read_lines(const struct picture *picture, struct pattern_picture *out)
{
    struct pattern_state state;
    unsigned tick;

    pattern_state_init(&state);
    pattern_picture_init(out, &state, picture->width, picture->height);
    if (picture->width < PATTERN_MARGIN + PATTERN_COLUMNS * PATTERN_CELL_WIDTH ||
        picture->height < out->text_top + PATTERN_LINES * PATTERN_CELL_HEIGHT)
        return false;
    for (uint32_t line = 0; line < PATTERN_LINES; line++)
        for (uint32_t column = 0; column < PATTERN_COLUMNS; column++)
            out->lines[line][column] = read_glyph(picture, PATTERN_MARGIN + column * PATTERN_CELL_WIDTH,
                                                  out->text_top + line * PATTERN_CELL_HEIGHT);
    if (sscanf(out->lines[1], "FRAME %10u", &tick) == 1) {
        struct pattern_picture moved;

        state.tick = tick;
        pattern_picture_init(&moved, &state, picture->width, picture->height);
        out->square = moved.square;
    }
    return true;
}

static int check(const struct picture *picture, const struct pattern_picture *lines, uint32_t tolerance)
{
    struct picture_difference difference;
    struct picture expected;

    if (!picture_init(&expected, picture->width, picture->height, NULL, 0))
        return 2;
    for (uint32_t y = 0; y < picture->height; y++) {
        for (uint32_t x = 0; x < picture->width; x++) {
            uint8_t *pixel = expected.pixels + ((size_t)y * picture->width + x) * 4;
            uint32_t color = pattern_pixel(lines, x, y);

            for (int c = 0; c < 3; c++)
                pixel[c] = (uint8_t)(color >> 8 * c);
        }
    }
    picture_compare(&expected, picture, NULL, tolerance, &difference);
    printf("pixels=%llu max=%u\n", (unsigned long long)difference.pixels, difference.max);
    for (unsigned i = 0; i < difference.count; i++)
        printf("differs at %u,%u %ux%u\n", difference.rects[i].x, difference.rects[i].y,
               difference.rects[i].width, difference.rects[i].height);
    picture_finish(&expected);
    return difference.pixels ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct pattern_picture lines;
    struct picture picture;
    char problem[512];
    int code = 2;

    if (argc != 3) {
        fprintf(stderr, "usage: pattern-picture FILE.ppm TOLERANCE\n");
        return 2;
    }
    if (!picture_read(&picture, argv[1], problem, sizeof(problem))) {
        fprintf(stderr, "pattern-picture: %s\n", problem);
        return 2;
    }
    if (read_lines(&picture, &lines)) {
        for (unsigned i = 0; i < PATTERN_LINES; i++)
            printf("%s\n", lines.lines[i]);
        code = check(&picture, &lines, (uint32_t)strtoul(argv[2], NULL, 10));
    } else {
        fprintf(stderr, "pattern-picture: %s is too small for the pattern's text\n", argv[1]);
    }
    picture_finish(&picture);
    return code;
}
