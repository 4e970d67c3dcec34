/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/producer.h"

#include <stdlib.h>
#include <string.h>

/* At most 60 captures a second in the long run; two may follow each other closely (SPACING_US), so that the
 * answer to a key does not wait for the rhythm of an animation. */
#define INTERVAL_US 16667
#define BURST_US (2 * INTERVAL_US)
#define SPACING_US 8000

#define RETRY_MS 10 /* the pipe to the peer is full */
#define LATER_MS 50 /* the desktop cannot be captured right now */

struct producer {
    struct producer_config config;
    struct slot_history history;
    uint32_t width, height; /* of the desktop when it was last captured */

    bool credit[SLOT_COUNT];
    bool margin[SLOT_COUNT]; /* the slot may show something outside the desktop: to be blackened */
    uint32_t sequence;       /* of the last frame */
    uint32_t previous;       /* its slot */
    bool refresh, suppressed, hello_sent, frame_waits, full;
    struct channel_frame frame; /* while frame_waits: captured, not sent yet */

    uint64_t last_us; /* start of the last capture */
    uint64_t due_us;  /* when a strictly even rhythm would capture next */
    uint64_t later_us;

    uint32_t shape_serial, position_serial, indicators_serial;
    uint32_t part_serial; /* of the shape that is on its way, */
    uint16_t part_top;    /* and the row that comes next */
    struct channel_pointer part;
};

struct producer *producer_create(const struct producer_config *config)
{
    struct producer *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->config = *config;
    slot_history_init(&self->history, config->layout.width, config->layout.height);
    self->width = config->desktop->width;
    self->height = config->desktop->height;
    self->previous = SLOT_COUNT;
    self->refresh = true;
    /* A move that the desktop made before anybody looked is nothing new. */
    self->position_serial = config->desktop->position_serial;
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        self->margin[i] = true;
    return self;
}

void producer_destroy(struct producer *self)
{
    free(self);
}

enum os_status producer_message(struct producer *self, uint16_t id, const union channel_any *message,
                                const char **problem)
{
    switch (id) {
    case CHANNEL_CREDIT:
        if (message->credit.slot >= SLOT_COUNT) {
            *problem = "credit for a slot that does not exist";
            return OS_INVALID;
        }
        if (self->credit[message->credit.slot] ||
            (self->frame_waits && self->frame.slot == message->credit.slot)) {
            *problem = "second credit for the same slot";
            return OS_INVALID;
        }
        self->credit[message->credit.slot] = true;
        return OS_OK;
    case CHANNEL_REFRESH:
        self->refresh = true;
        return OS_OK;
    case CHANNEL_SUPPRESS:
        self->suppressed = message->value.value != 0;
        return OS_OK;
    default:
        *problem = "a message that only a session program sends";
        return OS_INVALID;
    }
}

/* The credited slot that lacks least; SLOT_COUNT without a credit. */
static uint32_t pick_slot(const struct producer *self)
{
    uint32_t best = SLOT_COUNT;
    uint64_t best_area = UINT64_MAX;

    for (uint32_t i = 0; i < SLOT_COUNT; i++) {
        uint64_t area;

        if (!self->credit[i])
            continue;
        area = damage_area(&self->history.missing[i]);
        if (area < best_area) {
            best_area = area;
            best = i;
        }
    }
    return best;
}

static uint64_t earliest_us(const struct producer *self)
{
    uint64_t spaced = self->last_us ? self->last_us + SPACING_US : 0;
    uint64_t paced = self->due_us > BURST_US ? self->due_us - BURST_US : 0;
    uint64_t at = spaced > paced ? spaced : paced;

    return at > self->later_us ? at : self->later_us;
}

static void blacken(const struct producer *self, uint32_t slot)
{
    const struct slot_layout *layout = &self->config.layout;
    uint8_t *pixels = slot_pixels(layout, self->config.base, slot);
    uint32_t inside = self->width < layout->width ? self->width : layout->width;

    for (uint32_t y = 0; y < layout->height; y++) {
        uint32_t from = y < self->height ? inside : 0;

        memset(pixels + (size_t)y * layout->stride + (size_t)from * 4, 0, (size_t)(layout->width - from) * 4);
    }
}

