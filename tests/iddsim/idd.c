/* SPDX-License-Identifier: Apache-2.0 */
/* The class extension's calls about device, adapter, monitors and configuration. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

const size_t idd_sizes[IDDCX_STRUCTURE_COUNT_1_7] = {
#include "idd_sizes.inc"
};

#define STATUS_OLD_LIMIT 71 /* structures of 1.4 */

void check_size(ULONG size, unsigned index, size_t ours, const char *what)
{
    if (size != idd_sizes[index] || idd_sizes[index] != ours ||
        (the_sim->options.old && index >= STATUS_OLD_LIMIT))
        rule_broken(RULE_SIZES, "%s: Size %u, this system's is %u", what, (unsigned)size,
                    (unsigned)idd_sizes[index]);
    else
        rule_checked(RULE_SIZES);
}

/* May IddCx be called for this device? With the lock held. */
static bool callable(struct sim_device *device, const char *who)
{
    if (!device)
        return false;
    if (device->exited || !device->in_d0) {
        rule_broken(RULE_ORDER_EXIT, "%s %s", who, device->exited ? "after D0Exit" : "outside D0");
        return false;
    }
    rule_checked(RULE_ORDER_EXIT);
    return true;
}

static struct sim_device *device_of_adapter(IDDCX_ADAPTER handle, const char *who)
{
    struct object *adapter = object_get(handle, OBJECT_ADAPTER, who);

    return adapter ? (struct sim_device *)adapter->parent : NULL;
}

static NTSTATUS init_config(PIDD_DRIVER_GLOBALS globals, PWDFDEVICE_INIT init,
                            const IDD_CX_CLIENT_CONFIG *config)
{
    struct sim_device *device = (struct sim_device *)init;

    check_size(config->Size, 46, sizeof(*config), "IDD_CX_CLIENT_CONFIG");
    rule_check(RULE_ORDER_INIT, !device->created && !device->has_idd, "IddCxDeviceInitConfig late or twice");
    if (config->Size != sizeof(*config) || !config->EvtIddCxParseMonitorDescription ||
        !config->EvtIddCxAdapterInitFinished || !config->EvtIddCxAdapterCommitModes ||
        !config->EvtIddCxMonitorGetDefaultDescriptionModes || !config->EvtIddCxMonitorQueryTargetModes ||
        !config->EvtIddCxMonitorAssignSwapChain || !config->EvtIddCxMonitorUnassignSwapChain)
        return STATUS_INVALID_PARAMETER_;
    rule_check(RULE_CAPS, !config->EvtIddCxMonitorSetGammaRamp, "a gamma callback without gamma");
    device->idd = *config;
    device->has_idd = true;
    return STATUS_SUCCESS;
}

static NTSTATUS initialize(PIDD_DRIVER_GLOBALS globals, WDFDEVICE handle)
{
    struct sim_device *device = object_find(handle, OBJECT_DEVICE, "IddCxDeviceInitialize");

    if (!device || !rule_check(RULE_ORDER_INIT, device->created && device->has_idd && !device->initialized,
                               "IddCxDeviceInitialize after WdfDeviceCreate, once"))
        return STATUS_INVALID_DEVICE_REQUEST_;
    device->initialized = true;
    return STATUS_SUCCESS;
}

static bool has_text(PCWSTR text)
{
    return text && text[0];
}

static bool check_caps(const IDDCX_ADAPTER_CAPS *caps)
{
    const IDDCX_ENDPOINT_DIAGNOSTIC_INFO *d = &caps->EndPointDiagnostics;
    unsigned known = the_sim->options.version >= IDDCX_VERSION_1_10 ? 0xFF : 0x1F;

    check_size(caps->Size, 48, sizeof(*caps), "IDDCX_ADAPTER_CAPS");
    check_size(d->Size, 51, sizeof(*d), "IDDCX_ENDPOINT_DIAGNOSTIC_INFO");
    if (d->pHardwareVersion)
        check_size(d->pHardwareVersion->Size, 52, sizeof(*d->pHardwareVersion), "IDDCX_ENDPOINT_VERSION");
    if (!rule_check(RULE_CAPS, ((unsigned)caps->Flags & 5) == 5, "flags 1 and 4 are mandatory") ||
        !rule_check(RULE_CAPS, !((unsigned)caps->Flags & ~known), "a flag that this version does not know") ||
        !rule_check(RULE_CAPS, caps->MaxDisplayPipelineRate && caps->MaxMonitorsSupported,
                    "rate and monitors") ||
        !rule_check(RULE_CAPS, has_text(d->pEndPointModelName) && has_text(d->pEndPointManufacturerName),
                    "names") ||
        !rule_check(RULE_CAPS, d->pHardwareVersion && d->pFirmwareVersion, "versions") ||
        !rule_check(RULE_CAPS, d->GammaSupport == IDDCX_FEATURE_IMPLEMENTATION_NONE,
                    "gamma support is not NONE") ||
        !rule_check(RULE_CAPS, d->TransmissionType == IDDCX_TRANSMISSION_TYPE_WIRED_OTHER,
                    "transmission type"))
        return false;
    return true;
}

