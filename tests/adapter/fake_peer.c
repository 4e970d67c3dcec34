/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for rdsprov-peer (configuration key peer-program) without FreeRDP: it speaks the adapter's link,
 * and what it does is what its client writes into the TCP connection, one line of words at a time. So a test
 * that can open a socket decides everything about a peer, and a connection costs a few milliseconds. What the
 * link says is written back to the client, one line a message.
 *
 * Words (`:` begins an argument):
 *   phase:N            the phase that the adapter is told
 *   client[:USER[:PW]] says who the client is; default demo, demo
 *   nla                NLA proves what the next `client` says
 *   arc:SESSION:HEX    the next `client` comes with what a client makes of this cookie; what the link says of
 *                      cookies is written back in full
 *   active             the client is active
 *   grant              memory and a pipe, as for a session program
 *   driver-grant       the same, for the display driver
 *   answer             closes the client's side of the wire when the adapter says `close` (the default)
 *   silence            goes on reading, does nothing about `close`, nor about a client that leaves
 *   closed             says that the client is gone; goes on
 *   serve              nothing: what happens between lines anyway
 *   wait:MS            does not read for that long
 *   hang               never reads again
 *   stop               SIGSTOP to itself
 *   die[:SIGNAL]       SIGKILL by default
 *   exit[:CODE]        without a word
 *   drop-link          closes the link and stays
 *   drop-client        closes the client's socket and stays
 *   flood:WHAT:N       N messages: log, phase, active, suppress, closed, grant
 *   nonsense:WHAT      bytes, empty, ours (a message of the adapter's), version, long, unpassed, passed,
 *                      garbled (a `client` out of its bounds)
 *   echo:TEXT          TEXT back to the client
 *   pid                "pid " and the process id back to the client
 *
 * Environment, for the peers that have no client: FAKE_PEER_PREPARE = fail|hang|die|nonsense|flood|passes,
 * FAKE_PEER_SPARE = MS after which a peer without a client ends.
 */
#ifdef _WIN32
#include <winsock2.h>
#endif

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/md5.h"
#include "link/link_pipe.h"
#include "os/os.h"
#include "os/process.h"
#include "os/shm.h"
#include "os/socket.h"

#ifndef _WIN32
#include <sys/socket.h>
#include <sys/select.h>
#include <unistd.h>
#endif

#define LINE_MAX_BYTES 4096
#define TURN_MS 5
#define LIFE_MS 120000 /* whatever a test forgets, nothing stays */
#define FLOOD_MAX 1000000

struct peer {
    struct os_pipe *link;
    os_socket client;
    uint32_t connection, grants;
    bool silent, has_counters, client_left, proved;
    uint32_t arc_size; /* for the next `client` */
    uint8_t arc[LINK_ARC_SIZE];
    struct os_pipe *session[8]; /* our ends of what was granted, kept open */
    unsigned sessions;
    struct os_shm counters;
    char line[LINE_MAX_BYTES];
    size_t used;
};

static const char *word_argument(const char *word, const char *name)
{
    size_t n = strlen(name);

    if (strncmp(word, name, n) != 0)
        return NULL;
    return word[n] == ':' ? word + n + 1 : word[n] ? NULL : "";
}

static bool socket_ready(os_socket socket, unsigned ms)
{
    struct timeval wait = {.tv_sec = (long)(ms / 1000), .tv_usec = (long)(ms % 1000) * 1000};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(socket, &set);
    return select((int)socket + 1, &set, NULL, NULL, &wait) > 0;
}

static void say(struct peer *self, const char *text)
{
    char line[1200];

    if (self->client == OS_NO_SOCKET)
        return;
    snprintf(line, sizeof line, "%s\n", text);
#ifdef _WIN32
    send(self->client, line, (int)strlen(line), 0);
#else
    send(self->client, line, strlen(line), MSG_NOSIGNAL);
#endif
}

static void tell(struct peer *self, uint16_t id, const void *message)
{
    enum os_status status;

    do {
        status = link_send(self->link, id, message, NULL, 0);
        if (status == OS_AGAIN)
            os_sleep_ms(1);
    } while (status == OS_AGAIN);
}

static void say_closed(struct peer *self, bool by_client, const char *text)
{
    struct link_closed closed = {.phase = LINK_PHASE_ACTIVE, .by_client = by_client};

    snprintf(closed.text, sizeof closed.text, "%s", text);
    tell(self, LINK_CLOSED, &closed);
}

static void fill_client(struct link_client *out, const char *argument)
{
    char user[LINK_NAME_MAX] = "demo", password[LINK_NAME_MAX] = "demo";

    if (*argument) {
        const char *colon = strchr(argument, ':');

        snprintf(user, sizeof user, "%.*s", (int)(colon ? colon - argument : (long)strlen(argument)),
                 argument);
        snprintf(password, sizeof password, "%s", colon ? colon + 1 : user);
    }
    *out = (struct link_client){.width = 1024,
                                .height = 768,
                                .color_depth = 32,
                                .build = 2600,
                                .keyboard_layout = 0x409,
                                .keyboard_type = 4,
                                .keyboard_function_keys = 12,
                                .have_password = 1,
                                .encryption = 256,
                                .monitor_count = 1,
                                .monitors = {{.width = 1024, .height = 768, .primary = 1}}};
    os_utf16_from_utf8(out->client_name, 32, "fake");
    os_utf16_from_utf8(out->working_directory, LINK_NAME_MAX, "C:\\work");
    out->zone_bias = -60;
    out->zone_daylight_bias = -60;
    out->zone_standard_date[1] = 10;
    out->zone_daylight_date[1] = 3;
    os_utf16_from_utf8(out->zone_standard_name, 32, "Fake Standard Time");
    os_utf16_from_utf8(out->zone_daylight_name, 32, "Fake Summer Time");
    os_utf16_from_utf8(out->zone_key_name, 128, "Fake Key");
    os_utf16_from_utf8(out->user, LINK_NAME_MAX, user);
    os_utf16_from_utf8(out->password, LINK_NAME_MAX, password);
}

/* SESSION:32 hexadecimal digits, to a client's auto-reconnect packet: [MS-RDPBCGR] 2.2.4.3, 5.5 */
static void make_arc(struct peer *self, const char *argument)
{
    static const uint8_t client_random[32];
    uint8_t random[LINK_ARC_RANDOM_SIZE] = {0};
    const char *at = strchr(argument, ':');
    unsigned long session = strtoul(argument, NULL, 10);

    for (unsigned i = 0; at && i < sizeof random; i++) {
        unsigned byte = 0;

        sscanf(at + 1 + 2 * i, "%2x", &byte);
        random[i] = (uint8_t)byte;
    }
    memset(self->arc, 0, sizeof self->arc);
    self->arc_size = sizeof self->arc;
    self->arc[0] = sizeof self->arc;
    self->arc[4] = 1;
    for (unsigned i = 0; i < 4; i++)
        self->arc[8 + i] = (uint8_t)(session >> 8 * i);
    md5_hmac(random, sizeof random, client_random, sizeof client_random, self->arc + 12);
}

static bool grant(struct peer *self, enum link_producer producer)
{
    struct link_grant message = {.request = self->connection << 8 | (++self->grants & 0xff),
                                 .producer = producer,
                                 .width = 64,
                                 .height = 64,
                                 .stride = 256,
                                 .slots = 3,
                                 .memory_size = 3 * 64 * 256};
    struct os_pass pass[2] = {{.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE},
                              {.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE}};
    struct os_pipe *ours = NULL, *theirs = NULL;
    struct os_shm memory = OS_SHM_INIT;
    enum os_status status = os_shm_create(&memory, message.memory_size);

    if (status == OS_OK)
        status = os_shm_share(&memory, &pass[0].handle);
    os_shm_finish(&memory);
    if (status == OS_OK)
        status = os_pipe_pair(&ours, &theirs);
    if (status == OS_OK) {
        pass[1].handle = os_pipe_detach(theirs);
        status = link_send(self->link, LINK_GRANT, &message, pass, 2);
    }
    if (status != OS_OK) {
        os_handle_close(pass[0].handle);
        os_handle_close(pass[1].handle);
        os_pipe_destroy(ours);
        return false;
    }
    os_pipe_destroy(self->session[self->sessions % 8]);
    self->session[self->sessions++ % 8] = ours;
    return true;
}

static void flood(struct peer *self, const char *argument)
{
    const char *colon = strchr(argument, ':');
    unsigned long count = colon ? strtoul(colon + 1, NULL, 10) : 1000;
    struct link_log log = {.level = 2, .area = "fake", .text = "the same line again and again"};
    struct link_phase_change phase = {LINK_PHASE_TLS};
    struct link_active active = {640, 480, 32, 1};
    struct link_value value = {1};

    for (unsigned long i = 0; i < count && i < FLOOD_MAX; i++) {
        enum os_status status = OS_OK;

        if (strncmp(argument, "log", 3) == 0)
            status = link_send(self->link, LINK_LOG, &log, NULL, 0);
        else if (strncmp(argument, "phase", 5) == 0)
            status = link_send(self->link, LINK_PHASE, &phase, NULL, 0);
        else if (strncmp(argument, "active", 6) == 0)
            status = link_send(self->link, LINK_ACTIVE, &active, NULL, 0);
        else if (strncmp(argument, "suppress", 8) == 0)
            status = link_send(self->link, LINK_SUPPRESS, &value, NULL, 0);
        else if (strncmp(argument, "closed", 6) == 0)
            say_closed(self, true, "again");
        else if (strncmp(argument, "grant", 5) == 0)
            status = grant(self, LINK_PRODUCER_PROGRAM) ? OS_OK : OS_AGAIN;
        if (status == OS_AGAIN)
            os_sleep_ms(1);
        else if (status != OS_OK)
            return;
    }
}

/* Messages that are none. */
static void nonsense(struct peer *self, const char *what)
{
    struct link_value value = {1};
    struct os_pass pass = {.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE};
    struct os_shm memory = OS_SHM_INIT;
    static uint8_t bytes[OS_PIPE_MESSAGE_MAX];
    const char *problem;
    size_t len;

    if (strcmp(what, "bytes") == 0) {
        os_random(bytes, 64);
        os_pipe_send(self->link, bytes, 64, NULL, 0);
    } else if (strcmp(what, "empty") == 0) {
        os_pipe_send(self->link, bytes, 0, NULL, 0);
    } else if (strcmp(what, "ours") == 0) {
        link_send(self->link, LINK_CLOSE, &value, NULL, 0);
    } else if (strcmp(what, "long") == 0) {
        os_pipe_send(self->link, bytes, sizeof bytes, NULL, 0);
    } else if (strcmp(what, "passed") == 0 && os_shm_create(&memory, 4096) == OS_OK) {
        /* something with a message that passes nothing */
        os_shm_share(&memory, &pass.handle);
        os_shm_finish(&memory);
        len = wire_encode(&link_table, LINK_SUPPRESS, &value, bytes, sizeof bytes, &problem);
        if (os_pipe_send(self->link, bytes, len, &pass, 1) != OS_OK)
            os_handle_close(pass.handle);
    } else {
        struct link_grant message = {
            .request = 1, .width = 64, .height = 64, .stride = 256, .slots = 3, .memory_size = 49152};
        struct link_client client;

        if (strcmp(what, "garbled") == 0) {
            fill_client(&client, "");
            len = wire_encode(&link_table, LINK_CLIENT, &client, bytes, sizeof bytes, &problem);
            memset(bytes + WIRE_HEADER_SIZE, 0xff, len - WIRE_HEADER_SIZE);
        } else { /* unpassed, version */
            len = wire_encode(&link_table, LINK_GRANT, &message, bytes, sizeof bytes, &problem);
            if (strcmp(what, "version") == 0)
                bytes[2] ^= 0x55;
        }
        os_pipe_send(self->link, bytes, len, NULL, 0);
    }
}

static void stay(void)
{
    uint64_t until = os_now_ms() + LIFE_MS;

    while (os_now_ms() < until)
        os_sleep_ms(1000);
    exit(9);
}

static void die(int with)
{
#ifdef _WIN32
    TerminateProcess(GetCurrentProcess(), 128u + (unsigned)with);
#else
    signal(with, SIG_DFL);
    raise(with);
    _exit(128 + with);
#endif
}

static uint64_t own_pid(void)
{
#ifdef _WIN32
    return GetCurrentProcessId();
#else
    return (uint64_t)getpid();
#endif
}

static void act(struct peer *self, const char *word)
{
    struct link_client client;
    struct link_active active = {1024, 768, 32, 1};
    const char *argument;

    if ((argument = word_argument(word, "phase"))) {
        struct link_phase_change phase = {(uint32_t)atoi(argument)};

        tell(self, LINK_PHASE, &phase);
    } else if ((argument = word_argument(word, "client"))) {
        fill_client(&client, argument);
        client.authenticated = self->proved;
        client.reconnect_size = self->arc_size;
        memcpy(client.reconnect, self->arc, sizeof client.reconnect);
        tell(self, LINK_CLIENT, &client);
        os_wipe(&client, sizeof client);
    } else if (word_argument(word, "nla")) {
        self->proved = true;
    } else if ((argument = word_argument(word, "arc"))) {
        make_arc(self, argument);
    } else if (word_argument(word, "active")) {
        tell(self, LINK_ACTIVE, &active);
    } else if (word_argument(word, "grant")) {
        grant(self, LINK_PRODUCER_PROGRAM);
    } else if (word_argument(word, "driver-grant")) {
        grant(self, LINK_PRODUCER_DRIVER);
    } else if (word_argument(word, "answer")) {
        self->silent = false;
    } else if (word_argument(word, "silence")) {
        self->silent = true;
    } else if (word_argument(word, "closed")) {
        say_closed(self, true, "as the script says");
    } else if ((argument = word_argument(word, "wait"))) {
        os_sleep_ms((unsigned)atoi(argument) % LIFE_MS);
    } else if (word_argument(word, "hang")) {
        stay();
    } else if (word_argument(word, "stop")) {
#ifdef _WIN32
        stay();
#else
        raise(SIGSTOP);
#endif
    } else if ((argument = word_argument(word, "die"))) {
        die(*argument ? atoi(argument) : 9);
    } else if ((argument = word_argument(word, "exit"))) {
        exit(atoi(argument));
    } else if (word_argument(word, "drop-link")) {
        os_pipe_destroy(self->link);
        stay();
    } else if (word_argument(word, "drop-client")) {
        os_socket_close(self->client, false);
        self->client = OS_NO_SOCKET;
    } else if ((argument = word_argument(word, "flood"))) {
        flood(self, argument);
    } else if ((argument = word_argument(word, "nonsense"))) {
        nonsense(self, argument);
    } else if ((argument = word_argument(word, "echo"))) {
        say(self, argument);
    } else if (word_argument(word, "pid")) {
        char text[32];

        snprintf(text, sizeof text, "pid %llu", (unsigned long long)own_pid());
        say(self, text);
    } else if (*word && !word_argument(word, "serve")) {
        say(self, "error: no such word");
        exit(8);
    }
}

static void run_line(struct peer *self, char *line)
{
    char *word, *rest = line;

    while ((word = rest)) {
        rest = strchr(word, ' ');
        if (rest)
            *rest++ = 0;
        act(self, word);
    }
}

/* What the client has written so far; whole lines are acted out. */
static void read_client(struct peer *self)
{
    char *end;
    long n;

    if (self->client == OS_NO_SOCKET || !socket_ready(self->client, 0))
        return;
    n = (long)recv(self->client, self->line + self->used, sizeof self->line - 1 - self->used, 0);
    if (n <= 0) {
        os_socket_close(self->client, false);
        self->client = OS_NO_SOCKET;
        self->client_left = true;
        return;
    }
    self->used += (size_t)n;
    self->line[self->used] = 0;
    while ((end = strchr(self->line, '\n'))) {
        char line[LINE_MAX_BYTES];
        size_t len = (size_t)(end - self->line) + 1;

        *end = 0;
        memcpy(line, self->line, len);
        memmove(self->line, end + 1, self->used - len + 1);
        self->used -= len;
        run_line(self, line);
    }
    if (self->used >= sizeof self->line - 1)
        exit(7);
}

/* For the client: one line a message. */
static void report(struct peer *self, const struct link_message *message)
{
    char text[1100];

    snprintf(text, sizeof text, "link %s", message->description->name);
    switch (message->description->id) {
    case LINK_CONNECT:
    case LINK_DISCONNECT:
    case LINK_SESSION:
    case LINK_ERROR_INFO:
    case LINK_CLOSE:
        snprintf(text, sizeof text, "link %s %u", message->description->name,
                 (unsigned)message->any.value.value);
        break;
    case LINK_GRANT_RESULT:
        snprintf(text, sizeof text, "link grant-result %u %s %s",
                 (unsigned)message->any.grant_result.request & 0xff,
                 message->any.grant_result.request >> 8 == self->connection ? "mine" : "strange",
                 message->any.grant_result.ok ? "ok" : message->any.grant_result.text);
        break;
    case LINK_AUTO_RECONNECT:
        snprintf(text, sizeof text, "link auto-reconnect %u:", (unsigned)message->any.auto_reconnect.session);
        for (unsigned i = 0; i < message->any.auto_reconnect.random_size; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%02x",
                     message->any.auto_reconnect.random[i]);
        break;
    case LINK_LOGON_ERROR:
    case LINK_LOGON:
    case LINK_DISPLAY_DRIVER:
    case LINK_DRIVER_HANDLE:
        memcpy(text, "link ", 5);
        wire_print(message->description, &message->any, text + 5, sizeof text - 5);
        break;
    default:
        break;
    }
    say(self, text);
}

static void take(struct peer *self, struct link_message *message)
{
    for (unsigned i = 0; i < message->npass; i++) {
        if (message->pass[i].kind == OS_PASS_SOCKET)
            self->client = message->pass[i].socket;
        else if (os_shm_map(&self->counters, message->pass[i].handle, sizeof(struct link_counters)) == OS_OK)
            self->has_counters = true;
        else
            os_handle_close(message->pass[i].handle);
    }
    message->npass = 0;
}

static void prepare(struct peer *self)
{
    const char *how = getenv("FAKE_PEER_PREPARE");
    struct link_prepared answer = {.ok = 1, .fingerprint = "fa:ke", .certificate_info = "none"};
    struct link_log log = {.level = 2, .area = "fake", .text = "preparing"};

    if (how && strcmp(how, "hang") == 0)
        stay();
    if (how && strcmp(how, "die") == 0)
        die(9);
    if (how && strcmp(how, "nonsense") == 0)
        nonsense(self, "bytes");
    if (how && strcmp(how, "passes") == 0)
        for (int i = 0; i < 40; i++)
            grant(self, LINK_PRODUCER_PROGRAM);
    if (how && strcmp(how, "flood") == 0)
        for (int i = 0; i < 2000; i++)
            tell(self, LINK_LOG, &log);
    if (how && strcmp(how, "fail") == 0) {
        answer = (struct link_prepared){.ok = 0, .text = "the fake says no"};
    }
    tell(self, LINK_PREPARED, &answer);
}

/* One message; false at the end of the link. */
static bool read_link(struct peer *self, bool *over)
{
    struct link_message message;
    enum os_status status = link_receive(self->link, &message);

    if (status == OS_AGAIN)
        return true;
    if (status != OS_OK)
        return false;
    if (self->client != OS_NO_SOCKET)
        report(self, &message);
    switch (message.description->id) {
    case LINK_CONFIG:
        self->connection = message.any.config.connection;
        break;
    case LINK_PREPARE:
        prepare(self);
        break;
    case LINK_TAKE:
        take(self, &message);
        break;
    case LINK_CLOSE:
        *over = !self->silent;
        break;
    default:
        break;
    }
    link_message_finish(&message);
    return true;
}

int main(int argc, char **argv)
{
    const char *spare = getenv("FAKE_PEER_SPARE");
    uint64_t start = os_now_ms();
    struct peer *self = calloc(1, sizeof *self);
    bool over = false;

    if (!self)
        return 1;
    self->client = OS_NO_SOCKET;
    self->counters = (struct os_shm)OS_SHM_INIT;
    if (os_inherited_pipe(&argc, argv, &self->link) != OS_OK)
        return 2;
    while (!over && os_now_ms() - start < LIFE_MS) {
        os_pipe_wait(self->link, TURN_MS);
        if (self->has_counters)
            atomic_fetch_add(&((struct link_counters *)self->counters.base)->beats, 1);
        if (!read_link(self, &over))
            break;
        if (!over)
            read_client(self);
        if (spare && !self->has_counters && os_now_ms() - start >= (unsigned)atoi(spare))
            return 6;
        if (self->client_left && !self->silent) {
            say_closed(self, true, "the client has left");
            break;
        }
    }
    if (self->client != OS_NO_SOCKET)
        os_socket_close(self->client, false);
    return 0;
}
