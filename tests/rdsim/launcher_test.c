/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher with this program as its session program and a script as its desktop. */
#define CHECK_OWN_MAIN
#include "../unit/check.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <unistd.h>
#endif

#include "launcher.h"
#include "loader.h"
#include "link/launcher.h"
#include "os/log.h"
#include "os/os.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/shm.h"
#include "os/thread.h"

#define WAIT_MS 5000
#define SESSION 5

static char own_path[1024];
static _Atomic uint32_t desktop_gone;

static bool exists(void *arg, uint32_t session)
{
    (void)arg;
    return session == SESSION;
}

static void gone(void *arg, uint32_t session)
{
    (void)arg;
    atomic_store(&desktop_gone, session);
}

struct fixture {
    struct options options;
    char name[512];
    struct launcher *launcher;
    struct os_pipe *adapter;
    struct os_pipe *peer; /* our end of the pipe that the last request carried */
};

static void fixture_init(struct fixture *self, const char *mode)
{
    const struct launcher_host host = {exists, gone, NULL};
    const char *tmp = getenv("TMPDIR");
    char problem[600] = "";

    memset(self, 0, sizeof *self);
    atomic_store(&desktop_gone, 0);
    self->options.session_program = own_path;
    self->options.session_args[0] = mode;
    self->options.session_arg_count = 1;
#ifdef _WIN32
    (void)tmp;
    snprintf(self->name, sizeof self->name, "rdsim-launcher-test-%lu", (unsigned long)GetCurrentProcessId());
#else
    snprintf(self->name, sizeof self->name, "%s/rdsim-launcher-test-%d", tmp ? tmp : "/tmp", (int)getpid());
#endif
    self->options.launcher = self->name;
    self->launcher = launcher_create(&self->options, &host, problem, sizeof problem);
    CHECK_STR(problem[0] && !self->launcher ? problem : "", "");
    for (int i = 0; i < 100 && os_pipe_connect(self->name, &self->adapter) != OS_OK; i++)
        os_sleep_ms(10);
    CHECK(self->adapter != NULL);
}

static void fixture_finish(struct fixture *self)
{
    os_pipe_destroy(self->peer);
    launcher_destroy(self->launcher);
    os_pipe_destroy(self->adapter);
    for (int i = 0; i < 100 && platform_children() > 0; i++)
        os_sleep_ms(10);
    CHECK_INT(platform_children(), 0);
}

static bool request(struct fixture *self, uint32_t number, uint32_t session)
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
    len = wire_encode(&launcher_table, LAUNCHER_START, &start, buf, sizeof buf, &problem);
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

static void stop(struct fixture *self, uint32_t number)
{
    const struct launcher_stop message = {number, SESSION};
    const char *problem = "";
    uint8_t buf[512];
    size_t len = wire_encode(&launcher_table, LAUNCHER_STOP, &message, buf, sizeof buf, &problem);

    CHECK(os_pipe_send(self->adapter, buf, len, NULL, 0) == OS_OK);
}

/* The next answer: its id, or 0 when none comes in time. */
static unsigned answer(struct fixture *self, uint32_t number, unsigned ms)
{
    union launcher_any message;
    const struct wire_message *description;
    const char *problem = "";
    uint8_t buf[2048];
    unsigned npass = 0;
    size_t len = 0;

    if (os_pipe_wait(self->adapter, ms) != OS_OK ||
        os_pipe_receive(self->adapter, buf, sizeof buf, &len, NULL, &npass) != OS_OK)
        return 0;
    description = wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem);
    if (!CHECK(description != NULL))
        return 0;
    CHECK_INT(message.result.request, number);
    return description->id;
}

/* What the program says over the pipe that it was handed. */
static bool said(struct fixture *self, const char *what)
{
    char buf[128] = "";
    unsigned npass = 0;
    size_t len = 0;

    if (os_pipe_wait(self->peer, WAIT_MS) != OS_OK ||
        os_pipe_receive(self->peer, buf, sizeof buf - 1, &len, NULL, &npass) != OS_OK)
        return CHECK_STR("nothing", what);
    return CHECK_STR(buf, what);
}

