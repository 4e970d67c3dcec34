/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The family of Windows Server 2008 R2. Services since 2012 load it no more. It resembles the
 * newer family but is not binary compatible with it: slots are shifted, and slot 7 of the
 * connection callback is another method.
 */
#ifndef RDSPROV_ABI_WTSLEGACY_H
#define RDSPROV_ABI_WTSLEGACY_H

#include "abi/wtslegacyobjects.h"

/* User settings of the legacy family; there is no WRDS_ name for it. */
typedef struct _WTS_USER_DATA {
    WCHAR WorkDirectory[WTS_DIRECTORY_LENGTH + 1];
    WCHAR InitialProgram[WTS_INITIALPROGRAM_LENGTH + 1];
    WTS_TIME_ZONE_INFORMATION UserTimeZone;
} WTS_USER_DATA, *PWTS_USER_DATA;

/* Machine policy of the legacy family; there is no WRDS_ name for it. */
typedef struct _WTS_POLICY_DATA {
    BOOLEAN fDisableEncryption;
    BOOLEAN fDisableAutoReconnect;
    /* 1 to 5: 8, 15, 16, 24, 32 bits per pixel (not the coding of WTS_CLIENT_DATA) */
    ULONG ColorDepth;
    BYTE MinEncryptionLevel;
    BOOLEAN fDisableCpm;
    BOOLEAN fDisableCdm;
    BOOLEAN fDisableCcm;
    BOOLEAN fDisableLPT;
    BOOLEAN fDisableClip;
    BOOLEAN fDisablePNPRedir;
} WTS_POLICY_DATA, *PWTS_POLICY_DATA;

typedef struct IWTSProtocolConnectionCallback IWTSProtocolConnectionCallback;
typedef struct IWTSProtocolConnection IWTSProtocolConnection;
typedef struct IWTSProtocolListenerCallback IWTSProtocolListenerCallback;
typedef struct IWTSProtocolListener IWTSProtocolListener;
typedef struct IWTSProtocolManager IWTSProtocolManager;

/*
 * The service's ear for one connection; slot 7 differs from the newer family. Implemented by the
 * service. methods.md 5.
 */
ABI_GUID(IID_IWTSProtocolConnectionCallback, 0x23083765, 0x75EB, 0x41FE, 0xB4, 0xFB, 0xE0, 0x86, 0x24, 0x2A,
         0xFA, 0x0F);

typedef struct IWTSProtocolConnectionCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSProtocolConnectionCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolConnectionCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolConnectionCallback *This);

    /*
     * The provider can answer for the client now; until then the service does not go on to
     * AcceptConnection. methods.md 5.3.
     */
    HRESULT(STDMETHODCALLTYPE *OnReady)(IWTSProtocolConnectionCallback *This);

    /* The client is gone. Both arguments are unused: 0. methods.md 5.4. */
    HRESULT(STDMETHODCALLTYPE *BrokenConnection)
    (IWTSProtocolConnectionCallback *This, ULONG Reason, ULONG Source);

    /* The client wants no output for now. Only from a thread of its own. methods.md 5.5. */
    HRESULT(STDMETHODCALLTYPE *StopScreenUpdates)(IWTSProtocolConnectionCallback *This);

    /*
     * Asks the session to repaint rect, or all for NULL. Only from a thread of its own. methods.md
     * 5.6.
     */
    HRESULT(STDMETHODCALLTYPE *RedrawWindow)(IWTSProtocolConnectionCallback *This, WTS_SMALL_RECT *rect);

    /* At most 256 bytes for the display driver. Only from a thread of its own. methods.md 5.7. */
    HRESULT(STDMETHODCALLTYPE *DisplayIOCtl)
    (IWTSProtocolConnectionCallback *This, WTS_DISPLAY_IOCTL *DisplayIOCtl);
} IWTSProtocolConnectionCallbackVtbl;

struct IWTSProtocolConnectionCallback {
    const IWTSProtocolConnectionCallbackVtbl *lpVtbl;
};

#define IWTSProtocolConnectionCallback_QueryInterface(This, riid, ppvObject)                                 \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolConnectionCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolConnectionCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolConnectionCallback_OnReady(This) ((This)->lpVtbl->OnReady(This))
#define IWTSProtocolConnectionCallback_BrokenConnection(This, Reason, Source)                                \
    ((This)->lpVtbl->BrokenConnection(This, Reason, Source))
