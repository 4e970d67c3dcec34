/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few display drivers for the launcher's tests (service/driver.h): devices that answer as driver/control.h
 * says, or with the error they are told to, or not at all. Memory and pipe that they are handed are theirs;
 * they are closed when a driver would close them, so that a peer sees it.
 */
#ifndef RDSPROV_UNIT_FAKE_DRIVER_H
#define RDSPROV_UNIT_FAKE_DRIVER_H

#include "os/thread.h"
#include "service/driver.h"

#define FAKE_DEVICES 3
#define FAKE_PROCESS 4711

enum fake_call {
    FAKE_OPEN,
    FAKE_CLAIM,
    FAKE_CLAIMED, /* after it: the device has an owner, who does not know */
    FAKE_LAYOUT,
    FAKE_GIVE,
    FAKE_ATTACH,
    FAKE_WAIT,
    FAKE_LOG,
    FAKE_DETACH,
    FAKE_CLOSE,
    FAKE_CALLS
};

struct fake_device {
    bool there, gone; /* gone: nothing is answered any more but with an error */
    uint32_t session, version;
    uint32_t errors[FAKE_CALLS];
    void *owner; /* the file that claimed it */
    bool laid_out, attached;
    uint64_t values[2];
    struct control_attach attach; /* the last one */
    struct control_layout layout;
    struct control_report report;
    bool changed; /* since the last WAIT was answered */
};

struct fake {
    struct os_mutex lock;
    struct os_cond changed;
    struct fake_device devices[FAKE_DEVICES];
    enum fake_call hang; /* the next `hangs` of these do not come back while `stuck` is set */
    unsigned hangs, hanging;
    bool stuck;
    unsigned calls[FAKE_CALLS], open_files, given; /* given: handles that nobody has closed */
    const char *mistake;                           /* what the launcher did wrong first; NULL: nothing */
};

extern const struct driver_system fake_system;
extern struct fake fake;

/* One device of that session. Not while something of a launcher runs. */
void fake_reset(uint32_t session);

/* The next `count` such calls hang until fake_let_go. */
void fake_hang(enum fake_call call, unsigned count);
void fake_let_go(void);
/* Until so many calls hang; false after 20 s. */
bool fake_wait_hanging(unsigned count);
bool fake_wait_calls(enum fake_call call, unsigned count);
bool fake_wait_closed(void); /* until no device is open */

/* While something of a launcher runs, only by these. */
struct fake_device fake_look(unsigned device);
unsigned fake_count(enum fake_call call);
void fake_error(enum fake_call call, uint32_t error); /* of the first device, as the next ones too */
void fake_report(const struct control_report *report);
void fake_plug(bool there); /* false: it is gone under the one who has it */

/* The first mistake of the launcher's, and handles or files that are left; NULL when all is well. */
const char *fake_verdict(void);

#endif
