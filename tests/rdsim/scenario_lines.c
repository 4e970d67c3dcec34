/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario_private.h"

struct verb {
    const char *word;
    enum service_verb verb;
};

static const struct verb verbs[] = {
    {"begin", SERVICE_BEGIN},
    {"end", SERVICE_END},
    {"load", SERVICE_LOAD},
    {"Initialize", SERVICE_INITIALIZE},
    {"CreateListener", SERVICE_CREATE_LISTENER},
    {"GetSettings", SERVICE_GET_SETTINGS},
    {"StartListen", SERVICE_START_LISTEN},
    {"StopListen", SERVICE_STOP_LISTEN},
    {"Uninitialize", SERVICE_UNINITIALIZE},
    {"ReleaseListener", SERVICE_RELEASE_LISTENER},
    {"ReleaseManager", SERVICE_RELEASE_MANAGER},
    {"unload", SERVICE_UNLOAD},
    {"listens", SERVICE_LISTENS},
    {"NotifyServiceStateChange", SERVICE_STATE},
    {"NotifySessionOfServiceStart", SERVICE_SESSION_START},
    {"NotifySessionOfServiceStop", SERVICE_SESSION_STOP},
    {"NotifySessionStateChange", SERVICE_SESSION_STATE},
    {"NotifySettingsChange", SERVICE_SETTINGS},
};

bool parser_wrong(struct parser *self, const char *fmt, ...)
{
    int n = snprintf(self->problem, self->cap, "line %u: ", self->line);
    va_list args;

    va_start(args, fmt);
    vsnprintf(self->problem + n, self->cap - (size_t)n, fmt, args);
    va_end(args);
    return false;
}

struct act *parser_add(struct parser *self, enum act_kind kind)
{
    struct scenario *scenario = self->scenario;
    struct act *act;

    if (scenario->act_count == SCENARIO_ACTS_MAX) {
        parser_wrong(self, "too many lines");
        return NULL;
    }
    act = &scenario->acts[scenario->act_count++];
    *act = (struct act){.kind = kind, .line = self->line, .thread = self->thread};
    return act;
}

static int client_of(const struct scenario *scenario, const char *name)
{
    for (unsigned i = 0; i < scenario->client_count; i++)
        if (strcmp(scenario->clients[i], name) == 0)
            return (int)i;
    return -1;
}

/* S_OK, E_NOTIMPL ..., 0x80070005 */
static bool result(struct parser *self, HRESULT *hr)
{
    static const struct {
        const char *word;
        HRESULT hr;
    } names[] = {{"S_OK", S_OK},           {"E_NOTIMPL", E_NOTIMPL},
                 {"E_POINTER", E_POINTER}, {"E_INVALIDARG", E_INVALIDARG},
                 {"E_FAIL", E_FAIL},       {"INSUFFICIENT_BUFFER", (HRESULT)0x8007007A}};
    const char *word = words_take(&self->words);
    char *end;

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].word, word) == 0) {
            *hr = names[i].hr;
            return true;
        }
    *hr = (HRESULT)(uint32_t)strtoul(word, &end, 16);
    return (strncmp(word, "0x", 2) == 0 && strlen(word) == 10 && !*end) ||
           parser_wrong(self, "'%.40s' is no result", word);
}

static bool expectation(struct parser *self, struct scenario_step *step)
{
    step->expect = EXPECT_FAILURE;
    if (words_skip(&self->words, "failure"))
        return true;
    step->expect = EXPECT_HRESULT;
    return result(self, &step->hr);
}

static bool ends_step(const struct words *words)
{
    const char *word = words_peek(words);

    return words->at == words->count || strcmp(word, ",") == 0 || strcmp(word, "=") == 0 ||
           strcmp(word, "~") == 0;
}

static bool is_times(const char *word, unsigned *times)
{
    char *end;

    if (word[0] != 'x' || word[1] < '1' || word[1] > '9')
        return false;
    *times = (unsigned)strtoul(word + 1, &end, 10);
    return !*end;
}

/* Name, arguments, xTIMES, = RESULT, ~ ANSWER */
static bool one_step(struct parser *self)
{
    struct scenario *scenario = self->scenario;
    const char *name = words_take(&self->words);
    struct scenario_step *step;
    unsigned arguments = 0;

    if (scenario->step_count == SCENARIO_STEPS_MAX)
        return parser_wrong(self, "too many calls");
    step = &scenario->steps[scenario->step_count++];
    *step = (struct scenario_step){.step = step_find(name), .times = 1};
    if (!step->step)
        return parser_wrong(self, "'%.40s' is no call of a connection", name);
    while (!ends_step(&self->words)) {
        const char *word = words_take(&self->words);

        if (is_times(word, &step->times)) {
            if (step->times > SCENARIO_TIMES_MAX)
                return parser_wrong(self, "%s is too often", word);
        } else if (arguments == step->step->arguments) {
            return parser_wrong(self, "%s takes no '%.40s'", name, word);
        } else {
            step->argument[arguments++] = word;
        }
    }
    if (words_skip(&self->words, "=") && !expectation(self, step))
        return false;
    if (words_skip(&self->words, "~"))
        step->answer = words_take(&self->words);
    return true;
}

