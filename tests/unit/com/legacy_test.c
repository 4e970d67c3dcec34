/* SPDX-License-Identifier: Apache-2.0 */
/* Every method of an IWTS connection and its small objects. What is the same code as in the IWRds family is
 * checked there in depth; here: that each slot leads to it, and what differs. */
#include "check.h"
#include "service.h"

struct fixture {
    struct service service;
    IWTSProtocolManager *manager;
    IWTSProtocolListener *listener;
    struct client *client;
    struct seen *seen;
    IWTSProtocolConnection *connection;
};

static bool fixture_listen(struct fixture *self)
{
    service_init(&self->service, true);
    self->client = NULL;
    self->seen = NULL;
    self->connection = NULL;
    self->listener = NULL;
    if (!CHECK(host_open() && host_configure("")))
        return false;
    self->manager = host_manager(&host_clsid_legacy, &IID_IWTSProtocolManager);
    if (!CHECK(self->manager != NULL))
        return false;
    IWTSProtocolManager_CreateListener(self->manager, wide(HOST_LISTENER), &self->listener);
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
    self->connection = seen_legacy(self->seen);
    return true;
}

static bool fixture_start(struct fixture *self, const char *script)
{
    return fixture_listen(self) && fixture_connect(self, script);
}

static void fixture_finish(struct fixture *self)
{
    if (self->connection) {
        CHECK_INT(IWTSProtocolConnection_Close(self->connection), S_OK);
        atomic_store(&self->seen->closed, true);
        CHECK(seen_is_released(self->seen));
        CHECK_INT(atomic_load(&self->seen->slot7), 0); /* DisplayIOCtl here: never */
        for (int i = 0; i < 1000; i++) {
            IWTSProtocolConnection_AddRef(self->connection);
            if (IWTSProtocolConnection_Release(self->connection) == 1)
                break;
            os_sleep_ms(1);
        }
        CHECK_INT(IWTSProtocolConnection_Release(self->connection), 0);
    }
    client_destroy(self->client);
    IWTSProtocolListener_StopListen(self->listener);
    CHECK_INT(IWTSProtocolListener_Release(self->listener), 0);
    CHECK_INT(atomic_load(&self->service.refs), 1);
    CHECK_INT(IWTSProtocolManager_Release(self->manager), 0);
    CHECK(host_close());
    service_finish(&self->service);
}

static void send_policy(struct fixture *self)
{
    WTS_POLICY_DATA policy = {.ColorDepth = 5, .MinEncryptionLevel = 3, .fDisableCdm = TRUE};

    CHECK_INT(IWTSProtocolConnection_SendPolicyData(self->connection, &policy), S_OK);
}

TEST(legacy_identity)
{
    static const IID *const foreign[] = {&IID_IWRdsProtocolConnection, &IID_IWRdsProtocolConnection2,
                                         &IID_IWRdsWddmIddProps,       &IID_IWRdsWddmIddProps1,
                                         &IID_IWTSProtocolListener,    &IID_IWTSProtocolManager};
    static const IID *const own[] = {&IID_IUnknown, &IID_IWTSProtocolConnection, &IID_IAgileObject};
    struct fixture f;
    IUnknown *found;
    void *other;

    if (!fixture_start(&f, "client active"))
        return;
    for (int i = 0; i < 3; i++) {
        found = NULL;
        CHECK_INT(IWTSProtocolConnection_QueryInterface(f.connection, own[i], (void **)&found), S_OK);
        CHECK((void *)found == (void *)f.connection);
        if (found)
            IUnknown_Release(found);
    }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        other = &other;
        CHECK_INT(IWTSProtocolConnection_QueryInterface(f.connection, foreign[i], &other), E_NOINTERFACE);
        CHECK(other == NULL);
    }
    CHECK_INT(IWTSProtocolConnection_QueryInterface(f.connection, &IID_IUnknown, NULL), E_POINTER);
    fixture_finish(&f);
}

