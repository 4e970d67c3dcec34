/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/slots.h"

#include <string.h>

#include "channels/display/rect.h"

/* A rectangle that would fall into more pieces than this is merged with a neighbour instead. */
#define PIECES_MAX 8

static void remove_at(struct damage *self, uint32_t i)
{
    self->rects[i] = self->rects[--self->count];
}

/* Parts of `r` outside `hole` (they overlap); at most four. */
static unsigned rect_subtract(const struct channel_rect *r, const struct channel_rect *hole,
                              struct channel_rect parts[4])
{
    struct channel_rect rest = *r;
    unsigned n = 0;

    if (rest.top < hole->top) {
        parts[n] = rest;
        parts[n++].bottom = hole->top;
        rest.top = hole->top;
    }
    if (rest.bottom > hole->bottom) {
        parts[n] = rest;
        parts[n++].top = hole->bottom;
        rest.bottom = hole->bottom;
    }
    if (rest.left < hole->left) {
        parts[n] = rest;
        parts[n++].right = hole->left;
    }
    if (rest.right > hole->right) {
        parts[n] = rest;
        parts[n++].left = hole->right;
    }
    return n;
}

/* Puts in a rectangle that overlaps none; a neighbour that shares a whole edge grows instead. */
static void append(struct damage *self, struct channel_rect r)
{
    for (uint32_t i = 0; i < self->count;) {
        const struct channel_rect *e = &self->rects[i];
        bool beside = e->top == r.top && e->bottom == r.bottom && (e->right == r.left || e->left == r.right);
        bool above = e->left == r.left && e->right == r.right && (e->bottom == r.top || e->top == r.bottom);

        if (beside || above) {
            r = rect_hull(e, &r);
            remove_at(self, i);
            i = 0; /* it may fit another neighbour now */
        } else {
            i++;
        }
    }
    self->rects[self->count++] = r;
}

/* Replaces `r` and the neighbour that costs least extra area by their hull, and takes in whatever the hull
 * runs over. */
static void absorb(struct damage *self, struct channel_rect r)
{
    uint32_t best = 0;
    int64_t best_cost = INT64_MAX;

    for (uint32_t i = 0; i < self->count; i++) {
        struct channel_rect hull = rect_hull(&self->rects[i], &r);
        int64_t cost = (int64_t)rect_area(&hull) - rect_area(&self->rects[i]);

        if (cost < best_cost) {
            best_cost = cost;
            best = i;
        }
    }
    r = rect_hull(&self->rects[best], &r);
    remove_at(self, best);
    for (uint32_t i = 0; i < self->count;) {
        if (rect_overlaps(&self->rects[i], &r)) {
            r = rect_hull(&self->rects[i], &r);
            remove_at(self, i);
            i = 0;
        } else {
            i++;
        }
    }
    append(self, r);
}

void damage_init(struct damage *self, uint32_t width, uint32_t height)
{
    self->width = (uint16_t)(width > UINT16_MAX ? UINT16_MAX : width);
    self->height = (uint16_t)(height > UINT16_MAX ? UINT16_MAX : height);
    self->count = 0;
}

void damage_clear(struct damage *self)
{
    self->count = 0;
}

void damage_add(struct damage *self, int32_t left, int32_t top, int32_t right, int32_t bottom)
{
    struct channel_rect pieces[PIECES_MAX + 4], parts[4], r;
    unsigned npieces = 1;

    if (left < 0)
        left = 0;
    if (top < 0)
        top = 0;
    if (right > self->width)
        right = self->width;
    if (bottom > self->height)
        bottom = self->height;
    if (left >= right || top >= bottom)
        return;
    r = (struct channel_rect){(uint16_t)left, (uint16_t)top, (uint16_t)right, (uint16_t)bottom};

    for (uint32_t i = 0; i < self->count;) {
        if (rect_contains(&self->rects[i], &r))
            return;
        if (rect_contains(&r, &self->rects[i]))
            remove_at(self, i);
        else
            i++;
    }

    pieces[0] = r;
    for (uint32_t i = 0; i < self->count && npieces > 0; i++) {
        for (unsigned k = 0; k < npieces;) {
            unsigned n;

            if (!rect_overlaps(&pieces[k], &self->rects[i])) {
                k++;
                continue;
            }
            n = rect_subtract(&pieces[k], &self->rects[i], parts);
            pieces[k] = pieces[--npieces];
            memcpy(&pieces[npieces], parts, n * sizeof(parts[0]));
            npieces += n;
            if (npieces > PIECES_MAX) {
                absorb(self, r);
                return;
            }
        }
    }
    if (self->count + npieces > CHANNEL_RECTS_MAX) {
        absorb(self, r);
        return;
    }
    for (unsigned k = 0; k < npieces; k++)
        append(self, pieces[k]);
}

void damage_add_all(struct damage *self)
{
    self->count = 0;
    if (self->width && self->height)
        self->rects[self->count++] = (struct channel_rect){0, 0, self->width, self->height};
}

void damage_union(struct damage *self, const struct damage *other)
{
    for (uint32_t i = 0; i < other->count && i < CHANNEL_RECTS_MAX; i++)
        damage_add(self, other->rects[i].left, other->rects[i].top, other->rects[i].right,
                   other->rects[i].bottom);
}

bool damage_empty(const struct damage *self)
{
    return self->count == 0;
}

uint64_t damage_area(const struct damage *self)
{
    uint64_t area = 0;

    for (uint32_t i = 0; i < self->count; i++)
        area += rect_area(&self->rects[i]);
    return area;
}
