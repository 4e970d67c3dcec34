/* SPDX-License-Identifier: Apache-2.0 */
#include "os_test.h"

#include "os/loop.h"
#include "os/socket.h"
#include "os/thread.h"

#include <stdlib.h>

#ifdef _WIN32
#include <winsock2.h>
#else
#include <arpa/inet.h>
#include <sys/socket.h>
#endif

static _Atomic unsigned ends;

static void note_end(void *arg)
{
    (void)arg;
    ends++;
}

static void stop_and_wait(struct os_loop *loop)
{
    unsigned before = ends;

    os_loop_stop(loop, note_end, NULL);
    CHECK(EVENTUALLY(ends == before + 1));
    CHECK(EVENTUALLY(os_threads_alive() == 0));
}

struct counter {
    struct os_loop *loop;
    unsigned id, next[4], wrong, total;
    _Atomic bool done;
};

struct numbered {
    struct counter *counter;
    unsigned thread, number;
};

static void take_number(void *arg)
{
    struct numbered *mine = arg;
    struct counter *counter = mine->counter;

    if (counter->next[mine->thread]++ != mine->number || !os_loop_is_mine(counter->loop))
        counter->wrong++;
    if (++counter->total == 4000)
        counter->done = true;
    free(mine);
}

static void post_numbers(void *arg)
{
    struct numbered *start = arg;

    for (unsigned i = 0; i < 1000; i++) {
        struct numbered *post = malloc(sizeof *post);

        *post = (struct numbered){start->counter, start->thread, i};
        if (os_loop_post(start->counter->loop, take_number, post) != OS_OK)
            abort();
    }
}

TEST(posts_of_four_threads)
{
    struct counter counter = {0};
    struct numbered starts[4];
    struct os_thread *threads[4];

    REQUIRE(os_loop_create("posts", &counter.loop) == OS_OK);
    CHECK(!os_loop_is_mine(counter.loop));
    for (unsigned i = 0; i < 4; i++) {
        starts[i] = (struct numbered){&counter, i, 0};
        REQUIRE(os_thread_create("poster", post_numbers, &starts[i], &threads[i]) == OS_OK);
    }
    for (int i = 0; i < 4; i++)
        os_thread_join(threads[i]);
    CHECK(EVENTUALLY(counter.done));
    stop_and_wait(counter.loop);
    CHECK_INT(counter.total, 4000);
    CHECK_INT(counter.wrong, 0);
}

/* A test runs on the loop's thread: START_ON posts it and waits for the end of the loop, which the test
 * itself stops. */
struct scene {
    struct os_loop *loop;
    struct os_timer *timers[16];
    struct os_source *sources[16];
    struct os_pipe *mine[16], *theirs[16];
    char log[256];
    unsigned fired[16];
    uint64_t start;
};

static bool open_pipes(struct scene *s, int count)
{
    for (int i = 0; i < count; i++)
        if (os_pipe_pair(&s->mine[i], &s->theirs[i]) != OS_OK)
            return false;
    return true;
}

/* Runs `begin` on a new loop's thread, with so many pipes open, until something stops the loop. */
static void run_scene(struct scene *scene, int pipes, os_loop_fn begin)
{
    unsigned before = ends, handles = os_count_handles();

    REQUIRE(open_pipes(scene, pipes));
    REQUIRE(os_loop_create("scene", &scene->loop) == OS_OK);
    REQUIRE(os_loop_post(scene->loop, begin, scene) == OS_OK);
    CHECK(EVENTUALLY(ends == before + 1));
    CHECK(EVENTUALLY(os_threads_alive() == 0));
    for (int i = 0; i < 16; i++) {
        os_pipe_destroy(scene->mine[i]);
        os_pipe_destroy(scene->theirs[i]);
    }
    CHECK(EVENTUALLY(os_count_handles() == handles));
}

static void scene_stop(void *arg)
{
    struct scene *scene = arg;

    os_loop_stop(scene->loop, note_end, NULL);
}

static void note(struct scene *scene, const char *what)
{
    strncat(scene->log, what, sizeof scene->log - strlen(scene->log) - 1);
}

#define NOTES(name, text)                                                                                    \
    static void name(void *arg)                                                                              \
    {                                                                                                        \
        note(arg, text);                                                                                     \
    }
NOTES(note_a, "a")
NOTES(note_b, "b")
NOTES(note_c, "c")
NOTES(note_d, "d")
NOTES(note_never, "NEVER")

