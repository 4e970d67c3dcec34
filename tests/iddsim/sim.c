/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and binding a driver; a device's life. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#define CALLBACK_LIMIT_MS 10000 /* IddCx ends the process then */

struct sim *the_sim;

static void *library_open(const char *path)
{
#ifdef _WIN32
    return LoadLibraryA(path);
#else
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
#endif
}

static FxDriverEntryUm_fn *library_entry(void *module)
{
    union {
#ifdef _WIN32
        FARPROC proc;
#else
        void *proc;
#endif
        FxDriverEntryUm_fn *entry;
    } found;

#ifdef _WIN32
    found.proc = GetProcAddress(module, "FxDriverEntryUm");
#else
    found.proc = dlsym(module, "FxDriverEntryUm");
#endif
    return found.entry;
}

static void library_close(void *module)
{
#ifdef _WIN32
    FreeLibrary(module);
#else
    dlclose(module);
#endif
}

uint32_t patience(uint32_t usual)
{
    const char *seconds = getenv("IDDSIM_PATIENCE");
    uint32_t ms = seconds ? (uint32_t)strtoul(seconds, NULL, 10) * 1000 : usual;

    return ms < usual ? ms : usual;
}

uint64_t callback_begin(void)
{
    os_mutex_lock(&the_sim->lock);
    the_sim->callbacks++;
    os_mutex_unlock(&the_sim->lock);
    return os_now_us();
}

void callback_end(uint64_t begin, const char *name)
{
    uint64_t took = os_now_us() - begin;

    if (took > (uint64_t)patience(CALLBACK_LIMIT_MS) * 1000)
        rule_broken(RULE_TIME_CALLBACK, "%s took %u ms", name, (unsigned)(took / 1000));
    else
        rule_checked(RULE_TIME_CALLBACK);
    if (the_sim->options.verbose)
        fprintf(stderr, "iddsim: %s %uus\n", name, (unsigned)took);
}

static NTSTATUS version_bind(void *context, struct wdf_bind_info *info, PWDF_DRIVER_GLOBALS *globals)
{
    static const ULONG counts[] = {257, 260, 261, 265, 268, 269, 273, 274};
    struct sim *sim = context;
    bool known = false;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        known = known || counts[i] == info->FuncCount;
    if (!rule_check(RULE_BIND, info->Size == sizeof(*info) || info->Size == 48, "WDF_BIND_INFO size") ||
        !rule_check(RULE_BIND,
                    known && info->FuncCount <= WDF_FUNCTION_COUNT_2_25 && info->FuncTable &&
                        info->Version.Major == 2,
                    "WDF_BIND_INFO version, count or table") ||
        !rule_check(RULE_BIND, info->Size == 48 || *info->MinimumVersionRequired <= info->Version.Minor,
                    "minimum version"))
        return (NTSTATUS)0xD000000D;
    *info->FuncTable = sim->table;
    sim->client_table = info->FuncTable;
    *globals = &sim->globals;
    *info->ClientVersionHigherThanFramework = FALSE;
    *info->FuncCountPtr = WDF_FUNCTION_COUNT_2_25;
    sim->bound = true;
    return STATUS_SUCCESS;
}

static void version_unbind(void *context, struct wdf_bind_info *info, PWDF_DRIVER_GLOBALS globals)
{
    struct sim *sim = context;

    rule_check(RULE_BIND, sim->bound && globals == &sim->globals, "version unbind");
    sim->bound = false;
}

static NTSTATUS class_bind(void *context, struct wdf_class_bind_info *info, PWDF_DRIVER_GLOBALS globals,
                           void *reserved)
{
    static const size_t *const sizes = idd_sizes;
    struct sim *sim = context;
    unsigned count = sim->options.old ? 25 : IDDCX_FUNCTION_COUNT_1_7;

    if (!rule_check(RULE_BIND,
                    info->Size == sizeof(*info) && info->Version.Major == 1 && info->Version.Minor == 7,
                    "WDF_CLASS_BIND_INFO") ||
        !rule_check(RULE_BIND, info->FunctionTableCount == IDDCX_FUNCTION_COUNT_1_7,
                    "class function count") ||
        !rule_check(RULE_BIND,
                    *info->MinimumVersionRequired >= 3 &&
                        *info->MinimumVersionRequired <= info->Version.Minor,
                    "IddMinimumVersionRequired") ||
        (sim->options.old && *info->MinimumVersionRequired > 4))
        return (NTSTATUS)0xD000000D;
    idd_fill(info->FunctionTable, count);
    *(void **)info->ClassBindInfo = sim;
    *info->ClientVersionHigherThanFramework = sim->options.old;
    *info->FuncCountPtr = count;
    *info->StructCountPtr = sim->options.old ? 71 : IDDCX_STRUCTURE_COUNT_1_7;
    *info->StructTable = sizes;
    return STATUS_SUCCESS;
}

