/* SPDX-License-Identifier: Apache-2.0 */
/* IWTSProtocolConnection of the fake provider: what both families have goes to the other one's methods.
 * Licence object and redirector have the same slots in both. */
#include <string.h>

#include "client.h"

static struct client *impl_from_IWTSProtocolConnection(IWTSProtocolConnection *iface)
{
    return CONTAINING_RECORD(iface, struct client, IWTSProtocolConnection_iface);
}

#define INNER(method, ...)                                                                                   \
    IWRdsProtocolConnection_##method(                                                                        \
        &impl_from_IWTSProtocolConnection(iface)->IWRdsProtocolConnection_iface, ##__VA_ARGS__)

static HRESULT STDMETHODCALLTYPE legacy_QueryInterface(IWTSProtocolConnection *iface, REFIID riid, void **out)
{
    return INNER(QueryInterface, riid, out);
}

static ULONG STDMETHODCALLTYPE legacy_AddRef(IWTSProtocolConnection *iface)
{
    return INNER(AddRef);
}

static ULONG STDMETHODCALLTYPE legacy_Release(IWTSProtocolConnection *iface)
{
    return INNER(Release);
}

static HRESULT STDMETHODCALLTYPE legacy_GetLogonErrorRedirector(IWTSProtocolConnection *iface,
                                                                IWTSProtocolLogonErrorRedirector **out)
{
    *out = NULL;
    return fake_redirector_create((void *)out);
}

