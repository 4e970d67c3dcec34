/* SPDX-License-Identifier: Apache-2.0 */
/* Entropy coder of RemoteFX: RLGR1 ([MS-RDPRFX] 3.1.8.1.7.3), runs of zeros and adaptive Golomb-Rice codes.
 */
#ifndef RDSPROV_CHANNELS_DISPLAY_RLGR_H
#define RDSPROV_CHANNELS_DISPLAY_RLGR_H

#include <stddef.h>
#include <stdint.h>

#define RLGR_COUNT 4096 /* coefficients of one component of a tile */

/* Returns the bytes written; 0: `cap` is too small. */
size_t rlgr_encode(const int16_t values[RLGR_COUNT], uint8_t *out, size_t cap);

#endif
