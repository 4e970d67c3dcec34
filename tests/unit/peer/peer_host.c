/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rdsprov-peer by hand, without adapter and service: listens, starts a peer for each client, prints what it
 * says, and plays a session program that shows one colour. One client at a time.
 *
 * peer-host --port N --certificate F --key F [--sam F] [--security any|nla|tls] [--size WxH] [--ecdsa]
 *           [--noise] [--debug] [--step MS] [--clients N] [--on EVENT ACTION]...
 *
 * EVENT: client, active, hello, a phase's name. ACTION: connect, disconnect, close, error=N, wait=MS; kill
 * (the peer); as the session program: drop, nonsense, steal (a slot). Without --on: `--on active connect`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "os/socket.h"

#define ACTIONS_MAX 32
#define TURN_MS 20

static struct {
    const char *event, *action;
} actions[ACTIONS_MAX];
static unsigned nactions;
static uint32_t color = 0xff3070c0u;

struct run {
    struct host host;
    struct host_session session;
    bool over;
};

static void on_event(struct run *self, const char *event)
{
    for (unsigned i = 0; i < nactions; i++) {
        const char *action = actions[i].action;

        if (strcmp(actions[i].event, event) != 0)
            continue;
        printf("%s: %s\n", event, action);
        if (strcmp(action, "connect") == 0)
            host_value(&self->host, LINK_CONNECT, 1);
        else if (strcmp(action, "disconnect") == 0)
            host_value(&self->host, LINK_DISCONNECT, 0);
        else if (strcmp(action, "close") == 0)
            host_value(&self->host, LINK_CLOSE, 0);
        else if (strcmp(action, "kill") == 0)
            os_process_kill(self->host.process);
        else if (strcmp(action, "drop") == 0)
            host_session_finish(&self->session);
        else if (strcmp(action, "nonsense") == 0)
            host_session_nonsense(&self->session);
        else if (strcmp(action, "steal") == 0)
            host_session_steal(&self->session);
        else if (strncmp(action, "error=", 6) == 0)
            host_value(&self->host, LINK_ERROR_INFO, (uint32_t)strtoul(action + 6, NULL, 0));
        else if (strncmp(action, "wait=", 5) == 0)
            os_sleep_ms((unsigned)strtoul(action + 5, NULL, 0));
        else
            printf("no such action: %s\n", action);
    }
}

static void on_message(struct run *self)
{
    struct link_grant_result result = {.ok = 1};

    switch (self->host.id) {
    case LINK_PHASE:
        on_event(self, link_phase_name((enum link_phase)self->host.any.phase.phase));
        break;
    case LINK_CLIENT:
        on_event(self, "client");
        break;
    case LINK_GRANT:
        result.request = self->host.any.grant.request;
        host_session_finish(&self->session);
        result.ok = host_session_attach(&self->session, &self->host) && host_session_hello(&self->session);
        host_send(&self->host, LINK_GRANT_RESULT, &result);
        on_event(self, "hello");
        break;
    default:
        break;
    }
}

static void serve(struct run *self, const struct link_config *config, os_socket client)
{
    uint64_t start = os_now_ms();
    int code = -1;
    bool ended;

    memset(self, 0, sizeof *self);
    self->session.memory = (struct os_shm)OS_SHM_INIT;
    if (!host_start(&self->host) || !host_send(&self->host, LINK_CONFIG, config) ||
        !host_take(&self->host, client)) {
        printf("cannot start a peer\n");
        host_finish(&self->host);
        return;
    }
    for (;;) {
        enum os_status status = host_receive(&self->host, self->session.pipe ? 0 : TURN_MS, true);

        if (status == OS_OK)
            on_message(self);
        else if (status != OS_TIMEOUT && status != OS_AGAIN)
            break;
        if (self->session.pipe) {
            union channel_any any;
            uint16_t id;

            if (host_session_turn(&self->session, color, TURN_MS, &id, &any) && id >= CHANNEL_KEY)
                printf("channel message %u: flags %u, %u\n", id, any.key.flags, any.key.code);
        }
    }
    host_session_finish(&self->session);
    ended = host_ended(&self->host, 2000, &code);
    printf("ended: %s, code %d, after %u ms\n", ended ? "yes" : "NO", code, (unsigned)(os_now_ms() - start));
    printf("counters: in %llu out %llu frames %llu phase %u\n",
           (unsigned long long)self->host.counters->bytes_in,
           (unsigned long long)self->host.counters->bytes_out,
           (unsigned long long)self->host.counters->frames, (unsigned)self->host.counters->phase);
    fflush(stdout);
    host_finish(&self->host);
}

