/* SPDX-License-Identifier: Apache-2.0 */
#include "register/manifest.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 8

/* Writing. */

struct text {
    char *data;
    size_t used, cap;
    bool failed;
};

static void put(struct text *self, const char *data, size_t n)
{
    if (self->used + n + 1 > self->cap && !self->failed) {
        size_t cap = (self->cap + n + 1) * 2;
        char *more = cap > 2 * (size_t)MANIFEST_MAX ? NULL : realloc(self->data, cap);

        if (more) {
            self->data = more;
            self->cap = cap;
        } else {
            self->failed = true;
        }
    }
    if (self->failed)
        return;
    memcpy(self->data + self->used, data, n);
    self->used += n;
    self->data[self->used] = 0;
}

static void put_word(struct text *self, const char *word)
{
    put(self, word, strlen(word));
}

static void put_field(struct text *self, const char *field)
{
    char escaped[4];

    put_word(self, "\t");
    for (; *field; field++) {
        if ((unsigned char)*field < ' ' || *field == 0x7f || *field == '%') {
            snprintf(escaped, sizeof(escaped), "%%%02X", (unsigned char)*field);
            put(self, escaped, 3);
        } else {
            put(self, field, 1);
        }
    }
}

static void put_value(struct text *self, const struct registry_value *value)
{
    char hex[16];

    snprintf(hex, sizeof(hex), "\t%u\t", value->type);
    put_word(self, hex);
    for (uint32_t i = 0; i < value->size; i++) {
        snprintf(hex, sizeof(hex), "%02x", value->data[i]);
        put(self, hex, 2);
    }
}

static void put_op(struct text *self, const struct plan_op *op)
{
    static const char *const words[] = {
        [PLAN_CREATE_KEY] = "create", [PLAN_SET_VALUE] = "set", [PLAN_DELETE_VALUE] = "delete"};

    put_word(self, words[op->action]);
    put_field(self, op->key);
    if (op->name)
        put_field(self, op->name);
    if (op->action == PLAN_SET_VALUE)
        put_value(self, &op->want);
    if (op->had)
        put_value(self, &op->before);
    else if (op->action == PLAN_SET_VALUE)
        put_field(self, "-");
    put_word(self, "\n");
}

char *manifest_format(const struct plan *plan, bool complete)
{
    struct text self = {0};
    char line[128];

    put_word(&self, "rdsprov-manifest\t1\nlistener");
    put_field(&self, plan->listener);
    snprintf(line, sizeof(line), "\nport\t%u\ndll", plan->port);
    put_word(&self, line);
    put_field(&self, plan->dll);
    snprintf(line, sizeof(line), "\nenabled\t%d\nsource\t%016llx\nstate\t%s\n", plan->enabled,
             (unsigned long long)plan->source, complete ? "complete" : "applying");
    put_word(&self, line);
    for (size_t i = 0; i < plan->count; i++)
        put_op(&self, &plan->ops[i]);
    snprintf(line, sizeof(line), "end\t%zu\n", plan->count);
    put_word(&self, line);
    if (self.failed || self.used > MANIFEST_MAX) {
        free(self.data);
        return NULL;
    }
    return self.data;
}

/* Reading: the text is copied and cut up in place. */

struct reader {
    char *at;
    unsigned line;
    char *fields[FIELDS_MAX];
    unsigned count;
    char *problem;
    size_t cap;
};

static enum os_status bad(struct reader *self, const char *what)
{
    snprintf(self->problem, self->cap, "manifest, line %u: %s", self->line, what);
    return OS_INVALID;
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool unescape(char *text)
{
    char *to = text;

    for (; *text; text++) {
        if (*text != '%') {
            *to++ = *text;
            continue;
        }
        if (digit(text[1]) < 0 || digit(text[2]) < 0 || (text[1] == '0' && text[2] == '0'))
            return false;
        *to++ = (char)(digit(text[1]) << 4 | digit(text[2]));
        text += 2;
    }
    *to = 0;
    return true;
}

/* False at the end of the text; a line too long in fields has count 0. */
static bool next_line(struct reader *self)
{
    char *end, *field;

    self->line++;
    self->count = 0;
    if (!(end = strchr(self->at, '\n')))
        return false;
    *end = 0;
    if (end > self->at && end[-1] == '\r')
        end[-1] = 0;
    field = self->at;
    self->at = end + 1;
    while (field) {
        char *tab = strchr(field, '\t');

        if (tab)
            *tab = 0;
        if (self->count == FIELDS_MAX || !unescape(field)) {
            self->count = 0;
            break;
        }
        self->fields[self->count++] = field;
        field = tab ? tab + 1 : NULL;
    }
    return true;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (!*text || strlen(text) > 10)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = value;
    return value <= max;
}

static bool parse_value(const char *type, const char *hex, struct registry_value *out)
{
    uint64_t number;
    size_t n = strlen(hex);

    if (!parse_number(type, UINT32_MAX, &number) || n % 2 || n / 2 > REGISTRY_DATA_MAX)
        return false;
    out->type = (uint32_t)number;
    if (n == 0)
        return true;
    if (!(out->data = malloc(n / 2)))
        return false;
    for (size_t i = 0; i < n; i += 2) {
        if (digit(hex[i]) < 0 || digit(hex[i + 1]) < 0)
            return false;
        out->data[out->size++] = (uint8_t)(digit(hex[i]) << 4 | digit(hex[i + 1]));
    }
    return true;
}

static enum os_status read_op(struct reader *self, struct plan *plan)
{
    struct registry_value want = {0}, before = {0};
    const char *word = self->fields[0];
    bool creates = strcmp(word, "create") == 0, sets = strcmp(word, "set") == 0;
    bool fresh = sets && self->count == 6 && strcmp(self->fields[5], "-") == 0;
    enum os_status status = OS_INVALID;

