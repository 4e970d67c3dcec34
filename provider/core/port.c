/* SPDX-License-Identifier: Apache-2.0 */
#include "core/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/peer.h"
#include "core/prepare.h"
#include "os/config.h"

#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS 30000
#define ACCEPT_BATCH 16
#define SPARES_MAX 16
#define SPARE_DELAY_MS 50   /* a new spare starts when the client that took the last one is on its way */
#define SPARE_RETRY_MS 5000 /* and this long after one that has ended unused */
#define ACCEPT_PAUSE_MS 250 /* out of descriptors or memory: whoever waits must not keep the loop busy */

struct spare {
    struct os_process *process;
    struct os_pipe *pipe;
    struct os_source *source;
};

struct port {
    atomic_uint holds;
    struct provider *provider;
    char name[256];
    uint32_t group;

    const struct port_events *events;
    void *owner;

    atomic_bool wanted, posted;
    atomic_uint stops;
    atomic_uint_fast32_t last_start; /* of provider->starts */
    struct os_post post;

    /* [loop] */
    struct port *next, **prev; /* in provider->ports while started */
    bool started;
    unsigned stops_done;
    struct settings settings;
    char listening[256]; /* what the status says while it does */
    os_socket sockets[SETTINGS_ADDRESSES_MAX];
    struct os_source *sources[SETTINGS_ADDRESSES_MAX];
    unsigned nsockets;
    unsigned half_open;
    struct spare spares[SPARES_MAX];
    unsigned nspares;
    struct os_timer *retry, *spare_timer, *accept_timer;
    bool accept_failed; /* and said so */
    unsigned retry_ms;
    struct prepare *prepare;
    struct os_config_watch *watch;
    struct os_source *watch_source;
};

static void try_start(void *arg);

struct port *port_create(struct provider *provider, uint32_t group, const char *name,
                         const struct port_events *events, void *owner)
{
    struct port *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    atomic_init(&self->holds, 1);
    self->provider = provider_hold(provider);
    self->group = group;
    self->events = events;
    self->owner = owner;
    snprintf(self->name, sizeof(self->name), "%s", name);
    return self;
}

void port_hold(struct port *self)
{
    atomic_fetch_add(&self->holds, 1);
}

static void drop_holds(struct port *self, unsigned holds)
{
    struct provider *provider;

    if (atomic_fetch_sub(&self->holds, holds) != holds)
        return;
    provider = self->provider;
    self->events->released(self->owner);
    free(self);
    provider_drop(provider);
}

void port_drop(struct port *self)
{
    if (self)
        drop_holds(self, 1);
}

const struct port_events *port_events(struct port *self, void **owner)
{
    *owner = self->owner;
    return self->events;
}

struct provider *port_provider(struct port *self)
{
    return self->provider;
}

const struct settings *port_settings(struct port *self)
{
    return &self->settings;
}

uint32_t port_last_start(struct port *self)
{
    return (uint32_t)atomic_load(&self->last_start);
}

struct port *port_next(struct port *self)
{
    return self->next;
}

const char *port_name(struct port *self)
{
    return self->name;
}

/* Peers that wait for a client. */

static void spare_destroy(struct spare *self)
{
    os_source_destroy(self->source);
    os_pipe_destroy(self->pipe); /* the end of its link ends it */
    os_process_kill(self->process);
    os_process_destroy(self->process);
}

static void drop_spares(struct port *self)
{
    while (self->nspares > 0)
        spare_destroy(&self->spares[--self->nspares]);
}

static void want_spare(struct port *self, unsigned ms);

static void on_spare_ended(void *arg)
{
    struct port *self = arg;
    unsigned kept = 0;
    int code = 0;

    for (unsigned i = 0; i < self->nspares; i++) {
        struct spare *spare = &self->spares[i];

        if (!os_process_ended(spare->process, &code)) {
            self->spares[kept++] = *spare;
            continue;
        }
        log_warn("port", 0, "%s: a waiting peer has ended (code %d)", self->name, code);
        spare_destroy(spare);
    }
    self->nspares = kept;
    want_spare(self, SPARE_RETRY_MS);
}

