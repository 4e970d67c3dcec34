/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.md E and F: who logs on, in which session, and the move to an older session of the same user. */
#include <stdio.h>
#include <string.h>

#include "launcher.h"
#include "os/log.h"
#include "os/os.h"
#include "sequence.h"
#include "steps.h"

#define STATUS_LOGON_FAILURE ((LONG)0xC000006D)
#define TAKEOVER_WAIT_MS 10000

/* The connection that has the session now is told so, and ends. */
static void push_out(struct connection *self, uint32_t previous)
{
    struct connection *other = service_find(self->service, previous);

    if (!other)
        return;
    connection_order(other, ORDER_TAKEN_OVER, ERRINFO_OTHER_CONNECTION);
    if (!connection_wait_done(other, TAKEOVER_WAIT_MS))
        log_warn("rdsim", self->id, "connection %u does not leave session %u", previous, self->session);
    connection_drop(other);
}

/* sequences.md F: DisconnectNotify for the temporary session, then the other one. */
static enum sequence_result move(struct connection *self, uint32_t session, uint32_t previous)
{
    static const char *const leave[] = {"DisconnectNotify", NULL};
    uint32_t temporary = self->session;
    enum sequence_result result;

    log_info("rdsim", self->id, "goes from session %u to session %u of the same user", temporary, session);
    os_mutex_lock(&self->lock);
    self->session = session;
    os_mutex_unlock(&self->lock);
    result = sequence_run(self, leave);
    launcher_session_disconnected(self->service->launcher, temporary);
    launcher_session_ended(self->service->launcher, temporary);
    if (previous)
        push_out(self, previous);
    if (result == SEQUENCE_DONE) {
        launcher_session_active(self->service->launcher, session, self->user, self->width, self->height);
        result = sequence_run(self, sequence_reconnect);
    }
    return result;
}

enum sequence_result sequence_logon(struct connection *self, uint32_t *error)
{
    struct account guest;
    const struct account *account =
        accounts_logon(&self->service->options->accounts, &self->credential, &guest);
    enum sequence_result result = SEQUENCE_DONE;
    struct step_call call = {0};
    uint32_t previous, session;

    *error = 0;
    if (!account) {
        bool missing = !self->have_credential;

        redirector_error(self, STATUS_LOGON_FAILURE, "The user name or password is incorrect.");
        *error = missing ? ERRINFO_FRESH_CREDENTIALS : ERRINFO_DENIED;
        log_warn("rdsim", self->id, "logon refused: %s",
                 missing ? "no credentials" : "wrong user name or password");
        return SEQUENCE_DROPPED;
    }
    call.argument[0] = account->name;
    redirector_painting(self);
    redirector_status(self, "Welcome");
    if (FAILED(step_is_user_allowed(self, &call))) {
        log_warn("rdsim", self->id, "logon refused: the provider does not allow %s", account->name);
        *error = ERRINFO_NO_PRIVILEGE;
        return SEQUENCE_DROPPED;
    }
    step_arbitration(self, &call);
    os_mutex_lock(&self->lock);
    snprintf(self->user, sizeof self->user, "%s", account->name);
    os_mutex_unlock(&self->lock);
    session = sessions_logon(&self->service->sessions, self->session, self->wanted_session, account->name,
                             self->id, &previous);
    if (session != self->session)
        result = move(self, session, previous);
    else
        launcher_session_active(self->service->launcher, session, self->user, self->width, self->height);
    if (result == SEQUENCE_DONE) {
        step_logon_notify(self, &call);
        if (self->legacy)
            step_get_user_data(self, &call);
        service_session_event(self->service, session, WTS_SESSION_LOGON);
        service_session_event(self->service, session, WTS_REMOTE_CONNECT);
    }
    return result;
}
