/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher with this program as its session program: what the adapter is told, when programs start and
 * end. */
#define CHECK_OWN_MAIN
#include "../check.h"

#include <stdatomic.h>
#include <stdlib.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <unistd.h>
#endif

#include "link/launcher.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/shm.h"
#include "os/thread.h"
#include "service/launcher.h"

#define WAIT_MS 20000
#define LIFE_MS 60000 /* no child lives longer, whatever happens */
#define SESSION 5

static char own_path[1024];
static _Atomic unsigned events[LAUNCHER_EVENT_PROGRAM_DIED + 1];
static _Atomic bool refuse_client;

/* The session program. */

static bool take(struct os_pipe *link, struct launcher_start *start)
{
    union launcher_any message;
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    const char *problem;
    uint8_t buf[2048];
    size_t len;

    if (os_pipe_wait(link, LIFE_MS) != OS_OK ||
        os_pipe_receive(link, buf, sizeof buf, &len, pass, &npass) != OS_OK || npass != 2 ||
        !wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem))
        return false;
    os_handle_close(
        pass[0].handle); /* the pipe to the peer stays open: its end is what the peer sees of ours */
    *start = message.start;
    return true;
}

static void say(struct os_pipe *link, uint16_t id, const struct launcher_start *start, const char *text)
{
    struct launcher_result result = {start->request, start->session, ""};
    const char *problem;
    uint8_t buf[2048];

    snprintf(result.text, sizeof result.text, "%s", text);
    os_pipe_send(link, buf, wire_encode(&launcher_table, id, &result, buf, sizeof buf, &problem), NULL, 0);
}

static int child(const char *mode, struct os_pipe *link)
{
    struct launcher_start start;
    int code = 0;

    if (strcmp(mode, "quick") == 0)
        return 3;
    if (!take(link, &start))
        return 9;
    if (strcmp(mode, "refuse") == 0) {
        say(link, LAUNCHER_FAILED, &start, "no screen here");
        code = 1;
    } else if (strcmp(mode, "nonsense") == 0) {
        os_pipe_send(link, "nonsense", 8, NULL, 0);
    } else if (strcmp(mode, "crash") == 0) {
        say(link, LAUNCHER_STARTED, &start, "");
        os_sleep_ms(20);
        return 3;
    } else if (strcmp(mode, "silent") != 0) {
        say(link, LAUNCHER_STARTED, &start, "");
    }
    if (strcmp(mode, "deaf") == 0)
        os_sleep_ms(LIFE_MS);
    os_pipe_wait(link, LIFE_MS); /* its end */
    return code;
}

/* The adapter. */

static bool may_come(void *arg, const struct os_process *client, char *why, size_t cap)
{
    (void)arg;
    snprintf(why, cap, "not today");
    return !refuse_client && client;
}

static bool present(void *arg, uint32_t session)
{
    (void)arg;
    return session >= SESSION;
}

static void count_event(void *arg, enum launcher_event event, const char *text)
{
    (void)arg;
    (void)text;
    events[event]++;
}

/* The display driver: what it was handed, and a device that it is closed by, one end of a pipe. */
static struct {
    _Atomic unsigned calls;
    _Atomic bool stuck; /* it does not come back while this is set */
    _Atomic bool refuses;
    _Atomic bool seen;     /* the section of the request */
    struct os_pipe *other; /* sees the end when the device is closed; made before the request */
    os_handle device;
} driver;

static enum os_status attach(void *arg, const struct launcher_start *start, os_handle memory, os_handle pipe,
                             os_handle *device, char *why, size_t cap)
{
    os_handle copy = OS_NO_HANDLE;
    struct os_shm shm = OS_SHM_INIT;

    (void)arg;
    (void)pipe;
    driver.calls++;
    for (uint64_t until = os_now_ms() + LIFE_MS; driver.stuck && os_now_ms() < until;)
        os_sleep_ms(5);
    if (driver.refuses) {
        snprintf(why, cap, "no monitor today");
        return OS_DENIED;
    }
    if (os_handle_duplicate(memory, &copy) == OS_OK && os_shm_map(&shm, copy, start->memory_size) == OS_OK)
        driver.seen = true;
    else
        os_handle_close(copy);
    os_shm_finish(&shm);
    *device = driver.device;
    return OS_OK;
}

