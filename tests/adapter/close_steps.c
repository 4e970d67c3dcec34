/* SPDX-License-Identifier: Apache-2.0 */
/* What the service does with a connection, one step after the other: C (first connection, with the display
 * driver and the logon) and F (another session after an arbitration) of sequences.md. */
#include "close_matrix.h"

#include <string.h>

#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

#define WANT(cell, call, result) CELL_CHECK(cell, (call) == (result))

static WCHAR user[] = {'d', 'e', 'm', 'o', 0}, domain[] = {'D', 0};
static WCHAR device[] = {'S', 'W', 'D', '\\', 'X', 0};

static uint32_t first_session(const struct cell *cell)
{
    return 100 + cell->number;
}

static uint32_t old_session(const struct cell *cell)
{
    return 1000 + cell->number;
}

static void connected(struct cell *cell)
{
    (void)cell; /* nothing: the service knows the connection, that is all */
}

/* In a random order a step may come twice. */
static void let_go(IUnknown **object)
{
    if (*object)
        IUnknown_Release(*object);
    *object = NULL;
}

static void redirector(struct cell *cell)
{
    let_go(&cell->redirector);
    if (cell->is_legacy)
        WANT(cell,
             IWTSProtocolConnection_GetLogonErrorRedirector(
                 seen_legacy(cell->seen), (IWTSProtocolLogonErrorRedirector **)&cell->redirector),
             S_OK);
    else
        WANT(cell,
             IWRdsProtocolConnection_GetLogonErrorRedirector(
                 seen_rds(cell->seen), (IWRdsProtocolLogonErrorRedirector **)&cell->redirector),
             S_OK);
}

static void policy(struct cell *cell)
{
    WTS_POLICY_DATA data = {.ColorDepth = 5};

    WANT(cell, IWTSProtocolConnection_SendPolicyData(seen_legacy(cell->seen), &data), S_OK);
}

static void ready(struct cell *cell)
{
    if (cell->dice) { /* whether OnReady follows depends on what else there was */
        if (cell->client)
            client_say(cell->client, "active");
        return;
    }
    CELL_CHECK(cell, client_say(cell->client, "active"));
    cell->is_ready = CELL_CHECK(cell, seen_is_ready(cell->seen));
}

static void accept_connection(struct cell *cell)
{
    WANT(cell, CELL_CALL(cell, AcceptConnection), S_OK);
}

static void client_data(struct cell *cell)
{
    WTS_CLIENT_DATA data = {0};

    WANT(cell, CELL_CALL_WITH(cell, GetClientData, &data), S_OK);
    CELL_CHECK(cell, data.HRes == 1024);
    os_wipe(&data, sizeof data);
}

static void monitors(struct cell *cell)
{
    UINT count = 0, primary = 9;

    WANT(cell, IWRdsProtocolConnection_GetClientMonitorData(seen_rds(cell->seen), &count, &primary), S_OK);
    CELL_CHECK(cell, count == 1 && primary == 0);
}

static void credentials(struct cell *cell)
{
    WTS_USER_CREDENTIAL credential;

    WANT(cell, CELL_CALL_WITH(cell, GetUserCredentials, &credential), S_OK);
    CELL_CHECK(cell, credential.Password[0] != 0);
    os_wipe(&credential, sizeof credential);
}

static void license_object(struct cell *cell)
{
    let_go(&cell->license);
    if (cell->is_legacy)
        WANT(cell,
             IWTSProtocolConnection_GetLicenseConnection(seen_legacy(cell->seen),
                                                         (IWTSProtocolLicenseConnection **)&cell->license),
             S_OK);
    else
        WANT(cell,
             IWRdsProtocolConnection_GetLicenseConnection(seen_rds(cell->seen),
                                                          (IWRdsProtocolLicenseConnection **)&cell->license),
             S_OK);
}

#define LICENSE(cell, method, ...)                                                                           \
    ((cell)->is_legacy ? IWTSProtocolLicenseConnection_##method(                                             \
                             (IWTSProtocolLicenseConnection *)(cell)->license, __VA_ARGS__)                  \
                       : IWRdsProtocolLicenseConnection_##method(                                            \
                             (IWRdsProtocolLicenseConnection *)(cell)->license, __VA_ARGS__))

static void license_capabilities(struct cell *cell)
{
    WTS_LICENSE_CAPABILITIES capabilities;
    ULONG size = sizeof capabilities;

    if (cell->license)
        WANT(cell, LICENSE(cell, RequestLicensingCapabilities, &capabilities, &size), S_OK);
}

