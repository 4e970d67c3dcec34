/* SPDX-License-Identifier: Apache-2.0 */
#include "control_commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "launcher.h"
#include "os/os.h"
#include "steps.h"

#define ANSWER_MAX 60000
#define END_WAIT_MS 5000

struct answer {
    char *text;
    size_t used;
};

static void say(struct answer *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct answer *self, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(self->text + self->used, ANSWER_MAX - self->used, fmt, args);
    va_end(args);
    if (n > 0)
        self->used += (size_t)n < ANSWER_MAX - self->used ? (size_t)n : ANSWER_MAX - self->used - 1;
}

static void do_list(struct service *service, struct answer *answer)
{
    struct connection *list[64];
    unsigned n = service_list(service, list, 64);
    struct session session;
    char text[400];

    for (unsigned i = 0; i < n; i++) {
        connection_describe(list[i], text, sizeof text);
        say(answer, "%s\n", text);
        connection_drop(list[i]);
    }
    for (unsigned i = 0; i < 64 && sessions_at(&service->sessions, i, &session); i++) {
        launcher_describe(service->launcher, session.id, text, sizeof text);
        say(answer, "session %u %s user %s connection %u%s\n", session.id, session_state_name(session.state),
            session.user[0] ? session.user : "-", session.owner, text);
    }
    say(answer, "ok");
}

static void do_status(struct service *service, struct answer *answer)
{
    os_mutex_lock(&service->lock);
    say(answer, "connections %u total %u ended %u draining %u\n", service->connection_count, service->total,
        service->ended, service->draining);
    os_mutex_unlock(&service->lock);
    for (unsigned i = 0; i < service->options->listener_count; i++)
        say(answer, "listener %s %s\n", service->options->listeners[i],
            service->listeners[i].ready ? "listens" : "does not listen (yet)");
    say(answer, "rules broken %u\nok", rules_broken());
}

static void do_counts(struct answer *answer)
{
    say(answer, "handles %u threads %u resident_kib %u children %u\nok", os_count_handles(),
        os_count_threads(), os_resident_kib(), platform_children());
}

/* disconnect and close: answered when it has happened. */
static void do_end(struct service *service, struct answer *answer, const char *verb, uint32_t id,
                   uint32_t reason)
{
    struct connection *connection = service_find(service, id);

    if (!connection) {
        say(answer, "error: no connection %u", id);
        return;
    }
    connection_order(connection, strcmp(verb, "close") == 0 ? ORDER_CLOSE : ORDER_DISCONNECT, reason);
    if (connection_wait_done(connection, END_WAIT_MS))
        say(answer, "ok");
    else
        say(answer, "error: connection %u has not ended after %u ms", id, END_WAIT_MS);
    connection_drop(connection);
}

static void do_message(struct service *service, struct answer *answer, uint32_t id, const char *text)
{
    struct connection *connection = service_find(service, id);

    if (!connection)
        say(answer, "error: no connection %u", id);
    else if (!redirector_message(connection, text))
        say(answer, "error: connection %u has no redirector", id);
    else
        say(answer, "ok");
    connection_drop(connection);
}

static void do_kill(struct service *service, struct answer *answer, uint32_t session)
{
    struct session found;

    if (!service->launcher || !sessions_get(&service->sessions, session, &found)) {
        say(answer, "error: no session %u, or no launcher", session);
        return;
    }
    launcher_session_kill(service->launcher, session);
    say(answer, "ok");
}

struct errand {
    const struct step *step;
    struct step_call call;
    HRESULT result;
};

static void run_step(struct connection *connection, void *arg)
{
    struct errand *errand = arg;

    errand->result = step_run(errand->step, connection, &errand->call);
}

/* One call of the table of steps (steps.h), on the connection's thread: "OnDriverLoad path 3". */
static void do_step(struct service *service, struct answer *answer, uint32_t id, char *words)
{
    struct connection *connection = service_find(service, id);
    struct errand errand = {0};
    char *rest = NULL, *name = strtok_r(words, " ", &rest), *word;
    unsigned n = 0;

    errand.step = name ? step_find(name) : NULL;
    while ((word = strtok_r(NULL, " ", &rest))) {
        if (n < STEP_ARGUMENTS_MAX)
            errand.call.argument[n] = word;
        n++;
    }
    if (!connection) {
        say(answer, "error: no connection %u", id);
    } else if (!errand.step || n > errand.step->arguments) {
        say(answer, "error: %s '%s'", errand.step ? "too many words for" : "no step", name ? name : "");
    } else if (!connection_run_errand(connection, run_step, &errand, END_WAIT_MS)) {
        say(answer, "error: connection %u is not logged on", id);
    } else {
        say(answer, "0x%08x %s\n%s", (unsigned)errand.result, errand.call.answer,
            SUCCEEDED(errand.result) ? "ok" : "error: it failed");
    }
    connection_drop(connection);
}

/* Commands that need the provider. */
static void run(struct service *service, struct answer *answer, const char *command)
{
    char verb[32] = "", text[400] = "", rest = 0;
    unsigned id = 0, reason = ERRINFO_RPC_DISCONNECT;

    sscanf(command, "%31s", verb);
    if (strcmp(command, "list") == 0)
        do_list(service, answer);
    else if (strcmp(command, "status") == 0)
        do_status(service, answer);
    else if (strcmp(command, "drain on") == 0 || strcmp(command, "drain off") == 0) {
        service_drain(service, command[7] == 'n');
        say(answer, "ok");
    } else if (((strcmp(verb, "disconnect") == 0 || strcmp(verb, "close") == 0) &&
                sscanf(command, "%*s %u%c", &id, &rest) == 1) ||
               (strcmp(verb, "disconnect") == 0 && sscanf(command, "%*s %u %u%c", &id, &reason, &rest) == 2))
        do_end(service, answer, verb, id, reason);
    else if (strcmp(verb, "message") == 0 && sscanf(command, "%*s %u %399[^\n]", &id, text) == 2)
        do_message(service, answer, id, text);
    else if (strcmp(verb, "step") == 0 && sscanf(command, "%*s %u %399[^\n]", &id, text) == 2)
        do_step(service, answer, id, text);
    else if (strcmp(verb, "kill-session") == 0 && sscanf(command, "%*s %u%c", &id, &rest) == 1)
        do_kill(service, answer, id);
    else if (strcmp(verb, "logoff") == 0 && sscanf(command, "%*s %u%c", &id, &rest) == 1) {
        if (service_logoff(service, id))
            say(answer, "ok");
        else
            say(answer, "error: no session %u", id);
    } else
        say(answer, "error: not a command: %.100s", command);
}

char *control_answer(struct service *service, const char *command)
{
    struct answer answer = {malloc(ANSWER_MAX), 0};

    if (!answer.text)
        return NULL;
    answer.text[0] = 0;
    if (strcmp(command, "stop") == 0) {
        say(&answer, "ok");
    } else if (strcmp(command, "counts") == 0) {
        do_counts(&answer);
    } else if (!service_enter(service)) {
        say(&answer, "error: the service is not running");
    } else {
        run(service, &answer, command);
        service_leave(service);
    }
    return answer.text;
}
