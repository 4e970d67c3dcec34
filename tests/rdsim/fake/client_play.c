/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that plays a client. The callbacks of both families have the same slots up to 6; they are kept
 * under the IWRds types. */
#include <stdlib.h>

#include "client.h"
#include "os/os.h"

static _Atomic bool ending;

static bool connect(struct client *self)
{
    static const WRDS_CONNECTION_SETTINGS empty;
    WRDS_CONNECTION_SETTINGS settings = empty;
    IWRdsProtocolConnectionCallback *callback = NULL;
    IWRdsProtocolConnection *object = &self->IWRdsProtocolConnection_iface;
    HRESULT hr;

    settings.WRdsConnectionSettingLevel = wrong(FAULT_LEVEL) ? 0 : 1;
    settings.WRdsConnectionSetting.WRdsConnectionSettings1.WRdsListenerSettings.WRdsListenerSettingLevel =
        wrong(FAULT_INNER_LEVEL) ? 0 : 1;
    if (wrong(FAULT_LOCKED_CONNECTED))
        os_mutex_lock(&self->lock);
    if (self->legacy)
        hr = IWTSProtocolListenerCallback_OnConnected((IWTSProtocolListenerCallback *)(void *)self->listener,
                                                      &self->IWTSProtocolConnection_iface, (void *)&callback);
    else
        hr = IWRdsProtocolListenerCallback_OnConnected(self->listener, wrong(FAULT_NO_OBJECT) ? NULL : object,
                                                       &settings, &callback);
    if (wrong(FAULT_LOCKED_CONNECTED))
        os_mutex_unlock(&self->lock);
    if (FAILED(hr))
        return false;
    os_mutex_lock(&self->lock);
    if (!self->closed) {
        self->callback = callback;
        callback = NULL;
    }
    os_mutex_unlock(&self->lock);
    if (callback)
        IWRdsProtocolConnectionCallback_Release(callback);
    return true;
}

/* Until the condition or the time comes. */
static void wait_for(struct client *self, const bool *what, unsigned ms)
{
    uint64_t until = os_now_ms() + ms;

    os_mutex_lock(&self->lock);
    while (!*what && !self->closed && os_now_ms() < until && !atomic_load(&ending))
        os_cond_wait_ms(&self->changed, &self->lock, 20);
    os_mutex_unlock(&self->lock);
}

static void be_ready(struct client *self)
{
    static WTS_DISPLAY_IOCTL nothing;
    IWRdsProtocolConnectionCallback *callback;
    ULONG id;

    if (wrong(FAULT_NEVER_READY))
        return;
    if (!wrong(FAULT_READY_EARLY) && !wrong(FAULT_POLICY_IGNORED))
        wait_for(self, &self->asked, self->legacy ? 60000 : 500);
    callback = client_take_callback(self);
    if (!callback)
        return;
    if (wrong(FAULT_SLOW_THREAD))
        os_sleep_ms(400);
    if (!self->legacy)
        IWRdsProtocolConnectionCallback_GetConnectionId(callback, &id);
    else if (wrong(FAULT_SLOT_7)) /* what is GetConnectionId in the other family */
        IWTSProtocolConnectionCallback_DisplayIOCtl((IWTSProtocolConnectionCallback *)(void *)callback,
                                                    &nothing);
    IWRdsProtocolConnectionCallback_OnReady(callback);
    if (wrong(FAULT_READY_TWICE))
        IWRdsProtocolConnectionCallback_OnReady(callback);
    IWRdsProtocolConnectionCallback_Release(callback);
}

static void break_wire(struct client *self)
{
    IWRdsProtocolConnectionCallback *callback = client_take_callback(self);
    ULONG argument = wrong(FAULT_BROKEN_ARGUMENTS) ? 3 : 0;

    if (!callback)
        return;
    IWRdsProtocolConnectionCallback_BrokenConnection(callback, argument, argument);
    if (wrong(FAULT_BROKEN_TWICE))
        IWRdsProtocolConnectionCallback_BrokenConnection(callback, 0, 0);
    IWRdsProtocolConnectionCallback_Release(callback);
}

static void play(void *arg)
{
    struct client *self = arg;
    bool refused = !connect(self);

    if (!wrong(FAULT_LISTENER_UNHELD))
        IWRdsProtocolListenerCallback_Release(self->listener);
    if (!refused) {
        be_ready(self);
        wait_for(self, &self->closed, fake_number("RDSIM_FAKE_STAY_MS", 300));
        if (!wrong(FAULT_CLOSE_KEEPS_POINTER)) /* the second Close is what shows it, each time */
            break_wire(self);
        wait_for(self, &self->closed, 60000);
    }
    if (!wrong(FAULT_CONNECTION_LEAK) && !wrong(FAULT_CONNECTION_UNCOUNTED) &&
        !(refused && wrong(FAULT_REFUSED_LEAK)))
        IWRdsProtocolConnection_Release(&self->IWRdsProtocolConnection_iface);
}

void fake_client_start(IWRdsProtocolListenerCallback *listener, bool legacy)
{
    struct client *self = calloc(1, sizeof *self);

    if (!self)
        return;
    self->IWRdsProtocolConnection_iface.lpVtbl = &fake_connection_vtbl;
    self->IWRdsWddmIddProps_iface.lpVtbl = &fake_idd_vtbl;
    self->IWTSProtocolConnection_iface.lpVtbl = &fake_legacy_vtbl;
    self->legacy = legacy;
    atomic_init(&self->refs, wrong(FAULT_CONNECTION_UNCOUNTED) ? 0 : 1);
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    self->listener = listener;
    if (!wrong(FAULT_LISTENER_UNHELD))
        IWRdsProtocolListenerCallback_AddRef(listener);
    atomic_fetch_add(&fake_objects, 1);
    atomic_store(&ending, false);
    if (os_thread_start("fake-client", play, self) != OS_OK)
        abort();
}

void fake_clients_end(void)
{
    atomic_store(&ending, true);
}
