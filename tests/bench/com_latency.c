/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long the service waits for each method of IWRdsProtocolConnection: the built library with live
 * connections (fake peers of tests/adapter, which answer the link as real ones do), and threads that call
 * every method on all of them at the same time. Prints p50, p99 and the longest per method. It judges that
 * every call gave the right answer; how long it took is for the reader (docs/bench.md).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include "service.h"

#define THREADS 4
#define CONNECTIONS_MAX 200
#define SESSION 7

static unsigned connections = 50, rounds = 10, visits = 20, pause_us = 2000;
static const char *log_level = "info";

struct method {
    const char *name;
    HRESULT (*call)(IWRdsProtocolConnection *connection);
    HRESULT want;
};

static WCHAR domain[] = {'D', 0}, user[] = {'d', 'e', 'm', 'o', 0};

static HRESULT call_query_interface(IWRdsProtocolConnection *connection)
{
    IUnknown *out = NULL;
    HRESULT hr = IWRdsProtocolConnection_QueryInterface(connection, &IID_IWRdsWddmIddProps1, (void **)&out);

    if (out)
        IUnknown_Release(out);
    return hr;
}

static HRESULT call_addref_release(IWRdsProtocolConnection *connection)
{
    IWRdsProtocolConnection_AddRef(connection);
    return IWRdsProtocolConnection_Release(connection) >= 1 ? S_OK : E_FAIL;
}

static HRESULT call_redirector(IWRdsProtocolConnection *connection)
{
    IWRdsProtocolLogonErrorRedirector *out = NULL;
    HRESULT hr = IWRdsProtocolConnection_GetLogonErrorRedirector(connection, &out);

    if (out)
        IWRdsProtocolLogonErrorRedirector_Release(out);
    return hr;
}

static HRESULT call_accept(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_AcceptConnection(connection);
}

static HRESULT call_client_data(IWRdsProtocolConnection *connection)
{
    static _Thread_local WRDS_CLIENT_DATA data;

    memset(&data, 0, sizeof data);
    return IWRdsProtocolConnection_GetClientData(connection, &data);
}

static HRESULT call_monitors(IWRdsProtocolConnection *connection)
{
    UINT count, primary;

    return IWRdsProtocolConnection_GetClientMonitorData(connection, &count, &primary);
}

static HRESULT call_credentials(IWRdsProtocolConnection *connection)
{
    static _Thread_local WRDS_USER_CREDENTIAL credential;

    return IWRdsProtocolConnection_GetUserCredentials(connection, &credential);
}

static HRESULT call_license(IWRdsProtocolConnection *connection)
{
    IWRdsProtocolLicenseConnection *out = NULL;
    HRESULT hr = IWRdsProtocolConnection_GetLicenseConnection(connection, &out);

    if (out)
        IWRdsProtocolLicenseConnection_Release(out);
    return hr;
}

static HRESULT call_authenticate(IWRdsProtocolConnection *connection)
{
    WRDS_SESSION_ID id;

    return IWRdsProtocolConnection_AuthenticateClientToSession(connection, &id);
}

static HRESULT call_session_id(IWRdsProtocolConnection *connection)
{
    WRDS_SESSION_ID id = {.SessionId = SESSION};

    return IWRdsProtocolConnection_NotifySessionId(connection, &id, 0);
}

static HRESULT call_input_handles(IWRdsProtocolConnection *connection)
{
    HANDLE_PTR keyboard, mouse, beep;

    return IWRdsProtocolConnection_GetInputHandles(connection, &keyboard, &mouse, &beep);
}

static HRESULT call_video_handle(IWRdsProtocolConnection *connection)
{
    HANDLE_PTR video;

    return IWRdsProtocolConnection_GetVideoHandle(connection, &video);
}

static HRESULT call_connect(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_ConnectNotify(connection, SESSION);
}

static HRESULT call_command_process(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_NotifyCommandProcessCreated(connection, SESSION);
}

static HRESULT call_allowed(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_IsUserAllowedToLogon(connection, SESSION, 0, domain, user);
}

static HRESULT call_arbitration(IWRdsProtocolConnection *connection)
{
    ULONG count = 0;

    return IWRdsProtocolConnection_SessionArbitrationEnumeration(connection, 0, TRUE, NULL, &count);
}

