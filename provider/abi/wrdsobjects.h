/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small objects that a connection hands to the service on request: licensing, redirection of
 * logon messages, shadowing. The provider takes a reference for the service before it returns
 * one; the service releases it (methods.md 0).
 */
#ifndef RDSPROV_ABI_WRDSOBJECTS_H
#define RDSPROV_ABI_WRDSOBJECTS_H

#include "abi/wrdsdefs.h"

typedef struct IWRdsProtocolLicenseConnection IWRdsProtocolLicenseConnection;
typedef struct IWRdsProtocolLogonErrorRedirector IWRdsProtocolLogonErrorRedirector;
typedef struct IWRdsProtocolShadowCallback IWRdsProtocolShadowCallback;
typedef struct IWRdsProtocolShadowConnection IWRdsProtocolShadowConnection;

/*
 * Carries the licensing handshake between service and client. Implemented by the provider.
 * methods.md 7.
 */
ABI_GUID(IID_IWRdsProtocolLicenseConnection, 0x1D6A145F, 0xD095, 0x4424, 0x95, 0x7A, 0x40, 0x7F, 0xAE, 0x82,
         0x2D, 0x84);

typedef struct IWRdsProtocolLicenseConnectionVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsProtocolLicenseConnection *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolLicenseConnection *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolLicenseConnection *This);

    /*
     * Fills the caller's one buffer of WTS_LICENSE_CAPABILITIES (a single pointer, whatever its
     * name says); size in and out in bytes. methods.md 7.3, gaps.md 36.
     */
    HRESULT(STDMETHODCALLTYPE *RequestLicensingCapabilities)
    (IWRdsProtocolLicenseConnection *This, PWRDS_LICENSE_CAPABILITIES ppLicenseCapabilities,
     ULONG *pcbLicenseCapabilities);

    /* A message of the license server for the client. methods.md 7.4. */
    HRESULT(STDMETHODCALLTYPE *SendClientLicense)
    (IWRdsProtocolLicenseConnection *This, PBYTE pClientLicense, ULONG cbClientLicense);

    /*
     * Sends Reserve1 (Reserve2 bytes) to the client and copies its answer into the caller's buffer;
     * *pcbClientLicense is the room, then the length, in bytes. methods.md 7.5.
     */
    HRESULT(STDMETHODCALLTYPE *RequestClientLicense)
    (IWRdsProtocolLicenseConnection *This, PBYTE Reserve1, ULONG Reserve2, PBYTE ppClientLicense,
     ULONG *pcbClientLicense);

    /* Licensing is over; 1 means it succeeded. methods.md 7.6. */
    HRESULT(STDMETHODCALLTYPE *ProtocolComplete)(IWRdsProtocolLicenseConnection *This, ULONG ulComplete);
} IWRdsProtocolLicenseConnectionVtbl;

struct IWRdsProtocolLicenseConnection {
    const IWRdsProtocolLicenseConnectionVtbl *lpVtbl;
};

#define IWRdsProtocolLicenseConnection_QueryInterface(This, riid, ppvObject)                                 \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolLicenseConnection_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolLicenseConnection_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(This, ppLicenseCapabilities,             \
                                                                    pcbLicenseCapabilities)                  \
    ((This)->lpVtbl->RequestLicensingCapabilities(This, ppLicenseCapabilities, pcbLicenseCapabilities))
#define IWRdsProtocolLicenseConnection_SendClientLicense(This, pClientLicense, cbClientLicense)              \
    ((This)->lpVtbl->SendClientLicense(This, pClientLicense, cbClientLicense))
#define IWRdsProtocolLicenseConnection_RequestClientLicense(This, Reserve1, Reserve2, ppClientLicense,       \
                                                            pcbClientLicense)                                \
    ((This)->lpVtbl->RequestClientLicense(This, Reserve1, Reserve2, ppClientLicense, pcbClientLicense))
#define IWRdsProtocolLicenseConnection_ProtocolComplete(This, ulComplete)                                    \
    ((This)->lpVtbl->ProtocolComplete(This, ulComplete))

