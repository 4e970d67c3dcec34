/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session program and a display driver that lie, against the peer's end: their pipes, session_link.c and
 * the display behind it, with frames drawn into real slots and encoded as bitmap updates. One that breaks the
 * protocol is dropped and asked for again; the client's picture never leaves its bounds.
 */
#include <freerdp/settings.h>
#include <freerdp/update.h>

#include "fuzz.h"
#include "os/log.h"
#include "os/shm.h"
#include "peer/adapter.h"
#include "peer/session_link.h"
#include "link/link_pipe.h"

#define STEPS_MAX 64

static rdpContext context;
static rdpUpdate update;
static rdpPointerUpdate pointer_update;
static freerdp_peer peer;
static uint32_t width, height;
static struct link_counters counters;
static bool blocked;

static BOOL on_bitmap(rdpContext *c, const BITMAP_UPDATE *u)
{
    for (UINT32 i = 0; i < u->number; i++) {
        const BITMAP_DATA *data = &u->rectangles[i];
        unsigned sum = 0;

        MUST(data->destRight < width && data->destBottom < height && data->destLeft <= data->destRight &&
             data->destTop <= data->destBottom);
        for (UINT32 k = 0; k < data->bitmapLength; k++)
            sum += data->bitmapDataStream[k];
        *(volatile unsigned *)&sum = sum; /* read, so that the sanitizer looks at every byte */
    }
    return TRUE;
}

static BOOL on_marker(rdpContext *c, const SURFACE_FRAME_MARKER *marker)
{
    return TRUE;
}

static void check_masks(const POINTER_COLOR_UPDATE *u)
{
    MUST(u->width <= 96 && u->height <= 96);
    MUST(u->hotSpotX < u->width && u->hotSpotY < u->height);
    MUST(u->lengthXorMask <= 96 * 96 * 4);
}

static BOOL on_new(rdpContext *c, const POINTER_NEW_UPDATE *u)
{
    check_masks(&u->colorPtrAttr);
    return TRUE;
}

static BOOL on_large(rdpContext *c, const POINTER_LARGE_UPDATE *u)
{
    MUST(u->width <= CHANNEL_POINTER_MAX && u->height <= CHANNEL_POINTER_MAX);
    MUST(u->hotSpotX < u->width && u->hotSpotY < u->height);
    MUST(u->lengthXorMask == (uint32_t)u->width * u->height * 4);
    return TRUE;
}

static BOOL on_colour(rdpContext *c, const POINTER_COLOR_UPDATE *u)
{
    check_masks(u);
    return TRUE;
}

static BOOL on_cached(rdpContext *c, const POINTER_CACHED_UPDATE *u)
{
    MUST(u->cacheIndex < 20);
    return TRUE;
}

static BOOL on_system(rdpContext *c, const POINTER_SYSTEM_UPDATE *u)
{
    return TRUE;
}

static BOOL on_position(rdpContext *c, const POINTER_POSITION_UPDATE *u)
{
    return TRUE;
}

static BOOL is_blocked(freerdp_peer *rdp)
{
    return blocked;
}

static void no_line(enum log_level level, const char *line, size_t len, void *arg)
{
    must_be_a_line(line);
}

static void begin(void)
{
    log_set_sink(no_line, NULL);
    context.update = &update;
    context.peer = &peer;
    update.BitmapUpdate = on_bitmap;
    update.SurfaceFrameMarker = on_marker;
    update.pointer = &pointer_update;
    pointer_update.PointerNew = on_new;
    pointer_update.PointerLarge = on_large;
    pointer_update.PointerColor = on_colour;
    pointer_update.PointerCached = on_cached;
    pointer_update.PointerSystem = on_system;
    pointer_update.PointerPosition = on_position;
    peer.context = &context;
    peer.IsWriteBlocked = is_blocked;
}

