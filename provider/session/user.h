/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of a session's user at work, with the user's token where the launcher is a service: it says on
 * its link that it is there, and ends with the link or with the session. What belongs to the user (clipboard,
 * sound) will be done here; today nothing is.
 */
#ifndef RDSPROV_SESSION_USER_H
#define RDSPROV_SESSION_USER_H

#include "os/pipe.h"

/* Runs until the end; the exit code. `link` stays the caller's. */
int user_run(struct os_pipe *link);

#endif
