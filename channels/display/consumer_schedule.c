/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/consumer_private.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "channels/display/waiting.h"
#include "link/link.h"
#include "os/log.h"

/* While the window is closed the producer captures that often: what waits is nearly new, and what is typed is
 * found. */
#define FRESH_MS 16
/* FreeRDP tells nobody when a blocked transport has drained; only looked at while something is due. */
#define BLOCKED_POLL_MS 20
/* A client whose picture stands still for so long needs no codec memory. */
#define RELAX_MS 10000

enum work { WORK_NONE, WORK_FRAME, WORK_LITTLE, WORK_AGAIN, WORK_WAITING, WORK_REST, WORK_SETTLE };

static bool is_blocked(struct display_consumer *self)
{
    freerdp_peer *peer = self->config.peer;

    return peer->IsWriteBlocked(peer);
}

static uint64_t settle_due(const struct display_consumer *self)
{
    if (self->path != PATH_PIPELINE || self->desk.reference == DESK_NO_SLOT || self->full ||
        !pacing_idle(&self->pacing))
        return 0;
    return encode_gfx_settle_due(self->encode_gfx);
}

/* Tiles that the last frame's budget did not reach. The waiting picture has none: it is small. */
static bool owes(const struct display_consumer *self)
{
    return self->path == PATH_PIPELINE && self->desk.reference != DESK_NO_SLOT &&
           encode_gfx_owes(self->encode_gfx);
}

static enum work next_work(const struct display_consumer *self, uint64_t now)
{
    uint64_t settle = settle_due(self);

    if (self->desk.pending != DESK_NO_SLOT)
        return WORK_FRAME;
    if (self->full && self->desk.reference == DESK_NO_SLOT && self->hold_ms > now)
        return WORK_NONE;
    if (self->full)
        return self->desk.reference != DESK_NO_SLOT ? WORK_AGAIN : WORK_WAITING;
    if (owes(self))
        return WORK_REST;
    return settle && settle <= now ? WORK_SETTLE : WORK_NONE;
}

static struct picture slot_picture(const struct display_consumer *self, uint32_t slot)
{
    return (struct picture){slot_pixels(&self->memory.layout, self->memory.shm.base, slot),
                            self->memory.layout.stride, self->width, self->height};
}

static void account(struct display_consumer *self, const struct encode_result *result)
{
    struct link_counters *counters = self->config.counters;
    uint64_t now = os_now_ms();

    if (result->bytes == 0)
        return;
    pacing_sent(&self->pacing, self->frame, result->bytes, now);
    self->photo_ms = now;
    if (counters) {
        atomic_fetch_add_explicit(&counters->frames, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&counters->bytes_raw, result->pixels * 4, memory_order_relaxed);
        atomic_fetch_add_explicit(&counters->bytes_compressed, result->bytes, memory_order_relaxed);
    }
}

static bool encode(struct display_consumer *self, const struct picture *now, const struct picture *before,
                   const struct damage *damage, uint32_t budget)
{
    struct encode_result result = {0, 0};
    bool good;

    self->frame++;
    if (self->path == PATH_PIPELINE) {
        good = encode_gfx_frame(self->encode_gfx, self->frame, now, before, damage, budget, &result);
    } else {
        good = encode_bitmap_frame(self->encode_bitmap, self->frame, now, before, damage, &result);
    }
    if (good)
        account(self, &result);
    return good;
}

/* The window is closed, but a frame waits that may hold a small change that somebody waits for. */
static bool little_work(const struct display_consumer *self)
{
    return self->path == PATH_PIPELINE && self->desk.pending != DESK_NO_SLOT &&
           self->desk.reference != DESK_NO_SLOT && !self->full && pacing_open_for_little(&self->pacing);
}

static bool send_slot(struct display_consumer *self, uint32_t slot, uint32_t before, uint32_t budget)
{
    struct picture now = slot_picture(self, slot), old = {0};
    struct damage all;

    damage_init(&all, self->width, self->height);
    damage_add_all(&all);
    if (self->full || before == DESK_NO_SLOT) {
        self->full = false;
        return encode(self, &now, NULL, &all, budget);
    }
    old = slot_picture(self, before);
    return encode(self, &now, &old, &self->desk.damage, budget);
}

static bool send_waiting(struct display_consumer *self)
{
    struct picture picture = {NULL, self->width * 4, self->width, self->height};
    uint8_t *pixels = malloc((size_t)picture.stride * picture.height);
    struct damage all;
    bool good;

    if (!pixels)
        return false;
    waiting_draw(pixels, picture.stride, picture.width, picture.height);
    picture.pixels = pixels;
    damage_init(&all, self->width, self->height);
    damage_add_all(&all);
    self->full = false;
    good = encode(self, &picture, NULL, &all, UINT32_MAX);
    free(pixels);
    return good;
}

