/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario: a text file that says what a service does to a provider and what must come of it, one behaviour
 * a file. It is checked whole when it is read (names, calls, numbers, blocks), so that playing it cannot
 * stumble over a word. README.md describes the lines.
 */
#ifndef RDSIM_SCENARIO_H
#define RDSIM_SCENARIO_H

#include <stddef.h>

#include "steps.h"

#define SCENARIO_FILE_MAX 65536
#define SCENARIO_CLIENTS_MAX 64
#define SCENARIO_ACTS_MAX 1000
#define SCENARIO_STEPS_MAX 3000
#define SCENARIO_TIMES_MAX 10000
#define SCENARIO_WAIT_MAX_MS 60000
#define SCENARIO_THREADS_MAX 8
#define SCENARIO_DEPTH_MAX 4

enum act_kind {
    ACT_SERVICE,  /* verb, number, number2 */
    ACT_CLIENT,   /* a client comes: text its first words, number of the listener, refused */
    ACT_SAY,      /* text */
    ACT_HEAR,     /* text: how the line begins */
    ACT_LEAVE,    /* the client goes */
    ACT_GONE,     /* the client's wire has been closed */
    ACT_AWAIT,    /* state */
    ACT_NOT,      /* state does not come for number ms */
    ACT_GO_ON,    /* the call of the provider's that is held may return */
    ACT_STEPS,    /* calls on the connection */
    ACT_PAUSE,    /* number ms, scaled */
    ACT_ON,       /* steps, when event comes */
    ACT_TOGETHER, /* until `end`: acts by threads */
    ACT_REPEAT    /* until `end`: number times */
};

enum service_verb {
    SERVICE_BEGIN, /* load, start, listen */
    SERVICE_END,   /* connections, stop, unload */
    SERVICE_LOAD,
    SERVICE_INITIALIZE,
    SERVICE_CREATE_LISTENER, /* number of the listener, here and where one is meant */
    SERVICE_GET_SETTINGS,
    SERVICE_START_LISTEN,
    SERVICE_STOP_LISTEN,
    SERVICE_UNINITIALIZE,
    SERVICE_RELEASE_LISTENER,
    SERVICE_RELEASE_MANAGER,
    SERVICE_UNLOAD,
    SERVICE_LISTENS,
    SERVICE_STATE,         /* number: enum service_state */
    SERVICE_SESSION_START, /* number: session */
    SERVICE_SESSION_STOP,
    SERVICE_SESSION_STATE, /* number: session, number2: event */
    SERVICE_SETTINGS       /* number: clipboard forbidden */
};

enum service_state { STATE_START, STATE_STOP, STATE_DRAIN, STATE_NO_DRAIN };

enum scenario_state { AWAIT_CONNECTED, AWAIT_READY, AWAIT_BROKEN, AWAIT_EVENTS };

/* What the provider calls, and on which thread the steps are made: its own, one that it waits for, or one
 * that runs while the call returns. */
enum connection_event { EVENT_CONNECTED, EVENT_READY, EVENT_BROKEN, EVENTS };
enum event_thread { THREAD_OWN, THREAD_OTHER, THREAD_MEANWHILE };

enum expectation { EXPECT_NOTHING, EXPECT_HRESULT, EXPECT_FAILURE };

struct scenario_step {
    const struct step *step;
    const char *argument[STEP_ARGUMENTS_MAX];
    unsigned times;
    enum expectation expect;
    HRESULT hr;
    const char *answer; /* the answer's text holds it; NULL: whatever */
};

struct act {
    enum act_kind kind;
    unsigned line;
    unsigned thread;  /* in a `together` block: 1 ... */
    unsigned service; /* 0 or 1 */
    unsigned client;  /* index of its name */
    unsigned number, number2;
    bool scaled, refused, held;
    const char *text;
    enum service_verb verb;
    enum scenario_state state;
    enum connection_event event;
    enum event_thread event_thread;
    HRESULT hr; /* what OnConnected returns after an ACT_ON */
    unsigned first_step, step_count;
    unsigned end; /* of a block: index behind its last act */
};

struct scenario {
    char *text; /* all words point into it */
    const char *title, *source;
    bool rds, legacy; /* families it is for */
    const char *clients[SCENARIO_CLIENTS_MAX];
    unsigned client_count;
    struct act *acts;
    unsigned act_count;
    struct scenario_step *steps;
    unsigned step_count;
};

/* `problem` (cap >= 256) gets one line with the number of the line. The text is copied. */
bool scenario_parse(const char *text, size_t len, struct scenario **out, char *problem, size_t cap);
bool scenario_read(const char *path, struct scenario **out, char *problem, size_t cap);
void scenario_destroy(struct scenario *self);

#endif
