/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who draws, and who is started how often, after events in any order: session_link.c with a display of bitmap
 * updates behind it and producers at the other ends of real pipes, without a client, an adapter or a service.
 */
#include <stdlib.h>
#include <string.h>

#include <freerdp/settings.h>
#include <freerdp/update.h>
#include <winpr/synch.h>

#include "link/link_pipe.h"
#include "os/shm.h"
#include "os/socket.h"
#include "peer/adapter.h"
#include "peer/session_link.h"
#include "check.h"

#define PROGRAM LINK_PRODUCER_PROGRAM
#define DRIVER LINK_PRODUCER_DRIVER
#define QUIET_MS 20   /* without an event: what was sent has arrived */
#define AT_ONCE_MS 60 /* events that belong together; a busy machine may need another try */
#define TRIES 50
#define LATER_MS 400 /* what has to wait for a moment has waited */

struct side {
    struct os_pipe *pipe;
    struct os_shm memory;
    struct link_grant grant;
    unsigned grants;
    uint32_t credit[8], credits, sequence;
};

struct fixture {
    rdpContext context;
    rdpUpdate update;
    rdpPointerUpdate pointer;
    freerdp_peer peer;
    struct link_counters counters;
    struct layout layout;
    struct os_pipe *ours, *theirs;
    struct adapter *adapter;
    struct display_consumer *display;
    struct input_relay *input;
    struct session_link *session;
    struct side sides[LINK_PRODUCERS];
};

static BOOL on_bitmap(rdpContext *context, const BITMAP_UPDATE *bitmap)
{
    return TRUE;
}

static BOOL on_system(rdpContext *context, const POINTER_SYSTEM_UPDATE *pointer)
{
    return TRUE;
}

static BOOL is_blocked(freerdp_peer *peer)
{
    return FALSE;
}

static bool set_size(struct fixture *self, uint32_t width, uint32_t height)
{
    layout_single(&self->layout, width, height);
    return freerdp_settings_set_uint32(self->context.settings, FreeRDP_DesktopWidth, width) &&
           freerdp_settings_set_uint32(self->context.settings, FreeRDP_DesktopHeight, height);
}

static bool begin(struct fixture *self)
{
    struct display_consumer_config display = {
        .peer = &self->peer, .counters = &self->counters, .send = session_link_send_display};
    struct input_relay_config input = {.send = session_link_send_input, .counters = &self->counters};

    memset(self, 0, sizeof *self);
    for (unsigned i = 0; i < LINK_PRODUCERS; i++)
        self->sides[i].memory = (struct os_shm)OS_SHM_INIT;
    self->context.update = &self->update;
    self->context.peer = &self->peer;
    self->update.BitmapUpdate = on_bitmap;
    self->update.pointer = &self->pointer;
    self->pointer.PointerSystem = on_system;
    self->peer.context = &self->context;
    self->peer.IsWriteBlocked = is_blocked;
    self->context.settings = freerdp_settings_new(FREERDP_SETTINGS_SERVER_MODE);
    if (!self->context.settings || !set_size(self, 64, 48) ||
        !freerdp_settings_set_uint32(self->context.settings, FreeRDP_ColorDepth, 32) ||
        !freerdp_settings_set_bool(self->context.settings, FreeRDP_SurfaceFrameMarkerEnabled, FALSE) ||
        os_pipe_pair(&self->ours, &self->theirs) != OS_OK || !(self->adapter = adapter_create(self->ours)))
        return false;
    self->session = session_link_create(self->adapter, 1, &self->layout, &self->counters);
    display.arg = input.arg = self->session;
    self->display = display_consumer_create(&display);
    self->input = input_relay_create(&input);
    if (!self->session || !self->display || !self->input)
        return false;
    session_link_use(self->session, self->display, self->input);
    return display_consumer_activate(self->display);
}

