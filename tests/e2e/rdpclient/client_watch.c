/* SPDX-License-Identifier: Apache-2.0 */
/* Counts what the server sends. FreeRDP's GDI does the drawing; each function here stands in front of one of
 * its own. */
#include <stdlib.h>
#include <string.h>

#include <freerdp/gdi/gdi.h>
#include <freerdp/gdi/gfx.h>
#include <freerdp/graphics.h>
#include <freerdp/pointer.h>
#include <freerdp/update.h>

#include "client_private.h"

#define COUNT(self_, member_)                                                                                \
    do {                                                                                                     \
        pthread_mutex_lock(&(self_)->lock);                                                                  \
        (self_)->stats.member_++;                                                                            \
        pthread_mutex_unlock(&(self_)->lock);                                                                \
    } while (0)

static BOOL on_begin_paint(rdpContext *context)
{
    HGDI_WND window = context->gdi->primary->hdc->hwnd;

    window->invalid->null = TRUE;
    window->ninvalid = 0;
    return TRUE;
}

static BOOL on_end_paint(rdpContext *context)
{
    struct client *self = client_of(context);
    HGDI_WND window = context->gdi->primary->hdc->hwnd;
    uint64_t pixels = 0;

    if (window->invalid->null)
        return TRUE;
    for (INT32 i = 0; i < window->ninvalid; i++)
        pixels += (uint64_t)window->cinvalid[i].w * (uint64_t)window->cinvalid[i].h;

    pthread_mutex_lock(&self->lock);
    self->stats.updates++;
    self->stats.pixels += pixels;
    self->stats.last_us = client_now_us();
    if (!self->stats.first_us) {
        self->stats.first_us = self->stats.last_us;
        self->stats.first_cpu_us = client_cpu_us();
    }
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    if (self->options.painted)
        self->options.painted(context, self->options.painted_arg);
    return TRUE;
}

static BOOL on_desktop_resize(rdpContext *context)
{
    struct client *self = client_of(context);
    uint32_t width = freerdp_settings_get_uint32(context->settings, FreeRDP_DesktopWidth);
    uint32_t height = freerdp_settings_get_uint32(context->settings, FreeRDP_DesktopHeight);

    if (!gdi_resize(context->gdi, width, height))
        return FALSE;
    pthread_mutex_lock(&self->lock);
    self->stats.resizes++;
    self->stats.width = width;
    self->stats.height = height;
    pthread_mutex_unlock(&self->lock);
    return TRUE;
}

static BOOL on_bitmap_update(rdpContext *context, const BITMAP_UPDATE *bitmap)
{
    struct client *self = client_of(context);

    COUNT(self, bitmaps);
    return self->bitmap_update(context, bitmap);
}

static BOOL on_surface_bits(rdpContext *context, const SURFACE_BITS_COMMAND *command)
{
    struct client *self = client_of(context);

    COUNT(self, bitmaps);
    return self->surface_bits(context, command);
}

static BOOL on_indicators(rdpContext *context, UINT16 flags)
{
    struct client *self = client_of(context);

    pthread_mutex_lock(&self->lock);
    self->stats.indicators = flags;
    pthread_mutex_unlock(&self->lock);
    return TRUE;
}

bool client_watch_picture(struct client *self, rdpContext *context)
{
    rdpUpdate *update = context->update;

    self->bitmap_update = update->BitmapUpdate;
    self->surface_bits = update->SurfaceBits;
    update->BeginPaint = on_begin_paint;
    update->EndPaint = on_end_paint;
    update->DesktopResize = on_desktop_resize;
    update->BitmapUpdate = on_bitmap_update;
    update->SurfaceBits = on_surface_bits;
    update->SetKeyboardIndicators = on_indicators;
    return self->bitmap_update && self->surface_bits;
}

/* The pointer. */

static BOOL pointer_new(rdpContext *context, rdpPointer *pointer)
{
    (void)context;
    (void)pointer;
    return TRUE;
}

static void pointer_free(rdpContext *context, rdpPointer *pointer)
{
    (void)context;
    (void)pointer;
}

static BOOL pointer_set(rdpContext *context, rdpPointer *pointer)
{
    struct client *self = client_of(context);
    size_t count = (size_t)pointer->width * pointer->height;
    BYTE *pixels = calloc(count ? count : 1, 4);
    uint32_t opaque = 0;
    BOOL good;

    if (!pixels)
        return FALSE;
    good = freerdp_image_copy_from_pointer_data(pixels, PIXEL_FORMAT_BGRA32, 0, 0, 0, pointer->width,
                                                pointer->height, pointer->xorMaskData, pointer->lengthXorMask,
                                                pointer->andMaskData, pointer->lengthAndMask, pointer->xorBpp,
                                                &context->gdi->palette);
    for (size_t i = 0; i < count; i++)
        opaque += pixels[4 * i + 3] != 0;
    free(pixels);
    if (!good)
        return FALSE;

    pthread_mutex_lock(&self->lock);
    self->stats.pointers++;
    self->stats.pointer_width = pointer->width;
    self->stats.pointer_height = pointer->height;
    self->stats.pointer_x = pointer->xPos;
    self->stats.pointer_y = pointer->yPos;
    self->stats.pointer_opaque = opaque;
    pthread_mutex_unlock(&self->lock);
    return TRUE;
}

