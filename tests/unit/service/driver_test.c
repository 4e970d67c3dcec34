/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation with a display driver: which device, what it is told, what follows from its answers. */
#include "../check.h"

#include <stdlib.h>

#include "fake_driver.h"
#include "os/log.h"
#include "os/pipe.h"
#include "os/shm.h"
#include "service/report.h"

#define SESSION 7

struct fixture {
    struct os_pipe *peer;
    struct os_shm memory;
    struct driver driver;
    char why[300];
};

static bool fixture_init(struct fixture *self)
{
    struct os_pipe *other = NULL;

    memset(self, 0, sizeof *self);
    self->memory = (struct os_shm)OS_SHM_INIT;
    fake_reset(SESSION);
    if (!CHECK(os_shm_create(&self->memory, 4096) == OS_OK) ||
        !CHECK(os_shm_share(&self->memory, &self->driver.handles[0]) == OS_OK) ||
        !CHECK(os_pipe_pair(&self->peer, &other) == OS_OK))
        return false;
    self->driver.handles[1] = os_pipe_detach(other);
    self->driver.system = &fake_system;
    self->driver.start = (struct launcher_start){.request = 1,
                                                 .session = SESSION,
                                                 .width = 800,
                                                 .height = 600,
                                                 .stride = 3200,
                                                 .slots = 3,
                                                 .memory_size = 4096};
    self->driver.stop = event_create(true);
    return CHECK(!driver_layout(&self->driver.start, &self->driver.layout)) && CHECK(self->driver.stop);
}

static void fixture_finish(struct fixture *self)
{
    os_handle_close(self->driver.handles[0]);
    os_handle_close(self->driver.handles[1]);
    event_close(self->driver.stop);
    os_pipe_destroy(self->peer);
    os_shm_finish(&self->memory);
    CHECK_STR(fake_verdict(), NULL);
}

static enum os_status attach(struct fixture *self)
{
    return driver_attach(&self->driver, self->why, sizeof self->why);
}

TEST(memory_and_pipe_arrive)
{
    struct os_shm seen = OS_SHM_INIT;
    os_handle copy = OS_NO_HANDLE;
    struct fixture it;

    if (fixture_init(&it)) {
        const struct fake_device *device = &fake.devices[0];

        memcpy(it.memory.base, "frames", 6);
        CHECK_INT(attach(&it), OS_OK);
        CHECK_INT(device->attach.width, 800);
        CHECK_INT(device->attach.memory_size, 4096);
        CHECK_INT(device->layout.layout.count, 1);
        CHECK(!layout_problem(&device->layout.layout));
        CHECK(os_handle_duplicate((os_handle)(uintptr_t)device->attach.memory, &copy) == OS_OK);
        if (CHECK(os_shm_map(&seen, copy, 4096) == OS_OK))
            CHECK(memcmp(seen.base, "frames", 6) == 0);
        os_shm_finish(&seen);
        driver_detach(&it.driver);
        CHECK(!device->attached);
    }
    fixture_finish(&it);
}

/* Of three devices the third is the session's: one cannot be opened, one belongs to another; it says that it
 * does not know whose it is. */
TEST(the_right_device)
{
    struct fixture it;

    if (fixture_init(&it)) {
        for (unsigned i = 0; i < FAKE_DEVICES; i++)
            fake.devices[i].there = true;
        fake.devices[0].errors[FAKE_OPEN] = 5;
        fake.devices[1].session = SESSION + 3;
        fake.devices[2].session = 0xFFFFFFFF;
        CHECK_INT(attach(&it), OS_OK);
        CHECK(!fake.devices[1].attached && fake.devices[2].attached);
        driver_detach(&it.driver);

        /* none is: the one that could not be opened may have been it */
        fake.devices[2].session = SESSION + 2;
        CHECK_INT(attach(&it), OS_FAILED);
        CHECK_STR(it.why, "device 0 cannot be opened");
        fake.devices[0].errors[FAKE_OPEN] = 0;
        fake.devices[0].session = SESSION + 1;
        CHECK_INT(attach(&it), OS_NOT_FOUND);
        CHECK_STR(it.why, "there is none");
    }
    fixture_finish(&it);
}

