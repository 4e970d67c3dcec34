/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop: one thread that waits for many things and runs callbacks one at a time, in no priority. The adapter
 * has one for its listeners and all its links, so that a client never costs a thread of the service. Sources
 * and timers belong to the loop's thread: create, change and drop them there (os_loop_post gets you there).
 * Callbacks must not block.
 */
#ifndef RDSPROV_OS_LOOP_H
#define RDSPROV_OS_LOOP_H

#include "os/os.h"

struct os_loop;
struct os_source;
struct os_timer;

typedef void (*os_loop_fn)(void *arg);

/* Starts the thread. */
enum os_status os_loop_create(const char *name, struct os_loop **out);

/* Asks the loop to end: callbacks already posted run, then `ended` (may be NULL) runs on the loop's thread as
 * the last thing, then the thread frees the loop and leaves. Returns at once; any thread, also the loop's
 * own. Remaining sources and timers are freed without being called. After it, os_loop_post is no longer
 * allowed. */
void os_loop_stop(struct os_loop *self, os_loop_fn ended, void *arg);

/* The same, and waits until no callback runs any more. Not on the loop's thread. NULL is fine. */
void os_loop_end(struct os_loop *self);

/* Runs fn(arg) on the loop's thread soon, in the order posted. Any thread. OS_NO_MEMORY. */
enum os_status os_loop_post(struct os_loop *self, os_loop_fn fn, void *arg);

/* The same for what must not fail: `post` is the caller's memory, and the loop's until fn begins. fn may free
 * it. */
struct os_post {
    os_loop_fn fn;
    void *arg;
    struct os_post *next;
    bool allocated; /* by os_loop_post */
};
void os_loop_post_with(struct os_loop *self, struct os_post *post, os_loop_fn fn, void *arg);
bool os_loop_is_mine(struct os_loop *self); /* on the loop's thread? */

/* Calls fn(arg) while the waitable is signalled. */
enum os_status os_loop_watch(struct os_loop *self, os_waitable waitable, os_loop_fn fn, void *arg,
                             struct os_source **out);
/* Calls fn(arg) while the socket is readable, closed, or (a listener) has somebody waiting. */
enum os_status os_loop_watch_socket(struct os_loop *self, os_socket socket, os_loop_fn fn, void *arg,
                                    struct os_source **out);
/* No callback after it returns. From inside a callback too, also the source's own. NULL is fine. The socket
 * or waitable is left as before it was watched (a socket can be handed to another process). */
void os_source_destroy(struct os_source *self);

/* Calls fn(arg) once after ms; the timer is freed after the callback. */
enum os_status os_loop_after(struct os_loop *self, unsigned ms, os_loop_fn fn, void *arg,
                             struct os_timer **out);
void os_timer_destroy(struct os_timer *self); /* cancels; never after it has fired. NULL is fine */

#endif
