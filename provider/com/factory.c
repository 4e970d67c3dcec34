/* SPDX-License-Identifier: Apache-2.0 */
/* One static class factory: it has no state, so its references only hold the module. */
#include "com/com.h"

static HRESULT STDMETHODCALLTYPE factory_QueryInterface(IClassFactory *iface, REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(iid, &IID_IUnknown) && !IsEqualGUID(iid, &IID_IClassFactory))
        return E_NOINTERFACE;
    *out = iface;
    IClassFactory_AddRef(iface);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE factory_AddRef(IClassFactory *iface)
{
    (void)iface;
    module_hold();
    return 2;
}

static ULONG STDMETHODCALLTYPE factory_Release(IClassFactory *iface)
{
    (void)iface;
    module_drop();
    return 1;
}

static HRESULT STDMETHODCALLTYPE factory_CreateInstance(IClassFactory *iface, IUnknown *outer, REFIID iid,
                                                        void **out)
{
    IWRdsProtocolManager *manager = NULL;
    HRESULT hr;

    (void)iface;
    COM_BEGIN("ClassFactory::CreateInstance", 0);
    if (!out)
        return COM_END(E_POINTER, "out=NULL");
    *out = NULL;
    if (outer)
        return COM_END(CLASS_E_NOAGGREGATION, "outer");
    hr = manager_create(&manager);
    if (FAILED(hr))
        return COM_END(hr, "manager");
    hr = IWRdsProtocolManager_QueryInterface(manager, iid, out);
    IWRdsProtocolManager_Release(manager);
    return COM_END(hr, "manager");
}

static HRESULT STDMETHODCALLTYPE factory_LockServer(IClassFactory *iface, BOOL lock)
{
    (void)iface;
    if (lock)
        module_hold();
    else
        module_drop();
    return S_OK;
}

static CONST_VTBL IClassFactoryVtbl factory_vtbl = {
    factory_QueryInterface, factory_AddRef, factory_Release, factory_CreateInstance, factory_LockServer,
};

static IClassFactory factory = {&factory_vtbl};

HRESULT factory_query(REFCLSID clsid, REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!IsEqualGUID(clsid, &CLSID_RdsprovManager))
        return CLASS_E_CLASSNOTAVAILABLE;
    return IClassFactory_QueryInterface(&factory, iid, out);
}
