/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many threads put lines in, one takes them out. Each slot says with a number for which turn round the ring
 * it is free or filled, so a thread needs one compare-and-swap for its place, and nobody waits for anybody: a
 * thread that is stopped between taking its place and filling it holds up the writer only.
 *
 * The gate counts who is inside log_ring_put. The writer leaves when nobody has come in since it found the
 * ring empty, so a thread's direct lines always follow its lines of the ring.
 */
#include "os/log_private.h"
#include "os/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define GATE_CLOSED (UINT64_C(1) << 63)
#define GATE_INSIDE UINT64_C(0xffff)         /* this many are inside */
#define GATE_ENTER ((UINT64_C(1) << 16) + 1) /* one more inside, and one more that ever was */
#define LEAVE_MS                                                                                             \
    50 /* while threads log without a pause, the gate is shut in front of them after this time               \
        */

struct slot {
    _Atomic uint64_t turn; /* + 0: free for the turn that begins at this position; + 1: filled */
    enum log_level level;
    size_t len;
    char line[LOG_LINE_MAX + 1];
};

static struct slot slots[LOG_RING_LINES];
static _Atomic uint64_t tail; /* next place to fill */
static uint64_t head;         /* next to write; the writer's */
static _Atomic uint64_t dropped;
static uint64_t told; /* of those dropped; the writer's */
static _Atomic uint64_t gate = GATE_CLOSED;
static _Atomic bool asleep;

static struct os_mutex lock = OS_MUTEX_INIT;
static _Atomic unsigned starts; /* changed under lock */
static bool running;            /* under lock */

/* Position of slot 0 in the turn of that position. */
static uint64_t turn_of(uint64_t position)
{
    return position - position % LOG_RING_LINES;
}

static void wake(void)
{
    if (atomic_load(&asleep) && atomic_exchange(&asleep, false))
        log_platform_wake();
}

static bool fill(enum log_level level, const char *line, size_t len)
{
    uint64_t at = atomic_load_explicit(&tail, memory_order_relaxed);
    struct slot *slot;

    for (;;) {
        int64_t ahead;

        slot = &slots[at % LOG_RING_LINES];
        ahead = (int64_t)(atomic_load_explicit(&slot->turn, memory_order_acquire) - turn_of(at));
        if (ahead < 0)
            return false; /* a turn behind: not written yet */
        if (ahead > 0)
            at = atomic_load_explicit(&tail, memory_order_relaxed);
        else if (atomic_compare_exchange_weak_explicit(&tail, &at, at + 1, memory_order_relaxed,
                                                       memory_order_relaxed))
            break;
    }
    slot->level = level;
    slot->len = len;
    memcpy(slot->line, line, len);
    /* in one order with `asleep`: either the writer sees the line before it sleeps, or we see that it sleeps
     */
    atomic_store(&slot->turn, turn_of(at) + 1);
    return true;
}

bool log_ring_put(enum log_level level, const char *line, size_t len)
{
    if (atomic_load_explicit(&gate, memory_order_relaxed) & GATE_CLOSED)
        return false;
    if (atomic_fetch_add(&gate, GATE_ENTER) & GATE_CLOSED) {
        atomic_fetch_sub(&gate, 1);
        return false;
    }
    if (!fill(level, line, len))
        atomic_fetch_add(&dropped, 1);
    wake();
    atomic_fetch_sub(&gate, 1);
    return true;
}

static struct slot *filled(void)
{
    struct slot *slot = &slots[head % LOG_RING_LINES];

    return atomic_load(&slot->turn) == turn_of(head) + 1 ? slot : NULL;
}

static void tell_dropped(void)
{
    uint64_t now = atomic_load(&dropped);
    char text[96], line[LOG_LINE_MAX + 1];
    int n;

    if (now == told)
        return;
    n = snprintf(text, sizeof text, "%llu lines dropped: they came faster than they could be written",
                 (unsigned long long)(now - told));
    told = now;
    log_emit(LOG_WARN, line, log_line(line, LOG_WARN, "log", 0, text, (size_t)n, false));
}

static void drain(void)
{
    struct slot *slot;

    while ((slot = filled())) {
        log_emit(slot->level, slot->line, slot->len);
        atomic_store_explicit(&slot->turn, turn_of(head) + LOG_RING_LINES, memory_order_release);
        /* once a turn, too: under a flood the ring is never empty */
        if (++head % LOG_RING_LINES == 0)
            tell_dropped();
    }
    tell_dropped();
}

/* Nobody comes in any more, and everything is written. False: it was started again. */
static bool close_gate(void)
{
    uint64_t until = os_now_ms() + LEAVE_MS;

    while (atomic_load(&starts) == 0) {
        uint64_t seen = atomic_load(&gate);

        drain();
        if ((seen & GATE_INSIDE) == 0 && atomic_compare_exchange_strong(&gate, &seen, seen | GATE_CLOSED))
            return true;
        if (os_now_ms() >= until) {
            atomic_fetch_or(&gate, GATE_CLOSED);
            while (atomic_load(&gate) & GATE_INSIDE)
                os_sleep_ms(1);
            drain();
            return true;
        }
    }
    return false;
}

static bool leave(void)
{
    bool left;

    if (!close_gate())
        return false;
    os_mutex_lock(&lock);
    left = atomic_load(&starts) == 0;
    if (left) {
        running = false;
        log_platform_sleeper_close();
        log_set_file(NULL);
    } else {
        atomic_fetch_and(&gate, ~GATE_CLOSED);
    }
    os_mutex_unlock(&lock);
    return left;
}

static void write_lines(void *arg)
{
    (void)arg;
    for (;;) {
        drain();
        if (atomic_load(&starts) == 0 && leave())
            return;
        atomic_store(&asleep, true);
        if (!filled() && atomic_load(&dropped) == told && atomic_load(&starts) > 0)
            log_platform_sleep();
        atomic_store(&asleep, false);
    }
}

enum os_status log_ring_start(void)
{
    enum os_status status = OS_OK;

    os_mutex_lock(&lock);
    atomic_fetch_add(&starts, 1);
    if (running)
        goto out;
    status = log_platform_sleeper_open();
    if (status != OS_OK)
        goto out;
    status = os_thread_start("log", write_lines, NULL);
    if (status != OS_OK) {
        log_platform_sleeper_close();
        goto out;
    }
    running = true;
    atomic_fetch_and(&gate, ~GATE_CLOSED);
out:
    if (status != OS_OK)
        atomic_fetch_sub(&starts, 1);
    os_mutex_unlock(&lock);
    return status;
}

void log_ring_stop(void)
{
    os_mutex_lock(&lock);
    if (atomic_load(&starts) > 0 && atomic_fetch_sub(&starts, 1) == 1)
        wake();
    os_mutex_unlock(&lock);
}
