/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture of the pattern desktop, as a pure function: state (what time it is, what input came) -> picture
 * -> colour of a pixel. The desktop draws with it, and a test that feeds the same input into a state of its
 * own can tell every pixel that a client must see. From top to bottom: eight colour bars (a quarter of the
 * height); a band of 64 rows in which a square moves; a gradient with lines of text on it: size, frame and
 * clock, keys, typed text, mouse, wheel, lock keys, and what was pressed last.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_PATTERN_H
#define RDSPROV_CHANNELS_DISPLAY_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "channels/display/slots.h"

#define PATTERN_LINES 7
#define PATTERN_COLUMNS 40
#define PATTERN_CELL_WIDTH 12 /* a glyph of 5 x 7 dots, each 2 x 2 pixels, and space */
#define PATTERN_CELL_HEIGHT 18
#define PATTERN_BAND 64 /* rows in which the square moves; also its side */
#define PATTERN_MARGIN 16
#define PATTERN_STEP 4 /* pixels a tick */
#define PATTERN_KEYS 5
#define PATTERN_TEXT (PATTERN_COLUMNS - 6)

/* Everything that the picture depends on, but the size. */
struct pattern_state {
    uint32_t tick;               /* position of the square, frame number; 0 and constant on a still pattern */
    char clock[9];               /* "12:34:56", "--:--:--" on a still pattern */
    uint16_t keys[PATTERN_KEYS]; /* last ones, newest last: scancode as in inject.h, bit 15 set for a release;
                                    0 none */
    char text[PATTERN_TEXT + 1]; /* last characters typed */
    uint16_t x, y;
    uint32_t buttons;      /* bit n: button n is down */
    int32_t wheel, hwheel; /* sums */
    uint32_t locks;        /* TS_SYNC_* */
    bool shift;
};

void pattern_state_init(struct pattern_state *self);
/* What input does to the state; the same functions as the desktop uses. A key of the US layout that types a
 * character adds it to the text; Backspace takes one away; lock keys toggle. */
void pattern_state_key(struct pattern_state *self, uint16_t scancode, bool down);
/* Printable ASCII is added as it is, anything else as <hexadecimal>. */
void pattern_state_unicode(struct pattern_state *self, uint32_t codepoint);

struct pattern_picture {
    uint32_t width, height;
    uint32_t band_top, text_top;
    uint32_t square; /* left edge */
    char lines[PATTERN_LINES][PATTERN_COLUMNS + 1];
};

void pattern_picture_init(struct pattern_picture *self, const struct pattern_state *state, uint32_t width,
                          uint32_t height);
/* 0x00RRGGBB; x and y inside. */
uint32_t pattern_pixel(const struct pattern_picture *self, uint32_t x, uint32_t y);
void pattern_draw(const struct pattern_picture *self, const struct channel_rect *rect, uint8_t *pixels,
                  uint32_t stride);
/* Adds where two pictures of the same size differ. */
void pattern_damage(const struct pattern_picture *before, const struct pattern_picture *after,
                    struct damage *damage);

/* Seven rows of five dots, bit 4 left; a space for what has no glyph. */
const uint8_t *pattern_glyph(char c);

#endif
