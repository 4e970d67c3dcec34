/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iddsim: a simulated UMDF and IddCx. It loads a driver library, binds it (driver/binding/loader.h), and
 * plays the frameworks and Windows' side of a remote session: device, adapter, monitors, mode commits, swap
 * chains, pointer, requests, removal, on threads of its own, and checks what the driver does (rules.h). Under
 * Wine it loads the DLL for Windows, on Linux the same source as a shared object, so that the sanitizers see
 * it, too. One driver at a time, several devices.
 */
#ifndef IDDSIM_SIM_H
#define IDDSIM_SIM_H

#include "driver/abi/d3d.h"
#include "driver/binding/loader.h"
#include "driver/control.h"
#include "driver/event.h"
#include "os/thread.h"
#include "rules.h"
#include "screen.h"

#define SIM_DEVICES_MAX 3
#define SIM_TASKS_MAX 64
#define SIM_MODES_MAX 64

enum object_kind {
    OBJECT_DRIVER = 1,
    OBJECT_DEVICE,
    OBJECT_QUEUE,
    OBJECT_REQUEST,
    OBJECT_FILE,
    OBJECT_ADAPTER,
    OBJECT_MONITOR,
    OBJECT_CHAIN
};

/* Every handle is one of these. A dead one stays in memory until the driver is unloaded, so that a late use
 * is seen. */
struct object {
    enum object_kind kind;
    bool dead;
    unsigned refs;
    struct object *parent, *next;
    WDF_OBJECT_ATTRIBUTES attributes;
    void *context;
};

struct sim_file;

struct sim_request {
    struct object object;
    struct sim_file *file;
    struct sim_queue *queue; /* that holds it */
    ULONG code;
    void *buffer; /* input and output, as in a buffered request */
    size_t in_size, out_size;
    bool completed, create, dispatched; /* dispatched: the driver's callback has not returned */
    NTSTATUS status;
    size_t information;
    HANDLE done;
};

struct sim_queue {
    struct object object;
    struct sim_device *device;
};

/* Who opened a file, as its token says. */
enum sim_caller {
    CALLER_SYSTEM,
    CALLER_NETWORK_SERVICE,
    CALLER_SILENT /* SYSTEM, but it lets nobody look */
};

struct sim_file {
    struct object object;
    struct sim_device *device;
    enum sim_caller caller;
    bool closed; /* its cleanup is over */
};

enum chain_state { CHAIN_IDLE, CHAIN_ACQUIRED, CHAIN_FINISHED };
enum chain_kind { CHAIN_UNUSED, CHAIN_SYSTEM, CHAIN_SURFACE };

struct sim_chain {
    struct object object;
    struct sim_monitor *monitor;
    HANDLE event;
    struct com_object *device; /* set by the driver */
    enum chain_state state;
    enum chain_kind kind;
    bool in_memory, asked_memory;
    bool lost;  /* acquires answer ACCESS_LOST */
    bool taken; /* the driver answered Assign with success */
    uint64_t lost_ms, presented_ms;
    struct picture_set pictures;
    void *surface;  /* fake texture of the acquired frame */
    unsigned storm; /* E_PENDING answers to give before the next frame */
};

struct sim_monitor {
    struct object object;
    struct sim_device *device;
    UINT connector;
    bool arrived, departed;
    struct layout_size modes[SIM_MODES_MAX], targets[SIM_MODES_MAX];
    unsigned nmodes, ntargets;
    UINT physical_width, physical_height;

    bool active; /* its path is committed as active */
    POINT at;
    struct layout_size size;
    UINT scale;
    struct sim_chain *chain; /* assigned */
    struct screen screen;    /* what Windows draws there */

    unsigned commits, setups; /* setups: commits seen when the pointer was set up last */
    uint64_t commit_ms;
    HANDLE pointer_event;
    UINT pointer_max;
    struct sim_pointer {
        ULONG shape_id;
        UINT position_id;
        int x, y;
        unsigned width, height, hot_x, hot_y;
        bool visible;
    } pointer;
};

struct config_path {
    struct sim_monitor *monitor;
    POINT at;
    struct layout_size size;
    UINT scale;
};

