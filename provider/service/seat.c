/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and their programs: start, the word that it is ready, stop in steps, the pause after a bad end. */
#include <stdio.h>
#include <stdlib.h>

#include "os/log.h"
#include "service/private.h"

#define READY_MS 5000
#define PAUSE_MS 250
#define PAUSE_DOUBLINGS 4
#define HEALTHY_MS 20000
#define STOP_STEP_MS 400 /* link closed, then asked to end, then killed */
#define BAD_ENDS_TOLD 5  /* in a row: into the event log, then at each multiple */

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

static void go_on(struct seat *self);

struct seat *seat_find(struct launcher *launcher, uint32_t session)
{
    for (struct seat *seat = launcher->seats; seat; seat = seat->next)
        if (seat->session == session)
            return seat;
    return NULL;
}

struct seat *seat_get(struct launcher *launcher, uint32_t session)
{
    struct seat *seat = seat_find(launcher, session);

    if (seat || launcher->seat_count == LAUNCHER_SEATS_MAX || !(seat = calloc(1, sizeof *seat)))
        return seat;
    seat->launcher = launcher;
    seat->session = session;
    seat->next = launcher->seats;
    launcher->seats = seat;
    launcher->seat_count++;
    return seat;
}

void seat_free(struct seat *self)
{
    struct launcher *launcher = self->launcher;

    seat_drop_request(self, NULL);
    attach_drop(self, NULL);
    os_timer_destroy(self->pause);
    for (struct seat **at = &launcher->seats; *at; at = &(*at)->next)
        if (*at == self) {
            *at = self->next;
            break;
        }
    launcher->seat_count--;
    free(self);
}

void seat_drop_request(struct seat *self, const char *why)
{
    if (!self->pending)
        return;
    self->pending = false;
    os_handle_close(self->pass[0].handle);
    os_handle_close(self->pass[1].handle);
    if (why)
        launcher_answer(self->launcher, LAUNCHER_FAILED, self->start.request, self->session, why);
}

bool seat_is_idle(const struct seat *self)
{
    return !self->pending && !self->program && self->bad_ends == 0 && !self->attach;
}

static void program_free(struct program *self)
{
    os_timer_destroy(self->timer);
    os_source_destroy(self->link_source);
    os_source_destroy(self->end_source);
    os_pipe_destroy(self->link);
    os_process_destroy(self->process);
    free(self);
}

static void close_link(struct program *self)
{
    os_source_destroy(self->link_source);
    os_pipe_destroy(self->link);
    self->link_source = NULL;
    self->link = NULL;
}

/* A program that loses its link lets go of keys and ends; one that does not is ended. */
static void stop_step(void *arg)
{
    struct program *self = arg;

    self->timer = NULL;
    switch (++self->stopping) {
    case 1:
        close_link(self);
        break;
    case 2:
        os_process_terminate(self->process);
        break;
    default:
        os_process_kill(self->process);
        return;
    }
    if (os_loop_after(self->seat->launcher->loop, STOP_STEP_MS, stop_step, self, &self->timer) != OS_OK) {
        self->timer = NULL;
        self->stopping = 3;
        os_process_kill(self->process);
    }
}

void seat_stop(struct seat *self)
{
    struct program *program = self->program;

    if (!program || program->stopping)
        return;
    os_timer_destroy(program->timer);
    stop_step(program);
}

static void tell_failed(struct seat *self, uint32_t request, const char *text)
{
    struct launcher *launcher = self->launcher;

    log_error(LAUNCHER_AREA, self->session, "request %u: %s", request, text);
    if (self->bad_ends % BAD_ENDS_TOLD == 0)
        launcher->host.event(launcher->host.arg, LAUNCHER_EVENT_START_FAILED, text);
    launcher_answer(launcher, LAUNCHER_FAILED, request, self->session, text);
}

/* The adapter hears once that it did not start: whatever comes later is only the end of that. */
static void start_failed(struct program *self, const char *text)
{
    if (self->failed || self->orphan)
        return;
    self->failed = true;
    tell_failed(self->seat, self->request, text);
    seat_stop(self->seat);
}

