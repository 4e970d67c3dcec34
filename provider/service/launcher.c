/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher's pipe: who may come, what is asked for, what is answered. */
#include <stdio.h>
#include <stdlib.h>

#include "os/log.h"
#include "service/private.h"

#define SHUT_WAIT_MS 3000
#define LISTENER_PAUSE_MS 500  /* after a failure to let somebody in */
#define REFUSED_EVENT_MS 60000 /* at most one event a minute for clients that were sent away */

struct wish {
    struct launcher *launcher;
    uint32_t session;
    bool has_user;
};

void launcher_answer(struct launcher *self, uint16_t id, uint32_t request, uint32_t session, const char *text)
{
    const char *problem = NULL;

    if (self->adapter && launcher_send_result(self->adapter, id, request, session, text, &problem) != OS_OK)
        log_warn(LAUNCHER_AREA, session, "answer to request %u was not sent: %s", request, problem);
}

/* Without it nobody wants the programs: a peer lives no longer than its adapter. */
static void drop_adapter(struct launcher *self)
{
    struct seat *next;

    os_source_destroy(self->adapter_source);
    os_pipe_destroy(self->adapter);
    os_process_destroy(self->adapter_process);
    self->adapter_source = NULL;
    self->adapter = NULL;
    self->adapter_process = NULL;
    for (struct seat *seat = self->seats; seat; seat = next) {
        next = seat->next;
        seat_drop_request(seat, NULL);
        attach_drop(seat, NULL);
        if (seat->screen.program)
            seat->screen.program->orphan = true;
        seat_stop(seat);
        if (seat_is_idle(seat))
            seat_free(seat);
    }
}

static void on_start(struct launcher *self, const struct launcher_start *start, struct os_pass *pass,
                     void (*request)(struct seat *, const struct launcher_start *, const struct os_pass[2]))
{
    const char *why = NULL;
    struct seat *seat = NULL;

    log_debug(LAUNCHER_AREA, start->session, "request %u: %s for %ux%u", start->request,
              request == seat_request ? "a program" : "the display driver", start->width, start->height);
    if (pass[0].kind != OS_PASS_HANDLE || pass[1].kind != OS_PASS_HANDLE)
        why = "memory or pipe is missing";
    else if (!self->host.session(self->host.arg, start->session).present)
        why = "no such session";
    else if (!(seat = seat_get(self, start->session)))
        why = "too many sessions, or out of memory";
    if (seat) {
        request(seat, start, pass);
        return;
    }
    log_warn(LAUNCHER_AREA, start->session, "request %u refused: %s", start->request, why);
    os_pass_close(pass, 2);
    launcher_answer(self, LAUNCHER_FAILED, start->request, start->session, why);
}

static void on_stop(struct launcher *self, const struct launcher_stop *stop)
{
    struct seat *seat = seat_find(self, stop->session);

    log_debug(LAUNCHER_AREA, stop->session, "request %u is over", stop->request);
    if (seat && seat->pending && seat->start.request == stop->request)
        seat_drop_request(seat, NULL);
    if (seat && seat->screen.program && seat->screen.program->request == stop->request)
        seat_stop(seat);
    if (seat && seat_is_idle(seat))
        seat_free(seat);
}

static void on_detach(struct launcher *self, const struct launcher_stop *stop)
{
    struct seat *seat = seat_find(self, stop->session);

    log_debug(LAUNCHER_AREA, stop->session, "request %u is over", stop->request);
    if (seat)
        attach_detach(seat, stop->request);
}

static bool on_message(struct launcher *self, const uint8_t *buf, size_t len, struct os_pass *pass,
                       unsigned npass)
{
    union launcher_any message;
    const char *problem = "not expected here";
    const struct wire_message *description =
        wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem);

    if (!description || description->id > LAUNCHER_DETACH || description->passes != npass) {
        log_error(LAUNCHER_AREA, 0, "nonsense from the adapter: %s",
                  description ? description->name : problem);
        os_pass_close(pass, npass);
        return false;
    }
    switch (description->id) {
    case LAUNCHER_START:
        on_start(self, &message.start, pass, seat_request);
        break;
    case LAUNCHER_ATTACH:
        on_start(self, &message.start, pass, attach_request);
        break;
    case LAUNCHER_STOP:
        on_stop(self, &message.stop);
        break;
    default:
        on_detach(self, &message.stop);
    }
    return true;
}

