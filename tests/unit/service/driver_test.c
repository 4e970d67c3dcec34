/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over to a display driver: this test is the device, and a child of it is the process that the
 * driver runs in. */
#define CHECK_OWN_MAIN
#include "../check.h"

#include <stdlib.h>

#include "driver/control.h"
#include "link/launcher.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/shm.h"
#include "service/driver_win32.h"

#define SESSION 7
#define DEVICES 3

static char own_path[1024];

/* Devices with our interface; a device is an event, so that its closing is seen. */
static struct {
    struct {
        bool there;
        uint32_t session, version;
        DWORD claim_error, attach_error, layout_error;
        bool claimed, attached, laid_out;
        HANDLE device;
        struct control_attach attach;
        struct control_layout layout;
    } devices[DEVICES];
    bool is_host;
    DWORD process;
    unsigned journals, current; /* the device that was opened last */
} machine;

static HANDLE open_device(uint32_t session, unsigned number, char *why, size_t cap)
{
    (void)session;
    (void)why;
    (void)cap;
    if (number >= DEVICES || !machine.devices[number].there)
        return NULL;
    machine.current = number;
    return machine.devices[number].device = CreateEventW(NULL, TRUE, FALSE, NULL);
}

static bool answer(DWORD error)
{
    SetLastError(error);
    return error == 0;
}

static bool control(HANDLE device, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size, DWORD *got,
                    DWORD ms)
{
    unsigned n = machine.current;

    CHECK(ms > 0);
    *got = 0;
    if (!CHECK(machine.devices[n].device == device))
        return answer(ERROR_INVALID_HANDLE);
    switch (code) {
    case CONTROL_CLAIM:
        CHECK_INT(in_size, sizeof(struct control_claim));
        CHECK_INT(out_size, sizeof(struct control_host));
        CHECK_INT(((struct control_claim *)in)->version, CONTROL_VERSION);
        if (machine.devices[n].claim_error)
            return answer(machine.devices[n].claim_error);
        machine.devices[n].claimed = true;
        *(struct control_host *)out = (struct control_host){machine.devices[n].version, machine.process,
                                                            machine.devices[n].session, 0x1700};
        *got = sizeof(struct control_host);
        return true;
    case CONTROL_ATTACH:
        CHECK_INT(in_size, sizeof(struct control_attach));
        CHECK(machine.devices[n].laid_out);
        machine.devices[n].attach = *(struct control_attach *)in;
        machine.devices[n].attached = machine.devices[n].attach_error == 0;
        return answer(machine.devices[n].attach_error);
    case CONTROL_LAYOUT:
        CHECK_INT(in_size, sizeof(struct control_layout));
        CHECK(machine.devices[n].claimed && !machine.devices[n].attached);
        machine.devices[n].layout = *(struct control_layout *)in;
        machine.devices[n].laid_out = machine.devices[n].layout_error == 0;
        return answer(machine.devices[n].layout_error);
    case CONTROL_LOG:
        CHECK_INT(in_size, sizeof(struct control_log_query));
        CHECK_INT(out_size, sizeof(struct control_log));
        machine.journals++;
        memset(out, 'x', out_size); /* no end: a device may say anything */
        memcpy(((struct control_log *)out)->text, "first\nsecond\n", 13);
        *got = out_size;
        return true;
    default:
        CHECK(false);
        return answer(ERROR_INVALID_FUNCTION);
    }
}

static bool is_host(HANDLE process, char *why, size_t cap)
{
    CHECK(GetProcessId(process) == machine.process);
    snprintf(why, cap, "not a host");
    return machine.is_host;
}

static const struct driver_system fake = {open_device, control, is_host};

struct fixture {
    struct os_process *host;
    struct os_pipe *link, *peer;
    struct os_shm memory;
    HANDLE pipe;
    struct launcher_start start;
};

/* Is that a handle of the host's? */
static bool in_host(struct fixture *self, UINT64 value)
{
    HANDLE copy = NULL;
    bool there = value && DuplicateHandle(os_process_handle(self->host), (HANDLE)(uintptr_t)value,
                                          GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);

    os_handle_close(copy);
    return there;
}

static bool fixture_init(struct fixture *self)
{
    const char *args[] = {"host", NULL};
    const struct os_spawn spec = {.program = own_path, .args = args};
    struct os_pipe *other = NULL;

    memset(self, 0, sizeof *self);
    memset(&machine, 0, sizeof machine);
    if (!CHECK(os_process_spawn(&spec, &self->host, &self->link) == OS_OK) ||
        !CHECK(os_pipe_wait(self->link, 20000) == OS_OK) ||
        !CHECK(os_shm_create(&self->memory, 3 * 800 * 600 * 4) == OS_OK) ||
        !CHECK(os_pipe_pair(&self->peer, &other) == OS_OK))
        return false;
    self->pipe = os_pipe_detach(other);
    self->start = (struct launcher_start){.request = 1,
                                          .session = SESSION,
                                          .width = 800,
                                          .height = 600,
                                          .stride = 3200,
                                          .slots = 3,
                                          .memory_size = 3 * 800 * 600 * 4,
                                          .monitor_count = 1,
                                          .monitors = {{.width = 800, .height = 600, .primary = 1}}};
    machine.process = (DWORD)os_process_id(self->host);
    machine.is_host = true;
    for (unsigned i = 0; i < DEVICES; i++) {
        machine.devices[i].session = SESSION;
        machine.devices[i].version = CONTROL_VERSION;
    }
    machine.devices[0].there = true;
    return true;
}

