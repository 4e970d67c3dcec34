/* SPDX-License-Identifier: Apache-2.0 */
#include "sequence.h"

#include <string.h>

#include "call.h"
#include "launcher.h"
#include "os/log.h"
#include "probe.h"

struct step {
    const char *name;
    HRESULT (*run)(struct connection *connection);
    bool error_drops; /* the connection is dropped when it fails: methods.md 4, return codes */
};

WTS_SESSION_ID sequence_session_id(const struct connection *connection)
{
    WTS_SESSION_ID id = {{0x52445349, 0x4d, 0x4d, {0, 0, 0, 0, 0, 0, 0, 0}}, connection->session};

    memcpy(id.SessionUniqueGuid.Data4, &connection->id, sizeof connection->id);
    return id;
}

static HRESULT step_accept_connection(struct connection *self)
{
    return CALL(self->id, "Connection", "AcceptConnection",
                IWRdsProtocolConnection_AcceptConnection(self->object));
}

static HRESULT step_authenticate(struct connection *self)
{
    PROBED(WTS_SESSION_ID) id;
    HRESULT hr;

    PROBE(&id);
    hr = CALL(self->id, "Connection", "AuthenticateClientToSession",
              IWRdsProtocolConnection_AuthenticateClientToSession(self->object, &id.value));
    PROBE_VALUE(self->id, "AuthenticateClientToSession", hr, &id);
    if (SUCCEEDED(hr))
        self->wanted_session = id.value.SessionId;
    return hr;
}

static HRESULT step_notify_session_id(struct connection *self)
{
    WTS_SESSION_ID id = sequence_session_id(self);

    return NOTIFY(self->id, "Connection", "NotifySessionId",
                  IWRdsProtocolConnection_NotifySessionId(self->object, &id, 0));
}

static HRESULT step_get_input_handles(struct connection *self)
{
    PROBED(HANDLE_PTR) keyboard, mouse, beep;
    HRESULT hr;

    PROBE(&keyboard);
    PROBE(&mouse);
    PROBE(&beep);
    hr = CALL(
        self->id, "Connection", "GetInputHandles",
        IWRdsProtocolConnection_GetInputHandles(self->object, &keyboard.value, &mouse.value, &beep.value));
    PROBE_VALUE(self->id, "GetInputHandles (keyboard)", hr, &keyboard);
    PROBE_VALUE(self->id, "GetInputHandles (mouse)", hr, &mouse);
    PROBE_VALUE(self->id, "GetInputHandles (beep)", hr, &beep);
    if (SUCCEEDED(hr) && !probe_untouched(&beep.value, sizeof beep.value))
        rule_check(RULE_INPUT_HANDLES, beep.value == 0, self->id, "the beep handle is not NULL");
    return hr;
}

static HRESULT step_get_video_handle(struct connection *self)
{
    PROBED(HANDLE_PTR) video;
    HRESULT hr;

    PROBE(&video);
    hr = CALL(self->id, "Connection", "GetVideoHandle",
              IWRdsProtocolConnection_GetVideoHandle(self->object, &video.value));
    PROBE_VALUE(self->id, "GetVideoHandle", hr, &video);
    /* E_NOTIMPL and NULL is the documented answer of one mode, so a failure must write it too */
    rule_check(RULE_OUT_VALUE, !probe_untouched(&video.value, sizeof video.value), self->id,
               "GetVideoHandle did not write the handle");
    return hr;
}

static HRESULT step_connect_notify(struct connection *self)
{
    HRESULT hr = NOTIFY(self->id, "Connection", "ConnectNotify",
                        IWRdsProtocolConnection_ConnectNotify(self->object, self->session));

    os_mutex_lock(&self->lock);
    self->polled = true;
    os_mutex_unlock(&self->lock);
    return hr;
}

static HRESULT step_notify_command_process(struct connection *self)
{
    return NOTIFY(self->id, "Connection", "NotifyCommandProcessCreated",
                  IWRdsProtocolConnection_NotifyCommandProcessCreated(self->object, self->session));
}

static HRESULT step_disconnect_notify(struct connection *self)
{
    return NOTIFY(self->id, "Connection", "DisconnectNotify",
                  IWRdsProtocolConnection_DisconnectNotify(self->object));
}

static HRESULT step_poll(struct connection *self)
{
    connection_poll(self);
    return S_OK;
}

static const struct step steps[] = {
    {"AcceptConnection", step_accept_connection, true},
    {"GetClientData", step_get_client_data, true},
    {"GetClientMonitorData", step_get_client_monitor_data, false},
    {"GetUserCredentials", step_get_user_credentials, false},
    {"License", step_license, true},
    {"AuthenticateClientToSession", step_authenticate, false},
    {"NotifySessionId", step_notify_session_id, false},
    {"GetInputHandles", step_get_input_handles, false},
    {"GetVideoHandle", step_get_video_handle, false},
    {"GetHardwareId", step_get_hardware_id, false},
    {"ConnectNotify", step_connect_notify, false},
    {"NotifyCommandProcessCreated", step_notify_command_process, false},
    {"DisconnectNotify", step_disconnect_notify, false},
    {"QueryProperties", step_query_properties, false},
    {"Poll", step_poll, false},
};

const char *const sequence_negotiate[] = {
    "AcceptConnection", "GetClientData",   "GetClientMonitorData",        "GetUserCredentials",
    "License",          "QueryProperties", "AuthenticateClientToSession", NULL};
const char *const sequence_connect[] = {"NotifySessionId",
                                        "GetInputHandles",
                                        "GetVideoHandle",
                                        "GetHardwareId",
                                        "ConnectNotify",
                                        "NotifyCommandProcessCreated",
                                        "Poll",
                                        NULL};
const char *const sequence_reconnect[] = {"NotifySessionId", "GetInputHandles", "GetVideoHandle",
                                          "ConnectNotify", NULL};

static const struct step *find(const char *name)
{
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i].name, name) == 0)
            return &steps[i];
    return NULL;
}

bool sequence_knows(const char *step)
{
    return find(step) != NULL;
}

enum sequence_result sequence_run(struct connection *connection, const char *const *names)
{
    for (; *names; names++) {
        const struct step *step = find(*names);
        HRESULT hr;

        if (connection_interrupted(connection))
            return SEQUENCE_INTERRUPTED;
        hr = step->run(connection);
        if (FAILED(hr) && step->error_drops) {
            log_warn("rdsim", connection->id, "%s failed with 0x%08x: the connection is dropped", step->name,
                     (unsigned)hr);
            return SEQUENCE_DROPPED;
        }
    }
    return connection_interrupted(connection) ? SEQUENCE_INTERRUPTED : SEQUENCE_DONE;
}
