/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IddCx 1.7 as far as a remote-session driver uses it, declared in our own words from the facts in
 * docs/reference/iddcx-abi.json; abi/check.py compares sizes, offsets, values and table indices with that
 * file in each build. What a call means and when it may be made: docs/reference/iddcx.md.
 */
#ifndef RDSPROV_DRIVER_ABI_IDDCX_H
#define RDSPROV_DRIVER_ABI_IDDCX_H

#include "driver/abi/wdf.h"

#define IDDCX_FUNCTION_COUNT_1_7 30
#define IDDCX_STRUCTURE_COUNT_1_7 76
#define IDDCX_NO_PREFERRED_MODE 0xFFFFFFFFu

/* IddCxGetVersion: iddcx-abi.json get_version_values */
#define IDDCX_VERSION_1_7 0x1700u
#define IDDCX_VERSION_1_10 0x1A80u

typedef struct IDDCX_ADAPTER__ *IDDCX_ADAPTER;
typedef struct IDDCX_MONITOR__ *IDDCX_MONITOR;
typedef struct IDDCX_SWAPCHAIN__ *IDDCX_SWAPCHAIN;
typedef struct IDD_DRIVER_GLOBALS *PIDD_DRIVER_GLOBALS;
struct IDXGIDevice_;
struct IDXGIResource_;

typedef enum IDDCX_FEATURE_IMPLEMENTATION {
    IDDCX_FEATURE_IMPLEMENTATION_UNINITIALIZED = 0,
    IDDCX_FEATURE_IMPLEMENTATION_NONE = 1,
    IDDCX_FEATURE_IMPLEMENTATION_HARDWARE = 2,
    IDDCX_FEATURE_IMPLEMENTATION_SOFTWARE = 3,
} IDDCX_FEATURE_IMPLEMENTATION;

typedef enum IDDCX_TRANSMISSION_TYPE {
    IDDCX_TRANSMISSION_TYPE_UNINITIALIZED = 0,
    IDDCX_TRANSMISSION_TYPE_WIRED_USB = 1,
    IDDCX_TRANSMISSION_TYPE_WIRED_MIRACAST = 2,
    IDDCX_TRANSMISSION_TYPE_WIRED_OTHER = 3,
    IDDCX_TRANSMISSION_TYPE_WIRELESS_MAUSB = 4,
    IDDCX_TRANSMISSION_TYPE_WIRELESS_USB_OTHER = 5,
    IDDCX_TRANSMISSION_TYPE_WIRELESS_WIFI_OTHER = 6,
    IDDCX_TRANSMISSION_TYPE_WIRELESS_MIRACAST = 7,
    IDDCX_TRANSMISSION_TYPE_WIRELESS_OTHER = 8,
    IDDCX_TRANSMISSION_TYPE_NETWORK_OTHER = 9,
    IDDCX_TRANSMISSION_TYPE_OTHER = -1,
} IDDCX_TRANSMISSION_TYPE;

typedef enum IDDCX_ADAPTER_FLAGS {
    IDDCX_ADAPTER_FLAGS_NONE = 0,
    IDDCX_ADAPTER_FLAGS_USE_SMALLEST_MODE = 1,
    IDDCX_ADAPTER_FLAGS_CAN_USE_MOVE_REGIONS = 2,
    IDDCX_ADAPTER_FLAGS_REMOTE_SESSION_DRIVER = 4,
    IDDCX_ADAPTER_FLAGS_PREFER_PHYSICALLY_CONTIGUOUS = 8,
    IDDCX_ADAPTER_FLAGS_REMOTE_ALL_CURSOR_POSITION = 16,
    IDDCX_ADAPTER_FLAGS_PREFER_PRECISE_PRESENT_REGIONS = 32,
    IDDCX_ADAPTER_FLAGS_CAN_PROCESS_FP16 = 64,
    IDDCX_ADAPTER_FLAGS_REMOTE_ALL_TARGET_MODES_MONITOR_COMPATIBLE = 128,
} IDDCX_ADAPTER_FLAGS;

typedef enum IDDCX_MONITOR_DESCRIPTION_TYPE {
    IDDCX_MONITOR_DESCRIPTION_TYPE_UNINITIALIZED = 0,
    IDDCX_MONITOR_DESCRIPTION_TYPE_EDID = 1,
    IDDCX_MONITOR_DESCRIPTION_TYPE_DISPLAYID_AND_EDID = 2,
} IDDCX_MONITOR_DESCRIPTION_TYPE;

