/* SPDX-License-Identifier: Apache-2.0 */
#include "core/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/budget.h"
#include "core/launcher_client.h"
#include "core/reconnect.h"

#define MESSAGE_BATCH 16   /* messages of one peer before others have their turn */
#define LOG_LINES_MAX 5000 /* of one peer; a hostile one must not fill the disk */
/* Messages of one peer: far above what an honest one sends while it lives, far below what one can send that
 * wants to keep the loop busy. */
#define MESSAGES_BURST 20000
#define MESSAGES_PER_S 1000
/* Session programs asked for; a client that changes its size in a loop must not keep the launcher busy. */
#define GRANTS_BURST 32
#define GRANTS_PER_S 10
#define AUTH_SLACK_MS 5000 /* the peer keeps its own deadlines; this one is for a peer that does not */
#define GOODBYE_MS 1500    /* half-close, linger 500 ms, end: then it is killed */
#define SUPPRESS_MS 250    /* between two words to the service about what the client looks at */
#define ERRINFO_SERVER_DENIED 7
#define LOST_MS 1000 /* a peer that has closed its link or said `closed` ends by itself */

struct peer {
    struct peer *next, **prev; /* in provider->peers */
    struct port *port;         /* held */
    struct provider *provider; /* through port */
    uint32_t number;
    struct os_address address;
    os_socket socket; /* until a process has it */
    struct os_source *socket_source;
    struct os_process *process;
    struct os_pipe *pipe;
    struct os_source *pipe_source, *process_source;
    struct os_timer *timer, *cookie_timer, *suppress_timer;
    struct counters *counters;
    struct connection *connection; /* held; NULL before `client` and after the end */
    enum link_phase phase;
    bool half_open; /* counts against the limits */
    bool ending;    /* goodbye said, or link lost */
    bool may_show;  /* the service lets the session be shown */
    bool suppressed, suppressed_told;
    uint32_t session, request;
    /* what the launcher was asked for: its number, for whom, what the peer calls it, is the answer there */
    uint32_t granted, granted_session, granted_as;
    bool answered;
    unsigned log_lines;
    struct budget messages, grants;
};

static void on_pipe(void *arg);
static void on_process(void *arg);

struct peer *peer_next(struct peer *self)
{
    return self->next;
}

bool peer_half_open(const struct peer *self)
{
    return self->half_open;
}

bool peer_known(const struct peer *self)
{
    return self->connection || self->ending;
}

const struct os_address *peer_address(const struct peer *self)
{
    return &self->address;
}

uint32_t peer_number(const struct peer *self)
{
    return self->number;
}

struct port *peer_port(const struct peer *self)
{
    return self->port;
}

struct counters *peer_counters(const struct peer *self)
{
    return self->counters;
}

static const struct port_events *events_of(struct peer *self, void **owner)
{
    return port_events(self->port, owner);
}

static void no_longer_half_open(struct peer *self)
{
    if (self->half_open)
        port_half_open_done(self->port);
    self->half_open = false;
}

static void peer_free(struct peer *self)
{
    no_longer_half_open(self);
    *self->prev = self->next;
    if (self->next)
        self->next->prev = self->prev;
    os_source_destroy(self->socket_source);
    os_source_destroy(self->pipe_source);
    os_source_destroy(self->process_source);
    os_timer_destroy(self->timer);
    os_timer_destroy(self->cookie_timer);
    os_timer_destroy(self->suppress_timer);
    os_socket_close(self->socket, true);
    os_pipe_destroy(self->pipe);
    os_process_destroy(self->process);
    counters_drop(self->counters);
    port_drop(self->port);
    free(self);
}

static void set_timer(struct peer *self, unsigned ms, os_loop_fn fn)
{
    os_timer_destroy(self->timer);
    self->timer = NULL;
    if (os_loop_after(self->provider->loop, ms, fn, self, &self->timer) != OS_OK && self->process)
        os_process_kill(self->process);
}

static void on_kill(void *arg)
{
    struct peer *self = arg;

    self->timer = NULL;
    log_warn("peer", self->number, "still there after its time: killed");
    os_process_kill(self->process);
}

