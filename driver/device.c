/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/device.h"

#include <stdlib.h>
#include <string.h>

#include "driver/chain.h"
#include "driver/feed.h"
#include "driver/render.h"

#define RENDER_FAILURES_MS 60000 /* five within it: something is wrong with the adapter (iddcx.md 3.1) */
#define CRITICAL_RENDER 1        /* major code of ReportCriticalError */

const WDF_OBJECT_CONTEXT_TYPE_INFO device_context_type = {
    .Size = sizeof(device_context_type),
    .ContextName = "rdsprov display device",
    .ContextSize = sizeof(struct device),
    .UniqueType = &device_context_type,
};

struct device *device_of(WDFDEVICE object)
{
    return WdfObjectGetTypedContextWorker(object, &device_context_type);
}

/* DEVPKEY_Device_SessionId, on the device that the service's stack made for a session (iddcx.md 7). */
static ULONG read_session(WDFDEVICE device)
{
    static const struct wdf_property_key key = {
        {0x83da6326, 0x97a6, 0x4088, {0x94, 0x53, 0xa1, 0x92, 0x3f, 0x57, 0x3b, 0x29}}, 6};
    WDF_DEVICE_PROPERTY_DATA data = {.Size = sizeof(data), .PropertyKey = &key};
    ULONG session = DEVICE_NO_SESSION, size = 0, type = 0;

    if (!NT_SUCCESS(WdfDeviceQueryPropertyEx(device, &data, sizeof(session), &session, &size, &type)) ||
        size != sizeof(session))
        return DEVICE_NO_SESSION;
    return session;
}

static NTSTATUS device_d0_entry(WDFDEVICE object, WDF_POWER_DEVICE_STATE previous)
{
    struct device *self = device_of(object);
    uint64_t start = os_now_us();
    NTSTATUS status = STATUS_SUCCESS;

    os_mutex_lock(&self->lock);
    self->powered = true;
    if (self->wanted_serial != 0) /* entered again: it has to be shown again */
        self->layout_outcome = CONTROL_LAYOUT_PENDING;
    os_mutex_unlock(&self->lock);
    if (publisher_start(self) != OS_OK)
        status = STATUS_INSUFFICIENT_RESOURCES_;
    else
        status = adapter_start(self);
    if (!NT_SUCCESS(status)) {
        os_mutex_lock(&self->lock);
        self->powered = false;
        os_mutex_unlock(&self->lock);
        publisher_stop(self);
    }
    journal("EvtDeviceD0Entry(from %d) = 0x%08x %uus", (int)previous, (unsigned)status,
            (unsigned)(os_now_us() - start));
    return status;
}

/* After it nothing of ours runs and IddCx is not called until the next D0Entry. Adapter and monitors are
 * kept: their cleanup says when IddCx deletes them. */
static void device_stop(struct device *self)
{
    struct feed *feed;

    os_mutex_lock(&self->lock);
    self->powered = false;
    feed = self->feed;
    self->feed = NULL;
    os_mutex_unlock(&self->lock);

    publisher_stop(self);
    feed_destroy(feed);
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        struct monitor *monitor;

        os_mutex_lock(&self->lock);
        monitor = self->monitors[i];
        if (fault("sleep-forgets"))
            self->monitors[i] = NULL;
        os_mutex_unlock(&self->lock);
        if (monitor && !fault("thread-left"))
            monitor_stop_chain(monitor);
    }
    if (!fault("request-left"))
        ioctl_drain(self, STATUS_CANCELLED_);
}

static NTSTATUS device_d0_exit(WDFDEVICE object, WDF_POWER_DEVICE_STATE target)
{
    uint64_t start = os_now_us();

    device_stop(device_of(object));
    journal("EvtDeviceD0Exit(to %d) = 0 %uus", (int)target, (unsigned)(os_now_us() - start));
    return STATUS_SUCCESS;
}

