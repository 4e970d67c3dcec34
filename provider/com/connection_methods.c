/* SPDX-License-Identifier: Apache-2.0 */
/* IWRdsProtocolConnection, in vtable order. No method waits, and none calls the service. */
#include "com/connection_private.h"

#include <string.h>

static HRESULT STDMETHODCALLTYPE connection_QueryInterface(IWRdsProtocolConnection *iface, REFIID iid,
                                                           void **out)
{
    return connection_query_interface(impl_from_IWRdsProtocolConnection(iface), iid, out);
}

static ULONG STDMETHODCALLTYPE connection_AddRef(IWRdsProtocolConnection *iface)
{
    return connection_addref(impl_from_IWRdsProtocolConnection(iface));
}

static ULONG STDMETHODCALLTYPE connection_Release(IWRdsProtocolConnection *iface)
{
    return connection_release(impl_from_IWRdsProtocolConnection(iface));
}

static HRESULT STDMETHODCALLTYPE connection_GetLogonErrorRedirector(IWRdsProtocolConnection *iface,
                                                                    IWRdsProtocolLogonErrorRedirector **out)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);
    HRESULT hr;

    COM_BEGIN("GetLogonErrorRedirector", self->number);
    if (!out)
        return COM_END(E_POINTER, "NULL");
    *out = NULL;
    hr = redirector_create(self, out);
    /* this call is what OnReady waits for (methods.md 5) */
    if (!atomic_exchange(&self->redirector_asked, true))
        connection_post_consider(self);
    return COM_END(hr, " ");
}

static HRESULT STDMETHODCALLTYPE connection_AcceptConnection(IWRdsProtocolConnection *iface)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("AcceptConnection", self->number);
    return COM_END(S_OK, " ");
}

static HRESULT STDMETHODCALLTYPE connection_GetClientData(IWRdsProtocolConnection *iface,
                                                          WRDS_CLIENT_DATA *data)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("GetClientData", self->number);
    if (!data)
        return COM_END(E_POINTER, "NULL");
    os_mutex_lock(&self->lock);
    connection_fill_client_data(self, data);
    os_mutex_unlock(&self->lock);
    return COM_END(S_OK, "%ux%u, user '%s', client '%s'", data->HRes, data->VRes,
                   wide_text(data->UserName).text, wide_text(data->ClientName).text);
}

static HRESULT STDMETHODCALLTYPE connection_GetClientMonitorData(IWRdsProtocolConnection *iface, UINT *count,
                                                                 UINT *primary)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("GetClientMonitorData", self->number);
    if (!count || !primary)
        return COM_END(E_POINTER, "NULL");
    *count = self->client.monitor_count ? self->client.monitor_count : 1;
    *primary = 0; /* base 0 is what others gave (gaps.md 15) */
    for (UINT i = 0; i < self->client.monitor_count; i++) {
        if (self->client.monitors[i].primary)
            *primary = i;
    }
    return COM_END(S_OK, "%u monitors, primary %u", *count, *primary);
}

static HRESULT STDMETHODCALLTYPE connection_GetUserCredentials(IWRdsProtocolConnection *iface,
                                                               WRDS_USER_CREDENTIAL *credential)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);
    bool known;

    COM_BEGIN("GetUserCredentials", self->number);
    if (!credential)
        return COM_END(E_POINTER, "NULL");
    memset(credential, 0, sizeof(*credential));
    os_mutex_lock(&self->lock);
    known = connection_fill_credentials(self, credential);
    os_mutex_unlock(&self->lock);
    return COM_END(known ? S_OK : E_NOTIMPL, "user '%s'", wide_text(credential->UserName).text);
}

static HRESULT STDMETHODCALLTYPE connection_GetLicenseConnection(IWRdsProtocolConnection *iface,
                                                                 IWRdsProtocolLicenseConnection **out)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("GetLicenseConnection", self->number);
    if (!out)
        return COM_END(E_POINTER, "NULL");
    *out = NULL;
    return COM_END(license_create(self->number, self->client.client_name, out), " ");
}

static HRESULT STDMETHODCALLTYPE connection_AuthenticateClientToSession(IWRdsProtocolConnection *iface,
                                                                        WRDS_SESSION_ID *session)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);
    uint32_t id;

    COM_BEGIN("AuthenticateClientToSession", self->number);
    if (!session)
        return COM_END(E_POINTER, "NULL");
    memset(session, 0, sizeof(*session));
    if (!connection_claim_session(self, &id))
        return COM_END(E_NOTIMPL, "no session of its own");
    session->SessionId = id;
    return COM_END(S_OK, "session %u", id);
}

