/* SPDX-License-Identifier: Apache-2.0 */
/* IWTSProtocolConnection, in vtable order. What means the same as in the IWRds family is answered there. */
#include "legacy/legacy.h"

static inline IWRdsProtocolConnection *inner_of(IWTSProtocolConnection *iface)
{
    return &impl_from_IWTSProtocolConnection(iface)->IWRdsProtocolConnection_iface;
}

static HRESULT STDMETHODCALLTYPE legacy_connection_QueryInterface(IWTSProtocolConnection *iface, REFIID iid,
                                                                  void **out)
{
    return connection_query_interface(impl_from_IWTSProtocolConnection(iface), iid, out);
}

static ULONG STDMETHODCALLTYPE legacy_connection_AddRef(IWTSProtocolConnection *iface)
{
    return connection_addref(impl_from_IWTSProtocolConnection(iface));
}

static ULONG STDMETHODCALLTYPE legacy_connection_Release(IWTSProtocolConnection *iface)
{
    return connection_release(impl_from_IWTSProtocolConnection(iface));
}

static HRESULT STDMETHODCALLTYPE legacy_connection_GetLogonErrorRedirector(
    IWTSProtocolConnection *iface, IWTSProtocolLogonErrorRedirector **out)
{
    IWRdsProtocolLogonErrorRedirector *inner = NULL;
    HRESULT hr;

    if (!out)
        return E_POINTER;
    *out = NULL;
    hr = IWRdsProtocolConnection_GetLogonErrorRedirector(inner_of(iface), &inner);
    return FAILED(hr) ? hr : legacy_redirector_create(inner, out);
}

