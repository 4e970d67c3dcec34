/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a provider gets into this process and out of it: COM by CLSID, or a file with DllGetClassObject. And
 * the few other things in which platforms differ for a simulated service: tokens, child processes, the wish
 * to stop.
 */
#ifndef RDSIM_LOADER_H
#define RDSIM_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/wtsprotocol.h"

struct loader;

/* Loads the provider and creates its manager. `library` NULL: through COM. On failure one line in `problem`.
 */
bool loader_open(const char *library, const CLSID *clsid, const IID *iid, struct loader **out, void **manager,
                 char *problem, size_t cap);
/* DllCanUnloadNow; S_OK when the library does not have it. */
HRESULT loader_can_unload(struct loader *self);
/* Unloads. False when the library is still there. Frees the loader. */
bool loader_close(struct loader *self);
/* The same when something else keeps the library: nothing is waited for. */
void loader_drop(struct loader *self);
/* Frees the loader and leaves the library where it is: code that is in use cannot be unloaded. */
void loader_abandon(struct loader *self);

/* RdsprovListenerStatus of the library; false when it has none. The text is made empty, never left unwritten.
 */
bool loader_listener_status(struct loader *self, const WCHAR *listener, char *text, unsigned cap, HRESULT *hr,
                            uint16_t *port);

/* Every thread that calls the provider. */
void platform_thread_begin(void);
void platform_thread_end(void);
/* A user's token as the service would pass it; stays ours. */
HANDLE_PTR platform_token(void);
unsigned platform_children(void);
/* Whether the system opens handles of its own on first use, so that only their growth means something. */
bool platform_keeps_handles(void);
/* Calls from now on: Ctrl+C, SIGTERM and the like set what platform_stop_wanted tells. */
void platform_catch_signals(void);
bool platform_stop_wanted(void);
void platform_prepare_output(void);

#endif