typedef enum IDDCX_MONITOR_MODE_ORIGIN {
    IDDCX_MONITOR_MODE_ORIGIN_UNINITIALIZED = 0,
    IDDCX_MONITOR_MODE_ORIGIN_MONITORDESCRIPTOR = 1,
    IDDCX_MONITOR_MODE_ORIGIN_DRIVER = 2,
} IDDCX_MONITOR_MODE_ORIGIN;

typedef enum IDDCX_UPDATE_REASON {
    IDDCX_UPDATE_REASON_UNINITIALIZED = 0,
    IDDCX_UPDATE_REASON_POWER_CONSTRAINTS = 1,
    IDDCX_UPDATE_REASON_HOST_LINK_BANDWIDTH = 2,
    IDDCX_UPDATE_REASON_DISPLAY_LINK_BANDWIDTH = 3,
    IDDCX_UPDATE_REASON_CONFIGURATION_CONSTRAINTS = 4,
    IDDCX_UPDATE_REASON_OTHER = 5,
} IDDCX_UPDATE_REASON;

typedef enum IDDCX_PATH_FLAGS {
    IDDCX_PATH_FLAGS_NONE = 0,
    IDDCX_PATH_FLAGS_CHANGED = 1,
    IDDCX_PATH_FLAGS_ACTIVE = 2,
} IDDCX_PATH_FLAGS;

typedef enum IDDCX_XOR_CURSOR_SUPPORT {
    IDDCX_XOR_CURSOR_SUPPORT_UNINITIALIZED = 0,
    IDDCX_XOR_CURSOR_SUPPORT_NONE = 1,
    IDDCX_XOR_CURSOR_SUPPORT_FULL = 2,
    IDDCX_XOR_CURSOR_SUPPORT_EMULATION = 3,
} IDDCX_XOR_CURSOR_SUPPORT;

typedef enum IDDCX_CURSOR_SHAPE_TYPE {
    IDDCX_CURSOR_SHAPE_TYPE_UNINITIALIZED = 0,
    IDDCX_CURSOR_SHAPE_TYPE_MASKED_COLOR = 1,
    IDDCX_CURSOR_SHAPE_TYPE_ALPHA = 2,
} IDDCX_CURSOR_SHAPE_TYPE;

typedef enum IDDCX_FRAME_STATUS {
    IDDCX_FRAME_STATUS_UNINITIALIZED = 0,
    IDDCX_FRAME_STATUS_COMPLETED = 1,
    IDDCX_FRAME_STATUS_DROPPED = 2,
    IDDCX_FRAME_STATUS_ERROR = 3,
} IDDCX_FRAME_STATUS;

typedef enum IDDCX_FRAME_STATISTICS_STEP_TYPE {
    IDDCX_FRAME_STATISTICS_STEP_TYPE_UNINITIALIZED = 0,
} IDDCX_FRAME_STATISTICS_STEP_TYPE;

typedef enum IDDCX_FRAME_STATISTICS_FLAGS {
    IDDCX_FRAME_STATISTICS_FLAGS_NONE = 0,
    IDDCX_FRAME_STATISTICS_FLAGS_REDUCED_COLOR_FIDELITY = 1,
} IDDCX_FRAME_STATISTICS_FLAGS;

struct IDARG_IN_ADAPTER_INIT_FINISHED;
struct IDARG_IN_COMMITMODES;
struct IDARG_IN_PARSEMONITORDESCRIPTION;
struct IDARG_OUT_PARSEMONITORDESCRIPTION;
struct IDARG_IN_GETDEFAULTDESCRIPTIONMODES;
struct IDARG_OUT_GETDEFAULTDESCRIPTIONMODES;
struct IDARG_IN_QUERYTARGETMODES;
struct IDARG_OUT_QUERYTARGETMODES;
struct IDARG_IN_SETSWAPCHAIN;
struct IDARG_OUT_MONITORGETPHYSICALSIZE;

typedef void EVT_IDD_CX_DEVICE_IO_CONTROL(WDFDEVICE, WDFREQUEST, size_t out_size, size_t in_size, ULONG code);
typedef NTSTATUS EVT_IDD_CX_PARSE_MONITOR_DESCRIPTION(const struct IDARG_IN_PARSEMONITORDESCRIPTION *,
                                                      struct IDARG_OUT_PARSEMONITORDESCRIPTION *);
