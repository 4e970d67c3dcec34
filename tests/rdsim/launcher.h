/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The launcher (link/launcher.h) as tests and the demo need it: a pipe for the adapter, a desktop for each
 * session whose user has logged on, and a session program for each request, which is held back until the
 * desktop is there. Everything runs on one loop thread; the functions here only leave word for it. NULL is
 * fine for all of them.
 */
#ifndef RDSIM_LAUNCHER_H
#define RDSIM_LAUNCHER_H

#include "options.h"

struct launcher;

/* Who knows the sessions. */
struct launcher_host {
    bool (*session_exists)(void *arg, uint32_t session);
    void (*desktop_gone)(void *arg, uint32_t session); /* it has ended by itself; on a thread of its own */
    void *arg;
};

/* One line in `problem` on failure. */
struct launcher *launcher_create(const struct options *options, const struct launcher_host *host,
                                 char *problem, size_t cap);
/* Ends all programs and desktops first. */
void launcher_destroy(struct launcher *self);

/* A user is in the session: there may be a desktop and programs. */
void launcher_session_active(struct launcher *self, uint32_t session, const char *user, unsigned width,
                             unsigned height);
/* Its client left: the program ends, the desktop stays. */
void launcher_session_disconnected(struct launcher *self, uint32_t session);
/* The session is no more. */
void launcher_session_ended(struct launcher *self, uint32_t session);
/* Kills the session's program as if it had crashed. */
void launcher_session_kill(struct launcher *self, uint32_t session);
/* What the session has, for lists. */
void launcher_describe(struct launcher *self, uint32_t session, char *buf, size_t cap);

#endif