static void side_end(struct side *self)
{
    os_pipe_destroy(self->pipe);
    os_shm_finish(&self->memory);
    self->pipe = NULL;
    self->credits = 0;
}

static void end(struct fixture *self)
{
    session_link_destroy(self->session);
    display_consumer_destroy(self->display);
    input_relay_destroy(self->input);
    for (unsigned i = 0; i < LINK_PRODUCERS; i++)
        side_end(&self->sides[i]);
    if (self->adapter)
        CloseHandle(adapter_event(self->adapter));
    os_pipe_destroy(self->ours);
    os_pipe_destroy(self->theirs);
    free(self->adapter); /* a peer keeps it until it ends: nothing else frees it */
    freerdp_settings_free(self->context.settings);
}

/* What adapter and launcher do: what was granted is the producer's. */
static void take_grants(struct fixture *self)
{
    struct link_message message;

    while (link_receive(self->theirs, &message) == OS_OK) {
        if (CHECK_INT(message.description->id, LINK_GRANT)) {
            struct side *side = &self->sides[message.any.grant.producer];

            side_end(side);
            side->grant = message.any.grant;
            side->grants++;
            CHECK(os_shm_map(&side->memory, message.pass[0].handle, side->grant.memory_size) == OS_OK &&
                  os_pipe_from_handle(message.pass[1].handle, &side->pipe) == OS_OK);
            message.npass = 0;
        }
        link_message_finish(&message);
    }
}

static void take_credits(struct side *self)
{
    uint8_t buf[4096];
    union channel_any any;
    const char *problem;
    unsigned npass;
    size_t len;

    while (self->pipe &&
           (npass = 0, os_pipe_receive(self->pipe, buf, sizeof buf, &len, NULL, &npass) == OS_OK)) {
        const struct wire_message *message =
            wire_decode(&channel_table, buf, len, &any, sizeof any, &problem);

        if (CHECK(message) && message->id == CHANNEL_CREDIT && CHECK(self->credits < 8))
            self->credit[self->credits++] = any.credit.slot;
    }
}

static void check(struct fixture *self)
{
    session_link_check(self->session);
    CHECK(display_consumer_check(self->display));
    take_grants(self);
    for (unsigned i = 0; i < LINK_PRODUCERS; i++)
        take_credits(&self->sides[i]);
}

/* As the peer's main loop, for `ms` and until nothing comes any more. */
static void run(struct fixture *self, unsigned ms)
{
    uint64_t until = os_now_ms() + ms;
    DWORD waited;

    do {
        HANDLE events[SESSION_EVENTS_MAX + 1] = {adapter_event(self->adapter)};
        DWORD n = 1 + session_link_events(self->session, &events[1]);
        uint32_t timeout = session_link_timeout(self->session);

        waited = WaitForMultipleObjects(n, events, FALSE, timeout < QUIET_MS ? timeout : QUIET_MS);
        if (timeout < QUIET_MS)
            waited = WAIT_OBJECT_0;
        check(self);
    } while (waited != WAIT_TIMEOUT || os_now_ms() < until);
}

static bool say(struct side *self, uint16_t id, const void *message)
{
    uint8_t buf[4096];
    const char *problem;
    size_t len = wire_encode(&channel_table, id, message, buf, sizeof buf, &problem);

    return CHECK(len > 0) && self->pipe && os_pipe_send(self->pipe, buf, len, NULL, 0) == OS_OK;
}

static void hello(struct side *self)
{
    const struct channel_hello message = {
        .width = self->grant.width, .height = self->grant.height, .backend = "test"};

    CHECK(say(self, CHANNEL_HELLO, &message));
}

/* Does the client see what it draws now? */
static bool is_seen(struct fixture *self, struct side *side)
{
    uint64_t frames = self->counters.frames;
    struct channel_frame frame = {
        .rect_count = 1, .rects = {{0, 0, (uint16_t)side->grant.width, (uint16_t)side->grant.height}}};

    if (!side->pipe || side->credits == 0)
        return false;
    frame.slot = side->credit[--side->credits];
    frame.sequence = ++side->sequence;
    memset(side->memory.base, (int)side->sequence, side->grant.memory_size);
    if (!say(side, CHANNEL_FRAME, &frame))
        return false;
    run(self, 0);
    return self->counters.frames != frames;
}

