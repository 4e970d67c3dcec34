/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pattern.h"

#include <stdio.h>
#include <string.h>

#include "channels/input/inject.h"

#define KEY_RELEASED 0x8000
#define SCAN_BACKSPACE 0x0E
#define SCAN_LEFT_SHIFT 0x2A
#define SCAN_RIGHT_SHIFT 0x36
#define SCAN_CAPS_LOCK 0x3A
#define SCAN_NUM_LOCK 0x45
#define SCAN_SCROLL_LOCK 0x46

#define COLOR_PAPER 0x102038
#define COLOR_INK 0xF0F0E0
#define COLOR_BAND 0x181818
#define COLOR_SQUARE 0xE08020

/* What the keys 0x02..0x39 type on a US layout; \0: nothing. */
static const char plain_keys[] = "1234567890-=\0\0qwertyuiop[]\0\0asdfghjkl;'`\0\\zxcvbnm,./\0\0\0 ";
static const char shift_keys[] = "!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0\0\0 ";
#define FIRST_KEY 0x02

void pattern_state_init(struct pattern_state *self)
{
    memset(self, 0, sizeof(*self));
    memcpy(self->clock, "--:--:--", sizeof(self->clock));
}

static void type(struct pattern_state *self, char c)
{
    size_t len = strlen(self->text);

    if (len == PATTERN_TEXT) {
        memmove(self->text, self->text + 1, len);
        len--;
    }
    self->text[len] = c;
    self->text[len + 1] = '\0';
}

static void type_key(struct pattern_state *self, uint16_t scancode)
{
    char c;
    bool letter;

    if (scancode == SCAN_BACKSPACE) {
        size_t len = strlen(self->text);

        if (len > 0)
            self->text[len - 1] = '\0';
        return;
    }
    if (scancode < FIRST_KEY || scancode - FIRST_KEY >= (int)sizeof(plain_keys) - 1)
        return;
    c = plain_keys[scancode - FIRST_KEY];
    letter = c >= 'a' && c <= 'z';
    if (self->shift != (letter && (self->locks & INPUT_CAPS_LOCK)))
        c = shift_keys[scancode - FIRST_KEY];
    if (c)
        type(self, c);
}

void pattern_state_key(struct pattern_state *self, uint16_t scancode, bool down)
{
    memmove(self->keys, self->keys + 1, sizeof(self->keys) - sizeof(self->keys[0]));
    self->keys[PATTERN_KEYS - 1] = (uint16_t)(scancode | (down ? 0 : KEY_RELEASED));

    if (scancode == SCAN_LEFT_SHIFT || scancode == SCAN_RIGHT_SHIFT)
        self->shift = down;
    if (!down)
        return;
    if (scancode == SCAN_CAPS_LOCK)
        self->locks ^= INPUT_CAPS_LOCK;
    else if (scancode == SCAN_NUM_LOCK)
        self->locks ^= INPUT_NUM_LOCK;
    else if (scancode == SCAN_SCROLL_LOCK)
        self->locks ^= INPUT_SCROLL_LOCK;
    type_key(self, scancode);
}

void pattern_state_unicode(struct pattern_state *self, uint32_t codepoint)
{
    char text[16];

    if (codepoint >= 0x20 && codepoint < 0x7F) {
        type(self, (char)codepoint);
        return;
    }
    snprintf(text, sizeof(text), "<%X>", (unsigned)codepoint);
    for (const char *c = text; *c; c++)
        type(self, *c);
}

static void print_keys(const struct pattern_state *state, char *line, size_t cap)
{
    size_t len = (size_t)snprintf(line, cap, "KEYS  ");

    for (unsigned i = 0; i < PATTERN_KEYS; i++) {
        uint16_t key = state->keys[i];
        uint16_t code = key & (INJECT_CODES - 1);

        if (!key)
            continue;
        if (code == INJECT_PAUSE)
            len += (size_t)snprintf(line + len, cap - len, "PAUSE");
        else
            len +=
                (size_t)snprintf(line + len, cap - len, "%s%02X", code & INJECT_E0 ? "E0" : "", code & 0x7Fu);
        len += (size_t)snprintf(line + len, cap - len, "%c ", key & KEY_RELEASED ? '-' : '+');
        if (len >= cap)
            return;
    }
}

/* Lines are padded with spaces, so that two pictures can be compared cell by cell. */
static void finish_line(char *line)
{
    size_t len = strlen(line);

    memset(line + len, ' ', PATTERN_COLUMNS - len);
    line[PATTERN_COLUMNS] = '\0';
}