#define IWTSProtocolConnectionCallback_StopScreenUpdates(This) ((This)->lpVtbl->StopScreenUpdates(This))
#define IWTSProtocolConnectionCallback_RedrawWindow(This, rect) ((This)->lpVtbl->RedrawWindow(This, rect))
#define IWTSProtocolConnectionCallback_DisplayIOCtl(This, data) ((This)->lpVtbl->DisplayIOCtl(This, data))

/*
 * One client. Implemented by the provider, handed over in OnConnected. methods.md 4, slots in
 * parentheses.
 */
ABI_GUID(IID_IWTSProtocolConnection, 0x23083765, 0x9095, 0x4648, 0x98, 0xBF, 0xEF, 0x81, 0xC9, 0x14, 0x03,
         0x2D);

typedef struct IWTSProtocolConnectionVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSProtocolConnection *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolConnection *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolConnection *This);

    /*
     * First call, possible before OnConnected returned. E_NOTIMPL: messages are not redirected.
     * methods.md 4.3.
     */
    HRESULT(STDMETHODCALLTYPE *GetLogonErrorRedirector)
    (IWTSProtocolConnection *This, IWTSProtocolLogonErrorRedirector **ppLogonErrorRedir);

    /*
     * Machine policy and listener settings; OnReady has to follow it, or the connection is dropped.
     * methods.md 4 (legacy slot 4).
     */
    HRESULT(STDMETHODCALLTYPE *SendPolicyData)(IWTSProtocolConnection *This, WTS_POLICY_DATA *pPolicyData);

    /* The service goes on after OnReady. An error drops the connection. methods.md 4.4. */
    HRESULT(STDMETHODCALLTYPE *AcceptConnection)(IWTSProtocolConnection *This);

    /*
     * Client properties into a structure whose redirection flags the service has filled: change
     * what is known, never clear the rest. An error drops the connection. methods.md 4.5.
     */
    HRESULT(STDMETHODCALLTYPE *GetClientData)(IWTSProtocolConnection *This, WTS_CLIENT_DATA *pClientData);

    /*
     * Clear text credentials for Winlogon; an error means that the logon screen is shown.
     * methods.md 4.7.
     */
    HRESULT(STDMETHODCALLTYPE *GetUserCredentials)
    (IWTSProtocolConnection *This, WTS_USER_CREDENTIAL *pUserCreds);

    /* The licensing object. An error drops the connection. methods.md 4.8. */
    HRESULT(STDMETHODCALLTYPE *GetLicenseConnection)
    (IWTSProtocolConnection *This, IWTSProtocolLicenseConnection **ppLicenseConnection);

    /* May name an existing session to return to; an error means none. methods.md 4.9. */
    HRESULT(STDMETHODCALLTYPE *AuthenticateClientToSession)
    (IWTSProtocolConnection *This, WTS_SESSION_ID *SessionId);

    /*
     * The session that the connection now belongs to; may come again with another one. Returns at
     * once. methods.md 4.10.
     */
    HRESULT(STDMETHODCALLTYPE *NotifySessionId)(IWTSProtocolConnection *This, WTS_SESSION_ID *SessionId);

    /* Keyboard, mouse, beep and video device in one call. methods.md 4 (legacy slot 11). */
    HRESULT(STDMETHODCALLTYPE *GetProtocolHandles)
    (IWTSProtocolConnection *This, HANDLE_PTR *pKeyboardHandle, HANDLE_PTR *pMouseHandle,
     HANDLE_PTR *pBeepHandle, HANDLE_PTR *pVideoHandle);

    /* The session is initialised. Returns at once. methods.md 4.13. */
    HRESULT(STDMETHODCALLTYPE *ConnectNotify)(IWTSProtocolConnection *This, ULONG SessionId);

    /* A veto after authentication; the token stays the property of the caller. methods.md 4.14. */
    HRESULT(STDMETHODCALLTYPE *IsUserAllowedToLogon)
    (IWTSProtocolConnection *This, ULONG SessionId, HANDLE_PTR UserToken, WCHAR *pDomainName,
     WCHAR *pUserName);

    /*
     * Disconnected sessions of this user (array may be NULL: count only). E_NOTIMPL leaves it to
     * the service. methods.md 4.15.
     */
    HRESULT(STDMETHODCALLTYPE *SessionArbitrationEnumeration)
    (IWTSProtocolConnection *This, HANDLE_PTR hUserToken, BOOL bSingleSessionPerUserEnabled,
     ULONG *pSessionIdArray, ULONG *pdwSessionIdentifierCount);

    /*
     * The user has logged on, or the state of the session changed. Returns at once. methods.md
     * 4.16.
     */
    HRESULT(STDMETHODCALLTYPE *LogonNotify)
    (IWTSProtocolConnection *This, HANDLE_PTR hClientToken, WCHAR *wszUserName, WCHAR *wszDomainName,
     WTS_SESSION_ID *SessionId);

    /*
     * User policy after logon; the structure holds client data already, so only what the user
     * configured is changed. methods.md 4 (legacy slot 16).
     */
    HRESULT(STDMETHODCALLTYPE *GetUserData)
    (IWTSProtocolConnection *This, WTS_POLICY_DATA *pPolicyData, WTS_USER_DATA *pClientData);

    /*
     * The session was disconnected, which need not be the end: NotifySessionId or Close follows.
     * Returns at once. methods.md 4.18.
     */
    HRESULT(STDMETHODCALLTYPE *DisconnectNotify)(IWTSProtocolConnection *This);

    /*
     * Last call. Drops client, credentials and callback; may come at any time and twice. methods.md
     * 4.19.
     */
    HRESULT(STDMETHODCALLTYPE *Close)(IWTSProtocolConnection *This);

    /* Performance counters, at any time. methods.md 4.20. */
    HRESULT(STDMETHODCALLTYPE *GetProtocolStatus)
    (IWTSProtocolConnection *This, WTS_PROTOCOL_STATUS *pProtocolStatus);

    /* Milliseconds since the last input of the client. methods.md 4.21. */
    HRESULT(STDMETHODCALLTYPE *GetLastInputTime)(IWTSProtocolConnection *This, ULONG64 *pLastInputTime);

    /* The reason that the client is to be told. methods.md 4.22, gaps.md 23. */
    HRESULT(STDMETHODCALLTYPE *SetErrorInfo)(IWTSProtocolConnection *This, ULONG ulError);

    /*
     * A beep of Frequency Hz (37 to 32767) for Duration milliseconds. methods.md 4 (legacy slot
     * 22).
     */
    HRESULT(STDMETHODCALLTYPE *SendBeep)(IWTSProtocolConnection *This, ULONG Frequency, ULONG Duration);

    /* Opens a static or dynamic virtual channel. methods.md 4.23. */
    HRESULT(STDMETHODCALLTYPE *CreateVirtualChannel)
    (IWTSProtocolConnection *This, CHAR *szEndpointName, BOOL bStatic, ULONG RequestedPriority,
     ULONG_PTR *phChannel);

    /*
     * Answers a property (wrdsproperty.h); the type is passed by value and both arrays may be NULL.
     * E_NOTIMPL for what is not known. methods.md 6.
     */
    HRESULT(STDMETHODCALLTYPE *QueryProperty)
    (IWTSProtocolConnection *This, GUID QueryType, ULONG ulNumEntriesIn, ULONG ulNumEntriesOut,
     PWTS_PROPERTY_VALUE pPropertyEntriesIn, PWTS_PROPERTY_VALUE pPropertyEntriesOut);

    /* The shadowing object. E_NOTIMPL: no shadowing. methods.md 4.25. */
    HRESULT(STDMETHODCALLTYPE *GetShadowConnection)
    (IWTSProtocolConnection *This, IWTSProtocolShadowConnection **ppShadowConnection);
} IWTSProtocolConnectionVtbl;

