/* SPDX-License-Identifier: Apache-2.0 */
#include "connection_play.h"

#include <strings.h>
#include <stdio.h>

#include "connection.h"
#include "launcher.h"
#include "os/log.h"
#include "os/os.h"
#include "sequence.h"
#include "steps.h"

#define READY_WAIT_MS 30000
#define REDIRECTOR_LATE_MS 200

/* Whoever keeps the display of the session hears that it is not shown any more. */
static void leave_session(struct connection *self)
{
    bool gone;

    if (!self->session)
        return;
    if (sessions_leave(&self->service->sessions, self->session, self->id, &gone)) {
        launcher_session_disconnected(self->service->launcher, self->session);
        if (gone)
            launcher_session_ended(self->service->launcher, self->session);
        else
            service_session_event(self->service, self->session, WTS_REMOTE_DISCONNECT);
    }
}

/* sequences.md G. `gently`: with all the notifications, not Close alone. */
static void finish_calls(struct connection *self, uint32_t error, uint32_t reason, bool gently)
{
    struct step_call call = {0};
    char number[16];

    call.argument[0] = number;
    if (error) {
        snprintf(number, sizeof number, "%u", error);
        step_set_error_info(self, &call);
    }
    if (gently) {
        snprintf(number, sizeof number, "%u", reason);
        if (!self->legacy)
            step_pre_disconnect(self, &call);
        step_disconnect_notify(self, &call);
    }
    step_close(self, &call);
    leave_session(self);
    connection_wait_calls(self);
}

static void release_objects(struct connection *self)
{
    connection_release_objects(self, true);
    connection_callback_retire(self->callback);
}

/* Why it ends is decided by what came: an order, else a broken wire, else what the caller says. */
static void end(struct connection *self, uint32_t error, const char *why)
{
    enum connection_order order;
    uint32_t reason;
    bool broken, gently = true;

    os_mutex_lock(&self->lock);
    self->state = CONNECTION_ENDING;
    order = self->order;
    broken = self->broken;
    reason = self->order_reason;
    os_mutex_unlock(&self->lock);

    switch (order) {
    case ORDER_NONE:
        reason = error;
        if (broken && !error)
            why = "the client is gone";
        break;
    case ORDER_DISCONNECT:
        error = reason;
        why = "disconnected";
        break;
    case ORDER_LOGOFF:
        error = reason;
        why = "logged off";
        break;
    case ORDER_TAKEN_OVER:
        error = reason;
        why = "another connection took the session";
        break;
    case ORDER_CLOSE:
        error = 0;
        gently = false;
        why = "closed";
        break;
    }
    self->ending = why;
    finish_calls(self, error, reason, gently);
    release_objects(self);
}

static bool wait_ready(struct connection *self)
{
    bool ready;

    os_mutex_lock(&self->lock);
    while (!self->ready && !self->broken && self->order == ORDER_NONE &&
           os_now_ms() - self->start_ms < READY_WAIT_MS)
        os_cond_wait_ms(&self->changed, &self->lock, 1000);
    ready = self->ready && !self->broken && self->order == ORDER_NONE;
    if (ready)
        self->state = CONNECTION_READY;
    os_mutex_unlock(&self->lock);
    return ready;
}

/* With the lock held. */
static void do_errand(struct connection *self)
{
    struct connection_errand *errand = self->errand;

    errand->begun = true;
    os_mutex_unlock(&self->lock);
    errand->work(self, errand->arg);
    os_mutex_lock(&self->lock);
    errand->done = true;
    self->errand = NULL;
    os_cond_broadcast(&self->changed);
}

static void wait_end(struct connection *self)
{
    os_mutex_lock(&self->lock);
    while (!self->broken && self->order == ORDER_NONE) {
        if (self->errand)
            do_errand(self);
        else
            os_cond_wait(&self->changed, &self->lock);
    }
    os_mutex_unlock(&self->lock);
}

/* The provider may name a session of the account's (AuthenticateClientToSession): it is used, and no
 * temporary one is made. */
