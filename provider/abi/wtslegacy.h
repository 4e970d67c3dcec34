/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The family of Windows Server 2008 R2. Services since 2012 load it no more. It resembles the
 * newer family but is not binary compatible with it: slots are shifted, and slot 7 of the
 * connection callback is another method.
 */
#ifndef RDSPROV_ABI_WTSLEGACY_H
#define RDSPROV_ABI_WTSLEGACY_H

#include "abi/wtsdefs.h"

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

typedef struct IWTSProtocolLicenseConnection IWTSProtocolLicenseConnection;
typedef struct IWTSProtocolLogonErrorRedirector IWTSProtocolLogonErrorRedirector;
typedef struct IWTSProtocolShadowCallback IWTSProtocolShadowCallback;
typedef struct IWTSProtocolShadowConnection IWTSProtocolShadowConnection;
typedef struct IWTSProtocolConnectionCallback IWTSProtocolConnectionCallback;
typedef struct IWTSProtocolConnection IWTSProtocolConnection;
typedef struct IWTSProtocolListenerCallback IWTSProtocolListenerCallback;
typedef struct IWTSProtocolListener IWTSProtocolListener;
typedef struct IWTSProtocolManager IWTSProtocolManager;

/*
 * Carries the licensing handshake between service and client. Implemented by the provider.
 * methods.md 7.
 */
ABI_GUID(IID_IWTSProtocolLicenseConnection, 0x23083765, 0x178C, 0x4079, 0x8E, 0x4A, 0xFE, 0xA6, 0x49, 0x6A,
         0x4D, 0x70);

typedef struct IWTSProtocolLicenseConnectionVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSProtocolLicenseConnection *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolLicenseConnection *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolLicenseConnection *This);

    /*
     * Fills the caller's one buffer of WTS_LICENSE_CAPABILITIES (a single pointer, whatever its
     * name says); size in and out in bytes. methods.md 7.3, gaps.md 36.
     */
    HRESULT(STDMETHODCALLTYPE *RequestLicensingCapabilities)
    (IWTSProtocolLicenseConnection *This, PWTS_LICENSE_CAPABILITIES ppLicenseCapabilities,
     ULONG *pcbLicenseCapabilities);

    /* A message of the license server for the client. methods.md 7.4. */
    HRESULT(STDMETHODCALLTYPE *SendClientLicense)
    (IWTSProtocolLicenseConnection *This, PBYTE pClientLicense, ULONG cbClientLicense);

    /*
     * Sends Reserve1 (Reserve2 bytes) to the client and copies its answer into the caller's buffer;
     * *pcbClientLicense is the room, then the length, in bytes. methods.md 7.5.
     */
    HRESULT(STDMETHODCALLTYPE *RequestClientLicense)
    (IWTSProtocolLicenseConnection *This, PBYTE Reserve1, ULONG Reserve2, PBYTE ppClientLicense,
     ULONG *pcbClientLicense);

    /* Licensing is over; 1 means it succeeded. methods.md 7.6. */
    HRESULT(STDMETHODCALLTYPE *ProtocolComplete)(IWTSProtocolLicenseConnection *This, ULONG ulComplete);
} IWTSProtocolLicenseConnectionVtbl;

struct IWTSProtocolLicenseConnection {
    CONST_VTBL IWTSProtocolLicenseConnectionVtbl *lpVtbl;
};

#define IWTSProtocolLicenseConnection_QueryInterface(This, riid, ppvObject)                                  \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolLicenseConnection_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolLicenseConnection_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolLicenseConnection_RequestLicensingCapabilities(This, ppLicenseCapabilities,              \
                                                                   pcbLicenseCapabilities)                   \
    ((This)->lpVtbl->RequestLicensingCapabilities(This, ppLicenseCapabilities, pcbLicenseCapabilities))
#define IWTSProtocolLicenseConnection_SendClientLicense(This, pClientLicense, cbClientLicense)               \
    ((This)->lpVtbl->SendClientLicense(This, pClientLicense, cbClientLicense))
#define IWTSProtocolLicenseConnection_RequestClientLicense(This, Reserve1, Reserve2, ppClientLicense,        \
                                                           pcbClientLicense)                                 \
    ((This)->lpVtbl->RequestClientLicense(This, Reserve1, Reserve2, ppClientLicense, pcbClientLicense))
#define IWTSProtocolLicenseConnection_ProtocolComplete(This, ulComplete)                                     \
    ((This)->lpVtbl->ProtocolComplete(This, ulComplete))