/* Copies `r` without changed->rects[i...] from the frame before. */
static void copy_outside(const struct producer *self, uint32_t slot, struct channel_rect r,
                         const struct damage *changed, uint32_t i)
{
    const struct slot_layout *layout = &self->config.layout;
    const uint8_t *from = slot_pixels(layout, self->config.base, self->previous);
    uint8_t *to = slot_pixels(layout, self->config.base, slot);

    for (; i < changed->count; i++) {
        const struct channel_rect *hole = &changed->rects[i];
        struct channel_rect part = r;

        if (hole->left >= r.right || hole->right <= r.left || hole->top >= r.bottom || hole->bottom <= r.top)
            continue;
        if (r.top < hole->top) {
            part.bottom = hole->top;
            copy_outside(self, slot, part, changed, i + 1);
            part.bottom = r.bottom;
            part.top = r.top = hole->top;
        }
        if (r.bottom > hole->bottom) {
            part.top = hole->bottom;
            copy_outside(self, slot, part, changed, i + 1);
            part.top = r.top;
            part.bottom = r.bottom = hole->bottom;
        }
        if (r.left < hole->left) {
            part.right = hole->left;
            copy_outside(self, slot, part, changed, i + 1);
        }
        if (r.right <= hole->right)
            return;
        r.left = hole->right;
    }
    for (uint32_t y = r.top; y < r.bottom; y++) {
        size_t at = (size_t)y * layout->stride + (size_t)r.left * 4;

        memcpy(to + at, from + at, (size_t)(r.right - r.left) * 4);
    }
}

/* What changed in frames that went into other slots. */
static void catch_up(const struct producer *self, uint32_t slot, const struct damage *changed)
{
    const struct damage *missing = &self->history.missing[slot];

    if (self->previous == slot || self->previous == SLOT_COUNT)
        return;
    for (uint32_t i = 0; i < missing->count; i++)
        copy_outside(self, slot, missing->rects[i], changed, 0);
}

static enum os_status send_now(struct producer *self, uint16_t id, const void *message)
{
    enum os_status status = self->config.send(self->config.arg, id, message);

    if (status == OS_AGAIN)
        self->full = true;
    return status;
}

/* The shape's rows from where the pipe was full; from the first when it is another one by now. */
static enum os_status send_shape(struct producer *self)
{
    const struct desktop *desktop = self->config.desktop;
    struct channel_value none = {0};
    enum os_status status;

    if (desktop->shape_hidden)
        return send_now(self, CHANNEL_POINTER_HIDE, &none);
    if (self->part_serial != desktop->shape_serial)
        self->part_top = 0;
    self->part_serial = desktop->shape_serial;
    while (self->part_top < desktop->shape.height) {
        uint16_t next = pointer_image_part(&desktop->shape, self->part_top, &self->part);

        if ((status = send_now(self, CHANNEL_POINTER, &self->part)) != OS_OK)
            return status;
        self->part_top = next;
    }
    return OS_OK;
}

/* Hello and what the desktop says of its pointer and lock keys: only the newest state, when it is new. */
static enum os_status send_states(struct producer *self, bool *sent)
{
    const struct desktop *desktop = self->config.desktop;
    enum os_status status;

    if (!self->hello_sent) {
        const struct slot_layout *layout = &self->config.layout;
        struct channel_hello hello = {0};

        hello.width = desktop->width < layout->width ? desktop->width : layout->width;
        hello.height = desktop->height < layout->height ? desktop->height : layout->height;
        memcpy(hello.backend, desktop->impl->name, strlen(desktop->impl->name) + 1);
        if ((status = send_now(self, CHANNEL_HELLO, &hello)) != OS_OK)
            return status;
        self->hello_sent = *sent = true;
    }
    if (self->shape_serial != desktop->shape_serial) {
        if ((status = send_shape(self)) != OS_OK)
            return status;
        self->shape_serial = desktop->shape_serial;
        *sent = true;
    }
    if (self->position_serial != desktop->position_serial) {
        if ((status = send_now(self, CHANNEL_POINTER_MOVE, &desktop->position)) != OS_OK)
            return status;
        self->position_serial = desktop->position_serial;
        *sent = true;
    }
    if (self->indicators_serial != desktop->indicators_serial) {
        struct channel_value value = {desktop->indicators};

        if ((status = send_now(self, CHANNEL_INDICATORS, &value)) != OS_OK)
            return status;
        self->indicators_serial = desktop->indicators_serial;
        *sent = true;
    }
    return OS_OK;
}