static void make_spare(void *arg)
{
    struct port *self = arg;
    struct spare *spare = &self->spares[self->nspares];

    self->spare_timer = NULL;
    if (self->nspares >= self->settings.spare_peers || self->nspares == SPARES_MAX)
        return;
    *spare = (struct spare){0};
    if (peer_spawn(self->provider, &self->settings, &spare->process, &spare->pipe) != OS_OK) {
        want_spare(self, SPARE_RETRY_MS);
        return;
    }
    if (os_loop_watch(self->provider->loop, os_process_waitable(spare->process), on_spare_ended, self,
                      &spare->source) != OS_OK) {
        spare_destroy(spare);
        return;
    }
    self->nspares++;
    want_spare(self, SPARE_DELAY_MS);
}

/* A client may come when nobody listens any more, and be the last who holds the port: no timer then. */
static void want_spare(struct port *self, unsigned ms)
{
    if (self->started && self->nspares < self->settings.spare_peers && !self->spare_timer)
        os_loop_after(self->provider->loop, ms, make_spare, self, &self->spare_timer);
}

enum os_status port_take_peer(struct port *self, struct os_process **process, struct os_pipe **pipe)
{
    enum os_status status = OS_NOT_FOUND;
    int code;

    while (self->nspares > 0 && status != OS_OK) {
        struct spare *spare = &self->spares[--self->nspares];

        if (os_process_ended(spare->process, &code)) {
            spare_destroy(spare);
            continue;
        }
        os_source_destroy(spare->source);
        *process = spare->process;
        *pipe = spare->pipe;
        status = OS_OK;
    }
    if (status != OS_OK)
        status = peer_spawn(self->provider, &self->settings, process, pipe);
    want_spare(self, SPARE_DELAY_MS);
    return status;
}

/* Clients. */

void port_half_open_done(struct port *self)
{
    self->half_open--;
}

static const char *over_limit(struct port *self, const struct os_address *from)
{
    unsigned total = 0, source = 0;

    for (struct peer *peer = self->provider->peers; peer; peer = peer_next(peer)) {
        total++;
        if (peer_half_open(peer) && strcmp(peer_address(peer)->text, from->text) == 0)
            source++;
    }
    if (source >= self->settings.max_per_source)
        return "too many half-open clients from this address (max-per-source)";
    if (self->half_open >= self->settings.max_half_open)
        return "too many half-open clients (max-half-open)";
    if (total >= self->settings.max_connections)
        return "too many clients (max-connections)";
    return NULL;
}

static void on_client(void *arg);

static void accept_again(void *arg)
{
    struct port *self = arg;

    self->accept_timer = NULL;
    for (unsigned i = 0; i < self->nsockets; i++) {
        if (!self->sources[i] &&
            os_loop_watch_socket(self->provider->loop, self->sockets[i], on_client, self,
                                 &self->sources[i]) != OS_OK &&
            !self->accept_timer)
            os_loop_after(self->provider->loop, ACCEPT_PAUSE_MS, accept_again, self, &self->accept_timer);
    }
}

/* Clients who wait stay in the system's queue. */
static void accept_later(struct port *self, enum os_status status)
{
    if (self->accept_timer || os_loop_after(self->provider->loop, ACCEPT_PAUSE_MS, accept_again, self,
                                            &self->accept_timer) != OS_OK)
        return;
    if (!self->accept_failed)
        log_error("port", 0, "%s: cannot accept clients now: %s", self->name, os_status_text(status));
    self->accept_failed = true;
    for (unsigned i = 0; i < self->nsockets; i++) {
        os_source_destroy(self->sources[i]);
        self->sources[i] = NULL;
    }
}

