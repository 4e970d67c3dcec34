/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter's core without COM: ports and the provider under quick changes, from several threads at once.
 */
#include "../unit/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/peer.h"
#include "core/port.h"
#include "os/process.h"

#define WAIT_MS 20000

static atomic_int released, clients, gone, broken;

struct connection {
    int unused;
};

static struct connection *on_client(void *owner, struct peer *peer, const struct link_client *client)
{
    atomic_fetch_add(&clients, 1);
    return calloc(1, sizeof(struct connection));
}

static void on_active(struct connection *connection)
{
}

static void on_suppress(struct connection *connection, bool suppressed)
{
}

static void on_gone(struct connection *connection, bool was_broken)
{
    atomic_fetch_add(&gone, 1);
    atomic_fetch_add(&broken, was_broken);
    free(connection);
}

static void on_released(void *owner)
{
    atomic_fetch_add(&released, 1);
}

static const struct port_events events = {on_client, on_active, on_suppress, on_gone, on_released};

static bool wait_for(bool (*what)(void *arg), void *arg)
{
    uint64_t until = os_now_ms() + WAIT_MS;

    while (!what(arg)) {
        if (os_now_ms() > until)
            return false;
        os_sleep_ms(2);
    }
    return true;
}

static char config_path[256];

static void configure(const char *program, const char *more)
{
    char directory[200], path[300];
    FILE *file;

    CHECK(os_module_directory(directory, sizeof directory) == OS_OK);
    snprintf(path, sizeof path, "%s/%s", directory, program);
    file = fopen(config_path, "w");
    REQUIRE(file != NULL);
    fprintf(file, "[ONE]\nport = 0\naddress = 127.0.0.1\npeer-program = %s\n%s\n", path, more);
    fprintf(file, "[TWO]\nport = 0\naddress = 127.0.0.1\npeer-program = %s\n%s\n", path, more);
    fclose(file);
}

static void begin(const char *more)
{
    snprintf(config_path, sizeof config_path, "/tmp/rdsprov-core-test-%d.ini", (int)getpid());
    setenv("RDSPROV_CONFIG", config_path, 1);
    configure("fake-peer", more);
    atomic_store(&released, 0);
    atomic_store(&clients, 0);
    atomic_store(&gone, 0);
    atomic_store(&broken, 0);
}

static bool at_rest(void *arg)
{
    return provider_at_rest() && os_threads_alive() == 0;
}

static void finish(void)
{
    CHECK(wait_for(at_rest, NULL));
    unlink(config_path);
}

static bool listens(void *arg)
{
    char text[1024];
    uint16_t port;

    return provider_port_status(arg, text, sizeof text, &port) == PORT_LISTENING;
}

static bool silent(void *arg)
{
    return !listens(arg);
}

static int connect_to(const char *name)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char text[1024];
    uint16_t port = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    provider_port_status(name, text, sizeof text, &port);
    at.sin_port = htons(port);
    CHECK(connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
    return fd;
}

static bool refuses(void *arg)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused;

    at.sin_port = htons(*(uint16_t *)arg);
    refused = connect(fd, (struct sockaddr *)&at, sizeof at) != 0;
    close(fd);
    return refused;
}

