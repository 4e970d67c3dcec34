/* SPDX-License-Identifier: Apache-2.0 */
/* The session of an IWRds connection: coming back, being shown, input, logon. */
#include "connection_fixture.h"

/* The next client of the service, as `script` says; NULL: it did not get that far. */
static IWRdsProtocolConnection *next_client(struct fixture *f, unsigned n, const char *script,
                                            struct client **client)
{
    struct seen *seen;

    *client = client_connect(host_wait_listening());
    if (!CHECK(*client && client_say(*client, script)))
        return NULL;
    seen = service_wait(&f->service, n);
    return CHECK(seen != NULL) && CHECK(seen_is_ready(seen)) ? seen_rds(seen) : NULL;
}

static void end_client(IWRdsProtocolConnection *connection, struct client *client)
{
    if (connection) {
        CHECK_INT(IWRdsProtocolConnection_Close(connection), S_OK);
        CHECK_INT(IWRdsProtocolConnection_Release(connection), 0);
    }
    client_destroy(client);
}

TEST(auto_reconnect)
{
    WRDS_SESSION_ID id = {.SessionId = 5}, named;
    IWRdsProtocolConnection *second;
    char cookie[64], script[160];
    struct client *client;
    struct fixture f;

    if (!fixture_start(&f, "", "nla client:anna:pw active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_LogonNotify(f.connection, 0, wide("Anna"), wide("HOME"), &id, NULL),
              S_OK);
    CHECK(client_hears(f.client, "link auto-reconnect 5:"));
    client_last(f.client, "link auto-reconnect ", cookie, sizeof cookie);
    CHECK_INT(strlen(cookie), 2 + 32);
    snprintf(script, sizeof script, "nla arc:%s client:anna:pw active", cookie);

    /* not while the session is shown, and once refused it opens nothing */
    second = next_client(&f, 2, script, &client);
    REQUIRE(second);
    CHECK_INT(IWRdsProtocolConnection_AuthenticateClientToSession(second, &named), E_NOTIMPL);
    CHECK_INT(named.SessionId, 0);
    CHECK(host_logged("auto-reconnect to session 5 refused: the session is not disconnected"));
    end_client(second, client);

    /* the next cookie, after DisconnectNotify */
    CHECK_INT(IWRdsProtocolConnection_LogonNotify(f.connection, 0, wide("anna"), wide("HOME"), &id, NULL),
              S_OK);
    CHECK_INT(IWRdsProtocolConnection_SetErrorInfo(f.connection, 7), S_OK); /* comes behind it */
    CHECK(client_hears(f.client, "link error-info 7"));
    client_last(f.client, "link auto-reconnect ", cookie, sizeof cookie);
    CHECK(strstr(script, cookie) == NULL);
    snprintf(script, sizeof script, "nla arc:%s client:anna:pw active", cookie);
    CHECK_INT(IWRdsProtocolConnection_DisconnectNotify(f.connection), S_OK);
    second = next_client(&f, 3, script, &client);
    REQUIRE(second);
    CHECK_INT(IWRdsProtocolConnection_AuthenticateClientToSession(second, &named), S_OK);
    CHECK_INT(named.SessionId, 5);
    CHECK_INT(IWRdsProtocolConnection_AuthenticateClientToSession(second, &named), E_NOTIMPL);
    /* its Winlogon runs: ConnectNotify is enough, and what it has painted is asked for */
    CHECK_INT(IWRdsProtocolConnection_NotifySessionId(second, &id, 0), S_OK);
    CHECK_INT(IWRdsProtocolConnection_ConnectNotify(second, 5), S_OK);
    CHECK(client_hears(client, "link connect 5"));
    CHECK(seen_is_redrawn(service_wait(&f.service, 3)));
    end_client(second, client);
    fixture_finish(&f);
}

TEST(auto_reconnect_not_given)
{
    static const char *const scripts[] = {"client:anna:pw active", "nla client:bert:pw active"};
    WRDS_CONNECTION_SETTINGS settings = {.WRdsConnectionSettingLevel = WRDS_CONNECTION_SETTING_LEVEL_1};
    WRDS_SESSION_ID id = {.SessionId = 5};
    struct fixture f;

    for (int i = 0; i < 4; i++) {
        /* no NLA, another user, forbidden by the service, switched off */
        bool forbidden = i == 2;

        if (!fixture_start(&f, i == 3 ? "auto-reconnect = 0\n" : "",
                           i < 2 ? scripts[i] : "nla client:anna:pw active"))
            return;
        settings.WRdsConnectionSetting.WRdsConnectionSettings1.fDisableAutoReconnect = forbidden;
        CHECK_INT(IWRdsProtocolConnection_LogonNotify(f.connection, 0, wide("anna"), NULL, &id, &settings),
                  S_OK);
        CHECK_INT(IWRdsProtocolConnection_SetErrorInfo(f.connection, 1), S_OK);
        CHECK(client_hears(f.client, "link error-info 1"));
        CHECK(!client_heard(f.client, "link auto-reconnect"));
        fixture_finish(&f);
    }
}

TEST(session_events)
{
    static const ULONG events[] = {6, 11};
    WRDS_SESSION_ID id = {.SessionId = 5}, named;
    IWRdsProtocolConnection *second;
    char cookie[64], script[160];
    struct client *client;
    struct fixture f;

    for (int i = 0; i < 2; i++) {
        if (!fixture_start(&f, "", "nla client:anna:pw active"))
            return;
        CHECK_INT(IWRdsProtocolConnection_LogonNotify(f.connection, 0, wide("anna"), NULL, &id, NULL), S_OK);
        CHECK(client_hears(f.client, "link auto-reconnect 5:"));
        client_last(f.client, "link auto-reconnect ", cookie, sizeof cookie);
        CHECK_INT(IWRdsProtocolConnection_DisconnectNotify(f.connection), S_OK);
        CHECK_INT(IWRdsProtocolManager_NotifySessionStateChange(f.manager, &id, events[i]), S_OK);
        snprintf(script, sizeof script, "nla arc:%s client:anna:pw active", cookie);
        second = next_client(&f, 2, script, &client);
        REQUIRE(second);
        CHECK_INT(IWRdsProtocolConnection_AuthenticateClientToSession(second, &named), E_NOTIMPL);
        CHECK(host_logged("refused: no such session"));
        end_client(second, client);
        fixture_finish(&f);
    }
}

TEST(session_and_show)
{
    struct fixture f;
    WRDS_SESSION_ID first = {.SessionId = 3}, second = {.SessionId = 2};

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_NotifySessionId(f.connection, NULL, 0), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_NotifySessionId(f.connection, &first, 0x1234), S_OK);
    CHECK(client_hears(f.client, "link session 3"));
    /* ConnectNotify alone shows nothing: Winlogon is not there */
    CHECK_INT(IWRdsProtocolConnection_ConnectNotify(f.connection, 3), S_OK);
    CHECK_INT(IWRdsProtocolConnection_NotifySessionId(f.connection, &first, 0), S_OK);
    CHECK_INT(IWRdsProtocolConnection_SetErrorInfo(f.connection, 0), S_OK);
    CHECK(client_hears(f.client, "link error-info 0"));
    CHECK(!client_heard(f.client, "link connect"));
    CHECK_INT(IWRdsProtocolConnection_NotifyCommandProcessCreated(f.connection, 3), S_OK);
    CHECK(client_hears(f.client, "link connect 3"));
    /* arbitration: the old session's Winlogon runs already */
    CHECK_INT(IWRdsProtocolConnection_DisconnectNotify(f.connection), S_OK);
    CHECK(client_hears(f.client, "link disconnect"));
    CHECK_INT(IWRdsProtocolConnection_NotifySessionId(f.connection, &second, 0), S_OK);
    CHECK(client_hears(f.client, "link session 2"));
    CHECK_INT(IWRdsProtocolConnection_ConnectNotify(f.connection, 2), S_OK);
    CHECK(client_hears(f.client, "link connect 2"));
    CHECK_INT(atomic_load(&f.seen->broken), 0); /* and the client is still there */
    CHECK(seen_is_redrawn(f.seen));             /* which has painted before */
    CHECK(seen_is_kept(f.seen));
    fixture_finish(&f);
}