static void note_time(void *arg)
{
    struct scene *scene = arg;
    uint64_t took = os_now_ms() - scene->start;

    CHECK(took >= 119 && took < 120 + PATIENCE_MS);
    scene_stop(scene);
}

static void timers_begin(void *arg)
{
    struct scene *s = arg;

    CHECK(os_loop_is_mine(s->loop));
    s->start = os_now_ms();
    CHECK(os_loop_after(s->loop, 60, note_c, s, &s->timers[0]) == OS_OK);
    CHECK(os_loop_after(s->loop, 0, note_a, s, &s->timers[1]) == OS_OK);
    CHECK(os_loop_after(s->loop, 40, note_never, s, &s->timers[2]) == OS_OK);
    CHECK(os_loop_after(s->loop, 60, note_d, s, &s->timers[3]) ==
          OS_OK); /* same time: in order of creation */
    CHECK(os_loop_after(s->loop, 20, note_b, s, &s->timers[4]) == OS_OK);
    CHECK(os_loop_after(s->loop, 120, note_time, s, &s->timers[5]) == OS_OK);
    CHECK(os_loop_after(s->loop, 100000, note_never, s, &s->timers[6]) ==
          OS_OK); /* is dropped with the loop */
    os_timer_destroy(s->timers[2]);
    os_timer_destroy(NULL);
}

TEST(timers_in_order)
{
    struct scene scene = {0};

    run_scene(&scene, 0, timers_begin);
    CHECK_STR(scene.log, "abcd");
}

static void again(void *arg)
{
    struct scene *s = arg;

    if (++s->fired[0] < 50)
        CHECK(os_loop_after(s->loop, 0, again, s, &s->timers[0]) == OS_OK);
    else
        scene_stop(s);
}

static void kill_others(void *arg)
{
    struct scene *s = arg;

    note(s, "k");
    for (int i = 1; i < 5; i++)
        os_timer_destroy(s->timers[i]);
    CHECK(os_loop_after(s->loop, 0, again, s, &s->timers[0]) == OS_OK);
}

static void timers_destroy_begin(void *arg)
{
    struct scene *s = arg;

    CHECK(os_loop_after(s->loop, 0, kill_others, s, &s->timers[0]) == OS_OK);
    for (int i = 1; i < 5; i++)
        CHECK(os_loop_after(s->loop, 0, note_never, s, &s->timers[i]) == OS_OK);
    os_sleep_ms(5); /* all are due in the same round */
}

TEST(timer_destroys_others_that_are_due)
{
    struct scene scene = {0};

    run_scene(&scene, 0, timers_destroy_begin);
    CHECK_STR(scene.log, "k");
    CHECK_INT(scene.fired[0], 50);
}

static int reads(struct scene *s, int i)
{
    char text[16];
    size_t len;
    int count = 0;

    while (os_pipe_receive(s->mine[i], text, sizeof text, &len, NULL, NULL) == OS_OK)
        count++;
    return count;
}

static void on_first(void *arg)
{
    struct scene *s = arg;

    CHECK_INT(reads(s, 0), 1);
    if (++s->fired[0] < 10) {
        CHECK(send_text(s->theirs[0], "x") == OS_OK);
        return;
    }
    os_source_destroy(s->sources[0]); /* itself */
    CHECK(send_text(s->theirs[0], "never seen") == OS_OK);
    CHECK(os_loop_after(s->loop, 50, scene_stop, s, &s->timers[0]) == OS_OK);
}

static void self_destroy_begin(void *arg)
{
    struct scene *s = arg;

    CHECK(os_loop_watch(s->loop, os_pipe_waitable(s->mine[0]), on_first, s, &s->sources[0]) == OS_OK);
    CHECK(send_text(s->theirs[0], "x") == OS_OK);
}

TEST(source_destroys_itself)
{
    struct scene scene = {0};

    run_scene(&scene, 1, self_destroy_begin);
    CHECK_INT(scene.fired[0], 10);
}

struct one_of {
    struct scene *scene;
    int i;
};
static struct one_of members[16];

/* Whoever is first destroys all, closes what they watched, and watches something new: of what is already
 * known to be ready, nothing may be called. */
