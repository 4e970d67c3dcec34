/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that stop, dribble, talk nonsense or vanish, and an adapter that does. */
#include "check.h"

#include <openssl/ssl.h>

#include "client.h"
#include "files.h"
#include "peer/life.h"
#include "peer/prepare.h"

#define STEP_MS 700 /* host_config's time-outs */
#define AUTH_MS 1500
#define SLACK_MS 4000 /* what a process start under Wine on a loaded machine may add */

static struct host host;
static SOCKET client;

static uint64_t since; /* when the client was handed over, at the latest */

static bool start(struct link_config *config)
{
    struct link_prepare request = {.make_certificate = 1};
    struct link_prepared answer;

    host_config(config, files_path("c.pem"), files_path("c.key"), NULL);
    prepare_check(config, &request, &answer);
    since = os_now_ms();
    return answer.ok && client_start(&host, config, &client);
}

/* `closed` came between these times, said this, came once, and the process went by itself with the socket
 * closed. */
static void ends(enum link_phase phase, bool by_client, const char *text, unsigned from, unsigned to)
{
    unsigned took;
    int code = -1;

    CHECK(host_expect(&host, LINK_CLOSED, to, false));
    took = (unsigned)(os_now_ms() - since);
    CHECK(took >= from && took <= to);
    CHECK_INT(host.any.closed.phase, phase);
    CHECK_INT(host.any.closed.by_client, by_client);
    CHECK(strstr(host.any.closed.text, text) != NULL);
    if (!strstr(host.any.closed.text, text))
        fprintf(stderr, "closed: \"%s\"\n", host.any.closed.text);
    CHECK(!host_expect(&host, LINK_CLOSED, 1000, false));
    CHECK(host_ended(&host, 2000, &code));
    CHECK_INT(code, 0);
    if (client != INVALID_SOCKET)
        CHECK(client_closed(client, 500));
    CHECK_INT(atomic_load(&host.counters->phase), LINK_PHASE_CLOSED);
    client_close(&client, false);
    host_finish(&host);
}

TEST(deadlines)
{
    struct life_times times = {.taken_ms = 1000,
                               .phase_ms = 5000,
                               .license_ms = 7000,
                               .step_timeout_ms = 100,
                               .auth_timeout_ms = 4050};
    const char *what = NULL;

    CHECK_INT(life_deadline(&times, LINK_PHASE_CONNECTED, &what), 1100);
    CHECK_INT(life_deadline(&times, LINK_PHASE_NEGOTIATION, &what), 1100); /* first bytes give no more time */
    CHECK_INT(life_deadline(&times, LINK_PHASE_TLS, &what), 5050);         /* of 5100, cut by the whole */
    CHECK_INT(life_deadline(&times, LINK_PHASE_CREDSSP, &what), 5050);
    CHECK_INT(life_deadline(&times, LINK_PHASE_CLIENT_INFO, &what), 5050);
    CHECK_INT(life_deadline(&times, LINK_PHASE_CAPABILITIES, &what), 11050);
    CHECK_INT(life_deadline(&times, LINK_PHASE_ACTIVE, &what), 0);
    CHECK(what != NULL);
}

TEST(silent_client)
{
    struct link_config config;

    REQUIRE(start(&config));
    ends(LINK_PHASE_CONNECTED, false, "no complete X.224 request", STEP_MS, STEP_MS + SLACK_MS);
}

TEST(dribbling_client)
{
    static const uint8_t head[] = {0x03, 0x00, 0x00, 0x13, 0x0e, 0xe0};
    struct link_config config;

    REQUIRE(start(&config));
    for (size_t i = 0; i < sizeof head; i++) {
        CHECK(client_say(client, &head[i], 1));
        os_sleep_ms(100);
    }
    ends(LINK_PHASE_NEGOTIATION, false, "no complete X.224 request", STEP_MS, STEP_MS + SLACK_MS);
}

