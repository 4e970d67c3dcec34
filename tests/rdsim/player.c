/* SPDX-License-Identifier: Apache-2.0 */
#include "player_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "os/log.h"

#define HIDDEN_LIMIT 4 /* failures of one line that are told */

bool player_expect(struct player *self, const struct act *act, bool good, const char *fmt, ...)
{
    char text[300];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (!rule_check(RULE_SCENARIO, good, 0, "%s:%u: %s (%s)", self->file, act->line, text,
                    self->scenario->source))
        atomic_store(&self->failed, true);
    return good;
}

static bool expected(const struct scenario_step *step, HRESULT hr)
{
    switch (step->expect) {
    case EXPECT_HRESULT:
        return hr == step->hr;
    case EXPECT_FAILURE:
        return FAILED(hr);
    default:
        return true;
    }
}

/* The seat's connection with a reference, entered, or NULL when no calls can be made on it. */
static struct connection *enter(struct player *self, struct seat *seat)
{
    struct connection *connection;

    os_mutex_lock(&self->lock);
    connection = seat->connection;
    if (connection)
        connection_addref(connection);
    os_mutex_unlock(&self->lock);
    if (!connection || connection_enter(connection))
        return connection;
    connection_drop(connection);
    return NULL;
}

static bool let_go(struct player *self, const struct seat *seat)
{
    bool yes;

    os_mutex_lock(&self->lock);
    yes = seat->let_go;
    os_mutex_unlock(&self->lock);
    return yes;
}

/* The last Release is no call that it could wait for itself. */
static HRESULT run(struct player *self, const struct act *act, struct seat *seat,
                   const struct scenario_step *wanted, struct connection *connection, struct step_call *call)
{
    bool release = wanted->step->run == step_release;
    HRESULT hr;

    if (release)
        connection_leave(connection);
    if (release && act->kind == ACT_ON) {
        os_mutex_lock(&self->lock);
        seat->let_go = true;
        os_mutex_unlock(&self->lock);
    }
    hr = step_run(wanted->step, connection, call);
    if (!release)
        connection_leave(connection);
    return hr;
}

void player_steps(struct player *self, const struct act *act, struct seat *seat)
{
    enum step_family family = self->services[0]->options->legacy ? STEP_LEGACY : STEP_RDS;

    for (unsigned i = 0; i < act->step_count; i++) {
        const struct scenario_step *wanted = &self->scenario->steps[act->first_step + i];
        const struct step *step = wanted->step;

        if (!(step->family & family))
            continue;
        for (unsigned n = 0; n < wanted->times && !atomic_load(&self->failed); n++) {
            struct connection *connection = enter(self, seat);
            struct step_call call = {0};
            HRESULT hr;

            /* an `on` line has given it back while this one was played, which nobody can tell beforehand */
            if (!connection && let_go(self, seat))
                return;
            if (!player_expect(self, act, connection != NULL, "%s of %s, which is not connected", step->name,
                               seat->name))
                return;
            memcpy(call.argument, wanted->argument, sizeof call.argument);
            hr = run(self, act, seat, wanted, connection, &call);
            connection_drop(connection);
            player_expect(self, act, expected(wanted, hr), "%s of %s returned 0x%08x", step->name, seat->name,
                          (unsigned)hr);
            if (wanted->answer)
                player_expect(self, act, strstr(call.answer, wanted->answer) != NULL,
                              "%s of %s said '%s', not '%s'", step->name, seat->name, call.answer,
                              wanted->answer);
        }
    }
}

static bool reached(struct seat *seat, enum scenario_state state, const struct player *self)
{
    struct connection *connection = seat->connection;
    bool yes = false;

    if (!connection)
        return false;
    if (state == AWAIT_EVENTS) {
        unsigned wanted = 0;

        for (unsigned i = 0; i < EVENTS; i++)
            wanted += seat->on[i] != NULL;
        return seat->events >= wanted;
    }
    (void)self;
    os_mutex_lock(&connection->lock);
    yes = state == AWAIT_CONNECTED ? connection->returned
          : state == AWAIT_READY   ? connection->ready
                                   : connection->broken;
    os_mutex_unlock(&connection->lock);
    return yes;
}