static void license_request(struct cell *cell)
{
    BYTE buffer[64];
    ULONG size = sizeof buffer;

    if (cell->license)
        WANT(cell, LICENSE(cell, RequestClientLicense, NULL, 0, buffer, &size), S_OK);
}

static void license_send(struct cell *cell)
{
    BYTE buffer[64] = {1};

    if (cell->license)
        WANT(cell, LICENSE(cell, SendClientLicense, buffer, sizeof buffer), S_OK);
}

/* The service lets go of the object when licensing is done. */
static void license_complete(struct cell *cell)
{
    if (!cell->license)
        return;
    WANT(cell, LICENSE(cell, ProtocolComplete, 1), S_OK);
    let_go(&cell->license);
}

static void authenticate(struct cell *cell)
{
    WTS_SESSION_ID id;

    WANT(cell, CELL_CALL_WITH(cell, AuthenticateClientToSession, &id), E_NOTIMPL);
}

static void session_id(struct cell *cell, uint32_t session)
{
    WTS_SESSION_ID id = {.SessionId = session};

    if (cell->is_legacy)
        WANT(cell, IWTSProtocolConnection_NotifySessionId(seen_legacy(cell->seen), &id), S_OK);
    else
        WANT(cell, IWRdsProtocolConnection_NotifySessionId(seen_rds(cell->seen), &id, 0), S_OK);
}

static void first_session_id(struct cell *cell)
{
    session_id(cell, first_session(cell));
}

static IWRdsWddmIddProps *idd(struct cell *cell)
{
    IWRdsWddmIddProps *out = NULL;

    CELL_CHECK(cell, IWRdsProtocolConnection_QueryInterface(seen_rds(cell->seen), &IID_IWRdsWddmIddProps,
                                                            (void **)&out) == S_OK);
    return out;
}

static void driver_enable(struct cell *cell)
{
    IWRdsWddmIddProps *driver = idd(cell);
    WCHAR id[200];

    if (!driver)
        return;
    WANT(cell, IWRdsWddmIddProps_EnableWddmIdd(driver, TRUE), S_OK);
    WANT(cell, IWRdsWddmIddProps_GetHardwareId(driver, id, 200), S_OK);
    IWRdsWddmIddProps_Release(driver);
}

/* A handle that becomes the provider's: if it is closed twice, or never, the count of handles tells. */
static HANDLE_PTR some_handle(void)
{
#ifdef _WIN32
    return (HANDLE_PTR)CreateEventW(NULL, FALSE, FALSE, NULL);
#else
    return (HANDLE_PTR)open("/dev/null", O_RDWR | O_CLOEXEC);
#endif
}

static void driver_load(struct cell *cell)
{
    IWRdsWddmIddProps *driver = idd(cell);

    if (!driver)
        return;
    WANT(cell, IWRdsWddmIddProps_OnDriverLoad(driver, first_session(cell), some_handle()), S_OK);
    IWRdsWddmIddProps_Release(driver);
}

static void handles(struct cell *cell)
{
    HANDLE_PTR keyboard = 1, mouse = 1, beep = 1, video = 1;

    if (cell->is_legacy)
        WANT(cell,
             IWTSProtocolConnection_GetProtocolHandles(seen_legacy(cell->seen), &keyboard, &mouse, &beep,
                                                       &video),
             S_OK);
    else
        WANT(cell, IWRdsProtocolConnection_GetInputHandles(seen_rds(cell->seen), &keyboard, &mouse, &beep),
             S_OK);
    CELL_CHECK(cell, keyboard == 0 && mouse == 0 && beep == 0);
}

static void video_handle(struct cell *cell)
{
    HANDLE_PTR video = 1;

    WANT(cell, IWRdsProtocolConnection_GetVideoHandle(seen_rds(cell->seen), &video), S_OK);
    CELL_CHECK(cell, video == 0);
}

static void first_connect(struct cell *cell)
{
    WANT(cell, CELL_CALL_WITH(cell, ConnectNotify, first_session(cell)), S_OK);
}

static void command_process(struct cell *cell)
{
    WANT(cell, IWRdsProtocolConnection_NotifyCommandProcessCreated(seen_rds(cell->seen), first_session(cell)),
         S_OK);
}

static void allowed(struct cell *cell)
{
    WANT(cell, CELL_CALL_WITH(cell, IsUserAllowedToLogon, first_session(cell), 0, domain, user), S_OK);
}

static void arbitration(struct cell *cell)
{
    ULONG count = 0;

    WANT(cell, CELL_CALL_WITH(cell, SessionArbitrationEnumeration, 0, TRUE, NULL, &count), E_NOTIMPL);
}