/* The session program that was asked for is not wanted any more. */
static void stop_program(struct peer *self)
{
    if (self->granted)
        launcher_client_stop(self->provider->launcher, self->granted, self->granted_session);
    self->granted = 0;
}

/* What a peer makes us log ends at some point. */
static bool may_log(struct peer *self)
{
    if (self->log_lines > LOG_LINES_MAX)
        return false;
    if (self->log_lines++ < LOG_LINES_MAX)
        return true;
    log_warn("peer", self->number, "says too much: no more of it is logged");
    return false;
}

/* The connection hears of the end once; afterwards nothing of this peer reaches it. */
static void detach(struct peer *self, bool broken)
{
    struct connection *connection = self->connection;
    void *owner;

    self->connection = NULL;
    os_timer_destroy(self->cookie_timer);
    os_timer_destroy(self->suppress_timer);
    self->cookie_timer = self->suppress_timer = NULL;
    no_longer_half_open(self);
    stop_program(self);
    if (connection)
        events_of(self, &owner)->gone(connection, broken);
}

/* The link has ended or broke its rules. */
static void lost(struct peer *self, const char *why)
{
    log_info("peer", self->number, "%s; %s port %u, phase %s", why, self->address.text, self->address.port,
             link_phase_name(self->phase));
    self->ending = true;
    os_source_destroy(self->pipe_source);
    self->pipe_source = NULL;
    os_pipe_shutdown(self->pipe);
    set_timer(self, LOST_MS, on_kill);
    detach(self, true);
}

static void on_process(void *arg)
{
    struct peer *self = arg;
    int code = 0;

    if (!os_process_ended(self->process, &code))
        return;
    /* what it said last is still in the pipe: `closed` tells more than an exit code */
    for (unsigned i = 0; i < 256 && self->pipe_source; i++)
        on_pipe(self);
    if (!self->ending) {
        char why[64];

        snprintf(why, sizeof(why), "its process has ended without a word (code %d)", code);
        lost(self, why);
    }
    log_debug("peer", self->number, "process has ended, code %d", code);
    peer_free(self);
}

static void on_deadline(void *arg)
{
    struct peer *self = arg;

    self->timer = NULL;
    if (!self->process) {
        log_info("peer", self->number, "%s port %u sent no byte in %u s, phase connected: closed",
                 self->address.text, self->address.port, port_settings(self->port)->step_timeout);
        peer_free(self);
        return;
    }
    lost(self, "over the time for authentication, killed");
    os_process_kill(self->process);
}

/* A byte is there, or the end: only the former is worth a process. */
static void on_first_byte(void *arg)
{
    struct peer *self = arg;
    const struct settings *settings = port_settings(self->port);
    struct link_config config;
    struct link_take take = {.family = self->address.family, .port = self->address.port};
    struct os_pass pass[2] = {{.kind = OS_PASS_SOCKET}, {.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE}};
    enum os_status status = os_socket_peek(self->socket);

    if (status == OS_AGAIN)
        return;
    os_source_destroy(self->socket_source);
    self->socket_source = NULL;
    if (status != OS_OK) {
        log_info("peer", self->number, "%s port %u left without a byte, phase connected", self->address.text,
                 self->address.port);
        peer_free(self);
        return;
    }
    snprintf(take.address, sizeof(take.address), "%s", self->address.text);
    settings_to_link(settings, self->number, &config);
    self->counters = counters_create();
    status = self->counters ? port_take_peer(self->port, &self->process, &self->pipe) : OS_NO_MEMORY;
    if (status == OS_OK)
        status = link_send(self->pipe, LINK_CONFIG, &config, NULL, 0);
    if (status == OS_OK)
        status = os_shm_share(&self->counters->shm, &pass[1].handle);
    if (status == OS_OK) {
        pass[0].socket = self->socket;
        status = link_send(self->pipe, LINK_TAKE, &take, pass, 2);
        if (status == OS_OK)
            self->socket = OS_NO_SOCKET;
        else
            os_handle_close(pass[1].handle);
    }
    if (status == OS_OK)
        status = os_loop_watch(self->provider->loop, os_pipe_waitable(self->pipe), on_pipe, self,
                               &self->pipe_source);
    if (status == OS_OK)
        status = os_loop_watch(self->provider->loop, os_process_waitable(self->process), on_process, self,
                               &self->process_source);
    if (status != OS_OK) {
        log_error("peer", self->number, "%s port %u: no peer process: %s", self->address.text,
                  self->address.port, os_status_text(status));
        if (self->process)
            os_process_kill(self->process);
        peer_free(self);
        return;
    }
    self->phase = LINK_PHASE_NEGOTIATION;
    log_debug("peer", self->number, "process %llu takes %s port %u",
              (unsigned long long)os_process_id(self->process), self->address.text, self->address.port);
    set_timer(self, settings->auth_timeout * 1000 + AUTH_SLACK_MS, on_deadline);
}