TEST(legacy_ready_after_policy_only)
{
    struct fixture f;
    IWTSProtocolLogonErrorRedirector *redirector = NULL;

    /* the redirector and time are not enough */
    if (!fixture_start(&f, "client active"))
        return;
    CHECK_INT(IWTSProtocolConnection_GetLogonErrorRedirector(f.connection, &redirector), S_OK);
    if (redirector)
        IWTSProtocolLogonErrorRedirector_Release(redirector);
    os_sleep_ms(900);
    CHECK_INT(atomic_load(&f.seen->ready), 0);
    CHECK_INT(IWTSProtocolConnection_SendPolicyData(f.connection, NULL), E_POINTER);
    os_sleep_ms(100);
    CHECK_INT(atomic_load(&f.seen->ready), 0);
    send_policy(&f);
    CHECK(seen_is_ready(f.seen));
    send_policy(&f); /* again: still one OnReady */
    os_sleep_ms(50);
    CHECK_INT(atomic_load(&f.seen->ready), 1);
    fixture_finish(&f);

    /* policy first, active later */
    if (!fixture_start(&f, "client"))
        return;
    send_policy(&f);
    os_sleep_ms(50);
    CHECK_INT(atomic_load(&f.seen->ready), 0);
    client_say(f.client, "active");
    CHECK(seen_is_ready(f.seen));
    fixture_finish(&f);

    /* all of it inside OnConnected */
    if (!fixture_listen(&f))
        return;
    f.service.ask_inside = true;
    if (fixture_connect(&f, "client active"))
        CHECK(seen_is_ready(f.seen));
    fixture_finish(&f);
}

/* So that a silent service can be found in the log. */
TEST(legacy_policy_missing)
{
    struct fixture f;

    if (!fixture_start(&f, "client active"))
        return;
    os_sleep_ms(10100);
    CHECK(host_logged("no SendPolicyData for 10 s"));
    CHECK_INT(atomic_load(&f.seen->ready), 0);
    send_policy(&f); /* late is fine */
    CHECK(seen_is_ready(f.seen));
    fixture_finish(&f);
}

TEST(legacy_refused_by_the_service)
{
    struct fixture f;

    if (!fixture_listen(&f))
        return;
    f.service.refuse = true;
    if (fixture_connect(&f, "client active"))
        CHECK(client_hears(f.client, "link close"));
    fixture_finish(&f);
}

TEST(legacy_close)
{
    struct fixture f;

    if (!fixture_start(&f, "client active"))
        return;
    send_policy(&f);
    CHECK(seen_is_ready(f.seen));
    CHECK_INT(IWTSProtocolConnection_Close(f.connection), S_OK);
    atomic_store(&f.seen->closed, true);
    CHECK(seen_is_released(f.seen));
    CHECK_INT(IWTSProtocolConnection_Close(f.connection), S_OK);
    CHECK(client_hears(f.client, "link close 0"));
    send_policy(&f); /* late */
    fixture_finish(&f);

    /* on the provider's own stack */
    if (!fixture_listen(&f))
        return;
    f.service.close_inside = true;
    if (fixture_connect(&f, "client active")) {
        CHECK(seen_is_released(f.seen));
        CHECK_INT(atomic_load(&f.seen->ready), 0);
    }
    fixture_finish(&f);

    /* without Close */
    if (!fixture_start(&f, "client active"))
        return;
    send_policy(&f);
    CHECK(seen_is_ready(f.seen));
    CHECK_INT(IWTSProtocolConnection_Release(f.connection), 0);
    f.connection = NULL;
    CHECK(seen_is_released(f.seen));
    CHECK(client_hears(f.client, "link close 0"));
    fixture_finish(&f);
}

TEST(legacy_broken_connection)
{
    struct fixture f;

    if (!fixture_start(&f, "client active"))
        return;
    send_policy(&f);
    CHECK(seen_is_ready(f.seen));
    client_say(f.client, "die");
    CHECK(seen_is_broken(f.seen));
    CHECK(seen_is_kept(f.seen));
    fixture_finish(&f);
}

