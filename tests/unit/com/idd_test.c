/* SPDX-License-Identifier: Apache-2.0 */
/* The two interfaces of the indirect display driver. */
#include "connection_fixture.h"

#ifndef _WIN32
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#endif

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
