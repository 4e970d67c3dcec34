/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/consumer_private.h"

#include <stdlib.h>

#include <freerdp/settings.h>

#include "os/log.h"

/* A producer that is started again for another size, or takes over from another one, takes this long at most
 * to show itself, as a rule. */
#define CONSUMER_HOLD_MS 1500

struct display_consumer *display_consumer_create(const struct display_consumer_config *config)
{
    struct display_consumer *self = calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->config = *config;
    self->memory = SLOT_MEMORY_NONE;
    desk_init(&self->desk, 0, 0);
    pacing_init(&self->pacing);
    self->pointer = pointer_create(config->peer->context);
    if (!self->pointer) {
        free(self);
        return NULL;
    }
    return self;
}

void display_consumer_destroy(struct display_consumer *self)
{
    if (!self)
        return;
    consumer_path_finish(self);
    pointer_destroy(self->pointer);
    slot_memory_finish(&self->memory);
    free(self);
}

/* Forgets the slots: no reference, no waiting frame, nobody attached. */
static void drop_slots(struct display_consumer *self)
{
    slot_memory_finish(&self->memory);
    desk_init(&self->desk, self->width, self->height);
    self->attached = false;
}

/* The producer's slots could be written until now: what lies in the client's cache need not be what was
 * shown. */
static void distrust_cache(struct display_consumer *self)
{
    if (self->encode_gfx && !encode_gfx_forget(self->encode_gfx)) {
        log_error("display", self->config.connection, "no randomness");
        self->broken = true;
    }
}

static bool has_size(const struct display_consumer *self, const struct slot_layout *layout)
{
    return layout->width == self->width && layout->height == self->height;
}

static void take_size(struct display_consumer *self)
{
    const rdpSettings *settings = self->config.peer->context->settings;

    self->width = freerdp_settings_get_uint32(settings, FreeRDP_DesktopWidth);
    self->height = freerdp_settings_get_uint32(settings, FreeRDP_DesktopHeight);
}

bool display_consumer_activate(struct display_consumer *self)
{
    struct channel_value shown = {0};

    take_size(self);
    if (!has_size(self, &self->memory.layout))
        drop_slots(self);
    self->active = true;
    self->full = true;
    if (self->path != PATH_NONE)
        self->hold_ms = os_now_ms() + CONSUMER_HOLD_MS;
    /* a client that is activated wants to see; nothing is drawn before the path has the new size */
    if (self->suppressed && self->attached)
        self->config.send(self->config.arg, CHANNEL_SUPPRESS, &shown);
    self->suppressed = false;
    pointer_reset(self->pointer);
    if (!consumer_path_activate(self)) {
        self->broken = true;
        return false;
    }
    consumer_schedule(self);
    return true;
}

void display_consumer_deactivate(struct display_consumer *self)
{
    self->active = false;
}

void display_consumer_set_layout(struct display_consumer *self, const struct layout *layout)
{
    self->layout_wanted = *layout;
}

bool display_consumer_resize(struct display_consumer *self)
{
    take_size(self);
    if (!has_size(self, &self->memory.layout))
        drop_slots(self);
    self->full = true;
    self->hold_ms = os_now_ms() + CONSUMER_HOLD_MS;
    if (!consumer_path_activate(self)) {
        self->broken = true;
        return false;
    }
    consumer_schedule(self);
    return true;
}

bool display_consumer_ready(const struct display_consumer *self)
{
    return consumer_drawable(self);
}

bool display_consumer_uses_pipeline(const struct display_consumer *self)
{
    return self->path == PATH_PIPELINE;
}

bool display_consumer_grant(struct display_consumer *self, struct slot_memory *memory, os_handle *handle)
{
    if (!self->active)
        take_size(self);
    return slot_memory_create(memory, self->width, self->height, handle);
}

bool display_consumer_attach(struct display_consumer *self, struct slot_memory *memory,
                             const struct channel_hello *hello)
{
    struct channel_value suppress = {1};

    if (!has_size(self, &memory->layout) || hello->width > self->width || hello->height > self->height)
        return false;
    if (self->attached) {
        distrust_cache(self);
        self->full = true; /* what the client has is not in the new slots */
        self->hold_ms = os_now_ms() + CONSUMER_HOLD_MS;
    }
    drop_slots(self);
    self->memory = *memory;
    *memory = SLOT_MEMORY_NONE;
    self->attached = true;
    if (self->suppressed)
        self->config.send(self->config.arg, CHANNEL_SUPPRESS, &suppress);
    consumer_schedule(self);
    return true;
}

void display_consumer_detach(struct display_consumer *self)
{
    drop_slots(self);
    distrust_cache(self);
    pointer_default(self->pointer);
    self->full = true;
    consumer_schedule(self);
}

bool display_consumer_frame(struct display_consumer *self, const struct channel_frame *frame)
{
    /* a program whose slots were forgotten at a resize may still send what it had */
    if (!self->attached)
        return true;
    if (!desk_frame(&self->desk, frame))
        return false;
    self->pending_ms = os_now_ms();
    consumer_schedule(self);
    return true;
}

bool display_consumer_pointer(struct display_consumer *self, const struct channel_pointer *pointer)
{
    if (!pointer_shape(self->pointer, pointer))
        return false;
    consumer_schedule(self);
    return true;
}

void display_consumer_pointer_hide(struct display_consumer *self)
{
    pointer_hide(self->pointer);
    consumer_schedule(self);
}

void display_consumer_pointer_move(struct display_consumer *self, uint16_t x, uint16_t y)
{
    pointer_move(self->pointer, x, y);
    consumer_schedule(self);
}

void display_consumer_suppress(struct display_consumer *self, bool suppress)
{
    struct channel_value value = {suppress};

    if (suppress == self->suppressed)
        return;
    self->suppressed = suppress;
    if (self->attached)
        self->config.send(self->config.arg, CHANNEL_SUPPRESS, &value);
    if (!suppress) {
        /* what was in flight when the client looked away may never be acknowledged */
        pacing_clear(&self->pacing);
        self->full = true;
        consumer_schedule(self);
    }
}

void display_consumer_refresh(struct display_consumer *self)
{
    self->full = true;
    consumer_schedule(self);
}

void display_consumer_frame_ack(struct display_consumer *self, uint32_t frame)
{
    if (self->path != PATH_BITMAP)
        return;
    pacing_acked(&self->pacing, frame, os_now_ms());
    consumer_schedule(self);
}

unsigned display_consumer_events(struct display_consumer *self, HANDLE *events, unsigned cap)
{
    HANDLE event = self->gfx ? gfx_event(self->gfx) : NULL;

    if (!event || cap == 0)
        return 0;
    events[0] = event;
    return 1;
}

uint32_t display_consumer_timeout(struct display_consumer *self)
{
    return consumer_schedule_timeout(self);
}

bool display_consumer_check(struct display_consumer *self)
{
    if (self->active && !self->broken)
        consumer_path_check(self);
    if (!self->broken)
        consumer_schedule(self);
    return !self->broken;
}
