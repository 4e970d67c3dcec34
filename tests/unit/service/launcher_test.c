/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher and its session programs: what the adapter is told, when programs start and end. */
#define CHECK_OWN_MAIN
#include "../check.h"

#include "launcher_fixture.h"

#ifndef _WIN32
#include <sys/resource.h>
#include <time.h>
#endif

TEST(starts_and_stops)
{
    struct fixture it;

    if (fixture_init(&it, "ready") && request(&it, 7, SESSION) && answered(&it, LAUNCHER_STARTED, 7)) {
        stop(&it, 99); /* of another request: nothing */
        CHECK(os_pipe_wait(it.peer, 50) == OS_TIMEOUT);
        stop(&it, 7);
        answered(&it, LAUNCHER_ENDED, 7);
        peer_sees_end(&it);
        CHECK_INT(events[LAUNCHER_EVENT_START_FAILED] + events[LAUNCHER_EVENT_PROGRAM_DIED], 0);
    }
    fixture_finish(&it);
}

TEST(new_request_replaces)
{
    struct fixture it;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1) &&
        request(&it, 2, SESSION)) {
        answered(&it, LAUNCHER_ENDED, 1); /* the one before ends first */
        answered(&it, LAUNCHER_STARTED, 2);
        request(&it, 3, SESSION + 1); /* another session does not care */
        answered(&it, LAUNCHER_STARTED, 3);
    }
    fixture_finish(&it);
}

TEST(session_must_exist)
{
    struct fixture it;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION - 1) && answered(&it, LAUNCHER_FAILED, 1)) {
        CHECK_STR(it.answer.text, "no such session");
        peer_sees_end(&it);
    }
    fixture_finish(&it);
}

TEST(session_that_leaves)
{
    struct fixture it;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1)) {
        leave(&it, SESSION + 1);
        leave(&it, SESSION);
        answered(&it, LAUNCHER_ENDED, 1);
    }
    fixture_finish(&it);
}

/* Windows says that a client has gone when the next one is there already. */
TEST(late_event_does_not_end_the_next_client)
{
    struct fixture it;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1) &&
        request(&it, 2, SESSION) && answered(&it, LAUNCHER_ENDED, 1) && answered(&it, LAUNCHER_STARTED, 2)) {
        launcher_session_left(it.launcher, SESSION);
        CHECK(os_pipe_wait(it.adapter, 100) == OS_TIMEOUT);
        stop(&it, 2);
        answered(&it, LAUNCHER_ENDED, 2);
    }
    fixture_finish(&it);
}

TEST(refusal_is_told)
{
    struct fixture it;

    if (fixture_init(&it, "refuse") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_FAILED, 1)) {
        CHECK_STR(it.answer.text, "the session program refused: no screen here");
        CHECK_INT(events[LAUNCHER_EVENT_START_FAILED], 1);
        peer_sees_end(&it);
    }
    fixture_finish(&it);
}

TEST(nonsense_is_told)
{
    struct fixture it;

    if (fixture_init(&it, "nonsense") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_FAILED, 1))
        CHECK(strstr(it.answer.text, "broke the rules") != NULL);
    fixture_finish(&it);
}

TEST(silence_has_a_limit)
{
    struct fixture it;

    if (fixture_init(&it, "silent")) {
        it.config.ready_ms = 300;
        if (request(&it, 1, SESSION) && answered(&it, LAUNCHER_FAILED, 1)) {
            CHECK(strstr(it.answer.text, "said nothing for 300 ms") != NULL);
            peer_sees_end(&it);
        }
    }
    fixture_finish(&it);
}

TEST(deaf_program_is_killed)
{
    struct fixture it;

    if (fixture_init(&it, "deaf") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1)) {
        stop(&it, 1);
        answered(&it, LAUNCHER_ENDED, 1);
    }
    fixture_finish(&it);
}

TEST(deaf_program_does_not_hold_the_service)
{
    struct fixture it;

    if (fixture_init(&it, "deaf") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1)) {
        launcher_destroy(it.launcher);
        it.launcher = NULL;
        peer_sees_end(&it);
    }
    fixture_finish(&it);
}

/* Each start after a bad end comes later: 40, 80, 160, 320 ms. */
TEST(pause_doubles)
{
    struct fixture it;
    uint64_t begin = os_now_ms();

    if (fixture_init(&it, "crash"))
        for (uint32_t i = 1; i <= 5; i++)
            if (!request(&it, i, SESSION) || !answered(&it, LAUNCHER_STARTED, i) ||
                !answered(&it, LAUNCHER_ENDED, i))
                break;
    CHECK(os_now_ms() - begin >= 40 + 80 + 160 + 320);
    for (int i = 0; i < 500 && !events[LAUNCHER_EVENT_PROGRAM_DIED]; i++)
        os_sleep_ms(10);
    CHECK_INT(events[LAUNCHER_EVENT_PROGRAM_DIED], 1); /* one of five */
    /* a request that waits is dropped by the next one, and by a stop without a word */
    if (request(&it, 6, SESSION) && request(&it, 7, SESSION)) {
        answered(&it, LAUNCHER_FAILED, 6);
        CHECK_STR(it.answer.text, "another request for the session came");
        stop(&it, 7);
        peer_sees_end(&it);
    }
    fixture_finish(&it);
}

