/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/input/input.h"
#include "link/link.h"

#include "check.h"

#include <stdatomic.h>

static struct input_relay *relay;
static struct {
    uint16_t id;
    union channel_any message;
} sent[32];
static unsigned nsent;
static bool attached = true;

static bool record(void *arg, uint16_t id, const void *message)
{
    uint8_t buf[256];
    const char *problem;
    size_t len = wire_encode(&channel_table, id, message, buf, sizeof(buf), &problem);

    /* every message must pass the table */
    if (!CHECK(len > 0) || nsent == 32)
        return false;
    sent[nsent].id = id;
    wire_decode(&channel_table, buf, len, &sent[nsent].message, sizeof(sent[nsent].message), &problem);
    nsent++;
    return attached;
}

static struct input_relay *find(rdpContext *context)
{
    return relay;
}

static void begin(rdpInput *input, struct link_counters *counters)
{
    struct input_relay_config config = {record, NULL, counters};

    memset(input, 0, sizeof(*input));
    memset(counters, 0, sizeof(*counters));
    relay = input_relay_create(&config);
    input_relay_register(input, find);
    nsent = 0;
}

TEST(forwards)
{
    struct link_counters counters;
    rdpInput input;

    begin(&input, &counters);
    CHECK(input.KeyboardEvent(&input, KBD_FLAGS_EXTENDED | KBD_FLAGS_DOWN, 0x4b));
    CHECK(input.UnicodeKeyboardEvent(&input, 0xffff, 0x20ac));
    CHECK(input.MouseEvent(&input, PTR_FLAGS_WHEEL | PTR_FLAGS_WHEEL_NEGATIVE | 0x88, 10, 65535));
    CHECK(input.ExtendedMouseEvent(&input, PTR_XFLAGS_DOWN | PTR_XFLAGS_BUTTON2, 1, 2));
    CHECK(input.RelMouseEvent(&input, PTR_FLAGS_MOVE, -32768, 32767));
    CHECK(input.SynchronizeEvent(&input, 0xfffffff2));
    REQUIRE(nsent == 6);
    CHECK_INT(sent[0].id, CHANNEL_KEY);
    CHECK_INT(sent[0].message.key.code, 0x4b);
    CHECK_INT(sent[0].message.key.flags, KBD_FLAGS_EXTENDED | KBD_FLAGS_DOWN);
    CHECK_INT(sent[1].id, CHANNEL_UNICODE);
    CHECK_INT(sent[1].message.key.code, 0x20ac);
    CHECK_INT(sent[1].message.key.flags, KBD_FLAGS_RELEASE);
    CHECK_INT(sent[2].message.mouse.y, 65535);
    CHECK_INT(sent[3].id, CHANNEL_MOUSE_EXTENDED);
    CHECK_INT(sent[4].message.relative.dx, -32768);
    CHECK_INT(sent[5].message.value.value, KBD_SYNC_NUM_LOCK);
    CHECK(atomic_load(&counters.last_input_ms) > 0);
    input_relay_destroy(relay);
}

TEST(releases_only_what_is_down)
{
    struct link_counters counters;
    rdpInput input;

    begin(&input, &counters);
    input_relay_release(relay);
    CHECK_INT(nsent, 0);
    input.KeyboardEvent(&input, KBD_FLAGS_DOWN, 0x1e);
    input.KeyboardEvent(&input, KBD_FLAGS_RELEASE, 0x1e);
    input.MouseEvent(&input, PTR_FLAGS_DOWN | PTR_FLAGS_BUTTON1, 0, 0);
    input.MouseEvent(&input, PTR_FLAGS_BUTTON1, 0, 0);
    nsent = 0;
    input_relay_release(relay);
    CHECK_INT(nsent, 0);
    /* the extended key of the same code is another key */
    input.KeyboardEvent(&input, KBD_FLAGS_DOWN, 0x1d);
    input.KeyboardEvent(&input, KBD_FLAGS_EXTENDED | KBD_FLAGS_RELEASE, 0x1d);
    nsent = 0;
    input_relay_release(relay);
    REQUIRE(nsent == 1);
    CHECK_INT(sent[0].id, CHANNEL_RELEASE);
    input_relay_release(relay);
    CHECK_INT(nsent, 1);
    input.ExtendedMouseEvent(&input, PTR_XFLAGS_DOWN | PTR_XFLAGS_BUTTON1, 0, 0);
    nsent = 0;
    input_relay_release(relay);
    CHECK_INT(nsent, 1);
    /* a wheel's distance is no button */
    input.MouseEvent(&input, PTR_FLAGS_WHEEL | 0x78, 0, 0);
    nsent = 0;
    input_relay_release(relay);
    CHECK_INT(nsent, 0);
    input_relay_destroy(relay);
}

TEST(new_program_starts_fresh)
{
    struct link_counters counters;
    rdpInput input;

    begin(&input, &counters);
    input_relay_attach(relay);
    CHECK_INT(nsent, 0); /* the client has said nothing of its lock keys */
    input.SynchronizeEvent(&input, KBD_SYNC_CAPS_LOCK);
    attached = false;
    CHECK(
        input.KeyboardEvent(&input, KBD_FLAGS_DOWN, 0x1e)); /* nobody there: dropped, and the client stays */
    attached = true;
    nsent = 0;
    input_relay_attach(relay);
    REQUIRE(nsent == 1);
    CHECK_INT(sent[0].message.value.value, KBD_SYNC_CAPS_LOCK);
    input_relay_release(relay);
    CHECK_INT(nsent, 1);
    input_relay_destroy(relay);
}

TEST(pause)
{
    struct link_counters counters;
    rdpInput input;

    begin(&input, &counters);
    CHECK(input.KeyboardPauseEvent(&input));
    REQUIRE(nsent == 4);
    CHECK_INT(sent[0].message.key.flags, KBD_FLAGS_EXTENDED1);
    CHECK_INT(sent[0].message.key.code, 0x1d);
    CHECK_INT(sent[3].message.key.flags, KBD_FLAGS_RELEASE);
    nsent = 0;
    input_relay_release(relay);
    CHECK_INT(nsent, 0);
    input_relay_destroy(relay);
}
