/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user-mode driver needs of Windows beyond provider/abi/wintypes.h: NTSTATUS, counted strings,
 * rectangles, display timing. System headers give them on Windows; elsewhere this file does, with the same
 * sizes, so that the driver and the simulated framework also run natively under sanitizers. Types and
 * constants only.
 */
#ifndef RDSPROV_DRIVER_ABI_WINTYPES_UM_H
#define RDSPROV_DRIVER_ABI_WINTYPES_UM_H

#include "abi/wintypes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32

#include <winioctl.h>
#include <winternl.h>

#else

typedef int32_t NTSTATUS;
typedef uint16_t *PUINT16;
typedef uint16_t *PUSHORT;

typedef struct _UNICODE_STRING {
    USHORT Length, MaximumLength; /* bytes */
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _LUID {
    DWORD LowPart;
    LONG HighPart;
} LUID;

typedef struct tagRECT {
    LONG left, top, right, bottom;
} RECT;

typedef struct tagPOINT {
    LONG x, y;
} POINT;

/* wingdi.h, as in the documentation of QueryDisplayConfig */
typedef struct DISPLAYCONFIG_RATIONAL {
    UINT32 Numerator, Denominator;
} DISPLAYCONFIG_RATIONAL;

typedef struct DISPLAYCONFIG_2DREGION {
    UINT32 cx, cy;
} DISPLAYCONFIG_2DREGION;

typedef enum { DISPLAYCONFIG_SCANLINE_ORDERING_PROGRESSIVE = 1 } DISPLAYCONFIG_SCANLINE_ORDERING;
typedef enum {
    DISPLAYCONFIG_ROTATION_IDENTITY = 1,
    DISPLAYCONFIG_ROTATION_ROTATE270 = 4
} DISPLAYCONFIG_ROTATION;
typedef int DISPLAYCONFIG_VIDEO_OUTPUT_TECHNOLOGY;

typedef struct DISPLAYCONFIG_VIDEO_SIGNAL_INFO {
    UINT64 pixelRate;
    DISPLAYCONFIG_RATIONAL hSyncFreq, vSyncFreq;
    DISPLAYCONFIG_2DREGION activeSize, totalSize;
    union {
        struct {
            UINT32 videoStandard : 16;
            UINT32 vSyncFreqDivider : 6;
            UINT32 reserved : 10;
        } AdditionalSignalInfo;
        UINT32 videoStandard;
    };
    DISPLAYCONFIG_SCANLINE_ORDERING scanLineOrdering;
} DISPLAYCONFIG_VIDEO_SIGNAL_INFO;

typedef struct DISPLAYCONFIG_TARGET_MODE {
    DISPLAYCONFIG_VIDEO_SIGNAL_INFO targetVideoSignalInfo;
} DISPLAYCONFIG_TARGET_MODE;

#define METHOD_BUFFERED 0
#define FILE_READ_ACCESS 1u
#define FILE_WRITE_ACCESS 2u
#define CTL_CODE(type_, function_, method_, access_)                                                         \
    (((ULONG)(type_) << 16) | ((ULONG)(access_) << 14) | ((ULONG)(function_) << 2) | (ULONG)(method_))

#endif

#define DISPLAYCONFIG_OUTPUT_TECHNOLOGY_INDIRECT_WIRED_ 16

#ifndef NT_SUCCESS
#define NT_SUCCESS(status_) ((NTSTATUS)(status_) >= 0)
#endif

#define STATUS_SUCCESS ((NTSTATUS)0)
#define STATUS_BUFFER_TOO_SMALL_ ((NTSTATUS)0xC0000023)
#define STATUS_ACCESS_DENIED_ ((NTSTATUS)0xC0000022)
#define STATUS_INVALID_PARAMETER_ ((NTSTATUS)0xC000000D)
#define STATUS_INVALID_DEVICE_REQUEST_ ((NTSTATUS)0xC0000010)
#define STATUS_NOT_SUPPORTED_ ((NTSTATUS)0xC00000BB)
#define STATUS_INSUFFICIENT_RESOURCES_ ((NTSTATUS)0xC000009A)
#define STATUS_DEVICE_BUSY_ ((NTSTATUS)0x80000011)
#define STATUS_DEVICE_NOT_READY_ ((NTSTATUS)0xC00000A3)
#define STATUS_INVALID_DEVICE_STATE_ ((NTSTATUS)0xC0000184)
#define STATUS_CANCELLED_ ((NTSTATUS)0xC0000120)
#define STATUS_NO_MORE_ENTRIES_ ((NTSTATUS)0x8000001A)
#define STATUS_REVISION_MISMATCH_ ((NTSTATUS)0xC0000059)
#define STATUS_NOT_FOUND_ ((NTSTATUS)0xC0000225)
#define STATUS_OBJECT_NAME_NOT_FOUND_ ((NTSTATUS)0xC0000034)
/* iddcx.md 11: mingw-w64's ntstatus.h lacks the two */
#define STATUS_IDD_ABANDON_SWAPCHAIN ((NTSTATUS)0xC01E0012)
#define STATUS_IDD_DEVICE_STOPPED ((NTSTATUS)0xC01E0013)
#define STATUS_NO_DATA_DETECTED_ ((NTSTATUS)0x80000022)
#define DXGI_ERROR_ACCESS_LOST_ ((HRESULT)0x887A0026)
#define DXGI_ERROR_NOT_FOUND_ ((HRESULT)0x887A0002)
#define E_PENDING_ ((HRESULT)0x8000000A)

#endif