static void on_any(void *arg)
{
    struct one_of *member = arg;
    struct scene *s = member->scene;

    s->fired[0]++;
    for (int i = 0; i < 15; i++) {
        os_source_destroy(s->sources[i]);
        os_pipe_destroy(s->mine[i]);
        os_pipe_destroy(s->theirs[i]);
        s->mine[i] = s->theirs[i] = NULL;
    }
    CHECK(open_pipes(s, 3)); /* the numbers are used again */
    for (int i = 0; i < 3; i++)
        CHECK(os_loop_watch(s->loop, os_pipe_waitable(s->mine[i]), note_never, s, &s->sources[i]) == OS_OK);
    CHECK(os_loop_after(s->loop, 50, scene_stop, s, &s->timers[0]) == OS_OK);
}

static void all_ready_begin(void *arg)
{
    struct scene *s = arg;

    for (int i = 0; i < 15; i++) {
        members[i] = (struct one_of){s, i};
        CHECK(os_loop_watch(s->loop, os_pipe_waitable(s->mine[i]), on_any, &members[i], &s->sources[i]) ==
              OS_OK);
        CHECK(send_text(s->theirs[i], "x") == OS_OK);
    }
}

TEST(source_destroys_others_that_are_ready)
{
    struct scene scene = {0};

    run_scene(&scene, 15, all_ready_begin);
    CHECK_INT(scene.fired[0], 1);
    CHECK_STR(scene.log, "");
}

static void on_level(void *arg)
{
    struct scene *s = arg;

    if (++s->fired[0] == 5) { /* called again and again while nobody reads */
        CHECK_INT(reads(s, 0), 1);
        CHECK(os_loop_after(s->loop, 50, scene_stop, s, &s->timers[0]) == OS_OK);
    }
}

static void level_begin(void *arg)
{
    struct scene *s = arg;

    CHECK(os_loop_watch(s->loop, os_pipe_waitable(s->mine[0]), on_level, s, &s->sources[0]) == OS_OK);
    CHECK(send_text(s->theirs[0], "x") == OS_OK);
}

TEST(level_triggered)
{
    struct scene scene = {0};

    run_scene(&scene, 1, level_begin);
    CHECK_INT(scene.fired[0], 5);
}

static void on_closed(void *arg)
{
    struct one_of *member = arg;
    struct scene *s = member->scene;
    char text[16];
    size_t len;

    CHECK_INT(os_pipe_receive(s->mine[member->i], text, sizeof text, &len, NULL, NULL), OS_CLOSED);
    os_source_destroy(s->sources[member->i]);
    s->fired[member->i]++;
    if (++s->fired[15] == 10)
        scene_stop(s);
}

static void close_begin(void *arg)
{
    struct scene *s = arg;

    for (int i = 0; i < 10; i++) {
        members[i] = (struct one_of){s, i};
        CHECK(os_loop_watch(s->loop, os_pipe_waitable(s->mine[i]), on_closed, &members[i], &s->sources[i]) ==
              OS_OK);
    }
    for (int i = 0; i < 10; i++) {
        if (i % 2)
            os_pipe_shutdown(s->theirs[i]);
        else {
            os_pipe_destroy(s->theirs[i]);
            s->theirs[i] = NULL;
        }
    }
}

TEST(end_of_pipes_is_seen)
{
    struct scene scene = {0};

    run_scene(&scene, 10, close_begin);
    for (int i = 0; i < 10; i++)
        CHECK_INT(scene.fired[i], 1);
}

static os_socket tcp_listener, tcp_client = OS_NO_SOCKET, tcp_server = OS_NO_SOCKET;

static void on_data(void *arg)
{
    struct scene *s = arg;

    note(s, "d");
    os_source_destroy(s->sources[1]);
    os_socket_close(tcp_server, true);
    os_socket_close(tcp_client, false);
    scene_stop(s);
}

static void on_accept(void *arg)
{
    struct scene *s = arg;
    struct os_address from;

    note(s, "a");
    CHECK_INT(os_socket_accept(tcp_listener, &tcp_server, &from), OS_OK);
    os_source_destroy(s->sources[0]);
    os_socket_close(tcp_listener, false);
    CHECK(os_loop_watch_socket(s->loop, tcp_server, on_data, s, &s->sources[1]) == OS_OK);
}

static void sockets_begin(void *arg)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct scene *s = arg;
    struct os_address local;

    REQUIRE(os_socket_listen("127.0.0.1", 0, &tcp_listener) == OS_OK);
    REQUIRE(os_socket_local(tcp_listener, &local) == OS_OK);
    CHECK(os_loop_watch_socket(s->loop, tcp_listener, on_accept, s, &s->sources[0]) == OS_OK);
    to.sin_port = htons(local.port);
    tcp_client = (os_socket)socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(tcp_client, (struct sockaddr *)&to, sizeof to) == 0);
    CHECK(send(tcp_client, "x", 1, 0) == 1);
}

