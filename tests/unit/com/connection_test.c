/* SPDX-License-Identifier: Apache-2.0 */
/* Every method of an IWRds connection and its small objects, with a fake peer behind it. */
#include "check.h"
#include "service.h"

#ifndef _WIN32
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#endif

/* One listener and one connection, announced. */
struct fixture {
    struct service service;
    IWRdsProtocolManager *manager;
    IWRdsProtocolListener *listener;
    struct client *client;
    struct seen *seen;
    IWRdsProtocolConnection *connection;
};

static bool fixture_listen(struct fixture *self, const char *config)
{
    service_init(&self->service, false);
    self->client = NULL;
    self->seen = NULL;
    self->connection = NULL;
    self->listener = NULL;
    if (!CHECK(host_open() && host_configure(config)))
        return false;
    self->manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    if (!CHECK(self->manager != NULL))
        return false;
    IWRdsProtocolManager_Initialize(self->manager, NULL, NULL);
    IWRdsProtocolManager_CreateListener(self->manager, wide(HOST_LISTENER), &self->listener);
    return CHECK(self->listener != NULL) && CHECK(service_listen(&self->service, self->listener) == S_OK);
}

static bool fixture_connect(struct fixture *self, const char *script)
{
    self->client = client_connect(host_wait_listening());
    if (!CHECK(self->client && client_say(self->client, script)))
        return false;
    self->seen = service_wait(&self->service, 1);
    if (!CHECK(self->seen != NULL))
        return false;
    self->connection = seen_rds(self->seen);
    return true;
}

static bool fixture_start(struct fixture *self, const char *config, const char *script)
{
    return fixture_listen(self, config) && fixture_connect(self, script);
}

/* Close, the last references, and nothing left of the library. */
static void fixture_finish(struct fixture *self)
{
    if (self->connection) {
        CHECK_INT(IWRdsProtocolConnection_Close(self->connection), S_OK);
        atomic_store(&self->seen->closed, true);
        CHECK(seen_is_released(self->seen));
        /* OnConnected may be on its way back with the provider's own reference */
        for (int i = 0; i < 1000; i++) {
            IWRdsProtocolConnection_AddRef(self->connection);
            if (IWRdsProtocolConnection_Release(self->connection) == 1)
                break;
            os_sleep_ms(1);
        }
        CHECK_INT(IWRdsProtocolConnection_Release(self->connection), 0);
    }
    client_destroy(self->client);
    IWRdsProtocolListener_StopListen(self->listener);
    CHECK_INT(IWRdsProtocolListener_Release(self->listener), 0);
    CHECK_INT(atomic_load(&self->service.refs), 1);
    IWRdsProtocolManager_Uninitialize(self->manager);
    CHECK_INT(IWRdsProtocolManager_Release(self->manager), 0);
    CHECK(host_close());
    service_finish(&self->service);
}

static const IID *const foreign[] = {
    &IID_IWTSProtocolConnection,
    &IID_IWTSProtocolListener,
    &IID_IWRdsProtocolListener,
    &IID_IWRdsProtocolManager,
    &IID_IWRdsProtocolConnection2,
    &IID_IWRdsProtocolConnectionSettings,
    &IID_IWRdsEnhancedFastReconnectArbitrator,
};

TEST(connection_identity)
{
    static const IID *const own[] = {&IID_IUnknown, &IID_IWRdsProtocolConnection, &IID_IAgileObject,
                                     &IID_IWRdsWddmIddProps, &IID_IWRdsWddmIddProps1};
    struct fixture f;
    IUnknown *facets[5], *again;
    void *other;

    if (!fixture_start(&f, "", "client active"))
        return;
    for (int i = 0; i < 5; i++) {
        facets[i] = NULL;
        CHECK_INT(IWRdsProtocolConnection_QueryInterface(f.connection, own[i], (void **)&facets[i]), S_OK);
        REQUIRE(facets[i]);
    }
    CHECK((void *)facets[3] != (void *)facets[4] && (void *)facets[3] != (void *)facets[1]);
    for (int i = 0; i < 5; i++) {
        /* one identity, one count, and every interface leads to every other */
        for (int k = 0; k < 5; k++) {
            CHECK_INT(IUnknown_QueryInterface(facets[i], own[k], (void **)&again), S_OK);
            CHECK(again == facets[k]);
            IUnknown_Release(again);
        }
        for (size_t k = 0; k < sizeof foreign / sizeof *foreign; k++) {
            other = &other;
            CHECK_INT(IUnknown_QueryInterface(facets[i], foreign[k], &other), E_NOINTERFACE);
            CHECK(other == NULL);
        }
        CHECK_INT(IUnknown_QueryInterface(facets[i], own[i], NULL), E_POINTER);
    }
    for (int i = 0; i < 5; i++) {
        ULONG shared = IWRdsProtocolConnection_AddRef(f.connection);

        IWRdsProtocolConnection_Release(f.connection);
        CHECK_INT(IUnknown_Release(facets[i]), shared - 2);
    }
    fixture_finish(&f);
}

TEST(on_connected_settings)
{
    struct fixture f;
    const WRDS_CONNECTION_SETTINGS_1 *inner;

    if (!fixture_start(&f, "", "client:anna:secret active"))
        return;
    inner = &f.seen->settings.WRdsConnectionSetting.WRdsConnectionSettings1;
    CHECK_INT(f.seen->settings.WRdsConnectionSettingLevel, 1);
    CHECK_INT(inner->WRdsListenerSettings.WRdsListenerSettingLevel, 1);
    CHECK(inner->WRdsListenerSettings.WRdsListenerSetting.WRdsListenerSettings1.pSecurityDescriptor == NULL);
    CHECK_INT(inner->HRes, 1024);
    CHECK_INT(inner->fInheritAutoLogon, 1);
    CHECK(wide_is(inner->UserName, "anna") && wide_is(inner->Password, "secret"));
    CHECK(wide_is(inner->ProtocolName, "RDP"));
    os_wipe(&f.seen->settings, sizeof f.seen->settings);
    fixture_finish(&f);
}

