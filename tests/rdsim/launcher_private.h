/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the launcher share: launcher.c (pipe, messages, wishes), places.c (sessions, desktops),
 * program.c (session programs). All of it belongs to the loop's thread and changes under the lock, so that
 * lists can be read. */
#ifndef RDSIM_LAUNCHER_PRIVATE_H
#define RDSIM_LAUNCHER_PRIVATE_H

#include "launcher.h"
#include "link/launcher.h"
#include "os/loop.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/thread.h"

/* A session program from its start until it has ended and was reaped. */
struct program {
    struct program *next;
    struct launcher *launcher;
    uint32_t request, session;
    struct os_process *process;
    struct os_pipe *link;
    struct os_source *source; /* its end */
    struct os_timer *timer;   /* next step of stopping it, or of looking for a reason */
    unsigned stopping;        /* 0 runs, then the step */
    bool ended;               /* with 0, and nobody has said why yet; its process is reaped */
};

/* What the launcher knows of a session. */
struct place {
    struct place *next;
    struct launcher *launcher;
    uint32_t session;
    bool active;
    char user[ACCOUNT_NAME_MAX];
    unsigned width, height;

    struct os_process *desktop; /* of DESKTOP_COMMAND */
    struct os_source *desktop_source;
    struct os_timer *desktop_timer;
    uint64_t desktop_until_ms;
    bool desktop_ready, desktop_ending;
    char display[64];
    char line[256]; /* what the desktop has printed so far */
    size_t line_len;

    bool pending; /* a request that waits for the desktop */
    struct launcher_start start;
    struct os_pass pass[2];
};

struct launcher {
    const struct options *options;
    struct launcher_host host;
    char program_path[1200];

    struct os_loop *loop;
    struct os_mutex lock;
    struct os_cond changed;
    bool shutting;

    struct os_pipe_listener *listener;
    struct os_source *listener_source;
    struct os_pipe *adapter;
    struct os_process *adapter_process;
    struct os_source *adapter_source;

    struct place *places;
    struct program *programs;
};

/* launcher.c */
void launcher_answer(struct launcher *self, uint16_t id, uint32_t request, uint32_t session,
                     const char *text);

/* program.c: takes the two things over, whatever happens. */
void program_start(struct launcher *launcher, const struct place *place, const struct launcher_start *start,
                   struct os_pass *pass);
void program_stop_session(struct launcher *launcher, uint32_t session);
void program_stop_request(struct launcher *launcher, uint32_t request);
void program_kill_session(struct launcher *launcher, uint32_t session);
void program_stop_all(struct launcher *launcher, bool now);
const struct program *program_of(const struct launcher *launcher, uint32_t session);

/* places.c */
struct place *place_find(struct launcher *launcher, uint32_t session);
struct place *place_get(struct launcher *launcher, uint32_t session); /* makes it; NULL: no memory */
void place_request(struct place *self, const struct launcher_start *start, struct os_pass *pass);
void place_drop_request(struct place *self, const char *why);
void place_activate(struct place *self, const char *user, unsigned width, unsigned height);
void place_end(struct place *self); /* kills the desktop and forgets the place once that is gone */

#endif
