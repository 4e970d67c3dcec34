/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Display Control channel ([MS-RDPEDISP]), server side: tells the client what it may ask for and hands on
 * the layouts that it asks for. Runs on the peer's main thread; nothing waits.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_DISP_H
#define RDSPROV_CHANNELS_DISPLAY_DISP_H

#include <freerdp/freerdp.h>

#include "channels/display/layout.h"

struct disp;

enum disp_state {
    DISP_OPENING,
    DISP_OPEN,
    DISP_OVER /* refused, closed, or it sent nonsense (logged): destroy it */
};

/* Asks for the channel; drdynvc must be ready. NULL: out of memory or no channel. */
struct disp *disp_create(HANDLE vcm, uint32_t connection);
void disp_destroy(struct disp *self);

/* Signalled when disp_poll has work. */
HANDLE disp_event(struct disp *self);
/* *layout is filled when *changed: the newest that the client asked for since the last poll. */
enum disp_state disp_poll(struct disp *self, struct layout *layout, bool *changed);

#endif
