/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/producer_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/synch.h>

#include "os/log.h"
#include "peer/adapter.h"

#define BATCH 32      /* messages taken before the client gets its turn */
#define SEND_MAX 4096 /* encoded, to the producer: input and credits are small */

enum state {
    STATE_OFF,   /* not wanted */
    STATE_PAUSE, /* ask (again) at deadline_ms */
    STATE_ASKED, /* granted; `hello` must come before deadline_ms */
    STATE_SHOWN
};

struct producer_link {
    const struct producer_owner *owner;
    struct producer_shared *shared;
    uint32_t request;
    unsigned count; /* of requests */
    enum state state;
    uint64_t deadline_ms, shown_ms;
    uint32_t pause_ms;
    bool lost_untold;      /* not logged yet */
    char refusal[128];     /* why it was not started last, since it was there; the same again is no news */
    enum os_status broken; /* why a send failed: drop it at the next check, not inside the caller */
    struct os_pipe *pipe;
    HANDLE event;
    struct slot_memory memory; /* of the grant, until the owner takes it */
    struct layout layout;      /* of the grant */
    union channel_any any;
    uint8_t buf[OS_PIPE_MESSAGE_MAX];
};

struct producer_link *producer_link_create(const struct producer_owner *owner, struct producer_shared *shared)
{
    struct producer_link *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->owner = owner;
    self->shared = shared;
    self->memory = SLOT_MEMORY_NONE;
    return self;
}

static HANDLE event_for(struct os_pipe *pipe)
{
#ifdef _WIN32
    return os_pipe_waitable(pipe);
#else
    return CreateFileDescriptorEvent(NULL, TRUE, FALSE, os_pipe_waitable(pipe), WINPR_FD_READ);
#endif
}

static void close_grant(struct producer_link *self)
{
#ifndef _WIN32
    if (self->event)
        CloseHandle(self->event);
#endif
    self->event = NULL;
    os_pipe_destroy(self->pipe);
    self->pipe = NULL;
    self->broken = OS_OK;
    slot_memory_finish(&self->memory);
}

void producer_link_destroy(struct producer_link *self)
{
    if (!self)
        return;
    close_grant(self);
    free(self);
}

/* Lets go of the producer, if any. */
static void detach(struct producer_link *self, enum state next)
{
    bool shown = self->state == STATE_SHOWN;

    if (shown)
        self->owner->detached(self->owner->arg, self->broken == OS_OK);
    self->state = next;
    close_grant(self);
}

static void pause_and_retry(struct producer_link *self)
{
    uint64_t now = os_now_ms();

    if (self->state == STATE_SHOWN && now - self->shown_ms >= PRODUCER_HEALTHY_MS)
        self->pause_ms = 0;
    self->pause_ms = self->pause_ms ? self->pause_ms * 2 : PRODUCER_RETRY_MIN_MS;
    if (self->pause_ms > self->owner->retry_max_ms)
        self->pause_ms = self->owner->retry_max_ms;
    self->deadline_ms = now + self->pause_ms;
    detach(self, STATE_PAUSE);
}

static void count_error(struct producer_link *self)
{
    atomic_fetch_add_explicit(&self->shared->counters->errors, 1, memory_order_relaxed);
}

static void fail(struct producer_link *self, const char *why)
{
    bool was_shown = self->state == STATE_SHOWN;
    bool news = was_shown || strncmp(self->refusal, why, sizeof self->refusal - 1) != 0;

    if (news)
        count_error(self);
    snprintf(self->refusal, sizeof self->refusal, "%s", was_shown ? "" : why);
    pause_and_retry(self);
    log_write(news ? LOG_WARN : LOG_DEBUG, "peer", self->shared->connection, "%s %s: %s; next try in %u ms",
              self->owner->name, was_shown ? "lost" : "not started", why, (unsigned)self->pause_ms);
}

/* Its end and the word that it is not wanted any more come on different ways, in any order: the loss is one
 * only when it is still wanted after the pause. */