/* Whatever goes wrong: said, and no handle stays in the driver's process. */
TEST(refusals)
{
    static const struct {
        enum fake_call call;
        uint32_t error;
        enum os_status status;
        const char *text;
    } faults[] = {
        {FAKE_CALLS, 0, OS_INVALID, "it speaks version 99, not 1"},
        {FAKE_CLAIM, 5, OS_FAILED, "it cannot be claimed (error 5)"},
        {FAKE_CLAIM, DRIVER_SILENT, OS_TIMEOUT, "it cannot be claimed (error 1460)"},
        {FAKE_LAYOUT, 87, OS_FAILED, "it refused the monitors (error 87)"},
        {FAKE_GIVE, 1, OS_DENIED, "not a host"},
        {FAKE_ATTACH, 87, OS_FAILED, "it refused memory and pipe (error 87)"},
        /* so that they are still ours */
        {FAKE_ATTACH, DRIVER_DENIED, OS_FAILED, "it refused memory and pipe (error 5)"},
        {FAKE_ATTACH, DRIVER_TOO_FEW, OS_FAILED, "it refused memory and pipe (error 122)"},
        {FAKE_ATTACH, DRIVER_STOPPED, OS_FAILED, "it refused memory and pipe (error 995)"},
    };

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct fixture it;

        if (fixture_init(&it)) {
            if (faults[i].call == FAKE_CALLS)
                fake.devices[0].version = 99;
            else
                fake.devices[0].errors[faults[i].call] = faults[i].error;
            CHECK_INT(attach(&it), faults[i].status);
            CHECK_STR(it.why, faults[i].text);
            /* where it got as far as to refuse something, it may have written why */
            CHECK_INT(fake.calls[FAKE_LOG] > 0, faults[i].call != FAKE_CALLS && faults[i].call != FAKE_CLAIM);
        }
        fixture_finish(&it);
    }
}

struct other {
    struct fixture *it;
    struct os_thread *thread;
    enum os_status status;
};

static void attach_thread(void *arg)
{
    struct other *self = arg;

    self->status = attach(self->it);
}

/* Who has the device lets go of it, or does not. */
TEST(busy_device_is_waited_for)
{
    struct fixture it, second;

    for (unsigned how = 0; how < 2; how++) {
        if (fixture_init(&it) && fixture_init(&second) && CHECK_INT(attach(&it), OS_OK)) {
            struct other other = {.it = &second};

            CHECK(os_thread_create("other", attach_thread, &other, &other.thread) == OS_OK);
            CHECK(fake_wait_calls(FAKE_CLAIM, 4));
            if (how == 0)
                event_set(second.driver.stop);
            else
                driver_detach(&it.driver);
            os_thread_join(other.thread);
            CHECK_INT(other.status, how == 0 ? OS_AGAIN : OS_OK);
            driver_detach(how == 0 ? &it.driver : &second.driver);
        }
        fixture_finish(&it);
        fixture_finish(&second);
    }
}

TEST(layout_of_a_request)
{
    struct launcher_start start = {.width = 1024, .height = 768};
    struct layout layout;

    CHECK_STR(driver_layout(&start, &layout), NULL);
    CHECK_INT(layout.count, 1);
    CHECK_INT(layout.monitors[0].width, 1024);
    CHECK_INT(layout.monitors[0].scale, 100);

    /* the primary is to be at 0,0, whatever the corner of the desktop */
    start.monitor_count = 2;
    start.monitors[0] =
        (struct link_monitor){.left = 0, .top = 40, .width = 640, .height = 480, .scale = 150};
    start.monitors[1] = (struct link_monitor){
        .left = 640, .width = 1024, .height = 768, .primary = 1, .width_mm = 500, .height_mm = 300};
    CHECK_STR(driver_layout(&start, &layout), NULL);
    CHECK_INT(layout.count, 2);
    CHECK_INT(layout.monitors[0].x, -640);
    CHECK_INT(layout.monitors[0].y, 40);
    CHECK_INT(layout.monitors[0].scale, 150);
    CHECK(layout.monitors[1].x == 0 && layout.monitors[1].y == 0);
    CHECK_INT(layout.monitors[1].scale, 100);
    CHECK_INT(layout.monitors[1].width_mm, 500);

    /* what no driver shows, and numbers that are none of a desktop's */
    start.monitors[0].left = 641;
    CHECK_STR(driver_layout(&start, &layout), "monitors overlap");
    start.monitors[0].left = INT32_MIN;
    CHECK_STR(driver_layout(&start, &layout), "a monitor's position is out of bounds");
    start.monitors[0].left = 0;
    start.monitors[0].scale = 99;
    CHECK_STR(driver_layout(&start, &layout), "a scale factor is out of bounds");
    start.monitor_count = LINK_MONITORS_MAX + 1;
    CHECK_STR(driver_layout(&start, &layout), "number of monitors is out of bounds");
}

