/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's control interface: what the launcher service (LocalSystem) and the driver (WUDFHost, LOCAL
 * SERVICE) say to each other, as buffered IOCTLs on the device interface. The service opens the device of its
 * session, asks who hosts it (CLAIM), duplicates the peer's frame memory and its pipe end into that process
 * after checking that it is WUDFHost.exe of System32, and hands the handle values over (ATTACH). From then on
 * the driver is one more producer of frame slots: on that pipe it speaks channels/messages.h like a session
 * program, without input. Everything belongs to the file that claimed the device: when it is closed, or the
 * service dies, the driver lets go of it all. Sizes are checked first; the version is one number for the
 * whole interface (both ends are built together). Choice of transport and its alternatives:
 * docs/reference/iddcx.md 7.
 */
#ifndef RDSPROV_DRIVER_CONTROL_H
#define RDSPROV_DRIVER_CONTROL_H

#include "driver/abi/wintypes_um.h"
#include "driver/layout.h"

#define CONTROL_VERSION 1
#define CONTROL_LOG_MAX 4096

/* {6F3C1A52-9B0D-4E7A-8C55-2D1E9F7A4B60}: made for this interface */
#define CONTROL_INTERFACE_GUID                                                                               \
    {                                                                                                        \
        0x6f3c1a52, 0x9b0d, 0x4e7a,                                                                          \
        {                                                                                                    \
            0x8c, 0x55, 0x2d, 0x1e, 0x9f, 0x7a, 0x4b, 0x60                                                   \
        }                                                                                                    \
    }

#define CONTROL_CODE(function_)                                                                              \
    CTL_CODE(0x9A3Cu, 0x800u + (function_), METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS)

#define CONTROL_CLAIM                                                                                        \
    CONTROL_CODE(0) /* in: control_claim, out: control_host; access denied when the sender is not            \
                       LocalSystem or did not open the device for identification, busy when another file     \
                       has it */
/* in: control_attach. The two handles are the driver's from then on, also when it refuses them, but after
 * three answers, which it gives to this code in no other case: access denied (the file is not the owner, and
 * what it names is not touched), buffer too small (no whole control_attach), cancelled (it never came here).
 * After those they are still the sender's. */
#define CONTROL_ATTACH CONTROL_CODE(1)
#define CONTROL_DETACH CONTROL_CODE(2) /* frames stop; memory and pipe are closed */
#define CONTROL_LAYOUT                                                                                       \
    CONTROL_CODE(3) /* in: control_layout; applied later, WAIT tells. One that failed is tried again */
#define CONTROL_WAIT                                                                                         \
    CONTROL_CODE(4) /* out: control_report, when it differs from the last one; one at a time */
#define CONTROL_LOG                                                                                          \
    CONTROL_CODE(5) /* in: control_log_query, out: control_log; any file may                                 \
                       read: calls, statuses, sizes, process ids; nothing of what is shown */

struct control_claim {
    ULONG version;
    ULONG reserved;
};

struct control_host {
    ULONG version;
    ULONG process; /* duplicate into this one */
    ULONG session; /* DEVPKEY_Device_SessionId; 0xFFFFFFFF: the device does not say */
    ULONG iddcx;   /* IddCxGetVersion */
};

struct control_attach {
    ULONG version;
    ULONG width, height, stride, slots, memory_size; /* as launcher_start */
    /* in the driver's process; at these places in every version, so that any may close them */
    UINT64 memory; /* section */
    UINT64 pipe;   /* message pipe to the peer */
};

struct control_layout {
    ULONG version;
    ULONG reserved;
    struct layout layout;
};

enum control_adapter { CONTROL_ADAPTER_STARTING, CONTROL_ADAPTER_READY, CONTROL_ADAPTER_FAILED };
enum control_outcome {
    CONTROL_LAYOUT_NONE,
    CONTROL_LAYOUT_PENDING,
    CONTROL_LAYOUT_SHOWN,
    CONTROL_LAYOUT_FAILED
};

struct control_report {
    ULONG version;
    ULONG serial; /* counts changes of what follows */
    ULONG adapter;
    ULONG adapter_status; /* NTSTATUS of AdapterInitFinished */
    ULONG layout;         /* outcome of the newest layout; shown: every monitor has its swap chain */
    ULONG layout_status;  /* NTSTATUS of the last display configuration */
    ULONG monitors, chains;
    ULONG attached; /* 1: frames go to a peer; 0: not attached, or the peer is gone */
    ULONG reserved;
    UINT64 frames;  /* acquired from the system */
    UINT64 sent;    /* told to the peer */
    UINT64 skipped; /* of a format that is not 32-bit BGR, or without memory */
};

struct control_log_query {
    UINT64 after; /* as `next` of the answer before; 0 first */
};

struct control_log {
    UINT64 next;
    char text[CONTROL_LOG_MAX]; /* lines, NUL-terminated */
};

#endif
