/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of the link between adapter and peer, over a real pipe, against the other side's nonsense:
 * core/peer.c with everything that it does about a message, and adapter.c of the peer. Whatever comes,
 * nothing that was passed is left open, and a connection hears of its end once and of nothing after it.
 *
 * Both files are included to get at what a message goes through first. Around core/peer.c stand a port, a
 * process and a service that are none; its loop is real, and the whole run is on it.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "os/log.h"
#include "os/process.h"
#include "os/thread.h"
#include "shape.h"

static unsigned killed;

/* The peer's process is this number. */
#define os_process_kill(process) (killed++)
#define os_process_destroy(process) ((void)(process))
#define os_process_ended(process, code) (*(code) = 0, false)
#include "core/peer.c"
#include "core/peer_link.c"
#include "core/peer_producer.c"
#undef os_process_kill
#undef os_process_destroy
#undef os_process_ended

#define receive adapter_receive
#include "peer/adapter.c"
#undef receive

#define STEPS_MAX 64

/* The port. */

static struct provider provider;
static struct settings settings;
static struct connection *service = (struct connection *)&settings; /* any address */
static unsigned clients, gone, calls_after;
static bool refuses;

static struct connection *on_client(void *owner, struct peer *peer, const struct link_client *client)
{
    MUST(owner == &provider && client->width >= 1 && client->width <= LINK_DESKTOP_MAX);
    MUST(client->reconnect_size <= sizeof client->reconnect && client->monitor_count <= LINK_MONITORS_MAX);
    if (refuses)
        return NULL;
    clients++;
    return service;
}

static void on_event(struct connection *connection)
{
    MUST(connection == service);
    calls_after += gone >= clients;
}

static void on_flag(struct connection *connection, bool flag)
{
    on_event(connection);
}

static void on_gone(struct connection *connection, bool broken)
{
    on_event(connection);
    gone++;
}

static const struct port_events events = {on_client, on_event, on_flag, on_gone, NULL};

struct provider *port_provider(struct port *self)
{
    return &provider;
}

const struct settings *port_settings(struct port *self)
{
    return &settings;
}

const struct port_events *port_events(struct port *self, void **owner)
{
    *owner = &provider;
    return &events;
}

enum os_status port_take_peer(struct port *self, struct os_process **process, struct os_pipe **pipe)
{
    return OS_FAILED;
}

void port_half_open_done(struct port *self)
{
}

void port_hold(struct port *self)
{
}

void port_drop(struct port *self)
{
}

uint32_t provider_next_number(void)
{
    return 1;
}

/* Messages. */

/* Mostly of the right shape; a header that is right, then any bytes; or any bytes. With what is passed. */
static void send_any(struct os_pipe *pipe, struct input *input)
{
    static uint8_t buf[2 * WIRE_MESSAGE_MAX];
    uint8_t how = input_byte(input), id = input_byte(input);
    const struct wire_message *message = &link_table.messages[id % link_table.nmessages];
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = message->passes;
    const uint8_t *piece;
    size_t len;
    bool bad;

    if (how % 4 < 2) {
        len = shape_message(input, &link_table, message, buf, sizeof buf, &bad);
    } else {
        len = input_piece(input, &piece);
        if (how % 4 == 2) {
            uint32_t size = (uint32_t)len;

            memcpy(buf, &(uint16_t[]){message->id, LINK_VERSION}, 4);
            memcpy(buf + 4, &size, 4);
            memcpy(buf + WIRE_HEADER_SIZE, piece, len);
            len += WIRE_HEADER_SIZE;
        } else {
            memcpy(buf, piece, len);
        }
    }
    if (how >= 200)
        npass = how % 5;
    for (unsigned i = 0; i < npass && i < OS_PASS_MAX; i++) {
        pass[i] = (struct os_pass){.kind = OS_PASS_HANDLE, .handle = memfd_create("passed", MFD_CLOEXEC)};
        MUST(pass[i].handle >= 0);
    }
    if (npass > OS_PASS_MAX)
        npass = OS_PASS_MAX;
    if (os_pipe_send(pipe, buf, len, pass, npass) != OS_OK)
        for (unsigned i = 0; i < npass; i++)
            os_handle_close(pass[i].handle);
}

