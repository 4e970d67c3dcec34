/* SPDX-License-Identifier: Apache-2.0 */
/* Shape and position of the Windows pointer. */
#include "channels/display/gdi.h"

#include <stdlib.h>
#include <string.h>

/* Our own moves may take this long to be seen in the position; reporting the old one would pull the client's
 * pointer back. */
#define SETTLE_US 250000
#define SIDE_MAX CHANNEL_POINTER_MAX /* larger cursors are not looked at */

static bool get_bits(struct gdi *self, HBITMAP bitmap, uint32_t width, uint32_t height, uint32_t *pixels)
{
    BITMAPINFO info = {.bmiHeader = {.biSize = sizeof(info.bmiHeader),
                                     .biWidth = (LONG)width,
                                     .biHeight = -(LONG)height,
                                     .biPlanes = 1,
                                     .biBitCount = 32,
                                     .biCompression = BI_RGB}};

    return GetDIBits(self->screen, bitmap, 0, height, pixels, &info, DIB_RGB_COLORS) == (int)height;
}

/* Colour and mask to BGRA. */
static void blend_color(uint32_t *color, const uint32_t *mask, size_t count)
{
    bool alpha = false;

    for (size_t i = 0; i < count; i++)
        alpha |= color[i] >> 24 != 0;
    for (size_t i = 0; i < count && !alpha; i++)
        color[i] = mask[i] & 1 ? 0 : color[i] | 0xFF000000;
}

/* An AND mask and an XOR mask to BGRA. Pixels that turn the screen over cannot be said in BGRA: black with a
 * white edge is seen on everything. */
static void blend_mono(uint32_t *out, const uint32_t *masks, uint32_t width, uint32_t height)
{
    const uint32_t *and_mask = masks, *xor_mask = masks + (size_t)width * height;

    for (size_t i = 0; i < (size_t)width * height; i++)
        out[i] = and_mask[i] & 1 ? (xor_mask[i] & 1 ? 0xFF000000 : 0)
                                 : (xor_mask[i] & 1 ? 0xFFFFFFFF : 0xFF000000);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            size_t at = (size_t)y * width + x;

            if (out[at] == 0 && ((x > 0 && (and_mask[at - 1] & xor_mask[at - 1] & 1)) ||
                                 (x + 1 < width && (and_mask[at + 1] & xor_mask[at + 1] & 1))))
                out[at] = 0xFFFFFFFF;
        }
    }
}

static void take_shape(struct desktop *desktop, const uint32_t *pixels, uint32_t width, uint32_t height,
                       uint32_t hot_x, uint32_t hot_y)
{
    struct pointer_image *shape = &desktop->shape;

    shape->width = (uint16_t)width;
    shape->height = (uint16_t)height;
    shape->hot_x = (uint16_t)(hot_x < width ? hot_x : 0);
    shape->hot_y = (uint16_t)(hot_y < height ? hot_y : 0);
    memcpy(shape->pixels, pixels, pointer_image_size(shape));
}

static bool read_shape(struct gdi *self, HCURSOR cursor)
{
    ICONINFO icon = {0};
    BITMAP size = {0};
    uint32_t *pixels = NULL, *masks = NULL;
    uint32_t width, height;
    bool done = false;

    if (!GetIconInfo(cursor, &icon))
        return false;
    if (!icon.hbmMask || !GetObject(icon.hbmMask, sizeof(size), &size))
        goto out;
    width = (uint32_t)size.bmWidth;
    height = (uint32_t)size.bmHeight / (icon.hbmColor ? 1 : 2);
    if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX)
        goto out;
    pixels = calloc((size_t)width * height, sizeof(*pixels));
    masks = calloc((size_t)width * (uint32_t)size.bmHeight, sizeof(*masks));
    if (!pixels || !masks || !get_bits(self, icon.hbmMask, width, (uint32_t)size.bmHeight, masks))
        goto out;
    if (icon.hbmColor) {
        if (!get_bits(self, icon.hbmColor, width, height, pixels))
            goto out;
        blend_color(pixels, masks, (size_t)width * height);
    } else {
        blend_mono(pixels, masks, width, height);
    }
    take_shape(&self->base, pixels, width, height, icon.xHotspot, icon.yHotspot);
    done = true;
out:
    free(pixels);
    free(masks);
    if (icon.hbmMask)
        DeleteObject(icon.hbmMask);
    if (icon.hbmColor)
        DeleteObject(icon.hbmColor);
    return done;
}

void gdi_cursor_look(struct gdi *self)
{
    CURSORINFO info = {.cbSize = sizeof(info)};
    int32_t x, y;

    if (!self->screen || !GetCursorInfo(&info))
        return;
    x = info.ptScreenPos.x - self->left;
    y = info.ptScreenPos.y - self->top;
    if ((x != self->x || y != self->y) && os_now_us() >= self->moved_us + SETTLE_US && x >= 0 && y >= 0 &&
        x <= UINT16_MAX && y <= UINT16_MAX) {
        self->x = x;
        self->y = y;
        self->base.position.x = (uint16_t)x;
        self->base.position.y = (uint16_t)y;
        self->base.position_serial++;
    }
    if (!(info.flags & CURSOR_SHOWING))
        info.hCursor = NULL;
    if (self->cursor_known && info.hCursor == self->cursor)
        return;
    self->cursor = info.hCursor;
    self->cursor_known = true;
    self->base.shape_hidden = !info.hCursor;
    /* Wine gives no shape of another process's cursor: better the usual arrow than an old shape. */
    if (info.hCursor && !read_shape(self, info.hCursor) && !read_shape(self, LoadCursor(NULL, IDC_ARROW)))
        return;
    self->base.shape_serial++;
}