static HRESULT call_logon(IWRdsProtocolConnection *connection)
{
    static _Thread_local WRDS_CONNECTION_SETTINGS settings;
    WRDS_SESSION_ID id = {.SessionId = SESSION};

    settings.WRdsConnectionSettingLevel = WRDS_CONNECTION_SETTING_LEVEL_1;
    return IWRdsProtocolConnection_LogonNotify(connection, 0, user, domain, &id, &settings);
}

static HRESULT call_status(IWRdsProtocolConnection *connection)
{
    WRDS_PROTOCOL_STATUS status;

    return IWRdsProtocolConnection_GetProtocolStatus(connection, &status);
}

static HRESULT call_input_time(IWRdsProtocolConnection *connection)
{
    ULONG64 ms;

    return IWRdsProtocolConnection_GetLastInputTime(connection, &ms);
}

static HRESULT call_channel(IWRdsProtocolConnection *connection)
{
    static CHAR name[] = "rdpsnd";
    ULONG_PTR channel;

    return IWRdsProtocolConnection_CreateVirtualChannel(connection, name, TRUE, 0, &channel);
}

static HRESULT call_time_zone(IWRdsProtocolConnection *connection)
{
    WTS_PROPERTY_VALUE out = {0};
    HRESULT hr = IWRdsProtocolConnection_QueryProperty(connection, PROPERTY_DYNAMIC_TIME_ZONE_INFORMATION, 0,
                                                       1, NULL, &out);

    if (SUCCEEDED(hr) && out.Type == WTS_VALUE_TYPE_BINARY)
        host_free_block(out.u.bVal.pbVal);
    return hr;
}

static HRESULT call_unknown_property(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_QueryProperty(connection, WTS_QUERY_AUDIOENUM_DLL, 0, 0, NULL, NULL);
}

static HRESULT call_shadow(IWRdsProtocolConnection *connection)
{
    IWRdsProtocolShadowConnection *out;

    return IWRdsProtocolConnection_GetShadowConnection(connection, &out);
}

static HRESULT call_error_info(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_SetErrorInfo(connection, 12);
}

static HRESULT call_pre_disconnect(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_PreDisconnect(connection, 12);
}

static HRESULT call_disconnect(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_DisconnectNotify(connection);
}

static HRESULT call_close(IWRdsProtocolConnection *connection)
{
    return IWRdsProtocolConnection_Close(connection);
}

/* In the order of a connection's life, so that each visit is one. */
static const struct method methods[] = {
    {"QueryInterface, Release", call_query_interface, S_OK},
    {"AddRef, Release", call_addref_release, S_OK},
    {"GetLogonErrorRedirector", call_redirector, S_OK},
    {"AcceptConnection", call_accept, S_OK},
    {"GetClientData", call_client_data, S_OK},
    {"GetClientMonitorData", call_monitors, S_OK},
    {"GetUserCredentials", call_credentials, S_OK},
    {"GetLicenseConnection", call_license, S_OK},
    {"AuthenticateClientToSession", call_authenticate, E_NOTIMPL},
    {"NotifySessionId", call_session_id, S_OK},
    {"GetInputHandles", call_input_handles, S_OK},
    {"GetVideoHandle", call_video_handle, S_OK},
    {"ConnectNotify", call_connect, S_OK},
    {"NotifyCommandProcessCreated", call_command_process, S_OK},
    {"IsUserAllowedToLogon", call_allowed, S_OK},
    {"SessionArbitrationEnumeration", call_arbitration, E_NOTIMPL},
    {"LogonNotify", call_logon, S_OK},
    {"GetProtocolStatus", call_status, S_OK},
    {"GetLastInputTime", call_input_time, S_OK},
    {"CreateVirtualChannel", call_channel, E_NOTIMPL},
    {"QueryProperty (time zone)", call_time_zone, S_OK},
    {"QueryProperty (unknown)", call_unknown_property, E_NOTIMPL},
    {"GetShadowConnection", call_shadow, E_NOTIMPL},
    {"SetErrorInfo", call_error_info, S_OK},
    {"PreDisconnect", call_pre_disconnect, S_OK},
    {"DisconnectNotify", call_disconnect, S_OK},
    {"Close", call_close, S_OK},
    {"Close (again)", call_close, S_OK},
};
#define METHODS (sizeof methods / sizeof *methods)
#define CLOSE (METHODS - 2)

