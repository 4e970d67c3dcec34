/* SPDX-License-Identifier: Apache-2.0 */
/* What a process at the other end could do to a pipe by writing to it without os_pipe_send. */
#include "os/pipe_win32.h"
#include "os/thread.h"

#include "os_test.h"

static uint8_t frame[PIPE_FRAME_MAX + 64];
static char text[32];
static size_t len;

static bool write_raw(HANDLE pipe, const void *data, size_t size)
{
    OVERLAPPED ov = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD done = 0;
    bool good = (WriteFile(pipe, data, (DWORD)size, NULL, &ov) || GetLastError() == ERROR_IO_PENDING) &&
                GetOverlappedResult(pipe, &ov, &done, TRUE) && done == size;

    CloseHandle(ov.hEvent);
    return good;
}

static size_t make_frame(uint32_t magic, uint32_t size, uint32_t npass, uint32_t form)
{
    struct pipe_header header = {.magic = magic, .len = size, .npass = npass, .form = form};

    memset(frame, 0, sizeof frame);
    memcpy(frame, &header, sizeof header);
    return sizeof header + npass * sizeof(struct pipe_pass) + size;
}

static void set_pass(uint32_t kind, uint64_t value)
{
    struct pipe_pass pass = {.kind = kind, .as.value = value};

    memcpy(frame + sizeof(struct pipe_header), &pass, sizeof pass);
}

/* One end as a plain handle, the other as an object; strong towards this process when asked for. */
static bool open_raw(HANDLE *raw, struct os_pipe **pipe, struct os_process **self)
{
    struct os_pipe *other;
    HANDLE process;

    if (os_pipe_pair(pipe, &other) != OS_OK)
        return false;
    *raw = os_pipe_detach(other);
    if (!self)
        return true;
    process = OpenProcess(PROCESS_DUP_HANDLE | SYNCHRONIZE, FALSE, GetCurrentProcessId());
    if (!process || os_process_from_handle(process, GetCurrentProcessId(), self) != OS_OK)
        return false;
    os_pipe_set_remote(*pipe, *self);
    return true;
}

static enum os_status receive_one(struct os_pipe *pipe)
{
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;

    return receive(pipe, text, sizeof text, &len, pass, &npass);
}

TEST(malformed_frames_are_dropped)
{
    unsigned handles = os_count_handles();
    struct os_pipe *pipe;
    HANDLE raw;
    size_t size;

    REQUIRE(open_raw(&raw, &pipe, NULL));
    CHECK(write_raw(raw, "x", 1));
    CHECK_INT(receive_one(pipe), OS_INVALID);
    size = make_frame(PIPE_MAGIC + 1, 4, 0, PIPE_FORM_NONE);
    CHECK(write_raw(raw, frame, size));
    CHECK_INT(receive_one(pipe), OS_INVALID);
    size = make_frame(PIPE_MAGIC, 4, 0, PIPE_FORM_NONE);
    CHECK(write_raw(raw, frame, size - 1));
    CHECK_INT(receive_one(pipe), OS_INVALID);
    CHECK(write_raw(raw, frame, size + 1));
    CHECK_INT(receive_one(pipe), OS_INVALID);
    size = make_frame(PIPE_MAGIC, 0, OS_PASS_MAX, PIPE_FORM_NONE);
    ((struct pipe_header *)frame)->npass = OS_PASS_MAX + 1;
    CHECK(write_raw(raw, frame, size));
    CHECK_INT(receive_one(pipe), OS_INVALID);
    make_frame(PIPE_MAGIC, UINT32_MAX, 0, PIPE_FORM_NONE);
    CHECK(write_raw(raw, frame, 64));
    CHECK_INT(receive_one(pipe), OS_INVALID);

    /* longer than any frame, in one write; then the pipe still works */
    make_frame(PIPE_MAGIC, OS_PIPE_MESSAGE_MAX + 1, 0, PIPE_FORM_NONE);
    CHECK(write_raw(raw, frame, sizeof frame));
    CHECK_INT(receive_one(pipe), OS_TOO_BIG);
    size = make_frame(PIPE_MAGIC, 4, 0, PIPE_FORM_NONE);
    CHECK(write_raw(raw, frame, size));
    CHECK_INT(receive_one(pipe), OS_OK);
    CHECK_INT(len, 4);
    CloseHandle(raw);
    CHECK_INT(receive_one(pipe), OS_CLOSED);
    os_pipe_destroy(pipe);
    CHECK_INT(os_count_handles(), handles);
}