static void lost(struct producer_link *self)
{
    self->lost_untold = self->state == STATE_SHOWN;
    if (self->lost_untold)
        pause_and_retry(self);
    else
        fail(self, "it ended");
}

static bool make_pipe(struct producer_link *self, os_handle *other)
{
    struct os_pipe *theirs = NULL;

    if (os_pipe_pair(&self->pipe, &theirs) != OS_OK) {
        self->pipe = NULL;
        return false;
    }
    *other = os_pipe_detach(theirs);
    os_pipe_refuse_passes(self->pipe);
    self->event = event_for(self->pipe);
    return self->event && *other != OS_NO_HANDLE;
}

static void fill_grant(const struct producer_link *self, struct link_grant *grant)
{
    const struct slot_layout *slots = &self->memory.layout;
    const struct layout *layout = &self->layout;

    *grant = (struct link_grant){.request = self->request,
                                 .producer = self->owner->producer,
                                 .width = slots->width,
                                 .height = slots->height,
                                 .stride = slots->stride,
                                 .slots = SLOT_COUNT,
                                 .memory_size = slots->memory_size,
                                 .monitor_count = layout->count};
    for (unsigned i = 0; i < layout->count; i++) {
        const struct layout_monitor *from = &layout->monitors[i];

        grant->monitors[i] = (struct link_monitor){.left = from->left,
                                                   .top = from->top,
                                                   .width = from->width,
                                                   .height = from->height,
                                                   .primary = from->primary,
                                                   .scale = from->scale,
                                                   .width_mm = from->width_mm,
                                                   .height_mm = from->height_mm};
    }
}

static void ask(struct producer_link *self)
{
    struct os_pass pass[2] = {{.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE, .socket = OS_NO_SOCKET},
                              {.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE, .socket = OS_NO_SOCKET}};
    struct producer_shared *shared = self->shared;
    struct link_grant grant;
    const char *problem;

    problem = "no memory for frames";
    if (!self->owner->grant(self->owner->arg, &self->memory, &pass[0].handle))
        goto out;
    problem = "no pipe";
    if (!make_pipe(self, &pass[1].handle))
        goto out;
    self->layout = *shared->layout;
    self->request =
        link_request(shared->connection, ++self->count, (enum link_producer)self->owner->producer);
    fill_grant(self, &grant);
    problem = "the adapter does not take the grant";
    if (!adapter_send_passing(shared->adapter, LINK_GRANT, &grant, pass, 2))
        goto out;
    self->state = STATE_ASKED;
    self->deadline_ms = os_now_ms() + PRODUCER_HELLO_MS;
    return;
out:
    os_handle_close(pass[0].handle);
    os_handle_close(pass[1].handle);
    fail(self, problem);
}

void producer_link_connect(struct producer_link *self)
{
    /* Asked for at the next check: a service that goes on to another session at once says so in the next
     * message, and no program is started in vain. */
    detach(self, STATE_PAUSE);
    self->pause_ms = 0;
    self->lost_untold = false;
    self->deadline_ms = os_now_ms();
}

void producer_link_disconnect(struct producer_link *self)
{
    detach(self, STATE_OFF);
    self->lost_untold = false;
}

bool producer_link_wanted(const struct producer_link *self)
{
    return self->state != STATE_OFF;
}

bool producer_link_shown(const struct producer_link *self)
{
    return self->state == STATE_SHOWN;
}

bool producer_link_expected(const struct producer_link *self)
{
    return self->pause_ms == 0 && (self->state == STATE_ASKED || self->state == STATE_PAUSE);
}

bool producer_link_outgrown(const struct producer_link *self)
{
    const struct layout *now = self->shared->layout;

    if (self->state != STATE_ASKED && self->state != STATE_SHOWN)
        return false;
    if (self->owner->producer == LINK_PRODUCER_DRIVER)
        return !layout_equal(&self->layout, now);
    return self->layout.width != now->width || self->layout.height != now->height;
}

