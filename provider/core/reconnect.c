/* SPDX-License-Identifier: Apache-2.0 */
#include "core/reconnect.h"

#include <stdlib.h>
#include <string.h>

#include "core/md5.h"
#include "os/log.h"
#include "os/os.h"
#include "os/thread.h"

#define COOKIE_VERSION 1      /* AUTO_RECONNECT_VERSION_1, [MS-RDPBCGR] 2.2.4.3 */
#define CLIENT_RANDOM_SIZE 32 /* all zero under TLS, [MS-RDPBCGR] 5.5; there is nothing but TLS here */
#define NOBODY 0
#define SOMEBODY_ELSE UINT32_MAX /* the console, or another provider's connection */

/* winuser.h */
enum {
    EVENT_CONSOLE_CONNECT = 1,
    EVENT_CONSOLE_DISCONNECT = 2,
    EVENT_REMOTE_CONNECT = 3,
    EVENT_REMOTE_DISCONNECT = 4,
    EVENT_LOGOFF = 6,
    EVENT_TERMINATE = 11
};

struct account {
    uint16_t user[LINK_NAME_MAX], domain[LINK_NAME_MAX];
};

struct entry {
    struct entry *next;
    uint32_t session, connection;
    struct account owner; /* as the service names it */
    bool cookie;
    struct account proved; /* by NLA, when the cookie was given */
    uint8_t random[LINK_ARC_RANDOM_SIZE];
    uint64_t expiry_ms;
    uint32_t rotate_ms;
};

struct reconnect {
    struct os_mutex lock;
    struct entry *entries; /* the one logged on to last is first */
    unsigned count;
};

struct reconnect *reconnect_create(void)
{
    struct reconnect *self = calloc(1, sizeof(*self));

    if (self)
        os_mutex_init(&self->lock);
    return self;
}

static void entry_free(struct entry *entry)
{
    os_wipe(entry, sizeof(*entry));
    free(entry);
}

void reconnect_destroy(struct reconnect *self)
{
    struct entry *next;

    if (!self)
        return;
    for (struct entry *entry = self->entries; entry; entry = next) {
        next = entry->next;
        entry_free(entry);
    }
    os_mutex_finish(&self->lock);
    free(self);
}

static void spend(struct entry *entry)
{
    entry->cookie = false;
    os_wipe(entry->random, sizeof(entry->random));
}

/* Names of accounts: the case of ASCII letters does not count. What else Windows folds only makes a name
 * differ that it would take for the same. */
static bool same_name(const uint16_t *a, const uint16_t *b)
{
    for (;; a++, b++) {
        uint16_t x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a, y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;

        if (x != y)
            return false;
        if (x == 0)
            return true;
    }
}

static bool same_account(const struct account *account, const uint16_t *user, const uint16_t *domain)
{
    return same_name(account->user, user) && same_name(account->domain, domain);
}

/* The same account under two authorities' names: a local one may come without a domain. */
static bool may_be_same(const uint16_t *user1, const uint16_t *domain1, const uint16_t *user2,
                        const uint16_t *domain2)
{
    return user1[0] && same_name(user1, user2) && (!domain1[0] || !domain2[0] || same_name(domain1, domain2));
}

static void copy_name(uint16_t to[LINK_NAME_MAX], const uint16_t *from)
{
    size_t n = 0;

    while (from && from[n] && n < LINK_NAME_MAX - 1)
        n++;
    if (n > 0)
        memcpy(to, from, n * sizeof(to[0]));
    memset(to + n, 0, (LINK_NAME_MAX - n) * sizeof(to[0]));
}

static struct entry **find(struct reconnect *self, uint32_t session)
{
    struct entry **at = &self->entries;

    while (*at && (*at)->session != session)
        at = &(*at)->next;
    return at;
}

/* Takes it out of the list. */
static struct entry *take(struct reconnect *self, struct entry **at)
{
    struct entry *entry = *at;

