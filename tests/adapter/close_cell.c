/* SPDX-License-Identifier: Apache-2.0 */
/* One cell of the Close matrix: play, disturb, close, judge. */
#include "close_matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef _WIN32
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#endif

#define QUERY_THREADS 4
#define AT_ONCE_MS 10000 /* generous: the slowest machine must not fail, only a method that waits */
#define STEPS_MAX 40     /* of a random order */
#define JITTER_US 2500   /* between the two that race */

static const char *const state_names[] = {"client alive", "client gone", "peer killed", "peer hung"};
static const char *const end_names[] = {"Close", "Close twice", "last Release"};
static const char *const race_names[] = {
    "alone",
    "racing BrokenConnection",
    "inside BrokenConnection",
    "racing OnConnected's return",
    "inside OnConnected",
    "racing 4 query threads",
};

static struct cell *batch;
static unsigned batch_count;

void cells_set(struct cell *cells, unsigned count)
{
    batch = cells;
    batch_count = count;
}

bool cell_check(struct cell *cell, bool good, const char *what, const char *file, int line)
{
    if (!good) {
        atomic_fetch_add(&cell->failures, 1);
        fprintf(stderr, "%s:%d: cell \"%s\": failed: %s\n", file, line, cell->name, what);
    }
    return good;
}

const char *cell_state_name(enum close_state state)
{
    return state_names[state];
}

void cell_set_name(struct cell *cell)
{
    snprintf(cell->name, sizeof cell->name, "%s, %s, %s, %s, %s", cell->is_legacy ? "IWTS" : "IWRds",
             close_steps[cell->step].name, state_names[cell->state], end_names[cell->end],
             race_names[cell->race]);
    if (cell->dice)
        snprintf(cell->name, sizeof cell->name, "%s, random order %u, %s, %s, %s",
                 cell->is_legacy ? "IWTS" : "IWRds", (unsigned)cell->seed, state_names[cell->state],
                 end_names[cell->end], race_names[cell->race]);
}

/* xorshift: good enough to choose steps, and the same again for the same seed. */
uint32_t cell_roll(struct cell *cell, uint32_t below)
{
    cell->dice ^= cell->dice << 13;
    cell->dice ^= cell->dice >> 17;
    cell->dice ^= cell->dice << 5;
    return cell->dice % below;
}

bool cell_is_possible(const struct cell *cell)
{
    unsigned flags = close_steps[cell->step].flags;

    if (!(flags & (cell->is_legacy ? STEP_LEGACY : STEP_RDS)))
        return false;
    return !((flags & STEP_READY) && cell_waits_for_connected(cell));
}

/* Waiting. */

static bool wait_flag(atomic_bool *flag)
{
    uint64_t until = os_now_ms() + CLOSE_WAIT_MS;

    while (!atomic_load(flag)) {
        if (os_now_ms() > until)
            return false;
        os_sleep_ms(1);
    }
    return true;
}

static bool wait_count(atomic_uint *count, unsigned want)
{
    uint64_t until = os_now_ms() + CLOSE_WAIT_MS;

    while (atomic_load(count) < want) {
        if (os_now_ms() > until)
            return false;
        os_sleep_ms(1);
    }
    return true;
}

/* The peer's process. */

#ifdef _WIN32
static void watch_peer(struct cell *cell)
{
    cell->watch = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, (DWORD)cell->peer);
    CELL_CHECK(cell, cell->watch != NULL);
}

static void kill_peer(struct cell *cell)
{
    TerminateProcess(cell->watch, 137);
}

static bool peer_ended(struct cell *cell)
{
    return !cell->watch || WaitForSingleObject(cell->watch, 0) == WAIT_OBJECT_0;
}

static void unwatch_peer(struct cell *cell)
{
    if (cell->watch)
        CloseHandle(cell->watch);
    cell->watch = NULL;
}
#else
static void watch_peer(struct cell *cell)
{
    (void)cell;
}

static void kill_peer(struct cell *cell)
{
    if (cell->peer > 1)
        kill((pid_t)cell->peer, SIGKILL);
}

/* Ended, and reaped by the provider. */
static bool peer_ended(struct cell *cell)
{
    return cell->peer <= 1 || (kill((pid_t)cell->peer, 0) != 0 && errno == ESRCH);
}

static void unwatch_peer(struct cell *cell)
{
    (void)cell;
}
#endif

