/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/life.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/winsock.h>

#include "os/thread.h"
#include "peer/adapter.h"
#include "peer/text.h"

struct life {
    struct adapter *adapter;
    struct os_mutex lock;
    struct os_cond changed;
    struct link_counters *counters;
    struct life_times times;
    enum link_phase phase;
    rdpContext *context; /* while the main thread may be inside FreeRDP */
    os_socket socket;
    uint64_t ending_ms; /* 0: not ending */
    bool by_client, closed;
    char reason[LINK_TEXT_MAX];
};

struct life *life_create(void)
{
    struct life *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->socket = OS_NO_SOCKET;
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    return self;
}

uint64_t life_deadline(const struct life_times *times, enum link_phase phase, const char **what)
{
    uint64_t step = times->phase_ms + times->step_timeout_ms;
    uint64_t auth = times->taken_ms + times->auth_timeout_ms;

    switch (phase) {
    case LINK_PHASE_CONNECTED:
    case LINK_PHASE_NEGOTIATION:
        *what = "no complete X.224 request in time";
        step = times->taken_ms + times->step_timeout_ms; /* dribbling bytes does not help */
        break;
    case LINK_PHASE_TLS:
        *what = "no TLS handshake in time";
        break;
    case LINK_PHASE_CREDSSP:
    case LINK_PHASE_MCS:
    case LINK_PHASE_CLIENT_INFO:
        *what = "not logged on in time";
        return auth;
    case LINK_PHASE_LICENSE:
    case LINK_PHASE_CAPABILITIES:
        /* the service is building a session for it by now: it may not hold that for ever */
        *what = "not active in time after logging on";
        return times->license_ms + times->auth_timeout_ms;
    default:
        return 0;
    }
    return step < auth ? step : auth;
}

static void send_closed_locked(struct life *self, uint32_t error_info)
{
    struct link_closed closed = {
        .phase = self->phase, .by_client = self->by_client, .error_info = error_info};

    if (self->closed || !self->adapter)
        return;
    self->closed = true;
    text_clean(closed.text, sizeof closed.text, self->reason);
    adapter_send(self->adapter, LINK_CLOSED, &closed);
    if (self->counters)
        atomic_store(&self->counters->phase, LINK_PHASE_CLOSED);
}

static void interrupt_locked(struct life *self)
{
    if (!self->context)
        return;
    freerdp_abort_connect_context(self->context);
    if (self->socket != OS_NO_SOCKET)
        _shutdown((SOCKET)self->socket, SD_BOTH);
}

static void end_locked(struct life *self, bool by_client, const char *text)
{
    if (self->ending_ms)
        return;
    self->ending_ms = os_now_ms();
    self->by_client = by_client;
    snprintf(self->reason, sizeof self->reason, "%s", text);
    os_cond_broadcast(&self->changed);
}

/* Thread: waits for the next deadline, whatever it is at the moment. */
static void watch(void *arg)
{
    struct life *self = arg;

    os_mutex_lock(&self->lock);
    for (;;) {
        const char *what = NULL;
        uint64_t now = os_now_ms(), at;

        if (self->ending_ms) {
            at = self->ending_ms + LIFE_LAST_MS;
            if (now >= at) {
                send_closed_locked(self, 0);
                _Exit(0);
            }
        } else {
            at = life_deadline(&self->times, self->phase, &what);
            if (at && now >= at) {
                end_locked(self, false, what);
                interrupt_locked(self);
                continue;
            }
        }
        if (at)
            os_cond_wait_ms(&self->changed, &self->lock, (unsigned)(at - now));
        else
            os_cond_wait(&self->changed, &self->lock);
    }
}

bool life_begin(struct life *self, struct adapter *adapter, const struct link_config *config)
{
    os_mutex_lock(&self->lock);
    self->adapter = adapter;
    self->times.taken_ms = self->times.phase_ms = os_now_ms();
    self->times.step_timeout_ms = config->step_timeout_ms;
    self->times.auth_timeout_ms = config->auth_timeout_ms;
    self->phase = LINK_PHASE_CONNECTED;
    os_mutex_unlock(&self->lock);
    return os_thread_start("deadline", watch, self) == OS_OK;
}

void life_set_counters(struct life *self, struct link_counters *counters)
{
    os_mutex_lock(&self->lock);
    self->counters = counters;
    if (counters)
        atomic_store(&counters->phase, self->phase);
    os_mutex_unlock(&self->lock);
}

void life_attach(struct life *self, rdpContext *context, os_socket socket)
{
    os_mutex_lock(&self->lock);
    self->context = context;
    self->socket = socket;
    if (self->ending_ms)
        interrupt_locked(self);
    os_mutex_unlock(&self->lock);
}

void life_detach(struct life *self)
{
    os_mutex_lock(&self->lock);
    self->context = NULL;
    self->socket = OS_NO_SOCKET;
    os_mutex_unlock(&self->lock);
}

void life_phase(struct life *self, enum link_phase phase)
{
    struct link_phase_change change = {.phase = phase};
    bool forward;

    os_mutex_lock(&self->lock);
    forward = phase > self->phase;
    if (forward) {
        self->phase = phase;
        self->times.phase_ms = os_now_ms();
        if (phase >= LINK_PHASE_LICENSE && !self->times.license_ms)
            self->times.license_ms = self->times.phase_ms;
        if (self->counters)
            atomic_store(&self->counters->phase, phase);
        os_cond_broadcast(&self->changed);
    }
    os_mutex_unlock(&self->lock);
    if (forward)
        adapter_send(self->adapter, LINK_PHASE, &change);
}

enum link_phase life_get_phase(struct life *self)
{
    enum link_phase phase;

    os_mutex_lock(&self->lock);
    phase = self->phase;
    os_mutex_unlock(&self->lock);
    return phase;
}

void life_end(struct life *self, bool by_client, bool interrupt, const char *fmt, ...)
{
    char text[LINK_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);

    os_mutex_lock(&self->lock);
    end_locked(self, by_client, text);
    /* From MCS on, the main thread never blocks and says goodbye by itself. */
    if (interrupt && self->phase < LINK_PHASE_MCS)
        interrupt_locked(self);
    os_mutex_unlock(&self->lock);
}

bool life_ending(struct life *self)
{
    bool ending;

    os_mutex_lock(&self->lock);
    ending = self->ending_ms != 0;
    os_mutex_unlock(&self->lock);
    return ending;
}

bool life_by_client(struct life *self)
{
    bool by_client;

    os_mutex_lock(&self->lock);
    by_client = self->by_client;
    os_mutex_unlock(&self->lock);
    return by_client;
}

void life_closed(struct life *self, uint32_t error_info)
{
    os_mutex_lock(&self->lock);
    send_closed_locked(self, error_info);
    os_mutex_unlock(&self->lock);
}