/*
 * Receives what LogonUI would show, so that the client can show it instead. Implemented by the
 * provider. methods.md 8.
 */
ABI_GUID(IID_IWRdsProtocolLogonErrorRedirector, 0x519FE83B, 0x142A, 0x4120, 0xA3, 0xD5, 0xA4, 0x05, 0xD3,
         0x15, 0x28, 0x1A);

typedef struct IWRdsProtocolLogonErrorRedirectorVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsProtocolLogonErrorRedirector *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolLogonErrorRedirector *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolLogonErrorRedirector *This);

    /* LogonUI begins to paint. methods.md 8. */
    HRESULT(STDMETHODCALLTYPE *OnBeginPainting)(IWRdsProtocolLogonErrorRedirector *This);

    /* A status text. *pResponse is always written. methods.md 8. */
    HRESULT(STDMETHODCALLTYPE *RedirectStatus)
    (IWRdsProtocolLogonErrorRedirector *This, LPCWSTR pszMessage,
     WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *pResponse);

    /* A message box (uType as in MessageBox). *pResponse is always written. methods.md 8. */
    HRESULT(STDMETHODCALLTYPE *RedirectMessage)
    (IWRdsProtocolLogonErrorRedirector *This, LPCWSTR pszCaption, LPCWSTR pszMessage, UINT uType,
     WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *pResponse);

    /*
     * A failed logon as NTSTATUS pair and text; the only method that may answer START_OVER.
     * methods.md 8.
     */
    HRESULT(STDMETHODCALLTYPE *RedirectLogonError)
    (IWRdsProtocolLogonErrorRedirector *This, LONG ntsStatus, LONG ntsSubstatus, LPCWSTR pszCaption,
     LPCWSTR pszMessage, UINT uType, WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE *pResponse);
} IWRdsProtocolLogonErrorRedirectorVtbl;

struct IWRdsProtocolLogonErrorRedirector {
    const IWRdsProtocolLogonErrorRedirectorVtbl *lpVtbl;
};

#define IWRdsProtocolLogonErrorRedirector_QueryInterface(This, riid, ppvObject)                              \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolLogonErrorRedirector_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolLogonErrorRedirector_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolLogonErrorRedirector_OnBeginPainting(This) ((This)->lpVtbl->OnBeginPainting(This))
#define IWRdsProtocolLogonErrorRedirector_RedirectStatus(This, pszMessage, pResponse)                        \
    ((This)->lpVtbl->RedirectStatus(This, pszMessage, pResponse))
#define IWRdsProtocolLogonErrorRedirector_RedirectMessage(This, pszCaption, pszMessage, uType, pResponse)    \
    ((This)->lpVtbl->RedirectMessage(This, pszCaption, pszMessage, uType, pResponse))
#define IWRdsProtocolLogonErrorRedirector_RedirectLogonError(This, ntsStatus, ntsSubstatus, pszCaption,      \
                                                             pszMessage, uType, pResponse)                   \
    ((This)->lpVtbl->RedirectLogonError(This, ntsStatus, ntsSubstatus, pszCaption, pszMessage, uType,        \
                                        pResponse))

/* How a shadowing provider talks back. Implemented by the service. methods.md 11. */
ABI_GUID(IID_IWRdsProtocolShadowCallback, 0xE0667CE0, 0x0372, 0x40D6, 0xAD, 0xB2, 0xA0, 0xF3, 0x32, 0x26,
         0x74, 0xD6);

typedef struct IWRdsProtocolShadowCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsProtocolShadowCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolShadowCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolShadowCallback *This);

    /* Shadowing ended on the side of the provider. methods.md 11. */
    HRESULT(STDMETHODCALLTYPE *StopShadow)(IWRdsProtocolShadowCallback *This);

    /*
     * Asks the service to carry four opaque blobs (sizes in bytes) to the service of the target,
     * which calls DoTarget there; no server name means this one. methods.md 11.
     */
    HRESULT(STDMETHODCALLTYPE *InvokeTargetShadow)
    (IWRdsProtocolShadowCallback *This, WCHAR *pTargetServerName, ULONG TargetSessionId, PBYTE pParam1,
     DWORD Param1Size, PBYTE pParam2, DWORD Param2Size, PBYTE pParam3, DWORD Param3Size, PBYTE pParam4,
     DWORD Param4Size, WCHAR *pClientName);
} IWRdsProtocolShadowCallbackVtbl;