    if (!creates && !sets && strcmp(word, "delete") != 0)
        return bad(self, "unknown word");
    if (self->count != (creates ? 2u : fresh ? 6u : sets ? 7u : 5u))
        return bad(self, "wrong number of fields");
    if (strlen(self->fields[1]) >= REGISTRY_PATH_MAX || !table_is_ours(plan->listener, self->fields[1]))
        return bad(self, "a key that is not ours to write");
    if (!creates && strlen(self->fields[2]) >= REGISTRY_NAME_MAX)
        return bad(self, "too long a name");
    if ((sets && !parse_value(self->fields[3], self->fields[4], &want)) ||
        (sets && !fresh && !parse_value(self->fields[5], self->fields[6], &before)) ||
        (!sets && !creates && !parse_value(self->fields[3], self->fields[4], &before)))
        bad(self, "not a value");
    else if ((status = plan_add(plan,
                                creates ? PLAN_CREATE_KEY
                                : sets  ? PLAN_SET_VALUE
                                        : PLAN_DELETE_VALUE,
                                self->fields[1], creates ? NULL : self->fields[2], sets ? &want : NULL,
                                creates || fresh ? NULL : &before)) != OS_OK)
        bad(self, os_status_text(status));
    registry_value_finish(&want);
    registry_value_finish(&before);
    return status;
}

static bool parse_fingerprint(const char *text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < 16; i++) {
        if (digit(text[i]) < 0)
            return false;
        *out = *out << 4 | (uint64_t)digit(text[i]);
    }
    return text[16] == 0;
}

static enum os_status read_head(struct reader *self, struct plan *plan, bool *complete)
{
    static const char *const words[] = {"rdsprov-manifest", "listener", "port", "dll",
                                        "enabled",          "source",   "state"};
    char why[128];

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *text;
        uint64_t number = 0;
        bool good;

        if (!next_line(self) || self->count != 2 || strcmp(self->fields[0], words[i]) != 0)
            return bad(self, words[i]);
        text = self->fields[1];
        switch (i) {
        case 0:
            good = strcmp(text, "1") == 0;
            break;
        case 1:
            good = table_check_listener(text, why, sizeof(why));
            if (good)
                snprintf(plan->listener, sizeof(plan->listener), "%s", text);
            break;
        case 2:
            good = parse_number(text, 65535, &number);
            plan->port = (uint32_t)number;
            break;
        case 3:
            good = strlen(text) < sizeof(plan->dll);
            if (good)
                snprintf(plan->dll, sizeof(plan->dll), "%s", text);
            break;
        case 4:
            good = parse_number(text, 1, &number);
            plan->enabled = number != 0;
            break;
        case 5:
            good = parse_fingerprint(text, &plan->source);
            break;
        default:
            *complete = strcmp(text, "complete") == 0;
            good = *complete || strcmp(text, "applying") == 0;
            break;
        }
        if (!good)
            return bad(self, words[i]);
    }
    return OS_OK;
}

enum os_status manifest_parse(const char *text, struct plan *plan, bool *complete, char *problem, size_t cap)
{
    size_t n = strlen(text);
    char *own = malloc(n + 1);
    struct reader self = {own, 0, {NULL}, 0, problem, cap};
    enum os_status status = OS_NO_MEMORY;
    uint64_t count;

    memset(plan, 0, sizeof(*plan));
    *complete = false;
    snprintf(problem, cap, "manifest: out of memory");
    if (!own)
        return status;
    memcpy(own, text, n + 1);
    status = read_head(&self, plan, complete);
    while (status == OS_OK) {
        if (!next_line(&self)) {
            status = bad(&self, "it ends too early");
        } else if (self.count == 0) {
            status = bad(&self, "not a line of a manifest");
        } else if (strcmp(self.fields[0], "end") == 0) {
            if (self.count != 2 || !parse_number(self.fields[1], PLAN_OPS_MAX, &count) ||
                count != plan->count || *self.at)
                status = bad(&self, "end");
            break;
        } else {
            status = read_op(&self, plan);
        }
    }
    os_wipe(own, n);
    free(own);
    if (status != OS_OK)
        plan_finish(plan);
    else
        problem[0] = 0;
    return status;
}
