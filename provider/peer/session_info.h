/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the client is told about its logon, in Save Session Info PDUs ([MS-RDPBCGR] 2.2.10.1): who has logged
 * on, the cookie with which it may come back, what LogonUI says. The adapter may have something to say while
 * the client is not active, or not active again: the last of each kind waits.
 */
#ifndef RDSPROV_PEER_SESSION_INFO_H
#define RDSPROV_PEER_SESSION_INFO_H

#include <freerdp/freerdp.h>

#include "link/link.h"

struct session_info {
    bool have_logon, have_cookie, have_error;
    struct link_logon logon;
    struct link_auto_reconnect cookie;
    struct link_logon_error error;
};

/* What the adapter said. False: not a message that the client hears of. */
bool session_info_take(struct session_info *self, uint16_t id, const union link_any *any);
/* Sends what waits, when the client is active. False: the transport is broken. */
bool session_info_send(struct session_info *self, rdpContext *context, uint32_t connection);
void session_info_finish(struct session_info *self); /* wipes */

#endif