bool peer_accept(struct port *port, os_socket socket, const struct os_address *from)
{
    struct provider *provider = port_provider(port);
    struct peer *self = calloc(1, sizeof(*self));

    if (!self) {
        os_socket_close(socket, true);
        log_error("peer", 0, "%s port %u: out of memory", from->text, from->port);
        return false;
    }
    self->port = port;
    port_hold(port);
    self->provider = provider;
    self->number = provider_next_number();
    self->address = *from;
    self->socket = socket;
    self->next = provider->peers;
    self->prev = &provider->peers;
    if (self->next)
        self->next->prev = &self->next;
    provider->peers = self;
    if (os_loop_watch_socket(provider->loop, socket, on_first_byte, self, &self->socket_source) != OS_OK ||
        os_loop_after(provider->loop, port_settings(port)->step_timeout * 1000, on_deadline, self,
                      &self->timer) != OS_OK) {
        log_error("peer", self->number, "%s port %u: out of memory", from->text, from->port);
        peer_free(self);
        return false;
    }
    self->half_open = true;
    log_debug("peer", self->number, "%s port %u connected", from->text, from->port);
    return true;
}

void peer_end(struct peer *self, uint32_t error_info, const char *why)
{
    struct link_value value = {error_info};

    if (self->ending) {
        detach(self, false);
        return;
    }
    self->ending = true;
    log_info("peer", self->number, "%s: %s port %u, phase %s", why, self->address.text, self->address.port,
             link_phase_name(self->phase));
    detach(self, false);
    if (!self->process) {
        peer_free(self);
        return;
    }
    if (link_send(self->pipe, LINK_CLOSE, &value, NULL, 0) != OS_OK) {
        os_process_kill(self->process); /* it does not read: nothing else reaches it */
        return;
    }
    set_timer(self, GOODBYE_MS, on_kill);
}

/* What the peer says. */

static void grant_answer(struct peer *self, uint32_t request, bool ok, const char *text)
{
    struct link_grant_result result = {.request = request, .ok = ok};

    snprintf(result.text, sizeof(result.text), "%s", text);
    if (self->pipe_source)
        link_send(self->pipe, LINK_GRANT_RESULT, &result, NULL, 0);
}

static void on_grant(struct peer *self, struct link_message *message)
{
    const struct link_grant *grant = &message->any.grant;
    char problem[LINK_TEXT_MAX];
    struct launcher_start start = {
        .request = self->number << 8 | (++self->request & 0xff),
        .session = self->session,
        .width = grant->width,
        .height = grant->height,
        .stride = grant->stride,
        .slots = grant->slots,
        .memory_size = grant->memory_size,
    };

    stop_program(self); /* it may be one of another session */
    if (!self->may_show) {
        snprintf(problem, sizeof(problem), "the session may not be shown now");
    } else if (!budget_spend(&self->grants, GRANTS_BURST, GRANTS_PER_S, os_now_ms())) {
        snprintf(problem, sizeof(problem), "too many requests");
    } else if (launcher_client_start(self->provider->launcher, port_settings(self->port)->launcher, &start,
                                     message->pass, problem, sizeof(problem))) {
        message->npass = 0;
        self->granted = start.request;
        self->granted_session = start.session;
        self->granted_as = grant->request;
        self->answered = false;
        return; /* the answer comes by peer_launched */
    }
    /* A grant and the word that the session is left may cross. */
    if (may_log(self))
        log_write(self->may_show ? LOG_WARN : LOG_DEBUG, "peer", self->number,
                  "no session program for session %u: %s", self->session, problem);
    grant_answer(self, grant->request, false, problem);
}