static void on_client(void *arg)
{
    struct port *self = arg;

    for (unsigned i = 0; i < self->nsockets; i++) {
        for (unsigned n = 0; n < ACCEPT_BATCH; n++) {
            struct os_address from;
            os_socket socket;
            const char *refusal;
            enum os_status status = os_socket_accept(self->sockets[i], &socket, &from);

            if (status == OS_AGAIN)
                break;
            if (status != OS_OK) {
                accept_later(self, status);
                return;
            }
            refusal = over_limit(self, &from);
            if (refusal) {
                log_warn("port", 0, "%s: refused %s port %u: %s", self->name, from.text, from.port, refusal);
                os_socket_close(socket, true);
                continue;
            }
            self->accept_failed = false;
            if (peer_accept(self, socket, &from))
                self->half_open++;
        }
    }
}

/* Starting, stopping. */

static void close_sockets(struct port *self)
{
    os_timer_destroy(self->accept_timer);
    self->accept_timer = NULL;
    for (unsigned i = 0; i < self->nsockets; i++) {
        os_source_destroy(self->sources[i]);
        os_socket_close(self->sockets[i], false);
    }
    self->nsockets = 0;
}

static void fail(struct port *self, const char *problem)
{
    close_sockets(self);
    log_error("port", 0, "%s: not listening: %s", self->name, problem);
    provider_status_set(self->name, self, PORT_FAILED, 0, problem);
    os_timer_destroy(self->retry);
    self->retry = NULL;
    os_loop_after(self->provider->loop, self->retry_ms, try_start, self, &self->retry);
    self->retry_ms = self->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : self->retry_ms * 2;
}

static bool listen_all(struct port *self, char *problem, size_t cap)
{
    char address[64];
    uint16_t port = (uint16_t)self->settings.port;
    struct os_address local;

    for (unsigned i = 0; settings_address(&self->settings, i, address, sizeof(address)); i++) {
        os_socket socket = OS_NO_SOCKET;
        enum os_status status = os_socket_listen(address, port, &socket);

        /* port 0: the first address chooses, the others follow */
        if (status == OS_OK && port == 0)
            status = os_socket_local(socket, &local);
        if (status == OS_OK && port == 0)
            port = local.port;
        if (status == OS_OK)
            status = os_loop_watch_socket(self->provider->loop, socket, on_client, self,
                                          &self->sources[self->nsockets]);
        if (status == OS_NOT_FOUND && i > 0) {
            /* a machine without IPv6 still serves IPv4 */
            log_warn("port", 0, "%s: no address %s on this machine: not listening there", self->name,
                     address);
            continue;
        }
        if (status != OS_OK) {
            os_socket_close(socket, false);
            if (status == OS_INVALID)
                snprintf(problem, cap, "%s: address = '%s': not a numeric address", self->settings.place,
                         address);
            else
                snprintf(problem, cap, "%s port %u: %s", address, port,
                         status == OS_BUSY ? "the port is in use" : os_status_text(status));
            return false;
        }
        self->sockets[self->nsockets++] = socket;
    }
    self->settings.port = port;
    return true;
}

static void say_listening(struct port *self)
{
    provider_status_set(self->name, self, PORT_LISTENING, (uint16_t)self->settings.port, self->listening);
}

static void on_prepared(void *arg, bool ok, const char *text, const char *fingerprint)
{
    struct port *self = arg;
    char problem[1280], address[64];

    self->prepare = NULL;
    if (!ok) {
        snprintf(problem, sizeof(problem), "%s: %s", self->settings.place, text);
        fail(self, problem);
        return;
    }
    if (!listen_all(self, problem, sizeof(problem))) {
        fail(self, problem);
        return;
    }
    self->retry_ms = RETRY_FIRST_MS;
    settings_address(&self->settings, 0, address, sizeof(address));
    log_info("port", 0, "%s: listening on %s port %u; certificate %s (%s)", self->name,
             self->settings.addresses, self->settings.port, fingerprint, text);
    snprintf(self->listening, sizeof(self->listening), strchr(address, ':') ? "[%s]:%u\n%s" : "%s:%u\n%s",
             address, self->settings.port, fingerprint);
    say_listening(self);
    want_spare(self, 0);
}