TEST(legacy_redirector)
{
    struct fixture f;
    IWTSProtocolLogonErrorRedirector *redirector = NULL;
    WTS_LOGON_ERROR_REDIRECTOR_RESPONSE response;
    void *other = &other;

    if (!fixture_start(&f, "client active"))
        return;
    CHECK_INT(IWTSProtocolConnection_GetLogonErrorRedirector(f.connection, NULL), E_POINTER);
    CHECK_INT(IWTSProtocolConnection_GetLogonErrorRedirector(f.connection, &redirector), S_OK);
    REQUIRE(redirector);
    CHECK_INT(IWTSProtocolLogonErrorRedirector_QueryInterface(redirector,
                                                              &IID_IWRdsProtocolLogonErrorRedirector, &other),
              E_NOINTERFACE);
    CHECK(other == NULL);
    CHECK_INT(IWTSProtocolLogonErrorRedirector_QueryInterface(redirector,
                                                              &IID_IWTSProtocolLogonErrorRedirector, &other),
              S_OK);
    CHECK(other == redirector);
    CHECK_INT(IWTSProtocolLogonErrorRedirector_Release(redirector), 1);
    CHECK_INT(IWTSProtocolLogonErrorRedirector_OnBeginPainting(redirector), S_OK);
    response = WTS_LOGON_ERR_INVALID;
    CHECK_INT(IWTSProtocolLogonErrorRedirector_RedirectStatus(redirector, wide("s"), &response), S_OK);
    CHECK_INT(response, WTS_LOGON_ERR_NOT_HANDLED);
    response = WTS_LOGON_ERR_INVALID;
    CHECK_INT(
        IWTSProtocolLogonErrorRedirector_RedirectMessage(redirector, wide("c"), wide("m"), 0, &response),
        S_OK);
    CHECK_INT(response, WTS_LOGON_ERR_NOT_HANDLED);
    response = WTS_LOGON_ERR_INVALID;
    CHECK_INT(IWTSProtocolLogonErrorRedirector_RedirectLogonError(redirector, (LONG)0xc0000224, 0, NULL, NULL,
                                                                  0, &response),
              S_OK);
    CHECK_INT(response, WTS_LOGON_ERR_NOT_HANDLED);
    CHECK(host_logged("RedirectLogonError(status 0xc0000224"));
    CHECK_INT(IWTSProtocolLogonErrorRedirector_Release(redirector), 0);
    fixture_finish(&f);
}

TEST(legacy_license)
{
    struct fixture f;
    IWTSProtocolLicenseConnection *license = NULL;
    WTS_LICENSE_CAPABILITIES caps;
    BYTE buffer[32] = {0};
    ULONG size = sizeof caps;
    void *other = &other;

    if (!fixture_start(&f, "client active"))
        return;
    CHECK_INT(IWTSProtocolConnection_GetLicenseConnection(f.connection, NULL), E_POINTER);
    CHECK_INT(IWTSProtocolConnection_GetLicenseConnection(f.connection, &license), S_OK);
    REQUIRE(license);
    CHECK_INT(
        IWTSProtocolLicenseConnection_QueryInterface(license, &IID_IWRdsProtocolLicenseConnection, &other),
        E_NOINTERFACE);
    CHECK(other == NULL);
    CHECK_INT(IWTSProtocolLicenseConnection_RequestLicensingCapabilities(license, &caps, &size), S_OK);
    CHECK_INT(size, sizeof caps);
    CHECK_INT(caps.ProtocolVer, 0x00010003);
    CHECK(wide_is((const WCHAR *)(const void *)caps.rgbClientName, "fake"));
    size = 8;
    CHECK_INT(IWTSProtocolLicenseConnection_RequestLicensingCapabilities(license, &caps, &size),
              HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER));
    size = sizeof buffer;
    CHECK_INT(IWTSProtocolLicenseConnection_RequestClientLicense(license, NULL, 0, buffer, &size), S_OK);
    CHECK_INT(size, 0);
    CHECK_INT(IWTSProtocolLicenseConnection_SendClientLicense(license, buffer, sizeof buffer), S_OK);
    CHECK_INT(IWTSProtocolLicenseConnection_ProtocolComplete(license, 1), S_OK);
    CHECK(host_logged("ProtocolComplete(licensed)"));
    CHECK_INT(IWTSProtocolLicenseConnection_Release(license), 0);
    fixture_finish(&f);
}

