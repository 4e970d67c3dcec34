/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/motion_gain.h"

#include <stdlib.h>
#include <string.h>

#include "channels/display/rect.h"

#define COLUMNS_MAX 32 /* of cells; wider pictures have wider cells */
#define ROWS_MAX 1440
#define CELL_WIDTH_MAX (SLOT_SIDE_MAX / COLUMNS_MAX)
#define TAKEN_MAX 8
#define TAKEN_COST 10000

/* What a cell is: equal in place, equal after the shift, taken. */
#define CELL_SAME 1
#define CELL_SHIFTED 2
#define CELL_TAKEN 4

struct motion_gain {
    uint32_t width, height;
    uint32_t cell_width, cell_height;
    uint32_t columns, rows;
    uint8_t *cells; /* rows x columns */
    struct picture now, before;
    struct motion_vector vector;
    /* of the cells that can have a gain */
    struct channel_rect taken[TAKEN_MAX];
    uint32_t ntaken;
    uint32_t first_column, last_column, first_row, last_row;
};

struct motion_gain *motion_gain_create(uint32_t width, uint32_t height)
{
    struct motion_gain *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->width = width;
    self->height = height;
    self->cell_width = TILE_SIDE;
    self->cell_height = 1;
    while ((width + self->cell_width - 1) / self->cell_width > COLUMNS_MAX)
        self->cell_width *= 2;
    while ((height + self->cell_height - 1) / self->cell_height > ROWS_MAX)
        self->cell_height *= 2;
    self->columns = (width + self->cell_width - 1) / self->cell_width;
    self->rows = (height + self->cell_height - 1) / self->cell_height;
    self->cells = malloc((size_t)self->columns * self->rows);
    if (!self->cells) {
        free(self);
        return NULL;
    }
    return self;
}

void motion_gain_destroy(struct motion_gain *self)
{
    if (!self)
        return;
    free(self->cells);
    free(self);
}

static struct channel_rect cell_rect(const struct motion_gain *self, uint32_t column, uint32_t row)
{
    uint32_t right = (column + 1) * self->cell_width, bottom = (row + 1) * self->cell_height;

    return (struct channel_rect){(uint16_t)(column * self->cell_width), (uint16_t)(row * self->cell_height),
                                 (uint16_t)(right > self->width ? self->width : right),
                                 (uint16_t)(bottom > self->height ? self->height : bottom)};
}

/* Equal when what is at `rect` now was (dx, dy) before it. */
static bool equal(const struct motion_gain *self, const struct channel_rect *rect, int32_t dx, int32_t dy)
{
    int32_t left = rect->left - dx, top = rect->top - dy;
    uint32_t width = (uint32_t)(rect->right - rect->left), height = (uint32_t)(rect->bottom - rect->top);

    if (left < 0 || top < 0 || (uint32_t)left + width > self->width || (uint32_t)top + height > self->height)
        return false;
    for (uint32_t y = 0; y < height; y++)
        if (!pixels_equal(picture_at(&self->now, rect->left, rect->top + y),
                          picture_at(&self->before, (uint32_t)left, (uint32_t)top + y), width))
            return false;
    return true;
}

static bool any_marked(const struct motion_gain *self, const struct tile_grid *grid, const uint8_t *marks,
                       uint32_t column, uint32_t row)
{
    uint32_t first = column * self->cell_width / TILE_SIDE, count = self->cell_width / TILE_SIDE;

    for (uint32_t c = first; c < first + count && c < grid->columns; c++)
        if (marks[row * self->cell_height / TILE_SIDE * grid->columns + c])
            return true;
    return false;
}