static void bad_end(struct seat *self)
{
    unsigned doublings = self->bad_ends < PAUSE_DOUBLINGS ? self->bad_ends : PAUSE_DOUBLINGS;
    unsigned ms = or_default(self->launcher->config->pause_ms, PAUSE_MS) << doublings;
    char text[160];

    self->bad_ends++;
    self->not_before_ms = os_now_ms() + ms;
    snprintf(text, sizeof text, "%u bad ends in a row in session %u; next start in %u ms at the earliest",
             self->bad_ends, self->session, ms);
    log_warn(LAUNCHER_AREA, self->session, "%s", text);
    if (self->bad_ends % BAD_ENDS_TOLD == 0)
        self->launcher->host.event(self->launcher->host.arg, LAUNCHER_EVENT_PROGRAM_DIED, text);
}

static void on_not_ready(void *arg)
{
    struct program *self = arg;
    char text[160];

    self->timer = NULL;
    snprintf(text, sizeof text, "the session program of session %u said nothing for %u ms",
             self->seat->session, or_default(self->seat->launcher->config->ready_ms, READY_MS));
    start_failed(self, text);
}

/* A program that was stopped, that ended well or that ran long gives no reason to wait with the next. */
static void note_end(struct seat *self, const struct program *program, int code)
{
    uint64_t ran = os_now_ms() - program->started_ms;

    if (program->failed || (!program->stopping && code != 0 &&
                            ran < or_default(self->launcher->config->healthy_ms, HEALTHY_MS))) {
        bad_end(self);
        return;
    }
    self->bad_ends = 0;
    self->not_before_ms = 0;
}

static void on_end(void *arg)
{
    struct program *self = arg;
    struct seat *seat = self->seat;
    struct launcher *launcher = seat->launcher;
    char text[128];
    int code = 0;

    if (!os_process_ended(self->process, &code))
        return;
    snprintf(text, sizeof text, "the session program of session %u ended with %d", seat->session, code);
    log_info(LAUNCHER_AREA, seat->session, "request %u: %s%s", self->request, text,
             self->stopping ? "" : " by itself");
    if (self->ready && !self->orphan)
        launcher_answer(launcher, LAUNCHER_ENDED, self->request, seat->session, text);
    else if (!self->stopping)
        start_failed(self, text);
    note_end(seat, self, code);
    seat->program = NULL;
    program_free(self);
    go_on(seat);
    if (seat_is_idle(seat))
        seat_free(seat); /* nothing to remember */
    launcher_seat_idle(launcher);
}

static void on_link_lost(void *arg)
{
    struct program *self = arg;

    self->timer = NULL;
    seat_stop(self->seat);
}

/* The only thing that it may say: that it took the request, or why not. */
static void on_link(void *arg)
{
    struct program *self = arg;
    const struct wire_message *description = NULL;
    union launcher_any message;
    const char *problem = "its link has ended";
    char text[LAUNCHER_TEXT_MAX + 64];
    uint8_t buf[2048];
    unsigned npass = 0;
    size_t len = 0;
    enum os_status status = os_pipe_receive(self->link, buf, sizeof buf, &len, NULL, &npass);

    if (status == OS_AGAIN)
        return;
    if (status == OS_OK)
        description = wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem);
    if (description && !self->ready && !self->stopping && message.result.request == self->request &&
        description->id == LAUNCHER_STARTED) {
        os_timer_destroy(self->timer);
        self->timer = NULL;
        self->ready = true;
        log_info(LAUNCHER_AREA, self->seat->session, "request %u: session program %llu is ready",
                 self->request, (unsigned long long)os_process_id(self->process));
        launcher_answer(self->seat->launcher, LAUNCHER_STARTED, self->request, self->seat->session, "");
        return;
    }
    close_link(self);
    if (!description && status != OS_OK) {
        /* its process tells how it ended; one that only lost its link is stopped */
        if (!self->timer && os_loop_after(self->seat->launcher->loop, STOP_STEP_MS, on_link_lost, self,
                                          &self->timer) != OS_OK) {
            self->timer = NULL;
            seat_stop(self->seat);
        }
        return;
    }
    if (self->ready) {
        log_error(LAUNCHER_AREA, self->seat->session,
                  "request %u: the session program broke the rules of its link", self->request);
        seat_stop(self->seat);
        return;
    }
    snprintf(text, sizeof text, "the session program refused: %s",
             description && description->id == LAUNCHER_FAILED ? message.result.text
                                                               : "it broke the rules of its link");
    start_failed(self, text);
}

