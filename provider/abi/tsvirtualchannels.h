/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client plug-ins for dynamic virtual channels: no part of the provider contract, but so similar
 * in name that the two get confused (IWTSListener is not IWTSProtocolListener). wtsprotocol.h
 * does not include this, and a file must not include it together with the Windows header of the
 * same name.
 */
#ifndef RDSPROV_ABI_TSVIRTUALCHANNELS_H
#define RDSPROV_ABI_TSVIRTUALCHANNELS_H

#include "abi/wintypes.h"

/* Named by a method only; their layout is no part of what is known here. */
typedef struct IPropertyBag IPropertyBag;
typedef struct BITMAP_RENDERER_STATISTICS BITMAP_RENDERER_STATISTICS;

#ifndef _WIN32
typedef WCHAR *BSTR;

typedef struct tagRECT {
    LONG left;
    LONG top;
    LONG right;
    LONG bottom;
} RECT;
#endif

typedef struct IWTSPlugin IWTSPlugin;
typedef struct IWTSListener IWTSListener;
typedef struct IWTSListenerCallback IWTSListenerCallback;
typedef struct IWTSVirtualChannelCallback IWTSVirtualChannelCallback;
typedef struct IWTSVirtualChannelManager IWTSVirtualChannelManager;
typedef struct IWTSVirtualChannel IWTSVirtualChannel;
typedef struct IWTSPluginServiceProvider IWTSPluginServiceProvider;
typedef struct IWTSBitmapRenderer IWTSBitmapRenderer;
typedef struct IWTSBitmapRendererCallback IWTSBitmapRendererCallback;
typedef struct IWTSBitmapRenderService IWTSBitmapRenderService;

/* A plug-in of the client. */
ABI_GUID(IID_IWTSPlugin, 0xA1230201, 0x1439, 0x4E62, 0xA4, 0x14, 0x19, 0x0D, 0x0A, 0xC3, 0xD4, 0x0E);

typedef struct IWTSPluginVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSPlugin *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSPlugin *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSPlugin *This);

    /* The channel manager to make listeners with. */
    HRESULT(STDMETHODCALLTYPE *Initialize)(IWTSPlugin *This, IWTSVirtualChannelManager *pChannelMgr);

    /* The client is connected. */
    HRESULT(STDMETHODCALLTYPE *Connected)(IWTSPlugin *This);

    /* The client is disconnected. */
    HRESULT(STDMETHODCALLTYPE *Disconnected)(IWTSPlugin *This, DWORD dwDisconnectCode);

    /* The client ends; last call. */
    HRESULT(STDMETHODCALLTYPE *Terminated)(IWTSPlugin *This);
} IWTSPluginVtbl;

struct IWTSPlugin {
    const IWTSPluginVtbl *lpVtbl;
};

#define IWTSPlugin_QueryInterface(This, riid, ppvObject)                                                     \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSPlugin_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSPlugin_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSPlugin_Initialize(This, pChannelMgr) ((This)->lpVtbl->Initialize(This, pChannelMgr))
#define IWTSPlugin_Connected(This) ((This)->lpVtbl->Connected(This))
#define IWTSPlugin_Disconnected(This, dwDisconnectCode) ((This)->lpVtbl->Disconnected(This, dwDisconnectCode))
#define IWTSPlugin_Terminated(This) ((This)->lpVtbl->Terminated(This))

/* Listens for channels of one name. */
ABI_GUID(IID_IWTSListener, 0xA1230206, 0x9A39, 0x4D58, 0x86, 0x74, 0xCD, 0xB4, 0xDF, 0xF4, 0xE7, 0x3B);

typedef struct IWTSListenerVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSListener *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSListener *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSListener *This);

    /* Its configuration. */
    HRESULT(STDMETHODCALLTYPE *GetConfiguration)(IWTSListener *This, IPropertyBag **ppPropertyBag);
} IWTSListenerVtbl;

struct IWTSListener {
    const IWTSListenerVtbl *lpVtbl;
};

#define IWTSListener_QueryInterface(This, riid, ppvObject)                                                   \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSListener_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSListener_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSListener_GetConfiguration(This, ppPropertyBag)                                                   \
    ((This)->lpVtbl->GetConfiguration(This, ppPropertyBag))

/* Hears of new channels. */
ABI_GUID(IID_IWTSListenerCallback, 0xA1230203, 0xD6A7, 0x11D8, 0xB9, 0xFD, 0x00, 0x0B, 0xDB, 0xD1, 0xF1,
         0x98);

typedef struct IWTSListenerCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSListenerCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSListenerCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSListenerCallback *This);

    /* A channel is offered; *pbAccept says whether it is taken, *ppCallback who hears it. */
    HRESULT(STDMETHODCALLTYPE *OnNewChannelConnection)
    (IWTSListenerCallback *This, IWTSVirtualChannel *pChannel, BSTR data, BOOL *pbAccept,
     IWTSVirtualChannelCallback **ppCallback);
} IWTSListenerCallbackVtbl;

struct IWTSListenerCallback {
    const IWTSListenerCallbackVtbl *lpVtbl;
};

