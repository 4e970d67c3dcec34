/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's beginning, its last Release, and what other threads may do to it. Its life is in
 * connection_play.c, or a scenario's (player.c). */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection_play.h"
#include "family.h"
#include "os/log.h"
#include "os/os.h"
#include "player.h"
#include "steps.h"

#define READY_WITHOUT_REDIRECTOR_MS 400 /* a provider waits half a second; clocks differ a little */
#define RELEASE_WAIT_MS 2000
#define CALLS_WAIT_MS 5000 /* a call that takes longer is a finding of its own */

void connection_addref(struct connection *self)
{
    atomic_fetch_add(&self->refs, 1);
}

void connection_drop(struct connection *self)
{
    if (!self || atomic_fetch_sub(&self->refs, 1) != 1)
        return;
    drivers_judge(self);
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

bool connection_run_errand(struct connection *self, void (*work)(struct connection *connection, void *arg),
                           void *arg, unsigned ms)
{
    struct connection_errand errand = {.work = work, .arg = arg};
    uint64_t until = os_now_ms() + ms;

    os_mutex_lock(&self->lock);
    while (!errand.done && (errand.begun || (!self->done && os_now_ms() < until))) {
        if (!self->errand) {
            self->errand = &errand;
            os_cond_broadcast(&self->changed);
        }
        os_cond_wait_ms(&self->changed, &self->lock, 50);
    }
    if (self->errand == &errand)
        self->errand = NULL;
    os_mutex_unlock(&self->lock);
    return errand.done;
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
    if (!self->ready && self->legacy)
        rule_check(RULE_READY_POLICY, self->policy_sent, self->id, "OnReady came before SendPolicyData");
    else if (!self->ready && self->service->options->redirector != REDIRECTOR_NEVER)
        rule_check(RULE_READY_ORDER,
                   self->redirector_asked || os_now_ms() - self->start_ms >= READY_WITHOUT_REDIRECTOR_MS,
                   self->id, "OnReady came before GetLogonErrorRedirector");
    self->ready = true;
    if (!self->ready_ms)
        self->ready_ms = os_now_ms();
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    if (self->service->player)
        player_event(self->service->player, self, EVENT_READY);
}

void connection_on_broken(struct connection *self)
{
    os_mutex_lock(&self->lock);
    self->broken = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    if (self->service->player)
        player_event(self->service->player, self, EVENT_BROKEN);
}

bool connection_enter(struct connection *self)
{
    bool may;

    os_mutex_lock(&self->lock);
    may = self->object && !self->releasing;
    self->calls += may;
    os_mutex_unlock(&self->lock);
    return may;
}

void connection_leave(struct connection *self)
{
    os_mutex_lock(&self->lock);
    self->calls--;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

void connection_wait_calls(struct connection *self)
{
    uint64_t until = os_now_ms() + CALLS_WAIT_MS;

    os_mutex_lock(&self->lock);
    while (self->calls > 0 && os_now_ms() < until)
        os_cond_wait_ms(&self->changed, &self->lock, 50);
    os_mutex_unlock(&self->lock);
}

void connection_poll(struct connection *self)
{
    struct step_call call = {0};
    bool may;

    os_mutex_lock(&self->lock);
    may = self->polled && !self->closing;
    self->calls += may;
    os_mutex_unlock(&self->lock);
    if (!may)
        return;
    step_get_protocol_status(self, &call);
    step_get_last_input_time(self, &call);
    connection_leave(self);
}

/* The last of them, or without looking what is left. */
static void release(IUnknown *object, bool judge, enum rule rule, uint32_t id, const char *name,
                    unsigned wait_ms)
{
    if (!object)
        return;
    if (judge)
        object_release(object, rule, id, name, wait_ms);
    else
        IUnknown_Release(object);
}

void connection_release_objects(struct connection *self, bool judge)
{
    IUnknown *redirector, *license, *idd, *idd1, *object;

    os_mutex_lock(&self->lock);
    redirector = (IUnknown *)self->redirector;
    license = (IUnknown *)self->license;
    idd = (IUnknown *)self->idd;
    idd1 = (IUnknown *)self->idd1;
    object = (IUnknown *)self->object;
    self->redirector = NULL;
    self->license = NULL;
    self->idd = NULL;
    self->idd1 = NULL;
    self->object = NULL;
    os_mutex_unlock(&self->lock);
    release(redirector, judge, RULE_OBJECT_RELEASE, self->id, "LogonErrorRedirector", 0);
    release(license, judge, RULE_OBJECT_RELEASE, self->id, "LicenseConnection", 0);
    if (idd)
        IUnknown_Release(idd);
    if (idd1)
        IUnknown_Release(idd1);
    if (self->uncounted && object)
        IUnknown_Release(object);
    release(object, judge, RULE_CONNECTION_RELEASE, self->id, "Connection", RELEASE_WAIT_MS);
}

void connection_forget(struct connection *self)
{
    struct service *service = self->service;

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
}

static struct connection *create(struct service *service, void *object)
{
    struct connection *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->service = service;
    self->legacy = service->legacy;
    atomic_init(&self->refs, 1);
    self->object = object;
    self->start_ms = os_now_ms();
    self->ending = "";
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    return self;
}

/* Our reference; a provider that has none of its own hands out what any Release would free. */
static void take_object(struct connection *self)
{
    self->uncounted = !rule_check(RULE_HANDED_OUT, CONNECTION(self, AddRef) > 1, self->id,
                                  "OnConnected gave a connection without a reference");
    if (self->uncounted)
        CONNECTION(self, AddRef);
}

/* The service does not want it after all: nothing of it stays, and the provider gets no callback. */
static void turn_away(struct connection *self)
{
    os_mutex_lock(&self->lock);
    self->closing = self->releasing = true;
    os_mutex_unlock(&self->lock);
    connection_wait_calls(self);
    connection_release_objects(self, false);
    connection_callback_withdraw(self->callback);
}

HRESULT connection_start(struct service *service, unsigned listener, void *object, void **callback)
{
    struct connection *self = create(service, object);
    HRESULT hr = E_OUTOFMEMORY;

    *callback = NULL;
    if (!self)
        return hr;
    self->listener = listener;
    if (service->options->connected_delay_ms)
        os_sleep_ms(service->options->connected_delay_ms);
    os_mutex_lock(&service->lock);
    if (FAILED(service->options->connected_result)) {
        hr = service->options->connected_result;
    } else if (service->stopping || service->connection_count >= SESSIONS_MAX) {
        hr = E_FAIL;
    } else {
        self->id = ++service->next_connection;
        self->callback = connection_callback_create(self);
        if (self->callback &&
            (service->player || os_thread_start("rdsim-conn", connection_run, self) == OS_OK)) {
            self->next = service->connections;
            service->connections = self;
            service->connection_count++;
            service->total++;
            hr = S_OK;
        }
    }
    os_mutex_unlock(&service->lock);
    if (FAILED(hr)) {
        if (self->callback)
            connection_callback_refused(self->callback);
        connection_drop(self);
        return hr;
    }
    /* its thread waits for `returned`, so everything here is still ours */
    take_object(self);
    identity_look(self);
    if (service->player)
        hr = player_event(service->player, self, EVENT_CONNECTED); /* may end it */
    else if (service->options->redirector == REDIRECTOR_INSIDE)
        redirector_open(self);
    if (SUCCEEDED(hr)) {
        *callback = connection_callback_iface(self->callback);
        connection_callback_given(self->callback);
    } else {
        turn_away(self);
    }
    os_mutex_lock(&self->lock);
    self->returned = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    return hr;
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
