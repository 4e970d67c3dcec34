/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/resize_pace.h"

#include "check.h"

static struct resize_pace pace;

/* How many changes a client gets that asks for one all the time. */
static unsigned changes(uint64_t from, uint64_t to)
{
    unsigned count = 0;

    for (uint64_t now = from; now < to; now++) {
        if (resize_pace_due(&pace) > now)
            continue;
        resize_pace_changed(&pace, now);
        count++;
    }
    return count;
}

TEST(dragged_window)
{
    pace = (struct resize_pace){0, 0};
    CHECK_INT(resize_pace_due(&pace), 0);
    CHECK_INT(changes(100000, 104000), 20);
    /* the last wish is never far away */
    CHECK(resize_pace_due(&pace) <= 104000 + 2000);
}

TEST(without_end)
{
    pace = (struct resize_pace){0, 0};
    CHECK(changes(100000, 160000) <= 20 + 30);
    CHECK_INT(changes(160000, 220000), 30);
}

TEST(quiet)
{
    pace = (struct resize_pace){0, 0};
    changes(100000, 160000);
    CHECK_INT(changes(168000, 168800), 4); /* what eight seconds pay for */
    CHECK_INT(changes(240000, 244000), 20);
}
