/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pointer.h"

#include <stdlib.h>
#include <string.h>

#include <freerdp/pointer.h>
#include <freerdp/settings.h>

#define SMALL_SIDE 32 /* what every client takes */
#define PDU_SLACK 64

enum pointer_state { POINTER_DEFAULT, POINTER_HIDDEN, POINTER_SHAPE };

struct pointer {
    rdpContext *context;
    enum pointer_state state;
    bool dirty; /* state is to be sent */
    bool moved;
    uint16_t x, y;
    struct channel_pointer shape;
    uint64_t cache[POINTER_CACHE_MAX]; /* hash of what the client has under each index; 0: nothing */
    unsigned next;                     /* index to replace */
    uint8_t colours[CHANNEL_POINTER_MAX * CHANNEL_POINTER_MAX * 4];
    uint8_t mask[CHANNEL_POINTER_MAX * ((CHANNEL_POINTER_MAX + 15) / 16 * 2)];
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

bool pointer_shape(struct pointer *self, const struct channel_pointer *shape)
{
    if (shape->width == 0 || shape->height == 0 || shape->width > CHANNEL_POINTER_MAX ||
        shape->height > CHANNEL_POINTER_MAX || shape->hot_x >= shape->width ||
        shape->hot_y >= shape->height || shape->size != (uint32_t)shape->width * shape->height * 4)
        return false;
    self->shape = *shape;
    self->state = POINTER_SHAPE;
    self->dirty = true;
    return true;
}

static void set_state(struct pointer *self, enum pointer_state state)
{
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
static uint64_t hash_shape(const struct channel_pointer *shape)
{
    uint16_t head[4] = {shape->width, shape->height, shape->hot_x, shape->hot_y};
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < sizeof(head); i++)
        hash = (hash ^ ((const uint8_t *)head)[i]) * 0x100000001b3u;
    for (uint32_t i = 0; i < shape->size; i++)
        hash = (hash ^ shape->pixels[i]) * 0x100000001b3u;
    return hash ? hash : 1;
}

/* The part of the shape that goes out: all of it, or around the hot spot what a client without large pointers
 * takes. */
static struct channel_rect visible_part(const struct pointer *self)
{
    const rdpSettings *settings = self->context->settings;
    const struct channel_pointer *shape = &self->shape;
    uint32_t flags = freerdp_settings_get_uint32(settings, FreeRDP_LargePointerFlag);
    uint32_t request = freerdp_settings_get_uint32(settings, FreeRDP_MultifragMaxRequestSize);
    uint32_t side = flags & LARGE_POINTER_FLAG_96x96 ? CHANNEL_POINTER_MAX : SMALL_SIDE;
    uint32_t left = 0, top = 0, width = shape->width, height = shape->height;

    if (width * height * 5 + PDU_SLACK > request)
        side = SMALL_SIDE;
    if (width > side) {
        left = shape->hot_x > side / 2 ? shape->hot_x - side / 2 : 0;
        if (left > width - side)
            left = width - side;
        width = side;
    }
    if (height > side) {
        top = shape->hot_y > side / 2 ? shape->hot_y - side / 2 : 0;
        if (top > height - side)
            top = height - side;
        height = side;
    }
    return (struct channel_rect){(uint16_t)left, (uint16_t)top, (uint16_t)(left + width),
                                 (uint16_t)(top + height)};
}

/* Masks are bottom-up; rows of both are padded to two bytes ([MS-RDPBCGR] 2.2.9.1.1.4.4). In the AND mask a
 * set bit keeps what is below. */
static void fill_masks(struct pointer *self, const struct channel_rect *part, uint32_t bytes_per_pixel,
                       POINTER_COLOR_UPDATE *update)
{
    uint32_t width = (uint32_t)(part->right - part->left), height = (uint32_t)(part->bottom - part->top);
    uint32_t mask_step = (width + 15) / 16 * 2, colour_step = (width * bytes_per_pixel + 1) / 2 * 2;
    uint32_t opaque_from = bytes_per_pixel == 4 ? 1 : 128; /* without an alpha channel half is the line */

    memset(self->mask, 0, sizeof(self->mask));
    memset(self->colours, 0, sizeof(self->colours));
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *from =
            self->shape.pixels + ((size_t)(part->bottom - 1u - y) * self->shape.width + part->left) * 4;
        uint8_t *colours = self->colours + (size_t)y * colour_step,
                *mask = self->mask + (size_t)y * mask_step;

        for (uint32_t x = 0; x < width; x++, from += 4) {
            if (from[3] >= opaque_from)
                memcpy(colours + (size_t)x * bytes_per_pixel, from, bytes_per_pixel);
            else
                mask[x / 8] |= (uint8_t)(0x80 >> (x % 8));
        }
    }
    update->width = (UINT16)width;
    update->height = (UINT16)height;
    update->hotSpotX = self->shape.hot_x - part->left;
    update->hotSpotY = self->shape.hot_y - part->top;
    update->lengthAndMask = (UINT16)(mask_step * height);
    update->lengthXorMask = (UINT16)(colour_step * height);
    update->andMaskData = self->mask;
    update->xorMaskData = self->colours;
}

static bool send_shape(struct pointer *self)
{
    rdpPointerUpdate *out = self->context->update->pointer;
    uint32_t slots = freerdp_settings_get_uint32(self->context->settings, FreeRDP_PointerCacheSize);
    struct channel_rect part = visible_part(self);
    uint64_t hash = hash_shape(&self->shape);
    POINTER_NEW_UPDATE update = {0};

    /* A client without this cache size takes only 24 bpp shapes ([MS-RDPBCGR] 2.2.7.1.5). */
    if (slots == 0) {
        fill_masks(self, &part, 3, &update.colorPtrAttr);
        return out->PointerColor(self->context, &update.colorPtrAttr);
    }
    if (slots > POINTER_CACHE_MAX)
        slots = POINTER_CACHE_MAX;
    for (uint32_t i = 0; i < slots; i++) {
        if (self->cache[i] == hash) {
            POINTER_CACHED_UPDATE cached = {i};

            return out->PointerCached(self->context, &cached);
        }
    }
    fill_masks(self, &part, 4, &update.colorPtrAttr);
    update.xorBpp = 32;
    self->next %= slots;
    update.colorPtrAttr.cacheIndex = (UINT16)self->next;
    self->cache[self->next++] = hash;
    return out->PointerNew(self->context, &update);
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