TEST(legacy_client_data)
{
    struct fixture f;
    WTS_CLIENT_DATA data;
    WTS_USER_CREDENTIAL credential;

    if (!fixture_start(&f, "client:anna:secret active"))
        return;
    CHECK_INT(IWTSProtocolConnection_AcceptConnection(f.connection), S_OK);
    CHECK_INT(IWTSProtocolConnection_GetClientData(f.connection, NULL), E_POINTER);
    memset(&data, 0xa5, sizeof data);
    CHECK_INT(IWTSProtocolConnection_GetClientData(f.connection, &data), S_OK);
    CHECK_INT(data.fDisableClip, 0xa5);
    CHECK_INT(data.HRes, 1024);
    CHECK(wide_is(data.UserName, "anna") && wide_is(data.ProtocolName, "RDP"));
    CHECK_INT(IWTSProtocolConnection_GetUserCredentials(f.connection, NULL), E_POINTER);
    CHECK_INT(IWTSProtocolConnection_GetUserCredentials(f.connection, &credential), S_OK);
    CHECK(wide_is(credential.Password, "secret"));
    CHECK_INT(IWTSProtocolConnection_Close(f.connection), S_OK);
    CHECK_INT(IWTSProtocolConnection_GetUserCredentials(f.connection, &credential), E_NOTIMPL);
    CHECK(credential.Password[0] == 0);
    fixture_finish(&f);
}

TEST(legacy_session)
{
    struct fixture f;
    WTS_SESSION_ID session = {.SessionId = 4};
    HANDLE_PTR handles[4] = {1, 2, 3, 4};
    ULONG ids[2] = {9, 9}, count = 2;

    if (!fixture_start(&f, "client active"))
        return;
    memset(&session, 0xa5, sizeof session);
    CHECK_INT(IWTSProtocolConnection_AuthenticateClientToSession(f.connection, &session), E_NOTIMPL);
    CHECK_INT(session.SessionId, 0);
    CHECK_INT(IWTSProtocolConnection_NotifySessionId(f.connection, NULL), E_POINTER);
    session.SessionId = 4;
    CHECK_INT(IWTSProtocolConnection_NotifySessionId(f.connection, &session), S_OK);
    CHECK(client_hears(f.client, "link session 4"));
    for (int i = 0; i < 4; i++)
        CHECK_INT(IWTSProtocolConnection_GetProtocolHandles(
                      f.connection, i == 0 ? NULL : &handles[0], i == 1 ? NULL : &handles[1],
                      i == 2 ? NULL : &handles[2], i == 3 ? NULL : &handles[3]),
                  E_POINTER);
    CHECK_INT(IWTSProtocolConnection_GetProtocolHandles(f.connection, &handles[0], &handles[1], &handles[2],
                                                        &handles[3]),
              S_OK);
    CHECK(!handles[0] && !handles[1] && !handles[2] && !handles[3]);
    CHECK_INT(IWTSProtocolConnection_IsUserAllowedToLogon(f.connection, 4, 0, wide("D"), wide("u")), S_OK);
    CHECK_INT(IWTSProtocolConnection_SessionArbitrationEnumeration(f.connection, 0, TRUE, ids, &count),
              E_NOTIMPL);
    CHECK(ids[0] == 9 && count == 2);
    CHECK_INT(IWTSProtocolConnection_LogonNotify(f.connection, 0, wide("u"), wide("D"), &session), S_OK);
    CHECK(client_hears(f.client, "link logon session=4 user='u' domain='D'"));
    fixture_finish(&f);
}

/* Here the policy says whether there are cookies. */
TEST(legacy_auto_reconnect)
{
    WTS_POLICY_DATA policy;
    WTS_SESSION_ID session = {.SessionId = 4};
    struct fixture f;

    for (int forbidden = 0; forbidden < 2; forbidden++) {
        if (!fixture_start(&f, "nla client:anna:pw active"))
            return;
        memset(&policy, 0, sizeof policy);
        policy.fDisableAutoReconnect = (BOOLEAN)forbidden;
        CHECK_INT(IWTSProtocolConnection_SendPolicyData(f.connection, &policy), S_OK);
        CHECK_INT(IWTSProtocolConnection_LogonNotify(f.connection, 0, wide("anna"), wide("D"), &session),
                  S_OK);
        CHECK_INT(IWTSProtocolConnection_SetErrorInfo(f.connection, 1), S_OK);
        CHECK(client_hears(f.client, "link error-info 1"));
        CHECK_INT(client_heard(f.client, "link auto-reconnect 4:"), !forbidden);
        fixture_finish(&f);
    }
}

