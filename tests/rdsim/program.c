/* SPDX-License-Identifier: Apache-2.0 */
/* Session programs: start with the request forwarded over the inherited link, stop in steps, reap. */
#include <stdio.h>
#include <stdlib.h>

#include "launcher_private.h"
#include "os/log.h"

#define STOP_STEP_MS 400 /* link closed, then asked to end, then killed */
#define REASON_MS 2000   /* for the word that its client has gone, when it heard of that first */

static void program_free(struct program *self)
{
    struct launcher *launcher = self->launcher;

    for (struct program **at = &launcher->programs; *at; at = &(*at)->next)
        if (*at == self) {
            *at = self->next;
            break;
        }
    os_timer_destroy(self->timer);
    os_source_destroy(self->source);
    os_pipe_destroy(self->link);
    os_process_destroy(self->process);
    free(self);
    os_cond_broadcast(&launcher->changed);
}

static void on_no_reason(void *arg)
{
    struct program *self = arg;
    struct launcher *launcher = self->launcher;

    os_mutex_lock(&launcher->lock);
    self->timer = NULL;
    log_warn("launcher", 0, "the session program of session %u ended with 0 by itself", self->session);
    program_free(self);
    os_mutex_unlock(&launcher->lock);
}

/* A client that goes closes the pipe to its session program, too: the program may be gone before the adapter
 * or the service has heard of it. Only an end that nothing follows is the program's own. */
static bool look_for_reason(struct program *self)
{
    if (os_loop_after(self->launcher->loop, REASON_MS, on_no_reason, self, &self->timer) != OS_OK) {
        self->timer = NULL;
        return false;
    }
    os_source_destroy(self->source);
    os_pipe_destroy(self->link);
    os_process_destroy(self->process);
    self->source = NULL;
    self->link = NULL;
    self->process = NULL;
    self->ended = true;
    return true;
}

static void on_ended(void *arg)
{
    struct program *self = arg;
    struct launcher *launcher = self->launcher;
    char text[128];
    int code = 0;

    os_mutex_lock(&launcher->lock);
    if (os_process_ended(self->process, &code)) {
        snprintf(text, sizeof text, "the session program of session %u ended with %d", self->session, code);
        launcher_answer(launcher, LAUNCHER_ENDED, self->request, self->session, text);
        if (self->stopping == 0 && code != 0)
            log_warn("launcher", 0, "%s by itself", text);
        if (self->stopping != 0 || code != 0 || !look_for_reason(self))
            program_free(self);
    }
    os_mutex_unlock(&launcher->lock);
}

static void stop_step(struct program *self);

static void on_stop_timer(void *arg)
{
    struct program *self = arg;
    struct launcher *launcher = self->launcher;

    os_mutex_lock(&launcher->lock);
    self->timer = NULL;
    stop_step(self);
    os_mutex_unlock(&launcher->lock);
}

/* A program that loses its link lets go of keys and ends; one that does not is ended. */
static void stop_step(struct program *self)
{
    switch (++self->stopping) {
    case 1:
        os_pipe_destroy(self->link);
        self->link = NULL;
        break;
    case 2:
        os_process_terminate(self->process);
        break;
    default:
        os_process_kill(self->process);
        return;
    }
    if (os_loop_after(self->launcher->loop, STOP_STEP_MS, on_stop_timer, self, &self->timer) != OS_OK) {
        self->timer = NULL;
        os_process_kill(self->process);
    }
}

static void stop_now(struct program *self, bool now)
{
    if (self->ended) {
        program_free(self); /* that is why */
        return;
    }
    if (self->stopping == 0 && !now)
        stop_step(self);
    if (now) {
        self->stopping = 3;
        os_process_kill(self->process);
    }
}

void program_stop_session(struct launcher *launcher, uint32_t session)
{
    struct program *next;

    for (struct program *program = launcher->programs; program; program = next) {
        next = program->next;
        if (program->session == session)
            stop_now(program, false);
    }
}

void program_stop_request(struct launcher *launcher, uint32_t request)
{
    struct program *next;

    for (struct program *program = launcher->programs; program; program = next) {
        next = program->next;
        if (program->request == request)
            stop_now(program, false);
    }
}

void program_kill_session(struct launcher *launcher, uint32_t session)
{
    for (struct program *program = launcher->programs; program; program = program->next)
        if (program->session == session && program->stopping == 0 && !program->ended)
            os_process_kill(program->process);
}

void program_stop_all(struct launcher *launcher, bool now)
{
    struct program *next;

    for (struct program *program = launcher->programs; program; program = next) {
        next = program->next;
        stop_now(program, now);
    }
}

const struct program *program_of(const struct launcher *launcher, uint32_t session)
{
    for (const struct program *program = launcher->programs; program; program = program->next)
        if (program->session == session && program->stopping == 0 && !program->ended)
            return program;
    return NULL;
}

static void arguments(const struct options *options, const struct place *place, const char **args)
{
    unsigned n = 0;

    args[n++] = "--desktop";
    switch (options->desktop) {
    case DESKTOP_PATTERN:
        args[n++] = "pattern";
        break;
    case DESKTOP_GDI:
        args[n++] = "gdi";
        break;
    case DESKTOP_DISPLAY:
    case DESKTOP_COMMAND:
        args[n++] = "x11";
        args[n++] = "--display";
        args[n++] = place->display;
        if (options->desktop == DESKTOP_COMMAND)
            args[n++] = "--resize";
        break;
    }
    for (unsigned i = 0; i < options->session_arg_count; i++)
        args[n++] = options->session_args[i];
    args[n] = NULL;
}

void program_start(struct launcher *launcher, const struct place *place, const struct launcher_start *start,
                   struct os_pass *pass)
{
    const char *args[OPTIONS_SESSION_ARGS_MAX + 8];
    const struct os_spawn spec = {.program = launcher->program_path, .args = args};
    struct program *self = calloc(1, sizeof *self);
    enum os_status status = OS_NO_MEMORY;
    const char *problem = NULL;
    char text[1400];

    program_stop_session(launcher, start->session);
    arguments(launcher->options, place, args);
    if (self) {
        self->launcher = launcher;
        self->request = start->request;
        self->session = start->session;
        status = os_process_spawn(&spec, &self->process, &self->link);
    }
    if (status == OS_OK && launcher_send(self->link, LAUNCHER_START, start, pass, 2, &problem) == OS_OK) {
        status =
            os_loop_watch(launcher->loop, os_process_waitable(self->process), on_ended, self, &self->source);
        if (status == OS_OK) {
            self->next = launcher->programs;
            launcher->programs = self;
            launcher_answer(launcher, LAUNCHER_STARTED, start->request, start->session, "");
            return;
        }
    } else {
        os_handle_close(pass[0].handle);
        os_handle_close(pass[1].handle);
    }
    snprintf(text, sizeof text, "%.800s cannot be started: %.80s", launcher->program_path,
             problem ? problem : os_status_text(status));
    log_error("launcher", 0, "%s", text);
    launcher_answer(launcher, LAUNCHER_FAILED, start->request, start->session, text);
    if (self && self->process)
        os_process_kill(self->process);
    if (self) {
        os_pipe_destroy(self->link);
        os_process_destroy(self->process);
        free(self);
    }
}
