/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread that runs callbacks, and the system's thread pool that waits for it: WaitForMultipleObjects ends
 * at 64 handles, and a service has more clients. A pool thread only puts the source on the ready list. The
 * wait is armed again after the callback, so each source is on the list once at most.
 */
#include "os/loop.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "os/log.h"
#include "os/thread.h"
#include "os/win32.h"

/* Half of what the system allows: a wait costs by the handle, and a pool thread costs once for many. */
#define DIRECT_MAX (MAXIMUM_WAIT_OBJECTS / 2 - 1)
#define SOCKET_EVENTS (FD_ACCEPT | FD_READ | FD_CLOSE)

struct os_source {
    struct os_loop *loop;
    os_loop_fn fn;
    void *arg;
    HANDLE waitable; /* a socket's event is ours */
    SOCKET socket;
    unsigned slot;                 /* in loop->direct, when the loop waits for it */
    TP_WAIT *wait;                 /* else the pool does */
    struct os_source *prev, *next; /* all sources of the loop */
    bool ready;                    /* these under the mutex */
    struct os_source *ready_prev, *ready_next;
};

struct os_timer {
    struct os_loop *loop;
    uint64_t due_us;
    os_loop_fn fn;
    void *arg;
    struct os_timer *prev, *next;
};

struct os_loop {
    /* The thread's, and one for each os_loop_post and os_loop_stop that runs: a lock must not be freed while
     * another thread is still inside its release, and the thread may end as soon as it gets the lock. */
    atomic_uint refs;
    _Atomic uint64_t thread;
    struct os_source *sources;
    struct os_source *direct[DIRECT_MAX];
    unsigned direct_count;
    struct os_source *running; /* NULL once its callback has destroyed it */
    struct os_timer *first_timer, *last_timer;
    struct os_timer *firing;

    HANDLE wake; /* auto-reset */
    struct os_mutex mutex;
    struct os_post *posts, **post_end; /* under the mutex, as all below */
    struct os_source *ready_first, *ready_last;
    unsigned ready_count;
    bool stopping;
    os_loop_fn ended;
    void *ended_arg;
};

/* With the mutex held. */
static void ready_add(struct os_loop *self, struct os_source *source)
{
    if (source->ready)
        return;
    source->ready = true;
    source->ready_prev = self->ready_last;
    source->ready_next = NULL;
    *(self->ready_last ? &self->ready_last->ready_next : &self->ready_first) = source;
    self->ready_last = source;
    self->ready_count++;
}

/* With the mutex held. */
static void ready_remove(struct os_loop *self, struct os_source *source)
{
    if (!source->ready)
        return;
    source->ready = false;
    *(source->ready_prev ? &source->ready_prev->ready_next : &self->ready_first) = source->ready_next;
    *(source->ready_next ? &source->ready_next->ready_prev : &self->ready_last) = source->ready_prev;
    self->ready_count--;
}

static void ready_add_locked(struct os_loop *self, struct os_source *source)
{
    os_mutex_lock(&self->mutex);
    ready_add(self, source);
    os_mutex_unlock(&self->mutex);
}

static void CALLBACK source_signalled(TP_CALLBACK_INSTANCE *instance, void *context, TP_WAIT *wait,
                                      TP_WAIT_RESULT result)
{
    struct os_source *source = context;
    struct os_loop *loop = source->loop;

    (void)instance;
    (void)wait;
    (void)result;
    os_mutex_lock(&loop->mutex);
    ready_add(loop, source);
    SetEvent(loop->wake);
    os_mutex_unlock(&loop->mutex);
}

static bool socket_is_readable(SOCKET s)
{
    struct timeval at_once = {0, 0};
    fd_set set = {.fd_count = 1, .fd_array = {s}};

    return select(0, &set, NULL, NULL, &at_once) != 0; /* an error is for the callback to find */
}

/* Waits for the source to be signalled, or finds that it is. */
static void source_arm(struct os_source *self)
{
    bool signalled;

    if (self->socket != INVALID_SOCKET) {
        /* Winsock tells each kind of event once until recv or accept is called. Asking anew makes it look
         * again, and what came before the asking is what select sees. */
        ResetEvent(self->waitable);
        WSAEventSelect(self->socket, self->waitable, SOCKET_EVENTS);
        signalled = socket_is_readable(self->socket);
    } else {
        signalled = WaitForSingleObject(self->waitable, 0) == WAIT_OBJECT_0;
    }
    if (!signalled) {
        if (self->wait)
            SetThreadpoolWait(self->wait, self->waitable, NULL);
        return;
    }
    ready_add_locked(self->loop, self);
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
        os_now_us(); /* not read again: a timer that starts itself anew must not keep the others away */

    while (self->first_timer && self->first_timer->due_us <= now && !is_stopping(self)) {
        struct os_timer *timer = self->first_timer;

        unlink_timer(timer);
        self->firing = timer;
        timer->fn(timer->arg);
        self->firing = NULL;
        free(timer);
    }
}

