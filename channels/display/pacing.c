/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pacing.h"

#include <string.h>

#define FRAMES_MIN 2 /* one on the wire while the next is encoded */
#define FRAMES_MAX 40
#define FRAME_MS 8

#define BYTES_START (32u * 1024)
#define BYTES_MIN (4u * 1024)
#define BYTES_MAX (4u * 1024 * 1024)
#define BUDGET_MIN (2u * 1024)
#define LITTLE_BYTES (4u * 1024) /* beyond the window, and... */
#define LITTLE_FRAMES 8

#define QUEUE_MS                                                                                             \
    8 /* of the line's time, beyond its round trip: what keeps it busy, and finds out when it is faster */
#define WINDOW_MS_MIN                                                                                        \
    33               /* on short lines a busy client's answers come late by more than their round trip       \
                      */
#define BUDGET_MS 15 /* of the line's time for one frame: what is typed waits behind it */

#define WINDOW_MIN_MS 1000 /* of measuring a rate; and this many round trips: */
#define WINDOW_ROUNDS 8
#define RTT_OLD_MS 10000
#define TOOK_MAX_MS 60000
#define START_ROUNDS 3 /* without growth of a quarter */
#define START_QUEUE_MS 40

void pacing_init(struct pacing *self)
{
    memset(self, 0, sizeof(*self));
    self->starting = true;
}

void pacing_clear(struct pacing *self)
{
    self->frames = 0;
    self->line_us = 0;
    self->bytes = 0;
    self->limited = self->drain = false;
    self->alone = 0;
}

uint32_t pacing_rate(const struct pacing *self)
{
    return self->best[0] > self->best[1] ? self->best[0] : self->best[1];
}

static uint64_t bytes_in(uint32_t rate, uint64_t ms)
{
    return (uint64_t)rate * ms / 1000;
}

/* Of `bytes` when a frame begins. */
static uint64_t window(const struct pacing *self)
{
    uint64_t ms = (self->starting ? 2 : 1) * (uint64_t)self->rtt_ms + QUEUE_MS;
    uint64_t bytes = bytes_in(pacing_rate(self), ms < WINDOW_MS_MIN ? WINDOW_MS_MIN : ms);
    uint64_t least = self->filled ? BYTES_MIN : BYTES_START;

    if (bytes < least)
        return least;
    return bytes > BYTES_MAX ? BYTES_MAX : bytes;
}

/* What was sent occupies the line for so long, at the rate that is known (and a little more, to find out
 * whether it is more). Without this, a window that opens all at once would fill the queue with all of it at
 * once. */
static uint64_t line_ms(const struct pacing *self, uint64_t now_ms)
{
    return self->line_us > now_ms * 1000 ? (self->line_us - now_ms * 1000) / 1000 : 0;
}

static void occupy_line(struct pacing *self, uint32_t bytes, uint64_t now_ms)
{
    uint64_t rate = pacing_rate(self);

    if (!self->filled || rate == 0)
        return;
    rate = self->starting ? rate * 2 : rate + rate / 8;
    if (self->line_us < now_ms * 1000)
        self->line_us = now_ms * 1000;
    self->line_us += (uint64_t)bytes * 1000000 / rate;
}

/* What was acknowledged has left the line, and the rest takes what the newest rate says: a time that was
 * reckoned with the rate of a stall ends with it. */
static void free_line(struct pacing *self, uint64_t now_ms)
{
    uint64_t rate = pacing_rate(self), most_us = now_ms * 1000;

    if (rate > 0)
        most_us += self->bytes * 1000000 / rate;
    if (self->line_us > most_us)
        self->line_us = most_us;
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
    struct pacing_frame *frame;

    if (self->suspended)
        return;
    if (self->frames == PACING_FLIGHT_MAX)
        drop_oldest(self, 1);
    if (self->frames == 0) {
        self->delivered_ms = now_ms; /* an idle line delivers nothing: that is not its rate */
        if (self->drain)
            self->alone = id;
    }
    frame = &self->flight[self->frames++];
    *frame = (struct pacing_frame){.id = id,
                                   .bytes = bytes,
                                   .sent_ms = now_ms,
                                   .delivered = self->delivered,
                                   .delivered_ms = self->delivered_ms};
    self->bytes += bytes;
    frame->limited = self->limited || self->bytes >= window(self);
    self->limited = false;
    occupy_line(self, bytes, now_ms);
}

static void learn_round_trip(struct pacing *self, const struct pacing_frame *frame, uint64_t now_ms)
{
    uint64_t took = now_ms - frame->sent_ms;

    if (took > TOOK_MAX_MS)
        took = TOOK_MAX_MS;
    if (took == 0)
        took = 1;
    if (self->alone && self->alone == frame->id) {
        self->rtt_ms = (uint32_t)took;
        self->drain = false;
        self->alone = 0;
    } else if (self->rtt_ms && took > self->rtt_ms) {
        if (now_ms - self->rtt_at_ms > RTT_OLD_MS)
            self->drain = true;
        return;
    }
    self->rtt_ms = (uint32_t)took;
    self->rtt_at_ms = now_ms;
}

