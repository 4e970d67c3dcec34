/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/zgfx.h"

#include <stdlib.h>
#include <string.h>

#include "wire/le.h"

#define DESCRIPTOR_SINGLE 0xe0
#define DESCRIPTOR_MULTIPART 0xe1
#define SEGMENT_RDP8 0x04
#define SEGMENT_COMPRESSED 0x20

/* [MS-RDPEGFX] 3.1.9.1: what the decompressor remembers. */
#define DISTANCE_MAX 2500000u
/* The window moves down by SLIDE when it is full: at least DISTANCE_MAX stay behind the next segment. */
#define SLIDE (1u << 20)
#define CACHE_LINE 64
#define WINDOW_SIZE (DISTANCE_MAX + SLIDE + ZGFX_SEGMENT_MAX)

/* A hash of HASHED bytes names a row of the places where they were seen last, newest first, within
 * one cache line, which is asked for some bytes ahead. Where matches save little, less is looked at, because
 * there all time goes into reading places all over the window. Measured, see docs/display.md. */
#define HASHED 4 /* bytes; the shortest match */
#define ROW_BITS 15
#define ROWS (1u << ROW_BITS)
#define WAYS 8 /* places of a row: 1 MB in all */
#define AHEAD 8
#define LAZY_MAX 16   /* a shorter match may wait for a better one a byte later */
#define NICE_MAX 256  /* a match that needs no better one */
#define INSERT_MAX 64 /* places of a match that become known */
#define SKIP_SHIFT 5  /* after 32 places without a match every second is looked at, and so on */

#define BLOCK 1024   /* after so many bytes it is seen whether matches are worth the search: */
#define WORTH_BITS 3 /* saved per byte; else */
#define POOR_WAYS 2  /* so many places, and no waiting */

/* An entry of a row: further bits of the hash, so that few wrong places are read, and the place + 1. */
#define PLACE_BITS 22
#define PLACE_MASK ((1u << PLACE_BITS) - 1)

#define UNENCODED_MAX 32767u
/* How far a segment may be written past the size at which it is of no use. */
#define SLACK 32

struct zgfx_encoder {
    void *memory; /* of the two below */
    uint32_t (*rows)[WAYS];
    uint8_t *window;
    uint32_t end; /* of what was sent, in the window */
};

_Static_assert(WINDOW_SIZE < PLACE_MASK, "a place fits into an entry");

/* [MS-RDPEGFX] 3.1.9.1.2: the prefix code of distances... */
static const struct distance_code {
    uint32_t base;
    uint16_t prefix;
    uint8_t prefix_bits, bits;
} distance_codes[] = {
    {0, 0x11, 5, 5},       {32, 0x12, 5, 7},       {160, 0x13, 5, 9},      {672, 0x14, 5, 10},
    {1696, 0x15, 5, 12},   {5792, 0x2c, 6, 14},    {22176, 0x2d, 6, 15},   {54944, 0x5c, 7, 18},
    {317088, 0x5d, 7, 20}, {1365664, 0xbc, 8, 20}, {2414240, 0xbd, 8, 21}, {UINT32_MAX, 0, 0, 0},
};

/* ... and of literals: these, and a 0 with the byte itself for any other. */
static const struct literal_code {
    uint8_t code, bits;
} literal_codes[256] = {
    [0x00] = {0x18, 5}, [0x01] = {0x19, 5}, [0x02] = {0x34, 6}, [0x03] = {0x35, 6}, [0x04] = {0x6e, 7},
    [0x05] = {0x6f, 7}, [0x06] = {0x70, 7}, [0x07] = {0x71, 7}, [0x08] = {0x72, 7}, [0x09] = {0x73, 7},
    [0x0a] = {0x74, 7}, [0x0b] = {0x75, 7}, [0x0c] = {0xfc, 8}, [0x38] = {0xfd, 8}, [0x39] = {0xfe, 8},
    [0x3a] = {0x76, 7}, [0x3b] = {0x77, 7}, [0x3c] = {0x78, 7}, [0x3d] = {0x79, 7}, [0x3e] = {0x7a, 7},
    [0x3f] = {0x7b, 7}, [0x40] = {0x7c, 7}, [0x66] = {0xff, 8}, [0x80] = {0x7d, 7}, [0xff] = {0x36, 6},
};
#define LITERAL_BITS 9
#define UNENCODED_BITS 25 /* distance 0 and a count, before alignment */

