/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UMDF 2.25 as far as the driver uses it: handles, structures and the calls through the framework's table,
 * declared in our own words from the facts in docs/reference/iddcx-abi.json; abi/check.py compares sizes,
 * offsets and table indices with that file in each build. x86-64 only. `Name_fn` is the type of an entry of
 * the table: the simulated framework implements the same types.
 */
#ifndef RDSPROV_DRIVER_ABI_WDF_H
#define RDSPROV_DRIVER_ABI_WDF_H

#include "driver/abi/wintypes_um.h"

#define WDF_FUNCTION_COUNT_2_25 268

typedef void *WDFOBJECT;
typedef struct WDFDRIVER__ *WDFDRIVER;
typedef struct WDFDEVICE__ *WDFDEVICE;
typedef struct WDFQUEUE__ *WDFQUEUE;
typedef struct WDFREQUEST__ *WDFREQUEST;
typedef struct WDFFILEOBJECT__ *WDFFILEOBJECT;
typedef struct WDFCMRESLIST__ *WDFCMRESLIST;
typedef struct WDFDEVICE_INIT *PWDFDEVICE_INIT;
typedef void *PDRIVER_OBJECT_UM;
typedef void *WDFCONTEXT;

typedef struct WDF_DRIVER_GLOBALS {
    WDFDRIVER Driver;
    ULONG DriverFlags;
    ULONG DriverTag;
    CHAR DriverName[32];
    BOOLEAN DisplaceDriverUnload;
} WDF_DRIVER_GLOBALS, *PWDF_DRIVER_GLOBALS;

typedef enum { WdfPowerDeviceD0 = 1, WdfPowerDeviceD3 = 4, WdfPowerDeviceD3Final = 5 } WDF_POWER_DEVICE_STATE;
typedef enum { WdfDeviceFailedAttemptRestart = 1, WdfDeviceFailedNoRestart = 2 } WDF_DEVICE_FAILED_ACTION;
enum { WdfExecutionLevelInheritFromParent = 1, WdfSynchronizationScopeInheritFromParent = 1 };
enum { SecurityIdentification_ = 1 }; /* SECURITY_IMPERSONATION_LEVEL */
enum { WdfUseDefault = 2, WdfFileObjectWdfCannotUseFsContexts = 4, WdfIoQueueDispatchManual = 3 };

typedef struct WDF_OBJECT_CONTEXT_TYPE_INFO {
    ULONG Size;
    const char *ContextName;
    size_t ContextSize;
    const struct WDF_OBJECT_CONTEXT_TYPE_INFO *UniqueType;
    void *EvtDriverGetUniqueContextType;
} WDF_OBJECT_CONTEXT_TYPE_INFO;
typedef const WDF_OBJECT_CONTEXT_TYPE_INFO *PCWDF_OBJECT_CONTEXT_TYPE_INFO;

typedef void EVT_WDF_OBJECT_CONTEXT_CLEANUP(WDFOBJECT);
typedef void EVT_WDF_OBJECT_CONTEXT_DESTROY(WDFOBJECT);