static char who_draws(struct fixture *self)
{
    bool program = is_seen(self, &self->sides[PROGRAM]), driver = is_seen(self, &self->sides[DRIVER]);

    return program && driver ? '2' : program ? 'p' : driver ? 'd' : '-';
}

static void resize(struct fixture *self, uint32_t width)
{
    display_consumer_deactivate(self->display);
    CHECK(set_size(self, width, 48));
    CHECK(display_consumer_activate(self->display));
    session_link_resized(self->session);
}

/* The launcher's word, which comes with the end of its pipe or, when it hangs, without. */
static void refuse(struct fixture *self, unsigned which, bool hangs)
{
    const struct link_grant_result result = {.request = self->sides[which].grant.request, .text = "refused"};

    if (!hangs)
        side_end(&self->sides[which]);
    session_link_result(self->session, &result);
}

static void event(struct fixture *self, const char *word)
{
    struct link_display_driver driver = {.load = word[0] == 'L', .session = (uint32_t)(word[1] - '0')};

    switch (word[0]) {
    case 'C':
        session_link_connect(self->session, driver.session);
        break;
    case 'X':
        session_link_disconnect(self->session);
        break;
    case 'L':
    case 'U':
        session_link_driver(self->session, &driver);
        break;
    case 'P':
    case 'D':
        hello(&self->sides[word[0] == 'P' ? PROGRAM : DRIVER]);
        break;
    case 'p':
    case 'd':
        side_end(&self->sides[word[0] == 'p' ? PROGRAM : DRIVER]);
        break;
    case 'q':
    case 'r':
        refuse(self, word[0] == 'q' ? PROGRAM : DRIVER, false);
        break;
    case 'h':
        refuse(self, DRIVER, true);
        break;
    case 'S':
        resize(self, 64 + 16 * driver.session);
        break;
    default:
        run(self, LATER_MS);
        break;
    }
}

/* Letters: C connect to session N, X disconnect, L and U driver of session N loaded and unloaded, P and D the
 * program's and the driver's hello, p and d its end, q and r the launcher refuses it, h it says so of a
 * driver that hangs, S another size, W some
 * time. A `+` joins two that come close together, a `,` two that come at once. */
struct order {
    const char *events;
    char draws;
    unsigned programs, drivers, errors; /* grants; and what counts as one */
};

