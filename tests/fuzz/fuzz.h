/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzzers share: an input cut into pieces, and a check that ends the run. */
#ifndef RDSPROV_FUZZ_H
#define RDSPROV_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                                           \
    do {                                                                                                     \
        if (!(cond)) {                                                                                       \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);                               \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

struct input {
    const uint8_t *at;
    size_t left;
};

/* 0 behind the end. */
static inline uint8_t input_byte(struct input *self)
{
    if (self->left == 0)
        return 0;
    self->left--;
    return *self->at++;
}

/* Up to `len` bytes. */
static inline size_t input_bytes(struct input *self, size_t len, const uint8_t **out)
{
    if (len > self->left)
        len = self->left;
    *out = self->at;
    self->at += len;
    self->left -= len;
    return len;
}

/* A piece with its length in front, 16 bits. */
static inline size_t input_piece(struct input *self, const uint8_t **out)
{
    size_t len = input_byte(self);

    len |= (size_t)input_byte(self) << 8;
    return input_bytes(self, len, out);
}

/* A problem line for people: there, of one line, and of harmless characters. */
static inline void must_be_a_line(const char *text)
{
    MUST(text[0] != 0);
    for (; *text; text++)
        MUST(((unsigned char)*text >= 0x20 && *text != 0x7f) || *text == 0x09); /* a tab is quoted */
}

#endif