static void fixture_finish(struct fixture *self)
{
    os_handle_close(self->pipe);
    os_pipe_destroy(self->peer);
    os_shm_finish(&self->memory);
    os_pipe_destroy(self->link);
    if (self->host)
        os_process_kill(self->host);
    os_process_destroy(self->host);
}

static enum os_status attach(struct fixture *self, HANDLE *device, char why[300])
{
    return driver_attach(&fake, &self->start, self->memory.handle, self->pipe, device, why, 300);
}

TEST(memory_and_pipe_arrive)
{
    struct fixture it;
    struct os_shm seen = OS_SHM_INIT;
    HANDLE device, copy = NULL;
    char why[300];

    if (!fixture_init(&it))
        return;
    memcpy(it.memory.base, "frames", 6);
    CHECK_INT(attach(&it, &device, why), OS_OK);
    CHECK(device && device == machine.devices[0].device);
    CHECK(machine.devices[0].laid_out);
    CHECK_INT(machine.devices[0].attach.width, 800);
    CHECK_INT(machine.devices[0].attach.memory_size, 3 * 800 * 600 * 4);
    CHECK_INT(machine.devices[0].layout.layout.count, 1);
    CHECK(!layout_problem(&machine.devices[0].layout.layout));
    CHECK(in_host(&it, machine.devices[0].attach.memory) && in_host(&it, machine.devices[0].attach.pipe));
    /* the value is a handle of that process, and it is this section */
    CHECK(DuplicateHandle(os_process_handle(it.host), (HANDLE)(uintptr_t)machine.devices[0].attach.memory,
                          GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    if (CHECK(os_shm_map(&seen, copy, it.start.memory_size) == OS_OK))
        CHECK(memcmp(seen.base, "frames", 6) == 0);
    os_shm_finish(&seen);
    CHECK(WaitForSingleObject(it.pipe, 0) != WAIT_FAILED); /* ours are still ours */
    os_handle_close(device);
    fixture_finish(&it);
}

/* Of three devices the third is the session's; one says that it does not know. */
TEST(the_right_device)
{
    struct fixture it;
    HANDLE device;
    char why[300];

    if (!fixture_init(&it))
        return;
    for (unsigned i = 0; i < DEVICES; i++)
        machine.devices[i].there = true;
    machine.devices[0].session = SESSION + 1;
    machine.devices[1].claim_error = ERROR_BUSY; /* another session's, in use */
    machine.devices[2].session = 0xFFFFFFFF;
    CHECK_INT(attach(&it, &device, why), OS_OK);
    CHECK(device == machine.devices[2].device);
    CHECK(!machine.devices[0].attached && !machine.devices[1].attached);
    os_handle_close(device);

    machine.devices[2].session = SESSION + 2;
    machine.devices[1].claim_error = 0;
    machine.devices[1].session = SESSION + 3;
    CHECK_INT(attach(&it, &device, why), OS_NOT_FOUND);
    CHECK(!device);
    fixture_finish(&it);
}

/* Whatever goes wrong: said, and no handle stays in the driver's process. */
TEST(refusals)
{
    static const struct {
        const char *text;
        enum os_status status;
    } expected[] = {
        {"there is none", OS_NOT_FOUND},
        {"it cannot be claimed (error 170)", OS_FAILED},
        {"it speaks version 99, not 1", OS_INVALID},
        {"not a host", OS_DENIED},
        {"it refused memory and pipe (error 87)", OS_FAILED},
        {"its process 4294967292 cannot be opened (error 87)", OS_INVALID},
    };

    for (unsigned fault = 0; fault < sizeof expected / sizeof expected[0]; fault++) {
        struct fixture it;
        HANDLE device;
        char why[300];

        if (!fixture_init(&it))
            return;
        if (fault == 0)
            machine.devices[0].there = false;
        else if (fault == 1)
            machine.devices[0].claim_error = ERROR_BUSY;
        else if (fault == 2)
            machine.devices[0].version = 99;
        else if (fault == 3)
            machine.is_host = false;
        else if (fault == 4)
            machine.devices[0].attach_error = ERROR_INVALID_PARAMETER;
        else
            machine.process = 0xFFFFFFFC;
        CHECK_INT(attach(&it, &device, why), expected[fault].status);
        CHECK_STR(why, expected[fault].text);
        CHECK(!device);
        /* refused at the last step they are the driver's to close, and only its; before that it was given
         * none */
        CHECK_INT(in_host(&it, machine.devices[0].attach.memory), fault == 4);
        CHECK_INT(in_host(&it, machine.devices[0].attach.pipe), fault == 4);
        CHECK_INT(machine.journals, fault == 4);
        if (fault == 0)
            CHECK(!machine.devices[0].device);
        fixture_finish(&it);
    }
}

TEST(layout_refused)
{
    struct fixture it;
    HANDLE device;
    char why[300];

    if (!fixture_init(&it))
        return;
    machine.devices[0].layout_error = ERROR_NOT_READY;
    CHECK_INT(attach(&it, &device, why), OS_FAILED);
    CHECK_STR(why, "it refused a monitor of 800x600 (error 21)");
    CHECK(!device && machine.devices[0].attach.memory == 0); /* nothing was handed over */
    fixture_finish(&it);
}

TEST(this_machine)
{
    char why[300] = "";

    /* none of our devices is here, and this process hosts no drivers */
    CHECK(!driver_system.open(SESSION, 0, why, sizeof why));
    CHECK(!driver_system.is_host(GetCurrentProcess(), why, sizeof why));
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
