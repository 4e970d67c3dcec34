/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sessions that clients of this provider have logged on to: whose they are, which connection shows them,
 * and the cookie with which a client may come back to one after its wire was cut ([MS-RDPBCGR] 5.5). A cookie
 * is 16 random bytes that only the client of the session got. It opens a session once, only while nobody is
 * connected to it, only for the account that NLA proved when it was given, and not for ever. Bounded; any
 * thread; nothing here waits. Times are os_now_ms(), given by the caller.
 */
#ifndef RDSPROV_CORE_RECONNECT_H
#define RDSPROV_CORE_RECONNECT_H

#include "link/link.h"

#define RECONNECT_SESSIONS_MAX 1024 /* one more makes the oldest one forgotten */
#define RECONNECT_LIFE_FACTOR 2     /* a cookie is good for so many of the times between two of them */

struct reconnect;

struct reconnect *reconnect_create(void); /* NULL: out of memory */
void reconnect_destroy(struct reconnect *self);

/* LogonNotify: `connection` shows the session, which is that user's. A cookie that there was is no good any
 * more. True when there is a new one, for the client: `rotate_ms` is not 0 (no cookies), and NLA proved the
 * client to be that user. Otherwise the session is only remembered. Wipe *cookie. */
struct reconnect_logon {
    uint32_t session, connection;
    const uint16_t *user, *domain; /* UTF-16, as the service says */
    const struct link_client *client;
    uint32_t rotate_ms;
};
bool reconnect_logon(struct reconnect *self, const struct reconnect_logon *logon, uint64_t now,
                     struct link_auto_reconnect *cookie);

/* A new cookie for the client of that connection, the old one is no good any more. False: it has none. */
bool reconnect_rotate(struct reconnect *self, uint32_t connection, uint64_t now,
                      struct link_auto_reconnect *cookie);

/* DisconnectNotify, or Close: the connection shows no session any more. */
void reconnect_left(struct reconnect *self, uint32_t connection);

/* NotifySessionStateChange; `event` is a WTS_* number of winuser.h. */
void reconnect_event(struct reconnect *self, uint32_t session, uint32_t event);

/* AuthenticateClientToSession. True: the client's cookie opens *session, and is spent. A cookie that does not
 * is refused with one line in the log; no cookie is no line. */
bool reconnect_claim(struct reconnect *self, uint32_t connection, const struct link_client *client,
                     uint64_t now, uint32_t *session);

/* Drain mode: does this client come back, as far as can be known here? Its cookie is genuine, or a session of
 * that name is known. Changes nothing. */
bool reconnect_returns(struct reconnect *self, const struct link_client *client, uint64_t now);

#endif
