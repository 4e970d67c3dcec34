/* SPDX-License-Identifier: Apache-2.0 */
/* Session programs and display drivers: what a peer grants goes to its listener's launcher, the answer comes
 * back. */
#include "core/peer_private.h"

#include <stdio.h>
#include <string.h>

#include "core/launcher_client.h"

/* Producers asked for; a client that changes its size in a loop must not keep the launcher busy. */
#define GRANTS_BURST 32
#define GRANTS_PER_S 10

static const char *const names[LINK_PRODUCERS] = {"session program", "display driver"};

void peer_stop_producer(struct peer *self, enum link_producer producer)
{
    struct peer_producer *its = &self->producers[producer];

    if (its->granted)
        launcher_client_stop(its->launcher, producer, its->granted, its->session);
    its->granted = 0;
}

void peer_stop_producers(struct peer *self)
{
    for (unsigned i = 0; i < LINK_PRODUCERS; i++)
        peer_stop_producer(self, (enum link_producer)i);
}

static void grant_answer(struct peer *self, uint32_t request, bool ok, const char *text)
{
    struct link_grant_result result = {.request = request, .ok = ok};

    snprintf(result.text, sizeof(result.text), "%s", text);
    if (self->pipe_source)
        link_send(self->pipe, LINK_GRANT_RESULT, &result, NULL, 0);
}

static bool has_driver(const struct peer *self)
{
    return self->driver_loaded && self->driver_session == self->session;
}

void peer_grant(struct peer *self, struct link_message *message)
{
    const struct link_grant *grant = &message->any.grant;
    enum link_producer producer = (enum link_producer)grant->producer;
    struct peer_producer *its = &self->producers[producer];
    char problem[LINK_TEXT_MAX];
    struct launcher_start start = {
        .request = link_request(self->number, ++its->count, producer),
        .session = self->session,
        .width = grant->width,
        .height = grant->height,
        .stride = grant->stride,
        .slots = grant->slots,
        .memory_size = grant->memory_size,
        .monitor_count = grant->monitor_count,
    };

    memcpy(start.monitors, grant->monitors, sizeof(start.monitors));
    peer_stop_producer(self, producer); /* it may be one of another session */
    if (!self->may_show) {
        snprintf(problem, sizeof(problem), "the session may not be shown now");
    } else if (producer == LINK_PRODUCER_DRIVER && !has_driver(self)) {
        snprintf(problem, sizeof(problem), "the service has loaded none");
    } else if (!budget_spend(&self->grants, GRANTS_BURST, GRANTS_PER_S, os_now_ms())) {
        snprintf(problem, sizeof(problem), "too many requests");
    } else if (launcher_client_start(self->provider, port_settings(self->port)->launcher, producer, &start,
                                     message->pass, &its->launcher, problem, sizeof(problem))) {
        message->npass = 0;
        its->granted = start.request;
        its->session = start.session;
        its->as = grant->request;
        its->answered = false;
        return; /* the answer comes by peer_launched */
    }
    /* A grant and the word that the session is left may cross. */
    if (peer_may_log(self))
        log_write(self->may_show ? LOG_WARN : LOG_DEBUG, "peer", self->number, "no %s for session %u: %s",
                  names[producer], self->session, problem);
    grant_answer(self, grant->request, false, problem);
}

/* Whose request is it? *producer: which of its two. */
static struct peer *find(struct provider *provider, const struct launcher_client *launcher, uint32_t request,
                         enum link_producer *producer)
{
    for (struct peer *self = provider->peers; self; self = self->next) {
        for (unsigned i = 0; i < LINK_PRODUCERS; i++) {
            const struct peer_producer *its = &self->producers[i];

            *producer = (enum link_producer)i;
            if (its->granted && its->granted == request && its->launcher == launcher)
                return self;
        }
    }
    return NULL;
}

void peer_launched(struct provider *provider, const struct launcher_client *launcher, uint16_t id,
                   const struct launcher_result *launched)
{
    enum link_producer producer;
    struct peer *self = find(provider, launcher, launched->request, &producer);
    struct peer_producer *its;

    log_info("launcher", self ? self->number : 0, "session %u: %s of request %u %s%s%s", launched->session,
             self ? names[producer] : "producer", launched->request,
             id == LAUNCHER_STARTED  ? "started"
             : id == LAUNCHER_FAILED ? "could not be started"
                                     : "has ended",
             launched->text[0] ? ": " : "", launched->text);
    if (!self)
        return;
    its = &self->producers[producer];
    if (id != LAUNCHER_STARTED)
        its->granted = 0;
    /* the peer sees the end of its pipe itself, and after it whether the program is still wanted; a driver
     * that hangs keeps its end */
    if (id == LAUNCHER_ENDED && its->answered && producer == LINK_PRODUCER_PROGRAM)
        return;
    its->answered = true;
    grant_answer(self, its->as, id == LAUNCHER_STARTED, launched->text);
}

void peer_launcher_gone(struct provider *provider, const struct launcher_client *launcher)
{
    for (struct peer *self = provider->peers; self; self = self->next) {
        for (unsigned i = 0; i < LINK_PRODUCERS; i++) {
            struct peer_producer *its = &self->producers[i];

            if (its->launcher != launcher)
                continue;
            if (its->granted && !its->answered)
                grant_answer(self, its->as, false, "the launcher is gone");
            its->granted = 0;
        }
    }
}
