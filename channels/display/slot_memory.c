/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/slot_memory.h"

bool slot_memory_create(struct slot_memory *self, uint32_t width, uint32_t height, os_handle *producer)
{
    *self = SLOT_MEMORY_NONE;
    *producer = OS_NO_HANDLE;
    if (slot_layout_init(&self->layout, width, height) &&
        os_shm_create(&self->shm, self->layout.memory_size) == OS_OK &&
        os_shm_share(&self->shm, producer) == OS_OK)
        return true;
    slot_memory_finish(self);
    return false;
}

void slot_memory_finish(struct slot_memory *self)
{
    os_shm_finish(&self->shm);
    *self = SLOT_MEMORY_NONE;
}
