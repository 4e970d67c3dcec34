/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between the two families of interfaces, for a listener and for its connections. A listener
 * speaks one family from its birth, and so do all connections it makes: slot 7 of the service's connection
 * callback is GetConnectionId in one family and DisplayIOCtl in the other, so a mix would send a pointer to a
 * display driver. Everything else (what is stored, OnReady, Close, the end) is the same code for both.
 */
#ifndef RDSPROV_COM_FAMILY_H
#define RDSPROV_COM_FAMILY_H

#include "com/com.h"

struct connection;
struct listener;

struct family {
    const char *name;
    /* OnReady follows SendPolicyData, not GetLogonErrorRedirector (methods.md 4, slot 4 of the legacy one).
     */
    bool ready_needs_policy;
    /* Puts the vtables of the family's interfaces into a new object. */
    void (*listener_init)(struct listener *self);
    void (*connection_init)(struct connection *self);
    /* The object's interface of that IID, without a reference; NULL when it has none. */
    void *(*listener_interface)(struct listener *self, REFIID iid);
    void *(*connection_interface)(struct connection *self, REFIID iid);
    /* Calls into the service, with a reference held around them. `listener` and `callback` are the family's
     * callbacks. on_connected: *callback comes with a reference; *id is the service's number, or 0. */
    HRESULT (*on_connected)(struct connection *self, IUnknown *listener, IUnknown **callback, ULONG *id);
    HRESULT (*on_ready)(IUnknown *callback);
    HRESULT (*broken)(IUnknown *callback);
    HRESULT (*stop_updates)(IUnknown *callback);
    HRESULT (*redraw)(IUnknown *callback); /* all of it */
};

extern const struct family family_rds;    /* IWRds, Windows Server 2012 and later: connection_family.c */
extern const struct family family_legacy; /* IWTS, Windows Server 2008 R2: legacy/family.c */

#endif
