/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_commands.h"
#include "os/log.h"
#include "os/loop.h"
#include "os/os.h"
#include "os/pipe.h"

#define CLIENTS_MAX 16
#define COMMAND_MAX 2048
#define LOOK_MS 100 /* how soon a client's thread sees the end */
#define SEND_WAIT_MS 20000

struct control {
    struct service *service;
    struct os_pipe_listener *listener;
    struct os_loop *loop;
    struct os_source *source;
    struct os_mutex lock;
    struct os_cond changed;
    unsigned clients;
    bool ending;
};

struct client {
    struct control *control;
    struct os_pipe *pipe;
};

static bool ending(struct control *self)
{
    bool yes;

    os_mutex_lock(&self->lock);
    yes = self->ending;
    os_mutex_unlock(&self->lock);
    return yes;
}

static void serve_client(void *arg)
{
    struct client *client = arg;
    struct control *self = client->control;
    char command[COMMAND_MAX + 1];
    enum os_status status = OS_OK;

    platform_thread_begin();
    while (status == OS_OK && !ending(self)) {
        unsigned npass = 0;
        size_t len = 0;
        char *answer;

        if (os_pipe_wait(client->pipe, LOOK_MS) == OS_TIMEOUT)
            continue;
        status = os_pipe_receive(client->pipe, command, COMMAND_MAX, &len, NULL, &npass);
        if (status == OS_AGAIN) {
            status = OS_OK;
            continue;
        }
        if (status != OS_OK)
            break;
        command[len] = 0;
        answer = control_answer(self->service, command);
        if (!answer)
            break;
        status = os_pipe_send(client->pipe, answer, strlen(answer), NULL, 0);
        free(answer);
        if (strcmp(command, "stop") == 0)
            service_stop(self->service); /* after the answer is out */
    }
    os_pipe_destroy(client->pipe);
    free(client);
    platform_thread_end();
    os_mutex_lock(&self->lock);
    self->clients--;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

static void on_client(void *arg)
{
    struct control *self = arg;
    struct os_pipe *pipe = NULL;
    struct client *client;

    if (os_pipe_accept(self->listener, &pipe, NULL) != OS_OK)
        return;
    client = malloc(sizeof *client);
    os_mutex_lock(&self->lock);
    if (client && self->clients < CLIENTS_MAX && !self->ending) {
        *client = (struct client){self, pipe};
        self->clients++;
        if (os_thread_start("rdsim-control", serve_client, client) == OS_OK) {
            client = NULL;
            pipe = NULL;
        } else {
            self->clients--;
        }
    }
    os_mutex_unlock(&self->lock);
    free(client);
    os_pipe_destroy(pipe);
}

static void on_start(void *arg)
{
    struct control *self = arg;

    if (os_loop_watch(self->loop, os_pipe_listener_waitable(self->listener), on_client, self,
                      &self->source) != OS_OK)
        log_error("control", 0, "the pipe cannot be watched");
}

struct control *control_create(struct service *service, const char *name, char *problem, size_t cap)
{
    struct control *self = calloc(1, sizeof *self);
    enum os_status status = OS_NO_MEMORY;

    if (self) {
        self->service = service;
        os_mutex_init(&self->lock);
        os_cond_init(&self->changed);
        status = os_pipe_listen(name, &self->listener);
    }
    if (status == OS_OK)
        status = os_loop_create("rdsim-control", &self->loop);
    if (status == OS_OK)
        status = os_loop_post(self->loop, on_start, self);
    if (status != OS_OK) {
        snprintf(problem, cap, "control pipe '%s': %s", name, os_status_text(status));
        control_destroy(self);
        return NULL;
    }
    return self;
}

void control_destroy(struct control *self)
{
    if (!self)
        return;
    os_mutex_lock(&self->lock);
    self->ending = true;
    os_mutex_unlock(&self->lock);
    os_loop_end(self->loop);
    os_mutex_lock(&self->lock);
    while (self->clients > 0)
        os_cond_wait_ms(&self->changed, &self->lock, 100);
    os_mutex_unlock(&self->lock);
    os_pipe_listener_destroy(self->listener);
    os_cond_finish(&self->changed);
    os_mutex_finish(&self->lock);
    free(self);
}

int control_send(const char *name, const char *command)
{
    char answer[OS_PIPE_MESSAGE_MAX];
    struct os_pipe *pipe = NULL;
    unsigned npass = 0;
    size_t len = 0;
    enum os_status status = os_pipe_connect(name, &pipe);

    if (status == OS_OK && strlen(command) > COMMAND_MAX)
        status = OS_TOO_BIG;
    if (status == OS_OK)
        status = os_pipe_send(pipe, command, strlen(command), NULL, 0);
    if (status == OS_OK)
        status = os_pipe_wait(pipe, SEND_WAIT_MS);
    if (status == OS_OK)
        status = os_pipe_receive(pipe, answer, sizeof answer - 1, &len, NULL, &npass);
    os_pipe_destroy(pipe);
    if (status != OS_OK) {
        fprintf(stderr, "rdsim: control pipe '%s': %s\n", name, os_status_text(status));
        return 1;
    }
    answer[len] = 0;
    printf("%s\n", answer);
    fflush(stdout);
    return len >= 2 && strcmp(answer + len - 2, "ok") == 0 ? 0 : 1;
}
