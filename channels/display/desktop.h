/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A desktop: what the session program shows and drives. One back-end per file behind one table of functions:
 * `pattern` (built in), `x11`, `gdi`. A back-end knows pixels and injection; it knows nothing of slots in
 * use, credits, pacing or messages: that is producer.c and input/inject.c. What it says unasked (size,
 * pointer shape and position, lock keys) lies in the struct with serial numbers, so that whoever reads sees
 * the newest state and can take it late. One thread: whoever made the desktop calls everything. Nothing here
 * waits.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_DESKTOP_H
#define RDSPROV_CHANNELS_DISPLAY_DESKTOP_H

#include "channels/display/pointer_image.h"
#include "channels/display/slots.h"
#include "os/os.h"

#define DESKTOP_NEVER UINT32_MAX /* a timeout: only the waitable tells */

/* What a capture fills: every pixel of `changed`, as of one moment after the changes were asked for. Outside
 * of it the slot is the core's (it copies from the frame before), so that a frame never shows a change that
 * its rectangles do not name: the peer compares frames, and what it finds equal to the frame before it never
 * sends. */
struct desktop_target {
    const struct slot_layout *layout;
    void *base;             /* of the frame memory */
    os_handle memory;       /* its handle */
    uint32_t slot;          /* the slot to write */
    uint32_t previous;      /* the slot of the frame before; SLOT_COUNT when there was none */
    struct damage *changed; /* in: to be treated as changed; out: all that differs from the frame before */
};

enum desktop_capture {
    DESKTOP_CAPTURED, /* with nothing in `changed`, the slot may be left as it is */
    DESKTOP_LATER, /* not possible right now (size is changing, input desktop switches); what changed may be
                      lost */
    DESKTOP_GONE   /* the desktop has ended */
};

struct desktop {
    const struct desktop_impl *impl;
    uint32_t width, height; /* now; may be larger than the slots: they show the top left part */

    uint32_t shape_serial; /* 0: not known yet */
    bool shape_hidden;
    struct pointer_image shape;

    uint32_t position_serial; /* counts moves that the desktop made itself */
    struct channel_position position;

    uint32_t indicators_serial;
    uint32_t indicators; /* KBD_SYNC_* */
};

struct desktop_options {
    const char *display; /* x11: ":N"; NULL: $DISPLAY */
    bool resize;         /* the desktop's size may be changed to what is asked for */
    bool still;          /* pattern: nothing moves by itself */
    const char *join;    /* gdi: name of the desktop in the window station; NULL: the one that the program is
                            started on */
};

struct desktop_impl {
    const char *name;

    /* NULL with one line in `problem`. */
    struct desktop *(*create)(const struct desktop_options *options, char *problem, size_t cap);
    void (*destroy)(struct desktop *self);

    /* Asks for a size; `width` and `height` follow when (and if) it changes. May be NULL. */
    void (*resize)(struct desktop *self, uint32_t width, uint32_t height);

    /* Signalled when dispatch has something to do; OS_NO_HANDLE: none. */
    os_waitable (*waitable)(struct desktop *self);
    /* Takes in what happened; to be called before each wait. False: the desktop has ended. */
    bool (*dispatch)(struct desktop *self);

    /* Would a capture find something new, or is it time to look? */
    bool (*dirty)(struct desktop *self, uint64_t now_us);
    /* Milliseconds until dirty may become true by time alone. */
    uint32_t (*timeout)(struct desktop *self, uint64_t now_us);
    enum desktop_capture (*capture)(struct desktop *self, const struct desktop_target *target);

    /* Input. Scancodes are of set 1: 0x01..0x7F, plus INJECT_E0, or INJECT_PAUSE. */
    void (*key)(struct desktop *self, uint16_t scancode, bool down);
    void (*unicode)(struct desktop *self, uint32_t codepoint); /* types it: down and up */
    void (*move)(struct desktop *self, uint16_t x, uint16_t y);
    void (*move_by)(struct desktop *self, int32_t dx, int32_t dy);
    void (*button)(struct desktop *self, unsigned button, bool down); /* 1 left, 2 right, 3 middle, 4, 5: X */
    void (*wheel)(struct desktop *self, bool horizontal,
                  int32_t delta);                        /* 120 a notch; positive: up, right */
    void (*locks)(struct desktop *self, uint32_t flags); /* TS_SYNC_* */
    void (*flush)(struct desktop *self);                 /* after a batch of input; may be NULL */
};

extern const struct desktop_impl pattern_desktop;
#ifdef _WIN32
extern const struct desktop_impl gdi_desktop;
#else
extern const struct desktop_impl x11_desktop;
#endif

#endif
