/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/log.h"

#define SHUT_WAIT_MS 2000

enum wish_kind { WISH_ACTIVE, WISH_DISCONNECTED, WISH_ENDED, WISH_KILL, WISH_SHUT };

struct wish {
    struct launcher *launcher;
    enum wish_kind kind;
    uint32_t session;
    char user[ACCOUNT_NAME_MAX];
    unsigned width, height;
};

void launcher_answer(struct launcher *self, uint16_t id, uint32_t request, uint32_t session, const char *text)
{
    const char *problem = NULL;

    if (self->adapter && launcher_send_result(self->adapter, id, request, session, text, &problem) != OS_OK)
        log_warn("launcher", session, "answer to request %u was not sent: %s", request, problem);
}

static void drop_adapter(struct launcher *self)
{
    os_source_destroy(self->adapter_source);
    os_pipe_destroy(self->adapter);
    os_process_destroy(self->adapter_process);
    self->adapter_source = NULL;
    self->adapter = NULL;
    self->adapter_process = NULL;
    for (struct place *place = self->places; place; place = place->next)
        place_drop_request(place, "the adapter is gone");
    program_stop_all(self, false);
}

static bool on_message(struct launcher *self, const uint8_t *buf, size_t len, struct os_pass *pass,
                       unsigned npass)
{
    union launcher_any message;
    const char *problem = "an answer";
    const struct wire_message *description =
        wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem);
    struct place *place;
    bool exists;

    if (!description || description->id > LAUNCHER_DETACH || description->passes != npass) {
        log_error("launcher", 0, "nonsense from the adapter: %s", description ? description->name : problem);
        os_pass_close(pass, npass);
        return false;
    }
    if (description->id == LAUNCHER_STOP) {
        place = place_find(self, message.stop.session);
        log_debug("launcher", 0, "stop request %u", message.stop.request);
        if (place && place->pending && place->start.request == message.stop.request)
            place_drop_request(place, NULL);
        program_stop_request(self, message.stop.request);
        return true;
    }
    if (description->id == LAUNCHER_DETACH)
        return true;
    if (description->id == LAUNCHER_ATTACH) {
        os_pass_close(pass, npass);
        launcher_answer(self, LAUNCHER_FAILED, message.start.request, message.start.session,
                        "there are no display drivers here");
        return true;
    }
    log_debug("launcher", 0, "request %u: a program for session %u", message.start.request,
              message.start.session);
    exists = self->host.session_exists(self->host.arg, message.start.session);
    place = exists ? place_get(self, message.start.session) : NULL;
    if (!place) {
        os_pass_close(pass, npass);
        launcher_answer(self, LAUNCHER_FAILED, message.start.request, message.start.session,
                        exists ? "out of memory" : "no such session");
        return true;
    }
    place_request(place, &message.start, pass);
    return true;
}

static void on_adapter(void *arg)
{
    struct launcher *self = arg;
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    uint8_t buf[4096];
    enum os_status status;
    size_t len = 0;

    os_mutex_lock(&self->lock);
    if (self->adapter) {
        status = os_pipe_receive(self->adapter, buf, sizeof buf, &len, pass, &npass);
        if (status == OS_OK ? !on_message(self, buf, len, pass, npass) : status != OS_AGAIN) {
            log_debug("launcher", 0, "the adapter's pipe ends: %s", os_status_text(status));
            drop_adapter(self);
        }
    }
    os_mutex_unlock(&self->lock);
}

static void on_listener(void *arg)
{
    struct launcher *self = arg;
    struct os_pipe *pipe = NULL;
    struct os_process *process = NULL;

    if (os_pipe_accept(self->listener, &pipe, &process) != OS_OK)
        return;
    os_mutex_lock(&self->lock);
    if (self->adapter) {
        log_debug("launcher", 0, "a new adapter replaces the old one");
        drop_adapter(self);
    }
    if (process)
        os_pipe_set_remote(pipe, process);
    self->adapter = pipe;
    self->adapter_process = process;
    if (os_loop_watch(self->loop, os_pipe_waitable(pipe), on_adapter, self, &self->adapter_source) != OS_OK)
        drop_adapter(self);
    os_mutex_unlock(&self->lock);
}

static void on_start(void *arg)
{
    struct launcher *self = arg;

    if (os_loop_watch(self->loop, os_pipe_listener_waitable(self->listener), on_listener, self,
                      &self->listener_source) != OS_OK)
        log_error("launcher", 0, "the pipe cannot be watched");
}

static void shut(struct launcher *self)
{
    struct place *next;

    self->shutting = true;
    os_source_destroy(self->listener_source);
    self->listener_source = NULL;
    drop_adapter(self);
    program_stop_all(self, true);
    for (struct place *place = self->places; place; place = next) {
        next = place->next;
        place_end(place);
    }
}

