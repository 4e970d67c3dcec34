/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher and display drivers: what the adapter is told, who has the device, and what a driver that
 * hangs can hold up. */
#define CHECK_OWN_MAIN
#include "../check.h"

#include "fake_driver.h"
#include "launcher_fixture.h"

static bool begin(struct fixture *self)
{
    fake_reset(SESSION);
    return fixture_init_with(self, "ready", &fake_system);
}

static void finish(struct fixture *self)
{
    fake_let_go();
    fixture_finish(self);
    for (int i = 0; i < 2000 && os_threads_alive() > 0; i++)
        os_sleep_ms(10);
    CHECK_INT(os_threads_alive(), 0);
    CHECK_STR(fake_verdict(), NULL);
}

static bool attach(struct fixture *self, uint32_t number)
{
    return request_as(self, LAUNCHER_ATTACH, number, SESSION);
}

static bool attached(struct fixture *self, uint32_t number)
{
    return attach(self, number) && answered(self, LAUNCHER_STARTED, number);
}

TEST(memory_is_taken_and_let_go)
{
    struct fixture it;

    if (begin(&it) && attached(&it, 1)) {
        CHECK_INT(fake_look(0).attach.width, 800);
        CHECK(os_pipe_wait(it.peer, 50) == OS_TIMEOUT); /* it is held */
        stop_as(&it, LAUNCHER_DETACH, 2);               /* of another request: nothing */
        CHECK(os_pipe_wait(it.peer, 50) == OS_TIMEOUT);
        stop_as(&it, LAUNCHER_DETACH, 1);
        peer_sees_end(&it);
        CHECK(fake_wait_closed());
        CHECK_INT(fake_count(FAKE_DETACH), 1);
    }
    finish(&it);
}

TEST(beside_a_program)
{
    struct os_pipe *driver;
    struct fixture it;

    if (begin(&it) && attached(&it, 1)) {
        driver = it.peer;
        it.peer = NULL;
        request(&it, 2, SESSION);
        answered(&it, LAUNCHER_STARTED, 2);
        stop(&it, 2);
        answered(&it, LAUNCHER_ENDED, 2);
        CHECK(os_pipe_wait(driver, 50) == OS_TIMEOUT);
        os_pipe_destroy(driver);
    }
    finish(&it);
}

/* The session leaves, the adapter goes, the launcher ends. */
TEST(let_go_with_the_session)
{
    for (unsigned how = 0; how < 3; how++) {
        struct fixture it;

        if (begin(&it) && attached(&it, 1)) {
            if (how == 0) {
                leave(&it, SESSION);
                answered(&it, LAUNCHER_ENDED, 1);
                CHECK_STR(it.answer.text, "the session is not there any more");
            } else if (how == 1) {
                os_pipe_destroy(it.adapter);
                it.adapter = NULL;
            } else {
                launcher_destroy(it.launcher);
                it.launcher = NULL;
                CHECK_STR(fake_verdict(), NULL); /* it has waited for that */
            }
            peer_sees_end(&it);
            CHECK(fake_wait_closed());
        }
        finish(&it);
    }
}

TEST(refusals_are_told)
{
    struct fixture it;

    if (begin(&it)) {
        fake_error(FAKE_ATTACH, 87);
        if (attach(&it, 1) && answered(&it, LAUNCHER_FAILED, 1)) {
            CHECK_STR(it.answer.text,
                      "the display driver of session 5: it refused memory and pipe (error 87)");
            peer_sees_end(&it);
        }
        fake_error(FAKE_ATTACH, 0);
        CHECK(attached(&it, 2)); /* nothing of it is left */
    }
    finish(&it);
    if (fixture_init(&it, "ready") && attach(&it, 1) && answered(&it, LAUNCHER_FAILED, 1)) {
        CHECK(strstr(it.answer.text, "there are no display drivers here") != NULL);
        peer_sees_end(&it);
    }
    fixture_finish(&it);
}

/* What failed leaves nothing, not even the memory of a session. */
TEST(failures_do_not_add_up)
{
    struct fixture it;

    if (fixture_init(&it, "ready"))
        for (uint32_t i = 0; i < 1100; i++)
            if (!request_as(&it, LAUNCHER_ATTACH, i, SESSION + i) || !answered(&it, LAUNCHER_FAILED, i) ||
                !CHECK(strstr(it.answer.text, "there are no display drivers here") != NULL))
                break;
    fixture_finish(&it);
}

