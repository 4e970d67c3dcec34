/* SPDX-License-Identifier: Apache-2.0 */
#include "register/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void registry_destroy(struct registry *self)
{
    if (self)
        self->impl->destroy(self);
}

void registry_value_finish(struct registry_value *self)
{
    os_wipe(self->data, self->size);
    free(self->data);
    memset(self, 0, sizeof(*self));
}

static bool take(struct registry_value *self, uint32_t type, const void *data, size_t size)
{
    uint8_t *own = NULL;

    if (size > REGISTRY_DATA_MAX)
        return false;
    if (size > 0) {
        if (!(own = malloc(size)))
            return false;
        memcpy(own, data, size);
    }
    registry_value_finish(self);
    self->type = type;
    self->size = (uint32_t)size;
    self->data = own;
    return true;
}

bool registry_value_copy(struct registry_value *self, const struct registry_value *from)
{
    return take(self, from->type, from->data, from->size);
}

bool registry_value_same(const struct registry_value *a, const struct registry_value *b)
{
    return a->type == b->type && a->size == b->size &&
           (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

bool registry_value_set_text(struct registry_value *self, const char *text)
{
    size_t cap = strlen(text) + 1, n = 0;
    uint16_t *wide = calloc(cap, sizeof(*wide));
    bool good;

    if (!wide)
        return false;
    good = os_utf16_from_utf8(wide, cap, text);
    while (wide[n])
        n++;
    good = good && take(self, REGISTRY_TEXT, wide, (n + 1) * sizeof(*wide));
    free(wide);
    return good;
}

bool registry_value_set_number(struct registry_value *self, uint32_t number)
{
    const uint8_t bytes[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                              (uint8_t)(number >> 24)};

    return take(self, REGISTRY_NUMBER, bytes, sizeof(bytes));
}

bool registry_value_set_empty(struct registry_value *self, uint32_t type)
{
    static const uint8_t zeros[4];

    switch (type) {
    case REGISTRY_TEXT:
    case REGISTRY_EXPAND:
    case REGISTRY_MULTI_TEXT:
        return take(self, type, zeros, 2);
    case REGISTRY_NUMBER:
        return take(self, type, zeros, 4);
    default:
        return take(self, type, NULL, 0);
    }
}

/* The registry does not promise the NUL. */
static void text_of(const struct registry_value *self, char *out, size_t cap)
{
    size_t n = self->size / 2;
    uint16_t *wide = calloc(n + 1, sizeof(*wide));

    out[0] = 0;
    if (!wide)
        return;
    if (n > 0)
        memcpy(wide, self->data, n * 2);
    os_utf8_from_utf16(out, cap, wide);
    free(wide);
}

enum os_status registry_get_text(struct registry *self, const char *path, const char *name, char *out,
                                 size_t cap)
{
    struct registry_value value = {0};
    enum os_status status = self->impl->value_get(self, path, name, &value);

    out[0] = 0;
    if (status == OS_OK) {
        if (value.type == REGISTRY_TEXT || value.type == REGISTRY_EXPAND)
            text_of(&value, out, cap);
        else
            status = OS_INVALID;
    }
    registry_value_finish(&value);
    return status;
}

static uint32_t number_of(const uint8_t *data)
{
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

enum os_status registry_get_number(struct registry *self, const char *path, const char *name, uint32_t *out)
{
    struct registry_value value = {0};
    enum os_status status = self->impl->value_get(self, path, name, &value);

    *out = 0;
    if (status == OS_OK) {
        if (value.type == REGISTRY_NUMBER && value.size == 4)
            *out = number_of(value.data);
        else
            status = OS_INVALID;
    }
    registry_value_finish(&value);
    return status;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : (unsigned char)c;
}

bool registry_same_name(const char *a, const char *b)
{
    for (; *a && lower(*a) == lower(*b); a++, b++)
        ;
    return *a == 0 && *b == 0;
}

bool registry_is_below(const char *path, const char *root)
{
    for (; *root; path++, root++) {
        if (lower(*path) != lower(*root))
            return false;
    }
    return *path == 0 || *path == '\\';
}

void registry_value_print(const struct registry_value *self, char *out, size_t cap)
{
    char text[256];

    switch (self->type) {
    case REGISTRY_TEXT:
    case REGISTRY_EXPAND:
        text_of(self, text, sizeof(text));
        for (char *at = text; *at; at++) {
            if ((unsigned char)*at < ' ' || *at == 0x7f)
                *at = '?';
        }
        snprintf(out, cap, "%s \"%s\"", self->type == REGISTRY_TEXT ? "REG_SZ" : "REG_EXPAND_SZ", text);
        break;
    case REGISTRY_NUMBER:
        if (self->size == 4) {
            snprintf(out, cap, "REG_DWORD %u", number_of(self->data));
            break;
        }
        /* fall through */
    default:
        snprintf(out, cap, "%s of %u bytes",
                 self->type == REGISTRY_BINARY       ? "REG_BINARY"
                 : self->type == REGISTRY_MULTI_TEXT ? "REG_MULTI_SZ"
                 : self->type == REGISTRY_NUMBER     ? "REG_DWORD"
                                                     : "a value",
                 self->size);
        break;
    }
}
