/* SPDX-License-Identifier: Apache-2.0 */
/* Which session a connection shows: cookies for coming back to it, and repaints after a change. */
#include "com/connection_private.h"

#include <string.h>

#include "core/reconnect.h"

/* Under the lock. The service's word for this logon, or the policy that a legacy service sent. */
static bool cookies_allowed(const struct connection *self, const WRDS_CONNECTION_SETTINGS *settings)
{
    if (atomic_load(&self->policy_known) && self->policy.fDisableAutoReconnect)
        return false;
    return !settings || settings->WRdsConnectionSettingLevel != WRDS_CONNECTION_SETTING_LEVEL_1 ||
           !settings->WRdsConnectionSetting.WRdsConnectionSettings1.fDisableAutoReconnect;
}

void connection_logged_on(struct connection *self, const struct link_logon *logon,
                          const WRDS_CONNECTION_SETTINGS *settings)
{
    struct reconnect_logon whose = {logon->session, self->number,  logon->user,
                                    logon->domain,  &self->client, .rotate_ms = 0};
    union link_any message;
    bool given = false;

    os_mutex_lock(&self->lock);
    if (cookies_allowed(self, settings))
        whose.rotate_ms = self->cookie_ms;
    if (!self->closed)
        given = reconnect_logon(self->provider->reconnect, &whose, os_now_ms(), &message.auto_reconnect);
    os_mutex_unlock(&self->lock);
    if (!given)
        return;
    connection_tell(self, LINK_AUTO_RECONNECT, &message, OS_NO_HANDLE);
    os_wipe(&message.auto_reconnect, sizeof(message.auto_reconnect));
}

bool connection_claim_session(struct connection *self, uint32_t *session)
{
    bool good;

    os_mutex_lock(&self->lock);
    good = reconnect_claim(self->provider->reconnect, self->number, &self->client, os_now_ms(), session);
    os_wipe(self->client.reconnect, sizeof(self->client.reconnect));
    self->client.reconnect_size = 0;
    if (good) {
        /* its Winlogon runs, and it has painted what this client never saw */
        self->command_process = true;
        self->rebound = true;
    }
    os_mutex_unlock(&self->lock);
    return good;
}

void connection_left_session(struct connection *self)
{
    os_mutex_lock(&self->lock);
    self->rebound = true;
    self->shown = false;
    os_mutex_unlock(&self->lock);
    reconnect_left(self->provider->reconnect, self->number);
}

void connection_show(struct connection *self, uint32_t session, bool command_process)
{
    union link_any message = {.value = {session}};
    bool now, redraw;

    os_mutex_lock(&self->lock);
    self->session = session;
    self->command_process = self->command_process || command_process;
    self->shown = now = self->command_process;
    redraw = now && self->rebound;
    if (redraw)
        self->rebound = false;
    os_mutex_unlock(&self->lock);
    if (now)
        connection_tell(self, LINK_CONNECT, &message, OS_NO_HANDLE);
    if (redraw)
        connection_want(self, CALL_REDRAW);
}

void connection_suppress(struct connection *self, bool suppressed)
{
    bool now;

    os_mutex_lock(&self->lock);
    self->wanted &= ~(unsigned)(CALL_STOP_UPDATES | CALL_REDRAW); /* what is not called yet */
    now = self->shown && (!suppressed || self->stop_updates);
    os_mutex_unlock(&self->lock);
    if (now)
        connection_want(self, suppressed ? CALL_STOP_UPDATES : CALL_REDRAW);
}
