/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RemoteFX graphics: channels that the provider offers, and messages on them. Only used when the
 * connection answers IWRdsRemoteFXGraphicsConnection, which current services are not known to
 * ask for (methods.md 10, gaps.md 45).
 */
#ifndef RDSPROV_ABI_WRDSGRAPHICS_H
#define RDSPROV_ABI_WRDSGRAPHICS_H

#include "abi/wrdsdefs.h"

#define RFX_RDP_MSG_PREFIX 0x0
#define RFX_GFX_MSG_PREFIX 0x30
#define RFX_GFX_MSG_PREFIX_MASK 0x30
#define RFX_GFX_MSG_TYPE_MOUSE_POINTER_SHAPE 0x8B
#define RFX_GFX_MSG_TYPE_MOUSE_POINTER_POSITION 0x88
#define RFX_GFX_MSG_TYPE_MOUSE_POINTER_CACHED 0x8A
#define RFX_GFX_MSG_TYPE_CLIENT_DESKTOP_INFO_REQUEST 0x130
#define RFX_GFX_MSG_TYPE_CLIENT_DESKTOP_INFO_RESPONSE 0x230
#define RFX_GFX_MSG_TYPE_DESKTOP_CONFIG_CHANGE_NOTIFY 0x330
#define RFX_GFX_MSG_TYPE_DESKTOP_CONFIG_CHANGE_CONFIRM 0x430
#define RFX_GFX_MSG_TYPE_DESKTOP_SIZE_CHANGE_NOTIFY 0x530
#define RFX_GFX_MSG_TYPE_DISCONNECT_NOTIFY 0x630
#define RFX_GFX_MSG_TYPE_DESKTOP_RESEND_REQUEST 0x730
#define RFX_GFX_MAX_SUPPORTED_MONITORS 16
#define RFX_CLIENT_ID_LENGTH 32
#define WRdsGraphicsChannels_Bandwidth_Unavailable 0xFFFFFFFFu
#define WRdsGraphicsChannels_RTT_Unavailable 0xFFFFFFFFu
#define WRdsGraphicsChannels_LossyChannelMaxMessageSize 988

/* Best effort messages are at most WRdsGraphicsChannels_LossyChannelMaxMessageSize bytes. */
typedef enum {
    WRdsGraphicsChannelType_GuaranteedDelivery = 0,
    WRdsGraphicsChannelType_BestEffortDelivery = 1
} WRdsGraphicsChannelType;

#pragma pack(push, 1)

typedef struct RFX_GFX_RECT {
    INT32 left;
    INT32 top;
    INT32 right;
    INT32 bottom;
} RFX_GFX_RECT;

/* Starts every message; cbSize is in bytes. */
typedef struct RFX_GFX_MSG_HEADER {
    UINT16 uMSGType;
    UINT16 cbSize;
} RFX_GFX_MSG_HEADER;

typedef struct RFX_GFX_MONITOR_INFO {
    INT32 left;
    INT32 top;
    INT32 right;
    INT32 bottom;
    UINT32 physicalWidth;
    UINT32 physicalHeight;
    UINT32 orientation;
    BOOL primary;
} RFX_GFX_MONITOR_INFO;

typedef struct RFX_GFX_MSG_CLIENT_DESKTOP_INFO_REQUEST {
    RFX_GFX_MSG_HEADER channelHdr;
} RFX_GFX_MSG_CLIENT_DESKTOP_INFO_REQUEST;

typedef struct RFX_GFX_MSG_CLIENT_DESKTOP_INFO_RESPONSE {
    RFX_GFX_MSG_HEADER channelHdr;
    UINT32 reserved;
    UINT32 monitorCount;
    RFX_GFX_MONITOR_INFO MonitorData[RFX_GFX_MAX_SUPPORTED_MONITORS];
    WCHAR clientUniqueId[RFX_CLIENT_ID_LENGTH];
} RFX_GFX_MSG_CLIENT_DESKTOP_INFO_RESPONSE;

typedef struct RFX_GFX_MSG_DESKTOP_CONFIG_CHANGE_NOTIFY {
    RFX_GFX_MSG_HEADER channelHdr;
    ULONG ulWidth;
    ULONG ulHeight;
    ULONG ulBpp;
    ULONG Reserved;
} RFX_GFX_MSG_DESKTOP_CONFIG_CHANGE_NOTIFY;

typedef struct RFX_GFX_MSG_DESKTOP_CONFIG_CHANGE_CONFIRM {
    RFX_GFX_MSG_HEADER channelHdr;
} RFX_GFX_MSG_DESKTOP_CONFIG_CHANGE_CONFIRM;

typedef struct RFX_GFX_MSG_DESKTOP_INPUT_RESET {
    RFX_GFX_MSG_HEADER channelHdr;
    UINT32 ulWidth;
    UINT32 ulHeight;
} RFX_GFX_MSG_DESKTOP_INPUT_RESET;

