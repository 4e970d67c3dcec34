/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binding for the simulated framework: what Microsoft's WdfDriverStubUm.lib and IddCxStub.lib do in a
 * build for Windows, with the same symbols, so that nothing else of the driver differs. It binds version,
 * then class, then calls DriverEntry (iddcx-abi.json, stub_duties_in_order).
 */
#include "driver/binding/loader.h"

const WDFFUNC *WdfFunctions_02025;
PWDF_DRIVER_GLOBALS WdfDriverGlobals;
IDDFUNC IddFunctions[IDDCX_FUNCTION_COUNT_1_7];
PIDD_DRIVER_GLOBALS IddDriverGlobals;
BOOLEAN IddClientVersionHigherThanFramework;
ULONG IddFunctionCount;
ULONG IddStructureCount;
const size_t *IddStructures;

static BOOLEAN wdf_client_higher;
static ULONG wdf_function_count, wdf_structure_count;
static const size_t *wdf_structures;
static const struct loader_interface *bound_loader;
static void *bound_context;

static struct wdf_bind_info version_info = {
    .Size = sizeof(version_info),
    .Version = {2, 25, 0},
    .FuncCount = WDF_FUNCTION_COUNT_2_25,
    .FuncTable = &WdfFunctions_02025,
    .ClientVersionHigherThanFramework = &wdf_client_higher,
    .FuncCountPtr = &wdf_function_count,
    .StructCountPtr = &wdf_structure_count,
    .StructTable = &wdf_structures,
};

static struct wdf_class_bind_info class_info = {
    .Size = sizeof(class_info),
    .Version = {1, 7, 0},
    .FunctionTable = IddFunctions,
    .FunctionTableCount = IDDCX_FUNCTION_COUNT_1_7,
    .ClassBindInfo = &IddDriverGlobals,
    .ClientVersionHigherThanFramework = &IddClientVersionHigherThanFramework,
    .FuncCountPtr = &IddFunctionCount,
    .StructCountPtr = &IddStructureCount,
    .StructTable = &IddStructures,
};

static void unbind(bool class_bound)
{
    if (class_bound)
        bound_loader->ClassUnbind(bound_context, &class_info, WdfDriverGlobals);
    bound_loader->VersionUnbind(bound_context, &version_info, WdfDriverGlobals);
    bound_loader = NULL;
}

NTSTATUS FxDriverEntryUm(void *loader, void *context, void *driver_object, PUNICODE_STRING registry_path)
{
    const struct loader_interface *given = loader;
    NTSTATUS status;

    if (!given || given->Size < sizeof(*given))
        return STATUS_INVALID_PARAMETER_;
    if (!registry_path) {
        if (!bound_loader)
            return STATUS_INVALID_DEVICE_STATE_;
        unbind(true);
        return STATUS_SUCCESS;
    }
    bound_loader = given;
    bound_context = context;
    version_info.Component = (PCWSTR)u"UmdfLibrary";
    version_info.MinimumVersionRequired = &WdfMinimumVersionRequired;
    class_info.ClassName = (PCWSTR)u"IddCx";
    class_info.MinimumVersionRequired = &IddMinimumVersionRequired;

    status = given->VersionBind(context, &version_info, &WdfDriverGlobals);
    if (!NT_SUCCESS(status)) {
        bound_loader = NULL;
        return status;
    }
    status = given->ClassBind(context, &class_info, WdfDriverGlobals, NULL);
    if (!NT_SUCCESS(status)) {
        unbind(false);
        return status;
    }
    status = DriverEntry(driver_object, registry_path);
    if (!NT_SUCCESS(status))
        unbind(true);
    return status;
}

void *entry_symbol(const char *name)
{
    return bound_loader ? bound_loader->Symbol(bound_context, name) : NULL;
}