/* Captures into a credited slot; leaves a frame to be sent when something changed. */
static enum producer_result capture(struct producer *self, uint32_t slot, uint64_t now)
{
    struct desktop *desktop = self->config.desktop;
    struct damage changed;
    struct desktop_target target = {.layout = &self->config.layout,
                                    .base = self->config.base,
                                    .memory = self->config.memory,
                                    .slot = slot,
                                    .previous = self->previous,
                                    .changed = &changed};

    if (self->width != desktop->width || self->height != desktop->height) {
        self->width = desktop->width;
        self->height = desktop->height;
        self->refresh = true;
        for (unsigned i = 0; i < SLOT_COUNT; i++)
            self->margin[i] = true;
    }
    damage_init(&changed, self->config.layout.width, self->config.layout.height);
    if (self->refresh)
        damage_add_all(&changed);

    self->last_us = now;
    switch (desktop->impl->capture(desktop, &target)) {
    case DESKTOP_CAPTURED:
        break;
    case DESKTOP_LATER:
        self->refresh = true;
        self->later_us = now + LATER_MS * 1000;
        return PRODUCER_IDLE;
    default:
        return PRODUCER_DESKTOP_GONE;
    }
    if (damage_empty(&changed))
        return PRODUCER_IDLE;

    self->due_us = (self->due_us > now ? self->due_us : now) + INTERVAL_US;
    catch_up(self, slot, &changed);
    if (self->margin[slot]) {
        blacken(self, slot);
        self->margin[slot] = false;
    }
    slot_history_damage(&self->history, &changed);
    slot_history_written(&self->history, slot);
    self->refresh = false;
    self->credit[slot] = false;
    self->previous = slot;

    self->frame.slot = slot;
    if (++self->sequence == 0)
        self->sequence = 1;
    self->frame.sequence = self->sequence;
    self->frame.captured_us = now;
    self->frame.rect_count = changed.count;
    memcpy(self->frame.rects, changed.rects, changed.count * sizeof(changed.rects[0]));
    self->frame_waits = true;
    return PRODUCER_BUSY;
}

static enum producer_result from_status(enum os_status status)
{
    return status == OS_AGAIN ? PRODUCER_IDLE : PRODUCER_PEER_GONE;
}

enum producer_result producer_run(struct producer *self)
{
    struct desktop *desktop = self->config.desktop;
    enum producer_result result;
    enum os_status status;
    bool sent = false;
    uint64_t now;
    uint32_t slot;

    self->full = false;
    if ((status = send_states(self, &sent)) != OS_OK)
        return from_status(status);

    slot = self->suppressed || self->frame_waits ? SLOT_COUNT : pick_slot(self);
    if (slot < SLOT_COUNT) {
        now = os_now_us();
        if ((self->refresh || desktop->impl->dirty(desktop, now)) && now >= earliest_us(self)) {
            result = capture(self, slot, now);
            if (result == PRODUCER_DESKTOP_GONE)
                return result;
            /* a capture may have brought news: the loop comes round for them */
            sent = true;
        }
    }
    if (self->frame_waits) {
        if ((status = send_now(self, CHANNEL_FRAME, &self->frame)) != OS_OK)
            return from_status(status);
        self->frame_waits = false;
        sent = true;
    }
    return sent ? PRODUCER_BUSY : PRODUCER_IDLE;
}

uint32_t producer_timeout(struct producer *self)
{
    struct desktop *desktop = self->config.desktop;
    uint64_t now = os_now_us(), at;
    uint32_t ms;

    if (self->full)
        return RETRY_MS;
    if (self->suppressed || pick_slot(self) == SLOT_COUNT)
        return DESKTOP_NEVER;
    ms = self->refresh || desktop->impl->dirty(desktop, now) ? 0 : desktop->impl->timeout(desktop, now);
    if (ms == DESKTOP_NEVER)
        return ms;
    at = earliest_us(self);
    if (at > now && (at - now + 999) / 1000 > ms)
        ms = (uint32_t)((at - now + 999) / 1000);
    return ms;
}
