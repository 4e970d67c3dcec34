/* SPDX-License-Identifier: Apache-2.0 */
#include "core/prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/peer.h"
#include "os/pipe.h"

#define PREPARE_TIMEOUT_MS 30000 /* an RSA key on a slow machine takes seconds */

struct prepare {
    struct provider *provider;
    struct os_process *process;
    struct os_pipe *pipe;
    struct os_source *source;
    struct os_timer *timer;
    prepare_done done;
    void *arg;
    char problem[LINK_TEXT_MAX]; /* set at creation when nothing could be started */
};

enum os_status peer_spawn(struct provider *provider, const struct settings *settings,
                          struct os_process **process, struct os_pipe **pipe)
{
    const struct os_spawn spawn = {
        .program = settings->peer_program,
        .flags = OS_SPAWN_RESTRICTED,
        .job = provider->job,
    };
    enum os_status status = os_process_spawn(&spawn, process, pipe);

    if (status != OS_OK)
        log_error("peer", 0, "cannot start '%s': %s", settings->peer_program, os_status_text(status));
    return status;
}

void prepare_destroy(struct prepare *self)
{
    if (!self)
        return;
    os_source_destroy(self->source);
    os_timer_destroy(self->timer);
    os_pipe_destroy(self->pipe);
    if (self->process)
        os_process_kill(self->process);
    os_process_destroy(self->process);
    free(self);
}

static void finish(struct prepare *self, bool ok, const char *text, const char *fingerprint)
{
    prepare_done done = self->done;
    void *arg = self->arg;
    struct link_prepared copy; /* text may lie in what goes now */

    snprintf(copy.text, sizeof(copy.text), "%s", text);
    snprintf(copy.fingerprint, sizeof(copy.fingerprint), "%s", fingerprint);
    prepare_destroy(self);
    done(arg, ok, copy.text, copy.fingerprint);
}

static void on_timeout(void *arg)
{
    struct prepare *self = arg;

    self->timer = NULL;
    finish(self, false, self->problem[0] ? self->problem : "the peer program did not answer in 30 s", "");
}

static void on_message(void *arg)
{
    struct prepare *self = arg;
    struct link_message message;
    enum os_status status = link_receive(self->pipe, &message);

    if (status == OS_AGAIN)
        return;
    if (status == OS_OK)
        link_message_finish(&message); /* nothing that is handed over is of use here */
    if (status != OS_OK) {
        finish(self, false,
               status == OS_INVALID ? "the peer program answered nonsense (another build?)"
                                    : "the peer program ended without an answer",
               "");
    } else if (message.description->id == LINK_LOG) {
        log_write(message.any.log.level, message.any.log.area, 0, "%s", message.any.log.text);
    } else if (message.description->id == LINK_PREPARED) {
        const struct link_prepared *prepared = &message.any.prepared;

        finish(self, prepared->ok, prepared->ok ? prepared->certificate_info : prepared->text,
               prepared->fingerprint);
    }
}

struct prepare *prepare_create(struct provider *provider, const struct settings *settings, prepare_done done,
                               void *arg)
{
    struct prepare *self = calloc(1, sizeof(*self));
    struct link_prepare message = {settings->make_certificate};
    struct link_config config;
    enum os_status status;
    unsigned ms = PREPARE_TIMEOUT_MS;

    if (!self)
        return NULL;
    self->provider = provider;
    self->done = done;
    self->arg = arg;
    settings_to_link(settings, 0, &config);
    status = peer_spawn(provider, settings, &self->process, &self->pipe);
    if (status == OS_OK)
        status = link_send(self->pipe, LINK_CONFIG, &config, NULL, 0);
    if (status == OS_OK)
        status = link_send(self->pipe, LINK_PREPARE, &message, NULL, 0);
    if (status == OS_OK)
        status = os_loop_watch(provider->loop, os_pipe_waitable(self->pipe), on_message, self, &self->source);
    if (status != OS_OK) {
        snprintf(self->problem, sizeof(self->problem), "peer-program '%.500s' cannot be started: %s",
                 settings->peer_program, os_status_text(status));
        ms = 0; /* answer from the loop all the same */
    }
    if (os_loop_after(provider->loop, ms, on_timeout, self, &self->timer) != OS_OK) {
        prepare_destroy(self);
        return NULL;
    }
    return self;
}
