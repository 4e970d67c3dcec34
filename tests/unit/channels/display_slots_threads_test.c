/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of the frame slots as two threads of one process, over a real pipe and real shared memory, so
 * that a thread sanitizer sees whether the credits really keep the two from touching the same slot. */
#include "channels/display/desk.h"
#include "channels/display/tiles.h"
#include "os/os.h"
#include "os/pipe.h"
#include "os/shm.h"
#include "os/thread.h"

#include "check.h"
#include "random.h"

#include <stdlib.h>

#define WIDTH 200
#define HEIGHT 130
#define FRAMES 600

struct ends {
    struct os_pipe *producer, *peer;
    struct slot_layout layout;
    struct os_shm shm; /* one mapping for both: a sanitizer knows memory by its address */
    uint8_t *final;    /* the producer's desktop at its end; read after the join */
    /* No CHECK in the threads: its counter would order them. */
    const char *producer_failed, *peer_failed;
};

static bool send_message(struct os_pipe *pipe, uint16_t id, const void *message)
{
    uint8_t buf[4096];
    const char *problem;
    size_t len = wire_encode(&channel_table, id, message, buf, sizeof(buf), &problem);

    return len > 0 && os_pipe_send(pipe, buf, len, NULL, 0) == OS_OK;
}

static uint16_t receive(struct os_pipe *pipe, union channel_any *message)
{
    static _Thread_local uint8_t buf[OS_PIPE_MESSAGE_MAX];
    const struct wire_message *description;
    unsigned npass = 0;
    const char *problem;
    size_t len;

    if (os_pipe_wait(pipe, 20000) != OS_OK ||
        os_pipe_receive(pipe, buf, sizeof(buf), &len, NULL, &npass) != OS_OK)
        return 0;
    description = wire_decode(&channel_table, buf, len, message, sizeof(*message), &problem);
    return description ? description->id : 0;
}

static void paint(uint8_t *desktop, uint32_t stride, struct random *random, struct damage *damage)
{
    uint32_t left = random_below(random, WIDTH), top = random_below(random, HEIGHT);
    uint32_t right = left + 1 + random_below(random, 60), bottom = top + 1 + random_below(random, 40);
    uint32_t colour = random_next(random) & 0xffffff;

    right = right > WIDTH ? WIDTH : right;
    bottom = bottom > HEIGHT ? HEIGHT : bottom;
    damage_add(damage, (int)left, (int)top, (int)right, (int)bottom);
    for (uint32_t y = top; y < bottom; y++)
        for (uint32_t x = left; x < right; x++)
            memcpy(desktop + (size_t)y * stride + 4 * (size_t)x, &colour, 4);
}

/* Pixel by pixel: a thread sanitizer does not look into memcpy. */
static void copy_rects(uint8_t *to, const uint8_t *from, uint32_t stride, const struct damage *damage)
{
    for (uint32_t i = 0; i < damage->count; i++) {
        const struct channel_rect *r = &damage->rects[i];

        for (uint32_t y = r->top; y < r->bottom; y++) {
            volatile uint32_t *dst = (volatile uint32_t *)(void *)(to + (size_t)y * stride);
            const volatile uint32_t *src =
                (const volatile uint32_t *)(const void *)(from + (size_t)y * stride);

            for (uint32_t x = r->left; x < r->right; x++)
                dst[x] = src[x];
        }
    }
}

static void produce(void *arg)
{
    struct ends *ends = arg;
    struct random random = {77};
    struct slot_history history;
    struct channel_frame frame = {0};
    union channel_any *message = malloc(sizeof(*message));
    struct damage fresh;

    slot_history_init(&history, WIDTH, HEIGHT);
    damage_init(&fresh, WIDTH, HEIGHT);
    damage_add_all(&fresh);
    while (frame.sequence < FRAMES) {
        uint8_t *slot;

        if (receive(ends->producer, message) != CHANNEL_CREDIT) {
            ends->producer_failed = "no credit came";
            break;
        }
        slot = slot_pixels(&ends->layout, ends->shm.base, message->credit.slot);
        for (unsigned i = random_below(&random, 4); i > 0; i--)
            paint(ends->final, ends->layout.stride, &random, &fresh);
        slot_history_damage(&history, &fresh);
        copy_rects(slot, ends->final, ends->layout.stride, &history.missing[message->credit.slot]);
        slot_history_written(&history, message->credit.slot);
        frame.slot = message->credit.slot;
        frame.sequence++;
        frame.rect_count = fresh.count;
        memcpy(frame.rects, fresh.rects, sizeof(fresh.rects));
        damage_clear(&fresh);
        if (!send_message(ends->producer, CHANNEL_FRAME, &frame)) {
            ends->producer_failed = "frame not sent";
            break;
        }
    }
    free(message);
}

