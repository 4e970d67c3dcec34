/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Little-endian integers into bytes, for the formats of RDP that the message tables (wire.h) do not describe.
 * Each returns the place behind what it wrote; the caller has seen to the room.
 */
#ifndef RDSPROV_WIRE_LE_H
#define RDSPROV_WIRE_LE_H

#include <stdint.h>

static inline uint8_t *le_put8(uint8_t *p, uint8_t value)
{
    *p = value;
    return p + 1;
}

static inline uint8_t *le_put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    return p + 2;
}

static inline uint8_t *le_put32(uint8_t *p, uint32_t value)
{
    return le_put16(le_put16(p, value), value >> 16);
}

static inline uint8_t *le_put64(uint8_t *p, uint64_t value)
{
    return le_put32(le_put32(p, (uint32_t)value), (uint32_t)(value >> 32));
}

#endif
