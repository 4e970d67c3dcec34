/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the provider in the service, without its connections: sequences.md A, B and I. */
#ifndef RDSIM_PROVIDER_LIFE_H
#define RDSIM_PROVIDER_LIFE_H

#include "service.h"

/* Loads it, makes the manager. One line is printed when that fails. */
bool provider_load(struct service *self);
/* Initialize, CreateListener, GetSettings, StartListen, NotifyServiceStateChange(START). */
bool provider_start(struct service *self);
/* Prints `ready:` for listeners that listen, and why others do not; now and then. */
void provider_look_at_listeners(struct service *self);
void provider_notify_stop(struct service *self);
/* StopListen, Uninitialize, the last releases. Fine after a start that failed half-way. */
void provider_stop(struct service *self);
/* Waits for DllCanUnloadNow and unloads. */
void provider_unload(struct service *self);

#endif
