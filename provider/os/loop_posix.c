/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll(), not epoll: a descriptor that was handed to another process lives on there, and an epoll that has
 * not forgotten it would go on reporting it with a pointer to a freed source. The loop has a few hundred
 * descriptors at most.
 */
#include "os/log.h"
#include "os/loop.h"
#include "os/os_posix.h"
#include "os/thread.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct os_source {
    struct os_loop *loop;
    size_t slot;
    os_loop_fn fn;
    void *arg;
};

struct os_timer {
    struct os_loop *loop;
    uint64_t due_ns;
    os_loop_fn fn;
    void *arg;
    struct os_timer *prev, *next;
};

struct os_loop {
    char name[16];
    _Atomic uint64_t thread;

    /* Slot i is polls[i] and sources[i]; slot 0 is `wake`. A destroyed source leaves a hole until the next
     * round. */
    struct pollfd *polls;
    struct os_source **sources;
    size_t count, cap, holes;

    struct os_timer *first_timer, *last_timer; /* by due time, then by creation */
    struct os_timer *firing;

    int wake; /* eventfd */
    struct os_mutex mutex;
    struct os_post *posts, **post_end; /* under the mutex, as all below */
    bool stopping;
    os_loop_fn ended;
    void *ended_arg;
};

static bool reserve_slot(struct os_loop *self)
{
    size_t cap = self->cap ? self->cap * 2 : 16;
    struct os_source **sources;
    struct pollfd *polls;

    if (self->count < self->cap)
        return true;
    polls = realloc(self->polls, cap * sizeof *polls);
    if (polls)
        self->polls = polls;
    sources = realloc(self->sources, cap * sizeof *sources);
    if (sources)
        self->sources = sources;
    if (!polls || !sources)
        return false;
    self->cap = cap;
    return true;
}

static void add_slot(struct os_loop *self, int fd, struct os_source *source)
{
    self->polls[self->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    self->sources[self->count] = source;
    self->count++;
}

static void close_holes(struct os_loop *self)
{
    size_t to = 1;

    if (!self->holes)
        return;
    for (size_t from = 1; from < self->count; from++) {
        if (!self->sources[from])
            continue;
        self->polls[to] = self->polls[from];
        self->sources[to] = self->sources[from];
        self->sources[to]->slot = to;
        to++;
    }
    self->count = to;
    self->holes = 0;
}

/* Runs what was posted before the call. Returns false when the loop is to end and nothing is left. */
static bool run_posts(struct os_loop *self)
{
    struct os_post *post;
    bool go_on;

    os_mutex_lock(&self->mutex);
    post = self->posts;
    go_on = post || !self->stopping;
    self->posts = NULL;
    self->post_end = &self->posts;
    os_mutex_unlock(&self->mutex);

    while (post) {
        struct os_post *next = post->next;
        bool allocated = post->allocated;

        post->fn(post->arg); /* may free a post that is not ours */
        if (allocated)
            free(post);
        post = next;
    }
    return go_on;
}

static bool is_stopping(struct os_loop *self)
{
    bool stopping;

    os_mutex_lock(&self->mutex);
    stopping = self->stopping;
    os_mutex_unlock(&self->mutex);
    return stopping;
}

static void unlink_timer(struct os_timer *timer)
{
    struct os_loop *loop = timer->loop;

    *(timer->prev ? &timer->prev->next : &loop->first_timer) = timer->next;
    *(timer->next ? &timer->next->prev : &loop->last_timer) = timer->prev;
}

static void run_timers(struct os_loop *self)
{
    uint64_t now =
        os_now_ns(); /* not read again: a timer that starts itself anew must not keep the others away */

    while (self->first_timer && self->first_timer->due_ns <= now && !is_stopping(self)) {
        struct os_timer *timer = self->first_timer;

        unlink_timer(timer);
        self->firing = timer;
        timer->fn(timer->arg);
        self->firing = NULL;
        free(timer);
    }
}

static void run_sources(struct os_loop *self, size_t count)
{
    for (size_t i = 1; i < count && !is_stopping(self); i++) {
        struct os_source *source = self->sources[i];
        short events = self->polls[i].revents;

        if (!source || !events)
            continue;
        if (events & POLLNVAL) {
            log_error("loop", 0, "%s: descriptor %d was closed while it is watched", self->name,
                      self->polls[i].fd);
            self->polls[i].fd = -1;
            continue;
        }
        source->fn(source->arg); /* may free it, or move the arrays */
    }
}

static int time_left(const struct os_loop *self)
{
    uint64_t now, left;

    if (!self->first_timer)
        return -1;
    now = os_now_ns();
    if (self->first_timer->due_ns <= now)
        return 0;
    left = (self->first_timer->due_ns - now + 999999) / 1000000;
    return left > INT_MAX ? INT_MAX : (int)left;
}

static void loop_free(struct os_loop *self)
{
    for (size_t i = 1; i < self->count; i++)
        free(self->sources[i]);
    while (self->first_timer) {
        struct os_timer *timer = self->first_timer;

        unlink_timer(timer);
        free(timer);
    }
    os_handle_close(self->wake);
    os_mutex_finish(&self->mutex);
    free(self->polls);
    free(self->sources);
    free(self);
}

static void loop_main(void *arg)
{
    struct os_loop *self = arg;

    self->thread = os_thread_id();
    while (run_posts(self)) {
        size_t count;
        int n;

        if (is_stopping(self))
            continue;
        close_holes(self);
        count = self->count; /* sources that callbacks add are not in this round */
        n = poll(self->polls, count, time_left(self));
        if (n < 0) {
            if (errno == EINTR)
                continue;
            log_error("loop", 0, "%s: cannot wait", self->name); /* out of kernel memory */
            os_sleep_ms(100);
            continue;
        }
        if (self->polls[0].revents) {
            uint64_t value;

            if (read(self->wake, &value, sizeof value) < 0 && errno != EAGAIN)
                log_error("loop", 0, "%s: cannot read the wake-up", self->name);
        }
        run_timers(self);
        run_sources(self, count);
    }
    if (self->ended)
        self->ended(self->ended_arg);
    loop_free(self);
}

enum os_status os_loop_create(const char *name, struct os_loop **out)
{
    struct os_loop *self = calloc(1, sizeof *self);
    enum os_status status;

    *out = NULL;
    if (!self)
        return OS_NO_MEMORY;
    snprintf(self->name, sizeof self->name, "%s", name);
    self->post_end = &self->posts;
    os_mutex_init(&self->mutex);
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->wake < 0 || !reserve_slot(self)) {
        loop_free(self);
        return OS_NO_MEMORY;
    }
    add_slot(self, self->wake, NULL);

    *out = self; /* the thread may be faster than this function */
    status = os_thread_start(name, loop_main, self);
    if (status != OS_OK) {
        *out = NULL;
        loop_free(self);
    }
    return status;
}

