/* SPDX-License-Identifier: Apache-2.0 */
/* Which cookies open which sessions, and all those that do not. */
#include "check.h"

#include "core/md5.h"
#include "core/reconnect.h"
#include "os/log.h"
#include "os/thread.h"

#define ROTATE_MS 3600000u
#define START_MS 5000u /* of the clock */

static struct reconnect *table;
static uint64_t now;
static char last_line[512];
static unsigned lines;
static struct os_mutex line_lock = OS_MUTEX_INIT; /* one test claims on several threads */

static void sink(enum log_level level, const char *line, size_t len, void *arg)
{
    (void)level, (void)arg;
    os_mutex_lock(&line_lock);
    snprintf(last_line, sizeof last_line, "%.*s", (int)len, line);
    lines++;
    os_mutex_unlock(&line_lock);
}

static bool said(const char *text)
{
    bool found = lines == 1 && strstr(last_line, text) != NULL;

    if (!found)
        fprintf(stderr, "%u lines, the last: %s\n", lines, last_line);
    lines = 0;
    last_line[0] = 0;
    return found;
}

static void begin(void)
{
    log_set_sink(sink, NULL);
    reconnect_destroy(table);
    table = reconnect_create();
    now = START_MS;
    lines = 0;
}

static void put(uint16_t *to, const char *text)
{
    os_utf16_from_utf8(to, LINK_NAME_MAX, text);
}

static struct link_client client_of(const char *user, const char *domain)
{
    struct link_client client = {.authenticated = 1};

    put(client.user, user);
    put(client.domain, domain);
    return client;
}

/* The user of that client logs on to the session. */
static bool logon(uint32_t session, uint32_t connection, const struct link_client *client, const char *user,
                  const char *domain, uint32_t rotate_ms, struct link_auto_reconnect *cookie)
{
    uint16_t wide_user[LINK_NAME_MAX], wide_domain[LINK_NAME_MAX];
    const struct reconnect_logon logon = {session, connection, wide_user, wide_domain, client, rotate_ms};

    put(wide_user, user);
    put(wide_domain, domain);
    return reconnect_logon(table, &logon, now, cookie);
}

/* What a client makes of its cookie: [MS-RDPBCGR] 5.5. */
static void answer(struct link_client *client, const struct link_auto_reconnect *cookie)
{
    static const uint8_t client_random[32];

    memset(client->reconnect, 0, sizeof client->reconnect);
    client->reconnect_size = 28;
    client->reconnect[0] = 28;
    client->reconnect[4] = 1;
    for (unsigned i = 0; i < 4; i++)
        client->reconnect[8 + i] = (uint8_t)(cookie->session >> 8 * i);
    md5_hmac(cookie->random, 16, client_random, sizeof client_random, client->reconnect + 12);
}

static bool claim(const struct link_client *client, uint32_t *session)
{
    lines = 0;
    return reconnect_claim(table, 99, client, now, session);
}

static bool refused(const struct link_client *client, const char *why)
{
    uint32_t session = 7;

    return CHECK(!claim(client, &session)) && CHECK_INT(session, 0) && CHECK(said(why));
}

/* A session of anna's that connection 1 has left, and her client with the cookie for it. */
static struct link_client left_session(struct link_auto_reconnect *cookie)
{
    struct link_client client = client_of("Anna", "HOUSE");

    begin();
    CHECK(logon(3, 1, &client, "anna", "house", ROTATE_MS, cookie));
    CHECK_INT(cookie->session, 3);
    CHECK_INT(cookie->random_size, 16);
    reconnect_left(table, 1);
    answer(&client, cookie);
    return client;
}

TEST(opens_once)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);
    uint32_t session;

    CHECK(claim(&client, &session));
    CHECK_INT(session, 3);
    CHECK(said("auto-reconnect to session 3"));
    CHECK(refused(&client, "it was used"));
    /* and the next logon gives another one */
    CHECK(logon(3, 99, &client, "anna", "house", ROTATE_MS, &cookie));
    reconnect_left(table, 99);
    CHECK(refused(&client, "not the session's cookie"));
    answer(&client, &cookie);
    CHECK(claim(&client, &session));
}

TEST(without_cookie_nothing_is_said)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);
    uint32_t session = 7;

    client.reconnect_size = 0;
    CHECK(!claim(&client, &session));
    CHECK_INT(session, 0);
    CHECK_INT(lines, 0);
}