void peer_launched(struct provider *provider, uint16_t id, const struct launcher_result *launched)
{
    struct peer *self = provider->peers;

    while (self && (!self->granted || self->granted != launched->request))
        self = self->next;
    log_info("launcher", self ? self->number : 0, "session %u: program of request %u %s%s%s",
             launched->session, launched->request,
             id == LAUNCHER_STARTED  ? "started"
             : id == LAUNCHER_FAILED ? "could not be started"
                                     : "has ended",
             launched->text[0] ? ": " : "", launched->text);
    if (!self)
        return;
    if (id != LAUNCHER_STARTED)
        self->granted = 0;
    if (id == LAUNCHER_ENDED && self->answered)
        return; /* the peer sees the end of its pipe itself */
    self->answered = true;
    grant_answer(self, self->granted_as, id == LAUNCHER_STARTED, launched->text);
}

void peer_launcher_gone(struct provider *provider)
{
    for (struct peer *self = provider->peers; self; self = self->next) {
        if (self->granted && !self->answered)
            grant_answer(self, self->granted_as, false, "the launcher is gone");
        self->granted = 0;
    }
}

static void on_client_data(struct peer *self, const struct link_client *client)
{
    void *owner;

    if (self->connection) {
        lost(self, "broke the link's rules: a second `client`");
        return;
    }
    no_longer_half_open(self);
    os_timer_destroy(self->timer);
    self->timer = NULL;
    log_info("peer", self->number, "client of %s port %u: %ux%u at %u bpp, build %u, %s", self->address.text,
             self->address.port, client->width, client->height, client->color_depth, client->build,
             client->authenticated   ? "authenticated by NLA"
             : client->have_password ? "TLS with credentials"
                                     : "TLS without credentials");
    if (atomic_load(&self->provider->draining) &&
        !reconnect_returns(self->provider->reconnect, client, os_now_ms())) {
        peer_end(self, ERRINFO_SERVER_DENIED, "refused, the service takes no new sessions (drain mode)");
        return;
    }
    self->connection = events_of(self, &owner)->client(owner, self, client);
    if (!self->connection)
        peer_end(self, ERRINFO_SERVER_DENIED, "nobody to serve it");
}

/* Tells the service the last word, and not more often than it should hear of it. */
static void consider_suppress(void *arg)
{
    struct peer *self = arg;
    void *owner;

    self->suppress_timer = NULL;
    if (!self->connection || self->suppressed == self->suppressed_told)
        return;
    self->suppressed_told = self->suppressed;
    os_loop_after(self->provider->loop, SUPPRESS_MS, consider_suppress, self, &self->suppress_timer);
    events_of(self, &owner)->suppress(self->connection, self->suppressed);
}

static void on_closed(struct peer *self, const struct link_closed *closed)
{
    char why[LINK_TEXT_MAX + 64];

    if (closed->phase < LINK_PHASES)
        self->phase = closed->phase;
    snprintf(why, sizeof(why), "%s: %s", closed->by_client ? "client gone" : "closed", closed->text);
    if (!self->ending)
        lost(self, why);
    else if (may_log(self))
        log_info("peer", self->number, "%s", why);
}