static NTSTATUS adapter_init(PIDD_DRIVER_GLOBALS globals, const IDARG_IN_ADAPTER_INIT *in,
                             IDARG_OUT_ADAPTER_INIT *out)
{
    struct sim *sim = the_sim;
    struct sim_device *device;
    struct object *adapter;
    bool good;

    os_mutex_lock(&sim->lock);
    device = object_get(in->WdfDevice, OBJECT_DEVICE, "IddCxAdapterInitAsync");
    good = callable(device, "IddCxAdapterInitAsync") &&
           rule_check(RULE_ORDER_ADAPTER, !device->adapter_asked && device->initialized,
                      "IddCxAdapterInitAsync twice or before IddCxDeviceInitialize");
    os_mutex_unlock(&sim->lock);
    if (!good || !check_caps(in->pCaps) || sim->options.refuse_init)
        return STATUS_INVALID_PARAMETER_;

    os_mutex_lock(&sim->lock);
    adapter = object_create(OBJECT_ADAPTER, sizeof(*adapter), in->ObjectAttributes, &device->object);
    device->adapter = adapter;
    device->adapter_asked = true;
    device->rate = in->pCaps->MaxDisplayPipelineRate;
    device->max_monitors = in->pCaps->MaxMonitorsSupported;
    system_post(device, TASK_INIT_FINISHED, NULL);
    os_mutex_unlock(&sim->lock);
    if (sim->options.finish_early)
        sim_settle(device);
    out->AdapterObject = (IDDCX_ADAPTER)adapter;
    return STATUS_SUCCESS;
}

static NTSTATUS monitor_create(PIDD_DRIVER_GLOBALS globals, IDDCX_ADAPTER handle,
                               const IDARG_IN_MONITORCREATE *in, IDARG_OUT_MONITORCREATE *out)
{
    static const GUID none;
    const IDDCX_MONITOR_INFO *info = in->pMonitorInfo;
    struct sim_device *device;
    struct sim_monitor *monitor = NULL;
    bool good;

    os_mutex_lock(&the_sim->lock);
    device = device_of_adapter(handle, "IddCxMonitorCreate");
    check_size(info->Size, 57, sizeof(*info), "IDDCX_MONITOR_INFO");
    check_size(info->MonitorDescription.Size, 56, sizeof(info->MonitorDescription),
               "IDDCX_MONITOR_DESCRIPTION");
    good = callable(device, "IddCxMonitorCreate") &&
           rule_check(RULE_ORDER_MONITOR, device->adapter_ready,
                      "IddCxMonitorCreate before the adapter is ready") &&
           rule_check(RULE_MONITOR_INFO, (int)info->MonitorType == 16, "monitor type") &&
           rule_check(RULE_MONITOR_INFO, info->ConnectorIndex < device->max_monitors, "connector index") &&
           rule_check(RULE_MONITOR_INFO, memcmp(&info->MonitorContainerId, &none, sizeof(none)) != 0,
                      "container id is zero") &&
           rule_check(RULE_MONITOR_INFO,
                      info->MonitorDescription.Type == IDDCX_MONITOR_DESCRIPTION_TYPE_EDID &&
                          !info->MonitorDescription.DataSize == !info->MonitorDescription.pData,
                      "monitor description");
    if (good && info->ConnectorIndex < LAYOUT_MONITORS_MAX &&
        rule_check(RULE_MONITOR_INFO, !device->monitors[info->ConnectorIndex], "connector in use")) {
        monitor = object_create(OBJECT_MONITOR, sizeof(*monitor), in->ObjectAttributes, device->adapter);
        monitor->device = device;
        monitor->connector = info->ConnectorIndex;
        device->monitors[monitor->connector] = monitor;
    }
    os_mutex_unlock(&the_sim->lock);
    out->MonitorObject = (IDDCX_MONITOR)monitor;
    return monitor ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER_;
}