static bool watch(struct program *self, const char **problem)
{
    struct launcher *launcher = self->seat->launcher;
    enum os_status status =
        os_loop_watch(launcher->loop, os_process_waitable(self->process), on_end, self, &self->end_source);

    if (status == OS_OK)
        status =
            os_loop_watch(launcher->loop, os_pipe_waitable(self->link), on_link, self, &self->link_source);
    if (status == OS_OK)
        status = os_loop_after(launcher->loop, or_default(launcher->config->ready_ms, READY_MS), on_not_ready,
                               self, &self->timer);
    *problem = os_status_text(status);
    return status == OS_OK;
}

/* Takes the request's passes over. */
static void program_start(struct seat *seat)
{
    const struct launcher_config *config = seat->launcher->config;
    const struct os_spawn_place place = {seat->session, config->desktop};
    const struct os_spawn spec = {
        .program = config->program, .args = config->args, .place = config->desktop ? &place : NULL};
    struct program *self = calloc(1, sizeof *self);
    enum os_status status = OS_NO_MEMORY;
    const char *problem = NULL;
    char text[LAUNCHER_TEXT_MAX], error[200] = "";

    seat->pending = false;
    if (self) {
        self->seat = seat;
        self->request = seat->start.request;
        self->started_ms = os_now_ms();
        status = os_process_spawn(&spec, &self->process, &self->link);
        if (status != OS_OK)
            os_last_error_text(error, sizeof error);
    }
    if (status == OS_OK && launcher_send(self->link, LAUNCHER_START, &seat->start, seat->pass, 2, &problem)) {
        if (watch(self, &problem)) {
            seat->program = self;
            log_info(LAUNCHER_AREA, seat->session, "request %u: session program %llu started", self->request,
                     (unsigned long long)os_process_id(self->process));
            return;
        }
    } else {
        os_handle_close(seat->pass[0].handle);
        os_handle_close(seat->pass[1].handle);
    }
    snprintf(text, sizeof text, "%.600s cannot be started in session %u: %.80s%s%.150s", config->program,
             seat->session, problem ? problem : os_status_text(status), error[0] ? ": " : "", error);
    tell_failed(seat, seat->start.request, text);
    bad_end(seat);
    if (self) {
        if (self->process)
            os_process_kill(self->process);
        program_free(self);
    }
}

static void on_pause_over(void *arg)
{
    struct seat *self = arg;

    self->pause = NULL;
    go_on(self);
}

/* The request goes ahead when the program before it is gone and the pause is over. */
static void go_on(struct seat *self)
{
    uint64_t now = os_now_ms();

    if (!self->pending || self->program || self->pause)
        return;
    if (now >= self->not_before_ms) {
        program_start(self);
        return;
    }
    log_info(LAUNCHER_AREA, self->session, "request %u waits %u ms", self->start.request,
             (unsigned)(self->not_before_ms - now));
    if (os_loop_after(self->launcher->loop, (unsigned)(self->not_before_ms - now), on_pause_over, self,
                      &self->pause) != OS_OK) {
        self->pause = NULL;
        seat_drop_request(self, "out of memory");
    }
}

void seat_request(struct seat *self, const struct launcher_start *start, const struct os_pass pass[2])
{
    seat_drop_request(self, "another request for the session came");
    self->start = *start;
    self->pass[0] = pass[0];
    self->pass[1] = pass[1];
    self->pending = true;
    seat_stop(self);
    go_on(self);
}
