/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of one client, implemented by the provider, and the callback through which the
 * provider tells the service about it, implemented by the service. Inside any method of the
 * connection nothing may call Remote Desktop Services, nor wait for a thread that does
 * (methods.md 0).
 */
#ifndef RDSPROV_ABI_WRDSCONNECTION_H
#define RDSPROV_ABI_WRDSCONNECTION_H

#include "abi/wrdsobjects.h"
#include "abi/wrdsproperty.h"
#include "abi/wrdssettings.h"

typedef struct IWRdsProtocolConnectionCallback IWRdsProtocolConnectionCallback;
typedef struct IWRdsProtocolConnection IWRdsProtocolConnection;

/*
 * The service's ear for one connection. The provider holds one reference and drops it in Close.
 * Implemented by the service. methods.md 5.
 */
ABI_GUID(IID_IWRdsProtocolConnectionCallback, 0xF1D70332, 0xD070, 0x4EF1, 0xA0, 0x88, 0x78, 0x31, 0x35, 0x36,
         0xC2, 0xD6);

typedef struct IWRdsProtocolConnectionCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsProtocolConnectionCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolConnectionCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolConnectionCallback *This);

    /*
     * The provider can answer for the client now; until then the service does not go on to
     * AcceptConnection. methods.md 5.3.
     */
    HRESULT(STDMETHODCALLTYPE *OnReady)(IWRdsProtocolConnectionCallback *This);

    /* The client is gone. Both arguments are unused: 0. methods.md 5.4. */
    HRESULT(STDMETHODCALLTYPE *BrokenConnection)
    (IWRdsProtocolConnectionCallback *This, ULONG Reason, ULONG Source);

    /* The client wants no output for now. Only from a thread of its own. methods.md 5.5. */
    HRESULT(STDMETHODCALLTYPE *StopScreenUpdates)(IWRdsProtocolConnectionCallback *This);

    /*
     * Asks the session to repaint rect, or all for NULL. Only from a thread of its own. methods.md
     * 5.6.
     */
    HRESULT(STDMETHODCALLTYPE *RedrawWindow)(IWRdsProtocolConnectionCallback *This, WRDS_SMALL_RECT *rect);

    /* The service's number of the connection; any time after OnConnected. methods.md 5.7. */
    HRESULT(STDMETHODCALLTYPE *GetConnectionId)(IWRdsProtocolConnectionCallback *This, ULONG *pConnectionId);
} IWRdsProtocolConnectionCallbackVtbl;

struct IWRdsProtocolConnectionCallback {
    const IWRdsProtocolConnectionCallbackVtbl *lpVtbl;
};

#define IWRdsProtocolConnectionCallback_QueryInterface(This, riid, ppvObject)                                \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolConnectionCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolConnectionCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolConnectionCallback_OnReady(This) ((This)->lpVtbl->OnReady(This))
#define IWRdsProtocolConnectionCallback_BrokenConnection(This, Reason, Source)                               \
    ((This)->lpVtbl->BrokenConnection(This, Reason, Source))
#define IWRdsProtocolConnectionCallback_StopScreenUpdates(This) ((This)->lpVtbl->StopScreenUpdates(This))
#define IWRdsProtocolConnectionCallback_RedrawWindow(This, rect) ((This)->lpVtbl->RedrawWindow(This, rect))
#define IWRdsProtocolConnectionCallback_GetConnectionId(This, pConnectionId)                                 \
    ((This)->lpVtbl->GetConnectionId(This, pConnectionId))

/* One client. Implemented by the provider, handed over in OnConnected. methods.md 4. */
ABI_GUID(IID_IWRdsProtocolConnection, 0x324ED94F, 0xFDAF, 0x4FF6, 0x81, 0xA8, 0x42, 0xAB, 0xE7, 0x55, 0x83,
         0x0B);

typedef struct IWRdsProtocolConnectionVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWRdsProtocolConnection *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolConnection *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolConnection *This);

    /*
     * First call, possible before OnConnected returned. E_NOTIMPL: messages are not redirected.
     * methods.md 4.3.
     */
    HRESULT(STDMETHODCALLTYPE *GetLogonErrorRedirector)
    (IWRdsProtocolConnection *This, IWRdsProtocolLogonErrorRedirector **ppLogonErrorRedir);

    /* The service goes on after OnReady. An error drops the connection. methods.md 4.4. */
    HRESULT(STDMETHODCALLTYPE *AcceptConnection)(IWRdsProtocolConnection *This);

    /*
     * Client properties into a structure whose redirection flags the service has filled: change
     * what is known, never clear the rest. An error drops the connection. methods.md 4.5.
     */
    HRESULT(STDMETHODCALLTYPE *GetClientData)(IWRdsProtocolConnection *This, WRDS_CLIENT_DATA *pClientData);

    /* Number of monitors and number of the primary one. methods.md 4.6, gaps.md 15. */
    HRESULT(STDMETHODCALLTYPE *GetClientMonitorData)
    (IWRdsProtocolConnection *This, UINT *pNumMonitors, UINT *pPrimaryMonitor);

    /*
     * Clear text credentials for Winlogon; an error means that the logon screen is shown.
     * methods.md 4.7.
     */
    HRESULT(STDMETHODCALLTYPE *GetUserCredentials)
    (IWRdsProtocolConnection *This, WRDS_USER_CREDENTIAL *pUserCreds);

    /* The licensing object. An error drops the connection. methods.md 4.8. */
    HRESULT(STDMETHODCALLTYPE *GetLicenseConnection)
    (IWRdsProtocolConnection *This, IWRdsProtocolLicenseConnection **ppLicenseConnection);

    /* May name an existing session to return to; an error means none. methods.md 4.9. */
    HRESULT(STDMETHODCALLTYPE *AuthenticateClientToSession)
    (IWRdsProtocolConnection *This, WRDS_SESSION_ID *SessionId);

    /*
     * The session that the connection now belongs to; may come again with another one. The handle
     * is not ours to close. Returns at once. methods.md 4.10, gaps.md 17.
     */
    HRESULT(STDMETHODCALLTYPE *NotifySessionId)
    (IWRdsProtocolConnection *This, WRDS_SESSION_ID *SessionId, HANDLE_PTR SessionHandle);

    /*
     * Keyboard, mouse and (always NULL) beep device; all three are always written. methods.md 4.11.
     */
    HRESULT(STDMETHODCALLTYPE *GetInputHandles)
    (IWRdsProtocolConnection *This, HANDLE_PTR *pKeyboardHandle, HANDLE_PTR *pMouseHandle,
     HANDLE_PTR *pBeepHandle);

    /* Video device; NULL with an indirect display driver. methods.md 4.12. */
    HRESULT(STDMETHODCALLTYPE *GetVideoHandle)(IWRdsProtocolConnection *This, HANDLE_PTR *pVideoHandle);

    /* The session is initialised. Returns at once. methods.md 4.13. */
    HRESULT(STDMETHODCALLTYPE *ConnectNotify)(IWRdsProtocolConnection *This, ULONG SessionId);

    /* A veto after authentication; the token stays the property of the caller. methods.md 4.14. */
    HRESULT(STDMETHODCALLTYPE *IsUserAllowedToLogon)
    (IWRdsProtocolConnection *This, ULONG SessionId, HANDLE_PTR UserToken, WCHAR *pDomainName,
     WCHAR *pUserName);

    /*
     * Disconnected sessions of this user (array may be NULL: count only). E_NOTIMPL leaves it to
     * the service. methods.md 4.15.
     */
    HRESULT(STDMETHODCALLTYPE *SessionArbitrationEnumeration)
    (IWRdsProtocolConnection *This, HANDLE_PTR hUserToken, BOOL bSingleSessionPerUserEnabled,
     ULONG *pSessionIdArray, ULONG *pdwSessionIdentifierCount);

    /* The user has logged on. Settings may be changed. Returns at once. methods.md 4.16. */
    HRESULT(STDMETHODCALLTYPE *LogonNotify)
    (IWRdsProtocolConnection *This, HANDLE_PTR hClientToken, WCHAR *wszUserName, WCHAR *wszDomainName,
     WRDS_SESSION_ID *SessionId, PWRDS_CONNECTION_SETTINGS pWRdsConnectionSettings);

    /* The session is about to be disconnected. Returns at once. methods.md 4.17, gaps.md 22. */
    HRESULT(STDMETHODCALLTYPE *PreDisconnect)(IWRdsProtocolConnection *This, ULONG DisconnectReason);

    /*
     * The session was disconnected, which need not be the end: NotifySessionId or Close follows.
     * Returns at once. methods.md 4.18.
     */
    HRESULT(STDMETHODCALLTYPE *DisconnectNotify)(IWRdsProtocolConnection *This);

    /*
     * Last call. Drops client, credentials and callback; may come at any time and twice. methods.md
     * 4.19.
     */
    HRESULT(STDMETHODCALLTYPE *Close)(IWRdsProtocolConnection *This);

    /* Performance counters, at any time. methods.md 4.20. */
    HRESULT(STDMETHODCALLTYPE *GetProtocolStatus)
    (IWRdsProtocolConnection *This, WRDS_PROTOCOL_STATUS *pProtocolStatus);

    /* Milliseconds since the last input of the client. methods.md 4.21. */
    HRESULT(STDMETHODCALLTYPE *GetLastInputTime)(IWRdsProtocolConnection *This, ULONG64 *pLastInputTime);

    /* The reason that the client is to be told. methods.md 4.22, gaps.md 23. */
    HRESULT(STDMETHODCALLTYPE *SetErrorInfo)(IWRdsProtocolConnection *This, ULONG ulError);

    /* Opens a static or dynamic virtual channel. methods.md 4.23. */
    HRESULT(STDMETHODCALLTYPE *CreateVirtualChannel)
    (IWRdsProtocolConnection *This, CHAR *szEndpointName, BOOL bStatic, ULONG RequestedPriority,
     ULONG_PTR *phChannel);

    /*
     * Answers a property (wrdsproperty.h); the type is passed by value and both arrays may be NULL.
     * E_NOTIMPL for what is not known. methods.md 6.
     */
    HRESULT(STDMETHODCALLTYPE *QueryProperty)
    (IWRdsProtocolConnection *This, GUID QueryType, ULONG ulNumEntriesIn, ULONG ulNumEntriesOut,
     PWRDS_PROPERTY_VALUE pPropertyEntriesIn, PWRDS_PROPERTY_VALUE pPropertyEntriesOut);

    /* The shadowing object. E_NOTIMPL: no shadowing. methods.md 4.25. */
    HRESULT(STDMETHODCALLTYPE *GetShadowConnection)
    (IWRdsProtocolConnection *This, IWRdsProtocolShadowConnection **ppShadowConnection);

    /*
     * Winlogon of the session runs; comes before IsUserAllowedToLogon although it is the last slot.
     * Returns at once. methods.md 4.26.
     */
    HRESULT(STDMETHODCALLTYPE *NotifyCommandProcessCreated)(IWRdsProtocolConnection *This, ULONG SessionId);
} IWRdsProtocolConnectionVtbl;

