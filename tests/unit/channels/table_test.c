/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/slots.h"
#include "channels/messages.h"

#include "check.h"
#include "random.h"

#include <stdlib.h>

static uint8_t buf[WIRE_MESSAGE_MAX];
static union channel_any sent, got;

static bool round_trip(uint16_t id, size_t size)
{
    const char *problem = NULL;
    size_t len = wire_encode(&channel_table, id, &sent, buf, sizeof(buf), &problem);
    const struct wire_message *message;

    if (len == 0) {
        fprintf(stderr, "message %u: %s\n", id, problem);
        return false;
    }
    memset(&got, 0xaa, sizeof(got));
    message = wire_decode(&channel_table, buf, len, &got, sizeof(got), &problem);
    return message && message->id == id && message->size == size && memcmp(&sent, &got, size) == 0;
}

TEST(round_trips)
{
    memset(&sent, 0, sizeof(sent));
    sent.credit.slot = 2;
    CHECK(round_trip(CHANNEL_CREDIT, sizeof(sent.credit)));
    memset(&sent, 0, sizeof(sent));
    sent.key = (struct channel_key){0x8300, 0xffff};
    CHECK(round_trip(CHANNEL_KEY, sizeof(sent.key)));
    CHECK(round_trip(CHANNEL_UNICODE, sizeof(sent.key)));
    sent.mouse = (struct channel_mouse){0xffff, 0, 0xffff};
    CHECK(round_trip(CHANNEL_MOUSE, sizeof(sent.mouse)));
    CHECK(round_trip(CHANNEL_MOUSE_EXTENDED, sizeof(sent.mouse)));
    memset(&sent, 0, sizeof(sent));
    sent.relative.flags = 0x8800;
    sent.relative.dx = -32768;
    sent.relative.dy = 32767;
    CHECK(round_trip(CHANNEL_MOUSE_RELATIVE, sizeof(sent.relative)));
    sent.value.value = 0;
    CHECK(round_trip(CHANNEL_RELEASE, sizeof(sent.value)));
    CHECK(round_trip(CHANNEL_REFRESH, sizeof(sent.value)));
    CHECK(round_trip(CHANNEL_POINTER_HIDE, sizeof(sent.value)));
    sent.value.value = 1;
    CHECK(round_trip(CHANNEL_SUPPRESS, sizeof(sent.value)));
    sent.value.value = 15;
    CHECK(round_trip(CHANNEL_LOCKS, sizeof(sent.value)));
    CHECK(round_trip(CHANNEL_INDICATORS, sizeof(sent.value)));
    sent.position = (struct channel_position){1, 65535};
    CHECK(round_trip(CHANNEL_POINTER_MOVE, sizeof(sent.position)));
    memset(&sent, 0, sizeof(sent));
    sent.hello = (struct channel_hello){SLOT_SIDE_MAX, 1, "pattern"};
    CHECK(round_trip(CHANNEL_HELLO, sizeof(sent.hello)));
}

TEST(round_trips_of_the_largest)
{
    struct random random = {3};

    memset(&sent, 0, sizeof(sent));
    sent.frame.slot = 1;
    sent.frame.sequence = UINT32_MAX;
    sent.frame.captured_us = UINT64_MAX;
    sent.frame.rect_count = CHANNEL_RECTS_MAX;
    for (unsigned i = 0; i < CHANNEL_RECTS_MAX; i++)
        sent.frame.rects[i] = (struct channel_rect){0, 8191, 8192, 8192};
    CHECK(round_trip(CHANNEL_FRAME, sizeof(sent.frame)));
    memset(&sent, 0, sizeof(sent));
    sent.pointer.width = sent.pointer.height = CHANNEL_POINTER_MAX;
    sent.pointer.hot_x = sent.pointer.top = CHANNEL_POINTER_MAX - 1;
    sent.pointer.size = sizeof(sent.pointer.pixels);
    for (unsigned i = 0; i < sizeof(sent.pointer.pixels); i++)
        sent.pointer.pixels[i] = (uint8_t)random_next(&random);
    CHECK(round_trip(CHANNEL_POINTER, sizeof(sent.pointer)));
}

static void refused(uint16_t id)
{
    const char *problem = NULL;

    CHECK(wire_encode(&channel_table, id, &sent, buf, sizeof(buf), &problem) == 0);
    CHECK(problem != NULL);
}