struct IWTSProtocolConnection {
    const IWTSProtocolConnectionVtbl *lpVtbl;
};

#define IWTSProtocolConnection_QueryInterface(This, riid, ppvObject)                                         \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolConnection_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolConnection_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolConnection_GetLogonErrorRedirector(This, ppLogonErrorRedir)                              \
    ((This)->lpVtbl->GetLogonErrorRedirector(This, ppLogonErrorRedir))
#define IWTSProtocolConnection_SendPolicyData(This, pPolicyData)                                             \
    ((This)->lpVtbl->SendPolicyData(This, pPolicyData))
#define IWTSProtocolConnection_AcceptConnection(This) ((This)->lpVtbl->AcceptConnection(This))
#define IWTSProtocolConnection_GetClientData(This, pClientData)                                              \
    ((This)->lpVtbl->GetClientData(This, pClientData))
#define IWTSProtocolConnection_GetUserCredentials(This, pUserCreds)                                          \
    ((This)->lpVtbl->GetUserCredentials(This, pUserCreds))
#define IWTSProtocolConnection_GetLicenseConnection(This, ppLicenseConnection)                               \
    ((This)->lpVtbl->GetLicenseConnection(This, ppLicenseConnection))
#define IWTSProtocolConnection_AuthenticateClientToSession(This, SessionId)                                  \
    ((This)->lpVtbl->AuthenticateClientToSession(This, SessionId))
