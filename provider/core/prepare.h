/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has a peer process check what the adapter may not open itself: certificate, key and SAM file (and make the
 * first two where that is allowed). One answer, always, on the loop, unless destroyed first. [loop]
 * throughout.
 */
#ifndef RDSPROV_CORE_PREPARE_H
#define RDSPROV_CORE_PREPARE_H

#include "core/provider.h"
#include "core/settings.h"

struct prepare;

/* ok: text describes the certificate. Not ok: text is the reason in one line. The object is gone when this is
 * called. */
typedef void (*prepare_done)(void *arg, bool ok, const char *text, const char *fingerprint);

/* NULL: out of memory. `done` is never called from inside it. */
struct prepare *prepare_create(struct provider *provider, const struct settings *settings, prepare_done done,
                               void *arg);
void prepare_destroy(struct prepare *self); /* NULL is fine; ends the process */

/* Starts a peer program that waits for what the link says. */
enum os_status peer_spawn(struct provider *provider, const struct settings *settings,
                          struct os_process **process, struct os_pipe **pipe);

#endif
