/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressor of the graphics pipeline's transport: RDP8 bulk compression ([MS-RDPEGFX] 2.2.5, 3.1.9.1), LZ77
 * with a fixed prefix code over up to 2.5 MB of what was sent before. What does not compress is found out
 * quickly and goes out as it is.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_ZGFX_H
#define RDSPROV_CHANNELS_DISPLAY_ZGFX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZGFX_SEGMENT_MAX 65535u                      /* uncompressed bytes */
#define ZGFX_MESSAGE_MAX (65535u * ZGFX_SEGMENT_MAX) /* what one message can carry */

struct zgfx_encoder;

/* Small until the first message. NULL: out of memory. */
struct zgfx_encoder *zgfx_encoder_create(void);
void zgfx_encoder_destroy(struct zgfx_encoder *self);

/* Most bytes that a message of `len` takes. */
size_t zgfx_bound(size_t len);

/* Writes RDP_SEGMENTED_DATA to `out`, which has zgfx_bound(len) bytes, and returns its length. Every message
 * must reach the other side's decompressor, in this order. Out of memory: sent uncompressed. 0: len is 0 or
 * above the maximum. */
size_t zgfx_encoder_write(struct zgfx_encoder *self, const uint8_t *data, size_t len, uint8_t *out);

/* Frees the history; the next message begins a new one. At any time: the decompressor need not know. */
void zgfx_encoder_forget(struct zgfx_encoder *self);

#endif
