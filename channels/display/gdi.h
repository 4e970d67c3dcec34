/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Windows desktop by GDI, shared by its files: pixels and pace (gdi.c), pointer (gdi_cursor.c), input
 * (input/inject_gdi.c). GDI tells nobody what changed, so the desktop is looked at: often while something
 * happens, seldom when nothing does.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_GDI_H
#define RDSPROV_CHANNELS_DISPLAY_GDI_H

#include <windows.h>

#include "channels/display/desktop.h"
#include "channels/display/gdi_follow.h"

struct dxgi;

struct gdi {
    struct desktop base;
    int32_t left, top; /* of the virtual screen */
    HDC screen, canvas;
    HDESK joined; /* it was told which desktop, and stays there; NULL: it follows the input */
    struct gdi_follow follow;

    /* DIB sections over the slots of this memory */
    void *dib_base;
    os_handle dib_memory;
    uint32_t dib_stride, dib_height;
    HBITMAP dibs[SLOT_COUNT];
    HGDIOBJ no_bitmap; /* what a fresh DC holds */

    struct dxgi *dxgi;     /* NULL: the screen is read by GDI */
    uint64_t dxgi_next_us; /* when duplication may be tried again */
    uint32_t dxgi_pause_ms;

    uint32_t interval_ms;
    unsigned changes; /* looks in a row that found something */
    uint64_t next_us;
    uint64_t input_us; /* when the last input came; 0: never */
    bool fine_timer;

    HCURSOR cursor; /* whose shape was sent */
    bool cursor_known;
    uint64_t moved_us; /* when we last put the pointer somewhere */
    unsigned held;     /* of HELD_*: Ctrl and Alt keys that are down */
    bool attention;    /* the End or Del that is down was taken for Ctrl+Alt+Del */
    int32_t x, y;      /* where the pointer was last seen or put, from the virtual screen's corner */
};

static inline struct gdi *gdi_from_desktop(struct desktop *desktop)
{
    return (struct gdi *)desktop; /* base comes first */
}

/* Something happened that will probably change the picture: look soon, and often for a while. */
void gdi_wake(struct gdi *self);
/* Moves the thread to the desktop that has the input (logon, lock, UAC) when there was a switch, and opens
 * its screen. False: there is no screen now. */
bool gdi_attach(struct gdi *self);
/* Looks for a switch now, not when it is time again. */
bool gdi_attach_now(struct gdi *self);

void gdi_cursor_look(struct gdi *self);

void gdi_locks_look(struct gdi *self);
void gdi_key(struct desktop *desktop, uint16_t scancode, bool down);
void gdi_unicode(struct desktop *desktop, uint32_t codepoint);
void gdi_move(struct desktop *desktop, uint16_t x, uint16_t y);
void gdi_move_by(struct desktop *desktop, int32_t dx, int32_t dy);
void gdi_button(struct desktop *desktop, unsigned button, bool down);
void gdi_wheel(struct desktop *desktop, bool horizontal, int32_t delta);
void gdi_locks(struct desktop *desktop, uint32_t flags);

#endif
