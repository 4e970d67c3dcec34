/* SPDX-License-Identifier: Apache-2.0 */
/* Windows' side of a device: applies configurations, commits modes, gives and takes swap chains, on a thread
 * of its own. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define ASSIGN_LIMIT_MS 5000
#define SOFTWARE_LUID ((LUID){0xBA51C, 7})

void system_post(struct sim_device *device, enum task_kind kind, struct sim_monitor *monitor)
{
    if (device->task_count == SIM_TASKS_MAX || device->stop)
        return;
    device->tasks[(device->task_first + device->task_count++) % SIM_TASKS_MAX] = (struct task){kind, monitor};
    event_set(device->wake);
}

void system_lose_chain(struct sim_monitor *monitor)
{
    os_mutex_lock(&the_sim->lock);
    if (monitor->chain && !monitor->chain->object.dead) {
        monitor->chain->lost = true;
        monitor->chain->lost_ms = os_now_ms();
        event_set(monitor->chain->event);
    }
    os_mutex_unlock(&the_sim->lock);
}

static bool check_monitor_mode(const IDDCX_MONITOR_MODE *mode)
{
    const DISPLAYCONFIG_VIDEO_SIGNAL_INFO *s = &mode->MonitorVideoSignalInfo;

    check_size(mode->Size, 58, sizeof(*mode), "IDDCX_MONITOR_MODE");
    return rule_check(
        RULE_MODES_MONITOR,
        mode->Origin == IDDCX_MONITOR_MODE_ORIGIN_DRIVER && s->AdditionalSignalInfo.vSyncFreqDivider == 0 &&
            s->activeSize.cx == s->totalSize.cx && s->activeSize.cy == s->totalSize.cy && s->activeSize.cx &&
            s->activeSize.cy && s->vSyncFreq.Denominator && (int)s->scanLineOrdering == 1,
        "a monitor mode's divider, origin or timing");
}

static bool query_monitor_modes(struct sim_monitor *monitor, IDD_CX_CLIENT_CONFIG *idd)
{
    IDDCX_MONITOR_MODE modes[SIM_MODES_MAX] = {{0}};
    IDARG_IN_GETDEFAULTDESCRIPTIONMODES in = {0};
    IDARG_OUT_GETDEFAULTDESCRIPTIONMODES out = {0};
    uint64_t begin = callback_begin();
    UINT count;

    if (!NT_SUCCESS(idd->EvtIddCxMonitorGetDefaultDescriptionModes((IDDCX_MONITOR)monitor, &in, &out)))
        return false;
    callback_end(begin, "EvtIddCxMonitorGetDefaultDescriptionModes");
    count = out.DefaultMonitorModeBufferOutputCount;
    if (!rule_check(RULE_MODES_MONITOR, count >= 1 && count <= SIM_MODES_MAX, "number of monitor modes"))
        return false;
    for (int round = 0; round < 2; round++) { /* with too little room, then with enough */
        in.DefaultMonitorModeBufferInputCount = round == 0 && count > 1 ? count - 1 : count;
        in.pDefaultMonitorModes = modes;
        begin = callback_begin();
        if (!NT_SUCCESS(idd->EvtIddCxMonitorGetDefaultDescriptionModes((IDDCX_MONITOR)monitor, &in, &out)))
            return false;
        callback_end(begin, "EvtIddCxMonitorGetDefaultDescriptionModes");
        if (!rule_check(RULE_MODES_CALLS,
                        out.DefaultMonitorModeBufferOutputCount == in.DefaultMonitorModeBufferInputCount,
                        "monitor modes: more or fewer than there is room for"))
            return false;
    }
    rule_check(RULE_MODES_CALLS,
               out.PreferredMonitorModeIdx < count || out.PreferredMonitorModeIdx == IDDCX_NO_PREFERRED_MODE,
               "preferred mode");
    for (UINT i = 0; i < count; i++)
        if (check_monitor_mode(&modes[i]))
            monitor->modes[monitor->nmodes++] = (struct layout_size){
                modes[i].MonitorVideoSignalInfo.activeSize.cx, modes[i].MonitorVideoSignalInfo.activeSize.cy};
    return true;
}

