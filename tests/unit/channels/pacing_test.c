/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pacing.h"

#include "check.h"

TEST(frames_in_flight)
{
    struct pacing pacing;

    pacing_init(&pacing);
    CHECK(pacing_open(&pacing) && pacing_idle(&pacing));
    pacing_sent(&pacing, 1, 100, 10);
    CHECK(pacing_open(&pacing) && !pacing_idle(&pacing));
    pacing_sent(&pacing, 2, 100, 11);
    CHECK(!pacing_open(&pacing));
    pacing_acked(&pacing, 7, 12); /* never sent */
    CHECK(!pacing_open(&pacing));
    pacing_acked(&pacing, 2, 12); /* covers 1 */
    CHECK(pacing_open(&pacing) && pacing_idle(&pacing));
    CHECK_INT(pacing.bytes, 0);
    pacing_acked(&pacing, 2, 13); /* twice */
    CHECK(pacing_idle(&pacing));
}

TEST(bytes_in_flight)
{
    struct pacing pacing;

    pacing_init(&pacing);
    pacing_sent(&pacing, 1, 100 * 1024 * 1024, 0); /* one huge frame is let through, nothing after it */
    CHECK(!pacing_open(&pacing));
    pacing_acked(&pacing, 1, 5);
    CHECK(pacing_open(&pacing));
}

/* A line of `rate` bytes per ms and a round trip: how much does the window queue in the end? */
static uint64_t queue_delay(uint32_t rate, uint32_t rtt, uint32_t frame_bytes)
{
    struct pacing pacing;
    struct {
        uint32_t id;
        uint64_t at;
    } acks[PACING_FLIGHT_MAX];
    unsigned nacks = 0;
    uint64_t line_free = 0, worst = 0;
    uint32_t id = 0;

    pacing_init(&pacing);
    for (uint64_t now = 0; now < 60000; now++) {
        while (nacks > 0 && acks[0].at <= now) {
            pacing_acked(&pacing, acks[0].id, now);
            memmove(acks, acks + 1, --nacks * sizeof(acks[0]));
        }
        if (!pacing_open(&pacing))
            continue;
        if (now > 30000 && line_free > now && line_free - now > worst)
            worst = line_free - now;
        if (line_free < now)
            line_free = now;
        line_free += frame_bytes / rate;
        pacing_sent(&pacing, ++id, frame_bytes, now);
        if (nacks < PACING_FLIGHT_MAX) {
            acks[nacks].id = id;
            acks[nacks++].at = line_free + rtt;
        }
    }
    return worst;
}

TEST(slow_lines_get_a_short_queue)
{
    CHECK(queue_delay(125, 200, 4000) < 200);   /* 1 Mbit/s, 200 ms */
    CHECK(queue_delay(1250, 20, 20000) < 100);  /* 10 Mbit/s, 20 ms */
    CHECK(queue_delay(125000, 1, 200000) < 20); /* 1 Gbit/s */
}

TEST(long_lines_get_more_frames)
{
    struct pacing pacing;
    unsigned frames = 0;

    pacing_init(&pacing);
    pacing_sent(&pacing, 1, 1000, 0);
    pacing_acked(&pacing, 1, 100);
    while (pacing_open(&pacing) && frames < 100)
        pacing_sent(&pacing, 2 + frames++, 1000, 100);
    CHECK(frames >= 6 && frames < PACING_FLIGHT_MAX);
}

TEST(suspended)
{
    struct pacing pacing;

    pacing_init(&pacing);
    pacing_sent(&pacing, 1, 100, 0);
    pacing_sent(&pacing, 2, 100, 0);
    CHECK(!pacing_open(&pacing));
    pacing_suspend(&pacing, true);
    for (uint32_t id = 3; id < 100; id++) {
        if (!CHECK(pacing_open(&pacing)))
            return;
        pacing_sent(&pacing, id, 100000, 1);
    }
    pacing_suspend(&pacing, false);
    CHECK(pacing_open(&pacing) && pacing_idle(&pacing));
    pacing_sent(&pacing, 100, 100, 1);
    pacing_sent(&pacing, 101, 100, 1);
    CHECK(!pacing_open(&pacing));
}

TEST(never_acknowledged)
{
    struct pacing pacing;

    /* more frames than there is room for (a caller that ignores the window) must stay within it */
    pacing_init(&pacing);
    for (uint32_t id = 1; id < 1000; id++)
        pacing_sent(&pacing, id, 10, id);
    CHECK_INT(pacing.frames, PACING_FLIGHT_MAX);
    CHECK_INT(pacing.bytes, 10 * PACING_FLIGHT_MAX);
    CHECK(!pacing_open(&pacing));
}
