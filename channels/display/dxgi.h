/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Desktop duplication: the system tells what was drawn since the last look and hands over the picture, where
 * the session has a display (its own driver's, the machine's). Each output is duplicated; a staging texture
 * of each keeps its newest picture in memory that the processor reads. Moved areas are treated as drawn:
 * finding moves is the encoder's business. d3d11.dll and dxgi.dll are loaded when first needed; without them,
 * without an output, or when the desktop is not one picture of unrotated 32-bit BGR outputs, there is no
 * duplication and GDI reads the screen. One thread, which must be on the desktop that has the input. To
 * verify on Windows; a test plays the system with objects of its own.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_DXGI_H
#define RDSPROV_CHANNELS_DISPLAY_DXGI_H

#include <windows.h>

#include <d3d11.h>
#include <dxgi1_2.h>

#include "channels/display/slots.h"

#define DXGI_OUTPUTS_MAX 16

/* How to get at the system's objects. */
struct dxgi_system {
    HRESULT(WINAPI *create_factory)(REFIID iid, void **factory);
    HRESULT (*create_device)(IDXGIAdapter *adapter, ID3D11Device **device, ID3D11DeviceContext **context);
};

struct dxgi;

enum dxgi_result {
    DXGI_SAME,
    DXGI_DRAWN,
    DXGI_LOST /* the desktop switched, the mode changed, the device is gone: close, and open anew later */
};

/* The libraries' own; NULL where they are missing, and under Wine, which duplicates nothing. */
const struct dxgi_system *dxgi_system_load(void);

/* NULL with one line in `problem`. `left`, `top`, `width`, `height`: the virtual screen, which the outputs
 * must fill. */
struct dxgi *dxgi_open(const struct dxgi_system *system, int32_t left, int32_t top, uint32_t width,
                       uint32_t height, char *problem, size_t cap);
void dxgi_close(struct dxgi *self); /* NULL is fine */

/* Takes what was drawn since the last time and adds it to `changed`; all of an output the first time. Never
 * waits. */
enum dxgi_result dxgi_look(struct dxgi *self, struct damage *changed);

/* Has every output given its first picture? Before that there is nothing to copy. */
bool dxgi_ready(const struct dxgi *self);

/* Copies `changed` of the newest picture to `pixels` (BGRX, top-down), clipped to width and height. False:
 * lost. */
bool dxgi_copy(struct dxgi *self, const struct damage *changed, uint8_t *pixels, uint32_t stride,
               uint32_t width, uint32_t height);

#endif