#define IWTSListenerCallback_QueryInterface(This, riid, ppvObject)                                           \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSListenerCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSListenerCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSListenerCallback_OnNewChannelConnection(This, pChannel, data, pbAccept, ppCallback)              \
    ((This)->lpVtbl->OnNewChannelConnection(This, pChannel, data, pbAccept, ppCallback))

/* Hears one channel. */
ABI_GUID(IID_IWTSVirtualChannelCallback, 0xA1230204, 0xD6A7, 0x11D8, 0xB9, 0xFD, 0x00, 0x0B, 0xDB, 0xD1, 0xF1,
         0x98);

typedef struct IWTSVirtualChannelCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSVirtualChannelCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSVirtualChannelCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSVirtualChannelCallback *This);

    /* Data came in. */
    HRESULT(STDMETHODCALLTYPE *OnDataReceived)(IWTSVirtualChannelCallback *This, ULONG cbSize, BYTE *pBuffer);

    /* The channel is closed. */
    HRESULT(STDMETHODCALLTYPE *OnClose)(IWTSVirtualChannelCallback *This);
} IWTSVirtualChannelCallbackVtbl;

struct IWTSVirtualChannelCallback {
    const IWTSVirtualChannelCallbackVtbl *lpVtbl;
};

#define IWTSVirtualChannelCallback_QueryInterface(This, riid, ppvObject)                                     \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSVirtualChannelCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSVirtualChannelCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSVirtualChannelCallback_OnDataReceived(This, cbSize, pBuffer)                                     \
    ((This)->lpVtbl->OnDataReceived(This, cbSize, pBuffer))
#define IWTSVirtualChannelCallback_OnClose(This) ((This)->lpVtbl->OnClose(This))

/* Makes listeners. */
ABI_GUID(IID_IWTSVirtualChannelManager, 0xA1230205, 0xD6A7, 0x11D8, 0xB9, 0xFD, 0x00, 0x0B, 0xDB, 0xD1, 0xF1,
         0x98);

typedef struct IWTSVirtualChannelManagerVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSVirtualChannelManager *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSVirtualChannelManager *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSVirtualChannelManager *This);

    /* Listens for channels of this name. */
    HRESULT(STDMETHODCALLTYPE *CreateListener)
    (IWTSVirtualChannelManager *This, const unsigned char *pszChannelName, ULONG uFlags,
     IWTSListenerCallback *pListenerCallback, IWTSListener **ppListener);
} IWTSVirtualChannelManagerVtbl;

struct IWTSVirtualChannelManager {
    const IWTSVirtualChannelManagerVtbl *lpVtbl;
};

#define IWTSVirtualChannelManager_QueryInterface(This, riid, ppvObject)                                      \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSVirtualChannelManager_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSVirtualChannelManager_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSVirtualChannelManager_CreateListener(This, pszChannelName, uFlags, pListenerCallback,            \
                                                 ppListener)                                                 \
    ((This)->lpVtbl->CreateListener(This, pszChannelName, uFlags, pListenerCallback, ppListener))

/* One channel. */
ABI_GUID(IID_IWTSVirtualChannel, 0xA1230207, 0xD6A7, 0x11D8, 0xB9, 0xFD, 0x00, 0x0B, 0xDB, 0xD1, 0xF1, 0x98);

typedef struct IWTSVirtualChannelVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSVirtualChannel *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSVirtualChannel *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSVirtualChannel *This);

    /* Sends; pReserved is NULL. */
    HRESULT(STDMETHODCALLTYPE *Write)
    (IWTSVirtualChannel *This, ULONG cbSize, BYTE *pBuffer, IUnknown *pReserved);

    /* Closes the channel. */
    HRESULT(STDMETHODCALLTYPE *Close)(IWTSVirtualChannel *This);
} IWTSVirtualChannelVtbl;

struct IWTSVirtualChannel {
    const IWTSVirtualChannelVtbl *lpVtbl;
};

#define IWTSVirtualChannel_QueryInterface(This, riid, ppvObject)                                             \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSVirtualChannel_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSVirtualChannel_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSVirtualChannel_Write(This, cbSize, pBuffer, pReserved)                                           \
    ((This)->lpVtbl->Write(This, cbSize, pBuffer, pReserved))
#define IWTSVirtualChannel_Close(This) ((This)->lpVtbl->Close(This))

/* Gives services to a plug-in. */
ABI_GUID(IID_IWTSPluginServiceProvider, 0xD3E07363, 0x087C, 0x476C, 0x86, 0xA7, 0xDB, 0xB1, 0x5F, 0x46, 0xDD,
         0xB4);

typedef struct IWTSPluginServiceProviderVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSPluginServiceProvider *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSPluginServiceProvider *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSPluginServiceProvider *This);

    /* The service of that id, which is passed by value. */
    HRESULT(STDMETHODCALLTYPE *GetService)
    (IWTSPluginServiceProvider *This, GUID ServiceId, IUnknown **ppunkObject);
} IWTSPluginServiceProviderVtbl;

struct IWTSPluginServiceProvider {
    const IWTSPluginServiceProviderVtbl *lpVtbl;
};

