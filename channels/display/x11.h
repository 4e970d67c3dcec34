/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The X11 desktop, shared by its files: connection and events (x11.c), pixels (x11_capture.c), pointer
 * (x11_cursor.c), size (x11_resize.c), input (input/inject_x11.c). XDamage says what changed, MIT-SHM reads
 * it, XFixes knows the pointer, XTest injects.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_X11_H
#define RDSPROV_CHANNELS_DISPLAY_X11_H

#include <X11/XKBlib.h>
#include <X11/Xlib.h>
#include <X11/extensions/XShm.h>
#include <X11/extensions/Xdamage.h>
#include <X11/extensions/Xfixes.h>

#include "channels/display/desktop.h"

#define X11_SPARES 24

struct x11_spare {
    KeyCode keycode;
    KeySym keysym; /* NoSymbol: free */
    uint32_t used; /* when, in uses */
};

struct x11 {
    struct desktop base;
    Display *display;
    int screen;
    Window root;
    bool may_resize;
    int damage_event, fixes_event, randr_event, xkb_event; /* first event codes */

    /* x11_capture.c */
    Damage damage;
    XserverRegion region;
    bool dirty;
    bool shared; /* MIT-SHM works */
    XShmSegmentInfo segment;
    size_t segment_size;
    XImage *image;

    /* inject_x11.c */
    XkbDescPtr keymap; /* NULL: to be fetched */
    bool down[256];    /* keycodes that we hold */
    struct x11_spare spares[X11_SPARES];
    unsigned spare_count;
    uint32_t spare_uses;
    unsigned caps_mask, num_mask, scroll_mask;
    unsigned repeat_delay, repeat_interval; /* of the server, before us */
    int32_t wheel_rest, hwheel_rest;
    uint16_t x, y; /* where the pointer was last seen or put */
};

static inline struct x11 *x11_from_desktop(struct desktop *desktop)
{
    return (struct x11 *)desktop; /* base comes first */
}

/* Errors that the server reported so far; compare around requests that may fail (after XSync). */
unsigned x11_errors(void);

bool x11_capture_init(struct x11 *self, char *problem, size_t cap);
void x11_capture_finish(struct x11 *self);
bool x11_capture_dirty(struct desktop *desktop, uint64_t now);
enum desktop_capture x11_capture(struct desktop *desktop, const struct desktop_target *target);

void x11_cursor_init(struct x11 *self);
void x11_cursor_changed(struct x11 *self);
/* Notices when the desktop moved the pointer; one round trip. */
void x11_cursor_look(struct x11 *self);

bool x11_resize_init(struct x11 *self);
void x11_resize(struct desktop *desktop, uint32_t width, uint32_t height);
/* Takes over the size that the root window has now. */
void x11_resize_follow(struct x11 *self);

bool x11_inject_init(struct x11 *self, char *problem, size_t cap);
void x11_inject_finish(struct x11 *self);
void x11_inject_map_changed(struct x11 *self);
void x11_inject_locks_changed(struct x11 *self, unsigned locked);
void x11_key(struct desktop *desktop, uint16_t scancode, bool down);
void x11_unicode(struct desktop *desktop, uint32_t codepoint);
void x11_move(struct desktop *desktop, uint16_t x, uint16_t y);
void x11_move_by(struct desktop *desktop, int32_t dx, int32_t dy);
void x11_button(struct desktop *desktop, unsigned button, bool down);
void x11_wheel(struct desktop *desktop, bool horizontal, int32_t delta);
void x11_locks(struct desktop *desktop, uint32_t flags);
void x11_flush(struct desktop *desktop);

#endif