/*
 * Receives what LogonUI would show, so that the client can show it instead. Implemented by the
 * provider. methods.md 8.
 */
ABI_GUID(IID_IWTSProtocolLogonErrorRedirector, 0xFD9B61A7, 0x2916, 0x4627, 0x8D, 0xEE, 0x43, 0x28, 0x71, 0x1A,
         0xD6, 0xCB);

typedef struct IWTSProtocolLogonErrorRedirectorVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSProtocolLogonErrorRedirector *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolLogonErrorRedirector *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolLogonErrorRedirector *This);

    /* LogonUI begins to paint. methods.md 8. */
    HRESULT(STDMETHODCALLTYPE *OnBeginPainting)(IWTSProtocolLogonErrorRedirector *This);

    /* A status text. *pResponse is always written. methods.md 8. */
    HRESULT(STDMETHODCALLTYPE *RedirectStatus)
    (IWTSProtocolLogonErrorRedirector *This, LPCWSTR pszMessage,
     WTS_LOGON_ERROR_REDIRECTOR_RESPONSE *pResponse);

    /* A message box (uType as in MessageBox). *pResponse is always written. methods.md 8. */
    HRESULT(STDMETHODCALLTYPE *RedirectMessage)
    (IWTSProtocolLogonErrorRedirector *This, LPCWSTR pszCaption, LPCWSTR pszMessage, UINT uType,
     WTS_LOGON_ERROR_REDIRECTOR_RESPONSE *pResponse);

    /*
     * A failed logon as NTSTATUS pair and text; the only method that may answer START_OVER.
     * methods.md 8.
     */
    HRESULT(STDMETHODCALLTYPE *RedirectLogonError)
    (IWTSProtocolLogonErrorRedirector *This, LONG ntsStatus, LONG ntsSubstatus, LPCWSTR pszCaption,
     LPCWSTR pszMessage, UINT uType, WTS_LOGON_ERROR_REDIRECTOR_RESPONSE *pResponse);
} IWTSProtocolLogonErrorRedirectorVtbl;

struct IWTSProtocolLogonErrorRedirector {
    CONST_VTBL IWTSProtocolLogonErrorRedirectorVtbl *lpVtbl;
};

#define IWTSProtocolLogonErrorRedirector_QueryInterface(This, riid, ppvObject)                               \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolLogonErrorRedirector_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolLogonErrorRedirector_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolLogonErrorRedirector_OnBeginPainting(This) ((This)->lpVtbl->OnBeginPainting(This))
#define IWTSProtocolLogonErrorRedirector_RedirectStatus(This, pszMessage, pResponse)                         \
    ((This)->lpVtbl->RedirectStatus(This, pszMessage, pResponse))
#define IWTSProtocolLogonErrorRedirector_RedirectMessage(This, pszCaption, pszMessage, uType, pResponse)     \
    ((This)->lpVtbl->RedirectMessage(This, pszCaption, pszMessage, uType, pResponse))
#define IWTSProtocolLogonErrorRedirector_RedirectLogonError(This, ntsStatus, ntsSubstatus, pszCaption,       \
                                                            pszMessage, uType, pResponse)                    \
    ((This)->lpVtbl->RedirectLogonError(This, ntsStatus, ntsSubstatus, pszCaption, pszMessage, uType,        \
                                        pResponse))

/* How a shadowing provider talks back. Implemented by the service. methods.md 11. */
ABI_GUID(IID_IWTSProtocolShadowCallback, 0x503A2504, 0xAAE5, 0x4AB1, 0x93, 0xE0, 0x6D, 0x1C, 0x4B, 0xC6, 0xF7,
         0x1A);

typedef struct IWTSProtocolShadowCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSProtocolShadowCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolShadowCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolShadowCallback *This);

    /* Shadowing ended on the side of the provider. methods.md 11. */
    HRESULT(STDMETHODCALLTYPE *StopShadow)(IWTSProtocolShadowCallback *This);

    /*
     * Asks the service to carry four opaque blobs (sizes in bytes) to the service of the target,
     * which calls DoTarget there; no server name means this one. methods.md 11.
     */
    HRESULT(STDMETHODCALLTYPE *InvokeTargetShadow)
    (IWTSProtocolShadowCallback *This, WCHAR *pTargetServerName, ULONG TargetSessionId, PBYTE pParam1,
     DWORD Param1Size, PBYTE pParam2, DWORD Param2Size, PBYTE pParam3, DWORD Param3Size, PBYTE pParam4,
     DWORD Param4Size, WCHAR *pClientName);
} IWTSProtocolShadowCallbackVtbl;