/* What a client may be. */
static void new_client(struct input *input)
{
    static const uint32_t depths[] = {32, 24, 16, 15};
    uint8_t kind = input_byte(input);

    freerdp_settings_free(context.settings);
    context.settings = freerdp_settings_new(FREERDP_SETTINGS_SERVER_MODE);
    MUST(context.settings);
    width = 2 * (1 + input_byte(input) % 80u);
    height = 1 + input_byte(input) % 100u;
    MUST(freerdp_settings_set_uint32(context.settings, FreeRDP_DesktopWidth, width) &&
         freerdp_settings_set_uint32(context.settings, FreeRDP_DesktopHeight, height) &&
         freerdp_settings_set_uint32(context.settings, FreeRDP_ColorDepth, depths[kind % 4]) &&
         freerdp_settings_set_uint32(context.settings, FreeRDP_PointerCacheSize, kind & 4 ? 20 : 0) &&
         freerdp_settings_set_uint32(context.settings, FreeRDP_LargePointerFlag,
                                     kind & 8 ? kind & 64 ? 3 : 1 : 0) &&
         freerdp_settings_set_bool(context.settings, FreeRDP_NoBitmapCompressionHeader, (kind & 16) != 0) &&
         freerdp_settings_set_bool(context.settings, FreeRDP_SurfaceFrameMarkerEnabled, (kind & 32) != 0) &&
         freerdp_settings_set_uint32(context.settings, FreeRDP_FrameAcknowledge, kind & 32 ? 2 : 0) &&
         freerdp_settings_set_uint32(context.settings, FreeRDP_MultifragMaxRequestSize,
                                     kind & 128 ? 800000 : 65536));
    blocked = false;
}

/* A producer. */
struct program {
    struct os_pipe *pipe;
    struct os_shm memory;
    uint32_t memory_size;
    uint32_t credit[8], credits, sequence; /* slots that it may write */
    bool lied;                             /* broke the protocol on purpose: must be dropped */
    bool greeted, draws;                   /* said hello; and is the one that is shown */
};

static void program_end(struct program *self)
{
    os_pipe_destroy(self->pipe);
    os_shm_finish(&self->memory);
    *self = (struct program){.memory = OS_SHM_INIT};
}

/* The adapter's part: what was granted becomes the producer's. */
static void take_grant(struct os_pipe *link, struct program programs[LINK_PRODUCERS])
{
    struct link_message message;

    while (link_receive(link, &message) == OS_OK) {
        if (message.description->id == LINK_GRANT) {
            struct program *self = &programs[message.any.grant.producer];

            MUST(message.any.grant.monitor_count == 1);
            program_end(self);
            self->memory_size = message.any.grant.memory_size;
            MUST(os_shm_map(&self->memory, message.pass[0].handle, self->memory_size) == OS_OK);
            MUST(os_pipe_from_handle(message.pass[1].handle, &self->pipe) == OS_OK);
            message.npass = 0;
        }
        link_message_finish(&message);
    }
}

static void take_credits(struct program *self)
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

        MUST(message && message->id < CHANNEL_HELLO);
        if (message->id == CHANNEL_CREDIT) {
            MUST(any.credit.slot < 3 && self->credits < 2);
            self->credit[self->credits++] = any.credit.slot;
        }
    }
}

static void send_raw(struct program *self, uint16_t id, const uint8_t *piece, size_t len)
{
    static uint8_t message[OS_PIPE_MESSAGE_MAX];
    uint32_t size;

    if (len > sizeof message - WIRE_HEADER_SIZE)
        len = sizeof message - WIRE_HEADER_SIZE;
    size = (uint32_t)len;
    memcpy(message, &(uint16_t[]){id, CHANNEL_VERSION}, 4);
    memcpy(message + 4, &size, 4);
    memcpy(message + WIRE_HEADER_SIZE, piece, len);
    os_pipe_send(self->pipe, message, WIRE_HEADER_SIZE + len, NULL, 0);
}

/* False: it cannot be said in a message. */
static bool send_message(struct program *self, uint16_t id, const void *any)
{
    static uint8_t buf[OS_PIPE_MESSAGE_MAX];
    const char *problem;
    size_t len = wire_encode(&channel_table, id, any, buf, sizeof buf, &problem);

    return len > 0 && os_pipe_send(self->pipe, buf, len, NULL, 0) == OS_OK;
}

