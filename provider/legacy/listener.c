/* SPDX-License-Identifier: Apache-2.0 */
/* IWTSProtocolListener: no GetSettings, so StartListen is slot 3. */
#include "legacy/legacy.h"

static inline struct listener *impl_from_IWTSProtocolListener(IWTSProtocolListener *iface)
{
    return CONTAINING_RECORD(iface, struct listener, IWTSProtocolListener_iface);
}

static HRESULT STDMETHODCALLTYPE legacy_listener_QueryInterface(IWTSProtocolListener *iface, REFIID iid,
                                                                void **out)
{
    return listener_query_interface(impl_from_IWTSProtocolListener(iface), iid, out);
}

static ULONG STDMETHODCALLTYPE legacy_listener_AddRef(IWTSProtocolListener *iface)
{
    return listener_addref(impl_from_IWTSProtocolListener(iface));
}

static ULONG STDMETHODCALLTYPE legacy_listener_Release(IWTSProtocolListener *iface)
{
    return listener_release(impl_from_IWTSProtocolListener(iface));
}

static HRESULT STDMETHODCALLTYPE legacy_listener_StartListen(IWTSProtocolListener *iface,
                                                             IWTSProtocolListenerCallback *callback)
{
    return listener_start(impl_from_IWTSProtocolListener(iface), (IUnknown *)callback);
}

static HRESULT STDMETHODCALLTYPE legacy_listener_StopListen(IWTSProtocolListener *iface)
{
    return listener_stop(impl_from_IWTSProtocolListener(iface));
}

CONST_VTBL IWTSProtocolListenerVtbl legacy_listener_vtbl = {
    legacy_listener_QueryInterface, legacy_listener_AddRef,     legacy_listener_Release,
    legacy_listener_StartListen,    legacy_listener_StopListen,
};