typedef NTSTATUS EVT_IDD_CX_ADAPTER_INIT_FINISHED(IDDCX_ADAPTER,
                                                  const struct IDARG_IN_ADAPTER_INIT_FINISHED *);
typedef NTSTATUS EVT_IDD_CX_ADAPTER_COMMIT_MODES(IDDCX_ADAPTER, const struct IDARG_IN_COMMITMODES *);
typedef NTSTATUS
EVT_IDD_CX_MONITOR_GET_DEFAULT_DESCRIPTION_MODES(IDDCX_MONITOR,
                                                 const struct IDARG_IN_GETDEFAULTDESCRIPTIONMODES *,
                                                 struct IDARG_OUT_GETDEFAULTDESCRIPTIONMODES *);
typedef NTSTATUS EVT_IDD_CX_MONITOR_QUERY_TARGET_MODES(IDDCX_MONITOR,
                                                       const struct IDARG_IN_QUERYTARGETMODES *,
                                                       struct IDARG_OUT_QUERYTARGETMODES *);
typedef NTSTATUS EVT_IDD_CX_MONITOR_ASSIGN_SWAPCHAIN(IDDCX_MONITOR, const struct IDARG_IN_SETSWAPCHAIN *);
typedef NTSTATUS EVT_IDD_CX_MONITOR_UNASSIGN_SWAPCHAIN(IDDCX_MONITOR);
typedef NTSTATUS EVT_IDD_CX_MONITOR_GET_PHYSICAL_SIZE(IDDCX_MONITOR,
                                                      struct IDARG_OUT_MONITORGETPHYSICALSIZE *);

typedef struct IDD_CX_CLIENT_CONFIG {
    ULONG Size;
    EVT_IDD_CX_DEVICE_IO_CONTROL *EvtIddCxDeviceIoControl;
    EVT_IDD_CX_PARSE_MONITOR_DESCRIPTION *EvtIddCxParseMonitorDescription;
    EVT_IDD_CX_ADAPTER_INIT_FINISHED *EvtIddCxAdapterInitFinished;
    EVT_IDD_CX_ADAPTER_COMMIT_MODES *EvtIddCxAdapterCommitModes;
    EVT_IDD_CX_MONITOR_GET_DEFAULT_DESCRIPTION_MODES *EvtIddCxMonitorGetDefaultDescriptionModes;
    EVT_IDD_CX_MONITOR_QUERY_TARGET_MODES *EvtIddCxMonitorQueryTargetModes;
    EVT_IDD_CX_MONITOR_ASSIGN_SWAPCHAIN *EvtIddCxMonitorAssignSwapChain;
    EVT_IDD_CX_MONITOR_UNASSIGN_SWAPCHAIN *EvtIddCxMonitorUnassignSwapChain;
    void *EvtIddCxMonitorI2CTransmit;
    void *EvtIddCxMonitorI2CReceive;
    void *EvtIddCxMonitorSetGammaRamp;
    void *EvtIddCxMonitorOPMGetCertificateSize;
    void *EvtIddCxMonitorOPMGetCertificate;
    void *EvtIddCxMonitorOPMCreateProtectedOutput;
    void *EvtIddCxMonitorOPMGetRandomNumber;
    void *EvtIddCxMonitorOPMSetSigningKeyAndSequenceNumbers;
    void *EvtIddCxMonitorOPMGetInformation;
    void *EvtIddCxMonitorOPMConfigureProtectedOutput;
    void *EvtIddCxMonitorOPMDestroyProtectedOutput;
    EVT_IDD_CX_MONITOR_GET_PHYSICAL_SIZE *EvtIddCxMonitorGetPhysicalSize;
} IDD_CX_CLIENT_CONFIG;

typedef struct IDDCX_ENDPOINT_VERSION {
    UINT Size;
    UINT MajorVer;
    UINT MinorVer;
    UINT Build;
    UINT64 SKU;
} IDDCX_ENDPOINT_VERSION;

typedef struct IDDCX_ENDPOINT_DIAGNOSTIC_INFO {
    UINT Size;
    IDDCX_TRANSMISSION_TYPE TransmissionType;
    PCWSTR pEndPointFriendlyName;
    PCWSTR pEndPointModelName;
    PCWSTR pEndPointManufacturerName;
    IDDCX_ENDPOINT_VERSION *pHardwareVersion;
    IDDCX_ENDPOINT_VERSION *pFirmwareVersion;
    IDDCX_FEATURE_IMPLEMENTATION GammaSupport;
} IDDCX_ENDPOINT_DIAGNOSTIC_INFO;

