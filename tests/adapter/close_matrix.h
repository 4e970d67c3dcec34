/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Close matrix: a connection is led through the service's call order up to some step, something happens
 * to its client or its peer, and it is closed, perhaps while something else goes on. One table of steps
 * (close_steps.c) times what may happen (close_cell.c) makes the cells; each is a connection of its own and
 * judges itself. Many of them run at the same time (close_matrix.c).
 */
#ifndef RDSPROV_ADAPTER_CLOSE_MATRIX_H
#define RDSPROV_ADAPTER_CLOSE_MATRIX_H

#include "service.h"

#define CLOSE_WAIT_MS 30000 /* for what must happen; loaded machines are slow */

/* What has happened to the client or its peer. */
enum close_state { STATE_ALIVE, STATE_GONE, STATE_KILLED, STATE_HUNG, STATES };
/* How the service ends the connection. */
enum close_end { END_CLOSE, END_TWICE, END_RELEASE, ENDS };
/* What goes on at that moment. */
enum close_race {
    RACE_NONE,
    RACE_BROKEN,           /* the link breaks at the same time: BrokenConnection may be called */
    RACE_BROKEN_INSIDE,    /* BrokenConnection returns only after the end */
    RACE_CONNECTED,        /* OnConnected returns at the same time; the steps were done before */
    RACE_CONNECTED_INSIDE, /* OnConnected returns only after the end */
    RACE_QUERIES,          /* four threads that ask */
    RACES
};

struct cell;

struct close_step {
    const char *name; /* with the place in sequences.md */
    void (*run)(struct cell *cell);
    unsigned flags;
};
enum {
    STEP_RDS = 1,
    STEP_LEGACY = 2,
    STEP_BOTH = 3,
    STEP_READY = 4 /* OnReady: not before OnConnected returned */
};

extern const struct close_step close_steps[];
extern const unsigned close_nsteps;

struct cell {
    /* which one */
    bool is_legacy;
    unsigned step;
    enum close_state state;
    enum close_end end;
    enum close_race race;
    uint32_t seed, dice; /* not 0: any steps in any order, and the disturbance between them */
    char name[160];

    unsigned number; /* in its batch */
    uint16_t port;
    struct service *service;
    struct client *client;
    struct seen *seen; /* once `announced` */
    IUnknown *object, *redirector, *license;
    uint64_t peer;
    void *watch;   /* Windows: the peer's process */
    bool is_ready; /* OnReady was seen */
    bool disturbed, ended;
    uint32_t reason;
    uint64_t end_us; /* what Close or Release took */
    atomic_bool announced, broken_inside, over, asking_ends;
    atomic_uint asked;
    atomic_uint failures;
};

/* Of the family: Close, AddRef, ... on the connection. */
#define CELL_CALL(cell, method)                                                                              \
    ((cell)->is_legacy ? IWTSProtocolConnection_##method(seen_legacy((cell)->seen))                          \
                       : IWRdsProtocolConnection_##method(seen_rds((cell)->seen)))
#define CELL_CALL_WITH(cell, method, ...)                                                                    \
    ((cell)->is_legacy ? IWTSProtocolConnection_##method(seen_legacy((cell)->seen), __VA_ARGS__)             \
                       : IWRdsProtocolConnection_##method(seen_rds((cell)->seen), __VA_ARGS__))

#define CELL_CHECK(cell, cond) cell_check(cell, (cond), #cond, __FILE__, __LINE__)
bool cell_check(struct cell *cell, bool good, const char *what, const char *file, int line);

static inline bool cell_waits_for_connected(const struct cell *cell)
{
    return cell->race == RACE_CONNECTED || cell->race == RACE_CONNECTED_INSIDE;
}

/* close_cell.c */
uint32_t cell_roll(struct cell *cell, uint32_t below);
void cell_set_name(struct cell *cell);
const char *cell_state_name(enum close_state state);
/* Does this combination exist? */
bool cell_is_possible(const struct cell *cell);
/* Everything up to the end of its peer; the connection object is still held. A thread's function. */
void cell_play(void *cell);
/* The last references. */
void cell_finish(struct cell *cell);
/* What the service does when that connection is announced, and at each call. */
void cell_connected(struct service *service, struct seen *seen);
void cell_called(struct seen *seen, atomic_uint *what);
/* The cells of the batch, for the two above. */
void cells_set(struct cell *cells, unsigned count);

/* close_memory.c: a password that can be found in our memory, and whose it is. */
void secret_choose(void);
/* "TAG" and the number; the caller wipes it. */
void secret_write(char *out, size_t cap, unsigned number);
/* Places of our writable memory that hold one, in UTF-8 or UTF-16, each said on stderr with the name of its
 * cell. 0 where the memory cannot be searched, or freed memory keeps what it was (sanitizers). */
unsigned secret_search(const struct cell *cells, unsigned count);
/* Can it be searched at all? */
bool secret_searchable(void);
/* Bytes that are allocated; 0 where that is not known. */
size_t memory_in_use(void);

#endif
