/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls into the service. They are made on a thread that lives while there is something to call, so that
 * neither the loop nor a COM method ever waits for the service. Order: OnConnected, OnReady,
 * BrokenConnection. Every call takes a reference under the lock and drops it outside; once Close has taken
 * the callback away no reference is taken. Close does not wait for a thread that has one (it may itself be
 * called by what that thread calls), so such a call may reach the service after Close has returned.
 */
#include "com/connection_private.h"

#include <string.h>

#define REDIRECTOR_WAIT_MS 500  /* sequences.md C: the service may never ask */
#define POLICY_SILENCE_MS 10000 /* then the log says what OnReady waits for */
#define RETRY_MS 1000
#define ERRINFO_SERVER_DENIED 7

/* The callback with a reference, or NULL when closed. */
static IUnknown *take_callback(struct connection *self)
{
    IUnknown *callback;

    os_mutex_lock(&self->lock);
    callback = self->callback;
    if (callback)
        IUnknown_AddRef(callback);
    os_mutex_unlock(&self->lock);
    return callback;
}

static void refuse(struct connection *self)
{
    os_mutex_lock(&self->lock);
    if (!self->error_info)
        self->error_info = ERRINFO_SERVER_DENIED;
    os_mutex_unlock(&self->lock);
    connection_shutdown(self);
}

static void posted_consider(void *arg)
{
    struct connection *self = arg;

    atomic_store(&self->consider_posted, false);
    connection_consider_ready(self);
    connection_drop(self);
}

void connection_post_consider(struct connection *self)
{
    if (atomic_exchange(&self->consider_posted, true))
        return;
    connection_hold(self);
    os_loop_post_with(self->provider->loop, &self->consider_post, posted_consider, self);
}

static void call_connected(struct connection *self)
{
    IUnknown *listener = callback_slot_get(self->slot);
    IUnknown *callback = NULL;
    ULONG id = 0;
    HRESULT hr = E_ABORT;
    bool closed;

    COM_BEGIN("-> OnConnected", self->number);
    if (listener) {
        hr = self->family->on_connected(self, listener, &callback, &id);
        IUnknown_Release(listener);
        if (SUCCEEDED(hr) && !callback)
            hr = E_POINTER;
    }
    os_mutex_lock(&self->lock);
    self->connected = true;
    self->failed = FAILED(hr);
    self->connected_ms = os_now_ms();
    closed = self->closed;
    if (SUCCEEDED(hr) && !closed) {
        self->callback = callback;
        callback = NULL;
    }
    os_mutex_unlock(&self->lock);
    if (callback) /* Close came first: what OnConnected gave goes back at once */
        IUnknown_Release(callback);
    COM_END(hr, "%s%s service's id %u", self->address.text, closed ? ", closed meanwhile," : ",",
            (unsigned)id);
    if (FAILED(hr))
        refuse(self);
    /* from here the service's references keep the COM side */
    connection_release(self);
    connection_post_consider(self);
}

/* What needs nothing but the callback. */
static void call_simple(struct connection *self, const char *name, HRESULT (*call)(IUnknown *callback),
                        const char *text)
{
    IUnknown *callback = take_callback(self);
    HRESULT hr;

    if (!callback)
        return;
    COM_BEGIN(name, self->number);
    hr = call(callback);
    IUnknown_Release(callback);
    COM_END(hr, "%s", text);
}

static void make_call(struct connection *self, enum connection_call call)
{
    const struct family *family = self->family;
    bool asked = atomic_load(&self->redirector_asked);

    switch (call) {
    case CALL_CONNECTED:
        call_connected(self);
        break;
    case CALL_READY:
        call_simple(self, "-> OnReady", family->on_ready,
                    asked ? "redirector asked for" : "not asked for it");
        break;
    case CALL_STOP_UPDATES:
        call_simple(self, "-> StopScreenUpdates", family->stop_updates, " ");
        break;
    case CALL_REDRAW:
        call_simple(self, "-> RedrawWindow", family->redraw, "NULL");
        break;
    case CALL_BROKEN:
        call_simple(self, "-> BrokenConnection", family->broken, "0, 0");
        break;
    }
}

static void caller(void *arg)
{
    struct connection *self = arg;

    for (;;) {
        enum connection_call call;

        os_mutex_lock(&self->lock);
        call = (enum connection_call)(self->wanted & -self->wanted); /* in the order of their numbers */
        self->wanted &= ~(unsigned)call;
        if (!call)
            self->calling = false;
        os_mutex_unlock(&self->lock);
        if (!call)
            break;
        make_call(self, call);
    }
    connection_drop(self);
}

static void on_retry(void *arg)
{
    struct connection *self = arg;

    connection_want(self, 0);
    connection_drop(self);
}

/* [loop] With a hold, so the loop lives until it fires. */
static void retry_later(void *arg)
{
    struct connection *self = arg;
    struct os_timer *timer;

    if (os_loop_after(self->provider->loop, RETRY_MS, on_retry, self, &timer) != OS_OK)
        connection_drop(self);
}

/* The service must hear of a broken connection: what could not be called now is tried again. */
static void no_thread(struct connection *self)
{
    unsigned wanted;

    log_error("com", self->number, "no thread to call the service from");
    os_mutex_lock(&self->lock);
    self->calling = false;
    wanted = self->wanted;
    if (wanted & CALL_CONNECTED)
        self->wanted = 0;
    os_mutex_unlock(&self->lock);
    if (wanted & CALL_CONNECTED) {
        /* the service never hears of it: our reference is the only one */
        refuse(self);
        connection_release(self);
    } else {
        connection_hold(self);
        if (os_loop_post(self->provider->loop, retry_later, self) != OS_OK)
            connection_drop(self);
    }
}

void connection_want(struct connection *self, enum connection_call call)
{
    bool start;

    os_mutex_lock(&self->lock);
    self->wanted |= call;
    start = !self->calling && self->wanted;
    if (start)
        self->calling = true;
    os_mutex_unlock(&self->lock);
    if (!start)
        return;
    connection_hold(self);
    if (os_thread_start("rdsprov-call", caller, self) == OS_OK)
        return;
    no_thread(self);
    connection_drop(self);
}

void connection_consider_ready(void *arg)
{
    struct connection *self = arg;
    bool policy = self->family->ready_needs_policy;
    bool asked = atomic_load(policy ? &self->policy_known : &self->redirector_asked);
    unsigned wait = policy ? POLICY_SILENCE_MS : REDIRECTOR_WAIT_MS;
    bool due;
    uint64_t since;

    os_mutex_lock(&self->lock);
    due = self->connected && !self->failed && !self->closed;
    since = os_now_ms() - self->connected_ms;
    os_mutex_unlock(&self->lock);
    if (!due || !self->active || self->ready_queued || !self->peer)
        return;
    if (!asked && since < wait) {
        /* the timer frees itself when it fires, and the peer's end destroys it before: it cannot outlive us
         */
        if (!self->ready_timer)
            os_loop_after(self->provider->loop, (unsigned)(wait - since), connection_ready_timer, self,
                          &self->ready_timer);
        return;
    }
    if (!asked && policy) {
        log_warn("com", self->number, "no SendPolicyData for %u s: OnReady still waits for it",
                 POLICY_SILENCE_MS / 1000);
        return;
    }
    self->ready_queued = true;
    connection_want(self, CALL_READY);
}

void connection_ready_timer(void *arg)
{
    struct connection *self = arg;

    self->ready_timer = NULL;
    connection_consider_ready(self);
}