static void on_adapter(void *arg)
{
    struct launcher *self = arg;
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    enum os_status status;
    uint8_t buf[4096];
    size_t len = 0;

    status = os_pipe_receive(self->adapter, buf, sizeof buf, &len, pass, &npass);
    if (status == OS_AGAIN || (status == OS_OK && on_message(self, buf, len, pass, npass)))
        return;
    log_info(LAUNCHER_AREA, 0, "the adapter's pipe ends: %s",
             status == OS_OK ? "it broke the rules" : os_status_text(status));
    drop_adapter(self);
}

/* False: it is not the service that the pipe is for. */
static bool check_client(struct launcher *self, const struct os_process *client)
{
    char why[1200] = "its process is not known", text[1400];
    uint64_t now = os_now_ms();

    if (client ? self->host.may_come(self->host.arg, client, why, sizeof why) : false)
        return true;
    snprintf(text, sizeof text, "client process %llu of the launcher's pipe refused: %s",
             client ? (unsigned long long)os_process_id(client) : 0ULL, why);
    log_error(LAUNCHER_AREA, 0, "%s", text);
    if (self->refused_ms == 0 || now - self->refused_ms >= REFUSED_EVENT_MS) {
        self->refused_ms = now;
        self->host.event(self->host.arg, LAUNCHER_EVENT_CLIENT_REFUSED, text);
    }
    return false;
}

static void on_listener(void *arg);

static void listen_on(void *arg)
{
    struct launcher *self = arg;

    self->listener_timer = NULL;
    if (os_loop_watch(self->loop, os_pipe_listener_waitable(self->listener), on_listener, self,
                      &self->listener_source) == OS_OK)
        return;
    log_error(LAUNCHER_AREA, 0, "the pipe cannot be watched");
    self->host.event(self->host.arg, LAUNCHER_EVENT_CANNOT_LISTEN, "out of memory");
}

/* Whoever waits still waits, and would keep the loop busy. */
static void listen_later(struct launcher *self, enum os_status status)
{
    log_warn(LAUNCHER_AREA, 0, "nobody can be let in at the pipe for %u ms: %s", LISTENER_PAUSE_MS,
             os_status_text(status));
    if (os_loop_after(self->loop, LISTENER_PAUSE_MS, listen_on, self, &self->listener_timer) != OS_OK)
        return; /* then it is tried again at once */
    os_source_destroy(self->listener_source);
    self->listener_source = NULL;
}

static void on_listener(void *arg)
{
    struct launcher *self = arg;
    struct os_process *process = NULL;
    struct os_pipe *pipe = NULL;
    struct os_source *source = NULL;
    enum os_status status = os_pipe_accept(self->listener, &pipe, &process);

    if (status != OS_OK) {
        if (status != OS_AGAIN)
            listen_later(self, status);
        return;
    }
    /* before anything else, also for one that is refused: a pipe that knows no remote takes the handle values
     * in its frames for this process's own, and closes them with the pipe */
    os_pipe_set_remote(pipe, process);
    if (!check_client(self, process) ||
        os_loop_watch(self->loop, os_pipe_waitable(pipe), on_adapter, self, &source) != OS_OK) {
        os_pipe_destroy(pipe);
        os_process_destroy(process);
        return;
    }
    if (self->adapter) {
        log_warn(LAUNCHER_AREA, 0, "a new adapter replaces the old one");
        drop_adapter(self);
    }
    self->adapter = pipe;
    self->adapter_process = process;
    self->adapter_source = source;
    log_info(LAUNCHER_AREA, 0, "the adapter is here, process %llu",
             (unsigned long long)os_process_id(process));
}

