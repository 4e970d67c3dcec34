/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handle that is given away and whose end is watched: the write end of a pipe, whose read end tells when no
 * process has it any more. On Linux its number is then taken again, so that closing it a second time is seen,
 * too; Windows hides that from a program that is not being debugged.
 */
#ifndef RDSIM_HANDLE_H
#define RDSIM_HANDLE_H

#include "abi/wintypes.h"
#include "os/os.h"

struct handle_watch {
    HANDLE_PTR given;
    os_handle reader, keeper; /* keeper: what has the number now */
};

/* False when there is none to be had. The handle is the receiver's from now on. */
bool handle_watch_begin(struct handle_watch *self);
/* Whether it has been closed everywhere, waiting at most that long. */
bool handle_watch_closed(struct handle_watch *self, unsigned wait_ms);
/* Afterwards: false when it was closed again. Ends the watch, also before it was closed. */
bool handle_watch_end(struct handle_watch *self);

#endif
