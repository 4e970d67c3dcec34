/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/pacing.h"

#include "check.h"

TEST(frames_in_flight)
{
    struct pacing pacing;

    pacing_init(&pacing);
    CHECK(pacing_open(&pacing, 200) && pacing_idle(&pacing));
    pacing_sent(&pacing, 1, 100, 10);
    CHECK(pacing_open(&pacing, 200) && !pacing_idle(&pacing));
    pacing_sent(&pacing, 2, 100, 11);
    CHECK(!pacing_open(&pacing, 200));
    pacing_acked(&pacing, 7, 12); /* never sent */
    CHECK(!pacing_open(&pacing, 200));
    pacing_acked(&pacing, 2, 12); /* covers 1 */
    CHECK(pacing_open(&pacing, 200) && pacing_idle(&pacing));
    CHECK_INT(pacing.bytes, 0);
    pacing_acked(&pacing, 2, 13); /* twice */
    CHECK(pacing_idle(&pacing));
}

TEST(bytes_in_flight)
{
    struct pacing pacing;

    pacing_init(&pacing);
    pacing_sent(&pacing, 1, 100 * 1024 * 1024, 0); /* one huge frame is let through, nothing after it */
    CHECK(!pacing_open(&pacing, 200));
    pacing_acked(&pacing, 1, 5);
    CHECK(pacing_open(&pacing, 200));
}

/* A line of `rate` bytes a millisecond and a round trip that a video fills, frame by frame: how much of the
 * line is used, and how long does a small frame wait in it, from `from` on? */
struct line_result {
    unsigned used;  /* per cent */
    uint64_t worst; /* ms beyond the round trip */
    uint64_t usual; /* of half of them */
};

static struct line_result run_line(uint32_t rate, uint32_t rtt, uint64_t from)
{
    static struct {
        uint32_t id;
        uint64_t at;
    } acks[4096];
    static uint64_t waits[100000];
    unsigned first = 0, last = 0;
    uint64_t line_us = 0, sent = 0, nwaits = 0; /* when the line has sent everything, in us */
    struct line_result result = {0};
    struct pacing pacing;
    uint32_t id = 0;

    pacing_init(&pacing);
    for (uint64_t now = 0; now < 60000; now++) {
        while (first < last && acks[first % 4096].at <= now)
            pacing_acked(&pacing, acks[first++ % 4096].id, now);
        while (pacing_open(&pacing, now)) {
            uint32_t bytes = pacing_budget(&pacing) + 300;

            if (line_us < now * 1000)
                line_us = now * 1000;
            line_us += (uint64_t)bytes * 1000 / rate;
            if (now >= from) {
                uint64_t wait = line_us / 1000 - now;

                sent += bytes;
                result.worst = wait > result.worst ? wait : result.worst;
                waits[nwaits++ % 100000] = wait;
            }
            pacing_sent(&pacing, ++id, bytes, now);
            acks[last % 4096].id = id;
            acks[last++ % 4096].at = line_us / 1000 + rtt;
            if (rate > 10000 && bytes < 3000)
                break; /* a test of the window, not of the loop */
        }
    }
    result.used = (unsigned)(sent * 100 / ((60000 - from) * rate));
    for (uint64_t low = 0; low < 100000; low++) {
        uint64_t below = 0;

        for (uint64_t i = 0; i < nwaits && i < 100000; i++)
            below += waits[i] <= low;
        if (below * 2 >= (nwaits < 100000 ? nwaits : 100000)) {
            result.usual = low;
            break;
        }
    }
    return result;
}

TEST(lines_are_full_and_their_queues_short)
{
    static const struct {
        uint32_t rate, rtt;
        uint64_t usual, worst;
        unsigned used;
    } lines[] = {
        {16, 300, 300, 320, 85},  /* 128 kbit/s, 300 ms: the smallest frame takes 140 ms there */
        {125, 200, 45, 80, 90},   /* 1 Mbit/s, 200 ms */
        {1250, 20, 30, 60, 90},   /* 10 Mbit/s, 20 ms */
        {1250, 150, 40, 80, 90},  /* 10 Mbit/s, 150 ms */
        {12500, 5, 30, 60, 85},   /* 100 Mbit/s, 5 ms */
        {12500, 100, 40, 80, 85}, /* 100 Mbit/s, 100 ms: all that may be under way */
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct line_result result = run_line(lines[i].rate, lines[i].rtt, 5000);

        if (!CHECK(result.usual <= lines[i].usual && result.worst <= lines[i].worst &&
                   result.used >= lines[i].used))
            printf("  %u B/ms, %u ms: waits %llu usually, %llu at worst; %u %% used\n", lines[i].rate,
                   lines[i].rtt, (unsigned long long)result.usual, (unsigned long long)result.worst,
                   result.used);
    }
}