static void class_unbind(void *context, struct wdf_class_bind_info *info, PWDF_DRIVER_GLOBALS globals)
{
    rule_check(RULE_BIND, ((struct sim *)context)->bound, "class unbind after version unbind");
}

static void *symbol(void *context, const char *name)
{
    void *found = d3d_symbol(name);

    return found ? found : caller_symbol(name);
}

struct sim *sim_load(const char *library, const struct sim_options *options)
{
    static WCHAR path_text[] = {'\\', 'R', 0};
    UNICODE_STRING path = {4, 6, path_text};
    struct sim *self = calloc(1, sizeof(*self));
    NTSTATUS status;

    if (!self)
        return NULL;
    the_sim = self;
    self->options = *options;
    os_mutex_init(&self->lock);
    wdf_fill(self->table);
    self->loader = (struct loader_interface){.Size = sizeof(self->loader),
                                             .VersionBind = version_bind,
                                             .VersionUnbind = version_unbind,
                                             .ClassBind = class_bind,
                                             .ClassUnbind = class_unbind,
                                             .Symbol = symbol};
    self->module = library_open(library);
    if (!self->module) {
        fprintf(stderr, "iddsim: cannot load '%s'\n", library);
        goto out;
    }
    self->entry = library_entry(self->module);
    if (!self->entry) {
        fprintf(stderr, "iddsim: '%s' has no FxDriverEntryUm\n", library);
        goto out;
    }
    status = self->entry(&self->loader, self, self->driver_object, &path);
    if (!NT_SUCCESS(status) || !self->driver_handle) {
        fprintf(stderr, "iddsim: the driver does not start: 0x%08x\n", (unsigned)status);
        goto out;
    }
    return self;
out:
    if (self->module)
        library_close(self->module);
    objects_free();
    os_mutex_finish(&self->lock);
    the_sim = NULL;
    free(self);
    return NULL;
}

void sim_unload(struct sim *self)
{
    for (unsigned i = 0; i < SIM_DEVICES_MAX; i++)
        if (self->devices[i])
            sim_remove_device(self->devices[i]);
    if (self->driver.EvtDriverUnload)
        self->driver.EvtDriverUnload((WDFDRIVER)self->driver_handle);
    object_delete(self->driver_handle);
    self->entry(&self->loader, self, self->driver_object, NULL);
    rule_check(RULE_BIND, !self->bound, "the driver did not unbind");
    rule_check(RULE_OBJECTS,
               objects_alive(OBJECT_CHAIN) + objects_alive(OBJECT_MONITOR) + objects_alive(OBJECT_DEVICE) ==
                   0,
               "objects are left after unload");
    library_close(self->module);
    objects_free();
    rule_check(RULE_COM, d3d_alive() == 0, "Direct3D objects are left");
    os_mutex_finish(&self->lock);
    the_sim = NULL;
    free(self);
}

static NTSTATUS enter_device(struct sim_device *device, WDF_POWER_DEVICE_STATE previous)
{
    struct sim *self = device->sim;
    uint64_t begin;
    NTSTATUS status;

    os_mutex_lock(&self->lock);
    device->in_d0 = true;
    device->exited = false;
    os_mutex_unlock(&self->lock);
    begin = callback_begin();
    status = device->power.EvtDeviceD0Entry((WDFDEVICE)device, previous);
    callback_end(begin, "EvtDeviceD0Entry");
    if (!NT_SUCCESS(status)) {
        os_mutex_lock(&self->lock);
        device->in_d0 = false;
        os_mutex_unlock(&self->lock);
        return status;
    }
    rule_check(RULE_ORDER_ADAPTER, device->adapter_asked, "no IddCxAdapterInitAsync in D0Entry");
    return status;
}

struct sim_device *sim_add_device(struct sim *self, ULONG session)
{
    struct sim_device *device;
    unsigned number = 0;
    uint64_t begin;
    NTSTATUS status;

