/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_value {
    char *name;
    struct registry_value value;
};

struct fake_key {
    char *path;
    struct fake_value *values;
    size_t count;
};

static char *copy(const char *text)
{
    char *own = malloc(strlen(text) + 1);

    if (!own)
        abort();
    return strcpy(own, text);
}

static struct fake_registry *of(struct registry *registry)
{
    return (struct fake_registry *)registry;
}

static struct fake_key *find(struct fake_registry *self, const char *path)
{
    for (size_t i = 0; i < self->count; i++) {
        if (registry_same_name(self->keys[i].path, path))
            return &self->keys[i];
    }
    return NULL;
}

static struct fake_value *find_value(struct fake_registry *self, const char *path, const char *name)
{
    struct fake_key *key = find(self, path);

    for (size_t i = 0; key && i < key->count; i++) {
        if (registry_same_name(key->values[i].name, name))
            return &key->values[i];
    }
    return NULL;
}

/* `path` is directly below `parent`: the last component, else NULL. */
static const char *child_of(const char *path, const char *parent)
{
    size_t n = strlen(parent);

    if (n == 0)
        return *path && !strchr(path, '\\') ? path : NULL;
    if (!registry_is_below(path, parent) || path[n] != '\\' || strchr(path + n + 1, '\\'))
        return NULL;
    return path + n + 1;
}

static enum os_status begin_write(struct fake_registry *self, const char *path)
{
    bool fenced = false, inside = false;

    self->writes++;
    if (self->fail_at && self->writes >= self->fail_at)
        return OS_FAILED;
    for (size_t i = 0; i < 3; i++) {
        fenced = fenced || self->fences[i];
        inside = inside || (self->fences[i] && registry_is_below(path, self->fences[i]));
    }
    if (fenced && !inside)
        self->offences++;
    return OS_OK;
}

static enum os_status wrote(struct fake_registry *self)
{
    if (self->after_write)
        self->after_write(self, self->after_arg);
    return OS_OK;
}

static void put_key(struct fake_registry *self, const char *path)
{
    self->keys = realloc(self->keys, (self->count + 1) * sizeof(*self->keys));
    self->keys[self->count++] = (struct fake_key){copy(path), NULL, 0};
}

static void put_value(struct fake_key *key, const char *name, const struct registry_value *value)
{
    key->values = realloc(key->values, (key->count + 1) * sizeof(*key->values));
    key->values[key->count] = (struct fake_value){copy(name), {0}};
    registry_value_copy(&key->values[key->count++].value, value);
}

static enum os_status fake_key_exists(struct registry *registry, const char *path)
{
    return find(of(registry), path) ? OS_OK : OS_NOT_FOUND;
}

static enum os_status fake_key_create(struct registry *registry, const char *path)
{
    struct fake_registry *self = of(registry);
    enum os_status status = begin_write(self, path);
    char parent[REGISTRY_PATH_MAX];
    const char *end = strrchr(path, '\\');

    if (status != OS_OK)
        return status;
    snprintf(parent, sizeof(parent), "%.*s", end ? (int)(end - path) : 0, path);
    if (parent[0] && !find(self, parent))
        return OS_NOT_FOUND;
    if (find(self, path))
        return OS_BUSY;
    put_key(self, path);
    return wrote(self);
}

static enum os_status fake_key_delete(struct registry *registry, const char *path)
{
    struct fake_registry *self = of(registry);
    enum os_status status = begin_write(self, path);
    struct fake_key *key = find(self, path);

    if (status != OS_OK)
        return status;
    if (!key)
        return OS_NOT_FOUND;
    for (size_t i = 0; i < self->count; i++) {
        if (child_of(self->keys[i].path, path))
            return OS_BUSY;
    }
    if (key->count > 0)
        return OS_BUSY;
    free(key->path);
    free(key->values);
    *key = self->keys[--self->count];
    return wrote(self);
}

static enum os_status fake_key_at(struct registry *registry, const char *path, unsigned i,
                                  char name[REGISTRY_NAME_MAX])
{
    struct fake_registry *self = of(registry);

    name[0] = 0;
    for (size_t k = 0; k < self->count; k++) {
        const char *child = child_of(self->keys[k].path, path);

        if (child && i-- == 0) {
            snprintf(name, REGISTRY_NAME_MAX, "%s", child);
            return OS_OK;
        }
    }
    return OS_NOT_FOUND;
}

static enum os_status fake_value_at(struct registry *registry, const char *path, unsigned i,
                                    char name[REGISTRY_NAME_MAX])
{
    struct fake_key *key = find(of(registry), path);

    name[0] = 0;
    if (!key || i >= key->count)
        return OS_NOT_FOUND;
    snprintf(name, REGISTRY_NAME_MAX, "%s", key->values[i].name);
    return OS_OK;
}

static enum os_status fake_value_get(struct registry *registry, const char *path, const char *name,
                                     struct registry_value *out)
{
    struct fake_value *value = find_value(of(registry), path, name);

    registry_value_finish(out);
    if (!value)
        return OS_NOT_FOUND;
    return registry_value_copy(out, &value->value) ? OS_OK : OS_NO_MEMORY;
}