static bool use_named_session(struct connection *self)
{
    struct account guest;
    const struct account *account =
        accounts_logon(&self->service->options->accounts, &self->credential, &guest);
    struct session session;
    bool taken;

    if (!self->wanted_session)
        return false;
    rule_check(RULE_AUTHENTICATE, sessions_known(&self->service->sessions, self->wanted_session), self->id,
               "there is no session %u", self->wanted_session);
    if (account && sessions_get(&self->service->sessions, self->wanted_session, &session))
        rule_check(RULE_AUTHENTICATE, strcasecmp(account->name, session.user) == 0, self->id,
                   "session %u is not %s's", self->wanted_session, account->name);
    taken = account && sessions_take(&self->service->sessions, self->wanted_session, account->name, self->id);
    if (!taken) {
        log_warn("rdsim", self->id, "session %u, which the provider names, cannot be used",
                 self->wanted_session);
        return false;
    }
    os_mutex_lock(&self->lock);
    self->session = self->wanted_session;
    os_mutex_unlock(&self->lock);
    log_info("rdsim", self->id, "uses session %u, which the provider names", self->session);
    return true;
}

/* sequences.md C, D, E, then whatever ends it. */
static void play(struct connection *self)
{
    enum sequence_result result;
    struct step_call call = {0};
    uint32_t error = 0;

    if (self->service->options->redirector == REDIRECTOR_LATE)
        os_sleep_ms(REDIRECTOR_LATE_MS);
    if (self->service->options->redirector == REDIRECTOR_AFTER ||
        self->service->options->redirector == REDIRECTOR_LATE)
        redirector_open(self);
    if (self->legacy)
        step_send_policy_data(self, &call);
    step_enable_wddm_idd(self, &call);
    if (!wait_ready(self)) {
        end(self, 0, "it never became ready");
        return;
    }
    result = sequence_run(self, sequence_negotiate);
    if (result == SEQUENCE_DONE && use_named_session(self)) {
        result = sequence_run(self, sequence_reconnect);
    } else if (result == SEQUENCE_DONE) {
        uint32_t session = sessions_create(&self->service->sessions, self->id);

        os_mutex_lock(&self->lock);
        self->session = session;
        os_mutex_unlock(&self->lock);
        result = sequence_run(self, sequence_connect);
    }
    if (result == SEQUENCE_DONE) {
        connection_set_state(self, CONNECTION_LOGON);
        result = sequence_logon(self, &error);
        os_wipe(&self->credential, sizeof self->credential);
    }
    if (result == SEQUENCE_DONE) {
        os_mutex_lock(&self->lock);
        self->state = CONNECTION_ACTIVE;
        self->active_ms = os_now_ms();
        os_mutex_unlock(&self->lock);
        log_info("rdsim", self->id, "%s is %s in session %u", self->client, self->user, self->session);
        wait_end(self);
    }
    end(self, error,
        result == SEQUENCE_DROPPED ? (error ? "the logon was refused" : "a method failed") : "ended");
}

static void summarise(const struct connection *self)
{
    uint64_t now = os_now_ms();

    log_info("rdsim", self->id,
             "%s, user %s, session %u, %ux%u: ready after %llu ms, logged on after %llu ms, "
             "lasted %llu ms, %s",
             self->client[0] ? self->client : "unknown client", self->user[0] ? self->user : "-",
             self->session, self->width, self->height,
             (unsigned long long)(self->ready_ms ? self->ready_ms - self->start_ms : 0),
             (unsigned long long)(self->active_ms ? self->active_ms - self->start_ms : 0),
             (unsigned long long)(now - self->start_ms), self->ending);
}

void connection_run(void *arg)
{
    struct connection *self = arg;

    platform_thread_begin();
    os_mutex_lock(&self->lock);
    while (!self->returned)
        os_cond_wait(&self->changed, &self->lock);
    os_mutex_unlock(&self->lock);
    play(self);
    summarise(self);
    os_wipe(&self->credential, sizeof self->credential);
    os_mutex_lock(&self->lock);
    self->done = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    platform_thread_end();

    connection_forget(self);
    connection_drop(self);
}