static void device_cleanup(WDFOBJECT object)
{
    struct device *self = device_of(object);

    if (!self->lock_made)
        return;
    self->waiting = NULL; /* the framework has deleted it, and answered what was in it */
    device_stop(self);
    event_close(self->publish_event);
    if (!fault("handle-left"))
        event_close(self->feed_event);
    free(self->pointer.shape);
    self->pointer.shape = NULL;
    os_mutex_finish(&self->lock);
    self->lock_made = false;
    journal("device cleanup, session %u", (unsigned)self->session);
}

static NTSTATUS init_iddcx(PWDFDEVICE_INIT init)
{
    IDD_CX_CLIENT_CONFIG config = {
        .Size = iddcx_size(46, sizeof(config)),
        .EvtIddCxDeviceIoControl = ioctl_control,
        .EvtIddCxParseMonitorDescription = monitor_parse_description,
        .EvtIddCxAdapterInitFinished = adapter_init_finished,
        .EvtIddCxAdapterCommitModes = adapter_commit_modes,
        .EvtIddCxMonitorGetDefaultDescriptionModes = monitor_default_modes,
        .EvtIddCxMonitorQueryTargetModes = monitor_target_modes,
        .EvtIddCxMonitorAssignSwapChain = monitor_assign_swapchain,
        .EvtIddCxMonitorUnassignSwapChain = monitor_unassign_swapchain,
        .EvtIddCxMonitorGetPhysicalSize = monitor_physical_size,
    };

    if (fault("config-size"))
        config.Size += 8;
    return IddCxDeviceInitConfig(init, &config);
}

NTSTATUS device_add(WDFDRIVER driver, PWDFDEVICE_INIT init)
{
    static const GUID interface_class = CONTROL_INTERFACE_GUID;
    WDF_PNPPOWER_EVENT_CALLBACKS power = {
        .Size = sizeof(power), .EvtDeviceD0Entry = device_d0_entry, .EvtDeviceD0Exit = device_d0_exit};
    WDF_FILEOBJECT_CONFIG file = {.Size = sizeof(file),
                                  .EvtDeviceFileCreate = ioctl_file_create,
                                  .EvtFileCleanup = ioctl_file_cleanup,
                                  .AutoForwardCleanupClose = WdfUseDefault,
                                  .FileObjectClass = WdfFileObjectWdfCannotUseFsContexts};
    WDF_OBJECT_ATTRIBUTES attributes = {.Size = sizeof(attributes),
                                        .EvtCleanupCallback = device_cleanup,
                                        .ExecutionLevel = WdfExecutionLevelInheritFromParent,
                                        .SynchronizationScope = WdfSynchronizationScopeInheritFromParent,
                                        .ContextTypeInfo = &device_context_type};
    /* Manual, and not the default queue: that one is IddCx's (iddcx.md 7). Not power-managed: it holds no
     * work. */
    WDF_IO_QUEUE_CONFIG queue = {.Size = sizeof(queue), .DispatchType = WdfIoQueueDispatchManual};
    IDARG_OUT_GETVERSION version = {0};
    WDFDEVICE object;
    struct device *self;
    NTSTATUS status;

    WdfDeviceInitSetPnpPowerEventCallbacks(init, &power);
    if (!fault("config-missing") && !NT_SUCCESS(status = init_iddcx(init)))
        return status;
    WdfDeviceInitSetFileObjectConfig(init, &file, NULL);
    if (!NT_SUCCESS(status = WdfDeviceCreate(&init, &attributes, &object)))
        return status;

    self = device_of(object);
    self->object = object;
    self->session = read_session(object);
    self->pointer.owner = LAYOUT_MONITORS_MAX;
    os_mutex_init(&self->lock);
    self->lock_made = true;
    self->publish_event = event_create(false);
    self->feed_event = event_create(false);
    self->pointer.shape = malloc(sizeof(*self->pointer.shape)); /* too large for a context */
    if (!self->publish_event || !self->feed_event || !self->pointer.shape)
        return STATUS_INSUFFICIENT_RESOURCES_;
    /* From here a failure is left to the framework: it deletes the device, and device_cleanup runs. */
    if (!NT_SUCCESS(status = WdfIoQueueCreate(object, &queue, NULL, &self->waiting)) ||
        !NT_SUCCESS(status = WdfDeviceCreateDeviceInterface(object, &interface_class, NULL)) ||
        !NT_SUCCESS(status = IddCxDeviceInitialize(object)))
        return status;
    if (NT_SUCCESS(IddCxGetVersion(&version)))
        self->version = version.IddCxVersion;
    journal("device of session %d, IddCx 0x%x", (int)self->session, (unsigned)self->version);
    return STATUS_SUCCESS;
}

