/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider's entry: the manager, the one class that the service creates by its CLSID, the
 * listeners that the manager makes, and the two objects of the service that these are given.
 * Inside any method of manager and listener nothing may call Remote Desktop Services (methods.md
 * 0).
 */
#ifndef RDSPROV_ABI_WRDSMANAGER_H
#define RDSPROV_ABI_WRDSMANAGER_H

#include "abi/wrdsconnection.h"
#include "abi/wrdssettings.h"

typedef struct IWRdsProtocolSettings IWRdsProtocolSettings;
typedef struct IWRdsProtocolListenerCallback IWRdsProtocolListenerCallback;
typedef struct IWRdsProtocolListener IWRdsProtocolListener;
typedef struct IWRdsProtocolManager IWRdsProtocolManager;

/*
 * Policy as the service knows it. Implemented by the service; only from threads of our own.
 * methods.md 12.
 */
ABI_GUID(IID_IWRdsProtocolSettings, 0x654A5A6A, 0x2550, 0x47EB, 0xB6, 0xF7, 0xEB, 0xD6, 0x37, 0x47, 0x52,
         0x65);

typedef struct IWRdsProtocolSettingsVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWRdsProtocolSettings *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolSettings *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolSettings *This);

    /* Machine or user group policy, or the account settings. methods.md 12. */
    HRESULT(STDMETHODCALLTYPE *GetSettings)
    (IWRdsProtocolSettings *This, WRDS_SETTING_TYPE WRdsSettingType, WRDS_SETTING_LEVEL WRdsSettingLevel,
     PWRDS_SETTINGS pWRdsSettings);

    /* Folds policy into the settings of a connection. methods.md 12. */
    HRESULT(STDMETHODCALLTYPE *MergeSettings)
    (IWRdsProtocolSettings *This, PWRDS_SETTINGS pWRdsSettings,
     WRDS_CONNECTION_SETTING_LEVEL WRdsConnectionSettingLevel,
     PWRDS_CONNECTION_SETTINGS pWRdsConnectionSettings);
} IWRdsProtocolSettingsVtbl;

struct IWRdsProtocolSettings {
    const IWRdsProtocolSettingsVtbl *lpVtbl;
};

#define IWRdsProtocolSettings_QueryInterface(This, riid, ppvObject)                                          \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolSettings_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolSettings_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolSettings_GetSettings(This, WRdsSettingType, WRdsSettingLevel, pWRdsSettings)            \
    ((This)->lpVtbl->GetSettings(This, WRdsSettingType, WRdsSettingLevel, pWRdsSettings))
#define IWRdsProtocolSettings_MergeSettings(This, pWRdsSettings, WRdsConnectionSettingLevel,                 \
                                            pWRdsConnectionSettings)                                         \
    ((This)->lpVtbl->MergeSettings(This, pWRdsSettings, WRdsConnectionSettingLevel, pWRdsConnectionSettings))

/* How a listener hands a client to the service. Implemented by the service. methods.md 3. */
ABI_GUID(IID_IWRdsProtocolListenerCallback, 0x3AB27E5B, 0x4449, 0x4DC1, 0xB7, 0x4A, 0x91, 0x62, 0x1D, 0x4F,
         0xE9, 0x84);

typedef struct IWRdsProtocolListenerCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsProtocolListenerCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolListenerCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolListenerCallback *This);

    /*
     * A client is there. Both level members of the settings must be 1. *pCallback comes with a
     * reference for the provider. The service may call the connection before this returns.
     * methods.md 3.
     */
    HRESULT(STDMETHODCALLTYPE *OnConnected)
    (IWRdsProtocolListenerCallback *This, IWRdsProtocolConnection *pConnection,
     PWRDS_CONNECTION_SETTINGS pWRdsConnectionSettings, IWRdsProtocolConnectionCallback **pCallback);
} IWRdsProtocolListenerCallbackVtbl;

struct IWRdsProtocolListenerCallback {
    const IWRdsProtocolListenerCallbackVtbl *lpVtbl;
};

#define IWRdsProtocolListenerCallback_QueryInterface(This, riid, ppvObject)                                  \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolListenerCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolListenerCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolListenerCallback_OnConnected(This, pConnection, pWRdsConnectionSettings, pCallback)     \
    ((This)->lpVtbl->OnConnected(This, pConnection, pWRdsConnectionSettings, pCallback))

/* One listener key of the registry. Implemented by the provider. methods.md 2. */
ABI_GUID(IID_IWRdsProtocolListener, 0xFCBC131B, 0xC686, 0x451D, 0xA7, 0x73, 0xE2, 0x79, 0xE2, 0x30, 0xF5,
         0x40);

typedef struct IWRdsProtocolListenerVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWRdsProtocolListener *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolListener *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolListener *This);

    /*
     * Settings of the listener at a level; E_NOTIMPL is the safe answer. methods.md 2.3, gaps.md 4.
     */
    HRESULT(STDMETHODCALLTYPE *GetSettings)
    (IWRdsProtocolListener *This, WRDS_LISTENER_SETTING_LEVEL WRdsListenerSettingLevel,
     PWRDS_LISTENER_SETTINGS pWRdsListenerSettings);

    /*
     * Begins to accept clients and keeps a reference to the callback; never blocks. methods.md 2.4.
     */
    HRESULT(STDMETHODCALLTYPE *StartListen)
    (IWRdsProtocolListener *This, IWRdsProtocolListenerCallback *pCallback);

    /* Accepts no more and drops the callback. methods.md 2.5. */
    HRESULT(STDMETHODCALLTYPE *StopListen)(IWRdsProtocolListener *This);
} IWRdsProtocolListenerVtbl;