/* What OnReady waits for; late or twice is fine. */
static HRESULT STDMETHODCALLTYPE legacy_connection_SendPolicyData(IWTSProtocolConnection *iface,
                                                                  WTS_POLICY_DATA *policy)
{
    struct connection *self = impl_from_IWTSProtocolConnection(iface);

    COM_BEGIN("SendPolicyData", self->number);
    if (!policy)
        return COM_END(E_POINTER, "NULL");
    os_mutex_lock(&self->lock);
    self->policy = *policy;
    os_mutex_unlock(&self->lock);
    if (!atomic_exchange(&self->policy_known, true))
        connection_post_consider(self);
    return COM_END(S_OK, "colour depth %u, encryption %u, no drives %d, no clipboard %d",
                   (unsigned)policy->ColorDepth, policy->MinEncryptionLevel, policy->fDisableCdm,
                   policy->fDisableClip);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_AcceptConnection(IWTSProtocolConnection *iface)
{
    return IWRdsProtocolConnection_AcceptConnection(inner_of(iface));
}

static HRESULT STDMETHODCALLTYPE legacy_connection_GetClientData(IWTSProtocolConnection *iface,
                                                                 WTS_CLIENT_DATA *data)
{
    return IWRdsProtocolConnection_GetClientData(inner_of(iface), data);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_GetUserCredentials(IWTSProtocolConnection *iface,
                                                                      WTS_USER_CREDENTIAL *credential)
{
    return IWRdsProtocolConnection_GetUserCredentials(inner_of(iface), credential);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_GetLicenseConnection(IWTSProtocolConnection *iface,
                                                                        IWTSProtocolLicenseConnection **out)
{
    IWRdsProtocolLicenseConnection *inner = NULL;
    HRESULT hr;

    if (!out)
        return E_POINTER;
    *out = NULL;
    hr = IWRdsProtocolConnection_GetLicenseConnection(inner_of(iface), &inner);
    return FAILED(hr) ? hr : legacy_license_create(inner, out);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_AuthenticateClientToSession(IWTSProtocolConnection *iface,
                                                                               WTS_SESSION_ID *session)
{
    return IWRdsProtocolConnection_AuthenticateClientToSession(inner_of(iface), session);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_NotifySessionId(IWTSProtocolConnection *iface,
                                                                   WTS_SESSION_ID *session)
{
    return IWRdsProtocolConnection_NotifySessionId(inner_of(iface), session, 0);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_GetProtocolHandles(IWTSProtocolConnection *iface,
                                                                      HANDLE_PTR *keyboard, HANDLE_PTR *mouse,
                                                                      HANDLE_PTR *beep, HANDLE_PTR *video)
{
    struct connection *self = impl_from_IWTSProtocolConnection(iface);

    COM_BEGIN("GetProtocolHandles", self->number);
    if (!keyboard || !mouse || !beep || !video)
        return COM_END(E_POINTER, "NULL");
    /* as GetInputHandles and GetVideoHandle: input goes through the session program (gaps.md 18) */
    *keyboard = *mouse = *beep = *video = 0;
    return COM_END(S_OK, "0, 0, 0, 0");
}

/* There is no NotifyCommandProcessCreated: now Winlogon is there (gaps.md 27). */
static HRESULT STDMETHODCALLTYPE legacy_connection_ConnectNotify(IWTSProtocolConnection *iface, ULONG session)
{
    struct connection *self = impl_from_IWTSProtocolConnection(iface);

    COM_BEGIN("ConnectNotify", self->number);
    connection_show(self, session, true);
    return COM_END(S_OK, "session %u", (unsigned)session);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_IsUserAllowedToLogon(IWTSProtocolConnection *iface,
                                                                        ULONG session, HANDLE_PTR token,
                                                                        WCHAR *domain, WCHAR *user)
{
    return IWRdsProtocolConnection_IsUserAllowedToLogon(inner_of(iface), session, token, domain, user);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_SessionArbitrationEnumeration(
    IWTSProtocolConnection *iface, HANDLE_PTR token, BOOL single, ULONG *ids, ULONG *count)
{
    return IWRdsProtocolConnection_SessionArbitrationEnumeration(inner_of(iface), token, single, ids, count);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_LogonNotify(IWTSProtocolConnection *iface,
                                                               HANDLE_PTR token, WCHAR *user, WCHAR *domain,
                                                               WTS_SESSION_ID *session)
{
    return IWRdsProtocolConnection_LogonNotify(inner_of(iface), token, user, domain, session, NULL);
}

/* The structure holds client data already; there is no user setting of ours to put over it. */
static HRESULT STDMETHODCALLTYPE legacy_connection_GetUserData(IWTSProtocolConnection *iface,
                                                               WTS_POLICY_DATA *policy, WTS_USER_DATA *data)
{
    struct connection *self = impl_from_IWTSProtocolConnection(iface);

    (void)policy;
    COM_BEGIN("GetUserData", self->number);
    if (!data)
        return COM_END(E_POINTER, "NULL");
    return COM_END(S_OK, "program '%s'", wide_text(data->InitialProgram).text);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_DisconnectNotify(IWTSProtocolConnection *iface)
{
    return IWRdsProtocolConnection_DisconnectNotify(inner_of(iface));
}

static HRESULT STDMETHODCALLTYPE legacy_connection_Close(IWTSProtocolConnection *iface)
{
    return IWRdsProtocolConnection_Close(inner_of(iface));
}

static HRESULT STDMETHODCALLTYPE legacy_connection_GetProtocolStatus(IWTSProtocolConnection *iface,
                                                                     WTS_PROTOCOL_STATUS *status)
{
    return IWRdsProtocolConnection_GetProtocolStatus(inner_of(iface), status);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_GetLastInputTime(IWTSProtocolConnection *iface,
                                                                    ULONG64 *ms)
{
    return IWRdsProtocolConnection_GetLastInputTime(inner_of(iface), ms);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_SetErrorInfo(IWTSProtocolConnection *iface, ULONG code)
{
    return IWRdsProtocolConnection_SetErrorInfo(inner_of(iface), code);
}

/* No channel carries it to the client yet. */
static HRESULT STDMETHODCALLTYPE legacy_connection_SendBeep(IWTSProtocolConnection *iface, ULONG frequency,
                                                            ULONG duration)
{
    struct connection *self = impl_from_IWTSProtocolConnection(iface);

    COM_BEGIN("SendBeep", self->number);
    return COM_END(E_NOTIMPL, "%u Hz, %u ms", (unsigned)frequency, (unsigned)duration);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_CreateVirtualChannel(IWTSProtocolConnection *iface,
                                                                        CHAR *name, BOOL is_static,
                                                                        ULONG priority, ULONG_PTR *channel)
{
    return IWRdsProtocolConnection_CreateVirtualChannel(inner_of(iface), name, is_static, priority, channel);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_QueryProperty(IWTSProtocolConnection *iface, GUID type,
                                                                 ULONG nin, ULONG nout,
                                                                 PWTS_PROPERTY_VALUE in,
                                                                 PWTS_PROPERTY_VALUE out)
{
    return IWRdsProtocolConnection_QueryProperty(inner_of(iface), type, nin, nout, in, out);
}

static HRESULT STDMETHODCALLTYPE legacy_connection_GetShadowConnection(IWTSProtocolConnection *iface,
                                                                       IWTSProtocolShadowConnection **out)
{
    struct connection *self = impl_from_IWTSProtocolConnection(iface);

    COM_BEGIN("GetShadowConnection", self->number);
    if (!out)
        return COM_END(E_POINTER, "NULL");
    *out = NULL;
    return COM_END(E_NOTIMPL, " ");
}

CONST_VTBL IWTSProtocolConnectionVtbl legacy_connection_vtbl = {
    legacy_connection_QueryInterface,
    legacy_connection_AddRef,
    legacy_connection_Release,
    legacy_connection_GetLogonErrorRedirector,
    legacy_connection_SendPolicyData,
    legacy_connection_AcceptConnection,
    legacy_connection_GetClientData,
    legacy_connection_GetUserCredentials,
    legacy_connection_GetLicenseConnection,
    legacy_connection_AuthenticateClientToSession,
    legacy_connection_NotifySessionId,
    legacy_connection_GetProtocolHandles,
    legacy_connection_ConnectNotify,
    legacy_connection_IsUserAllowedToLogon,
    legacy_connection_SessionArbitrationEnumeration,
    legacy_connection_LogonNotify,
    legacy_connection_GetUserData,
    legacy_connection_DisconnectNotify,
    legacy_connection_Close,
    legacy_connection_GetProtocolStatus,
    legacy_connection_GetLastInputTime,
    legacy_connection_SetErrorInfo,
    legacy_connection_SendBeep,
    legacy_connection_CreateVirtualChannel,
    legacy_connection_QueryProperty,
    legacy_connection_GetShadowConnection,
};
