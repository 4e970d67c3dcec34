/* SPDX-License-Identifier: Apache-2.0 */
#include "counted.h"

#include "call.h"
#include "os/os.h"
#include "os/thread.h"

#define QUARANTINE_MAX 16
#define OTHERS_REFERENCE_MS 100 /* for a call with a reference that another thread has taken */
#define TAKEN_MAX 8             /* objects that one thread calls at a time */

static struct os_mutex lock = OS_MUTEX_INIT;
static struct counted *first, **last = &first;
static unsigned retired_count;
static _Atomic uint64_t serials;

/* What this thread holds of an object that was not over when it was taken. */
struct taken {
    uint64_t serial;
    unsigned count; /* by AddRef */
    bool given;     /* by a call's return: good for the first call */
};

static _Thread_local struct taken taken[TAKEN_MAX];
static _Thread_local unsigned next_taken;

static struct taken *find_taken(const struct counted *self, bool make)
{
    struct taken *entry;

    for (unsigned i = 0; i < TAKEN_MAX; i++)
        if (taken[i].serial == self->serial)
            return &taken[i];
    if (!make)
        return NULL;
    entry = &taken[next_taken++ % TAKEN_MAX];
    *entry = (struct taken){.serial = self->serial};
    return entry;
}

void counted_init(struct counted *self, const char *name, uint32_t id, long foreign,
                  void (*destroy)(struct counted *self))
{
    self->name = name;
    self->id = id;
    self->serial = atomic_fetch_add(&serials, 1) + 1;
    atomic_init(&self->foreign, foreign);
    atomic_init(&self->over_ms, 0);
    atomic_init(&self->held_over, 0);
    atomic_init(&self->retired, false);
    self->next = NULL;
    self->destroy = destroy;
}

ULONG counted_addref(struct counted *self)
{
    if (!atomic_load(&self->over_ms))
        find_taken(self, true)->count++;
    return (ULONG)(atomic_fetch_add(&self->foreign, 1) + 2);
}

ULONG counted_release(struct counted *self)
{
    struct taken *entry = find_taken(self, false);
    long before = atomic_load(&self->foreign);

    if (entry && entry->count)
        entry->count--;
    else if (entry)
        entry->given = false;
    do {
        if (before <= 0) {
            rule_break(RULE_OVER_RELEASE, self->id, "%s was released once too often", self->name);
            return 1;
        }
    } while (!atomic_compare_exchange_weak(&self->foreign, &before, before - 1));
    rule_keep(RULE_OVER_RELEASE);
    return (ULONG)before; /* what is left, and our own */
}

bool counted_called(struct counted *self, const char *method, bool quiet)
{
    const char *inside = call_inside();
    bool good = true;

    if (!quiet)
        good = rule_check(RULE_NO_CALL_INSIDE, !inside, self->id, "%s.%s was called inside %s", self->name,
                          method, inside ? inside : "-");
    return rule_check(RULE_NO_CALL_UNREFERENCED, atomic_load(&self->foreign) > 0, self->id,
                      "%s.%s was called without a reference", self->name, method) &&
           good;
}

void counted_given(struct counted *self)
{
    if (!atomic_load(&self->over_ms))
        find_taken(self, true)->given = true;
}

void counted_over(struct counted *self, bool given)
{
    uint64_t not_yet = 0;

    if (atomic_load(&self->over_ms))
        return;
    atomic_store(&self->held_over, given ? atomic_load(&self->foreign) : 0);
    atomic_compare_exchange_strong(&self->over_ms, &not_yet, os_now_ms());
}

bool counted_in_time(struct counted *self)
{
    uint64_t over = atomic_load(&self->over_ms);
    struct taken *entry = find_taken(self, false);
    bool own = entry && (entry->count || entry->given);

    if (entry)
        entry->given = false;
    if (!over)
        return true;
    if (atomic_load(&self->held_over) == 0)
        return false;
    return own || os_now_ms() - over <= OTHERS_REFERENCE_MS;
}

bool counted_rest(struct counted *self, enum rule rule, unsigned wait_ms)
{
    uint64_t until = os_now_ms() + wait_ms;
    long left;

    while ((left = atomic_load(&self->foreign)) > 0 && os_now_ms() < until)
        os_sleep_ms(2);
    return rule_check(rule, left == 0, self->id, "%ld references to %s are left after %u ms", left,
                      self->name, wait_ms);
}

void counted_retire(struct counted *self)
{
    struct counted *old = NULL;

    atomic_store(&self->retired, true);
    os_mutex_lock(&lock);
    *last = self;
    last = &self->next;
    if (++retired_count > QUARANTINE_MAX) {
        old = first;
        first = old->next;
        retired_count--;
        if (!first)
            last = &first;
    }
    os_mutex_unlock(&lock);
    if (old && atomic_load(&old->foreign) == 0)
        old->destroy(old);
}

void counted_flush(void)
{
    struct counted *list;

    os_mutex_lock(&lock);
    list = first;
    first = NULL;
    last = &first;
    retired_count = 0;
    os_mutex_unlock(&lock);
    while (list) {
        struct counted *next = list->next;

        list->destroy(list);
        list = next;
    }
}