static BOOL pointer_set_system(rdpContext *context)
{
    struct client *self = client_of(context);

    pthread_mutex_lock(&self->lock);
    self->stats.pointers++;
    self->stats.pointer_width = self->stats.pointer_height = self->stats.pointer_opaque = 0;
    pthread_mutex_unlock(&self->lock);
    return TRUE;
}

static BOOL pointer_set_position(rdpContext *context, UINT32 x, UINT32 y)
{
    (void)x;
    (void)y;
    COUNT(client_of(context), pointer_positions);
    return TRUE;
}

bool client_watch_pointer(rdpContext *context)
{
    rdpPointer pointer = {.size = sizeof(rdpPointer),
                          .New = pointer_new,
                          .Free = pointer_free,
                          .Set = pointer_set,
                          .SetNull = pointer_set_system,
                          .SetDefault = pointer_set_system,
                          .SetPosition = pointer_set_position};

    if (!context->graphics)
        return false;
    graphics_register_pointer(context->graphics, &pointer);
    return true;
}

/* The graphics pipeline. */

static struct client *client_of_gfx(RdpgfxClientContext *gfx)
{
    return client_of(((rdpGdi *)gfx->custom)->context);
}

static UINT gfx_end_frame(RdpgfxClientContext *gfx, const RDPGFX_END_FRAME_PDU *pdu)
{
    struct client *self = client_of_gfx(gfx);

    COUNT(self, frames);
    return self->gfx.EndFrame(gfx, pdu);
}

static UINT gfx_surface_command(RdpgfxClientContext *gfx, const RDPGFX_SURFACE_COMMAND *command)
{
    struct client *self = client_of_gfx(gfx);

    if (command->codecId < CLIENT_CODECS)
        COUNT(self, codecs[command->codecId]);
    return self->gfx.SurfaceCommand(gfx, command);
}

static UINT gfx_solid_fill(RdpgfxClientContext *gfx, const RDPGFX_SOLID_FILL_PDU *pdu)
{
    struct client *self = client_of_gfx(gfx);

    COUNT(self, fills);
    return self->gfx.SolidFill(gfx, pdu);
}

static UINT gfx_surface_to_surface(RdpgfxClientContext *gfx, const RDPGFX_SURFACE_TO_SURFACE_PDU *pdu)
{
    struct client *self = client_of_gfx(gfx);

    COUNT(self, copies);
    return self->gfx.SurfaceToSurface(gfx, pdu);
}

static UINT gfx_surface_to_cache(RdpgfxClientContext *gfx, const RDPGFX_SURFACE_TO_CACHE_PDU *pdu)
{
    struct client *self = client_of_gfx(gfx);

    COUNT(self, cache_stores);
    return self->gfx.SurfaceToCache(gfx, pdu);
}

static UINT gfx_cache_to_surface(RdpgfxClientContext *gfx, const RDPGFX_CACHE_TO_SURFACE_PDU *pdu)
{
    struct client *self = client_of_gfx(gfx);

    COUNT(self, cache_copies);
    return self->gfx.CacheToSurface(gfx, pdu);
}

static UINT gfx_caps_confirm(RdpgfxClientContext *gfx, const RDPGFX_CAPS_CONFIRM_PDU *pdu)
{
    struct client *self = client_of_gfx(gfx);

    pthread_mutex_lock(&self->lock);
    self->stats.gfx = true;
    self->stats.caps_version = pdu->capsSet->version;
    pthread_mutex_unlock(&self->lock);
    return self->gfx.CapsConfirm ? self->gfx.CapsConfirm(gfx, pdu) : CHANNEL_RC_OK;
}

static UINT gfx_reset_graphics(RdpgfxClientContext *gfx, const RDPGFX_RESET_GRAPHICS_PDU *pdu)
{
    struct client *self = client_of_gfx(gfx);

    pthread_mutex_lock(&self->lock);
    self->stats.monitors = pdu->monitorCount;
    pthread_mutex_unlock(&self->lock);
    return self->gfx.ResetGraphics(gfx, pdu);
}

void client_watch_gfx(struct client *self, RdpgfxClientContext *gfx)
{
    self->gfx = *gfx;
    gfx->EndFrame = gfx_end_frame;
    gfx->SurfaceCommand = gfx_surface_command;
    gfx->SolidFill = gfx_solid_fill;
    gfx->SurfaceToSurface = gfx_surface_to_surface;
    gfx->SurfaceToCache = gfx_surface_to_cache;
    gfx->CacheToSurface = gfx_cache_to_surface;
    gfx->CapsConfirm = gfx_caps_confirm;
    gfx->ResetGraphics = gfx_reset_graphics;
}
