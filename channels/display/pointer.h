/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's mouse pointer: shapes from the session program become pointer updates
 * ([MS-RDPBCGR] 2.2.9.1.1.4, for large ones 2.2.9.1.2.1.11), shapes that the client still has in its cache
 * are only named. The newest state wins; it is sent when the transport takes it, so a session program that
 * changes its pointer all the time fills no queue.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_POINTER_H
#define RDSPROV_CHANNELS_DISPLAY_POINTER_H

#include <freerdp/freerdp.h>

#include "channels/display/pointer_image.h"

#define POINTER_CACHE_MAX 20

struct pointer;

struct pointer *pointer_create(rdpContext *context);
void pointer_destroy(struct pointer *self);

/* The client is (again) active: its cache is empty, the present state goes out again. */
void pointer_reset(struct pointer *self);

/* A part of a shape, which is shown once it is whole. False: malformed. */
bool pointer_shape(struct pointer *self, const struct channel_pointer *part);
void pointer_hide(struct pointer *self);
void pointer_default(struct pointer *self);
void pointer_move(struct pointer *self, uint16_t x, uint16_t y);

bool pointer_pending(const struct pointer *self);
/* Sends what is pending. False: the connection is broken. */
bool pointer_flush(struct pointer *self);

#endif
