/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that ask what the client is: GetClientData, GetClientMonitorData, GetUserCredentials. */
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "family.h"
#include "os/os.h"
#include "probe.h"
#include "steps.h"

/* Redirection flags as policy would set them: some on, so that a cleared structure is seen, some off. */
static const struct {
    bool cpm, cdm, ccm, lpt, clip, pnp;
} policy = {true, false, true, true, false, true};

#define TERMINATED(text) probe_terminated((text), sizeof(text) / sizeof *(text))

static bool known_color_depth(USHORT depth)
{
    switch (depth) {
    case 0:
    case 1:
    case 2:
    case 4:
    case 8:
    case 16:
    case 24:
    case 32:
        return true;
    default:
        return false;
    }
}

static void judge_client_data(uint32_t id, const WTS_CLIENT_DATA *data)
{
    bool texts = TERMINATED(data->Domain) && TERMINATED(data->UserName) && TERMINATED(data->Password) &&
                 TERMINATED(data->WorkDirectory) && TERMINATED(data->InitialProgram) &&
                 TERMINATED(data->ProtocolName) && TERMINATED(data->DisplayDriverName) &&
                 TERMINATED(data->DisplayDeviceName) && TERMINATED(data->imeFileName) &&
                 TERMINATED(data->AudioDriverName) && TERMINATED(data->ClientName) &&
                 TERMINATED(data->ClientAddress) && TERMINATED(data->ClientDirectory) &&
                 TERMINATED(data->ClientDigProductId);

    rule_check(RULE_CLIENT_DATA_POLICY,
               data->fDisableCpm >= policy.cpm && data->fDisableCdm >= policy.cdm &&
                   data->fDisableCcm >= policy.ccm && data->fDisableLPT >= policy.lpt &&
                   data->fDisableClip >= policy.clip && data->fDisablePNP >= policy.pnp,
               id, "a redirection that policy forbids is allowed: Cpm %u Cdm %u Ccm %u LPT %u Clip %u PNP %u",
               data->fDisableCpm, data->fDisableCdm, data->fDisableCcm, data->fDisableLPT, data->fDisableClip,
               data->fDisablePNP);
    rule_check(RULE_CLIENT_DATA, texts, id, "a text is not terminated");
    rule_check(RULE_CLIENT_DATA, data->ProtocolName[0] != 0, id, "ProtocolName is empty");
    rule_check(RULE_CLIENT_DATA, known_color_depth(data->ColorDepth), id, "ColorDepth %u is no code",
               data->ColorDepth);
    rule_check(RULE_CLIENT_DATA,
               data->ClientAddressFamily == 0 || data->ClientAddressFamily == ABI_AF_INET ||
                   data->ClientAddressFamily == ABI_AF_INET6,
               id, "ClientAddressFamily is %u", (unsigned)data->ClientAddressFamily);
    if (data->fInheritAutoLogon)
        rule_check(RULE_CLIENT_DATA_AUTOLOGON, data->UserName[0] != 0, id,
                   "fInheritAutoLogon is set and UserName is empty");
}

HRESULT step_get_client_data(struct connection *self, struct step_call *call)
{
    PROBED(WTS_CLIENT_DATA) data;
    char name[64], address[64];
    HRESULT hr;

    PROBE(&data);
    memset(&data.value, 0, sizeof data.value);
    data.value.fDisableCpm = policy.cpm;
    data.value.fDisableCdm = policy.cdm;
    data.value.fDisableCcm = policy.ccm;
    data.value.fDisableLPT = policy.lpt;
    data.value.fDisableClip = policy.clip;
    data.value.fDisablePNP = policy.pnp;
    hr = CALL(self->id, "Connection", "GetClientData", CONNECTION(self, GetClientData, &data.value));
    probe_guard(self->id, "GetClientData", data.guard);
    if (FAILED(hr))
        return hr;
    judge_client_data(self->id, &data.value);

    os_utf8_from_utf16(name, sizeof name, (const uint16_t *)data.value.ClientName);
    os_utf8_from_utf16(address, sizeof address, (const uint16_t *)data.value.ClientAddress);
    os_mutex_lock(&self->lock);
    if (data.value.fInheritAutoLogon && TERMINATED(data.value.UserName)) {
        memcpy(self->credential.UserName, data.value.UserName, sizeof data.value.UserName);
        memcpy(self->credential.Password, data.value.Password, sizeof data.value.Password);
        memcpy(self->credential.Domain, data.value.Domain, sizeof data.value.Domain);
        self->have_credential = data.value.UserName[0] != 0;
    }
    snprintf(self->client, sizeof self->client, "%.40s(%.40s)", name[0] ? name : "?", address);
    self->width = data.value.HRes;
    self->height = data.value.VRes;
    os_mutex_unlock(&self->lock);
    step_answer(call, "%ux%u depth %u protocol %s client %s autologon %s", data.value.HRes, data.value.VRes,
                data.value.ColorDepth, step_text(data.value.ProtocolName), name,
                data.value.fInheritAutoLogon ? step_text(data.value.UserName) : "no");
    os_wipe(&data, sizeof data);
    return hr;
}

HRESULT step_get_client_monitor_data(struct connection *self, struct step_call *call)
{
    PROBED(UINT) count, primary;
    HRESULT hr;

    PROBE(&count);
    PROBE(&primary);
    hr = CALL(self->id, "Connection", "GetClientMonitorData",
              IWRdsProtocolConnection_GetClientMonitorData(self->object, &count.value, &primary.value));
    PROBE_VALUE(self->id, "GetClientMonitorData (count)", hr, &count);
    PROBE_VALUE(self->id, "GetClientMonitorData (primary)", hr, &primary);
    if (SUCCEEDED(hr)) /* whether counting begins with 0 or 1 is not documented: gaps.md 15 */
        rule_check(RULE_MONITORS, count.value >= 1 && count.value <= 64 && primary.value <= count.value,
                   self->id, "%u monitors, primary %u", count.value, primary.value);
    step_answer(call, "%u monitors primary %u", count.value, primary.value);
    return hr;
}

HRESULT step_get_user_credentials(struct connection *self, struct step_call *call)
{
    PROBED(WTS_USER_CREDENTIAL) credential;
    HRESULT hr;

    PROBE(&credential);
    hr = CALL(self->id, "Connection", "GetUserCredentials",
              CONNECTION(self, GetUserCredentials, &credential.value));
    PROBE_VALUE(self->id, "GetUserCredentials", hr, &credential);
    if (SUCCEEDED(hr)) {
        bool texts = TERMINATED(credential.value.UserName) && TERMINATED(credential.value.Password) &&
                     TERMINATED(credential.value.Domain);

        rule_check(RULE_CREDENTIALS, texts && credential.value.UserName[0], self->id,
                   "GetUserCredentials succeeded with %s",
                   texts ? "an empty user name" : "a text that does not end");
        if (texts) {
            os_mutex_lock(&self->lock);
            self->credential = credential.value;
            self->have_credential = true;
            os_mutex_unlock(&self->lock);
            step_answer(call, "user %s domain '%s'", step_text(credential.value.UserName),
                        step_text(credential.value.Domain));
        }
    }
    os_wipe(&credential, sizeof credential);
    return hr;
}