TEST(forged)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);
    uint32_t session;

    for (unsigned i = 12; i < 28; i++) {
        client.reconnect[i] ^= 0x40;
        CHECK(refused(&client, "not the session's cookie"));
        client.reconnect[i] ^= 0x40;
    }
    /* guessing does not spend it */
    CHECK(claim(&client, &session));
}

TEST(malformed)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);
    uint32_t session;

    client.reconnect_size = 27;
    CHECK(refused(&client, "malformed"));
    client.reconnect_size = 28;
    client.reconnect[0] = 27;
    CHECK(refused(&client, "malformed"));
    client.reconnect[0] = 28;
    client.reconnect[4] = 2;
    CHECK(refused(&client, "malformed"));
    client.reconnect[4] = 1;
    client.reconnect[9] = 1;
    CHECK(refused(&client, "session 259 refused: no such session"));
    client.reconnect[9] = 0;
    CHECK(claim(&client, &session));
}

TEST(zero_key_opens_nothing)
{
    struct link_auto_reconnect cookie, zero = {.session = 3, .random_size = 16};
    struct link_client client = left_session(&cookie);
    uint32_t session;

    CHECK(claim(&client, &session));
    answer(&client, &zero);
    CHECK(refused(&client, "it was used"));
    CHECK(!reconnect_returns(table, &(struct link_client){.reconnect_size = 0}, now));
    zero.session = 4;
    answer(&client, &zero);
    CHECK(refused(&client, "no such session"));
}

TEST(another_account)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie), bert = client_of("bert", "HOUSE");

    answer(&bert, &cookie);
    CHECK(refused(&bert, "another account's"));
    /* whoever has it besides its owner: it is no good any more */
    CHECK(refused(&client, "it was used"));

    client = left_session(&cookie);
    bert = client_of("anna", "OTHERHOUSE");
    answer(&bert, &cookie);
    CHECK(refused(&bert, "another account's"));
    client = left_session(&cookie);
    client.domain[0] = 0;
    CHECK(refused(&client, "another account's"));
}

TEST(not_proved)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);

    client.authenticated = 0;
    CHECK(refused(&client, "not proved by NLA"));
}

TEST(not_disconnected)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);

    CHECK(logon(3, 2, &client, "anna", "house", ROTATE_MS, &cookie));
    answer(&client, &cookie);
    CHECK(refused(&client, "not disconnected"));
}

TEST(connected_elsewhere)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);

    reconnect_event(table, 3, 1);
    CHECK(refused(&client, "it was used"));
    reconnect_event(table, 3, 2);
    CHECK(refused(&client, "it was used"));
    /* an event that comes late does not free what our connection shows */
    CHECK(logon(3, 2, &client, "anna", "house", ROTATE_MS, &cookie));
    reconnect_event(table, 3, 3);
    reconnect_event(table, 3, 4);
    answer(&client, &cookie);
    CHECK(refused(&client, "not disconnected"));
}

TEST(too_old)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);
    uint32_t session;

    now += 2 * ROTATE_MS;
    CHECK(refused(&client, "too old"));
    client = left_session(&cookie);
    now += 2 * ROTATE_MS - 1;
    CHECK(claim(&client, &session));
}

TEST(session_ended)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie);

    reconnect_event(table, 3, 6);
    CHECK(refused(&client, "no such session"));
    client = left_session(&cookie);
    reconnect_event(table, 3, 11);
    CHECK(refused(&client, "no such session"));
    client = left_session(&cookie);
    reconnect_event(table, 3, 7); /* lock */
    CHECK(claim(&client, &(uint32_t){0}));
}

TEST(rotation)
{
    struct link_client client = client_of("anna", "house");
    struct link_auto_reconnect first, second, third;
    uint32_t session;

    begin();
    CHECK(!reconnect_rotate(table, 1, now, &second));
    CHECK(logon(3, 1, &client, "anna", "house", ROTATE_MS, &first));
    now += ROTATE_MS;
    CHECK(reconnect_rotate(table, 1, now, &second));
    CHECK_INT(second.session, 3);
    CHECK(memcmp(first.random, second.random, 16) != 0);
    now += 2 * ROTATE_MS - 1;
    reconnect_left(table, 1);
    CHECK(!reconnect_rotate(table, 1, now, &third));
    answer(&client, &first);
    CHECK(refused(&client, "not the session's cookie"));
    answer(&client, &second);
    CHECK(claim(&client, &session));
}