struct IWTSProtocolShadowCallback {
    CONST_VTBL IWTSProtocolShadowCallbackVtbl *lpVtbl;
};

#define IWTSProtocolShadowCallback_QueryInterface(This, riid, ppvObject)                                     \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolShadowCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolShadowCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolShadowCallback_StopShadow(This) ((This)->lpVtbl->StopShadow(This))
#define IWTSProtocolShadowCallback_InvokeTargetShadow(This, pTargetServerName, TargetSessionId, pParam1,     \
                                                      Param1Size, pParam2, Param2Size, pParam3, Param3Size,  \
                                                      pParam4, Param4Size, pClientName)                      \
    ((This)->lpVtbl->InvokeTargetShadow(This, pTargetServerName, TargetSessionId, pParam1, Param1Size,       \
                                        pParam2, Param2Size, pParam3, Param3Size, pParam4, Param4Size,       \
                                        pClientName))

/* One end of a shadowing. Implemented by the provider. methods.md 11. */
ABI_GUID(IID_IWTSProtocolShadowConnection, 0xEE3B0C14, 0x37FB, 0x456B, 0xBA, 0xB3, 0x6D, 0x6C, 0xD5, 0x1E,
         0x13, 0xBF);

typedef struct IWTSProtocolShadowConnectionVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSProtocolShadowConnection *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSProtocolShadowConnection *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSProtocolShadowConnection *This);

    /*
     * Shadowing begins; the hot key (virtual key and modifiers) ends it. A reference to the
     * callback is kept until Stop. methods.md 11, gaps.md 46.
     */
    HRESULT(STDMETHODCALLTYPE *Start)
    (IWTSProtocolShadowConnection *This, WCHAR *pTargetServerName, DWORD TargetSessionId, BYTE HotKeyVk,
     USHORT HotkeyModifiers, IWTSProtocolShadowCallback *pShadowCallback);

    /* Shadowing is over. An error drops the connection. methods.md 11. */
    HRESULT(STDMETHODCALLTYPE *Stop)(IWTSProtocolShadowConnection *This);

    /*
     * Begins the target side with the four blobs that the shadowing side sent (sizes in bytes).
     * methods.md 11.
     */
    HRESULT(STDMETHODCALLTYPE *DoTarget)
    (IWTSProtocolShadowConnection *This, PBYTE pParam1, DWORD Param1Size, PBYTE pParam2, DWORD Param2Size,
     PBYTE pParam3, DWORD Param3Size, PBYTE pParam4, DWORD Param4Size, WCHAR *pClientName);
} IWTSProtocolShadowConnectionVtbl;

struct IWTSProtocolShadowConnection {
    CONST_VTBL IWTSProtocolShadowConnectionVtbl *lpVtbl;
};

#define IWTSProtocolShadowConnection_QueryInterface(This, riid, ppvObject)                                   \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSProtocolShadowConnection_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSProtocolShadowConnection_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSProtocolShadowConnection_Start(This, pTargetServerName, TargetSessionId, HotKeyVk,               \
                                           HotkeyModifiers, pShadowCallback)                                 \
    ((This)->lpVtbl->Start(This, pTargetServerName, TargetSessionId, HotKeyVk, HotkeyModifiers,              \
                           pShadowCallback))
#define IWTSProtocolShadowConnection_Stop(This) ((This)->lpVtbl->Stop(This))
#define IWTSProtocolShadowConnection_DoTarget(This, pParam1, Param1Size, pParam2, Param2Size, pParam3,       \
                                              Param3Size, pParam4, Param4Size, pClientName)                  \
    ((This)->lpVtbl->DoTarget(This, pParam1, Param1Size, pParam2, Param2Size, pParam3, Param3Size, pParam4,  \
                              Param4Size, pClientName))

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
    CONST_VTBL IWTSProtocolConnectionCallbackVtbl *lpVtbl;
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
#define IWTSProtocolConnectionCallback_DisplayIOCtl(This, DisplayIOCtl)                                      \
    ((This)->lpVtbl->DisplayIOCtl(This, DisplayIOCtl))

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
    CONST_VTBL IWTSProtocolConnectionVtbl *lpVtbl;
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
    CONST_VTBL IWTSProtocolListenerCallbackVtbl *lpVtbl;
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
    CONST_VTBL IWTSProtocolListenerVtbl *lpVtbl;
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
    CONST_VTBL IWTSProtocolManagerVtbl *lpVtbl;
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
