/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that the service passes to a provider besides connection callbacks: settings and listener
 * callbacks. */
#ifndef RDSIM_SERVICE_OBJECTS_H
#define RDSIM_SERVICE_OBJECTS_H

#include "service.h"

/* Policy as the simulated machine has it: nothing configured. */
void settings_fill(WRDS_SETTINGS *out, WRDS_SETTING_TYPE type);
IWRdsProtocolSettings *settings_object_create(void);
/* Uninitialize has returned: judges the balance and gives it up. */
void settings_object_retire(IWRdsProtocolSettings *iface);

struct listener_callback *listener_callback_create(struct service *service, unsigned number);
/* The object of the service's family. */
void *listener_callback_iface(struct listener_callback *self);
/* Whether the provider holds a reference. */
bool listener_callback_held(struct listener_callback *self);
/* StopListen has returned. */
void listener_callback_stopped(struct listener_callback *self);
void listener_callback_retire(struct listener_callback *self);

#endif
