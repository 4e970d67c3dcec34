/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/client_tiles.h"

#include <stdlib.h>
#include <string.h>

#include "channels/display/rect.h"

bool client_tiles_init(struct client_tiles *self, const struct tile_grid *grid)
{
    uint32_t count = tile_grid_count(grid);

    *self = (struct client_tiles){.grid = grid};
    self->tiles = calloc(count, sizeof(self->tiles[0]));
    self->old = malloc(count * sizeof(self->old[0]));
    return self->tiles && self->old;
}

void client_tiles_finish(struct client_tiles *self)
{
    free(self->tiles);
    free(self->old);
}

static void set(struct channel_rect *part, uint32_t *count, const struct channel_rect *value)
{
    *count += (value->right != 0) - (part->right != 0);
    *part = *value;
}

static void grow(struct channel_rect *part, uint32_t *count, const struct channel_rect *area)
{
    struct channel_rect all = part->right ? rect_hull(part, area) : *area;

    set(part, count, &all);
}

void client_tiles_lossy(struct client_tiles *self, uint32_t tile, const struct channel_rect *area,
                        uint64_t now)
{
    grow(&self->tiles[tile].lossy, &self->nlossy, area);
    self->tiles[tile].lossy_ms = now;
}

void client_tiles_exact(struct client_tiles *self, uint32_t tile, const struct channel_rect *area)
{
    struct channel_rect *lossy = &self->tiles[tile].lossy, rest = *lossy;

    if (!lossy->right)
        return;
    rect_cut(&rest, area);
    set(lossy, &self->nlossy, &rest);
}

void client_tiles_owe(struct client_tiles *self, uint32_t tile, const struct channel_rect *area)
{
    grow(&self->tiles[tile].owed, &self->nowed, area);
}

void client_tiles_pay(struct client_tiles *self, uint32_t tile)
{
    struct channel_rect none = {0};

    set(&self->tiles[tile].owed, &self->nowed, &none);
}

static void move_part(const struct channel_rect *part, const struct motion_copy *copy,
                      const struct channel_rect *target, struct channel_rect *moved)
{
    int32_t left = part->left + copy->dx, top = part->top + copy->dy;
    int32_t right = part->right + copy->dx, bottom = part->bottom + copy->dy;

    if (left < target->left)
        left = target->left;
    if (top < target->top)
        top = target->top;
    if (right > target->right)
        right = target->right;
    if (bottom > target->bottom)
        bottom = target->bottom;
    *moved = (struct channel_rect){0};
    if (part->right && left < right && top < bottom)
        *moved = (struct channel_rect){(uint16_t)left, (uint16_t)top, (uint16_t)right, (uint16_t)bottom};
}

/* `target`: the part of the copy's target that lies in the tile. */
static void copied_into(struct client_tiles *self, uint32_t tile, const struct channel_rect *target,
                        const struct motion_copy *copy)
{
    uint32_t left = (uint32_t)(target->left - copy->dx) / TILE_SIDE;
    uint32_t right = (uint32_t)(target->right - copy->dx - 1) / TILE_SIDE;
    uint32_t top = (uint32_t)(target->top - copy->dy) / TILE_SIDE;
    uint32_t bottom = (uint32_t)(target->bottom - copy->dy - 1) / TILE_SIDE;
    struct channel_rect moved, rest = self->tiles[tile].owed;

    client_tiles_exact(self, tile, target);
    if (rest.right) {
        rect_cut(&rest, target);
        set(&self->tiles[tile].owed, &self->nowed, &rest);
    }
    for (uint32_t y = top; y <= bottom; y++) {
        for (uint32_t x = left; x <= right; x++) {
            const struct client_tile *source = &self->old[y * self->grid->columns + x];

            move_part(&source->lossy, copy, target, &moved);
            if (moved.right)
                client_tiles_lossy(self, tile, &moved, source->lossy_ms);
            move_part(&source->owed, copy, target, &moved);
            if (moved.right)
                client_tiles_owe(self, tile, &moved);
        }
    }
}

void client_tiles_copied(struct client_tiles *self, const struct motion_copy *copies, unsigned count,
                         uint64_t now)
{
    if (count == 0 || self->nlossy + self->nowed == 0)
        return;
    memcpy(self->old, self->tiles, tile_grid_count(self->grid) * sizeof(self->old[0]));
    for (unsigned i = 0; i < count; i++) {
        const struct channel_rect *to = &copies[i].to;

        for (uint32_t y = to->top / TILE_SIDE; y * TILE_SIDE < to->bottom; y++) {
            for (uint32_t x = to->left / TILE_SIDE; x * TILE_SIDE < to->right; x++) {
                uint32_t tile = y * self->grid->columns + x;
                struct channel_rect target = tile_grid_rect(self->grid, tile);

                rect_clip(&target, to);
                copied_into(self, tile, &target, &copies[i]);
                if (self->tiles[tile].lossy.right)
                    self->tiles[tile].lossy_ms = now; /* what moves is not settled */
            }
        }
    }
}
