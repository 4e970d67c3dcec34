/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One session program at work: the launcher's link, the desktop, and (from each `start` on) the frame memory
 * and the pipe of one peer. A new `start` replaces the peer; the end of the peer's pipe or of the link ends
 * the program. Whatever the way out, nothing stays held down on the desktop.
 */
#ifndef RDSPROV_SESSION_SESSION_H
#define RDSPROV_SESSION_SESSION_H

#include "channels/display/desktop.h"
#include "os/pipe.h"

/* Runs until the end; the exit code. `link` and `desktop` stay the caller's. */
int session_run(struct os_pipe *link, struct desktop *desktop);

#endif
