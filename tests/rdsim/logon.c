/* SPDX-License-Identifier: Apache-2.0 */
/* sequences.md E and F: who logs on, in which session, and the move to an older session of the same user. */
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "launcher.h"
#include "os/log.h"
#include "os/os.h"
#include "probe.h"
#include "sequence.h"

#define STATUS_LOGON_FAILURE ((LONG)0xC000006D)
#define TAKEOVER_WAIT_MS 10000
#define ARBITRATION_MAX 16

struct logon_names {
    WCHAR user[WTS_USERNAME_LENGTH + 1];
    WCHAR domain[WTS_DOMAIN_LENGTH + 1];
};

static bool allowed(struct connection *self, struct logon_names *names)
{
    HRESULT hr = CALL(self->id, "Connection", "IsUserAllowedToLogon",
                      IWRdsProtocolConnection_IsUserAllowedToLogon(
                          self->object, self->session, platform_token(), names->domain, names->user));

    return SUCCEEDED(hr);
}

/* Sessions of this user that the provider knows; mostly it leaves that to the service. */
static void arbitrate(struct connection *self)
{
    PROBED(ULONG) count;
    ULONG ids[ARBITRATION_MAX];
    HRESULT hr;

    PROBE(&count);
    count.value = 0;
    hr = CALL(self->id, "Connection", "SessionArbitrationEnumeration",
              IWRdsProtocolConnection_SessionArbitrationEnumeration(self->object, platform_token(), TRUE,
                                                                    NULL, &count.value));
    probe_guard(self->id, "SessionArbitrationEnumeration", count.guard);
    if (FAILED(hr) || count.value == 0 || count.value > ARBITRATION_MAX)
        return;
    hr = CALL(self->id, "Connection", "SessionArbitrationEnumeration",
              IWRdsProtocolConnection_SessionArbitrationEnumeration(self->object, platform_token(), TRUE, ids,
                                                                    &count.value));
    if (SUCCEEDED(hr) && count.value > 0 && count.value <= ARBITRATION_MAX && !self->wanted_session)
        self->wanted_session = ids[0];
}

/* The connection that has the session now is told so, and ends. */
static void push_out(struct connection *self, uint32_t previous)
{
    struct connection *other = service_find(self->service, previous);

    if (!other)
        return;
    connection_order(other, ORDER_TAKEN_OVER, ERRINFO_OTHER_CONNECTION);
    if (!connection_wait_done(other, TAKEOVER_WAIT_MS))
        log_warn("rdsim", self->id, "connection %u does not leave session %u", previous, self->session);
    connection_drop(other);
}

/* sequences.md F: DisconnectNotify for the temporary session, then the other one. */
static enum sequence_result move(struct connection *self, uint32_t session, uint32_t previous)
{
    static const char *const leave[] = {"DisconnectNotify", NULL};
    uint32_t temporary = self->session;
    enum sequence_result result;

    log_info("rdsim", self->id, "goes from session %u to session %u of the same user", temporary, session);
    os_mutex_lock(&self->lock);
    self->session = session;
    os_mutex_unlock(&self->lock);
    result = sequence_run(self, leave);
    launcher_session_disconnected(self->service->launcher, temporary);
    launcher_session_ended(self->service->launcher, temporary);
    if (previous)
        push_out(self, previous);
    if (result == SEQUENCE_DONE) {
        launcher_session_active(self->service->launcher, session, self->user, self->width, self->height);
        result = sequence_run(self, sequence_reconnect);
    }
    return result;
}

static void logon_notify(struct connection *self, struct logon_names *names)
{
    PROBED(WRDS_CONNECTION_SETTINGS) settings;
    WTS_SESSION_ID id = sequence_session_id(self);

    PROBE(&settings);
    memset(&settings.value, 0, sizeof settings.value);
    settings.value.WRdsConnectionSettingLevel = WRDS_CONNECTION_SETTING_LEVEL_1;
    settings.value.WRdsConnectionSetting.WRdsConnectionSettings1.WRdsListenerSettings
        .WRdsListenerSettingLevel = WRDS_LISTENER_SETTING_LEVEL_1;
    NOTIFY(self->id, "Connection", "LogonNotify",
           IWRdsProtocolConnection_LogonNotify(self->object, platform_token(), names->user, names->domain,
                                               &id, &settings.value));
    probe_guard(self->id, "LogonNotify", settings.guard);
}

enum sequence_result sequence_logon(struct connection *self, uint32_t *error)
{
    struct account guest;
    const struct account *account =
        accounts_logon(&self->service->options->accounts, &self->credential, &guest);
    enum sequence_result result = SEQUENCE_DONE;
    struct logon_names names;
    uint32_t previous, session;

    *error = 0;
    memset(&names, 0, sizeof names);
    memcpy(names.domain, self->credential.Domain, sizeof names.domain);
    if (!account) {
        bool missing = !self->have_credential;

        redirector_error(self, STATUS_LOGON_FAILURE, "The user name or password is incorrect.");
        *error = missing ? ERRINFO_FRESH_CREDENTIALS : ERRINFO_DENIED;
        log_warn("rdsim", self->id, "logon refused: %s",
                 missing ? "no credentials" : "wrong user name or password");
        return SEQUENCE_DROPPED;
    }
    os_utf16_from_utf8((uint16_t *)names.user, WTS_USERNAME_LENGTH + 1, account->name);
    redirector_status(self, "Welcome");
    if (!allowed(self, &names)) {
        log_warn("rdsim", self->id, "logon refused: the provider does not allow %s", account->name);
        *error = ERRINFO_NO_PRIVILEGE;
        return SEQUENCE_DROPPED;
    }
    arbitrate(self);
    os_mutex_lock(&self->lock);
    snprintf(self->user, sizeof self->user, "%s", account->name);
    os_mutex_unlock(&self->lock);
    session = sessions_logon(&self->service->sessions, self->session, self->wanted_session, account->name,
                             self->id, &previous);
    if (session != self->session)
        result = move(self, session, previous);
    else
        launcher_session_active(self->service->launcher, session, self->user, self->width, self->height);
    if (result == SEQUENCE_DONE) {
        logon_notify(self, &names);
        service_session_event(self->service, session, WTS_SESSION_LOGON);
        service_session_event(self->service, session, WTS_REMOTE_CONNECT);
    }
    return result;
}
