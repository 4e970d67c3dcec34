/* SPDX-License-Identifier: Apache-2.0 */
/* Two fields at the bottom right that xload turns over when a key is pressed or the mouse moves, and the
 * clock that xload and rdpbench share. Input that a client sends comes back as pixels. */
#ifndef RDPBENCH_ECHO_H
#define RDPBENCH_ECHO_H

#include <stdatomic.h>
#include <stdint.h>

#define ECHO_SIDE 24
#define ECHO_LOW 0x102050
#define ECHO_HIGH 0xF0D0A0
#define ECHO_TIMES 65536

enum echo_field { ECHO_KEY, ECHO_MOUSE, ECHO_FIELDS };

/* Upper left corner of a field on a screen of that size. */
static inline uint32_t echo_x(uint32_t width, enum echo_field field)
{
    return width - 40 - 64 * (uint32_t)field;
}

static inline uint32_t echo_y(uint32_t height)
{
    return height - ECHO_SIDE - 4;
}

/* In shared memory; xload writes. Microseconds of CLOCK_MONOTONIC. */
struct echo_times {
    _Atomic uint32_t frame;               /* the newest one that is painted */
    _Atomic uint64_t painted[ECHO_TIMES]; /* when frame n (modulo) was handed to the X server */
};

#endif
