/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/rlgr.h"

#include <stdbool.h>
#include <string.h>

/* [MS-RDPRFX] 3.1.8.1.7.1: both parameters are kept in eighths. */
#define PARAMETER_MAX 80
#define PARAMETER_SHIFT 3
#define RUN_UP 4   /* after a full run of zeros */
#define RUN_DOWN 6 /* after a run that ended */
#define ZERO_UP 3  /* outside of runs, after a zero */
#define ZERO_DOWN 3

/* A step writes less than this many bytes before the room is looked at again. */
#define STEP_BYTES 16

struct writer {
    uint8_t *at, *end;
    uint64_t bits; /* the last `count` bits are not written yet */
    unsigned count;
    bool full;
};

static void flush(struct writer *w)
{
    while (w->count >= 8) {
        w->count -= 8;
        *w->at++ = (uint8_t)(w->bits >> w->count);
    }
}

/* At most 32 bits. */
static void put(struct writer *w, uint32_t value, unsigned count)
{
    w->bits = w->bits << count | value;
    w->count += count;
    if (w->count >= 32) {
        uint32_t word = (uint32_t)(w->bits >> (w->count - 32));

        if (w->end - w->at < STEP_BYTES) {
            w->full = true;
            w->count = 0;
            return;
        }
        w->at[0] = (uint8_t)(word >> 24);
        w->at[1] = (uint8_t)(word >> 16);
        w->at[2] = (uint8_t)(word >> 8);
        w->at[3] = (uint8_t)word;
        w->at += 4;
        w->count -= 32;
    }
}

static void put_rice(struct writer *w, int *krp, uint32_t value)
{
    unsigned kr = (unsigned)*krp >> PARAMETER_SHIFT;
    uint32_t quotient = value >> kr, ones = quotient;

    while (ones >= 24) {
        put(w, 0xffffff, 24);
        ones -= 24;
    }
    put(w, ((1u << ones) - 1) << 1, ones + 1);
    if (kr)
        put(w, value & ((1u << kr) - 1), kr);
    if (quotient == 0)
        *krp = *krp > 2 ? *krp - 2 : 0;
    else if (quotient > 1)
        *krp = *krp + (int)quotient < PARAMETER_MAX ? *krp + (int)quotient : PARAMETER_MAX;
}

/* The next place from `i` on that is not zero, or the end. */
static unsigned skip_zeros(const int16_t *values, unsigned i)
{
    uint64_t four;

    while (i < RLGR_COUNT && i % 4 != 0) {
        if (values[i])
            return i;
        i++;
    }
    for (; i < RLGR_COUNT; i += 4) {
        memcpy(&four, values + i, sizeof(four));
        if (four)
            break;
    }
    while (i < RLGR_COUNT && !values[i])
        i++;
    return i;
}

size_t rlgr_encode(const int16_t values[RLGR_COUNT], uint8_t *out, size_t cap)
{
    struct writer w = {out, out + cap, 0, 0, false};
    int kp = 1 << PARAMETER_SHIFT, krp = 1 << PARAMETER_SHIFT;
    unsigned i = 0;

    while (i < RLGR_COUNT && !w.full) {
        unsigned k = (unsigned)kp >> PARAMETER_SHIFT;
        int32_t value;

        if (k > 0) {
            unsigned next = skip_zeros(values, i), zeros = next - i;

            while (zeros >= 1u << k) {
                put(&w, 0, 1);
                zeros -= 1u << k;
                kp = kp + RUN_UP < PARAMETER_MAX ? kp + RUN_UP : PARAMETER_MAX;
                k = (unsigned)kp >> PARAMETER_SHIFT;
            }
            put(&w, 1u << k | zeros, k + 1);
            /* a run to the end is followed by a value that nobody reads */
            value = next < RLGR_COUNT ? values[next] : 0;
            put(&w, value < 0, 1);
            put_rice(&w, &krp, value == 0 ? 0 : (uint32_t)(value < 0 ? -value : value) - 1);
            kp = kp > RUN_DOWN ? kp - RUN_DOWN : 0;
            i = next + 1;
        } else {
            value = values[i++];
            put_rice(&w, &krp, value < 0 ? (uint32_t)-value * 2 - 1 : (uint32_t)value * 2);
            if (value == 0)
                kp = kp + ZERO_UP < PARAMETER_MAX ? kp + ZERO_UP : PARAMETER_MAX;
            else
                kp = kp > ZERO_DOWN ? kp - ZERO_DOWN : 0;
        }
    }
    if (w.full || w.end - w.at < STEP_BYTES)
        return 0;
    if (w.count % 8)
        put(&w, 0, 8 - w.count % 8);
    flush(&w);
    return (size_t)(w.at - out);
}
