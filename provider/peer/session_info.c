/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/session_info.h"

#include <string.h>

#include <freerdp/session.h>
#include <freerdp/settings.h>
#include <freerdp/update.h>

#include "os/log.h"
#include "os/os.h"

/* characters with NUL, [MS-RDPBCGR] 2.2.10.1.1.1 and 2 */
#define DOMAIN_MAX 26
#define USER_MAX 256

_Static_assert(sizeof((logon_info_ex){0}.ArcRandomBits) == LINK_ARC_RANDOM_SIZE, "ArcRandomBits");

bool session_info_take(struct session_info *self, uint16_t id, const union link_any *any)
{
    switch (id) {
    case LINK_LOGON:
        self->logon = any->logon;
        self->have_logon = true;
        return true;
    case LINK_AUTO_RECONNECT:
        self->cookie = any->auto_reconnect;
        self->have_cookie = any->auto_reconnect.random_size == LINK_ARC_RANDOM_SIZE;
        return true;
    case LINK_LOGON_ERROR:
        self->error = any->logon_error;
        self->have_error = true;
        return true;
    default:
        return false;
    }
}

/* FreeRDP's version 2 lacks the NUL of an empty name, and counts the bytes of UTF-8: names that do not fit
 * its fields that way make it the notification without names. */
static bool send_logon(const struct link_logon *logon, rdpContext *context)
{
    char user[LINK_NAME_MAX * 3], domain[LINK_NAME_MAX * 3];
    logon_info info = {.sessionId = logon->session, .username = user, .domain = domain};

    if (!freerdp_settings_get_bool(context->settings, FreeRDP_LogonNotify))
        return true; /* the client did not ask for it: INFO_LOGONNOTIFY */
    os_utf8_from_utf16(user, sizeof user, logon->user);
    os_utf8_from_utf16(domain, sizeof domain, logon->domain);
    if (user[0] && domain[0] && strlen(user) < USER_MAX && strlen(domain) < DOMAIN_MAX)
        return context->update->SaveSessionInfo(context, INFO_TYPE_LOGON_LONG, &info);
    return context->update->SaveSessionInfo(context, INFO_TYPE_LOGON_PLAIN_NOTIFY, NULL);
}

static bool send_cookie(const struct link_auto_reconnect *cookie, rdpContext *context)
{
    logon_info_ex info = {.haveCookie = TRUE, .LogonId = cookie->session};
    bool sent;

    memcpy(info.ArcRandomBits, cookie->random, sizeof info.ArcRandomBits);
    sent = context->update->SaveSessionInfo(context, INFO_TYPE_LOGON_EXTENDED_INF, &info);
    os_wipe(&info, sizeof info);
    return sent;
}

static bool send_error(const struct link_logon_error *error, rdpContext *context)
{
    logon_info_ex info = {
        .haveErrorInfo = TRUE, .ErrorNotificationType = error->type, .ErrorNotificationData = error->data};

    return context->update->SaveSessionInfo(context, INFO_TYPE_LOGON_EXTENDED_INF, &info);
}

bool session_info_send(struct session_info *self, rdpContext *context, uint32_t connection)
{
    bool good = true;

    if (!self->have_logon && !self->have_cookie && !self->have_error)
        return true;
    if (freerdp_get_state(context) != CONNECTION_STATE_ACTIVE)
        return true;
    if (self->have_error) {
        good = send_error(&self->error, context);
        log_debug("peer", connection, "client told: logon notification 0x%08x, data 0x%x",
                  (unsigned)self->error.type, (unsigned)self->error.data);
    }
    if (good && self->have_logon) {
        good = send_logon(&self->logon, context);
        log_debug("peer", connection, "client told: logged on to session %u", (unsigned)self->logon.session);
    }
    if (good && self->have_cookie) {
        good = send_cookie(&self->cookie, context);
        log_debug("peer", connection, "client told: a new cookie for session %u",
                  (unsigned)self->cookie.session);
    }
    session_info_finish(self);
    return good;
}

void session_info_finish(struct session_info *self)
{
    os_wipe(self, sizeof *self);
}
