/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/device.h"

#define ADAPTER_TEXT(text_) ((PCWSTR)u##text_)

/* AdapterInitFinished may come before AdapterInitAsync has returned, when the adapter's context does not name
 * its device yet. Whoever comes second goes on. */
enum { ADAPTER_KNOWN = 1, ADAPTER_FINISHED = 2 };

struct adapter { /* context of an IDDCX_ADAPTER */
    struct device *device;
    NTSTATUS status;
    atomic_uint seen;
};

static const WDF_OBJECT_CONTEXT_TYPE_INFO adapter_context_type = {
    .Size = sizeof(adapter_context_type),
    .ContextName = "rdsprov adapter",
    .ContextSize = sizeof(struct adapter),
    .UniqueType = &adapter_context_type,
};

static EVT_WDF_OBJECT_CONTEXT_CLEANUP adapter_cleanup;

static struct adapter *adapter_of(IDDCX_ADAPTER object)
{
    return WdfObjectGetTypedContextWorker(object, &adapter_context_type);
}

/* Valid until the device is stopped, says the documentation of IddCx's objects: should the device start again
 * after that, it needs another one. */
static void adapter_cleanup(WDFOBJECT object)
{
    struct device *self = adapter_of((IDDCX_ADAPTER)object)->device;

    if (!self || !self->lock_made)
        return;
    if (fault("exit-call")) {
        IDARG_IN_REPORTCRITICALERROR in = {0};

        IddCxReportCriticalError((IDDCX_ADAPTER)object, &in);
    }
    os_mutex_lock(&self->lock);
    self->adapter = NULL;
    self->adapter_asked = false;
    self->adapter_state = CONTROL_ADAPTER_STARTING;
    self->adapter_status = STATUS_SUCCESS;
    os_mutex_unlock(&self->lock);
    journal("adapter cleanup");
}

NTSTATUS adapter_start(struct device *self)
{
    IDDCX_ENDPOINT_VERSION version = {.Size = iddcx_size(52, sizeof(version)), .MajorVer = 1};
    IDDCX_ADAPTER_CAPS caps = {
        .Size = iddcx_size(48, sizeof(caps)),
        .Flags = IDDCX_ADAPTER_FLAGS_USE_SMALLEST_MODE | IDDCX_ADAPTER_FLAGS_REMOTE_SESSION_DRIVER,
        .MaxDisplayPipelineRate = layout_pipeline(),
        .MaxMonitorsSupported = LAYOUT_MONITORS_MAX,
        .EndPointDiagnostics =
            {
                .Size = iddcx_size(51, sizeof(caps.EndPointDiagnostics)),
                /* the network types are refused for a remote session (iddcx.md 2) */
                .TransmissionType = IDDCX_TRANSMISSION_TYPE_WIRED_OTHER,
                .pEndPointFriendlyName = ADAPTER_TEXT("rdsprov remote display"),
                .pEndPointModelName = ADAPTER_TEXT("rdsprov-1"),
                .pEndPointManufacturerName = ADAPTER_TEXT("rdsprov"),
                .pHardwareVersion = &version,
                .pFirmwareVersion = &version,
                .GammaSupport = IDDCX_FEATURE_IMPLEMENTATION_NONE,
            },
    };
    WDF_OBJECT_ATTRIBUTES attributes = {.Size = sizeof(attributes),
                                        .EvtCleanupCallback = adapter_cleanup,
                                        .ExecutionLevel = WdfExecutionLevelInheritFromParent,
                                        .SynchronizationScope = WdfSynchronizationScopeInheritFromParent,
                                        .ContextTypeInfo = &adapter_context_type};
    IDARG_IN_ADAPTER_INIT in = {.WdfDevice = self->object, .pCaps = &caps, .ObjectAttributes = &attributes};
    IDARG_OUT_ADAPTER_INIT out = {0};
    struct adapter *adapter;
    NTSTATUS status;
    bool again;

    os_mutex_lock(&self->lock);
    again = self->adapter_asked;
    self->adapter_asked = true;
    os_mutex_unlock(&self->lock);
    if (again) /* from D0 to D0 without a stop, as by sleep: it is still there */
        return STATUS_SUCCESS;

    if (self->version >= IDDCX_VERSION_1_10)
        caps.Flags |= IDDCX_ADAPTER_FLAGS_REMOTE_ALL_TARGET_MODES_MONITOR_COMPATIBLE;
    if (fault("caps-gamma"))
        caps.EndPointDiagnostics.GammaSupport = IDDCX_FEATURE_IMPLEMENTATION_UNINITIALIZED;
    if (fault("caps-flags"))
        caps.Flags = IDDCX_ADAPTER_FLAGS_REMOTE_SESSION_DRIVER;
    status = IddCxAdapterInitAsync(&in, &out);
    journal("IddCxAdapterInitAsync(flags 0x%x) = 0x%08x", (unsigned)caps.Flags, (unsigned)status);
    if (!NT_SUCCESS(status)) {
        os_mutex_lock(&self->lock);
        self->adapter_asked = false;
        os_mutex_unlock(&self->lock);
        return status;
    }
    adapter = adapter_of(out.AdapterObject);
    adapter->device = self;
    if (atomic_fetch_or(&adapter->seen, ADAPTER_KNOWN) & ADAPTER_FINISHED) {
        IDARG_IN_ADAPTER_INIT_FINISHED finished = {adapter->status};

        adapter_init_finished(out.AdapterObject, &finished);
    }
    return STATUS_SUCCESS;
}

