/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One remote session's display device: everything the driver's files share. It lives in the context of the
 * WDFDEVICE, from EvtDriverDeviceAdd to the device's cleanup; there are no globals but the journal. Who runs:
 *   - the frameworks' callbacks, on any thread: they take the lock, change state, set an event, return;
 *   - the publisher (publish.c), one thread: monitors and display configuration;
 *   - a chain (chain.c) for each active monitor, one thread: frames and the pointer of that monitor;
 *   - the feed (feed.c), one thread while a peer is attached: slots and the peer's pipe.
 * The lock is never held across a call that IddCx may answer with a callback. Order: device lock, then a
 * chain's.
 */
#ifndef RDSPROV_DRIVER_DEVICE_H
#define RDSPROV_DRIVER_DEVICE_H

#include <stdatomic.h>

#include "channels/display/pointer_image.h"
#include "driver/abi/iddcx.h"
#include "driver/control.h"
#include "driver/event.h"
#include "driver/fault.h"
#include "driver/journal.h"
#include "driver/layout.h"
#include "os/thread.h"

#define DEVICE_NO_SESSION 0xFFFFFFFFu

struct chain;
struct feed;

struct monitor { /* context of an IDDCX_MONITOR */
    struct device *device;
    IDDCX_MONITOR object;
    unsigned connector;

    /* fixed when it is created: Windows asks for its modes during arrival and keeps the answer */
    struct layout_size sizes[LAYOUT_MODES_MAX];
    unsigned nsizes;

    /* under the device's lock */
    struct layout_monitor shape;
    struct layout_size target; /* a size beyond `sizes` that UpdateModes added; 0: none */
    struct chain *chain;
    bool departing, active;

    HANDLE pointer_event;    /* Windows sets it: as long as the monitor lives */
    NTSTATUS pointer_status; /* of its last setup; the chain\'s thread */
    atomic_uint commits;     /* mode commits: each one takes the hardware pointer away */
};

struct pointer { /* what the monitors say of the pointer, for the feed */
    uint32_t shape_serial, position_serial;
    bool hidden;
    unsigned owner; /* connector of the monitor that shows it */
    struct pointer_image *shape;
    struct channel_position position;
};

struct device { /* context of a WDFDEVICE */
    WDFDEVICE object;
    ULONG session;
    ULONG version; /* IddCxGetVersion */
    WDFQUEUE waiting;
    HANDLE publish_event; /* auto-reset: the publisher has something to do */
    HANDLE feed_event;    /* auto-reset: the feed has */

    struct os_mutex lock; /* of everything below */
    bool lock_made;
    bool powered; /* between D0Entry and D0Exit: IddCx may be called */
    bool adapter_asked;
    IDDCX_ADAPTER adapter;
    ULONG adapter_state; /* enum control_adapter */
    NTSTATUS adapter_status;

    struct layout wanted;
    unsigned wanted_serial; /* 0: nobody said yet */
    struct monitor *monitors[LAYOUT_MONITORS_MAX];
    struct layout shown; /* the newest one that was published */
    unsigned shown_serial;
    ULONG layout_outcome;
    NTSTATUS layout_status;

    struct os_thread *publisher;
    bool publisher_stop;
    struct feed *feed;

    WDFFILEOBJECT owner; /* the file that claimed the device */
    bool owner_leaves;   /* its file ends: it can begin nothing more */
    ULONG serial;        /* of the report */
    ULONG reported;      /* the newest one that a WAIT was answered with */

    struct pointer pointer;
    uint64_t render_failures[5]; /* times in ms */
    unsigned render_failure_count;
    bool render_due;      /* too many failures: the publisher acts */
    bool render_software; /* asked for already */

    atomic_ullong frames, sent, skipped;
};

extern const WDF_OBJECT_CONTEXT_TYPE_INFO device_context_type;
struct device *device_of(WDFDEVICE object);

/* device.c: life */
NTSTATUS device_add(WDFDRIVER driver, PWDFDEVICE_INIT init);
/* Something of the report changed: answers the pending WAIT. With the lock not held. */
void device_changed(struct device *self);
/* Fills a report. With the lock held. */
void device_report(struct device *self, struct control_report *report);
/* The render adapter could not be used: counts. Any thread. */
void device_render_failed(struct device *self);
/* After too many failures: asks Windows for the software adapter, or gives up (iddcx.md 3.1). The
 * publisher's: Windows may take the swap chains away meanwhile, and waits for their threads. */
void device_render_act(struct device *self);

/* adapter.c */
NTSTATUS adapter_start(struct device *self);
EVT_IDD_CX_ADAPTER_INIT_FINISHED adapter_init_finished;
EVT_IDD_CX_ADAPTER_COMMIT_MODES adapter_commit_modes;

/* monitor.c: the calls are the publisher's; NULL or a status with everything undone */
NTSTATUS monitor_arrive(struct device *self, unsigned connector, const struct layout_monitor *shape);
void monitor_depart(struct device *self, unsigned connector);
struct monitor *monitor_of(IDDCX_MONITOR object);
/* Returns when the monitor has no chain any more; any thread, several at once. With the lock not held. */
void monitor_stop_chain(struct monitor *self);
/* Can it show this size without being made anew? With the lock held. */
bool monitor_offers(const struct monitor *self, uint32_t width, uint32_t height);
EVT_IDD_CX_PARSE_MONITOR_DESCRIPTION monitor_parse_description;
EVT_IDD_CX_MONITOR_GET_DEFAULT_DESCRIPTION_MODES monitor_default_modes;
EVT_IDD_CX_MONITOR_QUERY_TARGET_MODES monitor_target_modes;
EVT_IDD_CX_MONITOR_GET_PHYSICAL_SIZE monitor_physical_size;
EVT_IDD_CX_MONITOR_ASSIGN_SWAPCHAIN monitor_assign_swapchain;
EVT_IDD_CX_MONITOR_UNASSIGN_SWAPCHAIN monitor_unassign_swapchain;

/* publish.c: the publisher thread */
enum os_status publisher_start(struct device *self);
void publisher_stop(struct device *self); /* joins; fine when there is none */

/* ioctl.c */
EVT_IDD_CX_DEVICE_IO_CONTROL ioctl_control;
EVT_WDF_DEVICE_FILE_CREATE ioctl_file_create;
EVT_WDF_FILE_CLEANUP ioctl_file_cleanup;
/* Answers every pending request with `status`. With the lock not held. */
void ioctl_drain(struct device *self, NTSTATUS status);

/* Function of the class extension that older systems lack. */
static inline bool iddcx_has(unsigned index)
{
    return !IddClientVersionHigherThanFramework || index < IddFunctionCount;
}

/* Size of a structure to write into its Size member; 0: the system does not know it (iddcx-abi.json,
 * struct_size_rule). */
static inline ULONG iddcx_size(unsigned index, size_t ours)
{
    if (!IddClientVersionHigherThanFramework)
        return (ULONG)ours;
    return index < IddStructureCount ? (ULONG)IddStructures[index] : 0;
}

#endif
