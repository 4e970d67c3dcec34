/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of sessions: temporary ones made for a connection before anybody has logged on, and those of
 * users, which stay when their connection goes. Whoever is the owner of a session may use it; a later
 * connection takes it over and then waits for the earlier one to let go. Any thread.
 */
#ifndef RDSIM_SESSIONS_H
#define RDSIM_SESSIONS_H

#include "accounts.h"
#include "os/thread.h"

#define SESSIONS_MAX 1024
#define SESSION_FIRST 2

struct connection;

enum session_state { SESSION_FREE, SESSION_TEMPORARY, SESSION_ACTIVE, SESSION_DISCONNECTED };

struct session {
    enum session_state state;
    uint32_t id;
    uint32_t owner; /* number of the connection, 0 none */
    char user[ACCOUNT_NAME_MAX];
};

struct sessions {
    struct os_mutex lock;
    struct session entries[SESSIONS_MAX];
    uint32_t next_id;
};

void sessions_init(struct sessions *self);
void sessions_finish(struct sessions *self);

/* 0 when the table is full. */
uint32_t sessions_create(struct sessions *self, uint32_t owner);
/* The session that the provider named is that user's and disconnected: now it is `owner`'s. */
bool sessions_take(struct sessions *self, uint32_t id, const char *user, uint32_t owner);
/* The user of `owner` has logged on to its temporary session. Returns the session to use: that one, or the
 * user's own older one (then the temporary one is gone). *previous: the connection that has to leave it
 * first, or 0. `wanted`: a session that the provider named, or 0. */
uint32_t sessions_logon(struct sessions *self, uint32_t temporary, uint32_t wanted, const char *user,
                        uint32_t owner, uint32_t *previous);
/* The connection is gone from the session. True when the session still belonged to it: then *gone tells
 * whether it was temporary and is no more. */
bool sessions_leave(struct sessions *self, uint32_t id, uint32_t owner, bool *gone);
/* Ends the session. False: no such session. *owner receives its connection or 0. */
bool sessions_end(struct sessions *self, uint32_t id, uint32_t *owner);
/* i-th session; false past the last. */
bool sessions_at(struct sessions *self, unsigned i, struct session *out);
/* There is, or was, a session of that number. */
bool sessions_known(struct sessions *self, uint32_t id);
bool sessions_get(struct sessions *self, uint32_t id, struct session *out);
const char *session_state_name(enum session_state state);

#endif