struct IWRdsProtocolListener {
    const IWRdsProtocolListenerVtbl *lpVtbl;
};

#define IWRdsProtocolListener_QueryInterface(This, riid, ppvObject)                                          \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolListener_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolListener_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolListener_GetSettings(This, WRdsListenerSettingLevel, pWRdsListenerSettings)             \
    ((This)->lpVtbl->GetSettings(This, WRdsListenerSettingLevel, pWRdsListenerSettings))
#define IWRdsProtocolListener_StartListen(This, pCallback) ((This)->lpVtbl->StartListen(This, pCallback))
#define IWRdsProtocolListener_StopListen(This) ((This)->lpVtbl->StopListen(This))

/*
 * What the service creates from the CLSID of a listener. One per provider. Implemented by the
 * provider. methods.md 1.
 */
ABI_GUID(IID_IWRdsProtocolManager, 0xDC796967, 0x3ABB, 0x40CD, 0xA4, 0x46, 0x10, 0x52, 0x76, 0xB5, 0x89,
         0x50);

typedef struct IWRdsProtocolManagerVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWRdsProtocolManager *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolManager *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolManager *This);

    /*
     * The service's settings object, to be kept with a reference until Uninitialize, and settings
     * to be copied. methods.md 1.3, gaps.md 3.
     */
    HRESULT(STDMETHODCALLTYPE *Initialize)
    (IWRdsProtocolManager *This, IWRdsProtocolSettings *pIWRdsSettings, PWRDS_SETTINGS pWRdsSettings);

    /* One per listener; the name is that of its registry key. methods.md 1.4, gaps.md 2. */
    HRESULT(STDMETHODCALLTYPE *CreateListener)
    (IWRdsProtocolManager *This, WCHAR *wszListenerName, IWRdsProtocolListener **pProtocolListener);

    /* The service starts or stops, or drains (takes no new sessions). methods.md 1.5. */
    HRESULT(STDMETHODCALLTYPE *NotifyServiceStateChange)
    (IWRdsProtocolManager *This, WRDS_SERVICE_STATE *pTSServiceStateChange);

    /* The service has started, told for each session. methods.md 1.6. */
    HRESULT(STDMETHODCALLTYPE *NotifySessionOfServiceStart)
    (IWRdsProtocolManager *This, WRDS_SESSION_ID *SessionId);

    /* The service has stopped, told for each session. methods.md 1.7. */
    HRESULT(STDMETHODCALLTYPE *NotifySessionOfServiceStop)
    (IWRdsProtocolManager *This, WRDS_SESSION_ID *SessionId);

    /*
     * EventId is one of WTS_CONSOLE_CONNECT to WTS_SESSION_TERMINATE (wtsrelated.h). methods.md
     * 1.8.
     */
    HRESULT(STDMETHODCALLTYPE *NotifySessionStateChange)
    (IWRdsProtocolManager *This, WRDS_SESSION_ID *SessionId, ULONG EventId);

    /* Policy changed; settings to be copied. methods.md 1.9. */
    HRESULT(STDMETHODCALLTYPE *NotifySettingsChange)
    (IWRdsProtocolManager *This, PWRDS_SETTINGS pWRdsSettings);

    /* Undoes Initialize. methods.md 1.10. */
    HRESULT(STDMETHODCALLTYPE *Uninitialize)(IWRdsProtocolManager *This);
} IWRdsProtocolManagerVtbl;

struct IWRdsProtocolManager {
    const IWRdsProtocolManagerVtbl *lpVtbl;
};

#define IWRdsProtocolManager_QueryInterface(This, riid, ppvObject)                                           \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolManager_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolManager_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolManager_Initialize(This, pIWRdsSettings, pWRdsSettings)                                 \
    ((This)->lpVtbl->Initialize(This, pIWRdsSettings, pWRdsSettings))
#define IWRdsProtocolManager_CreateListener(This, wszListenerName, pProtocolListener)                        \
    ((This)->lpVtbl->CreateListener(This, wszListenerName, pProtocolListener))
#define IWRdsProtocolManager_NotifyServiceStateChange(This, pTSServiceStateChange)                           \
    ((This)->lpVtbl->NotifyServiceStateChange(This, pTSServiceStateChange))
#define IWRdsProtocolManager_NotifySessionOfServiceStart(This, SessionId)                                    \
    ((This)->lpVtbl->NotifySessionOfServiceStart(This, SessionId))
#define IWRdsProtocolManager_NotifySessionOfServiceStop(This, SessionId)                                     \
    ((This)->lpVtbl->NotifySessionOfServiceStop(This, SessionId))
#define IWRdsProtocolManager_NotifySessionStateChange(This, SessionId, EventId)                              \
    ((This)->lpVtbl->NotifySessionStateChange(This, SessionId, EventId))
#define IWRdsProtocolManager_NotifySettingsChange(This, pWRdsSettings)                                       \
    ((This)->lpVtbl->NotifySettingsChange(This, pWRdsSettings))
#define IWRdsProtocolManager_Uninitialize(This) ((This)->lpVtbl->Uninitialize(This))

#endif