TEST(a_request_waits_until_a_user_is_there)
{
    struct fixture f;

    fixture_init(&f, "stay");
    request(&f, 257, SESSION);
    CHECK_INT(answer(&f, 257, 150), 0);
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    CHECK_INT(answer(&f, 257, WAIT_MS), LAUNCHER_STARTED);
    said(&f, "request 257 of 4096 bytes, --desktop pattern stay");
    stop(&f, 257);
    CHECK_INT(answer(&f, 257, WAIT_MS), LAUNCHER_ENDED);
    fixture_finish(&f);
}

TEST(a_session_that_is_not_there_gets_no_program)
{
    struct fixture f;

    fixture_init(&f, "stay");
    request(&f, 1, SESSION + 1);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_FAILED);
    fixture_finish(&f);
}

TEST(a_waiting_request_fails_when_the_session_ends)
{
    struct fixture f;

    fixture_init(&f, "stay");
    request(&f, 1, SESSION);
    os_sleep_ms(50);
    launcher_session_disconnected(f.launcher, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_FAILED);
    fixture_finish(&f);
}

TEST(a_new_request_ends_the_old_program)
{
    struct fixture f;
    unsigned first, second;

    fixture_init(&f, "stay");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_STARTED);
    said(&f, "request 1 of 4096 bytes, --desktop pattern stay");
    request(&f, 2, SESSION);
    said(&f, "request 2 of 4096 bytes, --desktop pattern stay");
    /* in whichever order; the numbers were checked before */
    first = answer(&f, 2, WAIT_MS);
    second = answer(&f, 1, WAIT_MS);
    CHECK_INT(first, LAUNCHER_STARTED);
    CHECK_INT(second, LAUNCHER_ENDED);
    fixture_finish(&f);
}

TEST(a_program_that_dies_is_reported)
{
    struct fixture f;
    char text[200];

    fixture_init(&f, "die");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_STARTED);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_ENDED);
    launcher_describe(f.launcher, SESSION, text, sizeof text);
    CHECK_STR(text, " program none 0");
    fixture_finish(&f);
}

static _Atomic unsigned by_itself; /* lines of the log that say so */

static void look_at_line(enum log_level level, const char *line, size_t len, void *arg)
{
    (void)level;
    (void)len;
    (void)arg;
    if (strstr(line, "by itself"))
        atomic_fetch_add(&by_itself, 1);
}

static void leave_and_look(struct fixture *self)
{
    atomic_store(&by_itself, 0);
    log_set_sink(look_at_line, NULL);
    fixture_init(self, "leave");
    launcher_session_active(self->launcher, SESSION, "demo", 800, 600);
    request(self, 1, SESSION);
    CHECK_INT(answer(self, 1, WAIT_MS), LAUNCHER_STARTED);
    CHECK_INT(answer(self, 1, WAIT_MS), LAUNCHER_ENDED);
}

TEST(an_end_without_a_reason_is_told)
{
    struct fixture f;

    leave_and_look(&f);
    CHECK_INT(atomic_load(&by_itself), 0);
    for (int i = 0; i < 1000 && atomic_load(&by_itself) == 0; i++)
        os_sleep_ms(10);
    CHECK_INT(atomic_load(&by_itself), 1);
    fixture_finish(&f);
    log_set_sink(NULL, NULL);
}

TEST(an_end_whose_reason_comes_later_is_not_told)
{
    struct fixture f;

    leave_and_look(&f);
    stop(&f, 1);
    os_sleep_ms(2500);
    fixture_finish(&f);
    leave_and_look(&f);
    launcher_session_disconnected(f.launcher, SESSION);
    os_sleep_ms(2500);
    fixture_finish(&f);
    leave_and_look(&f); /* and none that is still waited for keeps the launcher from ending */
    fixture_finish(&f);
    CHECK_INT(atomic_load(&by_itself), 0);
    log_set_sink(NULL, NULL);
}