typedef struct IDDCX_ADAPTER_CAPS {
    UINT Size;
    IDDCX_ADAPTER_FLAGS Flags;
    UINT64 MaxDisplayPipelineRate;
    UINT MaxMonitorsSupported;
    IDDCX_ENDPOINT_DIAGNOSTIC_INFO EndPointDiagnostics;
    UINT StaticDesktopReencodeFrameCount;
} IDDCX_ADAPTER_CAPS;

typedef struct IDARG_IN_ADAPTER_INIT {
    WDFDEVICE WdfDevice;
    IDDCX_ADAPTER_CAPS *pCaps;
    PWDF_OBJECT_ATTRIBUTES ObjectAttributes;
} IDARG_IN_ADAPTER_INIT;

typedef struct IDARG_OUT_ADAPTER_INIT {
    IDDCX_ADAPTER AdapterObject;
} IDARG_OUT_ADAPTER_INIT;

typedef struct IDARG_IN_ADAPTER_INIT_FINISHED {
    NTSTATUS AdapterInitStatus;
} IDARG_IN_ADAPTER_INIT_FINISHED;

typedef struct IDDCX_MONITOR_DESCRIPTION {
    UINT Size;
    IDDCX_MONITOR_DESCRIPTION_TYPE Type;
    UINT DataSize;
    PVOID pData;
} IDDCX_MONITOR_DESCRIPTION;

typedef struct IDDCX_MONITOR_INFO {
    UINT Size;
    DISPLAYCONFIG_VIDEO_OUTPUT_TECHNOLOGY MonitorType;
    UINT ConnectorIndex;
    IDDCX_MONITOR_DESCRIPTION MonitorDescription;
    GUID MonitorContainerId;
} IDDCX_MONITOR_INFO;

typedef struct IDARG_IN_MONITORCREATE {
    PWDF_OBJECT_ATTRIBUTES ObjectAttributes;
    IDDCX_MONITOR_INFO *pMonitorInfo;
} IDARG_IN_MONITORCREATE;

typedef struct IDARG_OUT_MONITORCREATE {
    IDDCX_MONITOR MonitorObject;
} IDARG_OUT_MONITORCREATE;

typedef struct IDARG_OUT_MONITORARRIVAL {
    LUID OsAdapterLuid;
    UINT OsTargetId;
} IDARG_OUT_MONITORARRIVAL;

typedef struct IDDCX_MONITOR_MODE {
    UINT Size;
    IDDCX_MONITOR_MODE_ORIGIN Origin;
    DISPLAYCONFIG_VIDEO_SIGNAL_INFO MonitorVideoSignalInfo;
} IDDCX_MONITOR_MODE;

typedef struct IDARG_IN_PARSEMONITORDESCRIPTION {
    IDDCX_MONITOR_DESCRIPTION MonitorDescription;
    UINT MonitorModeBufferInputCount;
    IDDCX_MONITOR_MODE *pMonitorModes;
} IDARG_IN_PARSEMONITORDESCRIPTION;

typedef struct IDARG_OUT_PARSEMONITORDESCRIPTION {
    UINT MonitorModeBufferOutputCount;
    UINT PreferredMonitorModeIdx;
} IDARG_OUT_PARSEMONITORDESCRIPTION;

typedef struct IDARG_IN_GETDEFAULTDESCRIPTIONMODES {
    UINT DefaultMonitorModeBufferInputCount;
    IDDCX_MONITOR_MODE *pDefaultMonitorModes;
} IDARG_IN_GETDEFAULTDESCRIPTIONMODES;

typedef struct IDARG_OUT_GETDEFAULTDESCRIPTIONMODES {
    UINT DefaultMonitorModeBufferOutputCount;
    UINT PreferredMonitorModeIdx;
} IDARG_OUT_GETDEFAULTDESCRIPTIONMODES;

typedef struct IDDCX_TARGET_MODE {
    UINT Size;
    DISPLAYCONFIG_TARGET_MODE TargetVideoSignalInfo;
    UINT64 RequiredBandwidth;
} IDDCX_TARGET_MODE;

typedef struct IDARG_IN_QUERYTARGETMODES {
    IDDCX_MONITOR_DESCRIPTION MonitorDescription;
    UINT TargetModeBufferInputCount;
    IDDCX_TARGET_MODE *pTargetModes;
} IDARG_IN_QUERYTARGETMODES;

