/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <freerdp/gdi/gdi.h>
#include <freerdp/input.h>

#define SNAPSHOT_EVERY_US 300000
#define MATCH_STEP 13      /* one pixel of so many is looked at */
#define MATCH_TOLERANCE 40 /* of a channel: what a lossy codec may do to text */
#define MATCH_PART 100     /* one pixel of so many may be off */
#define ECHO_SCANCODE 0x1E /* "a" */

struct snapshot {
    uint32_t frame;
    struct picture picture;
};

struct viewer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct scene *scene; /* only its marks are read, it never steps */
    enum scene_kind kind;
    uint32_t width, height;
    struct echo_times *times;
    struct picture expected;

    bool counting;
    uint32_t last_frame;
    uint64_t next_snapshot_us;
    struct snapshot snapshots[VIEWER_SNAPSHOTS];
    unsigned snapshot_count;
    struct viewer_figures figures;

    bool waiting; /* for a field to turn */
    enum echo_field field;
    bool field_high;
    uint64_t sent_us;
};

struct viewer *viewer_create(enum scene_kind scene, uint32_t width, uint32_t height, struct echo_times *times)
{
    struct viewer *self = calloc(1, sizeof(*self));
    pthread_condattr_t attributes;

    if (!self)
        return NULL;
    self->kind = scene;
    self->width = width;
    self->height = height;
    self->times = times;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (scene < SCENE_KINDS && !(self->scene = scene_create(scene, width, height))) {
        viewer_destroy(self);
        return NULL;
    }
    return self;
}