TEST(a_program_is_killed_on_request)
{
    struct fixture f;

    fixture_init(&f, "stubborn");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_STARTED);
    said(&f, "request 1 of 4096 bytes, --desktop pattern stubborn");
    launcher_session_kill(f.launcher, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_ENDED);
    fixture_finish(&f);
}

TEST(a_stubborn_program_is_killed_at_disconnect)
{
    struct fixture f;
    uint64_t start;

    fixture_init(&f, "stubborn");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_STARTED);
    said(&f, "request 1 of 4096 bytes, --desktop pattern stubborn");
    start = os_now_ms();
    launcher_session_disconnected(f.launcher, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_ENDED);
    CHECK(os_now_ms() - start < 2500);
    fixture_finish(&f);
}

TEST(a_program_that_is_not_there_fails)
{
    struct fixture f;

    fixture_init(&f, "stay");
    f.options.session_program = "unused: the path was taken at creation";
    launcher_destroy(f.launcher);
    os_pipe_destroy(f.adapter);
    f.adapter = NULL;
    f.options.session_program = "/nonexistent/rdsprov-session";
    f.launcher =
        launcher_create(&f.options, &(const struct launcher_host){exists, gone, NULL}, (char[200]){0}, 200);
    REQUIRE(f.launcher != NULL);
    CHECK(os_pipe_connect(f.name, &f.adapter) == OS_OK);
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_FAILED);
    fixture_finish(&f);
}

TEST(programs_end_with_the_adapter)
{
    struct fixture f;

    fixture_init(&f, "stay");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_STARTED);
    said(&f, "request 1 of 4096 bytes, --desktop pattern stay");
    os_pipe_destroy(f.adapter);
    f.adapter = NULL;
    for (int i = 0; i < 300 && platform_children() > 0; i++)
        os_sleep_ms(10);
    CHECK_INT(platform_children(), 0);
    fixture_finish(&f);
}

TEST(nonsense_ends_the_pipe)
{
    struct fixture f;
    char buf[64];
    unsigned npass = 0;
    size_t len = 0;

    fixture_init(&f, "stay");
    CHECK(os_pipe_send(f.adapter, "nonsense", 8, NULL, 0) == OS_OK);
    CHECK(os_pipe_wait(f.adapter, WAIT_MS) == OS_OK);
    CHECK_INT(os_pipe_receive(f.adapter, buf, sizeof buf, &len, NULL, &npass), OS_CLOSED);
    fixture_finish(&f);
}

TEST(destroying_ends_everything)
{
    struct fixture f;

    fixture_init(&f, "stubborn");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_STARTED);
    said(&f, "request 1 of 4096 bytes, --desktop pattern stubborn");
    fixture_finish(&f); /* counts children */
}

#ifndef _WIN32
/* The desktop is this program too, told by its environment what to do. */
static void desktop_fixture(struct fixture *self, const char *mode)
{
    setenv("LAUNCHER_TEST_DESKTOP", mode, 1);
    fixture_init(self, "stay");
    self->options.desktop = DESKTOP_COMMAND;
    self->options.desktop_value = own_path;
}

TEST(a_program_waits_for_its_desktop)
{
    struct fixture f;
    char text[200];

    desktop_fixture(&f, "show");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_STARTED);
    said(&f, "request 1 of 4096 bytes, --desktop x11 --display :77 --resize stay");
    launcher_describe(f.launcher, SESSION, text, sizeof text);
    CHECK(strstr(text, " display :77 program running ") == text);

    /* a disconnect keeps the desktop, the next connection finds it */
    launcher_session_disconnected(f.launcher, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_ENDED);
    CHECK_INT(platform_children(), 1);
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 2, SESSION);
    CHECK_INT(answer(&f, 2, WAIT_MS), LAUNCHER_STARTED);
    fixture_finish(&f);
}

