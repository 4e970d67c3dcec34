/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/device.h"

#include <string.h>

#include "driver/chain.h"

static EVT_WDF_OBJECT_CONTEXT_CLEANUP monitor_cleanup;

static const WDF_OBJECT_CONTEXT_TYPE_INFO monitor_context_type = {
    .Size = sizeof(monitor_context_type),
    .ContextName = "rdsprov monitor",
    .ContextSize = sizeof(struct monitor),
    .UniqueType = &monitor_context_type,
};

struct monitor *monitor_of(IDDCX_MONITOR object)
{
    return WdfObjectGetTypedContextWorker(object, &monitor_context_type);
}

void monitor_stop_chain(struct monitor *self)
{
    struct device *device = self->device;
    struct chain *chain;

    os_mutex_lock(&device->lock);
    chain = self->chain;
    if (chain)
        chain_ref(chain);
    os_mutex_unlock(&device->lock);
    chain_stop(chain);
    os_mutex_lock(&device->lock);
    if (chain && self->chain == chain) {
        self->chain = NULL;
        chain_unref(chain);
    }
    os_mutex_unlock(&device->lock);
    chain_unref(chain);
}

static void monitor_cleanup(WDFOBJECT object)
{
    struct monitor *self = monitor_of(object);
    struct device *device = self->device;

    if (!device) /* never came to life */
        return;
    if (device->lock_made) { /* else the device was cleaned up first */
        monitor_stop_chain(self);
        os_mutex_lock(&device->lock);
        if (device->monitors[self->connector] == self)
            device->monitors[self->connector] = NULL;
        os_mutex_unlock(&device->lock);
    }
    event_close(self->pointer_event);
    self->pointer_event = NULL;
}

/* The same monitor of the same session is the same to Windows: it remembers settings by this id. Never zero.
 */
static GUID container_id(const struct device *device, unsigned connector)
{
    GUID id = {0x8d1c7a30, 0x52f4, 0x4b61, {0x9e, 0x17, 0, 0, 0, 0, 0, 0}};

    memcpy(&id.Data4[2], &device->session, sizeof(device->session));
    id.Data4[7] = (UCHAR)connector;
    return id;
}

NTSTATUS monitor_arrive(struct device *device, unsigned connector, const struct layout_monitor *shape)
{
    IDDCX_MONITOR_INFO info = {
        .Size = iddcx_size(57, sizeof(info)),
        .MonitorType = DISPLAYCONFIG_OUTPUT_TECHNOLOGY_INDIRECT_WIRED_,
        .ConnectorIndex = connector,
        /* no EDID: the client's size need not be one that an EDID can say (iddcx.md 2) */
        .MonitorDescription = {.Size = iddcx_size(56, sizeof(info.MonitorDescription)),
                               .Type = IDDCX_MONITOR_DESCRIPTION_TYPE_EDID},
        .MonitorContainerId = container_id(device, connector),
    };
    WDF_OBJECT_ATTRIBUTES attributes = {.Size = sizeof(attributes),
                                        .EvtCleanupCallback = monitor_cleanup,
                                        .ExecutionLevel = WdfExecutionLevelInheritFromParent,
                                        .SynchronizationScope = WdfSynchronizationScopeInheritFromParent,
                                        .ContextTypeInfo = &monitor_context_type};
    IDARG_IN_MONITORCREATE in = {.ObjectAttributes = &attributes, .pMonitorInfo = &info};
    IDARG_OUT_MONITORCREATE out = {0};
    IDARG_OUT_MONITORARRIVAL arrived = {0};
    struct monitor *self;
    NTSTATUS status;

    if (fault("monitor-container"))
        memset(&info.MonitorContainerId, 0, sizeof(info.MonitorContainerId));
    status = IddCxMonitorCreate(device->adapter, &in, &out);
    if (!NT_SUCCESS(status)) {
        journal("IddCxMonitorCreate(%u) = 0x%08x", connector, (unsigned)status);
        return status;
    }
    self = monitor_of(out.MonitorObject);
    self->device = device;
    self->object = out.MonitorObject;
    self->connector = connector;
    self->nsizes = layout_sizes(shape, self->sizes);
    self->pointer_event = event_create(false); /* without one the pointer stays in the picture */
    os_mutex_lock(&device->lock);
    self->shape = *shape;
    device->monitors[connector] = self;
    os_mutex_unlock(&device->lock);

    status = IddCxMonitorArrival(self->object, &arrived); /* asks for modes, perhaps on this thread */
    journal("IddCxMonitorArrival(%u, %ux%u) = 0x%08x", connector, (unsigned)shape->width,
            (unsigned)shape->height, (unsigned)status);
    if (!NT_SUCCESS(status)) {
        os_mutex_lock(&device->lock);
        device->monitors[connector] = NULL;
        self->departing = true;
        os_mutex_unlock(&device->lock);
        WdfObjectDelete(self->object); /* nobody else knows it */
    }
    return status;
}

void monitor_depart(struct device *device, unsigned connector)
{
    struct monitor *self;
    NTSTATUS status;

    os_mutex_lock(&device->lock);
    self = device->monitors[connector];
    device->monitors[connector] = NULL;
    if (self)
        self->departing = true; /* what is assigned from now on is turned away */
    os_mutex_unlock(&device->lock);
    if (!self)
        return;
    monitor_stop_chain(self);
    /* The object is IddCx's from here: it unassigns and deletes. */
    status = IddCxMonitorDeparture(self->object);
    journal("IddCxMonitorDeparture(%u) = 0x%08x", connector, (unsigned)status);
}