static enum os_status fake_value_set(struct registry *registry, const char *path, const char *name,
                                     const struct registry_value *value)
{
    struct fake_registry *self = of(registry);
    enum os_status status = begin_write(self, path);
    struct fake_value *known = find_value(self, path, name);
    struct fake_key *key = find(self, path);

    if (status != OS_OK)
        return status;
    if (!key)
        return OS_NOT_FOUND;
    if (known)
        registry_value_copy(&known->value, value);
    else
        put_value(key, name, value);
    return wrote(self);
}

static enum os_status fake_value_delete(struct registry *registry, const char *path, const char *name)
{
    struct fake_registry *self = of(registry);
    enum os_status status = begin_write(self, path);
    struct fake_value *value = find_value(self, path, name);
    struct fake_key *key = find(self, path);

    if (status != OS_OK)
        return status;
    if (!value)
        return OS_NOT_FOUND;
    free(value->name);
    registry_value_finish(&value->value);
    *value = key->values[--key->count];
    return wrote(self);
}

static void fake_destroy(struct registry *registry)
{
    struct fake_registry *self = of(registry);

    for (size_t i = 0; i < self->count; i++) {
        for (size_t v = 0; v < self->keys[i].count; v++) {
            free(self->keys[i].values[v].name);
            registry_value_finish(&self->keys[i].values[v].value);
        }
        free(self->keys[i].values);
        free(self->keys[i].path);
    }
    free(self->keys);
    free(self);
}

struct fake_registry *fake_create(void)
{
    static const struct registry_impl impl = {
        fake_key_exists, fake_key_create, fake_key_delete,   fake_key_at,  fake_value_at,
        fake_value_get,  fake_value_set,  fake_value_delete, fake_destroy,
    };
    struct fake_registry *self = calloc(1, sizeof(*self));

    if (!self)
        abort();
    self->base.impl = &impl;
    return self;
}

void fake_key(struct fake_registry *self, const char *path)
{
    char part[REGISTRY_PATH_MAX];

    for (const char *at = path; at; at = *at ? strchr(at + 1, '\\') : NULL) {
        if (at == path)
            continue;
        snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
        if (!find(self, part))
            put_key(self, part);
    }
    if (!find(self, path))
        put_key(self, path);
}

void fake_bytes(struct fake_registry *self, const char *key, const char *name, uint32_t type,
                const void *data, size_t size)
{
    struct registry_value value = {type, (uint32_t)size, (uint8_t *)data};
    struct fake_value *known;

    fake_key(self, key);
    known = find_value(self, key, name);
    if (known)
        registry_value_copy(&known->value, &value);
    else
        put_value(find(self, key), name, &value);
}

void fake_text(struct fake_registry *self, const char *key, const char *name, const char *text)
{
    struct registry_value value = {0};

    registry_value_set_text(&value, text);
    fake_bytes(self, key, name, value.type, value.data, value.size);
    registry_value_finish(&value);
}

void fake_number(struct fake_registry *self, const char *key, const char *name, uint32_t number)
{
    struct registry_value value = {0};

    registry_value_set_number(&value, number);
    fake_bytes(self, key, name, value.type, value.data, value.size);
    registry_value_finish(&value);
}

/* The dump goes through the interface, so that it serves both registries. */

struct lines {
    char **at;
    size_t count;
};

static void add_line(struct lines *self, const char *head, const struct registry_value *value)
{
    size_t n = strlen(head) + (value ? 16 + 2 * (size_t)value->size : 0) + 2, used;
    char *line = malloc(n);

    used = (size_t)snprintf(line, n, "%s", head);
    if (value) {
        used += (size_t)snprintf(line + used, n - used, " = %u:", value->type);
        for (uint32_t i = 0; i < value->size; i++)
            used += (size_t)snprintf(line + used, n - used, "%02x", value->data[i]);
    }
    self->at = realloc(self->at, (self->count + 1) * sizeof(*self->at));
    self->at[self->count++] = line;
}

static void dump_key(struct lines *self, struct registry *registry, const char *path)
{
    char name[REGISTRY_NAME_MAX], text[REGISTRY_PATH_MAX + REGISTRY_NAME_MAX + 8];

    add_line(self, path, NULL);
    for (unsigned i = 0; registry->impl->value_at(registry, path, i, name) == OS_OK; i++) {
        struct registry_value value = {0};

        registry->impl->value_get(registry, path, name, &value);
        snprintf(text, sizeof(text), "%s, \"%s\"", path, name);
        add_line(self, text, &value);
        registry_value_finish(&value);
    }
    for (unsigned i = 0; registry->impl->key_at(registry, path, i, name) == OS_OK; i++) {
        snprintf(text, sizeof(text), "%s\\%s", path, name);
        dump_key(self, registry, text);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *registry_dump(struct registry *registry, const char *root)
{
    struct lines lines = {0};
    size_t size = 1, used = 0;
    char *text;

    dump_key(&lines, registry, root);
    qsort(lines.at, lines.count, sizeof(*lines.at), compare);
    for (size_t i = 0; i < lines.count; i++)
        size += strlen(lines.at[i]) + 1;
    text = calloc(1, size);
    for (size_t i = 0; i < lines.count; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s\n", lines.at[i]);
        free(lines.at[i]);
    }
    free(lines.at);
    return text;
}
