/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces that a newer service asks a connection for by QueryInterface; a connection without
 * them answers E_NOINTERFACE and still works. All are facets of the connection object and share
 * its identity and count (methods.md 9).
 */
#ifndef RDSPROV_ABI_WRDSOPTIONAL_H
#define RDSPROV_ABI_WRDSOPTIONAL_H

#include "abi/wrdsconnection.h"

typedef struct IWRdsWddmIddProps IWRdsWddmIddProps;
typedef struct IWRdsWddmIddProps1 IWRdsWddmIddProps1;
typedef struct IWRdsProtocolConnectionSettings IWRdsProtocolConnectionSettings;
typedef struct IWRdsEnhancedFastReconnectArbitrator IWRdsEnhancedFastReconnectArbitrator;
typedef struct IWRdsProtocolConnection2 IWRdsProtocolConnection2;

/* The indirect display driver of a session. Server 2019 and later. methods.md 9. */
ABI_GUID(IID_IWRdsWddmIddProps, 0x1382DF4D, 0xA289, 0x43D1, 0xA1, 0x84, 0x14, 0x47, 0x26, 0xF9, 0xAF, 0x90);

typedef struct IWRdsWddmIddPropsVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWRdsWddmIddProps *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsWddmIddProps *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsWddmIddProps *This);

    /*
     * Writes the hardware id from the INF of the driver, with NUL, into a buffer of Count
     * characters. methods.md 9, gaps.md 42.
     */
    HRESULT(STDMETHODCALLTYPE *GetHardwareId)
    (IWRdsWddmIddProps *This, WCHAR *pDisplayDriverHardwareId, DWORD Count);

    /*
     * The driver runs in the session. The handle belongs to the provider now, which closes it.
     * methods.md 9.
     */
    HRESULT(STDMETHODCALLTYPE *OnDriverLoad)
    (IWRdsWddmIddProps *This, ULONG SessionId, HANDLE_PTR DriverHandle);

    /* The driver was removed. methods.md 9. */
    HRESULT(STDMETHODCALLTYPE *OnDriverUnload)(IWRdsWddmIddProps *This, ULONG SessionId);

    /*
     * Whether the service uses an indirect display driver at all; TRUE on current systems.
     * methods.md 9.
     */
    HRESULT(STDMETHODCALLTYPE *EnableWddmIdd)(IWRdsWddmIddProps *This, BOOL Enabled);
} IWRdsWddmIddPropsVtbl;

struct IWRdsWddmIddProps {
    const IWRdsWddmIddPropsVtbl *lpVtbl;
};

#define IWRdsWddmIddProps_QueryInterface(This, riid, ppvObject)                                              \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsWddmIddProps_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsWddmIddProps_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsWddmIddProps_GetHardwareId(This, pDisplayDriverHardwareId, Count)                               \
    ((This)->lpVtbl->GetHardwareId(This, pDisplayDriverHardwareId, Count))
#define IWRdsWddmIddProps_OnDriverLoad(This, SessionId, DriverHandle)                                        \
    ((This)->lpVtbl->OnDriverLoad(This, SessionId, DriverHandle))
#define IWRdsWddmIddProps_OnDriverUnload(This, SessionId) ((This)->lpVtbl->OnDriverUnload(This, SessionId))
#define IWRdsWddmIddProps_EnableWddmIdd(This, Enabled) ((This)->lpVtbl->EnableWddmIdd(This, Enabled))

/*
 * The same for builds of the 26100 era, which ask for this one when both are offered. Not derived
 * from the older one. methods.md 9, gaps.md 40.
 */
ABI_GUID(IID_IWRdsWddmIddProps1, 0x60F71B1A, 0x3682, 0x4BC7, 0x99, 0x7E, 0x4E, 0x4F, 0x02, 0xA0, 0x81, 0x48);

