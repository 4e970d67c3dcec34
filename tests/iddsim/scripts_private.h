/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IDDSIM_SCRIPTS_PRIVATE_H
#define IDDSIM_SCRIPTS_PRIVATE_H

#include <stdatomic.h>

#include "script.h"

extern const struct layout layout_one, layout_two;
void draw_some(struct stage *stage, unsigned frames, uint32_t seed);
bool pointer_ready(struct stage *stage);
bool change_layout(struct stage *stage, const struct layout *layout, const char *what);

/* scripts_fault.c */
struct painter {
    struct stage *stage;
    atomic_bool stop;
};
void paint(void *painter); /* a thread: draws on the first monitor as fast as it can */
void play_stop(const char *library, struct sim_options options);
void play_access_lost(const char *library, struct sim_options options);
void play_storm(const char *library, struct sim_options options);
void play_slow(const char *library, struct sim_options options);
void play_dead_adapter(const char *library, struct sim_options options);
void play_config_ignored(const char *library, struct sim_options options);
void play_config_refused(const char *library, struct sim_options options);
void play_config_never(const char *library, struct sim_options options);
void play_config_stopped(const char *library, struct sim_options options);
void play_init_failed(const char *library, struct sim_options options);
void play_service_crash(const char *library, struct sim_options options);
void play_peer_gone(const char *library, struct sim_options options);
void play_callers(const char *library, struct sim_options options);
void play_requests(const char *library, struct sim_options options);

/* scripts_peer.c */
void play_hostile_peer(const char *library, struct sim_options options);

/* scripts_race.c */
void play_refused_attach(const char *library, struct sim_options options);
void play_late_request(const char *library, struct sim_options options);
void play_sleep(const char *library, struct sim_options options);
void play_device_lost(const char *library, struct sim_options options);
void play_uneven(const char *library, struct sim_options options);

#endif
