/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client as the service sees it. Each has a thread of its own that plays the sequence; other threads only
 * leave wishes (connection_order) or poll its counters. In a scenario there is no such thread: the player
 * makes the calls, on as many threads as it likes. A connection begins in OnConnected and ends with the last
 * Release of the provider's object.
 */
#ifndef RDSIM_CONNECTION_H
#define RDSIM_CONNECTION_H

#include "accounts.h"
#include "counted.h"
#include "service.h"

/* Reasons of SetErrorInfo and PreDisconnect: [MS-RDPBCGR] 2.2.5.1.1. */
#define ERRINFO_RPC_DISCONNECT 1
#define ERRINFO_RPC_LOGOFF 2
#define ERRINFO_OTHER_CONNECTION 5
#define ERRINFO_DENIED 7
#define ERRINFO_NO_PRIVILEGE 9
#define ERRINFO_FRESH_CREDENTIALS 10
#define ERRINFO_LOGOFF_BY_USER 12

enum connection_state {
    CONNECTION_NEW,
    CONNECTION_READY,
    CONNECTION_LOGON,
    CONNECTION_ACTIVE,
    CONNECTION_ENDING
};

enum connection_order {
    ORDER_NONE,
    ORDER_DISCONNECT, /* the session stays */
    ORDER_LOGOFF,
    ORDER_CLOSE,     /* Close without DisconnectNotify */
    ORDER_TAKEN_OVER /* another connection has the session now */
};

struct connection_callback;

/* Something that the connection's own thread does for another one, which waits for it. */
struct connection_errand {
    void (*work)(struct connection *connection, void *arg);
    void *arg;
    bool begun, done;
};

struct connection {
    struct service *service;
    struct connection *next; /* service's list, under its lock */
    _Atomic unsigned refs;
    uint32_t id;
    unsigned listener; /* its number, from 0 */

    bool legacy;                     /* the IWTS family: see family.h */
    IWRdsProtocolConnection *object; /* NULL once it has been released */
    bool uncounted;                  /* it came without a reference; one more of ours keeps it */
    IWRdsWddmIddProps *idd;
    IWRdsWddmIddProps1 *idd1;
    struct connection_callback *callback;
    IWRdsProtocolLogonErrorRedirector *redirector;
    IWRdsProtocolLicenseConnection *license; /* scenarios: between GetLicenseConnection and its release */
    struct driver *drivers;                  /* handles that OnDriverLoad gave away: steps_idd.c */

    struct os_mutex lock;
    struct os_cond changed;
    bool returned; /* OnConnected has done its part */
    bool ready, broken, closing, done;
    bool polled; /* GetProtocolStatus may be asked */
    bool redirector_asked, policy_sent;
    bool closed;    /* Close was called */
    bool releasing; /* the last Release comes: no call begins */
    unsigned readies, brokens;
    unsigned calls; /* on other threads, that the last Release waits for */
    enum connection_order order;
    uint32_t order_reason;
    struct connection_errand *errand;

    /* the connection's own thread; read by others under the lock */
    enum connection_state state;
    uint32_t session;
    char user[ACCOUNT_NAME_MAX];
    char client[96]; /* name and address for lists */
    unsigned width, height;
    uint64_t start_ms, ready_ms, active_ms;
    const char *ending; /* why it ended */

    /* written by steps, under the lock */
    WTS_USER_CREDENTIAL credential;
    bool have_credential;
    uint32_t wanted_session; /* from AuthenticateClientToSession or arbitration */
};

/* From OnConnected of that listener: makes the connection and starts its thread, or asks the player.
 * *callback goes to the provider with one reference. */
HRESULT connection_start(struct service *service, unsigned listener, void *object, void **callback);
/* Out of the service's list; after the last call to the provider. */
void connection_forget(struct connection *self);
void connection_addref(struct connection *self);
void connection_drop(struct connection *self); /* NULL is fine */

/* Leaves a wish; the first one counts, only `taken over` and `close` overrule a waiting one. */
void connection_order(struct connection *self, enum connection_order order, uint32_t reason);
/* Waits until it has ended (Close returned, provider's object released). */
bool connection_wait_done(struct connection *self, unsigned ms);
/* A wish, a broken wire or the end of the service: the sequence should be left. */
bool connection_interrupted(struct connection *self);
/* Around a call on the provider's objects by a thread that is not the connection's own, so that nobody gives
 * them back meanwhile: a caller holds a reference. False when they are given back. */
bool connection_enter(struct connection *self);
void connection_leave(struct connection *self);
/* Waits until nobody is in between. */
void connection_wait_calls(struct connection *self);
/* GetProtocolStatus and GetLastInputTime, from any thread. */
void connection_poll(struct connection *self);
/* One line for lists. */
void connection_describe(struct connection *self, char *buf, size_t cap);
void connection_set_state(struct connection *self, enum connection_state state);

/* Runs `work` on the connection's thread, which is free for it while the client is logged on, and returns
 * when that is done. False: it was not, because the connection ends or did not get that far within `ms`. */
bool connection_run_errand(struct connection *self, void (*work)(struct connection *connection, void *arg),
                           void *arg, unsigned ms);

/* The last Release of everything that the provider handed out. `judge`: the count that is left is judged,
 * which waits a little for references of the provider's own; not on a stack of the provider's. */
void connection_release_objects(struct connection *self, bool judge);

/* From the callback object. */
void connection_on_ready(struct connection *self);
void connection_on_broken(struct connection *self);

/* callback.c */
struct connection_callback *connection_callback_create(struct connection *connection);
/* The object of the connection's family. */
void *connection_callback_iface(struct connection_callback *self);
/* OnConnected is about to return it on this thread. */
void connection_callback_given(struct connection_callback *self);
/* Close has returned. `given`: OnConnected has returned, too, so that the provider can have it. */
void connection_callback_closed(struct connection_callback *self, bool given);
/* Judges the balance and gives it up. */
void connection_callback_retire(struct connection_callback *self);
/* OnConnected fails: the provider never has it. */
void connection_callback_withdraw(struct connection_callback *self);
/* The same, and it is given up. */
void connection_callback_refused(struct connection_callback *self);

/* identity.c: the rules of QueryInterface; _look takes the optional interfaces that keep them, too. */
void identity_judge(struct connection *self);
void identity_look(struct connection *self);

/* redirector.c: messages for LogonUI; response values are judged. */
HRESULT redirector_open(struct connection *self);
void redirector_close(struct connection *self);
HRESULT redirector_painting(struct connection *self);
HRESULT redirector_status(struct connection *self, const char *text);
HRESULT redirector_error(struct connection *self, LONG status, const char *text);
bool redirector_message(struct connection *self, const char *text);

/* End of a COM object of the provider's: waits at most `wait_ms` until ours is the only reference, releases,
 * judges. */
void object_release(IUnknown *object, enum rule rule, uint32_t id, const char *name, unsigned wait_ms);

#endif