#define IWTSPluginServiceProvider_QueryInterface(This, riid, ppvObject)                                      \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSPluginServiceProvider_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSPluginServiceProvider_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSPluginServiceProvider_GetService(This, ServiceId, ppunkObject)                                   \
    ((This)->lpVtbl->GetService(This, ServiceId, ppunkObject))

/* Draws into a mapped area. */
ABI_GUID(IID_IWTSBitmapRenderer, 0x5B7ACC97, 0xF3C9, 0x46F7, 0x8C, 0x5B, 0xFA, 0x68, 0x5D, 0x34, 0x41, 0xB1);

typedef struct IWTSBitmapRendererVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSBitmapRenderer *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSBitmapRenderer *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSBitmapRenderer *This);

    /* Draws an image of that format and stride in bytes. */
    HRESULT(STDMETHODCALLTYPE *Render)
    (IWTSBitmapRenderer *This, GUID imageFormat, DWORD dwWidth, DWORD dwHeight, LONG cbStride,
     DWORD cbImageBuffer, BYTE *pImageBuffer);

    /* Counters. */
    HRESULT(STDMETHODCALLTYPE *GetRendererStatistics)
    (IWTSBitmapRenderer *This, BITMAP_RENDERER_STATISTICS *pStatistics);

    /* Ends the mapping. */
    HRESULT(STDMETHODCALLTYPE *RemoveMapping)(IWTSBitmapRenderer *This);
} IWTSBitmapRendererVtbl;

struct IWTSBitmapRenderer {
    const IWTSBitmapRendererVtbl *lpVtbl;
};

#define IWTSBitmapRenderer_QueryInterface(This, riid, ppvObject)                                             \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSBitmapRenderer_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSBitmapRenderer_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSBitmapRenderer_Render(This, imageFormat, dwWidth, dwHeight, cbStride, cbImageBuffer,             \
                                  pImageBuffer)                                                              \
    ((This)->lpVtbl->Render(This, imageFormat, dwWidth, dwHeight, cbStride, cbImageBuffer, pImageBuffer))
#define IWTSBitmapRenderer_GetRendererStatistics(This, pStatistics)                                          \
    ((This)->lpVtbl->GetRendererStatistics(This, pStatistics))
#define IWTSBitmapRenderer_RemoveMapping(This) ((This)->lpVtbl->RemoveMapping(This))

/* Hears of the mapped area. */
ABI_GUID(IID_IWTSBitmapRendererCallback, 0xD782928E, 0xFE4E, 0x4E77, 0xAE, 0x90, 0x9C, 0xD0, 0xB3, 0xE3, 0xB3,
         0x53);

typedef struct IWTSBitmapRendererCallbackVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (IWTSBitmapRendererCallback *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSBitmapRendererCallback *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSBitmapRendererCallback *This);

    /* The area has another size. */
    HRESULT(STDMETHODCALLTYPE *OnTargetSizeChanged)(IWTSBitmapRendererCallback *This, RECT rcNewSize);
} IWTSBitmapRendererCallbackVtbl;

struct IWTSBitmapRendererCallback {
    const IWTSBitmapRendererCallbackVtbl *lpVtbl;
};

#define IWTSBitmapRendererCallback_QueryInterface(This, riid, ppvObject)                                     \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSBitmapRendererCallback_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSBitmapRendererCallback_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSBitmapRendererCallback_OnTargetSizeChanged(This, rcNewSize)                                      \
    ((This)->lpVtbl->OnTargetSizeChanged(This, rcNewSize))

/* Maps areas. */
ABI_GUID(IID_IWTSBitmapRenderService, 0xEA326091, 0x05FE, 0x40C1, 0xB4, 0x9C, 0x3D, 0x2E, 0xF4, 0x62, 0x6A,
         0x0E);

typedef struct IWTSBitmapRenderServiceVtbl {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(IWTSBitmapRenderService *This, REFIID riid, void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(IWTSBitmapRenderService *This);
    ULONG(STDMETHODCALLTYPE *Release)(IWTSBitmapRenderService *This);

    /* The renderer for a mapping. */
    HRESULT(STDMETHODCALLTYPE *GetMappedRenderer)
    (IWTSBitmapRenderService *This, UINT64 mappingId, IWTSBitmapRendererCallback *pMappedRendererCallback,
     IWTSBitmapRenderer **ppMappedRenderer);
} IWTSBitmapRenderServiceVtbl;

struct IWTSBitmapRenderService {
    const IWTSBitmapRenderServiceVtbl *lpVtbl;
};

#define IWTSBitmapRenderService_QueryInterface(This, riid, ppvObject)                                        \
    ((This)->lpVtbl->QueryInterface(This, riid, ppvObject))
#define IWTSBitmapRenderService_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IWTSBitmapRenderService_Release(This) ((This)->lpVtbl->Release(This))
#define IWTSBitmapRenderService_GetMappedRenderer(This, mappingId, pMappedRendererCallback,                  \
                                                  ppMappedRenderer)                                          \
    ((This)->lpVtbl->GetMappedRenderer(This, mappingId, pMappedRendererCallback, ppMappedRenderer))

#endif
