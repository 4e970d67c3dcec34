/* SPDX-License-Identifier: Apache-2.0 */
/* What each control command does. */
#ifndef RDSIM_CONTROL_COMMANDS_H
#define RDSIM_CONTROL_COMMANDS_H

#include "service.h"

/* The answer, for free(); NULL: no memory. `stop` is answered here and done by the caller. */
char *control_answer(struct service *service, const char *command);

#endif
