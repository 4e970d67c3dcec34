/* SPDX-License-Identifier: Apache-2.0 */
/* One static class factory for each manager: they have no state, so their references only hold the module. */
#include "com/com.h"

struct factory {
    IClassFactory IClassFactory_iface;
    const CLSID *clsid;
    HRESULT (*create)(IUnknown **out);
};

static inline struct factory *impl_from_IClassFactory(IClassFactory *iface)
{
    return CONTAINING_RECORD(iface, struct factory, IClassFactory_iface);
}

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
    IUnknown *manager = NULL;
    HRESULT hr;

    COM_BEGIN("ClassFactory::CreateInstance", 0);
    if (!out)
        return COM_END(E_POINTER, "out=NULL");
    *out = NULL;
    if (outer)
        return COM_END(CLASS_E_NOAGGREGATION, "outer");
    hr = impl_from_IClassFactory(iface)->create(&manager);
    if (FAILED(hr))
        return COM_END(hr, "manager");
    hr = IUnknown_QueryInterface(manager, iid, out);
    IUnknown_Release(manager);
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

static struct factory factories[] = {
    {{&factory_vtbl}, &CLSID_RdsprovManager, manager_create},
    {{&factory_vtbl}, &CLSID_RdsprovLegacyManager, legacy_manager_create},
};

HRESULT factory_query(REFCLSID clsid, REFIID iid, void **out)
{
    if (!out)
        return E_POINTER;
    *out = NULL;
    for (size_t i = 0; i < sizeof(factories) / sizeof(factories[0]); i++) {
        if (IsEqualGUID(clsid, factories[i].clsid))
            return IClassFactory_QueryInterface(&factories[i].IClassFactory_iface, iid, out);
    }
    return CLASS_E_CLASSNOTAVAILABLE;
}
