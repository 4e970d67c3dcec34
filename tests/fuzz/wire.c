/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes against the three tables: a message that decodes must encode to the same bytes again. And
 * messages of the right shape: they must decode when every field is within its bounds, and must not when one
 * is past them. */
#include "channels/messages.h"
#include "link/launcher.h"
#include "link/link.h"
#include "shape.h"

static const struct wire_table *const tables[] = {&link_table, &launcher_table, &channel_table};

/* Did it decode? */
static bool try_table(const struct wire_table *table, const uint8_t *data, size_t size)
{
    static uint8_t out[WIRE_MESSAGE_MAX];
    size_t cap = wire_largest(table);
    void *message = malloc(cap);
    const struct wire_message *description;
    const char *problem;
    char text[256];

    MUST(message);
    description = wire_decode(table, data, size, message, cap, &problem);
    if (description) {
        size_t len = wire_encode(table, description->id, message, out, sizeof out, &problem);

        MUST(len == size && memcmp(out, data, size) == 0);
        wire_print(description, message, text, sizeof text);
    } else {
        MUST(problem);
    }
    free(message);
    return description != NULL;
}

static void try_shape(struct input *input)
{
    static uint8_t message[2 * WIRE_MESSAGE_MAX];
    const struct wire_table *table = tables[input_byte(input) % 3];
    bool bad;
    size_t len = shape_message(input, table, &table->messages[input_byte(input) % table->nmessages], message,
                               sizeof message, &bad);

    MUST(try_table(table, message, len) != bad);
    if (!bad) { /* every byte counts */
        MUST(!try_table(table, message, len - 1));
        MUST(!try_table(table, message, len + 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};

    if (input_byte(&input) % 2) {
        try_shape(&input);
        return 0;
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        try_table(tables[i], input.at, input.left);
    return 0;
}