TEST(the_first_second_of_a_slow_line)
{
    CHECK(run_line(125, 200, 0).worst < 1200);
}

/* The line becomes ten times slower: the window follows. */
TEST(a_line_that_changes)
{
    struct pacing pacing;
    uint64_t line_us = 0, worst = 0;
    struct {
        uint32_t id;
        uint64_t at;
    } acks[PACING_FLIGHT_MAX];
    unsigned nacks = 0;
    uint32_t id = 0;

    pacing_init(&pacing);
    for (uint64_t now = 0; now < 60000; now++) {
        uint32_t rate = now < 20000 ? 1250 : 125;

        while (nacks > 0 && acks[0].at <= now) {
            pacing_acked(&pacing, acks[0].id, now);
            memmove(acks, acks + 1, --nacks * sizeof(acks[0]));
        }
        while (pacing_open(&pacing, now) && nacks < PACING_FLIGHT_MAX) {
            uint32_t bytes = pacing_budget(&pacing);

            if (line_us < now * 1000)
                line_us = now * 1000;
            line_us += (uint64_t)bytes * 1000 / rate;
            if (now > 30000 && line_us / 1000 - now > worst)
                worst = line_us / 1000 - now;
            pacing_sent(&pacing, ++id, bytes, now);
            acks[nacks].id = id;
            acks[nacks++].at = line_us / 1000 + 50;
        }
    }
    CHECK(worst < 100);
    CHECK(pacing_rate(&pacing) > 100000 && pacing_rate(&pacing) < 180000);
}

TEST(little_passes_a_closed_window)
{
    struct pacing pacing;

    pacing_init(&pacing);
    pacing_sent(&pacing, 1, 32 * 1024, 0);
    CHECK(!pacing_open(&pacing, 200) && pacing_open_for_little(&pacing));
    pacing_sent(&pacing, 2, 300, 1);
    CHECK(pacing_open_for_little(&pacing));
    pacing_sent(&pacing, 3, 8000, 2);
    CHECK(!pacing_open_for_little(&pacing));
    pacing_acked(&pacing, 3, 100);
    CHECK(pacing_open(&pacing, 200) && pacing_open_for_little(&pacing));
}

TEST(long_lines_get_more_frames)
{
    struct pacing pacing;
    unsigned frames = 0;

    pacing_init(&pacing);
    pacing_sent(&pacing, 1, 1000, 0);
    pacing_acked(&pacing, 1, 100);
    while (pacing_open(&pacing, 100) && frames < 100)
        pacing_sent(&pacing, 2 + frames++, 1000, 100);
    CHECK(frames >= 6 && frames < PACING_FLIGHT_MAX); /* a guess is no reason for a small window */
}

TEST(suspended)
{
    struct pacing pacing;

    pacing_init(&pacing);
    pacing_sent(&pacing, 1, 100, 0);
    pacing_sent(&pacing, 2, 100, 0);
    CHECK(!pacing_open(&pacing, 200));
    pacing_suspend(&pacing, true);
    for (uint32_t id = 3; id < 100; id++) {
        if (!CHECK(pacing_open(&pacing, 200)))
            return;
        pacing_sent(&pacing, id, 100000, 1);
    }
    pacing_suspend(&pacing, false);
    CHECK(pacing_open(&pacing, 200) && pacing_idle(&pacing));
    pacing_sent(&pacing, 100, 100, 1);
    pacing_sent(&pacing, 101, 100, 1);
    CHECK(!pacing_open(&pacing, 200));
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
    CHECK(!pacing_open(&pacing, 200));
}
