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

/* A line of `rate` bytes a millisecond and a round trip. Nothing goes through it, in either direction, while
 * it stalls. */
#define ACKS_MAX 4096
#define STALLS_MAX 2

struct line {
    uint32_t rate, rtt;
    struct {
        uint64_t from, to;
    } stalls[STALLS_MAX];

    struct pacing pacing;
    uint32_t id;
    uint64_t idle_us; /* when it has sent everything */
    struct {
        uint32_t id;
        uint64_t at;
    } acks[ACKS_MAX];
    unsigned first, last;
};

static struct line line;

static void line_init(uint32_t rate, uint32_t rtt)
{
    memset(&line, 0, sizeof(line));
    line.rate = rate;
    line.rtt = rtt;
    pacing_init(&line.pacing);
}

static void line_deliver(uint64_t now)
{
    for (; line.first < line.last && line.acks[line.first % ACKS_MAX].at <= now; line.first++)
        pacing_acked(&line.pacing, line.acks[line.first % ACKS_MAX].id, now);
}

/* How long it waits in the line, ms. */
static uint64_t line_send(uint32_t bytes, uint64_t now)
{
    uint64_t from = line.idle_us > now * 1000 ? line.idle_us : now * 1000;
    uint64_t to = from + (uint64_t)bytes * 1000 / line.rate, at = to / 1000 + line.rtt;

    for (unsigned i = 0; i < STALLS_MAX; i++) {
        uint64_t begin = line.stalls[i].from, end = line.stalls[i].to;

        if (from < end * 1000 && to > begin * 1000)
            to += end * 1000 - (from > begin * 1000 ? from : begin * 1000);
        at = to / 1000 + line.rtt;
        if (at > begin && at < end)
            at = end;
    }
    line.idle_us = to;
    pacing_sent(&line.pacing, ++line.id, bytes, now);
    line.acks[line.last % ACKS_MAX].id = line.id;
    line.acks[line.last++ % ACKS_MAX].at = at;
    return to / 1000 - now;
}

/* A video fills the line, frame by frame: how much of it is used, and how long does a small frame wait, from
 * `from` on? */
struct line_result {
    unsigned used;  /* per cent */
    uint64_t worst; /* ms beyond the round trip */
    uint64_t usual; /* of half of them */
};

static struct line_result run_line(uint32_t rate, uint32_t rtt, uint64_t from)
{
    static uint64_t waits[100000];
    uint64_t sent = 0, nwaits = 0;
    struct line_result result = {0};

    line_init(rate, rtt);
    for (uint64_t now = 0; now < 60000; now++) {
        line_deliver(now);
        while (pacing_open(&line.pacing, now)) {
            uint32_t bytes = pacing_budget(&line.pacing) + 300;
            uint64_t wait = line_send(bytes, now);

            if (now >= from) {
                sent += bytes;
                result.worst = wait > result.worst ? wait : result.worst;
                waits[nwaits++ % 100000] = wait;
            }
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
    uint64_t worst = 0;

    line_init(1250, 50);
    for (uint64_t now = 0; now < 60000; now++) {
        line.rate = now < 20000 ? 1250 : 125;
        line_deliver(now);
        while (pacing_open(&line.pacing, now)) {
            uint64_t wait = line_send(pacing_budget(&line.pacing), now);

            if (now > 30000 && wait > worst)
                worst = wait;
        }
    }
    CHECK(worst < 100);
    CHECK(pacing_rate(&line.pacing) > 100000 && pacing_rate(&line.pacing) < 180000);
}

/* Nothing goes through for a while, twice. What was measured then is not the line's rate: it is never shut
 * for long afterwards, and after as long again as one stall at most it is as good as full. `more`: of a
 * frame, beyond its budget. */
TEST(a_line_that_stalls)
{
    static const struct {
        uint32_t rate, rtt, more;
        uint64_t length, between;
    } cases[] = {
        {16, 300, 300, 5000, 500},  {125, 200, 300, 3000, 300},  {125, 200, 300, 3000, 50},
        {125, 50, 300, 2000, 1500}, {1250, 150, 300, 3000, 50},  {12500, 100, 300, 3000, 200},
        {125, 200, 0, 3000, 0},     {125, 200, 24000, 3000, 0},  {125, 50, 24000, 3000, 50},
        {16, 300, 6000, 5000, 0},   {125, 20, 24000, 5000, 100}, {62, 50, 300, 8000, 100},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t rate = cases[i].rate, more = cases[i].more;
        uint64_t length = cases[i].length, first = 10000, second = first + length + cases[i].between;
        uint64_t end = second + length, sent = 0, shut = 0, last = end;

        line_init(rate, cases[i].rtt);
        line.stalls[0].from = first;
        line.stalls[0].to = first + length;
        line.stalls[1].from = second;
        line.stalls[1].to = end;
        for (uint64_t now = 0; now < end + 2 * length; now++) {
            line_deliver(now);
            while (pacing_open(&line.pacing, now)) {
                uint32_t bytes = pacing_budget(&line.pacing) + more;

                line_send(bytes, now);
                sent += now >= end + length ? bytes : 0;
                if (now > end && now - last > shut)
                    shut = now - last;
                last = now > end ? now : end;
            }
        }
        if (!CHECK(shut < 2 * cases[i].rtt + 400 + 2 * more / rate && sent * 100 >= 80 * length * rate))
            printf("  %u B/ms, %u ms, %u more, two stalls of %llu ms and %llu ms between: shut for %llu ms, "
                   "%llu %% used\n",
                   rate, cases[i].rtt, more, (unsigned long long)length, (unsigned long long)cases[i].between,
                   (unsigned long long)shut, (unsigned long long)(sent * 100 / (length * rate)));
    }
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