static bool steps(struct parser *self, struct act *act)
{
    act->first_step = self->scenario->step_count;
    do {
        if (!one_step(self))
            return false;
        act->step_count++;
    } while (words_skip(&self->words, ","));
    return true;
}

static bool service_state(struct parser *self, struct act *act)
{
    static const char *const states[] = {"start", "stop", "drain", "no-drain"};
    const char *word = words_take(&self->words);

    for (unsigned i = 0; i < 4; i++)
        if (strcmp(states[i], word) == 0) {
            act->number = i;
            return true;
        }
    return parser_wrong(self, "'%.40s' is no state: start, stop, drain, no-drain", word);
}

/* [N], from 1 as the text counts them */
static bool listener_of(struct parser *self, struct act *act)
{
    const char *word = words_peek(&self->words);

    if (*word < '0' || *word > '9')
        return true;
    if (!words_number(&self->words, OPTIONS_LISTENERS_MAX, &act->number) || act->number == 0)
        return parser_wrong(self, "there are listeners 1 to %d", OPTIONS_LISTENERS_MAX);
    act->number--;
    return true;
}

bool line_service(struct parser *self, unsigned service)
{
    const char *word = words_take(&self->words);
    const struct verb *verb = NULL;
    struct act *act;

    for (unsigned i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].word, word) == 0)
            verb = &verbs[i];
    if (!verb)
        return parser_wrong(self, "'%.40s' is no call of the service", word);
    if (!(act = parser_add(self, ACT_SERVICE)))
        return false;
    act->service = service;
    act->verb = verb->verb;
    switch (act->verb) {
    case SERVICE_STATE:
        return service_state(self, act);
    case SERVICE_SETTINGS:
        act->number = words_skip(&self->words, "no-clipboard");
        return act->number || words_skip(&self->words, "clipboard") ||
               parser_wrong(self, "clipboard or no-clipboard?");
    case SERVICE_SESSION_STATE:
        if (!words_number(&self->words, UINT32_MAX, &act->number) ||
            !words_number(&self->words, UINT32_MAX, &act->number2))
            return parser_wrong(self, "%s needs a session and an event", word);
        return true;
    case SERVICE_SESSION_START:
    case SERVICE_SESSION_STOP:
        return words_number(&self->words, UINT32_MAX, &act->number) ||
               parser_wrong(self, "%s needs a session", word);
    case SERVICE_CREATE_LISTENER:
    case SERVICE_GET_SETTINGS:
    case SERVICE_START_LISTEN:
    case SERVICE_STOP_LISTEN:
    case SERVICE_RELEASE_LISTENER:
    case SERVICE_LISTENS:
        return listener_of(self, act);
    default:
        return true;
    }
}

/* client NAME [of service2] [at LISTENER] [says "WORDS"] [refused] */
bool line_client(struct parser *self)
{
    struct scenario *scenario = self->scenario;
    const char *name = words_take(&self->words);
    int client = client_of(scenario, name);
    struct act *act = parser_add(self, ACT_CLIENT);

    if (!act)
        return false;
    if (!*name || strchr(",:=~", *name) || step_find(name))
        return parser_wrong(self, "a client needs a name of its own");
    if (client < 0) {
        if (scenario->client_count == SCENARIO_CLIENTS_MAX)
            return parser_wrong(self, "too many clients");
        client = (int)scenario->client_count;
        scenario->clients[scenario->client_count++] = name;
    }
    act->client = (unsigned)client;
    act->text = "client active";
    if (words_skip(&self->words, "of")) {
        act->service = words_skip(&self->words, "service2");
        if (!act->service && !words_skip(&self->words, "service"))
            return parser_wrong(self, "of service, or of service2?");
    }
    if (words_skip(&self->words, "at") && !listener_of(self, act))
        return false;
    if (words_skip(&self->words, "says"))
        act->text = words_take(&self->words);
    act->refused = words_skip(&self->words, "refused");
    return true;
}

static bool state(struct parser *self, struct act *act)
{
    static const char *const states[] = {"connected", "ready", "broken", "events"};
    const char *word = words_take(&self->words);

    for (unsigned i = 0; i < 4; i++)
        if (strcmp(states[i], word) == 0) {
            act->state = (enum scenario_state)i;
            return true;
        }
    return parser_wrong(self, "'%.40s' cannot be waited for: connected, ready, broken, events", word);
}