static void on_wish(void *arg)
{
    struct wish *wish = arg;
    struct launcher *self = wish->launcher;
    struct place *place;

    os_mutex_lock(&self->lock);
    place = place_find(self, wish->session);
    switch (wish->kind) {
    case WISH_ACTIVE:
        if (!place)
            place = place_get(self, wish->session);
        if (place)
            place_activate(place, wish->user, wish->width, wish->height);
        break;
    case WISH_DISCONNECTED:
        if (place)
            place_drop_request(place, "the session is disconnected");
        program_stop_session(self, wish->session);
        break;
    case WISH_ENDED:
        if (place) {
            place_drop_request(place, "the session has ended");
            program_stop_session(self, wish->session);
            place_end(place);
        }
        break;
    case WISH_KILL:
        program_kill_session(self, wish->session);
        break;
    case WISH_SHUT:
        shut(self);
        break;
    }
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    free(wish);
}

static void post(struct launcher *self, enum wish_kind kind, uint32_t session, const char *user,
                 unsigned width, unsigned height)
{
    struct wish *wish = self ? calloc(1, sizeof *wish) : NULL;

    if (!wish)
        return;
    *wish =
        (struct wish){.launcher = self, .kind = kind, .session = session, .width = width, .height = height};
    snprintf(wish->user, sizeof wish->user, "%s", user);
    if (os_loop_post(self->loop, on_wish, wish) != OS_OK)
        free(wish);
}

void launcher_session_active(struct launcher *self, uint32_t session, const char *user, unsigned width,
                             unsigned height)
{
    post(self, WISH_ACTIVE, session, user, width, height);
}

void launcher_session_disconnected(struct launcher *self, uint32_t session)
{
    post(self, WISH_DISCONNECTED, session, "", 0, 0);
}

void launcher_session_ended(struct launcher *self, uint32_t session)
{
    post(self, WISH_ENDED, session, "", 0, 0);
}

void launcher_session_kill(struct launcher *self, uint32_t session)
{
    post(self, WISH_KILL, session, "", 0, 0);
}

struct launcher *launcher_create(const struct options *options, const struct launcher_host *host,
                                 char *problem, size_t cap)
{
    struct launcher *self = calloc(1, sizeof *self);
    char directory[1024];
    enum os_status status = OS_NO_MEMORY;

    snprintf(problem, cap, "launcher: %s", os_status_text(status));
    if (!self)
        return NULL;
    self->options = options;
    self->host = *host;
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    if (options->session_program)
        snprintf(self->program_path, sizeof self->program_path, "%s", options->session_program);
    else if (os_module_directory(directory, sizeof directory) == OS_OK)
        snprintf(self->program_path, sizeof self->program_path, "%s/rdsprov-session%s", directory,
#ifdef _WIN32
                 ".exe"
#else
                 ""
#endif
        );
    status = os_pipe_listen(options->launcher, &self->listener);
    if (status == OS_OK)
        status = os_loop_create("rdsim-launcher", &self->loop);
    if (status == OS_OK)
        status = os_loop_post(self->loop, on_start, self);
    if (status != OS_OK) {
        snprintf(problem, cap, "launcher pipe '%s': %s", options->launcher, os_status_text(status));
        launcher_destroy(self);
        return NULL;
    }
    return self;
}

void launcher_destroy(struct launcher *self)
{
    uint64_t until = os_now_ms() + SHUT_WAIT_MS;

    if (!self)
        return;
    if (self->loop) {
        post(self, WISH_SHUT, 0, "", 0, 0);
        os_mutex_lock(&self->lock);
        while ((!self->shutting || self->programs || self->places) && os_now_ms() < until)
            os_cond_wait_ms(&self->changed, &self->lock, 20);
        if (self->programs || self->places)
            log_error("launcher", 0, "a session program or desktop does not end");
        os_mutex_unlock(&self->lock);
        os_loop_end(self->loop);
    }
    os_pipe_listener_destroy(self->listener);
    os_cond_finish(&self->changed);
    os_mutex_finish(&self->lock);
    free(self);
}

void launcher_describe(struct launcher *self, uint32_t session, char *buf, size_t cap)
{
    const struct program *program;
    struct place *place;

    buf[0] = 0;
    if (!self)
        return;
    os_mutex_lock(&self->lock);
    place = place_find(self, session);
    program = program_of(self, session);
    snprintf(buf, cap, "%s%s program %s %llu", place && place->display[0] ? " display " : "",
             place ? place->display : "",
             program                   ? "running"
             : place && place->pending ? "waiting"
                                       : "none",
             program ? (unsigned long long)os_process_id(program->process) : 0ULL);
    os_mutex_unlock(&self->lock);
}