static int usage(const char *wrong)
{
    fprintf(stderr, "peer-host: wrong argument %s\n", wrong);
    return 2;
}

int main(int argc, char **argv)
{
    struct link_config config;
    unsigned port = 0, clients = 1;
    static struct run run;
    os_socket listener;

    setvbuf(stdout, NULL, _IOLBF, 0);
    host_config(&config, NULL, NULL, NULL);
    config.step_timeout_ms = 15000;
    config.auth_timeout_ms = 120000;
    for (int i = 1; i < argc; i++) {
        const char *key = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(key, "--ecdsa") == 0) {
            config.key_type = LINK_KEY_ECDSA;
            continue;
        } else if (strcmp(key, "--noise") == 0) {
            color = HOST_NOISE;
            continue;
        } else if (strcmp(key, "--debug") == 0) {
            config.log_level = 3;
            continue;
        }
        i++;
        if (strcmp(key, "--port") == 0)
            port = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(key, "--clients") == 0)
            clients = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(key, "--certificate") == 0)
            snprintf(config.certificate, sizeof config.certificate, "%s", value);
        else if (strcmp(key, "--key") == 0)
            snprintf(config.key, sizeof config.key, "%s", value);
        else if (strcmp(key, "--sam") == 0)
            snprintf(config.sam, sizeof config.sam, "%s", value);
        else if (strcmp(key, "--size") == 0)
            sscanf(value, "%ux%u", &config.desktop_width, &config.desktop_height);
        else if (strcmp(key, "--step") == 0)
            config.step_timeout_ms = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(key, "--security") == 0)
            config.security = strcmp(value, "nla") == 0   ? LINK_SECURITY_NLA
                              : strcmp(value, "tls") == 0 ? LINK_SECURITY_TLS
                                                          : LINK_SECURITY_ANY;
        else if (strcmp(key, "--on") == 0 && i + 1 < argc && nactions < ACTIONS_MAX) {
            actions[nactions].event = value;
            actions[nactions++].action = argv[++i];
        } else
            return usage(key);
    }
    if (nactions == 0) {
        actions[nactions].event = "active";
        actions[nactions++].action = "connect";
    }

    {
        struct link_prepare prepare = {.make_certificate = 1};

        if (!host_start(&run.host) || !host_send(&run.host, LINK_CONFIG, &config) ||
            !host_send(&run.host, LINK_PREPARE, &prepare) ||
            !host_expect(&run.host, LINK_PREPARED, 10000, true) || !run.host.any.prepared.ok) {
            printf("not prepared\n");
            host_finish(&run.host);
            return 1;
        }
        host_finish(&run.host);
    }
    if (os_socket_listen("127.0.0.1", (uint16_t)port, &listener) != OS_OK) {
        printf("cannot listen on port %u\n", port);
        return 1;
    }
    printf("ready: 127.0.0.1:%u\n", port);
    while (clients > 0) {
        struct os_address from;
        os_socket client;

        if (os_socket_accept(listener, &client, &from) == OS_OK) {
            serve(&run, &config, client);
            clients--;
        } else {
            os_sleep_ms(10);
        }
    }
    os_socket_close(listener, false);
    return 0;
}
