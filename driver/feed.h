/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a peer: its frame memory and its pipe, and a thread that runs the same producer as a session
 * program (channels/display/producer.h) over a desktop whose pixels are the monitors' swap chains. Ends by
 * itself when the peer is gone.
 */
#ifndef RDSPROV_DRIVER_FEED_H
#define RDSPROV_DRIVER_FEED_H

#include "driver/device.h"

struct feed;

/* Takes both handles over, whatever it answers. NULL with the reason in `problem` (static text). */
struct feed *feed_create(struct device *device, const struct control_attach *attach, const char **problem);
/* Closes both handles. */
void feed_refuse(const struct control_attach *attach);
/* False once the peer is gone. Any thread. */
bool feed_alive(const struct feed *self);
/* Ends the thread, closes memory and pipe. NULL is fine. With the device's lock not held. */
void feed_destroy(struct feed *self);

#endif