TEST(who_gets_one)
{
    struct link_client client = client_of("anna", "house"), plain = client;
    struct link_auto_reconnect cookie;

    begin();
    plain.authenticated = 0;
    CHECK(!logon(3, 1, &plain, "anna", "house", ROTATE_MS, &cookie));
    CHECK(!logon(3, 1, &client, "anna", "house", 0, &cookie));
    /* another user at the logon screen than the one that NLA knows */
    CHECK(!logon(3, 1, &client, "bert", "house", ROTATE_MS, &cookie));
    CHECK(!logon(3, 1, &client, "anna", "barn", ROTATE_MS, &cookie));
    CHECK(!logon(3, 1, &client, "", "", ROTATE_MS, &cookie));
    CHECK_INT(cookie.session, 0);
    CHECK(logon(3, 1, &client, "ANNA", "", ROTATE_MS, &cookie));
    CHECK(!reconnect_rotate(table, 2, now, &cookie));
    CHECK(reconnect_rotate(table, 1, now, &cookie));
    /* a logon without one makes the old one worthless */
    CHECK(!logon(3, 1, &client, "anna", "house", 0, &cookie));
    CHECK(!reconnect_rotate(table, 1, now, &cookie));
}

TEST(moves_to_another_session)
{
    struct link_client client = client_of("anna", "house");
    struct link_auto_reconnect first, second;
    uint32_t session;

    begin();
    CHECK(logon(3, 1, &client, "anna", "house", ROTATE_MS, &first));
    CHECK(logon(4, 1, &client, "anna", "house", ROTATE_MS, &second));
    answer(&client, &first);
    CHECK(claim(&client, &session)); /* connection 1 shows session 4 now */
    CHECK_INT(session, 3);
    answer(&client, &second);
    CHECK(refused(&client, "not disconnected"));
}

TEST(who_returns)
{
    struct link_auto_reconnect cookie;
    struct link_client client = left_session(&cookie), other = client_of("bert", "house");

    CHECK(reconnect_returns(table, &client, now));
    CHECK(!reconnect_returns(table, &other, now));
    /* an unknown name with a genuine cookie: reconnect_claim decides later */
    answer(&other, &cookie);
    CHECK(reconnect_returns(table, &other, now));
    other.reconnect[20] ^= 1;
    CHECK(!reconnect_returns(table, &other, now));
    CHECK(!reconnect_returns(table, &(struct link_client){.authenticated = 1}, now));
    client = client_of("anna", "");
    client.authenticated = 0;
    CHECK(reconnect_returns(table, &client, now));
    /* asking spends nothing */
    client = client_of("anna", "house");
    answer(&client, &cookie);
    CHECK(claim(&client, &(uint32_t){0}));
}

TEST(many_sessions)
{
    struct link_client client = client_of("anna", "house");
    struct link_auto_reconnect cookies[2], cookie;

    begin();
    for (uint32_t i = 0; i < RECONNECT_SESSIONS_MAX + 5; i++)
        CHECK(logon(10 + i, 1 + i, &client, "anna", "house", ROTATE_MS,
                    i == 4 || i == 5 ? &cookies[i - 4] : &cookie));
    reconnect_left(table, 5);
    reconnect_left(table, 6);
    answer(&client, &cookies[0]);
    CHECK(refused(&client, "session 14 refused: no such session"));
    answer(&client, &cookies[1]);
    CHECK(claim(&client, &(uint32_t){0}));
    reconnect_destroy(table);
    table = NULL;
}

/* Many threads with one right cookie: exactly one gets in. */
static struct link_client racing;
static _Atomic unsigned won;

static void race(void *arg)
{
    uint32_t session;

    won += reconnect_claim(table, (uint32_t)(uintptr_t)arg, &racing, now, &session);
}

TEST(one_wins)
{
    for (unsigned round = 0; round < 20; round++) {
        struct link_auto_reconnect cookie;
        struct os_thread *threads[6];
        unsigned n = 0;

        racing = left_session(&cookie);
        won = 0;
        for (uintptr_t i = 0; i < 6; i++)
            n += os_thread_create("race", race, (void *)(100 + i), &threads[n]) == OS_OK;
        for (unsigned i = 0; i < n; i++)
            os_thread_join(threads[i]);
        CHECK_INT(won, 1);
    }
    reconnect_destroy(table);
    table = NULL;
}
