/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.md J: calls that come at any time. */
#include <string.h>

#include "call.h"
#include "family.h"
#include "os/os.h"
#include "probe.h"
#include "steps.h"

#define LAST_INPUT_MARGIN_MS 60000

HRESULT step_get_protocol_status(struct connection *self, struct step_call *call)
{
    PROBED(WTS_PROTOCOL_STATUS) status;
    HRESULT hr;

    PROBE(&status);
    hr =
        CALL(self->id, "Connection", "GetProtocolStatus", CONNECTION(self, GetProtocolStatus, &status.value));
    PROBE_VALUE(self->id, "GetProtocolStatus", hr, &status);
    if (FAILED(hr))
        return hr;
    rule_check(RULE_OUT_VALUE,
               !probe_untouched(&status.value.Counters[WTS_MAX_COUNTERS - 1], sizeof(LARGE_INTEGER)),
               self->id, "GetProtocolStatus wrote a part of the status only");
    rule_check(RULE_STATUS_SPECIFIC,
               !status.value.Output.Specific && !status.value.Input.Specific && !status.value.Cache.Specific,
               self->id, "Specific is %u, %u, %u", status.value.Output.Specific, status.value.Input.Specific,
               (unsigned)status.value.Cache.Specific);
    step_answer(call, "out %u bytes %u frames, in %u bytes", (unsigned)status.value.Output.Bytes,
                (unsigned)status.value.Output.Frames, (unsigned)status.value.Input.Bytes);
    return hr;
}

HRESULT step_get_last_input_time(struct connection *self, struct step_call *call)
{
    PROBED(ULONG64) input;
    uint64_t age;
    HRESULT hr;

    PROBE(&input);
    hr = CALL(self->id, "Connection", "GetLastInputTime", CONNECTION(self, GetLastInputTime, &input.value));
    PROBE_VALUE(self->id, "GetLastInputTime", hr, &input);
    age = os_now_ms() - self->start_ms;
    if (SUCCEEDED(hr))
        rule_check(RULE_LAST_INPUT, input.value <= age + LAST_INPUT_MARGIN_MS, self->id,
                   "GetLastInputTime says %llu ms on a connection that is %llu ms old",
                   (unsigned long long)input.value, (unsigned long long)age);
    step_answer(call, "%llu ms", (unsigned long long)input.value);
    return hr;
}

HRESULT step_send_beep(struct connection *self, struct step_call *call)
{
    (void)call;
    return CALL(self->id, "Connection", "SendBeep",
                IWTSProtocolConnection_SendBeep((IWTSProtocolConnection *)(void *)self->object, 440, 100));
}

HRESULT step_create_virtual_channel(struct connection *self, struct step_call *call)
{
    CHAR name[] = "RDSIM";
    PROBED(ULONG_PTR) channel;
    BOOL is_static = call->argument[0] && strcmp(call->argument[0], "static") == 0;
    HRESULT hr;

    PROBE(&channel);
    hr = CALL(self->id, "Connection", "CreateVirtualChannel",
              CONNECTION(self, CreateVirtualChannel, name, is_static, 0, &channel.value));
    PROBE_VALUE(self->id, "CreateVirtualChannel", hr, &channel);
    if (SUCCEEDED(hr))
        rule_check(RULE_OUT_VALUE, channel.value != 0, self->id, "CreateVirtualChannel gave no channel");
    return hr;
}

HRESULT step_get_shadow_connection(struct connection *self, struct step_call *call)
{
    IUnknown *shadow;
    HRESULT hr;

    (void)call;
    PROBE(&shadow);
    hr = CALL(self->id, "Connection", "GetShadowConnection",
              CONNECTION(self, GetShadowConnection, (void *)&shadow));
    shadow = probe_object(self->id, "GetShadowConnection", hr, shadow);
    if (shadow)
        object_release(shadow, RULE_OBJECT_RELEASE, self->id, "ShadowConnection", 0);
    return hr;
}

HRESULT step_poll(struct connection *self, struct step_call *call)
{
    (void)call;
    connection_poll(self);
    return S_OK;
}

HRESULT step_identity(struct connection *self, struct step_call *call)
{
    (void)call;
    identity_judge(self);
    return S_OK;
}
