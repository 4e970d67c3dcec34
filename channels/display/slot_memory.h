/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of frame slots (slots.h) as the peer has it: made and mapped here, granted to one producer.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_SLOT_MEMORY_H
#define RDSPROV_CHANNELS_DISPLAY_SLOT_MEMORY_H

#include "channels/display/slots.h"
#include "os/shm.h"

struct slot_memory {
    struct os_shm shm;
    struct slot_layout layout;
};

#define SLOT_MEMORY_NONE ((struct slot_memory){.shm = OS_SHM_INIT})

/* Slots of that size; *producer is the caller's, to be handed to the producer. False: a side is out of
 * bounds, or there is no memory; nothing is made then. */
bool slot_memory_create(struct slot_memory *self, uint32_t width, uint32_t height, os_handle *producer);
/* Also of SLOT_MEMORY_NONE; it is that afterwards. */
void slot_memory_finish(struct slot_memory *self);

#endif
