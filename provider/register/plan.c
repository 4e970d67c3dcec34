/* SPDX-License-Identifier: Apache-2.0 */
#include "register/plan.h"

#include <stdlib.h>
#include <string.h>

#include "register/class_table.h"

#define KEYS_MAX 1024 /* listeners or values of one key that we look at */

struct maker {
    struct plan *plan;
    struct registry *registry;
    const struct plan_options *options;
    char *problem;
    size_t cap;
    char key[REGISTRY_PATH_MAX]; /* the listener's */
};

void plan_finish(struct plan *self)
{
    for (size_t i = 0; i < self->count; i++) {
        free(self->ops[i].key);
        free(self->ops[i].name);
        registry_value_finish(&self->ops[i].want);
        registry_value_finish(&self->ops[i].before);
    }
    free(self->ops);
    memset(self, 0, sizeof(*self));
}

static char *copy(const char *text)
{
    size_t n = strlen(text) + 1;
    char *own = malloc(n);

    if (own)
        memcpy(own, text, n);
    return own;
}

enum os_status plan_add(struct plan *self, enum plan_action action, const char *key, const char *name,
                        const struct registry_value *want, const struct registry_value *before)
{
    struct plan_op *ops, *op;

    if (self->count == PLAN_OPS_MAX)
        return OS_TOO_BIG;
    ops = realloc(self->ops, (self->count + 1) * sizeof(*ops));
    if (!ops)
        return OS_NO_MEMORY;
    self->ops = ops;
    op = &ops[self->count++];
    memset(op, 0, sizeof(*op));
    op->action = action;
    op->had = before != NULL;
    op->key = copy(key);
    op->name = name ? copy(name) : NULL;
    if (!op->key || (name && !op->name) || (want && !registry_value_copy(&op->want, want)) ||
        (before && !registry_value_copy(&op->before, before)))
        return OS_NO_MEMORY;
    return OS_OK;
}

static enum os_status refuse(struct maker *self, enum os_status status, const char *what, const char *detail)
{
    snprintf(self->problem, self->cap, "%s%s", what, detail);
    return status;
}

static enum os_status cannot_read(struct maker *self, const char *path, enum os_status status)
{
    snprintf(self->problem, self->cap, "HKLM\\%s: %s", path, os_status_text(status));
    return status;
}

static enum os_status check_dll(struct maker *self)
{
    const char *dll = self->options->dll;
    size_t n = dll ? strlen(dll) : 0;
    bool good = n > 7 && n < PLAN_DLL_MAX && dll[1] == ':' && dll[2] == '\\' &&
                ((dll[0] >= 'A' && dll[0] <= 'Z') || (dll[0] >= 'a' && dll[0] <= 'z')) &&
                registry_same_name(dll + n - 4, ".dll");

    for (size_t i = 2; i < n && good; i++)
        good = (unsigned char)dll[i] >= ' ' && !strchr("\"<>|?*/:", dll[i]);
    return good ? OS_OK
                : refuse(self, OS_INVALID, "the DLL needs an absolute path on a local drive, not ",
                         dll ? dll : "none");
}

static enum os_status check_options(struct maker *self)
{
    const struct plan_options *options = self->options;
    char why[256];
    enum os_status status;

    if (!options->listener || !table_check_listener(options->listener, why, sizeof(why)))
        return refuse(self, OS_INVALID, "listener: ", options->listener ? why : "no name");
    if (options->port < 1 || options->port > 65535)
        return refuse(self, OS_INVALID, "port: a number from 1 to 65535", "");
    if (options->port == PLAN_SYSTEM_PORT)
        return refuse(self, OS_INVALID, "port: 3389 stays RDP-Tcp's, which is the way back in", "");
    if ((status = check_dll(self)) != OS_OK)
        return status;
    if (!options->log_file || !options->log_file[0] || strlen(options->log_file) >= PLAN_DLL_MAX)
        return refuse(self, OS_INVALID, "log file: no path, or too long a one", "");
    if (!options->enable)
        return OS_OK;
    snprintf(why, sizeof(why), "nothing can verify one here");
    if (!options->driver_verified || options->driver_verified(options->driver_arg, why, sizeof(why)) != OS_OK)
        return refuse(self, OS_DENIED, "not enabled without a verified display driver: ", why);
    return OS_OK;
}

/* The others' ports and classes, and that nobody has our name. */
static enum os_status check_stations(struct maker *self)
{
    char name[REGISTRY_NAME_MAX], path[REGISTRY_PATH_MAX], class_id[64];
    enum os_status status = OS_OK;