/* Monitors that no driver would show are refused before anybody is given anything. */
TEST(layout_is_looked_at_first)
{
    const struct launcher_start start = {
        .request = 1,
        .session = SESSION,
        .width = 1600,
        .height = 600,
        .stride = 6400,
        .slots = 1,
        .memory_size = 4096,
        .monitor_count = 2,
        .monitors = {{.left = 0, .width = 800, .height = 600, .primary = 1},
                     {.left = 700, .width = 800, .height = 600}},
    };
    struct fixture it;

    if (begin(&it) && request_start(&it, LAUNCHER_ATTACH, &start) && answered(&it, LAUNCHER_FAILED, 1)) {
        CHECK_STR(it.answer.text, "the display driver of session 5: monitors overlap");
        CHECK_INT(fake_count(FAKE_OPEN), 0);
        peer_sees_end(&it);
    }
    finish(&it);
}

/* What the driver reports decides; the adapter hears it once, and the session can be attached again. */
TEST(watch_ends_it)
{
    static const struct {
        struct control_report report;
        const char *text;
    } ends[] = {
        {{.version = 1, .adapter = CONTROL_ADAPTER_FAILED, .adapter_status = 0xC000000D, .attached = 1},
         "the display driver of session 5: its adapter failed (0xc000000d)"},
        {{.version = 1, .adapter = 1, .layout = CONTROL_LAYOUT_FAILED, .attached = 1},
         "the display driver of session 5: the monitors cannot be shown"},
        {{.version = 1, .adapter = 1}, "the display driver of session 5: it has let go of memory and pipe"},
        {{.version = 0}, "the display driver of session 5: the device is gone (error 1167)"},
    };

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const struct control_report fine = {
            .version = 1, .adapter = 1, .layout = 2, .attached = 1, .frames = 3};
        struct fixture it;

        if (begin(&it) && attached(&it, 1)) {
            fake_report(&fine);
            CHECK(fake_wait_calls(FAKE_WAIT, 2));
            CHECK(os_pipe_wait(it.peer, 20) == OS_TIMEOUT);
            if (ends[i].report.version)
                fake_report(&ends[i].report);
            else
                fake_plug(false);
            answered(&it, LAUNCHER_ENDED, 1);
            CHECK_STR(it.answer.text, ends[i].text);
            peer_sees_end(&it);
            CHECK(fake_wait_closed());
            stop_as(&it, LAUNCHER_DETACH, 1); /* too late: nothing */
            fake_plug(true);
            CHECK(attached(&it, 2));
        }
        finish(&it);
    }
}

/* Two requests fast after another: the newer one has it, also when the older one hung and comes late. */
TEST(newest_request_wins)
{
    static const int calls[] = {-1,          FAKE_CLAIM, FAKE_CLAIMED, FAKE_LAYOUT,
                                FAKE_ATTACH, FAKE_WAIT,  FAKE_DETACH,  FAKE_CLOSE};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        bool before = calls[i] >= 0 && calls[i] <= FAKE_ATTACH;
        struct os_pipe *first;
        struct fixture it;

        if (begin(&it)) {
            it.config.attach_ms = 20000;
            if (calls[i] >= 0)
                fake_hang((enum fake_call)calls[i], 1);
            if (before)
                CHECK(attach(&it, 1) && fake_wait_hanging(1));
            else
                CHECK(attached(&it, 1));
            first = it.peer;
            it.peer = NULL;
            if (attach(&it, 2)) {
                answered(&it, before ? LAUNCHER_FAILED : LAUNCHER_ENDED, 1);
                CHECK_STR(it.answer.text, "another request for the session came");
                if (calls[i] > FAKE_CLAIM) /* the device has an owner still */
                    CHECK(os_pipe_wait(it.adapter, 150) == OS_TIMEOUT);
                fake_let_go();
                answered(&it, LAUNCHER_STARTED, 2);
                CHECK(fake_look(0).attached);
                if (calls[i] == FAKE_CLAIMED) /* it came too late to have a say in anything */
                    CHECK_INT(fake_count(FAKE_LAYOUT), 1);
                CHECK(os_pipe_wait(it.peer, 20) == OS_TIMEOUT); /* the newer one's is held */
            }
            CHECK(!first || os_pipe_wait(first, WAIT_MS) == OS_OK); /* the older one's has ended */
            os_pipe_destroy(first);
        }
        finish(&it);
    }
}

/* A driver that hangs, wherever: the adapter is told in time, the loop goes on, and what comes too late is
 * closed. */