/* A report is another process's: it may say anything. */
TEST(report_of_a_stranger)
{
    struct control_report report;
    char text[300], why[300] = "";

    memset(&report, 0xff, sizeof report);
    report_text(&report, text, sizeof text);
    CHECK_STR(text, "adapter unknown (0xffffffff), layout unknown (0xffffffff), monitors 4294967295, "
                    "chains 4294967295, attached, frames 18446744073709551615, sent 18446744073709551615, "
                    "skipped 18446744073709551615");
    CHECK(report_is_end(&report, why, sizeof why));
    CHECK_STR(why, "its report is of version 4294967295, not 1");
}

/* Lines of the log, for a look at them. */
static struct {
    struct os_mutex lock;
    char text[4096];
} lines = {OS_MUTEX_INIT, ""};

static void keep_line(enum log_level level, const char *line, size_t len, void *arg)
{
    const char *text = strstr(line, " driver[7] ");
    size_t used = strlen(lines.text);

    if (text)
        snprintf(lines.text + used, sizeof lines.text - used, "%s %s\n",
                 level == LOG_DEBUG ? "debug" : "info", text + strlen(" driver[7] "));
}

struct watcher {
    struct fixture *it;
    struct os_thread *thread;
    bool ended;
};

static void watch_thread(void *arg)
{
    struct watcher *self = arg;

    self->ended = driver_watch(&self->it->driver, self->it->why, sizeof self->it->why);
}

static void watch_reports(bool debug)
{
    struct control_report report = {.version = 1, .adapter = 1, .layout = 1, .monitors = 1, .attached = 1};
    struct fixture it;

    lines.text[0] = 0;
    log_set_sink(keep_line, NULL);
    log_set_level(debug ? LOG_DEBUG : LOG_INFO);
    if (fixture_init(&it) && CHECK_INT(attach(&it), OS_OK)) {
        struct watcher watcher = {.it = &it};

        fake.devices[0].report = report;
        CHECK(os_thread_create("watch", watch_thread, &watcher, &watcher.thread) == OS_OK);
        CHECK(fake_wait_calls(FAKE_WAIT, 2));
        report.layout = CONTROL_LAYOUT_SHOWN;
        report.chains = 1;
        fake_report(&report);
        CHECK(fake_wait_calls(FAKE_WAIT, 3));
        report.frames = 5; /* only counters */
        fake_report(&report);
        CHECK(fake_wait_calls(FAKE_WAIT, 4));
        report.layout = CONTROL_LAYOUT_FAILED;
        report.layout_status = 0xC0000001;
        fake_report(&report);
        os_thread_join(watcher.thread);
        CHECK(watcher.ended);
        CHECK_STR(it.why, "the monitors cannot be shown (0xc0000001)");
        driver_detach(&it.driver);
    }
    log_set_sink(NULL, NULL);
    log_set_level(LOG_INFO);
    fixture_finish(&it);
}

#define LINE_PENDING                                                                                         \
    "info report: adapter ready, layout pending, monitors 1, chains 0, attached, frames 0, sent 0, skipped " \
    "0\n"
#define LINE_SHOWN                                                                                           \
    "info report: adapter ready, layout shown, monitors 1, chains 1, attached, frames 0, sent 0, skipped "   \
    "0\n"
#define LINE_COUNTED                                                                                         \
    "debug report: adapter ready, layout shown, monitors 1, chains 1, attached, frames 5, sent 0, skipped "  \
    "0\n"
#define LINE_FAILED                                                                                          \
    "info report: adapter ready, layout failed (0xc0000001), monitors 1, chains 1, attached, frames 5, "     \
    "sent 0, "                                                                                               \
    "skipped 0\n"

/* One line for each; what the driver wrote with the failure, or as it comes. */
TEST(reports_are_told)
{
    watch_reports(false);
    CHECK(strncmp(lines.text, LINE_PENDING LINE_SHOWN LINE_FAILED "info first\ninfo second\ninfo xxx",
                  strlen(LINE_PENDING LINE_SHOWN LINE_FAILED "info first\ninfo second\ninfo xxx")) == 0);
    watch_reports(true);
    CHECK(strncmp(lines.text, LINE_PENDING "debug first\ndebug second\ndebug xxx",
                  strlen(LINE_PENDING "debug first\ndebug second\ndebug xxx")) == 0);
    CHECK(strstr(lines.text, "\n" LINE_SHOWN LINE_COUNTED LINE_FAILED) != NULL);
}

TEST(watch_is_stopped)
{
    struct fixture it;

    if (fixture_init(&it) && CHECK_INT(attach(&it), OS_OK)) {
        event_set(it.driver.stop);
        CHECK(!driver_watch(&it.driver, it.why, sizeof it.why));
        driver_detach(&it.driver);
        CHECK_INT(fake.calls[FAKE_DETACH], 1);
    }
    fixture_finish(&it);
}