typedef struct WDF_OBJECT_ATTRIBUTES {
    ULONG Size;
    EVT_WDF_OBJECT_CONTEXT_CLEANUP *EvtCleanupCallback;
    EVT_WDF_OBJECT_CONTEXT_DESTROY *EvtDestroyCallback;
    int ExecutionLevel;
    int SynchronizationScope;
    WDFOBJECT ParentObject;
    size_t ContextSizeOverride;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;

typedef NTSTATUS EVT_WDF_DRIVER_DEVICE_ADD(WDFDRIVER, PWDFDEVICE_INIT);
typedef void EVT_WDF_DRIVER_UNLOAD(WDFDRIVER);

typedef struct WDF_DRIVER_CONFIG {
    ULONG Size;
    EVT_WDF_DRIVER_DEVICE_ADD *EvtDriverDeviceAdd;
    EVT_WDF_DRIVER_UNLOAD *EvtDriverUnload;
    ULONG DriverInitFlags;
    ULONG DriverPoolTag;
} WDF_DRIVER_CONFIG, *PWDF_DRIVER_CONFIG;

typedef NTSTATUS EVT_WDF_DEVICE_D0_ENTRY(WDFDEVICE, WDF_POWER_DEVICE_STATE);
typedef NTSTATUS EVT_WDF_DEVICE_D0_EXIT(WDFDEVICE, WDF_POWER_DEVICE_STATE);

typedef struct WDF_PNPPOWER_EVENT_CALLBACKS {
    ULONG Size;
    EVT_WDF_DEVICE_D0_ENTRY *EvtDeviceD0Entry;
    void *EvtDeviceD0EntryPostInterruptsEnabled;
    EVT_WDF_DEVICE_D0_EXIT *EvtDeviceD0Exit;
    void *EvtDeviceD0ExitPreInterruptsDisabled;
    void *EvtDevicePrepareHardware;
    void *EvtDeviceReleaseHardware;
    void *EvtDeviceSelfManagedIoCleanup;
    void *EvtDeviceSelfManagedIoFlush;
    void *EvtDeviceSelfManagedIoInit;
    void *EvtDeviceSelfManagedIoSuspend;
    void *EvtDeviceSelfManagedIoRestart;
    void *EvtDeviceSurpriseRemoval;
    void *EvtDeviceQueryRemove;
    void *EvtDeviceQueryStop;
    void *EvtDeviceUsageNotification;
    void *EvtDeviceRelationsQuery;
    void *EvtDeviceUsageNotificationEx;
} WDF_PNPPOWER_EVENT_CALLBACKS, *PWDF_PNPPOWER_EVENT_CALLBACKS;

typedef void EVT_WDF_DEVICE_FILE_CREATE(WDFDEVICE, WDFREQUEST, WDFFILEOBJECT);
typedef void EVT_WDF_FILE_CLEANUP(WDFFILEOBJECT);

typedef struct WDF_FILEOBJECT_CONFIG {
    ULONG Size;
    EVT_WDF_DEVICE_FILE_CREATE *EvtDeviceFileCreate;
    EVT_WDF_FILE_CLEANUP *EvtFileClose;
    EVT_WDF_FILE_CLEANUP *EvtFileCleanup;
    int AutoForwardCleanupClose;
    int FileObjectClass;
} WDF_FILEOBJECT_CONFIG, *PWDF_FILEOBJECT_CONFIG;

typedef void EVT_WDF_REQUEST_IMPERSONATE(WDFREQUEST, void *);

typedef struct WDF_IO_QUEUE_CONFIG {
    ULONG Size;
    int DispatchType;
    int PowerManaged;
    BOOLEAN AllowZeroLengthRequests;
    BOOLEAN DefaultQueue;
    void *EvtIoDefault;
    void *EvtIoRead;
    void *EvtIoWrite;
    void *EvtIoDeviceControl;
    void *EvtIoInternalDeviceControl;
    void *EvtIoStop;
    void *EvtIoResume;
    void *EvtIoCanceledOnQueue;
    ULONG Settings;
    WDFDRIVER Driver;
} WDF_IO_QUEUE_CONFIG, *PWDF_IO_QUEUE_CONFIG;

struct wdf_property_key { /* DEVPROPKEY */
    GUID fmtid;
    ULONG pid;
};

typedef struct WDF_DEVICE_PROPERTY_DATA {
    ULONG Size;
    const struct wdf_property_key *PropertyKey;
    ULONG Lcid;
    ULONG Flags;
} WDF_DEVICE_PROPERTY_DATA, *PWDF_DEVICE_PROPERTY_DATA;
typedef ULONG *PDEVPROPTYPE_;

/* Given by the binding: Microsoft's stub library, or binding/entry.c for the simulated framework. */
typedef void (*WDFFUNC)(void);
extern const WDFFUNC *WdfFunctions_02025;
extern PWDF_DRIVER_GLOBALS WdfDriverGlobals;

/* Given by the driver to the stub library. */
extern const ULONG WdfMinimumVersionRequired;
NTSTATUS DriverEntry(PDRIVER_OBJECT_UM driver, PUNICODE_STRING registry_path);

typedef NTSTATUS WdfDriverCreate_fn(PWDF_DRIVER_GLOBALS, PDRIVER_OBJECT_UM, PCUNICODE_STRING,
                                    PWDF_OBJECT_ATTRIBUTES, PWDF_DRIVER_CONFIG, WDFDRIVER *);
#define WdfDriverCreate(...) (((WdfDriverCreate_fn *)WdfFunctions_02025[57])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfDeviceInitSetPnpPowerEventCallbacks_fn(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT,
                                                       PWDF_PNPPOWER_EVENT_CALLBACKS);
