/* SPDX-License-Identifier: Apache-2.0 */
#include "handle.h"

bool handle_watch_begin(struct handle_watch *self)
{
    HANDLE reader, writer;

    *self = (struct handle_watch){0, OS_NO_HANDLE, OS_NO_HANDLE};
    if (!CreatePipe(&reader, &writer, NULL, 0))
        return false;
    self->reader = reader;
    self->given = (HANDLE_PTR)(ULONG_PTR)writer;
    return true;
}

bool handle_watch_closed(struct handle_watch *self, unsigned wait_ms)
{
    uint64_t until = os_now_ms() + wait_ms;

    /* nobody writes: it fails once no writer is left */
    while (PeekNamedPipe(self->reader, NULL, 0, NULL, NULL, NULL)) {
        if (os_now_ms() >= until)
            return false;
        os_sleep_ms(5);
    }
    return true;
}

bool handle_watch_end(struct handle_watch *self)
{
    os_handle_close(self->reader);
    *self = (struct handle_watch){0, OS_NO_HANDLE, OS_NO_HANDLE};
    return true;
}