static void query_on_thread(void *arg)
{
    struct sim_monitor **monitor = arg;

    if (!system_query_modes(*monitor))
        *monitor = NULL;
}

static NTSTATUS monitor_arrival(PIDD_DRIVER_GLOBALS globals, IDDCX_MONITOR handle,
                                IDARG_OUT_MONITORARRIVAL *out)
{
    struct sim_monitor *monitor;
    bool good;

    os_mutex_lock(&the_sim->lock);
    monitor = object_get(handle, OBJECT_MONITOR, "IddCxMonitorArrival");
    good = monitor && callable(monitor->device, "IddCxMonitorArrival") &&
           rule_check(RULE_ORDER_MONITOR, !monitor->arrived, "IddCxMonitorArrival twice");
    os_mutex_unlock(&the_sim->lock);
    if (!good)
        return STATUS_INVALID_PARAMETER_;
    if (the_sim->options.arrival_other_thread) {
        struct sim_monitor *asked = monitor;
        struct os_thread *thread;

        if (os_thread_create("sim-arrival", query_on_thread, &asked, &thread) != OS_OK)
            abort();
        os_thread_join(thread);
        good = asked != NULL;
    } else {
        good = system_query_modes(monitor);
    }
    if (!good)
        return STATUS_INVALID_PARAMETER_;
    os_mutex_lock(&the_sim->lock);
    monitor->arrived = true;
    out->OsAdapterLuid = (LUID){0x1dd, 0};
    out->OsTargetId = 0x100 + monitor->connector;
    if (monitor->device->config_count)
        system_post(monitor->device, TASK_APPLY, NULL);
    os_mutex_unlock(&the_sim->lock);
    return STATUS_SUCCESS;
}

static NTSTATUS monitor_departure(PIDD_DRIVER_GLOBALS globals, IDDCX_MONITOR handle)
{
    struct sim_monitor *monitor;
    NTSTATUS status = STATUS_INVALID_PARAMETER_;

    os_mutex_lock(&the_sim->lock);
    monitor = object_get(handle, OBJECT_MONITOR, "IddCxMonitorDeparture");
    if (monitor && callable(monitor->device, "IddCxMonitorDeparture") &&
        rule_check(RULE_ORDER_MONITOR, monitor->arrived && !monitor->departed,
                   "IddCxMonitorDeparture of one that is not there")) {
        monitor->departed = true;
        monitor->device->departures++;
        monitor->device->monitors[monitor->connector] = NULL;
        system_post(monitor->device, TASK_DEPART, monitor);
        status = STATUS_SUCCESS;
    }
    os_mutex_unlock(&the_sim->lock);
    return status;
}

static bool check_target(const struct sim_device *device, const IDDCX_TARGET_MODE *mode)
{
    const DISPLAYCONFIG_VIDEO_SIGNAL_INFO *s = &mode->TargetVideoSignalInfo.targetVideoSignalInfo;

    check_size(mode->Size, 66, sizeof(*mode), "IDDCX_TARGET_MODE");
    return rule_check(RULE_MODES_TARGET,
                      s->AdditionalSignalInfo.vSyncFreqDivider >= 1 &&
                          mode->RequiredBandwidth <= device->rate && s->activeSize.cx == s->totalSize.cx &&
                          s->activeSize.cy == s->totalSize.cy && s->activeSize.cx && s->activeSize.cy &&
                          s->vSyncFreq.Denominator && (int)s->scanLineOrdering == 1,
                      "a target mode's timing or bandwidth");
}