TEST(strong_end_takes_only_what_is_the_others)
{
    static const uint64_t bad[] = {0, UINT64_MAX, UINT64_MAX - 1, 3, 0x80000000u, 0x100000004u, 0x7ffffffc};
    unsigned handles = os_count_handles();
    HANDLE raw, mine = CreateEventW(NULL, TRUE, FALSE, NULL);
    struct os_process *self;
    struct os_pipe *pipe;
    size_t size;

    REQUIRE(open_raw(&raw, &pipe, &self));
    /* "it is yours already" from a weak end would let it name any handle of the strong one */
    for (uint32_t form = 0; form < 6; form++) {
        if (form == PIPE_FORM_WEAK)
            continue;
        size = make_frame(PIPE_MAGIC, 0, 1, form);
        set_pass(OS_PASS_HANDLE, (uintptr_t)mine);
        CHECK(write_raw(raw, frame, size));
        CHECK_INT(receive_one(pipe), OS_INVALID);
        CHECK(SetEvent(mine));
    }
    /* pseudo handles, and what cannot be a handle */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size = make_frame(PIPE_MAGIC, 0, 1, PIPE_FORM_WEAK);
        set_pass(OS_PASS_HANDLE, bad[i]);
        CHECK(write_raw(raw, frame, size));
        CHECK_INT(receive_one(pipe), OS_INVALID);
    }
    /* sockets never go this way, and there are no other kinds */
    size = make_frame(PIPE_MAGIC, 0, 1, PIPE_FORM_WEAK);
    set_pass(OS_PASS_SOCKET, (uintptr_t)mine);
    CHECK(write_raw(raw, frame, size));
    CHECK_INT(receive_one(pipe), OS_INVALID);
    set_pass(77, (uintptr_t)mine);
    CHECK(write_raw(raw, frame, size));
    CHECK_INT(receive_one(pipe), OS_INVALID);
    CHECK(SetEvent(mine));

    /* one good and one bad: the good one is closed, too */
    size = make_frame(PIPE_MAGIC, 0, 2, PIPE_FORM_WEAK);
    set_pass(OS_PASS_HANDLE, (uintptr_t)mine);
    CHECK(write_raw(raw, frame, size));
    CHECK_INT(receive_one(pipe), OS_INVALID);
    os_pipe_destroy(pipe);
    os_process_destroy(self);
    CloseHandle(raw);
    CHECK_INT(os_count_handles(), handles);
}

/* An end that is not strong believes that values are its own: with a stranger at the other end it must not.
 */
TEST(refusing_end_touches_nothing)
{
    unsigned handles = os_count_handles();
    HANDLE raw, mine = CreateEventW(NULL, TRUE, FALSE, NULL);
    struct os_pipe *pipe;
    size_t size;

    REQUIRE(open_raw(&raw, &pipe, NULL));
    os_pipe_refuse_passes(pipe);
    for (uint32_t form = 0; form < 6; form++) {
        size = make_frame(PIPE_MAGIC, 0, 1, form);
        set_pass(OS_PASS_HANDLE, (uintptr_t)mine);
        CHECK(write_raw(raw, frame, size));
        CHECK_INT(receive_one(pipe), OS_INVALID);
        CHECK(SetEvent(mine));
    }
    /* never received, and too large */
    CHECK(write_raw(raw, frame, size));
    os_pipe_destroy(pipe);
    CHECK(SetEvent(mine));
    CloseHandle(raw);
    REQUIRE(open_raw(&raw, &pipe, NULL));
    os_pipe_refuse_passes(pipe);
    make_frame(PIPE_MAGIC, OS_PIPE_MESSAGE_MAX + 1, 1, PIPE_FORM_STRONG);
    set_pass(OS_PASS_HANDLE, (uintptr_t)mine);
    CHECK(write_raw(raw, frame, sizeof frame));
    CHECK_INT(receive_one(pipe), OS_TOO_BIG);
    CHECK(SetEvent(mine));
    os_pipe_destroy(pipe);
    CloseHandle(raw);
    CHECK(CloseHandle(mine));
    CHECK_INT(os_count_handles(), handles);
}

