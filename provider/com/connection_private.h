/* SPDX-License-Identifier: Apache-2.0 */
/* The connection's inside, shared by its COM methods, its data and its calls into the service. */
#ifndef RDSPROV_COM_CONNECTION_PRIVATE_H
#define RDSPROV_COM_CONNECTION_PRIVATE_H

#include "com/connection.h"
#include "com/family.h"

enum connection_call {
    CALL_CONNECTED = 1,    /* OnConnected: first, once */
    CALL_READY = 2,        /* OnReady: once */
    CALL_STOP_UPDATES = 4, /* StopScreenUpdates: the client does not look */
    CALL_REDRAW = 8,       /* RedrawWindow: it looks again, or at another session */
    CALL_BROKEN = 16       /* BrokenConnection: last, at most once */
};

/* What the service said about the session's indirect display driver. */
struct display_driver {
    bool asked;   /* GetHardwareId was called */
    BOOL enabled; /* EnableWddmIdd */
    bool loaded;
    uint32_t session;
    WCHAR path[LINK_NAME_MAX]; /* device instance, when the service gave one */
};

struct connection {
    /* of these only the family's can be reached by QueryInterface */
    IWRdsProtocolConnection IWRdsProtocolConnection_iface;
    IWRdsWddmIddProps IWRdsWddmIddProps_iface;
    IWRdsWddmIddProps1 IWRdsWddmIddProps1_iface;
    IWTSProtocolConnection IWTSProtocolConnection_iface;
    const struct family *family;
    atomic_uint refs;  /* COM */
    atomic_uint holds; /* inner: COM side (one for all its references), peer, posts, caller */
    struct callback_slot *slot;
    struct provider *provider;
    uint32_t number;
    struct os_address address;
    struct counters *counters;
    WCHAR driver_id[SETTINGS_DRIVER_ID_MAX]; /* of the display driver */
    bool deny_initial_program;
    bool stop_updates;  /* StopScreenUpdates is allowed */
    uint32_t cookie_ms; /* between two cookies for auto-reconnect, 0: none */

    struct os_mutex lock;
    /* under lock */
    IUnknown *callback;        /* the connection callback of the family */
    struct link_client client; /* credentials are wiped by Close */
    unsigned wanted;           /* enum connection_call */
    bool calling;              /* a caller thread works or starts */
    bool connected, failed;    /* OnConnected returned, and how */
    bool closed;
    bool command_process; /* Winlogon of the session runs */
    bool shown;           /* from ConnectNotify to DisconnectNotify */
    bool rebound;         /* the next session that is shown has painted before */
    uint32_t session;
    uint32_t error_info;
    WTS_POLICY_DATA policy; /* legacy: once policy_known */
    struct display_driver driver;
    uint64_t connected_ms;

    atomic_bool redirector_asked, policy_known;
    atomic_bool close_posted, consider_posted;
    struct os_post close_post, consider_post; /* so that neither can fail */

    /* [loop] */
    struct peer *peer;
    bool active, ready_queued;
    struct os_timer *ready_timer;
};

static inline struct connection *impl_from_IWRdsProtocolConnection(IWRdsProtocolConnection *iface)
{
    return CONTAINING_RECORD(iface, struct connection, IWRdsProtocolConnection_iface);
}

static inline struct connection *impl_from_IWTSProtocolConnection(IWTSProtocolConnection *iface)
{
    return CONTAINING_RECORD(iface, struct connection, IWTSProtocolConnection_iface);
}

/* connection.c: what IUnknown is for all interfaces of the object */
HRESULT connection_query_interface(struct connection *self, REFIID iid, void **out);
ULONG connection_addref(struct connection *self);
ULONG connection_release(struct connection *self);
void connection_hold(struct connection *self);
void connection_drop(struct connection *self);
/* Sends the message to the peer from the loop. Any thread. The handle (may be none) is taken over. */
HRESULT connection_tell(struct connection *self, uint16_t id, const union link_any *message,
                        os_handle handle);
/* Close, and the end of the last reference: no call into the service begins after it, secrets are gone, the
 * peer says goodbye. */
void connection_shutdown(struct connection *self);

/* connection_session.c */
/* LogonNotify: remembers whose session it is; the client may get a cookie for it. `settings` may be NULL. */
void connection_logged_on(struct connection *self, const struct link_logon *logon,
                          const WRDS_CONNECTION_SETTINGS *settings);
/* AuthenticateClientToSession: the session that the client's cookie opens; false: none. */
bool connection_claim_session(struct connection *self, uint32_t *session);
/* DisconnectNotify or Close: it shows none any more. */
void connection_left_session(struct connection *self);
/* The session may be shown once its Winlogon runs; after an arbitration it ran before (sequences.md F). */
void connection_show(struct connection *self, uint32_t session, bool command_process);

/* connection_call.c: calls into the service, on a thread of its own. Any thread. */
void connection_want(struct connection *self, enum connection_call call);
/* [loop] OnReady is due when the client is active, OnConnected returned, and the service did what it waits
 * for: asked for the redirector (or the time is over), in the legacy family: sent its policy. */
void connection_consider_ready(void *arg);
void connection_ready_timer(void *arg);
void connection_post_consider(struct connection *self); /* the same, from any thread */

/* connection_data.c: all under the lock */
void connection_fill_client_data(const struct connection *self, WRDS_CLIENT_DATA *data);
void connection_fill_settings(const struct connection *self, WRDS_CONNECTION_SETTINGS *settings);
void connection_fill_zone(const struct connection *self, WRDS_TIME_ZONE_INFORMATION *zone);
bool connection_fill_credentials(const struct connection *self, WRDS_USER_CREDENTIAL *credential);
void connection_fill_status(const struct connection *self, WRDS_PROTOCOL_STATUS *status);
ULONG64 connection_idle_ms(const struct connection *self);
/* optional/property.c: under the lock. A failure writes nothing into `out` and leaves nothing allocated. */
HRESULT connection_query(const struct connection *self, const GUID *type, ULONG nin, ULONG nout,
                         const WRDS_PROPERTY_VALUE *in, WRDS_PROPERTY_VALUE *out);
/* Name of a known property for log lines, or NULL. */
const char *property_name(const GUID *type);

/* optional/idd.c: IWRdsWddmIddProps and IWRdsWddmIddProps1, facets of the IWRds connection */
extern CONST_VTBL IWRdsWddmIddPropsVtbl idd_vtbl;
extern CONST_VTBL IWRdsWddmIddProps1Vtbl idd1_vtbl;
/* A log line on where to look when the service gives that reason and the display driver is behind it. */
void idd_explain(struct connection *self, ULONG reason);

/* connection_methods.c */
extern CONST_VTBL IWRdsProtocolConnectionVtbl connection_vtbl;

/* license.c, redirector.c: small objects of their own */
HRESULT license_create(uint32_t number, const uint16_t *client_name, IWRdsProtocolLicenseConnection **out);
HRESULT redirector_create(struct connection *connection, IWRdsProtocolLogonErrorRedirector **out);

#endif
