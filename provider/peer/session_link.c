/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/session_link.h"

#include <stdlib.h>

#include "os/log.h"

/* That a driver is gone and that the session is left, or its device replaced, come on different ways. */
#define FALL_BACK_MS 100

/* A session without a program shows nothing; one without a driver is shown by its program, perhaps for good.
 */
#define PROGRAM_RETRY_MAX_MS 5000
#define DRIVER_RETRY_MAX_MS 30000

struct session_link {
    struct producer_shared shared;
    struct producer_owner program_owner, driver_owner;
    struct producer_link *program, *driver;
    struct producer_link *drawer; /* attached to the display; NULL: nobody */
    struct display_consumer *display;
    struct input_relay *input;
    bool connected, driver_loaded;
    uint32_t session, driver_session;
    uint64_t fall_back_ms; /* when the program is asked for again; 0: it need not be */
};

static bool grant(void *arg, struct slot_memory *memory, os_handle *handle)
{
    struct session_link *self = arg;

    return display_consumer_grant(self->display, memory, handle);
}

/* The display's producer from now on. Its credits are sent inside the call. */
static bool draw_with(struct session_link *self, struct producer_link *link, struct slot_memory *memory,
                      const struct channel_hello *hello)
{
    struct producer_link *before = self->drawer;

    self->drawer = link;
    if (display_consumer_attach(self->display, memory, hello))
        return true;
    self->drawer = before;
    return false;
}

static void draw_no_more(struct session_link *self, const struct producer_link *link)
{
    if (self->drawer != link)
        return;
    display_consumer_detach(self->display);
    self->drawer = NULL;
}

/* What is not seen need not be captured. */
static void hush_program(struct session_link *self)
{
    const struct channel_value suppress = {1};

    producer_link_send(self->program, CHANNEL_SUPPRESS, &suppress);
}

static bool program_attached(void *arg, struct slot_memory *memory, const struct channel_hello *hello)
{
    struct session_link *self = arg;

    input_relay_attach(self->input);
    /* one of another size came too late for a driver that is expected */
    if (self->drawer != self->driver && !producer_link_outgrown(self->program))
        return draw_with(self, self->program, memory, hello);
    hush_program(self);
    return true;
}

static void program_detached(void *arg, bool reads)
{
    struct session_link *self = arg;

    if (reads)
        input_relay_release(self->input);
    draw_no_more(self, self->program);
}

static bool driver_attached(void *arg, struct slot_memory *memory, const struct channel_hello *hello)
{
    struct session_link *self = arg;

    if (!draw_with(self, self->driver, memory, hello))
        return false;
    hush_program(self);
    return true;
}

static void driver_detached(void *arg, bool reads)
{
    struct session_link *self = arg;

    (void)reads; /* the end of its pipe says it all */
    draw_no_more(self, self->driver);
}

static bool picture(struct session_link *self, const struct producer_link *from, uint16_t id,
                    const union channel_any *message)
{
    bool drawn = self->drawer == from; /* the other one may still have been on its way */

    switch (id) {
    case CHANNEL_FRAME:
        return !drawn || display_consumer_frame(self->display, &message->frame);
    case CHANNEL_POINTER:
        return !drawn || display_consumer_pointer(self->display, &message->pointer);
    case CHANNEL_POINTER_HIDE:
        if (drawn)
            display_consumer_pointer_hide(self->display);
        return true;
    case CHANNEL_POINTER_MOVE:
        if (drawn)
            display_consumer_pointer_move(self->display, message->position.x, message->position.y);
        return true;
    default:
        return false;
    }
}

static bool program_message(void *arg, uint16_t id, const union channel_any *message)
{
    struct session_link *self = arg;

    if (id == CHANNEL_INDICATORS)
        return true; /* the client's keyboard shows its own lock keys; nothing to do yet */
    return picture(self, self->program, id, message);
}

static bool driver_message(void *arg, uint16_t id, const union channel_any *message)
{
    struct session_link *self = arg;

    return picture(self, self->driver, id, message);
}

