/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of the provider in the service, without its connections: sequences.md A, B and I. Whole for the
 * plain run, and call by call for a scenario. What a family does not have is left out.
 */
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
/* StopListen, Uninitialize, the last releases: what has not been done yet. */
void provider_stop(struct service *self);
/* Waits for DllCanUnloadNow and unloads. `alone`: nothing else keeps the library, so its going is judged. */
void provider_unload(struct service *self, bool alone);

/* One call each. False, with one line printed, when the provider cannot be used then. */
bool provider_initialize(struct service *self);
bool provider_create_listener(struct service *self, unsigned i);
bool provider_start_listen(struct service *self, unsigned i);
void provider_get_settings(struct service *self, unsigned i);
void provider_stop_listen(struct service *self, unsigned i);
void provider_uninitialize(struct service *self);
void provider_release_listener(struct service *self, unsigned i);
void provider_release_manager(struct service *self);
void provider_notify_state(struct service *self, WTS_RCM_SERVICE_STATE state, WTS_RCM_DRAIN_STATE drain);
void provider_session_of_service(struct service *self, uint32_t session, bool start);
/* NotifySettingsChange: clipboard redirection forbidden or not. */
void provider_settings_change(struct service *self, bool no_clipboard);

#endif