/* The states change on other threads; whoever changes one need not know that somebody waits. */
static bool await(struct player *self, struct seat *seat, enum scenario_state state, unsigned ms)
{
    uint64_t until = os_now_ms() + ms;
    bool yes;

    for (;;) {
        os_mutex_lock(&self->lock);
        yes = reached(seat, state, self);
        os_mutex_unlock(&self->lock);
        if (yes || os_now_ms() >= until)
            return yes;
        os_sleep_ms(1);
    }
}

static bool has_remote(const struct player *self)
{
    return self->services[0]->options->client == CLIENT_TCP;
}

static void play_one(struct player *self, const struct act *act)
{
    static const char *const states[] = {"connected", "ready", "broken", "done with its events"};
    struct seat *seat = &self->seats[act->client];
    unsigned ms;

    switch (act->kind) {
    case ACT_SERVICE:
        player_expect(self, act, player_service(self, act), "the service's call failed");
        break;
    case ACT_CLIENT:
        player_client(self, act, seat);
        break;
    case ACT_SAY:
        if (has_remote(self))
            player_expect(self, act, remote_say(&seat->remote, act->text), "%s cannot say '%s'", seat->name,
                          act->text);
        break;
    case ACT_HEAR:
        if (has_remote(self))
            player_expect(self, act, remote_hear(&seat->remote, act->text, PLAYER_WAIT_MS),
                          "%s never heard '%s'", seat->name, act->text);
        break;
    case ACT_LEAVE:
        remote_close(&seat->remote);
        break;
    case ACT_GONE:
        if (has_remote(self))
            player_expect(self, act, remote_wait_gone(&seat->remote, PLAYER_WAIT_MS),
                          "the wire of %s stays open", seat->name);
        break;
    case ACT_AWAIT:
        player_expect(self, act, await(self, seat, act->state, PLAYER_WAIT_MS), "%s was never %s", seat->name,
                      states[act->state]);
        break;
    case ACT_NOT:
        player_expect(self, act, !await(self, seat, act->state, act->number), "%s was %s", seat->name,
                      states[act->state]);
        break;
    case ACT_GO_ON:
        os_mutex_lock(&self->lock);
        seat->go_ons++;
        os_cond_broadcast(&self->changed);
        os_mutex_unlock(&self->lock);
        break;
    case ACT_STEPS:
        player_steps(self, act, seat);
        break;
    case ACT_PAUSE:
        ms = act->scaled ? act->number / 100 * self->services[0]->options->time_percent : act->number;
        os_sleep_ms(ms);
        break;
    case ACT_ON:
        os_mutex_lock(&self->lock);
        seat->on[act->event] = act;
        os_mutex_unlock(&self->lock);
        break;
    default:
        break;
    }
}

struct part {
    struct player *player;
    unsigned from, to, thread;
};

static void play_part(void *arg)
{
    struct part *part = arg;
    const struct scenario *scenario = part->player->scenario;

    platform_thread_begin();
    for (unsigned i = part->from; i < part->to && !atomic_load(&part->player->failed); i++)
        if (scenario->acts[i].thread == part->thread)
            play_one(part->player, &scenario->acts[i]);
    platform_thread_end();
}

/* Each thread plays its lines in their order. */
static void play_together(struct player *self, unsigned from, unsigned to)
{
    struct part parts[SCENARIO_THREADS_MAX];
    struct os_thread *threads[SCENARIO_THREADS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < SCENARIO_THREADS_MAX; i++) {
        parts[i] = (struct part){self, from, to, i + 1};
        if (os_thread_create("rdsim-together", play_part, &parts[i], &threads[count]) == OS_OK)
            count++;
        else
            atomic_store(&self->failed, true);
    }
    for (unsigned i = 0; i < count; i++)
        os_thread_join(threads[i]);
}

