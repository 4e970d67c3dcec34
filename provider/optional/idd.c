/* SPDX-License-Identifier: Apache-2.0 */
/* The indirect display driver of a session: two interfaces of the connection, of which newer services take
 * the second. The service makes the device and loads the driver; we name it and pass on what we hear.
 * methods.md 9, gaps.md 40-42. */
#include "com/connection_private.h"

#include <string.h>

static inline struct connection *impl_from_IWRdsWddmIddProps(IWRdsWddmIddProps *iface)
{
    return CONTAINING_RECORD(iface, struct connection, IWRdsWddmIddProps_iface);
}

static inline struct connection *impl_from_IWRdsWddmIddProps1(IWRdsWddmIddProps1 *iface)
{
    return CONTAINING_RECORD(iface, struct connection, IWRdsWddmIddProps1_iface);
}

/* A handle as the service gives it; 0 and INVALID_HANDLE_VALUE are none. */
static os_handle driver_handle(HANDLE_PTR handle)
{
    if (handle == 0 || handle == (HANDLE_PTR)INVALID_HANDLE_VALUE)
        return OS_NO_HANDLE;
    return (os_handle)handle;
}

static HRESULT hardware_id(struct connection *self, WCHAR *out, DWORD count)
{
    size_t need = 0;

    COM_BEGIN("Idd::GetHardwareId", self->number);
    if (!out)
        return COM_END(E_POINTER, "NULL");
    while (self->driver_id[need])
        need++;
    need++;
    if (count < need) {
        /* part of an id would name another driver */
        if (count > 0)
            out[0] = 0;
        return COM_END(HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER), "room for %u characters, %u needed",
                       (unsigned)count, (unsigned)need);
    }
    memcpy(out, self->driver_id, need * sizeof(*out));
    os_mutex_lock(&self->lock);
    self->driver.asked = true;
    os_mutex_unlock(&self->lock);
    return COM_END(S_OK, "'%s'", wide_text(self->driver_id).text);
}

/* The handle is ours now: the peer gets it, or it is closed. */
static HRESULT loaded(struct connection *self, ULONG session, HANDLE_PTR given, LPCWSTR path)
{
    os_handle handle = driver_handle(given);
    union link_any message = {.display_driver = {.load = 1, .session = session}};
    bool whole = true;

    COM_BEGIN("Idd::OnDriverLoad", self->number);
    if (path)
        whole = wide_copy((WCHAR *)message.display_driver.device_path, LINK_NAME_MAX, (const uint16_t *)path);
    for (LPCWSTR at = path; whole && at && *at; at++)
        whole = *at > 0x20 && *at < 0x7f; /* nothing else is in a path of SWD\RemoteDisplayEnum */
    if (!whole) {
        log_warn("com", self->number, "device path '%s' is too long or no such thing: not kept",
                 wide_text(path).text);
        message.display_driver.device_path[0] = 0;
    }
    os_mutex_lock(&self->lock);
    self->driver.loaded = true;
    self->driver.session = session;
    memcpy(self->driver.path, message.display_driver.device_path, sizeof(self->driver.path));
    os_mutex_unlock(&self->lock);
    connection_tell(self, handle == OS_NO_HANDLE ? LINK_DISPLAY_DRIVER : LINK_DRIVER_HANDLE, &message,
                    handle);
    return COM_END(S_OK, "session %u, handle 0x%llx, device '%s'", (unsigned)session,
                   (unsigned long long)given, wide_text(path).text);
}

static HRESULT unloaded(struct connection *self, ULONG session)
{
    union link_any message = {.display_driver = {.session = session}};

    COM_BEGIN("Idd::OnDriverUnload", self->number);
    os_mutex_lock(&self->lock);
    /* after an arbitration the old session's driver goes when the new one's is there */
    if (self->driver.session == session) {
        self->driver.loaded = false;
        self->driver.path[0] = 0;
    }
    os_mutex_unlock(&self->lock);
    connection_tell(self, LINK_DISPLAY_DRIVER, &message, OS_NO_HANDLE);
    return COM_END(S_OK, "session %u", (unsigned)session);
}