static bool make_device(void)
{
    struct os_pipe *mine = NULL;

    memset(&driver, 0, sizeof driver);
    if (!CHECK(os_pipe_pair(&driver.other, &mine) == OS_OK))
        return false;
    driver.device = os_pipe_detach(mine);
    return true;
}

static bool device_is_closed(void)
{
    unsigned npass = 0;
    uint8_t buf[16];
    size_t len;
    bool closed = CHECK(os_pipe_wait(driver.other, WAIT_MS) == OS_OK) &&
                  CHECK(os_pipe_receive(driver.other, buf, sizeof buf, &len, NULL, &npass) == OS_CLOSED);

    os_pipe_destroy(driver.other);
    driver.other = NULL;
    return closed;
}

struct fixture {
    struct launcher_config config;
    const char *args[2];
    char name[512];
    struct launcher *launcher;
    struct os_pipe *adapter;
    struct os_pipe *peer; /* our end of the pipe that the last request carried */
    uint16_t id;
    struct launcher_result answer; /* the last one */
};

static bool connect_adapter(struct fixture *self)
{
    os_pipe_destroy(self->adapter);
    self->adapter = NULL;
    for (int i = 0; i < 500 && os_pipe_connect(self->name, &self->adapter) != OS_OK; i++)
        os_sleep_ms(10);
    return CHECK(self->adapter != NULL);
}

static bool with_driver;

static bool fixture_init(struct fixture *self, const char *mode)
{
    const struct launcher_host host = {may_come, present, count_event, with_driver ? attach : NULL, NULL};
    char problem[600] = "";

    memset(self, 0, sizeof *self);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        events[i] = 0;
    refuse_client = false;
    self->args[0] = mode;
#ifdef _WIN32
    snprintf(self->name, sizeof self->name, "rdsprov-launcher-test-%lu",
             (unsigned long)GetCurrentProcessId());
#else
    snprintf(self->name, sizeof self->name, "%s/rdsprov-launcher-test-%d",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
#endif
    self->config = (struct launcher_config){
        .pipe = self->name, .program = own_path, .args = self->args, .pause_ms = 40, .healthy_ms = 10000};
    self->launcher = launcher_create(&self->config, &host, problem, sizeof problem);
    CHECK_STR(problem[0] && !self->launcher ? problem : "", "");
    return self->launcher && connect_adapter(self);
}

static void fixture_finish(struct fixture *self)
{
    os_pipe_destroy(self->peer);
    launcher_destroy(self->launcher);
    os_pipe_destroy(self->adapter);
    for (int i = 0; i < 500 && !os_process_all_reaped(); i++)
        os_sleep_ms(10);
    CHECK(os_process_all_reaped());
}

static bool request_as(struct fixture *self, uint16_t id, uint32_t number, uint32_t session)
{
    const struct launcher_start start = {.request = number,
                                         .session = session,
                                         .width = 800,
                                         .height = 600,
                                         .stride = 3200,
                                         .slots = 1,
                                         .memory_size = 4096};
    struct os_shm memory = OS_SHM_INIT;
    struct os_pass pass[2] = {{.kind = OS_PASS_HANDLE}, {.kind = OS_PASS_HANDLE}};
    struct os_pipe *other = NULL;
    const char *problem = "";
    uint8_t buf[512];
    size_t len;
    bool good;

    os_pipe_destroy(self->peer);
    self->peer = NULL;
    len = wire_encode(&launcher_table, id, &start, buf, sizeof buf, &problem);
    good = CHECK(len > 0) && CHECK(os_shm_create(&memory, 4096) == OS_OK) &&
           CHECK(os_shm_share(&memory, &pass[0].handle) == OS_OK) &&
           CHECK(os_pipe_pair(&self->peer, &other) == OS_OK);
    if (good) {
        pass[1].handle = os_pipe_detach(other);
        good = CHECK(os_pipe_send(self->adapter, buf, len, pass, 2) == OS_OK);
    }
    os_shm_finish(&memory);
    return good;
}

static bool request(struct fixture *self, uint32_t number, uint32_t session)
{
    return request_as(self, LAUNCHER_START, number, session);
}

static void stop_as(struct fixture *self, uint16_t id, uint32_t number)
{
    const struct launcher_stop message = {number, SESSION};
    const char *problem;
    uint8_t buf[512];
    size_t len = wire_encode(&launcher_table, id, &message, buf, sizeof buf, &problem);

    CHECK(os_pipe_send(self->adapter, buf, len, NULL, 0) == OS_OK);
}

static void stop(struct fixture *self, uint32_t number)
{
    stop_as(self, LAUNCHER_STOP, number);
}

/* The next answer is that one, about that request. */
static bool answered(struct fixture *self, uint16_t id, uint32_t number)
{
    const struct wire_message *description;
    union launcher_any message;
    const char *problem = "";
    uint8_t buf[2048];
    unsigned npass = 0;
    size_t len = 0;

    if (!CHECK(os_pipe_wait(self->adapter, WAIT_MS) == OS_OK) ||
        !CHECK(os_pipe_receive(self->adapter, buf, sizeof buf, &len, NULL, &npass) == OS_OK))
        return false;
    description = wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem);
    if (!CHECK(description != NULL))
        return false;
    self->answer = message.result;
    self->id = description->id;
    if (description->id != id)
        fprintf(stderr, "answer %s: %s\n", description->name, message.result.text);
    CHECK_INT(self->answer.request, number);
    return CHECK_INT(description->id, id);
}