static void run_sources(struct os_loop *self)
{
    unsigned count;

    os_mutex_lock(&self->mutex);
    count = self->ready_count; /* what becomes ready meanwhile waits for the next round */
    os_mutex_unlock(&self->mutex);
    while (count-- > 0 && !is_stopping(self)) {
        struct os_source *source;

        os_mutex_lock(&self->mutex);
        if ((source = self->ready_first))
            ready_remove(self, source);
        os_mutex_unlock(&self->mutex);
        if (!source)
            return;
        self->running = source;
        source->fn(source->arg);
        if (self->running)
            source_arm(source);
        self->running = NULL;
    }
}

static DWORD time_left(struct os_loop *self)
{
    uint64_t now, left;
    bool ready;

    os_mutex_lock(&self->mutex);
    ready = self->ready_count > 0;
    os_mutex_unlock(&self->mutex);
    if (ready)
        return 0;
    if (!self->first_timer)
        return INFINITE;
    now = os_now_us();
    if (self->first_timer->due_us <= now)
        return 0;
    left = (self->first_timer->due_us - now + 999) / 1000;
    return left >= INFINITE ? INFINITE - 1 : (DWORD)left;
}

static void direct_remove(struct os_source *source)
{
    struct os_loop *loop = source->loop;

    loop->direct[source->slot] = loop->direct[--loop->direct_count];
    loop->direct[source->slot]->slot = source->slot;
}

/* A handle that was closed while it is watched makes the whole wait fail. */
static void direct_drop_bad(struct os_loop *self)
{
    for (unsigned i = self->direct_count; i-- > 0;) {
        struct os_source *source = self->direct[i];

        if (WaitForSingleObject(source->waitable, 0) != WAIT_FAILED)
            continue;
        log_error("loop", 0, "handle %p was closed while it is watched", source->waitable);
        direct_remove(source);
        source->slot = DIRECT_MAX;
    }
}

static void loop_wait(struct os_loop *self, DWORD ms)
{
    HANDLE handles[1 + DIRECT_MAX] = {self->wake};
    DWORD count = 1 + self->direct_count, first = 0, result;

    for (unsigned i = 0; i < self->direct_count; i++)
        handles[1 + i] = self->direct[i]->waitable;
    result = WaitForMultipleObjects(count, handles, FALSE, ms);
    /* A wait tells of the first only: look again behind it, or the last would wait for all others to be
     * silent. */
    while (result < WAIT_OBJECT_0 + count - first) {
        first += result - WAIT_OBJECT_0;
        if (first > 0)
            ready_add_locked(self, self->direct[first - 1]);
        if (++first == count)
            return;
        result = WaitForMultipleObjects(count - first, handles + first, FALSE, 0);
    }
    if (result == WAIT_FAILED)
        direct_drop_bad(self);
}

static void loop_release(struct os_loop *self)
{
    if (atomic_fetch_sub(&self->refs, 1) == 1)
        free(self);
}

static void loop_finish(struct os_loop *self)
{
    while (self->sources)
        os_source_destroy(self->sources);
    while (self->first_timer) {
        struct os_timer *timer = self->first_timer;

        unlink_timer(timer);
        free(timer);
    }
    os_handle_close(self->wake);
    loop_release(self);
}

static void loop_main(void *arg)
{
    struct os_loop *self = arg;

    self->thread = os_thread_id();
    while (run_posts(self)) {
        if (is_stopping(self))
            continue;
        loop_wait(self, time_left(self));
        run_timers(self);
        run_sources(self);
    }
    if (self->ended)
        self->ended(self->ended_arg);
    loop_finish(self);
}

enum os_status os_loop_create(const char *name, struct os_loop **out)
{
    struct os_loop *self = calloc(1, sizeof(*self));
    enum os_status status;

    *out = NULL;
    if (!self)
        return OS_NO_MEMORY;
    self->refs = 1;
    self->post_end = &self->posts;
    os_mutex_init(&self->mutex);
    self->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!self->wake) {
        loop_finish(self);
        return OS_NO_MEMORY;
    }
    *out = self; /* the thread may be faster than this function */
    status = os_thread_start(name, loop_main, self);
    if (status != OS_OK) {
        *out = NULL;
        loop_finish(self);
    }
    return status;
}