static NTSTATUS update_modes(PIDD_DRIVER_GLOBALS globals, IDDCX_MONITOR handle,
                             const IDARG_IN_UPDATEMODES *in)
{
    struct sim_monitor *monitor;
    NTSTATUS status = STATUS_INVALID_PARAMETER_;

    os_mutex_lock(&the_sim->lock);
    monitor = object_get(handle, OBJECT_MONITOR, "IddCxMonitorUpdateModes");
    if (monitor && callable(monitor->device, "IddCxMonitorUpdateModes") &&
        rule_check(RULE_MODES_TARGET,
                   in->TargetModeCount >= 1 && in->TargetModeCount <= SIM_MODES_MAX && in->Reason == 5,
                   "UpdateModes: count and reason")) {
        monitor->ntargets = 0;
        for (UINT i = 0; i < in->TargetModeCount; i++) {
            const DISPLAYCONFIG_2DREGION *size =
                &in->pTargetModes[i].TargetVideoSignalInfo.targetVideoSignalInfo.activeSize;

            if (check_target(monitor->device, &in->pTargetModes[i]))
                monitor->targets[monitor->ntargets++] = (struct layout_size){size->cx, size->cy};
        }
        status = STATUS_SUCCESS;
    }
    os_mutex_unlock(&the_sim->lock);
    return status;
}

static bool offers(const struct layout_size *sizes, unsigned n, const DISPLAYCONFIG_2DREGION *size)
{
    for (unsigned i = 0; i < n; i++)
        if (sizes[i].width == size->cx && sizes[i].height == size->cy)
            return true;
    return false;
}

static const char *path_problem(struct sim_device *device, const IDDCX_DISPLAYCONFIGPATH *paths, UINT i)
{
    const IDDCX_DISPLAYCONFIGPATH *p = &paths[i];
    struct sim_monitor *monitor =
        object_get(p->MonitorObject, OBJECT_MONITOR, "IddCxAdapterDisplayConfigUpdate");

    check_size(p->Size, 70, sizeof(*p), "IDDCX_DISPLAYCONFIGPATH");
    if (!monitor || monitor->device != device)
        return "a monitor of another adapter";
    if (!rule_check(RULE_ORDER_CONFIG, monitor->arrived, "configuration of a monitor that has not arrived"))
        return "the monitor has not arrived";
    if (!offers(monitor->targets, monitor->ntargets, &p->Resolution) ||
        (the_sim->options.version < IDDCX_VERSION_1_10 &&
         !offers(monitor->modes, monitor->nmodes, &p->Resolution)))
        return "a size that the monitor does not offer";
    if (p->RefreshRate.Denominator == 0 ||
        p->RefreshRate.Numerator != LAYOUT_REFRESH * p->RefreshRate.Denominator || p->VSyncFreqDivider != 1)
        return "the refresh rate is not the mode's";
    if (p->MonitorScaleFactor < 100 || p->MonitorScaleFactor > 500 || (int)p->Rotation != 1)
        return "scale factor or rotation";
    for (UINT k = 0; k < i; k++) {
        const IDDCX_DISPLAYCONFIGPATH *q = &paths[k];

        if (q->MonitorObject == p->MonitorObject)
            return "a monitor twice";
        if (p->Position.x < q->Position.x + (LONG)q->Resolution.cx &&
            q->Position.x < p->Position.x + (LONG)p->Resolution.cx &&
            p->Position.y < q->Position.y + (LONG)q->Resolution.cy &&
            q->Position.y < p->Position.y + (LONG)p->Resolution.cy)
            return "paths overlap";
    }
    return NULL;
}