/* Encodes as the consumer does: compare with the reference tile by tile, take what differs. */
static void encode(const struct ends *ends, struct desk *desk, uint8_t *client, uint32_t before)
{
    struct picture now = {slot_pixels(&ends->layout, ends->shm.base, desk->reference), ends->layout.stride,
                          WIDTH, HEIGHT};
    struct tile_grid grid;
    uint8_t marks[64];

    tile_grid_init(&grid, WIDTH, HEIGHT);
    tile_grid_mark(&grid, &desk->damage, marks);
    for (uint32_t tile = 0; tile < tile_grid_count(&grid); tile++) {
        struct channel_rect r = tile_grid_rect(&grid, tile);
        struct damage one;

        if (!marks[tile])
            continue;
        if (before != DESK_NO_SLOT) {
            struct picture old = {slot_pixels(&ends->layout, ends->shm.base, before), ends->layout.stride,
                                  WIDTH, HEIGHT};

            if (!tile_differs(&now, &old, &r, &r))
                continue;
        }
        damage_init(&one, WIDTH, HEIGHT);
        damage_add(&one, r.left, r.top, r.right, r.bottom);
        copy_rects(client, now.pixels, ends->layout.stride, &one);
    }
    damage_clear(&desk->damage);
}

static void consume(struct ends *ends, uint8_t *client)
{
    struct random random = {5};
    union channel_any *message = malloc(sizeof(*message));
    struct desk desk;
    uint32_t credits = 0;

    desk_init(&desk, WIDTH, HEIGHT);
    while (desk.sequence < FRAMES) {
        struct channel_credit credit;
        uint32_t wanted = 1 + random_below(&random, SLOT_COUNT - 1);

        while (desk.out < wanted && credits < FRAMES && desk_credit(&desk, &credit.slot)) {
            credits++;
            ends->peer_failed = "credit not sent";
            if (!send_message(ends->peer, CHANNEL_CREDIT, &credit))
                goto out;
        }
        ends->peer_failed = "no good frame came";
        if (desk.out > 0 &&
            (receive(ends->peer, message) != CHANNEL_FRAME || !desk_frame(&desk, &message->frame)))
            goto out;
        if (random_below(&random, 3) || desk.sequence == FRAMES) {
            uint32_t before = desk.reference;

            if (desk_take(&desk))
                encode(ends, &desk, client, before);
        }
    }
    ends->peer_failed = NULL;
out:
    free(message);
}

TEST(display_slots_threads)
{
    struct ends ends = {.shm = OS_SHM_INIT};
    struct os_thread *thread = NULL;
    uint8_t *client;
    bool same = true;

    REQUIRE(slot_layout_init(&ends.layout, WIDTH, HEIGHT));
    REQUIRE(os_shm_create(&ends.shm, ends.layout.memory_size) == OS_OK);
    REQUIRE(os_pipe_pair(&ends.producer, &ends.peer) == OS_OK);
    ends.final = calloc(HEIGHT, ends.layout.stride);
    client = malloc((size_t)HEIGHT * ends.layout.stride);
    REQUIRE(ends.final && client);
    memset(client, 0xee, (size_t)HEIGHT * ends.layout.stride);

    REQUIRE(os_thread_create("producer", produce, &ends, &thread) == OS_OK);
    consume(&ends, client);
    os_thread_join(thread);
    CHECK_STR(ends.producer_failed, NULL);
    CHECK_STR(ends.peer_failed, NULL);

    for (uint32_t y = 0; y < HEIGHT; y++)
        same = same && memcmp(client + (size_t)y * ends.layout.stride,
                              ends.final + (size_t)y * ends.layout.stride, WIDTH * 4) == 0;
    CHECK(same);
    os_pipe_destroy(ends.producer);
    os_pipe_destroy(ends.peer);
    os_shm_finish(&ends.shm);
    free(ends.final);
    free(client);
}