void launcher_seat_idle(struct launcher *self)
{
    if (!self->closing)
        return;
    for (struct seat *seat = self->seats; seat; seat = seat->next)
        if (seat_has_program(seat))
            return;
    while (self->seats)
        seat_free(self->seats);
    os_mutex_lock(&self->lock);
    self->shut = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

static void on_shut(void *arg)
{
    struct launcher *self = arg;

    self->closing = true;
    os_source_destroy(self->listener_source);
    os_timer_destroy(self->listener_timer);
    self->listener_source = NULL;
    self->listener_timer = NULL;
    drop_adapter(self);
    launcher_seat_idle(self);
}

static void on_left(void *arg)
{
    struct wish *wish = arg;
    struct launcher *self = wish->launcher;
    struct seat *seat = seat_find(self, wish->session);

    if (seat && self->host.session(self->host.arg, wish->session).shown) {
        log_info(LAUNCHER_AREA, wish->session, "it is shown: the word that it is not was an old one");
    } else if (seat) {
        seat_drop_request(seat, "the session is not there any more");
        attach_drop(seat, "the session is not there any more");
        seat_stop(seat);
        if (!seat_has_program(seat))
            seat_free(seat);
    }
    free(wish);
}

static void on_user(void *arg)
{
    struct wish *wish = arg;
    struct seat *seat = seat_find(wish->launcher, wish->session);

    log_debug(LAUNCHER_AREA, wish->session, "a user has logged %s", wish->has_user ? "on" : "off");
    if (seat) /* else it is asked for when the session is shown */
        seat_user(seat, wish->has_user);
    free(wish);
}

static void post(struct launcher *self, os_loop_fn fn, uint32_t session, bool has_user)
{
    struct wish *wish = calloc(1, sizeof *wish);

    if (!wish)
        return;
    *wish = (struct wish){self, session, has_user};
    if (os_loop_post(self->loop, fn, wish) != OS_OK)
        free(wish);
}

void launcher_session_left(struct launcher *self, uint32_t session)
{
    post(self, on_left, session, false);
}

void launcher_session_user(struct launcher *self, uint32_t session, bool has_user)
{
    post(self, on_user, session, has_user);
}

struct launcher *launcher_create(const struct launcher_config *config, const struct launcher_host *host,
                                 char *problem, size_t cap)
{
    struct launcher *self = calloc(1, sizeof *self);
    enum os_status status = OS_NO_MEMORY;

    snprintf(problem, cap, "launcher: %s", os_status_text(status));
    if (!self)
        return NULL;
    self->config = config;
    self->host = *host;
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    status = os_pipe_listen_for(config->pipe, config->service, &self->listener);
    if (status == OS_OK)
        status = os_loop_create("launcher", &self->loop);
    if (status == OS_OK && !(self->attaches = attach_home_create(self->loop)))
        status = OS_NO_MEMORY;
    if (status == OS_OK)
        status = os_loop_post(self->loop, listen_on, self);
    if (status == OS_OK)
        return self;
    snprintf(problem, cap, "pipe '%s' for %s: %s", config->pipe, config->service, os_status_text(status));
    launcher_destroy(self);
    return NULL;
}

void launcher_destroy(struct launcher *self)
{
    uint64_t until = os_now_ms() + SHUT_WAIT_MS;

    if (!self)
        return;
    if (self->loop) {
        bool asked = os_loop_post(self->loop, on_shut, self) == OS_OK;

        os_mutex_lock(&self->lock);
        while (asked && !self->shut && os_now_ms() < until)
            os_cond_wait_ms(&self->changed, &self->lock, 100);
        if (!self->shut)
            log_error(LAUNCHER_AREA, 0, "a session program does not end");
        os_mutex_unlock(&self->lock);
        attach_home_close(self->attaches, until);
        os_loop_end(self->loop);
    }
    os_pipe_listener_destroy(self->listener);
    os_cond_finish(&self->changed);
    os_mutex_finish(&self->lock);
    free(self);
}
