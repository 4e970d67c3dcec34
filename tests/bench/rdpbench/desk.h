/* SPDX-License-Identifier: Apache-2.0 */
/* The source desktop: the X server's own view of its screen, and the program that paints on it. */
#ifndef RDPBENCH_DESK_H
#define RDPBENCH_DESK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "echo.h"
#include "picture.h"

struct desk;

/* `name` as in DISPLAY. NULL and a line on standard error: no such display, or not of depth 24. */
struct desk *desk_create(const char *name);
void desk_destroy(struct desk *self);
/* What it shows; the caller finishes the picture. */
bool desk_grab(struct desk *self, struct picture *out);

/* Starts xload there, and waits until it has painted. */
bool desk_load(struct desk *self, const char *program, const char *scene, bool echo, unsigned rate);
/* "start", "stop": waits for the answer. False: it has died. */
bool desk_tell(struct desk *self, const char *command, uint32_t *frame, uint64_t *late);
struct echo_times *desk_times(struct desk *self);

#endif
