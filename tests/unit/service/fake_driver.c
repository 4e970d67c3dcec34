/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 20000
#define HANG_MS 60000 /* nothing hangs longer, whatever happens */
#define ERROR_GONE 1167
#define ERROR_DENIED 5
#define ERROR_NO_FUNCTION 1

struct fake fake = {.lock = OS_MUTEX_INIT};

struct file {
    unsigned device;
    bool busy; /* a call is under way */
};

static void mistake(const char *what)
{
    if (!fake.mistake)
        fake.mistake = what;
}

/* Under the lock. */
static void enter(enum fake_call call)
{
    uint64_t until = os_now_ms() + HANG_MS;

    fake.calls[call]++;
    os_cond_broadcast(&fake.changed);
    if (!fake.stuck || fake.hang != call || fake.hangs == 0)
        return;
    fake.hangs--;
    fake.hanging++;
    os_cond_broadcast(&fake.changed);
    while (fake.stuck && os_now_ms() < until)
        os_cond_wait_ms(&fake.changed, &fake.lock, 100);
    fake.hanging--;
}

static void close_values(struct fake_device *device)
{
    if (!device->attached)
        return;
    device->attached = false;
    for (int i = 0; i < 2; i++)
        os_handle_close((os_handle)(uintptr_t)device->values[i]);
    fake.given -= 2;
}

static enum os_status open_device(void *arg, uint32_t session, unsigned number, void **device, char *why,
                                  size_t cap)
{
    enum os_status status = OS_NOT_FOUND;
    struct file *file;

    os_mutex_lock(&fake.lock);
    enter(FAKE_OPEN);
    *device = NULL;
    if (number < FAKE_DEVICES && fake.devices[number].there) {
        status = OS_FAILED;
        if (fake.devices[number].errors[FAKE_OPEN]) {
            snprintf(why, cap, "device %u cannot be opened", number);
        } else if ((file = calloc(1, sizeof *file))) {
            file->device = number;
            fake.open_files++;
            *device = file;
            status = OS_OK;
        }
    }
    os_mutex_unlock(&fake.lock);
    return status;
}

static uint32_t claim(struct fake_device *device, struct file *file, const struct control_claim *in,
                      struct control_host *out)
{
    if (in->version != CONTROL_VERSION)
        mistake("a claim of another version");
    if (device->owner && device->owner != file)
        return DRIVER_BUSY;
    device->owner = file;
    enter(FAKE_CLAIMED);
    *out = (struct control_host){device->version, FAKE_PROCESS, device->session, 0x1700};
    return DRIVER_DONE;
}

static uint32_t attach(struct fake_device *device, const struct control_attach *in)
{
    uint32_t error = device->errors[FAKE_ATTACH];

    if (!device->laid_out)
        mistake("attached without a layout");
    if (error == DRIVER_DENIED || error == DRIVER_TOO_FEW || error == DRIVER_STOPPED)
        return error; /* not looked at */
    close_values(device);
    device->attach = *in;
    device->values[0] = in->memory;
    device->values[1] = in->pipe;
    device->attached = true;
    if (error) {
        close_values(device); /* looked at, and refused */
        return error;
    }
    device->report.attached = 1;
    device->changed = true;
    return DRIVER_DONE;
}

static uint32_t read_log(const struct control_log_query *query, struct control_log *out)
{
    memset(out, query->after < 2 ? 'x' : 0, sizeof *out); /* no end: a device may say anything */
    out->next = 2;
    if (query->after < 2)
        memcpy(out->text, "first\nsecond\n", 13);
    return DRIVER_DONE;
}

static uint32_t wait_report(struct fake_device *device, struct control_report *out, uint32_t ms, HANDLE stop)
{
    uint64_t until = os_now_ms() + ms;

    while (!device->changed && !device->gone) {
        os_cond_wait_ms(&fake.changed, &fake.lock, 5);
        if (stop && event_wait(&stop, 1, 0) == 0)
            return DRIVER_STOPPED;
        if (ms != EVENT_NEVER && os_now_ms() >= until)
            return DRIVER_SILENT;
    }
    if (device->gone)
        return ERROR_GONE;
    device->changed = false;
    *out = device->report;
    return DRIVER_DONE;
}

