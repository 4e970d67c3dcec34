/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes against the three tables: a message that decodes must encode to the same bytes again. */
#include <stdlib.h>
#include <string.h>

#include "channels/messages.h"
#include "link/launcher.h"
#include "link/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_table(const struct wire_table *table, const uint8_t *data, size_t size)
{
    static uint8_t out[WIRE_MESSAGE_MAX];
    size_t cap = wire_largest(table);
    void *message = malloc(cap);
    const struct wire_message *description;
    const char *problem;
    char text[256];

    if (!message)
        return;
    description = wire_decode(table, data, size, message, cap, &problem);
    if (description) {
        size_t len = wire_encode(table, description->id, message, out, sizeof(out), &problem);

        if (len != size || memcmp(out, data, size) != 0)
            abort();
        wire_print(description, message, text, sizeof(text));
    } else if (!problem) {
        abort();
    }
    free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_table(&link_table, data, size);
    try_table(&launcher_table, data, size);
    try_table(&channel_table, data, size);
    return 0;
}