static void try_start(void *arg)
{
    struct port *self = arg;
    char problem[1024];
    struct settings settings;
    enum os_status status;

    self->retry = NULL;
    status = settings_read(&settings, self->name, problem, sizeof(problem));
    if (status != OS_OK) {
        fail(self, problem[0] ? problem : os_status_text(status));
        return;
    }
    self->settings = settings; /* whole: clients of before may still look */
    log_set_level(self->settings.log_level);
    if (self->settings.log_file[0] && log_set_file(self->settings.log_file) != OS_OK) {
        snprintf(problem, sizeof(problem), "log-file '%.500s' cannot be written", self->settings.log_file);
        fail(self, problem);
        return;
    }
    self->prepare = prepare_create(self->provider, &self->settings, on_prepared, self);
    if (!self->prepare)
        fail(self, "out of memory");
}

/* Only a listener that does not listen looks at changes: a running one keeps its settings until it is
 * stopped. */
static void on_config_change(void *arg)
{
    struct port *self = arg;

    os_config_watch_reset(self->watch);
    if (!self->retry)
        return;
    os_timer_destroy(self->retry);
    self->retry = NULL;
    self->retry_ms = RETRY_FIRST_MS;
    log_info("port", 0, "%s: configuration changed, trying again", self->name);
    try_start(self);
}

static void start(struct port *self)
{
    self->started = true;
    port_hold(self); /* while started */
    self->next = self->provider->ports;
    self->prev = &self->provider->ports;
    if (self->next)
        self->next->prev = &self->next;
    self->provider->ports = self;
    self->retry_ms = RETRY_FIRST_MS;
    if (os_config_watch_create(self->name, &self->watch) == OS_OK)
        os_loop_watch(self->provider->loop, os_config_watch_waitable(self->watch), on_config_change, self,
                      &self->watch_source);
    try_start(self);
}

/* No OnConnected is to come any more: who is not that far can only wait for its deadline. */
static void end_unknown_peers(struct port *self)
{
    for (struct peer *peer = self->provider->peers, *next; peer; peer = next) {
        next = peer_next(peer);
        if (peer_port(peer) == self && !peer_known(peer))
            peer_end(peer, 0, "the listener stops");
    }
}

static void stop(struct port *self)
{
    end_unknown_peers(self);
    self->started = false;
    *self->prev = self->next;
    if (self->next)
        self->next->prev = self->prev;
    close_sockets(self);
    drop_spares(self);
    prepare_destroy(self->prepare);
    self->prepare = NULL;
    os_timer_destroy(self->retry);
    os_timer_destroy(self->spare_timer);
    self->retry = self->spare_timer = NULL;
    os_source_destroy(self->watch_source);
    os_config_watch_destroy(self->watch);
    self->watch_source = NULL;
    self->watch = NULL;
    log_info("port", 0, "%s: stopped", self->name);
}

/* Whatever was asked since the last time: each stop counts, of starts and stops after each other the last. */
static void apply(void *arg)
{
    struct port *self = arg;
    unsigned stops, holds = 1;

    atomic_store(&self->posted, false);
    stops = atomic_load(&self->stops);
    if (self->started && stops != self->stops_done) {
        stop(self);
        holds++; /* that of `started` */
    }
    self->stops_done = stops;
    if (!self->started && atomic_load(&self->wanted))
        start(self);
    else if (self->nsockets > 0)
        say_listening(self); /* started twice */
    drop_holds(self, holds);
}

/* Needs no memory: a stop must not fail. */
static void post_apply(struct port *self)
{
    if (atomic_exchange(&self->posted, true))
        return;
    port_hold(self);
    os_loop_post_with(self->provider->loop, &self->post, apply, self);
}

uint32_t port_group(const struct port *self)
{
    return self->group;
}

/* The status changes at once: what another port of that name has said is over. */
void port_start(struct port *self)
{
    provider_status_set(self->name, self, PORT_STARTING, 0, "");
    atomic_store(&self->last_start, atomic_fetch_add(&self->provider->starts, 1) + 1);
    atomic_store(&self->wanted, true);
    post_apply(self);
}

void port_stop(struct port *self)
{
    provider_status_remove(self->name, self);
    atomic_store(&self->wanted, false);
    atomic_fetch_add(&self->stops, 1);
    post_apply(self);
}
