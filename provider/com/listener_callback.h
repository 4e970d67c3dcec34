/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slot that holds the service's listener callback. It outlives the listener object, since a connection
 * may be on its way to OnConnected while the service stops the listener: emptied by StopListen, after which
 * no OnConnected begins.
 */
#ifndef RDSPROV_COM_LISTENER_CALLBACK_H
#define RDSPROV_COM_LISTENER_CALLBACK_H

#include "com/family.h"

struct callback_slot {
    atomic_uint holds;
    struct os_mutex lock;
    const struct family *family;
    IUnknown *callback; /* under lock; the listener callback of the family */
};

struct callback_slot *callback_slot_create(const struct family *family);
void callback_slot_hold(struct callback_slot *self);
void callback_slot_drop(struct callback_slot *self);

/* Puts a callback (may be NULL) in with a reference of its own and releases what was there. */
void callback_slot_set(struct callback_slot *self, IUnknown *callback);
/* With a reference, or NULL. */
IUnknown *callback_slot_get(struct callback_slot *self);

#endif
