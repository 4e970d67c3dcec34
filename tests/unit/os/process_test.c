/* SPDX-License-Identifier: Apache-2.0 */
#include "os_test.h"

#include "os/shm.h"
#include "os/thread.h"

#include <stdlib.h>

#ifndef _WIN32
#include "os/os_posix.h"
#endif

static int wait_ended(struct os_process *process)
{
    int code = -12345;

    return EVENTUALLY(os_process_ended(process, &code)) ? code : -99999;
}

TEST(exit_codes)
{
    static const char *const codes[] = {"0", "1", "77", "255"};

    for (int i = 0; i < 4; i++) {
        struct os_process *process;
        int code = -1;

        REQUIRE(START(0, &process, NULL, "exit", codes[i]) == OS_OK);
        CHECK(os_process_id(process) != 0);
        CHECK_INT(wait_ended(process), atoi(codes[i]));
        CHECK(os_process_ended(process, &code)); /* and again */
        CHECK_INT(code, atoi(codes[i]));
        os_process_kill(process); /* harmless now */
        os_process_terminate(process);
        os_process_destroy(process);
    }
    os_process_destroy(NULL);
}

TEST(arguments_arrive_as_given)
{
    struct os_process *process;
    struct os_pipe *link;
    char text[256];

    REQUIRE(START(0, &process, &link, "args", "", "two words", "quo\"te", "back\\slash\\", "a\\\"b",
                  "\xc3\xa4", "*.c", "%PATH%", "--os-link=9") == OS_OK);
    CHECK_STR(receive_text(link, text, sizeof text),
              "<><two words><quo\"te><back\\slash\\><a\\\"b><\xc3\xa4><*.c><%PATH%><--os-link=9>");
    CHECK_INT(wait_ended(process), 0);
    os_process_destroy(process);
    os_pipe_destroy(link);
}

TEST(environment)
{
    static const char *const args[] = {"env", "RDSPROV_UNIT", NULL};
    static const char *const env[] = {"RDSPROV_UNIT=a b=c", "RDSPROV_OTHER=1", NULL};
    struct os_spawn spec = {.args = args};
    struct os_process *process;
    struct os_pipe *link;
    char path[1024], text[64];

#ifdef _WIN32
    _putenv("RDSPROV_UNIT=old");
    spec.program = beside(path, sizeof path, "unit_os_child.exe");
#else
    setenv("RDSPROV_UNIT", "old", 1);
    spec.program = beside(path, sizeof path, "unit_os_child");
#endif
    for (int replaced = 0; replaced < 2; replaced++) {
        spec.env = replaced ? env : NULL;
        REQUIRE(os_process_spawn(&spec, &process, &link) == OS_OK);
        CHECK_STR(receive_text(link, text, sizeof text), replaced ? "a b=c" : "old");
        CHECK_INT(wait_ended(process), 0);
        os_process_destroy(process);
        os_pipe_destroy(link);
    }
}

TEST(what_cannot_be_started)
{
    static const char *many[OS_SPAWN_ARGS_MAX + 2];
    unsigned handles = os_count_handles();
    struct os_spawn spec = {.program = "/no/such/program"};
    struct os_process *process = (void *)1;
    struct os_pipe *link = (void *)1;
    char path[1024];

    CHECK_INT(os_process_spawn(&spec, &process, &link), OS_NOT_FOUND);
    CHECK(process == NULL && link == NULL);
    spec.program = "no-such-program-in-path";
    CHECK_INT(os_process_spawn(&spec, &process, &link), OS_NOT_FOUND);
    spec.program = "";
    CHECK(os_process_spawn(&spec, &process, &link) != OS_OK);
    spec.program =
        beside(path, sizeof path, "unit_os_module.module"); /* a library, without the right to run it */
    for (int i = 0; i <= OS_SPAWN_ARGS_MAX; i++)
        many[i] = "x";
    spec.args = many;
    CHECK_INT(os_process_spawn(&spec, &process, &link), OS_TOO_BIG);
    CHECK(process == NULL && link == NULL);
    CHECK(EVENTUALLY(os_count_handles() == handles));
}

TEST(link_ends_with_the_child)
{
    struct os_process *process;
    struct os_pipe *link;
    char text[32];
    size_t len;

    REQUIRE(START(0, &process, &link, "hang") == OS_OK);
    CHECK_STR(receive_text(link, text, sizeof text), "hanging");
    os_process_kill(process);
    CHECK_INT(receive(link, text, sizeof text, &len, NULL, NULL), OS_CLOSED);
    CHECK(wait_ended(process) > 0);
    os_process_destroy(process);
    os_pipe_destroy(link);
}

/* A message fills the pipe's header, payload and hand-over at once, there and back through another process.
 */
