/* SPDX-License-Identifier: Apache-2.0 */
#include "core/md5.h"

#include <string.h>

#include "os/os.h"

#define BLOCK 64

struct md5 {
    uint32_t state[4];
    uint64_t bytes;
    uint8_t block[BLOCK];
};

/* RFC 1321 3.4: the integer part of 2^32 times |sin(i)|, i from 1, in radians */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

/* For each round of 16 steps: the rotations, and the word of step i is (first + i * stride) mod 16. */
static const struct {
    uint8_t rotate[4], first, stride;
} rounds[4] = {
    {{7, 12, 17, 22}, 0, 1},
    {{5, 9, 14, 20}, 1, 5},
    {{4, 11, 16, 23}, 5, 3},
    {{6, 10, 15, 21}, 0, 7},
};

static uint32_t mix(unsigned turn, uint32_t x, uint32_t y, uint32_t z)
{
    switch (turn) {
    case 0:
        return (x & y) | (~x & z);
    case 1:
        return (x & z) | (y & ~z);
    case 2:
        return x ^ y ^ z;
    default:
        return y ^ (x | ~z);
    }
}

static void take_block(struct md5 *self, const uint8_t *block)
{
    uint32_t words[16], a = self->state[0], b = self->state[1], c = self->state[2], d = self->state[3];

    for (unsigned i = 0; i < 16; i++)
        words[i] = (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8 |
                   (uint32_t)block[4 * i + 2] << 16 | (uint32_t)block[4 * i + 3] << 24;
    for (unsigned i = 0; i < 64; i++) {
        unsigned turn = i / 16, shift = rounds[turn].rotate[i % 4];
        uint32_t word = words[(rounds[turn].first + i % 16 * rounds[turn].stride) % 16];
        uint32_t sum = a + mix(turn, b, c, d) + word + sines[i];

        a = d;
        d = c;
        c = b;
        b += sum << shift | sum >> (32 - shift);
    }
    self->state[0] += a;
    self->state[1] += b;
    self->state[2] += c;
    self->state[3] += d;
    os_wipe(words, sizeof(words));
}

static void begin(struct md5 *self)
{
    static const uint32_t start[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

    memcpy(self->state, start, sizeof(start));
    self->bytes = 0;
}

static void add(struct md5 *self, const void *data, size_t len)
{
    const uint8_t *at = data;

    while (len > 0) {
        size_t used = self->bytes % BLOCK, part = BLOCK - used < len ? BLOCK - used : len;

        memcpy(self->block + used, at, part);
        self->bytes += part;
        at += part;
        len -= part;
        if (used + part == BLOCK)
            take_block(self, self->block);
    }
}

static void finish(struct md5 *self, uint8_t out[MD5_SIZE])
{
    static const uint8_t padding[BLOCK] = {0x80};
    uint64_t bits = self->bytes * 8;
    size_t used = self->bytes % BLOCK;
    uint8_t length[8];

    for (unsigned i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> 8 * i);
    add(self, padding, used < 56 ? 56 - used : 120 - used);
    add(self, length, sizeof(length));
    for (unsigned i = 0; i < MD5_SIZE; i++)
        out[i] = (uint8_t)(self->state[i / 4] >> 8 * (i % 4));
    os_wipe(self, sizeof(*self));
}

void md5_sum(const void *data, size_t len, uint8_t out[MD5_SIZE])
{
    struct md5 md5;

    begin(&md5);
    add(&md5, data, len);
    finish(&md5, out);
}

void md5_hmac(const void *key, size_t key_len, const void *data, size_t len, uint8_t out[MD5_SIZE])
{
    uint8_t inner[BLOCK] = {0}, outer[BLOCK];
    struct md5 md5;

    if (key_len > BLOCK)
        md5_sum(key, key_len, inner);
    else
        memcpy(inner, key, key_len);
    for (unsigned i = 0; i < BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    begin(&md5);
    add(&md5, inner, sizeof(inner));
    add(&md5, data, len);
    finish(&md5, out);
    begin(&md5);
    add(&md5, outer, sizeof(outer));
    add(&md5, out, MD5_SIZE);
    finish(&md5, out);
    os_wipe(inner, sizeof(inner));
    os_wipe(outer, sizeof(outer));
}