typedef struct IDARG_OUT_QUERYTARGETMODES {
    UINT TargetModeBufferOutputCount;
} IDARG_OUT_QUERYTARGETMODES;

typedef struct IDARG_IN_UPDATEMODES {
    IDDCX_UPDATE_REASON Reason;
    UINT TargetModeCount;
    IDDCX_TARGET_MODE *pTargetModes;
} IDARG_IN_UPDATEMODES;

typedef struct IDARG_IN_MAXDISPLAYPIPELINERATE {
    IDDCX_UPDATE_REASON Reason;
    UINT64 MaxDisplayPipelineRate;
} IDARG_IN_MAXDISPLAYPIPELINERATE;

typedef struct IDDCX_PATH {
    UINT Size;
    IDDCX_MONITOR MonitorObject;
    IDDCX_PATH_FLAGS Flags;
    DISPLAYCONFIG_VIDEO_SIGNAL_INFO TargetVideoSignalInfo;
} IDDCX_PATH;

typedef struct IDARG_IN_COMMITMODES {
    UINT PathCount;
    IDDCX_PATH *pPaths;
} IDARG_IN_COMMITMODES;

typedef struct IDDCX_CURSOR_CAPS {
    UINT Size;
    IDDCX_XOR_CURSOR_SUPPORT ColorXorCursorSupport;
    BOOL AlphaCursorSupport;
    UINT MaxX;
    UINT MaxY;
} IDDCX_CURSOR_CAPS;

typedef struct IDARG_IN_SETUP_HWCURSOR {
    IDDCX_CURSOR_CAPS CursorInfo;
    HANDLE hNewCursorDataAvailable;
} IDARG_IN_SETUP_HWCURSOR;

typedef struct IDDCX_CURSOR_SHAPE_INFO {
    UINT Size;
    UINT ShapeId;
    IDDCX_CURSOR_SHAPE_TYPE CursorType;
    UINT Width;
    UINT Height;
    UINT Pitch;
    UINT XHot;
    UINT YHot;
} IDDCX_CURSOR_SHAPE_INFO;

typedef struct IDARG_IN_QUERY_HWCURSOR {
    DWORD LastShapeId;
    UINT ShapeBufferSizeInBytes;
    PBYTE pShapeBuffer;
} IDARG_IN_QUERY_HWCURSOR;

typedef struct IDARG_OUT_QUERY_HWCURSOR {
    BOOL IsCursorVisible;
    INT X;
    INT Y;
    BOOL IsCursorShapeUpdated;
    IDDCX_CURSOR_SHAPE_INFO CursorShapeInfo;
} IDARG_OUT_QUERY_HWCURSOR;

typedef struct IDARG_OUT_QUERY_HWCURSOR2 {
    BOOL IsCursorVisible;
    INT X;
    INT Y;
    BOOL IsCursorShapeUpdated;
    IDDCX_CURSOR_SHAPE_INFO CursorShapeInfo;
    BOOL PositionValid;
    UINT PositionId;
} IDARG_OUT_QUERY_HWCURSOR2;

typedef struct IDARG_IN_SETSWAPCHAIN {
    IDDCX_SWAPCHAIN hSwapChain;
    HANDLE hNextSurfaceAvailable;
    LUID RenderAdapterLuid;
} IDARG_IN_SETSWAPCHAIN;

typedef struct IDDCX_METADATA {
    UINT Size;
    UINT PresentationFrameNumber;
    UINT DirtyRectCount;
    UINT MoveRegionCount;
    BOOL HwProtectedSurface;
    UINT64 PresentDisplayQPCTime;
    struct IDXGIResource_ *pSurface;
} IDDCX_METADATA;

typedef struct IDARG_IN_SWAPCHAINSETDEVICE {
    struct IDXGIDevice_ *pDevice;
} IDARG_IN_SWAPCHAINSETDEVICE;

typedef struct IDARG_OUT_RELEASEANDACQUIREBUFFER {
    IDDCX_METADATA MetaData;
} IDARG_OUT_RELEASEANDACQUIREBUFFER;

typedef struct IDARG_IN_GETDIRTYRECTS {
    UINT DirtyRectInCount;
    RECT *pDirtyRects;
} IDARG_IN_GETDIRTYRECTS;

typedef struct IDARG_OUT_GETDIRTYRECTS {
    UINT DirtyRectOutCount;
} IDARG_OUT_GETDIRTYRECTS;

typedef struct IDDCX_MOVEREGION {
    UINT Size;
    POINT SourcePoint;
    RECT DestRect;
} IDDCX_MOVEREGION;