struct zgfx_encoder *zgfx_encoder_create(void)
{
    return calloc(1, sizeof(struct zgfx_encoder));
}

void zgfx_encoder_destroy(struct zgfx_encoder *self)
{
    if (!self)
        return;
    zgfx_encoder_forget(self);
    free(self);
}

void zgfx_encoder_forget(struct zgfx_encoder *self)
{
    free(self->memory);
    *self = (struct zgfx_encoder){0};
}

/* The system gives memory of this size page by page, as it is touched. */
static bool prepare(struct zgfx_encoder *self)
{
    size_t rows_size = ROWS * sizeof(self->rows[0]);

    if (self->memory)
        return true;
    self->memory = calloc(1, CACHE_LINE + rows_size + WINDOW_SIZE + AHEAD + HASHED);
    if (!self->memory)
        return false;
    self->rows = (void *)(((uintptr_t)self->memory + CACHE_LINE) & ~(uintptr_t)(CACHE_LINE - 1));
    self->window = (uint8_t *)self->rows + rows_size;
    return true;
}

static void slide(struct zgfx_encoder *self)
{
    memmove(self->window, self->window + SLIDE, self->end - SLIDE);
    self->end -= SLIDE;
    for (uint32_t i = 0; i < ROWS; i++)
        for (uint32_t k = 0; k < WAYS; k++)
            self->rows[i][k] = (self->rows[i][k] & PLACE_MASK) > SLIDE ? self->rows[i][k] - SLIDE : 0;
}

/* The bit stream, most significant bit first. */
struct bits {
    uint8_t *at;
    uint64_t held; /* its lowest `count` bits are not written yet */
    unsigned count;
};

/* Writes up to 8 bytes at `at`, of which it keeps what is whole. Up to 32 bits. */
static inline void put_bits(struct bits *self, uint32_t value, unsigned count)
{
    self->held = self->held << count | value;
    self->count += count;
    if (self->count >= 32) {
        uint32_t word = (uint32_t)(self->held >> (self->count - 32));

        self->at[0] = (uint8_t)(word >> 24);
        self->at[1] = (uint8_t)(word >> 16);
        self->at[2] = (uint8_t)(word >> 8);
        self->at[3] = (uint8_t)word;
        self->at += 4;
        self->count -= 32;
    }
}

/* Fills up the last byte; returns how many bits that took. */
static unsigned align_bits(struct bits *self)
{
    unsigned unused = (8 - self->count % 8) % 8;

    put_bits(self, 0, unused);
    while (self->count > 0) {
        self->count -= 8;
        *self->at++ = (uint8_t)(self->held >> self->count);
    }
    return unused;
}

static inline unsigned literal_bits(uint8_t byte)
{
    return literal_codes[byte].bits ? literal_codes[byte].bits : LITERAL_BITS;
}

static inline uint32_t read32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

static inline uint32_t mix(const uint8_t *p)
{
    return read32(p) * 2654435761u;
}

static inline uint32_t *row_of(struct zgfx_encoder *self, uint32_t mixed)
{
    return self->rows[mixed >> (32 - ROW_BITS)];
}

static inline uint32_t entry(uint32_t mixed, uint32_t at)
{
    return (mixed << ROW_BITS & ~PLACE_MASK) | (at + 1);
}

static inline void put_entry(uint32_t *row, uint32_t value)
{
    memmove(row + 1, row, (WAYS - 1) * sizeof(*row));
    row[0] = value;
}

/* How far two places agree, up to the end of the data; `a` comes before `b`. */
static inline uint32_t agreement(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
    const uint8_t *from = b;

    while (end - b >= 8) {
        uint64_t x, y;

        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        if (x != y)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return (uint32_t)(b - from) + (uint32_t)__builtin_ctzll(x ^ y) / 8;
#else
            return (uint32_t)(b - from) + (uint32_t)__builtin_clzll(x ^ y) / 8;
#endif
        a += 8;
        b += 8;
    }
    while (b < end && *a == *b) {
        a++;
        b++;
    }
    return (uint32_t)(b - from);
}

static inline const struct distance_code *find_code(uint32_t distance)
{
    const struct distance_code *code = distance_codes;

    while (distance >= code[1].base)
        code++;
    return code;
}