TEST(a_desktop_that_ends_is_reported)
{
    struct fixture f;

    desktop_fixture(&f, "end");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_FAILED);
    for (int i = 0; i < 300 && !atomic_load(&desktop_gone); i++)
        os_sleep_ms(10);
    CHECK_INT(atomic_load(&desktop_gone), SESSION);
    fixture_finish(&f);
}

TEST(a_desktop_that_ignores_the_end_is_killed)
{
    struct fixture f;
    uint64_t start;

    desktop_fixture(&f, "ignore");
    launcher_session_active(f.launcher, SESSION, "demo", 800, 600);
    request(&f, 1, SESSION);
    CHECK_INT(answer(&f, 1, WAIT_MS), LAUNCHER_STARTED);
    start = os_now_ms();
    fixture_finish(&f);
    CHECK(os_now_ms() - start < 2000);
}

static int desktop_main(const char *mode)
{
    char env[100];

    snprintf(env, sizeof env, "%s %s %s %s", getenv("RDSIM_SESSION"), getenv("RDSIM_USER"),
             getenv("RDSIM_WIDTH"), getenv("RDSIM_HEIGHT"));
    if (strcmp(env, "5 demo 800 600") != 0)
        return 9;
    if (strcmp(mode, "end") == 0)
        return 3;
    if (strcmp(mode, "ignore") == 0)
        signal(SIGTERM, SIG_IGN);
    printf("starting\nDISPLAY=");
    fflush(stdout);
    os_sleep_ms(100);
    printf(":77\nand more\n");
    fflush(stdout);
    os_sleep_ms(20000);
    return 0;
}
#endif

static void act(struct os_pipe *link, const char *mode)
{
    uint8_t buf[512];
    unsigned npass = 0;
    size_t len = 0;

    if (strcmp(mode, "stubborn") == 0) {
        signal(SIGTERM, SIG_IGN);
        os_sleep_ms(20000);
    }
    while (strcmp(mode, "stay") == 0 && os_pipe_wait(link, 20000) == OS_OK &&
           os_pipe_receive(link, buf, sizeof buf, &len, NULL, &npass) != OS_CLOSED)
        npass = 0;
}

/* As a session program: says over the handed pipe what it got, then does what its last argument says. */
static int program_main(struct os_pipe *link, int argc, char **argv)
{
    union launcher_any message;
    struct os_pass pass[2];
    struct os_shm memory = OS_SHM_INIT;
    struct os_pipe *pipe = NULL;
    const char *mode = argv[argc - 1], *problem = "";
    uint8_t buf[512];
    char text[200];
    unsigned npass = 2;
    size_t len = 0;
    int used;

    if (os_pipe_wait(link, WAIT_MS) != OS_OK ||
        os_pipe_receive(link, buf, sizeof buf, &len, pass, &npass) != OS_OK || npass != 2 ||
        !wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem))
        return 20;
    if (os_shm_map(&memory, pass[0].handle, message.start.memory_size) != OS_OK ||
        os_pipe_from_handle(pass[1].handle, &pipe) != OS_OK)
        return 21;
    used = snprintf(text, sizeof text, "request %u of %zu bytes,", message.start.request, memory.size);
    for (int i = 1; i < argc; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, " %s", argv[i]);
    os_pipe_send(pipe, text, (size_t)used, NULL, 0);
    act(link, mode);
    os_shm_finish(&memory);
    os_pipe_destroy(pipe);
    os_pipe_destroy(link);
    return strcmp(mode, "die") == 0 ? 7 : 0;
}

int main(int argc, char **argv)
{
    struct os_pipe *link = NULL;

    if (os_inherited_pipe(&argc, argv, &link) == OS_OK)
        return program_main(link, argc, argv);
#ifndef _WIN32
    if (getenv("RDSIM_SESSION"))
        return desktop_main(getenv("LAUNCHER_TEST_DESKTOP"));
#endif
    snprintf(own_path, sizeof own_path, "%s", argv[0]);
    platform_prepare_output();
    return check_run(argc, argv);
}