static bool wait_peer_ended(struct cell *cell)
{
    uint64_t until = os_now_ms() + CLOSE_WAIT_MS;

    while (!peer_ended(cell)) {
        if (os_now_ms() > until)
            return false;
        os_sleep_ms(2);
    }
    return true;
}

/* The service's side. */

void cell_connected(struct service *service, struct seen *seen)
{
    WTS_CLIENT_DATA data = {0};
    char text[64];
    unsigned number;
    struct cell *cell;

    (void)service;
    os_wipe(&seen->settings, sizeof seen->settings); /* they hold the password */
    if (service->is_legacy)
        IWTSProtocolConnection_GetClientData(seen_legacy(seen), &data);
    else
        IWRdsProtocolConnection_GetClientData(seen_rds(seen), &data);
    os_utf8_from_utf16(text, sizeof text, (const uint16_t *)data.UserName);
    os_wipe(&data, sizeof data);
    number = text[0] == 'c' ? (unsigned)atoi(text + 1) : batch_count;
    if (number >= batch_count) {
        fprintf(stderr, "a client '%s' that nobody knows\n", text);
        return;
    }
    cell = &batch[number];
    if (atomic_load(&cell->over)) { /* it has given up waiting */
        IUnknown_Release(seen->object);
        return;
    }
    cell->seen = seen;
    cell->object = seen->object;
    seen->owner = cell;
    atomic_store(&cell->announced, true);
    if (cell_waits_for_connected(cell))
        CELL_CHECK(cell, wait_flag(&cell->over));
}

void cell_called(struct seen *seen, atomic_uint *what)
{
    struct cell *cell = seen->owner;

    if (cell && what == &seen->broken && cell->race == RACE_BROKEN_INSIDE) {
        atomic_store(&cell->broken_inside, true);
        CELL_CHECK(cell, wait_flag(&cell->over));
    }
}

/* What happens to client and peer. */

static void disturb(struct cell *cell)
{
    switch (cell->state) {
    case STATE_ALIVE:
        if (cell->race == RACE_BROKEN || cell->race == RACE_BROKEN_INSIDE)
            client_say(cell->client, "closed"); /* the peer says so, and the client stays */
        break;
    case STATE_GONE:
        client_destroy(cell->client);
        cell->client = NULL;
        break;
    case STATE_KILLED:
        client_say(cell->client, "die");
        break;
    case STATE_HUNG:
        if (cell->race == RACE_BROKEN || cell->race == RACE_BROKEN_INSIDE)
            kill_peer(cell);
        break;
    default:
        break;
    }
}

static void disturb_and_wait(struct cell *cell)
{
    bool ends = cell->state == STATE_GONE || cell->state == STATE_KILLED;

    if (!cell->disturbed)
        disturb(cell);
    if (cell->race == RACE_BROKEN_INSIDE)
        CELL_CHECK(cell, wait_flag(&cell->broken_inside));
    else if (ends && cell_waits_for_connected(cell))
        CELL_CHECK(cell, wait_peer_ended(cell)); /* the service is told when OnConnected has returned */
    else if (ends)
        CELL_CHECK(cell, seen_is_broken(cell->seen));
}

static void ask(void *arg)
{
    struct cell *cell = arg;

    do {
        WTS_CLIENT_DATA data = {0};
        WTS_USER_CREDENTIAL credential;
        WTS_PROTOCOL_STATUS status;
        WTS_PROPERTY_VALUE out = {0};
        IUnknown *again = NULL;
        ULONG64 idle;

        CELL_CHECK(cell, CELL_CALL_WITH(cell, GetProtocolStatus, &status) == S_OK);
        CELL_CHECK(cell, CELL_CALL_WITH(cell, GetLastInputTime, &idle) == S_OK);
        CELL_CHECK(cell, CELL_CALL_WITH(cell, GetClientData, &data) == S_OK);
        CELL_CALL_WITH(cell, GetUserCredentials, &credential); /* S_OK before Close, E_NOTIMPL after it */
        CELL_CHECK(cell, CELL_CALL_WITH(cell, QueryProperty, PROPERTY_TYPE_GET_FAST_RECONNECT, 0, 1, NULL,
                                        &out) == S_OK);
        CELL_CHECK(cell, CELL_CALL_WITH(cell, QueryInterface, &IID_IUnknown, (void **)&again) == S_OK);
        if (again)
            IUnknown_Release(again);
        os_wipe(&data, sizeof data);
        os_wipe(&credential, sizeof credential);
        atomic_fetch_add(&cell->asked, 1);
    } while (!atomic_load(&cell->asking_ends));
    CELL_CALL(cell, Release);
}

