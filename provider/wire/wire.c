/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/wire.h"

#include <stdio.h>
#include <string.h>

struct writer {
    uint8_t *buf;
    size_t at, cap;
    bool full;
};

struct reader {
    const uint8_t *buf;
    size_t at, len;
    const char *problem;
};

static void put(struct writer *self, uint64_t value, unsigned bytes)
{
    if (self->full || self->cap - self->at < bytes) {
        self->full = true;
        return;
    }
    for (unsigned i = 0; i < bytes; i++)
        self->buf[self->at++] = (uint8_t)(value >> (8 * i));
}

static void put_bytes(struct writer *self, const void *data, size_t len)
{
    if (self->full || self->cap - self->at < len) {
        self->full = true;
        return;
    }
    if (len)
        memcpy(self->buf + self->at, data, len);
    self->at += len;
}

static uint64_t get(struct reader *self, unsigned bytes)
{
    uint64_t value = 0;

    if (self->problem || self->len - self->at < bytes) {
        if (!self->problem)
            self->problem = "truncated";
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)self->buf[self->at++] << (8 * i);
    return value;
}

static unsigned integer_size(enum wire_kind kind)
{
    switch (kind) {
    case WIRE_U8:
        return 1;
    case WIRE_U16:
        return 2;
    case WIRE_U32:
    case WIRE_I32:
        return 4;
    default:
        return 8;
    }
}

static uint64_t load_integer(const void *at, enum wire_kind kind)
{
    uint64_t value = 0;

    switch (kind) {
    case WIRE_U8:
        return *(const uint8_t *)at;
    case WIRE_U16:
        return *(const uint16_t *)at;
    case WIRE_U32:
    case WIRE_I32:
        return *(const uint32_t *)at;
    default:
        memcpy(&value, at, sizeof(value));
        return value;
    }
}

static void store_integer(void *at, enum wire_kind kind, uint64_t value)
{
    switch (kind) {
    case WIRE_U8:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case WIRE_U16:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case WIRE_U32:
    case WIRE_I32:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        memcpy(at, &value, sizeof(value));
        break;
    }
}

static bool integer_fits(const struct wire_field *field, uint64_t raw)
{
    int64_t value;

    if (field->kind == WIRE_U64)
        return true;
    value = field->kind == WIRE_I32 ? (int32_t)(uint32_t)raw : (int64_t)raw;
    return value >= field->min && value <= field->max;
}

/* One UTF-8 character of [p, end); its length, or 0 when it is not one that a text may hold. */
static size_t utf8_character(const uint8_t *p, const uint8_t *end)
{
    size_t left = (size_t)(end - p);
    uint32_t c = p[0];
    size_t n;

    if (c < 0x80)
        return (c >= 0x20 && c != 0x7f) || c == '\t' ? 1 : 0;
    if (c >= 0xc2 && c <= 0xdf)
        n = 2;
    else if (c >= 0xe0 && c <= 0xef)
        n = 3;
    else if (c >= 0xf0 && c <= 0xf4)
        n = 4;
    else
        return 0;
    if (left < n)
        return 0;
    c &= 0x7fu >> n;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ||
        (c >= 0x80 && c < 0xa0))
        return 0;
    return n;
}

static bool text_valid(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = utf8_character(text + i, text + len);

        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static bool text16_valid(const uint16_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint16_t c = text[i];

        if (c < 0x20 || c == 0x7f || (c >= 0xdc00 && c <= 0xdfff))
            return false;
        if (c >= 0xd800 && c <= 0xdbff) {
            if (i + 1 >= len || text[i + 1] < 0xdc00 || text[i + 1] > 0xdfff)
                return false;
            i++;
        }
    }
    return true;
}

static size_t text16_length(const uint16_t *text, size_t cap)
{
    size_t n = 0;

    while (n < cap && text[n])
        n++;
    return n;
}

