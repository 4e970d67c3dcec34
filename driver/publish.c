/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher: brings monitors and display configuration in line with the layout that the service asked
 * for. On a thread of its own, because Windows ignores a configuration that comes from the callback of the
 * adapter's start, and may ignore one that comes too early: it is sent again until every monitor has a swap
 * chain (iddcx.md 2).
 */
#include "driver/device.h"

#include <string.h>

#include "driver/chain.h"

#define GRACE_MS                                                                                             \
    1500 /* without a layout by then: one monitor of a usual size, so that the session can start */
#define AGAIN_MS 400 /* FIELD: what was seen to work */
#define ATTEMPTS_MAX 8

struct publisher {
    struct device *device;
    IDDCX_ADAPTER adapter;
    struct layout layout;
    unsigned serial; /* of `layout` */
    unsigned attempts;
    uint64_t next_ms;
    bool pending;
};

static bool stopped(struct device *device)
{
    bool stop;

    os_mutex_lock(&device->lock);
    stop = device->publisher_stop || !device->powered;
    os_mutex_unlock(&device->lock);
    return stop;
}

/* Of the layout that is being shown; nothing when a newer one has come, which is pending. `status` NULL: as
 * it was. */
static void set_outcome(const struct publisher *self, ULONG outcome, const NTSTATUS *status)
{
    struct device *device = self->device;
    NTSTATUS next;
    bool changed;

    os_mutex_lock(&device->lock);
    next = status ? *status : device->layout_status;
    changed = device->wanted_serial == self->serial &&
              (device->layout_outcome != outcome || device->layout_status != next);
    if (changed) {
        device->layout_outcome = outcome;
        device->layout_status = next;
    }
    os_mutex_unlock(&device->lock);
    if (changed)
        device_changed(device);
}

/* The paths of the monitors that are there and can show their size. */
static UINT build_paths(struct publisher *self, IDDCX_DISPLAYCONFIGPATH paths[LAYOUT_MONITORS_MAX])
{
    UINT n = 0;

    os_mutex_lock(&self->device->lock);
    for (unsigned i = 0; i < self->layout.count; i++) {
        const struct layout_monitor *m = &self->layout.monitors[i];
        struct monitor *monitor = self->device->monitors[i];

        if (!monitor || !monitor_offers(monitor, m->width, m->height))
            continue;
        paths[n++] = (IDDCX_DISPLAYCONFIGPATH){
            .Size = iddcx_size(70, sizeof(paths[0])),
            .MonitorObject = monitor->object,
            .Position = {m->x, m->y},
            .Resolution = {m->width, m->height},
            .Rotation = DISPLAYCONFIG_ROTATION_IDENTITY,
            .RefreshRate = {fault("config-rate") ? LAYOUT_REFRESH + 1 : LAYOUT_REFRESH, 1},
            .VSyncFreqDivider = 1,
            .MonitorScaleFactor = m->scale,
        };
    }
    os_mutex_unlock(&self->device->lock);
    return n;
}

static NTSTATUS send_config(struct publisher *self)
{
    IDDCX_DISPLAYCONFIGPATH paths[LAYOUT_MONITORS_MAX];
    IDARG_IN_ADAPTERDISPLAYCONFIGUPDATE in = {.PathCount = build_paths(self, paths), .pPaths = paths};
    NTSTATUS status;

    if (in.PathCount == 0)
        return STATUS_NOT_FOUND_;
    status = IddCxAdapterDisplayConfigUpdate(self->adapter, &in);
    journal("IddCxAdapterDisplayConfigUpdate(%u paths, try %u) = 0x%08x", (unsigned)in.PathCount,
            self->attempts + 1, (unsigned)status);
    return status;
}

/* A size beyond what the monitor was created with: newer systems take it as a target mode alone (iddcx.md 2,
 * flag 0x80). */
static bool extend_modes(struct publisher *self, struct monitor *monitor, const struct layout_monitor *shape)
{
    IDDCX_TARGET_MODE modes[LAYOUT_MODES_MAX + 1];
    IDARG_IN_UPDATEMODES in = {.Reason = IDDCX_UPDATE_REASON_OTHER, .pTargetModes = modes};
    struct layout_size size = {shape->width, shape->height};
    NTSTATUS status;

    if (self->device->version < IDDCX_VERSION_1_10)
        return false;
    for (unsigned i = 0; i <= monitor->nsizes; i++) {
        const struct layout_size *s = i < monitor->nsizes ? &monitor->sizes[i] : &size;

        memset(&modes[i], 0, sizeof(modes[i]));
        modes[i].Size = iddcx_size(66, sizeof(modes[i]));
        layout_signal(s, 1, &modes[i].TargetVideoSignalInfo.targetVideoSignalInfo);
        modes[i].RequiredBandwidth = layout_bandwidth(s);
    }
    in.TargetModeCount = monitor->nsizes + 1;
    status = IddCxMonitorUpdateModes(monitor->object, &in);
    journal("IddCxMonitorUpdateModes(%u, %ux%u more) = 0x%08x", monitor->connector, (unsigned)shape->width,
            (unsigned)shape->height, (unsigned)status);
    if (!NT_SUCCESS(status))
        return false;
    os_mutex_lock(&self->device->lock);
    monitor->target = size;
    os_mutex_unlock(&self->device->lock);
    return true;
}

