/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.md G: the calls that end a connection. */
#include "call.h"
#include "family.h"
#include "player.h"
#include "steps.h"

HRESULT step_set_error_info(struct connection *self, struct step_call *call)
{
    return CALL(self->id, "Connection", "SetErrorInfo",
                CONNECTION(self, SetErrorInfo, step_number(call, 0, ERRINFO_RPC_DISCONNECT)));
}

HRESULT step_pre_disconnect(struct connection *self, struct step_call *call)
{
    return NOTIFY(
        self->id, "Connection", "PreDisconnect",
        IWRdsProtocolConnection_PreDisconnect(self->object, step_number(call, 0, ERRINFO_RPC_DISCONNECT)));
}

HRESULT step_disconnect_notify(struct connection *self, struct step_call *call)
{
    (void)call;
    return NOTIFY(self->id, "Connection", "DisconnectNotify", CONNECTION(self, DisconnectNotify));
}

HRESULT step_close(struct connection *self, struct step_call *call)
{
    bool given, again;
    HRESULT hr;

    (void)call;
    os_mutex_lock(&self->lock);
    self->closing = true; /* a poll that runs may overlap Close, none begins */
    again = self->closed;
    os_mutex_unlock(&self->lock);
    hr = CALL(self->id, "Connection", "Close", CONNECTION(self, Close));
    if (again)
        rule_check(RULE_CLOSE_AGAIN, hr == S_OK, self->id, "a second Close returned 0x%08x", (unsigned)hr);
    os_mutex_lock(&self->lock);
    given = self->returned;
    self->closed = true;
    os_mutex_unlock(&self->lock);
    connection_callback_closed(self->callback, given);
    return hr;
}

HRESULT step_release(struct connection *self, struct step_call *call)
{
    bool returned;

    (void)call;
    os_mutex_lock(&self->lock);
    self->closing = self->releasing = true;
    returned = self->returned;
    os_mutex_unlock(&self->lock);
    connection_wait_calls(self);
    connection_release_objects(self, returned && !player_inside_event());
    return S_OK;
}
