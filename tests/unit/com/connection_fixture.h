/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One listener and one connection of the IWRds family, announced by a fake peer, for the tests of
 * connections.
 */
#ifndef UNIT_COM_CONNECTION_FIXTURE_H
#define UNIT_COM_CONNECTION_FIXTURE_H

#include "check.h"
#include "service.h"

struct fixture {
    struct service service;
    IWRdsProtocolManager *manager;
    IWRdsProtocolListener *listener;
    struct client *client;
    struct seen *seen;
    IWRdsProtocolConnection *connection;
};

/* Each is false after a check that failed; fixture_finish undoes what there is after fixture_start. */
static inline bool fixture_listen(struct fixture *self, const char *config)
{
    service_init(&self->service, false);
    self->client = NULL;
    self->seen = NULL;
    self->connection = NULL;
    self->listener = NULL;
    if (!CHECK(host_open() && host_configure(config)))
        return false;
    self->manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    if (!CHECK(self->manager != NULL))
        return false;
    IWRdsProtocolManager_Initialize(self->manager, NULL, NULL);
    IWRdsProtocolManager_CreateListener(self->manager, wide(HOST_LISTENER), &self->listener);
    return CHECK(self->listener != NULL) && CHECK(service_listen(&self->service, self->listener) == S_OK);
}

static inline bool fixture_connect(struct fixture *self, const char *script)
{
    self->client = client_connect(host_wait_listening());
    if (!CHECK(self->client && client_say(self->client, script)))
        return false;
    self->seen = service_wait(&self->service, 1);
    if (!CHECK(self->seen != NULL))
        return false;
    self->connection = seen_rds(self->seen);
    return true;
}

static inline bool fixture_start(struct fixture *self, const char *config, const char *script)
{
    return fixture_listen(self, config) && fixture_connect(self, script);
}

/* Close, the last references, and nothing left of the library. */
static inline void fixture_finish(struct fixture *self)
{
    if (self->connection) {
        CHECK_INT(IWRdsProtocolConnection_Close(self->connection), S_OK);
        atomic_store(&self->seen->closed, true);
        CHECK(seen_is_released(self->seen));
        /* OnConnected may be on its way back with the provider's own reference */
        for (int i = 0; i < 1000; i++) {
            IWRdsProtocolConnection_AddRef(self->connection);
            if (IWRdsProtocolConnection_Release(self->connection) == 1)
                break;
            os_sleep_ms(1);
        }
        CHECK_INT(IWRdsProtocolConnection_Release(self->connection), 0);
    }
    client_destroy(self->client);
    IWRdsProtocolListener_StopListen(self->listener);
    CHECK_INT(IWRdsProtocolListener_Release(self->listener), 0);
    CHECK_INT(atomic_load(&self->service.refs), 1);
    IWRdsProtocolManager_Uninitialize(self->manager);
    CHECK_INT(IWRdsProtocolManager_Release(self->manager), 0);
    CHECK(host_close());
    service_finish(&self->service);
}

#endif
