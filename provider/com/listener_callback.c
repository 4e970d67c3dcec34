/* SPDX-License-Identifier: Apache-2.0 */
#include "com/listener_callback.h"

#include <stdlib.h>

struct callback_slot *callback_slot_create(const struct family *family)
{
    struct callback_slot *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    atomic_init(&self->holds, 1);
    self->family = family;
    os_mutex_init(&self->lock);
    return self;
}

void callback_slot_hold(struct callback_slot *self)
{
    atomic_fetch_add(&self->holds, 1);
}

void callback_slot_drop(struct callback_slot *self)
{
    if (!self || atomic_fetch_sub(&self->holds, 1) != 1)
        return;
    callback_slot_set(self, NULL);
    os_mutex_finish(&self->lock);
    free(self);
}

void callback_slot_set(struct callback_slot *self, IUnknown *callback)
{
    IUnknown *old;

    if (callback)
        IUnknown_AddRef(callback);
    os_mutex_lock(&self->lock);
    old = self->callback;
    self->callback = callback;
    os_mutex_unlock(&self->lock);
    if (old)
        IUnknown_Release(old);
}

IUnknown *callback_slot_get(struct callback_slot *self)
{
    IUnknown *callback;

    os_mutex_lock(&self->lock);
    callback = self->callback;
    if (callback)
        IUnknown_AddRef(callback);
    os_mutex_unlock(&self->lock);
    return callback;
}
