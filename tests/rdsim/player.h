/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays a scenario: makes its calls on the provider, brings its clients, and judges what it expects. The main
 * thread plays line by line; `together` blocks and events of the provider have threads of their own.
 */
#ifndef RDSIM_PLAYER_H
#define RDSIM_PLAYER_H

#include "scenario.h"

struct player;

/* Plays the scenario of the options from loading the provider to unloading it. False: it could not be read,
 * or the provider cannot be used at all. */
bool player_run(struct service *service);

/* From the service's callback objects, on threads of the provider: a connection comes, is ready, is broken.
 * Returns when the steps that the scenario wants then are made: what the call is to return. */
HRESULT player_event(struct player *self, struct connection *connection, enum connection_event event);
/* This thread is the provider's, inside one of those calls. */
bool player_inside_event(void);

#endif