void device_report(struct device *self, struct control_report *report)
{
    memset(report, 0, sizeof(*report));
    report->version = CONTROL_VERSION;
    report->serial = self->serial;
    report->adapter = self->adapter_state;
    report->adapter_status = (ULONG)self->adapter_status;
    report->layout = self->layout_outcome;
    report->layout_status = (ULONG)self->layout_status;
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        report->monitors += self->monitors[i] != NULL;
        report->chains +=
            self->monitors[i] && self->monitors[i]->chain && chain_alive(self->monitors[i]->chain);
    }
    report->attached = self->feed && feed_alive(self->feed);
    report->frames = atomic_load(&self->frames);
    report->sent = atomic_load(&self->sent);
    report->skipped = atomic_load(&self->skipped);
}

void device_changed(struct device *self)
{
    struct control_report *report;
    WDFREQUEST request = NULL;
    NTSTATUS status = STATUS_SUCCESS;

    os_mutex_lock(&self->lock);
    self->serial++;
    if (self->waiting && !NT_SUCCESS(WdfIoQueueRetrieveNextRequest(self->waiting, &request)))
        request = NULL;
    if (request) {
        status = WdfRequestRetrieveOutputBuffer(request, sizeof(*report), (void **)&report, NULL);
        if (NT_SUCCESS(status)) {
            device_report(self, report);
            self->reported = self->serial;
        }
    }
    os_mutex_unlock(&self->lock);
    if (request)
        WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? sizeof(*report) : 0);
}

void device_render_failed(struct device *self)
{
    unsigned room = sizeof(self->render_failures) / sizeof(self->render_failures[0]);
    uint64_t now = os_now_ms(), *oldest;
    bool due;

    os_mutex_lock(&self->lock);
    oldest = &self->render_failures[self->render_failure_count++ % room];
    due = self->render_failure_count > room && now - *oldest < RENDER_FAILURES_MS;
    if (due) {
        self->render_due = true;
        self->render_failure_count = 0;
    }
    *oldest = now;
    os_mutex_unlock(&self->lock);
    if (due && fault("render-here"))
        device_render_act(self);
    else if (due)
        event_set(self->publish_event);
}

void device_render_act(struct device *self)
{
    IDDCX_ADAPTER adapter;
    bool due, software;

    os_mutex_lock(&self->lock);
    due = self->render_due;
    self->render_due = false;
    software = !self->render_software;
    self->render_software = self->render_software || due;
    adapter = self->powered ? self->adapter : NULL;
    os_mutex_unlock(&self->lock);

    if (!adapter || !due)
        return;
    if (software && iddcx_has(23)) {
        IDARG_IN_ADAPTERSETRENDERADAPTER in = {0};

        if (render_software_luid(&in.PreferredRenderAdapter)) {
            journal("the render adapter fails again and again: asking for the software one");
            IddCxAdapterSetRenderAdapter(adapter, &in);
        }
    } else {
        IDARG_IN_REPORTCRITICALERROR in = {CRITICAL_RENDER, 0};

        journal("no render adapter works: giving up");
        IddCxReportCriticalError(adapter, &in);
    }
}