TEST(screen_updates)
{
    struct fixture f;

    /* by default the service is never asked to stop */
    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_NotifyCommandProcessCreated(f.connection, 3), S_OK);
    CHECK(client_hears(f.client, "link connect 3"));
    client_say(f.client, "flood:suppress:1 echo:suppressed");
    CHECK(client_hears(f.client, "suppressed"));
    os_sleep_ms(300);
    CHECK_INT(atomic_load(&f.seen->stopped), 0);
    fixture_finish(&f);

    if (!fixture_start(&f, "stop-screen-updates = yes\n", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_NotifyCommandProcessCreated(f.connection, 3), S_OK);
    CHECK(client_hears(f.client, "link connect 3"));
    client_say(f.client, "flood:suppress:1");
    CHECK(seen_is_stopped(f.seen));
    fixture_finish(&f);
}

TEST(drain_mode)
{
    WRDS_SERVICE_STATE drain = {WTS_SERVICE_NONE, WTS_DRAIN_IN_DRAIN},
                       none = {WTS_SERVICE_NONE, WTS_DRAIN_STATE_NONE},
                       over = {WTS_SERVICE_NONE, WTS_DRAIN_NOT_IN_DRAIN};
    struct fixture f;
    struct client *refused;

    if (!fixture_listen(&f, ""))
        return;
    CHECK_INT(IWRdsProtocolManager_NotifyServiceStateChange(f.manager, &drain), S_OK);
    CHECK_INT(IWRdsProtocolManager_NotifyServiceStateChange(f.manager, &none),
              S_OK); /* says nothing about it */
    refused = client_connect(host_wait_listening());
    REQUIRE(refused);
    client_say(refused, "client active");
    CHECK(client_hears(refused, "link close 7"));
    CHECK_INT(f.service.count, 0);
    client_destroy(refused);
    CHECK_INT(IWRdsProtocolManager_NotifyServiceStateChange(f.manager, &over), S_OK);
    if (fixture_connect(&f, "client active"))
        CHECK(seen_is_ready(f.seen));
    fixture_finish(&f);
}