static const struct order orders[] = {
    {"C1", '-', 1, 0, 0},
    {"C1 P", 'p', 1, 0, 0},
    {"C1 P X", '-', 1, 0, 0},
    {"C1,C2 P", 'p', 1, 0, 0},
    {"C1 P C2 P", 'p', 2, 0, 0},
    {"C1 P p W P", 'p', 2, 0, 1},
    {"C1 q W P", 'p', 2, 0, 1},
    {"C1 P p+X W", '-', 1, 0, 0},
    /* the driver comes in any order */
    {"C1 P L1", 'p', 1, 1, 0},
    {"C1 P L1 D", 'd', 1, 1, 0},
    {"C1 L1 D P", 'd', 1, 1, 0},
    {"L1 C1 P D", 'd', 1, 1, 0},
    {"L1+C1 D", 'd', 1, 1, 0},
    {"L1 L1 C1 P D", 'd', 1, 1, 0},
    {"C1 P L1 L1 D", 'd', 1, 2, 0},
    {"C1 P L1 D L1 D", 'd', 1, 2, 0},
    {"C1 P L2", 'p', 1, 0, 0},
    {"C1 P L1 U2 D", 'd', 1, 1, 0},
    {"C1 P L1 U1", 'p', 1, 1, 0},
    {"L1 U1 C1 P", 'p', 1, 0, 0},
    /* it is never there: the program is left alone */
    {"C1 P L1 r W r W", 'p', 1, 3, 1},
    {"C1 L1 r W P", 'p', 1, 2, 1},
    /* it goes */
    {"C1 P L1 D U1 W P", 'p', 2, 1, 0},
    {"C1 P L1 D d W P", 'p', 2, 2, 1},
    {"C1 P L1 D h W P", 'p', 2, 2, 1},
    {"C1 P L1 D h W P D", 'd', 2, 2, 1},
    {"C1 P L1 D d W P D", 'd', 2, 2, 1},
    {"C1 P L1 D d W D P", 'd', 2, 2, 1},
    {"C1 P L1 D p W P", 'd', 2, 1, 1},
    /* it goes, and nothing is started in vain, because the session is left or its device replaced */
    {"C1 P L1 D U1+X W", '-', 1, 1, 0},
    {"C1 P L1 D d+X W", '-', 1, 1, 0},
    {"C1 P L1 D d+U1+L1 W D", 'd', 1, 2, 0},
    {"C1 P L1 D U1+C2 P", 'p', 2, 1, 0},
    {"C1 P L1 D L2+C2 P D U1", 'd', 2, 2, 0},
    {"C1 P L1 D X L2 C2 U1 P D", 'd', 2, 2, 0},
    {"C1 P L1 D X U1 C1 P", 'p', 2, 1, 0},
    {"C1 P L1 D X C1 P D", 'd', 2, 2, 0},
    /* another size */
    {"C1 P S1 P", 'p', 2, 0, 0},
    {"C1 S1 P", 'p', 2, 0, 0},
    {"C1 P L1 D S1 D", 'd', 1, 2, 0},
    {"C1 P L1 D S1 S2 D", 'd', 1, 3, 0},
    {"C1 P L1 D S1 r W P", 'p', 2, 3, 1},
    {"C1 P L1 S1 D", 'd', 1, 2, 0},
    {"C1 P L1 S1 r W P", 'p', 2, 3, 1},
    {"C1 L1 S1 P D", 'd', 1, 2, 0},
    {"C1 L1 S1 P r W P", 'p', 2, 3, 1},
    {"C1 L1 S1 D P", 'd', 1, 2, 0},
    {"C1 P L1 D S1 D U1 W P", 'p', 2, 2, 0},
};

/* False: events that come close together were too far apart. */
static bool play(struct fixture *self, const char *words)
{
    uint64_t begun = 0;
    bool good = true;
    char between;

    for (; *words; words++) {
        event(self, words);
        good = good && (begun == 0 || os_now_ms() - begun <= AT_ONCE_MS);
        between = words[strcspn(words, " +,")];
        words += strcspn(words, " +,");
        if (between == '+' || between == ',')
            begun = begun ? begun : os_now_ms();
        if (between == '+') {
            check(self);
            check(self);
        } else if (between != ',') {
            run(self, 0);
            begun = 0;
        }
        if (!between)
            break;
    }
    return good;
}

TEST(orders)
{
    static struct fixture fixture;

    for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        const struct order *order = &orders[i];
        struct side *sides = fixture.sides;
        bool good = false;
        char draws;

        for (unsigned tries = 0; !good && tries < TRIES; tries++) {
            if (tries > 0)
                end(&fixture);
            REQUIRE(begin(&fixture));
            good = play(&fixture, order->events);
        }
        draws = who_draws(&fixture);
        if (!CHECK(good && draws == order->draws && sides[PROGRAM].grants == order->programs &&
                   sides[DRIVER].grants == order->drivers && fixture.counters.errors == order->errors))
            printf("    %s: %c draws, %u programs, %u drivers, %u errors\n", order->events, draws,
                   sides[PROGRAM].grants, sides[DRIVER].grants, (unsigned)fixture.counters.errors);
        end(&fixture);
    }
}
