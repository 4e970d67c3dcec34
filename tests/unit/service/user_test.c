/* SPDX-License-Identifier: Apache-2.0 */
/* The program of a session's user: when it starts and ends, and that nothing of what it does reaches the
 * session's own program. */
#define CHECK_OWN_MAIN
#include "../check.h"

#include "launcher_fixture.h"

static struct os_pipe_listener *users;

/* A launcher with a session that is shown, in which somebody is logged on or not. */
static bool shown(struct fixture *self, const char *mode, bool there)
{
    static char name[512];

    pipe_name(name, sizeof name, "users");
    if (!CHECK(os_pipe_listen(name, &users) == OS_OK) || !fixture_init(self, "ready"))
        return false;
    self->user_args[0] = "user";
    self->user_args[1] = mode;
    self->user_args[2] = name;
    self->config.user_args = self->user_args;
    has_user = there;
    return request(self, 1, SESSION) && answered(self, LAUNCHER_STARTED, 1);
}

static void finish(struct fixture *self)
{
    fixture_finish(self);
    os_pipe_listener_destroy(users);
    users = NULL;
}

/* The pipe of the next user's program, NULL when none comes in time. */
static struct os_pipe *comes(uint32_t ms)
{
    struct os_pipe *user = NULL;

    for (uint64_t until = os_now_ms() + ms; !user && os_now_ms() < until; os_sleep_ms(5))
        if (os_pipe_accept(users, &user, NULL) != OS_OK)
            user = NULL;
    return user;
}

static bool goes(struct os_pipe *user)
{
    bool gone = CHECK(user != NULL) && sees_end(user);

    os_pipe_destroy(user);
    return gone;
}

static bool nothing_is_said(struct fixture *self)
{
    return CHECK(os_pipe_wait(self->adapter, 50) == OS_TIMEOUT);
}

TEST(comes_with_the_session)
{
    struct os_pipe *user;
    struct fixture it;

    if (shown(&it, "ready", true)) {
        user = comes(WAIT_MS);
        nothing_is_said(&it);
        stop(&it, 1);
        answered(&it, LAUNCHER_ENDED, 1);
        goes(user);
        CHECK(!comes(100));
        /* and comes again with the next client */
        if (request(&it, 2, SESSION) && answered(&it, LAUNCHER_STARTED, 2)) {
            user = comes(WAIT_MS);
            request(&it, 3, SESSION);
            goes(user);
            answered(&it, LAUNCHER_ENDED, 2);
            answered(&it, LAUNCHER_STARTED, 3);
            CHECK((user = comes(WAIT_MS)) != NULL);
            os_pipe_destroy(user);
        }
        CHECK_INT(events[LAUNCHER_EVENT_USER_FAILED] + events[LAUNCHER_EVENT_PROGRAM_DIED], 0);
    }
    finish(&it);
}

TEST(comes_at_logon_and_goes_at_logoff)
{
    struct os_pipe *user;
    struct fixture it;

    if (shown(&it, "ready", false)) {
        CHECK(!comes(100));
        launcher_session_user(it.launcher, SESSION + 1, true);
        CHECK(!comes(100));
        launcher_session_user(it.launcher, SESSION, true);
        user = comes(WAIT_MS);
        launcher_session_user(it.launcher, SESSION, true); /* again: nothing */
        CHECK(!comes(100));
        launcher_session_user(it.launcher, SESSION, false);
        goes(user);
        CHECK(!comes(100));
        nothing_is_said(&it); /* the session is shown all the time */
    }
    finish(&it);
}

TEST(goes_with_the_session)
{
    for (int how = 0; how < 3; how++) {
        struct os_pipe *user;
        struct fixture it;

        if (shown(&it, "ready", true)) {
            user = comes(WAIT_MS);
            if (how == 0) {
                leave(&it, SESSION);
            } else if (how == 1) {
                os_pipe_destroy(it.adapter);
                it.adapter = NULL;
            } else {
                launcher_destroy(it.launcher);
                it.launcher = NULL;
            }
            goes(user);
            CHECK(!comes(100));
        }
        finish(&it);
    }
}

/* However it ends, it comes again, each time later: 40, 80, 160, 320 ms. */
TEST(comes_again)
{
    static const char *const modes[] = {"crash", "leave", "quick", "refuse"};

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        uint64_t begin = os_now_ms();
        struct fixture it;

        if (shown(&it, modes[i], true)) {
            for (int n = 0; n < 5; n++)
                if (!goes(comes(WAIT_MS)))
                    break;
            CHECK(os_now_ms() - begin >= 40 + 80 + 160 + 320);
            for (int n = 0; n < 500 && !events[LAUNCHER_EVENT_PROGRAM_DIED]; n++)
                os_sleep_ms(10);
            CHECK_INT(events[LAUNCHER_EVENT_PROGRAM_DIED], 1); /* one of five */
            CHECK_INT(events[LAUNCHER_EVENT_START_FAILED], 0);
            nothing_is_said(&it);
        }
        finish(&it);
    }
}

/* Whatever it says but that it is there ends it, and does nothing else. */
TEST(cannot_ask_for_anything)
{
    static const char *const modes[] = {"nonsense", "ask", "gives"};

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct fixture it;

        if (shown(&it, modes[i], true)) {
            goes(comes(WAIT_MS));
            nothing_is_said(&it);
            stop(&it, 1);
            answered(&it, LAUNCHER_ENDED, 1);
        }
        finish(&it);
    }
}

TEST(silence_has_a_limit)
{
    struct fixture it;

    if (shown(&it, "silent", false)) {
        it.config.ready_ms = 300;
        launcher_session_user(it.launcher, SESSION, true);
        goes(comes(WAIT_MS));
        CHECK_INT(events[LAUNCHER_EVENT_USER_FAILED], 1);
        nothing_is_said(&it);
    }
    finish(&it);
}

TEST(deaf_one_is_killed)
{
    for (int how = 0; how < 2; how++) {
        struct os_pipe *user;
        struct fixture it;

        if (shown(&it, "deaf", true)) {
            user = comes(WAIT_MS);
            if (how == 0) {
                launcher_session_user(it.launcher, SESSION, false);
            } else {
                launcher_destroy(it.launcher);
                it.launcher = NULL;
            }
            goes(user);
        }
        finish(&it);
    }
}

int main(int argc, char **argv)
{
    return fixture_main(argc, argv);
}
