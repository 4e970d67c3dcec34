/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control pipe: one command a message, one answer a message, whose last line is "ok" or "error: why".
 * Each client has a thread, so a command may wait for what it asked for.
 */
#ifndef RDSIM_CONTROL_H
#define RDSIM_CONTROL_H

#include "service.h"

struct control;

struct control *control_create(struct service *service, const char *name, char *problem, size_t cap);
void control_destroy(struct control *self); /* NULL is fine */

/* The other end: sends one command, prints the answer. Exit code. */
int control_send(const char *name, const char *command);

#endif
