/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Direct3D device of a swap chain. Every chain needs one to be set on it, also when its frames lie in
 * system memory; only without that are frames copied with it: into one of two staging textures, queued before
 * the system is told that the frame is done with, mapped after. Direct3D and DXGI are loaded when first
 * needed. One thread, but for render_software_luid. A device that failed stays failed: make a new one.
 */
#ifndef RDSPROV_DRIVER_RENDER_H
#define RDSPROV_DRIVER_RENDER_H

#include "driver/chain.h"

struct render;

/* NULL with the reason in *result. */
struct render *render_create(LUID adapter, HRESULT *result);
void render_destroy(struct render *self); /* NULL is fine */
struct IDXGIDevice_ *render_device(struct render *self);

/* Queues a copy of a frame's surface. False: not a 32-bit BGR texture, too large,
 * or Direct3D failed. Takes away the pixels of the last map when the size changes. */
bool render_copy(struct render *self, struct IDXGIResource_ *frame);
/* Size of the last copy; no pixels. */
struct surface render_copied_size(const struct render *self);
/* The pixels of the last copy, readable until the next render_map. */
bool render_map(struct render *self, struct surface *surface);

/* Success, or why the device is of no use any more. */
HRESULT render_state(struct render *self);

/* Adapter id of the system's software renderer. */
bool render_software_luid(LUID *luid);

static inline bool render_format_fits(int format)
{
    return format == 87 || format == 88; /* DXGI_FORMAT_B8G8R8A8_UNORM, B8G8R8X8 */
}

#endif