static void play(struct player *self, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to && !atomic_load(&self->failed) && !platform_stop_wanted(); i++) {
        const struct act *act = &self->scenario->acts[i];

        log_debug("scenario", 0, "%s:%u", self->file, act->line);
        if (act->kind == ACT_TOGETHER) {
            play_together(self, i + 1, act->end);
            i = act->end - 1;
        } else if (act->kind == ACT_REPEAT) {
            for (unsigned n = 0; n < act->number; n++)
                play(self, i + 1, act->end);
            i = act->end - 1;
        } else {
            play_one(self, act);
        }
    }
}

/* What the service does on a thread of its own: it asks for counters, and looks for calls that do not return.
 */
static void watch(void *arg)
{
    struct player *self = arg;
    uint64_t begin = os_now_ms(), next_poll = begin + 1000;

    platform_thread_begin();
    while (!atomic_load(&self->over)) {
        char text[400];

        os_sleep_ms(20);
        call_watch();
        if (os_now_ms() >= next_poll) {
            struct connection *list[SCENARIO_CLIENTS_MAX];
            unsigned n = service_list(self->services[0], list, SCENARIO_CLIENTS_MAX);

            for (unsigned i = 0; i < n; i++) {
                connection_poll(list[i]);
                connection_drop(list[i]);
            }
            next_poll = os_now_ms() + 1000;
        }
        if (os_now_ms() - begin < PLAYER_LIMIT_MS)
            continue;
        if (!call_running(text, sizeof text))
            snprintf(text, sizeof text, "nothing of the provider's");
        rule_break(RULE_SCENARIO, 0, "%s does not end; running: %s", self->file, text);
        rules_print(stdout, false);
        fflush(NULL);
        _Exit(3);
    }
    platform_thread_end();
}

static const char *without_folder(const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            name = path + 1;
    return name;
}

static bool families_fit(const struct scenario *scenario, bool legacy, const char *file)
{
    if (legacy ? scenario->legacy : scenario->rds)
        return true;
    fprintf(stderr, "rdsim: %s is not for the family %s\n", file, legacy ? "iwts" : "iwrds");
    return false;
}

static void begin(struct player *self, struct service *service)
{
    self->services[0] = service;
    service->player = self;
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    for (unsigned i = 0; i < SCENARIO_CLIENTS_MAX; i++) {
        self->seats[i].remote = (struct remote)REMOTE_INIT;
        self->seats[i].name = self->scenario->clients[i];
    }
}

static void finish(struct player *self)
{
    for (unsigned i = 0; i < 2; i++)
        if (self->services[i]) {
            player_finish_seats(self, i);
            player_service_end(self, i);
        }
    self->services[0]->player = NULL;
    free(self->services[1]);
    os_cond_finish(&self->changed);
    os_mutex_finish(&self->lock);
}

bool player_run(struct service *service)
{
    const char *path = service->options->scenario;
    struct player *self = calloc(1, sizeof *self);
    struct scenario *scenario = NULL;
    struct os_thread *watcher = NULL;
    char problem[400];
    bool good = false;

    if (!self)
        return false;
    self->file = without_folder(path);
    if (!scenario_read(path, &scenario, problem, sizeof problem)) {
        fprintf(stderr, "rdsim: %s: %s\n", path, problem);
        goto out;
    }
    if (!families_fit(scenario, service->options->legacy, self->file))
        goto out;
    self->scenario = scenario;
    begin(self, service);
    if (os_thread_create("rdsim-watch", watch, self, &watcher) == OS_OK) {
        play(self, 0, scenario->act_count);
        good = true;
    }
    finish(self);
    atomic_store(&self->over, true);
    if (watcher)
        os_thread_join(watcher);
    printf("scenario: %s: %s\n", self->file, scenario->title);
out:
    scenario_destroy(scenario);
    free(self);
    return good;
}
