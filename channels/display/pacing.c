/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pacing.h"

#include <string.h>

#define FRAMES_MIN 2 /* one on the wire while the next is encoded */
#define FRAMES_MAX 12
#define FRAME_MS 16

#define BYTES_START (256u * 1024)
#define BYTES_MIN (16u * 1024)
#define BYTES_MAX (2u * 1024 * 1024)
#define LATE_MS 60 /* of queueing beyond the round trip is too much */

void pacing_init(struct pacing *self)
{
    memset(self, 0, sizeof(*self));
    self->bytes_cap = BYTES_START;
}

void pacing_clear(struct pacing *self)
{
    self->frames = 0;
    self->bytes = 0;
    self->limited = false;
}

static void drop_oldest(struct pacing *self, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        self->bytes -= self->flight[i].bytes;
    self->frames -= n;
    memmove(self->flight, self->flight + n, self->frames * sizeof(self->flight[0]));
}

void pacing_sent(struct pacing *self, uint32_t id, uint32_t bytes, uint64_t now_ms)
{
    if (self->suspended)
        return;
    if (self->frames == PACING_FLIGHT_MAX)
        drop_oldest(self, 1);
    self->flight[self->frames++] = (struct pacing_frame){id, bytes, now_ms};
    self->bytes += bytes;
}

static void learn(struct pacing *self, const struct pacing_frame *frame, uint64_t now_ms)
{
    uint64_t took = now_ms - frame->sent_ms;

    if (took > 60000)
        took = 60000;
    if (self->rtt_ms == 0 || took < self->rtt_ms)
        self->rtt_ms = took ? (uint32_t)took : 1;
    if (took > self->rtt_ms + LATE_MS) {
        /* frames that were sent before the last cut say nothing about it */
        if (frame->sent_ms >= self->cut_ms) {
            self->bytes_cap -= self->bytes_cap / 4;
            if (self->bytes_cap < BYTES_MIN)
                self->bytes_cap = BYTES_MIN;
            self->cut_ms = now_ms;
        }
    } else if (self->limited) {
        self->bytes_cap += self->bytes_cap / 16;
        if (self->bytes_cap > BYTES_MAX)
            self->bytes_cap = BYTES_MAX;
    }
    self->limited = false;
}

void pacing_acked(struct pacing *self, uint32_t id, uint64_t now_ms)
{
    for (unsigned i = 0; i < self->frames; i++) {
        if (self->flight[i].id == id) {
            learn(self, &self->flight[i], now_ms);
            drop_oldest(self, i + 1);
            return;
        }
    }
}

void pacing_suspend(struct pacing *self, bool suspended)
{
    if (suspended && !self->suspended)
        pacing_clear(self);
    self->suspended = suspended;
}

bool pacing_open(struct pacing *self)
{
    unsigned frames = FRAMES_MIN + self->rtt_ms / FRAME_MS;

    if (self->suspended)
        return true;
    if (self->frames > 0 && self->bytes >= self->bytes_cap) {
        self->limited = true;
        return false;
    }
    return self->frames < (frames > FRAMES_MAX ? FRAMES_MAX : frames);
}

uint32_t pacing_budget(const struct pacing *self)
{
    return (uint32_t)self->bytes_cap;
}

void pacing_limit(struct pacing *self)
{
    self->limited = true;
}

bool pacing_idle(const struct pacing *self)
{
    return self->frames == 0;
}
