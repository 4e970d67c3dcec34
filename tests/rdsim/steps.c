/* SPDX-License-Identifier: Apache-2.0 */
#include "steps.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

#define TEXT_PLACES 4

/* redirector.c has the redirector's methods, shaped for others, too */
static HRESULT step_redirector(struct connection *self, struct step_call *call)
{
    (void)call;
    return redirector_open(self);
}

static HRESULT step_begin_painting(struct connection *self, struct step_call *call)
{
    (void)call;
    return redirector_painting(self);
}

static HRESULT step_status(struct connection *self, struct step_call *call)
{
    return redirector_status(self, call->argument[0] ? call->argument[0] : "Please wait");
}

static HRESULT step_message(struct connection *self, struct step_call *call)
{
    return redirector_message(self, call->argument[0] ? call->argument[0] : "A message") ? S_OK : E_FAIL;
}

static HRESULT step_error(struct connection *self, struct step_call *call)
{
    /* STATUS_LOGON_FAILURE */
    return redirector_error(self, (LONG)0xC000006D, call->argument[0] ? call->argument[0] : "Wrong");
}

static HRESULT step_redirector_release(struct connection *self, struct step_call *call)
{
    (void)call;
    redirector_close(self);
    return S_OK;
}

/* No call: what a service does between two. */
static HRESULT step_pause(struct connection *self, struct step_call *call)
{
    (void)self;
    os_sleep_ms(step_number(call, 0, 50) % 10000);
    return S_OK;
}

static const struct step steps[] = {
    {"GetLogonErrorRedirector", step_redirector, false, STEP_BOTH, 0},
    {"SendPolicyData", step_send_policy_data, false, STEP_LEGACY, 0},
    {"AcceptConnection", step_accept_connection, true, STEP_BOTH, 0},
    {"GetClientData", step_get_client_data, true, STEP_BOTH, 0},
    {"GetClientMonitorData", step_get_client_monitor_data, false, STEP_RDS, 0},
    {"GetUserCredentials", step_get_user_credentials, false, STEP_BOTH, 0},
    {"License", step_license, true, STEP_BOTH, 0}, /* all of sequences.md D */
    {"GetLicenseConnection", step_get_license_connection, true, STEP_BOTH, 0},
    {"RequestLicensingCapabilities", step_license_capabilities, false, STEP_BOTH, 0},
    {"RequestClientLicense", step_license_request, false, STEP_BOTH, 0},
    {"SendClientLicense", step_license_send, false, STEP_BOTH, 0},
    {"ProtocolComplete", step_license_complete, false, STEP_BOTH, 1},
    {"ReleaseLicense", step_license_release, false, STEP_BOTH, 0},
    {"AuthenticateClientToSession", step_authenticate, false, STEP_BOTH, 0},
    {"NotifySessionId", step_notify_session_id, false, STEP_BOTH, 1},
    {"GetInputHandles", step_get_input_handles, false, STEP_RDS, 0},
    {"GetVideoHandle", step_get_video_handle, false, STEP_RDS, 0},
    {"GetProtocolHandles", step_get_protocol_handles, false, STEP_LEGACY, 0},
    {"ConnectNotify", step_connect_notify, false, STEP_BOTH, 1},
    {"NotifyCommandProcessCreated", step_notify_command_process, false, STEP_RDS, 1},
    {"IsUserAllowedToLogon", step_is_user_allowed, false, STEP_BOTH, 1},
    {"SessionArbitrationEnumeration", step_arbitration, false, STEP_BOTH, 0},
    {"LogonNotify", step_logon_notify, false, STEP_BOTH, 1},
    {"GetUserData", step_get_user_data, false, STEP_LEGACY, 0},
    {"PreDisconnect", step_pre_disconnect, false, STEP_RDS, 1},
    {"DisconnectNotify", step_disconnect_notify, false, STEP_BOTH, 0},
    {"Close", step_close, false, STEP_BOTH, 0},
    {"Release", step_release, false, STEP_BOTH, 0},
    {"GetProtocolStatus", step_get_protocol_status, false, STEP_BOTH, 0},
    {"GetLastInputTime", step_get_last_input_time, false, STEP_BOTH, 0},
    {"SetErrorInfo", step_set_error_info, false, STEP_BOTH, 1},
    {"SendBeep", step_send_beep, false, STEP_LEGACY, 0},
    {"CreateVirtualChannel", step_create_virtual_channel, false, STEP_BOTH, 1},
    {"QueryProperty", step_query_property, false, STEP_BOTH, 2},
    {"QueryProperties", step_query_properties, false, STEP_BOTH,
     0}, /* each that is documented, and wrong ones */
    {"GetShadowConnection", step_get_shadow_connection, false, STEP_BOTH, 0},
    {"EnableWddmIdd", step_enable_wddm_idd, false, STEP_RDS, 1},
    {"GetHardwareId", step_get_hardware_id, false, STEP_RDS, 1},
    {"OnDriverLoad", step_on_driver_load, false, STEP_RDS, 2},
    {"OnDriverUnload", step_on_driver_unload, false, STEP_RDS, 2},
    {"DriverHandleClosed", step_driver_handle_closed, false, STEP_RDS, 0},
    {"OnBeginPainting", step_begin_painting, false, STEP_BOTH, 0},
    {"RedirectStatus", step_status, false, STEP_BOTH, 1},
    {"RedirectMessage", step_message, false, STEP_BOTH, 1},
    {"RedirectLogonError", step_error, false, STEP_BOTH, 1},
    {"ReleaseRedirector", step_redirector_release, false, STEP_BOTH, 0},
    {"QueryInterface", step_identity, false, STEP_BOTH, 0},
    {"Poll", step_poll, false, STEP_BOTH, 0},
    {"Pause", step_pause, false, STEP_BOTH, 1}, /* milliseconds */
};

const struct step *step_at(unsigned i)
{
    return i < sizeof steps / sizeof *steps ? &steps[i] : NULL;
}

const struct step *step_find(const char *name)
{
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i].name, name) == 0)
            return &steps[i];
    return NULL;
}

HRESULT step_run(const struct step *step, struct connection *connection, struct step_call *call)
{
    if (!(step->family & (connection->legacy ? STEP_LEGACY : STEP_RDS)))
        return S_OK;
    return step->run(connection, call);
}

void step_answer(struct step_call *call, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(call->answer, sizeof call->answer, fmt, args);
    va_end(args);
}

uint32_t step_number(const struct step_call *call, unsigned i, uint32_t otherwise)
{
    return call->argument[i] ? (uint32_t)strtoul(call->argument[i], NULL, 0) : otherwise;
}

const char *step_text(const WCHAR *text)
{
    static _Thread_local char places[TEXT_PLACES][300];
    static _Thread_local unsigned next;
    char *place = places[next++ % TEXT_PLACES];

    os_utf8_from_utf16(place, sizeof *places, (const uint16_t *)text);
    return place;
}

uint32_t step_session(struct connection *self, const struct step_call *call)
{
    uint32_t session = step_number(call, 0, 0);

    os_mutex_lock(&self->lock);
    if (!session)
        session = self->session;
    if (!session)
        session = sessions_create(&self->service->sessions, self->id);
    self->session = session;
    os_mutex_unlock(&self->lock);
    return session;
}

WTS_SESSION_ID step_session_id(const struct connection *connection, uint32_t session)
{
    WTS_SESSION_ID id = {{0x52445349, 0x4d, 0x4d, {0, 0, 0, 0, 0, 0, 0, 0}}, session};

    memcpy(id.SessionUniqueGuid.Data4, &connection->id, sizeof connection->id);
    return id;
}
