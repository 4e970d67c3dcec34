/* SPDX-License-Identifier: Apache-2.0 */
/* Steps from AcceptConnection to the logon, but for what is asked about the client. */
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "family.h"
#include "os/os.h"
#include "probe.h"
#include "steps.h"

#define ARBITRATION_MAX 16

HRESULT step_accept_connection(struct connection *self, struct step_call *call)
{
    (void)call;
    return CALL(self->id, "Connection", "AcceptConnection", CONNECTION(self, AcceptConnection));
}

HRESULT step_send_policy_data(struct connection *self, struct step_call *call)
{
    PROBED(WTS_POLICY_DATA) policy;
    HRESULT hr;

    (void)call;
    PROBE(&policy);
    memset(&policy.value, 0, sizeof policy.value);
    policy.value.ColorDepth = 5; /* 32 bits per pixel in this structure's own coding */
    policy.value.MinEncryptionLevel = 1;
    policy.value.fDisableCdm = TRUE;
    os_mutex_lock(&self->lock);
    self->policy_sent = true; /* OnReady may follow before it returns */
    os_mutex_unlock(&self->lock);
    hr = CALL(
        self->id, "Connection", "SendPolicyData",
        IWTSProtocolConnection_SendPolicyData((IWTSProtocolConnection *)(void *)self->object, &policy.value));
    probe_guard(self->id, "SendPolicyData", policy.guard);
    probe_fill(&policy, sizeof policy); /* it has to be copied */
    return hr;
}

HRESULT step_authenticate(struct connection *self, struct step_call *call)
{
    PROBED(WTS_SESSION_ID) id;
    HRESULT hr;

    PROBE(&id);
    hr = CALL(self->id, "Connection", "AuthenticateClientToSession",
              CONNECTION(self, AuthenticateClientToSession, &id.value));
    PROBE_VALUE(self->id, "AuthenticateClientToSession", hr, &id);
    if (FAILED(hr))
        return hr;
    os_mutex_lock(&self->lock);
    self->wanted_session = id.value.SessionId;
    os_mutex_unlock(&self->lock);
    step_answer(call, "session %u", (unsigned)id.value.SessionId);
    return hr;
}

HRESULT step_notify_session_id(struct connection *self, struct step_call *call)
{
    WTS_SESSION_ID id = step_session_id(self, step_session(self, call));

    if (self->legacy)
        return NOTIFY(
            self->id, "Connection", "NotifySessionId",
            IWTSProtocolConnection_NotifySessionId((IWTSProtocolConnection *)(void *)self->object, &id));
    return NOTIFY(self->id, "Connection", "NotifySessionId",
                  IWRdsProtocolConnection_NotifySessionId(self->object, &id, 0));
}

static void judge_beep(struct connection *self, HRESULT hr, const HANDLE_PTR *beep)
{
    if (SUCCEEDED(hr) && !probe_untouched(beep, sizeof *beep))
        rule_check(RULE_INPUT_HANDLES, *beep == 0, self->id, "the beep handle is not NULL");
}

HRESULT step_get_input_handles(struct connection *self, struct step_call *call)
{
    PROBED(HANDLE_PTR) keyboard, mouse, beep;
    HRESULT hr;

    (void)call;
    PROBE(&keyboard);
    PROBE(&mouse);
    PROBE(&beep);
    hr = CALL(
        self->id, "Connection", "GetInputHandles",
        IWRdsProtocolConnection_GetInputHandles(self->object, &keyboard.value, &mouse.value, &beep.value));
    PROBE_VALUE(self->id, "GetInputHandles (keyboard)", hr, &keyboard);
    PROBE_VALUE(self->id, "GetInputHandles (mouse)", hr, &mouse);
    PROBE_VALUE(self->id, "GetInputHandles (beep)", hr, &beep);
    judge_beep(self, hr, &beep.value);
    return hr;
}

HRESULT step_get_video_handle(struct connection *self, struct step_call *call)
{
    PROBED(HANDLE_PTR) video;
    HRESULT hr;

    (void)call;
    PROBE(&video);
    hr = CALL(self->id, "Connection", "GetVideoHandle",
              IWRdsProtocolConnection_GetVideoHandle(self->object, &video.value));
    PROBE_VALUE(self->id, "GetVideoHandle", hr, &video);
    /* E_NOTIMPL and NULL is the documented answer of one mode, so a failure must write it too */
    rule_check(RULE_OUT_VALUE, !probe_untouched(&video.value, sizeof video.value), self->id,
               "GetVideoHandle did not write the handle");
    return hr;
}

HRESULT step_get_protocol_handles(struct connection *self, struct step_call *call)
{
    PROBED(HANDLE_PTR) keyboard, mouse, beep, video;
    HRESULT hr;

    (void)call;
    PROBE(&keyboard);
    PROBE(&mouse);
    PROBE(&beep);
    PROBE(&video);
    hr = CALL(self->id, "Connection", "GetProtocolHandles",
              IWTSProtocolConnection_GetProtocolHandles((IWTSProtocolConnection *)(void *)self->object,
                                                        &keyboard.value, &mouse.value, &beep.value,
                                                        &video.value));
    PROBE_VALUE(self->id, "GetProtocolHandles (keyboard)", hr, &keyboard);
    PROBE_VALUE(self->id, "GetProtocolHandles (mouse)", hr, &mouse);
    PROBE_VALUE(self->id, "GetProtocolHandles (beep)", hr, &beep);
    PROBE_VALUE(self->id, "GetProtocolHandles (video)", hr, &video);
    judge_beep(self, hr, &beep.value);
    return hr;
}