static void dispatch(struct peer *self, struct link_message *message)
{
    const union link_any *any = &message->any;
    void *owner;

    switch (message->description->id) {
    case LINK_PHASE:
        self->phase = any->phase.phase;
        if (may_log(self))
            log_debug("peer", self->number, "phase %s", link_phase_name(self->phase));
        break;
    case LINK_LOG:
        if (may_log(self))
            log_write(any->log.level, any->log.area, self->number, "%s", any->log.text);
        break;
    case LINK_CLOSED:
        on_closed(self, &any->closed);
        break;
    case LINK_CLIENT:
        if (!self->ending)
            on_client_data(self, &any->client);
        break;
    case LINK_ACTIVE:
        self->phase = LINK_PHASE_ACTIVE;
        if (may_log(self))
            log_info("peer", self->number, "active: %ux%u at %u bpp, %s", any->active.width,
                     any->active.height, any->active.color_depth,
                     any->active.graphics_pipeline ? "graphics pipeline" : "bitmap updates");
        if (self->connection)
            events_of(self, &owner)->active(self->connection);
        break;
    case LINK_GRANT:
        if (!self->ending)
            on_grant(self, message);
        break;
    case LINK_SUPPRESS:
        if (may_log(self))
            log_debug("peer", self->number, "client %s output", any->value.value ? "suppresses" : "wants");
        self->suppressed = any->value.value != 0;
        if (!self->suppress_timer)
            consider_suppress(self);
        break;
    default:
        if (!self->ending)
            lost(self, "broke the link's rules: a message of ours came back");
        break;
    }
}

/* Nobody reads it any more. */
static void flooded(struct peer *self)
{
    if (!self->ending)
        lost(self, "floods its link, killed");
    os_source_destroy(self->pipe_source);
    self->pipe_source = NULL;
    os_process_kill(self->process);
}

static void on_pipe(void *arg)
{
    struct peer *self = arg;

    for (unsigned i = 0; i < MESSAGE_BATCH && self->pipe_source; i++) {
        struct link_message message;
        enum os_status status = link_receive(self->pipe, &message);

        if (status == OS_AGAIN)
            return;
        if (status == OS_OK) {
            if (!budget_spend(&self->messages, MESSAGES_BURST, MESSAGES_PER_S, os_now_ms()))
                flooded(self);
            else
                dispatch(self, &message);
            link_message_finish(&message);
        } else if (self->ending) {
            os_source_destroy(self->pipe_source);
            self->pipe_source = NULL;
        } else {
            lost(self, status == OS_CLOSED ? "its link has ended" : "broke the link's rules");
        }
    }
}

/* What the connection wants. */

/* The cookie that the client has grows old: another one. */
static void on_cookie_time(void *arg)
{
    struct peer *self = arg;
    union link_any message;

    self->cookie_timer = NULL;
    if (reconnect_rotate(self->provider->reconnect, self->number, os_now_ms(), &message.auto_reconnect))
        peer_tell(self, LINK_AUTO_RECONNECT, &message, OS_NO_HANDLE);
    os_wipe(&message.auto_reconnect, sizeof(message.auto_reconnect));
}

void peer_tell(struct peer *self, uint16_t id, const union link_any *message, os_handle handle)
{
    const struct os_pass pass = {.kind = OS_PASS_HANDLE, .handle = handle};
    bool pass_it = handle != OS_NO_HANDLE;
    enum os_status status;
    unsigned cookie_ms;

    switch (id) {
    case LINK_SESSION:
        self->session = message->session.session;
        break;
    case LINK_CONNECT:
        self->may_show = true;
        self->session = message->value.value;
        break;
    case LINK_DISCONNECT:
        self->may_show = false;
        stop_program(self);
        break;
    case LINK_AUTO_RECONNECT:
        os_timer_destroy(self->cookie_timer);
        self->cookie_timer = NULL;
        cookie_ms = port_settings(self->port)->auto_reconnect * 1000;
        if (!self->ending && cookie_ms > 0) /* it may have been switched off since */
            os_loop_after(self->provider->loop, cookie_ms, on_cookie_time, self, &self->cookie_timer);
        break;
    default:
        break;
    }
    status = self->ending ? OS_CLOSED : link_send(self->pipe, id, message, pass_it ? &pass : NULL, pass_it);
    if (status != OS_OK && pass_it)
        os_handle_close(handle);
    if (status == OS_INVALID && id == LINK_DRIVER_HANDLE) {
        log_warn("peer", self->number, "the display driver's handle cannot be handed over");
        status = link_send(self->pipe, LINK_DISPLAY_DRIVER, message, NULL, 0);
    }
    /* a link that has ended says so itself */
    if (status != OS_OK && status != OS_CLOSED)
        lost(self, status == OS_AGAIN ? "does not read its link" : os_status_text(status));
}
