/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing memory and pipe to a session's display driver. To open a device and to talk to it may take any
 * time, so a thread does it and the loop goes on; after a limit, or when nobody wants it any more, the loop
 * gives it up, and the thread closes what it may still get.
 */
#include <stdio.h>
#include <stdlib.h>

#include "os/log.h"
#include "service/private.h"

#define ATTACH_MS 5000

struct attach {
    struct launcher_host host;
    struct launcher_start start;
    os_handle memory, pipe;
    struct os_loop *loop; /* used under the lock only while it is wanted: then the launcher lives */
    struct os_post done;

    struct os_mutex lock;
    bool wanted; /* by the seat */
    enum os_status status;
    os_handle device;
    char why[LAUNCHER_TEXT_MAX];

    struct seat *seat;      /* [loop], while wanted */
    struct os_timer *timer; /* [loop] */
};

static void attach_free(struct attach *self)
{
    os_handle_close(self->device);
    os_handle_close(self->memory);
    os_handle_close(self->pipe);
    os_mutex_finish(&self->lock);
    free(self);
}

/* [loop] It is not the seat's any more. A thread that has ended has posted on_done, which frees it; one that
 * has not frees it itself. */
static void give_up(struct attach *self)
{
    os_timer_destroy(self->timer);
    self->timer = NULL;
    self->seat->attach = NULL;
    os_mutex_lock(&self->lock);
    self->wanted = false;
    os_mutex_unlock(&self->lock);
}

static void tell(struct seat *seat, uint32_t request, enum os_status status, const char *why)
{
    struct launcher *launcher = seat->launcher;
    char text[LAUNCHER_TEXT_MAX];

    if (status == OS_OK) {
        log_info(LAUNCHER_AREA, seat->session, "request %u: the display driver has it", request);
        launcher_answer(launcher, LAUNCHER_STARTED, request, seat->session, "");
        return;
    }
    snprintf(text, sizeof text, "the display driver of session %u: %.800s", seat->session, why);
    log_error(LAUNCHER_AREA, seat->session, "request %u: %s", request, text);
    launcher_answer(launcher, LAUNCHER_FAILED, request, seat->session, text);
}

/* [loop] */
static void on_done(void *arg)
{
    struct attach *self = arg;
    struct seat *seat;

    os_mutex_lock(&self->lock); /* the thread has let go of it then */
    seat = self->wanted ? self->seat : NULL;
    os_mutex_unlock(&self->lock);
    if (seat) {
        os_timer_destroy(self->timer);
        seat->attach = NULL;
        if (self->status == OS_OK) {
            seat->device = self->device;
            self->device = OS_NO_HANDLE;
        }
        tell(seat, self->start.request, self->status, self->why);
        if (seat_is_idle(seat))
            seat_free(seat);
    }
    attach_free(self);
}

static void attach_thread(void *arg)
{
    struct attach *self = arg;
    os_handle device = OS_NO_HANDLE;
    char why[LAUNCHER_TEXT_MAX] = "";
    enum os_status status =
        self->host.attach(self->host.arg, &self->start, self->memory, self->pipe, &device, why, sizeof why);
    bool wanted;

    os_mutex_lock(&self->lock);
    self->status = status;
    self->device = device;
    snprintf(self->why, sizeof self->why, "%s", why[0] ? why : os_status_text(status));
    wanted = self->wanted;
    if (wanted)
        os_loop_post_with(self->loop, &self->done, on_done, self);
    os_mutex_unlock(&self->lock);
    if (!wanted)
        attach_free(self);
}

static void on_too_late(void *arg)
{
    struct attach *self = arg;
    struct seat *seat = self->seat;
    char why[80];

    self->timer = NULL;
    snprintf(why, sizeof why, "it did not take the memory within %u ms",
             seat->launcher->config->attach_ms ? seat->launcher->config->attach_ms : ATTACH_MS);
    tell(seat, self->start.request, OS_TIMEOUT, why);
    give_up(self);
    if (seat_is_idle(seat))
        seat_free(seat);
}

void attach_drop(struct seat *seat, const char *why)
{
    struct attach *attach = seat->attach;

    if (attach) {
        if (why)
            launcher_answer(seat->launcher, LAUNCHER_FAILED, attach->start.request, seat->session, why);
        give_up(attach);
    }
    if (seat->device != OS_NO_HANDLE)
        log_info(LAUNCHER_AREA, seat->session, "request %u: taken from the display driver",
                 seat->device_request);
    os_handle_close(seat->device);
    seat->device = OS_NO_HANDLE;
    seat->device_request = 0;
}

void attach_request(struct seat *seat, const struct launcher_start *start, const struct os_pass pass[2])
{
    struct launcher *launcher = seat->launcher;
    const struct launcher_config *config = launcher->config;
    struct attach *self;

    /* the driver has one owner: the old hand-over ends before the new one begins */
    attach_drop(seat, "another request for the session came");
    seat->device_request = start->request;
    self = launcher->host.attach ? calloc(1, sizeof *self) : NULL;
    if (!self) {
        os_handle_close(pass[0].handle);
        os_handle_close(pass[1].handle);
        tell(seat, start->request, OS_NOT_FOUND,
             launcher->host.attach ? "out of memory" : "there are no display drivers here");
        return;
    }
    self->host = launcher->host;
    self->start = *start;
    self->memory = pass[0].handle;
    self->pipe = pass[1].handle;
    self->loop = launcher->loop;
    self->device = OS_NO_HANDLE;
    self->seat = seat;
    self->wanted = true;
    os_mutex_init(&self->lock);
    if (os_loop_after(launcher->loop, config->attach_ms ? config->attach_ms : ATTACH_MS, on_too_late, self,
                      &self->timer) != OS_OK)
        self->timer = NULL;
    seat->attach = self;
    if (self->timer && os_thread_start("attach", attach_thread, self) == OS_OK)
        return;
    os_timer_destroy(self->timer);
    seat->attach = NULL;
    attach_free(self);
    tell(seat, start->request, OS_NO_MEMORY, "out of memory");
}