static void learn_start(struct pacing *self, const struct pacing_frame *frame, uint64_t now_ms)
{
    uint32_t rate = pacing_rate(self);

    /* a queue has formed: there is no more to find */
    if (self->filled && frame->delivered >= self->start_from &&
        now_ms - frame->sent_ms > self->rtt_ms + self->rtt_ms / 4 + START_QUEUE_MS)
        self->starting = false;
    /* once in a round trip: a frame that was sent after the last look */
    if (!self->starting || !frame->limited || frame->delivered < self->start_delivered)
        return;
    self->start_delivered = self->delivered;
    if ((uint64_t)rate * 4 >= (uint64_t)self->start_rate * 5) {
        self->start_rate = rate;
        self->start_rounds = 0;
    } else if (++self->start_rounds >= START_ROUNDS) {
        self->starting = false;
    }
}

/* The rate has fallen by much: a slower line, or one that stood still. It is looked for anew, because a
 * window that holds what a stall delivered would measure itself for ever. */
static void start_again(struct pacing *self)
{
    self->starting = true;
    self->start_rate = pacing_rate(self);
    self->start_rounds = 0;
    self->start_delivered = self->start_from = self->delivered;
}

static void learn_rate(struct pacing *self, const struct pacing_frame *frame, uint64_t now_ms)
{
    uint64_t took = now_ms - frame->delivered_ms, length = (uint64_t)self->rtt_ms * WINDOW_ROUNDS, rate;
    uint32_t before = pacing_rate(self);

    if (took == 0)
        took = 1;
    rate = (self->delivered - frame->delivered) * 1000 / took;
    if (rate > UINT32_MAX)
        rate = UINT32_MAX;
    /* a frame that did not fill the line says what was asked of it, which may be less than it can */
    if (!frame->limited && rate < before)
        return;
    self->filled = self->filled || frame->limited;
    if (length < WINDOW_MIN_MS)
        length = WINDOW_MIN_MS;
    if (now_ms - self->window_ms > length && self->window_used) {
        self->best[1] = self->best[0];
        self->best[0] = 0;
        self->window_ms = now_ms;
        self->window_used = false;
    }
    if (rate > self->best[0])
        self->best[0] = (uint32_t)rate;
    self->window_used = true;
    if (pacing_rate(self) < before / 2)
        start_again(self);
}

void pacing_acked(struct pacing *self, uint32_t id, uint64_t now_ms)
{
    for (unsigned i = 0; i < self->frames; i++) {
        struct pacing_frame frame = self->flight[i];
        uint64_t before = self->bytes;

        if (frame.id != id)
            continue;
        drop_oldest(self, i + 1);
        self->delivered += before - self->bytes;
        self->delivered_ms = now_ms;
        learn_rate(self, &frame, now_ms);
        learn_round_trip(self, &frame, now_ms);
        learn_start(self, &frame, now_ms);
        free_line(self, now_ms);
        return;
    }
}

void pacing_suspend(struct pacing *self, bool suspended)
{
    if (suspended && !self->suspended)
        pacing_clear(self);
    self->suspended = suspended;
}

static unsigned frames_limit(const struct pacing *self)
{
    unsigned frames = FRAMES_MIN + self->rtt_ms / FRAME_MS;

    return frames > FRAMES_MAX ? FRAMES_MAX : frames;
}

uint32_t pacing_wait(const struct pacing *self, uint64_t now_ms)
{
    uint64_t ms = line_ms(self, now_ms);

    return self->suspended || ms <= QUEUE_MS ? 0 : (uint32_t)(ms - QUEUE_MS);
}

bool pacing_open(struct pacing *self, uint64_t now_ms)
{
    if (self->suspended)
        return true;
    if (pacing_wait(self, now_ms) > 0)
        return false;
    if (self->frames == 0)
        return true;
    if (self->drain)
        return false;
    if (self->bytes >= window(self)) {
        self->limited = true;
        return false;
    }
    return self->frames < frames_limit(self);
}

bool pacing_open_for_little(const struct pacing *self)
{
    return self->suspended ||
           (self->bytes < window(self) + LITTLE_BYTES && self->frames < frames_limit(self) + LITTLE_FRAMES);
}

uint32_t pacing_budget(const struct pacing *self)
{
    uint32_t rate = pacing_rate(self);
    uint64_t budget = bytes_in(rate, BUDGET_MS), most = window(self);

    if (self->suspended)
        return BYTES_START;
    most = most > self->bytes ? most - self->bytes : 0;
    if (!self->filled && budget < BYTES_START)
        budget = BYTES_START;
    if (budget > most)
        budget = most;
    return budget < BUDGET_MIN ? BUDGET_MIN : (uint32_t)budget;
}

bool pacing_idle(const struct pacing *self)
{
    return self->frames == 0;
}
