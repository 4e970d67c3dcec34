/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What installing a side-by-side listener means, as a list of registry operations with what was there before.
 * A plan is made by reading only; it is printed, written down (manifest.h) and then applied, and the same
 * list undoes it, also after an apply that stopped anywhere. Nothing outside table_is_ours is ever written.
 * At every moment the listener is either complete or not enabled.
 */
#ifndef RDSPROV_REGISTER_PLAN_H
#define RDSPROV_REGISTER_PLAN_H

#include <stdio.h>

#include "register/table.h"

#define PLAN_OPS_MAX 600      /* a listener has about 100 values */
#define PLAN_DLL_MAX 260      /* bytes with NUL; COM takes MAX_PATH characters */
#define PLAN_SYSTEM_PORT 3389 /* stays RDP-Tcp's, wherever that listens */

enum plan_action { PLAN_CREATE_KEY, PLAN_SET_VALUE, PLAN_DELETE_VALUE };

struct plan_op {
    enum plan_action action;
    char *key;
    char *name;                 /* of a value; NULL for a key */
    struct registry_value want; /* PLAN_SET_VALUE */
    bool had;                   /* there was a value before */
    struct registry_value before;
};

/* Is a display driver for this provider's sessions installed, bound to a device and verified? OS_OK: it is.
 * Anything else: `why` has the reason in one line. Without it a session has no desktop, so nothing is
 * enabled. */
typedef enum os_status (*plan_driver_check)(void *arg, char *why, size_t cap);

struct plan_options {
    const char *listener;
    const char *dll; /* absolute path on a local drive */
    const char *log_file;
    uint32_t port;
    bool enable;
    plan_driver_check driver_verified; /* NULL: never */
    void *driver_arg;
};

struct plan {
    char listener[TABLE_LISTENER_MAX];
    char dll[PLAN_DLL_MAX];
    uint32_t port;
    bool enabled;
    uint64_t source; /* fingerprint of RDP-Tcp's values when the plan was made */
    size_t count;
    struct plan_op *ops;
};

/* Makes a plan; changes nothing. `problem` gets one line when it is not OS_OK: OS_INVALID (an option),
 * OS_BUSY (something unexpected is there), OS_NOT_FOUND (no RDP-Tcp to copy), OS_DENIED (enabling without a
 * verified driver). finish frees what is in it; an all-zero plan is fine. */
enum os_status plan_make(struct plan *self, struct registry *registry, const struct plan_options *options,
                         char *problem, size_t cap);
void plan_finish(struct plan *self);

/* Adds an operation; takes copies. For plan_make and the manifest's reader. */
enum os_status plan_add(struct plan *self, enum plan_action action, const char *key, const char *name,
                        const struct registry_value *want, const struct registry_value *before);

void plan_print(const struct plan *self, FILE *out);

/* Does it. Each operation first sees that what it replaces is still there: OS_BUSY and a line in `problem` if
 * not. On any error the caller undoes; operations that were not reached do not disturb that. */
enum os_status plan_apply(const struct plan *self, struct registry *registry, char *problem, size_t cap);

/* Takes everything back, last first; what was applied only in part, too, and may itself be stopped and begun
 * again. What others have put into keys that we made goes with them, one line each in `out`. OS_BUSY before
 * any change when something is there that neither we nor anybody before us wrote: `problem` names it. */
enum os_status plan_undo(const struct plan *self, struct registry *registry, FILE *out, char *problem,
                         size_t cap);

/* Compares with the registry; a line in `out` for each difference. Returns how many. */
unsigned plan_verify(const struct plan *self, struct registry *registry, FILE *out);

/* Of a key's values, in any order; 0 when it cannot be read. */
uint64_t plan_fingerprint(struct registry *registry, const char *key);

#endif
