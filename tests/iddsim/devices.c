/* SPDX-License-Identifier: Apache-2.0 */
#include "devices.h"

#include <stdio.h>

#define POLL_MS 20 /* between two looks at a request and at whether the asker was stopped */
#define TIMEOUT_ ((NTSTATUS)0x00000102)
#define NO_SUCH_DEVICE 433 /* ERROR_NO_SUCH_DEVICE */

static enum os_status open_device(void *arg, uint32_t session, unsigned number, void **device, char *why,
                                  size_t cap)
{
    struct devices *self = arg;
    struct sim_device *found;

    *device = NULL;
    os_mutex_lock(&self->lock);
    found = number == 0 ? devices_find(self, session) : NULL;
    if (found)
        *device = sim_open(found);
    os_mutex_unlock(&self->lock);
    if (found && !*device)
        snprintf(why, cap, "the simulated device refuses to be opened");
    return *device ? OS_OK : found ? OS_FAILED : OS_NOT_FOUND;
}

/* What Windows makes of an NTSTATUS, for those that the driver gives. */
static uint32_t error_of(NTSTATUS status)
{
    switch (status) {
    case STATUS_SUCCESS:
        return DRIVER_DONE;
    case STATUS_ACCESS_DENIED_:
        return 5; /* ERROR_ACCESS_DENIED */
    case STATUS_DEVICE_NOT_READY_:
        return 21; /* ERROR_NOT_READY */
    case STATUS_INVALID_PARAMETER_:
        return 87; /* ERROR_INVALID_PARAMETER */
    case STATUS_BUFFER_TOO_SMALL_:
        return 122; /* ERROR_INSUFFICIENT_BUFFER */
    case STATUS_DEVICE_BUSY_:
        return DRIVER_BUSY;
    case STATUS_CANCELLED_:
        return DRIVER_STOPPED;
    case STATUS_REVISION_MISMATCH_:
        return 1306; /* ERROR_REVISION_MISMATCH */
    default:
        return 31; /* ERROR_GEN_FAILURE */
    }
}

static uint32_t control(void *arg, void *device, uint32_t code, const void *in, uint32_t in_size, void *out,
                        uint32_t out_size, uint32_t ms, HANDLE stop)
{
    uint64_t until = os_now_ms() + ms;
    struct devices *self = arg;
    struct sim_file *file = device;
    struct sim_request *request;
    uint32_t error = DRIVER_DONE;
    NTSTATUS status;
    size_t got = 0;

    os_mutex_lock(&self->lock);
    request = file->object.dead ? NULL : sim_ioctl_begin(file, code, in, in_size, out_size);
    os_mutex_unlock(&self->lock);
    if (!request)
        return NO_SUCH_DEVICE;
    while ((status = sim_ioctl_finish(request, POLL_MS, out, &got)) == TIMEOUT_) {
        if (stop && event_wait(&stop, 1, 0) == 0)
            error = DRIVER_STOPPED;
        else if (ms != EVENT_NEVER && os_now_ms() >= until)
            error = DRIVER_SILENT;
        if (error)
            sim_ioctl_cancel(request);
    }
    if (!NT_SUCCESS(status))
        return error ? error : error_of(status);
    return got == out_size ? DRIVER_DONE : DRIVER_SHORT;
}

static void close_device(void *arg, void *device)
{
    struct devices *self = arg;
    struct sim_file *file = device;

    os_mutex_lock(&self->lock);
    if (!file->object.dead) /* else the device took it along */
        sim_close(file);
    os_mutex_unlock(&self->lock);
}

static void close_values(const uint64_t values[2])
{
    for (unsigned i = 0; i < 2; i++)
        os_handle_close((os_handle)(uintptr_t)values[i]);
}

static enum os_status give(void *arg, uint32_t process, const os_handle handles[2], uint64_t values[2],
                           void **host, char *why, size_t cap)
{
    *host = arg;
    for (unsigned i = 0; i < 2; i++) {
        os_handle copy = OS_NO_HANDLE;

        if (os_handle_duplicate(handles[i], &copy) != OS_OK) {
            snprintf(why, cap, "memory or pipe cannot be duplicated");
            if (i == 1)
                os_handle_close((os_handle)(uintptr_t)values[0]);
            return OS_FAILED;
        }
        values[i] = (uintptr_t)copy;
    }
    return OS_OK;
}

static void give_end(void *arg, void *host, const uint64_t values[2])
{
    if (values)
        close_values(values);
}

bool devices_init(struct devices *self, const char *library, const struct sim_options *options)
{
    *self = (struct devices){.system = {open_device, control, close_device, give, give_end, .arg = self}};
    self->sim = sim_load(library, options);
    if (!self->sim)
        return false;
    os_mutex_init(&self->lock);
    return true;
}

void devices_finish(struct devices *self)
{
    sim_unload(self->sim);
    os_mutex_finish(&self->lock);
}

struct sim_device *devices_find(struct devices *self, uint32_t session)
{
    for (unsigned i = 0; i < SIM_DEVICES_MAX; i++)
        if (self->sim->devices[i] && self->sim->devices[i]->session == session)
            return self->sim->devices[i];
    return NULL;
}

bool devices_load(struct devices *self, uint32_t session)
{
    bool good;

    os_mutex_lock(&self->lock);
    good = !devices_find(self, session) && sim_add_device(self->sim, session);
    os_mutex_unlock(&self->lock);
    return good;
}

bool devices_unload(struct devices *self, uint32_t session)
{
    struct sim_device *device;

    os_mutex_lock(&self->lock);
    device = devices_find(self, session);
    if (device)
        sim_remove_device(device);
    os_mutex_unlock(&self->lock);
    return device != NULL;
}