    *at = entry->next;
    self->count--;
    return entry;
}

/* The session's entry, first in the list; the last one goes when there are too many. */
static struct entry *touch(struct reconnect *self, uint32_t session)
{
    struct entry **at = find(self, session), *entry;

    if (*at) {
        entry = take(self, at);
    } else {
        if (self->count == RECONNECT_SESSIONS_MAX) {
            at = &self->entries;
            while ((*at)->next)
                at = &(*at)->next;
            log_warn("reconnect", 0, "more than %u sessions: session %u is forgotten", RECONNECT_SESSIONS_MAX,
                     (*at)->session);
            entry_free(take(self, at));
        }
        entry = calloc(1, sizeof(*entry));
        if (!entry)
            return NULL;
        entry->session = session;
    }
    entry->next = self->entries;
    self->entries = entry;
    self->count++;
    return entry;
}

static bool new_cookie(struct entry *entry, uint64_t now, struct link_auto_reconnect *cookie)
{
    spend(entry);
    if (os_random(entry->random, sizeof(entry->random)) != OS_OK) {
        log_error("reconnect", entry->connection, "no random bytes: session %u has no cookie",
                  entry->session);
        return false;
    }
    entry->cookie = true;
    entry->expiry_ms = now + (uint64_t)entry->rotate_ms * RECONNECT_LIFE_FACTOR;
    cookie->session = entry->session;
    cookie->random_size = sizeof(entry->random);
    memcpy(cookie->random, entry->random, sizeof(entry->random));
    return true;
}

bool reconnect_logon(struct reconnect *self, const struct reconnect_logon *logon, uint64_t now,
                     struct link_auto_reconnect *cookie)
{
    const struct link_client *client = logon->client;
    struct entry *entry;
    bool good = false;

    memset(cookie, 0, sizeof(*cookie));
    os_mutex_lock(&self->lock);
    /* a connection shows one session */
    for (entry = self->entries; entry; entry = entry->next) {
        if (entry->connection == logon->connection)
            entry->connection = NOBODY;
    }
    entry = touch(self, logon->session);
    if (!entry)
        goto out;
    spend(entry);
    entry->connection = logon->connection;
    copy_name(entry->owner.user, logon->user);
    copy_name(entry->owner.domain, logon->domain);
    if (!logon->rotate_ms || !client->authenticated ||
        !may_be_same(client->user, client->domain, entry->owner.user, entry->owner.domain))
        goto out;
    copy_name(entry->proved.user, client->user);
    copy_name(entry->proved.domain, client->domain);
    entry->rotate_ms = logon->rotate_ms;
    good = new_cookie(entry, now, cookie);
out:
    os_mutex_unlock(&self->lock);
    return good;
}

bool reconnect_rotate(struct reconnect *self, uint32_t connection, uint64_t now,
                      struct link_auto_reconnect *cookie)
{
    struct entry *entry;
    bool good;

    memset(cookie, 0, sizeof(*cookie));
    os_mutex_lock(&self->lock);
    entry = self->entries;
    while (entry && entry->connection != connection)
        entry = entry->next;
    good = entry && entry->cookie && new_cookie(entry, now, cookie);
    os_mutex_unlock(&self->lock);
    return good;
}

void reconnect_left(struct reconnect *self, uint32_t connection)
{
    os_mutex_lock(&self->lock);
    for (struct entry *entry = self->entries; entry; entry = entry->next) {
        if (entry->connection == connection)
            entry->connection = NOBODY;
    }
    os_mutex_unlock(&self->lock);
}

