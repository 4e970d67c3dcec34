/* SPDX-License-Identifier: Apache-2.0 */
/* Doing a plan, taking it back, comparing it with what is there. */
#include "register/plan.h"

#include <string.h>

#define DEPTH_MAX 16    /* of keys that others put below ours */
#define REMOVE_MAX 4096 /* keys or values there */

struct doer {
    const struct plan *plan;
    struct registry *registry;
    FILE *out;
    char *problem;
    size_t cap;
};

static enum os_status fail(struct doer *self, enum os_status status, const char *key, const char *name,
                           const char *what)
{
    if (name)
        snprintf(self->problem, self->cap, "HKLM\\%s, \"%s\": %s", key, name, what);
    else
        snprintf(self->problem, self->cap, "HKLM\\%s: %s", key, what);
    return status;
}

/* Every writing call goes through these: the fence, and one line about what went wrong. */
static enum os_status fenced(struct doer *self, const char *key)
{
    if (table_is_ours(self->plan->listener, key))
        return OS_OK;
    return fail(self, OS_DENIED, key, NULL, "not ours to write");
}

static enum os_status set(struct doer *self, const char *key, const char *name,
                          const struct registry_value *value)
{
    enum os_status status = fenced(self, key);

    if (status == OS_OK &&
        (status = self->registry->impl->value_set(self->registry, key, name, value)) != OS_OK)
        fail(self, status, key, name, os_status_text(status));
    return status;
}

static enum os_status delete_value(struct doer *self, const char *key, const char *name)
{
    enum os_status status = fenced(self, key);

    if (status == OS_OK && (status = self->registry->impl->value_delete(self->registry, key, name)) != OS_OK)
        fail(self, status, key, name, os_status_text(status));
    return status;
}

static enum os_status delete_key(struct doer *self, const char *key)
{
    enum os_status status = fenced(self, key);

    if (status == OS_OK && (status = self->registry->impl->key_delete(self->registry, key)) != OS_OK)
        fail(self, status, key, NULL, os_status_text(status));
    return status;
}

enum state { STATE_BEFORE, STATE_AFTER, STATE_OTHER, STATE_ABSENT, STATE_UNKNOWN };

/* What is there now, seen from one operation on a value. */
static enum state state_of(struct doer *self, const struct plan_op *op, enum os_status *status)
{
    struct registry_value now = {0};
    enum state state;

    *status = self->registry->impl->value_get(self->registry, op->key, op->name, &now);
    if (*status == OS_NOT_FOUND) {
        *status = OS_OK;
        state = !op->had ? STATE_BEFORE : op->action == PLAN_DELETE_VALUE ? STATE_AFTER : STATE_ABSENT;
    } else if (*status != OS_OK) {
        state = STATE_UNKNOWN;
    } else if (op->action == PLAN_SET_VALUE && registry_value_same(&now, &op->want)) {
        state = STATE_AFTER;
    } else if (op->had && registry_value_same(&now, &op->before)) {
        state = STATE_BEFORE;
    } else {
        state = STATE_OTHER;
    }
    registry_value_finish(&now);
    return state;
}

enum os_status plan_apply(const struct plan *self, struct registry *registry, char *problem, size_t cap)
{
    struct doer doer = {self, registry, NULL, problem, cap};
    enum os_status status = OS_OK;

    problem[0] = 0;
    for (size_t i = 0; i < self->count && status == OS_OK; i++) {
        const struct plan_op *op = &self->ops[i];

        if ((status = fenced(&doer, op->key)) != OS_OK)
            break;
        if (op->action == PLAN_CREATE_KEY) {
            if ((status = registry->impl->key_create(registry, op->key)) != OS_OK)
                fail(&doer, status, op->key, NULL, os_status_text(status));
            continue;
        }
        if (state_of(&doer, op, &status) != STATE_BEFORE)
            status = fail(&doer, status == OS_OK ? OS_BUSY : status, op->key, op->name,
                          "somebody has changed it meanwhile");
        else if (op->action == PLAN_SET_VALUE)
            status = set(&doer, op->key, op->name, &op->want);
        else
            status = delete_value(&doer, op->key, op->name);
    }
    return status;
}

