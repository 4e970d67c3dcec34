/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which desktop of the window station has the input: the user's, the logon screen's (before logon, locked),
 * the one on which Windows asks for consent. Each switch makes the thread's calls go nowhere until it has
 * entered the new one. Nobody tells a program without windows, so it is looked at: by name, since each
 * opening gives another handle. The system's calls are a table, so that a test can switch desktops where the
 * system cannot (Wine 8).
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_GDI_FOLLOW_H
#define RDSPROV_CHANNELS_DISPLAY_GDI_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#define GDI_FOLLOW_NAME_MAX 128
#define GDI_FOLLOW_US 100000 /* between two looks */

struct gdi_follow_calls {
    void *(*open)(void); /* the desktop with the input, with all rights; NULL: not now */
    bool (*name)(void *desktop, wchar_t *out, size_t cap);
    bool (*enter)(void *desktop); /* moves this thread */
    void (*close)(void *desktop);
};

enum gdi_follow_result {
    GDI_FOLLOW_SAME,
    GDI_FOLLOW_SWITCHED, /* the thread is on another desktop: what it had opened belongs to the old one */
    GDI_FOLLOW_AWAY      /* the desktop with the input cannot be entered; the thread is where it was */
};

struct gdi_follow {
    const struct gdi_follow_calls *calls;
    void *current; /* entered by us; NULL: where the thread started */
    wchar_t name[GDI_FOLLOW_NAME_MAX];
    uint64_t next_us;
    bool away;
    unsigned switches;
};

/* `before_enter` (may be NULL) is called when a switch is found, before the thread moves: what belongs to the
 * old desktop must be closed there. */
enum gdi_follow_result gdi_follow_look(struct gdi_follow *self, uint64_t now_us,
                                       void (*before_enter)(void *arg), void *arg);
/* Looks at once at the next look. */
void gdi_follow_soon(struct gdi_follow *self);
void gdi_follow_finish(struct gdi_follow *self);

#ifdef _WIN32
extern const struct gdi_follow_calls gdi_follow_system;
#endif

#endif
