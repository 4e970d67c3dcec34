/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a connection: creation, the peer's events, messages to the peer, the end. */
#include "com/connection_private.h"

#include <stdlib.h>
#include <string.h>

struct tell {
    struct connection *connection;
    uint16_t id;
    os_handle handle;
    union link_any message;
};

struct connection *connection_create(struct callback_slot *slot, struct peer *peer,
                                     const struct link_client *client)
{
    const struct settings *settings = port_settings(peer_port(peer));
    struct connection *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->family = slot->family;
    self->family->connection_init(self);
    atomic_init(&self->refs, 1);  /* ours, until OnConnected has returned */
    atomic_init(&self->holds, 2); /* the COM side's and the peer's */
    self->slot = slot;
    callback_slot_hold(slot);
    self->provider = provider_hold(port_provider(peer_port(peer)));
    self->number = peer_number(peer);
    self->address = *peer_address(peer);
    self->client = *client;
    os_utf16_from_utf8((uint16_t *)self->driver_id, SETTINGS_DRIVER_ID_MAX, settings->display_driver_id);
    self->deny_initial_program = settings->deny_initial_program;
    self->stop_updates = settings->stop_screen_updates;
    self->cookie_ms = settings->auto_reconnect * 1000;
    self->counters = peer_counters(peer);
    counters_hold(self->counters);
    os_mutex_init(&self->lock);
    self->peer = peer;
    module_hold();
    return self;
}

void connection_hold(struct connection *self)
{
    atomic_fetch_add(&self->holds, 1);
}

void connection_drop(struct connection *self)
{
    struct provider *provider;

    if (atomic_fetch_sub(&self->holds, 1) != 1)
        return;
    provider = self->provider;
    os_wipe(&self->client, sizeof(self->client));
    counters_drop(self->counters);
    os_mutex_finish(&self->lock);
    callback_slot_drop(self->slot);
    free(self);
    provider_drop(provider);
    module_drop();
}

HRESULT connection_query_interface(struct connection *self, REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = self->family->connection_interface(self, iid);
    if (!*out) {
        log_debug("com", self->number, "QueryInterface({%08x-...}): no such interface", (unsigned)iid->Data1);
        return E_NOINTERFACE;
    }
    connection_addref(self);
    return S_OK;
}

ULONG connection_addref(struct connection *self)
{
    return atomic_fetch_add(&self->refs, 1) + 1;
}

ULONG connection_release(struct connection *self)
{
    ULONG refs = atomic_fetch_sub(&self->refs, 1) - 1;

    if (refs == 0) {
        /* a service may forget Close (gaps.md 14) */
        connection_shutdown(self);
        connection_drop(self);
    }
    return refs;
}

void connection_start(struct connection *self)
{
    connection_want(self, CALL_CONNECTED);
}

void connection_active(struct connection *self)
{
    self->active = true;
    connection_consider_ready(self);
}

void connection_peer_gone(struct connection *self, bool broken)
{
    self->peer = NULL;
    os_timer_destroy(self->ready_timer);
    self->ready_timer = NULL;
    if (broken)
        connection_want(self, CALL_BROKEN);
    connection_drop(self);
}

static void do_tell(void *arg)
{
    struct tell *tell = arg;
    struct connection *self = tell->connection;

    if (self->peer)
        peer_tell(self->peer, tell->id, &tell->message, tell->handle);
    else
        os_handle_close(tell->handle);
    os_wipe(&tell->message, sizeof(tell->message));
    free(tell);
    connection_drop(self);
}

HRESULT connection_tell(struct connection *self, uint16_t id, const union link_any *message, os_handle handle)
{
    struct tell *tell = malloc(sizeof(*tell));

    if (!tell)
        goto out;
    tell->connection = self;
    tell->id = id;
    tell->handle = handle;
    tell->message = *message;
    connection_hold(self);
    if (os_loop_post(self->provider->loop, do_tell, tell) == OS_OK)
        return S_OK;
    connection_drop(self);
    os_wipe(tell, sizeof(*tell)); /* it may be the client's cookie */
out:
    free(tell);
    os_handle_close(handle);
    log_error("com", self->number, "out of memory: message %u for the peer is lost", id);
    return E_OUTOFMEMORY;
}

static void do_close(void *arg)
{
    struct connection *self = arg;
    uint32_t error_info;

    os_mutex_lock(&self->lock);
    error_info = self->error_info;
    os_mutex_unlock(&self->lock);
    os_timer_destroy(self->ready_timer);
    self->ready_timer = NULL;
    if (self->peer)
        peer_end(self->peer, error_info, "closed by the service");
    connection_drop(self);
}

void connection_shutdown(struct connection *self)
{
    IUnknown *callback;

    os_mutex_lock(&self->lock);
    self->closed = true;
    callback = self->callback;
    self->callback = NULL;
    os_wipe(self->client.password, sizeof(self->client.password));
    os_wipe(self->client.user, sizeof(self->client.user));
    os_wipe(self->client.domain, sizeof(self->client.domain));
    os_wipe(self->client.reconnect, sizeof(self->client.reconnect));
    self->client.have_password = 0;
    os_mutex_unlock(&self->lock);
    connection_left_session(self);
    if (callback)
        IUnknown_Release(callback);
    if (atomic_exchange(&self->close_posted, true))
        return;
    connection_hold(self);
    os_loop_post_with(self->provider->loop, &self->close_post, do_close, self);
}
