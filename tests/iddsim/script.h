/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts: what a session and its failures look like; each plays a whole life of a driver. */
#ifndef IDDSIM_SCRIPT_H
#define IDDSIM_SCRIPT_H

#include "peer.h"

struct script {
    const char *name, *text;
    void (*play)(const char *library, struct sim_options options);
};

extern const struct script scripts[];

/* One session that is up: driver, device, owner's file, peer. */
struct stage {
    struct sim *sim;
    struct sim_device *device;
    struct sim_file *file;
    struct peer peer;
    struct layout layout;
};

/* False with everything undone. */
bool stage_up(struct stage *self, const char *library, const struct sim_options *options,
              const struct layout *layout);
void stage_down(struct stage *self);
/* Device, file and claim only. */
bool stage_open(struct stage *self, const char *library, const struct sim_options *options);
NTSTATUS stage_layout(struct stage *self, const struct layout *layout);
/* Waits until the report says shown; false after 30 s. */
bool stage_shown(struct stage *self);
/* A new peer of the layout's size. */
bool stage_attach(struct stage *self);
/* Draws on a monitor and presents. */
void stage_draw(struct stage *self, unsigned connector, uint32_t seed, int x, int y, int width, int height);
bool stage_report(struct stage *self, struct control_report *report, uint32_t ms);

/* life.c: random lives with faults */
void lives_play(const char *library, unsigned count, uint32_t seed, bool verbose);

#endif