NTSTATUS adapter_init_finished(IDDCX_ADAPTER object, const IDARG_IN_ADAPTER_INIT_FINISHED *in)
{
    struct adapter *adapter = adapter_of(object);
    struct device *self;
    bool failed = !NT_SUCCESS(in->AdapterInitStatus);

    adapter->status = in->AdapterInitStatus;
    if (!(atomic_fetch_or(&adapter->seen, ADAPTER_FINISHED) & ADAPTER_KNOWN)) {
        journal("EvtIddCxAdapterInitFinished(0x%08x): early", (unsigned)in->AdapterInitStatus);
        return STATUS_SUCCESS;
    }
    self = adapter->device;
    os_mutex_lock(&self->lock);
    self->adapter = object;
    self->adapter_status = in->AdapterInitStatus;
    self->adapter_state = failed ? CONTROL_ADAPTER_FAILED : CONTROL_ADAPTER_READY;
    os_mutex_unlock(&self->lock);
    journal("EvtIddCxAdapterInitFinished(0x%08x) = 0", (unsigned)in->AdapterInitStatus);
    if (failed)
        WdfDeviceSetFailed(self->object, WdfDeviceFailedNoRestart);
    if (fault("config-early")) { /* for the checker: a configuration from this callback */
        IDDCX_DISPLAYCONFIGPATH path = {.Size = sizeof(path)};
        IDARG_IN_ADAPTERDISPLAYCONFIGUPDATE update = {.PathCount = 1, .pPaths = &path};

        IddCxAdapterDisplayConfigUpdate(object, &update);
    }
    /* Monitors and configuration are not this thread's: what is published from here is ignored
     * (iddcx.md 1.9). */
    event_set(self->publish_event);
    device_changed(self);
    return STATUS_SUCCESS;
}

NTSTATUS adapter_commit_modes(IDDCX_ADAPTER object, const IDARG_IN_COMMITMODES *in)
{
    struct device *self = adapter_of(object)->device;
    unsigned active = 0;

    for (UINT i = 0; i < in->PathCount; i++) {
        const IDDCX_PATH *path = &in->pPaths[i];
        struct monitor *monitor = monitor_of(path->MonitorObject);

        os_mutex_lock(&self->lock);
        monitor->active = (path->Flags & IDDCX_PATH_FLAGS_ACTIVE) != 0;
        active += monitor->active;
        os_mutex_unlock(&self->lock);
        /* each commit goes back to the software pointer (iddcx.md 4): the chain's thread sets it up again */
        atomic_fetch_add(&monitor->commits, 1);
    }
    journal("EvtIddCxAdapterCommitModes(%u paths, %u active) = 0", (unsigned)in->PathCount, active);
    return STATUS_SUCCESS;
}