static const char *encode_fields(struct writer *w, const struct wire_field *fields, unsigned nfields,
                                 const uint8_t *base)
{
    for (unsigned i = 0; i < nfields; i++) {
        const struct wire_field *field = &fields[i];
        const uint8_t *at = base + field->offset;
        uint32_t count;
        size_t len;

        switch (field->kind) {
        case WIRE_U8:
        case WIRE_U16:
        case WIRE_U32:
        case WIRE_I32:
        case WIRE_U64:
            if (!integer_fits(field, load_integer(at, field->kind)))
                return field->name;
            put(w, load_integer(at, field->kind), integer_size(field->kind));
            break;
        case WIRE_TEXT:
            len = strnlen((const char *)at, field->capacity);
            if (len == field->capacity || !text_valid(at, len))
                return field->name;
            put(w, len, 2);
            put_bytes(w, at, len);
            break;
        case WIRE_TEXT16:
            len = text16_length((const uint16_t *)at, field->capacity);
            if (len == field->capacity || !text16_valid((const uint16_t *)at, len))
                return field->name;
            put(w, len, 2);
            for (size_t k = 0; k < len; k++)
                put(w, ((const uint16_t *)at)[k], 2);
            break;
        case WIRE_BYTES:
            memcpy(&count, base + field->count_offset, sizeof(count));
            if (count > field->capacity)
                return field->name;
            put(w, count, 4);
            put_bytes(w, at, count);
            break;
        case WIRE_LIST:
            memcpy(&count, base + field->count_offset, sizeof(count));
            if (count > field->capacity)
                return field->name;
            put(w, count, 4);
            for (uint32_t k = 0; k < count; k++) {
                const char *problem =
                    encode_fields(w, field->fields, field->nfields, at + (size_t)k * field->item_size);

                if (problem)
                    return problem;
            }
            break;
        }
    }
    return NULL;
}

static void decode_fields(struct reader *r, const struct wire_field *fields, unsigned nfields, uint8_t *base)
{
    for (unsigned i = 0; i < nfields && !r->problem; i++) {
        const struct wire_field *field = &fields[i];
        uint8_t *at = base + field->offset;
        uint64_t value;
        uint32_t count;

        switch (field->kind) {
        case WIRE_U8:
        case WIRE_U16:
        case WIRE_U32:
        case WIRE_I32:
        case WIRE_U64:
            value = get(r, integer_size(field->kind));
            if (!r->problem && !integer_fits(field, value))
                r->problem = field->name;
            if (!r->problem)
                store_integer(at, field->kind, value);
            break;
        case WIRE_TEXT:
            value = get(r, 2);
            if (r->problem)
                break;
            if (value >= field->capacity || r->len - r->at < value || !text_valid(r->buf + r->at, value)) {
                r->problem = field->name;
                break;
            }
            memcpy(at, r->buf + r->at, value);
            r->at += value;
            break;
        case WIRE_TEXT16:
            value = get(r, 2);
            if (r->problem)
                break;
            if (value >= field->capacity || (r->len - r->at) / 2 < value) {
                r->problem = field->name;
                break;
            }
            for (size_t k = 0; k < value; k++)
                ((uint16_t *)at)[k] = (uint16_t)get(r, 2);
            if (!text16_valid((const uint16_t *)at, value))
                r->problem = field->name;
            break;
        case WIRE_BYTES:
            count = (uint32_t)get(r, 4);
            if (r->problem)
                break;
            if (count > field->capacity || r->len - r->at < count) {
                r->problem = field->name;
                break;
            }
            memcpy(base + field->count_offset, &count, sizeof(count));
            if (count)
                memcpy(at, r->buf + r->at, count);
            r->at += count;
            break;
        case WIRE_LIST:
            count = (uint32_t)get(r, 4);
            if (r->problem)
                break;
            if (count > field->capacity) {
                r->problem = field->name;
                break;
            }
            memcpy(base + field->count_offset, &count, sizeof(count));
            for (uint32_t k = 0; k < count && !r->problem; k++)
                decode_fields(r, field->fields, field->nfields, at + (size_t)k * field->item_size);
            break;
        }
    }
}

const struct wire_message *wire_find(const struct wire_table *table, uint16_t id)
{
    for (unsigned i = 0; i < table->nmessages; i++) {
        if (table->messages[i].id == id)
            return &table->messages[i];
    }
    return NULL;
}

