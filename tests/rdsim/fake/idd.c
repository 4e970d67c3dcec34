/* SPDX-License-Identifier: Apache-2.0 */
/* IWRdsWddmIddProps of the fake provider. */
#include <stdlib.h>

#include "client.h"
#include "os/os.h"

static struct client *impl_from_IWRdsWddmIddProps(IWRdsWddmIddProps *iface)
{
    return CONTAINING_RECORD(iface, struct client, IWRdsWddmIddProps_iface);
}

static HRESULT STDMETHODCALLTYPE idd_QueryInterface(IWRdsWddmIddProps *iface, REFIID riid, void **out)
{
    return IWRdsProtocolConnection_QueryInterface(
        &impl_from_IWRdsWddmIddProps(iface)->IWRdsProtocolConnection_iface, riid, out);
}

static ULONG STDMETHODCALLTYPE idd_AddRef(IWRdsWddmIddProps *iface)
{
    return IWRdsProtocolConnection_AddRef(&impl_from_IWRdsWddmIddProps(iface)->IWRdsProtocolConnection_iface);
}

static ULONG STDMETHODCALLTYPE idd_Release(IWRdsWddmIddProps *iface)
{
    return IWRdsProtocolConnection_Release(
        &impl_from_IWRdsWddmIddProps(iface)->IWRdsProtocolConnection_iface);
}

static HRESULT STDMETHODCALLTYPE idd_GetHardwareId(IWRdsWddmIddProps *iface, WCHAR *buffer, DWORD count)
{
    return fake_get_hardware_id(buffer, count);
}

/* A little later, when somebody else may have the number. */
static void close_again(void *handle)
{
    os_sleep_ms(300);
    os_handle_close((os_handle)(uintptr_t)handle);
}

static HRESULT STDMETHODCALLTYPE idd_OnDriverLoad(IWRdsWddmIddProps *iface, ULONG session, HANDLE_PTR handle)
{
    if (!handle || handle == (HANDLE_PTR)INVALID_HANDLE_VALUE || wrong(FAULT_DRIVER_HANDLE_LEAK))
        return S_OK;
    os_handle_close((os_handle)handle);
    if (wrong(FAULT_DRIVER_HANDLE_TWICE) &&
        os_thread_start("twice", close_again, (void *)(uintptr_t)handle) != OS_OK)
        abort();
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE idd_OnDriverUnload(IWRdsWddmIddProps *iface, ULONG session)
{
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE idd_EnableWddmIdd(IWRdsWddmIddProps *iface, BOOL enabled)
{
    return S_OK;
}

const IWRdsWddmIddPropsVtbl fake_idd_vtbl = {
    idd_QueryInterface, idd_AddRef,         idd_Release,       idd_GetHardwareId,
    idd_OnDriverLoad,   idd_OnDriverUnload, idd_EnableWddmIdd,
};