/* What the service does meanwhile. */
static void act(struct peer *self, struct input *input)
{
    uint8_t what = input_byte(input);
    const struct peer_producer *its = &self->producers[what / 32 % LINK_PRODUCERS];
    struct launcher_result result = {.request = its->granted, .session = what, .text = "so"};
    union link_any any = {.session = {what}};

    switch (what % 8) {
    case 0:
        peer_tell(self, LINK_SESSION, &any, OS_NO_HANDLE);
        break;
    case 1:
        peer_tell(self, LINK_CONNECT, &any, OS_NO_HANDLE);
        break;
    case 2:
        peer_tell(self, LINK_DISCONNECT, &any, OS_NO_HANDLE);
        break;
    case 3:
        peer_launched(&provider, its->launcher, LAUNCHER_STARTED + what / 8 % 3, &result);
        break;
    case 4:
        peer_launcher_gone(&provider, its->launcher);
        break;
    case 5:
        refuses = true;
        break;
    case 6:
        any.display_driver = (struct link_display_driver){.load = what & 8, .session = self->session};
        peer_tell(self, LINK_DISPLAY_DRIVER, &any, OS_NO_HANDLE);
        break;
    case 7:
        if (what & 8)
            atomic_store(&provider.draining, true);
        else
            peer_end(self, what, "the fuzzer says so");
        break;
    }
}

static void adapter_side(struct input *input)
{
    static int no_process;
    struct peer *self = calloc(1, sizeof *self);
    struct os_pipe *other = NULL;
    struct link_message unread;

    clients = gone = calls_after = 0;
    refuses = false;
    atomic_store(&provider.draining, false);
    MUST(self && os_pipe_pair(&self->pipe, &other) == OS_OK);
    self->provider = &provider;
    self->number = 1;
    self->socket = OS_NO_SOCKET;
    self->process = (struct os_process *)&no_process;
    self->prev = &provider.peers;
    provider.peers = self;
    self->half_open = true;
    MUST(os_loop_watch(provider.loop, os_pipe_waitable(self->pipe), peer_read, self, &self->pipe_source) ==
         OS_OK);

    for (int i = 0; i < STEPS_MAX && input->left > 0; i++) {
        if (input_byte(input) % 4 == 3)
            act(self, input);
        else
            send_any(other, input);
        if (self->pipe_source)
            peer_read(self);
        while (link_receive(other, &unread) == OS_OK) /* what it answered is well-formed */
            link_message_finish(&unread);
    }
    os_pipe_destroy(other);
    if (self->pipe_source)
        peer_read(self);
    MUST(!self->pipe_source && self->ending); /* it has seen the end */
    MUST(gone == clients && clients <= 1 && calls_after == 0);
    peer_free(self);
    MUST(!provider.peers);
}

static void peer_side(struct input *input)
{
    static struct adapter adapter;
    struct os_pipe *other = NULL;

    MUST(os_pipe_pair(&adapter.pipe, &other) == OS_OK);
    for (int i = 0; i < STEPS_MAX && input->left > 0; i++) {
        struct adapter_message *message;

        send_any(other, input);
        message = os_pipe_wait(adapter.pipe, 0) == OS_OK ? adapter_receive(&adapter) : NULL;
        if (!message)
            break;
        MUST(message->id < LINK_PREPARED && message->npass == wire_find(&link_table, message->id)->passes);
        adapter_message_free(message);
    }
    os_pipe_destroy(other);
    os_pipe_destroy(adapter.pipe);
}

/* On the loop. */

static struct input whole;
static struct os_mutex lock = OS_MUTEX_INIT;
static struct os_cond changed;
static bool done;

static void run(void *arg)
{
    unsigned handles = os_count_handles();

    if (input_byte(&whole) % 4 == 0)
        peer_side(&whole);
    else
        adapter_side(&whole);
    MUST(os_count_handles() <= handles);
    os_mutex_lock(&lock);
    done = true;
    os_cond_signal(&changed);
    os_mutex_unlock(&lock);
}

static void no_line(enum log_level level, const char *line, size_t len, void *arg)
{
    MUST(len <= LOG_LINE_MAX);
    must_be_a_line(line);
}

static void begin(void)
{
    log_set_sink(no_line, NULL);
    log_set_level(LOG_DEBUG);
    os_cond_init(&changed);
    settings.auto_reconnect = 3600;
    settings.step_timeout = settings.auth_timeout = 60;
    snprintf(settings.launcher, sizeof settings.launcher, "/nowhere/launcher");
    MUST(os_loop_create("fuzz", &provider.loop) == OS_OK);
    provider.reconnect = reconnect_create();
    MUST(provider.reconnect);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!provider.loop)
        begin();
    whole = (struct input){data, size};
    done = false;
    MUST(os_loop_post(provider.loop, run, NULL) == OS_OK);
    os_mutex_lock(&lock);
    while (!done)
        os_cond_wait(&changed, &lock);
    os_mutex_unlock(&lock);
    return 0;
}
