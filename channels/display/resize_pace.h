/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a client may have another desktop: each costs a session program's start. Whoever drags a window
 * for some seconds gets five a second, whoever goes on gets one every two seconds, and what was used comes
 * back with time. Pure arithmetic; the caller brings the clock, in ms.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_RESIZE_PACE_H
#define RDSPROV_CHANNELS_DISPLAY_RESIZE_PACE_H

#include <stdint.h>

struct resize_pace {  /* all zero: nothing has changed yet */
    uint64_t next_ms; /* two changes are never closer than that */
    uint64_t paid_ms; /* when all changes so far are paid for, at one every two seconds */
};

/* Not before this time. */
uint64_t resize_pace_due(const struct resize_pace *self);
void resize_pace_changed(struct resize_pace *self, uint64_t now_ms);

#endif
