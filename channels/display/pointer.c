/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pointer.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/pointer.h>
#include <freerdp/settings.h>

#define SMALL_SIDE 32 /* what every client takes, */
#define LARGE_SIDE 96 /* those with large pointers, and those with the larger ones: CHANNEL_POINTER_MAX */
#define PDU_SLACK 64

enum pointer_state { POINTER_DEFAULT, POINTER_HIDDEN, POINTER_SHAPE };

struct pointer {
    rdpContext *context;
    enum pointer_state state;
    bool dirty; /* state is to be sent */
    bool moved;
    uint16_t x, y;
    struct pointer_image shape;  /* the one that the client sees or will see */
    struct pointer_image coming; /* the next one, in parts */
    uint16_t rows;               /* of it that have come */
    struct pointer_image shrunk;
    uint64_t cache[POINTER_CACHE_MAX]; /* hash of what the client has under each index; 0: nothing */
    unsigned next;                     /* index to replace */
    uint8_t colours[CHANNEL_POINTER_MAX * CHANNEL_POINTER_MAX * 4];
    uint8_t mask[CHANNEL_POINTER_MAX * ((CHANNEL_POINTER_MAX + 15) / 16 * 2)];
};

/* What goes out of a shape. */
struct view {
    const struct pointer_image *image;
    struct channel_rect part;
    bool large; /* as a large pointer update */
};

/* As the wire has it, in the pointer's buffers. */
struct masks {
    uint16_t width, height, hot_x, hot_y;
    uint32_t mask_len, colour_len;
};

struct pointer *pointer_create(rdpContext *context)
{
    struct pointer *self = calloc(1, sizeof(*self));

    if (self)
        self->context = context;
    return self;
}

void pointer_destroy(struct pointer *self)
{
    free(self);
}

void pointer_reset(struct pointer *self)
{
    memset(self->cache, 0, sizeof(self->cache));
    self->next = 0;
    self->dirty = self->state != POINTER_DEFAULT;
}

bool pointer_shape(struct pointer *self, const struct channel_pointer *part)
{
    enum pointer_part so_far = pointer_image_add(&self->coming, &self->rows, part);

    if (so_far != POINTER_WHOLE)
        return so_far == POINTER_MORE;
    pointer_image_copy(&self->shape, &self->coming);
    self->state = POINTER_SHAPE;
    self->dirty = true;
    return true;
}

static void set_state(struct pointer *self, enum pointer_state state)
{
    self->rows = 0;
    self->dirty = self->dirty || self->state != state;
    self->state = state;
}

void pointer_hide(struct pointer *self)
{
    set_state(self, POINTER_HIDDEN);
}

void pointer_default(struct pointer *self)
{
    set_state(self, POINTER_DEFAULT);
}

void pointer_move(struct pointer *self, uint16_t x, uint16_t y)
{
    self->moved = true;
    self->x = x;
    self->y = y;
}

bool pointer_pending(const struct pointer *self)
{
    return self->dirty || self->moved;
}

/* FNV-1a; a program that makes two shapes collide sees its own wrong pointer. */
static uint64_t hash_shape(const struct pointer_image *shape)
{
    uint16_t head[4] = {shape->width, shape->height, shape->hot_x, shape->hot_y};
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < sizeof(head); i++)
        hash = (hash ^ ((const uint8_t *)head)[i]) * 0x100000001b3u;
    for (uint32_t i = 0; i < pointer_image_size(shape); i++)
        hash = (hash ^ shape->pixels[i]) * 0x100000001b3u;
    return hash ? hash : 1;
}

/* Whether the client takes pointers of that many pixels, as fragments of an update. */
static bool takes(const struct pointer *self, uint32_t flag, const struct pointer_image *shape)
{
    const rdpSettings *settings = self->context->settings;
    uint64_t size = (uint64_t)shape->width * shape->height * 5 + PDU_SLACK;

    return (freerdp_settings_get_uint32(settings, FreeRDP_LargePointerFlag) & flag) &&
           size <= freerdp_settings_get_uint32(settings, FreeRDP_MultifragMaxRequestSize);
}

static void crop(uint32_t length, uint32_t hot, uint32_t side, uint16_t *from, uint16_t *to)
{
    uint32_t at = hot > side / 2 ? hot - side / 2 : 0;

    if (length < side)
        side = length;
    if (at > length - side)
        at = length - side;
    *from = (uint16_t)at;
    *to = (uint16_t)(at + side);
}

/* All of the shape, or a smaller one of it; of that, the part around the hot spot that the client takes. */
static struct view view_shape(struct pointer *self, uint32_t slots)
{
    struct view view = {.image = &self->shape};
    uint32_t side = CHANNEL_POINTER_MAX;

    if (self->shape.width > LARGE_SIDE || self->shape.height > LARGE_SIDE) {
        view.large = slots > 0 && takes(self, LARGE_POINTER_FLAG_384x384, &self->shape);
        if (!view.large) {
            pointer_image_shrink(&self->shrunk, &self->shape, LARGE_SIDE);
            view.image = &self->shrunk;
        }
    }
    if (!view.large && !takes(self, LARGE_POINTER_FLAG_96x96, view.image))
        side = SMALL_SIDE;
    crop(view.image->width, view.image->hot_x, side, &view.part.left, &view.part.right);
    crop(view.image->height, view.image->hot_y, side, &view.part.top, &view.part.bottom);
    return view;
}