/* This family has no NotifyCommandProcessCreated: ConnectNotify is all there is. */
TEST(legacy_show)
{
    struct fixture f;

    if (!fixture_start(&f, "client active"))
        return;
    CHECK_INT(IWTSProtocolConnection_ConnectNotify(f.connection, 4), S_OK);
    CHECK(client_hears(f.client, "link connect 4"));
    CHECK_INT(IWTSProtocolConnection_DisconnectNotify(f.connection), S_OK);
    CHECK(client_hears(f.client, "link disconnect"));
    CHECK_INT(IWTSProtocolConnection_ConnectNotify(f.connection, 2), S_OK);
    CHECK(client_hears(f.client, "link connect 2"));
    CHECK(seen_is_redrawn(f.seen));
    fixture_finish(&f);
}

TEST(legacy_user_data)
{
    struct fixture f;
    WTS_USER_DATA data, before;
    WTS_POLICY_DATA policy = {0};

    if (!fixture_start(&f, "client active"))
        return;
    memset(&data, 0, sizeof data);
    memcpy(data.InitialProgram, wide("prefilled"), 20);
    before = data;
    CHECK_INT(IWTSProtocolConnection_GetUserData(f.connection, &policy, NULL), E_POINTER);
    CHECK_INT(IWTSProtocolConnection_GetUserData(f.connection, &policy, &data), S_OK);
    CHECK(memcmp(&data, &before, sizeof data) == 0);
    CHECK_INT(IWTSProtocolConnection_GetUserData(f.connection, NULL, &data), S_OK);
    fixture_finish(&f);
}

TEST(legacy_any_time)
{
    struct fixture f;
    WTS_PROTOCOL_STATUS status;
    WTS_PROPERTY_VALUE out;
    IWTSProtocolShadowConnection *shadow = (IWTSProtocolShadowConnection *)&f;
    ULONG64 idle = ~0ull;
    ULONG_PTR channel = 1;
    CHAR name[] = "rdpdr";

    if (!fixture_start(&f, "client active"))
        return;
    CHECK_INT(IWTSProtocolConnection_GetProtocolStatus(f.connection, NULL), E_POINTER);
    memset(&status, 0xa5, sizeof status);
    CHECK_INT(IWTSProtocolConnection_GetProtocolStatus(f.connection, &status), S_OK);
    CHECK(status.Output.Specific == 0 && status.AsyncSignalMask == 0);
    CHECK_INT(IWTSProtocolConnection_GetLastInputTime(f.connection, NULL), E_POINTER);
    CHECK_INT(IWTSProtocolConnection_GetLastInputTime(f.connection, &idle), S_OK);
    CHECK(idle < HOST_WAIT_MS);
    CHECK_INT(IWTSProtocolConnection_SetErrorInfo(f.connection, 3), S_OK);
    CHECK(client_hears(f.client, "link error-info 3"));
    CHECK_INT(IWTSProtocolConnection_SendBeep(f.connection, 440, 100), E_NOTIMPL);
    CHECK(host_logged("SendBeep(440 Hz, 100 ms)"));
    CHECK_INT(IWTSProtocolConnection_CreateVirtualChannel(f.connection, name, TRUE, 0, NULL), E_POINTER);
    CHECK_INT(IWTSProtocolConnection_CreateVirtualChannel(f.connection, name, TRUE, 0, &channel), E_NOTIMPL);
    CHECK(channel == 0);
    memset(&out, 0xa5, sizeof out);
    CHECK_INT(IWTSProtocolConnection_QueryProperty(f.connection, PROPERTY_TYPE_GET_FAST_RECONNECT, 0, 1, NULL,
                                                   &out),
              S_OK);
    CHECK(out.Type == WTS_VALUE_TYPE_ULONG && out.u.ulVal == 0);
    CHECK_INT(IWTSProtocolConnection_QueryProperty(f.connection, WTS_QUERY_AUDIOENUM_DLL, 0, 1, NULL, &out),
              E_NOTIMPL);
    CHECK_INT(IWTSProtocolConnection_GetShadowConnection(f.connection, NULL), E_POINTER);
    CHECK_INT(IWTSProtocolConnection_GetShadowConnection(f.connection, &shadow), E_NOTIMPL);
    CHECK(shadow == NULL);
    CHECK_INT(IWTSProtocolConnection_Close(f.connection), S_OK);
    CHECK(client_hears(f.client, "link close 3"));
    fixture_finish(&f);
}
