/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hand-overs to display drivers (driver.h): each on a thread of its own from the request until the device is
 * closed, because each step may take any time. The loop never waits for one: it tells it to stop and forgets
 * it. A thread tells the loop two things, that the driver has it (or why not), and that the driver shows
 * nothing any more.
 *
 * A new request for a session does not wait for the old one's thread: the driver has one owner, so the new
 * thread gets the device when the old one has let go of it. One that was told to stop never takes a device.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/log.h"
#include "service/driver.h"
#include "service/private.h"

#define ATTACH_MS 5000
#define HANGS_MS 2500 /* told to stop this long ago: more than the driver is given for its last answer */
#define HANGING_MAX 16

/* What the loop and the threads share. It and an attach are freed by whoever lets go of them last, which may
 * be a thread long after the launcher. */
struct attach_home {
    atomic_uint refs;
    struct os_mutex lock;
    struct os_cond changed;
    struct os_loop *loop;   /* NULL: the launcher has gone */
    struct attach *threads; /* those that run */
};

struct attach {
    atomic_uint refs; /* the seat, the thread, each post that is under way */
    struct attach_home *home;
    struct driver driver;
    enum os_status status;                               /* [thread] until on_done is posted */
    char why[LAUNCHER_TEXT_MAX], end[LAUNCHER_TEXT_MAX]; /* likewise */
    struct os_post done, over;

    struct attach *next; /* of the home's threads, under its lock */
    uint64_t stopped_ms; /* when it was told to stop; 0: it was not. Under the lock */

    struct seat *seat;      /* [loop] NULL: forgotten */
    struct os_timer *timer; /* [loop] while nothing was answered */
};

struct attach_home *attach_home_create(struct os_loop *loop)
{
    struct attach_home *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    atomic_init(&self->refs, 1);
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    self->loop = loop;
    return self;
}

static void home_unref(struct attach_home *self)
{
    if (atomic_fetch_sub(&self->refs, 1) != 1)
        return;
    os_cond_finish(&self->changed);
    os_mutex_finish(&self->lock);
    free(self);
}

void attach_home_close(struct attach_home *self, uint64_t until)
{
    uint64_t now;

    if (!self)
        return;
    os_mutex_lock(&self->lock);
    while (self->threads && (now = os_now_ms()) < until)
        os_cond_wait_ms(&self->changed, &self->lock, (unsigned)(until - now));
    for (struct attach *attach = self->threads; attach; attach = attach->next)
        log_error(LAUNCHER_AREA, attach->driver.start.session,
                  "request %u: the display driver hangs (%s); its thread is left behind",
                  attach->driver.start.request, driver_step_text(attach->driver.step));
    self->loop = NULL;
    os_mutex_unlock(&self->lock);
    home_unref(self);
}

static void attach_unref(struct attach *self)
{
    if (atomic_fetch_sub(&self->refs, 1) != 1)
        return;
    event_close(self->driver.stop);
    home_unref(self->home);
    free(self);
}

static unsigned count_hanging(struct attach_home *self)
{
    uint64_t now = os_now_ms();
    unsigned n = 0;

    os_mutex_lock(&self->lock);
    for (struct attach *attach = self->threads; attach; attach = attach->next)
        n += attach->stopped_ms != 0 && now - attach->stopped_ms >= HANGS_MS;
    os_mutex_unlock(&self->lock);
    return n;
}

/* [thread] */
static void post(struct attach *self, struct os_post *what, os_loop_fn fn)
{
    os_mutex_lock(&self->home->lock);
    if (self->home->loop) {
        atomic_fetch_add(&self->refs, 1);
        os_loop_post_with(self->home->loop, what, fn, self);
    }
    os_mutex_unlock(&self->home->lock);
}

/* [loop] It is not the seat's any more; its thread ends as soon as the driver lets it. */
static void forget(struct attach *self)
{
    os_timer_destroy(self->timer);
    self->timer = NULL;
    self->seat->attach = NULL;
    self->seat = NULL;
    os_mutex_lock(&self->home->lock);
    self->stopped_ms = os_now_ms();
    os_mutex_unlock(&self->home->lock);
    event_set(self->driver.stop);
    attach_unref(self);
}

static void tell(struct seat *seat, uint16_t id, uint32_t request, const char *why)
{
    char text[LAUNCHER_TEXT_MAX];

    snprintf(text, sizeof text, "the display driver of session %u: %.800s", seat->session, why);
    if (id == LAUNCHER_FAILED)
        log_error(LAUNCHER_AREA, seat->session, "request %u: %s", request, text);
    else
        log_warn(LAUNCHER_AREA, seat->session, "request %u: %s", request, text);
    launcher_answer(seat->launcher, id, request, seat->session, text);
}

/* [loop] The end of it as far as the adapter is concerned. */
static void give_up(struct attach *self, uint16_t id, const char *why)
{
    struct seat *seat = self->seat;

    tell(seat, id, self->driver.start.request, why);
    forget(self);
    if (seat_is_idle(seat))
        seat_free(seat);
}

