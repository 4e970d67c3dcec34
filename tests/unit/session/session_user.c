/* SPDX-License-Identifier: Apache-2.0 */
/* rdsprov-session as the program of a user: says that it is there, and ends with its link. */
#include "../check.h"

#include "host.h"
#include "link/launcher.h"

#define WAIT_MS 20000
#define REQUEST 0x101
#define SESSION 5

#ifdef _WIN32
static const char *const args[] = {"/user", NULL};
#else
static const char *const args[] = {"--user", NULL};
#endif

static bool tell(struct host *host, uint16_t id)
{
    const struct launcher_stop message = {REQUEST, SESSION};
    const char *problem = "";

    return CHECK_INT(launcher_send(host->link, id, &message, NULL, 0, &problem), OS_OK);
}

static bool says_it_is_there(struct host *host)
{
    const struct wire_message *description;
    union launcher_any message;
    const char *problem = "";
    uint8_t buf[2048];
    unsigned npass = 0;
    size_t len;

    if (!CHECK(os_pipe_wait(host->link, WAIT_MS) == OS_OK) ||
        !CHECK(os_pipe_receive(host->link, buf, sizeof buf, &len, NULL, &npass) == OS_OK))
        return false;
    description = wire_decode(&launcher_table, buf, len, &message, sizeof message, &problem);
    return CHECK(description && description->id == LAUNCHER_STARTED) &&
           CHECK_INT(message.result.request, REQUEST) && CHECK_INT(message.result.session, SESSION);
}

TEST(end_of_link_ends_it)
{
    struct host host;

    REQUIRE(host_spawn(&host, args));
    if (tell(&host, LAUNCHER_USER) && says_it_is_there(&host)) {
        CHECK_INT(host_wait_exit(&host, 50), -1);
        os_pipe_destroy(host.link);
        host.link = NULL;
        CHECK_INT(host_wait_exit(&host, WAIT_MS), 0);
    }
    host_finish(&host);
}

#ifndef _WIN32
TEST(sigterm_ends_it)
{
    struct host host;

    REQUIRE(host_spawn(&host, args));
    if (tell(&host, LAUNCHER_USER) && says_it_is_there(&host)) {
        os_process_terminate(host.process);
        CHECK_INT(host_wait_exit(&host, WAIT_MS), 0);
    }
    host_finish(&host);
}
#endif

TEST(nonsense_ends_it)
{
    struct host host;

    REQUIRE(host_spawn(&host, args));
    CHECK_INT(os_pipe_send(host.link, "nonsense", 8, NULL, 0), OS_OK);
    CHECK_INT(host_wait_exit(&host, WAIT_MS), 1);
    host_finish(&host);

    REQUIRE(host_spawn(&host, args));
    tell(&host, LAUNCHER_STOP);
    CHECK_INT(host_wait_exit(&host, WAIT_MS), 1);
    host_finish(&host);
}