static inline unsigned log2_of(uint32_t value)
{
    return 31 - (unsigned)__builtin_clz(value);
}

static inline unsigned match_bits(uint32_t distance, uint32_t length)
{
    const struct distance_code *code = find_code(distance);

    return code->prefix_bits + code->bits + 2 * log2_of(length);
}

struct match {
    uint32_t distance, length; /* length 0: none */
    int gain;                  /* bits, against literals */
};

/* The segment that is being written. */
struct work {
    struct zgfx_encoder *encoder;
    uint32_t from, to; /* in the window */
    struct bits bits;
    uint8_t *limit; /* nothing is written past here */
};

static inline void insert(struct zgfx_encoder *self, uint32_t at)
{
    uint32_t mixed = mix(self->window + at);

    put_entry(row_of(self, mixed), entry(mixed, at));
}

/* Bits of so many bytes without a match. */
static inline unsigned literal_cost(const uint8_t *data, uint32_t length)
{
    unsigned cost = 0;

    if (length > LAZY_MAX)
        return 8 * length; /* about */
    for (uint32_t i = 0; i < length; i++)
        cost += literal_bits(data[i]);
    return cost;
}

/* The best match for `at` among so many places; it becomes the newest one of its row. At least HASHED bytes
 * follow it. */
static inline struct match find(struct work *work, uint32_t at, uint32_t ways)
{
    struct zgfx_encoder *self = work->encoder;
    const uint8_t *window = self->window, *here = window + at, *end = window + work->to;
    uint32_t mixed = mix(here), *row = row_of(self, mixed), mine = entry(mixed, at), found[WAYS], count = 0;
    struct match best = {0, 0, 0};

    __builtin_prefetch(row_of(self, mix(here + AHEAD)));
    for (uint32_t i = 0; i < WAYS; i++) {
        found[count] = row[i] & PLACE_MASK;
        count += (row[i] ^ mine) >> PLACE_BITS == 0;
    }
    put_entry(row, mine);
    for (uint32_t i = 0; i < count && i < ways; i++) {
        uint32_t candidate = found[i] - 1, distance = at - candidate, length;
        int gain;

        if (found[i] == 0 || distance > DISTANCE_MAX)
            break;
        if (window[candidate + best.length] != here[best.length])
            continue;
        length = agreement(window + candidate, here, end);
        if (length <= best.length || length < HASHED)
            continue;
        gain = (int)literal_cost(here, length) - (int)match_bits(distance, length);
        if (gain > best.gain)
            best = (struct match){distance, length, gain};
        if (length >= NICE_MAX || here + length == end)
            break;
    }
    return best;
}

static bool has_room(const struct work *work, size_t bytes)
{
    return work->limit - work->bits.at >= (ptrdiff_t)bytes + 8; /* bits that are held, and the last byte */
}

static bool put_unencoded(struct work *work, const uint8_t *data, uint32_t count)
{
    while (count > 0) {
        uint32_t part = count < UNENCODED_MAX ? count : UNENCODED_MAX;

        if (!has_room(work, part + 4))
            return false;
        put_bits(&work->bits, distance_codes[0].prefix << 5, 10); /* distance 0 */
        put_bits(&work->bits, part, 15);
        align_bits(&work->bits);
        memcpy(work->bits.at, data, part);
        work->bits.at += part;
        data += part;
        count -= part;
    }
    return true;
}

static bool put_literals(struct work *work, uint32_t from, uint32_t to)
{
    const uint8_t *data = work->encoder->window + from;
    uint32_t count = to - from, cost = 0;

    if (count > UNENCODED_BITS) {
        for (uint32_t i = 0; i < count; i++)
            cost += literal_bits(data[i]);
        if (cost > 8 * count + UNENCODED_BITS + 7)
            return put_unencoded(work, data, count);
    }
    if (!has_room(work, count + count / 8 + 1))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct literal_code *code = &literal_codes[data[i]];

        if (code->bits)
            put_bits(&work->bits, code->code, code->bits);
        else
            put_bits(&work->bits, data[i], LITERAL_BITS);
    }
    return true;
}

