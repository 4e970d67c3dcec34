/* SPDX-License-Identifier: Apache-2.0 */
/* Session programs: what a peer grants goes to its listener's launcher, the answer comes back. */
#include "core/peer_private.h"

#include <stdio.h>

#include "core/launcher_client.h"

/* Session programs asked for; a client that changes its size in a loop must not keep the launcher busy. */
#define GRANTS_BURST 32
#define GRANTS_PER_S 10

void peer_stop_program(struct peer *self)
{
    if (self->granted)
        launcher_client_stop(self->launcher, self->granted, self->granted_session);
    self->granted = 0;
}

static void grant_answer(struct peer *self, uint32_t request, bool ok, const char *text)
{
    struct link_grant_result result = {.request = request, .ok = ok};

    snprintf(result.text, sizeof(result.text), "%s", text);
    if (self->pipe_source)
        link_send(self->pipe, LINK_GRANT_RESULT, &result, NULL, 0);
}

void peer_grant(struct peer *self, struct link_message *message)
{
    const struct link_grant *grant = &message->any.grant;
    char problem[LINK_TEXT_MAX];
    struct launcher_start start = {
        .request = self->number << 8 | (++self->request & 0xff),
        .session = self->session,
        .width = grant->width,
        .height = grant->height,
        .stride = grant->stride,
        .slots = grant->slots,
        .memory_size = grant->memory_size,
    };

    peer_stop_program(self); /* it may be one of another session */
    if (!self->may_show) {
        snprintf(problem, sizeof(problem), "the session may not be shown now");
    } else if (!budget_spend(&self->grants, GRANTS_BURST, GRANTS_PER_S, os_now_ms())) {
        snprintf(problem, sizeof(problem), "too many requests");
    } else if (launcher_client_start(self->provider, port_settings(self->port)->launcher, &start,
                                     message->pass, &self->launcher, problem, sizeof(problem))) {
        message->npass = 0;
        self->granted = start.request;
        self->granted_session = start.session;
        self->granted_as = grant->request;
        self->answered = false;
        return; /* the answer comes by peer_launched */
    }
    /* A grant and the word that the session is left may cross. */
    if (peer_may_log(self))
        log_write(self->may_show ? LOG_WARN : LOG_DEBUG, "peer", self->number,
                  "no session program for session %u: %s", self->session, problem);
    grant_answer(self, grant->request, false, problem);
}

void peer_launched(struct provider *provider, const struct launcher_client *launcher, uint16_t id,
                   const struct launcher_result *launched)
{
    struct peer *self = provider->peers;

    while (self && (!self->granted || self->granted != launched->request || self->launcher != launcher))
        self = self->next;
    log_info("launcher", self ? self->number : 0, "session %u: program of request %u %s%s%s",
             launched->session, launched->request,
             id == LAUNCHER_STARTED  ? "started"
             : id == LAUNCHER_FAILED ? "could not be started"
                                     : "has ended",
             launched->text[0] ? ": " : "", launched->text);
    if (!self)
        return;
    if (id != LAUNCHER_STARTED)
        self->granted = 0;
    if (id == LAUNCHER_ENDED && self->answered)
        return; /* the peer sees the end of its pipe itself */
    self->answered = true;
    grant_answer(self, self->granted_as, id == LAUNCHER_STARTED, launched->text);
}

void peer_launcher_gone(struct provider *provider, const struct launcher_client *launcher)
{
    for (struct peer *self = provider->peers; self; self = self->next) {
        if (self->launcher != launcher)
            continue;
        if (self->granted && !self->answered)
            grant_answer(self, self->granted_as, false, "the launcher is gone");
        self->granted = 0;
    }
}
