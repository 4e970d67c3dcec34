/* SPDX-License-Identifier: Apache-2.0 */
/* The driver, device and object part of the framework's table. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void unknown(void)
{
    fprintf(stderr, "iddsim: the driver called a function of the framework's table that is not simulated\n");
    abort();
}

static struct sim_device *init_of(PWDFDEVICE_INIT init)
{
    return (struct sim_device *)init;
}

static NTSTATUS driver_create(PWDF_DRIVER_GLOBALS globals, PDRIVER_OBJECT_UM driver, PCUNICODE_STRING path,
                              PWDF_OBJECT_ATTRIBUTES attributes, PWDF_DRIVER_CONFIG config, WDFDRIVER *out)
{
    struct sim *sim = the_sim;

    rule_check(RULE_ORDER_INIT, globals == &sim->globals && !sim->driver_handle, "WdfDriverCreate twice");
    rule_check(RULE_SIZES, config->Size == sizeof(*config), "WDF_DRIVER_CONFIG");
    if (driver != sim->driver_object || !path || !config->EvtDriverDeviceAdd)
        return STATUS_INVALID_PARAMETER_;
    sim->driver = *config;
    os_mutex_lock(&sim->lock);
    sim->driver_handle = object_create(OBJECT_DRIVER, sizeof(struct object), attributes, NULL);
    os_mutex_unlock(&sim->lock);
    if (out)
        *out = (WDFDRIVER)sim->driver_handle;
    return STATUS_SUCCESS;
}

static void init_power(PWDF_DRIVER_GLOBALS globals, PWDFDEVICE_INIT init,
                       PWDF_PNPPOWER_EVENT_CALLBACKS callbacks)
{
    rule_check(RULE_SIZES, callbacks->Size == sizeof(*callbacks), "WDF_PNPPOWER_EVENT_CALLBACKS");
    init_of(init)->power = *callbacks;
}

static void init_file(PWDF_DRIVER_GLOBALS globals, PWDFDEVICE_INIT init, PWDF_FILEOBJECT_CONFIG config,
                      PWDF_OBJECT_ATTRIBUTES attributes)
{
    rule_check(RULE_SIZES,
               config->Size == sizeof(*config) && config->FileObjectClass == 4 &&
                   config->AutoForwardCleanupClose == 2,
               "WDF_FILEOBJECT_CONFIG");
    init_of(init)->file_config = *config;
}

static NTSTATUS device_create(PWDF_DRIVER_GLOBALS globals, PWDFDEVICE_INIT *init,
                              PWDF_OBJECT_ATTRIBUTES attributes, WDFDEVICE *out)
{
    struct sim_device *device = init_of(*init);

    rule_check(RULE_ORDER_INIT, device->has_idd && !device->created,
               "IddCxDeviceInitConfig before WdfDeviceCreate, once");
    if (device->created)
        return STATUS_INVALID_DEVICE_REQUEST_;
    device->created = true;
    /* The init structure is the device's own memory here: it becomes the handle. */
    device->object.attributes = *attributes;
    rule_check(RULE_SIZES, attributes->Size == sizeof(*attributes), "WDF_OBJECT_ATTRIBUTES");
    if (attributes->ContextTypeInfo &&
        !(device->object.context = calloc(1, attributes->ContextTypeInfo->ContextSize)))
        return STATUS_INSUFFICIENT_RESOURCES_;
    *init = NULL;
    *out = (WDFDEVICE)device;
    return STATUS_SUCCESS;
}

static NTSTATUS device_interface(PWDF_DRIVER_GLOBALS globals, WDFDEVICE handle, const GUID *class_guid,
                                 PCUNICODE_STRING reference)
{
    static const GUID ours = CONTROL_INTERFACE_GUID;
    struct sim_device *device = object_find(handle, OBJECT_DEVICE, "WdfDeviceCreateDeviceInterface");

    if (!device || memcmp(class_guid, &ours, sizeof(ours)) != 0)
        return STATUS_INVALID_PARAMETER_;
    device->has_interface = true;
    return STATUS_SUCCESS;
}

static void set_failed(PWDF_DRIVER_GLOBALS globals, WDFDEVICE handle, WDF_DEVICE_FAILED_ACTION action)
{
    struct sim_device *device = object_find(handle, OBJECT_DEVICE, "WdfDeviceSetFailed");

    if (device)
        device->failed = true;
}