static bool do_work(struct display_consumer *self, enum work work)
{
    struct encode_result result = {0, 0};
    uint32_t before = self->desk.reference, budget = pacing_budget(&self->pacing);
    struct picture picture;
    struct damage none;
    bool good = true;

    damage_init(&none, self->width, self->height);
    switch (work) {
    case WORK_NONE:
        break;
    case WORK_LITTLE:
    case WORK_FRAME:
        /* the old reference is free afterwards, but nobody has a credit for it before this function is over
         */
        desk_take(&self->desk);
        good = send_slot(self, self->desk.reference, before, work == WORK_LITTLE ? 0 : budget);
        damage_clear(&self->desk.damage);
        break;
    case WORK_AGAIN:
        good = send_slot(self, before, DESK_NO_SLOT, budget);
        break;
    case WORK_WAITING:
        good = send_waiting(self);
        break;
    case WORK_REST:
        picture = slot_picture(self, before);
        good = encode(self, &picture, &picture, &none, budget);
        break;
    case WORK_SETTLE:
        picture = slot_picture(self, before);
        self->frame++;
        good = encode_gfx_settle(self->encode_gfx, self->frame, &picture, budget, &result);
        if (good)
            account(self, &result);
        break;
    }
    return good;
}

/* With the window open the producer works on one slot while the other is encoded. With it closed a frame may
 * come now and then: it is looked through for small changes, or waits and is replaced when it grows old. */
static uint32_t credits_wanted(const struct display_consumer *self, bool open, uint64_t now)
{
    if (!self->attached || self->suppressed || !consumer_drawable(self))
        return 0;
    if (open)
        return SLOT_COUNT - 1;
    return now - self->pending_ms >= FRESH_MS ? 1 : 0;
}

static void give_credits(struct display_consumer *self, bool open)
{
    uint32_t wanted = credits_wanted(self, open, os_now_ms());
    struct channel_credit credit;

    while (self->desk.out < wanted && desk_credit(&self->desk, &credit.slot)) {
        if (!self->config.send(self->config.arg, CHANNEL_CREDIT, &credit)) {
            desk_uncredit(&self->desk, credit.slot);
            return; /* the owner drops the program */
        }
    }
}

void consumer_schedule(struct display_consumer *self)
{
    enum work work = WORK_NONE;
    uint64_t now = os_now_ms();
    bool open;

    if (!consumer_drawable(self) || self->suppressed)
        return;
    open = !is_blocked(self);
    if (open && pointer_pending(self->pointer) && !pointer_flush(self->pointer)) {
        self->broken = true;
        return;
    }
    if (open && !pacing_open(&self->pacing, now)) {
        open = false;
        if (little_work(self))
            work = WORK_LITTLE;
    } else if (open) {
        work = next_work(self, now);
    }
    if (!do_work(self, work)) {
        /* nearly always the client that has just left, which the owner reports; what else it can be was
         * logged below */
        log_debug("display", self->config.connection, "picture not sent");
        self->broken = true;
        return;
    }
    give_credits(self, open && pacing_open(&self->pacing, now));
    if (self->photo_ms && now > self->photo_ms + RELAX_MS && self->path == PATH_PIPELINE) {
        encode_gfx_relax(self->encode_gfx);
        self->photo_ms = 0;
    }
}

static uint32_t sooner(uint32_t timeout, uint64_t due, uint64_t now)
{
    uint64_t left = due > now ? due - now : 0;

    return left < timeout ? (uint32_t)left : timeout;
}

uint32_t consumer_schedule_timeout(struct display_consumer *self)
{
    uint32_t timeout = UINT32_MAX;
    uint64_t now = os_now_ms(), settle;

    if (self->broken)
        return 0;
    if (self->path == PATH_WAITING || self->path == PATH_OPENING)
        return sooner(timeout, self->path_deadline_ms, now);
    if (!consumer_drawable(self) || self->suppressed)
        return timeout;
    settle = settle_due(self);
    if (is_blocked(self)) {
        if (settle || next_work(self, now) != WORK_NONE || pointer_pending(self->pointer))
            timeout = BLOCKED_POLL_MS;
    } else {
        uint32_t wait = pacing_wait(&self->pacing, now);

        if (wait && next_work(self, now) != WORK_NONE)
            timeout = wait;
        if (pacing_open(&self->pacing, now)) {
            if (settle)
                timeout = sooner(timeout, settle, now);
            if (owes(self))
                timeout = 0; /* one frame at a time, so that input is not kept waiting */
        }
        if (pointer_pending(self->pointer))
            timeout = 0;
    }
    if (self->full && self->desk.reference == DESK_NO_SLOT && self->hold_ms > now)
        timeout = sooner(timeout, self->hold_ms, now);
    if (self->attached && self->desk.out == 0)
        timeout = sooner(timeout, self->pending_ms + FRESH_MS, now);
    if (self->photo_ms && self->path == PATH_PIPELINE)
        timeout = sooner(timeout, self->photo_ms + RELAX_MS + 1, now);
    return timeout;
}
