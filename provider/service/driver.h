/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The launcher's side of the display driver's control interface (driver/control.h): finding the device of a
 * session, the hand-over, and the watch that goes on until the driver shows nothing any more. The driver runs
 * in WUDFHost as LOCAL SERVICE: it cannot open anybody, so the service asks it who its host is, duplicates
 * section and pipe into that process, and hands the values over.
 *
 * Every call to a device may take any time, its closing too. So all of this runs on a thread of its own
 * (attach.c), which is told to stop by an event. What an operating system does is a table: Windows'
 * (driver_win32.h), or a simulated device in tests.
 */
#ifndef RDSPROV_SERVICE_DRIVER_H
#define RDSPROV_SERVICE_DRIVER_H

#include "driver/control.h"
#include "driver/event.h"
#include "link/launcher.h"

/* Answers of driver_system.control, numbered as Windows' errors: the driver's own come as they are. */
enum driver_error {
    DRIVER_DONE = 0,
    DRIVER_DENIED = 5,    /* ERROR_ACCESS_DENIED: the file may not do that */
    DRIVER_SHORT = 13,    /* ERROR_INVALID_DATA: it answered, but not as many bytes as asked for */
    DRIVER_TOO_FEW = 122, /* ERROR_INSUFFICIENT_BUFFER: the request is not whole */
    DRIVER_BUSY = 170,    /* ERROR_BUSY: what CLAIM says while another file has the device */
    DRIVER_STOPPED = 995, /* ERROR_OPERATION_ABORTED: cancelled, because `stop` was set, or never sent */
    DRIVER_SILENT = 1460  /* ERROR_TIMEOUT: cancelled, because there was no answer within `ms` */
};

/* Never called on the launcher's loop: any of them may wait, and one that hangs costs a thread. A thread that
 * hangs outlives launcher_destroy; so the table and `arg` must live until it has come back. Called for
 * several sessions at a time, for one device by one thread only. */
struct driver_system {
    /* Opens the number-th (from 0) device with our interface that may be that session's. OS_OK and *device;
     * OS_NOT_FOUND: there are no more; anything else, with one line in `why`: this one cannot be opened, and
     * the search goes on. Whose device it is, CLAIM says. */
    enum os_status (*open)(void *arg, uint32_t session, unsigned number, void **device, char *why,
                           size_t cap);
    /* One request (CONTROL_CLAIM, ...). `in` and `out` are its buffers, NULL with 0 bytes; the answer must
     * have out_size bytes. It is waited for until `ms` have passed (EVENT_NEVER: no limit) or `stop` is set
     * (event.h; NULL: nothing to look at); then the request is cancelled, and it returns when the device has
     * let go of it: the buffers are the caller's again. DRIVER_DONE, an enum driver_error, or what the
     * device answered as a Windows error. */
    uint32_t (*control)(void *arg, void *device, uint32_t code, const void *in, uint32_t in_size, void *out,
                        uint32_t out_size, uint32_t ms, HANDLE stop);
    /* The file's end: the driver lets go of whatever it was given by it. */
    void (*close)(void *arg, void *device);
    /* Copies of memory and pipe (in this order; they stay the caller's) for the process that the driver says
     * it runs in, after a look at what that process is. *host stands for the process until give_end. On
     * failure, with one line in `why`, it has none and there is nothing to end. */
    enum os_status (*give)(void *arg, uint32_t process, const os_handle handles[2], uint64_t values[2],
                           void **host, char *why, size_t cap);
    /* `values`: closes them in that process. NULL: they are the driver's. */
    void (*give_end)(void *arg, void *host, const uint64_t values[2]);
    void *arg;
};

/* Where a hand-over is, for the one who lost patience with it. */
enum driver_step {
    DRIVER_STEP_OPEN,
    DRIVER_STEP_CLAIM,
    DRIVER_STEP_LAYOUT,
    DRIVER_STEP_ATTACH,
    DRIVER_STEP_WATCH,
    DRIVER_STEP_CLOSE
};

/* A hand-over, from the request to the closing of the device. Fill in what is above the line. */
struct driver {
    const struct driver_system *system;
    struct launcher_start start;
    struct layout layout; /* driver_layout */
    os_handle handles[2]; /* memory, pipe; the caller's */
    HANDLE stop;          /* the caller's; set by any thread */
    /* -- */
    _Atomic(enum driver_step) step; /* read by any thread */
    void *device;
    uint64_t journal; /* the driver's lines before this one are in our log, or were left out */
};

/* The monitors of a request as the driver wants them: the primary at 0,0, a scale that nobody knows is 100 %;
 * one of the grant's size when there is none. NULL, or what is wrong with it (static text). */
const char *driver_layout(const struct launcher_start *start, struct layout *layout);

/* Finds the session's device, claims it, and hands over. A device that another file has is asked again until
 * it is free or `stop` is set: who was told to let go of it may take a moment. OS_OK: attached. OS_NOT_FOUND:
 * the session has no device of ours. OS_AGAIN: stopped. Otherwise one line in `why`. Nothing is held after a
 * failure. */
enum os_status driver_attach(struct driver *self, char *why, size_t cap);

/* After driver_attach: returns when the driver shows nothing any more (true, and one line in `why`), or when
 * it was stopped (false). One log line for each report of the driver's. */
bool driver_watch(struct driver *self, char *why, size_t cap);

/* After driver_attach: takes memory and pipe away again, and closes the device. */
void driver_detach(struct driver *self);

const char *driver_step_text(enum driver_step step);

#endif