TEST(strong_end_gives_and_takes)
{
    unsigned handles = os_count_handles();
    struct os_pipe *strong, *weak;
    struct os_pass pass[1];
    struct os_process *self;
    unsigned npass = 1;
    HANDLE raw;

    REQUIRE(open_raw(&raw, &strong, &self));
    REQUIRE(os_pipe_from_handle(raw, &weak) == OS_OK);
    pass[0] = (struct os_pass){.kind = OS_PASS_HANDLE, .handle = CreateEventW(NULL, TRUE, FALSE, NULL)};
    CHECK_INT(os_pipe_send(strong, "x", 1, pass, 1), OS_OK);
    CHECK_INT(receive(weak, text, sizeof text, &len, pass, &npass), OS_OK);
    REQUIRE(npass == 1 && SetEvent(pass[0].handle));
    CHECK_INT(os_pipe_send(weak, "x", 1, pass, 1), OS_OK);
    CHECK_INT(receive(strong, text, sizeof text, &len, pass, &npass), OS_OK);
    REQUIRE(npass == 1);
    CHECK_INT(WaitForSingleObject(pass[0].handle, 0), WAIT_OBJECT_0); /* the same event */

    /* nobody reads: nothing stays behind in the other process */
    while (os_pipe_send(strong, frame, OS_PIPE_MESSAGE_MAX, NULL, 0) == OS_OK)
        ;
    unsigned full = os_count_handles();
    CHECK_INT(os_pipe_send(strong, frame, OS_PIPE_MESSAGE_MAX, pass, 1), OS_AGAIN);
    CHECK_INT(os_count_handles(), full);
    os_handle_close(pass[0].handle);
    os_pipe_destroy(strong);
    os_pipe_destroy(weak);
    os_process_destroy(self);
    CHECK_INT(os_count_handles(), handles);
}

static void begin_read(void *arg)
{
    os_pipe_waitable(arg);
}

TEST(read_goes_on_when_its_thread_has_ended)
{
    struct os_thread *thread;
    struct os_pipe *a, *b;

    REQUIRE(os_pipe_pair(&a, &b) == OS_OK);
    REQUIRE(os_thread_create("reader", begin_read, b, &thread) == OS_OK);
    os_thread_join(thread);
    CHECK_INT(os_pipe_wait(b, 30), OS_TIMEOUT);
    CHECK(send_text(a, "hello") == OS_OK);
    CHECK_STR(receive_text(b, text, sizeof text), "hello");
    os_pipe_destroy(a);
    os_pipe_destroy(b);
}

static bool is_trusted(WELL_KNOWN_SID_TYPE type)
{
    uint8_t sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;

    return CreateWellKnownSid(type, NULL, sid, &size) && pipe_owner_is_trusted(sid);
}

TEST(owners)
{
    CHECK(is_trusted(WinLocalSystemSid));
    CHECK(is_trusted(WinBuiltinAdministratorsSid));
    CHECK(!is_trusted(WinNetworkServiceSid));
    CHECK(!is_trusted(WinLocalServiceSid));
    CHECK(!is_trusted(WinWorldSid));
    CHECK(!is_trusted(WinBuiltinUsersSid));
}

/* Somebody who is faster than the service, and makes its pipe. Windows lets nobody give away a pipe, so that
 * part is Wine's alone. */
TEST(pipe_of_another_owner_is_refused)
{
    static const wchar_t path[] = L"\\\\.\\pipe\\rdsprov-unit-owner";
    uint8_t users[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof users;
    struct os_pipe_listener *listener;
    struct os_pipe *pipe = NULL;
    struct os_private_acl acl;
    char why[128] = "";
    HANDLE other;

    CHECK_INT(os_pipe_connect_trusted("rdsprov-unit-owner", &pipe, why, sizeof why), OS_NOT_FOUND);
    CHECK(why[0] != 0);
    REQUIRE(os_pipe_listen("rdsprov-unit-owner", &listener) == OS_OK);
    CHECK_INT(os_pipe_connect_trusted("rdsprov-unit-owner", &pipe, why, sizeof why), OS_OK);
    CHECK_STR(why, "");
    os_pipe_destroy(pipe);
    os_pipe_listener_destroy(listener);

    REQUIRE(CreateWellKnownSid(WinBuiltinUsersSid, NULL, users, &size));
    REQUIRE(os_private_acl_init(&acl, FILE_ALL_ACCESS) == OS_OK);
    SetSecurityDescriptorOwner(&acl.descriptor, users, FALSE);
    other = CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                             PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4096, 4096, 0, &acl.attributes);
    os_private_acl_finish(&acl);
    if (other == INVALID_HANDLE_VALUE) {
        CHECK_INT(GetLastError(), ERROR_INVALID_OWNER);
        return;
    }
    CHECK_INT(os_pipe_connect_trusted("rdsprov-unit-owner", &pipe, why, sizeof why), OS_DENIED);
    CHECK(pipe == NULL);
    CHECK_STR(why, "the pipe was made by S-1-5-32-545, not by the system");
    CloseHandle(other);
}

/* What a guest of a listener's may not: be one. */
TEST(client_access_makes_no_instances)
{
    CHECK_INT(PIPE_CLIENT_ACCESS & FILE_CREATE_PIPE_INSTANCE, 0);
}