typedef struct IDARG_IN_GETMOVEREGIONS {
    UINT MoveRegionInCount;
    IDDCX_MOVEREGION *pMoveRegions;
} IDARG_IN_GETMOVEREGIONS;

typedef struct IDARG_OUT_GETMOVEREGIONS {
    UINT MoveRegionOutCount;
} IDARG_OUT_GETMOVEREGIONS;

typedef struct IDDCX_FRAME_STATISTICS_STEP {
    UINT Size;
    IDDCX_FRAME_STATISTICS_STEP_TYPE Type;
    UINT64 QpcTime;
    UINT32 Data[2];
} IDDCX_FRAME_STATISTICS_STEP;

typedef struct IDDCX_FRAME_STATISTICS {
    UINT Size;
    UINT PresentationFrameNumber;
    IDDCX_FRAME_STATUS FrameStatus;
    UINT ReEncodeNumber;
    UINT FrameSliceTotal;
    UINT CurrentSlice;
    UINT64 FrameAcquireQpcTime;
    UINT FrameProcessingStepsCount;
    IDDCX_FRAME_STATISTICS_STEP *pFrameProcessingStep;
    UINT64 SendStartQpcTime;
    UINT64 SendStopQpcTime;
    UINT64 SendCompleteQpcTime;
    IDDCX_FRAME_STATISTICS_FLAGS Flags;
    UINT ProcessedPixelCount;
    UINT FrameSizeInBytes;
} IDDCX_FRAME_STATISTICS;

typedef struct IDARG_IN_REPORTFRAMESTATISTICS {
    IDDCX_FRAME_STATISTICS FrameStatistics;
} IDARG_IN_REPORTFRAMESTATISTICS;

typedef struct IDARG_OUT_GETVERSION {
    ULONG IddCxVersion;
} IDARG_OUT_GETVERSION;

typedef struct IDARG_IN_REPORTCRITICALERROR {
    ULONG MajorErrorCode;
    ULONG MinorErrorCode;
} IDARG_IN_REPORTCRITICALERROR;

typedef struct IDARG_IN_ADAPTERSETRENDERADAPTER {
    LUID PreferredRenderAdapter;
} IDARG_IN_ADAPTERSETRENDERADAPTER;

typedef struct IDDCX_DISPLAYCONFIGPATH {
    UINT Size;
    IDDCX_MONITOR MonitorObject;
    POINT Position;
    DISPLAYCONFIG_2DREGION Resolution;
    DISPLAYCONFIG_ROTATION Rotation;
    DISPLAYCONFIG_RATIONAL RefreshRate;
    UINT VSyncFreqDivider;
    UINT MonitorScaleFactor;
    UINT PhysicalWidthOverride;
    UINT PhysicalHeightOverride;
} IDDCX_DISPLAYCONFIGPATH;

typedef struct IDARG_IN_ADAPTERDISPLAYCONFIGUPDATE {
    UINT PathCount;
    IDDCX_DISPLAYCONFIGPATH *pPaths;
} IDARG_IN_ADAPTERDISPLAYCONFIGUPDATE;

typedef struct IDARG_OUT_MONITORGETPHYSICALSIZE {
    UINT PhysicalWidth;
    UINT PhysicalHeight;
} IDARG_OUT_MONITORGETPHYSICALSIZE;

typedef struct IDDCX_SYSTEM_BUFFER_INFO {
    UINT Size;
    UINT Pitch;
    UINT Height;
    UINT Width;
    int Format;
    VOID *pBuffer;
} IDDCX_SYSTEM_BUFFER_INFO;

typedef struct IDARG_OUT_RELEASEANDACQUIRESYSTEMBUFFER {
    IDDCX_METADATA *pMetaData;
    IDDCX_SYSTEM_BUFFER_INFO *pBufferInfo;
} IDARG_OUT_RELEASEANDACQUIRESYSTEMBUFFER;

/* Given by the binding. IddFunctions is an array (iddcx-abi.json: symbols_provided_by_IddCxStub). */
typedef void (*IDDFUNC)(void);
extern IDDFUNC IddFunctions[];
extern PIDD_DRIVER_GLOBALS IddDriverGlobals;
extern BOOLEAN IddClientVersionHigherThanFramework;
extern ULONG IddFunctionCount;
extern ULONG IddStructureCount;
extern const size_t *IddStructures;

/* Given by the driver to the stub library. */
extern const ULONG IddMinimumVersionRequired;