static bool has_form(uint32_t code, uint32_t in_size, uint32_t out_size)
{
    static const struct {
        size_t in, out;
    } forms[] = {
        {sizeof(struct control_claim), sizeof(struct control_host)},
        {sizeof(struct control_attach), 0},
        {0, 0},
        {sizeof(struct control_layout), 0},
        {0, sizeof(struct control_report)},
        {sizeof(struct control_log_query), sizeof(struct control_log)},
    };
    uint32_t index = (code - CONTROL_CLAIM) >> 2;

    return index < sizeof forms / sizeof forms[0] && forms[index].in == in_size &&
           forms[index].out == out_size;
}

static enum fake_call call_of(uint32_t code)
{
    static const enum fake_call calls[] = {FAKE_CLAIM,  FAKE_ATTACH, FAKE_DETACH,
                                           FAKE_LAYOUT, FAKE_WAIT,   FAKE_LOG};

    return calls[(code - CONTROL_CLAIM) >> 2];
}

static uint32_t answer(struct file *file, struct fake_device *device, enum fake_call call, const void *in,
                       void *out, uint32_t ms, HANDLE stop)
{
    switch (call) {
    case FAKE_CLAIM:
        return claim(device, file, in, out);
    case FAKE_ATTACH:
        return attach(device, in);
    case FAKE_WAIT:
        return wait_report(device, out, ms, stop);
    case FAKE_LOG:
        return read_log(in, out);
    case FAKE_LAYOUT:
        device->layout = *(const struct control_layout *)in;
        device->laid_out = true;
        if (device->attached)
            mistake("a layout after the hand-over");
        return DRIVER_DONE;
    default:
        close_values(device);
        return DRIVER_DONE;
    }
}

static uint32_t control(void *arg, void *opened, uint32_t code, const void *in, uint32_t in_size, void *out,
                        uint32_t out_size, uint32_t ms, HANDLE stop)
{
    struct file *file = opened;
    struct fake_device *device = &fake.devices[file->device];
    uint32_t error = DRIVER_DONE;
    enum fake_call call;

    os_mutex_lock(&fake.lock);
    if (!has_form(code, in_size, out_size)) {
        mistake("a request of a wrong form");
        os_mutex_unlock(&fake.lock);
        return ERROR_NO_FUNCTION;
    }
    call = call_of(code);
    if (file->busy)
        mistake("two requests at once");
    file->busy = true;
    enter(call);
    if (device->gone) {
        error = ERROR_GONE;
    } else if (call != FAKE_CLAIM && call != FAKE_LOG && device->owner != file) {
        mistake("a request without a claim");
        error = ERROR_DENIED;
    } else if (call == FAKE_ATTACH || (error = device->errors[call]) == DRIVER_DONE) {
        error = answer(file, device, call, in, out, ms, stop);
    }
    file->busy = false;
    os_mutex_unlock(&fake.lock);
    return error;
}

static void close_device(void *arg, void *opened)
{
    struct file *file = opened;
    struct fake_device *device = &fake.devices[file->device];

    os_mutex_lock(&fake.lock);
    enter(FAKE_CLOSE);
    if (device->owner == file) {
        close_values(device);
        device->owner = NULL;
        device->laid_out = false;
    }
    fake.open_files--;
    os_cond_broadcast(&fake.changed);
    os_mutex_unlock(&fake.lock);
    free(file);
}

static enum os_status give(void *arg, uint32_t process, const os_handle handles[2], uint64_t values[2],
                           void **host, char *why, size_t cap)
{
    os_handle copies[2] = {OS_NO_HANDLE, OS_NO_HANDLE};
    enum os_status status = OS_DENIED;

    os_mutex_lock(&fake.lock);
    enter(FAKE_GIVE);
    if (process != FAKE_PROCESS)
        mistake("given to another process");
    if (fake.devices[0].errors[FAKE_GIVE]) {
        snprintf(why, cap, "not a host");
    } else {
        status = OS_NO_MEMORY;
        if (os_handle_duplicate(handles[0], &copies[0]) == OS_OK &&
            os_handle_duplicate(handles[1], &copies[1]) == OS_OK) {
            fake.given += 2;
            values[0] = (uintptr_t)copies[0];
            values[1] = (uintptr_t)copies[1];
            *host = &fake;
            status = OS_OK;
        }
    }
    os_mutex_unlock(&fake.lock);
    return status;
}

