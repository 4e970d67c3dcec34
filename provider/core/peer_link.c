/* SPDX-License-Identifier: Apache-2.0 */
/* What the peer says. */
#include "core/peer_private.h"

#include <stdio.h>

#include "core/reconnect.h"

#define MESSAGE_BATCH 16 /* messages of one peer before others have their turn */
/* Messages of one peer: far above what an honest one sends while it lives, far below what one can send that
 * wants to keep the loop busy. */
#define MESSAGES_BURST 20000
#define MESSAGES_PER_S 1000
#define SUPPRESS_MS 250 /* between two words to the service about what the client looks at */

static void on_client_data(struct peer *self, const struct link_client *client)
{
    void *owner;

    if (self->connection) {
        peer_lost(self, "broke the link's rules: a second `client`");
        return;
    }
    self->was_client = true;
    peer_no_longer_half_open(self);
    os_timer_destroy(self->timer);
    self->timer = NULL;
    log_info("peer", self->number, "client of %s port %u: %ux%u at %u bpp, build %u, %s", self->address.text,
             self->address.port, client->width, client->height, client->color_depth, client->build,
             client->authenticated   ? "authenticated by NLA"
             : client->have_password ? "TLS with credentials"
                                     : "TLS without credentials");
    if (atomic_load(&self->provider->draining) &&
        !reconnect_returns(self->provider->reconnect, client, os_now_ms())) {
        peer_end(self, ERRINFO_SERVER_DENIED, "refused, the service takes no new sessions (drain mode)");
        return;
    }
    self->connection = peer_events(self, &owner)->client(owner, self, client);
    if (self->connection)
        peer_watch_beats(self);
    else
        peer_end(self, ERRINFO_SERVER_DENIED, "nobody to serve it");
}

/* Tells the service the last word, and not more often than it should hear of it. */
static void consider_suppress(void *arg)
{
    struct peer *self = arg;
    void *owner;

    self->suppress_timer = NULL;
    if (!self->connection || self->suppressed == self->suppressed_told)
        return;
    self->suppressed_told = self->suppressed;
    os_loop_after(self->provider->loop, SUPPRESS_MS, consider_suppress, self, &self->suppress_timer);
    peer_events(self, &owner)->suppress(self->connection, self->suppressed);
}

static void on_closed(struct peer *self, const struct link_closed *closed)
{
    char why[LINK_TEXT_MAX + 64];

    if (closed->phase < LINK_PHASES)
        self->phase = closed->phase;
    snprintf(why, sizeof(why), "%s: %s", closed->by_client ? "client gone" : "closed", closed->text);
    if (!self->ending)
        peer_lost(self, why);
    else if (peer_may_log(self)) /* that it ends is said already; what a client was told is new */
        log_write(self->was_client ? LOG_INFO : LOG_DEBUG, "peer", self->number, "%s", why);
}

static void dispatch(struct peer *self, struct link_message *message)
{
    const union link_any *any = &message->any;
    void *owner;

    switch (message->description->id) {
    case LINK_PHASE:
        self->phase = any->phase.phase;
        if (peer_may_log(self))
            log_debug("peer", self->number, "phase %s", link_phase_name(self->phase));
        break;
    case LINK_LOG:
        if (peer_may_log(self))
            log_write(any->log.level, any->log.area, self->number, "%s", any->log.text);
        break;
    case LINK_CLOSED:
        on_closed(self, &any->closed);
        break;
    case LINK_CLIENT:
        if (!self->ending)
            on_client_data(self, &any->client);
        break;
    case LINK_ACTIVE:
        self->phase = LINK_PHASE_ACTIVE;
        if (peer_may_log(self))
            log_info("peer", self->number, "active: %ux%u at %u bpp, %s", any->active.width,
                     any->active.height, any->active.color_depth,
                     any->active.graphics_pipeline ? "graphics pipeline" : "bitmap updates");
        if (self->connection)
            peer_events(self, &owner)->active(self->connection);
        break;
    case LINK_GRANT:
        if (!self->ending)
            peer_grant(self, message);
        break;
    case LINK_SUPPRESS:
        if (peer_may_log(self))
            log_debug("peer", self->number, "client %s output", any->value.value ? "suppresses" : "wants");
        self->suppressed = any->value.value != 0;
        if (!self->suppress_timer)
            consider_suppress(self);
        break;
    default:
        if (!self->ending)
            peer_lost(self, "broke the link's rules: a message of ours came back");
        break;
    }
}

/* Nobody reads it any more. */
static void flooded(struct peer *self)
{
    if (!self->ending)
        peer_lost(self, "floods its link, killed");
    os_source_destroy(self->pipe_source);
    self->pipe_source = NULL;
    os_process_kill(self->process);
}

void peer_read(void *arg)
{
    struct peer *self = arg;

    for (unsigned i = 0; i < MESSAGE_BATCH && self->pipe_source; i++) {
        struct link_message message;
        enum os_status status = link_receive(self->pipe, &message);

        if (status == OS_AGAIN)
            return;
        if (status == OS_OK) {
            if (!budget_spend(&self->messages, MESSAGES_BURST, MESSAGES_PER_S, os_now_ms()))
                flooded(self);
            else
                dispatch(self, &message);
            link_message_finish(&message);
        } else if (self->ending) {
            os_source_destroy(self->pipe_source);
            self->pipe_source = NULL;
        } else {
            peer_lost(self, status == OS_CLOSED ? "its link has ended" : "broke the link's rules");
        }
    }
}
