/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: the program that shows one, as the adapter asks for it, and the program of its user, which runs
 * as long as the session is shown and somebody is logged on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "os/log.h"
#include "service/private.h"

static const char user_desktop[] = "winsta0\\default";

/* The program that shows the session. */

static bool screen_wanted(const struct seat *seat)
{
    return seat->pending;
}

static void screen_start(struct role *role)
{
    struct seat *seat = role->seat;
    const struct launcher_config *config = seat->launcher->config;
    const struct os_spawn_place place = {.session = seat->session, .desktop = config->desktop};
    const struct role_start start = {.id = LAUNCHER_START,
                                     .request = seat->start.request,
                                     .message = &seat->start,
                                     .pass = seat->pass,
                                     .npass = 2,
                                     .args = config->args,
                                     .place = config->desktop ? &place : NULL};

    seat->pending = false;
    role_begin(role, &start);
}

static const struct role_kind screen_kind = {
    .name = "session program",
    .failed_event = LAUNCHER_EVENT_START_FAILED,
    .wanted = screen_wanted,
    .start = screen_start,
};

/* The user's program. */

static bool user_wanted(const struct seat *seat)
{
    const struct program *screen = seat->screen.program;

    return seat->has_user && screen && screen->ready && !screen->stopping &&
           seat->launcher->config->user_args;
}

static void user_start(struct role *role)
{
    struct seat *seat = role->seat;
    const struct launcher_config *config = seat->launcher->config;
    const struct os_spawn_place place = {
        .session = seat->session, .desktop = user_desktop, .as_its_user = true};
    const struct launcher_stop message = {seat->screen.program->request, seat->session};
    const struct role_start start = {.id = LAUNCHER_USER,
                                     .request = message.request,
                                     .message = &message,
                                     .args = config->user_args,
                                     .place = config->desktop ? &place : NULL};

    role_begin(role, &start);
}

static const struct role_kind user_kind = {
    .name = "user's program",
    .failed_event = LAUNCHER_EVENT_USER_FAILED,
    .kept = true,
    .wanted = user_wanted,
    .start = user_start,
};

/* Sessions. */

struct seat *seat_find(struct launcher *launcher, uint32_t session)
{
    for (struct seat *seat = launcher->seats; seat; seat = seat->next)
        if (seat->session == session)
            return seat;
    return NULL;
}

/* Nothing runs, waits or is held for it; what may be left are its bad ends. */
static bool seat_is_unused(const struct seat *self)
{
    return !self->pending && !seat_has_program(self) && !self->attach;
}

/* Makes room: of the seats that only remember bad ends, the one whose pause is over first. */
static bool forget_one(struct launcher *launcher)
{
    struct seat *oldest = NULL;

    for (struct seat *seat = launcher->seats; seat; seat = seat->next)
        if (seat_is_unused(seat) && (!oldest || seat->screen.not_before_ms < oldest->screen.not_before_ms))
            oldest = seat;
    if (oldest)
        seat_free(oldest);
    return oldest != NULL;
}

struct seat *seat_get(struct launcher *launcher, uint32_t session)
{
    struct seat *seat = seat_find(launcher, session);

    if (seat || (launcher->seat_count == LAUNCHER_SEATS_MAX && !forget_one(launcher)) ||
        !(seat = calloc(1, sizeof *seat)))
        return seat;
    seat->launcher = launcher;
    seat->session = session;
    role_init(&seat->screen, &screen_kind, seat);
    role_init(&seat->user, &user_kind, seat);
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
    role_finish(&self->screen);
    role_finish(&self->user);
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

bool seat_has_program(const struct seat *self)
{
    return self->screen.program || self->user.program;
}

bool seat_is_idle(const struct seat *self)
{
    return seat_is_unused(self) && self->screen.bad_ends == 0;
}

void seat_stop(struct seat *self)
{
    role_stop(&self->user);
    role_stop(&self->screen);
}

void seat_role_ready(struct seat *self, struct role *role)
{
    struct launcher_host *host = &self->launcher->host;

    if (role == &self->screen)
        seat_user(self, host->session(host->arg, self->session).has_user);
}

void seat_role_ended(struct seat *self)
{
    struct launcher *launcher = self->launcher;

    if (!self->screen.program)
        role_stop(&self->user);
    role_go_on(&self->screen);
    role_go_on(&self->user);
    if (seat_is_idle(self))
        seat_free(self); /* nothing to remember */
    launcher_seat_idle(launcher);
}

void seat_user(struct seat *self, bool has_user)
{
    self->has_user = has_user;
    if (has_user)
        role_go_on(&self->user);
    else
        role_stop(&self->user);
}

void seat_request(struct seat *self, const struct launcher_start *start, const struct os_pass pass[2])
{
    seat_drop_request(self, "another request for the session came");
    self->start = *start;
    self->pass[0] = pass[0];
    self->pass[1] = pass[1];
    self->pending = true;
    seat_stop(self);
    role_go_on(&self->screen);
}