    for (unsigned i = 0; i < KEYS_MAX; i++) {
        uint32_t port;

        status = self->registry->impl->key_at(self->registry, TABLE_STATIONS_KEY, i, name);
        if (status == OS_NOT_FOUND && i > 0)
            return OS_OK;
        if (status != OS_OK)
            return cannot_read(self, TABLE_STATIONS_KEY, status);
        if (registry_same_name(name, self->options->listener))
            return refuse(self, OS_BUSY,
                          "a listener of that name is there and was not installed by us: ", name);
        if ((size_t)snprintf(path, sizeof(path), "%s\\%s", TABLE_STATIONS_KEY, name) >= sizeof(path))
            return refuse(self, OS_BUSY, "a listener with too long a name: ", name);
        if (registry_get_number(self->registry, path, "PortNumber", &port) == OS_OK &&
            port == self->options->port)
            return refuse(self, OS_BUSY, "the port is that of listener ", name);
        if (registry_get_text(self->registry, path, TABLE_CLASS_VALUE, class_id, sizeof(class_id)) == OS_OK &&
            registry_same_name(class_id, CLASS_ID_TEXT))
            return refuse(self, OS_BUSY, "this provider is installed already, for listener ", name);
    }
    return refuse(self, OS_TOO_BIG, "too many listeners", "");
}

static enum os_status check_source(struct maker *self)
{
    char class_id[64];
    enum os_status status =
        registry_get_text(self->registry, TABLE_SOURCE_KEY, TABLE_CLASS_VALUE, class_id, sizeof(class_id));

    if (status == OS_NOT_FOUND)
        return refuse(self, OS_NOT_FOUND, "there is no listener RDP-Tcp to copy: HKLM\\", TABLE_SOURCE_KEY);
    if (status != OS_OK)
        return cannot_read(self, TABLE_SOURCE_KEY "\\" TABLE_CLASS_VALUE, status);
    if (!registry_same_name(class_id, TABLE_INBOX_CLASS))
        return refuse(self, OS_BUSY, "RDP-Tcp is not served by the inbox manager but by ", class_id);
    self->plan->source = plan_fingerprint(self->registry, TABLE_SOURCE_KEY);
    return OS_OK;
}

static enum os_status add_set(struct maker *self, const char *key, const char *name,
                              const struct registry_value *want, const struct registry_value *before)
{
    enum os_status status = plan_add(self->plan, PLAN_SET_VALUE, key, name, want, before);

    return status == OS_OK ? OS_OK : refuse(self, status, "the plan: ", os_status_text(status));
}

static enum os_status add_key(struct maker *self, const char *key)
{
    enum os_status status = plan_add(self->plan, PLAN_CREATE_KEY, key, NULL, NULL, NULL);

    return status == OS_OK ? OS_OK : refuse(self, status, "the plan: ", os_status_text(status));
}

static enum os_status plan_unwanted(struct maker *self)
{
    struct registry_value before = {0};
    enum os_status status =
        self->registry->impl->value_get(self->registry, CLASS_KEY, CLASS_UNWANTED_VALUE, &before);

    if (status == OS_NOT_FOUND)
        return OS_OK;
    if (status != OS_OK)
        return cannot_read(self, CLASS_KEY, status);
    status = plan_add(self->plan, PLAN_DELETE_VALUE, CLASS_KEY, CLASS_UNWANTED_VALUE, NULL, &before);
    registry_value_finish(&before);
    return status == OS_OK ? OS_OK : refuse(self, status, "the plan: ", os_status_text(status));
}

/* The class: regsvr32 may have been there before us, with the same file. */
static enum os_status plan_class(struct maker *self)
{
    static const char *const keys[] = {CLASS_KEY, CLASS_SERVER_KEY};
    char other[PLAN_DLL_MAX * 2];
    enum os_status status;

