/* SPDX-License-Identifier: Apache-2.0 */
/* Shape and position of the X pointer. */
#include "channels/display/x11.h"

#include <string.h>

void x11_cursor_init(struct x11 *self)
{
    XFixesSelectCursorInput(self->display, self->root, XFixesDisplayCursorNotifyMask);
    x11_cursor_look(self);
    x11_cursor_changed(self);
}

/* X premultiplies colours with alpha, RDP does not. */
static void put_pixel(uint8_t *p, uint32_t argb)
{
    uint32_t alpha = argb >> 24;

    for (unsigned i = 0; i < 3; i++) {
        uint32_t value = argb >> (8 * i) & 0xFF;

        if (alpha > 0 && alpha < 255)
            value = value * 255 / alpha;
        p[i] = (uint8_t)(value > 255 ? 255 : alpha ? value : 0);
    }
    p[3] = (uint8_t)alpha;
}

/* Average of the source pixels under one target pixel; premultiplied, so that the sum is right. */
static uint32_t average(const XFixesCursorImage *image, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1)
{
    uint64_t sum[4] = {0};
    uint32_t count = (x1 - x0) * (y1 - y0), argb = 0;

    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++)
            for (unsigned i = 0; i < 4; i++)
                sum[i] += (image->pixels[(size_t)y * image->width + x] >> (8 * i)) & 0xFF;
    for (unsigned i = 0; i < 4; i++)
        argb |= (uint32_t)(sum[i] / count) << (8 * i);
    return argb;
}

static uint16_t clip(uint32_t value, uint16_t end)
{
    return value < end ? (uint16_t)value : (uint16_t)(end - 1);
}

/* `scale` source pixels a side become one: shapes over the cap shrink by a whole number. */
static void take_shape(struct desktop *desktop, const XFixesCursorImage *image)
{
    struct pointer_image *shape = &desktop->shape;
    uint32_t side = image->width > image->height ? image->width : image->height;
    uint32_t scale = (side + CHANNEL_POINTER_MAX - 1) / CHANNEL_POINTER_MAX;
    bool visible = false;

    shape->width = (uint16_t)((image->width + scale - 1) / scale);
    shape->height = (uint16_t)((image->height + scale - 1) / scale);
    shape->hot_x = clip(image->xhot / scale, shape->width);
    shape->hot_y = clip(image->yhot / scale, shape->height);
    for (uint32_t y = 0; y < shape->height; y++) {
        uint32_t y1 = (y + 1) * scale < image->height ? (y + 1) * scale : image->height;

        for (uint32_t x = 0; x < shape->width; x++) {
            uint32_t x1 = (x + 1) * scale < image->width ? (x + 1) * scale : image->width;
            uint32_t argb = average(image, x * scale, y * scale, x1, y1);

            put_pixel(shape->pixels + ((size_t)y * shape->width + x) * 4, argb);
            visible |= argb >> 24 != 0;
        }
    }
    desktop->shape_hidden = !visible;
}

void x11_cursor_changed(struct x11 *self)
{
    XFixesCursorImage *image = XFixesGetCursorImage(self->display);

    if (!image)
        return;
    if (image->width > 0 && image->height > 0)
        take_shape(&self->base, image);
    else
        self->base.shape_hidden = true;
    self->base.shape_serial++;
    XFree(image);
}

void x11_cursor_look(struct x11 *self)
{
    Window root, child;
    int x, y, window_x, window_y;
    unsigned mask;

    if (!XQueryPointer(self->display, self->root, &root, &child, &x, &y, &window_x, &window_y, &mask))
        return;
    x = x < 0 ? 0 : x;
    y = y < 0 ? 0 : y;
    if (self->x == x && self->y == y)
        return;
    self->x = self->base.position.x = (uint16_t)x;
    self->y = self->base.position.y = (uint16_t)y;
    self->base.position_serial++;
}