/* Masks are bottom-up; rows of both are padded to two bytes ([MS-RDPBCGR] 2.2.9.1.1.4.4). In the AND mask a
 * set bit keeps what is below. */
static struct masks fill_masks(struct pointer *self, const struct view *view, uint32_t bytes_per_pixel)
{
    const struct channel_rect *part = &view->part;
    uint32_t width = (uint32_t)(part->right - part->left), height = (uint32_t)(part->bottom - part->top);
    uint32_t mask_step = (width + 15) / 16 * 2, colour_step = (width * bytes_per_pixel + 1) / 2 * 2;
    uint32_t opaque_from = bytes_per_pixel == 4 ? 1 : 128; /* without an alpha channel half is the line */

    memset(self->mask, 0, mask_step * height);
    memset(self->colours, 0, (size_t)colour_step * height);
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *from =
            view->image->pixels + ((size_t)(part->bottom - 1u - y) * view->image->width + part->left) * 4;
        uint8_t *colours = self->colours + (size_t)y * colour_step,
                *mask = self->mask + (size_t)y * mask_step;

        for (uint32_t x = 0; x < width; x++, from += 4) {
            if (from[3] >= opaque_from)
                memcpy(colours + (size_t)x * bytes_per_pixel, from, bytes_per_pixel);
            else
                mask[x / 8] |= (uint8_t)(0x80 >> (x % 8));
        }
    }
    return (struct masks){.width = (uint16_t)width,
                          .height = (uint16_t)height,
                          .hot_x = (uint16_t)(view->image->hot_x - part->left),
                          .hot_y = (uint16_t)(view->image->hot_y - part->top),
                          .mask_len = mask_step * height,
                          .colour_len = colour_step * height};
}

static bool send_large(struct pointer *self, const struct masks *masks, uint32_t index)
{
    const POINTER_LARGE_UPDATE update = {.xorBpp = 32,
                                         .cacheIndex = (UINT16)index,
                                         .hotSpotX = masks->hot_x,
                                         .hotSpotY = masks->hot_y,
                                         .width = masks->width,
                                         .height = masks->height,
                                         .lengthAndMask = masks->mask_len,
                                         .lengthXorMask = masks->colour_len,
                                         .andMaskData = self->mask,
                                         .xorMaskData = self->colours};

    return self->context->update->pointer->PointerLarge(self->context, &update);
}

/* bpp 24: for a client without a cache for more ([MS-RDPBCGR] 2.2.7.1.5). */
static bool send_normal(struct pointer *self, const struct masks *masks, uint32_t index, unsigned bpp)
{
    rdpPointerUpdate *out = self->context->update->pointer;
    const POINTER_NEW_UPDATE update = {.xorBpp = bpp,
                                       .colorPtrAttr = {.cacheIndex = (UINT16)index,
                                                        .hotSpotX = masks->hot_x,
                                                        .hotSpotY = masks->hot_y,
                                                        .width = masks->width,
                                                        .height = masks->height,
                                                        .lengthAndMask = (UINT16)masks->mask_len,
                                                        .lengthXorMask = (UINT16)masks->colour_len,
                                                        .andMaskData = self->mask,
                                                        .xorMaskData = self->colours}};

    return bpp == 24 ? out->PointerColor(self->context, &update.colorPtrAttr)
                     : out->PointerNew(self->context, &update);
}

static bool send_shape(struct pointer *self)
{
    uint32_t slots = freerdp_settings_get_uint32(self->context->settings, FreeRDP_PointerCacheSize);
    struct view view = view_shape(self, slots);
    uint64_t hash = hash_shape(&self->shape);
    struct masks masks;
    uint32_t index;

    if (slots == 0) {
        masks = fill_masks(self, &view, 3);
        return send_normal(self, &masks, 0, 24);
    }
    if (slots > POINTER_CACHE_MAX)
        slots = POINTER_CACHE_MAX;
    for (uint32_t i = 0; i < slots; i++) {
        if (self->cache[i] == hash) {
            POINTER_CACHED_UPDATE cached = {i};

            return self->context->update->pointer->PointerCached(self->context, &cached);
        }
    }
    masks = fill_masks(self, &view, 4);
    index = self->next % slots;
    self->next = index + 1;
    self->cache[index] = hash;
    return view.large ? send_large(self, &masks, index) : send_normal(self, &masks, index, 32);
}

bool pointer_flush(struct pointer *self)
{
    rdpPointerUpdate *out = self->context->update->pointer;
    POINTER_SYSTEM_UPDATE system = {self->state == POINTER_HIDDEN ? SYSPTR_NULL : SYSPTR_DEFAULT};
    POINTER_POSITION_UPDATE position = {self->x, self->y};
    bool good = true;

    if (self->dirty)
        good = self->state == POINTER_SHAPE ? send_shape(self) : out->PointerSystem(self->context, &system);
    if (self->moved)
        good = out->PointerPosition(self->context, &position) && good;
    self->dirty = self->moved = false;
    return good;
}
