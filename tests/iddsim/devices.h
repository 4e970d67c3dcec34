/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulated display devices as the launcher reaches them (service/driver.h): each belongs to a session, comes
 * and goes as the service of Windows would have it, and is opened and asked by the launcher's threads
 * meanwhile. The driver runs in this process, so what is handed to it are handles of this process.
 */
#ifndef IDDSIM_DEVICES_H
#define IDDSIM_DEVICES_H

#include "service/driver.h"
#include "sim.h"

struct devices {
    struct sim *sim;
    struct os_mutex lock; /* a device does not go while a call into it is made */
    struct driver_system system;
};

/* `self->system` is for the launcher; it and `self` must outlive the launcher's threads. False: the driver
 * does not load. */
bool devices_init(struct devices *self, const char *library, const struct sim_options *options);
void devices_finish(struct devices *self);

/* A device for the session, up to D0. False: there is one, or the driver refused. */
bool devices_load(struct devices *self, uint32_t session);
/* NULL: the session has none. */
struct sim_device *devices_find(struct devices *self, uint32_t session);
bool devices_unload(struct devices *self, uint32_t session);

#endif