typedef struct IWRdsWddmIddProps1Vtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWRdsWddmIddProps1 *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsWddmIddProps1 *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsWddmIddProps1 *This);

    /*
     * Writes the hardware id from the INF of the driver, with NUL, into a buffer of Count
     * characters. methods.md 9.
     */
    HRESULT(STDMETHODCALLTYPE *GetHardwareId)
    (IWRdsWddmIddProps1 *This, WCHAR *pDisplayDriverHardwareId, DWORD Count);

    /*
     * The driver runs in the session; the provider opens the device instance itself. methods.md 9.
     */
    HRESULT(STDMETHODCALLTYPE *OnDriverLoad)
    (IWRdsWddmIddProps1 *This, ULONG SessionId, LPCWSTR DeviceInstance);

    /* The driver was removed. methods.md 9. */
    HRESULT(STDMETHODCALLTYPE *OnDriverUnload)(IWRdsWddmIddProps1 *This, ULONG SessionId);
} IWRdsWddmIddProps1Vtbl;

struct IWRdsWddmIddProps1 {
    const IWRdsWddmIddProps1Vtbl *lpVtbl;
};

#define IWRdsWddmIddProps1_QueryInterface(This, riid, ppvObject)                                             \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsWddmIddProps1_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsWddmIddProps1_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsWddmIddProps1_GetHardwareId(This, pDisplayDriverHardwareId, Count)                              \
    ((This)->lpVtbl->GetHardwareId(This, pDisplayDriverHardwareId, Count))
#define IWRdsWddmIddProps1_OnDriverLoad(This, SessionId, DeviceInstance)                                     \
    ((This)->lpVtbl->OnDriverLoad(This, SessionId, DeviceInstance))
#define IWRdsWddmIddProps1_OnDriverUnload(This, SessionId) ((This)->lpVtbl->OnDriverUnload(This, SessionId))

/*
 * Single settings of a connection by GUID (CONNECTION_PROPERTY_*). Who implements it is not
 * documented. methods.md 9, gaps.md 43.
 */
ABI_GUID(IID_IWRdsProtocolConnectionSettings, 0x83FCF5D3, 0xF6F4, 0xEA94, 0x9C, 0xD2, 0x32, 0xF2, 0x80, 0xE1,
         0xE5, 0x10);

typedef struct IWRdsProtocolConnectionSettingsVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsProtocolConnectionSettings *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolConnectionSettings *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolConnectionSettings *This);

    /* Sets the property, which is passed by value. methods.md 9. */
    HRESULT(STDMETHODCALLTYPE *SetConnectionSetting)
    (IWRdsProtocolConnectionSettings *This, GUID PropertyID, PWTS_PROPERTY_VALUE pPropertyEntriesIn);

    /* Reads the property, which is passed by value. methods.md 9. */
    HRESULT(STDMETHODCALLTYPE *GetConnectionSetting)
    (IWRdsProtocolConnectionSettings *This, GUID PropertyID, PWTS_PROPERTY_VALUE pPropertyEntriesOut);
} IWRdsProtocolConnectionSettingsVtbl;

struct IWRdsProtocolConnectionSettings {
    const IWRdsProtocolConnectionSettingsVtbl *lpVtbl;
};

#define IWRdsProtocolConnectionSettings_QueryInterface(This, riid, ppvObject)                                \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolConnectionSettings_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolConnectionSettings_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolConnectionSettings_SetConnectionSetting(This, PropertyID, pPropertyEntriesIn)           \
    ((This)->lpVtbl->SetConnectionSetting(This, PropertyID, pPropertyEntriesIn))
#define IWRdsProtocolConnectionSettings_GetConnectionSetting(This, PropertyID, pPropertyEntriesOut)          \
    ((This)->lpVtbl->GetConnectionSetting(This, PropertyID, pPropertyEntriesOut))

/*
 * Chooses the session to return to; matters only when fast reconnect 2 was answered. methods.md 9,
 * gaps.md 44.
 */
ABI_GUID(IID_IWRdsEnhancedFastReconnectArbitrator, 0x5718AE9B, 0x47F2, 0x499F, 0xB6, 0x34, 0xD8, 0x17, 0x5B,
         0xD5, 0x11, 0x31);