static NTSTATUS config_update(PIDD_DRIVER_GLOBALS globals, IDDCX_ADAPTER handle,
                              const IDARG_IN_ADAPTERDISPLAYCONFIGUPDATE *in)
{
    struct sim *sim = the_sim;
    struct sim_device *device;
    NTSTATUS status = STATUS_INVALID_PARAMETER_;
    const char *problem = NULL;

    os_mutex_lock(&sim->lock);
    device = device_of_adapter(handle, "IddCxAdapterDisplayConfigUpdate");
    if (!callable(device, "IddCxAdapterDisplayConfigUpdate"))
        goto out;
    device->config_calls++;
    rule_check(RULE_ORDER_CONFIG, !(device->in_finished && device->finished_thread == os_thread_id()),
               "configuration published from AdapterInitFinished");
    if (in->PathCount < 1 || in->PathCount > LAYOUT_MONITORS_MAX)
        problem = "number of paths";
    for (UINT i = 0; i < in->PathCount && !problem; i++)
        problem = path_problem(device, in->pPaths, i);
    if (problem) {
        rule_broken(RULE_CONFIG, "%s", problem);
        goto out;
    }
    rule_checked(RULE_CONFIG);
    if (sim->options.stopped_configs) {
        status = STATUS_IDD_DEVICE_STOPPED;
        goto out;
    }
    if (sim->options.refuse_configs) {
        sim->options.refuse_configs--;
        goto out;
    }
    status = STATUS_SUCCESS;
    if (sim->options.ignore_configs) {
        sim->options.ignore_configs--;
        goto out;
    }
    device->config_count = in->PathCount;
    for (UINT i = 0; i < in->PathCount; i++)
        device->config[i] = (struct config_path){(struct sim_monitor *)in->pPaths[i].MonitorObject,
                                                 in->pPaths[i].Position,
                                                 {in->pPaths[i].Resolution.cx, in->pPaths[i].Resolution.cy},
                                                 in->pPaths[i].MonitorScaleFactor};
    system_post(device, TASK_APPLY, NULL);
out:
    os_mutex_unlock(&sim->lock);
    return status;
}

static NTSTATUS get_version(PIDD_DRIVER_GLOBALS globals, IDARG_OUT_GETVERSION *out)
{
    out->IddCxVersion = the_sim->options.version;
    return STATUS_SUCCESS;
}

static NTSTATUS critical_error(PIDD_DRIVER_GLOBALS globals, IDDCX_ADAPTER handle,
                               const IDARG_IN_REPORTCRITICALERROR *in)
{
    struct sim_device *device;

    os_mutex_lock(&the_sim->lock);
    device = device_of_adapter(handle, "IddCxReportCriticalError");
    if (callable(device, "IddCxReportCriticalError")) {
        device->critical++;
        rule_check(RULE_RENDER,
                   device->render_asked > 0 && in->MajorErrorCode <= 0xFF && in->MinorErrorCode <= 0xFF,
                   "critical error before the software adapter was asked for, or its codes");
    }
    os_mutex_unlock(&the_sim->lock);
    return STATUS_SUCCESS;
}

static void set_render_adapter(PIDD_DRIVER_GLOBALS globals, IDDCX_ADAPTER handle,
                               const IDARG_IN_ADAPTERSETRENDERADAPTER *in)
{
    struct sim_device *device;

    os_mutex_lock(&the_sim->lock);
    device = device_of_adapter(handle, "IddCxAdapterSetRenderAdapter");
    if (callable(device, "IddCxAdapterSetRenderAdapter")) {
        device->render_asked++;
        rule_check(RULE_RENDER, in->PreferredRenderAdapter.LowPart == 0xBA51C, "the software adapter's id");
        system_post(device, TASK_RENDER, NULL);
    }
    os_mutex_unlock(&the_sim->lock);
    if (device)
        sim_settle(device); /* swap chains of the old one are taken before it returns */
}

#define ENTRY(index_, name_, function_)                                                                      \
    do {                                                                                                     \
        name_##_fn *typed_ = function_;                                                                      \
        if ((index_) < count)                                                                                \
            table[index_] = (IDDFUNC)typed_;                                                                 \
    } while (0)

static void unknown(void)
{
    abort();
}

void idd_fill(IDDFUNC *table, unsigned count)
{
    for (unsigned i = 0; i < IDDCX_FUNCTION_COUNT_1_7; i++)
        table[i] = i < count ? unknown : NULL;
    ENTRY(0, IddCxDeviceInitConfig, init_config);
    ENTRY(1, IddCxDeviceInitialize, initialize);
    ENTRY(2, IddCxAdapterInitAsync, adapter_init);
    ENTRY(3, IddCxMonitorCreate, monitor_create);
    ENTRY(4, IddCxMonitorArrival, monitor_arrival);
    ENTRY(5, IddCxMonitorDeparture, monitor_departure);
    ENTRY(6, IddCxMonitorUpdateModes, update_modes);
    ENTRY(19, IddCxGetVersion, get_version);
    ENTRY(20, IddCxReportCriticalError, critical_error);
    ENTRY(23, IddCxAdapterSetRenderAdapter, set_render_adapter);
    ENTRY(24, IddCxAdapterDisplayConfigUpdate, config_update);
    idd_fill_chain(table, count);
}