static void say(int fd, const char *text)
{
    CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

static bool reached(void *arg)
{
    return atomic_load((atomic_int *)arg) > 0;
}

static void get_and_drop(void *arg)
{
    for (int i = 0; i < 200; i++) {
        struct provider *provider = provider_get();

        CHECK(provider != NULL);
        if (i % 3 == 0)
            os_sleep_ms(1);
        provider_drop(provider);
    }
}

TEST(get_and_drop_on_threads)
{
    struct os_thread *threads[4];

    begin("");
    for (int i = 0; i < 4; i++)
        REQUIRE(os_thread_create("get", get_and_drop, NULL, &threads[i]) == OS_OK);
    for (int i = 0; i < 4; i++)
        os_thread_join(threads[i]);
    finish();
}

static void start_and_stop(void *arg)
{
    for (int i = 0; i < 60; i++) {
        port_start(arg);
        if (i % 4 == 0)
            os_sleep_ms(3); /* in the middle of a preparation */
        port_stop(arg);
    }
}

/* Started and stopped without pause from two threads, then started: it listens. */
TEST(start_and_stop)
{
    struct provider *provider = provider_get();
    struct os_thread *threads[2];
    struct port *port;

    begin("");
    REQUIRE(provider != NULL);
    port = port_create(provider, 1, "ONE", &events, NULL);
    REQUIRE(port != NULL);
    for (int i = 0; i < 2; i++)
        REQUIRE(os_thread_create("start", start_and_stop, port, &threads[i]) == OS_OK);
    for (int i = 0; i < 2; i++)
        os_thread_join(threads[i]);
    port_start(port);
    CHECK(wait_for(listens, "ONE"));
    port_stop(port);
    port_drop(port);
    provider_drop(provider);
    finish();
    CHECK_INT(released, 1);
}

/* The port goes while it prepares, while it waits to try again, and with clients at all stages. */
TEST(drop_at_any_time)
{
    struct provider *provider = provider_get();

    begin("spare-peers = 2");
    REQUIRE(provider != NULL);
    for (int i = 0; i < 20; i++) {
        struct port *port = port_create(provider, 1, "ONE", &events, NULL);
        int fds[3] = {-1, -1, -1};

        REQUIRE(port != NULL);
        configure(i % 5 == 4 ? "no-such-program" : "fake-peer", "spare-peers = 2");
        port_start(port);
        if (i % 5 == 0)
            os_sleep_ms((unsigned)i);
        if (i % 5 == 1 || i % 5 == 2) {
            CHECK(wait_for(listens, "ONE"));
            for (int k = 0; k < 3; k++)
                fds[k] = connect_to("ONE");
            say(fds[1], "phase:1\n");
            say(fds[2], "client active\n");
        }
        if (i % 5 == 2)
            CHECK(wait_for(reached, &clients));
        port_stop(port);
        port_drop(port);
        if (i % 5 == 1)
            send(fds[0], "x", 1, MSG_NOSIGNAL); /* a first byte after the end */
        os_sleep_ms(i % 2 ? 0 : 60);            /* longer than a waiting peer's timer */
        for (int k = 0; k < 3; k++)
            if (fds[k] >= 0)
                close(fds[k]);
    }
    provider_drop(provider);
    finish();
    CHECK_INT(released, 20);
    CHECK_INT(gone, clients);
}

/* A first byte comes when nobody listens any more, and no peer can be started: nothing of the port is used
 * after its end, whatever timers there were. */
TEST(first_byte_after_the_end)
{
    struct provider *provider = provider_get();

    begin("spare-peers = 1");
    REQUIRE(provider != NULL);
    for (int i = 0; i < 5; i++) {
        struct port *port = port_create(provider, 1, "ONE", &events, NULL);
        int fd;

        REQUIRE(port != NULL);
        port_start(port);
        CHECK(wait_for(listens, "ONE"));
        fd = connect_to("ONE");
        os_sleep_ms(5);
        configure("no-such-program", "spare-peers = 1");
        port_stop(port);
        port_start(port); /* reads that, and fails */
        port_stop(port);
        os_sleep_ms(20);                /* all of it is done */
        send(fd, "x", 1, MSG_NOSIGNAL); /* if it is still there */
        port_drop(port);
        os_sleep_ms(80);
        close(fd);
        configure("fake-peer", "spare-peers = 1");
    }
    provider_drop(provider);
    finish();
    CHECK_INT(released, 5);
}

/* The old port of a name goes after the new one has begun: the name's status is the new one's. */
TEST(status_is_the_newest)
{
    struct provider *provider = provider_get();

    begin("");
    REQUIRE(provider != NULL);
    for (int i = 0; i < 10; i++) {
        struct port *old = port_create(provider, 1, "ONE", &events, NULL);
        struct port *new = port_create(provider, 2, "ONE", &events, NULL);

        REQUIRE(old && new);
        port_start(old);
        if (i % 2)
            CHECK(wait_for(listens, "ONE"));
        port_start(new);
        port_stop(old);
        CHECK(wait_for(listens, "ONE"));
        os_sleep_ms(5);
        CHECK(listens("ONE"));
        port_stop(new);
        port_drop(new);
        port_drop(old);
    }
    provider_drop(provider);
    finish();
}

/* A provider that is on its way out and a new one, both with ports and clients. */
TEST(two_providers)
{
    begin("spare-peers = 1");
    for (int i = 0; i < 10; i++) {
        struct provider *provider;
        struct port *one, *two;
        int fd;

        /* the one of the round before must have stopped, or its status is taken for the new one's */
        CHECK(wait_for(silent, i % 2 ? "ONE" : "TWO"));
        provider = provider_get();
        REQUIRE(provider != NULL);
        one = port_create(provider, 1, "ONE", &events, NULL);
        two = port_create(provider, 1, "TWO", &events, NULL);
        REQUIRE(one && two);
        provider_drop(provider);
        port_start(one);
        port_start(two);
        CHECK(wait_for(listens, i % 2 ? "ONE" : "TWO"));
        fd = connect_to(i % 2 ? "ONE" : "TWO");
        say(fd, "client active grant\n");
        if (i % 3 == 0)
            CHECK(wait_for(reached, &clients));
        provider_end_peers(one ? port_provider(one) : NULL, 1);
        port_stop(one);
        port_stop(two);
        port_drop(one);
        port_drop(two);
        close(fd);
    }
    finish();
    CHECK_INT(released, 20);
    CHECK_INT(gone, clients);
}

/* Uninitialize and no StopListen: nobody is let in any more, until somebody starts the port again. */
TEST(the_end_of_a_group_stops_its_ports)
{
    struct provider *provider = provider_get();
    struct port *one, *two;
    char text[1024];
    uint16_t number = 0, other = 0;

    begin("spare-peers = 0");
    REQUIRE(provider != NULL);
    one = port_create(provider, 1, "ONE", &events, NULL);
    two = port_create(provider, 2, "TWO", &events, NULL);
    REQUIRE(one && two);
    port_start(one);
    port_start(two);
    CHECK(wait_for(listens, "ONE"));
    CHECK(wait_for(listens, "TWO"));
    provider_port_status("ONE", text, sizeof text, &number);
    provider_port_status("TWO", text, sizeof text, &other);
    provider_end_peers(provider, 1);
    CHECK(wait_for(refuses, &number));
    CHECK(!listens("ONE"));
    CHECK(!refuses(&other)); /* of another group */
    port_start(one);
    CHECK(wait_for(listens, "ONE"));
    for (int i = 0; i < 20; i++) { /* the word of before does not reach what starts after it */
        provider_end_peers(provider, 1);
        port_start(one);
        CHECK(wait_for(listens, "ONE"));
    }
    os_sleep_ms(20);
    CHECK(listens("ONE"));
    port_stop(one);
    port_stop(two);
    port_drop(one);
    port_drop(two);
    provider_drop(provider);
    finish();
    CHECK_INT(released, 2);
}