/* The program holds the other end of the peer's pipe until it has ended. */
static bool peer_sees_end(struct fixture *self)
{
    unsigned npass = 0;
    uint8_t buf[16];
    size_t len;

    return CHECK(os_pipe_wait(self->peer, WAIT_MS) == OS_OK) &&
           CHECK(os_pipe_receive(self->peer, buf, sizeof buf, &len, NULL, &npass) == OS_CLOSED);
}

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
        launcher_session_user(it.launcher, SESSION);
        launcher_session_left(it.launcher, SESSION + 1);
        launcher_session_left(it.launcher, SESSION);
        answered(&it, LAUNCHER_ENDED, 1);
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

TEST(nonsense_from_the_adapter)
{
    struct fixture it;

    if (fixture_init(&it, "ready") && request(&it, 1, SESSION) && answered(&it, LAUNCHER_STARTED, 1)) {
        CHECK(os_pipe_send(it.adapter, "nonsense", 8, NULL, 0) == OS_OK);
        peer_sees_end(&it);
    }
    fixture_finish(&it);
}

TEST(driver_takes_memory)
{
    struct fixture it;

    with_driver = true;
    if (fixture_init(&it, "ready") && make_device() && request_as(&it, LAUNCHER_ATTACH, 1, SESSION) &&
        answered(&it, LAUNCHER_STARTED, 1)) {
        CHECK(driver.seen);
        CHECK_INT(driver.calls, 1);
        CHECK(os_pipe_wait(driver.other, 50) == OS_TIMEOUT); /* it is held */
        request(&it, 2, SESSION);                            /* beside it a program, with a pipe of its own */
        answered(&it, LAUNCHER_STARTED, 2);
        stop(&it, 2);
        answered(&it, LAUNCHER_ENDED, 2);
        stop_as(&it, LAUNCHER_DETACH, 2); /* of another request: nothing */
        CHECK(os_pipe_wait(driver.other, 50) == OS_TIMEOUT);
        stop_as(&it, LAUNCHER_DETACH, 1);
        device_is_closed();
    }
    fixture_finish(&it);
    with_driver = false;
}