static bool made_by_us(const struct plan *self, const char *key)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->ops[i].action == PLAN_CREATE_KEY && registry_same_name(self->ops[i].key, key))
            return true;
    }
    return false;
}

static bool is_empty(struct registry *registry, const char *key)
{
    char name[REGISTRY_NAME_MAX];

    return registry->impl->value_at(registry, key, 0, name) == OS_NOT_FOUND &&
           registry->impl->key_at(registry, key, 0, name) == OS_NOT_FOUND;
}

/* Before the first change: is everything as we or those before us left it? A listener's key of our name that
 * has something in it but not our marker was made by somebody else. */
static enum os_status check_undo(struct doer *self)
{
    char key[REGISTRY_PATH_MAX], marker[64];
    enum os_status status;

    for (size_t i = 0; i < self->plan->count; i++) {
        const struct plan_op *op = &self->plan->ops[i];
        enum state state;

        if ((status = fenced(self, op->key)) != OS_OK)
            return status;
        if (op->action == PLAN_CREATE_KEY || made_by_us(self->plan, op->key))
            continue;
        state = state_of(self, op, &status);
        if (status != OS_OK)
            return fail(self, status, op->key, op->name, os_status_text(status));
        if (state != STATE_BEFORE && state != STATE_AFTER)
            return fail(self, OS_BUSY, op->key, op->name,
                        "is neither what it was nor what was installed: put it right by hand");
    }
    table_listener_key(self->plan->listener, key);
    if (self->registry->impl->key_exists(self->registry, key) != OS_OK || is_empty(self->registry, key))
        return OS_OK;
    if (registry_get_text(self->registry, key, TABLE_MARKER, marker, sizeof(marker)) != OS_OK ||
        strcmp(marker, TABLE_MARKER_TEXT) != 0)
        return fail(self, OS_BUSY, key, TABLE_MARKER, "is not there: somebody else made this key");
    return OS_OK;
}

/* Values and keys below a key of ours that are not in the plan. */
static enum os_status remove_rest(struct doer *self, const char *key, unsigned depth)
{
    char name[REGISTRY_NAME_MAX], below[REGISTRY_PATH_MAX];
    enum os_status status;

    if (depth > DEPTH_MAX)
        return fail(self, OS_TOO_BIG, key, NULL, "too deep");
    for (unsigned i = 0; i < REMOVE_MAX; i++) {
        status = self->registry->impl->value_at(self->registry, key, 0, name);
        if (status != OS_OK)
            break;
        fprintf(self->out, "removed, too, and not ours: HKLM\\%s, \"%s\"\n", key, name);
        if ((status = delete_value(self, key, name)) != OS_OK)
            return status;
    }
    for (unsigned i = 0; i < REMOVE_MAX; i++) {
        status = self->registry->impl->key_at(self->registry, key, 0, name);
        if (status != OS_OK)
            break;
        if ((size_t)snprintf(below, sizeof(below), "%s\\%s", key, name) >= sizeof(below))
            return fail(self, OS_TOO_BIG, key, NULL, "too long a name in it");
        if ((status = remove_rest(self, below, depth + 1)) != OS_OK)
            return status;
        fprintf(self->out, "removed, too, and not ours: HKLM\\%s\n", below);
        if ((status = delete_key(self, below)) != OS_OK)
            return status;
    }
    return status == OS_NOT_FOUND ? OS_OK : fail(self, status, key, NULL, os_status_text(status));
}

static enum os_status undo_key(struct doer *self, const struct plan_op *op)
{
    enum os_status status = self->registry->impl->key_exists(self->registry, op->key);

    if (status == OS_NOT_FOUND)
        return OS_OK;
    if (status != OS_OK)
        return fail(self, status, op->key, NULL, os_status_text(status));
    if ((status = remove_rest(self, op->key, 0)) != OS_OK)
        return status;
    return delete_key(self, op->key);
}