/* A monitor of the layout that is there already: true when it stays. */
static bool keep(struct publisher *self, unsigned i)
{
    const struct layout_monitor *shape = &self->layout.monitors[i];
    struct monitor *monitor;
    bool fits;

    os_mutex_lock(&self->device->lock);
    monitor = self->device->monitors[i];
    fits = monitor && monitor_offers(monitor, shape->width, shape->height);
    os_mutex_unlock(&self->device->lock);
    if (!monitor)
        return false;
    if (!fits && !extend_modes(self, monitor, shape))
        return false;
    os_mutex_lock(&self->device->lock);
    monitor->shape = *shape;
    os_mutex_unlock(&self->device->lock);
    return true;
}

/* Monitors that come and go. */
static void apply(struct publisher *self)
{
    struct device *device = self->device;
    bool leave = false;

    for (unsigned i = self->layout.count; i < LAYOUT_MONITORS_MAX; i++) {
        os_mutex_lock(&device->lock);
        leave = leave || device->monitors[i];
        os_mutex_unlock(&device->lock);
    }
    /* first a configuration without them: taking a monitor out of one turns all of them off (iddcx.md 2) */
    if (leave)
        send_config(self);
    for (unsigned i = self->layout.count; i < LAYOUT_MONITORS_MAX && !stopped(device); i++)
        monitor_depart(device, i);
    for (unsigned i = 0; i < self->layout.count && !stopped(device); i++) {
        if (keep(self, i))
            continue;
        monitor_depart(device, i);
        monitor_arrive(device, i, &self->layout.monitors[i]);
    }
    os_mutex_lock(&device->lock);
    if (device->shown_serial == 0 || !layout_equal(&device->shown, &self->layout))
        device->shown_serial++;
    device->shown = self->layout;
    os_mutex_unlock(&device->lock);
    event_set(device->feed_event);
}

static void publish(struct publisher *self)
{
    NTSTATUS status = send_config(self);

    self->attempts++;
    self->next_ms = os_now_ms() + AGAIN_MS;
    if (status == STATUS_IDD_DEVICE_STOPPED) { /* the session goes away: D0Exit follows */
        self->pending = false;
        return;
    }
    set_outcome(self, CONTROL_LAYOUT_PENDING, &status);
}

/* Every monitor of the layout has its swap chain. */
static bool all_shown(struct publisher *self)
{
    bool all = true;

    os_mutex_lock(&self->device->lock);
    for (unsigned i = 0; i < self->layout.count; i++)
        all = all && self->device->monitors[i] && self->device->monitors[i]->chain &&
              chain_alive(self->device->monitors[i]->chain);
    os_mutex_unlock(&self->device->lock);
    return all;
}

static void take_wanted(struct publisher *self)
{
    struct device *device = self->device;

    os_mutex_lock(&device->lock);
    if (device->wanted_serial == 0) {
        device->wanted = (struct layout){.count = 1, .monitors = {{0, 0, 1024, 768, 100, 0, 0}}};
        device->wanted_serial = 1;
        journal("no layout from the service yet: one monitor of 1024x768");
    }
    self->layout = device->wanted;
    self->serial = device->wanted_serial;
    os_mutex_unlock(&device->lock);
    self->attempts = 0;
    self->pending = true;
}

/* One round; milliseconds until the next. */
static uint32_t work(struct publisher *self, uint64_t *ready_ms)
{
    struct device *device = self->device;
    uint64_t now = os_now_ms();
    unsigned serial;
    bool ready;

    os_mutex_lock(&device->lock);
    ready = device->adapter_state == CONTROL_ADAPTER_READY;
    self->adapter = device->adapter;
    serial = device->wanted_serial;
    os_mutex_unlock(&device->lock);
    if (!ready)
        return EVENT_NEVER;
    device_render_act(device);
    if (*ready_ms == 0)
        *ready_ms = now;
    if (serial == 0 && now - *ready_ms < GRACE_MS)
        return (uint32_t)(GRACE_MS - (now - *ready_ms));
    if (serial == 0 || serial != self->serial) {
        take_wanted(self);
        apply(self);
        if (stopped(device))
            return 0;
        publish(self);
        return 0;
    }
    if (!self->pending)
        return EVENT_NEVER;
    if (all_shown(self)) {
        self->pending = false;
        set_outcome(self, CONTROL_LAYOUT_SHOWN, &(NTSTATUS){STATUS_SUCCESS});
        return EVENT_NEVER;
    }
    if (now < self->next_ms)
        return (uint32_t)(self->next_ms - now);
    if (self->attempts >= ATTEMPTS_MAX) {
        journal("no swap chain for every monitor after %u tries", self->attempts);
        self->pending = false;
        set_outcome(self, CONTROL_LAYOUT_FAILED, NULL);
        return EVENT_NEVER;
    }
    publish(self);
    return 0;
}

static void publisher_run(void *arg)
{
    struct publisher self = {.device = arg};
    uint64_t ready_ms = 0;

    while (!stopped(self.device)) {
        uint32_t ms = work(&self, &ready_ms);

        if (ms && !stopped(self.device))
            event_wait(&self.device->publish_event, 1, ms);
    }
}

enum os_status publisher_start(struct device *self)
{
    struct os_thread *thread;
    enum os_status status;

    os_mutex_lock(&self->lock);
    self->publisher_stop = false;
    os_mutex_unlock(&self->lock);
    status = os_thread_create("idd-publish", publisher_run, self, &thread);
    os_mutex_lock(&self->lock);
    self->publisher = status == OS_OK ? thread : NULL;
    os_mutex_unlock(&self->lock);
    return status;
}

void publisher_stop(struct device *self)
{
    struct os_thread *thread;

    os_mutex_lock(&self->lock);
    self->publisher_stop = true;
    thread = self->publisher;
    self->publisher = NULL;
    os_mutex_unlock(&self->lock);
    event_set(self->publish_event);
    os_thread_join(thread);
}
