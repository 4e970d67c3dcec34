/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graphics pipeline's compressor against FreeRDP's decompressor. An input is a small program that makes
 * data: bytes, runs, noise, repetitions from anywhere before, cut into messages; what arrives must be what
 * was sent, and must not be longer than was said.
 */
#include <freerdp/codec/zgfx.h>

#include "channels/display/zgfx.h"
#include "fuzz.h"

#define STREAM_MAX (6u << 20) /* more than twice what the decompressor remembers */
#define MESSAGE_MAX 300000u

static uint8_t stream[STREAM_MAX];

struct line {
    struct zgfx_encoder *encoder;
    ZGFX_CONTEXT *decoder;
    uint32_t sent, end; /* in the stream */
};

static void send_message(struct line *self)
{
    uint32_t len = self->end - self->sent;
    size_t bound = zgfx_bound(len), size;
    uint8_t *packet = malloc(bound);
    BYTE *got = NULL;
    UINT32 got_len = 0;

    MUST(packet);
    size = zgfx_encoder_write(self->encoder, stream + self->sent, len, packet);
    MUST(size <= bound && (size > 0) == (len > 0));
    if (size > 0) {
        MUST(zgfx_decompress(self->decoder, packet, (UINT32)size, &got, &got_len, 0) >= 0);
        MUST(got_len == len && memcmp(got, stream + self->sent, len) == 0);
    }
    free(got);
    free(packet);
    self->sent = self->end;
}

static void add(struct line *self, struct input *input, uint8_t what)
{
    uint32_t state = input_byte(input) | (uint32_t)input_byte(input) << 8, count = state, back;
    const uint8_t *piece = NULL;

    back = (input_byte(input) | (uint32_t)input_byte(input) << 8) * (1u + what / 8 * 3) + 1;
    if (what % 4 == 0)
        count = (uint32_t)input_bytes(input, count, &piece);
    for (uint32_t i = 0; i < count && self->end < STREAM_MAX; i++) {
        uint8_t byte = (uint8_t)back;

        if (what % 4 == 0) {
            byte = piece[i];
        } else if (what % 4 == 1 && back <= self->end) {
            byte = stream[self->end - back];
        } else if (what % 4 == 2) {
            state = state * 1664525 + 1013904223;
            byte = (uint8_t)(state >> 24);
        }
        stream[self->end++] = byte;
        if (self->end - self->sent >= MESSAGE_MAX)
            send_message(self);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct line line = {zgfx_encoder_create(), zgfx_context_new(FALSE), 0, 0};

    MUST(line.encoder && line.decoder);
    while (input.left > 0) {
        uint8_t what = input_byte(&input);

        if (what % 8 == 7)
            send_message(&line);
        else if (what % 8 == 6 && what >= 128)
            zgfx_encoder_forget(line.encoder);
        else
            add(&line, &input, what);
    }
    send_message(&line);
    zgfx_encoder_destroy(line.encoder);
    zgfx_context_free(line.decoder);
    return 0;
}