TEST(ready_after_the_redirector_or_in_time)
{
    struct fixture f;
    IWRdsProtocolLogonErrorRedirector *redirector = NULL;
    uint64_t asked;

    /* nobody asks: 500 ms */
    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK(seen_is_ready(f.seen));
    CHECK_INT(atomic_load(&f.seen->slot7), 1); /* GetConnectionId */
    fixture_finish(&f);

    /* not active: not ready, whoever asks; then at once */
    if (!fixture_start(&f, "", "client"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetLogonErrorRedirector(f.connection, &redirector), S_OK);
    if (redirector)
        IWRdsProtocolLogonErrorRedirector_Release(redirector);
    os_sleep_ms(700);
    CHECK_INT(atomic_load(&f.seen->ready), 0);
    asked = os_now_ms();
    client_say(f.client, "active");
    CHECK(seen_is_ready(f.seen));
    CHECK(os_now_ms() - asked < 400);
    fixture_finish(&f);

    /* asked inside OnConnected */
    if (!fixture_listen(&f, ""))
        return;
    f.service.ask_inside = true;
    if (fixture_connect(&f, "client active"))
        CHECK(seen_is_ready(f.seen));
    fixture_finish(&f);
}

TEST(refused_by_the_service)
{
    struct fixture f;

    if (!fixture_listen(&f, ""))
        return;
    f.service.refuse = true;
    if (fixture_connect(&f, "client active")) {
        CHECK(client_hears(f.client, "link close"));
        CHECK_INT(atomic_load(&f.seen->ready), 0);
    }
    fixture_finish(&f);
}

TEST(close_inside_on_connected)
{
    struct fixture f;

    if (!fixture_listen(&f, ""))
        return;
    f.service.close_inside = true;
    if (fixture_connect(&f, "client active")) {
        CHECK(client_hears(f.client, "link close"));
        CHECK(seen_is_released(f.seen));
        CHECK_INT(atomic_load(&f.seen->ready) + atomic_load(&f.seen->slot7), 0);
    }
    fixture_finish(&f);
}

TEST(logon_error_redirector)
{
    struct fixture f;
    IWRdsProtocolLogonErrorRedirector *redirector = NULL;
    WRDS_LOGON_ERROR_REDIRECTOR_RESPONSE response;
    void *other = &other;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetLogonErrorRedirector(f.connection, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetLogonErrorRedirector(f.connection, &redirector), S_OK);
    REQUIRE(redirector);
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_QueryInterface(redirector,
                                                               &IID_IWTSProtocolLogonErrorRedirector, &other),
              E_NOINTERFACE);
    CHECK(other == NULL);
    CHECK_INT(
        IWRdsProtocolLogonErrorRedirector_QueryInterface(redirector, &IID_IWRdsProtocolConnection, &other),
        E_NOINTERFACE);
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_OnBeginPainting(redirector), S_OK);
    response = WTS_LOGON_ERR_INVALID;
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_RedirectStatus(redirector, wide("Please wait"), &response),
              S_OK);
    CHECK_INT(response, WTS_LOGON_ERR_NOT_HANDLED);
    response = WTS_LOGON_ERR_INVALID;
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_RedirectMessage(redirector, NULL, NULL, 0, &response), S_OK);
    CHECK_INT(response, WTS_LOGON_ERR_NOT_HANDLED);
    response = WTS_LOGON_ERR_INVALID;
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_RedirectLogonError(redirector, (LONG)0xc000006d, 0, wide("c"),
                                                                   wide("m"), 0x10, &response),
              S_OK);
    CHECK_INT(response, WTS_LOGON_ERR_NOT_HANDLED);
    CHECK(client_hears(f.client, "link logon-error type=4294967294 data=0"));
    CHECK(client_hears(f.client, "link logon-error type=3221225581 data=0"));
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_RedirectStatus(redirector, NULL, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_RedirectMessage(redirector, NULL, NULL, 0, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_RedirectLogonError(redirector, 0, 0, NULL, NULL, 0, NULL),
              E_POINTER);
    CHECK_INT(IWRdsProtocolLogonErrorRedirector_Release(redirector), 0);
    CHECK(host_logged("RedirectLogonError(status 0xc000006d"));
    fixture_finish(&f);
}

TEST(accept_connection)
{
    struct fixture f;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_AcceptConnection(f.connection), S_OK);
    CHECK_INT(IWRdsProtocolConnection_AcceptConnection(f.connection), S_OK);
    fixture_finish(&f);
}

