/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "channels/messages.h"
#include "check.h"
#include "link/launcher.h"
#include "link/link.h"

static const struct wire_table *const tables[] = {&link_table, &launcher_table, &channel_table};
static uint8_t buf[WIRE_MESSAGE_MAX], again[WIRE_MESSAGE_MAX];

static uint32_t random_state = 12345;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/* Sets every field to a value at or inside its bounds; `high` takes the upper ones. */
static void fill(const struct wire_field *fields, unsigned nfields, uint8_t *base, bool high)
{
    for (unsigned i = 0; i < nfields; i++) {
        const struct wire_field *field = &fields[i];
        uint8_t *at = base + field->offset;
        int64_t value = high ? field->max : field->min;
        uint32_t count = high ? (uint32_t)field->capacity : 0;

        switch (field->kind) {
        case WIRE_U8:
            *at = (uint8_t)value;
            break;
        case WIRE_U16:
            *(uint16_t *)at = (uint16_t)value;
            break;
        case WIRE_U32:
        case WIRE_I32:
            *(uint32_t *)at = (uint32_t)value;
            break;
        case WIRE_U64:
            memset(at, high ? 0xff : 0, 8);
            break;
        case WIRE_TEXT:
            memset(at, 0, field->capacity);
            memset(at, 'x', high ? field->capacity - 1 : 0);
            break;
        case WIRE_TEXT16:
            memset(at, 0, field->capacity * 2);
            for (size_t k = 0; high && k + 1 < field->capacity; k++)
                ((uint16_t *)at)[k] = 0x20ac;
            break;
        case WIRE_BYTES:
            memcpy(base + field->count_offset, &count, 4);
            memset(at, 0xa5, count);
            break;
        case WIRE_LIST:
            memcpy(base + field->count_offset, &count, 4);
            for (uint32_t k = 0; k < count; k++)
                fill(field->fields, field->nfields, at + k * field->item_size, high);
            break;
        }
    }
}

TEST(every_message_round_trips_at_its_bounds)
{
    for (size_t t = 0; t < WIRE_COUNT(tables); t++) {
        size_t cap = wire_largest(tables[t]);
        uint8_t *message = calloc(1, cap), *back = calloc(1, cap);

        REQUIRE(message && back);
        for (unsigned i = 0; i < tables[t]->nmessages; i++) {
            const struct wire_message *description = &tables[t]->messages[i];

            for (int high = 0; high < 2; high++) {
                const char *problem = NULL;
                size_t len;

                memset(message, 0, cap);
                fill(description->fields, description->nfields, message, high);
                len = wire_encode(tables[t], description->id, message, buf, sizeof(buf), &problem);
                CHECK(len > 0 && !problem);
                memset(back, 0xcc, cap);
                CHECK(wire_decode(tables[t], buf, len, back, cap, &problem) == description);
                CHECK(wire_encode(tables[t], description->id, back, again, sizeof(again), &problem) == len &&
                      memcmp(buf, again, len) == 0);
                /* every shorter prefix and one byte more are refused */
                for (size_t cut = 0; cut < len; cut += cut < 64 ? 1 : 97)
                    CHECK(!wire_decode(tables[t], buf, cut, back, cap, &problem) && problem);
                CHECK(!wire_decode(tables[t], buf, len + 1 < sizeof(buf) ? len + 1 : len - 1, back, cap,
                                   &problem));
            }
        }
        free(message);
        free(back);
    }
}

TEST(ids_are_unique_and_messages_fit_the_pipe)
{
    for (size_t t = 0; t < WIRE_COUNT(tables); t++) {
        for (unsigned i = 0; i < tables[t]->nmessages; i++) {
            CHECK(wire_find(tables[t], tables[t]->messages[i].id) == &tables[t]->messages[i]);
            CHECK(tables[t]->messages[i].passes <= 2);
        }
    }
}

static void encode_wrong(uint16_t id, const void *message, const char *field)
{
    const char *problem = NULL;

    CHECK_INT(wire_encode(&link_table, id, message, buf, sizeof(buf), &problem), 0);
    CHECK_STR(problem, field);
}

