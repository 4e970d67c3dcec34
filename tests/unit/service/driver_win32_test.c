/* SPDX-License-Identifier: Apache-2.0 */
/* Windows' way to display drivers, as far as there is one without a device: handles for another process (a
 * child of this one), requests that are answered late or never (a pipe's), what is not there. */
#define CHECK_OWN_MAIN
#include "../check.h"

#include <stdlib.h>

#include "os/pipe.h"
#include "os/process.h"
#include "os/shm.h"
#include "os/thread.h"
#include "service/driver_win32.h"

#define WAIT_MS 20000
#define FSCTL_LISTEN 0x110008 /* FSCTL_PIPE_LISTEN: pending until a client comes */

static char own_path[1024];

static bool any_host(HANDLE process, char *why, size_t cap)
{
    return true;
}

static bool no_host(HANDLE process, char *why, size_t cap)
{
    snprintf(why, cap, "not a host");
    return false;
}

/* Is that a handle of the host's? */
static bool in_host(struct os_process *host, uint64_t value)
{
    HANDLE copy = NULL;
    bool there = DuplicateHandle(os_process_handle(host), (HANDLE)(uintptr_t)value, GetCurrentProcess(),
                                 &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);

    os_handle_close(copy);
    return there;
}

TEST(handles_for_another_process)
{
    const char *args[] = {"host", NULL};
    const struct os_spawn spec = {.program = own_path, .args = args};
    struct os_shm memory = OS_SHM_INIT, seen = OS_SHM_INIT;
    struct os_process *host = NULL;
    struct os_pipe *link = NULL;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL), copy = NULL;
    HANDLE none = (HANDLE)(uintptr_t)0xFFFFFFF0;
    uint64_t values[2] = {0, 0};
    void *process = NULL;
    char why[300] = "";

    if (CHECK(os_process_spawn(&spec, &host, &link) == OS_OK) &&
        CHECK(os_pipe_wait(link, WAIT_MS) == OS_OK) && CHECK(os_shm_create(&memory, 4096) == OS_OK)) {
        const os_handle handles[2] = {memory.handle, event}, bad[2] = {memory.handle, none};
        DWORD id = (DWORD)os_process_id(host);

        memcpy(memory.base, "frames", 6);
        CHECK_INT(driver_give(any_host, id, handles, values, &process, why, sizeof why), OS_OK);
        CHECK(in_host(host, values[0]) && in_host(host, values[1]));
        /* the value is a handle of that process, and it is this section */
        CHECK(DuplicateHandle(os_process_handle(host), (HANDLE)(uintptr_t)values[0], GetCurrentProcess(),
                              &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
        if (CHECK(os_shm_map(&seen, copy, 4096) == OS_OK))
            CHECK(memcmp(seen.base, "frames", 6) == 0);
        os_shm_finish(&seen);
        driver_system_win32.give_end(NULL, process, values);
        CHECK(!in_host(host, values[0]) && !in_host(host, values[1]));
        CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT); /* ours are still ours */

        CHECK_INT(driver_give(any_host, id, handles, values, &process, why, sizeof why), OS_OK);
        driver_system_win32.give_end(NULL, process, NULL);
        CHECK(in_host(host, values[0]) && in_host(host, values[1]));

        values[0] = 0;
        CHECK_INT(driver_give(no_host, id, handles, values, &process, why, sizeof why), OS_DENIED);
        CHECK_STR(why, "not a host");
        CHECK(values[0] == 0);
        CHECK_INT(driver_give(any_host, id, bad, values, &process, why, sizeof why), OS_INVALID);
        CHECK_STR(why, "memory and pipe cannot be handed to its process (error 6)");
        CHECK(!in_host(host, values[0]));
        CHECK_INT(driver_give(any_host, 0xFFFFFFFC, handles, values, &process, why, sizeof why), OS_INVALID);
        CHECK_STR(why, "its process 4294967292 cannot be opened (error 87)");
    }
    os_handle_close(event);
    os_shm_finish(&memory);
    os_pipe_destroy(link);
    if (host)
        os_process_kill(host);
    os_process_destroy(host);
}

static HANDLE make_pipe(wchar_t name[64])
{
    swprintf(name, 64, L"\\\\.\\pipe\\rdsprov-driver-test-%lu", GetCurrentProcessId());
    return CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                            0, 1, 4096, 4096, 0, NULL);
}

static uint32_t listen_to(HANDLE pipe, uint32_t ms, HANDLE stop)
{
    return driver_system_win32.control(NULL, pipe, FSCTL_LISTEN, NULL, 0, NULL, 0, ms, stop);
}

