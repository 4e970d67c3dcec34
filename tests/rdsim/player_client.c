/* SPDX-License-Identifier: Apache-2.0 */
/* How a client comes, and how the service hears of it. */
#include "player_private.h"

/* What the seat had before is over, unless its client came by itself and this line is about it. */
static void clear_seat(struct player *self, struct seat *seat, enum client_kind kind)
{
    bool over;

    os_mutex_lock(&self->lock);
    over = seat->connection && (kind != CLIENT_SELF || seat->claimed);
    os_mutex_unlock(&self->lock);
    if (over)
        player_finish_seat(self, seat);
    remote_close(&seat->remote);
}

/* In the queue before anything is said: OnConnected may come at once. */
static void expect_connection(struct player *self, const struct act *act, struct seat *seat)
{
    os_mutex_lock(&self->lock);
    seat->claimed = true;
    seat->service = act->service;
    seat->listener = act->number;
    if (!act->refused && !seat->connection)
        seat->expected = ++self->next_expected;
    os_mutex_unlock(&self->lock);
}

static bool wait_connection(struct player *self, struct seat *seat)
{
    uint64_t until = os_now_ms() + PLAYER_WAIT_MS;
    bool there;

    for (;;) {
        os_mutex_lock(&self->lock);
        there = seat->connection != NULL;
        os_mutex_unlock(&self->lock);
        if (there || os_now_ms() >= until)
            return there;
        os_sleep_ms(1);
    }
}

bool player_client(struct player *self, const struct act *act, struct seat *seat)
{
    struct service *service = self->services[act->service];
    const struct options *options;
    uint16_t port;

    if (!player_expect(self, act, service && service->manager, "no service to connect to"))
        return false;
    options = service->options;
    clear_seat(self, seat, options->client);
    expect_connection(self, act, seat);
    port = options->client_port ? (uint16_t)options->client_port : service->listeners[act->number].port;
    switch (options->client) {
    case CLIENT_TCP:
        if (!player_expect(self, act, port && remote_connect(&seat->remote, port, PLAYER_WAIT_MS),
                           "%s cannot connect to port %u", seat->name, port) ||
            !player_expect(self, act, !*act->text || remote_say(&seat->remote, act->text), "%s is cut off",
                           seat->name))
            return false;
        break;
    case CLIENT_PROGRAM:
        if (!player_expect(self, act, remote_start(&seat->remote, options->client_program, port),
                           "%s cannot be started", options->client_program))
            return false;
        break;
    case CLIENT_SELF:
        break;
    }
    if (act->refused)
        return player_expect(self, act,
                             options->client != CLIENT_TCP || remote_wait_gone(&seat->remote, PLAYER_WAIT_MS),
                             "%s is not refused", seat->name);
    return player_expect(self, act, wait_connection(self, seat), "OnConnected of %s never came", seat->name);
}