TEST(program_that_never_comes_up)
{
    struct fixture it;

    if (fixture_init(&it, "quick")) {
        for (uint32_t i = 1; i <= 2; i++)
            if (!request(&it, i, SESSION) || !answered(&it, LAUNCHER_FAILED, i))
                break;
        /* it may be gone before the request is sent, or after it */
        CHECK(strstr(it.answer.text, "ended with 3") || strstr(it.answer.text, "cannot be started"));
    }
    fixture_finish(&it);
    if (fixture_init(&it, "ready")) {
        it.config.program = "/nowhere/no-such-program";
        if (request(&it, 1, SESSION) && answered(&it, LAUNCHER_FAILED, 1))
            CHECK(strstr(it.answer.text, "no-such-program cannot be started in session 5") != NULL);
    }
    fixture_finish(&it);
}

/* More sessions than are remembered, all of which end badly. */
TEST(bad_ends_are_forgotten_when_there_are_many)
{
    struct fixture it;

    if (fixture_init(&it, "ready")) {
        it.config.program = "/nowhere/no-such-program";
        for (uint32_t i = 1; i <= 1100; i++)
            if (!request(&it, i, SESSION + i) || !answered(&it, LAUNCHER_FAILED, i) ||
                !CHECK(strstr(it.answer.text, "cannot be started") != NULL))
                break;
        it.config.program = own_path;
        if (request(&it, 2000, SESSION))
            answered(&it, LAUNCHER_STARTED, 2000);
    }
    fixture_finish(&it);
}

/* The adapter that goes takes its programs along; the next one starts anew. */
TEST(adapter_goes_and_comes)
{
    struct fixture it;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1)) {
        os_pipe_destroy(it.adapter);
        it.adapter = NULL;
        peer_sees_end(&it);
        if (connect_adapter(&it) && request(&it, 2, SESSION))
            answered(&it, LAUNCHER_STARTED, 2);
    }
    fixture_finish(&it);
}

TEST(stranger_is_sent_away)
{
    struct os_pipe *other = NULL;
    struct fixture it;
    unsigned npass = 0;
    uint8_t buf[64];
    size_t len;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1)) {
        refuse_client = true;
        for (int i = 0; i < 2; i++) {
            CHECK(os_pipe_connect(it.name, &other) == OS_OK);
            if (other && CHECK(os_pipe_wait(other, WAIT_MS) == OS_OK))
                CHECK(os_pipe_receive(other, buf, sizeof buf, &len, NULL, &npass) == OS_CLOSED);
            os_pipe_destroy(other);
            other = NULL;
        }
        CHECK_INT(events[LAUNCHER_EVENT_CLIENT_REFUSED], 1); /* one a minute */
        stop(&it, 1);                                        /* the adapter has not been touched */
        answered(&it, LAUNCHER_ENDED, 1);
    }
    fixture_finish(&it);
}

#ifndef _WIN32
/* A pipe that somebody waits at and that cannot let anybody in: no descriptor is left. */
TEST(failing_pipe_does_not_keep_the_loop_busy)
{
    struct os_pipe *other = NULL;
    struct rlimit limit, low;
    struct fixture it;
    clock_t begin;
    int lowest;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1)) {
        getrlimit(RLIMIT_NOFILE, &limit);
        lowest = dup(0);
        close(lowest);
        low = limit;
        low.rlim_cur = (rlim_t)lowest + 1; /* for the client's end alone */
        setrlimit(RLIMIT_NOFILE, &low);
        CHECK_INT(os_pipe_connect(it.name, &other), OS_OK);
        begin = clock(); /* of the process, not of the wall */
        os_sleep_ms(1500);
        CHECK(clock() - begin < CLOCKS_PER_SEC / 4);
        setrlimit(RLIMIT_NOFILE, &limit);
        sees_end(it.adapter); /* the other one has come in its place */
        os_pipe_destroy(other);
    }
    fixture_finish(&it);
}
#endif

TEST(nonsense_from_the_adapter)
{
    struct fixture it;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1)) {
        CHECK(os_pipe_send(it.adapter, "nonsense", 8, NULL, 0) == OS_OK);
        peer_sees_end(&it);
    }
    fixture_finish(&it);
}

int main(int argc, char **argv)
{
    return fixture_main(argc, argv);
}