TEST(client_data)
{
    struct fixture f;
    WRDS_CLIENT_DATA data;

    if (!fixture_start(&f, "", "client:anna:secret active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetClientData(f.connection, NULL), E_POINTER);
    /* what the service filled from policy stays */
    memset(&data, 0xa5, sizeof data);
    CHECK_INT(IWRdsProtocolConnection_GetClientData(f.connection, &data), S_OK);
    CHECK_INT(data.fDisableCpm, 0xa5);
    CHECK_INT(data.fDisableCdm, 0xa5);
    CHECK_INT(data.fDisableCcm, 0xa5);
    CHECK_INT(data.fDisableLPT, 0xa5);
    CHECK_INT(data.fDisableClip, 0xa5);
    CHECK_INT(data.fDisablePNP, 0xa5);
    CHECK_INT(data.SerialNumber, 0xa5a5a5a5);
    CHECK_INT(data.HRes, 1024);
    CHECK_INT(data.VRes, 768);
    CHECK_INT(data.ColorDepth, 32);
    CHECK_INT(data.ProtocolType, 2);
    CHECK_INT(data.KeyboardLayout, 0x409);
    CHECK_INT(data.KeyboardType, 4);
    CHECK_INT(data.KeyboardFunctionKey, 12);
    CHECK_INT(data.ClientBuildNumber, 2600);
    CHECK_INT(data.fInheritAutoLogon, TRUE);
    CHECK_INT(data.ClientAddressFamily, ABI_AF_INET);
    CHECK_INT(data.ClientSockAddress.sin_family, ABI_AF_INET);
    CHECK_INT(((const UCHAR *)&data.ClientSockAddress.u.ipv4.in_addr)[0], 127);
    CHECK_INT(((const UCHAR *)&data.ClientSockAddress.u.ipv4.in_addr)[3], 1);
    CHECK_INT(data.ClientTimeZone.Bias, -60);
    CHECK(wide_is(data.ProtocolName, "RDP"));
    CHECK(wide_is(data.ClientName, "fake"));
    CHECK(wide_is(data.ClientAddress, "127.0.0.1"));
    CHECK(wide_is(data.UserName, "anna"));
    CHECK(wide_is(data.Domain, ""));
    CHECK(wide_is(data.Password, "secret"));
    CHECK(wide_is(data.ClientTimeZone.StandardName, "Fake Standard Time"));
    /* after Close no secret leaves */
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    memset(&data, 0, sizeof data);
    CHECK_INT(IWRdsProtocolConnection_GetClientData(f.connection, &data), S_OK);
    CHECK_INT(data.fInheritAutoLogon, FALSE);
    CHECK(data.Password[0] == 0 && data.UserName[0] == 0);
    fixture_finish(&f);
}

TEST(monitors)
{
    struct fixture f;
    UINT count = 99, primary = 99;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetClientMonitorData(f.connection, NULL, &primary), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetClientMonitorData(f.connection, &count, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetClientMonitorData(f.connection, &count, &primary), S_OK);
    CHECK_INT(count, 1);
    CHECK_INT(primary, 0);
    fixture_finish(&f);
}

TEST(user_credentials)
{
    struct fixture f;
    WRDS_USER_CREDENTIAL credential;

    if (!fixture_start(&f, "", "client:anna:secret active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetUserCredentials(f.connection, NULL), E_POINTER);
    memset(&credential, 0xa5, sizeof credential);
    CHECK_INT(IWRdsProtocolConnection_GetUserCredentials(f.connection, &credential), S_OK);
    CHECK(wide_is(credential.UserName, "anna") && wide_is(credential.Password, "secret") &&
          wide_is(credential.Domain, ""));
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    memset(&credential, 0xa5, sizeof credential);
    CHECK_INT(IWRdsProtocolConnection_GetUserCredentials(f.connection, &credential), E_NOTIMPL);
    CHECK(credential.UserName[0] == 0 && credential.Password[0] == 0 && credential.Password[100] == 0);
    fixture_finish(&f);
}

TEST(license)
{
    struct fixture f;
    IWRdsProtocolLicenseConnection *license = NULL;
    struct {
        WTS_LICENSE_CAPABILITIES value;
        BYTE guard[16];
    } caps;
    BYTE buffer[64];
    ULONG size;
    void *other = &other;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetLicenseConnection(f.connection, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetLicenseConnection(f.connection, &license), S_OK);
    REQUIRE(license);
    CHECK_INT(
        IWRdsProtocolLicenseConnection_QueryInterface(license, &IID_IWTSProtocolLicenseConnection, &other),
        E_NOINTERFACE);
    CHECK(other == NULL);

    /* any order: complete first */
    CHECK_INT(IWRdsProtocolLicenseConnection_ProtocolComplete(license, 1), S_OK);
    for (int round = 0; round < 2; round++) {
        memset(&caps, 0xa5, sizeof caps);
        size = sizeof caps.value;
        CHECK_INT(IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(license, &caps.value, &size),
                  S_OK);
        CHECK_INT(size, sizeof caps.value);
        CHECK_INT(caps.value.ProtocolVer, 0x00010003);
        CHECK_INT(caps.value.KeyExchangeAlg, WTS_KEY_EXCHANGE_ALG_RSA);
        CHECK_INT(caps.value.CertType, WTS_CERT_TYPE_INVALID);
        CHECK_INT(caps.value.fAuthenticateServer, FALSE);
        CHECK_INT(caps.value.cbClientName, 5 * sizeof(WCHAR));
        CHECK(wide_is((const WCHAR *)(const void *)caps.value.rgbClientName, "fake"));
        CHECK_INT(caps.guard[0], 0xa5);
    }
    /* a smaller buffer is never written, and the size says what is needed */
    for (ULONG room = 0; room < sizeof caps.value; room += 21) {
        memset(&caps, 0xa5, sizeof caps);
        size = room;
        CHECK_INT(IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(license, &caps.value, &size),
                  HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER));
        CHECK_INT(size, sizeof caps.value);
        for (size_t i = 0; i < sizeof caps.value; i++)
            if (((const BYTE *)&caps)[i] != 0xa5)
                CHECK(!"a buffer that is too small was written");
    }
    size = sizeof caps.value;
    CHECK_INT(IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(license, NULL, &size), E_POINTER);
    CHECK_INT(IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(license, &caps.value, NULL),
              E_POINTER);

    memset(buffer, 0xa5, sizeof buffer);
    size = sizeof buffer;
    CHECK_INT(IWRdsProtocolLicenseConnection_RequestClientLicense(license, buffer, 8, buffer + 8, &size),
              S_OK);
    CHECK_INT(size, 0);
    CHECK_INT(buffer[8], 0xa5);
    CHECK_INT(IWRdsProtocolLicenseConnection_RequestClientLicense(license, NULL, 0, NULL, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolLicenseConnection_SendClientLicense(license, buffer, sizeof buffer), S_OK);
    CHECK_INT(IWRdsProtocolLicenseConnection_SendClientLicense(license, NULL, 0), S_OK);
    CHECK(host_logged("not forwarded"));
    CHECK_INT(IWRdsProtocolLicenseConnection_ProtocolComplete(license, 0), S_OK);
    CHECK(host_logged("not licensed"));
    /* it may outlive its connection's Close */
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    size = sizeof caps.value;
    CHECK_INT(IWRdsProtocolLicenseConnection_RequestLicensingCapabilities(license, &caps.value, &size), S_OK);
    CHECK_INT(IWRdsProtocolLicenseConnection_Release(license), 0);
    fixture_finish(&f);
}

TEST(authenticate_client_to_session)
{
    struct fixture f;
    WRDS_SESSION_ID session, zero;

    memset(&zero, 0, sizeof zero);
    memset(&session, 0xa5, sizeof session);
    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_AuthenticateClientToSession(f.connection, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_AuthenticateClientToSession(f.connection, &session), E_NOTIMPL);
    CHECK(memcmp(&session, &zero, sizeof zero) == 0);
    fixture_finish(&f);
}

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

TEST(disconnect_reasons)
{
    static const struct {
        ULONG reason;
        const char *hint;
    } hints[] = {{15, "was not ready in time"}, {17, "did not start"}, {18, "could not use it"}};
    struct fixture f;

    if (!fixture_start(&f, "", "client active"))
        return;
    for (int i = 0; i < 3; i++) {
        CHECK_INT(IWRdsProtocolConnection_PreDisconnect(f.connection, hints[i].reason), S_OK);
        CHECK(host_logged(hints[i].hint));
    }
    CHECK(host_logged("ERRINFO_CLOSE_STACK_ON_DRIVER_FAILURE"));
    CHECK_INT(IWRdsProtocolConnection_PreDisconnect(f.connection, 0xffffffff), S_OK);
    /* the first reason is what the client is told */
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    CHECK(client_hears(f.client, "link close 15"));
    fixture_finish(&f);

    /* SetErrorInfo goes before PreDisconnect */
    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_SetErrorInfo(f.connection, 5), S_OK);
    CHECK(client_hears(f.client, "link error-info 5"));
    CHECK_INT(IWRdsProtocolConnection_PreDisconnect(f.connection, 12), S_OK);
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    CHECK(client_hears(f.client, "link close 5"));
    fixture_finish(&f);
}

TEST(close)
{
    struct fixture f;
    ULONG refs;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK(seen_is_ready(f.seen));
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    atomic_store(&f.seen->closed, true);
    CHECK(seen_is_released(f.seen)); /* but for a call that was in flight */
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    CHECK(client_hears(f.client, "link close 0"));
    CHECK(client_sees_end(f.client));
    /* every method still answers */
    CHECK_INT(IWRdsProtocolConnection_DisconnectNotify(f.connection), S_OK);
    CHECK_INT(IWRdsProtocolConnection_NotifyCommandProcessCreated(f.connection, 3), S_OK);
    CHECK_INT(IWRdsProtocolConnection_PreDisconnect(f.connection, 12), S_OK);
    CHECK_INT(IWRdsProtocolConnection_SetErrorInfo(f.connection, 12), S_OK);
    refs = IWRdsProtocolConnection_AddRef(f.connection);
    CHECK_INT(IWRdsProtocolConnection_Release(f.connection), refs - 1);
    CHECK_INT(atomic_load(&f.seen->broken), 0);
    fixture_finish(&f);
}

/* Copies of the text in UTF-16 in this process's writable memory: what the provider and its service hold. */
static unsigned copies_in_memory(const char *text)
{
    unsigned found = 0;
#ifndef _WIN32
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t len = strlen(text);
    unsigned long from, to;
    char line[512], rights[8];

    while (maps && fgets(line, sizeof line, maps)) {
        const volatile unsigned char *at, *end;

        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[0] != 'r' || rights[1] != 'w' ||
            strstr(line, "[v"))
            continue;
        end = (const unsigned char *)to - 2 * len;
        for (at = (const unsigned char *)from; at <= end; at += 2) {
            size_t n = 0;

            while (n < len && at[2 * n] == (unsigned char)text[n] && at[2 * n + 1] == 0)
                n++;
            found += n == len;
        }
    }
    if (maps)
        fclose(maps);
#endif
    return found;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_CANNOT_BE_READ 1 /* shadow memory: terabytes, and readable only in part */
#endif
#endif

/* Linux, without sanitizers: nothing of the password is left in the service's memory. */
TEST(close_wipes_the_password)
{
    struct fixture f;
    char password[24], script[64];
    unsigned char random[20];

    CHECK_INT(os_random(random, sizeof random), OS_OK);
    for (int i = 0; i < 20; i++)
        password[i] = (char)('a' + random[i] % 26);
    password[20] = 0;
    snprintf(script, sizeof script, "client:anna:%s active", password);
    if (!fixture_start(&f, "", script))
        return;
    CHECK(seen_is_ready(f.seen));
#if !defined(_WIN32) && !defined(MEMORY_CANNOT_BE_READ)
    CHECK(copies_in_memory(password) >= 2); /* ours, and the provider's: the search finds them */
#endif
    os_wipe(&f.seen->settings, sizeof f.seen->settings);
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    CHECK(client_hears(f.client, "link close"));
#if !defined(_WIN32) && !defined(MEMORY_CANNOT_BE_READ)
    CHECK_INT(copies_in_memory(password), 0);
#else
    (void)copies_in_memory;
#endif
    fixture_finish(&f);
}

TEST(last_release_without_close)
{
    struct fixture f;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK(seen_is_ready(f.seen));
    CHECK_INT(IWRdsProtocolConnection_Release(f.connection), 0);
    f.connection = NULL;
    CHECK(seen_is_released(f.seen));
    CHECK(client_hears(f.client, "link close 0"));
    fixture_finish(&f);
}

TEST(broken_connection)
{
    struct fixture f;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK(seen_is_ready(f.seen));
    client_destroy(f.client);
    f.client = NULL;
    CHECK(seen_is_broken(f.seen));
    CHECK(seen_is_kept(f.seen)); /* until Close */
    fixture_finish(&f);
    /* a peer that dies is the same to the service */
    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK(seen_is_ready(f.seen));
    client_say(f.client, "die");
    CHECK(seen_is_broken(f.seen));
    fixture_finish(&f);
}

TEST(protocol_status)
{
    struct fixture f;
    WRDS_PROTOCOL_STATUS status;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetProtocolStatus(f.connection, NULL), E_POINTER);
    memset(&status, 0xa5, sizeof status);
    CHECK_INT(IWRdsProtocolConnection_GetProtocolStatus(f.connection, &status), S_OK);
    CHECK_INT(status.Output.Specific, 0);
    CHECK_INT(status.Input.Specific, 0);
    CHECK_INT(status.Cache.Specific, 0);
    CHECK_INT(status.AsyncSignal, 0);
    CHECK_INT(status.Output.Bytes, 0);
    CHECK_INT(status.Output.ProtocolType, 2);
    for (int i = 0; i < WTS_MAX_COUNTERS; i++)
        if (status.Counters[i].QuadPart != 0)
            CHECK(!"a counter that is not ours is not zero");
    IWRdsProtocolConnection_Close(f.connection);
    CHECK_INT(IWRdsProtocolConnection_GetProtocolStatus(f.connection, &status), S_OK);
    fixture_finish(&f);
}

TEST(last_input_time)
{
    struct fixture f;
    ULONG64 first = ~0ull, later = 0;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK(seen_is_ready(f.seen));
    CHECK_INT(IWRdsProtocolConnection_GetLastInputTime(f.connection, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetLastInputTime(f.connection, &first), S_OK);
    CHECK(first < HOST_WAIT_MS); /* elapsed, not an uptime */
    os_sleep_ms(60);
    CHECK_INT(IWRdsProtocolConnection_GetLastInputTime(f.connection, &later), S_OK);
    CHECK(later >= first + 50);
    fixture_finish(&f);
}

TEST(virtual_channel)
{
    struct fixture f;
    ULONG_PTR channel = 1;
    CHAR name[] = "rdpdr";

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_CreateVirtualChannel(f.connection, name, TRUE, 0, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_CreateVirtualChannel(f.connection, name, TRUE, 0, &channel), E_NOTIMPL);
    CHECK(channel == 0);
    CHECK_INT(IWRdsProtocolConnection_CreateVirtualChannel(f.connection, NULL, FALSE, 0, &channel),
              E_NOTIMPL);
    fixture_finish(&f);
}

TEST(shadow_connection)
{
    struct fixture f;
    IWRdsProtocolShadowConnection *shadow = (IWRdsProtocolShadowConnection *)&f;

    if (!fixture_start(&f, "", "client active"))
        return;
    CHECK_INT(IWRdsProtocolConnection_GetShadowConnection(f.connection, NULL), E_POINTER);
    CHECK_INT(IWRdsProtocolConnection_GetShadowConnection(f.connection, &shadow), E_NOTIMPL);
    CHECK(shadow == NULL);
    fixture_finish(&f);
}

/* Properties. */

static const GUID unknown_property = {0x0badc0de, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

static bool untouched(const WTS_PROPERTY_VALUE *values, unsigned n)
{
    for (size_t i = 0; i < n * sizeof *values; i++)
        if (((const BYTE *)values)[i] != 0xa5)
            return false;
    return true;
}

TEST(property_numbers)
{
    struct fixture f;
    WTS_PROPERTY_VALUE out[2];

    if (!fixture_start(&f, "", "client active"))
        return;
    memset(out, 0xa5, sizeof out);
    CHECK_INT(IWRdsProtocolConnection_QueryProperty(f.connection, PROPERTY_TYPE_GET_FAST_RECONNECT, 0, 1,
                                                    NULL, out),
              S_OK);
    CHECK_INT(out[0].Type, WTS_VALUE_TYPE_ULONG);
    CHECK_INT(out[0].u.ulVal, 0);
    CHECK(untouched(&out[1], 1));
    CHECK_INT(IWRdsProtocolConnection_QueryProperty(
                  f.connection, PROPERTY_TYPE_ENABLE_UNIVERSAL_APPS_FOR_CUSTOM_SHELL, 0, 1, NULL, out),
              S_OK);
    CHECK_INT(out[0].Type, WTS_VALUE_TYPE_ULONG);
    CHECK_INT(out[0].u.ulVal, 1);
    fixture_finish(&f);
}

TEST(property_not_answered)
{
    const GUID *const types[] = {&PROPERTY_TYPE_GET_FAST_RECONNECT_USER_SID,
                                 &WTS_QUERY_LOGON_SCREEN_SIZE,
                                 &WTS_QUERY_AUDIOENUM_DLL,
                                 &WTS_QUERY_MF_FORMAT_SUPPORT,
                                 &CONNECTION_PROPERTY_CURSOR_BLINK_DISABLED,
                                 &CONNECTION_PROPERTY_IDLE_TIME_WARNING,
                                 &PROPERTY_TYPE_CONNECTION_GUID,
                                 &PROPERTY_TYPE_SUPPRESS_LOGON_UI,
                                 &PROPERTY_TYPE_CAPTURE_PROTECTED_CONTENT,
                                 &PROPERTY_TYPE_LICENSE_GUID,
                                 &unknown_property};
    struct fixture f;
    WTS_PROPERTY_VALUE out[3];

    if (!fixture_start(&f, "", "client active"))
        return;
    memset(out, 0xa5, sizeof out);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (ULONG n = 0; n < 4; n++)
            CHECK_INT(
                IWRdsProtocolConnection_QueryProperty(f.connection, *types[i], 0, n, NULL, n ? out : NULL),
                E_NOTIMPL);
    }
    CHECK(untouched(out, 3));
    fixture_finish(&f);
}

TEST(property_wrong_counts)
{
    const struct {
        const GUID *type;
        ULONG nin, nout;
    } known[] = {{&PROPERTY_TYPE_GET_FAST_RECONNECT, 0, 1},
                 {&PROPERTY_TYPE_ENABLE_UNIVERSAL_APPS_FOR_CUSTOM_SHELL, 0, 1},
                 {&PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION, 0, 1},
                 {&WTS_QUERY_ALLOWED_INITIAL_APP, 3, 3}};
    struct fixture f;
    WTS_PROPERTY_VALUE in[4] = {{.Type = WTS_VALUE_TYPE_STRING},
                                {.Type = WTS_VALUE_TYPE_STRING},
                                {.Type = WTS_VALUE_TYPE_ULONG},
                                {0}};
    WTS_PROPERTY_VALUE out[4];

    if (!fixture_start(&f, "", "client active"))
        return;
    memset(out, 0xa5, sizeof out);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        for (ULONG n = 0; n < 5; n++) {
            if (n != known[i].nout)
                CHECK_INT(IWRdsProtocolConnection_QueryProperty(f.connection, *known[i].type, known[i].nin, n,
                                                                in, out),
                          E_INVALIDARG);
            if (known[i].nin && n != known[i].nin)
                CHECK_INT(IWRdsProtocolConnection_QueryProperty(f.connection, *known[i].type, n,
                                                                known[i].nout, in, out),
                          E_INVALIDARG);
        }
        CHECK_INT(IWRdsProtocolConnection_QueryProperty(f.connection, *known[i].type, known[i].nin,
                                                        known[i].nout, in, NULL),
                  E_POINTER);
    }
    CHECK_INT(
        IWRdsProtocolConnection_QueryProperty(f.connection, WTS_QUERY_ALLOWED_INITIAL_APP, 3, 3, NULL, out),
        E_POINTER);
    in[1].Type = WTS_VALUE_TYPE_ULONG;
    CHECK_INT(
        IWRdsProtocolConnection_QueryProperty(f.connection, WTS_QUERY_ALLOWED_INITIAL_APP, 3, 3, in, out),
        E_INVALIDARG);
    CHECK(untouched(out, 4));
    CHECK(host_blocks() <= 0);
    fixture_finish(&f);
}

static void ask_for(struct fixture *f, const char *program, ULONG size, const char *command, ULONG allowed)
{
    WTS_PROPERTY_VALUE in[3] = {
        {.Type = WTS_VALUE_TYPE_STRING}, {.Type = WTS_VALUE_TYPE_STRING}, {.Type = WTS_VALUE_TYPE_ULONG}};
    WTS_PROPERTY_VALUE out[3];

    in[0].u.strVal.pstrVal = program ? wide(program) : NULL;
    in[0].u.strVal.size = size ? size : program ? (ULONG)strlen(program) + 1 : 0;
    in[1].u.strVal.pstrVal = wide("/a \"b c\"");
    in[1].u.strVal.size = 9;
    memset(out, 0xa5, sizeof out);
    CHECK_INT(
        IWRdsProtocolConnection_QueryProperty(f->connection, WTS_QUERY_ALLOWED_INITIAL_APP, 3, 3, in, out),
        S_OK);
    CHECK_INT(out[0].Type, WTS_VALUE_TYPE_STRING);
    CHECK_INT(out[1].Type, WTS_VALUE_TYPE_STRING);
    CHECK_INT(out[2].Type, WTS_VALUE_TYPE_ULONG);
    CHECK_INT(out[2].u.ulVal, allowed);
    CHECK(wide_is(out[0].u.strVal.pstrVal, command));
    CHECK_INT(out[0].u.strVal.size, strlen(command) + 1);
    CHECK(wide_is(out[1].u.strVal.pstrVal, "/a \"b c\""));
    CHECK(host_free_block(out[0].u.strVal.pstrVal) >= (strlen(command) + 1) * 2);
    CHECK(host_free_block(out[1].u.strVal.pstrVal) >= 9 * 2);
    CHECK(host_blocks() <= 0);
}

TEST(property_initial_app)
{
    struct fixture f;

    if (!fixture_start(&f, "", "client active"))
        return;
    ask_for(&f, "notepad.exe", 0, "C:\\work\\notepad.exe", 1); /* the client's working directory in front */
    ask_for(&f, "notepad.exe", 7, "C:\\work\\notepad", 1);     /* the size ends it, too */
    ask_for(&f, "D:\\x.exe", 0, "D:\\x.exe", 1);
    ask_for(&f, "\\\\server\\x.exe", 0, "\\\\server\\x.exe", 1);
    ask_for(&f, "%windir%\\x.exe", 0, "%windir%\\x.exe", 1);
    ask_for(&f, "\"a b.exe\"", 0, "\"a b.exe\"", 1);
    ask_for(&f, NULL, 0, "", 1);
    ask_for(&f, NULL, 5, "", 1);
    fixture_finish(&f);
    if (!fixture_start(&f, "initial-program = deny\n", "client active"))
        return;
    ask_for(&f, "notepad.exe", 0, "C:\\work\\notepad.exe", 0);
    fixture_finish(&f);
}

TEST(property_time_zone)
{
    struct fixture f;
    WTS_PROPERTY_VALUE out;
    const WRDS_DYNAMIC_TIME_ZONE_INFORMATION *zone;

    if (!fixture_start(&f, "", "client active"))
        return;
    memset(&out, 0xa5, sizeof out);
    CHECK_INT(IWRdsProtocolConnection_QueryProperty(f.connection, PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION, 0,
                                                    1, NULL, &out),
              S_OK);
    CHECK_INT(out.Type, WTS_VALUE_TYPE_BINARY);
    CHECK_INT(out.u.bVal.size, 432);
    zone = (const WRDS_DYNAMIC_TIME_ZONE_INFORMATION *)(const void *)out.u.bVal.pbVal;
    CHECK_INT(zone->Bias, -60);
    CHECK_INT(zone->StandardBias, 0);
    CHECK_INT(zone->DaylightBias, -60);
    CHECK_INT(zone->StandardDate.wMonth, 10);
    CHECK_INT(zone->DaylightDate.wMonth, 3);
    CHECK(wide_is(zone->StandardName, "Fake Standard Time"));
    CHECK(wide_is(zone->DaylightName, "Fake Summer Time"));
    CHECK(wide_is(zone->TimeZoneKeyName, "Fake Key"));
    CHECK_INT(zone->DynamicDaylightTimeDisabled, 0);
    CHECK(host_free_block(out.u.bVal.pbVal) >= 432);
    fixture_finish(&f);
}

/* On Windows nothing can make LocalAlloc fail; there the test shows that repeated answers are good. */
TEST(property_out_of_memory)
{
    struct fixture f;
    WTS_PROPERTY_VALUE in[3] = {
        {.Type = WTS_VALUE_TYPE_STRING}, {.Type = WTS_VALUE_TYPE_STRING}, {.Type = WTS_VALUE_TYPE_ULONG}};
    WTS_PROPERTY_VALUE out[3];
    bool can_fail;

    if (!fixture_start(&f, "", "client active"))
        return;
    for (unsigned n = 1; n <= 2; n++) {
        memset(out, 0xa5, sizeof out);
        can_fail = host_fail_allocation(n);
        if (can_fail) {
            CHECK_INT(IWRdsProtocolConnection_QueryProperty(f.connection, WTS_QUERY_ALLOWED_INITIAL_APP, 3, 3,
                                                            in, out),
                      E_OUTOFMEMORY);
            CHECK(untouched(out, 3));
            CHECK_INT(host_blocks(), 0);
        }
        ask_for(&f, "x", 0, "C:\\work\\x", 1);
    }
    if (host_fail_allocation(1)) {
        memset(out, 0xa5, sizeof out);
        CHECK_INT(IWRdsProtocolConnection_QueryProperty(f.connection, PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION,
                                                        0, 1, NULL, out),
                  E_OUTOFMEMORY);
        CHECK(untouched(out, 3));
        CHECK_INT(host_blocks(), 0);
    }
    fixture_finish(&f);
}

/* The indirect display driver. */

static bool idd_interfaces(struct fixture *f, IWRdsWddmIddProps **idd, IWRdsWddmIddProps1 **idd1)
{
    *idd = NULL;
    *idd1 = NULL;
    IWRdsProtocolConnection_QueryInterface(f->connection, &IID_IWRdsWddmIddProps, (void **)idd);
    IWRdsProtocolConnection_QueryInterface(f->connection, &IID_IWRdsWddmIddProps1, (void **)idd1);
    return CHECK(*idd && *idd1);
}

TEST(idd_hardware_id)
{
    const HRESULT too_small = HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER);
    struct fixture f;
    IWRdsWddmIddProps *idd;
    IWRdsWddmIddProps1 *idd1;
    WCHAR id[200];

    if (!fixture_start(&f, "display-driver-id = Own_IDD\n", "client active") ||
        !idd_interfaces(&f, &idd, &idd1))
        return;
    CHECK_INT(IWRdsWddmIddProps_GetHardwareId(idd, NULL, 200), E_POINTER);
    CHECK_INT(IWRdsWddmIddProps1_GetHardwareId(idd1, NULL, 200), E_POINTER);
    for (DWORD room = 0; room < 8; room++) { /* "Own_IDD" needs 8 */
        memset(id, 0xa5, sizeof id);
        CHECK_INT(IWRdsWddmIddProps_GetHardwareId(idd, id, room), too_small);
        CHECK(room == 0 ? id[0] == 0xa5a5 : id[0] == 0);
        CHECK(id[1] == 0xa5a5);
        CHECK_INT(IWRdsWddmIddProps1_GetHardwareId(idd1, id, room), too_small);
    }
    memset(id, 0xa5, sizeof id);
    CHECK_INT(IWRdsWddmIddProps_GetHardwareId(idd, id, 8), S_OK);
    CHECK(wide_is(id, "Own_IDD") && id[8] == 0xa5a5);
    memset(id, 0xa5, sizeof id);
    CHECK_INT(IWRdsWddmIddProps1_GetHardwareId(idd1, id, 200), S_OK);
    CHECK(wide_is(id, "Own_IDD"));
    IWRdsWddmIddProps_Release(idd);
    IWRdsWddmIddProps1_Release(idd1);
    fixture_finish(&f);

    if (!fixture_start(&f, "", "client active") || !idd_interfaces(&f, &idd, &idd1))
        return;
    CHECK_INT(IWRdsWddmIddProps_GetHardwareId(idd, id, 200), S_OK);
    CHECK(wide_is(id, "rdsprov_idd"));
    IWRdsWddmIddProps_Release(idd);
    IWRdsWddmIddProps1_Release(idd1);
    fixture_finish(&f);
}

/* A handle whose life can be seen from its other end. */
#ifdef _WIN32
static HANDLE watch_end;

static HANDLE_PTR watched_handle(void)
{
    HANDLE write_end = NULL;

    CreatePipe(&watch_end, &write_end, NULL, 0);
    return (HANDLE_PTR)write_end;
}

static bool watched_handle_closed(void)
{
    uint64_t until = os_now_ms() + HOST_WAIT_MS;
    DWORD n;

    while (PeekNamedPipe(watch_end, NULL, 0, NULL, &n, NULL) && os_now_ms() < until)
        os_sleep_ms(2);
    return !PeekNamedPipe(watch_end, NULL, 0, NULL, &n, NULL) && CloseHandle(watch_end);
}
#else
static int watch_end;

static HANDLE_PTR watched_handle(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return 0;
    watch_end = ends[0];
    return (HANDLE_PTR)ends[1];
}

static bool watched_handle_closed(void)
{
    struct pollfd item = {.fd = watch_end, .events = POLLIN};

    return poll(&item, 1, HOST_WAIT_MS) == 1 && item.revents == POLLHUP && close(watch_end) == 0;
}
#endif

TEST(idd_driver_handle)
{
    struct fixture f;
    IWRdsWddmIddProps *idd;
    IWRdsWddmIddProps1 *idd1;
    HANDLE_PTR handle;
    uint64_t begin;

    if (!fixture_start(&f, "", "client active") || !idd_interfaces(&f, &idd, &idd1))
        return;
    CHECK_INT(IWRdsWddmIddProps_EnableWddmIdd(idd, TRUE), S_OK);
    CHECK(host_logged("EnableWddmIdd(TRUE)"));
    handle = watched_handle();
    REQUIRE(handle);
    begin = os_now_ms();
    CHECK_INT(IWRdsWddmIddProps_OnDriverLoad(idd, 7, handle), S_OK);
    CHECK(os_now_ms() - begin < 200);
    CHECK(client_hears(f.client, "link driver-handle load=1 session=7"));
    CHECK(watched_handle_closed()); /* the fake peer closes what it gets; no copy stays with us */
    CHECK_INT(IWRdsWddmIddProps_OnDriverUnload(idd, 7), S_OK);
    CHECK(client_hears(f.client, "link display-driver load=0 session=7"));
    /* none is fine */
    CHECK_INT(IWRdsWddmIddProps_OnDriverLoad(idd, 8, 0), S_OK);
    CHECK_INT(IWRdsWddmIddProps_OnDriverLoad(idd, 9, (HANDLE_PTR)INVALID_HANDLE_VALUE), S_OK);
    CHECK(client_hears(f.client, "link display-driver load=1 session=9"));
    CHECK_INT(IWRdsWddmIddProps_EnableWddmIdd(idd, FALSE), S_OK);
    /* the reason then says what is known */
    CHECK_INT(IWRdsProtocolConnection_PreDisconnect(f.connection, 17), S_OK);
    CHECK(host_logged("WDDM not switched on, loaded: yes"));
    /* after Close nobody takes it: it is closed here */
    CHECK_INT(IWRdsProtocolConnection_Close(f.connection), S_OK);
    CHECK(client_hears(f.client, "link close"));
    handle = watched_handle();
    CHECK_INT(IWRdsWddmIddProps_OnDriverLoad(idd, 7, handle), S_OK);
    CHECK(watched_handle_closed());
    IWRdsWddmIddProps_Release(idd);
    IWRdsWddmIddProps1_Release(idd1);
    fixture_finish(&f);
}

TEST(idd_device_path)
{
    struct fixture f;
    IWRdsWddmIddProps *idd;
    IWRdsWddmIddProps1 *idd1;
    WCHAR longer[400];

    if (!fixture_start(&f, "", "client active") || !idd_interfaces(&f, &idd, &idd1))
        return;
    CHECK_INT(IWRdsWddmIddProps1_OnDriverLoad(idd1, 7, NULL), E_POINTER);
    CHECK_INT(
        IWRdsWddmIddProps1_OnDriverLoad(idd1, 7, wide("SWD\\RemoteDisplayEnum\\rdsprov_idd&SessionId_0007")),
        S_OK);
    CHECK(client_hears(f.client, "link display-driver load=1 session=7 "
                                 "device_path='SWD\\RemoteDisplayEnum\\rdsprov_idd&SessionId_0007'"));
    CHECK_INT(IWRdsProtocolConnection_PreDisconnect(f.connection, 18), S_OK);
    CHECK(host_logged("device 'SWD\\RemoteDisplayEnum\\rdsprov_idd&SessionId_0007')"));
    /* one that does not fit, and one that the link would not carry: the client stays */
    for (int i = 0; i < 399; i++)
        longer[i] = 'x';
    longer[399] = 0;
    CHECK_INT(IWRdsWddmIddProps1_OnDriverLoad(idd1, 8, longer), S_OK);
    CHECK(client_hears(f.client, "link display-driver load=1 session=8 device_path=''"));
    longer[0] = 0xd800;
    longer[1] = 0;
    CHECK_INT(IWRdsWddmIddProps1_OnDriverLoad(idd1, 9, longer), S_OK);
    CHECK(client_hears(f.client, "link display-driver load=1 session=9 device_path=''"));
    CHECK_INT(IWRdsWddmIddProps1_OnDriverUnload(idd1, 9), S_OK);
    CHECK(client_hears(f.client, "link display-driver load=0 session=9"));
    CHECK_INT(atomic_load(&f.seen->broken), 0);
    IWRdsWddmIddProps_Release(idd);
    IWRdsWddmIddProps1_Release(idd1);
    fixture_finish(&f);
}