bool monitor_offers(const struct monitor *self, uint32_t width, uint32_t height)
{
    if (self->target.width == width && self->target.height == height)
        return true;
    for (unsigned i = 0; i < self->nsizes; i++)
        if (self->sizes[i].width == width && self->sizes[i].height == height)
            return true;
    return false;
}

NTSTATUS monitor_parse_description(const IDARG_IN_PARSEMONITORDESCRIPTION *in,
                                   IDARG_OUT_PARSEMONITORDESCRIPTION *out)
{
    /* Our monitors have no description; this is never theirs. */
    out->MonitorModeBufferOutputCount = 0;
    out->PreferredMonitorModeIdx = IDDCX_NO_PREFERRED_MODE;
    journal("EvtIddCxParseMonitorDescription(%u bytes): not ours", (unsigned)in->MonitorDescription.DataSize);
    return STATUS_INVALID_PARAMETER_;
}

NTSTATUS monitor_default_modes(IDDCX_MONITOR object, const IDARG_IN_GETDEFAULTDESCRIPTIONMODES *in,
                               IDARG_OUT_GETDEFAULTDESCRIPTIONMODES *out)
{
    struct monitor *self = monitor_of(object);
    UINT room = in->pDefaultMonitorModes ? in->DefaultMonitorModeBufferInputCount : 0, n = 0;

    for (; n < room && n < self->nsizes; n++) {
        IDDCX_MONITOR_MODE *mode = &in->pDefaultMonitorModes[n];

        memset(mode, 0, sizeof(*mode));
        mode->Size = iddcx_size(58, sizeof(*mode));
        mode->Origin = IDDCX_MONITOR_MODE_ORIGIN_DRIVER;
        layout_signal(&self->sizes[n], fault("mode-divider") ? 1 : 0, &mode->MonitorVideoSignalInfo);
    }
    out->DefaultMonitorModeBufferOutputCount = room ? n : self->nsizes;
    out->PreferredMonitorModeIdx = 0; /* its own size */
    journal("EvtIddCxMonitorGetDefaultDescriptionModes(%u, room %u) = %u modes", self->connector,
            (unsigned)room, (unsigned)out->DefaultMonitorModeBufferOutputCount);
    return STATUS_SUCCESS;
}

NTSTATUS monitor_target_modes(IDDCX_MONITOR object, const IDARG_IN_QUERYTARGETMODES *in,
                              IDARG_OUT_QUERYTARGETMODES *out)
{
    struct monitor *self = monitor_of(object);
    UINT room = in->pTargetModes ? in->TargetModeBufferInputCount : 0, n = 0;

    for (; n < room && n < self->nsizes; n++) {
        IDDCX_TARGET_MODE *mode = &in->pTargetModes[n];

        memset(mode, 0, sizeof(*mode));
        mode->Size = iddcx_size(66, sizeof(*mode));
        layout_signal(&self->sizes[n], 1, &mode->TargetVideoSignalInfo.targetVideoSignalInfo);
        mode->RequiredBandwidth = layout_bandwidth(&self->sizes[n]);
    }
    out->TargetModeBufferOutputCount = room ? n : self->nsizes;
    journal("EvtIddCxMonitorQueryTargetModes(%u, room %u) = %u modes", self->connector, (unsigned)room,
            (unsigned)out->TargetModeBufferOutputCount);
    return STATUS_SUCCESS;
}

NTSTATUS monitor_physical_size(IDDCX_MONITOR object, IDARG_OUT_MONITORGETPHYSICALSIZE *out)
{
    struct monitor *self = monitor_of(object);
    struct layout_monitor shape;

    os_mutex_lock(&self->device->lock);
    shape = self->shape;
    os_mutex_unlock(&self->device->lock);
    layout_physical(&shape, &out->PhysicalWidth, &out->PhysicalHeight);
    journal("EvtIddCxMonitorGetPhysicalSize(%u) = %ux%u mm", self->connector, (unsigned)out->PhysicalWidth,
            (unsigned)out->PhysicalHeight);
    return STATUS_SUCCESS;
}

NTSTATUS monitor_assign_swapchain(IDDCX_MONITOR object, const IDARG_IN_SETSWAPCHAIN *in)
{
    struct monitor *self = monitor_of(object);
    struct device *device = self->device;
    struct chain *chain = NULL;
    NTSTATUS status = STATUS_IDD_ABANDON_SWAPCHAIN;
    uint64_t start = os_now_us();
    bool wanted;

    /* a chain that the system lost has ended by itself, and nobody came to unassign it */
    monitor_stop_chain(self);
    os_mutex_lock(&device->lock);
    wanted = device->powered && !self->departing;
    /* started under the lock: whoever stops the device after it finds the chain */
    if (wanted)
        chain = chain_start(self, in);
    if (chain) {
        self->chain = chain;
        self->active = true;
        status = STATUS_SUCCESS;
    }
    os_mutex_unlock(&device->lock);
    if (fault("assign-slow"))
        os_sleep_ms(2500);
    journal("EvtIddCxMonitorAssignSwapChain(%u) = 0x%08x %uus", self->connector, (unsigned)status,
            (unsigned)(os_now_us() - start));
    event_set(device->publish_event);
    device_changed(device);
    return status;
}

NTSTATUS monitor_unassign_swapchain(IDDCX_MONITOR object)
{
    struct monitor *self = monitor_of(object);
    uint64_t start = os_now_us();

    if (!fault("unassign-early"))
        monitor_stop_chain(self);
    journal("EvtIddCxMonitorUnassignSwapChain(%u) = 0 %uus", self->connector,
            (unsigned)(os_now_us() - start));
    device_changed(self->device);
    return STATUS_SUCCESS;
}