/* NAME VERB ... */
bool line_connection(struct parser *self)
{
    struct words *words = &self->words;
    const char *name = words_take(words);
    int client = client_of(self->scenario, name);
    struct act *act;

    if (client < 0)
        return parser_wrong(self, "'%.40s' is neither a client nor anything else", name);
    if (!(act = parser_add(self, ACT_STEPS)))
        return false;
    act->client = (unsigned)client;
    if (words_skip(words, "says")) {
        act->kind = ACT_SAY;
        act->text = words_take(words);
    } else if (words_skip(words, "hears")) {
        act->kind = ACT_HEAR;
        act->text = words_take(words);
    } else if (words_skip(words, "leaves")) {
        act->kind = ACT_LEAVE;
    } else if (words_skip(words, "is")) {
        act->kind = ACT_GONE;
        return words_skip(words, "gone") || parser_wrong(self, "is what? gone");
    } else if (words_skip(words, "goes")) {
        act->kind = ACT_GO_ON;
        return words_skip(words, "on") || parser_wrong(self, "goes where? on");
    } else if (words_skip(words, "awaits")) {
        act->kind = ACT_AWAIT;
        return state(self, act);
    } else if (words_skip(words, "not")) {
        act->kind = ACT_NOT;
        return state(self, act) && (words_time(words, SCENARIO_WAIT_MAX_MS, &act->number) ||
                                    parser_wrong(self, "for how long? 300ms, 2s"));
    } else {
        return steps(self, act);
    }
    return true;
}

/* OnConnected can be refused by the service, with or without calls before. */
static bool fails(struct parser *self, struct act *act)
{
    if (act->event != EVENT_CONNECTED)
        return parser_wrong(self, "only OnConnected fails");
    return result(self, &act->hr) && (FAILED(act->hr) || parser_wrong(self, "that is no failure"));
}

/* on NAME EVENT [held] [fails RESULT] [on another thread | meanwhile] : STEPS */
bool line_on(struct parser *self)
{
    static const char *const events[EVENTS] = {"OnConnected", "OnReady", "BrokenConnection"};
    struct words *words = &self->words;
    const char *name = words_take(words), *event = words_take(words);
    struct scenario *scenario = self->scenario;
    int client = client_of(scenario, name);
    struct act *act = parser_add(self, ACT_ON);

    if (!act)
        return false;
    if (client < 0 && *name && !step_find(name) && scenario->client_count < SCENARIO_CLIENTS_MAX) {
        client = (int)scenario->client_count; /* it comes later */
        scenario->clients[scenario->client_count++] = name;
    }
    if (client < 0)
        return parser_wrong(self, "on whom?");
    act->client = (unsigned)client;
    act->event = EVENTS;
    for (unsigned i = 0; i < EVENTS; i++)
        if (strcmp(events[i], event) == 0)
            act->event = (enum connection_event)i;
    if (act->event == EVENTS)
        return parser_wrong(self, "'%.40s' is no event: OnConnected, OnReady, BrokenConnection", event);
    act->held = words_skip(words, "held");
    if (words_skip(words, "fails") && !fails(self, act))
        return false;
    if ((act->held || FAILED(act->hr)) && words->at == words->count)
        return true;
    if (words_skip(words, "on"))
        act->event_thread = THREAD_OTHER;
    else if (words_skip(words, "meanwhile"))
        act->event_thread = THREAD_MEANWHILE;
    if (act->event_thread == THREAD_OTHER && !(words_skip(words, "another") && words_skip(words, "thread")))
        return parser_wrong(self, "on another thread?");
    if (!words_skip(words, ":"))
        return parser_wrong(self, "a colon is missing");
    return steps(self, act);
}

bool line_pause(struct parser *self)
{
    struct act *act = parser_add(self, ACT_PAUSE);

    if (!act)
        return false;
    if (!words_time(&self->words, 10 * SCENARIO_WAIT_MAX_MS, &act->number))
        return parser_wrong(self, "wait how long? 50ms, 20s");
    act->scaled = words_skip(&self->words, "scaled");
    return act->scaled || act->number <= SCENARIO_WAIT_MAX_MS || parser_wrong(self, "that is too long");
}

bool line_families(struct parser *self)
{
    struct scenario *scenario = self->scenario;

    scenario->rds = scenario->legacy = false;
    while (self->words.at < self->words.count) {
        const char *word = words_take(&self->words);

        if (strcmp(word, "iwrds") == 0)
            scenario->rds = true;
        else if (strcmp(word, "iwts") == 0)
            scenario->legacy = true;
        else
            return parser_wrong(self, "'%.40s' is no family: iwrds, iwts", word);
    }
    return scenario->rds || scenario->legacy || parser_wrong(self, "families: iwrds, iwts");
}