struct task {
    enum task_kind {
        TASK_NONE,
        TASK_INIT_FINISHED,
        TASK_APPLY,  /* the stored configuration */
        TASK_ASSIGN, /* a chain for an active monitor that has none */
        TASK_DEPART,
        TASK_RENDER, /* another render adapter: all swap chains anew */
        TASK_UPDATES_OFF,
        TASK_UPDATES_ON
    } kind;
    struct sim_monitor *monitor;
};

struct sim_device {
    struct object object;
    struct sim *sim;
    unsigned number;
    ULONG session;
    WDF_PNPPOWER_EVENT_CALLBACKS power;
    WDF_FILEOBJECT_CONFIG file_config;
    IDD_CX_CLIENT_CONFIG idd;
    bool has_idd, created, initialized, in_d0, exited, removed, failed;
    bool has_interface;

    struct object *adapter;
    UINT64 rate;
    UINT max_monitors;
    bool adapter_asked, adapter_ready, in_finished;
    uint64_t finished_thread;
    struct sim_monitor *monitors[LAYOUT_MONITORS_MAX];

    struct config_path config[LAYOUT_MONITORS_MAX];
    unsigned config_count, config_calls, departures;
    bool updates_off;
    unsigned render_asked, critical;

    struct os_thread *thread;
    HANDLE wake, idle; /* idle: manual; set while no task is left */
    struct task tasks[SIM_TASKS_MAX];
    unsigned task_first, task_count;
    bool task_running, stop;
};

/* What the system is like, and what goes wrong. */
struct sim_options {
    ULONG version;             /* IddCxGetVersion */
    bool old;                  /* class extension 1.4: client-higher, 25 functions */
    bool gpu;                  /* frames are surfaces */
    bool uneven;               /* every other surface is smaller */
    bool dead_adapter;         /* no Direct3D on the render adapter */
    bool dead_for_good;        /* nor on the software one */
    bool finish_early;         /* AdapterInitFinished before AdapterInitAsync returns */
    NTSTATUS init_status;      /* of AdapterInitFinished */
    bool refuse_init;          /* AdapterInitAsync fails */
    unsigned ignore_configs;   /* accepts and forgets so many */
    unsigned refuse_configs;   /* answers invalid parameter so many times */
    bool stopped_configs;      /* answers device stopped */
    bool arrival_other_thread; /* mode callbacks of an arrival come on another thread */
    bool unassign_lost;        /* a lost chain is unassigned before the next is assigned */
    bool verbose;
};

struct sim {
    struct sim_options options;
    void *module;
    FxDriverEntryUm_fn *entry;
    struct loader_interface loader;
    WDF_DRIVER_GLOBALS globals;
    uint8_t driver_object[368]; /* DRIVER_OBJECT_UM: opaque */
    WDFFUNC table[WDF_FUNCTION_COUNT_2_25];
    const WDFFUNC **client_table;
    WDF_DRIVER_CONFIG driver;
    struct object *driver_handle;
    struct sim_device *devices[SIM_DEVICES_MAX];
    struct object *objects; /* all, dead ones too */
    struct os_mutex lock;   /* of everything the driver's threads can reach */
    unsigned callbacks;     /* journal lines to expect */
    bool bound;
};

extern struct sim *the_sim;

/* sim.c: NULL with a line on standard error. Driver loaded, bound and entered. */
struct sim *sim_load(const char *library, const struct sim_options *options);
void sim_unload(struct sim *self);
/* Runs EvtDriverDeviceAdd and D0Entry. NULL: the driver refused, or D0Entry failed (then the device is gone
 * again). */
struct sim_device *sim_add_device(struct sim *self, ULONG session);
/* D0Exit only; removal does it, too. */
void sim_exit_device(struct sim_device *device);
/* What IddCx lets go of while a device sleeps: nobody has said. */
enum sim_sleep { SLEEP_KEEPS, SLEEP_TAKES_MONITORS, SLEEP_TAKES_ADAPTER, SLEEP_COUNT };
/* D0Exit with the swap chains assigned, and D0Entry of the same device. False: it did not come back. */
bool sim_sleep_device(struct sim_device *device, enum sim_sleep kind);
/* D0Exit and removal, whatever goes on. */
void sim_remove_device(struct sim_device *device);
/* Waits until the system thread of the device has nothing to do. False after 30 s. */
bool sim_settle(struct sim_device *device);