struct samples {
    uint32_t *ns;
    size_t used, room;
};

struct worker {
    unsigned number;
    struct samples samples[METHODS];
    struct os_thread *thread;
    bool closing; /* this turn is for Close */
    IWRdsProtocolConnection **connection;
};

static atomic_uint wrong;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void keep(struct samples *self, uint64_t ns)
{
    if (self->used == self->room) {
        self->room = self->room ? self->room * 2 : 4096;
        self->ns = realloc(self->ns, self->room * sizeof *self->ns);
        if (!self->ns)
            abort();
    }
    self->ns[self->used++] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

static void measure(struct worker *self, size_t i, IWRdsProtocolConnection *connection)
{
    uint64_t start = now_ns();
    HRESULT hr = methods[i].call(connection);

    keep(&self->samples[i], now_ns() - start);
    if (hr != methods[i].want && atomic_fetch_add(&wrong, 1) < 10)
        fprintf(stderr, "%s returned 0x%08x\n", methods[i].name, (unsigned)hr);
}

/* Every thread visits every connection, each from another one on; so two are often at the same. */
static void work(void *arg)
{
    struct worker *self = arg;

    if (self->closing) {
        for (unsigned i = self->number; i < connections; i += THREADS)
            measure(self, CLOSE, self->connection[i]);
        for (unsigned i = self->number; i < connections; i += THREADS)
            measure(self, CLOSE + 1, self->connection[i]);
        return;
    }
    for (unsigned visit = 0; visit < visits; visit++) {
        for (unsigned i = 0; i < connections; i++) {
            IWRdsProtocolConnection *connection =
                self->connection[(i + self->number * connections / THREADS) % connections];

            for (size_t k = 0; k < CLOSE; k++)
                measure(self, k, connection);
            if (pause_us)
                usleep(pause_us);
        }
    }
}

static bool run_threads(struct worker *workers, bool closing)
{
    bool good = true;

    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].closing = closing;
        good = good && os_thread_create("bench", work, &workers[i], &workers[i].thread) == OS_OK;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        os_thread_join(workers[i].thread);
        workers[i].thread = NULL;
    }
    return good;
}

/* The clients: they read what their peers tell them, so that nobody stands still. */
static struct pollfd clients[CONNECTIONS_MAX];
static atomic_bool reading;

static void read_all(void *arg)
{
    (void)arg;
    while (atomic_load(&reading)) {
        char buffer[65536];

        if (poll(clients, connections, 50) <= 0)
            continue;
        for (unsigned i = 0; i < connections; i++)
            if (clients[i].revents && recv(clients[i].fd, buffer, sizeof buffer, MSG_DONTWAIT) == 0)
                clients[i].events = 0, clients[i].fd = ~clients[i].fd; /* poll leaves negative ones out */
        usleep(5000);
    }
}

static bool client_open(unsigned i, uint16_t port)
{
    static const char script[] = "client active\n";
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    clients[i] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLIN};
    return clients[i].fd >= 0 && connect(clients[i].fd, (struct sockaddr *)&to, sizeof to) == 0 &&
           send(clients[i].fd, script, sizeof script - 1, MSG_NOSIGNAL) == sizeof script - 1;
}

static void clients_close(void)
{
    for (unsigned i = 0; i < connections; i++)
        close(clients[i].fd < 0 ? ~clients[i].fd : clients[i].fd);
}

