/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions as the launcher knows them: their desktops, and requests that wait until there is one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher_private.h"
#include "os/log.h"

#define DESKTOP_WAIT_MS 20000
#define DESKTOP_LOOK_MS 25
#define DESKTOP_END_MS 700

struct place *place_find(struct launcher *launcher, uint32_t session)
{
    for (struct place *place = launcher->places; place; place = place->next)
        if (place->session == session && !place->desktop_ending)
            return place;
    return NULL;
}

struct place *place_get(struct launcher *launcher, uint32_t session)
{
    struct place *place = place_find(launcher, session);

    if (place || !(place = calloc(1, sizeof *place)))
        return place;
    place->launcher = launcher;
    place->session = session;
    place->next = launcher->places;
    launcher->places = place;
    return place;
}

void place_drop_request(struct place *self, const char *why)
{
    if (!self->pending)
        return;
    self->pending = false;
    os_handle_close(self->pass[0].handle);
    os_handle_close(self->pass[1].handle);
    if (why)
        launcher_answer(self->launcher, LAUNCHER_FAILED, self->start.request, self->session, why);
}

/* A request may go ahead when a user is in the session and its desktop is there. */
static void go_on(struct place *self)
{
    if (!self->pending || !self->active || !self->desktop_ready)
        return;
    self->pending = false;
    program_start(self->launcher, self, &self->start, self->pass);
}

void place_request(struct place *self, const struct launcher_start *start, struct os_pass *pass)
{
    place_drop_request(self, "another request for the session came");
    program_stop_session(self->launcher, self->session);
    self->start = *start;
    self->pass[0] = pass[0];
    self->pass[1] = pass[1];
    self->pending = true;
    /* a desktop is started when the session becomes active: none means that it has ended since */
    if (self->active && !self->desktop_ready && !self->desktop)
        place_drop_request(self, "the desktop has ended");
    go_on(self);
}

static void place_free(struct place *self)
{
    struct launcher *launcher = self->launcher;

    for (struct place **at = &launcher->places; *at; at = &(*at)->next)
        if (*at == self) {
            *at = self->next;
            break;
        }
    os_timer_destroy(self->desktop_timer);
    os_source_destroy(self->desktop_source);
    os_process_destroy(self->desktop);
    free(self);
    os_cond_broadcast(&launcher->changed);
}

struct gone {
    struct launcher *launcher;
    uint32_t session;
};

static void tell_gone(void *arg)
{
    struct gone *gone = arg;

    gone->launcher->host.desktop_gone(gone->launcher->host.arg, gone->session);
    free(gone);
}

static void on_desktop_ended(void *arg)
{
    struct place *self = arg;
    struct launcher *launcher = self->launcher;
    struct gone *gone;
    int code = 0;

    os_mutex_lock(&launcher->lock);
    if (os_process_ended(self->desktop, &code)) {
        if (self->desktop_ending) {
            os_process_kill_group(self->desktop); /* what it may have left */
            place_free(self);
        } else {
            log_warn("launcher", 0, "the desktop of session %u ended with %d", self->session, code);
            place_drop_request(self, "the desktop has ended");
            os_timer_destroy(self->desktop_timer);
            os_source_destroy(self->desktop_source);
            os_process_kill_group(self->desktop); /* what it may have left */
            os_process_destroy(self->desktop);
            self->desktop_timer = NULL;
            self->desktop_source = NULL;
            self->desktop = NULL;
            self->desktop_ready = false;
            gone = malloc(sizeof *gone);
            if (gone) {
                *gone = (struct gone){launcher, self->session};
                if (os_thread_start("rdsim-logoff", tell_gone, gone) != OS_OK)
                    free(gone);
            }
        }
    }
    os_mutex_unlock(&launcher->lock);
}

/* "DISPLAY=:7" somewhere in what has been printed, as a line. */
static bool take_lines(struct place *self)
{
    char *end;

    while ((end = memchr(self->line, '\n', self->line_len))) {
        size_t rest = self->line_len - (size_t)(end + 1 - self->line);

        *end = 0;
        if (strncmp(self->line, "DISPLAY=", 8) == 0 && self->line[8]) {
            snprintf(self->display, sizeof self->display, "%.60s", self->line + 8);
            return true;
        }
        memmove(self->line, end + 1, rest);
        self->line_len = rest;
    }
    if (self->line_len == sizeof self->line)
        self->line_len = 0; /* no line of ours is that long */
    return false;
}