struct IWRdsProtocolConnection {
    const IWRdsProtocolConnectionVtbl *lpVtbl;
};

#define IWRdsProtocolConnection_QueryInterface(This, riid, ppvObject)                                        \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolConnection_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolConnection_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolConnection_GetLogonErrorRedirector(This, ppLogonErrorRedir)                             \
    ((This)->lpVtbl->GetLogonErrorRedirector(This, ppLogonErrorRedir))
#define IWRdsProtocolConnection_AcceptConnection(This) ((This)->lpVtbl->AcceptConnection(This))
#define IWRdsProtocolConnection_GetClientData(This, pClientData)                                             \
    ((This)->lpVtbl->GetClientData(This, pClientData))
#define IWRdsProtocolConnection_GetClientMonitorData(This, pNumMonitors, pPrimaryMonitor)                    \
    ((This)->lpVtbl->GetClientMonitorData(This, pNumMonitors, pPrimaryMonitor))
#define IWRdsProtocolConnection_GetUserCredentials(This, pUserCreds)                                         \
    ((This)->lpVtbl->GetUserCredentials(This, pUserCreds))
#define IWRdsProtocolConnection_GetLicenseConnection(This, ppLicenseConnection)                              \
    ((This)->lpVtbl->GetLicenseConnection(This, ppLicenseConnection))
