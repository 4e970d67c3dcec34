/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/zgfx.h"

#include <stdlib.h>
#include <string.h>

#define DESCRIPTOR_SINGLE 0xe0
#define DESCRIPTOR_MULTIPART 0xe1
#define SEGMENT_RDP8 0x04

struct zgfx_encoder {
    uint8_t *history;
};

struct zgfx_encoder *zgfx_encoder_create(void)
{
    return calloc(1, sizeof(struct zgfx_encoder));
}

void zgfx_encoder_destroy(struct zgfx_encoder *self)
{
    free(self);
}

size_t zgfx_bound(size_t len)
{
    return 7 + len + 5 * (len / ZGFX_SEGMENT_MAX + 1);
}

static uint8_t *put_le(uint8_t *p, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *p++ = (uint8_t)(value >> 8 * i);
    return p;
}

static uint8_t *put_segment(uint8_t *p, const uint8_t *data, size_t len)
{
    *p++ = SEGMENT_RDP8;
    memcpy(p, data, len);
    return p + len;
}

size_t zgfx_encoder_write(struct zgfx_encoder *self, const uint8_t *data, size_t len, uint8_t *out)
{
    uint8_t *p = out, *size;

    (void)self;
    if (len == 0 || len > ZGFX_MESSAGE_MAX)
        return 0;
    if (len <= ZGFX_SEGMENT_MAX) {
        *p++ = DESCRIPTOR_SINGLE;
        return (size_t)(put_segment(p, data, len) - out);
    }
    *p++ = DESCRIPTOR_MULTIPART;
    p = put_le(p, (len + ZGFX_SEGMENT_MAX - 1) / ZGFX_SEGMENT_MAX, 2);
    p = put_le(p, len, 4);
    while (len > 0) {
        size_t part = len < ZGFX_SEGMENT_MAX ? len : ZGFX_SEGMENT_MAX;

        size = p;
        p = put_segment(p + 4, data, part);
        put_le(size, (uint64_t)(p - size - 4), 4);
        data += part;
        len -= part;
    }
    return (size_t)(p - out);
}

void zgfx_encoder_forget(struct zgfx_encoder *self)
{
    (void)self;
}