#define IWTSProtocolConnection_NotifySessionId(This, SessionId)                                              \
    ((This)->lpVtbl->NotifySessionId(This, SessionId))
#define IWTSProtocolConnection_GetProtocolHandles(This, pKeyboardHandle, pMouseHandle, pBeepHandle,          \
                                                  pVideoHandle)                                              \
    ((This)->lpVtbl->GetProtocolHandles(This, pKeyboardHandle, pMouseHandle, pBeepHandle, pVideoHandle))
#define IWTSProtocolConnection_ConnectNotify(This, SessionId) ((This)->lpVtbl->ConnectNotify(This, SessionId))
#define IWTSProtocolConnection_IsUserAllowedToLogon(This, SessionId, UserToken, pDomainName, pUserName)      \
    ((This)->lpVtbl->IsUserAllowedToLogon(This, SessionId, UserToken, pDomainName, pUserName))
#define IWTSProtocolConnection_SessionArbitrationEnumeration(This, hUserToken, bSingleSessionPerUserEnabled, \
                                                             pSessionIdArray, pdwSessionIdentifierCount)     \
    ((This)->lpVtbl->SessionArbitrationEnumeration(This, hUserToken, bSingleSessionPerUserEnabled,           \
                                                   pSessionIdArray, pdwSessionIdentifierCount))
#define IWTSProtocolConnection_LogonNotify(This, hClientToken, wszUserName, wszDomainName, SessionId)        \
    ((This)->lpVtbl->LogonNotify(This, hClientToken, wszUserName, wszDomainName, SessionId))
#define IWTSProtocolConnection_GetUserData(This, pPolicyData, pClientData)                                   \
    ((This)->lpVtbl->GetUserData(This, pPolicyData, pClientData))
#define IWTSProtocolConnection_DisconnectNotify(This) ((This)->lpVtbl->DisconnectNotify(This))
#define IWTSProtocolConnection_Close(This) ((This)->lpVtbl->Close(This))
#define IWTSProtocolConnection_GetProtocolStatus(This, pProtocolStatus)                                      \
    ((This)->lpVtbl->GetProtocolStatus(This, pProtocolStatus))
#define IWTSProtocolConnection_GetLastInputTime(This, pLastInputTime)                                        \
    ((This)->lpVtbl->GetLastInputTime(This, pLastInputTime))
#define IWTSProtocolConnection_SetErrorInfo(This, ulError) ((This)->lpVtbl->SetErrorInfo(This, ulError))
#define IWTSProtocolConnection_SendBeep(This, Frequency, Duration)                                           \
    ((This)->lpVtbl->SendBeep(This, Frequency, Duration))
#define IWTSProtocolConnection_CreateVirtualChannel(This, szEndpointName, bStatic, RequestedPriority,        \
                                                    phChannel)                                               \
    ((This)->lpVtbl->CreateVirtualChannel(This, szEndpointName, bStatic, RequestedPriority, phChannel))
#define IWTSProtocolConnection_QueryProperty(This, QueryType, ulNumEntriesIn, ulNumEntriesOut,               \
                                             pPropertyEntriesIn, pPropertyEntriesOut)                        \
    ((This)->lpVtbl->QueryProperty(This, QueryType, ulNumEntriesIn, ulNumEntriesOut, pPropertyEntriesIn,     \
                                   pPropertyEntriesOut))
#define IWTSProtocolConnection_GetShadowConnection(This, ppShadowConnection)                                 \
    ((This)->lpVtbl->GetShadowConnection(This, ppShadowConnection))

/* How a listener hands a client to the service. Implemented by the service. methods.md 3. */
ABI_GUID(IID_IWTSProtocolListenerCallback, 0x23083765, 0x1A2D, 0x4DE2, 0x97, 0xDE, 0x4A, 0x35, 0xF2, 0x60,
         0xF0, 0xB3);

typedef struct IWTSProtocolListenerCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSProtocolListenerCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolListenerCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolListenerCallback *This);

    /*
     * A client is there. *pCallback comes with a reference for the provider. The service may call
     * the connection before this returns. methods.md 3.
     */
    HRESULT(STDMETHODCALLTYPE *OnConnected)
    (IWTSProtocolListenerCallback *This, IWTSProtocolConnection *pConnection,
     IWTSProtocolConnectionCallback **pCallback);
} IWTSProtocolListenerCallbackVtbl;

struct IWTSProtocolListenerCallback {
    const IWTSProtocolListenerCallbackVtbl *lpVtbl;
};