TEST(silent_before_tls)
{
    struct link_config config;

    REQUIRE(start(&config));
    CHECK(client_x224(client));
    since = os_now_ms();
    ends(LINK_PHASE_TLS, false, "no TLS handshake", STEP_MS - 100, STEP_MS + SLACK_MS);
}

TEST(half_a_handshake)
{
    static const uint8_t record[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03};
    struct link_config config;

    REQUIRE(start(&config));
    CHECK(client_x224(client));
    since = os_now_ms();
    CHECK(client_say(client, record, sizeof record));
    ends(LINK_PHASE_TLS, false, "no TLS handshake", STEP_MS - 100, STEP_MS + SLACK_MS);
}

TEST(silent_after_tls)
{
    struct link_config config;
    struct client_tls tls;

    REQUIRE(start(&config));
    CHECK(client_x224(client));
    CHECK(client_tls_start(&tls, client, 0));
    ends(LINK_PHASE_MCS, false, "not logged on in time", AUTH_MS, AUTH_MS + SLACK_MS);
    client_tls_finish(&tls);
}

TEST(old_tls_is_refused)
{
    struct link_config config;
    struct client_tls tls;

    REQUIRE(start(&config));
    CHECK(client_x224(client));
    CHECK(!client_tls_start(&tls, client, TLS1_1_VERSION));
    ends(LINK_PHASE_TLS, false, "protocol error", 0, SLACK_MS);
    client_tls_finish(&tls);
}

/* The answer to a client that asks for TLS only is a failure, and it does not get TLS if it goes on
 * regardless. */
TEST(nla_cannot_be_skipped)
{
    struct link_prepare request = {.make_certificate = 1};
    struct link_prepared answer;
    struct link_config config;
    struct client_tls tls;

    REQUIRE(files_write("l.sam", files_sam));
    host_config(&config, files_path("c.pem"), files_path("c.key"), files_path("l.sam"));
    config.security = LINK_SECURITY_NLA;
    prepare_check(&config, &request, &answer);
    since = os_now_ms();
    REQUIRE(answer.ok && client_start(&host, &config, &client));
    CHECK(client_x224_refused(client, 5)); /* HYBRID_REQUIRED_BY_SERVER */
    CHECK(!client_tls_start(&tls, client, 0));
    client_tls_finish(&tls);
    ends(LINK_PHASE_NEGOTIATION, false, "not allowed", 0, SLACK_MS);
}

TEST(random_bytes)
{
    for (int round = 0; round < 8; round++) {
        struct link_config config;
        uint8_t bytes[512];
        int code = -1;

        REQUIRE(os_random(bytes, sizeof bytes) == OS_OK);
        REQUIRE(start(&config));
        CHECK(client_say(client, bytes, sizeof bytes));
        CHECK(host_expect(&host, LINK_CLOSED, STEP_MS + SLACK_MS, false));
        CHECK(host.any.closed.phase <= LINK_PHASE_NEGOTIATION);
        CHECK(host_ended(&host, 2000, &code));
        CHECK_INT(code, 0);
        CHECK(os_now_ms() - since < STEP_MS + SLACK_MS + 2000);
        client_close(&client, false);
        host_finish(&host);
    }
}

TEST(random_bytes_inside_tls)
{
    struct link_config config;
    struct client_tls tls;
    uint8_t bytes[512];

    REQUIRE(os_random(bytes, sizeof bytes) == OS_OK);
    bytes[0] = 0x55; /* neither TPKT nor a length that waits for more */
    bytes[1] = 0x01;
    REQUIRE(start(&config));
    CHECK(client_x224(client));
    CHECK(client_tls_start(&tls, client, 0));
    CHECK(client_tls_say(&tls, bytes, sizeof bytes));
    CHECK(host_expect(&host, LINK_CLOSED, AUTH_MS + SLACK_MS, false));
    CHECK(host.any.closed.phase <= LINK_PHASE_MCS);
    CHECK(os_now_ms() - since < AUTH_MS + SLACK_MS);
    client_tls_finish(&tls);
    client_close(&client, false);
    host_finish(&host);
}

