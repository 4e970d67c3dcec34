/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as tables. A message is a plain C struct and a table of its fields with bounds; one encoder and
 * one decoder serve them all. On the wire: u16 id, u16 version, u32 length of what follows, then the fields,
 * little-endian, in table order. The decoder survives any bytes: it writes only inside the struct, checks
 * every bound, demands that all bytes are used, and leaves the struct zeroed on failure. No I/O, no
 * allocation, no platform.
 */
#ifndef RDSPROV_WIRE_WIRE_H
#define RDSPROV_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_HEADER_SIZE 8
#define WIRE_MESSAGE_MAX 65536 /* encoded bytes with header; what a pipe carries (OS_PIPE_MESSAGE_MAX) */

enum wire_kind {
    WIRE_U8,     /* uint8_t, min..max */
    WIRE_U16,    /* uint16_t, min..max */
    WIRE_U32,    /* uint32_t, min..max */
    WIRE_I32,    /* int32_t, min..max (as signed) */
    WIRE_U64,    /* uint64_t, not bounded */
    WIRE_TEXT,   /* char[capacity]: UTF-8 without control characters but tab, NUL-terminated in the struct */
    WIRE_TEXT16, /* uint16_t[capacity]: UTF-16 without lone surrogates or control characters, NUL-terminated
                  */
    WIRE_BYTES,  /* uint8_t[capacity] and a uint32_t that counts them */
    WIRE_LIST /* struct[capacity] and a uint32_t that counts them; its own fields in `fields` (no list inside)
               */
};

enum wire_flags {
    WIRE_SECRET = 1 /* never printed; wiped by wire_wipe */
};

struct wire_field {
    enum wire_kind kind;
    unsigned flags;
    const char *name;
    size_t offset;       /* in the struct */
    size_t count_offset; /* BYTES, LIST: of the uint32_t */
    size_t capacity;     /* TEXT, TEXT16: with NUL; BYTES, LIST: items */
    int64_t min, max;    /* integers */
    const struct wire_field *fields;
    unsigned nfields;
    size_t item_size;
};

struct wire_message {
    uint16_t id;
    const char *name;
    size_t size; /* of the struct */
    const struct wire_field *fields;
    unsigned nfields;
    uint8_t passes; /* handles and sockets that travel with it, exactly */
};

struct wire_table {
    const char *name;
    uint16_t version; /* both ends are built together: another version is refused */
    const struct wire_message *messages;
    unsigned nmessages;
};

/* NULL when the table has no such message. */
const struct wire_message *wire_find(const struct wire_table *table, uint16_t id);

/* Length of the encoded message, or 0 with a reason in `problem` (static text: a field out of its bounds, no
 * room). */
size_t wire_encode(const struct wire_table *table, uint16_t id, const void *message, uint8_t *buf, size_t cap,
                   const char **problem);

/* The message's description, with the struct filled, or NULL with a reason. `cap` is the size of `message`; a
 * struct that is larger is refused. Every byte of the struct is written. */
const struct wire_message *wire_decode(const struct wire_table *table, const uint8_t *buf, size_t len,
                                       void *message, size_t cap, const char **problem);

/* Largest struct of the table, for a receive buffer. */
size_t wire_largest(const struct wire_table *table);

/* Wipes the secret fields of a struct. */
void wire_wipe(const struct wire_message *description, void *message);

/* "name field=value ..." for a log line; secrets as "***". Returns buf. */
const char *wire_print(const struct wire_message *description, const void *message, char *buf, size_t cap);

/* Field table entries. */
#define WIRE_INT(kind_, type_, member_, min_, max_)                                                          \
    {                                                                                                        \
        .kind = (kind_), .name = #member_, .offset = offsetof(type_, member_), .min = (min_), .max = (max_)  \
    }
#define WIRE_STRING(kind_, type_, member_, flags_)                                                           \
    {                                                                                                        \
        .kind = (kind_), .flags = (flags_), .name = #member_, .offset = offsetof(type_, member_),            \
        .capacity = sizeof(((type_ *)0)->member_) / sizeof(((type_ *)0)->member_[0])                         \
    }
#define WIRE_ARRAY(kind_, type_, member_, count_, flags_, fields_, nfields_)                                 \
    {                                                                                                        \
        .kind = (kind_), .flags = (flags_), .name = #member_, .offset = offsetof(type_, member_),            \
        .count_offset = offsetof(type_, count_),                                                             \
        .capacity = sizeof(((type_ *)0)->member_) / sizeof(((type_ *)0)->member_[0]), .fields = (fields_),   \
        .nfields = (nfields_), .item_size = sizeof(((type_ *)0)->member_[0])                                 \
    }
#define WIRE_COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))

#endif