static HRESULT STDMETHODCALLTYPE legacy_SendPolicyData(IWTSProtocolConnection *iface, WTS_POLICY_DATA *policy)
{
    struct client *self = impl_from_IWTSProtocolConnection(iface);

    os_mutex_lock(&self->lock);
    self->asked = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE legacy_AcceptConnection(IWTSProtocolConnection *iface)
{
    return INNER(AcceptConnection);
}

static HRESULT STDMETHODCALLTYPE legacy_GetClientData(IWTSProtocolConnection *iface, WTS_CLIENT_DATA *data)
{
    return INNER(GetClientData, data);
}

static HRESULT STDMETHODCALLTYPE legacy_GetUserCredentials(IWTSProtocolConnection *iface,
                                                           WTS_USER_CREDENTIAL *credential)
{
    return INNER(GetUserCredentials, credential);
}

static HRESULT STDMETHODCALLTYPE legacy_GetLicenseConnection(IWTSProtocolConnection *iface,
                                                             IWTSProtocolLicenseConnection **out)
{
    return INNER(GetLicenseConnection, (void *)out);
}

static HRESULT STDMETHODCALLTYPE legacy_AuthenticateClientToSession(IWTSProtocolConnection *iface,
                                                                    WTS_SESSION_ID *id)
{
    return INNER(AuthenticateClientToSession, id);
}

static HRESULT STDMETHODCALLTYPE legacy_NotifySessionId(IWTSProtocolConnection *iface, WTS_SESSION_ID *id)
{
    return INNER(NotifySessionId, id, 0);
}

static HRESULT STDMETHODCALLTYPE legacy_GetProtocolHandles(IWTSProtocolConnection *iface,
                                                           HANDLE_PTR *keyboard, HANDLE_PTR *mouse,
                                                           HANDLE_PTR *beep, HANDLE_PTR *video)
{
    HRESULT hr = INNER(GetInputHandles, keyboard, mouse, beep);

    return FAILED(hr) ? hr : INNER(GetVideoHandle, video);
}

static HRESULT STDMETHODCALLTYPE legacy_ConnectNotify(IWTSProtocolConnection *iface, ULONG session)
{
    return INNER(ConnectNotify, session);
}

static HRESULT STDMETHODCALLTYPE legacy_IsUserAllowedToLogon(IWTSProtocolConnection *iface, ULONG session,
                                                             HANDLE_PTR token, WCHAR *domain, WCHAR *user)
{
    return INNER(IsUserAllowedToLogon, session, token, domain, user);
}

static HRESULT STDMETHODCALLTYPE legacy_SessionArbitrationEnumeration(IWTSProtocolConnection *iface,
                                                                      HANDLE_PTR token, BOOL single,
                                                                      ULONG *ids, ULONG *count)
{
    return INNER(SessionArbitrationEnumeration, token, single, ids, count);
}

static HRESULT STDMETHODCALLTYPE legacy_LogonNotify(IWTSProtocolConnection *iface, HANDLE_PTR token,
                                                    WCHAR *user, WCHAR *domain, WTS_SESSION_ID *id)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE legacy_GetUserData(IWTSProtocolConnection *iface, WTS_POLICY_DATA *policy,
                                                    WTS_USER_DATA *data)
{
    if (wrong(FAULT_CLEARED_USER_DATA))
        memset(data, 0, sizeof *data);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE legacy_DisconnectNotify(IWTSProtocolConnection *iface)
{
    return INNER(DisconnectNotify);
}

static HRESULT STDMETHODCALLTYPE legacy_Close(IWTSProtocolConnection *iface)
{
    return INNER(Close);
}

static HRESULT STDMETHODCALLTYPE legacy_GetProtocolStatus(IWTSProtocolConnection *iface,
                                                          WTS_PROTOCOL_STATUS *status)
{
    return INNER(GetProtocolStatus, status);
}

static HRESULT STDMETHODCALLTYPE legacy_GetLastInputTime(IWTSProtocolConnection *iface, ULONG64 *last)
{
    return INNER(GetLastInputTime, last);
}

static HRESULT STDMETHODCALLTYPE legacy_SetErrorInfo(IWTSProtocolConnection *iface, ULONG error)
{
    return INNER(SetErrorInfo, error);
}

static HRESULT STDMETHODCALLTYPE legacy_SendBeep(IWTSProtocolConnection *iface, ULONG frequency,
                                                 ULONG duration)
{
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE legacy_CreateVirtualChannel(IWTSProtocolConnection *iface, CHAR *name,
                                                             BOOL is_static, ULONG priority,
                                                             ULONG_PTR *channel)
{
    return INNER(CreateVirtualChannel, name, is_static, priority, channel);
}

static HRESULT STDMETHODCALLTYPE legacy_QueryProperty(IWTSProtocolConnection *iface, GUID type,
                                                      ULONG in_count, ULONG out_count, PWTS_PROPERTY_VALUE in,
                                                      PWTS_PROPERTY_VALUE out)
{
    return INNER(QueryProperty, type, in_count, out_count, in, out);
}

static HRESULT STDMETHODCALLTYPE legacy_GetShadowConnection(IWTSProtocolConnection *iface,
                                                            IWTSProtocolShadowConnection **out)
{
    *out = NULL;
    return E_NOTIMPL;
}

const IWTSProtocolConnectionVtbl fake_legacy_vtbl = {
    legacy_QueryInterface,
    legacy_AddRef,
    legacy_Release,
    legacy_GetLogonErrorRedirector,
    legacy_SendPolicyData,
    legacy_AcceptConnection,
    legacy_GetClientData,
    legacy_GetUserCredentials,
    legacy_GetLicenseConnection,
    legacy_AuthenticateClientToSession,
    legacy_NotifySessionId,
    legacy_GetProtocolHandles,
    legacy_ConnectNotify,
    legacy_IsUserAllowedToLogon,
    legacy_SessionArbitrationEnumeration,
    legacy_LogonNotify,
    legacy_GetUserData,
    legacy_DisconnectNotify,
    legacy_Close,
    legacy_GetProtocolStatus,
    legacy_GetLastInputTime,
    legacy_SetErrorInfo,
    legacy_SendBeep,
    legacy_CreateVirtualChannel,
    legacy_QueryProperty,
    legacy_GetShadowConnection,
};