static void logon(struct cell *cell, uint32_t session)
{
    WRDS_CONNECTION_SETTINGS settings = {.WRdsConnectionSettingLevel = WRDS_CONNECTION_SETTING_LEVEL_1};
    WTS_SESSION_ID id = {.SessionId = session};

    if (cell->is_legacy)
        WANT(cell, IWTSProtocolConnection_LogonNotify(seen_legacy(cell->seen), 0, user, domain, &id), S_OK);
    else
        WANT(cell, IWRdsProtocolConnection_LogonNotify(seen_rds(cell->seen), 0, user, domain, &id, &settings),
             S_OK);
}

static void first_logon(struct cell *cell)
{
    logon(cell, first_session(cell));
}

static void user_data(struct cell *cell)
{
    WTS_POLICY_DATA data = {0};
    WTS_USER_DATA out = {0};

    WANT(cell, IWTSProtocolConnection_GetUserData(seen_legacy(cell->seen), &data, &out), S_OK);
}

static void disconnect(struct cell *cell)
{
    WANT(cell, CELL_CALL(cell, DisconnectNotify), S_OK);
}

static void old_session_id(struct cell *cell)
{
    session_id(cell, old_session(cell));
}

static void old_driver_load(struct cell *cell)
{
    IWRdsWddmIddProps1 *driver = NULL;

    CELL_CHECK(cell, IWRdsProtocolConnection_QueryInterface(seen_rds(cell->seen), &IID_IWRdsWddmIddProps1,
                                                            (void **)&driver) == S_OK);
    if (!driver)
        return;
    WANT(cell, IWRdsWddmIddProps1_OnDriverLoad(driver, old_session(cell), device), S_OK);
    IWRdsWddmIddProps1_Release(driver);
}

/* The old session has painted what this client never saw: RedrawWindow follows. */
static void old_connect(struct cell *cell)
{
    WANT(cell, CELL_CALL_WITH(cell, ConnectNotify, old_session(cell)), S_OK);
    if (!cell_waits_for_connected(cell) && !cell->dice)
        CELL_CHECK(cell, seen_is_redrawn(cell->seen));
}

static void old_logon(struct cell *cell)
{
    logon(cell, old_session(cell));
}

const struct close_step close_steps[] = {
    {"C 1 OnConnected", connected, STEP_BOTH},
    {"C 3 GetLogonErrorRedirector", redirector, STEP_BOTH},
    {"C SendPolicyData", policy, STEP_LEGACY},
    {"C 4 OnReady", ready, STEP_BOTH | STEP_READY},
    {"C 5 AcceptConnection", accept_connection, STEP_BOTH},
    {"C 6 GetClientData", client_data, STEP_BOTH},
    {"C 7 GetClientMonitorData", monitors, STEP_RDS},
    {"C 8 GetUserCredentials", credentials, STEP_BOTH},
    {"C 9 GetLicenseConnection", license_object, STEP_BOTH},
    {"D 2 RequestLicensingCapabilities", license_capabilities, STEP_BOTH},
    {"D 3 RequestClientLicense", license_request, STEP_BOTH},
    {"D 4 SendClientLicense", license_send, STEP_BOTH},
    {"D 5 ProtocolComplete", license_complete, STEP_BOTH},
    {"C 10 AuthenticateClientToSession", authenticate, STEP_BOTH},
    {"C 12 NotifySessionId", first_session_id, STEP_BOTH},
    {"C EnableWddmIdd, GetHardwareId", driver_enable, STEP_RDS},
    {"C 13 GetInputHandles", handles, STEP_BOTH},
    {"C 14 GetVideoHandle", video_handle, STEP_RDS},
    {"C 15 ConnectNotify", first_connect, STEP_BOTH},
    {"C OnDriverLoad", driver_load, STEP_RDS},
    {"C 16 NotifyCommandProcessCreated", command_process, STEP_RDS},
    {"E 1 IsUserAllowedToLogon", allowed, STEP_BOTH},
    {"E 2 SessionArbitrationEnumeration", arbitration, STEP_BOTH},
    {"E 4 LogonNotify", first_logon, STEP_BOTH},
    {"E 5 GetUserData", user_data, STEP_LEGACY},
    {"F 1 DisconnectNotify", disconnect, STEP_BOTH},
    {"F 3 NotifySessionId", old_session_id, STEP_BOTH},
    {"F 4 GetInputHandles", handles, STEP_BOTH},
    {"F 5 GetVideoHandle", video_handle, STEP_RDS},
    {"F 6 ConnectNotify", old_connect, STEP_BOTH},
    {"F OnDriverLoad", old_driver_load, STEP_RDS},
    {"F 7 LogonNotify", old_logon, STEP_BOTH},
};
const unsigned close_nsteps = sizeof close_steps / sizeof *close_steps;
