/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note(struct seen *self, atomic_uint *what)
{
    struct service *service = self->service;

    if (atomic_load(&self->closed) && atomic_fetch_sub(&self->in_flight, 1) <= 0)
        atomic_fetch_add(&self->late, 1);
    os_mutex_lock(&service->lock);
    atomic_fetch_add(what, 1);
    os_cond_broadcast(&service->changed);
    os_mutex_unlock(&service->lock);
    if (service->called)
        service->called(self, what);
}

/* After Close nobody has a right to a new one. */
static ULONG take(struct seen *self)
{
    if (atomic_load(&self->closed))
        atomic_fetch_add(&self->late, 1);
    return atomic_fetch_add(&self->refs, 1) + 1;
}

static ULONG give_back(struct seen *self)
{
    ULONG refs = atomic_fetch_sub(&self->refs, 1);

    if (refs == 0) {
        atomic_fetch_add(&self->over, 1);
        atomic_fetch_add(&self->refs, 1);
        return 0;
    }
    return refs - 1;
}

/* Connection callbacks: one set of methods for both families, by a macro over the interface's name. */
#define CALLBACK_METHODS(family_, interface_, rect_)                                                         \
    static struct seen *seen_from_##family_(interface_ *iface)                                               \
    {                                                                                                        \
        return CONTAINING_RECORD(iface, struct seen, family_);                                               \
    }                                                                                                        \
    static HRESULT STDMETHODCALLTYPE family_##_query(interface_ *iface, REFIID iid, void **out)              \
    {                                                                                                        \
        (void)iface;                                                                                         \
        (void)iid;                                                                                           \
        *out = NULL;                                                                                         \
        return E_NOINTERFACE;                                                                                \
    }                                                                                                        \
    static ULONG STDMETHODCALLTYPE family_##_addref(interface_ *iface)                                       \
    {                                                                                                        \
        return take(seen_from_##family_(iface));                                                             \
    }                                                                                                        \
    static ULONG STDMETHODCALLTYPE family_##_release(interface_ *iface)                                      \
    {                                                                                                        \
        return give_back(seen_from_##family_(iface));                                                        \
    }                                                                                                        \
    static HRESULT STDMETHODCALLTYPE family_##_ready(interface_ *iface)                                      \
    {                                                                                                        \
        note(seen_from_##family_(iface), &seen_from_##family_(iface)->ready);                                \
        return S_OK;                                                                                         \
    }                                                                                                        \
    static HRESULT STDMETHODCALLTYPE family_##_broken(interface_ *iface, ULONG reason, ULONG source)         \
    {                                                                                                        \
        if (reason == 0 && source == 0)                                                                      \
            note(seen_from_##family_(iface), &seen_from_##family_(iface)->broken);                           \
        return S_OK;                                                                                         \
    }                                                                                                        \
    static HRESULT STDMETHODCALLTYPE family_##_stop(interface_ *iface)                                       \
    {                                                                                                        \
        note(seen_from_##family_(iface), &seen_from_##family_(iface)->stopped);                              \
        return S_OK;                                                                                         \
    }                                                                                                        \
    static HRESULT STDMETHODCALLTYPE family_##_redraw(interface_ *iface, rect_ *rect)                        \
    {                                                                                                        \
        if (!rect)                                                                                           \
            note(seen_from_##family_(iface), &seen_from_##family_(iface)->redrawn);                          \
        return S_OK;                                                                                         \
    }

CALLBACK_METHODS(rds, IWRdsProtocolConnectionCallback, WRDS_SMALL_RECT)
CALLBACK_METHODS(legacy, IWTSProtocolConnectionCallback, WTS_SMALL_RECT)

static HRESULT STDMETHODCALLTYPE rds_id(IWRdsProtocolConnectionCallback *iface, ULONG *id)
{
    *id = 77;
    note(seen_from_rds(iface), &seen_from_rds(iface)->slot7);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE legacy_ioctl(IWTSProtocolConnectionCallback *iface, WTS_DISPLAY_IOCTL *data)
{
    (void)data;
    note(seen_from_legacy(iface), &seen_from_legacy(iface)->slot7);
    return S_OK;
}

static CONST_VTBL IWRdsProtocolConnectionCallbackVtbl rds_vtbl = {
    rds_query, rds_addref, rds_release, rds_ready, rds_broken, rds_stop, rds_redraw, rds_id,
};
static CONST_VTBL IWTSProtocolConnectionCallbackVtbl legacy_vtbl = {
    legacy_query,  legacy_addref, legacy_release, legacy_ready,
    legacy_broken, legacy_stop,   legacy_redraw,  legacy_ioctl,
};

/* Listener callbacks. */

static struct seen *seen_create(struct service *service, IUnknown *object)
{
    struct seen *self = calloc(1, sizeof *self);

    if (!self)
        abort();
    self->service = service;
    self->rds.lpVtbl = &rds_vtbl;
    self->legacy.lpVtbl = &legacy_vtbl;
    atomic_init(&self->refs, 1); /* the provider's, given by OnConnected */
    self->object = object;
    IUnknown_AddRef(object);
    return self;
}

static void seen_publish(struct seen *self)
{
    struct service *service = self->service;

    os_mutex_lock(&service->lock);
    self->next = service->seen;
    service->seen = self;
    service->count++;
    os_cond_broadcast(&service->changed);
    os_mutex_unlock(&service->lock);
    if (service->connected)
        service->connected(service, self);
}

/* The provider must be able to answer before OnConnected returns. */
static void act_inside(struct service *self, struct seen *seen)
{
    WTS_POLICY_DATA policy = {.ColorDepth = 5};

    if (self->ask_inside && self->is_legacy) {
        IWTSProtocolLogonErrorRedirector *redirector = NULL;

        IWTSProtocolConnection_GetLogonErrorRedirector(seen_legacy(seen), &redirector);
        if (redirector)
            IWTSProtocolLogonErrorRedirector_Release(redirector);
        IWTSProtocolConnection_SendPolicyData(seen_legacy(seen), &policy);
    } else if (self->ask_inside) {
        IWRdsProtocolLogonErrorRedirector *redirector = NULL;

        IWRdsProtocolConnection_GetLogonErrorRedirector(seen_rds(seen), &redirector);
        if (redirector)
            IWRdsProtocolLogonErrorRedirector_Release(redirector);
    }
    if (self->close_inside && self->is_legacy)
        IWTSProtocolConnection_Close(seen_legacy(seen));
    else if (self->close_inside)
        IWRdsProtocolConnection_Close(seen_rds(seen));
    if (self->close_inside)
        atomic_store(&seen->closed, true);
}

static HRESULT STDMETHODCALLTYPE rds_listener_query(IWRdsProtocolListenerCallback *iface, REFIID iid,
                                                    void **out)
{
    (void)iface;
    (void)iid;
    *out = NULL;
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE rds_listener_addref(IWRdsProtocolListenerCallback *iface)
{
    return atomic_fetch_add(&CONTAINING_RECORD(iface, struct service, rds)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE rds_listener_release(IWRdsProtocolListenerCallback *iface)
{
    return atomic_fetch_sub(&CONTAINING_RECORD(iface, struct service, rds)->refs, 1) - 1;
}

static HRESULT STDMETHODCALLTYPE rds_listener_connected(IWRdsProtocolListenerCallback *iface,
                                                        IWRdsProtocolConnection *connection,
                                                        PWRDS_CONNECTION_SETTINGS settings,
                                                        IWRdsProtocolConnectionCallback **out)
{
    struct service *self = CONTAINING_RECORD(iface, struct service, rds);
    struct seen *seen = seen_create(self, (IUnknown *)connection);

    seen->settings = *settings;
    act_inside(self, seen);
    if (self->refuse)
        atomic_store(&seen->refs, 0);
    else
        *out = &seen->rds;
    seen_publish(seen);
    return self->refuse ? E_FAIL : S_OK;
}

static CONST_VTBL IWRdsProtocolListenerCallbackVtbl rds_listener_vtbl = {
    rds_listener_query,
    rds_listener_addref,
    rds_listener_release,
    rds_listener_connected,
};

static HRESULT STDMETHODCALLTYPE legacy_listener_query(IWTSProtocolListenerCallback *iface, REFIID iid,
                                                       void **out)
{
    (void)iface;
    (void)iid;
    *out = NULL;
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE legacy_listener_addref(IWTSProtocolListenerCallback *iface)
{
    return atomic_fetch_add(&CONTAINING_RECORD(iface, struct service, legacy)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE legacy_listener_release(IWTSProtocolListenerCallback *iface)
{
    return atomic_fetch_sub(&CONTAINING_RECORD(iface, struct service, legacy)->refs, 1) - 1;
}

static HRESULT STDMETHODCALLTYPE legacy_listener_connected(IWTSProtocolListenerCallback *iface,
                                                           IWTSProtocolConnection *connection,
                                                           IWTSProtocolConnectionCallback **out)
{
    struct service *self = CONTAINING_RECORD(iface, struct service, legacy);
    struct seen *seen = seen_create(self, (IUnknown *)connection);

    act_inside(self, seen);
    if (self->refuse)
        atomic_store(&seen->refs, 0);
    else
        *out = &seen->legacy;
    seen_publish(seen);
    return self->refuse ? E_FAIL : S_OK;
}

static CONST_VTBL IWTSProtocolListenerCallbackVtbl legacy_listener_vtbl = {
    legacy_listener_query,
    legacy_listener_addref,
    legacy_listener_release,
    legacy_listener_connected,
};

void service_init(struct service *self, bool is_legacy)
{
    memset(self, 0, sizeof *self);
    self->is_legacy = is_legacy;
    self->rds.lpVtbl = &rds_listener_vtbl;
    self->legacy.lpVtbl = &legacy_listener_vtbl;
    atomic_init(&self->refs, 1);
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
}

void service_finish(struct service *self)
{
    while (self->seen) {
        struct seen *seen = self->seen;

        self->seen = seen->next;
        free(seen);
    }
    os_cond_finish(&self->changed);
    os_mutex_finish(&self->lock);
}

HRESULT service_listen(struct service *self, void *listener)
{
    if (self->is_legacy)
        return IWTSProtocolListener_StartListen((IWTSProtocolListener *)listener, &self->legacy);
    return IWRdsProtocolListener_StartListen((IWRdsProtocolListener *)listener, &self->rds);
}

struct seen *service_wait(struct service *self, unsigned n)
{
    uint64_t until = os_now_ms() + HOST_WAIT_MS;
    struct seen *seen = NULL;

    os_mutex_lock(&self->lock);
    while (self->count < n && os_now_ms() < until)
        os_cond_wait_ms(&self->changed, &self->lock, 100);
    if (self->count >= n) {
        seen = self->seen;
        for (unsigned i = self->count; i > n; i--)
            seen = seen->next;
    }
    os_mutex_unlock(&self->lock);
    if (!seen)
        fprintf(stderr, "connection %u was never announced\n", n);
    return seen;
}

static bool wait_count(struct seen *self, atomic_uint *what)
{
    struct service *service = self->service;
    uint64_t until = os_now_ms() + HOST_WAIT_MS;

    os_mutex_lock(&service->lock);
    while (atomic_load(what) == 0 && os_now_ms() < until)
        os_cond_wait_ms(&service->changed, &service->lock, 100);
    os_mutex_unlock(&service->lock);
    return atomic_load(what) == 1;
}

bool seen_is_ready(struct seen *self)
{
    return wait_count(self, &self->ready);
}

bool seen_is_broken(struct seen *self)
{
    return wait_count(self, &self->broken);
}

bool seen_is_redrawn(struct seen *self)
{
    return wait_count(self, &self->redrawn);
}

bool seen_is_stopped(struct seen *self)
{
    return wait_count(self, &self->stopped);
}

bool seen_is_kept(struct seen *self)
{
    uint64_t until = os_now_ms() + HOST_WAIT_MS;

    while (atomic_load(&self->refs) != 1 && os_now_ms() < until)
        os_sleep_ms(1);
    return atomic_load(&self->refs) == 1;
}

void seen_close_returned(struct seen *self)
{
    atomic_store(&self->in_flight, (int)atomic_load(&self->refs));
    atomic_store(&self->closed, true);
}

bool seen_is_released(struct seen *self)
{
    uint64_t until = os_now_ms() + HOST_WAIT_MS;

    while (atomic_load(&self->refs) != 0 && os_now_ms() < until)
        os_sleep_ms(1);
    if (atomic_load(&self->refs) || atomic_load(&self->late) || atomic_load(&self->over))
        fprintf(stderr,
                "%u references to the callback are kept, %u calls came after Close, %u too many given back\n",
                (unsigned)atomic_load(&self->refs), (unsigned)atomic_load(&self->late),
                (unsigned)atomic_load(&self->over));
    return atomic_load(&self->refs) == 0 && atomic_load(&self->late) == 0 && atomic_load(&self->over) == 0;
}