TEST(driver_is_let_go)
{
    for (unsigned how = 0; how < 3; how++) {
        struct fixture it;

        with_driver = true;
        if (fixture_init(&it, "ready") && make_device() && request_as(&it, LAUNCHER_ATTACH, 1, SESSION) &&
            answered(&it, LAUNCHER_STARTED, 1)) {
            if (how == 0) {
                launcher_session_left(it.launcher, SESSION);
            } else if (how == 1) {
                os_pipe_destroy(it.adapter);
                it.adapter = NULL;
            } else {
                launcher_destroy(it.launcher);
                it.launcher = NULL;
            }
            device_is_closed();
        }
        fixture_finish(&it);
        with_driver = false;
    }
}

TEST(driver_refuses)
{
    struct fixture it;

    with_driver = true;
    if (fixture_init(&it, "ready") && make_device()) {
        driver.refuses = true;
        if (request_as(&it, LAUNCHER_ATTACH, 1, SESSION) && answered(&it, LAUNCHER_FAILED, 1)) {
            CHECK_STR(it.answer.text, "the display driver of session 5: no monitor today");
            peer_sees_end(&it);
        }
        os_handle_close(driver.device);
        device_is_closed();
    }
    fixture_finish(&it);
    with_driver = false;
    if (fixture_init(&it, "ready") && request_as(&it, LAUNCHER_ATTACH, 1, SESSION) &&
        answered(&it, LAUNCHER_FAILED, 1)) {
        CHECK(strstr(it.answer.text, "there are no display drivers here") != NULL);
        peer_sees_end(&it);
    }
    fixture_finish(&it);
}

/* The loop goes on while a driver hangs, and what it gives too late is closed. */
TEST(driver_that_hangs)
{
    for (unsigned how = 0; how < 3; how++) {
        struct fixture it;

        with_driver = true;
        if (fixture_init(&it, "ready") && make_device()) {
            driver.stuck = true;
            it.config.attach_ms = how == 0 ? 200 : 0;
            if (request_as(&it, LAUNCHER_ATTACH, 1, SESSION)) {
                if (how == 0) {
                    answered(&it, LAUNCHER_FAILED, 1);
                    CHECK(strstr(it.answer.text, "did not take the memory within 200 ms") != NULL);
                } else if (how == 1) {
                    for (int i = 0; i < 500 && !driver.calls; i++)
                        os_sleep_ms(10);
                    launcher_session_left(it.launcher, SESSION);
                    answered(&it, LAUNCHER_FAILED, 1);
                    if (request(&it, 2, SESSION))
                        answered(&it, LAUNCHER_STARTED, 2);
                } else {
                    for (int i = 0; i < 500 && !driver.calls; i++)
                        os_sleep_ms(10);
                    launcher_destroy(it.launcher);
                    it.launcher = NULL;
                }
            }
            CHECK(os_pipe_wait(driver.other, 20) == OS_TIMEOUT);
            driver.stuck = false;
            device_is_closed();
        }
        fixture_finish(&it);
        with_driver = false;
    }
    for (int i = 0; i < 500 && os_threads_alive() > 0; i++)
        os_sleep_ms(10);
    CHECK_INT(os_threads_alive(), 0);
}

int main(int argc, char **argv)
{
    struct os_pipe *link = NULL;
    const char *slash;
    int code;

    if (os_inherited_pipe(&argc, argv, &link) == OS_OK) {
        code = argc == 2 ? child(argv[1], link) : 8;
        os_pipe_destroy(link);
        return code;
    }
    os_module_directory(own_path, sizeof own_path / 2);
    slash = strrchr(argv[0], '/');
#ifdef _WIN32
    if (strrchr(argv[0], '\\') > slash)
        slash = strrchr(argv[0], '\\');
#endif
    strcat(own_path, "/");
    strncat(own_path, slash ? slash + 1 : argv[0], sizeof own_path / 2 - 2);
    return check_run(argc, argv);
}