TEST(input_handles)
{
    struct fixture f;
    HANDLE_PTR a = 1, b = 2, c = 3;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetInputHandles(f.connection, NULL, &b, &c), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetInputHandles(f.connection, &a, NULL, &c), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetInputHandles(f.connection, &a, &b, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetInputHandles(f.connection, &a, &b, &c), S_OK);
    CHECK(a == 0 && b == 0 && c == 0);
    fixture_finish(&f);
}

TEST(video_handle)
{
    struct fixture f;
    HANDLE_PTR video = 1;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetVideoHandle(f.connection, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetVideoHandle(f.connection, &video), S_OK);
    CHECK(video == 0);
    fixture_finish(&f);
}

TEST(is_user_allowed_to_logon)
{
    struct fixture f;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_IsUserAllowedToLogon(f.connection, 3, 0x44, wide("D"), wide("anna")),
              S_OK);
    CHECK_INT(IWRdsProtocolConnection_IsUserAllowedToLogon(f.connection, 3, 0, NULL, NULL), S_OK);
    fixture_finish(&f);
}

TEST(session_arbitration)
{
    struct fixture f;
    ULONG ids[4] = {9, 9, 9, 9}, count = 4;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_SessionArbitrationEnumeration(f.connection, 0, TRUE, ids, &count),
              E_NOTIMPL);
    CHECK(ids[0] == 9 && count == 4);
    CHECK_INT(IWRdsProtocolConnection_SessionArbitrationEnumeration(f.connection, 0, FALSE, NULL, NULL),
              E_NOTIMPL);
    fixture_finish(&f);
}

TEST(logon_notify)
{
    struct fixture f;
    WCHAR odd[] = {'a', 0xd83d, 'b', 7, 0xd83d, 0xde00, 0xdc00, 0};
    WRDS_SESSION_ID session = {.SessionId = 5};
    WRDS_CONNECTION_SETTINGS settings, before;

    if (!fixture_start(&f, "", "client active"))
        return;
    memset(&settings, 0xa5, sizeof settings);
    before = settings;
    CHECK_INT(
        IWRdsProtocolConnection_LogonNotify(f.connection, 0, wide("anna"), wide("HOME"), &session, &settings),
        S_OK);
    CHECK(memcmp(&settings, &before, sizeof before) == 0); /* in and out: left alone */
    CHECK(client_hears(f.client, "link logon session=5 user='anna' domain='HOME'"));
    CHECK_INT(IWRdsProtocolConnection_LogonNotify(f.connection, 0, NULL, NULL, NULL, NULL), S_OK);
    /* what the link would not carry does not cost the client its connection */
    session.SessionId = 6;
    CHECK_INT(IWRdsProtocolConnection_LogonNotify(f.connection, 0, odd, wide("HOME"), &session, NULL), S_OK);
    CHECK(client_hears(f.client, "link logon session=6 user='a?b?"));
    CHECK_INT(atomic_load(&f.seen->broken), 0);
    fixture_finish(&f);
}
