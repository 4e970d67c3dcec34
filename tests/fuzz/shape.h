/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that have the right shape, field by field from the fuzzer's bytes: a byte decides what a field is,
 * most of them something that is allowed, few of them just past the bound. Behind the input's end everything
 * is the least that is allowed. Written against the format that wire.h describes, not with the encoder.
 */
#ifndef RDSPROV_FUZZ_SHAPE_H
#define RDSPROV_FUZZ_SHAPE_H

#include "fuzz.h"
#include "wire/wire.h"

#define SHAPE_MOST 200 /* from here: as much as is allowed */
#define SHAPE_BAD 240  /* from here: one more */

struct shape {
    struct input *input;
    uint8_t *out;
    size_t used, cap;
    bool bad; /* must be refused */
};

static void shape_put(struct shape *self, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes && self->used < self->cap; i++)
        self->out[self->used++] = (uint8_t)(value >> 8 * i);
}

static void shape_integer(struct shape *self, const struct wire_field *field, unsigned bytes)
{
    uint8_t how = input_byte(self->input);
    bool is_signed = field->kind == WIRE_I32;
    int64_t least = is_signed ? INT32_MIN : 0;
    int64_t most = is_signed ? INT32_MAX : (int64_t)(UINT64_MAX >> (64 - 8 * bytes));
    int64_t value = field->min;

    if (how >= SHAPE_BAD && how % 2 && field->max < most)
        value = field->max + 1;
    else if (how >= SHAPE_BAD && how % 2 == 0 && field->min > least)
        value = field->min - 1;
    else if (how >= SHAPE_MOST)
        value = field->max;
    else if (how)
        value = field->min + how % (field->max - field->min + 1);
    self->bad = self->bad || value < field->min || value > field->max;
    shape_put(self, (uint64_t)value, bytes);
}

/* How many of at most `most`. */
static size_t shape_count(struct shape *self, size_t most)
{
    uint8_t how = input_byte(self->input);

    if (how >= SHAPE_BAD) {
        self->bad = true;
        return most + 1;
    }
    return how >= SHAPE_MOST ? most : how % 8 < most ? how % 8 : most;
}

static void shape_fields(struct shape *self, const struct wire_field *fields, unsigned nfields)
{
    for (unsigned i = 0; i < nfields; i++) {
        const struct wire_field *field = &fields[i];
        size_t count;

        switch (field->kind) {
        case WIRE_U8:
            shape_integer(self, field, 1);
            break;
        case WIRE_U16:
            shape_integer(self, field, 2);
            break;
        case WIRE_U32:
        case WIRE_I32:
            shape_integer(self, field, 4);
            break;
        case WIRE_U64:
            shape_put(self, (uint64_t)input_byte(self->input) << 56 | input_byte(self->input), 8);
            break;
        case WIRE_TEXT:
        case WIRE_TEXT16:
            count = shape_count(self, field->capacity - 1);
            shape_put(self, count, 2);
            for (size_t k = 0; k < count; k++)
                shape_put(self, 'a' + k % 26, field->kind == WIRE_TEXT ? 1 : 2);
            break;
        case WIRE_BYTES:
            count = shape_count(self, field->capacity);
            shape_put(self, count, 4);
            for (size_t k = 0; k < count; k++)
                shape_put(self, k, 1);
            break;
        case WIRE_LIST:
            count = shape_count(self, field->capacity);
            shape_put(self, count, 4);
            for (size_t k = 0; k < count; k++)
                shape_fields(self, field->fields, field->nfields);
            break;
        }
    }
}

/* With its header; its length. *bad: it breaks a bound. */
static size_t shape_message(struct input *input, const struct wire_table *table,
                            const struct wire_message *message, uint8_t *out, size_t cap, bool *bad)
{
    struct shape self = {.input = input, .out = out, .used = WIRE_HEADER_SIZE, .cap = cap};
    size_t used;

    shape_fields(&self, message->fields, message->nfields);
    MUST(self.used < cap);
    used = self.used;
    self.used = 0;
    shape_put(&self, message->id, 2);
    shape_put(&self, table->version, 2);
    shape_put(&self, used - WIRE_HEADER_SIZE, 4);
    *bad = self.bad;
    return used;
}

#endif