void pattern_picture_init(struct pattern_picture *self, const struct pattern_state *state, uint32_t width,
                          uint32_t height)
{
    const size_t cap = PATTERN_COLUMNS + 1;
    uint32_t way, at;

    memset(self, 0, sizeof(*self));
    self->width = width;
    self->height = height;
    self->band_top = height / 4;
    self->text_top = self->band_top + PATTERN_BAND + PATTERN_MARGIN;

    /* to and fro */
    way = width > PATTERN_BAND ? width - PATTERN_BAND : 1;
    at = (uint32_t)((uint64_t)state->tick * PATTERN_STEP % (2 * (uint64_t)way));
    self->square = at < way ? at : 2 * way - at;

    snprintf(self->lines[0], cap, "RDSPROV PATTERN %uX%u", (unsigned)width, (unsigned)height);
    snprintf(self->lines[1], cap, "FRAME %010u  %s", (unsigned)state->tick, state->clock);
    print_keys(state, self->lines[2], cap);
    snprintf(self->lines[3], cap, "TEXT  %s", state->text);
    snprintf(self->lines[4], cap, "MOUSE %04u,%04u  BUTTONS %c%c%c%c%c", state->x, state->y,
             state->buttons & 2 ? '1' : '-', state->buttons & 4 ? '2' : '-', state->buttons & 8 ? '3' : '-',
             state->buttons & 16 ? '4' : '-', state->buttons & 32 ? '5' : '-');
    snprintf(self->lines[5], cap, "WHEEL %+08d %+08d", (int)state->wheel, (int)state->hwheel);
    snprintf(self->lines[6], cap, "LOCKS %s %s %s %s", state->locks & INPUT_NUM_LOCK ? "NUM" : "---",
             state->locks & INPUT_CAPS_LOCK ? "CAPS" : "----",
             state->locks & INPUT_SCROLL_LOCK ? "SCROLL" : "------",
             state->locks & INPUT_KANA_LOCK ? "KANA" : "----");
    for (unsigned i = 0; i < PATTERN_LINES; i++)
        finish_line(self->lines[i]);
}

static uint32_t text_pixel(const struct pattern_picture *self, uint32_t x, uint32_t y)
{
    uint32_t column = x / PATTERN_CELL_WIDTH, line = y / PATTERN_CELL_HEIGHT;
    uint32_t dot_x = x % PATTERN_CELL_WIDTH / 2, dot_y = y % PATTERN_CELL_HEIGHT / 2;

    if (dot_x >= 5 || dot_y < 1 || dot_y >= 8)
        return COLOR_PAPER;
    return pattern_glyph(self->lines[line][column])[dot_y - 1] >> (4 - dot_x) & 1 ? COLOR_INK : COLOR_PAPER;
}

uint32_t pattern_pixel(const struct pattern_picture *self, uint32_t x, uint32_t y)
{
    if (y < self->band_top) {
        uint32_t bar = 7 - x * 8 / self->width; /* white, yellow, cyan, green, magenta, red, blue, black */

        return (bar & 2 ? 0xFF0000u : 0) | (bar & 4 ? 0x00FF00u : 0) | (bar & 1 ? 0x0000FFu : 0);
    }
    if (y < self->band_top + PATTERN_BAND) {
        uint32_t into = x - self->square; /* wraps on the left side */

        if (into >= PATTERN_BAND)
            return COLOR_BAND;
        /* finely chequered in one quarter, so that a lossy path or one pixel of shift is seen */
        return into < PATTERN_BAND / 2 && y - self->band_top < PATTERN_BAND / 2 && ((into ^ y) & 1)
                   ? COLOR_INK
                   : COLOR_SQUARE;
    }
    if (x >= PATTERN_MARGIN && x < PATTERN_MARGIN + PATTERN_COLUMNS * PATTERN_CELL_WIDTH &&
        y >= self->text_top && y < self->text_top + PATTERN_LINES * PATTERN_CELL_HEIGHT)
        return text_pixel(self, x - PATTERN_MARGIN, y - self->text_top);
    return (x * 255 / self->width) << 16 | (y * 255 / self->height) << 8 | 0x60;
}

void pattern_draw(const struct pattern_picture *self, const struct channel_rect *rect, uint8_t *pixels,
                  uint32_t stride)
{
    uint32_t right = rect->right < self->width ? rect->right : self->width;
    uint32_t bottom = rect->bottom < self->height ? rect->bottom : self->height;

    for (uint32_t y = rect->top; y < bottom; y++) {
        uint8_t *p = pixels + (size_t)y * stride + (size_t)rect->left * 4;

        for (uint32_t x = rect->left; x < right; x++, p += 4) {
            uint32_t color = pattern_pixel(self, x, y);

            p[0] = (uint8_t)color;
            p[1] = (uint8_t)(color >> 8);
            p[2] = (uint8_t)(color >> 16);
            p[3] = 0;
        }
    }
}

void pattern_damage(const struct pattern_picture *before, const struct pattern_picture *after,
                    struct damage *damage)
{
    int32_t top = (int32_t)after->band_top;

    if (before->square != after->square) {
        damage_add(damage, (int32_t)before->square, top, (int32_t)before->square + PATTERN_BAND,
                   top + PATTERN_BAND);
        damage_add(damage, (int32_t)after->square, top, (int32_t)after->square + PATTERN_BAND,
                   top + PATTERN_BAND);
    }
    for (int32_t line = 0; line < PATTERN_LINES; line++) {
        const char *a = before->lines[line], *b = after->lines[line];
        int32_t first = 0, end = PATTERN_COLUMNS, y = (int32_t)after->text_top + line * PATTERN_CELL_HEIGHT;

        while (first < end && a[first] == b[first])
            first++;
        while (end > first && a[end - 1] == b[end - 1])
            end--;
        if (first < end)
            damage_add(damage, PATTERN_MARGIN + first * PATTERN_CELL_WIDTH, y,
                       PATTERN_MARGIN + end * PATTERN_CELL_WIDTH, y + PATTERN_CELL_HEIGHT);
    }
}