void viewer_destroy(struct viewer *self)
{
    if (!self)
        return;
    for (unsigned i = 0; i < self->snapshot_count; i++)
        picture_finish(&self->snapshots[i].picture);
    picture_finish(&self->expected);
    samples_finish(&self->figures.delay);
    samples_finish(&self->figures.echo);
    scene_destroy(self->scene);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static bool nearly_expected(const struct viewer *self, const rdpGdi *gdi)
{
    size_t wrong = 0, looked = 0, all = (size_t)self->width * self->height;

    for (size_t at = 0; at < all; at += MATCH_STEP, looked++) {
        const uint8_t *a = self->expected.pixels + at * 4;
        const uint8_t *b =
            gdi->primary_buffer + at / self->width * (size_t)gdi->stride + at % self->width * 4;

        wrong += abs(a[0] - b[0]) > MATCH_TOLERANCE || abs(a[1] - b[1]) > MATCH_TOLERANCE ||
                 abs(a[2] - b[2]) > MATCH_TOLERANCE;
    }
    return wrong <= looked / MATCH_PART;
}

static void take_snapshot(struct viewer *self, const rdpGdi *gdi, uint64_t now)
{
    struct snapshot *snapshot = &self->snapshots[self->snapshot_count];

    if (self->snapshot_count == VIEWER_SNAPSHOTS || now < self->next_snapshot_us)
        return;
    if (picture_init(&snapshot->picture, self->width, self->height, gdi->primary_buffer, gdi->stride)) {
        snapshot->frame = self->last_frame;
        self->snapshot_count++;
        self->next_snapshot_us = now + SNAPSHOT_EVERY_US;
    }
}

static void look_for_frame(struct viewer *self, const rdpGdi *gdi, uint64_t now)
{
    uint32_t newest = atomic_load(&self->times->frame), frame = newest;

    while (frame > self->last_frame && !scene_shows(self->scene, frame, gdi->primary_buffer, gdi->stride))
        frame--;
    if (frame == self->last_frame)
        return;
    self->last_frame = frame;
    if (!self->counting)
        return;
    self->figures.shown++;
    samples_add(&self->figures.delay, now - atomic_load(&self->times->painted[frame % ECHO_TIMES]));
    take_snapshot(self, gdi, now);
}

static void look_for_field(struct viewer *self, const rdpGdi *gdi, uint64_t now)
{
    uint32_t x = echo_x(self->width, self->field) + ECHO_SIDE / 2, y = echo_y(self->height) + ECHO_SIDE / 2;
    const uint8_t *pixel = gdi->primary_buffer + (size_t)y * gdi->stride + (size_t)x * 4;

    if ((pixel[2] > 0x80) == self->field_high)
        return;
    self->waiting = false;
    samples_add(&self->figures.echo, now - self->sent_us);
    pthread_cond_broadcast(&self->changed);
}

void viewer_painted(rdpContext *context, void *arg)
{
    struct viewer *self = arg;
    const rdpGdi *gdi = context->gdi;
    uint64_t now = client_now_us();

    if ((uint32_t)gdi->width != self->width || (uint32_t)gdi->height != self->height)
        return;
    pthread_mutex_lock(&self->lock);
    if (self->expected.pixels && !self->figures.match_us && nearly_expected(self, gdi)) {
        self->figures.match_us = now;
        self->figures.match_cpu_us = client_cpu_us();
        pthread_cond_broadcast(&self->changed);
    }
    if (self->waiting)
        look_for_field(self, gdi, now);
    if (self->scene && self->times)
        look_for_frame(self, gdi, now);
    pthread_mutex_unlock(&self->lock);
}

bool viewer_expect(struct viewer *self, const struct picture *picture)
{
    bool good =
        picture->width == self->width && picture->height == self->height &&
        picture_init(&self->expected, picture->width, picture->height, picture->pixels, picture->width * 4);

    return good;
}

static struct timespec deadline_in(unsigned ms)
{
    uint64_t at = client_now_us() + (uint64_t)ms * 1000;

    return (struct timespec){.tv_sec = (time_t)(at / 1000000), .tv_nsec = (long)(at % 1000000) * 1000};
}

bool viewer_wait_expected(struct viewer *self, unsigned ms)
{
    struct timespec until = deadline_in(ms);
    bool seen;

    pthread_mutex_lock(&self->lock);
    while (!self->figures.match_us &&
           pthread_cond_timedwait(&self->changed, &self->lock, &until) != ETIMEDOUT)
        ;
    seen = self->figures.match_us != 0;
    pthread_mutex_unlock(&self->lock);
    return seen;
}

void viewer_begin(struct viewer *self)
{
    pthread_mutex_lock(&self->lock);
    self->counting = true;
    pthread_mutex_unlock(&self->lock);
}

void viewer_end(struct viewer *self)
{
    pthread_mutex_lock(&self->lock);
    self->counting = false;
    pthread_mutex_unlock(&self->lock);
}

struct probe {
    struct viewer *viewer;
    enum echo_field field;
};

static bool send_probe(rdpContext *context, void *arg)
{
    const struct probe *probe = arg;
    struct viewer *self = probe->viewer;
    uint32_t x = echo_x(self->width, probe->field) + ECHO_SIDE / 2, y = echo_y(self->height) + ECHO_SIDE / 2;
    const uint8_t *pixel = context->gdi->primary_buffer + (size_t)y * context->gdi->stride + (size_t)x * 4;
    static unsigned moves;

    pthread_mutex_lock(&self->lock);
    self->field = probe->field;
    self->field_high = pixel[2] > 0x80;
    self->waiting = true;
    self->sent_us = client_now_us();
    pthread_mutex_unlock(&self->lock);
    if (probe->field == ECHO_MOUSE)
        return freerdp_input_send_mouse_event(context->input, PTR_FLAGS_MOVE, (UINT16)(100 + moves++ % 200),
                                              90);
    return freerdp_input_send_keyboard_event(context->input, KBD_FLAGS_DOWN, ECHO_SCANCODE) &&
           freerdp_input_send_keyboard_event(context->input, KBD_FLAGS_RELEASE, ECHO_SCANCODE);
}

bool viewer_echo(struct viewer *self, struct client *client, enum echo_field field, unsigned ms)
{
    struct probe probe = {self, field};
    struct timespec until = deadline_in(ms);
    bool came;

    if (!client_run(client, send_probe, &probe))
        return false;
    pthread_mutex_lock(&self->lock);
    while (self->waiting && pthread_cond_timedwait(&self->changed, &self->lock, &until) != ETIMEDOUT)
        ;
    came = !self->waiting;
    self->waiting = false;
    self->figures.echo_lost += !came;
    pthread_mutex_unlock(&self->lock);
    return came;
}

static double psnr(double square)
{
    return square > 0 ? fmin(10.0 * log10(255.0 * 255.0 / square), 100.0) : 100.0;
}

/* Makes the frames again, up to the last one that was kept. */
static void compare_snapshots(struct viewer *self)
{
    struct scene *scene = scene_create(self->kind, self->width, self->height);
    struct viewer_figures *figures = &self->figures;

    for (unsigned i = 0; scene && i < self->snapshot_count; i++) {
        const struct scene_rect area = scene_area(scene);
        const struct picture_rect part = {area.x, area.y, area.width, area.height};
        struct picture_difference difference;
        struct scene_change change;
        struct picture right = {self->width, self->height, NULL};

        while (scene_frame(scene) < self->snapshots[i].frame)
            scene_step(scene, &change);
        right.pixels = (uint8_t *)(uintptr_t)scene_pixels(scene);
        if (picture_compare(&right, &self->snapshots[i].picture, &part, 0, &difference)) {
            double value = psnr(difference.square);

            figures->motion_psnr += value;
            figures->motion_worst =
                figures->motion_count && figures->motion_worst < value ? figures->motion_worst : value;
            figures->motion_count++;
        }
    }
    if (figures->motion_count)
        figures->motion_psnr /= figures->motion_count;
    scene_destroy(scene);
}

void viewer_take(struct viewer *self, struct viewer_figures *out)
{
    if (self->scene && scene_rate(self->kind))
        compare_snapshots(self);
    *out = self->figures;
    memset(&self->figures, 0, sizeof(self->figures));
}

static bool copy_picture(rdpContext *context, void *arg)
{
    const rdpGdi *gdi = context->gdi;

    return picture_init(arg, (uint32_t)gdi->width, (uint32_t)gdi->height, gdi->primary_buffer, gdi->stride);
}

bool viewer_grab(struct client *client, struct picture *out)
{
    memset(out, 0, sizeof(*out));
    return client_run(client, copy_picture, out);
}
