/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario does inside the calls that the provider makes, and the end of its connections. */
#include <stdlib.h>

#include "os/log.h"
#include "player_private.h"

static _Thread_local unsigned inside_event;

bool player_inside_event(void)
{
    return inside_event > 0;
}

struct errand {
    struct player *player;
    const struct act *act;
    struct seat *seat;
};

static void count_event(struct errand *self)
{
    os_mutex_lock(&self->player->lock);
    self->seat->events++;
    os_mutex_unlock(&self->player->lock);
}

static void run_errand(void *arg)
{
    struct errand *self = arg;

    platform_thread_begin();
    player_steps(self->player, self->act, self->seat);
    count_event(self);
    platform_thread_end();
    free(self);
}

static void run_on_thread(struct player *self, const struct act *act, struct seat *seat)
{
    struct errand *errand = malloc(sizeof *errand);
    struct os_thread *thread;

    if (!errand)
        return;
    *errand = (struct errand){self, act, seat};
    if (os_thread_create("rdsim-event", run_errand, errand, &thread) != OS_OK) {
        free(errand);
        atomic_store(&self->failed, true);
        return;
    }
    if (act->event_thread == THREAD_OTHER) {
        os_thread_join(thread);
        return;
    }
    os_mutex_lock(&self->lock);
    if (self->thread_count < PLAYER_THREADS_MAX) {
        self->threads[self->thread_count++] = thread;
        thread = NULL;
    }
    os_mutex_unlock(&self->lock);
    os_thread_join(thread);
}

/* The seat that waits longest for a connection of this listener. Clients that the provider brings itself may
 * come before the scenario says so: then it is the first empty seat. */
static struct seat *take_seat(struct player *self, struct connection *connection)
{
    struct seat *found = NULL;

    for (unsigned i = 0; i < self->scenario->client_count; i++) {
        struct seat *seat = &self->seats[i];

        if (seat->expected && self->services[seat->service] == connection->service &&
            seat->listener == connection->listener && (!found || seat->expected < found->expected))
            found = seat;
    }
    for (unsigned i = 0;
         !found && connection->service->options->client == CLIENT_SELF && i < self->scenario->client_count;
         i++)
        if (!self->seats[i].connection)
            found = &self->seats[i];
    if (found) {
        found->expected = 0;
        found->connection = connection;
        found->let_go = false;
        connection_addref(connection);
    }
    return found;
}

static struct seat *seat_of(struct player *self, const struct connection *connection)
{
    for (unsigned i = 0; i < self->scenario->client_count; i++)
        if (self->seats[i].connection == connection)
            return &self->seats[i];
    return NULL;
}

/* Until the scenario says `goes on`, or has failed. */
static void hold(struct player *self, const struct act *act, struct seat *seat)
{
    uint64_t until = os_now_ms() + PLAYER_WAIT_MS;
    bool told;

    os_mutex_lock(&self->lock);
    while (seat->go_ons == 0 && !atomic_load(&self->failed) && os_now_ms() < until)
        os_cond_wait_ms(&self->changed, &self->lock, 50);
    told = seat->go_ons > 0 || atomic_load(&self->failed);
    if (seat->go_ons > 0)
        seat->go_ons--;
    os_mutex_unlock(&self->lock);
    player_expect(self, act, told, "the call of %s was held and nobody let it go on", seat->name);
}

HRESULT player_event(struct player *self, struct connection *connection, enum connection_event event)
{
    const struct act *act = NULL;
    struct seat *seat;

    os_mutex_lock(&self->lock);
    seat = event == EVENT_CONNECTED ? take_seat(self, connection) : seat_of(self, connection);
    if (seat)
        act = seat->on[event];
    if (act)
        seat->inside++;
    os_mutex_unlock(&self->lock);
    if (!seat)
        log_info("scenario", connection->id, "a connection that no client of the scenario stands for");
    if (!act)
        return S_OK;
    if (act->held)
        hold(self, act, seat);
    if (act->event_thread == THREAD_OWN) {
        struct errand errand = {self, act, seat};

        inside_event++;
        player_steps(self, act, seat);
        inside_event--;
        count_event(&errand);
    } else {
        run_on_thread(self, act, seat);
    }
    os_mutex_lock(&self->lock);
    seat->inside--;
    if (FAILED(act->hr))
        seat->let_go = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    return act->hr;
}

void player_join(struct player *self)
{
    for (;;) {
        struct os_thread *thread = NULL;

        os_mutex_lock(&self->lock);
        if (self->thread_count > 0)
            thread = self->threads[--self->thread_count];
        os_mutex_unlock(&self->lock);
        if (!thread)
            break;
        os_thread_join(thread);
    }
}

/* As a service that ends a connection would, from where the scenario has left it. */
static void finish_connection(struct connection *self)
{
    struct step_call call = {0};

    if (self->object && !self->closed) {
        if (!self->legacy)
            step_pre_disconnect(self, &call);
        step_disconnect_notify(self, &call);
        step_close(self, &call);
    }
    if (self->object)
        step_release(self, &call);
    connection_callback_retire(self->callback);
    connection_forget(self);
    connection_drop(self); /* what OnConnected began with */
}

/* OnConnected may still be on its way out on the provider's thread. */
static void wait_returned(struct connection *self)
{
    os_mutex_lock(&self->lock);
    while (!self->returned)
        os_cond_wait(&self->changed, &self->lock);
    os_mutex_unlock(&self->lock);
}

void player_finish_seat(struct player *self, struct seat *seat)
{
    struct connection *connection;

    os_mutex_lock(&self->lock);
    while (seat->inside > 0)
        os_cond_wait(&self->changed, &self->lock);
    connection = seat->connection;
    seat->expected = 0;
    os_mutex_unlock(&self->lock);
    if (connection) {
        wait_returned(connection);
        finish_connection(connection);
    }
    os_mutex_lock(&self->lock);
    seat->connection = NULL;
    seat->events = 0;
    seat->claimed = false;
    seat->let_go = false;
    seat->go_ons = 0;
    os_mutex_unlock(&self->lock);
    connection_drop(connection);
    remote_close(&seat->remote);
}

void player_finish_seats(struct player *self, unsigned service)
{
    struct connection *rest[SCENARIO_CLIENTS_MAX];
    unsigned n;

    player_join(self);
    for (unsigned i = 0; i < self->scenario->client_count; i++)
        if (self->seats[i].service == service)
            player_finish_seat(self, &self->seats[i]);
    n = service_list(self->services[service], rest, SCENARIO_CLIENTS_MAX);
    for (unsigned i = 0; i < n; i++) {
        wait_returned(rest[i]);
        finish_connection(rest[i]);
        connection_drop(rest[i]);
    }
}
