/* SPDX-License-Identifier: Apache-2.0 */
#include "core/launcher_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/peer.h"
#include "core/provider.h"

#define LAUNCHERS_MAX 16 /* names that configurations had since the provider began */

static const struct {
    uint16_t start, stop;
} words[LINK_PRODUCERS] = {{LAUNCHER_START, LAUNCHER_STOP}, {LAUNCHER_ATTACH, LAUNCHER_DETACH}};

struct launcher_client {
    struct launcher_client *next; /* in provider->launchers */
    struct provider *provider;    /* not held: it owns us */
    char *name;
    struct os_pipe *pipe;
    struct os_source *source;
};

static struct launcher_client *find(struct provider *provider, const char *name)
{
    struct launcher_client *self = provider->launchers;
    unsigned count = 0;

    for (; self && strcmp(self->name, name) != 0; self = self->next)
        count++;
    if (self || count >= LAUNCHERS_MAX)
        return self;
    self = calloc(1, sizeof(*self));
    if (!self)
        return NULL;
    self->name = strdup(name);
    if (!self->name) {
        free(self);
        return NULL;
    }
    self->provider = provider;
    self->next = provider->launchers;
    provider->launchers = self;
    return self;
}

static void drop_pipe(struct launcher_client *self)
{
    bool had = self->pipe != NULL;

    os_source_destroy(self->source);
    self->source = NULL;
    os_pipe_destroy(self->pipe);
    self->pipe = NULL;
    if (had)
        peer_launcher_gone(self->provider, self);
}

void launcher_clients_destroy(struct provider *provider)
{
    while (provider->launchers) {
        struct launcher_client *self = provider->launchers;

        provider->launchers = self->next;
        drop_pipe(self);
        free(self->name);
        free(self);
    }
}

static void on_message(void *arg)
{
    struct launcher_client *self = arg;
    union launcher_any message;
    uint8_t buf[4096];
    const struct wire_message *description;
    const char *problem;
    unsigned npass = 0;
    size_t len = 0;
    enum os_status status = os_pipe_receive(self->pipe, buf, sizeof(buf), &len, NULL, &npass);

    if (status == OS_AGAIN)
        return;
    if (status != OS_OK) {
        log_warn("launcher", 0, "the launcher is gone (%s)", os_status_text(status));
        drop_pipe(self);
        return;
    }
    description = wire_decode(&launcher_table, buf, len, &message, sizeof(message), &problem);
    if (!description || description->id < LAUNCHER_STARTED) {
        log_error("launcher", 0, "nonsense from the launcher: %s", description ? description->name : problem);
        drop_pipe(self);
        return;
    }
    peer_launched(self->provider, self, description->id, &message.result);
}

static bool connect_pipe(struct launcher_client *self, char *problem, size_t cap)
{
    enum os_status status;
    char why[256];

    if (self->pipe)
        return true;
    /* it is handed the desktop's memory and input: nobody may stand in for it */
    status = os_pipe_connect_trusted(self->name, &self->pipe, why, sizeof(why));
    if (status == OS_OK && (status = os_loop_watch(self->provider->loop, os_pipe_waitable(self->pipe),
                                                   on_message, self, &self->source)) != OS_OK)
        snprintf(why, sizeof(why), "%s", os_status_text(status));
    if (status != OS_OK) {
        snprintf(problem, cap, "no launcher at '%.500s': %s", self->name, why);
        drop_pipe(self);
        return false;
    }
    log_info("launcher", 0, "connected to '%s'", self->name);
    return true;
}

bool launcher_client_start(struct provider *provider, const char *name, enum link_producer producer,
                           const struct launcher_start *start, const struct os_pass *pass,
                           struct launcher_client **out, char *problem, size_t cap)
{
    struct launcher_client *self = find(provider, name);
    const char *why = NULL;
    enum os_status status;

    if (!self) {
        snprintf(problem, cap, "no launcher at '%.500s': out of memory, or too many names of launchers",
                 name);
        return false;
    }
    if (!connect_pipe(self, problem, cap))
        return false;
    status = launcher_send(self->pipe, words[producer].start, start, pass, 2, &why);
    if (status != OS_OK) {
        snprintf(problem, cap, "the launcher did not take the request: %s", why);
        if (status == OS_CLOSED) /* any other failure is this request's alone */
            drop_pipe(self);
        return false;
    }
    *out = self;
    return true;
}

void launcher_client_stop(struct launcher_client *self, enum link_producer producer, uint32_t request,
                          uint32_t session)
{
    const struct launcher_stop stop = {request, session};
    const char *why = NULL;

    if (self->pipe && launcher_send(self->pipe, words[producer].stop, &stop, NULL, 0, &why) != OS_OK)
        log_warn("launcher", 0, "stop of request %u failed: %s", request, why);
}