#define IWRdsProtocolConnection_AuthenticateClientToSession(This, SessionId)                                 \
    ((This)->lpVtbl->AuthenticateClientToSession(This, SessionId))
#define IWRdsProtocolConnection_NotifySessionId(This, SessionId, SessionHandle)                              \
    ((This)->lpVtbl->NotifySessionId(This, SessionId, SessionHandle))
#define IWRdsProtocolConnection_GetInputHandles(This, pKeyboardHandle, pMouseHandle, pBeepHandle)            \
    ((This)->lpVtbl->GetInputHandles(This, pKeyboardHandle, pMouseHandle, pBeepHandle))
#define IWRdsProtocolConnection_GetVideoHandle(This, pVideoHandle)                                           \
    ((This)->lpVtbl->GetVideoHandle(This, pVideoHandle))
#define IWRdsProtocolConnection_ConnectNotify(This, SessionId)                                               \
    ((This)->lpVtbl->ConnectNotify(This, SessionId))
#define IWRdsProtocolConnection_IsUserAllowedToLogon(This, SessionId, UserToken, pDomainName, pUserName)     \
    ((This)->lpVtbl->IsUserAllowedToLogon(This, SessionId, UserToken, pDomainName, pUserName))
#define IWRdsProtocolConnection_SessionArbitrationEnumeration(                                               \
    This, hUserToken, bSingleSessionPerUserEnabled, pSessionIdArray, pdwSessionIdentifierCount)              \
    ((This)->lpVtbl->SessionArbitrationEnumeration(This, hUserToken, bSingleSessionPerUserEnabled,           \
                                                   pSessionIdArray, pdwSessionIdentifierCount))
#define IWRdsProtocolConnection_LogonNotify(This, hClientToken, wszUserName, wszDomainName, SessionId,       \
                                            pWRdsConnectionSettings)                                         \
    ((This)->lpVtbl->LogonNotify(This, hClientToken, wszUserName, wszDomainName, SessionId,                  \
                                 pWRdsConnectionSettings))
#define IWRdsProtocolConnection_PreDisconnect(This, DisconnectReason)                                        \
    ((This)->lpVtbl->PreDisconnect(This, DisconnectReason))
#define IWRdsProtocolConnection_DisconnectNotify(This) ((This)->lpVtbl->DisconnectNotify(This))
#define IWRdsProtocolConnection_Close(This) ((This)->lpVtbl->Close(This))
#define IWRdsProtocolConnection_GetProtocolStatus(This, pProtocolStatus)                                     \
    ((This)->lpVtbl->GetProtocolStatus(This, pProtocolStatus))
#define IWRdsProtocolConnection_GetLastInputTime(This, pLastInputTime)                                       \
    ((This)->lpVtbl->GetLastInputTime(This, pLastInputTime))
#define IWRdsProtocolConnection_SetErrorInfo(This, ulError) ((This)->lpVtbl->SetErrorInfo(This, ulError))
#define IWRdsProtocolConnection_CreateVirtualChannel(This, szEndpointName, bStatic, RequestedPriority,       \
                                                     phChannel)                                              \
    ((This)->lpVtbl->CreateVirtualChannel(This, szEndpointName, bStatic, RequestedPriority, phChannel))
#define IWRdsProtocolConnection_QueryProperty(This, QueryType, ulNumEntriesIn, ulNumEntriesOut,              \
                                              pPropertyEntriesIn, pPropertyEntriesOut)                       \
    ((This)->lpVtbl->QueryProperty(This, QueryType, ulNumEntriesIn, ulNumEntriesOut, pPropertyEntriesIn,     \
                                   pPropertyEntriesOut))
#define IWRdsProtocolConnection_GetShadowConnection(This, ppShadowConnection)                                \
    ((This)->lpVtbl->GetShadowConnection(This, ppShadowConnection))
#define IWRdsProtocolConnection_NotifyCommandProcessCreated(This, SessionId)                                 \
    ((This)->lpVtbl->NotifyCommandProcessCreated(This, SessionId))

#endif