static void give_end(void *arg, void *host, const uint64_t values[2])
{
    os_mutex_lock(&fake.lock);
    if (host != &fake)
        mistake("the end of something that was not given");
    for (int i = 0; values && i < 2; i++) {
        os_handle_close((os_handle)(uintptr_t)values[i]);
        fake.given--;
    }
    os_mutex_unlock(&fake.lock);
}

const struct driver_system fake_system = {open_device, control, close_device, give, give_end, NULL};

void fake_reset(uint32_t session)
{
    static bool made;

    if (!made)
        os_cond_init(&fake.changed);
    made = true;
    os_mutex_lock(&fake.lock);
    memset(fake.devices, 0, sizeof fake.devices);
    memset(fake.calls, 0, sizeof fake.calls);
    for (unsigned i = 0; i < FAKE_DEVICES; i++) {
        fake.devices[i].session = session;
        fake.devices[i].version = CONTROL_VERSION;
        fake.devices[i].report =
            (struct control_report){.version = CONTROL_VERSION, .adapter = CONTROL_ADAPTER_READY};
    }
    fake.devices[0].there = true;
    fake.mistake = NULL;
    fake.stuck = false;
    fake.open_files = fake.given = 0;
    os_mutex_unlock(&fake.lock);
}

void fake_hang(enum fake_call call, unsigned count)
{
    os_mutex_lock(&fake.lock);
    fake.hang = call;
    fake.hangs = count;
    fake.stuck = true;
    os_mutex_unlock(&fake.lock);
}

void fake_let_go(void)
{
    os_mutex_lock(&fake.lock);
    fake.stuck = false;
    os_cond_broadcast(&fake.changed);
    os_mutex_unlock(&fake.lock);
}

static bool wait_value(const unsigned *value, unsigned from, unsigned to)
{
    uint64_t until = os_now_ms() + WAIT_MS;
    bool good;

    os_mutex_lock(&fake.lock);
    while (!(good = *value >= from && *value <= to) && os_now_ms() < until)
        os_cond_wait_ms(&fake.changed, &fake.lock, 100);
    os_mutex_unlock(&fake.lock);
    return good;
}

bool fake_wait_hanging(unsigned count)
{
    return wait_value(&fake.hanging, count, count);
}

bool fake_wait_calls(enum fake_call call, unsigned count)
{
    return wait_value(&fake.calls[call], count, UINT32_MAX);
}

bool fake_wait_closed(void)
{
    return wait_value(&fake.open_files, 0, 0);
}

void fake_report(const struct control_report *report)
{
    os_mutex_lock(&fake.lock);
    fake.devices[0].report = *report;
    fake.devices[0].changed = true;
    os_cond_broadcast(&fake.changed);
    os_mutex_unlock(&fake.lock);
}

struct fake_device fake_look(unsigned device)
{
    struct fake_device copy;

    os_mutex_lock(&fake.lock);
    copy = fake.devices[device];
    os_mutex_unlock(&fake.lock);
    return copy;
}

unsigned fake_count(enum fake_call call)
{
    unsigned count;

    os_mutex_lock(&fake.lock);
    count = fake.calls[call];
    os_mutex_unlock(&fake.lock);
    return count;
}

void fake_error(enum fake_call call, uint32_t error)
{
    os_mutex_lock(&fake.lock);
    fake.devices[0].errors[call] = error;
    os_mutex_unlock(&fake.lock);
}

void fake_plug(bool there)
{
    os_mutex_lock(&fake.lock);
    fake.devices[0].gone = !there;
    os_cond_broadcast(&fake.changed);
    os_mutex_unlock(&fake.lock);
}

const char *fake_verdict(void)
{
    const char *verdict;

    os_mutex_lock(&fake.lock);
    verdict = fake.mistake      ? fake.mistake
              : fake.open_files ? "a device is left open"
              : fake.given      ? "handles are left in the driver's process"
                                : NULL;
    os_mutex_unlock(&fake.lock);
    return verdict;
}