static bool has_credit(struct program *self, uint32_t slot)
{
    for (uint32_t i = 0; i < self->credits; i++) {
        if (self->credit[i] == slot) {
            self->credit[i] = self->credit[--self->credits];
            return true;
        }
    }
    return false;
}

/* A frame that an honest program could send, or with a slot that it does not own, or a rectangle outside. */
static void send_frame(struct program *self, struct input *input)
{
    uint8_t how = input_byte(input);
    struct channel_frame frame = {.slot = how % 5, .sequence = self->sequence + 1 + how / 250};
    bool credited;

    if (how >= 40 && self->credits > 0)
        frame.slot = self->credit[how % self->credits];
    credited = has_credit(self, frame.slot);
    self->lied = !credited;
    self->sequence = frame.sequence;
    frame.rect_count = input_byte(input) % 5;
    for (uint32_t i = 0; i < frame.rect_count; i++) {
        struct channel_rect *rect = &frame.rects[i];

        rect->left = input_byte(input);
        rect->top = input_byte(input);
        rect->right = (uint16_t)(rect->left + input_byte(input));
        rect->bottom = (uint16_t)(rect->top + input_byte(input));
        self->lied = self->lied || rect->right > width || rect->bottom > height ||
                     rect->left == rect->right || rect->top == rect->bottom;
    }
    if (frame.rect_count == 0) {
        frame.rect_count = 1;
        frame.rects[0] = (struct channel_rect){0, 0, (uint16_t)width, (uint16_t)height};
    }
    if (self->greeted && !self->draws)
        self->lied = false; /* nobody looks at what it says */
    if (send_message(self, CHANNEL_FRAME, &frame))
        return;
    self->lied = false;
    if (credited)
        self->credit[self->credits++] = frame.slot;
}

static void send_pointer(struct program *self, struct input *input)
{
    static struct channel_pointer pointer;
    const uint8_t *piece;
    size_t len;

    memset(&pointer, 0, sizeof pointer);
    pointer.width = 2 * input_byte(input) % (CHANNEL_POINTER_MAX + 2);
    pointer.height = 2 * input_byte(input) % (CHANNEL_POINTER_MAX + 2);
    pointer.hot_x = input_byte(input);
    pointer.hot_y = input_byte(input);
    pointer.top = input_byte(input);
    pointer.size = (uint32_t)pointer.width * pointer.height * 4;
    if (pointer.size > sizeof pointer.pixels)
        pointer.size =
            sizeof pointer.pixels - (pointer.width ? sizeof pointer.pixels % (4u * pointer.width) : 0);
    len = input_piece(input, &piece);
    memcpy(pointer.pixels, piece, len < sizeof pointer.pixels ? len : sizeof pointer.pixels);
    send_message(self, CHANNEL_POINTER, &pointer);
}

static void draw(struct program *self, struct input *input)
{
    const uint8_t *piece;
    uint32_t at = (uint32_t)input_byte(input) * 251 % 60000;
    size_t len = input_piece(input, &piece);

    for (size_t i = 0; len && i < 4096 && at + i < self->memory_size; i++)
        ((uint8_t *)self->memory.base)[at + i] = piece[i % len];
}

static void must_be_dropped(struct program *self)
{
    uint8_t buf[4096];
    enum os_status status;
    unsigned npass;
    size_t len;

    if (!self->lied || !self->pipe)
        return;
    do {
        npass = 0;
        status = os_pipe_receive(self->pipe, buf, sizeof buf, &len, NULL, &npass);
    } while (status == OS_OK);
    MUST(status == OS_CLOSED);
    program_end(self);
}

/* The driver takes over; a program draws when no driver does. */
static void greet(struct program *self, struct program programs[LINK_PRODUCERS])
{
    struct program *driver = &programs[LINK_PRODUCER_DRIVER];
    struct channel_hello hello = {.width = width, .height = height, .backend = "fuzz"};

    if (!send_message(self, CHANNEL_HELLO, &hello) || self->greeted)
        return;
    self->greeted = true;
    self->draws = self == driver || !driver->draws;
    if (self == driver)
        programs[LINK_PRODUCER_PROGRAM].draws = false;
}

