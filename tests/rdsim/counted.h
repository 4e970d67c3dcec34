/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all COM objects of the simulated service have in common: the references that the provider holds are
 * counted apart from our own pointer, and memory of a retired object stays for a while, so that a late call
 * is seen instead of crashing.
 */
#ifndef RDSIM_COUNTED_H
#define RDSIM_COUNTED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi/wintypes.h"
#include "rules.h"

struct counted {
    const char *name;
    uint32_t id;              /* of the connection, or 0 */
    uint64_t serial;          /* no other object ever has it */
    _Atomic long foreign;     /* references that the provider holds */
    _Atomic uint64_t over_ms; /* when counted_over was called; 0 before */
    _Atomic long held_over;   /* references that the provider held then */
    _Atomic bool retired;     /* we are done with it */
    struct counted *next;     /* in the quarantine */
    void (*destroy)(struct counted *self);
};

/* `foreign`: references that the provider gets with it. */
void counted_init(struct counted *self, const char *name, uint32_t id, long foreign,
                  void (*destroy)(struct counted *self));
ULONG counted_addref(struct counted *self);
ULONG counted_release(struct counted *self);
/* Judges that a method may be called at all: a reference is held, nobody is inside a method of the provider.
 * `quiet`: the second is not asked. */
bool counted_called(struct counted *self, const char *method, bool quiet);
/* This thread has been given a reference by a call's return, not by AddRef. */
void counted_given(struct counted *self);
/* The method after which no call may begin has returned (Close, StopListen). `given`: the provider had the
 * object by then. */
void counted_over(struct counted *self, bool given);
/* Whether a call that arrives now on this thread began before that. A call begins when its thread takes the
 * reference that it is made with: then it is in time however late it arrives. With a reference that another
 * thread has taken nothing can be known: such a call has 100 ms. */
bool counted_in_time(struct counted *self);
/* Waits until the provider holds none; judges. */
bool counted_rest(struct counted *self, enum rule rule, unsigned wait_ms);
/* Gives it up: destroyed later, or never when the provider still holds references. */
void counted_retire(struct counted *self);
/* Frees what has been retired; the provider must be gone. */
void counted_flush(void);

#endif
