/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of the fake provider: IWRdsProtocolConnection. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "os/os.h"

static HRESULT STDMETHODCALLTYPE connection_QueryInterface(IWRdsProtocolConnection *iface, REFIID riid,
                                                           void **out)
{
    struct client *self = impl_from_IWRdsProtocolConnection(iface);

    *out = NULL;
    if (self->legacy) {
        if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IWTSProtocolConnection))
            return E_NOINTERFACE;
        *out = &self->IWTSProtocolConnection_iface;
        IWRdsProtocolConnection_AddRef(iface);
        return S_OK;
    }
    if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IWRdsProtocolConnection) ||
        wrong(FAULT_SAME_POINTER) || (wrong(FAULT_FAMILY) && IsEqualIID(riid, &IID_IWTSProtocolConnection)))
        *out = iface;
    else if (IsEqualIID(riid, &IID_IWRdsWddmIddProps))
        *out = &self->IWRdsWddmIddProps_iface;
    else
        return E_NOINTERFACE;
    IWRdsProtocolConnection_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE connection_AddRef(IWRdsProtocolConnection *iface)
{
    return (ULONG)atomic_fetch_add(&impl_from_IWRdsProtocolConnection(iface)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE connection_Release(IWRdsProtocolConnection *iface)
{
    struct client *self = impl_from_IWRdsProtocolConnection(iface);
    ULONG left = (ULONG)atomic_fetch_sub(&self->refs, 1) - 1;

    if (left == 0 && wrong(FAULT_CONNECTION_UNCOUNTED)) {
        atomic_fetch_sub(&fake_objects, 1); /* its thread is still there: what a crash would be, is a leak */
    } else if (left == 0) {
        os_cond_finish(&self->changed);
        os_mutex_finish(&self->lock);
        free(self);
        atomic_fetch_sub(&fake_objects, 1);
    }
    return left;
}

IWRdsProtocolConnectionCallback *client_take_callback(struct client *self)
{
    IWRdsProtocolConnectionCallback *callback;

    os_mutex_lock(&self->lock);
    callback = self->callback;
    if (callback)
        IWRdsProtocolConnectionCallback_AddRef(callback);
    os_mutex_unlock(&self->lock);
    return callback;
}

static HRESULT STDMETHODCALLTYPE connection_GetLogonErrorRedirector(IWRdsProtocolConnection *iface,
                                                                    IWRdsProtocolLogonErrorRedirector **out)
{
    struct client *self = impl_from_IWRdsProtocolConnection(iface);

    os_mutex_lock(&self->lock);
    self->asked = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    if (wrong(FAULT_OUT_UNWRITTEN))
        return S_OK;
    *out = NULL;
    if (wrong(FAULT_OUT_NULL))
        return S_OK;
    return fake_redirector_create(out);
}

static HRESULT STDMETHODCALLTYPE connection_AcceptConnection(IWRdsProtocolConnection *iface)
{
    if (wrong(FAULT_SLOW))
        os_sleep_ms(1200);
    return wrong(FAULT_S_FALSE) ? S_FALSE : S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_GetClientData(IWRdsProtocolConnection *iface,
                                                          WRDS_CLIENT_DATA *data)
{
    return fake_get_client_data(data);
}

static HRESULT STDMETHODCALLTYPE connection_GetClientMonitorData(IWRdsProtocolConnection *iface, UINT *count,
                                                                 UINT *primary)
{
    *count = wrong(FAULT_NO_MONITOR) ? 0 : 1;
    *primary = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_GetUserCredentials(IWRdsProtocolConnection *iface,
                                                               WRDS_USER_CREDENTIAL *credential)
{
    return fake_get_credentials(credential);
}

static HRESULT STDMETHODCALLTYPE connection_GetLicenseConnection(IWRdsProtocolConnection *iface,
                                                                 IWRdsProtocolLicenseConnection **out)
{
    *out = NULL;
    if (wrong(FAULT_ERROR_IS_ZERO))
        return 0; /* ERROR of wingdi.h, meant as a failure */
    return wrong(FAULT_NO_LICENSE) ? E_NOTIMPL : fake_license_create(out);
}

static HRESULT STDMETHODCALLTYPE connection_AuthenticateClientToSession(IWRdsProtocolConnection *iface,
                                                                        WRDS_SESSION_ID *id)
{
    memset(id, 0, sizeof *id);
    if (wrong(FAULT_OUT_HALF))
        id->SessionId = 7;
    if (wrong(FAULT_FOREIGN_SESSION)) {
        id->SessionId = 999; /* there is none */
        return S_OK;
    }
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE connection_NotifySessionId(IWRdsProtocolConnection *iface,
                                                            WRDS_SESSION_ID *id, HANDLE_PTR handle)
{
    if (wrong(FAULT_SLOW_NOTIFY))
        os_sleep_ms(200);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_GetInputHandles(IWRdsProtocolConnection *iface,
                                                            HANDLE_PTR *keyboard, HANDLE_PTR *mouse,
                                                            HANDLE_PTR *beep)
{
    if (wrong(FAULT_HANDLES_UNWRITTEN))
        return S_OK;
    if (wrong(FAULT_LOCAL_POINTERS)) {
        keyboard = mouse = beep = NULL;
        return keyboard == mouse && mouse == beep ? S_OK : E_FAIL;
    }
    *keyboard = *mouse = 0;
    *beep = wrong(FAULT_BEEP) ? 4 : 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_GetVideoHandle(IWRdsProtocolConnection *iface, HANDLE_PTR *video)
{
    if (wrong(FAULT_LOCAL_POINTERS)) {
        video = NULL;
        return video ? E_FAIL : S_OK;
    }
    *video = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_ConnectNotify(IWRdsProtocolConnection *iface, ULONG session)
{
    IWRdsProtocolConnectionCallback *callback =
        client_take_callback(impl_from_IWRdsProtocolConnection(iface));

    if (callback && wrong(FAULT_CALL_INSIDE))
        IWRdsProtocolConnectionCallback_RedrawWindow(callback, NULL);
    if (callback)
        IWRdsProtocolConnectionCallback_Release(callback);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_IsUserAllowedToLogon(IWRdsProtocolConnection *iface,
                                                                 ULONG session, HANDLE_PTR token,
                                                                 WCHAR *domain, WCHAR *user)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_SessionArbitrationEnumeration(IWRdsProtocolConnection *iface,
                                                                          HANDLE_PTR token, BOOL single,
                                                                          ULONG *ids, ULONG *count)
{
    if (wrong(FAULT_EMPTY_ARBITRATION)) {
        *count = 0;
        return S_OK;
    }
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE connection_LogonNotify(IWRdsProtocolConnection *iface, HANDLE_PTR token,
                                                        WCHAR *user, WCHAR *domain, WRDS_SESSION_ID *id,
                                                        PWRDS_CONNECTION_SETTINGS settings)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_PreDisconnect(IWRdsProtocolConnection *iface, ULONG reason)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_DisconnectNotify(IWRdsProtocolConnection *iface)
{
    return S_OK;
}

static void call_late(void *arg)
{
    IWRdsProtocolConnectionCallback *callback = arg;

    os_sleep_ms(150);
    IWRdsProtocolConnectionCallback_RedrawWindow(callback, NULL);
    if (!wrong(FAULT_DEAD_CALL))
        IWRdsProtocolConnectionCallback_Release(callback);
}

static HRESULT STDMETHODCALLTYPE connection_Close(IWRdsProtocolConnection *iface)
{
    struct client *self = impl_from_IWRdsProtocolConnection(iface);
    IWRdsProtocolConnectionCallback *callback;

    if (wrong(FAULT_HANG))
        os_sleep_ms(60000);
    os_mutex_lock(&self->lock);
    if (self->closed && wrong(FAULT_CLOSE_ONCE)) {
        os_mutex_unlock(&self->lock);
        return E_UNEXPECTED;
    }
    callback = self->callback;
    if (!wrong(FAULT_CLOSE_KEEPS_POINTER))
        self->callback = NULL;
    self->closed = true;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
    if (!callback)
        return S_OK;
    if (wrong(FAULT_LATE_CALL) && os_thread_start("late", call_late, callback) == OS_OK)
        return S_OK;
    if (!wrong(FAULT_CALLBACK_LEAK))
        IWRdsProtocolConnectionCallback_Release(callback);
    if (wrong(FAULT_OVER_RELEASE))
        IWRdsProtocolConnectionCallback_Release(callback);
    if (wrong(FAULT_DEAD_CALL) && os_thread_start("dead", call_late, callback) != OS_OK)
        abort();
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_GetProtocolStatus(IWRdsProtocolConnection *iface,
                                                              WRDS_PROTOCOL_STATUS *status)
{
    return fake_get_status(status);
}

static HRESULT STDMETHODCALLTYPE connection_GetLastInputTime(IWRdsProtocolConnection *iface, ULONG64 *last)
{
    *last = wrong(FAULT_UPTIME) ? 1769000000000ull : 5;
    if (wrong(FAULT_OVERRUN))
        last[1] = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_SetErrorInfo(IWRdsProtocolConnection *iface, ULONG error)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE connection_CreateVirtualChannel(IWRdsProtocolConnection *iface, CHAR *name,
                                                                 BOOL is_static, ULONG priority,
                                                                 ULONG_PTR *channel)
{
    *channel = 0;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE connection_QueryProperty(IWRdsProtocolConnection *iface, GUID type,
                                                          ULONG in_count, ULONG out_count,
                                                          PWRDS_PROPERTY_VALUE in, PWRDS_PROPERTY_VALUE out)
{
    return fake_query_property(type, in_count, out_count, out);
}

static HRESULT STDMETHODCALLTYPE connection_GetShadowConnection(IWRdsProtocolConnection *iface,
                                                                IWRdsProtocolShadowConnection **out)
{
    *out = NULL;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE connection_NotifyCommandProcessCreated(IWRdsProtocolConnection *iface,
                                                                        ULONG session)
{
    return S_OK;
}

const IWRdsProtocolConnectionVtbl fake_connection_vtbl = {
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