typedef struct IWRdsEnhancedFastReconnectArbitratorVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsEnhancedFastReconnectArbitrator *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsEnhancedFastReconnectArbitrator *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsEnhancedFastReconnectArbitrator *This);

    /* Picks one of the user's dwSessionCount sessions. methods.md 9. */
    HRESULT(STDMETHODCALLTYPE *GetSessionForEnhancedFastReconnect)
    (IWRdsEnhancedFastReconnectArbitrator *This, LONG *pSessionIdArray, DWORD dwSessionCount,
     LONG *pResultSessionId);
} IWRdsEnhancedFastReconnectArbitratorVtbl;

struct IWRdsEnhancedFastReconnectArbitrator {
    const IWRdsEnhancedFastReconnectArbitratorVtbl *lpVtbl;
};

#define IWRdsEnhancedFastReconnectArbitrator_QueryInterface(This, riid, ppvObject)                           \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsEnhancedFastReconnectArbitrator_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsEnhancedFastReconnectArbitrator_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsEnhancedFastReconnectArbitrator_GetSessionForEnhancedFastReconnect(                             \
    This, pSessionIdArray, dwSessionCount, pResultSessionId)                                                 \
    ((This)->lpVtbl->GetSessionForEnhancedFastReconnect(This, pSessionIdArray, dwSessionCount,               \
                                                        pResultSessionId))

/* A connection with one more slot. To be answered only when the method works. methods.md 9. */
ABI_GUID(IID_IWRdsProtocolConnection2, 0xC2BD9B66, 0x4A76, 0x4701, 0xB6, 0xA3, 0xBF, 0xAF, 0xC1, 0x48, 0x21,
         0x69);

typedef struct IWRdsProtocolConnection2Vtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWRdsProtocolConnection2 *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsProtocolConnection2 *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsProtocolConnection2 *This);

    /* the slots of IWRdsProtocolConnection */
    HRESULT(STDMETHODCALLTYPE *GetLogonErrorRedirector)
    (IWRdsProtocolConnection2 *This, IWRdsProtocolLogonErrorRedirector **ppLogonErrorRedir);
    HRESULT(STDMETHODCALLTYPE *AcceptConnection)(IWRdsProtocolConnection2 *This);
    HRESULT(STDMETHODCALLTYPE *GetClientData)(IWRdsProtocolConnection2 *This, WRDS_CLIENT_DATA *pClientData);
    HRESULT(STDMETHODCALLTYPE *GetClientMonitorData)
    (IWRdsProtocolConnection2 *This, UINT *pNumMonitors, UINT *pPrimaryMonitor);
    HRESULT(STDMETHODCALLTYPE *GetUserCredentials)
    (IWRdsProtocolConnection2 *This, WRDS_USER_CREDENTIAL *pUserCreds);
    HRESULT(STDMETHODCALLTYPE *GetLicenseConnection)
    (IWRdsProtocolConnection2 *This, IWRdsProtocolLicenseConnection **ppLicenseConnection);
    HRESULT(STDMETHODCALLTYPE *AuthenticateClientToSession)
    (IWRdsProtocolConnection2 *This, WRDS_SESSION_ID *SessionId);
    HRESULT(STDMETHODCALLTYPE *NotifySessionId)
    (IWRdsProtocolConnection2 *This, WRDS_SESSION_ID *SessionId, HANDLE_PTR SessionHandle);
    HRESULT(STDMETHODCALLTYPE *GetInputHandles)
    (IWRdsProtocolConnection2 *This, HANDLE_PTR *pKeyboardHandle, HANDLE_PTR *pMouseHandle,
     HANDLE_PTR *pBeepHandle);
    HRESULT(STDMETHODCALLTYPE *GetVideoHandle)(IWRdsProtocolConnection2 *This, HANDLE_PTR *pVideoHandle);
    HRESULT(STDMETHODCALLTYPE *ConnectNotify)(IWRdsProtocolConnection2 *This, ULONG SessionId);
    HRESULT(STDMETHODCALLTYPE *IsUserAllowedToLogon)
    (IWRdsProtocolConnection2 *This, ULONG SessionId, HANDLE_PTR UserToken, WCHAR *pDomainName,
     WCHAR *pUserName);
    HRESULT(STDMETHODCALLTYPE *SessionArbitrationEnumeration)
    (IWRdsProtocolConnection2 *This, HANDLE_PTR hUserToken, BOOL bSingleSessionPerUserEnabled,
     ULONG *pSessionIdArray, ULONG *pdwSessionIdentifierCount);
    HRESULT(STDMETHODCALLTYPE *LogonNotify)
    (IWRdsProtocolConnection2 *This, HANDLE_PTR hClientToken, WCHAR *wszUserName, WCHAR *wszDomainName,
     WRDS_SESSION_ID *SessionId, PWRDS_CONNECTION_SETTINGS pWRdsConnectionSettings);
    HRESULT(STDMETHODCALLTYPE *PreDisconnect)(IWRdsProtocolConnection2 *This, ULONG DisconnectReason);
    HRESULT(STDMETHODCALLTYPE *DisconnectNotify)(IWRdsProtocolConnection2 *This);
    HRESULT(STDMETHODCALLTYPE *Close)(IWRdsProtocolConnection2 *This);
    HRESULT(STDMETHODCALLTYPE *GetProtocolStatus)
    (IWRdsProtocolConnection2 *This, WRDS_PROTOCOL_STATUS *pProtocolStatus);
    HRESULT(STDMETHODCALLTYPE *GetLastInputTime)(IWRdsProtocolConnection2 *This, ULONG64 *pLastInputTime);
    HRESULT(STDMETHODCALLTYPE *SetErrorInfo)(IWRdsProtocolConnection2 *This, ULONG ulError);
    HRESULT(STDMETHODCALLTYPE *CreateVirtualChannel)
    (IWRdsProtocolConnection2 *This, CHAR *szEndpointName, BOOL bStatic, ULONG RequestedPriority,
     ULONG_PTR *phChannel);
    HRESULT(STDMETHODCALLTYPE *QueryProperty)
    (IWRdsProtocolConnection2 *This, GUID QueryType, ULONG ulNumEntriesIn, ULONG ulNumEntriesOut,
     PWRDS_PROPERTY_VALUE pPropertyEntriesIn, PWRDS_PROPERTY_VALUE pPropertyEntriesOut);
    HRESULT(STDMETHODCALLTYPE *GetShadowConnection)
    (IWRdsProtocolConnection2 *This, IWRdsProtocolShadowConnection **ppShadowConnection);
    HRESULT(STDMETHODCALLTYPE *NotifyCommandProcessCreated)(IWRdsProtocolConnection2 *This, ULONG SessionId);

    /*
     * Hands over a credential that the service frees with WTSFreeMemoryEx
     * (WTSTypeSerializedUserCredential). methods.md 9.
     */
    HRESULT(STDMETHODCALLTYPE *GetSerializedUserCredential)
    (IWRdsProtocolConnection2 *This, WRDS_SERIALIZED_USER_CREDENTIAL **userCredential);
} IWRdsProtocolConnection2Vtbl;

