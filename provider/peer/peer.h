/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client, from its socket to its end: FreeRDP's peer, its settings and callbacks, and the main loop that
 * carries adapter, client and session program. Runs on the main thread and blocks nowhere but inside
 * FreeRDP's accept.
 */
#ifndef RDSPROV_PEER_PEER_H
#define RDSPROV_PEER_PEER_H

#include "link/link.h"
#include "peer/adapter.h"
#include "peer/life.h"

/* Serves the client of `take` until it is over; `closed` was sent when it returns. Takes socket and memory
 * out of the message. */
void peer_run(struct adapter *adapter, struct life *life, const struct link_config *config,
              struct adapter_message *take);

#endif