static HRESULT STDMETHODCALLTYPE connection_NotifySessionId(IWRdsProtocolConnection *iface,
                                                            WRDS_SESSION_ID *session, HANDLE_PTR handle)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);
    union link_any message;

    COM_BEGIN("NotifySessionId", self->number);
    if (!session)
        return COM_END(E_POINTER, "NULL");
    message.session.session = session->SessionId;
    os_mutex_lock(&self->lock);
    self->session = session->SessionId;
    os_mutex_unlock(&self->lock);
    connection_tell(self, LINK_SESSION, &message, OS_NO_HANDLE);
    return COM_END(S_OK, "session %u, handle 0x%llx", (unsigned)session->SessionId,
                   (unsigned long long)handle);
}

static HRESULT STDMETHODCALLTYPE connection_GetInputHandles(IWRdsProtocolConnection *iface,
                                                            HANDLE_PTR *keyboard, HANDLE_PTR *mouse,
                                                            HANDLE_PTR *beep)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("GetInputHandles", self->number);
    if (!keyboard || !mouse || !beep)
        return COM_END(E_POINTER, "NULL");
    /* sessions live without them (field.md 2); input goes through the session program */
    *keyboard = *mouse = *beep = 0;
    return COM_END(S_OK, "0, 0, 0");
}

static HRESULT STDMETHODCALLTYPE connection_GetVideoHandle(IWRdsProtocolConnection *iface, HANDLE_PTR *video)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("GetVideoHandle", self->number);
    if (!video)
        return COM_END(E_POINTER, "NULL");
    *video = 0;
    return COM_END(S_OK, "0");
}

static HRESULT STDMETHODCALLTYPE connection_ConnectNotify(IWRdsProtocolConnection *iface, ULONG session)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("ConnectNotify", self->number);
    connection_show(self, session, false);
    return COM_END(S_OK, "session %u", (unsigned)session);
}

static HRESULT STDMETHODCALLTYPE connection_IsUserAllowedToLogon(IWRdsProtocolConnection *iface,
                                                                 ULONG session, HANDLE_PTR token,
                                                                 WCHAR *domain, WCHAR *user)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    (void)token;
    COM_BEGIN("IsUserAllowedToLogon", self->number);
    return COM_END(S_OK, "session %u, '%s\\%s'", (unsigned)session, wide_text(domain).text,
                   wide_text(user).text);
}

static HRESULT STDMETHODCALLTYPE connection_SessionArbitrationEnumeration(IWRdsProtocolConnection *iface,
                                                                          HANDLE_PTR token, BOOL single,
                                                                          ULONG *ids, ULONG *count)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    (void)token;
    (void)ids;
    (void)count;
    COM_BEGIN("SessionArbitrationEnumeration", self->number);
    /* S_OK with an empty list parks a session; this is the default arbitration (field.md 1.3) */
    return COM_END(E_NOTIMPL, "single=%d", (int)single);
}

static HRESULT STDMETHODCALLTYPE connection_LogonNotify(IWRdsProtocolConnection *iface, HANDLE_PTR token,
                                                        WCHAR *user, WCHAR *domain, WRDS_SESSION_ID *session,
                                                        PWRDS_CONNECTION_SETTINGS settings)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);
    union link_any message = {.logon = {0}};

    (void)token;
    COM_BEGIN("LogonNotify", self->number);
    if (session)
        message.logon.session = session->SessionId;
    if (user)
        wide_copy((WCHAR *)message.logon.user, LINK_NAME_MAX, (const uint16_t *)user);
    if (domain)
        wide_copy((WCHAR *)message.logon.domain, LINK_NAME_MAX, (const uint16_t *)domain);
    connection_tell(self, LINK_LOGON, &message, OS_NO_HANDLE);
    connection_logged_on(self, &message.logon, settings); /* in and out: left as it is (gaps.md 21) */
    return COM_END(S_OK, "session %u, '%s\\%s'", (unsigned)message.logon.session, wide_text(domain).text,
                   wide_text(user).text);
}

static HRESULT STDMETHODCALLTYPE connection_PreDisconnect(IWRdsProtocolConnection *iface, ULONG reason)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("PreDisconnect", self->number);
    os_mutex_lock(&self->lock);
    if (!self->error_info) /* what SetErrorInfo said goes first */
        self->error_info = reason;
    os_mutex_unlock(&self->lock);
    idd_explain(self, reason);
    return COM_END(S_OK, "reason %u %s", (unsigned)reason, link_error_info_name(reason));
}

/* Not the end: NotifySessionId of another session or Close follows (methods.md 4.18). */
static HRESULT STDMETHODCALLTYPE connection_DisconnectNotify(IWRdsProtocolConnection *iface)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);
    union link_any message = {.value = {0}};

    COM_BEGIN("DisconnectNotify", self->number);
    connection_left_session(self);
    connection_tell(self, LINK_DISCONNECT, &message, OS_NO_HANDLE);
    return COM_END(S_OK, " ");
}

static HRESULT STDMETHODCALLTYPE connection_Close(IWRdsProtocolConnection *iface)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);
    uint32_t reason;

    COM_BEGIN("Close", self->number);
    connection_shutdown(self);
    os_mutex_lock(&self->lock);
    reason = self->error_info;
    os_mutex_unlock(&self->lock);
    return COM_END(S_OK, "reason %u %s", (unsigned)reason, link_error_info_name(reason));
}

