/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's end of the launcher's pipe: opened when first needed, held, opened again when it broke. It
 * forwards what a peer granted and brings back the answer. [loop] throughout.
 */
#ifndef RDSPROV_CORE_LAUNCHER_CLIENT_H
#define RDSPROV_CORE_LAUNCHER_CLIENT_H

#include "link/launcher.h"
#include "os/pipe.h"

struct launcher_client;
struct provider;

struct launcher_client *launcher_client_create(struct provider *provider);
void launcher_client_destroy(struct launcher_client *self); /* NULL is fine */

/* Sends `start` with the two things granted; `name` is where the launcher listens. On failure they stay the
 * caller's and `problem` gets one line. The answer comes later through peer_launched. */
bool launcher_client_start(struct launcher_client *self, const char *name, const struct launcher_start *start,
                           const struct os_pass *pass, char *problem, size_t cap);
void launcher_client_stop(struct launcher_client *self, uint32_t request, uint32_t session);

#endif
