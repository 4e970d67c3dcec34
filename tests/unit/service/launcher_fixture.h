/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A launcher under test, for one test program: the program is the adapter, and its own session program and
 * user's program, which do what a word on their command line says. Define CHECK_OWN_MAIN and include check.h
 * first.
 */
#ifndef RDSPROV_UNIT_LAUNCHER_FIXTURE_H
#define RDSPROV_UNIT_LAUNCHER_FIXTURE_H

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
static _Atomic unsigned events[LAUNCHER_EVENT_USER_FAILED + 1];
static _Atomic bool refuse_client, has_user, disconnected;

/* The session program, and that of the user. */

static inline bool take(struct os_pipe *link, uint16_t id, struct launcher_result *result)
{
    union launcher_any message;
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    const struct wire_message *description;
    const char *problem;
    uint8_t buf[2048];
    size_t len;

    if (os_pipe_wait(link, LIFE_MS) != OS_OK ||
        os_pipe_receive(link, buf, sizeof buf, &len, pass, &npass) != OS_OK ||
        !(description = wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem)) ||
        description->id != id || description->passes != npass)
        return false;
    if (npass > 0) /* the pipe to the peer stays open: its end is what the peer sees of ours */
        os_handle_close(pass[0].handle);
    *result = (struct launcher_result){message.stop.request, message.stop.session, ""};
    return true;
}

static inline int child(const char *mode, uint16_t id, struct os_pipe *link)
{
    struct launcher_result result;
    const char *problem;
    int code = 0;

    if (strcmp(mode, "quick") == 0)
        return 3;
    if (!take(link, id, &result))
        return 9;
    if (strcmp(mode, "refuse") == 0) {
        strcpy(result.text, "no screen here");
        launcher_send(link, LAUNCHER_FAILED, &result, NULL, 0, &problem);
        code = 1;
    } else if (strcmp(mode, "nonsense") == 0) {
        os_pipe_send(link, "nonsense", 8, NULL, 0);
    } else if (strcmp(mode, "gives") == 0) {
        struct os_pass pass = {.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE};
        struct os_shm memory = OS_SHM_INIT;

        if (os_shm_create(&memory, 4096) != OS_OK || os_shm_share(&memory, &pass.handle) != OS_OK ||
            launcher_send(link, LAUNCHER_STARTED, &result, &pass, 1, &problem) != OS_OK)
            code = 8;
        os_shm_finish(&memory);
    } else if (strcmp(mode, "silent") != 0) {
        launcher_send(link, LAUNCHER_STARTED, &result, NULL, 0, &problem);
    }
    if (strcmp(mode, "crash") == 0 || strcmp(mode, "leave") == 0) {
        os_sleep_ms(20);
        return mode[0] == 'c' ? 3 : 0;
    }
    if (strcmp(mode, "ask") == 0) /* what only an adapter may */
        launcher_send(link, LAUNCHER_STOP, &(struct launcher_stop){result.request, result.session}, NULL, 0,
                      &problem);
    if (strcmp(mode, "deaf") == 0)
        os_sleep_ms(LIFE_MS);
    os_pipe_wait(link, LIFE_MS); /* its end */
    return code;
}

/* "MODE", or "user MODE NAME": the test sees a user's program come to that pipe, and end. */
static inline int child_main(int argc, char **argv, struct os_pipe *link)
{
    struct os_pipe *seen = NULL;
    int code = 8;

    if (argc == 2)
        code = child(argv[1], LAUNCHER_START, link);
    else if (argc == 4 && os_pipe_connect(argv[3], &seen) == OS_OK)
        code = child(argv[2], LAUNCHER_USER, link);
    os_pipe_destroy(seen);
    os_pipe_destroy(link);
    return code;
}

/* The adapter. */

static inline bool may_come(void *arg, const struct os_process *client, char *why, size_t cap)
{
    (void)arg;
    snprintf(why, cap, "not today");
    return !refuse_client && client;
}

static inline struct os_session look(void *arg, uint32_t session)
{
    (void)arg;
    return (struct os_session){session >= SESSION, session >= SESSION && !disconnected, has_user};
}

static inline void count_event(void *arg, enum launcher_event event, const char *text)
{
    (void)arg;
    (void)text;
    events[event]++;
}

struct fixture {
    struct launcher_config config;
    const char *args[2], *user_args[4];
    char name[512];
    struct launcher *launcher;
    struct os_pipe *adapter;
    struct os_pipe *peer; /* our end of the pipe that the last request carried */
    uint16_t id;
    struct launcher_result answer; /* the last one */
};