static HRESULT STDMETHODCALLTYPE connection_GetProtocolStatus(IWRdsProtocolConnection *iface,
                                                              WRDS_PROTOCOL_STATUS *status)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN_POLLED("GetProtocolStatus", self->number);
    if (!status)
        return COM_END(E_POINTER, "NULL");
    connection_fill_status(self, status);
    return COM_END(S_OK, "in %u out %u frames %u compressed %u errors %u", (unsigned)status->Input.Bytes,
                   (unsigned)status->Output.Bytes, (unsigned)status->Output.Frames,
                   (unsigned)status->Output.CompressedBytes, (unsigned)status->Output.Errors);
}

static HRESULT STDMETHODCALLTYPE connection_GetLastInputTime(IWRdsProtocolConnection *iface, ULONG64 *ms)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN_POLLED("GetLastInputTime", self->number);
    if (!ms)
        return COM_END(E_POINTER, "NULL");
    os_mutex_lock(&self->lock);
    *ms = connection_idle_ms(self);
    os_mutex_unlock(&self->lock);
    return COM_END(S_OK, "%llu ms", (unsigned long long)*ms);
}

static HRESULT STDMETHODCALLTYPE connection_SetErrorInfo(IWRdsProtocolConnection *iface, ULONG code)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);
    union link_any message = {.value = {code}};

    COM_BEGIN("SetErrorInfo", self->number);
    os_mutex_lock(&self->lock);
    self->error_info = code;
    os_mutex_unlock(&self->lock);
    connection_tell(self, LINK_ERROR_INFO, &message, OS_NO_HANDLE);
    idd_explain(self, code);
    return COM_END(S_OK, "0x%x %s", (unsigned)code, link_error_info_name(code));
}

static HRESULT STDMETHODCALLTYPE connection_CreateVirtualChannel(IWRdsProtocolConnection *iface, CHAR *name,
                                                                 BOOL is_static, ULONG priority,
                                                                 ULONG_PTR *channel)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("CreateVirtualChannel", self->number);
    if (!channel)
        return COM_END(E_POINTER, "NULL");
    *channel = 0;
    return COM_END(E_NOTIMPL, "'%.64s', %s, priority %u", name ? name : "", is_static ? "static" : "dynamic",
                   (unsigned)priority);
}

static HRESULT STDMETHODCALLTYPE connection_QueryProperty(IWRdsProtocolConnection *iface, GUID type,
                                                          ULONG nin, ULONG nout, PWRDS_PROPERTY_VALUE in,
                                                          PWRDS_PROPERTY_VALUE out)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    const char *name = property_name(&type);
    HRESULT hr;

    COM_BEGIN("QueryProperty", self->number);
    os_mutex_lock(&self->lock);
    hr = connection_query(self, &type, nin, nout, in, out);
    os_mutex_unlock(&self->lock);
    return COM_END(hr, "{%08x-...} %s, %u in, %u out", (unsigned)type.Data1, name ? name : "unknown",
                   (unsigned)nin, (unsigned)nout);
}

static HRESULT STDMETHODCALLTYPE connection_GetShadowConnection(IWRdsProtocolConnection *iface,
                                                                IWRdsProtocolShadowConnection **out)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("GetShadowConnection", self->number);
    if (!out)
        return COM_END(E_POINTER, "NULL");
    *out = NULL;
    return COM_END(E_NOTIMPL, " ");
}

static HRESULT STDMETHODCALLTYPE connection_NotifyCommandProcessCreated(IWRdsProtocolConnection *iface,
                                                                        ULONG session)
{
    struct connection *self = impl_from_IWRdsProtocolConnection(iface);

    COM_BEGIN("NotifyCommandProcessCreated", self->number);
    connection_show(self, session, true);
    return COM_END(S_OK, "session %u", (unsigned)session);
}

CONST_VTBL IWRdsProtocolConnectionVtbl connection_vtbl = {
    connection_QueryInterface,
    connection_AddRef,
    connection_Release,
    connection_GetLogonErrorRedirector,
    connection_AcceptConnection,
    connection_GetClientData,
    connection_GetClientMonitorData,
    connection_GetUserCredentials,
    connection_GetLicenseConnection,
    connection_AuthenticateClientToSession,
    connection_NotifySessionId,
    connection_GetInputHandles,
    connection_GetVideoHandle,
    connection_ConnectNotify,
    connection_IsUserAllowedToLogon,
    connection_SessionArbitrationEnumeration,
    connection_LogonNotify,
    connection_PreDisconnect,
    connection_DisconnectNotify,
    connection_Close,
    connection_GetProtocolStatus,
    connection_GetLastInputTime,
    connection_SetErrorInfo,
    connection_CreateVirtualChannel,
    connection_QueryProperty,
    connection_GetShadowConnection,
    connection_NotifyCommandProcessCreated,
};