typedef NTSTATUS IddCxDeviceInitConfig_fn(PIDD_DRIVER_GLOBALS, PWDFDEVICE_INIT, const IDD_CX_CLIENT_CONFIG *);
#define IddCxDeviceInitConfig(...)                                                                           \
    (((IddCxDeviceInitConfig_fn *)IddFunctions[0])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxDeviceInitialize_fn(PIDD_DRIVER_GLOBALS, WDFDEVICE);
#define IddCxDeviceInitialize(...)                                                                           \
    (((IddCxDeviceInitialize_fn *)IddFunctions[1])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxAdapterInitAsync_fn(PIDD_DRIVER_GLOBALS, const IDARG_IN_ADAPTER_INIT *,
                                          IDARG_OUT_ADAPTER_INIT *);
#define IddCxAdapterInitAsync(...)                                                                           \
    (((IddCxAdapterInitAsync_fn *)IddFunctions[2])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxMonitorCreate_fn(PIDD_DRIVER_GLOBALS, IDDCX_ADAPTER, const IDARG_IN_MONITORCREATE *,
                                       IDARG_OUT_MONITORCREATE *);
#define IddCxMonitorCreate(...) (((IddCxMonitorCreate_fn *)IddFunctions[3])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxMonitorArrival_fn(PIDD_DRIVER_GLOBALS, IDDCX_MONITOR, IDARG_OUT_MONITORARRIVAL *);
#define IddCxMonitorArrival(...) (((IddCxMonitorArrival_fn *)IddFunctions[4])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxMonitorDeparture_fn(PIDD_DRIVER_GLOBALS, IDDCX_MONITOR);
#define IddCxMonitorDeparture(...)                                                                           \
    (((IddCxMonitorDeparture_fn *)IddFunctions[5])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxMonitorUpdateModes_fn(PIDD_DRIVER_GLOBALS, IDDCX_MONITOR, const IDARG_IN_UPDATEMODES *);
#define IddCxMonitorUpdateModes(...)                                                                         \
    (((IddCxMonitorUpdateModes_fn *)IddFunctions[6])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxAdapterUpdateMaxDisplayPipelineRate_fn(PIDD_DRIVER_GLOBALS, IDDCX_ADAPTER,
                                                             const IDARG_IN_MAXDISPLAYPIPELINERATE *);
#define IddCxAdapterUpdateMaxDisplayPipelineRate(...)                                                        \
    (((IddCxAdapterUpdateMaxDisplayPipelineRate_fn *)IddFunctions[7])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxMonitorSetupHardwareCursor_fn(PIDD_DRIVER_GLOBALS, IDDCX_MONITOR,
                                                    const IDARG_IN_SETUP_HWCURSOR *);
#define IddCxMonitorSetupHardwareCursor(...)                                                                 \
    (((IddCxMonitorSetupHardwareCursor_fn *)IddFunctions[8])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxMonitorQueryHardwareCursor_fn(PIDD_DRIVER_GLOBALS, IDDCX_MONITOR,
                                                    const IDARG_IN_QUERY_HWCURSOR *,
                                                    IDARG_OUT_QUERY_HWCURSOR *);
#define IddCxMonitorQueryHardwareCursor(...)                                                                 \
    (((IddCxMonitorQueryHardwareCursor_fn *)IddFunctions[9])(IddDriverGlobals, __VA_ARGS__))
typedef HRESULT IddCxSwapChainSetDevice_fn(PIDD_DRIVER_GLOBALS, IDDCX_SWAPCHAIN,
                                           const IDARG_IN_SWAPCHAINSETDEVICE *);
#define IddCxSwapChainSetDevice(...)                                                                         \
    (((IddCxSwapChainSetDevice_fn *)IddFunctions[10])(IddDriverGlobals, __VA_ARGS__))
typedef HRESULT IddCxSwapChainReleaseAndAcquireBuffer_fn(PIDD_DRIVER_GLOBALS, IDDCX_SWAPCHAIN,
                                                         IDARG_OUT_RELEASEANDACQUIREBUFFER *);
#define IddCxSwapChainReleaseAndAcquireBuffer(...)                                                           \
    (((IddCxSwapChainReleaseAndAcquireBuffer_fn *)IddFunctions[11])(IddDriverGlobals, __VA_ARGS__))
typedef HRESULT IddCxSwapChainGetDirtyRects_fn(PIDD_DRIVER_GLOBALS, IDDCX_SWAPCHAIN,
                                               const IDARG_IN_GETDIRTYRECTS *, IDARG_OUT_GETDIRTYRECTS *);
#define IddCxSwapChainGetDirtyRects(...)                                                                     \
    (((IddCxSwapChainGetDirtyRects_fn *)IddFunctions[12])(IddDriverGlobals, __VA_ARGS__))
typedef HRESULT IddCxSwapChainGetMoveRegions_fn(PIDD_DRIVER_GLOBALS, IDDCX_SWAPCHAIN,
                                                const IDARG_IN_GETMOVEREGIONS *, IDARG_OUT_GETMOVEREGIONS *);
#define IddCxSwapChainGetMoveRegions(...)                                                                    \
    (((IddCxSwapChainGetMoveRegions_fn *)IddFunctions[13])(IddDriverGlobals, __VA_ARGS__))
typedef HRESULT IddCxSwapChainFinishedProcessingFrame_fn(PIDD_DRIVER_GLOBALS, IDDCX_SWAPCHAIN);
#define IddCxSwapChainFinishedProcessingFrame(...)                                                           \
    (((IddCxSwapChainFinishedProcessingFrame_fn *)IddFunctions[14])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxSwapChainReportFrameStatistics_fn(PIDD_DRIVER_GLOBALS, IDDCX_SWAPCHAIN,
                                                        const IDARG_IN_REPORTFRAMESTATISTICS *);
#define IddCxSwapChainReportFrameStatistics(...)                                                             \
    (((IddCxSwapChainReportFrameStatistics_fn *)IddFunctions[15])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxGetVersion_fn(PIDD_DRIVER_GLOBALS, IDARG_OUT_GETVERSION *);
#define IddCxGetVersion(...) (((IddCxGetVersion_fn *)IddFunctions[19])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxReportCriticalError_fn(PIDD_DRIVER_GLOBALS, IDDCX_ADAPTER,
                                             const IDARG_IN_REPORTCRITICALERROR *);
#define IddCxReportCriticalError(...)                                                                        \
    (((IddCxReportCriticalError_fn *)IddFunctions[20])(IddDriverGlobals, __VA_ARGS__))
typedef void IddCxAdapterSetRenderAdapter_fn(PIDD_DRIVER_GLOBALS, IDDCX_ADAPTER,
                                             const IDARG_IN_ADAPTERSETRENDERADAPTER *);
#define IddCxAdapterSetRenderAdapter(...)                                                                    \
    (((IddCxAdapterSetRenderAdapter_fn *)IddFunctions[23])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxAdapterDisplayConfigUpdate_fn(PIDD_DRIVER_GLOBALS, IDDCX_ADAPTER,
                                                    const IDARG_IN_ADAPTERDISPLAYCONFIGUPDATE *);
#define IddCxAdapterDisplayConfigUpdate(...)                                                                 \
    (((IddCxAdapterDisplayConfigUpdate_fn *)IddFunctions[24])(IddDriverGlobals, __VA_ARGS__))
typedef HRESULT IddCxSwapChainInSystemMemory_fn(PIDD_DRIVER_GLOBALS, IDDCX_SWAPCHAIN, BOOL *);
#define IddCxSwapChainInSystemMemory(...)                                                                    \
    (((IddCxSwapChainInSystemMemory_fn *)IddFunctions[26])(IddDriverGlobals, __VA_ARGS__))
typedef HRESULT IddCxSwapChainReleaseAndAcquireSystemBuffer_fn(PIDD_DRIVER_GLOBALS, IDDCX_SWAPCHAIN,
                                                               IDARG_OUT_RELEASEANDACQUIRESYSTEMBUFFER *);
#define IddCxSwapChainReleaseAndAcquireSystemBuffer(...)                                                     \
    (((IddCxSwapChainReleaseAndAcquireSystemBuffer_fn *)IddFunctions[27])(IddDriverGlobals, __VA_ARGS__))
typedef NTSTATUS IddCxMonitorQueryHardwareCursor2_fn(PIDD_DRIVER_GLOBALS, IDDCX_MONITOR,
                                                     const IDARG_IN_QUERY_HWCURSOR *,
                                                     IDARG_OUT_QUERY_HWCURSOR2 *);
#define IddCxMonitorQueryHardwareCursor2(...)                                                                \
    (((IddCxMonitorQueryHardwareCursor2_fn *)IddFunctions[29])(IddDriverGlobals, __VA_ARGS__))

#endif