TEST(sockets)
{
    struct scene scene = {0};

    run_scene(&scene, 0, sockets_begin);
    CHECK_STR(scene.log, "ad");
}

static void stop_within(void *arg)
{
    struct scene *s = arg;

    for (int i = 0; i < 8; i++)
        CHECK(os_loop_watch(s->loop, os_pipe_waitable(s->mine[i]), note_never, s, &s->sources[i]) == OS_OK);
    for (int i = 0; i < 8; i++)
        CHECK(os_loop_after(s->loop, 0, note_never, s, &s->timers[i]) == OS_OK);
    for (int i = 0; i < 8; i++)
        CHECK(send_text(s->theirs[i], "x") == OS_OK);
    CHECK(os_loop_post(s->loop, note_a, s) == OS_OK); /* posted before: still runs */
    scene_stop(s);
    note(s, "s");
}

TEST(stop_with_live_sources)
{
    struct scene scene = {0};

    run_scene(&scene, 8, stop_within);
    CHECK_STR(scene.log, "sa");
}

TEST(stop_at_once)
{
    unsigned handles = os_count_handles();

    for (int i = 0; i < 100; i++) {
        struct os_loop *loop;

        REQUIRE(os_loop_create("short", &loop) == OS_OK);
        os_loop_stop(loop, i % 2 ? note_end : NULL, NULL);
    }
    CHECK(EVENTUALLY(os_threads_alive() == 0));
    CHECK(EVENTUALLY(os_count_handles() == handles));
}

struct child_scene {
    struct scene scene;
    struct os_process *process;
};

static void on_child_end(void *arg)
{
    struct child_scene *c = arg;
    int code = -1;

    CHECK(os_process_ended(c->process, &code));
    CHECK_INT(code, 4);
    os_source_destroy(c->scene.sources[0]);
    os_process_destroy(c->process);
    scene_stop(&c->scene);
}

static void child_begin(void *arg)
{
    struct child_scene *c = arg;

    REQUIRE(START(0, &c->process, NULL, "exit", "4") == OS_OK);
    CHECK(os_loop_watch(c->scene.loop, os_process_waitable(c->process), on_child_end, c,
                        &c->scene.sources[0]) == OS_OK);
}

TEST(child_processes)
{
    struct child_scene child = {0};

    run_scene(&child.scene, 0, child_begin);
}

#define MANY 300
static struct os_source *many_sources[MANY];
static struct os_pipe *many_mine[MANY], *many_theirs[MANY];
static unsigned many_fired;

static void on_many(void *arg)
{
    size_t i = (size_t)(uintptr_t)arg;
    char text[4];
    size_t len;

    CHECK_INT(os_pipe_receive(many_mine[i], text, sizeof text, &len, NULL, NULL), OS_OK);
    many_fired++;
    if (i % 3 == 0) {
        os_source_destroy(many_sources[i]);
        many_sources[i] = NULL;
    }
}

static void many_begin(void *arg)
{
    struct scene *s = arg;

    for (size_t i = 0; i < MANY; i++) {
        REQUIRE(os_pipe_pair(&many_mine[i], &many_theirs[i]) == OS_OK);
        REQUIRE(os_loop_watch(s->loop, os_pipe_waitable(many_mine[i]), on_many, (void *)(uintptr_t)i,
                              &many_sources[i]) == OS_OK);
        CHECK(send_text(many_theirs[i], "x") == OS_OK);
    }
    CHECK(os_loop_after(s->loop, 500, scene_stop, s, &s->timers[0]) == OS_OK);
}

/* More than the 64 that one Windows wait takes, and than the arrays start with. */
TEST(many_sources_at_once)
{
    struct scene scene = {0};
    unsigned before = ends;

    REQUIRE(os_loop_create("many", &scene.loop) == OS_OK);
    REQUIRE(os_loop_post(scene.loop, many_begin, &scene) == OS_OK);
    CHECK(EVENTUALLY(ends == before + 1));
    CHECK_INT(many_fired, MANY);
    for (size_t i = 0; i < MANY; i++) {
        os_pipe_destroy(many_mine[i]);
        os_pipe_destroy(many_theirs[i]);
    }
}