HRESULT step_connect_notify(struct connection *self, struct step_call *call)
{
    uint32_t session = step_session(self, call);
    HRESULT hr = NOTIFY(self->id, "Connection", "ConnectNotify", CONNECTION(self, ConnectNotify, session));

    os_mutex_lock(&self->lock);
    self->polled = true;
    os_mutex_unlock(&self->lock);
    return hr;
}

HRESULT step_notify_command_process(struct connection *self, struct step_call *call)
{
    return NOTIFY(
        self->id, "Connection", "NotifyCommandProcessCreated",
        IWRdsProtocolConnection_NotifyCommandProcessCreated(self->object, step_session(self, call)));
}

struct names {
    WCHAR user[WTS_USERNAME_LENGTH + 1];
    WCHAR domain[WTS_DOMAIN_LENGTH + 1];
};

/* The argument, or who has logged on, or whose credentials are known. */
static void take_names(struct connection *self, const struct step_call *call, struct names *out)
{
    memset(out, 0, sizeof *out);
    os_mutex_lock(&self->lock);
    memcpy(out->domain, self->credential.Domain, sizeof out->domain);
    if (call->argument[0] || self->user[0])
        os_utf16_from_utf8((uint16_t *)out->user, WTS_USERNAME_LENGTH + 1,
                           call->argument[0] ? call->argument[0] : self->user);
    else
        memcpy(out->user, self->credential.UserName, sizeof out->user);
    os_mutex_unlock(&self->lock);
}

HRESULT step_is_user_allowed(struct connection *self, struct step_call *call)
{
    const struct step_call none = {0};
    struct names names;

    take_names(self, call, &names);
    return CALL(self->id, "Connection", "IsUserAllowedToLogon",
                CONNECTION(self, IsUserAllowedToLogon, step_session(self, &none), platform_token(),
                           names.domain, names.user));
}

/* Sessions of this user that the provider knows; mostly it leaves that to the service. */
HRESULT step_arbitration(struct connection *self, struct step_call *call)
{
    PROBED(ULONG) count;
    ULONG ids[ARBITRATION_MAX];
    HRESULT hr;

    (void)call;
    PROBE(&count);
    count.value = 0;
    hr = CALL(self->id, "Connection", "SessionArbitrationEnumeration",
              CONNECTION(self, SessionArbitrationEnumeration, platform_token(), TRUE, NULL, &count.value));
    probe_guard(self->id, "SessionArbitrationEnumeration", count.guard);
    rule_check(RULE_ARBITRATION, FAILED(hr) || count.value > 0, self->id,
               "SessionArbitrationEnumeration succeeded with an empty list");
    if (FAILED(hr) || count.value == 0 || count.value > ARBITRATION_MAX)
        return hr;
    hr = CALL(self->id, "Connection", "SessionArbitrationEnumeration",
              CONNECTION(self, SessionArbitrationEnumeration, platform_token(), TRUE, ids, &count.value));
    os_mutex_lock(&self->lock);
    if (SUCCEEDED(hr) && count.value > 0 && count.value <= ARBITRATION_MAX && !self->wanted_session)
        self->wanted_session = ids[0];
    os_mutex_unlock(&self->lock);
    return hr;
}

HRESULT step_logon_notify(struct connection *self, struct step_call *call)
{
    const struct step_call none = {0};
    PROBED(WRDS_CONNECTION_SETTINGS) settings;
    WTS_SESSION_ID id = step_session_id(self, step_session(self, &none));
    struct names names;
    HRESULT hr;

    take_names(self, call, &names);
    if (self->legacy)
        return NOTIFY(self->id, "Connection", "LogonNotify",
                      IWTSProtocolConnection_LogonNotify((IWTSProtocolConnection *)(void *)self->object,
                                                         platform_token(), names.user, names.domain, &id));
    PROBE(&settings);
    memset(&settings.value, 0, sizeof settings.value);
    settings.value.WRdsConnectionSettingLevel = WRDS_CONNECTION_SETTING_LEVEL_1;
    settings.value.WRdsConnectionSetting.WRdsConnectionSettings1.WRdsListenerSettings
        .WRdsListenerSettingLevel = WRDS_LISTENER_SETTING_LEVEL_1;
    hr = NOTIFY(self->id, "Connection", "LogonNotify",
                IWRdsProtocolConnection_LogonNotify(self->object, platform_token(), names.user, names.domain,
                                                    &id, &settings.value));
    probe_guard(self->id, "LogonNotify", settings.guard);
    return hr;
}

HRESULT step_get_user_data(struct connection *self, struct step_call *call)
{
    static const WCHAR program[] = u"shell.exe";
    PROBED(WTS_USER_DATA) data;
    WTS_POLICY_DATA policy;
    HRESULT hr;

    PROBE(&data);
    memset(&data.value, 0, sizeof data.value);
    memset(&policy, 0, sizeof policy);
    memcpy(data.value.InitialProgram, program, sizeof program);
    hr = CALL(self->id, "Connection", "GetUserData",
              IWTSProtocolConnection_GetUserData((IWTSProtocolConnection *)(void *)self->object, &policy,
                                                 &data.value));
    probe_guard(self->id, "GetUserData", data.guard);
    if (SUCCEEDED(hr))
        rule_check(RULE_USER_DATA,
                   probe_terminated(data.value.InitialProgram, WTS_INITIALPROGRAM_LENGTH + 1) &&
                       probe_terminated(data.value.WorkDirectory, WTS_DIRECTORY_LENGTH + 1) &&
                       data.value.InitialProgram[0],
                   self->id, "GetUserData cleared what was known, or a text does not end");
    step_answer(call, "program %s", step_text(data.value.InitialProgram));
    return hr;
}