static inline void pipe_name(char *buf, size_t cap, const char *what)
{
#ifdef _WIN32
    snprintf(buf, cap, "rdsprov-%s-test-%lu", what, (unsigned long)GetCurrentProcessId());
#else
    snprintf(buf, cap, "%s/rdsprov-%s-test-%d", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", what,
             (int)getpid());
#endif
}

static inline bool connect_adapter(struct fixture *self)
{
    os_pipe_destroy(self->adapter);
    self->adapter = NULL;
    for (int i = 0; i < 500 && os_pipe_connect(self->name, &self->adapter) != OS_OK; i++)
        os_sleep_ms(10);
    return CHECK(self->adapter != NULL);
}

static inline bool fixture_init_with(struct fixture *self, const char *mode,
                                     const struct driver_system *drivers)
{
    const struct launcher_host host = {
        .may_come = may_come, .session = look, .event = count_event, .drivers = drivers};
    char problem[600] = "";

    memset(self, 0, sizeof *self);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        events[i] = 0;
    refuse_client = has_user = disconnected = false;
    self->args[0] = mode;
    pipe_name(self->name, sizeof self->name, "launcher");
    self->config = (struct launcher_config){
        .pipe = self->name, .program = own_path, .args = self->args, .pause_ms = 40, .healthy_ms = 10000};
    self->launcher = launcher_create(&self->config, &host, problem, sizeof problem);
    CHECK_STR(problem[0] && !self->launcher ? problem : "", "");
    return self->launcher && connect_adapter(self);
}

static inline bool fixture_init(struct fixture *self, const char *mode)
{
    return fixture_init_with(self, mode, NULL);
}

static inline void fixture_finish(struct fixture *self)
{
    os_pipe_destroy(self->peer);
    launcher_destroy(self->launcher);
    os_pipe_destroy(self->adapter);
    for (int i = 0; i < 500 && !os_process_all_reaped(); i++)
        os_sleep_ms(10);
    CHECK(os_process_all_reaped());
}

static inline bool request_start(struct fixture *self, uint16_t id, const struct launcher_start *start)
{
    struct os_shm memory = OS_SHM_INIT;
    struct os_pass pass[2] = {{.kind = OS_PASS_HANDLE}, {.kind = OS_PASS_HANDLE}};
    struct os_pipe *other = NULL;
    const char *problem = "";
    uint8_t buf[2048];
    size_t len;
    bool good;

    os_pipe_destroy(self->peer);
    self->peer = NULL;
    len = wire_encode(&launcher_table, id, start, buf, sizeof buf, &problem);
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

static inline bool request_as(struct fixture *self, uint16_t id, uint32_t number, uint32_t session)
{
    const struct launcher_start start = {.request = number,
                                         .session = session,
                                         .width = 800,
                                         .height = 600,
                                         .stride = 3200,
                                         .slots = 1,
                                         .memory_size = 4096};

    return request_start(self, id, &start);
}

static inline bool request(struct fixture *self, uint32_t number, uint32_t session)
{
    return request_as(self, LAUNCHER_START, number, session);
}

static inline void stop_as(struct fixture *self, uint16_t id, uint32_t number)
{
    const struct launcher_stop message = {number, SESSION};
    const char *problem;
    uint8_t buf[512];
    size_t len = wire_encode(&launcher_table, id, &message, buf, sizeof buf, &problem);

    CHECK(os_pipe_send(self->adapter, buf, len, NULL, 0) == OS_OK);
}

static inline void stop(struct fixture *self, uint32_t number)
{
    stop_as(self, LAUNCHER_STOP, number);
}

/* The next answer is that one, about that request. */
static inline bool answered(struct fixture *self, uint16_t id, uint32_t number)
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

/* As the service tells it: a session that is not shown any more. */
static inline void leave(struct fixture *self, uint32_t session)
{
    disconnected = true;
    launcher_session_left(self->launcher, session);
}

static inline bool sees_end(struct os_pipe *pipe)
{
    unsigned npass = 0;
    uint8_t buf[16];
    size_t len;

    return CHECK(os_pipe_wait(pipe, WAIT_MS) == OS_OK) &&
           CHECK(os_pipe_receive(pipe, buf, sizeof buf, &len, NULL, &npass) == OS_CLOSED);
}

/* The program holds the other end of the peer's pipe until it has ended. */
static inline bool peer_sees_end(struct fixture *self)
{
    return sees_end(self->peer);
}

/* main() of such a program. */
static inline int fixture_main(int argc, char **argv)
{
    struct os_pipe *link = NULL;
    const char *slash;

    if (os_inherited_pipe(&argc, argv, &link) == OS_OK)
        return child_main(argc, argv, link);
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

#endif
