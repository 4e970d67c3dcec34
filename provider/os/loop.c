/* SPDX-License-Identifier: Apache-2.0 */
#include "os/loop.h"

#include "os/thread.h"

struct loop_end {
    struct os_mutex lock;
    struct os_cond changed;
    bool ended;
};

static void on_ended(void *arg)
{
    struct loop_end *self = arg;

    os_mutex_lock(&self->lock);
    self->ended = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

void os_loop_end(struct os_loop *loop)
{
    struct loop_end self = {.ended = false};

    if (!loop)
        return;
    os_mutex_init(&self.lock);
    os_cond_init(&self.changed);
    os_loop_stop(loop, on_ended, &self);
    os_mutex_lock(&self.lock);
    while (!self.ended)
        os_cond_wait_ms(&self.changed, &self.lock, 100);
    os_mutex_unlock(&self.lock);
    os_cond_finish(&self.changed);
    os_mutex_finish(&self.lock);
}