/* The end. */

static void close_it(void *arg)
{
    struct cell *cell = arg;

    CELL_CHECK(cell, CELL_CALL(cell, Close) == S_OK);
}

static void end_it(struct cell *cell)
{
    struct os_thread *second = NULL;
    uint64_t start = os_now_us();

    cell->ended = true;
    switch (cell->end) {
    case END_TWICE:
        CELL_CHECK(cell, os_thread_create("close", close_it, cell, &second) == OS_OK);
        close_it(cell);
        cell->end_us = os_now_us() - start;
        os_thread_join(second);
        close_it(cell);
        break;
    case END_RELEASE:
        CELL_CALL(cell, Release);
        cell->end_us = os_now_us() - start;
        break;
    default:
        close_it(cell);
        cell->end_us = os_now_us() - start;
        break;
    }
    CELL_CHECK(cell, cell->end_us < AT_ONCE_MS * 1000);
}

static void choose_reason(struct cell *cell)
{
    switch (cell->number % 3) {
    case 1:
        cell->reason = 12;
        CELL_CHECK(cell, CELL_CALL_WITH(cell, SetErrorInfo, 12) == S_OK);
        break;
    case 2:
        cell->reason = 5;
        if (cell->is_legacy)
            CELL_CHECK(cell, CELL_CALL_WITH(cell, SetErrorInfo, 5) == S_OK);
        else
            CELL_CHECK(cell, IWRdsProtocolConnection_PreDisconnect(seen_rds(cell->seen), 5) == S_OK);
        break;
    default:
        cell->reason = 0;
        break;
    }
}

static void jitter(void)
{
    uint16_t random = 0;
    uint64_t until;

    os_random(&random, sizeof random);
    until = os_now_us() + random % JITTER_US;
    while (os_now_us() < until)
        ;
}

/* Close came: what it promises at once. */
static void judge_close(struct cell *cell)
{
    WTS_USER_CREDENTIAL credential;
    WTS_CLIENT_DATA data = {0};
    WTS_PROTOCOL_STATUS status;

    memset(&credential, 0xa5, sizeof credential);
    CELL_CHECK(cell, CELL_CALL_WITH(cell, GetUserCredentials, &credential) == E_NOTIMPL);
    CELL_CHECK(cell, credential.UserName[0] == 0 && credential.Password[0] == 0 && credential.Domain[0] == 0);
    CELL_CHECK(cell, CELL_CALL_WITH(cell, GetClientData, &data) == S_OK);
    CELL_CHECK(cell, data.UserName[0] == 0 && data.Password[0] == 0 && data.Domain[0] == 0);
    CELL_CHECK(cell, CELL_CALL_WITH(cell, GetProtocolStatus, &status) == S_OK);
}

/* What the client hears, and the end of its peer. */
static void judge_client(struct cell *cell)
{
    bool told = cell->state == STATE_ALIVE && cell->race != RACE_BROKEN && cell->race != RACE_BROKEN_INSIDE;
    char text[64];

    snprintf(text, sizeof text, "link close %u", (unsigned)cell->reason);
    if (told)
        CELL_CHECK(cell, client_hears(cell->client, text));
    CELL_CHECK(cell, wait_peer_ended(cell));
    if (cell->client)
        CELL_CHECK(cell, client_sees_end(cell->client));
}

static bool run_step(struct cell *cell, const struct close_step *step)
{
    if (!(step->flags & (cell->is_legacy ? STEP_LEGACY : STEP_RDS)))
        return true;
    if (step->flags & STEP_READY && cell_waits_for_connected(cell) && !cell->dice)
        return true;
    step->run(cell);
    return atomic_load(&cell->failures) == 0;
}

static bool hang(struct cell *cell)
{
    return cell->state != STATE_HUNG ||
           CELL_CHECK(cell, client_say(cell->client, "echo:hung stop") && client_hears(cell->client, "hung"));
}

static bool play_steps(struct cell *cell)
{
    for (unsigned i = 0; i <= cell->step; i++)
        if (!run_step(cell, &close_steps[i]))
            return false;
    return hang(cell);
}

/* What happens to client and peer happens at some point, and the service goes on as long as it does not know.
 */
static bool play_random(struct cell *cell)
{
    unsigned steps = cell_roll(cell, STEPS_MAX), at = cell_roll(cell, steps + 1);
    bool early = cell->race != RACE_BROKEN && cell->race != RACE_BROKEN_INSIDE;

    for (unsigned i = 0; i <= steps; i++) {
        if (i == at && !hang(cell))
            return false;
        if (i == at && early) {
            disturb(cell);
            cell->disturbed = true;
        }
        if (i < steps && !run_step(cell, &close_steps[cell_roll(cell, close_nsteps)]))
            return false;
    }
    return true;
}