struct session_link *session_link_create(struct adapter *adapter, uint32_t connection,
                                         const struct layout *layout, struct link_counters *counters)
{
    struct session_link *self = calloc(1, sizeof *self);

    if (!self)
        return NULL;
    self->shared = (struct producer_shared){
        .adapter = adapter, .counters = counters, .layout = layout, .connection = connection};
    self->program_owner =
        (struct producer_owner){LINK_PRODUCER_PROGRAM, "session program", PROGRAM_RETRY_MAX_MS, grant,
                                program_attached,      program_detached,  program_message,      self};
    self->driver_owner =
        (struct producer_owner){LINK_PRODUCER_DRIVER, "display driver", DRIVER_RETRY_MAX_MS, grant,
                                driver_attached,      driver_detached,  driver_message,      self};
    self->program = producer_link_create(&self->program_owner, &self->shared);
    self->driver = producer_link_create(&self->driver_owner, &self->shared);
    if (self->program && self->driver)
        return self;
    session_link_destroy(self);
    return NULL;
}

void session_link_destroy(struct session_link *self)
{
    if (!self)
        return;
    producer_link_destroy(self->driver);
    producer_link_destroy(self->program);
    free(self);
}

void session_link_use(struct session_link *self, struct display_consumer *display, struct input_relay *input)
{
    self->display = display;
    self->input = input;
}

/* After an arbitration the old session's driver may be unloaded later than the new one's is there. */
static void follow_driver(struct session_link *self)
{
    bool wanted = self->connected && self->driver_loaded && self->driver_session == self->session;

    if (wanted && !producer_link_wanted(self->driver))
        producer_link_connect(self->driver);
    else if (!wanted)
        producer_link_disconnect(self->driver);
}

void session_link_connect(struct session_link *self, uint32_t session)
{
    producer_link_disconnect(self->driver);
    self->connected = true;
    self->session = session;
    producer_link_connect(self->program);
    follow_driver(self);
}

void session_link_disconnect(struct session_link *self)
{
    self->connected = false;
    producer_link_disconnect(self->driver);
    producer_link_disconnect(self->program);
}

void session_link_driver(struct session_link *self, const struct link_display_driver *driver)
{
    if (driver->load) {
        self->driver_loaded = true;
        self->driver_session = driver->session;
        producer_link_disconnect(self->driver); /* it is another device */
    } else if (self->driver_session == driver->session) {
        self->driver_loaded = false;
    }
    follow_driver(self);
}

/* No driver draws or is about to, and the program that there is has no slots to draw into: it gave them up
 * when the driver took over, or they are of another size. */
static bool program_is_idle(const struct session_link *self)
{
    if (self->drawer == self->driver || producer_link_expected(self->driver))
        return false;
    return producer_link_outgrown(self->program) || (!self->drawer && producer_link_shown(self->program));
}

void session_link_resized(struct session_link *self)
{
    if (producer_link_outgrown(self->driver))
        producer_link_connect(self->driver);
    /* one that does not draw knows from its desktop what input means */
    if (program_is_idle(self))
        producer_link_connect(self->program);
}

void session_link_result(struct session_link *self, const struct link_grant_result *result)
{
    producer_link_result(self->program, result);
    producer_link_result(self->driver, result);
}

bool session_link_send_display(void *arg, uint16_t id, const void *message)
{
    struct session_link *self = arg;

    return self->drawer && producer_link_send(self->drawer, id, message);
}

bool session_link_send_input(void *arg, uint16_t id, const void *message)
{
    struct session_link *self = arg;

    return producer_link_send(self->program, id, message);
}

unsigned session_link_events(struct session_link *self, HANDLE *events)
{
    HANDLE program = producer_link_event(self->program), driver = producer_link_event(self->driver);
    unsigned n = 0;

    if (program)
        events[n++] = program;
    if (driver)
        events[n++] = driver;
    return n;
}

uint32_t session_link_timeout(const struct session_link *self)
{
    uint32_t program = producer_link_timeout(self->program), driver = producer_link_timeout(self->driver);
    uint32_t sooner = program < driver ? program : driver, left;
    uint64_t now = os_now_ms();

    if (!program_is_idle(self))
        return sooner;
    left = self->fall_back_ms > now ? (uint32_t)(self->fall_back_ms - now) : 0;
    return left < sooner ? left : sooner;
}

static void fall_back(struct session_link *self)
{
    uint64_t now = os_now_ms();

    if (!program_is_idle(self)) {
        self->fall_back_ms = 0;
    } else if (self->fall_back_ms == 0) {
        self->fall_back_ms = now + FALL_BACK_MS;
    } else if (now >= self->fall_back_ms) {
        log_info("peer", self->shared.connection, "the session program draws again");
        producer_link_connect(self->program);
    }
}

void session_link_check(struct session_link *self)
{
    producer_link_check(self->program);
    producer_link_check(self->driver);
    fall_back(self);
}