void motion_gain_begin(struct motion_gain *self, const struct tile_grid *grid, const uint8_t *marks,
                       const struct picture *now, const struct picture *before)
{
    self->now = *now;
    self->before = *before;
    self->ntaken = 0;
    self->first_column = self->columns;
    self->first_row = self->rows;
    self->last_column = self->last_row = 0;
    for (uint32_t row = 0; row < self->rows; row++) {
        for (uint32_t column = 0; column < self->columns; column++) {
            uint8_t *cell = &self->cells[row * self->columns + column];
            struct channel_rect rect;

            *cell = CELL_SAME;
            if (!any_marked(self, grid, marks, column, row))
                continue;
            rect = cell_rect(self, column, row);
            if (equal(self, &rect, 0, 0))
                continue;
            *cell = 0;
            if (column < self->first_column)
                self->first_column = column;
            if (column > self->last_column)
                self->last_column = column;
            if (row < self->first_row)
                self->first_row = row;
            self->last_row = row;
        }
    }
}

void motion_gain_shift(struct motion_gain *self, const struct motion_vector *vector)
{
    self->vector = *vector;
    for (uint32_t row = self->first_row; row <= self->last_row; row++) {
        for (uint32_t column = self->first_column; column <= self->last_column; column++) {
            uint8_t *cell = &self->cells[row * self->columns + column];
            struct channel_rect rect = cell_rect(self, column, row);

            *cell &= (uint8_t)~CELL_SHIFTED;
            if (!(*cell & CELL_TAKEN) && equal(self, &rect, vector->dx, vector->dy))
                *cell |= CELL_SHIFTED;
        }
    }
}

static int32_t cell_gain(uint8_t cell)
{
    static const int32_t gains[8] = {0,           -1,          1,           0, /* a wrong cell stays wrong */
                                     -TAKEN_COST, -TAKEN_COST, -TAKEN_COST, -TAKEN_COST};

    return gains[cell & 7];
}

/* How many more columns of pixels, outwards from the edge `x`, save more than they spoil. */
static uint32_t extend(const struct motion_gain *self, const struct channel_rect *rect, uint32_t x, int step)
{
    int32_t sums[2 * CELL_WIDTH_MAX] = {0}, sum = 0, best = 0;
    uint32_t room = step < 0 ? x : self->width - x, best_at = 0;
    int32_t source = (int32_t)x - self->vector.dx;

    if (room >= 2 * self->cell_width)
        room = 2 * self->cell_width - 1;
    if (step < 0 ? (int32_t)room > source : (int32_t)room > (int32_t)self->width - source)
        room = step < 0 ? (uint32_t)(source > 0 ? source : 0)
                        : (uint32_t)(source < (int32_t)self->width ? (int32_t)self->width - source : 0);
    for (uint32_t y = rect->top; y < rect->bottom; y++) {
        const uint8_t *now = picture_at(&self->now, x, y), *same = picture_at(&self->before, x, y);
        const uint8_t *shifted =
            picture_at(&self->before, (uint32_t)source, (uint32_t)((int32_t)y - self->vector.dy));

        for (uint32_t i = 0; i < room; i++) {
            ptrdiff_t at = 4 * (step < 0 ? -(ptrdiff_t)i - 1 : (ptrdiff_t)i);

            sums[i] += pixels_equal(now + at, shifted + at, 1) - pixels_equal(now + at, same + at, 1);
        }
    }
    for (uint32_t i = 0; i < room; i++) {
        sum += sums[i];
        if (sum > best) {
            best = sum;
            best_at = i + 1;
        }
    }
    return best_at;
}

/* Pixels at the edges of a cell agree though the cell does not, and the other way round: the outermost cells
 * are looked at pixel by pixel. */
static void refine(const struct motion_gain *self, struct channel_rect *rect)
{
    uint32_t width = (uint32_t)(rect->right - rect->left);
    uint32_t inner = width > self->cell_width ? self->cell_width : width;
    uint32_t left = rect->left + inner, right;

    left -= extend(self, rect, left, -1);
    if (left >= rect->right) /* nothing is left */
        return;
    right = rect->right - inner > left ? rect->right - inner : left;
    right += extend(self, rect, right, 1);
    if (right <= left)
        return;
    rect->left = (uint16_t)left;
    rect->right = (uint16_t)right;
}