size_t wire_encode(const struct wire_table *table, uint16_t id, const void *message, uint8_t *buf, size_t cap,
                   const char **problem)
{
    const struct wire_message *description = wire_find(table, id);
    struct writer w = {buf, WIRE_HEADER_SIZE, cap > WIRE_MESSAGE_MAX ? WIRE_MESSAGE_MAX : cap, false};
    struct writer header = {buf, 0, WIRE_HEADER_SIZE, false};
    const char *bad;

    *problem = NULL;
    if (!description) {
        *problem = "no such message";
        return 0;
    }
    if (w.cap < WIRE_HEADER_SIZE) {
        *problem = "no room";
        return 0;
    }
    bad = encode_fields(&w, description->fields, description->nfields, message);
    if (bad || w.full) {
        *problem = bad ? bad : "no room";
        return 0;
    }
    put(&header, id, 2);
    put(&header, table->version, 2);
    put(&header, w.at - WIRE_HEADER_SIZE, 4);
    return w.at;
}

const struct wire_message *wire_decode(const struct wire_table *table, const uint8_t *buf, size_t len,
                                       void *message, size_t cap, const char **problem)
{
    struct reader r = {buf, 0, len, NULL};
    const struct wire_message *description;
    uint16_t id = (uint16_t)get(&r, 2);
    uint16_t version = (uint16_t)get(&r, 2);
    uint32_t rest = (uint32_t)get(&r, 4);

    *problem = NULL;
    memset(message, 0, cap);
    description = wire_find(table, id);
    if (!r.problem) {
        if (version != table->version)
            r.problem = "another version";
        else if (rest != len - WIRE_HEADER_SIZE || len > WIRE_MESSAGE_MAX)
            r.problem = "wrong length";
        else if (!description)
            r.problem = "no such message";
        else if (description->size > cap)
            r.problem = "no room";
    }
    if (!r.problem)
        decode_fields(&r, description->fields, description->nfields, message);
    if (!r.problem && r.at != len)
        r.problem = "bytes left over";
    if (r.problem) {
        memset(message, 0, cap);
        *problem = r.problem;
        return NULL;
    }
    return description;
}

size_t wire_largest(const struct wire_table *table)
{
    size_t largest = 0;

    for (unsigned i = 0; i < table->nmessages; i++) {
        if (table->messages[i].size > largest)
            largest = table->messages[i].size;
    }
    return largest;
}

void wire_wipe(const struct wire_message *description, void *message)
{
    for (unsigned i = 0; description && i < description->nfields; i++) {
        const struct wire_field *field = &description->fields[i];
        size_t unit = field->kind == WIRE_TEXT16 ? 2 : 1;
        volatile uint8_t *at = (volatile uint8_t *)message + field->offset;

        if (!(field->flags & WIRE_SECRET))
            continue;
        for (size_t k = 0; k < field->capacity * unit; k++)
            at[k] = 0;
    }
}

static size_t print_field(const struct wire_field *field, const uint8_t *base, char *buf, size_t cap)
{
    const uint8_t *at = base + field->offset;
    char text[128];
    uint32_t count = 0;
    size_t n = 0;
    int len;

    if (field->flags & WIRE_SECRET) {
        len = snprintf(buf, cap, " %s=***", field->name);
        return len < 0 ? 0 : (size_t)len;
    }
    switch (field->kind) {
    case WIRE_TEXT:
        len = snprintf(buf, cap, " %s='%.200s'", field->name, (const char *)at);
        break;
    case WIRE_TEXT16:
        for (const uint16_t *p = (const uint16_t *)at; *p && n + 1 < sizeof(text); p++)
            text[n++] = *p >= 0x20 && *p < 0x7f ? (char)*p : '?';
        text[n] = 0;
        len = snprintf(buf, cap, " %s='%s'", field->name, text);
        break;
    case WIRE_BYTES:
    case WIRE_LIST:
        memcpy(&count, base + field->count_offset, sizeof(count));
        len = snprintf(buf, cap, " %s=[%u]", field->name, count);
        break;
    case WIRE_I32:
        len = snprintf(buf, cap, " %s=%d", field->name, (int)(uint32_t)load_integer(at, field->kind));
        break;
    default:
        len = snprintf(buf, cap, " %s=%llu", field->name, (unsigned long long)load_integer(at, field->kind));
        break;
    }
    return len < 0 ? 0 : (size_t)len;
}

const char *wire_print(const struct wire_message *description, const void *message, char *buf, size_t cap)
{
    size_t n = 0;
    int len;

    if (cap == 0)
        return buf;
    len = snprintf(buf, cap, "%s", description->name);
    n = len < 0 ? 0 : (size_t)len;
    for (unsigned i = 0; i < description->nfields && n < cap; i++)
        n += print_field(&description->fields[i], message, buf + n, cap - n);
    return buf;
}
