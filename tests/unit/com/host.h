/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a test of the provider's COM side stands on: the built library, loaded as a service does; a listener's
 * configuration; the allocators (Linux: ours, counted, and able to fail); and a client that drives the fake
 * peer of tests/adapter. One library at a time. Functions that return bool say on stderr why not.
 */
#ifndef RDSPROV_UNIT_COM_HOST_H
#define RDSPROV_UNIT_COM_HOST_H

#include "abi/wtsprotocol.h"
#include "os/os.h"

#define HOST_LISTENER "RdsprovComTest"
#define HOST_WAIT_MS 30000 /* a busy machine is slow; only what never happens waits so long */

extern const CLSID host_clsid_rds, host_clsid_legacy;

bool host_open(void);
/* Waits until DllCanUnloadNow agrees, unloads, and sees that the library is gone. */
bool host_close(void);

HRESULT host_class_object(REFCLSID clsid, REFIID iid, void **out);
HRESULT host_can_unload(void);
/* A new manager, or NULL. */
void *host_manager(REFCLSID clsid, REFIID iid);

/* Replaces the configuration of HOST_LISTENER: a fake peer on a free port of 127.0.0.1, and what `extra` adds
 * ("key = value" lines). NULL: no configuration at all. */
bool host_configure(const char *extra);
/* The port of HOST_LISTENER, or 0 when it does not listen in time. */
uint16_t host_wait_listening(void);
/* "listening", "failed" or "starting"; `text` is what RdsprovListenerStatus says. */
const char *host_status(char *text, unsigned cap);
/* Does the log hold that text? Waits a little. */
bool host_logged(const char *text);

/* Blocks of LocalAlloc that live; -1 where they cannot be counted. */
int host_blocks(void);
/* The n-th allocation from now fails, once; 0: none. Nothing on Windows: false. */
bool host_fail_allocation(unsigned n);
/* Size of a LocalAlloc block, 0 when it is none. Frees it. */
size_t host_free_block(void *block);

/* A client of the fake peer. */
struct client;
struct client *client_connect(uint16_t port);
void client_destroy(struct client *self); /* NULL is fine */
bool client_say(struct client *self, const char *line);
/* A line that begins with `text` has come, or comes in time. */
bool client_hears(struct client *self, const char *text);
/* What has come so far has one. */
bool client_heard(struct client *self, const char *text);
/* The newest line that begins with `text`, from behind it; "" when there is none. Returns `out`. */
const char *client_last(struct client *self, const char *text, char *out, unsigned cap);
/* The other side has closed. */
bool client_sees_end(struct client *self);

/* UTF-16 of a short text; valid until the eighth call after it. */
WCHAR *wide(const char *text);
bool wide_is(const WCHAR *got, const char *want);

#endif