struct IWRdsProtocolConnection2 {
    const IWRdsProtocolConnection2Vtbl *lpVtbl;
};

#define IWRdsProtocolConnection2_QueryInterface(This, riid, ppvObject)                                       \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsProtocolConnection2_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsProtocolConnection2_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsProtocolConnection2_GetLogonErrorRedirector(This, ppLogonErrorRedir)                            \
    ((This)->lpVtbl->GetLogonErrorRedirector(This, ppLogonErrorRedir))
#define IWRdsProtocolConnection2_AcceptConnection(This) ((This)->lpVtbl->AcceptConnection(This))
#define IWRdsProtocolConnection2_GetClientData(This, pClientData)                                            \
    ((This)->lpVtbl->GetClientData(This, pClientData))
#define IWRdsProtocolConnection2_GetClientMonitorData(This, pNumMonitors, pPrimaryMonitor)                   \
    ((This)->lpVtbl->GetClientMonitorData(This, pNumMonitors, pPrimaryMonitor))
#define IWRdsProtocolConnection2_GetUserCredentials(This, pUserCreds)                                        \
    ((This)->lpVtbl->GetUserCredentials(This, pUserCreds))
#define IWRdsProtocolConnection2_GetLicenseConnection(This, ppLicenseConnection)                             \
    ((This)->lpVtbl->GetLicenseConnection(This, ppLicenseConnection))
