/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small objects of a connection of the legacy family: licensing, redirection of logon
 * messages, shadowing. Same slots as those of the newer family under other IIDs.
 */
#ifndef RDSPROV_ABI_WTSLEGACYOBJECTS_H
#define RDSPROV_ABI_WTSLEGACYOBJECTS_H

#include "abi/wtsdefs.h"

typedef struct IWTSProtocolLicenseConnection IWTSProtocolLicenseConnection;
typedef struct IWTSProtocolLogonErrorRedirector IWTSProtocolLogonErrorRedirector;
typedef struct IWTSProtocolShadowCallback IWTSProtocolShadowCallback;
typedef struct IWTSProtocolShadowConnection IWTSProtocolShadowConnection;

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
    const IWTSProtocolLicenseConnectionVtbl *lpVtbl;
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
    const IWTSProtocolLogonErrorRedirectorVtbl *lpVtbl;
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
    const IWTSProtocolShadowCallbackVtbl *lpVtbl;
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
    const IWTSProtocolShadowConnectionVtbl *lpVtbl;
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

#endif