TEST(bounds)
{
    memset(&sent, 0, sizeof(sent));
    sent.credit.slot = SLOT_COUNT;
    refused(CHANNEL_CREDIT);
    sent.value.value = 1;
    refused(CHANNEL_RELEASE);
    sent.value.value = 2;
    refused(CHANNEL_SUPPRESS);
    sent.value.value = 16;
    refused(CHANNEL_LOCKS);
    sent.relative = (struct channel_mouse_relative){0, 32768, 0};
    refused(CHANNEL_MOUSE_RELATIVE);
    memset(&sent, 0, sizeof(sent));
    refused(CHANNEL_FRAME); /* sequence 0 */
    sent.frame.sequence = 1;
    sent.frame.rect_count = 1;
    sent.frame.rects[0] = (struct channel_rect){0, 0, 0, 1};
    refused(CHANNEL_FRAME);
    sent.frame.rects[0] = (struct channel_rect){0, 0, 1, SLOT_SIDE_MAX + 1};
    refused(CHANNEL_FRAME);
    sent.frame.rect_count = CHANNEL_RECTS_MAX + 1;
    refused(CHANNEL_FRAME);
    memset(&sent, 0, sizeof(sent));
    sent.pointer.width = CHANNEL_POINTER_MAX + 1;
    sent.pointer.height = 1;
    refused(CHANNEL_POINTER);
    memset(&sent, 0, sizeof(sent));
    sent.hello = (struct channel_hello){SLOT_SIDE_MAX + 1, 1, "x"};
    refused(CHANNEL_HELLO);
    sent.hello = (struct channel_hello){1, 1, "line\nbreak"};
    refused(CHANNEL_HELLO);
}

/* Whatever comes: only the struct is written, a refusal leaves it zeroed, what is accepted is within bounds
 * and encodes to the same bytes again. */
static void attack(const uint8_t *bytes, size_t len, bool *good)
{
    static uint8_t again[WIRE_MESSAGE_MAX];
    struct {
        union channel_any any;
        uint8_t canary[16];
    } *box = malloc(sizeof(*box));
    uint8_t *exact = malloc(len ? len : 1); /* so that a sanitizer sees a read past the end */
    const struct wire_message *message;
    const char *problem = NULL;

    memcpy(exact, bytes, len);
    memset(box, 0x5a, sizeof(*box));
    message = wire_decode(&channel_table, exact, len, &box->any, sizeof(box->any), &problem);
    for (unsigned i = 0; i < sizeof(box->canary); i++)
        *good = *good && box->canary[i] == 0x5a;
    if (!message) {
        for (size_t i = 0; i < sizeof(box->any); i++)
            *good = *good && ((uint8_t *)&box->any)[i] == 0;
        *good = *good && problem;
    } else {
        size_t size = wire_encode(&channel_table, message->id, &box->any, again, sizeof(again), &problem);

        *good = *good && size == len && memcmp(again, exact, len) == 0;
    }
    free(exact);
    free(box);
}

TEST(hostile_bytes)
{
    static const uint16_t ids[] = {
        CHANNEL_CREDIT, CHANNEL_KEY,   CHANNEL_MOUSE,   CHANNEL_MOUSE_RELATIVE, CHANNEL_LOCKS,
        CHANNEL_HELLO,  CHANNEL_FRAME, CHANNEL_POINTER, CHANNEL_POINTER_MOVE,   999};
    struct random random = {20260131};
    static uint8_t bytes[4096];
    bool good = true;

    for (int round = 0; round < 20000; round++) {
        size_t len = random_below(&random, round % 8 ? 64 : sizeof(bytes));
        uint16_t id = ids[random_below(&random, sizeof(ids) / sizeof(ids[0]))];
        uint32_t rest = len < WIRE_HEADER_SIZE ? 0 : (uint32_t)len - WIRE_HEADER_SIZE;

        for (size_t i = 0; i < len; i++)
            bytes[i] = random_below(&random, 4) ? 0 : (uint8_t)random_next(&random);
        if (len >= WIRE_HEADER_SIZE && random_below(&random, 8)) {
            uint16_t version = CHANNEL_VERSION;

            memcpy(bytes, &id, 2);
            memcpy(bytes + 2, &version, 2);
            memcpy(bytes + 4, &rest, 4);
        }
        attack(bytes, len, &good);
    }
    CHECK(good);
}

TEST(truncated_and_flipped)
{
    struct random random = {5};
    const char *problem;
    static uint8_t copy[WIRE_MESSAGE_MAX];
    bool good = true;
    size_t len;

    memset(&sent, 0, sizeof(sent));
    sent.frame = (struct channel_frame){
        .slot = 1, .sequence = 3, .rect_count = 2, .rects = {{0, 0, 5, 5}, {9, 9, 10, 10}}};
    len = wire_encode(&channel_table, CHANNEL_FRAME, &sent, buf, sizeof(buf), &problem);
    REQUIRE(len > 0);
    for (size_t cut = 0; cut < len; cut++) {
        CHECK(wire_decode(&channel_table, buf, cut, &got, sizeof(got), &problem) == NULL);
        attack(buf, cut, &good);
    }
    for (int i = 0; i < 5000; i++) {
        memcpy(copy, buf, len);
        copy[random_below(&random, (uint32_t)len)] ^= (uint8_t)(1u << random_below(&random, 8));
        attack(copy, len, &good);
    }
    CHECK(good);
}
