/* SPDX-License-Identifier: Apache-2.0 */
#include "os/config_values.h"
#include "os/utf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct config_value {
    char *key;
    char *value;
};

struct os_config {
    char place[CONFIG_PLACE_MAX];
    unsigned count;
    struct config_value values[CONFIG_VALUES_MAX];
};

struct os_config *config_values_create(const char *place)
{
    struct os_config *self = calloc(1, sizeof *self);

    if (self)
        snprintf(self->place, sizeof self->place, "%s", place);
    return self;
}

void os_config_destroy(struct os_config *self)
{
    if (!self)
        return;
    for (unsigned i = 0; i < self->count; i++) {
        os_wipe(self->values[i].value, strlen(self->values[i].value));
        free(self->values[i].value);
        free(self->values[i].key);
    }
    free(self);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool config_same_name(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return *a == *b;
}

bool config_key_is_good(const char *key)
{
    if (!*key || *key == ' ')
        return false;
    for (; *key; key++) {
        char c = lower(*key);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("_.- ", c)))
            return false;
    }
    return true;
}

static bool value_is_good(const char *value)
{
    const char *end = value + strlen(value);

    while (value < end) {
        uint32_t c = utf8_next(&value, end);

        if (c == UTF_BAD || (c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static char *copy(const char *text)
{
    size_t len = strlen(text) + 1;
    char *out = malloc(len);

    if (out)
        memcpy(out, text, len);
    return out;
}

enum os_status config_values_add(struct os_config *self, const char *key, const char *value)
{
    struct config_value *slot;

    if (!config_key_is_good(key) || !value_is_good(value))
        return OS_INVALID;
    if (strlen(key) >= CONFIG_KEY_MAX || strlen(value) >= OS_CONFIG_VALUE_MAX)
        return OS_TOO_BIG;
    if (os_config_get(self, key))
        return OS_BUSY;
    if (self->count == CONFIG_VALUES_MAX)
        return OS_TOO_BIG;

    slot = &self->values[self->count];
    slot->key = copy(key);
    slot->value = copy(value);
    if (!slot->key || !slot->value) {
        free(slot->key);
        free(slot->value);
        return OS_NO_MEMORY;
    }
    self->count++;
    return OS_OK;
}

const char *os_config_get(const struct os_config *self, const char *key)
{
    for (unsigned i = 0; i < self->count; i++)
        if (config_same_name(self->values[i].key, key))
            return self->values[i].value;
    return NULL;
}

const char *os_config_place(const struct os_config *self)
{
    return self->place;
}

bool os_config_at(const struct os_config *self, unsigned i, const char **key, const char **value)
{
    if (i >= self->count)
        return false;
    *key = self->values[i].key;
    *value = self->values[i].value;
    return true;
}
