/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocators.h"
#include "call.h"
#include "connection.h"
#include "control.h"
#include "family.h"
#include "launcher.h"
#include "os/log.h"
#include "os/os.h"
#include "player.h"
#include "probe.h"
#include "provider_life.h"

#define LOOK_MS 25             /* of the main thread */
#define POLL_MS 1000           /* status of connections */
#define CLOSE_ALL_WAIT_MS 2500 /* of a service stop */
#define REST_WAIT_MS 2000

/* What there was before anything was started. */
struct baseline {
    unsigned threads, handles, children;
};

void service_stop(struct service *self)
{
    atomic_store(&self->stop_wanted, true);
}

bool service_enter(struct service *self)
{
    bool may;

    os_mutex_lock(&self->lock);
    may = self->running && !self->stopping;
    self->users += may;
    os_mutex_unlock(&self->lock);
    return may;
}

void service_leave(struct service *self)
{
    os_mutex_lock(&self->lock);
    self->users--;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

struct connection *service_find(struct service *self, uint32_t id)
{
    struct connection *found;

    os_mutex_lock(&self->lock);
    for (found = self->connections; found && found->id != id; found = found->next)
        ;
    if (found)
        connection_addref(found);
    os_mutex_unlock(&self->lock);
    return found;
}

unsigned service_list(struct service *self, struct connection **out, unsigned cap)
{
    unsigned n = 0;

    os_mutex_lock(&self->lock);
    for (struct connection *c = self->connections; c && n < cap; c = c->next) {
        connection_addref(c);
        out[n++] = c;
    }
    os_mutex_unlock(&self->lock);
    return n;
}

void service_refused(struct service *self)
{
    os_mutex_lock(&self->lock);
    self->ended++;
    os_cond_broadcast(&self->changed);
    os_mutex_unlock(&self->lock);
}

void service_session_event(struct service *self, uint32_t session, ULONG event)
{
    WTS_SESSION_ID id = {GUID_NULL, session};

    NOTIFY(0, "Manager", "NotifySessionStateChange", MANAGER(self, NotifySessionStateChange, &id, event));
}

void service_drain(struct service *self, bool on)
{
    provider_notify_state(self, WTS_SERVICE_START, on ? WTS_DRAIN_IN_DRAIN : WTS_DRAIN_NOT_IN_DRAIN);
    os_mutex_lock(&self->lock);
    self->draining = on;
    os_mutex_unlock(&self->lock);
}

bool service_logoff(struct service *self, uint32_t session)
{
    struct connection *connection;
    uint32_t owner;

    if (!sessions_end(&self->sessions, session, &owner))
        return false;
    connection = owner ? service_find(self, owner) : NULL;
    if (connection) {
        connection_order(connection, ORDER_LOGOFF, ERRINFO_LOGOFF_BY_USER);
        connection_wait_done(connection, CLOSE_ALL_WAIT_MS);
        connection_drop(connection);
    }
    launcher_session_disconnected(self->launcher, session);
    launcher_session_ended(self->launcher, session);
    service_session_event(self, session, WTS_SESSION_LOGOFF);
    return true;
}

static bool on_session_exists(void *arg, uint32_t session)
{
    struct service *self = arg;
    struct session found;

    return sessions_get(&self->sessions, session, &found);
}

static void on_desktop_gone(void *arg, uint32_t session)
{
    struct service *self = arg;

    if (!service_enter(self))
        return;
    platform_thread_begin();
    service_logoff(self, session);
    platform_thread_end();
    service_leave(self);
}

/* Asks every connection for its counters, as the service does from a thread of its own. */
static void poll_connections(struct service *self)
{
    static struct connection *list[SESSIONS_MAX];
    unsigned n = service_list(self, list, SESSIONS_MAX);

    for (unsigned i = 0; i < n; i++) {
        connection_poll(list[i]);
        connection_drop(list[i]);
    }
}

static void poller(void *arg)
{
    struct service *self = arg;
    uint64_t next = os_now_ms() + POLL_MS;

    platform_thread_begin();
    for (;;) {
        bool end;

        os_mutex_lock(&self->lock);
        if (!self->stopping)
            os_cond_wait_ms(&self->changed, &self->lock, 100);
        end = self->stopping;
        os_mutex_unlock(&self->lock);
        if (end)
            break;
        call_watch();
        if (os_now_ms() >= next) {
            poll_connections(self);
            next = os_now_ms() + POLL_MS;
        }
    }
    platform_thread_end();
}

/* Until somebody wants it to stop, its time is over, or enough connections have ended. */
static void serve(struct service *self, uint64_t until)
{
    const struct options *options = self->options;
    bool enough = false;

    while (!atomic_load(&self->stop_wanted) && !platform_stop_wanted() && !enough &&
           (!until || os_now_ms() < until) && !self->ended_by_failure) {
        provider_look_at_listeners(self);
        os_mutex_lock(&self->lock);
        os_cond_wait_ms(&self->changed, &self->lock, LOOK_MS);
        enough = options->run_connections && self->ended >= options->run_connections;
        os_mutex_unlock(&self->lock);
    }
}

/* Orders all connections to end; false when a thread of theirs does not come back. */
static bool close_all(struct service *self)
{
    uint64_t until = os_now_ms() + CLOSE_ALL_WAIT_MS;
    char text[400];
    bool gone;

    os_mutex_lock(&self->lock);
    self->stopping = true;
    for (struct connection *c = self->connections; c; c = c->next)
        connection_order(c, ORDER_DISCONNECT, ERRINFO_RPC_DISCONNECT);
    os_cond_broadcast(&self->changed);
    while ((self->connection_count > 0 || self->users > 0) && os_now_ms() < until)
        os_cond_wait_ms(&self->changed, &self->lock, 20);
    gone = self->connection_count == 0 && self->users == 0;
    self->running = false;
    os_mutex_unlock(&self->lock);
    if (!gone) {
        if (!call_running(text, sizeof text))
            snprintf(text, sizeof text, "nothing of the provider's");
        rule_break(RULE_METHOD_TIME, 0, "the service cannot stop; running: %s", text);
    }
    return gone;
}

/* What the system keeps open once it has been used is no leak: on Windows only the growth from round to round
 * is. */
static void judge_handles(unsigned now, unsigned before)
{
    rule_check(RULE_HANDLES, now <= before, 0, "%u handles, %u before", now, before);
}

/* Threads on their way out still hold some. */
static unsigned settled_handles(void)
{
    unsigned least = os_count_handles();

    for (unsigned i = 0; i < 20; i++) {
        unsigned now;

        os_sleep_ms(10);
        now = os_count_handles();
        if (now < least)
            least = now;
    }
    return least;
}

/* Everything that was started is over: what is left now is the provider's. */
static void judge_rest(const struct baseline *before)
{
    uint64_t until = os_now_ms() + REST_WAIT_MS;
    struct baseline now;

    for (;;) {
        now = (struct baseline){os_count_threads(), os_count_handles(), platform_children()};
        if ((now.threads <= before->threads && now.children <= before->children &&
             (now.handles <= before->handles || platform_keeps_handles())) ||
            os_now_ms() >= until)
            break;
        os_sleep_ms(10);
    }
    rule_check(RULE_THREADS, now.threads <= before->threads, 0, "%u threads, %u before", now.threads,
               before->threads);
    if (!platform_keeps_handles())
        judge_handles(now.handles, before->handles);
    rule_check(RULE_CHILDREN, now.children <= before->children, 0, "%u child processes, %u before",
               now.children, before->children);
    rule_check(RULE_ALLOCATOR_LEAK, allocator_live() == 0, 0, "%u blocks", allocator_live());
}

/* One life of the provider: load, start, serve, stop, unload. False: it could not be loaded or started. */
static bool live(struct service *self, struct os_thread **poll_thread)
{
    const unsigned seconds = self->options->run_seconds;
    const uint64_t until = seconds ? os_now_ms() + seconds * 1000ull : 0;
    bool good;

    os_mutex_lock(&self->lock);
    self->stopping = false;
    self->ended = 0;
    os_mutex_unlock(&self->lock);
    if (!provider_load(self))
        return false;
    good = provider_start(self);
    os_mutex_lock(&self->lock);
    self->running = good;
    os_mutex_unlock(&self->lock);
    if (good && os_thread_create("rdsim-poll", poller, self, poll_thread) != OS_OK)
        good = false;
    if (good)
        serve(self, until);
    if (good)
        provider_notify_stop(self);
    if (!close_all(self))
        return false; /* nothing can be taken down around a thread that is still inside */
    os_thread_join(*poll_thread);
    *poll_thread = NULL;
    provider_stop(self);
    provider_unload(self, true);
    return good;
}

static int verdict(const struct options *options)
{
    unsigned found = 0, missing = 0;

    rules_print(stdout, options->rules_all);
    if (!options->expect)
        return rules_broken() ? 3 : 0;
    for (unsigned i = 0; i < options->expect_count; i++) {
        if (rule_failures(options->expect_broken[i]) > 0)
            found++;
        else
            printf("expected to be broken, and is not: %s\n", rule_id(options->expect_broken[i])), missing++;
    }
    for (unsigned i = 0; i < RULES; i++) {
        bool wanted = false;

        for (unsigned k = 0; k < options->expect_count; k++)
            wanted |= options->expect_broken[k] == (enum rule)i;
        if (!wanted && rule_failures((enum rule)i) > 0)
            printf("broken, and not expected to be: %s\n", rule_id((enum rule)i)), missing++;
    }
    return missing || !found ? 3 : 0;
}

static void nothing(void *arg)
{
    (void)arg;
}

/* The first thread of a process may bring others: those of a sanitizer, or of the C library. */
static void warm_up(void)
{
    struct os_thread *thread;

    if (os_thread_create("rdsim-warm", nothing, NULL, &thread) == OS_OK)
        os_thread_join(thread);
}

int service_run(const struct options *options)
{
    struct service *self = calloc(1, sizeof *self);
    const struct launcher_host host = {on_session_exists, on_desktop_gone, self};
    struct baseline before;
    struct os_thread *poll_thread = NULL;
    struct control *control = NULL;
    char problem[1200];
    unsigned first = 0;
    bool good = true;
    int code;

    if (!self)
        return 1;
    warm_up();
    before = (struct baseline){os_count_threads(), os_count_handles(), platform_children()};
    self->options = options;
    os_mutex_init(&self->lock);
    os_cond_init(&self->changed);
    sessions_init(&self->sessions);
    allocators_start();
    if (options->launcher) {
        self->launcher = launcher_create(options, &host, problem, sizeof problem);
        good = self->launcher != NULL;
    }
    if (good && options->control) {
        control = control_create(self, options->control, problem, sizeof problem);
        good = control != NULL;
    }
    if (!good)
        fprintf(stderr, "rdsim: %s\n", problem);
    if (good && options->scenario)
        good = player_run(self);
    for (unsigned round = 0; good && !options->scenario && round < options->rounds &&
                             !atomic_load(&self->stop_wanted) && !platform_stop_wanted();
         round++) {
        good = live(self, &poll_thread);
        if (round == 0 && options->rounds > 1)
            first = settled_handles();
    }
    if (good && !options->scenario && options->rounds > 1 && platform_keeps_handles())
        judge_handles(settled_handles(), first);

    control_destroy(control);
    launcher_destroy(self->launcher);
    if (poll_thread) {
        /* a thread of ours is still inside the provider: no clean end is possible */
        code = verdict(options);
        fflush(NULL);
        _Exit(code);
    }
    counted_flush();
    allocators_finish();
    if (good)
        judge_rest(&before);
    printf("connections: %u\n", self->total);
    if (options->verbose)
        call_print(stdout);
    code = verdict(options);
    if (!good || self->ended_by_failure)
        code = 1;
    sessions_finish(&self->sessions);
    os_cond_finish(&self->changed);
    os_mutex_finish(&self->lock);
    free(self);
    return code;
}