static bool announce(struct cell *cell)
{
    char line[128], pid[32];

    cell->client = client_connect(cell->port);
    if (!CELL_CHECK(cell, cell->client != NULL))
        return false;
    snprintf(line, sizeof line, "pid client:c%u:", cell->number);
    secret_write(line + strlen(line), sizeof line - strlen(line), cell->number);
    client_say(cell->client, line);
    os_wipe(line, sizeof line);
    if (!CELL_CHECK(cell, client_hears(cell->client, "pid ")))
        return false;
    cell->peer = strtoull(client_last(cell->client, "pid ", pid, sizeof pid), NULL, 10);
    watch_peer(cell);
    return CELL_CHECK(cell, cell->peer > 1) && CELL_CHECK(cell, wait_flag(&cell->announced));
}

void cell_play(void *arg)
{
    struct cell *cell = arg;
    struct os_thread *asking[QUERY_THREADS] = {NULL};
    bool free_race = cell->race == RACE_BROKEN || cell->race == RACE_CONNECTED;

    if (!announce(cell) || !(cell->dice ? play_random(cell) : play_steps(cell)))
        goto out;
    choose_reason(cell);
    if (cell->race != RACE_BROKEN)
        disturb_and_wait(cell);
    if (cell->race == RACE_QUERIES) {
        for (unsigned i = 0; i < QUERY_THREADS; i++) {
            CELL_CALL(cell, AddRef);
            if (!CELL_CHECK(cell, os_thread_create("ask", ask, cell, &asking[i]) == OS_OK))
                CELL_CALL(cell, Release);
        }
        CELL_CHECK(cell, wait_count(&cell->asked, QUERY_THREADS));
    }
    if (cell->race == RACE_NONE && cell->is_ready)
        CELL_CHECK(cell, seen_is_kept(cell->seen)); /* no call is in flight */
    if (cell->race == RACE_BROKEN)
        disturb(cell);
    if (cell->race == RACE_CONNECTED)
        atomic_store(&cell->over, true);
    if (free_race)
        jitter();
    end_it(cell);
    if (cell->end != END_RELEASE || cell->race != RACE_QUERIES)
        seen_close_returned(cell->seen);
    if (cell->race == RACE_NONE && cell->is_ready)
        CELL_CHECK(cell, atomic_load(&cell->seen->refs) == 0); /* released in Close, not later */
    atomic_store(&cell->over, true);
    if (cell->end != END_RELEASE)
        judge_close(cell);
    atomic_store(&cell->asking_ends, true);
    for (unsigned i = 0; i < QUERY_THREADS; i++)
        os_thread_join(asking[i]);
    if (cell->end == END_RELEASE && cell->race == RACE_QUERIES) /* the last of them had the last reference */
        seen_close_returned(cell->seen);
    judge_client(cell);
    CELL_CHECK(cell, seen_is_released(cell->seen));
    CELL_CHECK(cell, atomic_load(&cell->seen->ready) <= 1);
    CELL_CHECK(cell, atomic_load(&cell->seen->broken) <= 1);
    CELL_CHECK(cell, atomic_load(&cell->seen->stopped) == 0);
out:
    atomic_store(&cell->over, true);
}

void cell_finish(struct cell *cell)
{
    ULONG refs = 1;

    if (cell->seen && !cell->ended) { /* failed on the way */
        CELL_CALL(cell, Close);
        CELL_CALL(cell, Release);
    } else if (cell->seen && cell->end != END_RELEASE) {
        /* OnConnected may be on its way back with the provider's own reference */
        for (int i = 0; i < 1000 && refs; i++) {
            CELL_CALL(cell, AddRef);
            if (CELL_CALL(cell, Release) == 1)
                break;
            os_sleep_ms(1);
        }
        refs = CELL_CALL(cell, Release);
        CELL_CHECK(cell, refs == 0);
    }
    /* the small objects may outlive their connection */
    if (cell->license)
        IUnknown_Release(cell->license);
    if (cell->redirector)
        IUnknown_Release(cell->redirector);
    client_destroy(cell->client);
    cell->client = NULL;
    if (atomic_load(&cell->failures))
        kill_peer(cell); /* it may have failed before its end */
    unwatch_peer(cell);
}
