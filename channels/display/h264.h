/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoder of H.264 for the graphics pipeline's AVC420 ([MS-RDPEGFX] 2.2.4.4, 3.3.8.3.1) on OpenH264: one
 * stream of one rectangle's size, each picture from the one before. Builds without OpenH264 have it, too, but
 * cannot make one (h264_available).
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_H264_H
#define RDSPROV_CHANNELS_DISPLAY_H264_H

#include "channels/display/picture.h"

#define H264_QP 20 /* of every picture; what it gives is in docs/display.md */
#define H264_QUALITY 100

/* Smallest and largest that OpenH264 encodes. */
#define H264_SIDE_MIN 16
#define H264_SIDE_MAX 3840
#define H264_AREA_MAX (3840u * 2160u)

struct h264;

/* This build can; false is the answer of every build without OpenH264. */
bool h264_available(void);

/* Width and height in pixels, even. The coded picture is padded to whole macroblocks. NULL: out of memory, a
 * size that OpenH264 does not take, or not available. */
struct h264 *h264_create(uint32_t width, uint32_t height);
void h264_destroy(struct h264 *self);

/* Encodes the part of the picture whose corner is (left, top); the first one stands alone. Data is valid
 * until the next call. False: OpenH264 failed (it has too little room for a
 * picture of noise), and the stream is of no use any more. */
bool h264_encode(struct h264 *self, const struct picture *picture, uint32_t left, uint32_t top,
                 const uint8_t **data, size_t *len);

#endif