/* Seconds that the checker waits for what must come; $IDDSIM_PATIENCE makes it less for drivers that are
 * wrong on purpose. In ms, at most `usual`. */
uint32_t patience(uint32_t usual);

/* A callback's time limits; `name` for the message. Between the two the sim's lock is not held. */
uint64_t callback_begin(void);
void callback_end(uint64_t begin, const char *name);

/* objects.c: with the lock held but for object_delete. */
void *object_create(enum object_kind kind, size_t size, const WDF_OBJECT_ATTRIBUTES *attributes,
                    struct object *parent);
/* NULL and a broken rule when the handle is not a live object of that kind (0: any). */
void *object_get(const void *handle, enum object_kind kind, const char *who);
/* The same, with the lock not held. */
void *object_find(const void *handle, enum object_kind kind, const char *who);
void object_delete(struct object *self); /* runs callbacks; takes the lock itself */
unsigned objects_alive(enum object_kind kind);
void objects_free(void);

/* caller.c: impersonation, and the system's function that reads a token */
void wdf_fill_caller(WDFFUNC *table);
void *caller_symbol(const char *name);
bool caller_impersonates(void); /* this thread, now */

/* wdf.c, requests.c, idd.c, idd_chain.c: fill the tables */
void wdf_fill(WDFFUNC *table);
void wdf_fill_requests(WDFFUNC *table);
void idd_fill(IDDFUNC *table, unsigned count);
void idd_fill_chain(IDDFUNC *table, unsigned count);
extern const size_t idd_sizes[IDDCX_STRUCTURE_COUNT_1_7];
/* Checks a Size member. */
void check_size(ULONG size, unsigned index, size_t ours, const char *what);

/* requests.c: as a program that opens the device. NULL: refused. */
struct sim_file *sim_open(struct sim_device *device); /* SYSTEM does */
struct sim_file *sim_open_as(struct sim_device *device, enum sim_caller caller);
void sim_close(struct sim_file *file);
/* Waits for the answer; output bytes in *got. */
NTSTATUS sim_ioctl(struct sim_file *file, ULONG code, const void *in, size_t in_size, void *out,
                   size_t out_size, size_t *got);
/* Does not wait; give the result to sim_ioctl_finish, which waits up to `ms` (STATUS_TIMEOUT 0x102: not yet).
 */
struct sim_request *sim_ioctl_begin(struct sim_file *file, ULONG code, const void *in, size_t in_size,
                                    size_t out_size);
NTSTATUS sim_ioctl_finish(struct sim_request *request, uint32_t ms, void *out, size_t *got);
/* A request that the driver keeps in a queue is taken from there, as the framework does; sim_ioctl_finish
 * tells. */
void sim_ioctl_cancel(struct sim_request *request);
void request_drop(struct sim_request *request);
void check_no_requests(struct sim_device *device, struct sim_file *file, const char *when);

/* system.c: Windows' side of a device, on its own thread */
void system_start(struct sim_device *device);
void system_stop(struct sim_device *device);
void system_post(struct sim_device *device, enum task_kind kind, struct sim_monitor *monitor); /* lock held */
bool system_query_modes(struct sim_monitor *monitor); /* during arrival; lock not held */
void system_lose_chain(struct sim_monitor *monitor);  /* ACCESS_LOST from now on */

/* idd_chain.c */
struct sim_chain *chain_make(struct sim_monitor *monitor); /* lock held */
void chain_deleted(struct sim_chain *chain);               /* by the driver; lock held */
/* Puts the screen's changes into the chain as a frame. Lock held. */
void chain_present(struct sim_monitor *monitor, const RECT *rect);

/* d3d.c: a Direct3D that keeps count */
void *d3d_symbol(const char *name);
void *d3d_texture_make(const uint8_t *pixels, uint32_t pitch, uint32_t width, uint32_t height);
unsigned d3d_texture_refs(void *texture);
unsigned d3d_alive(void);
void d3d_lose(void); /* every device that there is is lost, as when a graphics card is disabled */

#endif