static void program_act(struct program *self, struct program programs[LINK_PRODUCERS], struct input *input)
{
    const uint8_t *piece;
    size_t len;
    uint8_t what = input_byte(input);

    if (!self->pipe)
        return;
    switch (what % 8) {
    case 0:
        greet(self, programs);
        break;
    case 1:
    case 2:
        send_frame(self, input);
        break;
    case 3:
        send_pointer(self, input);
        break;
    case 4:
        draw(self, input);
        break;
    case 5:
        len = input_piece(input, &piece);
        send_raw(self, (uint16_t)(CHANNEL_HELLO + what / 8 % 7), piece, len);
        break;
    case 6:
        len = input_piece(input, &piece);
        os_pipe_send(self->pipe, piece, len, NULL, 0);
        break;
    case 7:
        if (what > 200)
            program_end(self);
        break;
    }
}

static void client_act(struct display_consumer *display, struct session_link *session, struct input *input)
{
    uint8_t what = input_byte(input);

    switch (what % 8) {
    case 0:
        display_consumer_suppress(display, what & 8);
        break;
    case 1:
        display_consumer_refresh(display);
        break;
    case 2:
        display_consumer_frame_ack(display, what / 8);
        break;
    case 3:
        blocked = what & 8;
        break;
    case 4:
        session_link_disconnect(session);
        break;
    case 5:
        session_link_connect(session, 1);
        break;
    case 6:
        session_link_driver(session,
                            &(struct link_display_driver){.load = what & 8, .session = what & 16 ? 2 : 1});
        break;
    default:
        display_consumer_check(display);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct input_relay_config relay = {.send = session_link_send_input, .counters = &counters};
    struct display_consumer_config config = {
        .peer = &peer, .counters = &counters, .send = session_link_send_display};
    struct program programs[LINK_PRODUCERS] = {{.memory = OS_SHM_INIT}, {.memory = OS_SHM_INIT}};
    struct layout layout;
    struct os_pipe *ours = NULL, *theirs = NULL;
    struct display_consumer *display;
    struct session_link *session;
    struct adapter *adapter;
    struct input_relay *keys;
    static bool once;

    if (!once)
        begin();
    once = true;
    new_client(&input);
    MUST(os_pipe_pair(&ours, &theirs) == OS_OK && (adapter = adapter_create(ours)));
    layout_single(&layout, width, height);
    session = session_link_create(adapter, 1, &layout, &counters);
    MUST(session);
    config.arg = relay.arg = session;
    display = display_consumer_create(&config);
    keys = input_relay_create(&relay);
    MUST(display && keys);
    session_link_use(session, display, keys);
    MUST(display_consumer_activate(display));
    session_link_connect(session, 1);
    session_link_driver(session, &(struct link_display_driver){.load = size % 2, .session = 1});
    for (int i = 0; i < STEPS_MAX && input.left > 0; i++) {
        uint8_t who = input_byte(&input);
        struct program *program = &programs[who / 8 % LINK_PRODUCERS];

        take_grant(theirs, programs);
        for (unsigned k = 0; k < LINK_PRODUCERS; k++)
            take_credits(&programs[k]);
        if (who % 8 == 7)
            client_act(display, session, &input);
        else
            program_act(program, programs, &input);
        session_link_check(session);
        must_be_dropped(program);
        MUST(display_consumer_check(display)); /* no program can break the client's connection */
    }
    session_link_destroy(session);
    display_consumer_destroy(display);
    input_relay_destroy(keys);
    for (unsigned k = 0; k < LINK_PRODUCERS; k++)
        program_end(&programs[k]);
    CloseHandle(adapter_event(adapter));
    os_pipe_destroy(ours);
    os_pipe_destroy(theirs);
    free(adapter); /* a peer keeps it until it ends: nothing else frees it */
    return 0;
}
