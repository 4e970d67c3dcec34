/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's end of a launcher's pipe: opened when first needed, held, opened again when it broke. One for
 * each name that the listeners' settings have. It forwards what a peer granted and brings back the answer.
 * [loop] throughout.
 */
#ifndef RDSPROV_CORE_LAUNCHER_CLIENT_H
#define RDSPROV_CORE_LAUNCHER_CLIENT_H

#include "link/launcher.h"
#include "os/pipe.h"

struct launcher_client;
struct provider;

/* All of the provider's. */
void launcher_clients_destroy(struct provider *provider);

/* Sends `start` with the two things granted, for that producer, to the launcher that listens at `name`; *out
 * is that one from now on, it stays as long as the provider. On failure they stay the caller's and `problem`
 * gets one line. The answer comes later through peer_launched. */
bool launcher_client_start(struct provider *provider, const char *name, enum link_producer producer,
                           const struct launcher_start *start, const struct os_pass *pass,
                           struct launcher_client **out, char *problem, size_t cap);
void launcher_client_stop(struct launcher_client *self, enum link_producer producer, uint32_t request,
                          uint32_t session);

#endif
