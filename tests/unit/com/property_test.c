/* SPDX-License-Identifier: Apache-2.0 */
/* Properties that newer services ask of a connection. */
#include "connection_fixture.h"

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