struct IWRdsProtocolShadowCallback {
    const IWRdsProtocolShadowCallbackVtbl *lpVtbl;
};

#define IWRdsProtocolShadowCallback_QueryInterface(This, riid, ppvObject)                                    \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolShadowCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolShadowCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolShadowCallback_StopShadow(This) ((This)->lpVtbl->StopShadow(This))
#define IWRdsProtocolShadowCallback_InvokeTargetShadow(This, pTargetServerName, TargetSessionId, pParam1,    \
                                                       Param1Size, pParam2, Param2Size, pParam3, Param3Size, \
                                                       pParam4, Param4Size, pClientName)                     \
    ((This)->lpVtbl->InvokeTargetShadow(This, pTargetServerName, TargetSessionId, pParam1, Param1Size,       \
                                        pParam2, Param2Size, pParam3, Param3Size, pParam4, Param4Size,       \
                                        pClientName))

/* One end of a shadowing. Implemented by the provider. methods.md 11. */
ABI_GUID(IID_IWRdsProtocolShadowConnection, 0x9AE85CE6, 0xCADE, 0x4548, 0x8F, 0xEB, 0x99, 0x01, 0x65, 0x97,
         0xF6, 0x0A);

typedef struct IWRdsProtocolShadowConnectionVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsProtocolShadowConnection *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolShadowConnection *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolShadowConnection *This);

    /*
     * Shadowing begins; the hot key (virtual key and modifiers) ends it. A reference to the
     * callback is kept until Stop. methods.md 11, gaps.md 46.
     */
    HRESULT(STDMETHODCALLTYPE *Start)
    (IWRdsProtocolShadowConnection *This, WCHAR *pTargetServerName, DWORD TargetSessionId, BYTE HotKeyVk,
     USHORT HotkeyModifiers, IWRdsProtocolShadowCallback *pShadowCallback);

    /* Shadowing is over. An error drops the connection. methods.md 11. */
    HRESULT(STDMETHODCALLTYPE *Stop)(IWRdsProtocolShadowConnection *This);

    /*
     * Begins the target side with the four blobs that the shadowing side sent (sizes in bytes).
     * methods.md 11.
     */
    HRESULT(STDMETHODCALLTYPE *DoTarget)
    (IWRdsProtocolShadowConnection *This, PBYTE pParam1, DWORD Param1Size, PBYTE pParam2, DWORD Param2Size,
     PBYTE pParam3, DWORD Param3Size, PBYTE pParam4, DWORD Param4Size, WCHAR *pClientName);
} IWRdsProtocolShadowConnectionVtbl;

struct IWRdsProtocolShadowConnection {
    const IWRdsProtocolShadowConnectionVtbl *lpVtbl;
};

#define IWRdsProtocolShadowConnection_QueryInterface(This, riid, ppvObject)                                  \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolShadowConnection_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolShadowConnection_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolShadowConnection_Start(This, pTargetServerName, TargetSessionId, HotKeyVk,              \
                                            HotkeyModifiers, pShadowCallback)                                \
    ((This)->lpVtbl->Start(This, pTargetServerName, TargetSessionId, HotKeyVk, HotkeyModifiers,              \
                           pShadowCallback))
#define IWRdsProtocolShadowConnection_Stop(This) ((This)->lpVtbl->Stop(This))
#define IWRdsProtocolShadowConnection_DoTarget(This, pParam1, Param1Size, pParam2, Param2Size, pParam3,      \
                                               Param3Size, pParam4, Param4Size, pClientName)                 \
    ((This)->lpVtbl->DoTarget(This, pParam1, Param1Size, pParam2, Param2Size, pParam3, Param3Size, pParam4,  \
                              Param4Size, pClientName))

#endif
