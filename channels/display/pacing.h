/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the next frame may be encoded: few frames unacknowledged, and few bytes. FreeRDP queues dynamic
 * channel data without bound, so this window is the only brake. Both limits follow the line: frames by the
 * round trip, bytes by whether acknowledgements come later than the round trip explains. Pure arithmetic; the
 * caller brings the clock.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_PACING_H
#define RDSPROV_CHANNELS_DISPLAY_PACING_H

#include <stdbool.h>
#include <stdint.h>

#define PACING_FLIGHT_MAX 16

struct pacing_frame {
    uint32_t id, bytes;
    uint64_t sent_ms;
};

struct pacing {
    struct pacing_frame flight[PACING_FLIGHT_MAX]; /* oldest first */
    unsigned frames;
    uint64_t bytes;     /* in flight */
    uint64_t bytes_cap; /* of `bytes` when a frame begins */
    uint64_t cut_ms;    /* when bytes_cap was last lowered */
    uint32_t rtt_ms;    /* smallest seen; 0 before the first acknowledgement */
    bool limited;       /* the byte cap held something back since the last acknowledgement */
    bool suspended;     /* the client sends no acknowledgements: the transport is the only window */
};

void pacing_init(struct pacing *self);
/* Forgets what is in flight (its acknowledgements will be ignored), keeps what was learned of the line. */
void pacing_clear(struct pacing *self);
void pacing_sent(struct pacing *self, uint32_t id, uint32_t bytes, uint64_t now_ms);
/* An acknowledgement covers all frames before it. Unknown ids are ignored. */
void pacing_acked(struct pacing *self, uint32_t id, uint64_t now_ms);
void pacing_suspend(struct pacing *self, bool suspended);
bool pacing_open(struct pacing *self);
/* Bytes that the next frame should not pass by much; tell pacing_limit when that cut it short. */
uint32_t pacing_budget(const struct pacing *self);
void pacing_limit(struct pacing *self);
/* Nothing unacknowledged: time for what can wait. */
bool pacing_idle(const struct pacing *self);

#endif