void producer_link_result(struct producer_link *self, const struct link_grant_result *result)
{
    /* a late answer about an older request */
    if (result->request != self->request || result->ok)
        return;
    /* of one that is shown already the pipe's end tells, too; but a driver that hangs does not close it */
    if (self->state != STATE_ASKED && self->state != STATE_SHOWN)
        return;
    fail(self, result->text[0] ? result->text : "the launcher refused");
}

bool producer_link_send(struct producer_link *self, uint16_t id, const void *message)
{
    uint8_t buf[SEND_MAX];
    const char *problem;
    size_t len;

    if (!self->pipe || self->state != STATE_SHOWN || self->broken)
        return false;
    len = wire_encode(&channel_table, id, message, buf, sizeof buf, &problem);
    if (len == 0) {
        log_error("peer", self->shared->connection, "channel message %u cannot be sent: %s", id, problem);
        return false;
    }
    self->broken = os_pipe_send(self->pipe, buf, len, NULL, 0);
    os_wipe(buf, len); /* keys that were typed */
    return self->broken == OS_OK;
}

static bool hello(struct producer_link *self, const struct channel_hello *message)
{
    const struct slot_layout *slots = &self->memory.layout;

    if (message->width > slots->width || message->height > slots->height)
        return false;
    self->state = STATE_SHOWN;
    self->shown_ms = os_now_ms();
    self->refusal[0] = 0;
    log_info("peer", self->shared->connection, "%s attached: %s, %ux%u", self->owner->name, message->backend,
             (unsigned)message->width, (unsigned)message->height);
    return self->owner->attached(self->owner->arg, &self->memory, message);
}

/* False: it broke the protocol. */
static bool dispatch(struct producer_link *self, uint16_t id)
{
    if (id == CHANNEL_HELLO)
        return self->state == STATE_ASKED && hello(self, &self->any.hello);
    return self->state == STATE_SHOWN && self->owner->message(self->owner->arg, id, &self->any);
}

static void receive(struct producer_link *self)
{
    for (int i = 0; i < BATCH && self->pipe && !self->broken; i++) {
        const struct wire_message *description;
        const char *problem = NULL;
        enum os_status status;
        unsigned npass = 0;
        size_t len;

        status = os_pipe_receive(self->pipe, self->buf, sizeof self->buf, &len, NULL, &npass);
        if (status == OS_AGAIN)
            return;
        if (status == OS_CLOSED) {
            lost(self);
            return;
        }
        if (status != OS_OK) {
            fail(self, os_status_text(status));
            return;
        }
        description = wire_decode(&channel_table, self->buf, len, &self->any, sizeof self->any, &problem);
        if (!description || !dispatch(self, description->id)) {
            char why[128];

            snprintf(why, sizeof why, "it broke the protocol (%s)",
                     description ? description->name
                     : problem   ? problem
                                 : "undecodable");
            fail(self, why);
            return;
        }
    }
}

HANDLE producer_link_event(struct producer_link *self)
{
    return self->event;
}

uint32_t producer_link_timeout(const struct producer_link *self)
{
    uint64_t now;

    if (self->broken)
        return 0;
    if (self->state != STATE_PAUSE && self->state != STATE_ASKED)
        return INFINITE;
    now = os_now_ms();
    return self->deadline_ms > now ? (uint32_t)(self->deadline_ms - now) : 0;
}

static void on_time(struct producer_link *self)
{
    if (self->state == STATE_ASKED) {
        fail(self, "no hello in time");
        return;
    }
    if (self->lost_untold) {
        log_warn("peer", self->shared->connection, "%s lost: it ended %u ms ago; next try now",
                 self->owner->name, (unsigned)self->pause_ms);
        count_error(self);
    }
    self->lost_untold = false;
    ask(self);
}

void producer_link_check(struct producer_link *self)
{
    if (self->pipe)
        receive(self);
    if (self->broken == OS_CLOSED)
        lost(self);
    else if (self->broken)
        fail(self, "it does not read");
    if ((self->state == STATE_PAUSE || self->state == STATE_ASKED) && os_now_ms() >= self->deadline_ms)
        on_time(self);
}