#define WdfDeviceInitSetPnpPowerEventCallbacks(...)                                                          \
    (((WdfDeviceInitSetPnpPowerEventCallbacks_fn *)WdfFunctions_02025[19])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfDeviceInitSetFileObjectConfig_fn(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT, PWDF_FILEOBJECT_CONFIG,
                                                 PWDF_OBJECT_ATTRIBUTES);
#define WdfDeviceInitSetFileObjectConfig(...)                                                                \
    (((WdfDeviceInitSetFileObjectConfig_fn *)WdfFunctions_02025[23])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfDeviceCreate_fn(PWDF_DRIVER_GLOBALS, PWDFDEVICE_INIT *, PWDF_OBJECT_ATTRIBUTES,
                                    WDFDEVICE *);
#define WdfDeviceCreate(...) (((WdfDeviceCreate_fn *)WdfFunctions_02025[25])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfDeviceCreateDeviceInterface_fn(PWDF_DRIVER_GLOBALS, WDFDEVICE, const GUID *,
                                                   PCUNICODE_STRING);
#define WdfDeviceCreateDeviceInterface(...)                                                                  \
    (((WdfDeviceCreateDeviceInterface_fn *)WdfFunctions_02025[27])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfDeviceSetFailed_fn(PWDF_DRIVER_GLOBALS, WDFDEVICE, WDF_DEVICE_FAILED_ACTION);
#define WdfDeviceSetFailed(...)                                                                              \
    (((WdfDeviceSetFailed_fn *)WdfFunctions_02025[35])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfDeviceQueryPropertyEx_fn(PWDF_DRIVER_GLOBALS, WDFDEVICE, PWDF_DEVICE_PROPERTY_DATA, ULONG,
                                             void *, PULONG, PDEVPROPTYPE_);
#define WdfDeviceQueryPropertyEx(...)                                                                        \
    (((WdfDeviceQueryPropertyEx_fn *)WdfFunctions_02025[54])(WdfDriverGlobals, __VA_ARGS__))
typedef WDFDEVICE WdfFileObjectGetDevice_fn(PWDF_DRIVER_GLOBALS, WDFFILEOBJECT);
#define WdfFileObjectGetDevice(...)                                                                          \
    (((WdfFileObjectGetDevice_fn *)WdfFunctions_02025[69])(WdfDriverGlobals, __VA_ARGS__))
typedef ULONG WdfFileObjectGetInitiatorProcessId_fn(PWDF_DRIVER_GLOBALS, WDFFILEOBJECT);
#define WdfFileObjectGetInitiatorProcessId(...)                                                              \
    (((WdfFileObjectGetInitiatorProcessId_fn *)WdfFunctions_02025[70])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfIoQueueCreate_fn(PWDF_DRIVER_GLOBALS, WDFDEVICE, PWDF_IO_QUEUE_CONFIG,
                                     PWDF_OBJECT_ATTRIBUTES, WDFQUEUE *);
#define WdfIoQueueCreate(...) (((WdfIoQueueCreate_fn *)WdfFunctions_02025[85])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfIoQueueRetrieveNextRequest_fn(PWDF_DRIVER_GLOBALS, WDFQUEUE, WDFREQUEST *);
#define WdfIoQueueRetrieveNextRequest(...)                                                                   \
    (((WdfIoQueueRetrieveNextRequest_fn *)WdfFunctions_02025[91])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfIoQueueRetrieveRequestByFileObject_fn(PWDF_DRIVER_GLOBALS, WDFQUEUE, WDFFILEOBJECT,
                                                          WDFREQUEST *);
#define WdfIoQueueRetrieveRequestByFileObject(...)                                                           \
    (((WdfIoQueueRetrieveRequestByFileObject_fn *)WdfFunctions_02025[92])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfIoQueuePurge_fn(PWDF_DRIVER_GLOBALS, WDFQUEUE, void *, WDFCONTEXT);
#define WdfIoQueuePurge(...) (((WdfIoQueuePurge_fn *)WdfFunctions_02025[98])(WdfDriverGlobals, __VA_ARGS__))
typedef void *WdfObjectGetTypedContextWorker_fn(PWDF_DRIVER_GLOBALS, WDFOBJECT,
                                                PCWDF_OBJECT_CONTEXT_TYPE_INFO);
#define WdfObjectGetTypedContextWorker(...)                                                                  \
    (((WdfObjectGetTypedContextWorker_fn *)WdfFunctions_02025[123])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfObjectReferenceActual_fn(PWDF_DRIVER_GLOBALS, WDFOBJECT, void *, LONG, char *);
#define WdfObjectReferenceActual(...)                                                                        \
    (((WdfObjectReferenceActual_fn *)WdfFunctions_02025[126])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfObjectDereferenceActual_fn(PWDF_DRIVER_GLOBALS, WDFOBJECT, void *, LONG, char *);
#define WdfObjectDereferenceActual(...)                                                                      \
    (((WdfObjectDereferenceActual_fn *)WdfFunctions_02025[127])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfObjectDelete_fn(PWDF_DRIVER_GLOBALS, WDFOBJECT);
#define WdfObjectDelete(...) (((WdfObjectDelete_fn *)WdfFunctions_02025[129])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfRequestComplete_fn(PWDF_DRIVER_GLOBALS, WDFREQUEST, NTSTATUS);
#define WdfRequestComplete(...)                                                                              \
    (((WdfRequestComplete_fn *)WdfFunctions_02025[163])(WdfDriverGlobals, __VA_ARGS__))
typedef void WdfRequestCompleteWithInformation_fn(PWDF_DRIVER_GLOBALS, WDFREQUEST, NTSTATUS, ULONG_PTR);
#define WdfRequestCompleteWithInformation(...)                                                               \
    (((WdfRequestCompleteWithInformation_fn *)WdfFunctions_02025[164])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfRequestRetrieveInputBuffer_fn(PWDF_DRIVER_GLOBALS, WDFREQUEST, size_t, void **, size_t *);
#define WdfRequestRetrieveInputBuffer(...)                                                                   \
    (((WdfRequestRetrieveInputBuffer_fn *)WdfFunctions_02025[168])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfRequestRetrieveOutputBuffer_fn(PWDF_DRIVER_GLOBALS, WDFREQUEST, size_t, void **,
                                                   size_t *);
#define WdfRequestRetrieveOutputBuffer(...)                                                                  \
    (((WdfRequestRetrieveOutputBuffer_fn *)WdfFunctions_02025[169])(WdfDriverGlobals, __VA_ARGS__))
typedef WDFFILEOBJECT WdfRequestGetFileObject_fn(PWDF_DRIVER_GLOBALS, WDFREQUEST);
#define WdfRequestGetFileObject(...)                                                                         \
    (((WdfRequestGetFileObject_fn *)WdfFunctions_02025[172])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfRequestForwardToIoQueue_fn(PWDF_DRIVER_GLOBALS, WDFREQUEST, WDFQUEUE);
#define WdfRequestForwardToIoQueue(...)                                                                      \
    (((WdfRequestForwardToIoQueue_fn *)WdfFunctions_02025[174])(WdfDriverGlobals, __VA_ARGS__))
typedef NTSTATUS WdfRequestImpersonate_fn(PWDF_DRIVER_GLOBALS, WDFREQUEST, int, EVT_WDF_REQUEST_IMPERSONATE *,
                                          void *);
#define WdfRequestImpersonate(...)                                                                           \
    (((WdfRequestImpersonate_fn *)WdfFunctions_02025[178])(WdfDriverGlobals, __VA_ARGS__))
typedef ULONG WdfRequestGetRequestorProcessId_fn(PWDF_DRIVER_GLOBALS, WDFREQUEST);
#define WdfRequestGetRequestorProcessId(...)                                                                 \
    (((WdfRequestGetRequestorProcessId_fn *)WdfFunctions_02025[179])(WdfDriverGlobals, __VA_ARGS__))

#endif