void idd_explain(struct connection *self, ULONG reason)
{
    struct display_driver driver;
    const char *hint;

    switch (reason) { /* field.md 1.4 */
    case 15:
        hint = "the driver was not ready in time: is its package staged, does the device start?";
        break;
    case 17:
        hint = "the driver did not start: see the device's problem code and the UMDF and IddCx event logs";
        break;
    case 18:
        hint = "the driver started but the service could not use it: device interface and its Security line "
               "in the INF, display configuration published in time?";
        break;
    default:
        return;
    }
    os_mutex_lock(&self->lock);
    driver = self->driver;
    os_mutex_unlock(&self->lock);
    log_warn("com", self->number,
             "reason %u, display driver '%s' in session %u: %s (id asked for: %s, WDDM %s, "
             "loaded: %s, device '%s')",
             (unsigned)reason, wide_text(self->driver_id).text, (unsigned)driver.session, hint,
             driver.asked ? "yes" : "no", driver.enabled ? "on" : "not switched on",
             driver.loaded ? "yes" : "no", wide_text(driver.path).text);
}

static HRESULT STDMETHODCALLTYPE idd_QueryInterface(IWRdsWddmIddProps *iface, REFIID iid, void **out)
{
    return connection_query_interface(impl_from_IWRdsWddmIddProps(iface), iid, out);
}

static ULONG STDMETHODCALLTYPE idd_AddRef(IWRdsWddmIddProps *iface)
{
    return connection_addref(impl_from_IWRdsWddmIddProps(iface));
}

static ULONG STDMETHODCALLTYPE idd_Release(IWRdsWddmIddProps *iface)
{
    return connection_release(impl_from_IWRdsWddmIddProps(iface));
}

static HRESULT STDMETHODCALLTYPE idd_GetHardwareId(IWRdsWddmIddProps *iface, WCHAR *out, DWORD count)
{
    return hardware_id(impl_from_IWRdsWddmIddProps(iface), out, count);
}

static HRESULT STDMETHODCALLTYPE idd_OnDriverLoad(IWRdsWddmIddProps *iface, ULONG session, HANDLE_PTR handle)
{
    return loaded(impl_from_IWRdsWddmIddProps(iface), session, handle, NULL);
}

static HRESULT STDMETHODCALLTYPE idd_OnDriverUnload(IWRdsWddmIddProps *iface, ULONG session)
{
    return unloaded(impl_from_IWRdsWddmIddProps(iface), session);
}

static HRESULT STDMETHODCALLTYPE idd_EnableWddmIdd(IWRdsWddmIddProps *iface, BOOL enabled)
{
    struct connection *self = impl_from_IWRdsWddmIddProps(iface);

    COM_BEGIN("Idd::EnableWddmIdd", self->number);
    os_mutex_lock(&self->lock);
    self->driver.enabled = enabled;
    os_mutex_unlock(&self->lock);
    return COM_END(S_OK, "%s", enabled ? "TRUE" : "FALSE: this service has no indirect display driver");
}

CONST_VTBL IWRdsWddmIddPropsVtbl idd_vtbl = {
    idd_QueryInterface, idd_AddRef,         idd_Release,       idd_GetHardwareId,
    idd_OnDriverLoad,   idd_OnDriverUnload, idd_EnableWddmIdd,
};

static HRESULT STDMETHODCALLTYPE idd1_QueryInterface(IWRdsWddmIddProps1 *iface, REFIID iid, void **out)
{
    return connection_query_interface(impl_from_IWRdsWddmIddProps1(iface), iid, out);
}

static ULONG STDMETHODCALLTYPE idd1_AddRef(IWRdsWddmIddProps1 *iface)
{
    return connection_addref(impl_from_IWRdsWddmIddProps1(iface));
}

static ULONG STDMETHODCALLTYPE idd1_Release(IWRdsWddmIddProps1 *iface)
{
    return connection_release(impl_from_IWRdsWddmIddProps1(iface));
}

static HRESULT STDMETHODCALLTYPE idd1_GetHardwareId(IWRdsWddmIddProps1 *iface, WCHAR *out, DWORD count)
{
    return hardware_id(impl_from_IWRdsWddmIddProps1(iface), out, count);
}

static HRESULT STDMETHODCALLTYPE idd1_OnDriverLoad(IWRdsWddmIddProps1 *iface, ULONG session, LPCWSTR device)
{
    if (!device)
        return E_POINTER;
    return loaded(impl_from_IWRdsWddmIddProps1(iface), session, 0, device);
}

static HRESULT STDMETHODCALLTYPE idd1_OnDriverUnload(IWRdsWddmIddProps1 *iface, ULONG session)
{
    return unloaded(impl_from_IWRdsWddmIddProps1(iface), session);
}

CONST_VTBL IWRdsWddmIddProps1Vtbl idd1_vtbl = {
    idd1_QueryInterface, idd1_AddRef,       idd1_Release,
    idd1_GetHardwareId,  idd1_OnDriverLoad, idd1_OnDriverUnload,
};
