/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario's calls on the manager and its listeners. */
#include <stdlib.h>

#include "os/log.h"
#include "player_private.h"
#include "provider_life.h"

/* A second instance of the service in this process: another manager of the same class. */
static struct service *second(struct player *self)
{
    struct service *service = self->services[1];

    if (service)
        return service;
    service = calloc(1, sizeof *service);
    if (!service)
        return NULL;
    service->options = self->services[0]->options;
    service->player = self;
    service->next_connection = 1000; /* numbers that differ from the first one's */
    os_mutex_init(&service->lock);
    os_cond_init(&service->changed);
    sessions_init(&service->sessions);
    self->services[1] = service;
    return service;
}

/* Once more after a stop: the library is asked for another manager, and stays loaded meanwhile. */
static bool load(struct player *self, struct service *service)
{
    struct loader *old = service->loader;
    bool good;

    service->loader = NULL;
    good = provider_load(service);
    if (good)
        self->loaded++;
    if (old) {
        loader_drop(old);
        self->loaded--;
    }
    return good;
}

static void unload(struct player *self, struct service *service)
{
    if (!service->loader)
        return;
    self->loaded--;
    provider_unload(service, self->loaded == 0);
}

static bool listens(struct service *service, unsigned listener)
{
    uint64_t until = os_now_ms() + PLAYER_WAIT_MS;

    if (service->options->client != CLIENT_TCP || service->options->client_port)
        return true;
    do {
        provider_look_at_listeners(service);
        if (service->listeners[listener].ready)
            return true;
        os_sleep_ms(2);
    } while (os_now_ms() < until);
    return false;
}

void player_service_end(struct player *self, unsigned index)
{
    struct service *service = self->services[index];

    if (service->manager) {
        provider_notify_stop(service);
        provider_stop(service);
    }
    unload(self, service);
}

static void notify_state(struct service *service, enum service_state state)
{
    switch (state) {
    case STATE_START:
        provider_notify_state(service, WTS_SERVICE_START, WTS_DRAIN_NOT_IN_DRAIN);
        break;
    case STATE_STOP:
        provider_notify_state(service, WTS_SERVICE_STOP, WTS_DRAIN_NOT_IN_DRAIN);
        break;
    case STATE_DRAIN:
    case STATE_NO_DRAIN:
        service_drain(service, state == STATE_DRAIN);
        break;
    }
}

static bool call_manager(struct player *self, const struct act *act, struct service *service)
{
    if (!service->manager)
        return false;
    switch (act->verb) {
    case SERVICE_INITIALIZE:
        return provider_initialize(service);
    case SERVICE_CREATE_LISTENER:
        return provider_create_listener(service, act->number);
    case SERVICE_GET_SETTINGS:
        provider_get_settings(service, act->number);
        break;
    case SERVICE_START_LISTEN:
        return provider_start_listen(service, act->number);
    case SERVICE_STOP_LISTEN:
        provider_stop_listen(service, act->number);
        break;
    case SERVICE_UNINITIALIZE:
        provider_uninitialize(service);
        break;
    case SERVICE_RELEASE_LISTENER:
        provider_release_listener(service, act->number);
        break;
    case SERVICE_RELEASE_MANAGER:
        provider_release_manager(service);
        break;
    case SERVICE_LISTENS:
        return listens(service, act->number);
    case SERVICE_STATE:
        notify_state(service, (enum service_state)act->number);
        break;
    case SERVICE_SESSION_START:
    case SERVICE_SESSION_STOP:
        provider_session_of_service(service, act->number, act->verb == SERVICE_SESSION_START);
        break;
    case SERVICE_SESSION_STATE:
        service_session_event(service, act->number, act->number2);
        break;
    case SERVICE_SETTINGS:
        provider_settings_change(service, act->number != 0);
        break;
    default:
        log_error("scenario", 0, "%s:%u: a call that nobody makes", self->file, act->line);
        return false;
    }
    return true;
}

bool player_service(struct player *self, const struct act *act)
{
    struct service *service = act->service ? second(self) : self->services[0];

    if (!service)
        return false;
    switch (act->verb) {
    case SERVICE_BEGIN:
        return (service->manager || load(self, service)) && provider_start(service) && listens(service, 0);
    case SERVICE_END:
        player_finish_seats(self, act->service);
        player_service_end(self, act->service);
        return true;
    case SERVICE_LOAD:
        return load(self, service);
    case SERVICE_UNLOAD:
        unload(self, service);
        return true;
    default:
        return call_manager(self, act, service);
    }
}