void reconnect_event(struct reconnect *self, uint32_t session, uint32_t event)
{
    struct entry **at;

    os_mutex_lock(&self->lock);
    at = find(self, session);
    if (!*at)
        goto out;
    switch (event) {
    case EVENT_CONSOLE_CONNECT:
    case EVENT_REMOTE_CONNECT:
        /* not through us, unless a LogonNotify follows: then there is a new cookie anyway */
        if ((*at)->connection == NOBODY) {
            (*at)->connection = SOMEBODY_ELSE;
            spend(*at);
        }
        break;
    case EVENT_CONSOLE_DISCONNECT:
    case EVENT_REMOTE_DISCONNECT:
        /* of our own connections DisconnectNotify and Close tell, and this may come late */
        if ((*at)->connection == SOMEBODY_ELSE)
            (*at)->connection = NOBODY;
        break;
    case EVENT_LOGOFF:
    case EVENT_TERMINATE:
        entry_free(take(self, at));
        break;
    default:
        break;
    }
out:
    os_mutex_unlock(&self->lock);
}

/* ARC_CS_PRIVATE_PACKET: length, version, session, verifier; little-endian. */
static uint32_t word_at(const struct link_client *client, unsigned offset)
{
    const uint8_t *at = client->reconnect + offset;

    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool well_formed(const struct link_client *client)
{
    return client->reconnect_size == LINK_ARC_SIZE && word_at(client, 0) == LINK_ARC_SIZE &&
           word_at(client, 4) == COOKIE_VERSION;
}

/* Costs the same whether the session is known or not. */
static bool genuine(const struct entry *entry, const struct link_client *client)
{
    static const uint8_t client_random[CLIENT_RANDOM_SIZE], none[LINK_ARC_RANDOM_SIZE];
    bool given = entry && entry->cookie;
    uint8_t verifier[MD5_SIZE];
    bool equal;

    md5_hmac(given ? entry->random : none, LINK_ARC_RANDOM_SIZE, client_random, sizeof(client_random),
             verifier);
    equal = os_equal_secret(verifier, client->reconnect + 12, sizeof(verifier));
    os_wipe(verifier, sizeof(verifier));
    return equal && given;
}

/* NULL: the cookie opens the session. It is spent in any case once it was the right one. */
static const char *judge(struct entry *entry, const struct link_client *client, uint64_t now)
{
    bool good = genuine(entry, client);

    if (!entry)
        return "no such session";
    if (!entry->cookie)
        return "the session has no cookie, or it was used";
    if (!good)
        return "not the session's cookie";
    spend(entry);
    if (now >= entry->expiry_ms)
        return "too old";
    if (!client->authenticated)
        return "the account is not proved by NLA";
    if (!same_account(&entry->proved, client->user, client->domain))
        return "another account's";
    if (entry->connection != NOBODY)
        return "the session is not disconnected";
    return NULL;
}

bool reconnect_claim(struct reconnect *self, uint32_t connection, const struct link_client *client,
                     uint64_t now, uint32_t *session)
{
    const char *why = "malformed";
    struct entry *entry;
    uint32_t wanted = 0;

    *session = 0;
    if (client->reconnect_size == 0)
        return false;
    if (well_formed(client)) {
        wanted = word_at(client, 8);
        os_mutex_lock(&self->lock);
        entry = *find(self, wanted);
        why = judge(entry, client, now);
        if (!why)
            entry->connection = connection;
        os_mutex_unlock(&self->lock);
    }
    if (why) {
        log_warn("reconnect", connection, "auto-reconnect to session %u refused: %s", wanted, why);
        return false;
    }
    log_info("reconnect", connection, "auto-reconnect to session %u", wanted);
    *session = wanted;
    return true;
}

bool reconnect_returns(struct reconnect *self, const struct link_client *client, uint64_t now)
{
    bool known = false;

    os_mutex_lock(&self->lock);
    if (well_formed(client)) {
        const struct entry *entry = *find(self, word_at(client, 8));

        known = genuine(entry, client) && now < entry->expiry_ms;
    }
    for (const struct entry *entry = self->entries; entry && !known; entry = entry->next)
        known = may_be_same(client->user, client->domain, entry->owner.user, entry->owner.domain);
    os_mutex_unlock(&self->lock);
    return known;
}
