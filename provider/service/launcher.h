/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The launcher (link/launcher.h) as a service runs it: one pipe for the adapter, one session program for each
 * session that is shown, and beside it one program with the token of the user who is logged on there, for
 * what is the user's own (clipboard, sound: later). It knows nothing of the service manager: that is
 * service_win32.c, which makes one of these and tells it what happens to sessions. Everything runs on one
 * loop thread; the functions here only leave word for it.
 *
 * A session program that ends by itself is not started again from here: its peer sees the end of its pipe,
 * and asks again with fresh memory. A user's program is, as long as its session is shown. Between two starts
 * of either there is a pause: each end without a healthy time before it doubles the time until the next start
 * for that session, up to a bound.
 */
#ifndef RDSPROV_SERVICE_LAUNCHER_H
#define RDSPROV_SERVICE_LAUNCHER_H

#include "os/os.h"
#include "os/session.h"

struct launcher;
struct driver_system;
struct os_process;

/* What belongs into the system's event log; ids are those of the message table (events.mc). */
enum launcher_event {
    LAUNCHER_EVENT_LISTENING = 1,
    LAUNCHER_EVENT_ENDED,
    LAUNCHER_EVENT_CANNOT_LISTEN,
    LAUNCHER_EVENT_CLIENT_REFUSED,
    LAUNCHER_EVENT_START_FAILED,
    LAUNCHER_EVENT_PROGRAM_DIED,
    LAUNCHER_EVENT_USER_FAILED
};

struct launcher_config {
    const char *pipe;             /* its name */
    const char *service;          /* whose SID may open it */
    const char *program;          /* path of the session program */
    const char *const *args;      /* NULL-terminated */
    const char *const *user_args; /* of the same program as the user's; NULL: there are none */
    /* where it begins, "station\desktop"; NULL: the launcher's own session and desktop, and no other user */
    const char *desktop;
    /* 0: the default */
    unsigned ready_ms;   /* from the start of a program to its word that it took the request */
    unsigned pause_ms;   /* after the first end without health; doubles up to sixteen times as much */
    unsigned healthy_ms; /* a program that ran this long was not to blame */
    unsigned attach_ms;  /* until a display driver has taken what it was handed */
};

/* Called on the loop's thread, where none may wait. */
struct launcher_host {
    /* May that process use the launcher's pipe? False: `why` has one line, and the client is sent away. */
    bool (*may_come)(void *arg, const struct os_process *client, char *why, size_t cap);
    /* What is true of the session now. A request for one that is not there is refused. */
    struct os_session (*session)(void *arg, uint32_t session);
    /* One line for the system's event log. */
    void (*event)(void *arg, enum launcher_event event, const char *text);
    void *arg;
    /* How display drivers are reached (driver.h), on threads of its own. NULL: there are none. */
    const struct driver_system *drivers;
};

/* `config` and what it points to must outlive the launcher. NULL with one line in `problem`. */
struct launcher *launcher_create(const struct launcher_config *config, const struct launcher_host *host,
                                 char *problem, size_t cap);
/* Ends all programs and hand-overs first; takes at most 3 s. A thread that hangs in a display driver is left
 * behind: it touches nothing of the launcher any more, only host->drivers. Not on the loop's thread. NULL is
 * fine. */
void launcher_destroy(struct launcher *self);

/* The session was disconnected or has ended: its programs end, unless it is shown when that is looked at.
 * Windows tells of such things when it comes to it, and the next client may be there already. Any thread. */
void launcher_session_left(struct launcher *self, uint32_t session);
/* A user has logged on; logs off. Any thread. */
void launcher_session_user(struct launcher *self, uint32_t session, bool has_user);

#endif