TEST(vanishes_at_once)
{
    struct link_config config;

    REQUIRE(start(&config));
    client_close(&client, false);
    ends(LINK_PHASE_CONNECTED, true, "the client vanished", 0, SLACK_MS);
}

TEST(vanishes_before_tls)
{
    struct link_config config;

    REQUIRE(start(&config));
    CHECK(client_x224(client));
    client_close(&client, true);
    ends(LINK_PHASE_TLS, true, "the client vanished", 0, SLACK_MS);
}

TEST(vanishes_after_tls)
{
    struct link_config config;
    struct client_tls tls;

    REQUIRE(start(&config));
    CHECK(client_x224(client));
    CHECK(client_tls_start(&tls, client, 0));
    client_tls_finish(&tls);
    client_close(&client, false);
    ends(LINK_PHASE_MCS, true, "the client vanished", 0, SLACK_MS);
}

/* The main thread is inside FreeRDP's accept and does not look at anything. */
TEST(close_while_accepting)
{
    struct link_config config;

    REQUIRE(start(&config));
    CHECK(client_x224(client));
    CHECK(host_expect(&host, LINK_PHASE, 2000, false));
    os_sleep_ms(100);
    since = os_now_ms();
    CHECK(host_value(&host, LINK_CLOSE, 0));
    ends(LINK_PHASE_TLS, false, "closed by the service", 0, LIFE_LAST_MS + 300);
}

TEST(close_before_a_byte)
{
    struct link_config config;

    REQUIRE(start(&config));
    CHECK(host_value(&host, LINK_CLOSE, 0));
    ends(LINK_PHASE_CONNECTED, false, "closed by the service", 0, SLACK_MS);
}

TEST(adapter_dies)
{
    for (int blocked = 0; blocked < 2; blocked++) {
        struct link_config config;
        int code = -1;

        REQUIRE(start(&config));
        if (blocked)
            CHECK(client_x224(client));
        os_sleep_ms(100);
        os_pipe_destroy(host.link);
        host.link = NULL;
        CHECK(client_closed(client, LIFE_LAST_MS + 300));
        CHECK(host_ended(&host, 2000, &code));
        CHECK_INT(code, 0);
        client_close(&client, false);
        host_finish(&host);
    }
}

TEST(spare_peer_waits_and_goes)
{
    struct link_config config;
    int code = -1;

    host_config(&config, files_path("c.pem"), files_path("c.key"), NULL);
    REQUIRE(host_start(&host));
    CHECK(host_send(&host, LINK_CONFIG, &config));
    CHECK(!host_ended(&host, STEP_MS * 2, &code)); /* no deadline runs without a client */
    os_pipe_destroy(host.link);
    host.link = NULL;
    CHECK(host_ended(&host, 2000, &code));
    CHECK_INT(code, 0);
    host_finish(&host);
}

TEST(nonsense_on_the_link)
{
    uint8_t bytes[64] = {0x7f, 0x7f, 0x7f};
    int code = -1;

    REQUIRE(host_start(&host));
    CHECK(os_pipe_send(host.link, bytes, sizeof bytes, NULL, 0) == OS_OK);
    CHECK(host_ended(&host, 2000, &code));
    host_finish(&host);
}

TEST(take_before_config)
{
    int code = -1;

    REQUIRE(host_start(&host));
    CHECK(host_value(&host, LINK_CONNECT, 1));
    CHECK(host_ended(&host, 2000, &code));
    host_finish(&host);
}

TEST(no_certificate_for_a_client)
{
    struct link_config config;

    host_config(&config, files_path("gone.pem"), files_path("gone.key"), NULL);
    since = os_now_ms();
    REQUIRE(client_start(&host, &config, &client));
    ends(LINK_PHASE_CONNECTED, false, files_path("gone.pem"), 0, SLACK_MS);
}
