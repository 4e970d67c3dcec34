/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <freerdp/channels/rdpgfx.h>
#include <freerdp/error.h>
#include <freerdp/gdi/gdi.h>
#include <winpr/string.h>

#include "client_private.h"

#define HANDLES_MAX 64
#define LOOP_MS 1000 /* nothing depends on it */

uint64_t client_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t client_cpu_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

static void set_phase(struct client *self, enum client_phase phase)
{
    pthread_mutex_lock(&self->lock);
    self->phase = phase;
    if (phase == CLIENT_ACTIVE) {
        self->ending.was_active = true;
        self->stats.active_us = client_now_us();
        self->stats.active_cpu_us = client_cpu_us();
    }
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

/* FreeRDP's callbacks, on the client's thread. */

static void on_state(void *arg, const ConnectionStateChangeEventArgs *event)
{
    struct client *self = client_of(arg);

    if (event->state != self->options.stop_at)
        return;
    pthread_mutex_lock(&self->lock);
    if (!self->resumed)
        self->phase = CLIENT_STOPPED;
    pthread_cond_broadcast(&self->changed);
    while (!self->ending_asked && !self->resumed)
        pthread_cond_wait(&self->changed, &self->lock);
    if (self->phase == CLIENT_STOPPED)
        self->phase = CLIENT_CONNECTING;
    pthread_mutex_unlock(&self->lock);
}

static void on_channel_connected(void *arg, const ChannelConnectedEventArgs *event)
{
    rdpContext *context = arg;

    freerdp_client_OnChannelConnectedEventHandler(arg, event);
    if (strcmp(event->name, RDPGFX_DVC_CHANNEL_NAME) == 0)
        client_watch_gfx(client_of(context), event->pInterface);
    else if (strcmp(event->name, DISP_DVC_CHANNEL_NAME) == 0)
        client_watch_disp(client_of(context), event->pInterface);
}

static void on_channel_disconnected(void *arg, const ChannelDisconnectedEventArgs *event)
{
    if (strcmp(event->name, DISP_DVC_CHANNEL_NAME) == 0)
        client_watch_disp(client_of(arg), NULL);
    freerdp_client_OnChannelDisconnectedEventHandler(arg, event);
}

static BOOL on_pre_connect(freerdp *instance)
{
    /* FreeRDP 3.15 raises the event, but does not know its name before somebody adds it */
    static wEventType types[] = {DEFINE_EVENT_ENTRY(ConnectionStateChange)};
    wPubSub *events = instance->context->pubSub;

    PubSub_AddEventTypes(events, types, 1);
    return client_record(client_of(instance->context), instance->context) &&
           PubSub_SubscribeChannelConnected(events, on_channel_connected) >= 0 &&
           PubSub_SubscribeChannelDisconnected(events, on_channel_disconnected) >= 0 &&
           PubSub_SubscribeConnectionStateChange(events, on_state) >= 0;
}

static BOOL on_post_connect(freerdp *instance)
{
    struct client *self = client_of(instance->context);

    if (!gdi_init(instance, PIXEL_FORMAT_BGRX32))
        return FALSE;
    pthread_mutex_lock(&self->lock);
    self->stats.width = (uint32_t)instance->context->gdi->width;
    self->stats.height = (uint32_t)instance->context->gdi->height;
    pthread_mutex_unlock(&self->lock);
    return client_watch_picture(self, instance->context) && client_watch_pointer(instance->context);
}

static void on_post_disconnect(freerdp *instance)
{
    wPubSub *events = instance->context->pubSub;

    PubSub_UnsubscribeChannelConnected(events, on_channel_connected);
    PubSub_UnsubscribeChannelDisconnected(events, on_channel_disconnected);
    PubSub_UnsubscribeConnectionStateChange(events, on_state);
    gdi_free(instance);
}

/* Called for a certificate that is not the expected one only. */
static DWORD on_certificate(freerdp *instance, const char *host, UINT16 port, const char *common_name,
                            const char *subject, const char *issuer, const char *fingerprint, DWORD flags)
{
    struct client *self = client_of(instance->context);

    pthread_mutex_lock(&self->lock);
    self->ending.certificate_refused = true;
    pthread_mutex_unlock(&self->lock);
    return 0;
}

static DWORD on_changed_certificate(freerdp *instance, const char *host, UINT16 port, const char *common_name,
                                    const char *subject, const char *issuer, const char *fingerprint,
                                    const char *old_subject, const char *old_issuer,
                                    const char *old_fingerprint, DWORD flags)
{
    return on_certificate(instance, host, port, common_name, subject, issuer, fingerprint, flags);
}

static int on_logon_error(freerdp *instance, UINT32 data, UINT32 type)
{
    struct client *self = client_of(instance->context);

    pthread_mutex_lock(&self->lock);
    self->ending.logon_error = true;
    self->ending.logon_data = data;
    self->ending.logon_type = type;
    pthread_mutex_unlock(&self->lock);
    return 1;
}

static BOOL on_new(freerdp *instance, rdpContext *context)
{
    (void)context;
    instance->PreConnect = on_pre_connect;
    instance->PostConnect = on_post_connect;
    instance->PostDisconnect = on_post_disconnect;
    instance->VerifyCertificateEx = on_certificate;
    instance->VerifyChangedCertificateEx = on_changed_certificate;
    instance->LogonErrorInfo = on_logon_error;
    return TRUE;
}

/* The thread. */

static bool ending_asked(struct client *self)
{
    bool asked;

    pthread_mutex_lock(&self->lock);
    asked = self->ending_asked;
    pthread_mutex_unlock(&self->lock);
    return asked;
}

static void run_jobs(struct client *self)
{
    pthread_mutex_lock(&self->lock);
    while (self->jobs) {
        struct job *job = self->jobs;
        bool result;

        self->jobs = job->next;
        if (!self->jobs)
            self->jobs_tail = &self->jobs;
        pthread_mutex_unlock(&self->lock);
        result = job->run(self->context, job->arg);
        pthread_mutex_lock(&self->lock);
        job->result = result;
        job->done = true;
        pthread_cond_broadcast(&self->changed);
    }
    pthread_mutex_unlock(&self->lock);
}

/* The wire is broken: FreeRDP connects again, with the cookie if it has one. */
static bool come_back(struct client *self)
{
    if (!self->options.auto_reconnect || ending_asked(self) ||
        !client_auto_reconnect(self->context->instance))
        return false;
    pthread_mutex_lock(&self->lock);
    self->stats.reconnects++;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    return true;
}

static void loop(struct client *self)
{
    rdpContext *context = self->context;
    HANDLE handles[HANDLES_MAX];

    while (!freerdp_shall_disconnect_context(context) && !ending_asked(self)) {
        DWORD count = freerdp_get_event_handles(context, handles + 1, HANDLES_MAX - 1);

        if (count == 0)
            return;
        handles[0] = self->wake;
        if (WaitForMultipleObjects(count + 1, handles, FALSE, LOOP_MS) == WAIT_FAILED)
            return;
        ResetEvent(self->wake);
        run_jobs(self);
        if (!freerdp_check_event_handles(context) && !come_back(self))
            return;
    }
}

static void publish_ending(struct client *self)
{
    pthread_mutex_lock(&self->lock);
    self->ending.by_us = self->ending_asked;
    self->ending.last_error = freerdp_get_last_error(self->context);
    self->ending.error_info = freerdp_error_info(self->context->instance);
    freerdp_get_stats(self->context->rdp, &self->stats.bytes_in, &self->stats.bytes_out, NULL, NULL);
    pthread_mutex_unlock(&self->lock);
}

static void *run(void *arg)
{
    struct client *self = arg;
    freerdp *instance = self->context->instance;

    if (freerdp_connect(instance)) {
        set_phase(self, CLIENT_ACTIVE);
        loop(self);
    }
    publish_ending(self);
    freerdp_disconnect(instance);

    pthread_mutex_lock(&self->lock);
    self->phase = CLIENT_ENDED;
    for (struct job *job = self->jobs; job; job = job->next)
        job->done = true;
    self->jobs = NULL;
    self->jobs_tail = &self->jobs;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* What other threads call. */

static bool init(struct client *self)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    self->jobs_tail = &self->jobs;
    self->wake = CreateEventA(NULL, TRUE, FALSE, NULL);
    return self->wake != NULL;
}

static void finish(struct client *self)
{
    freerdp_client_context_free(self->context);
    if (self->wake)
        CloseHandle(self->wake);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    memset(&self->options, 0, sizeof(self->options));
    free(self);
}

struct client *client_create(const struct client_options *options, char *problem, size_t cap)
{
    RDP_CLIENT_ENTRY_POINTS entry = {.Size = sizeof(RDP_CLIENT_ENTRY_POINTS_V1),
                                     .Version = RDP_CLIENT_INTERFACE_VERSION,
                                     .ContextSize = sizeof(struct client_context),
                                     .ClientNew = on_new};
    struct client *self = calloc(1, sizeof(*self));

    snprintf(problem, cap, "out of memory");
    if (!self || !init(self))
        goto fail;
    self->options = *options;
    self->context = freerdp_client_context_new(&entry);
    if (!self->context)
        goto fail;
    ((struct client_context *)self->context)->client = self;
    if (!client_settings_apply(self->context->settings, options)) {
        snprintf(problem, cap, "FreeRDP does not take the settings");
        goto fail;
    }
    self->stats.start_us = client_now_us();
    if (pthread_create(&self->thread, NULL, run, self) != 0) {
        snprintf(problem, cap, "no thread");
        goto fail;
    }
    return self;

fail:
    if (self)
        finish(self);
    return NULL;
}

void client_end(struct client *self)
{
    pthread_mutex_lock(&self->lock);
    self->ending_asked = true;
    pthread_cond_broadcast(&self->changed);
    if (self->phase != CLIENT_ENDED && self->phase != CLIENT_ACTIVE)
        freerdp_abort_connect_context(self->context);
    pthread_mutex_unlock(&self->lock);
    SetEvent(self->wake);
}

void client_resume(struct client *self)
{
    pthread_mutex_lock(&self->lock);
    self->resumed = true;
    if (self->phase == CLIENT_STOPPED)
        self->phase = CLIENT_CONNECTING;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

void client_destroy(struct client *self)
{
    if (!self)
        return;
    client_end(self);
    pthread_join(self->thread, NULL);
    finish(self);
}

static struct timespec deadline_in(uint64_t us)
{
    uint64_t at = client_now_us() + us;

    return (struct timespec){.tv_sec = (time_t)(at / 1000000), .tv_nsec = (long)(at % 1000000) * 1000};
}

enum client_phase client_wait_connected(struct client *self, unsigned ms)
{
    struct timespec until = deadline_in((uint64_t)ms * 1000);
    enum client_phase phase;

    pthread_mutex_lock(&self->lock);
    while (self->phase == CLIENT_CONNECTING &&
           pthread_cond_timedwait(&self->changed, &self->lock, &until) != ETIMEDOUT)
        ;
    phase = self->phase;
    pthread_mutex_unlock(&self->lock);
    return phase;
}

bool client_wait_ended(struct client *self, unsigned ms, struct client_ending *out)
{
    struct timespec until = deadline_in((uint64_t)ms * 1000);
    bool ended;

    pthread_mutex_lock(&self->lock);
    while (self->phase != CLIENT_ENDED &&
           pthread_cond_timedwait(&self->changed, &self->lock, &until) != ETIMEDOUT)
        ;
    ended = self->phase == CLIENT_ENDED;
    *out = self->ending;
    pthread_mutex_unlock(&self->lock);
    return ended;
}

bool client_wait_quiet(struct client *self, unsigned quiet_ms, unsigned ms)
{
    uint64_t until_us = client_now_us() + (uint64_t)ms * 1000;
    bool quiet = false;

    pthread_mutex_lock(&self->lock);
    while (self->phase == CLIENT_ACTIVE) {
        uint64_t now = client_now_us(), at = self->stats.last_us + (uint64_t)quiet_ms * 1000;
        struct timespec next;

        quiet = self->stats.updates > 0 && now >= at;
        if (quiet || now >= until_us)
            break;
        next = deadline_in((self->stats.updates > 0 && at < until_us ? at : until_us) - now);
        pthread_cond_timedwait(&self->changed, &self->lock, &next);
    }
    pthread_mutex_unlock(&self->lock);
    return quiet;
}

bool client_wait_update(struct client *self, uint64_t updates, unsigned ms)
{
    struct timespec until = deadline_in((uint64_t)ms * 1000);
    bool came;

    pthread_mutex_lock(&self->lock);
    while (self->phase == CLIENT_ACTIVE && self->stats.updates <= updates &&
           pthread_cond_timedwait(&self->changed, &self->lock, &until) != ETIMEDOUT)
        ;
    came = self->stats.updates > updates;
    pthread_mutex_unlock(&self->lock);
    return came;
}

static bool take_bytes(rdpContext *context, void *arg)
{
    struct client_stats *stats = arg;

    return freerdp_get_stats(context->rdp, &stats->bytes_in, &stats->bytes_out, NULL, NULL);
}

void client_get_stats(struct client *self, struct client_stats *out)
{
    struct client_stats bytes = {0};
    bool active = client_run(self, take_bytes, &bytes);

    pthread_mutex_lock(&self->lock);
    *out = self->stats;
    pthread_mutex_unlock(&self->lock);
    if (active) {
        out->bytes_in = bytes.bytes_in;
        out->bytes_out = bytes.bytes_out;
    }
}

bool client_run(struct client *self, client_job run_job, void *arg)
{
    struct job job = {.run = run_job, .arg = arg};

    pthread_mutex_lock(&self->lock);
    if (self->phase == CLIENT_ACTIVE) {
        *self->jobs_tail = &job;
        self->jobs_tail = &job.next;
        SetEvent(self->wake);
        while (!job.done)
            pthread_cond_wait(&self->changed, &self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    return job.result;
}
