/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the next frame may be encoded and how large it may be: few frames unacknowledged, and few bytes.
 * FreeRDP queues dynamic channel data without bound, so this window is the only brake. It holds what the line
 * holds (its rate by its round trip, both measured from acknowledgements) and little more: what waits in
 * queues is latency for whoever types. What a client has received but not decoded counts as under way,
 * because it acknowledges after decoding. Pure arithmetic; the caller brings the clock.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_PACING_H
#define RDSPROV_CHANNELS_DISPLAY_PACING_H

#include <stdbool.h>
#include <stdint.h>

#define PACING_FLIGHT_MAX 64

struct pacing_frame {
    uint32_t id, bytes;
    uint64_t sent_ms;
    uint64_t delivered, delivered_ms; /* of the line, when it was sent */
    bool limited;                     /* the window was the limit then: its rate is the line's */
};

struct pacing {
    struct pacing_frame flight[PACING_FLIGHT_MAX]; /* oldest first */
    unsigned frames;
    uint64_t bytes;   /* in flight */
    uint64_t line_us; /* until then the line sends what it was given, by its rate */

    uint64_t delivered, delivered_ms; /* bytes acknowledged in all, and when that was last more */
    uint32_t best[2];   /* bytes per second: the largest of this and of the last measuring window */
    uint64_t window_ms; /* when this one began */
    bool window_used;   /* it has seen a rate that was the line's */
    bool filled;        /* the line was full once: the rate is more than a guess */

    uint32_t rtt_ms;          /* smallest of late; 0 before the first acknowledgement */
    uint64_t rtt_at_ms;       /* when it was last seen */
    bool drain;               /* it is old: the line runs empty once, so that it can be measured again */
    uint32_t alone;           /* id of the frame that measures it; 0: none */
    bool starting;            /* the rate still grows with the window: it doubles each round trip */
    uint32_t start_rate;      /* the largest so far, */
    unsigned start_rounds;    /* and for how many round trips it did not grow */
    uint64_t start_delivered; /* a frame that was sent before says nothing new, */
    uint64_t start_from;      /* and one from before the start nothing at all */

    bool limited;   /* the window held something back since the last frame */
    bool suspended; /* the client sends no acknowledgements: the transport is the only window */
};

void pacing_init(struct pacing *self);
/* Forgets what is in flight (its acknowledgements will be ignored), keeps what was learned of the line. */
void pacing_clear(struct pacing *self);
void pacing_sent(struct pacing *self, uint32_t id, uint32_t bytes, uint64_t now_ms);
/* An acknowledgement covers all frames before it. Unknown ids are ignored. */
void pacing_acked(struct pacing *self, uint32_t id, uint64_t now_ms);
void pacing_suspend(struct pacing *self, bool suspended);
bool pacing_open(struct pacing *self, uint64_t now_ms);
/* It is closed by time alone: for so many ms more; 0: it is not. */
uint32_t pacing_wait(const struct pacing *self, uint64_t now_ms);
/* A small change that somebody waits for (what was typed) may pass a closed window, within reason. */
bool pacing_open_for_little(const struct pacing *self);
/* Bytes that the next frame should not pass by much. */
uint32_t pacing_budget(const struct pacing *self);
/* Nothing unacknowledged: time for what can wait. */
bool pacing_idle(const struct pacing *self);

/* What was learned, for logs and tests; 0: nothing yet. */
uint32_t pacing_rate(const struct pacing *self); /* bytes per second */

#endif