static bool query_target_modes(struct sim_monitor *monitor, IDD_CX_CLIENT_CONFIG *idd)
{
    IDDCX_TARGET_MODE modes[SIM_MODES_MAX] = {{0}};
    IDARG_IN_QUERYTARGETMODES in = {.MonitorDescription = {.Size = sizeof(in.MonitorDescription),
                                                           .Type = IDDCX_MONITOR_DESCRIPTION_TYPE_EDID}};
    IDARG_OUT_QUERYTARGETMODES out = {0};
    uint64_t begin = callback_begin();

    if (!NT_SUCCESS(idd->EvtIddCxMonitorQueryTargetModes((IDDCX_MONITOR)monitor, &in, &out)))
        return false;
    callback_end(begin, "EvtIddCxMonitorQueryTargetModes");
    in.TargetModeBufferInputCount = out.TargetModeBufferOutputCount;
    in.pTargetModes = modes;
    if (!rule_check(RULE_MODES_TARGET,
                    in.TargetModeBufferInputCount >= 1 && in.TargetModeBufferInputCount <= SIM_MODES_MAX,
                    "number of target modes"))
        return false;
    begin = callback_begin();
    if (!NT_SUCCESS(idd->EvtIddCxMonitorQueryTargetModes((IDDCX_MONITOR)monitor, &in, &out)))
        return false;
    callback_end(begin, "EvtIddCxMonitorQueryTargetModes");
    rule_check(RULE_MODES_CALLS, out.TargetModeBufferOutputCount == in.TargetModeBufferInputCount,
               "target modes: count changed");
    for (UINT i = 0; i < in.TargetModeBufferInputCount; i++) {
        const DISPLAYCONFIG_VIDEO_SIGNAL_INFO *s = &modes[i].TargetVideoSignalInfo.targetVideoSignalInfo;

        check_size(modes[i].Size, 66, sizeof(modes[i]), "IDDCX_TARGET_MODE");
        if (rule_check(RULE_MODES_TARGET,
                       s->AdditionalSignalInfo.vSyncFreqDivider >= 1 &&
                           modes[i].RequiredBandwidth <= monitor->device->rate &&
                           s->activeSize.cx == s->totalSize.cx && s->activeSize.cy == s->totalSize.cy &&
                           (int)s->scanLineOrdering == 1,
                       "a target mode's timing or bandwidth"))
            monitor->targets[monitor->ntargets++] = (struct layout_size){s->activeSize.cx, s->activeSize.cy};
    }
    return true;
}

bool system_query_modes(struct sim_monitor *monitor)
{
    IDD_CX_CLIENT_CONFIG *idd = &monitor->device->idd;
    IDARG_OUT_MONITORGETPHYSICALSIZE size = {0};

    if (!query_monitor_modes(monitor, idd) || !query_target_modes(monitor, idd))
        return false;
    if (idd->EvtIddCxMonitorGetPhysicalSize) {
        uint64_t begin = callback_begin();
        NTSTATUS status = idd->EvtIddCxMonitorGetPhysicalSize((IDDCX_MONITOR)monitor, &size);

        callback_end(begin, "EvtIddCxMonitorGetPhysicalSize");
        rule_check(RULE_MONITOR_INFO,
                   status == STATUS_NO_DATA_DETECTED_ ||
                       (NT_SUCCESS(status) && size.PhysicalWidth && size.PhysicalHeight),
                   "physical size is zero");
    }
    return true;
}

static void unassign(struct sim_monitor *monitor)
{
    struct sim_chain *chain;
    uint64_t begin;
    bool gone;

    os_mutex_lock(&the_sim->lock);
    chain = monitor->chain;
    if (chain && !chain->object.dead) {
        chain->lost = true;
        event_set(chain->event);
    }
    os_mutex_unlock(&the_sim->lock);
    if (!chain)
        return;
    begin = callback_begin();
    monitor->device->idd.EvtIddCxMonitorUnassignSwapChain((IDDCX_MONITOR)monitor);
    callback_end(begin, "EvtIddCxMonitorUnassignSwapChain");
    os_mutex_lock(&the_sim->lock);
    gone = chain->object.dead;
    monitor->chain = NULL;
    os_mutex_unlock(&the_sim->lock);
    rule_check(RULE_CHAIN_UNASSIGN, gone, "Unassign returned and the chain is still there");
}