static bool put_match(struct work *work, const struct match *match)
{
    const struct distance_code *code = find_code(match->distance);
    unsigned log = log2_of(match->length);

    if (!has_room(work, 8))
        return false;
    put_bits(&work->bits, (uint32_t)code->prefix << code->bits | (match->distance - code->base),
             code->prefix_bits + code->bits);
    /* log - 1 ones, a zero, and the length below its highest bit; 3 would be a zero alone */
    put_bits(&work->bits, ((1u << log) - 2) << log | (match->length - (1u << log)), 2 * log);
    return true;
}

static void insert_range(struct work *work, uint32_t from, uint32_t to)
{
    if (to > from + INSERT_MAX)
        to = from + INSERT_MAX;
    for (uint32_t at = from; at < to; at++)
        insert(work->encoder, at);
}

static bool put_tokens(struct work *work)
{
    uint32_t at = work->from, pending = at, misses = 0, block = at, saved = 0;
    uint32_t ways = WAYS, lazy = LAZY_MAX;
    /* behind the last place whose hash lies within the data */
    uint32_t last = work->to - work->from < HASHED ? at : work->to - HASHED + 1;

    while (at < last) {
        struct match match = find(work, at, ways), next;

        if (at - block >= BLOCK) {
            bool poor = saved < WORTH_BITS * (at - block);

            ways = poor ? POOR_WAYS : WAYS;
            lazy = poor ? 0 : LAZY_MAX;
            saved = 0;
            block = at;
        }
        if (match.gain <= 0) {
            at += 1 + (misses++ >> SKIP_SHIFT);
            continue;
        }
        misses = 0;
        while (match.length < lazy && at + 1 < last) {
            next = find(work, at + 1, ways);
            if (next.gain <= match.gain)
                break;
            at++;
            match = next;
        }
        if (!put_literals(work, pending, at) || !put_match(work, &match))
            return false;
        pending = at + match.length;
        saved += (uint32_t)match.gain;
        /* the next place is known already when it was waited for */
        insert_range(work, at + (match.length < lazy ? 2 : 1), pending < last ? pending : last);
        at = pending;
    }
    return put_literals(work, pending, work->to);
}

/* RDP8_BULK_ENCODED_DATA. Whatever is sent, the window ends with it, as the decompressor's does. */
static uint8_t *put_segment(struct zgfx_encoder *self, uint8_t *out, const uint8_t *data, uint32_t len)
{
    struct work work = {.encoder = self, .bits = {.at = out + 1}, .limit = out + len + SLACK};

    if (prepare(self)) {
        if (self->end + len > WINDOW_SIZE)
            slide(self);
        memcpy(self->window + self->end, data, len);
        work.from = self->end;
        work.to = self->end += len;
        if (put_tokens(&work)) {
            unsigned unused = align_bits(&work.bits);

            *out = SEGMENT_RDP8 | SEGMENT_COMPRESSED;
            *work.bits.at++ = (uint8_t)unused;
            if ((size_t)(work.bits.at - out) <= len)
                return work.bits.at;
        }
    }
    *out = SEGMENT_RDP8;
    memcpy(out + 1, data, len);
    return out + 1 + len;
}

size_t zgfx_bound(size_t len)
{
    return 7 + len + 5 * (len / ZGFX_SEGMENT_MAX + 1) + SLACK;
}

size_t zgfx_encoder_write(struct zgfx_encoder *self, const uint8_t *data, size_t len, uint8_t *out)
{
    uint8_t *p = out;

    if (len == 0 || len > ZGFX_MESSAGE_MAX)
        return 0;
    if (len <= ZGFX_SEGMENT_MAX) {
        *p++ = DESCRIPTOR_SINGLE;
        return (size_t)(put_segment(self, p, data, (uint32_t)len) - out);
    }
    *p++ = DESCRIPTOR_MULTIPART;
    p = le_put16(p, (uint32_t)((len + ZGFX_SEGMENT_MAX - 1) / ZGFX_SEGMENT_MAX));
    p = le_put32(p, (uint32_t)len);
    while (len > 0) {
        uint32_t part = len < ZGFX_SEGMENT_MAX ? (uint32_t)len : ZGFX_SEGMENT_MAX;
        uint8_t *size = p;

        p = put_segment(self, p + 4, data, part);
        le_put32(size, (uint32_t)(p - size - 4));
        data += part;
        len -= part;
    }
    return (size_t)(p - out);
}