static void on_look(void *arg);

static void look_again(struct place *self)
{
    if (os_loop_after(self->launcher->loop, DESKTOP_LOOK_MS, on_look, self, &self->desktop_timer) != OS_OK)
        self->desktop_timer = NULL;
}

static void on_look(void *arg)
{
    struct place *self = arg;
    struct launcher *launcher = self->launcher;
    enum os_status status;
    size_t len = 0;

    os_mutex_lock(&launcher->lock);
    self->desktop_timer = NULL;
    status = os_process_stdout(self->desktop, self->line + self->line_len, sizeof self->line - self->line_len,
                               &len);
    if (status == OS_OK)
        self->line_len += len;
    if (!self->desktop_ready && status == OS_OK && take_lines(self)) {
        log_info("launcher", 0, "session %u has display %s", self->session, self->display);
        self->desktop_ready = true;
        go_on(self);
    }
    if (!self->desktop_ready && os_now_ms() > self->desktop_until_ms) {
        log_error("launcher", 0, "%s did not print DISPLAY=:N within %u s", launcher->options->desktop_value,
                  DESKTOP_WAIT_MS / 1000);
        place_drop_request(self, "the desktop did not start");
        os_process_kill_group(self->desktop);
    } else if (status == OS_OK || status == OS_AGAIN) {
        look_again(self); /* what it prints later is read and thrown away, so that it never waits for us */
    }
    os_mutex_unlock(&launcher->lock);
}

static void desktop_start(struct place *self)
{
    char session[48], user[ACCOUNT_NAME_MAX + 16], width[32], height[32];
    const char *const env[] = {session, user, width, height, NULL};
    const struct os_spawn spec = {.program = self->launcher->options->desktop_value,
                                  .env = env,
                                  .flags = OS_SPAWN_GROUP | OS_SPAWN_STDOUT};
    enum os_status status;

    snprintf(session, sizeof session, "RDSIM_SESSION=%u", self->session);
    snprintf(user, sizeof user, "RDSIM_USER=%s", self->user);
    snprintf(width, sizeof width, "RDSIM_WIDTH=%u", self->width);
    snprintf(height, sizeof height, "RDSIM_HEIGHT=%u", self->height);
    status = os_process_spawn(&spec, &self->desktop, NULL);
    if (status == OS_OK)
        status = os_loop_watch(self->launcher->loop, os_process_waitable(self->desktop), on_desktop_ended,
                               self, &self->desktop_source);
    if (status != OS_OK) {
        log_error("launcher", 0, "desktop %s cannot be started: %s", spec.program, os_status_text(status));
        if (self->desktop)
            os_process_kill_group(self->desktop);
        os_process_destroy(self->desktop);
        self->desktop = NULL;
        place_drop_request(self, "the desktop cannot be started");
        return;
    }
    self->desktop_until_ms = os_now_ms() + DESKTOP_WAIT_MS;
    self->line_len = 0;
    look_again(self);
}

void place_activate(struct place *self, const char *user, unsigned width, unsigned height)
{
    const struct options *options = self->launcher->options;

    self->active = true;
    snprintf(self->user, sizeof self->user, "%s", user);
    self->width = width;
    self->height = height;
    if (options->desktop == DESKTOP_DISPLAY)
        snprintf(self->display, sizeof self->display, "%s%.60s", options->desktop_value[0] == ':' ? "" : ":",
                 options->desktop_value);
    if (options->desktop != DESKTOP_COMMAND)
        self->desktop_ready = true;
    else if (!self->desktop)
        desktop_start(self);
    go_on(self);
}

static void on_end_timer(void *arg)
{
    struct place *self = arg;

    self->desktop_timer = NULL;
    os_process_kill_group(self->desktop);
}

/* Asked first, so that an X server removes its lock file; then killed with all that it started. */
void place_end(struct place *self)
{
    place_drop_request(self, NULL);
    if (!self->desktop) {
        place_free(self);
        return;
    }
    self->desktop_ending = true;
    os_timer_destroy(self->desktop_timer);
    if (os_loop_after(self->launcher->loop, DESKTOP_END_MS, on_end_timer, self, &self->desktop_timer) !=
        OS_OK) {
        self->desktop_timer = NULL;
        os_process_kill_group(self->desktop);
    }
    os_process_terminate(self->desktop);
}
