/* SPDX-License-Identifier: Apache-2.0 */
/* What an IWRds connection is asked from OnConnected to the logon, with a fake peer behind it. */
#include "connection_fixture.h"

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
