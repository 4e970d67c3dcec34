/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a UMDF 2 driver is bound: records that the driver hands to the framework, and the interface that the
 * loader hands to FxDriverEntryUm. The records are public (iddcx-abi.json, bind_info); the loader's interface
 * is not: its slots after VersionBind are what the simulated framework (tests/iddsim) chose. A driver for
 * Windows is linked with Microsoft's stub libraries instead and never sees this file.
 */
#ifndef RDSPROV_DRIVER_BINDING_LOADER_H
#define RDSPROV_DRIVER_BINDING_LOADER_H

#include "driver/abi/iddcx.h"

struct wdf_version {
    ULONG Major, Minor, Build;
};

struct wdf_bind_info { /* WDF_BIND_INFO2 */
    ULONG Size;
    PCWSTR Component;
    struct wdf_version Version;
    ULONG FuncCount;
    const WDFFUNC **FuncTable; /* for more than 248 functions: where the table's address goes */
    void *Module;
    const ULONG *MinimumVersionRequired;
    BOOLEAN *ClientVersionHigherThanFramework;
    ULONG *FuncCountPtr;
    ULONG *StructCountPtr;
    const size_t **StructTable;
};

struct wdf_class_bind_info { /* WDF_CLASS_BIND_INFO2 */
    ULONG Size;
    PCWSTR ClassName;
    struct wdf_version Version;
    IDDFUNC *FunctionTable; /* the array itself */
    ULONG FunctionTableCount;
    void *ClassBindInfo; /* address of the driver's pointer to its globals */
    void *ClientBindClass;
    void *ClientUnbindClass;
    void *ClassModule;
    const ULONG *MinimumVersionRequired;
    BOOLEAN *ClientVersionHigherThanFramework;
    ULONG *FuncCountPtr;
    ULONG *StructCountPtr;
    const size_t **StructTable;
};

struct loader_interface {
    ULONG Size;
    NTSTATUS (*VersionBind)(void *context, struct wdf_bind_info *info, PWDF_DRIVER_GLOBALS *globals);
    void (*VersionUnbind)(void *context, struct wdf_bind_info *info, PWDF_DRIVER_GLOBALS globals);
    NTSTATUS(*ClassBind)
    (void *context, struct wdf_class_bind_info *info, PWDF_DRIVER_GLOBALS globals, void *reserved);
    void (*ClassUnbind)(void *context, struct wdf_class_bind_info *info, PWDF_DRIVER_GLOBALS globals);
    /* ours: a stand-in for an exported function of a system library ("D3D11CreateDevice"), or NULL */
    void *(*Symbol)(void *context, const char *name);
    ULONG Flags;
    ULONG Padding;
};

_Static_assert(sizeof(struct wdf_bind_info) == 88 && offsetof(struct wdf_bind_info, FuncCount) == 28 &&
                   offsetof(struct wdf_bind_info, FuncTable) == 32 &&
                   offsetof(struct wdf_bind_info, MinimumVersionRequired) == 48,
               "WDF_BIND_INFO2");
_Static_assert(sizeof(struct wdf_class_bind_info) == 120 &&
                   offsetof(struct wdf_class_bind_info, FunctionTable) == 32 &&
                   offsetof(struct wdf_class_bind_info, ClassBindInfo) == 48 &&
                   offsetof(struct wdf_class_bind_info, MinimumVersionRequired) == 80,
               "WDF_CLASS_BIND_INFO2");
_Static_assert(sizeof(struct loader_interface) == 56 && offsetof(struct loader_interface, ClassBind) == 24,
               "loader interface");

/* The driver's only export. With a NULL registry path: the driver is about to be unloaded; unbind (ours: the
 * stub library has a way of its own, which is not public). */
#ifdef _WIN32
__declspec(dllexport)
#else
__attribute__((visibility("default")))
#endif
    NTSTATUS FxDriverEntryUm(void *loader, void *context, void *driver_object, PUNICODE_STRING registry_path);
typedef NTSTATUS FxDriverEntryUm_fn(void *loader, void *context, void *driver_object,
                                    PUNICODE_STRING registry_path);

/* The loader's stand-in for an exported function of a system library; NULL: none, or not bound. */
void *entry_symbol(const char *name);

#endif
