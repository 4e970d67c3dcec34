/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a client: a socket, a process, the end; and what its connection wants. */
#include "core/peer_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reconnect.h"

#define LOG_LINES_MAX 5000 /* of one peer; a hostile one must not fill the disk */
#define AUTH_SLACK_MS 5000 /* the peer keeps its own deadlines; this one is for a peer that does not */
#define GOODBYE_MS 1500    /* half-close, linger 500 ms, end: then it is killed */
#define LOST_MS 1000       /* a peer that has closed its link or said `closed` ends by itself */
#define BEAT_LOOKS 4       /* in a row that see no beat: a machine that slept is forgiven */

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

const struct port_events *peer_events(struct peer *self, void **owner)
{
    return port_events(self->port, owner);
}

void peer_no_longer_half_open(struct peer *self)
{
    if (self->half_open)
        port_half_open_done(self->port);
    self->half_open = false;
}

static void peer_free(struct peer *self)
{
    peer_no_longer_half_open(self);
    *self->prev = self->next;
    if (self->next)
        self->next->prev = self->prev;
    os_source_destroy(self->socket_source);
    os_source_destroy(self->pipe_source);
    os_source_destroy(self->process_source);
    os_timer_destroy(self->timer);
    os_timer_destroy(self->cookie_timer);
    os_timer_destroy(self->suppress_timer);
    os_timer_destroy(self->beat_timer);
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

bool peer_may_log(struct peer *self)
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
    os_timer_destroy(self->beat_timer);
    self->cookie_timer = self->suppress_timer = self->beat_timer = NULL;
    peer_no_longer_half_open(self);
    peer_stop_producers(self);
    if (connection)
        peer_events(self, &owner)->gone(connection, broken);
}

void peer_lost(struct peer *self, const char *why)
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
        peer_read(self);
    if (!self->ending) {
        char why[64];

        snprintf(why, sizeof(why), "its process has ended without a word (code %d)", code);
        peer_lost(self, why);
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
    peer_lost(self, "over the time for authentication, killed");
    os_process_kill(self->process);
}

/* A peer's main thread moves at least once a second from MCS on; one that does not is of no use to its
 * client. */
static void on_beat_time(void *arg)
{
    struct peer *self = arg;
    uint32_t beats = atomic_load_explicit(&counters_of(self->counters)->beats, memory_order_relaxed);

    self->beat_timer = NULL;
    self->unmoved = beats == self->beats ? self->unmoved + 1 : 0;
    self->beats = beats;
    if (self->unmoved < BEAT_LOOKS) {
        peer_watch_beats(self);
        return;
    }
    peer_lost(self, "does not move any more, killed");
    os_process_kill(self->process);
}

void peer_watch_beats(struct peer *self)
{
    unsigned ms = port_settings(self->port)->peer_timeout * 1000 / BEAT_LOOKS;

    if (ms > 0 && self->process)
        os_loop_after(self->provider->loop, ms, on_beat_time, self, &self->beat_timer);
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
        status = os_loop_watch(self->provider->loop, os_pipe_waitable(self->pipe), peer_read, self,
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

/* After an arbitration the old session's driver may go later than the new one's comes. */
static void note_driver(struct peer *self, const struct link_display_driver *driver)
{
    if (!driver->load && driver->session != self->driver_session)
        return;
    self->driver_loaded = driver->load;
    self->driver_session = driver->session;
    if (!driver->load)
        peer_stop_producer(self, LINK_PRODUCER_DRIVER);
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
        peer_stop_producers(self);
        break;
    case LINK_DISPLAY_DRIVER:
    case LINK_DRIVER_HANDLE:
        note_driver(self, &message->display_driver);
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
        peer_lost(self, status == OS_AGAIN ? "does not read its link" : os_status_text(status));
}