TEST(handles_go_there_and_back)
{
    static uint8_t big[OS_PIPE_MESSAGE_MAX], got[OS_PIPE_MESSAGE_MAX];
    unsigned handles;
    struct os_process *process;
    struct os_pipe *link;

    REQUIRE(START(0, &process, &link, "echo") == OS_OK);
    os_pipe_set_remote(link, process);
    REQUIRE(os_random(big, sizeof big) == OS_OK);
    handles = os_count_handles();
    for (int round = 0; round < 5; round++) {
        struct os_pass pass[OS_PASS_MAX];
        unsigned npass = OS_PASS_MAX;
        size_t len;

        for (unsigned i = 0; i < OS_PASS_MAX; i++) {
            struct os_shm shm;

            REQUIRE(os_shm_create(&shm, 100) == OS_OK);
            memset(shm.base, (int)(i + 1), 100);
            pass[i] = (struct os_pass){.kind = OS_PASS_HANDLE, .socket = OS_NO_SOCKET};
            REQUIRE(os_shm_share(&shm, &pass[i].handle) == OS_OK);
            os_shm_finish(&shm);
        }
        REQUIRE(os_pipe_send(link, big, sizeof big, pass, OS_PASS_MAX) == OS_OK);
        REQUIRE(receive(link, got, sizeof got, &len, pass, &npass) == OS_OK);
        CHECK(len == sizeof big && memcmp(big, got, len) == 0);
        REQUIRE(npass == OS_PASS_MAX);
        for (unsigned i = 0; i < npass; i++) {
            struct os_shm shm;

            REQUIRE(os_shm_map(&shm, pass[i].handle, 100) == OS_OK);
            CHECK_INT(((uint8_t *)shm.base)[99], i + 1);
            os_shm_finish(&shm);
        }
    }
    CHECK_INT(os_count_handles(), handles);
    os_pipe_shutdown(link);
    CHECK_INT(wait_ended(process), 0);
    os_pipe_destroy(link);
    os_process_destroy(process);
}

TEST(shared_memory)
{
    struct os_process *process;
    struct os_shm shm;
    struct os_pass pass = {.kind = OS_PASS_HANDLE, .socket = OS_NO_SOCKET};
    struct os_pipe *link;
    char text[64];

    REQUIRE(os_shm_create(&shm, 100000) == OS_OK);
    memset(shm.base, 41, shm.size);
    REQUIRE(START(OS_SPAWN_RESTRICTED, &process, &link, "memory", "100000") == OS_OK);
    REQUIRE(os_shm_share(&shm, &pass.handle) == OS_OK);
    REQUIRE(os_pipe_send(link, "map", 3, &pass, 1) == OS_OK);
    CHECK_STR(receive_text(link, text, sizeof text), "done");
    for (size_t i = 0; i < shm.size; i += 999)
        CHECK_INT(((uint8_t *)shm.base)[i], 42);
    CHECK_INT(wait_ended(process), 0);
    os_pipe_destroy(link);
    os_process_destroy(process);
    os_shm_finish(&shm);
}

TEST(destroyed_while_it_runs)
{
    unsigned handles = os_count_handles(), threads = os_threads_alive();
    struct os_process *process[5];
    struct os_pipe *link[5];
    char text[32];

    for (int i = 0; i < 5; i++) {
        REQUIRE(START(0, &process[i], &link[i], "hang") == OS_OK);
        CHECK_STR(receive_text(link[i], text, sizeof text), "hanging");
    }
    for (int i = 0; i < 5; i++) {
        os_process_kill(process[i]);
        os_process_destroy(process[i]);
        os_pipe_destroy(link[i]);
    }
    CHECK(EVENTUALLY(os_threads_alive() == threads));
    CHECK(EVENTUALLY(os_count_handles() == handles));
}

/* Ends by itself some time after its object is gone. */
TEST(destroyed_and_ends_later)
{
    unsigned handles = os_count_handles(), threads = os_threads_alive();
    struct os_process *process;
    struct os_pipe *link;

    REQUIRE(START(0, &process, &link, "echo") == OS_OK);
    os_process_destroy(process);
    os_sleep_ms(50);
    os_pipe_destroy(link);
    CHECK(EVENTUALLY(os_threads_alive() == threads));
    CHECK(EVENTUALLY(os_count_handles() == handles));
}

TEST(job_ends_all)
{
    static const char *const hang[] = {"hang", NULL};
    unsigned handles = os_count_handles();
    struct os_process *process[4];
    struct os_pipe *link[4];
    struct os_job *job;
    char text[32];

    REQUIRE(os_job_create(&job) == OS_OK);
    for (int i = 0; i < 4; i++) {
        REQUIRE(start_child(hang, i == 1 ? OS_SPAWN_GROUP : 0, job, &process[i], &link[i]) == OS_OK);
        CHECK_STR(receive_text(link[i], text, sizeof text), "hanging");
    }
    os_process_destroy(process[3]); /* nobody looks after it but the job */
    os_job_kill(job);
    for (int i = 0; i < 3; i++)
        CHECK(wait_ended(process[i]) > 0);
    for (int i = 0; i < 4; i++) {
        size_t len;

        CHECK_INT(receive(link[i], text, sizeof text, &len, NULL, NULL), OS_CLOSED);
        os_pipe_destroy(link[i]);
        if (i < 3)
            os_process_destroy(process[i]);
    }
    os_job_destroy(job);
    os_job_destroy(NULL);
    CHECK(EVENTUALLY(os_count_handles() == handles));
}

