/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter's end of a launcher's pipe, with a launcher that does not read. */
#include "check.h"

#include <stdlib.h>
#ifdef _WIN32
#include <process.h>
#define getpid _getpid
#else
#include <unistd.h>
#endif

#include "core/launcher_client.h"
#include "core/peer.h"
#include "core/provider.h"
#include "os/shm.h"

#define WAIT_MS 20000
#define REQUESTS_MAX 20000

/* What lies above: hears of it when a pipe is dropped. */
static _Atomic unsigned gone;

void peer_launched(struct provider *provider, const struct launcher_client *launcher, uint16_t id,
                   const struct launcher_result *result)
{
}

void peer_launcher_gone(struct provider *provider, const struct launcher_client *launcher)
{
    gone++;
}

struct scene {
    struct provider provider;
    struct os_pipe_listener *listener;
    struct os_shm memory;
    char name[256], problem[600];
    unsigned taken;    /* requests, in one go */
    unsigned at_most;  /* of them */
    _Atomic bool done; /* what was posted */
};

static bool start_one(struct scene *self, uint32_t number)
{
    const struct launcher_start start = {.request = number,
                                         .session = 1,
                                         .width = 800,
                                         .height = 600,
                                         .stride = 3200,
                                         .slots = 1,
                                         .memory_size = 4096};
    struct os_pass pass[2] = {{.kind = OS_PASS_HANDLE}, {.kind = OS_PASS_HANDLE}};
    struct launcher_client *client;

    if (!CHECK(os_shm_share(&self->memory, &pass[0].handle) == OS_OK) ||
        !CHECK(os_shm_share(&self->memory, &pass[1].handle) == OS_OK))
        return false;
    if (launcher_client_start(&self->provider, self->name, LINK_PRODUCER_PROGRAM, &start, pass, &client,
                              self->problem, sizeof self->problem))
        return true;
    os_handle_close(pass[0].handle);
    os_handle_close(pass[1].handle);
    return false;
}

static void start_many(void *arg)
{
    struct scene *self = arg;

    for (self->taken = 0; self->taken < self->at_most && start_one(self, self->taken + 1);)
        self->taken++;
    self->done = true;
}

static void end(void *arg)
{
    struct scene *self = arg;

    launcher_clients_destroy(&self->provider);
    self->done = true;
}

static void on_loop(struct scene *self, os_loop_fn fn)
{
    self->done = false;
    REQUIRE(os_loop_post(self->provider.loop, fn, self) == OS_OK);
    for (int i = 0; i < WAIT_MS / 5 && !self->done; i++)
        os_sleep_ms(5);
    CHECK(self->done);
}

/* Reads one request, or finds none. */
static bool read_one(struct os_pipe *pipe)
{
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    uint8_t buf[2048];
    size_t len;

    if (os_pipe_receive(pipe, buf, sizeof buf, &len, pass, &npass) != OS_OK)
        return false;
    for (unsigned i = 0; i < npass; i++)
        os_handle_close(pass[i].handle);
    return true;
}

TEST(full_pipe_fails_one_request)
{
    struct scene it = {.memory = OS_SHM_INIT};
    struct os_process *client = NULL;
    struct os_pipe *launcher = NULL, *second = NULL;
    unsigned read = 0;

#ifdef _WIN32
    snprintf(it.name, sizeof it.name, "rdsprov-client-test-%d", getpid());
#else
    snprintf(it.name, sizeof it.name, "/tmp/rdsprov-client-test-%d", (int)getpid());
#endif
    gone = 0;
    REQUIRE(os_loop_create("client", &it.provider.loop) == OS_OK &&
            os_pipe_listen(it.name, &it.listener) == OS_OK && os_shm_create(&it.memory, 4096) == OS_OK);
    it.at_most = REQUESTS_MAX;
    on_loop(&it, start_many);
    CHECK(it.taken > 0 && it.taken < REQUESTS_MAX);
    CHECK(strstr(it.problem, "did not take the request") != NULL);
    CHECK_INT(gone, 0); /* nor is anybody else's */

    for (int i = 0; i < WAIT_MS / 5 && os_pipe_accept(it.listener, &launcher, &client) != OS_OK; i++)
        os_sleep_ms(5);
    REQUIRE(launcher != NULL);
    os_pipe_set_remote(launcher, client);
    while (read < it.taken && os_pipe_wait(launcher, WAIT_MS) == OS_OK && read_one(launcher))
        read++;
    CHECK_INT(read, it.taken);
    it.at_most = 1;
    on_loop(&it, start_many);
    CHECK_INT(it.taken, 1); /* over the same pipe */
    CHECK(os_pipe_wait(launcher, WAIT_MS) == OS_OK && read_one(launcher));
    CHECK_INT(os_pipe_accept(it.listener, &second, NULL), OS_AGAIN);

    /* a launcher that is gone is another matter */
    os_pipe_destroy(launcher);
    os_pipe_listener_destroy(it.listener);
    for (int i = 0; i < WAIT_MS / 5 && gone == 0; i++)
        os_sleep_ms(5);
    CHECK_INT(gone, 1);
    on_loop(&it, start_many);
    CHECK_INT(it.taken, 0);
    CHECK(strstr(it.problem, "no launcher at") != NULL);
    on_loop(&it, end);
    os_loop_stop(it.provider.loop, NULL, NULL);
    os_process_destroy(client);
    os_shm_finish(&it.memory);
}
