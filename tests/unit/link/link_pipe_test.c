/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "link/link_pipe.h"
#include "os/shm.h"
#include "os/socket.h"

static struct link_message message;

/* Waits for one message; the pipe is local, so it is there at once or never. */
static enum os_status receive(struct os_pipe *pipe)
{
    os_pipe_wait(pipe, 5000);
    return link_receive(pipe, &message);
}

TEST(the_largest_message_fits)
{
    static struct link_client client;
    struct os_pipe *a = NULL, *b = NULL;

    client.width = client.height = 1;
    client.color_depth = 32;
    client.monitor_count = LINK_MONITORS_MAX;
    for (unsigned i = 0; i < LINK_MONITORS_MAX; i++)
        client.monitors[i] = (struct link_monitor){.width = 1, .height = 1};
    for (unsigned i = 0; i < LINK_NAME_MAX - 1; i++)
        client.user[i] = client.domain[i] = client.password[i] = client.client_directory[i] =
            client.initial_program[i] = client.working_directory[i] = 0x20ac;
    REQUIRE(os_pipe_pair(&a, &b) == OS_OK);
    CHECK_INT(link_send(a, LINK_CLIENT, &client, NULL, 0), OS_OK);
    CHECK_INT(receive(b), OS_OK);
    CHECK(memcmp(&message.any.client, &client, sizeof(client)) == 0);
    link_message_finish(&message);
    CHECK(message.any.client.password[0] == 0);
    os_pipe_destroy(a);
    os_pipe_destroy(b);
}

TEST(what_is_handed_over_is_counted)
{
    struct link_grant grant = {
        .request = 1, .width = 640, .height = 480, .stride = 2560, .slots = 3, .memory_size = 4096 * 1000};
    struct os_pipe *a = NULL, *b = NULL;
    struct os_shm shm = OS_SHM_INIT;
    struct os_pass pass[2] = {{.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE},
                              {.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE}};
    unsigned before = os_count_handles();

    REQUIRE(os_pipe_pair(&a, &b) == OS_OK);
    REQUIRE(os_shm_create(&shm, 4096) == OS_OK);
    REQUIRE(os_shm_share(&shm, &pass[0].handle) == OS_OK);
    /* one where two belong, and none */
    CHECK_INT(link_send(a, LINK_GRANT, &grant, pass, 1), OS_INVALID);
    CHECK_INT(link_send(a, LINK_GRANT, &grant, NULL, 0), OS_INVALID);
    REQUIRE(os_shm_share(&shm, &pass[1].handle) == OS_OK);
    CHECK_INT(link_send(a, LINK_GRANT, &grant, pass, 2), OS_OK);
    CHECK_INT(receive(b), OS_OK);
    CHECK_INT(message.npass, 2);
    link_message_finish(&message);
    os_shm_finish(&shm);
    os_pipe_destroy(a);
    os_pipe_destroy(b);
    CHECK_INT(os_count_handles(), before);
}

static void send_nonsense(void)
{
    struct os_pipe *a = NULL, *b = NULL;
    struct os_shm shm = OS_SHM_INIT;
    struct os_pass pass = {.kind = OS_PASS_HANDLE, .handle = OS_NO_HANDLE};
    static const uint8_t junk[100] = {1, 2, 3};
    static uint8_t huge[OS_PIPE_MESSAGE_MAX];

    REQUIRE(os_pipe_pair(&a, &b) == OS_OK);
    CHECK_INT(os_pipe_send(a, junk, sizeof(junk), NULL, 0), OS_OK);
    CHECK_INT(receive(b), OS_INVALID);
    CHECK(message.description == NULL);
    CHECK_INT(os_pipe_send(a, huge, sizeof(huge), NULL, 0), OS_OK);
    CHECK_INT(receive(b), OS_INVALID);
    /* a handle nobody asked for is closed */
    REQUIRE(os_shm_create(&shm, 4096) == OS_OK);
    REQUIRE(os_shm_share(&shm, &pass.handle) == OS_OK);
    CHECK_INT(os_pipe_send(a, junk, sizeof(junk), &pass, 1), OS_OK);
    CHECK_INT(receive(b), OS_INVALID);
    os_pipe_destroy(a);
    CHECK_INT(receive(b), OS_CLOSED);
    os_shm_finish(&shm);
    os_pipe_destroy(b);
}

TEST(nonsense_is_refused_and_leaves_nothing)
{
    unsigned before;

    send_nonsense(); /* the first log line and the first wait may leave handles of the system's own */
    before = os_count_handles();
    send_nonsense();
    CHECK_INT(os_count_handles(), before);
}