struct caller {
    wchar_t name[64];
    HANDLE stop, client;
};

static void come_later(void *arg)
{
    struct caller *self = arg;

    os_sleep_ms(100);
    if (self->stop)
        SetEvent(self->stop);
    else
        self->client = CreateFileW(self->name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

TEST(requests_have_an_end)
{
    struct caller it = {.client = INVALID_HANDLE_VALUE};
    HANDLE stop = CreateEventW(NULL, TRUE, FALSE, NULL), pipe = make_pipe(it.name);
    struct os_thread *thread = NULL;
    uint8_t byte;

    if (CHECK(pipe != INVALID_HANDLE_VALUE) && CHECK(stop != NULL)) {
        CHECK_INT(listen_to(pipe, 50, stop), DRIVER_SILENT);
        it.stop = stop;
        CHECK(os_thread_create("stop", come_later, &it, &thread) == OS_OK);
        CHECK_INT(listen_to(pipe, EVENT_NEVER, stop), DRIVER_STOPPED);
        os_thread_join(thread);
        CHECK_INT(listen_to(pipe, EVENT_NEVER, stop), DRIVER_STOPPED); /* it stays set */
        it.stop = NULL;
        CHECK(os_thread_create("come", come_later, &it, &thread) == OS_OK);
        CHECK_INT(listen_to(pipe, WAIT_MS, NULL), DRIVER_DONE);
        os_thread_join(thread);
        CHECK(it.client != INVALID_HANDLE_VALUE);
        CHECK_INT(listen_to(pipe, WAIT_MS, NULL), ERROR_PIPE_CONNECTED);
        /* an answer of another size than asked for */
        CHECK(driver_system_win32.control(NULL, pipe, 0x11400C /* FSCTL_PIPE_PEEK */, NULL, 0, &byte, 1,
                                          WAIT_MS, NULL) != DRIVER_DONE);
        CloseHandle(it.client);
    }
    os_handle_close(stop);
    if (pipe != INVALID_HANDLE_VALUE)
        driver_system_win32.close(NULL, pipe);
}

#define CLASS L"#{6f3c1a52-9b0d-4e7a-8c55-2d1e9f7a4b60}"

/* By their names: these devices are not there, so that nobody else knows of them. */
TEST(whose_device)
{
    wchar_t endless[2000];

    CHECK(driver_may_be_of(L"\\\\?\\SWD#remotedisplay#ours&SessionId_0002" CLASS, 2));
    CHECK(!driver_may_be_of(L"\\\\?\\SWD#remotedisplay#ours&SessionId_0002" CLASS, 3));
    CHECK(driver_may_be_of(L"\\\\?\\SWD#remotedisplay#ours&sessionid_001f" CLASS, 0x1f));
    CHECK(driver_may_be_of(L"\\\\?\\ROOT#DISPLAY#0000" CLASS, 3)); /* anybody's */
    CHECK(driver_may_be_of(L"", 3));
    CHECK(driver_may_be_of(L"\\\\?\\", 3));
    for (size_t i = 0; i < 1999; i++)
        endless[i] = L"\\\\?\\a"[i < 4 ? i : 4];
    endless[1999] = 0;
    CHECK(driver_may_be_of(endless, 3));
}

TEST(this_machine)
{
    const os_handle handles[2] = {OS_NO_HANDLE, OS_NO_HANDLE};
    uint64_t values[2];
    void *device = NULL, *host = NULL;
    char why[300] = "";

    /* none of our devices is here, and this process hosts no drivers */
    CHECK_INT(driver_system_win32.open(NULL, 1, 0, &device, why, sizeof why), OS_NOT_FOUND);
    CHECK(!device);
    CHECK_INT(driver_system_win32.give(NULL, GetCurrentProcessId(), handles, values, &host, why, sizeof why),
              OS_DENIED);
    CHECK(strstr(why, "hosts no drivers") != NULL);
}

int main(int argc, char **argv)
{
    struct os_pipe *link = NULL;
    const char *slash;

    if (os_inherited_pipe(&argc, argv, &link) == OS_OK) {
        os_pipe_send(link, "here", 4, NULL, 0);
        os_pipe_wait(link, 60000);
        os_pipe_destroy(link);
        return 0;
    }
    os_module_directory(own_path, sizeof own_path / 2);
    slash = strrchr(argv[0], '\\') > strrchr(argv[0], '/') ? strrchr(argv[0], '\\') : strrchr(argv[0], '/');
    strcat(own_path, "/");
    strncat(own_path, slash ? slash + 1 : argv[0], sizeof own_path / 2 - 2);
    return check_run(argc, argv);
}