#define IWTSProtocolListenerCallback_QueryInterface(This, riid, ppvObject)                                   \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolListenerCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolListenerCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolListenerCallback_OnConnected(This, pConnection, pCallback)                               \
    ((This)->lpVtbl->OnConnected(This, pConnection, pCallback))

/*
 * One listener key of the registry. Implemented by the provider. methods.md 2, slots in
 * parentheses.
 */
ABI_GUID(IID_IWTSProtocolListener, 0x23083765, 0x45F0, 0x4394, 0x8F, 0x69, 0x32, 0xB2, 0xBC, 0x0E, 0xF4,
         0xCA);

typedef struct IWTSProtocolListenerVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSProtocolListener *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolListener *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolListener *This);

    /*
     * Begins to accept clients and keeps a reference to the callback; never blocks. methods.md 2.4.
     */
    HRESULT(STDMETHODCALLTYPE *StartListen)
    (IWTSProtocolListener *This, IWTSProtocolListenerCallback *pCallback);

    /* Accepts no more and drops the callback. methods.md 2.5. */
    HRESULT(STDMETHODCALLTYPE *StopListen)(IWTSProtocolListener *This);
} IWTSProtocolListenerVtbl;

struct IWTSProtocolListener {
    const IWTSProtocolListenerVtbl *lpVtbl;
};

#define IWTSProtocolListener_QueryInterface(This, riid, ppvObject)                                           \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolListener_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolListener_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolListener_StartListen(This, pCallback) ((This)->lpVtbl->StartListen(This, pCallback))
#define IWTSProtocolListener_StopListen(This) ((This)->lpVtbl->StopListen(This))

/*
 * What the service creates from the CLSID of a listener. Implemented by the provider. methods.md 1,
 * slots in parentheses.
 */
ABI_GUID(IID_IWTSProtocolManager, 0xF9EAF6CC, 0xED79, 0x4F01, 0x82, 0x1D, 0x1F, 0x88, 0x1B, 0x9F, 0x66, 0xCC);

typedef struct IWTSProtocolManagerVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSProtocolManager *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolManager *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolManager *This);

    /* One per listener; the name is that of its registry key. methods.md 1.4, gaps.md 2. */
    HRESULT(STDMETHODCALLTYPE *CreateListener)
    (IWTSProtocolManager *This, WCHAR *wszListenerName, IWTSProtocolListener **pProtocolListener);

    /* The service starts or stops, or drains (takes no new sessions). methods.md 1.5. */
    HRESULT(STDMETHODCALLTYPE *NotifyServiceStateChange)
    (IWTSProtocolManager *This, WTS_SERVICE_STATE *pTSServiceStateChange);

    /* The service has started, told for each session. methods.md 1.6. */
    HRESULT(STDMETHODCALLTYPE *NotifySessionOfServiceStart)
    (IWTSProtocolManager *This, WTS_SESSION_ID *SessionId);

    /* The service has stopped, told for each session. methods.md 1.7. */
    HRESULT(STDMETHODCALLTYPE *NotifySessionOfServiceStop)
    (IWTSProtocolManager *This, WTS_SESSION_ID *SessionId);

    /*
     * EventId is one of WTS_CONSOLE_CONNECT to WTS_SESSION_TERMINATE (wtsrelated.h). methods.md
     * 1.8.
     */
    HRESULT(STDMETHODCALLTYPE *NotifySessionStateChange)
    (IWTSProtocolManager *This, WTS_SESSION_ID *SessionId, ULONG EventId);
} IWTSProtocolManagerVtbl;

struct IWTSProtocolManager {
    const IWTSProtocolManagerVtbl *lpVtbl;
};

#define IWTSProtocolManager_QueryInterface(This, riid, ppvObject)                                            \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolManager_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolManager_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolManager_CreateListener(This, wszListenerName, pProtocolListener)                         \
    ((This)->lpVtbl->CreateListener(This, wszListenerName, pProtocolListener))
#define IWTSProtocolManager_NotifyServiceStateChange(This, pTSServiceStateChange)                            \
    ((This)->lpVtbl->NotifyServiceStateChange(This, pTSServiceStateChange))
#define IWTSProtocolManager_NotifySessionOfServiceStart(This, SessionId)                                     \
    ((This)->lpVtbl->NotifySessionOfServiceStart(This, SessionId))
#define IWTSProtocolManager_NotifySessionOfServiceStop(This, SessionId)                                      \
    ((This)->lpVtbl->NotifySessionOfServiceStop(This, SessionId))
#define IWTSProtocolManager_NotifySessionStateChange(This, SessionId, EventId)                               \
    ((This)->lpVtbl->NotifySessionStateChange(This, SessionId, EventId))

#endif
