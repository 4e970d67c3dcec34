/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "call.h"
#include "launcher.h"
#include "os/log.h"
#include "os/os.h"
#include "probe.h"
#include "sequence.h"

#define READY_WAIT_MS 30000
#define READY_WITHOUT_REDIRECTOR_MS 400 /* a provider waits half a second; clocks differ a little */
#define REDIRECTOR_LATE_MS 200
#define RELEASE_WAIT_MS 2000
#define LAST_INPUT_MARGIN_MS 60000

void connection_addref(struct connection *self)
{
    atomic_fetch_add(&self->refs, 1);
}

void connection_drop(struct connection *self)
{
    if (!self || atomic_fetch_sub(&self->refs, 1) != 1)
        return;
    os_wipe(&self->credential, sizeof self->credential);
    os_cond_finish(&self->changed);
    os_mutex_finish(&self->lock);
    free(self);
}

void connection_set_state(struct connection *self, enum connection_state state)
{
    os_mutex_lock(&self->lock);
    self->state = state;
    os_mutex_unlock(&self->lock);
}

void connection_order(struct connection *self, enum connection_order order, uint32_t reason)
{
    os_mutex_lock(&self->lock);
    if (self->order == ORDER_NONE || order == ORDER_CLOSE || order == ORDER_TAKEN_OVER) {
        self->order = order;
        self->order_reason = reason;
    }
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

bool connection_wait_done(struct connection *self, unsigned ms)
{
    uint64_t until = os_now_ms() + ms;
    bool done;

    os_mutex_lock(&self->lock);
    while (!self->done && os_now_ms() < until)
        os_cond_wait_ms(&self->changed, &self->lock, 50);
    done = self->done;
    os_mutex_unlock(&self->lock);
    return done;
}

bool connection_interrupted(struct connection *self)
{
    bool yes;

    os_mutex_lock(&self->lock);
    yes = self->broken || self->order != ORDER_NONE;
    os_mutex_unlock(&self->lock);
    return yes;
}

void connection_on_ready(struct connection *self)
{
    os_mutex_lock(&self->lock);
    if (!self->ready && self->service->options->redirector != REDIRECTOR_NEVER)
        rule_check(RULE_READY_ORDER,
                   self->redirector_asked || os_now_ms() - self->start_ms >= READY_WITHOUT_REDIRECTOR_MS,
                   self->id, "OnReady came before GetLogonErrorRedirector");
    self->ready = true;
    if (!self->ready_ms)
        self->ready_ms = os_now_ms();
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

void connection_on_broken(struct connection *self)
{
    os_mutex_lock(&self->lock);
    self->broken = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

static void poll_status(struct connection *self)
{
    PROBED(WTS_PROTOCOL_STATUS) status;
    PROBED(ULONG64) input;
    HRESULT hr;

    PROBE(&status);
    hr = CALL(self->id, "Connection", "GetProtocolStatus",
              IWRdsProtocolConnection_GetProtocolStatus(self->object, &status.value));
    PROBE_VALUE(self->id, "GetProtocolStatus", hr, &status);
    if (SUCCEEDED(hr)) {
        rule_check(RULE_OUT_VALUE,
                   !probe_untouched(&status.value.Counters[WTS_MAX_COUNTERS - 1], sizeof(LARGE_INTEGER)),
                   self->id, "GetProtocolStatus wrote a part of the status only");
        rule_check(RULE_STATUS_SPECIFIC,
                   !status.value.Output.Specific && !status.value.Input.Specific &&
                       !status.value.Cache.Specific,
                   self->id, "Specific is %u, %u, %u", status.value.Output.Specific,
                   status.value.Input.Specific, (unsigned)status.value.Cache.Specific);
    }
    PROBE(&input);
    hr = CALL(self->id, "Connection", "GetLastInputTime",
              IWRdsProtocolConnection_GetLastInputTime(self->object, &input.value));
    PROBE_VALUE(self->id, "GetLastInputTime", hr, &input);
    if (SUCCEEDED(hr))
        rule_check(RULE_LAST_INPUT, input.value <= os_now_ms() - self->start_ms + LAST_INPUT_MARGIN_MS,
                   self->id, "GetLastInputTime says %llu ms on a connection that is %llu ms old",
                   (unsigned long long)input.value, (unsigned long long)(os_now_ms() - self->start_ms));
}

void connection_poll(struct connection *self)
{
    bool may;

    os_mutex_lock(&self->lock);
    may = self->polled && !self->closing;
    self->polls += may;
    os_mutex_unlock(&self->lock);
    if (!may)
        return;
    poll_status(self);
    os_mutex_lock(&self->lock);
    self->polls--;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

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
    IWRdsProtocolConnection *object = self->object;

    if (error)
        CALL(self->id, "Connection", "SetErrorInfo", IWRdsProtocolConnection_SetErrorInfo(object, error));
    if (gently) {
        NOTIFY(self->id, "Connection", "PreDisconnect",
               IWRdsProtocolConnection_PreDisconnect(object, reason));
        NOTIFY(self->id, "Connection", "DisconnectNotify", IWRdsProtocolConnection_DisconnectNotify(object));
    }
    os_mutex_lock(&self->lock);
    self->closing = true; /* a poll that runs may overlap Close, none begins */
    os_mutex_unlock(&self->lock);
    CALL(self->id, "Connection", "Close", IWRdsProtocolConnection_Close(object));
    connection_callback_closed(self->callback);
    leave_session(self);

    os_mutex_lock(&self->lock);
    while (self->polls > 0)
        os_cond_wait_ms(&self->changed, &self->lock, 50);
    os_mutex_unlock(&self->lock);
}

static void release_objects(struct connection *self)
{
    redirector_close(self);
    if (self->idd)
        IWRdsWddmIddProps_Release(self->idd);
    if (self->idd1)
        IWRdsWddmIddProps1_Release(self->idd1);
    self->idd = NULL;
    self->idd1 = NULL;
    object_release((IUnknown *)self->object, RULE_CONNECTION_RELEASE, self->id, "Connection",
                   RELEASE_WAIT_MS);
    self->object = NULL;
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

static void wait_end(struct connection *self)
{
    os_mutex_lock(&self->lock);
    while (!self->broken && self->order == ORDER_NONE)
        os_cond_wait(&self->changed, &self->lock);
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
    uint32_t error = 0;

    if (self->service->options->redirector == REDIRECTOR_LATE)
        os_sleep_ms(REDIRECTOR_LATE_MS);
    if (self->service->options->redirector == REDIRECTOR_AFTER ||
        self->service->options->redirector == REDIRECTOR_LATE)
        redirector_open(self);
    if (self->idd)
        CALL(self->id, "WddmIddProps", "EnableWddmIdd", IWRdsWddmIddProps_EnableWddmIdd(self->idd, TRUE));
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

static void run(void *arg)
{
    struct connection *self = arg;
    struct service *service = self->service;

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

    os_mutex_lock(&service->lock);
    for (struct connection **at = &service->connections; *at; at = &(*at)->next)
        if (*at == self) {
            *at = self->next;
            break;
        }
    service->connection_count--;
    service->ended++;
    os_cond_broadcast(&service->changed);
    os_mutex_unlock(&service->lock);
    connection_drop(self);
}

static struct connection *create(struct service *service, IWRdsProtocolConnection *object)
{
    struct connection *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->service = service;
    atomic_init(&self->refs, 1);
    self->object = object;
    self->start_ms = os_now_ms();
    self->ending = "";
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    return self;
}

HRESULT connection_start(struct service *service, IWRdsProtocolConnection *object,
                         IWRdsProtocolConnectionCallback **callback)
{
    struct connection *self = create(service, object);
    HRESULT hr = E_OUTOFMEMORY;

    *callback = NULL;
    if (!self)
        return hr;
    os_mutex_lock(&service->lock);
    if (service->stopping || service->connection_count >= SESSIONS_MAX) {
        hr = E_FAIL;
    } else {
        self->id = ++service->next_connection;
        self->callback = connection_callback_create(self);
        if (self->callback && os_thread_start("rdsim-conn", run, self) == OS_OK) {
            self->next = service->connections;
            service->connections = self;
            service->connection_count++;
            service->total++;
            hr = S_OK;
        }
    }
    os_mutex_unlock(&service->lock);
    if (FAILED(hr)) {
        if (self->callback) {
            IWRdsProtocolConnectionCallback_Release(connection_callback_iface(self->callback));
            connection_callback_retire(self->callback);
        }
        connection_drop(self);
        return hr;
    }
    /* the thread waits for `returned`, so everything here is still ours */
    IWRdsProtocolConnection_AddRef(object);
    identity_look(self);
    if (service->options->redirector == REDIRECTOR_INSIDE)
        redirector_open(self);
    *callback = connection_callback_iface(self->callback);
    os_mutex_lock(&self->lock);
    self->returned = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    return S_OK;
}

void connection_describe(struct connection *self, char *buf, size_t cap)
{
    static const char *const states[] = {"new", "ready", "logon", "active", "ending"};

    os_mutex_lock(&self->lock);
    snprintf(buf, cap, "connection %u %s session %u user %s size %ux%u client %s", self->id,
             states[self->state], self->session, self->user[0] ? self->user : "-", self->width, self->height,
             self->client[0] ? self->client : "-");
    os_mutex_unlock(&self->lock);
}