    status = registry_get_text(self->registry, CLASS_SERVER_KEY, "", other, sizeof(other));
    if (status == OS_OK && !registry_same_name(other, self->options->dll))
        return refuse(self, OS_BUSY,
                      "the class is registered for another file (regsvr32 /u it first): ", other);
    if (status != OS_OK && status != OS_NOT_FOUND)
        return cannot_read(self, CLASS_SERVER_KEY, status);
    for (size_t i = 0; i < 2; i++) {
        status = self->registry->impl->key_exists(self->registry, keys[i]);
        if (status == OS_NOT_FOUND)
            status = add_key(self, keys[i]);
        else if (status != OS_OK)
            cannot_read(self, keys[i], status);
        if (status != OS_OK)
            return status;
    }
    for (size_t i = 0; i < sizeof(class_values) / sizeof(class_values[0]); i++) {
        const struct class_value *row = &class_values[i];
        struct registry_value want = {0}, before = {0};
        bool had;

        status = self->registry->impl->value_get(self->registry, row->key, row->name, &before);
        had = status == OS_OK;
        if (status != OS_OK && status != OS_NOT_FOUND)
            cannot_read(self, row->key, status);
        else if (!registry_value_set_text(&want, row->text ? row->text : self->options->dll))
            status = refuse(self, OS_INVALID, "the DLL's path is not text", "");
        else if (!had || !registry_value_same(&want, &before))
            status = add_set(self, row->key, row->name, &want, had ? &before : NULL);
        else
            status = OS_OK;
        registry_value_finish(&want);
        registry_value_finish(&before);
        if (status != OS_OK)
            return status;
    }
    return plan_unwanted(self);
}

/* A switch in the type that the source has it in. */
static bool set_switch(struct registry_value *out, const struct registry_value *source, uint32_t number)
{
    char text[16];

    if (source->type != REGISTRY_TEXT)
        return registry_value_set_number(out, number);
    snprintf(text, sizeof(text), "%u", number);
    return registry_value_set_text(out, text);
}

/* What a rule makes of the source's value (`had`: it has one). False in *wanted: nothing is to be written. */
static enum os_status apply_rule(struct maker *self, const struct table_rule *rule, bool had,
                                 const struct registry_value *source, struct registry_value *want,
                                 bool *wanted)
{
    bool number = rule->kind == RULE_PORT;
    bool text = rule->kind == RULE_TEXT || rule->kind == RULE_CLASS;
    bool either = rule->kind == RULE_SWITCH;
    bool good = true;

    *wanted = rule->kind != RULE_EMPTY || had;
    if (had && ((number && source->type != REGISTRY_NUMBER) || (text && source->type != REGISTRY_TEXT) ||
                (either && source->type != REGISTRY_NUMBER && source->type != REGISTRY_TEXT) ||
                rule->kind == RULE_MARKER || rule->kind == RULE_LOG_FILE))
        return refuse(self, OS_BUSY, "RDP-Tcp has an unexpected value ", rule->name);
    switch (rule->kind) {
    case RULE_MARKER:
        good = registry_value_set_text(want, TABLE_MARKER_TEXT);
        break;
    case RULE_SWITCH:
        good = set_switch(want, source, rule->off);
        break;
    case RULE_EMPTY:
        good = !had || registry_value_set_empty(want, source->type);
        break;
    case RULE_TEXT:
        good = registry_value_set_text(want, rule->text);
        break;
    case RULE_PORT:
        good = registry_value_set_number(want, self->options->port);
        break;
    case RULE_LOG_FILE:
        good = registry_value_set_text(want, self->options->log_file);
        break;
    case RULE_CLASS:
        good = registry_value_set_text(want, CLASS_ID_TEXT);
        break;
    }
    return good ? OS_OK : refuse(self, OS_INVALID, "cannot make the value ", rule->name);
}

static enum os_status plan_rule(struct maker *self, const struct table_rule *rule)
{
    struct registry_value source = {0}, want = {0};
    enum os_status status =
        self->registry->impl->value_get(self->registry, TABLE_SOURCE_KEY, rule->name, &source);
    bool had = status == OS_OK, wanted = false;

    if (had || status == OS_NOT_FOUND)
        status = apply_rule(self, rule, had, &source, &want, &wanted);
    else
        cannot_read(self, TABLE_SOURCE_KEY, status);
    if (status == OS_OK && wanted)
        status = add_set(self, self->key, rule->name, &want, NULL);
    registry_value_finish(&source);
    registry_value_finish(&want);
    return status;
}

static enum os_status plan_copies(struct maker *self)
{
    char name[REGISTRY_NAME_MAX];

    for (unsigned i = 0; i < KEYS_MAX; i++) {
        struct registry_value value = {0};
        enum os_status status = self->registry->impl->value_at(self->registry, TABLE_SOURCE_KEY, i, name);

        if (status == OS_NOT_FOUND)
            return OS_OK;
        if (status == OS_OK && table_rule_of(name))
            continue;
        if (status == OS_OK)
            status = self->registry->impl->value_get(self->registry, TABLE_SOURCE_KEY, name, &value);
        if (status != OS_OK)
            return cannot_read(self, TABLE_SOURCE_KEY, status);
        status = add_set(self, self->key, name, &value, NULL);
        registry_value_finish(&value);
        if (status != OS_OK)
            return status;
    }
    return refuse(self, OS_TOO_BIG, "RDP-Tcp has too many values", "");
}

