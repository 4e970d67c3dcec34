/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program of a session: start, the word that it took what it was sent, stop in steps, the pause after a
 * bad end. The same for the program that shows the session and for that of its user; what differs is in
 * struct role_kind (seat.c).
 */
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

static void program_free(struct program *self)
{
    os_timer_destroy(self->timer);
    os_source_destroy(self->link_source);
    os_source_destroy(self->end_source);
    os_pipe_destroy(self->link);
    os_process_destroy(self->process);
    free(self);
}

static const struct launcher_config *config_of(const struct role *self)
{
    return self->seat->launcher->config;
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
    if (os_loop_after(self->role->seat->launcher->loop, STOP_STEP_MS, stop_step, self, &self->timer) !=
        OS_OK) {
        self->timer = NULL;
        self->stopping = 3;
        os_process_kill(self->process);
    }
}

void role_stop(struct role *self)
{
    struct program *program = self->program;

    if (!program || program->stopping)
        return;
    os_timer_destroy(program->timer);
    stop_step(program);
}

static void tell(const struct role *self, uint16_t id, uint32_t request, const char *text)
{
    if (!self->kind->kept)
        launcher_answer(self->seat->launcher, id, request, self->seat->session, text);
}

static void tell_failed(struct role *self, uint32_t request, const char *text)
{
    struct launcher *launcher = self->seat->launcher;

    log_error(LAUNCHER_AREA, self->seat->session, "request %u: %s", request, text);
    if (self->bad_ends % BAD_ENDS_TOLD == 0)
        launcher->host.event(launcher->host.arg, self->kind->failed_event, text);
    tell(self, LAUNCHER_FAILED, request, text);
}

/* Told once: whatever comes later is only the end of that. */
static void start_failed(struct program *self, const char *text)
{
    if (self->failed || self->orphan)
        return;
    self->failed = true;
    tell_failed(self->role, self->request, text);
    role_stop(self->role);
}

static void bad_end(struct role *self)
{
    struct launcher *launcher = self->seat->launcher;
    unsigned doublings = self->bad_ends < PAUSE_DOUBLINGS ? self->bad_ends : PAUSE_DOUBLINGS;
    unsigned ms = or_default(launcher->config->pause_ms, PAUSE_MS) << doublings;
    char text[160];

    self->bad_ends++;
    self->not_before_ms = os_now_ms() + ms;
    snprintf(text, sizeof text, "%s: %u bad ends in a row in session %u; next start in %u ms at the earliest",
             self->kind->name, self->bad_ends, self->seat->session, ms);
    log_warn(LAUNCHER_AREA, self->seat->session, "%s", text);
    if (self->bad_ends % BAD_ENDS_TOLD == 0)
        launcher->host.event(launcher->host.arg, LAUNCHER_EVENT_PROGRAM_DIED, text);
}

static void on_not_ready(void *arg)
{
    struct program *self = arg;
    char text[160];

    self->timer = NULL;
    snprintf(text, sizeof text, "the %s of session %u said nothing for %u ms", self->role->kind->name,
             self->role->seat->session, or_default(config_of(self->role)->ready_ms, READY_MS));
    start_failed(self, text);
}

/* A program that was stopped, that ended as it may or that ran long gives no reason to wait with the next. */
static void note_end(struct role *self, const struct program *program, int code)
{
    uint64_t ran = os_now_ms() - program->started_ms;

    if (program->failed || (!program->stopping && (code != 0 || self->kind->kept) &&
                            ran < or_default(config_of(self)->healthy_ms, HEALTHY_MS))) {
        bad_end(self);
        return;
    }
    self->bad_ends = 0;
    self->not_before_ms = 0;
}

static void on_end(void *arg)
{
    struct program *self = arg;
    struct role *role = self->role;
    char text[128];
    int code = 0;

    if (!os_process_ended(self->process, &code))
        return;
    snprintf(text, sizeof text, "the %s of session %u ended with %d", role->kind->name, role->seat->session,
             code);
    log_info(LAUNCHER_AREA, role->seat->session, "request %u: %s%s", self->request, text,
             self->stopping ? "" : " by itself");
    if (self->ready && !self->orphan)
        tell(role, LAUNCHER_ENDED, self->request, text);
    else if (!self->stopping)
        start_failed(self, text);
    note_end(role, self, code);
    role->program = NULL;
    program_free(self);
    seat_role_ended(role->seat);
}

static void on_link_lost(void *arg)
{
    struct program *self = arg;

    self->timer = NULL;
    role_stop(self->role);
}