static enum os_status undo_value(struct doer *self, const struct plan_op *op)
{
    enum os_status status;
    enum state state = state_of(self, op, &status);

    if (status != OS_OK)
        return fail(self, status, op->key, op->name, os_status_text(status));
    if (state == STATE_BEFORE || state == STATE_ABSENT)
        return OS_OK; /* absent: in a key of ours, an earlier operation's undo comes to the same */
    if (state == STATE_OTHER)
        fprintf(self->out, "was changed since: HKLM\\%s, \"%s\"\n", op->key, op->name);
    return op->had ? set(self, op->key, op->name, &op->before) : delete_value(self, op->key, op->name);
}

/* Later operations on the same value decide. */
static bool is_last(const struct plan *self, size_t i)
{
    for (size_t later = i + 1; later < self->count; later++) {
        if (self->ops[later].name && registry_same_name(self->ops[later].key, self->ops[i].key) &&
            registry_same_name(self->ops[later].name, self->ops[i].name))
            return false;
    }
    return true;
}

/* A listener that was switched on by hand is switched off before its key comes apart. */
static enum os_status disarm(struct doer *self)
{
    for (size_t i = 0; i < self->plan->count; i++) {
        const struct plan_op *op = &self->plan->ops[i];
        const struct table_rule *rule = op->name ? table_rule_of(op->name) : NULL;
        enum os_status status;

        if (!rule || rule->kind != RULE_SWITCH || op->had || !is_last(self->plan, i) ||
            state_of(self, op, &status) != STATE_OTHER)
            continue;
        fprintf(self->out, "was changed since: HKLM\\%s, \"%s\"\n", op->key, op->name);
        if ((status = set(self, op->key, op->name, &op->want)) != OS_OK)
            return status;
    }
    return OS_OK;
}

enum os_status plan_undo(const struct plan *self, struct registry *registry, FILE *out, char *problem,
                         size_t cap)
{
    struct doer doer = {self, registry, out, problem, cap};
    enum os_status status;

    problem[0] = 0;
    if ((status = check_undo(&doer)) == OS_OK)
        status = disarm(&doer);
    for (size_t i = self->count; i-- > 0 && status == OS_OK;) {
        const struct plan_op *op = &self->ops[i];

        status = op->action == PLAN_CREATE_KEY ? undo_key(&doer, op) : undo_value(&doer, op);
    }
    return status;
}

static unsigned verify_value(struct doer *self, const struct plan_op *op)
{
    struct registry_value now = {0};
    char want[384], is[384];
    enum os_status status = self->registry->impl->value_get(self->registry, op->key, op->name, &now);
    bool good = op->action == PLAN_DELETE_VALUE ? status == OS_NOT_FOUND
                                                : status == OS_OK && registry_value_same(&now, &op->want);

    registry_value_print(&op->want, want, sizeof(want));
    registry_value_print(&now, is, sizeof(is));
    if (!good)
        fprintf(self->out, "differs: HKLM\\%s, \"%s\" is %s, installed as %s\n", op->key, op->name,
                status == OS_OK ? is : os_status_text(status),
                op->action == PLAN_DELETE_VALUE ? "none" : want);
    registry_value_finish(&now);
    return !good;
}

unsigned plan_verify(const struct plan *self, struct registry *registry, FILE *out)
{
    struct doer doer = {self, registry, out, NULL, 0};
    unsigned differences = 0;

    for (size_t i = 0; i < self->count; i++) {
        const struct plan_op *op = &self->ops[i];

        if (op->action != PLAN_CREATE_KEY) {
            differences += is_last(self, i) ? verify_value(&doer, op) : 0;
        } else if (registry->impl->key_exists(registry, op->key) != OS_OK) {
            fprintf(out, "differs: HKLM\\%s is not there\n", op->key);
            differences++;
        }
    }
    return differences;
}