TEST(hang_has_a_limit)
{
    static const struct {
        enum fake_call call;
        const char *step;
    } hangs[] = {{FAKE_OPEN, "opening its device"}, {FAKE_CLAIM, "claiming it"},
                 {FAKE_CLAIMED, "claiming it"},     {FAKE_LAYOUT, "telling it the monitors"},
                 {FAKE_GIVE, "handing over"},       {FAKE_ATTACH, "handing over"}};

    for (size_t i = 0; i < sizeof hangs / sizeof hangs[0]; i++) {
        struct fixture it;
        char text[200];

        snprintf(text, sizeof text,
                 "the display driver of session 5: it did not take the memory within 200 ms (%s)",
                 hangs[i].step);
        if (begin(&it)) {
            it.config.attach_ms = 200;
            fake_hang(hangs[i].call, 1);
            if (attach(&it, 1) && answered(&it, LAUNCHER_FAILED, 1)) {
                CHECK_STR(it.answer.text, text);
                request(&it, 2, SESSION); /* the loop does not care */
                answered(&it, LAUNCHER_STARTED, 2);
            }
            CHECK(fake_wait_hanging(1));
            fake_let_go();
            CHECK(fake_wait_closed());
            CHECK(!fake_look(0).attached);
        }
        finish(&it);
    }
}

TEST(detach_while_it_hangs)
{
    static const enum fake_call calls[] = {FAKE_CLAIM, FAKE_ATTACH, FAKE_WAIT, FAKE_DETACH, FAKE_CLOSE};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct fixture it;

        if (begin(&it)) {
            fake_hang(calls[i], 1);
            if (calls[i] == FAKE_CLAIM || calls[i] == FAKE_ATTACH)
                CHECK(attach(&it, 1) && fake_wait_hanging(1));
            else
                CHECK(attached(&it, 1));
            stop_as(&it, LAUNCHER_DETACH, 1);
            CHECK(fake_wait_hanging(1));
            request(&it, 2, SESSION); /* the loop does not care */
            answered(&it, LAUNCHER_STARTED, 2);
            fake_let_go();
            CHECK(fake_wait_closed());
        }
        finish(&it);
    }
}

/* A driver that hangs does not hold up the service's stop for more than the 3 s that it has; the thread
 * comes back to nothing. */
TEST(destroy_while_it_hangs)
{
    static const enum fake_call calls[] = {FAKE_CLAIM, FAKE_WAIT, FAKE_CLOSE};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct fixture it;
        uint64_t start;

        if (begin(&it)) {
            fake_hang(calls[i], 1);
            if (calls[i] == FAKE_CLAIM)
                CHECK(attach(&it, 1) && fake_wait_hanging(1));
            else
                CHECK(attached(&it, 1));
            start = os_now_ms();
            launcher_destroy(it.launcher);
            CHECK(os_now_ms() - start >= 2900 && os_now_ms() - start < WAIT_MS);
            it.launcher = NULL;
            CHECK(fake_wait_hanging(1));
        }
        finish(&it);
    }
}

static void let_go_later(void *arg)
{
    os_sleep_ms(300);
    fake_let_go();
}

TEST(destroy_waits_for_a_slow_one)
{
    struct os_thread *thread = NULL;
    struct fixture it;

    if (begin(&it) && attached(&it, 1)) {
        fake_hang(FAKE_CLOSE, 1);
        CHECK(os_thread_create("let go", let_go_later, NULL, &thread) == OS_OK);
        launcher_destroy(it.launcher);
        it.launcher = NULL;
        CHECK_STR(fake_verdict(), NULL);
        os_thread_join(thread);
    }
    finish(&it);
}

/* Threads that hang have a bound; a session whose driver does answer waits for nobody else. */
TEST(hangs_are_bounded)
{
    struct fixture it;

    if (begin(&it)) {
        it.config.attach_ms = 100;
        fake_hang(FAKE_CLAIM, 16);
        for (uint32_t i = 1; i <= 16; i++)
            if (!request_as(&it, LAUNCHER_ATTACH, i, SESSION + i) || !answered(&it, LAUNCHER_FAILED, i))
                break;
        CHECK(fake_wait_hanging(16));
        os_sleep_ms(2600); /* they had their time */
        it.config.attach_ms = 0;
        if (attach(&it, 17) && answered(&it, LAUNCHER_FAILED, 17))
            CHECK(strstr(it.answer.text, "too many others hang") != NULL);
        fake_let_go();
        CHECK(fake_wait_closed());
        for (int i = 0; i < 500 && os_threads_alive() > 1; i++) /* the loop's */
            os_sleep_ms(10);
        CHECK(attached(&it, 18));
    }
    finish(&it);
}

int main(int argc, char **argv)
{
    return fixture_main(argc, argv);
}