TEST(job_destroyed_first)
{
    static const char *const hang[] = {"hang", NULL};
    struct os_process *process;
    struct os_pipe *link;
    struct os_job *job;
    char text[32];

    REQUIRE(os_job_create(&job) == OS_OK);
    REQUIRE(start_child(hang, 0, job, &process, &link) == OS_OK);
    CHECK_STR(receive_text(link, text, sizeof text), "hanging");
    os_job_destroy(job);
    CHECK(wait_ended(process) > 0);
    os_process_destroy(process);
    os_pipe_destroy(link);
}

TEST(standard_output)
{
    struct os_process *process;
    char text[64] = "";
    size_t used = 0, len;
    enum os_status status;
    uint64_t end = os_now_ms() + PATIENCE_MS;

    REQUIRE(START(OS_SPAWN_STDOUT, &process, NULL, "print", "hello out there") == OS_OK);
    do {
        status = os_process_stdout(process, text + used, sizeof text - 1 - used, &len);
        used += len;
        if (status == OS_AGAIN)
            os_sleep_ms(2);
    } while (status != OS_CLOSED && os_now_ms() < end);
    CHECK_INT(status, OS_CLOSED);
    CHECK_STR(text, "hello out there");
    CHECK_INT(wait_ended(process), 0);
    os_process_destroy(process);

    REQUIRE(START(OS_SPAWN_QUIET, &process, NULL, "print", "must not be seen") == OS_OK);
    CHECK_INT(os_process_stdout(process, text, sizeof text, &len), OS_CLOSED);
    CHECK_INT(wait_ended(process), 0);
    os_process_destroy(process);
}

TEST(waitable)
{
    struct os_process *process;

    REQUIRE(START(0, &process, NULL, "exit", "3") == OS_OK);
    CHECK(os_process_waitable(process) != OS_NO_HANDLE);
    CHECK_INT(wait_ended(process), 3);
    os_process_destroy(process);
}

/* Rights that are given up: threads go on, processes do not, where the platform can. */
TEST(rights_dropped)
{
    struct os_process *process;
    struct os_pipe *link;
    char text[64];

    REQUIRE(START(0, &process, &link, "rights") == OS_OK);
    receive_text(link, text, sizeof text);
    CHECK(strncmp(text, "thread ok", 9) == 0);
#ifndef _WIN32
    CHECK_STR(text, OS_SANITIZED ? "thread ok, process ok" : "thread ok, process refused");
#endif
    CHECK_INT(wait_ended(process), 0);
    os_process_destroy(process);
    os_pipe_destroy(link);
}

static void spawn_some(void *arg)
{
    _Atomic unsigned *good = arg;

    for (int i = 0; i < 25; i++) {
        struct os_process *process;
        struct os_pipe *link;
        char text[64];

        if (START(0, &process, &link, "args", "x") != OS_OK)
            continue;
        if (strcmp(receive_text(link, text, sizeof text), "<x>") == 0 && wait_ended(process) == 0)
            (*good)++;
        os_pipe_destroy(link);
        os_process_destroy(process);
    }
}

TEST(many_rounds_leave_nothing)
{
    unsigned handles = os_count_handles(), threads = os_threads_alive(), all_threads = os_count_threads();
    _Atomic unsigned good = 0;
    struct os_thread *thread[2];

    for (int i = 0; i < 150; i++) { /* destroyed before, at and after its end */
        struct os_process *process;
        struct os_pipe *link;
        char text[32];

        REQUIRE(START(OS_SPAWN_QUIET, &process, &link, "echo") == OS_OK);
        if (i % 3 == 0) {
            CHECK(send_text(link, "x") == OS_OK);
            CHECK_STR(receive_text(link, text, sizeof text), "x");
        }
        if (i % 3 == 1)
            os_process_kill(process);
        os_pipe_destroy(link);
        if (i % 2)
            CHECK(wait_ended(process) >= 0);
        os_process_destroy(process);
    }
    for (int i = 0; i < 2; i++)
        REQUIRE(os_thread_create("spawn", spawn_some, &good, &thread[i]) == OS_OK);
    for (int i = 0; i < 2; i++)
        os_thread_join(thread[i]);
    CHECK_INT(good, 50);
    CHECK(EVENTUALLY(os_threads_alive() == threads));
    CHECK(EVENTUALLY(os_count_threads() <= all_threads));
    CHECK(EVENTUALLY(os_count_handles() == handles));
}