static void assign(struct sim_monitor *monitor)
{
    struct sim_device *device = monitor->device;
    struct sim_chain *chain;
    IDARG_IN_SETSWAPCHAIN in;
    uint64_t begin, took;
    NTSTATUS status;
    RECT all;

    os_mutex_lock(&the_sim->lock);
    if (!monitor->active || monitor->departed || device->updates_off || monitor->object.dead ||
        (monitor->chain && !monitor->chain->object.dead)) {
        os_mutex_unlock(&the_sim->lock);
        return;
    }
    os_mutex_unlock(&the_sim->lock);
    if (monitor->chain) /* lost, and Windows tells so first */
        unassign(monitor);

    os_mutex_lock(&the_sim->lock);
    if (!screen_resize(&monitor->screen, monitor->size.width, monitor->size.height, monitor->connector + 1))
        abort();
    chain = chain_make(monitor);
    chain->taken = true;
    monitor->chain = chain;
    all = (RECT){0, 0, (LONG)monitor->size.width, (LONG)monitor->size.height};
    chain_present(monitor, &all);
    in = (IDARG_IN_SETSWAPCHAIN){(IDDCX_SWAPCHAIN)chain, chain->event, SOFTWARE_LUID};
    if (the_sim->options.dead_adapter)
        in.RenderAdapterLuid = (LUID){1, 0xDEAD};
    os_mutex_unlock(&the_sim->lock);

    begin = callback_begin();
    status = device->idd.EvtIddCxMonitorAssignSwapChain((IDDCX_MONITOR)monitor, &in);
    took = os_now_us() - begin;
    callback_end(begin, "EvtIddCxMonitorAssignSwapChain");
    rule_check(RULE_CHAIN_ASSIGN, NT_SUCCESS(status) || status == STATUS_IDD_ABANDON_SWAPCHAIN,
               "an error that ends the host process");
    /* starting a thread takes microseconds; a loaded machine gets time */
    rule_check(RULE_CHAIN_ASSIGN, took < (uint64_t)patience(ASSIGN_LIMIT_MS) * 1000, "AssignSwapChain waits");
    if (NT_SUCCESS(status))
        return;
    os_mutex_lock(&the_sim->lock);
    monitor->chain = NULL;
    chain->taken = false;
    chain->object.dead = true; /* it stays Windows' */
    picture_set_finish(&chain->pictures);
    event_close(chain->event);
    chain->event = NULL;
    os_mutex_unlock(&the_sim->lock);
}

static void commit(struct sim_device *device)
{
    IDDCX_PATH paths[LAYOUT_MONITORS_MAX] = {{0}};
    IDARG_IN_COMMITMODES in = {.pPaths = paths};
    uint64_t begin;

    os_mutex_lock(&the_sim->lock);
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        struct sim_monitor *monitor = device->monitors[i];

        if (!monitor || !monitor->arrived)
            continue;
        monitor->commits++;
        monitor->commit_ms = os_now_ms();
        paths[in.PathCount].Size = sizeof(paths[0]);
        paths[in.PathCount].MonitorObject = (IDDCX_MONITOR)monitor;
        paths[in.PathCount].Flags =
            (IDDCX_PATH_FLAGS)(IDDCX_PATH_FLAGS_CHANGED | (monitor->active ? IDDCX_PATH_FLAGS_ACTIVE : 0));
        layout_signal(&monitor->size, 1, &paths[in.PathCount++].TargetVideoSignalInfo);
    }
    os_mutex_unlock(&the_sim->lock);
    if (in.PathCount == 0)
        return;
    begin = callback_begin();
    device->idd.EvtIddCxAdapterCommitModes((IDDCX_ADAPTER)device->adapter, &in);
    callback_end(begin, "EvtIddCxAdapterCommitModes");
}

/* The stored configuration (iddcx.md 2): all listed monitors are there, or every path goes off. */
static void apply(struct sim_device *device)
{
    struct config_path next[LAYOUT_MONITORS_MAX];
    struct sim_monitor *monitors[LAYOUT_MONITORS_MAX];
    unsigned count;
    bool whole = true;

    os_mutex_lock(&the_sim->lock);
    count = device->config_count;
    memcpy(next, device->config, sizeof(next));
    memcpy(monitors, device->monitors, sizeof(monitors));
    for (unsigned i = 0; i < count; i++)
        whole = whole && !next[i].monitor->departed && next[i].monitor->arrived;
    os_mutex_unlock(&the_sim->lock);

    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        struct sim_monitor *monitor = monitors[i];
        const struct config_path *path = NULL;
        bool active, resized;

        if (!monitor || !monitor->arrived)
            continue;
        for (unsigned k = 0; k < count; k++)
            if (next[k].monitor == monitor)
                path = &next[k];
        active = whole && path && !device->updates_off;
        resized =
            path && (monitor->size.width != path->size.width || monitor->size.height != path->size.height);
        if (monitor->active && (!active || resized))
            unassign(monitor);
        os_mutex_lock(&the_sim->lock);
        monitor->active = active;
        if (path) {
            monitor->size = path->size;
            monitor->at = path->at;
            monitor->scale = path->scale;
        }
        os_mutex_unlock(&the_sim->lock);
    }
    commit(device);
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++)
        if (monitors[i])
            assign(monitors[i]); /* looks whether it is still there */
}