#define IWRdsProtocolConnection2_AuthenticateClientToSession(This, SessionId)                                \
    ((This)->lpVtbl->AuthenticateClientToSession(This, SessionId))
#define IWRdsProtocolConnection2_NotifySessionId(This, SessionId, SessionHandle)                             \
    ((This)->lpVtbl->NotifySessionId(This, SessionId, SessionHandle))
#define IWRdsProtocolConnection2_GetInputHandles(This, pKeyboardHandle, pMouseHandle, pBeepHandle)           \
    ((This)->lpVtbl->GetInputHandles(This, pKeyboardHandle, pMouseHandle, pBeepHandle))
#define IWRdsProtocolConnection2_GetVideoHandle(This, pVideoHandle)                                          \
    ((This)->lpVtbl->GetVideoHandle(This, pVideoHandle))
#define IWRdsProtocolConnection2_ConnectNotify(This, SessionId)                                              \
    ((This)->lpVtbl->ConnectNotify(This, SessionId))
#define IWRdsProtocolConnection2_IsUserAllowedToLogon(This, SessionId, UserToken, pDomainName, pUserName)    \
    ((This)->lpVtbl->IsUserAllowedToLogon(This, SessionId, UserToken, pDomainName, pUserName))
#define IWRdsProtocolConnection2_SessionArbitrationEnumeration(                                              \
    This, hUserToken, bSingleSessionPerUserEnabled, pSessionIdArray, pdwSessionIdentifierCount)              \
    ((This)->lpVtbl->SessionArbitrationEnumeration(This, hUserToken, bSingleSessionPerUserEnabled,           \
                                                   pSessionIdArray, pdwSessionIdentifierCount))
#define IWRdsProtocolConnection2_LogonNotify(This, hClientToken, wszUserName, wszDomainName, SessionId,      \
                                             pWRdsConnectionSettings)                                        \
    ((This)->lpVtbl->LogonNotify(This, hClientToken, wszUserName, wszDomainName, SessionId,                  \
                                 pWRdsConnectionSettings))
#define IWRdsProtocolConnection2_PreDisconnect(This, DisconnectReason)                                       \
    ((This)->lpVtbl->PreDisconnect(This, DisconnectReason))
#define IWRdsProtocolConnection2_DisconnectNotify(This) ((This)->lpVtbl->DisconnectNotify(This))
#define IWRdsProtocolConnection2_Close(This) ((This)->lpVtbl->Close(This))
#define IWRdsProtocolConnection2_GetProtocolStatus(This, pProtocolStatus)                                    \
    ((This)->lpVtbl->GetProtocolStatus(This, pProtocolStatus))
#define IWRdsProtocolConnection2_GetLastInputTime(This, pLastInputTime)                                      \
    ((This)->lpVtbl->GetLastInputTime(This, pLastInputTime))
#define IWRdsProtocolConnection2_SetErrorInfo(This, ulError) ((This)->lpVtbl->SetErrorInfo(This, ulError))
#define IWRdsProtocolConnection2_CreateVirtualChannel(This, szEndpointName, bStatic, RequestedPriority,      \
                                                      phChannel)                                             \
    ((This)->lpVtbl->CreateVirtualChannel(This, szEndpointName, bStatic, RequestedPriority, phChannel))
#define IWRdsProtocolConnection2_QueryProperty(This, QueryType, ulNumEntriesIn, ulNumEntriesOut,             \
                                               pPropertyEntriesIn, pPropertyEntriesOut)                      \
    ((This)->lpVtbl->QueryProperty(This, QueryType, ulNumEntriesIn, ulNumEntriesOut, pPropertyEntriesIn,     \
                                   pPropertyEntriesOut))
#define IWRdsProtocolConnection2_GetShadowConnection(This, ppShadowConnection)                               \
    ((This)->lpVtbl->GetShadowConnection(This, ppShadowConnection))
#define IWRdsProtocolConnection2_NotifyCommandProcessCreated(This, SessionId)                                \
    ((This)->lpVtbl->NotifyCommandProcessCreated(This, SessionId))
#define IWRdsProtocolConnection2_GetSerializedUserCredential(This, userCredential)                           \
    ((This)->lpVtbl->GetSerializedUserCredential(This, userCredential))

#endif
