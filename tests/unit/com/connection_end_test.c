/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an IWRds connection, and what may be asked of it at any time. */
#include "connection_fixture.h"

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