/* One crowd of clients, from connect to the last Release. */
static bool run_round(struct service *service, uint16_t port, unsigned round, struct worker *workers)
{
    IWRdsProtocolConnection *objects[CONNECTIONS_MAX];
    struct seen *seen[CONNECTIONS_MAX];
    struct os_thread *reader = NULL;
    bool good = true;

    for (unsigned i = 0; i < connections && good; i++)
        good = client_open(i, port);
    atomic_store(&reading, true);
    if (!good || os_thread_create("clients", read_all, NULL, &reader) != OS_OK)
        return false;
    for (unsigned i = 0; i < connections && good; i++) {
        seen[i] = service_wait(service, round * connections + i + 1);
        good = seen[i] && seen_is_ready(seen[i]);
        objects[i] = seen[i] ? seen_rds(seen[i]) : NULL;
    }
    for (unsigned i = 0; i < THREADS; i++)
        workers[i].connection = objects;
    good = good && run_threads(workers, false);
    for (unsigned i = 0; i < connections && good; i++) {
        if (atomic_load(&seen[i]->broken)) {
            fprintf(stderr, "a peer was lost: this was no live connection\n");
            good = false;
        }
    }
    good = good && run_threads(workers, true);
    for (unsigned i = 0; i < connections && good; i++) {
        IWRdsProtocolConnection_Release(objects[i]);
        good = seen_is_released(seen[i]);
    }
    atomic_store(&reading, false);
    os_thread_join(reader);
    clients_close();
    return good;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void print(struct worker *workers)
{
    printf("| method | calls | p50 us | p99 us | longest us | over 1 ms |\n|---|---:|---:|---:|---:|---:|\n");
    for (size_t k = 0; k < METHODS; k++) {
        struct samples all = {0};
        size_t over = 0;

        for (unsigned i = 0; i < THREADS; i++)
            for (size_t n = 0; n < workers[i].samples[k].used; n++)
                keep(&all, workers[i].samples[k].ns[n]);
        if (!all.used)
            continue;
        qsort(all.ns, all.used, sizeof *all.ns, by_size);
        for (size_t n = all.used; n > 0 && all.ns[n - 1] > 1000000; n--)
            over++;
        printf("| %s | %zu | %.1f | %.1f | %.1f | %zu |\n", methods[k].name, all.used,
               all.ns[all.used / 2] / 1e3, all.ns[(all.used - 1) * 99 / 100] / 1e3,
               all.ns[all.used - 1] / 1e3, over);
        free(all.ns);
    }
}

static bool parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        unsigned n = i + 1 < argc ? (unsigned)atoi(argv[i + 1]) : 0;

        if (i + 1 == argc)
            return false;
        if (strcmp(argv[i], "--connections") == 0 && n > 0 && n <= CONNECTIONS_MAX)
            connections = n;
        else if (strcmp(argv[i], "--rounds") == 0 && n > 0)
            rounds = n;
        else if (strcmp(argv[i], "--visits") == 0 && n > 0)
            visits = n;
        else if (strcmp(argv[i], "--pause") == 0 && n <= 100000)
            pause_us = n;
        else if (strcmp(argv[i], "--log-level") == 0)
            log_level = argv[i + 1];
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS];
    IWRdsProtocolListener *listener = NULL;
    IWRdsProtocolManager *manager;
    struct service service;
    char config[256];
    uint16_t port;
    bool good = true;

    if (!parse(argc, argv)) {
        fprintf(
            stderr,
            "usage: bench_com_latency [--connections N] [--rounds N] [--visits N] [--pause MICROSECONDS]\n"
            "                         [--log-level error|warn|info|debug]\n");
        return 2;
    }
    for (unsigned i = 0; i < THREADS; i++)
        workers[i].number = i;
    snprintf(config, sizeof config,
             "log-level = %s\nmax-half-open = 512\nmax-per-source = 1024\nspare-peers = 8\n", log_level);
    service_init(&service, false);
    service.ask_inside = true;
    if (!host_open() || !host_configure(config))
        return 1;
    manager = host_manager(&host_clsid_rds, &IID_IWRdsProtocolManager);
    if (!manager)
        return 1;
    IWRdsProtocolManager_Initialize(manager, NULL, NULL);
    IWRdsProtocolManager_CreateListener(manager, wide(HOST_LISTENER), &listener);
    if (!listener || service_listen(&service, listener) != S_OK || !(port = host_wait_listening()))
        return 1;

    for (unsigned round = 0; round < rounds && good; round++)
        good = run_round(&service, port, round, workers);

    IWRdsProtocolListener_StopListen(listener);
    IWRdsProtocolListener_Release(listener);
    IWRdsProtocolManager_Uninitialize(manager);
    IWRdsProtocolManager_Release(manager);
    good = host_close() && good && atomic_load(&wrong) == 0;
    if (good)
        print(workers);
    else
        fprintf(stderr, "a round failed: no figures\n");
    for (unsigned i = 0; i < THREADS; i++)
        for (size_t k = 0; k < METHODS; k++)
            free(workers[i].samples[k].ns);
    service_finish(&service);
    return good ? 0 : 1;
}
