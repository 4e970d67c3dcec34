/* SPDX-License-Identifier: Apache-2.0 */
#include "core/launcher_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/peer.h"
#include "core/provider.h"

struct launcher_client {
    struct provider *provider; /* not held: it owns us */
    struct os_pipe *pipe;
    struct os_source *source;
};

struct launcher_client *launcher_client_create(struct provider *provider)
{
    struct launcher_client *self = calloc(1, sizeof(*self));

    if (self)
        self->provider = provider;
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
        peer_launcher_gone(self->provider);
}

void launcher_client_destroy(struct launcher_client *self)
{
    if (!self)
        return;
    drop_pipe(self);
    free(self);
}

static bool send_message(struct launcher_client *self, uint16_t id, const void *message,
                         const struct os_pass *pass, unsigned npass, const char **problem)
{
    uint8_t buf[2048];
    size_t len = wire_encode(&launcher_table, id, message, buf, sizeof(buf), problem);
    enum os_status status;

    if (len == 0)
        return false;
    status = os_pipe_send(self->pipe, buf, len, pass, npass);
    *problem = os_status_text(status);
    return status == OS_OK;
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
    peer_launched(self->provider, description->id, &message.result);
}

static bool connect_pipe(struct launcher_client *self, const char *name, char *problem, size_t cap)
{
    enum os_status status;

    if (self->pipe)
        return true;
    status = os_pipe_connect(name, &self->pipe);
    if (status == OS_OK)
        status = os_loop_watch(self->provider->loop, os_pipe_waitable(self->pipe), on_message, self,
                               &self->source);
    if (status != OS_OK) {
        snprintf(problem, cap, "no launcher at '%.500s': %s", name, os_status_text(status));
        drop_pipe(self);
        return false;
    }
    log_info("launcher", 0, "connected to '%s'", name);
    return true;
}

bool launcher_client_start(struct launcher_client *self, const char *name, const struct launcher_start *start,
                           const struct os_pass *pass, char *problem, size_t cap)
{
    const char *why = NULL;

    if (!connect_pipe(self, name, problem, cap))
        return false;
    if (!send_message(self, LAUNCHER_START, start, pass, 2, &why)) {
        snprintf(problem, cap, "the launcher did not take the request: %s", why);
        drop_pipe(self);
        return false;
    }
    return true;
}

void launcher_client_stop(struct launcher_client *self, uint32_t request, uint32_t session)
{
    const struct launcher_stop stop = {request, session};
    const char *why = NULL;

    if (self->pipe && !send_message(self, LAUNCHER_STOP, &stop, NULL, 0, &why))
        log_warn("launcher", 0, "stop of request %u failed: %s", request, why);
}