static void wake_up(struct os_loop *self)
{
    uint64_t one = 1;

    while (write(self->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void os_loop_stop(struct os_loop *self, os_loop_fn ended, void *arg)
{
    os_mutex_lock(&self->mutex);
    if (!self->stopping) {
        self->stopping = true;
        self->ended = ended;
        self->ended_arg = arg;
        wake_up(self); /* under the mutex: the thread frees the loop once it has seen `stopping` */
    }
    os_mutex_unlock(&self->mutex);
}

/* False when the loop is ending: from a callback that runs meanwhile. */
static bool add_post(struct os_loop *self, struct os_post *post)
{
    bool good;

    os_mutex_lock(&self->mutex);
    good = !self->stopping;
    if (good) {
        *self->post_end = post;
        self->post_end = &post->next;
        if (self->posts == post)
            wake_up(self);
    }
    os_mutex_unlock(&self->mutex);
    return good;
}

enum os_status os_loop_post(struct os_loop *self, os_loop_fn fn, void *arg)
{
    struct os_post *post = malloc(sizeof *post);

    if (!post)
        return OS_NO_MEMORY;
    *post = (struct os_post){fn, arg, NULL, true};
    if (add_post(self, post))
        return OS_OK;
    free(post);
    return OS_CLOSED;
}

void os_loop_post_with(struct os_loop *self, struct os_post *post, os_loop_fn fn, void *arg)
{
    *post = (struct os_post){fn, arg, NULL, false};
    add_post(self, post);
}

bool os_loop_is_mine(struct os_loop *self)
{
    return self->thread == os_thread_id();
}

enum os_status os_loop_watch(struct os_loop *self, os_waitable waitable, os_loop_fn fn, void *arg,
                             struct os_source **out)
{
    struct os_source *source;

    *out = NULL;
    if (waitable < 0)
        return OS_INVALID;
    source = malloc(sizeof *source);
    if (!source || !reserve_slot(self)) {
        free(source);
        return OS_NO_MEMORY;
    }
    *source = (struct os_source){.loop = self, .slot = self->count, .fn = fn, .arg = arg};
    add_slot(self, waitable, source);
    *out = source;
    return OS_OK;
}

enum os_status os_loop_watch_socket(struct os_loop *self, os_socket socket, os_loop_fn fn, void *arg,
                                    struct os_source **out)
{
    return os_loop_watch(self, socket, fn, arg, out);
}

void os_source_destroy(struct os_source *self)
{
    struct os_loop *loop;

    if (!self)
        return;
    loop = self->loop;
    loop->sources[self->slot] = NULL;
    loop->polls[self->slot].fd = -1;
    loop->holes++;
    free(self);
}

enum os_status os_loop_after(struct os_loop *self, unsigned ms, os_loop_fn fn, void *arg,
                             struct os_timer **out)
{
    struct os_timer *timer = malloc(sizeof *timer), *before = self->last_timer;

    *out = NULL;
    if (!timer)
        return OS_NO_MEMORY;
    timer->loop = self;
    timer->due_ns = os_now_ns() + (uint64_t)ms * 1000000;
    timer->fn = fn;
    timer->arg = arg;
    while (before && before->due_ns > timer->due_ns)
        before = before->prev;
    timer->prev = before;
    timer->next = before ? before->next : self->first_timer;
    *(timer->prev ? &timer->prev->next : &self->first_timer) = timer;
    *(timer->next ? &timer->next->prev : &self->last_timer) = timer;
    *out = timer;
    return OS_OK;
}

void os_timer_destroy(struct os_timer *self)
{
    if (!self || self == self->loop->firing)
        return;
    unlink_timer(self);
    free(self);
}
