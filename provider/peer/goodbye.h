/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a connection as the client sees it. How much can be said depends on how far it came: nothing
 * before the MCS connection is complete, the reason and a disconnect ultimatum before it is active, FreeRDP's
 * whole closing sequence after that. Then the sending direction is closed and the client has LIFE_LINGER_MS
 * to take what is on its way.
 */
#ifndef RDSPROV_PEER_GOODBYE_H
#define RDSPROV_PEER_GOODBYE_H

#include <freerdp/peer.h>

#include "link/link.h"
#include "os/os.h"

/* error_info: ERRINFO_* for the client, 0 none. False: the client was not told the error_info. */
bool goodbye_say(freerdp_peer *peer, os_socket socket, enum link_phase phase, uint32_t error_info);

#endif