static void on_done(void *arg)
{
    struct attach *self = arg;

    if (self->seat && self->status == OS_OK) {
        os_timer_destroy(self->timer);
        self->timer = NULL;
        log_info(LAUNCHER_AREA, self->seat->session, "request %u: the display driver has it",
                 self->driver.start.request);
        launcher_answer(self->seat->launcher, LAUNCHER_STARTED, self->driver.start.request,
                        self->seat->session, "");
    } else if (self->seat) {
        give_up(self, LAUNCHER_FAILED, self->why[0] ? self->why : os_status_text(self->status));
    }
    attach_unref(self);
}

static void on_over(void *arg)
{
    struct attach *self = arg;

    if (self->seat)
        give_up(self, LAUNCHER_ENDED, self->end);
    attach_unref(self);
}

static void on_too_late(void *arg)
{
    struct attach *self = arg;
    unsigned ms = self->seat->launcher->config->attach_ms;
    char why[120];

    self->timer = NULL;
    snprintf(why, sizeof why, "it did not take the memory within %u ms (%s)", ms ? ms : ATTACH_MS,
             driver_step_text(self->driver.step));
    give_up(self, LAUNCHER_FAILED, why);
}

static void attach_thread(void *arg)
{
    struct attach *self = arg, **at;
    struct attach_home *home = self->home;
    uint32_t session = self->driver.start.session, request = self->driver.start.request;

    self->status = driver_attach(&self->driver, self->why, sizeof self->why);
    /* the driver has its own: with ours the peer would not see its end */
    os_handle_close(self->driver.handles[0]);
    os_handle_close(self->driver.handles[1]);
    post(self, &self->done, on_done);
    if (self->status == OS_OK) {
        if (driver_watch(&self->driver, self->end, sizeof self->end))
            post(self, &self->over, on_over);
        driver_detach(&self->driver);
        log_info(LAUNCHER_AREA, session, "request %u: taken from the display driver", request);
    }
    os_mutex_lock(&home->lock);
    for (at = &home->threads; *at != self;)
        at = &(*at)->next;
    *at = self->next;
    os_cond_broadcast(&home->changed);
    os_mutex_unlock(&home->lock);
    attach_unref(self);
}

void attach_drop(struct seat *seat, const char *why)
{
    struct attach *attach = seat->attach;

    if (!attach)
        return;
    if (why)
        launcher_answer(seat->launcher, attach->timer ? LAUNCHER_FAILED : LAUNCHER_ENDED,
                        attach->driver.start.request, seat->session, why);
    forget(attach);
}

void attach_detach(struct seat *seat, uint32_t request)
{
    if (!seat->attach || seat->attach->driver.start.request != request)
        return;
    attach_drop(seat, NULL);
    if (seat_is_idle(seat))
        seat_free(seat);
}

/* NULL: it runs. Otherwise why not, and the passes are still the caller's. */
static const char *begin(struct seat *seat, const struct launcher_start *start, const struct os_pass pass[2])
{
    struct launcher *launcher = seat->launcher;
    struct attach_home *home = launcher->attaches;
    unsigned ms = launcher->config->attach_ms;
    struct attach *self;
    struct layout layout;
    const char *problem;
    bool good;

    if (!launcher->host.drivers)
        return "there are no display drivers here";
    if ((problem = driver_layout(start, &layout)))
        return problem;
    if (count_hanging(home) >= HANGING_MAX)
        return "too many others hang; the launcher service has to be restarted";
    if (!(self = calloc(1, sizeof *self)))
        return "out of memory";
    atomic_init(&self->refs, 2); /* the seat's and the thread's */
    atomic_fetch_add(&home->refs, 1);
    self->home = home;
    self->seat = seat;
    self->driver = (struct driver){.system = launcher->host.drivers,
                                   .start = *start,
                                   .layout = layout,
                                   .handles = {pass[0].handle, pass[1].handle},
                                   .stop = event_create(true)};
    good = self->driver.stop &&
           os_loop_after(launcher->loop, ms ? ms : ATTACH_MS, on_too_late, self, &self->timer) == OS_OK;
    os_mutex_lock(&home->lock);
    self->next = home->threads;
    if (good && os_thread_start("attach", attach_thread, self) == OS_OK) {
        home->threads = self;
        os_mutex_unlock(&home->lock);
        seat->attach = self;
        return NULL;
    }
    os_mutex_unlock(&home->lock);
    os_timer_destroy(good ? self->timer : NULL);
    event_close(self->driver.stop);
    free(self);
    home_unref(home);
    return "out of memory";
}

void attach_request(struct seat *seat, const struct launcher_start *start, const struct os_pass pass[2])
{
    const char *problem;

    attach_drop(seat, "another request for the session came");
    if (!(problem = begin(seat, start, pass)))
        return;
    os_handle_close(pass[0].handle);
    os_handle_close(pass[1].handle);
    tell(seat, LAUNCHER_FAILED, start->request, problem);
    if (seat_is_idle(seat))
        seat_free(seat);
}