static void depart(struct sim_device *device, struct sim_monitor *monitor)
{
    bool listed = false;

    os_mutex_lock(&the_sim->lock);
    for (unsigned i = 0; i < device->config_count; i++)
        listed = listed || device->config[i].monitor == monitor;
    if (listed)
        device->config_count = 0; /* a configuration with a hole is none */
    os_mutex_unlock(&the_sim->lock);
    unassign(monitor);
    if (listed)
        apply(device);
    screen_finish(&monitor->screen);
    object_delete(&monitor->object);
}

static void change_render(struct sim_device *device)
{
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++)
        if (device->monitors[i] && device->monitors[i]->active)
            unassign(device->monitors[i]);
    the_sim->options.dead_adapter = the_sim->options.dead_for_good;
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++)
        if (device->monitors[i])
            assign(device->monitors[i]);
}

static void init_finished(struct sim_device *device)
{
    IDARG_IN_ADAPTER_INIT_FINISHED in = {the_sim->options.init_status};
    uint64_t begin;

    os_mutex_lock(&the_sim->lock);
    device->adapter_ready = NT_SUCCESS(in.AdapterInitStatus);
    device->in_finished = true;
    device->finished_thread = os_thread_id();
    os_mutex_unlock(&the_sim->lock);
    begin = callback_begin();
    device->idd.EvtIddCxAdapterInitFinished((IDDCX_ADAPTER)device->adapter, &in);
    callback_end(begin, "EvtIddCxAdapterInitFinished");
    os_mutex_lock(&the_sim->lock);
    device->in_finished = false;
    os_mutex_unlock(&the_sim->lock);
}

static void run(struct sim_device *device, const struct task *task)
{
    switch (task->kind) {
    case TASK_INIT_FINISHED:
        init_finished(device);
        break;
    case TASK_APPLY:
        apply(device);
        break;
    case TASK_ASSIGN:
        assign(task->monitor);
        break;
    case TASK_DEPART:
        depart(device, task->monitor);
        break;
    case TASK_RENDER:
        change_render(device);
        break;
    case TASK_UPDATES_OFF:
        device->updates_off = true;
        apply(device);
        break;
    case TASK_UPDATES_ON:
        device->updates_off = false;
        apply(device);
        break;
    default:
        break;
    }
}

static void system_run(void *arg)
{
    struct sim_device *device = arg;

    for (;;) {
        struct task task = {TASK_NONE, NULL};
        bool stop;

        os_mutex_lock(&the_sim->lock);
        stop = device->stop;
        if (device->task_count) {
            task = device->tasks[device->task_first];
            device->task_first = (device->task_first + 1) % SIM_TASKS_MAX;
            device->task_count--;
        }
        device->task_running = task.kind != TASK_NONE;
        os_mutex_unlock(&the_sim->lock);
        if (stop)
            return;
        if (task.kind)
            run(device, &task);
        else
            event_wait(&device->wake, 1, EVENT_NEVER);
    }
}

bool sim_settle(struct sim_device *device)
{
    uint64_t until = os_now_ms() + patience(30000);

    while (os_now_ms() < until) {
        bool busy;

        os_mutex_lock(&the_sim->lock);
        busy = device->task_running || device->task_count;
        os_mutex_unlock(&the_sim->lock);
        if (!busy)
            return true;
        os_sleep_ms(1);
    }
    return false;
}

void system_start(struct sim_device *device)
{
    device->wake = event_create(false);
    if (!device->wake || os_thread_create("sim-system", system_run, device, &device->thread) != OS_OK)
        abort();
}

void system_stop(struct sim_device *device)
{
    os_mutex_lock(&the_sim->lock);
    device->stop = true;
    os_mutex_unlock(&the_sim->lock);
    event_set(device->wake);
    os_thread_join(device->thread);
    event_close(device->wake);
    device->wake = NULL;
}