static NTSTATUS query_property(PWDF_DRIVER_GLOBALS globals, WDFDEVICE handle, PWDF_DEVICE_PROPERTY_DATA data,
                               ULONG size, void *buffer, PULONG required, PDEVPROPTYPE_ type)
{
    struct sim_device *device = object_find(handle, OBJECT_DEVICE, "WdfDeviceQueryPropertyEx");

    rule_check(RULE_SIZES, data->Size == sizeof(*data), "WDF_DEVICE_PROPERTY_DATA");
    if (!device || data->PropertyKey->fmtid.Data1 != 0x83da6326 || data->PropertyKey->pid != 6)
        return STATUS_OBJECT_NAME_NOT_FOUND_;
    *required = sizeof(device->session);
    *type = 7; /* DEVPROP_TYPE_UINT32 */
    if (size < sizeof(device->session))
        return STATUS_BUFFER_TOO_SMALL_;
    memcpy(buffer, &device->session, sizeof(device->session));
    return STATUS_SUCCESS;
}

static void *typed_context(PWDF_DRIVER_GLOBALS globals, WDFOBJECT handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO type)
{
    struct object *object;
    void *context = NULL;

    os_mutex_lock(&the_sim->lock);
    object = object_get(handle, 0, "WdfObjectGetTypedContext");
    if (object && object->attributes.ContextTypeInfo == type)
        context = object->context;
    os_mutex_unlock(&the_sim->lock);
    if (!context) {
        rule_broken(RULE_HANDLES, "no context of type '%s'", type->ContextName);
        rules_print(false);
        abort(); /* the driver would go on with NULL */
    }
    return context;
}

static void delete_object(PWDF_DRIVER_GLOBALS globals, WDFOBJECT handle)
{
    struct object *object;
    struct sim_chain *chain = NULL;

    os_mutex_lock(&the_sim->lock);
    object = object_get(handle, 0, "WdfObjectDelete");
    if (object && object->kind == OBJECT_CHAIN) {
        chain = (struct sim_chain *)object;
        if (!rule_check(RULE_CHAIN_DELETE, !object->dead, "a chain is deleted twice"))
            object = NULL;
    } else if (object && object->kind != OBJECT_MONITOR) {
        rule_broken(RULE_HANDLES, "WdfObjectDelete of something that is not the driver's to delete");
        object = NULL;
    }
    if (object && chain) {
        object->dead = true;
        chain_deleted(chain);
    }
    os_mutex_unlock(&the_sim->lock);
    if (object && !chain)
        object_delete(object);
}

static void no_reference(PWDF_DRIVER_GLOBALS globals, WDFOBJECT handle, void *tag, LONG line, char *file)
{
    struct object *object;

    os_mutex_lock(&the_sim->lock);
    if ((object = object_get(handle, 0, "WdfObjectReference")))
        object->refs++;
    os_mutex_unlock(&the_sim->lock);
}

static void no_dereference(PWDF_DRIVER_GLOBALS globals, WDFOBJECT handle, void *tag, LONG line, char *file)
{
    struct object *object;

    os_mutex_lock(&the_sim->lock);
    if ((object = object_get(handle, 0, "WdfObjectDereference")) &&
        rule_check(RULE_OBJECTS, object->refs > 1, "a reference too few"))
        object->refs--;
    os_mutex_unlock(&the_sim->lock);
}

/* An entry with the type that the driver calls it by. */
#define ENTRY(index_, name_, function_)                                                                      \
    do {                                                                                                     \
        name_##_fn *typed_ = function_;                                                                      \
        table[index_] = (WDFFUNC)typed_;                                                                     \
    } while (0)

void wdf_fill(WDFFUNC *table)
{
    for (unsigned i = 0; i < WDF_FUNCTION_COUNT_2_25; i++)
        table[i] = unknown;
    ENTRY(57, WdfDriverCreate, driver_create);
    ENTRY(19, WdfDeviceInitSetPnpPowerEventCallbacks, init_power);
    ENTRY(23, WdfDeviceInitSetFileObjectConfig, init_file);
    ENTRY(25, WdfDeviceCreate, device_create);
    ENTRY(27, WdfDeviceCreateDeviceInterface, device_interface);
    ENTRY(35, WdfDeviceSetFailed, set_failed);
    ENTRY(54, WdfDeviceQueryPropertyEx, query_property);
    ENTRY(123, WdfObjectGetTypedContextWorker, typed_context);
    ENTRY(126, WdfObjectReferenceActual, no_reference);
    ENTRY(127, WdfObjectDereferenceActual, no_dereference);
    ENTRY(129, WdfObjectDelete, delete_object);
    wdf_fill_requests(table);
    wdf_fill_caller(table);
}