/* The switches once more, when everything else is there; the one that the service looks at is the last. */
static enum os_status plan_enabling(struct maker *self)
{
    for (size_t i = table_rule_count; i-- > 0;) {
        const struct table_rule *rule = &table_rules[i];
        struct registry_value source = {0}, want = {0}, before = {0};
        enum os_status status;

        if (rule->kind != RULE_SWITCH)
            continue;
        status = self->registry->impl->value_get(self->registry, TABLE_SOURCE_KEY, rule->name, &source);
        if (status != OS_OK && status != OS_NOT_FOUND)
            cannot_read(self, TABLE_SOURCE_KEY, status);
        else if (!set_switch(&want, &source, rule->on) || !set_switch(&before, &source, rule->off))
            status = refuse(self, OS_NO_MEMORY, "the plan: out of memory", "");
        else
            status = add_set(self, self->key, rule->name, &want, &before);
        registry_value_finish(&source);
        registry_value_finish(&want);
        registry_value_finish(&before);
        if (status != OS_OK)
            return status;
    }
    return OS_OK;
}

static enum os_status plan_listener(struct maker *self)
{
    enum os_status status = add_key(self, self->key);
    bool copied = false;

    for (size_t i = 0; i < table_rule_count && status == OS_OK; i++) {
        if (!copied && table_rules[i].kind != RULE_MARKER && table_rules[i].kind != RULE_SWITCH) {
            copied = true;
            if ((status = plan_copies(self)) != OS_OK)
                break;
        }
        status = plan_rule(self, &table_rules[i]);
    }
    if (status == OS_OK && self->options->enable)
        status = plan_enabling(self);
    return status;
}

enum os_status plan_make(struct plan *self, struct registry *registry, const struct plan_options *options,
                         char *problem, size_t cap)
{
    struct maker maker = {self, registry, options, problem, cap, ""};
    enum os_status status;

    memset(self, 0, sizeof(*self));
    problem[0] = 0;
    if ((status = check_options(&maker)) != OS_OK || (status = check_source(&maker)) != OS_OK ||
        (status = check_stations(&maker)) != OS_OK)
        goto out;
    table_listener_key(options->listener, maker.key);
    snprintf(self->listener, sizeof(self->listener), "%s", options->listener);
    snprintf(self->dll, sizeof(self->dll), "%s", options->dll);
    self->port = options->port;
    self->enabled = options->enable;
    if ((status = plan_class(&maker)) == OS_OK)
        status = plan_listener(&maker);
out:
    if (status != OS_OK)
        plan_finish(self);
    return status;
}

void plan_print(const struct plan *self, FILE *out)
{
    char want[384], before[384];

    fprintf(out, "listener %s, port %u, %s\n", self->listener, self->port,
            self->enabled ? "enabled" : "not enabled");
    for (size_t i = 0; i < self->count; i++) {
        const struct plan_op *op = &self->ops[i];

        registry_value_print(&op->want, want, sizeof(want));
        registry_value_print(&op->before, before, sizeof(before));
        switch (op->action) {
        case PLAN_CREATE_KEY:
            fprintf(out, "create key    HKLM\\%s\n", op->key);
            break;
        case PLAN_SET_VALUE:
            fprintf(out, "set value     HKLM\\%s, \"%s\" = %s (now: %s)\n", op->key, op->name, want,
                    op->had ? before : "none");
            break;
        case PLAN_DELETE_VALUE:
            fprintf(out, "delete value  HKLM\\%s, \"%s\" (now: %s)\n", op->key, op->name, before);
            break;
        }
    }
}

static uint64_t hash(uint64_t h, const void *data, size_t n)
{
    const uint8_t *at = data;

    while (n-- > 0)
        h = (h ^ *at++) * 0x100000001b3u;
    return h;
}

uint64_t plan_fingerprint(struct registry *registry, const char *key)
{
    char name[REGISTRY_NAME_MAX];
    uint64_t sum = 0;

    for (unsigned i = 0; i < KEYS_MAX; i++) {
        struct registry_value value = {0};
        uint64_t h = 0xcbf29ce484222325u;
        enum os_status status = registry->impl->value_at(registry, key, i, name);

        if (status == OS_NOT_FOUND)
            return sum;
        if (status == OS_OK)
            status = registry->impl->value_get(registry, key, name, &value);
        if (status != OS_OK)
            break;
        h = hash(h, name, strlen(name) + 1);
        h = hash(h, &value.type, sizeof(value.type));
        sum += hash(h, value.data, value.size);
        registry_value_finish(&value);
    }
    return 0;
}