    while (number < SIM_DEVICES_MAX && self->devices[number])
        number++;
    if (number == SIM_DEVICES_MAX)
        return NULL;
    os_mutex_lock(&self->lock);
    device = object_create(OBJECT_DEVICE, sizeof(*device), NULL, self->driver_handle);
    device->sim = self;
    device->number = number;
    device->session = session;
    self->devices[number] = device;
    os_mutex_unlock(&self->lock);
    system_start(device);

    begin = callback_begin();
    status = self->driver.EvtDriverDeviceAdd((WDFDRIVER)self->driver_handle, (PWDFDEVICE_INIT)device);
    callback_end(begin, "EvtDriverDeviceAdd");
    if (!NT_SUCCESS(status) || !rule_check(RULE_ORDER_INIT, device->initialized && device->has_interface,
                                           "no IddCxDeviceInitialize or no device interface"))
        goto out;
    if (NT_SUCCESS(enter_device(device, WdfPowerDeviceD3Final)))
        return device;
out:
    sim_remove_device(device);
    return NULL;
}

/* The chains that the driver took and never deleted. */
static void check_chains(struct sim_device *device)
{
    os_mutex_lock(&the_sim->lock);
    for (struct object *o = the_sim->objects; o; o = o->next) {
        struct sim_chain *chain = (struct sim_chain *)o;

        if (o->kind != OBJECT_CHAIN || chain->monitor->device != device || !chain->taken)
            continue;
        if (!rule_check(RULE_CHAIN_DELETE, o->dead, "a swap chain is left after D0Exit")) {
            o->dead = true;
            if (chain->device)
                com_release(chain->device);
            chain->device = NULL;
            event_set(chain->event);
        }
    }
    os_mutex_unlock(&the_sim->lock);
}

static void exit_device(struct sim_device *device, WDF_POWER_DEVICE_STATE target)
{
    struct sim *self = device->sim;
    uint64_t begin;
    bool in_d0;

    os_mutex_lock(&self->lock);
    in_d0 = device->in_d0;
    os_mutex_unlock(&self->lock);
    if (!in_d0)
        return;
    begin = callback_begin();
    device->power.EvtDeviceD0Exit((WDFDEVICE)device, target);
    callback_end(begin, "EvtDeviceD0Exit");
    os_mutex_lock(&self->lock);
    device->in_d0 = false;
    device->exited = true;
    os_mutex_unlock(&self->lock);
    check_no_requests(device, NULL, "D0Exit");
}

void sim_exit_device(struct sim_device *device)
{
    exit_device(device, WdfPowerDeviceD3Final);
}

bool sim_sleep_device(struct sim_device *device, enum sim_sleep kind)
{
    struct sim *self = device->sim;
    struct object *adapter = device->adapter;

    exit_device(device, WdfPowerDeviceD3);
    sim_settle(device); /* a swap chain may have come while the device went */
    check_chains(device);
    os_mutex_lock(&self->lock);
    device->config_count = 0;
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX; i++) {
        if (!device->monitors[i])
            continue;
        device->monitors[i]->active = false;
        device->monitors[i]->chain = NULL;
    }
    os_mutex_unlock(&self->lock);
    for (unsigned i = 0; i < LAYOUT_MONITORS_MAX && kind != SLEEP_KEEPS; i++) {
        struct sim_monitor *monitor = device->monitors[i];

        device->monitors[i] = NULL;
        if (!monitor)
            continue;
        screen_finish(&monitor->screen);
        object_delete(&monitor->object);
    }
    if (kind == SLEEP_TAKES_ADAPTER) {
        device->adapter_asked = device->adapter_ready = false;
        device->adapter = NULL;
        object_delete(adapter);
    }
    return NT_SUCCESS(enter_device(device, WdfPowerDeviceD3));
}

void sim_remove_device(struct sim_device *device)
{
    struct sim *self = device->sim;

    sim_exit_device(device);
    /* until here Windows' side went on: a swap chain may have come while the device went */
    system_stop(device);
    check_chains(device);
    for (struct object *o = self->objects; o; o = o->next)
        if (o->kind == OBJECT_FILE && !o->dead && ((struct sim_file *)o)->device == device)
            sim_close((struct sim_file *)o);
    for (struct object *o = self->objects; o; o = o->next)
        if (o->kind == OBJECT_MONITOR && ((struct sim_monitor *)o)->device == device)
            screen_finish(&((struct sim_monitor *)o)->screen);
    object_delete(&device->object);
    os_mutex_lock(&self->lock);
    self->devices[device->number] = NULL;
    os_mutex_unlock(&self->lock);
}