/* The only thing that it may say: that it took what it was sent, or why not. */
static void on_link(void *arg)
{
    struct program *self = arg;
    struct role *role = self->role;
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
    if (description && !self->ready && !self->stopping && description->id == LAUNCHER_STARTED &&
        message.result.request == self->request) {
        os_timer_destroy(self->timer);
        self->timer = NULL;
        self->ready = true;
        log_info(LAUNCHER_AREA, role->seat->session, "request %u: %s %llu is ready", self->request,
                 role->kind->name, (unsigned long long)os_process_id(self->process));
        tell(role, LAUNCHER_STARTED, self->request, "");
        seat_role_ready(role->seat, role);
        return;
    }
    close_link(self);
    if (!description && status != OS_OK) {
        /* its process tells how it ended; one that only lost its link is stopped */
        if (!self->timer && os_loop_after(role->seat->launcher->loop, STOP_STEP_MS, on_link_lost, self,
                                          &self->timer) != OS_OK) {
            self->timer = NULL;
            role_stop(role);
        }
        return;
    }
    if (self->ready) {
        log_error(LAUNCHER_AREA, role->seat->session, "request %u: the %s broke the rules of its link",
                  self->request, role->kind->name);
        role_stop(role);
        return;
    }
    snprintf(text, sizeof text, "the %s refused: %s", role->kind->name,
             description && description->id == LAUNCHER_FAILED ? message.result.text
                                                               : "it broke the rules of its link");
    start_failed(self, text);
}

static bool watch(struct program *self, const char **problem)
{
    struct os_loop *loop = self->role->seat->launcher->loop;
    enum os_status status =
        os_loop_watch(loop, os_process_waitable(self->process), on_end, self, &self->end_source);

    if (status == OS_OK)
        status = os_loop_watch(loop, os_pipe_waitable(self->link), on_link, self, &self->link_source);
    if (status == OS_OK)
        status = os_loop_after(loop, or_default(config_of(self->role)->ready_ms, READY_MS), on_not_ready,
                               self, &self->timer);
    *problem = os_status_text(status);
    return status == OS_OK;
}

void role_begin(struct role *role, const struct role_start *start)
{
    const struct launcher_config *config = config_of(role);
    const struct os_spawn spec = {.program = config->program, .args = start->args, .place = start->place};
    uint32_t session = role->seat->session;
    struct program *self = calloc(1, sizeof *self);
    enum os_status status = OS_NO_MEMORY;
    const char *problem = NULL;
    char text[LAUNCHER_TEXT_MAX], error[200] = "";
    bool sent = false;

    if (self) {
        self->role = role;
        self->request = start->request;
        self->started_ms = os_now_ms();
        status = os_process_spawn(&spec, &self->process, &self->link);
        if (status == OS_OK)
            os_pipe_refuse_passes(self->link); /* what runs as the user may name anything */
        else
            os_last_error_text(error, sizeof error);
    }
    if (status == OS_OK)
        sent = launcher_send(self->link, start->id, start->message, start->pass, start->npass, &problem) ==
               OS_OK;
    if (sent && watch(self, &problem)) {
        role->program = self;
        log_info(LAUNCHER_AREA, session, "request %u: %s %llu started", self->request, role->kind->name,
                 (unsigned long long)os_process_id(self->process));
        return;
    }
    for (unsigned i = 0; !sent && i < start->npass; i++)
        os_handle_close(start->pass[i].handle);
    snprintf(text, sizeof text, "the %s %.600s cannot be started in session %u: %.80s%s%.150s",
             role->kind->name, config->program, session, problem ? problem : os_status_text(status),
             error[0] ? ": " : "", error);
    tell_failed(role, start->request, text);
    bad_end(role);
    if (self) {
        if (self->process)
            os_process_kill(self->process);
        program_free(self);
    }
    role_go_on(role); /* one that is kept is tried again */
}

static void on_pause_over(void *arg)
{
    struct role *self = arg;

    self->pause = NULL;
    role_go_on(self);
}

void role_go_on(struct role *self)
{
    struct seat *seat = self->seat;
    uint64_t now = os_now_ms();

    if (!self->kind->wanted(seat) || self->program || self->pause)
        return;
    if (now >= self->not_before_ms) {
        self->kind->start(self);
        return;
    }
    log_info(LAUNCHER_AREA, seat->session, "the %s waits %u ms", self->kind->name,
             (unsigned)(self->not_before_ms - now));
    if (os_loop_after(seat->launcher->loop, (unsigned)(self->not_before_ms - now), on_pause_over, self,
                      &self->pause) != OS_OK) {
        self->pause = NULL;
        log_error(LAUNCHER_AREA, seat->session, "the %s is given up: out of memory", self->kind->name);
        if (self == &seat->screen)
            seat_drop_request(seat, "out of memory");
    }
}

void role_init(struct role *self, const struct role_kind *kind, struct seat *seat)
{
    *self = (struct role){.kind = kind, .seat = seat};
}

void role_finish(struct role *self)
{
    os_timer_destroy(self->pause);
    self->pause = NULL;
}
