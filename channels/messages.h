/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer and a session program say to each other over their own pipe: frames and credits, pointer
 * shapes, input. Volume (pixels) lies in the frame slots (display/slots.h); these messages say which slot and
 * what changed in it, so everything that crosses the trust boundary is copied once, by the kernel, and
 * decoded once with bounds. The peer trusts nothing here: nonsense ends the session program, not the client.
 */
#ifndef RDSPROV_CHANNELS_MESSAGES_H
#define RDSPROV_CHANNELS_MESSAGES_H

#include "wire/wire.h"

#define CHANNEL_VERSION 2
#define CHANNEL_RECTS_MAX 64
#define CHANNEL_POINTER_MAX 384             /* pixels a side ([MS-RDPBCGR] 2.2.7.2.7) */
#define CHANNEL_POINTER_PART (96 * 96 * 4u) /* bytes of a shape in one message */

enum channel_id {
    /* peer to session program */
    CHANNEL_CREDIT = 1, /* this slot may be written; one credit, one frame */
    CHANNEL_KEY,
    CHANNEL_UNICODE,
    CHANNEL_MOUSE,
    CHANNEL_MOUSE_EXTENDED,
    CHANNEL_MOUSE_RELATIVE,
    CHANNEL_LOCKS,   /* synchronise: toggle state of the client's lock keys */
    CHANNEL_RELEASE, /* let go of every key and button that is down */
    CHANNEL_REFRESH, /* treat everything as damaged */
    CHANNEL_SUPPRESS,
    /* session program to peer */
    CHANNEL_HELLO = 64,
    CHANNEL_FRAME,
    CHANNEL_POINTER,
    CHANNEL_POINTER_HIDE,
    CHANNEL_POINTER_MOVE, /* the desktop moved it */
    CHANNEL_INDICATORS    /* lock-key state of the desktop */
};

struct channel_rect {
    uint16_t left, top, right, bottom; /* right and bottom exclusive; never empty */
};

struct channel_credit {
    uint32_t slot;
};

/* flags as in [MS-RDPBCGR] 2.2.8.1.1.3.1.1: keyboard KBDFLAGS_*, mouse PTR_FLAGS_*, PTR_XFLAGS_*. */
struct channel_key {
    uint16_t flags;
    uint16_t code; /* scancode (flags say extended) or UTF-16 unit */
};

struct channel_mouse {
    uint16_t flags;
    uint16_t x, y;
};

struct channel_mouse_relative {
    uint16_t flags;
    int32_t dx, dy;
};

struct channel_value { /* locks: TS_SYNC_*; suppress: 0/1; indicators: KBD_SYNC_*; release, refresh,
                          pointer_hide: 0 */
    uint32_t value;
};

struct channel_hello {
    uint32_t width,
        height;       /* of the desktop that it shows; at most the slots' size. Pixels outside stay black. */
    char backend[32]; /* "pattern", "x11", "gdi" */
};

/* A frame is whole: after it, the slot shows the desktop as of `sequence`. rects: what differs from the frame
 * before (sequence - 1), whatever slot that was in; sequence 1 and a frame after `refresh` cover everything.
 */
struct channel_frame {
    uint32_t slot;
    uint32_t sequence;
    uint64_t captured_us; /* os_now_us() when its pixels were read */
    uint32_t rect_count;
    struct channel_rect rects[CHANNEL_RECTS_MAX];
};

/* Rows of a shape, from the first to the last in as many messages as they take (display/pointer_image.h). */
struct channel_pointer {
    uint16_t width, height, hot_x, hot_y; /* of the whole shape */
    uint16_t top;                         /* the first row that is here */
    uint32_t size;                        /* bytes: whole rows */
    uint8_t pixels[CHANNEL_POINTER_PART];
};

struct channel_position {
    uint16_t x, y;
};

union channel_any {
    struct channel_credit credit;
    struct channel_key key;
    struct channel_mouse mouse;
    struct channel_mouse_relative relative;
    struct channel_value value;
    struct channel_hello hello;
    struct channel_frame frame;
    struct channel_pointer pointer;
    struct channel_position position;
};

extern const struct wire_table channel_table;

#endif
