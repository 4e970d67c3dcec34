/* SPDX-License-Identifier: Apache-2.0 */
#include "core/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/launcher_client.h"
#include "core/peer.h"
#include "core/port.h"
#include "core/reconnect.h"

#define STATUS_TEXT_MAX 1024

struct status {
    struct status *next;
    char name[256];
    const void *owner;
    enum port_state state;
    uint16_t port;
    char text[STATUS_TEXT_MAX];
};

static struct os_mutex lock = OS_MUTEX_INIT;
static struct provider *current; /* under lock */
static struct status *statuses;  /* under lock */
static atomic_uint living;       /* providers whose loop has not ended yet */
static atomic_uint_fast32_t last_number, last_group;

static void provider_free(struct provider *self)
{
    reconnect_destroy(self->reconnect);
    os_job_destroy(self->job);
    free(self);
    log_ring_stop(); /* and the log's file with it; a younger provider keeps both */
    atomic_fetch_sub(&living, 1);
}

/* [loop], last of all */
static void provider_ended(void *arg)
{
    struct provider *self = arg;

    launcher_clients_destroy(self);
    provider_free(self);
}

static struct provider *provider_create(void)
{
    struct provider *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    if (log_ring_start() != OS_OK) {
        free(self);
        return NULL;
    }
    atomic_fetch_add(&living, 1);
    atomic_init(&self->holds, 1);
    self->reconnect = reconnect_create();
    if (!self->reconnect || os_job_create(&self->job) != OS_OK ||
        os_loop_create("rdsprov", &self->loop) != OS_OK)
        goto out;
    return self;

out:
    if (self->loop)
        os_loop_stop(self->loop, provider_ended, self);
    else
        provider_free(self);
    return NULL;
}

struct provider *provider_get(void)
{
    struct provider *self;

    os_mutex_lock(&lock);
    self = current;
    if (self)
        provider_hold(self);
    else
        self = current = provider_create();
    os_mutex_unlock(&lock);
    return self;
}

struct provider *provider_hold(struct provider *self)
{
    atomic_fetch_add(&self->holds, 1);
    return self;
}

void provider_drop(struct provider *self)
{
    bool last;

    if (!self)
        return;
    /* under the lock, so that provider_get never hands out one that is on its way out */
    os_mutex_lock(&lock);
    last = atomic_fetch_sub(&self->holds, 1) == 1;
    if (last && current == self)
        current = NULL;
    os_mutex_unlock(&lock);
    if (last)
        os_loop_stop(self->loop, provider_ended, self);
}

bool provider_at_rest(void)
{
    return atomic_load(&living) == 0;
}

uint32_t provider_next_number(void)
{
    uint32_t number;

    do
        number = (uint32_t)atomic_fetch_add(&last_number, 1) + 1;
    while (number == 0);
    return number;
}

uint32_t provider_next_group(void)
{
    return (uint32_t)atomic_fetch_add(&last_group, 1) + 1;
}

struct end_peers {
    struct provider *provider;
    uint32_t group, starts;
};

static void end_peers(void *arg)
{
    struct end_peers *what = arg;
    struct provider *self = what->provider;

    for (struct port *port = self->ports, *next; port; port = next) {
        next = port_next(port);
        /* not one that was started since */
        if (port_group(port) == what->group && port_last_start(port) - what->starts - 1 > INT32_MAX)
            port_stop(port);
    }
    for (struct peer *peer = self->peers, *next; peer; peer = next) {
        next = peer_next(peer);
        if (port_group(peer_port(peer)) == what->group)
            peer_end(peer, 0, "the service stops");
    }
    free(what);
    provider_drop(self);
}

void provider_end_peers(struct provider *self, uint32_t group)
{
    struct end_peers *what = malloc(sizeof(*what));

    if (what) {
        *what = (struct end_peers){provider_hold(self), group, (uint32_t)atomic_load(&self->starts)};
        if (os_loop_post(self->loop, end_peers, what) == OS_OK)
            return;
        free(what);
        provider_drop(self);
    }
    os_job_kill(self->job);
}

static struct status *status_find(const char *name)
{
    struct status *status = statuses;

    while (status && strcmp(status->name, name) != 0)
        status = status->next;
    return status;
}

void provider_status_set(const char *name, const void *owner, enum port_state state, uint16_t port,
                         const char *text)
{
    struct status *status;

    os_mutex_lock(&lock);
    status = status_find(name);
    if (!status && state == PORT_STARTING) {
        status = calloc(1, sizeof(*status));
        if (status) {
            snprintf(status->name, sizeof(status->name), "%s", name);
            status->next = statuses;
            statuses = status;
        }
    }
    if (status && (state == PORT_STARTING || status->owner == owner)) {
        status->owner = owner;
        status->state = state;
        status->port = port;
        snprintf(status->text, sizeof(status->text), "%s", text);
    }
    os_mutex_unlock(&lock);
}

void provider_status_remove(const char *name, const void *owner)
{
    os_mutex_lock(&lock);
    for (struct status **at = &statuses; *at; at = &(*at)->next) {
        struct status *status = *at;

        if (strcmp(status->name, name) == 0 && status->owner == owner) {
            *at = status->next;
            free(status);
            break;
        }
    }
    os_mutex_unlock(&lock);
}

enum port_state provider_port_status(const char *name, char *text, size_t cap, uint16_t *port)
{
    struct status *status;
    enum port_state state = PORT_STARTING;

    text[0] = 0;
    *port = 0;
    os_mutex_lock(&lock);
    status = status_find(name);
    if (status) {
        state = status->state;
        *port = status->port;
        snprintf(text, cap, "%s", status->text);
    }
    os_mutex_unlock(&lock);
    return state;
}