typedef struct RFX_GFX_MSG_DISCONNECT_NOTIFY {
    RFX_GFX_MSG_HEADER channelHdr;
    ULONG DisconnectReason;
} RFX_GFX_MSG_DISCONNECT_NOTIFY;

typedef struct RFX_GFX_MSG_DESKTOP_RESEND_REQUEST {
    RFX_GFX_MSG_HEADER channelHdr;
    RFX_GFX_RECT RedrawRect;
} RFX_GFX_MSG_DESKTOP_RESEND_REQUEST;

/* rdpData is the first byte of data of the size that the header tells. */
typedef struct RFX_GFX_MSG_RDP_DATA {
    RFX_GFX_MSG_HEADER channelHdr;
    UINT8 rdpData[1];
} RFX_GFX_MSG_RDP_DATA;

#pragma pack(pop)

typedef struct IWRdsGraphicsChannelEvents IWRdsGraphicsChannelEvents;
typedef struct IWRdsGraphicsChannel IWRdsGraphicsChannel;
typedef struct IWRdsGraphicsChannelManager IWRdsGraphicsChannelManager;
typedef struct IWRdsRemoteFXGraphicsConnection IWRdsRemoteFXGraphicsConnection;

/* What a graphics channel reports. Implemented by the service. methods.md 10. */
ABI_GUID(IID_IWRdsGraphicsChannelEvents, 0x67F2368C, 0xD674, 0x4FAE, 0x66, 0xA5, 0xD2, 0x06, 0x28, 0xA6, 0x40,
         0xD2);

typedef struct IWRdsGraphicsChannelEventsVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsGraphicsChannelEvents *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsGraphicsChannelEvents *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsGraphicsChannelEvents *This);

    /* One whole message. methods.md 10. */
    HRESULT(STDMETHODCALLTYPE *OnDataReceived)(IWRdsGraphicsChannelEvents *This, ULONG cbSize, BYTE *pBuffer);

    /* The channel is closed; all writes were finished before. methods.md 10. */
    HRESULT(STDMETHODCALLTYPE *OnClose)(IWRdsGraphicsChannelEvents *This);

    /* Result of Open, with its context. methods.md 10. */
    HRESULT(STDMETHODCALLTYPE *OnChannelOpened)
    (IWRdsGraphicsChannelEvents *This, HRESULT OpenResult, IUnknown *pOpenContext);

    /* A write is over and its buffer free again. methods.md 10. */
    HRESULT(STDMETHODCALLTYPE *OnDataSent)
    (IWRdsGraphicsChannelEvents *This, IUnknown *pWriteContext, BOOL bCancelled, BYTE *pBuffer,
     ULONG cbBuffer);

    /*
     * Bytes per second, round trip, index of the last byte sent; 0xFFFFFFFF for unknown. methods.md
     * 10.
     */
    HRESULT(STDMETHODCALLTYPE *OnMetricsUpdate)
    (IWRdsGraphicsChannelEvents *This, DWORD bandwidth, DWORD RTT, UINT64 lastSentByteIndex);
} IWRdsGraphicsChannelEventsVtbl;

struct IWRdsGraphicsChannelEvents {
    const IWRdsGraphicsChannelEventsVtbl *lpVtbl;
};

#define IWRdsGraphicsChannelEvents_QueryInterface(This, riid, ppvObject)                                     \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsGraphicsChannelEvents_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsGraphicsChannelEvents_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsGraphicsChannelEvents_OnDataReceived(This, cbSize, pBuffer)                                     \
    ((This)->lpVtbl->OnDataReceived(This, cbSize, pBuffer))
#define IWRdsGraphicsChannelEvents_OnClose(This) ((This)->lpVtbl->OnClose(This))
#define IWRdsGraphicsChannelEvents_OnChannelOpened(This, OpenResult, pOpenContext)                           \
    ((This)->lpVtbl->OnChannelOpened(This, OpenResult, pOpenContext))
#define IWRdsGraphicsChannelEvents_OnDataSent(This, pWriteContext, bCancelled, pBuffer, cbBuffer)            \
    ((This)->lpVtbl->OnDataSent(This, pWriteContext, bCancelled, pBuffer, cbBuffer))
#define IWRdsGraphicsChannelEvents_OnMetricsUpdate(This, bandwidth, RTT, lastSentByteIndex)                  \
    ((This)->lpVtbl->OnMetricsUpdate(This, bandwidth, RTT, lastSentByteIndex))

/* One channel for graphics messages. Implemented by the provider. methods.md 10. */
ABI_GUID(IID_IWRdsGraphicsChannel, 0x684B7A0B, 0xEDFF, 0x43AD, 0xD5, 0xA2, 0x4A, 0x8D, 0x53, 0x88, 0xF4,
         0x01);

typedef struct IWRdsGraphicsChannelVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWRdsGraphicsChannel *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsGraphicsChannel *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsGraphicsChannel *This);

    /* Sends a message; the buffer is the channel's until OnDataSent. methods.md 10. */
    HRESULT(STDMETHODCALLTYPE *Write)
    (IWRdsGraphicsChannel *This, ULONG cbSize, BYTE *pBuffer, IUnknown *pContext);

    /* Finishes every write as cancelled, then calls OnClose. methods.md 10. */
    HRESULT(STDMETHODCALLTYPE *Close)(IWRdsGraphicsChannel *This);

    /* Begins to open; the result comes by OnChannelOpened. methods.md 10. */
    HRESULT(STDMETHODCALLTYPE *Open)
    (IWRdsGraphicsChannel *This, IWRdsGraphicsChannelEvents *pChannelEvents, IUnknown *pOpenContext);
} IWRdsGraphicsChannelVtbl;

struct IWRdsGraphicsChannel {
    const IWRdsGraphicsChannelVtbl *lpVtbl;
};

#define IWRdsGraphicsChannel_QueryInterface(This, riid, ppvObject)                                           \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsGraphicsChannel_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsGraphicsChannel_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsGraphicsChannel_Write(This, cbSize, pBuffer, pContext)                                          \
    ((This)->lpVtbl->Write(This, cbSize, pBuffer, pContext))
#define IWRdsGraphicsChannel_Close(This) ((This)->lpVtbl->Close(This))
#define IWRdsGraphicsChannel_Open(This, pChannelEvents, pOpenContext)                                        \
    ((This)->lpVtbl->Open(This, pChannelEvents, pOpenContext))

/* Makes graphics channels. Implemented by the provider. methods.md 10. */
ABI_GUID(IID_IWRdsGraphicsChannelManager, 0x0FD57159, 0xE83E, 0x476A, 0xA8, 0xB9, 0x4A, 0x79, 0x76, 0xE7,
         0x1E, 0x18);

typedef struct IWRdsGraphicsChannelManagerVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsGraphicsChannelManager *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsGraphicsChannelManager *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsGraphicsChannelManager *This);

    /* A channel of the wished type, or of the other when that is not to be had. methods.md 10. */
    HRESULT(STDMETHODCALLTYPE *CreateChannel)
    (IWRdsGraphicsChannelManager *This, const unsigned char *pszChannelName,
     WRdsGraphicsChannelType channelType, IWRdsGraphicsChannel **ppVirtualChannel);
} IWRdsGraphicsChannelManagerVtbl;

struct IWRdsGraphicsChannelManager {
    const IWRdsGraphicsChannelManagerVtbl *lpVtbl;
};

#define IWRdsGraphicsChannelManager_QueryInterface(This, riid, ppvObject)                                    \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsGraphicsChannelManager_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsGraphicsChannelManager_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsGraphicsChannelManager_CreateChannel(This, pszChannelName, channelType, ppVirtualChannel)       \
    ((This)->lpVtbl->CreateChannel(This, pszChannelName, channelType, ppVirtualChannel))

/*
 * Whether a connection wants RemoteFX graphics. Gone from current SDKs: answer E_NOINTERFACE.
 * methods.md 9.
 */
ABI_GUID(IID_IWRdsRemoteFXGraphicsConnection, 0x0FAD5DCF, 0xC6D3, 0x423C, 0xB0, 0x97, 0x16, 0x3D, 0x6A, 0x67,
         0x61, 0x51);

typedef struct IWRdsRemoteFXGraphicsConnectionVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWRdsRemoteFXGraphicsConnection *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWRdsRemoteFXGraphicsConnection *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWRdsRemoteFXGraphicsConnection *This);

    /* TRUE if the provider wants it. methods.md 9. */
    HRESULT(STDMETHODCALLTYPE *EnableRemoteFXGraphics)
    (IWRdsRemoteFXGraphicsConnection *This, BOOL *pEnableRemoteFXGraphics);

    /* The IWRdsGraphicsChannelManager of the connection. methods.md 9. */
    HRESULT(STDMETHODCALLTYPE *GetVirtualChannelTransport)
    (IWRdsRemoteFXGraphicsConnection *This, IUnknown **ppTransport);
} IWRdsRemoteFXGraphicsConnectionVtbl;

struct IWRdsRemoteFXGraphicsConnection {
    const IWRdsRemoteFXGraphicsConnectionVtbl *lpVtbl;
};

#define IWRdsRemoteFXGraphicsConnection_QueryInterface(This, riid, ppvObject)                                \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWRdsRemoteFXGraphicsConnection_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWRdsRemoteFXGraphicsConnection_Release(This) ((This)->lpVtbl->Release(This))
#define IWRdsRemoteFXGraphicsConnection_EnableRemoteFXGraphics(This, pEnableRemoteFXGraphics)                \
    ((This)->lpVtbl->EnableRemoteFXGraphics(This, pEnableRemoteFXGraphics))
#define IWRdsRemoteFXGraphicsConnection_GetVirtualChannelTransport(This, ppTransport)                        \
    ((This)->lpVtbl->GetVirtualChannelTransport(This, ppTransport))

#endif