void os_loop_stop(struct os_loop *self, os_loop_fn ended, void *arg)
{
    atomic_fetch_add(&self->refs, 1);
    os_mutex_lock(&self->mutex);
    if (!self->stopping) {
        self->stopping = true;
        self->ended = ended;
        self->ended_arg = arg;
        SetEvent(self->wake); /* under the mutex: the thread closes it once it has seen `stopping` */
    }
    os_mutex_unlock(&self->mutex);
    loop_release(self);
}

/* False when the loop is ending: from a callback that runs meanwhile. */
static bool add_post(struct os_loop *self, struct os_post *post)
{
    bool good;

    atomic_fetch_add(&self->refs, 1);
    os_mutex_lock(&self->mutex);
    good = !self->stopping;
    if (good) {
        *self->post_end = post;
        self->post_end = &post->next;
        if (self->posts == post)
            SetEvent(self->wake);
    }
    os_mutex_unlock(&self->mutex);
    loop_release(self);
    return good;
}

enum os_status os_loop_post(struct os_loop *self, os_loop_fn fn, void *arg)
{
    struct os_post *post = malloc(sizeof(*post));

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

static enum os_status source_create(struct os_loop *self, HANDLE waitable, SOCKET s, os_loop_fn fn, void *arg,
                                    struct os_source **out)
{
    struct os_source *source = calloc(1, sizeof(*source));

    if (!source)
        return OS_NO_MEMORY;
    source->loop = self;
    source->fn = fn;
    source->arg = arg;
    source->waitable = waitable;
    source->socket = s;
    source->slot = DIRECT_MAX;
    if (self->direct_count < DIRECT_MAX) {
        source->slot = self->direct_count++;
        self->direct[source->slot] = source;
    } else if (!(source->wait = CreateThreadpoolWait(source_signalled, source, NULL))) {
        free(source);
        return OS_NO_MEMORY;
    }
    source->next = self->sources;
    if (source->next)
        source->next->prev = source;
    self->sources = source;
    source_arm(source);
    *out = source;
    return OS_OK;
}

enum os_status os_loop_watch(struct os_loop *self, os_waitable waitable, os_loop_fn fn, void *arg,
                             struct os_source **out)
{
    *out = NULL;
    if (waitable == OS_NO_HANDLE)
        return OS_INVALID;
    return source_create(self, waitable, INVALID_SOCKET, fn, arg, out);
}

enum os_status os_loop_watch_socket(struct os_loop *self, os_socket socket, os_loop_fn fn, void *arg,
                                    struct os_source **out)
{
    enum os_status status;
    HANDLE event;

    *out = NULL;
    if (socket == OS_NO_SOCKET)
        return OS_INVALID;
    if (!(event = CreateEventW(NULL, TRUE, FALSE, NULL)))
        return OS_NO_MEMORY;
    if (WSAEventSelect(socket, event, SOCKET_EVENTS) != 0) {
        status = os_status_from_win32((DWORD)WSAGetLastError());
        CloseHandle(event);
        return status;
    }
    status = source_create(self, event, socket, fn, arg, out);
    if (status != OS_OK) {
        WSAEventSelect(socket, NULL, 0);
        CloseHandle(event);
    }
    return status;
}

void os_source_destroy(struct os_source *self)
{
    struct os_loop *loop;

    if (!self)
        return;
    loop = self->loop;
    if (self->socket != INVALID_SOCKET)
        WSAEventSelect(self->socket, NULL, 0); /* it stays non-blocking, as it came */
    if (self->wait) {
        SetThreadpoolWait(self->wait, NULL, NULL);
        WaitForThreadpoolWaitCallbacks(self->wait,
                                       TRUE); /* ours only takes the mutex, which nobody holds here */
        CloseThreadpoolWait(self->wait);
    } else if (self->slot < DIRECT_MAX) {
        direct_remove(self);
    }
    os_mutex_lock(&loop->mutex);
    ready_remove(loop, self);
    os_mutex_unlock(&loop->mutex);
    *(self->prev ? &self->prev->next : &loop->sources) = self->next;
    if (self->next)
        self->next->prev = self->prev;
    if (loop->running == self)
        loop->running = NULL;
    if (self->socket != INVALID_SOCKET)
        CloseHandle(self->waitable);
    free(self);
}

enum os_status os_loop_after(struct os_loop *self, unsigned ms, os_loop_fn fn, void *arg,
                             struct os_timer **out)
{
    struct os_timer *timer = malloc(sizeof(*timer)), *before = self->last_timer;

    *out = NULL;
    if (!timer)
        return OS_NO_MEMORY;
    timer->loop = self;
    timer->due_us = os_now_us() + (uint64_t)ms * 1000;
    timer->fn = fn;
    timer->arg = arg;
    while (before && before->due_us > timer->due_us)
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