static bool takes_taken(const struct motion_gain *self, const struct channel_rect *rect)
{
    for (uint32_t i = 0; i < self->ntaken; i++)
        if (rect_overlaps(rect, &self->taken[i]))
            return true;
    return false;
}

/* Cells that the shift makes right: no rectangle gains more. */
static uint32_t count_gains(const struct motion_gain *self)
{
    uint32_t count = 0;

    for (uint32_t row = self->first_row; row <= self->last_row; row++)
        for (uint32_t column = self->first_column; column <= self->last_column; column++)
            count += self->cells[row * self->columns + column] == CELL_SHIFTED;
    return count;
}

int64_t motion_gain_best(const struct motion_gain *self, int64_t least, struct channel_rect *rect)
{
    int32_t sums[ROWS_MAX], best = 0;
    uint32_t best_left = 0, best_right = 0, best_top = 0, best_bottom = 0;
    struct channel_rect cell, fine;

    if ((int64_t)count_gains(self) * self->cell_width * self->cell_height < least)
        return 0;
    /* for every pair of columns the best stretch of rows */
    for (uint32_t left = self->first_column; left <= self->last_column; left++) {
        memset(sums, 0, self->rows * sizeof(sums[0]));
        for (uint32_t right = left; right <= self->last_column; right++) {
            int32_t sum = 0;
            uint32_t start = self->first_row;

            for (uint32_t row = self->first_row; row <= self->last_row; row++) {
                sums[row] += cell_gain(self->cells[row * self->columns + right]);
                sum += sums[row];
                if (sum > best) {
                    best = sum;
                    best_left = left;
                    best_right = right;
                    best_top = start;
                    best_bottom = row;
                }
                if (sum <= 0) {
                    sum = 0;
                    start = row + 1;
                }
            }
        }
    }
    if (best == 0 || (int64_t)best * self->cell_width * self->cell_height < least)
        return 0;
    *rect = cell_rect(self, best_left, best_top);
    cell = cell_rect(self, best_right, best_bottom);
    rect->right = cell.right;
    rect->bottom = cell.bottom;
    /* cells without gain at the edges may have no source */
    while (rect->left < rect->right && (int32_t)rect->left - self->vector.dx < 0)
        rect->left++;
    while (rect->left < rect->right && (int32_t)rect->right - self->vector.dx > (int32_t)self->width)
        rect->right--;
    while (rect->top < rect->bottom && (int32_t)rect->top - self->vector.dy < 0)
        rect->top++;
    while (rect->top < rect->bottom && (int32_t)rect->bottom - self->vector.dy > (int32_t)self->height)
        rect->bottom--;
    if (rect->left >= rect->right || rect->top >= rect->bottom)
        return 0;
    fine = *rect;
    refine(self, &fine);
    if (fine.left > rect->left ||
        !takes_taken(self, &(struct channel_rect){fine.left, rect->top, rect->right, rect->bottom}))
        rect->left = fine.left;
    if (fine.right < rect->right ||
        !takes_taken(self, &(struct channel_rect){rect->left, rect->top, fine.right, rect->bottom}))
        rect->right = fine.right;
    if (rect->left >= rect->right) /* one edge was refused, and the other one had gone beyond it */
        return 0;
    return (int64_t)best * self->cell_width * self->cell_height;
}

void motion_gain_take(struct motion_gain *self, const struct channel_rect *rect)
{
    if (self->ntaken < TAKEN_MAX)
        self->taken[self->ntaken++] = *rect;
    for (uint32_t row = rect->top / self->cell_height; row * self->cell_height < rect->bottom; row++)
        for (uint32_t column = rect->left / self->cell_width; column * self->cell_width < rect->right;
             column++)
            self->cells[row * self->columns + column] |= CELL_TAKEN;
}