TEST(values_outside_their_bounds_are_refused_by_name)
{
    struct link_active active = {.width = 0, .height = 1, .color_depth = 32};
    struct link_closed closed = {.phase = LINK_PHASES};
    struct link_log line = {.level = 1, .area = "x", .text = "two\nlines"};
    struct link_log bad_utf8 = {.level = 1, .area = "x", .text = "\xc3("};
    struct link_logon logon = {.user = {0xd800, 'a'}};
    struct link_client client = {
        .width = 1, .height = 1, .color_depth = 32, .monitor_count = LINK_MONITORS_MAX + 1};

    encode_wrong(LINK_ACTIVE, &active, "width");
    encode_wrong(LINK_CLOSED, &closed, "phase");
    encode_wrong(LINK_LOG, &line, "text");
    encode_wrong(LINK_LOG, &bad_utf8, "text");
    encode_wrong(LINK_LOGON, &logon, "user");
    encode_wrong(LINK_CLIENT, &client, "monitors");
    encode_wrong(9999, &client, "no such message");
}

TEST(a_text_without_end_is_refused)
{
    struct link_log line = {.level = 1};

    memset(line.area, 'a', sizeof(line.area));
    encode_wrong(LINK_LOG, &line, "area");
}

TEST(another_version_is_refused)
{
    struct link_value value = {7};
    const char *problem;
    size_t len = wire_encode(&link_table, LINK_CLOSE, &value, buf, sizeof(buf), &problem);
    union link_any any;

    buf[2]++;
    CHECK(!wire_decode(&link_table, buf, len, &any, sizeof(any), &problem));
    CHECK_STR(problem, "another version");
}

TEST(secrets_are_wiped_and_never_printed)
{
    static struct link_client client;
    const struct wire_message *description = wire_find(&link_table, LINK_CLIENT);
    char text[4096];

    memcpy(client.password, u"hunter2", sizeof(u"hunter2"));
    memcpy(client.user, u"ann", sizeof(u"ann"));
    wire_print(description, &client, text, sizeof(text));
    CHECK(strstr(text, "hunter2") == NULL);
    CHECK(strstr(text, "password=***") != NULL);
    CHECK(strstr(text, "user='ann'") != NULL);
    wire_wipe(description, &client);
    CHECK(client.password[0] == 0 && client.password[6] == 0);
    CHECK(client.user[0] == 'a');
}

TEST(random_changes_never_escape_the_struct)
{
    for (unsigned round = 0; round < 20000; round++) {
        const struct wire_table *table = tables[round % WIRE_COUNT(tables)];
        const struct wire_message *description = &table->messages[next_random() % table->nmessages];
        size_t cap = wire_largest(table), len;
        uint8_t *message = calloc(1, cap + 16);
        const char *problem = NULL;

        REQUIRE(message);
        fill(description->fields, description->nfields, message, next_random() & 1);
        len = wire_encode(table, description->id, message, buf, sizeof(buf), &problem);
        REQUIRE(len > 0);
        for (unsigned n = next_random() % 4 + 1; n > 0; n--)
            buf[next_random() % len] = (uint8_t)next_random();
        memset(message + cap, 0x5a, 16);
        if (!wire_decode(table, buf, len, message, cap, &problem))
            CHECK(problem != NULL);
        for (unsigned i = 0; i < 16; i++)
            CHECK(message[cap + i] == 0x5a);
        free(message);
    }
}

TEST(error_info_names)
{
    CHECK_STR(link_error_info_name(12), "ERRINFO_LOGOFF_BY_USER");
    CHECK_STR(link_error_info_name(0x11), "ERRINFO_CLOSE_STACK_ON_DRIVER_FAILURE");
    CHECK_STR(link_error_info_name(0xabcdef), "unknown");
    CHECK_STR(link_phase_name(LINK_PHASE_ACTIVE), "active");
    CHECK_STR(link_phase_name((enum link_phase)LINK_PHASES), "unknown");
}
